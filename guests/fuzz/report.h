// SPDX-License-Identifier: MIT
//
// What the fuzzer tells: a divergence with its disassembly, as text and as a JSON line; crash files; the corpus.
#ifndef GUESTS_FUZZ_REPORT_H
#define GUESTS_FUZZ_REPORT_H

#include <stdio.h>
#include "guests/fuzz/options.h"
#include "guests/fuzz/shrink.h"

// Where it tells.
struct fuzz_report {
	FILE *output;        // JSON lines, NULL: not wanted
	FILE *corpus;        // the corpus file, open for appending, NULL: not wanted
	const char *crashes; // folder, or NULL
	uint8_t *known;      // bits: kinds of outcome that the corpus has
};

// Opens what o asks for, makes folders that don't exist, reads what the corpus has. Ends the command where it can't.
void fuzz_report_open(struct fuzz_report *r, const struct fuzz_options *o);
// Makes the folder, unless it exists.
void fuzz_report_folder(const char *path);

void fuzz_report_close(struct fuzz_report *r);

// Prints a case, its instructions, and what differs on which machine; on standard output and as a line of the
// output; writes its crash file. machines: bits of enum fuzz_machine that differ from bare, of which out is one.
// before: the n_before cases without which it doesn't diverge; NULL if it does alone.
void fuzz_report_divergence(struct fuzz_report *r, const struct fuzz_item *item, const struct fuzz_item *before,
			    unsigned n_before, enum fuzz_machine machine, unsigned machines,
			    const struct fuzz_outcome *out);

// Prints a case and its outcome on each machine that ran it.
void fuzz_report_case(const struct fuzz_item *item, const struct fuzz_result *results[FUZZ_MACHINES]);

// Keeps the case in the corpus if its kind of outcome is new there.
void fuzz_report_corpus(struct fuzz_report *r, const struct fuzz_item *item, const struct fuzz_result *bare);

#endif
