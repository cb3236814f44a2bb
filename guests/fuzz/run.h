// SPDX-License-Identifier: MIT
//
// Runs a batch of cases on QEMU: on the bare machine or under the monitor with a policy, with --strict or without.
// A case that hangs or brings the machine down has no result; the machine is started anew behind it.
#ifndef GUESTS_FUZZ_RUN_H
#define GUESTS_FUZZ_RUN_H

#include <stdatomic.h>
#include <stdbool.h>
#include "guests/fuzz/gen.h"

enum fuzz_machine { FUZZ_BARE, FUZZ_PAGE, FUZZ_BLOCK, FUZZ_STRICT, FUZZ_BLOCK_STRICT, FUZZ_MACHINES };
#define FUZZ_POLICIES ((unsigned)FUZZ_MACHINES - 1u) // all but the bare one

// Whether loads of code see it as the guest's memory has it.
static inline bool
fuzz_machine_exact(enum fuzz_machine machine)
{
	return machine == FUZZ_STRICT || machine == FUZZ_BLOCK_STRICT;
}

// As many cases fit in a batch: their results have 48 MiB of the guest's RAM, the batch as much.
#define FUZZ_RUN_CASES 65536u
#define FUZZ_RUN_MMU   768u // of MMU programs

extern const char *const fuzz_machine_name[FUZZ_MACHINES];

// What does not change from batch to batch: the images. Ends the command where one is missing.
struct fuzz_run {
	char *monitor, *runner; // paths
	atomic_bool *stop;      // set from outside: give up
	double patience;        // seconds of processor time that a case may take before it is taken to hang
};

void fuzz_run_open(struct fuzz_run *run, atomic_bool *stop);
void fuzz_run_close(struct fuzz_run *run);

// Runs n items, all of one kind, and fills in as many results: FUZZ_NONE as the vector of one that didn't end, for
// which *note gets what the machine said last, from malloc (NULL: nothing). False if it was stopped on the way. Ends
// the command where QEMU or the runner can't run at all.
bool fuzz_run(const struct fuzz_run *run, enum fuzz_machine machine, const struct fuzz_item *items, unsigned n,
	      struct fuzz_result *results, char **note);

#endif
