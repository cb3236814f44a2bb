// SPDX-License-Identifier: MIT
//
// Makes cases. Case n of a seed and an instruction set is the same wherever and in whatever
// company it is made: its row is number n modulo the table's length, its slot number n modulo
// their count, and all else comes from random numbers that start from the three.
//
// A case is a slot of code with one instruction under test, perhaps behind NOPs or in an IT block, and
// the state it starts from: random, but with addresses that mostly make sense. Nothing
// that is UNPREDICTABLE is generated (from lax rows: nothing else that is), and no access
// or branch that would harm the runner (test/fuzz/case.h).
#ifndef GUESTS_FUZZ_GEN_H
#define GUESTS_FUZZ_GEN_H

#include "bt/isa/decode.h"
#include "guests/fuzz/options.h"
#include "test/fuzz/case.h"

struct fuzz_id {
	uint64_t seed, number;
	unsigned isa; // enum bt_isa, or FUZZ_SET_MMU
};

struct fuzz_item {
	struct fuzz_id id;
	union {
		struct {
			uint32_t at; // offset of the instruction under test in the slot, in bytes
			struct fuzz_case c;
		};
		struct fuzz_mmu_program p; // of FUZZ_SET_MMU, whose functions are those of mmu.h
	};
};

// What test/fuzz/case.h calls it.
static inline enum fuzz_kind
fuzz_gen_kind(const struct fuzz_item *item)
{
	return item->id.isa == FUZZ_SET_MMU ? FUZZ_MMU : FUZZ_INSN;
}

// Whose case number it is.
const struct bt_row *fuzz_gen_row(unsigned isa, uint64_t number);

// Makes the case that item->id names, or the program. False if nothing was found that may run.
bool fuzz_gen(struct fuzz_item *item);

// The instruction under test, as bt_decode_thumb() takes it, its address, and its row (NULL for a plain one, and for a
// program).
uint32_t fuzz_gen_insn(const struct fuzz_item *item);
void fuzz_gen_put(struct fuzz_item *item, uint32_t insn);
uint32_t fuzz_gen_address(const struct fuzz_item *item);
const struct bt_row *fuzz_gen_row_of(const struct fuzz_item *item);

// Whether the instruction under test passes its condition when it starts from the case's flags.
bool fuzz_gen_passes(const struct fuzz_item *item);

#endif
