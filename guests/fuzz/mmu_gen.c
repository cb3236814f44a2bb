// SPDX-License-Identifier: MIT
//
// Makes MMU programs. Each operation is proposed at random, mostly near what the tables hold, and goes through
// the model (mmu_model.h); what that asks for before, TLB maintenance in one of the forms that suffice,
// a fault in place of the old entry, or maintenance of code, is put in front. What it refuses is dropped.
#include <stdlib.h>
#include <string.h>
#include "guests/cli/error.h"
#include "guests/fuzz/mmu_gen.h"

#define ASIDS 3u // of changes of CONTEXTIDR alone

enum fuzz_mmu_verdict
fuzz_mmu_gen_put(struct gen *g, const struct fuzz_mmu_op *op)
{
	enum fuzz_mmu_verdict verdict = FUZZ_MMU_BAD;

	if (g->p->n_ops < FUZZ_MMU_OPS)
		verdict = fuzz_mmu_step(&g->m, op);
	if (verdict == FUZZ_MMU_GOOD)
		g->p->op[g->p->n_ops++] = *op;
	return verdict;
}

//----------------------------------------------------------------------------
// What an operation needs before it

uint32_t
fuzz_mmu_gen_asid(struct gen *g)
{
	if (one_in(g, 4))
		return g->about & ABOUT_SPACES ? g->process[below(g, g->n_processes)].asid : below(g, ASIDS);
	if (is_long(g))
		return g->m.regs.long_asid[g->p->flags & FUZZ_MMU_A1 ? 1 : 0];
	return g->m.regs.contextidr & 0xffu;
}

uint32_t
fuzz_mmu_gen_place(struct gen *g)
{
	return g->m.places[below(g, g->m.n_places)];
}

struct fuzz_mmu_op
fuzz_mmu_gen_maintenance(struct gen *g, uint32_t va)
{
	static const uint8_t kinds[] = {FUZZ_MMU_TLBIMVA,  FUZZ_MMU_TLBIMVA,    FUZZ_MMU_TLBIMVAIS, FUZZ_MMU_TLBIMVAA,
					FUZZ_MMU_TLBIMVAA, FUZZ_MMU_TLBIMVAAIS, FUZZ_MMU_TLBIASID,  FUZZ_MMU_TLBIASIDIS,
					FUZZ_MMU_ITLBIMVA, FUZZ_MMU_DTLBIMVA,   FUZZ_MMU_ITLBIASID, FUZZ_MMU_DTLBIASID,
					FUZZ_MMU_ITLBIALL, FUZZ_MMU_DTLBIALL,   FUZZ_MMU_TLBIALL,   FUZZ_MMU_TLBIALLIS};
	struct fuzz_mmu_op op = {.kind = PICK(g, kinds)};

	op.value = fuzz_mmu_about[op.kind].size == FUZZ_MMU_BY_ALL ? 0 : (va & ~(PAGE - 1u)) | fuzz_mmu_gen_asid(g);
	return op;
}

// Whether op is good, or bad for another reason than the TLB, once `before` is done. The model is left as it was;
// what is asked for fresh entries changes nothing but these parts of it.
static bool
helps(struct gen *g, const struct fuzz_mmu_op *before, const struct fuzz_mmu_op *op)
{
	enum fuzz_mmu_verdict verdict;

	memcpy(g->saved.entry, g->m.tlb.entry, g->m.tlb.n * sizeof(*g->m.tlb.entry));
	g->saved.n = g->m.tlb.n;
	g->saved.stale = g->m.tlb.stale;
	g->saved_code = g->m.code;
	fuzz_mmu_step(&g->m, before);
	verdict = fuzz_mmu_step(&g->m, op);
	memcpy(g->m.tlb.entry, g->saved.entry, g->saved.n * sizeof(*g->m.tlb.entry));
	g->m.tlb.n = g->saved.n;
	g->m.tlb.stale = g->saved.stale;
	g->m.code = g->saved_code;
	return verdict != FUZZ_MMU_STALE;
}

// TLB maintenance for an access to va, until op is taken: random forms, and what drops all if those don't do. What
// doesn't help is seldom done all the same.
static bool
freshen(struct gen *g, const struct fuzz_mmu_op *op, uint32_t va)
{
	for (unsigned i = 0; i < TRIES; i++) {
		struct fuzz_mmu_op before = fuzz_mmu_gen_maintenance(g, va);
		bool good = helps(g, &before, op);

		if (good || one_in(g, 8))
			fuzz_mmu_gen_put(g, &before);
		if (good)
			return true;
	}
	return fuzz_mmu_gen_put(g, &(struct fuzz_mmu_op){.kind = one_in(g, 2) ? FUZZ_MMU_TLBIALL
									      : FUZZ_MMU_TLBIALLIS}) == FUZZ_MMU_GOOD;
}

// A word of code that the program can read, for maintenance of what is at va: there, or at its place in RAM.
static bool
sync_code(struct gen *g, uint32_t va)
{
	uint32_t pa = fuzz_mmu_physical(&g->m, va, false, false);
	struct fuzz_mmu_op op = {.kind = one_in(g, 2) ? FUZZ_MMU_SYNC_MVA : FUZZ_MMU_SYNC_ALL, .address = va};

	if (pa && fuzz_mmu_gen_put(g, &op) == FUZZ_MMU_GOOD)
		return true;
	return false;
}

