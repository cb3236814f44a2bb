// SPDX-License-Identifier: MIT
//
// MMU programs (test/fuzz/mmu.h) as items of a campaign: made, compared, simplified, printed and
// kept like instructions' cases. Program n of a seed is the same wherever it is made.
#ifndef GUESTS_FUZZ_MMU_H
#define GUESTS_FUZZ_MMU_H

#include <stdio.h>
#include "guests/fuzz/options.h"
#include "test/fuzz/case.h"

// Programs that run in one go, by their numbers. Those of every other go have no Thumb code for the kernel: a
// monitor that has met some takes long to judge pages.
#define FUZZ_MMU_BATCH 384u

// Makes the program.
void fuzz_mmu_gen(uint64_t seed, uint64_t number, struct fuzz_mmu_program *p);

// Whether all its operations are predictable, one after the other.
bool fuzz_mmu_predictable(const struct fuzz_mmu_program *p);

// The name of an operation's kind.
const char *fuzz_mmu_name(unsigned kind);

// The differences of two results, neither of them lost: for the first operation that differs, its kind in bits
// 15:8 and in 3:0 what of it does; FUZZ_DIFF_MEMORY. 0: none. *op gets the operation's number, if not NULL.
// exact: what is loaded of code has to be equal, too.
uint64_t fuzz_mmu_compare(const struct fuzz_mmu_program *p, bool exact, const struct fuzz_result *bare,
			  const struct fuzz_result *other, unsigned *op);

// Simplification number `edit` of FUZZ_MMU_EDITS. False, and nothing is changed, if it isn't one, or is unpredictable.
#define FUZZ_MMU_EDITS (17u * FUZZ_MMU_OPS)
bool fuzz_mmu_simplify(struct fuzz_mmu_program *p, unsigned edit);

// Prints the operations, with their outcomes as far as there are results; where two differ, both. exact: as above.
void fuzz_mmu_print(const struct fuzz_mmu_program *p, bool exact, const struct fuzz_result *bare,
		    const struct fuzz_result *other);

// The program as the members of a JSON object: "flags", and "ops", four numbers each.
void fuzz_mmu_write(FILE *f, const struct fuzz_mmu_program *p);

// A result's members.
void fuzz_mmu_write_result(FILE *f, const struct fuzz_result *r);

// Makes a program of the numbers. False if they are none.
bool fuzz_mmu_read(const uint64_t *numbers, unsigned n, struct fuzz_mmu_program *p);

#endif
