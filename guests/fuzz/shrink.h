// SPDX-License-Identifier: MIT
//
// Makes a case that diverges simpler while it keeps diverging in the same way.
#ifndef GUESTS_FUZZ_SHRINK_H
#define GUESTS_FUZZ_SHRINK_H

#include "guests/fuzz/compare.h"
#include "guests/fuzz/run.h"

// What a case does on the bare machine and one other.
struct fuzz_outcome {
	struct fuzz_result bare, other;
	uint64_t diff;
	char *note; // what the other said last, if it has no result; from malloc
};

// Simplifies item, which diverges on `machine` as *outcome says, and updates that. A case that doesn't do
// the same elsewhere in the runner's code is left as it is. False if it doesn't diverge so when it runs alone.
bool fuzz_shrink(const struct fuzz_run *run, enum fuzz_machine machine, struct fuzz_item *item,
		 struct fuzz_outcome *outcome);

#endif
