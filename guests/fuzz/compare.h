// SPDX-License-Identifier: MIT
//
// What differs between two results of a case, less what the architecture leaves UNKNOWN.
#ifndef GUESTS_FUZZ_COMPARE_H
#define GUESTS_FUZZ_COMPARE_H

#include "guests/fuzz/gen.h"
#include "guests/fuzz/run.h"

// Differences: a bit for each word of struct fuzz_state, and these.
#define FUZZ_DIFF_MEMORY (1ull << 61)
#define FUZZ_DIFF_VECTOR (1ull << 62)
#define FUZZ_DIFF_LOST   (1ull << 63) // one of the two has no result: the machine hung or went down

// The differences of `other`, which is `machine`'s, from the bare machine's result; 0: none.
uint64_t fuzz_compare(const struct fuzz_item *item, enum fuzz_machine machine, const struct fuzz_result *bare,
		      const struct fuzz_result *other);

// Prints a line for each difference, with both values.
void fuzz_compare_print(const struct fuzz_result *bare, const struct fuzz_result *other, uint64_t diff);

// The name of an outcome: a vector's.
const char *fuzz_compare_vector(uint32_t vector);

#endif
