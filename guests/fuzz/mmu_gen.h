// SPDX-License-Identifier: MIT
//
// A program in the making, for the parts of the generator: mmu_gen.c, what operations need before them, and which
// follow which; mmu_gen_short.c and mmu_gen_long.c, descriptors and registers of the two formats;
// mmu_gen_access.c, accesses and what takes several operations in a row to matter.
#ifndef GUESTS_FUZZ_MMU_GEN_H
#define GUESTS_FUZZ_MMU_GEN_H

#include "guests/fuzz/mmu.h"
#include "guests/fuzz/mmu_model.h"
#include "guests/fuzz/rng.h"
#include "monitor/base/types.h"

#define MIB   0x100000u
#define PAGE  0x1000u
#define TRIES 12u // of an operation, to find one that is good
#define ROOM  8u  // operations that one may need before it

#define PROCESSES 8u

// What a program is mostly about, as bits.
#define ABOUT_SPACES (1u << 0) // processes, and switches between them
#define ABOUT_ALIAS  (1u << 1) // one frame, at many addresses
#define ABOUT_UNPRIV (1u << 2) // LDRT and STRT
#define ABOUT_ROOM   (1u << 3) // a monitor's memory
#define ABOUT_PLAIN  (1u << 4) // what is mapped can mostly be accessed, and registers stay what they are
#define ABOUTS       32u

struct gen {
	unsigned about, n_processes;
	unsigned functions; // of a page that are executed: the A32 ones, or all
	struct {
		uint32_t ttbr0, asid;
	} process[PROCESSES];
	uint32_t frame, recent; // the one frame; the page that was accessed last
	struct fuzz_rng rng;
	struct fuzz_mmu_program *p;
	struct fuzz_mmu_model m;
	struct fuzz_mmu_tlb saved;
	struct fuzz_mmu_stored saved_code;
};

static inline uint32_t
below(struct gen *g, uint32_t n)
{
	return fuzz_rng_below(&g->rng, n);
}

static inline bool
one_in(struct gen *g, uint32_t n)
{
	return fuzz_rng_one_in(&g->rng, n);
}

#define PICK(g, array) ((array)[below(g, ARRAY_LEN(array))])

static inline bool
is_long(const struct gen *g)
{
	return g->p->flags & FUZZ_MMU_LONG;
}

// Puts op into the program, if the model takes it; with what it needs before it.
enum fuzz_mmu_verdict fuzz_mmu_gen_put(struct gen *g, const struct fuzz_mmu_op *op);
bool fuzz_mmu_gen_change(struct gen *g, const struct fuzz_mmu_op *op);

// A page of VA that the program may access; TLB maintenance, in some form, that may concern it; the frame that a
// program is about.
uint32_t fuzz_mmu_gen_place(struct gen *g);
uint32_t fuzz_mmu_gen_asid(struct gen *g); // mostly the current one
struct fuzz_mmu_op fuzz_mmu_gen_maintenance(struct gen *g, uint32_t va);
uint32_t fuzz_mmu_gen_frame(struct gen *g);

// An address for a mapping of 1 << shift bytes that covers va: live where va is one of the pages that live frames
// have, or with nothing there.
uint32_t fuzz_mmu_gen_output(struct gen *g, uint32_t va, unsigned shift);

// Whether a mapping is its process's own, whether it is never executed, and its AP[2:0].
bool fuzz_mmu_gen_own(struct gen *g);
bool fuzz_mmu_gen_xn(struct gen *g);
uint32_t fuzz_mmu_gen_ap(struct gen *g);

// Tries to write a descriptor, to change that of va, to write a register, to switch to another process, and to map a
// MiB or block: in either format.
bool fuzz_mmu_gen_descriptor(struct gen *g);
bool fuzz_mmu_gen_modify(struct gen *g, uint32_t va);
bool fuzz_mmu_gen_register(struct gen *g);
bool fuzz_mmu_gen_take_rights(struct gen *g, uint32_t va); // user mode's, or its to write
bool fuzz_mmu_gen_switch(struct gen *g);
void fuzz_mmu_gen_map(struct gen *g, uint32_t va);
uint32_t fuzz_mmu_gen_sctlr(struct gen *g);

// The long format's.
bool fuzz_mmu_gen_long_descriptor(struct gen *g);
bool fuzz_mmu_gen_long_modify(struct gen *g, uint32_t va);
bool fuzz_mmu_gen_long_register(struct gen *g);
bool fuzz_mmu_gen_long_take_rights(struct gen *g, uint32_t va);
bool fuzz_mmu_gen_long_switch(struct gen *g);
void fuzz_mmu_gen_long_map(struct gen *g, uint32_t va);

// Tries an access, a call of a function, a store of code, what is none of these, and sequences.
bool fuzz_mmu_gen_data(struct gen *g);
bool fuzz_mmu_gen_exec(struct gen *g);
bool fuzz_mmu_gen_code(struct gen *g);
bool fuzz_mmu_gen_fill(struct gen *g);
bool fuzz_mmu_gen_other(struct gen *g);
bool fuzz_mmu_gen_sequence(struct gen *g);

#endif
