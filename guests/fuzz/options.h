// SPDX-License-Identifier: MIT
//
// The command line of `palimpsest fuzz`, checked: every value is in range and every class
// is known, though no file has been looked at yet.
#ifndef GUESTS_FUZZ_OPTIONS_H
#define GUESTS_FUZZ_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define FUZZ_ISAS     3u // instruction sets, in the order of enum bt_isa
#define FUZZ_SET_MMU  3u // behind them: MMU programs
#define FUZZ_SETS     4u
#define FUZZ_JOBS_MAX 256u

struct fuzz_options {
	uint64_t seed;
	uint64_t cases;       // of each instruction set; 0: no limit
	double time;          // seconds; 0: no limit
	unsigned jobs;        // machines that run at the same time
	unsigned batch;       // cases of one run of QEMU
	unsigned isas;        // bit n: enum bt_isa n, or FUZZ_SET_MMU
	unsigned policies;    // bit n: enum fuzz_machine n + 1
	const char **classes; // as given, each known to fuzz_row_selects(); none: the default
	unsigned n_classes;
	const char *corpus, *crashes, *output, *replay; // paths, or NULL
	bool resume, list, coverage;
	bool first; // end at the first divergence, as it is
};

// Parses argv, whose [0] is "fuzz"; ends the command for --help and whatever is wrong.
void fuzz_options_parse(struct fuzz_options *o, int argc, char **argv);

#endif