// Puts op, with what it needs before it. False if that can't be.
bool
fuzz_mmu_gen_change(struct gen *g, const struct fuzz_mmu_op *op)
{
	for (unsigned i = 0; i < 4; i++) {
		enum fuzz_mmu_verdict verdict =
		    g->p->n_ops + ROOM > FUZZ_MMU_OPS ? FUZZ_MMU_BAD : fuzz_mmu_gen_put(g, op);

		if (verdict == FUZZ_MMU_GOOD)
			return true;
		if (verdict == FUZZ_MMU_STALE && !freshen(g, op, op->address))
			return false;
		if (verdict == FUZZ_MMU_UNSYNCED && !sync_code(g, op->address & ~1u))
			return false;
		if (verdict == FUZZ_MMU_BREAK || verdict == FUZZ_MMU_BAD)
			return false;
	}
	return false;
}

//----------------------------------------------------------------------------

static void
make_processes(struct gen *g)
{
	g->n_processes = one_in(g, 2) ? 2u + below(g, 2) : 2u + below(g, PROCESSES - 1u);
	for (unsigned i = 0; i < g->n_processes; i++) {
		g->process[i].ttbr0 = FUZZ_MMU_L1(below(g, FUZZ_MMU_L1S)) | (fuzz_rng_32(&g->rng) & 0x7bu);
		g->process[i].asid = 1u + i;
	}
}

// The long format with regions of some sizes in which the runner is mapped, be it by TTBR0 or TTBR1.
static uint32_t
long_format(struct gen *g)
{
	uint32_t t0sz = one_in(g, 2) ? 0 : below(g, 4), t1sz = t0sz < 2u && one_in(g, 2) ? below(g, 4) : 0;

	return FUZZ_MMU_LONG | t0sz << 8 | t1sz << 12 | (one_in(g, 3) ? FUZZ_MMU_A1 : 0);
}

static void
start(struct gen *g)
{
	unsigned regions = 0, n = 2u + below(g, 2);

	g->about = below(g, ABOUTS);
	if (g->about & ABOUT_ALIAS && !one_in(g, 4))
		g->about |= ABOUT_PLAIN;
	g->p->flags = one_in(g, 2) ? FUZZ_MMU_FRESH : 0;
	if (one_in(g, 4))
		g->p->flags |= long_format(g);
	if (!one_in(g, 4))
		g->p->flags |= (1u + below(g, 0xffffu)) << 16;
	make_processes(g);

	for (unsigned i = 0; i < n; i++)
		regions |= 1u << below(g, fuzz_mmu_n_regions);
	fuzz_mmu_model_init(&g->m, regions, g->p->flags);
	for (unsigned i = 0; i < 2 && one_in(g, g->about & ABOUT_PLAIN ? 8 : 2); i++)
		fuzz_mmu_gen_register(g);
	g->recent = fuzz_mmu_gen_place(g);
	g->frame = fuzz_mmu_gen_frame(g);
	if (FUZZ_MMU_PRESET(g->p->flags))
		return;
	for (unsigned k = 0; k < (g->about & ABOUT_SPACES ? 2u : 1u); k++) {
		if (g->about & ABOUT_SPACES)
			fuzz_mmu_gen_switch(g);
		for (unsigned i = 0; i < g->m.n_places;
		     i += FUZZ_MMU_PAGES * (is_long(g) ? 2u : 1u)) // a MiB, or a block
			if (!one_in(g, g->about & ABOUT_SPACES ? 2 : 5))
				fuzz_mmu_gen_map(g, g->m.places[i]);
	}
}

void
fuzz_mmu_gen(uint64_t seed, uint64_t number, struct fuzz_mmu_program *p)
{
	struct gen *g = must_alloc(sizeof(*g));
	unsigned last;

	*g = (struct gen){.rng = fuzz_rng_start(seed, FUZZ_SET_MMU, number), .p = p};
	memset(p, 0, sizeof(*p));
	g->functions = number / FUZZ_MMU_BATCH & 1u ? 2u * FUZZ_MMU_FUNCTIONS : FUZZ_MMU_FUNCTIONS;
	start(g);
	last = FUZZ_MMU_OPS - below(g, 40);
	if (one_in(g, 2))
		fuzz_mmu_gen_sequence(g);
	for (unsigned i = 0; i < 3u * FUZZ_MMU_OPS && p->n_ops < last; i++) {
		unsigned what = below(g, g->about & ABOUT_PLAIN && one_in(g, 2) ? 57 : 100);

		if (g->about & ABOUT_SPACES && one_in(g, 8))
			fuzz_mmu_gen_switch(g);
		else if (g->about & ABOUT_ROOM && one_in(g, 16))
			fuzz_mmu_gen_fill(g);
		else if (one_in(g, g->about & (ABOUT_ALIAS | ABOUT_UNPRIV) ? 8 : 24))
			fuzz_mmu_gen_sequence(g);
		else if (what < 45)
			fuzz_mmu_gen_data(g);
		else if (what < 57)
			fuzz_mmu_gen_exec(g);
		else if (what < 66)
			fuzz_mmu_gen_descriptor(g);
		else if (what < 73)
			fuzz_mmu_gen_modify(g, fuzz_mmu_gen_place(g));
		else if (what < 84)
			fuzz_mmu_gen_register(g);
		else if (what < 88)
			fuzz_mmu_gen_code(g);
		else
			fuzz_mmu_gen_other(g);
	}
	free(g);
}
