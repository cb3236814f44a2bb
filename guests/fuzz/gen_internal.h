// SPDX-License-Identifier: MIT
//
// A case in the making, for the parts of the generator.
#ifndef GUESTS_FUZZ_GEN_INTERNAL_H
#define GUESTS_FUZZ_GEN_INTERNAL_H

#include "guests/fuzz/gen.h"
#include "guests/fuzz/insn.h"
#include "guests/fuzz/rng.h"
#include "guests/fuzz/state.h"

#define FUZZ_SLOT_USED  (FUZZ_SLOT_WORDS - 1u) // words; the runner has the last one
#define FUZZ_SLOT_BYTES (FUZZ_SLOT_USED * 4u)

struct fuzz_gen {
	const struct fuzz_id *id;
	struct fuzz_rng rng;
	const struct bt_row *row;
	struct fuzz_case *c;
	uint32_t insn; // as bt_decode_thumb() takes it
	uint32_t word; // the A32 instruction that does the same, or insn itself
	uint32_t mode; // it runs in
	uint32_t at;   // its offset in the slot, in bytes
	uint32_t data; // words of the slot that hold data, as bits
	uint32_t it;   // ITSTATE when it runs
	bool thumb, mmu;
};

// Operands: what registers, memory and fields of the instruction must be so that it does something that
// can be compared. May change insn's fields. False: this instruction won't do.
bool fuzz_operands(struct fuzz_gen *g);

// Address of the instruction under test, and of the slot's word n.
uint32_t fuzz_gen_pc(const struct fuzz_gen *g);
uint32_t fuzz_gen_slot_word(const struct fuzz_gen *g, unsigned n);

// The register n, 0 to 14, in the mode it runs in.
uint32_t *fuzz_gen_reg(struct fuzz_gen *g, unsigned n);

// A PSR that an exception return may take: any valid mode, IT only with T.
uint32_t fuzz_gen_psr(struct fuzz_rng *rng);

// An address to go to, with bit 0 set for Thumb code: there is an exit, or nothing mapped. Of Thumb code
// if thumb is 1, of A32 code if 0, of either if -1.
uint32_t fuzz_target(struct fuzz_gen *g, int thumb);

// Whether a branch to this address, bit 0 set for Thumb, ends the case without harm.
bool fuzz_target_safe(const struct fuzz_gen *g, uint32_t target);

// Makes a data-processing instruction that writes the PC have a result that is good for a branch, or an
// exception return with this PSR. False: it can't.
bool fuzz_target_compute(struct fuzz_gen *g, bool is_return, uint32_t psr);

// Makes a direct branch go to an exit; a PC-relative load or ADR name what it may.
bool fuzz_target_direct(struct fuzz_gen *g);

// Data that the scanner would take for a sensitive instruction, where the flow seems to reach it, reads
// differently (docs/caveats.md): not the emulation's fault.
bool fuzz_target_sensitive(const struct fuzz_gen *g, uint32_t data);

// insn as a branch from pc to target. False if that is out of its reach.
bool fuzz_target_encode(const struct bt_row *row, uint32_t *insn, uint32_t pc, uint32_t target);

// An address of size bytes to load from or store to: in the window, near its pages' edges, or where nothing is.
uint32_t fuzz_gen_data(struct fuzz_gen *g, uint32_t size, bool aligned);
bool fuzz_gen_data_safe(const struct fuzz_gen *g, uint32_t address, uint32_t size);

// Has a load of a word from this address see value; where the address isn't in the window, nothing.
void fuzz_gen_plant(struct fuzz_gen *g, uint32_t address, uint32_t value);

// A coprocessor register access: fields of insn and what it writes. False: none of this row.
bool fuzz_cpreg(struct fuzz_gen *g);

#endif
