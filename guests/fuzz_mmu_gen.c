// SPDX-License-Identifier: MIT
//
// Makes MMU programs. Each operation is proposed at random, mostly near what the tables hold, and goes through
// the model (fuzz_mmu_model.h); what that asks for before, TLB maintenance in one of the forms that suffice,
// a fault in place of the old entry, or maintenance of code, is put in front. What it refuses is dropped.
#include <stdlib.h>
#include <string.h>
#include "guests/error.h"
#include "guests/fuzz_mmu.h"
#include "guests/fuzz_mmu_model.h"
#include "guests/fuzz_rng.h"
#include "mmu/pte.h"
#include "monitor/types.h"

#define MIB   0x100000u
#define PAGE  0x1000u
#define ASIDS 3u
#define TRIES 12u // of an operation, to find one that is good
#define ROOM  8u  // operations that one may need before it

struct gen {
	struct fuzz_rng rng;
	struct fuzz_mmu_program *p;
	struct fuzz_mmu_model m;
	struct fuzz_mmu_tlb saved;
	struct fuzz_mmu_stored saved_code;
};

static uint32_t
below(struct gen *g, uint32_t n)
{
	return fuzz_rng_below(&g->rng, n);
}

static bool
one_in(struct gen *g, uint32_t n)
{
	return fuzz_rng_one_in(&g->rng, n);
}

#define PICK(g, array) ((array)[below(g, ARRAY_LEN(array))])

static enum fuzz_mmu_verdict
put(struct gen *g, const struct fuzz_mmu_op *op)
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

static uint32_t
asid(struct gen *g)
{
	return one_in(g, 4) ? below(g, ASIDS) : g->m.regs.contextidr & 0xffu;
}

static uint32_t
place(struct gen *g)
{
	return g->m.places[below(g, g->m.n_places)];
}

static struct fuzz_mmu_op
maintenance(struct gen *g, uint32_t va)
{
	static const uint8_t kinds[] = {FUZZ_MMU_TLBIMVA,  FUZZ_MMU_TLBIMVA,    FUZZ_MMU_TLBIMVAIS, FUZZ_MMU_TLBIMVAA,
					FUZZ_MMU_TLBIMVAA, FUZZ_MMU_TLBIMVAAIS, FUZZ_MMU_TLBIASID,  FUZZ_MMU_TLBIASIDIS,
					FUZZ_MMU_ITLBIMVA, FUZZ_MMU_DTLBIMVA,   FUZZ_MMU_ITLBIASID, FUZZ_MMU_DTLBIASID,
					FUZZ_MMU_ITLBIALL, FUZZ_MMU_DTLBIALL,   FUZZ_MMU_TLBIALL,   FUZZ_MMU_TLBIALLIS};
	struct fuzz_mmu_op op = {.kind = PICK(g, kinds)};

	op.value = fuzz_mmu_about[op.kind].size == FUZZ_MMU_BY_ALL ? 0 : (va & ~(PAGE - 1u)) | asid(g);
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
		struct fuzz_mmu_op before = maintenance(g, va);
		bool good = helps(g, &before, op);

		if (good || one_in(g, 8))
			put(g, &before);
		if (good)
			return true;
	}
	return put(g, &(struct fuzz_mmu_op){.kind = one_in(g, 2) ? FUZZ_MMU_TLBIALL : FUZZ_MMU_TLBIALLIS}) ==
	       FUZZ_MMU_GOOD;
}

// A word of code that the program can read, for maintenance of what is at va: there, or at its place in RAM.
static bool
sync_code(struct gen *g, uint32_t va)
{
	uint32_t pa = fuzz_mmu_physical(&g->m, va, false, false);
	struct fuzz_mmu_op op = {.kind = one_in(g, 2) ? FUZZ_MMU_SYNC_MVA : FUZZ_MMU_SYNC_ALL, .address = va};

	if (pa && put(g, &op) == FUZZ_MMU_GOOD)
		return true;
	return false;
}

// Puts op, with what it needs before it. False if that can't be.
static bool
change(struct gen *g, const struct fuzz_mmu_op *op)
{
	for (unsigned i = 0; i < 4; i++) {
		enum fuzz_mmu_verdict verdict = g->p->n_ops + ROOM > FUZZ_MMU_OPS ? FUZZ_MMU_BAD : put(g, op);

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
// Descriptors

static const uint8_t types[] = {0x00, 0x01, 0x02, 0x03, 0x03, 0x04, 0x07, 0x07, 0x08, 0x10, 0x15, 0x1a, 0x1f};

// An address for a mapping of 1 << shift bytes that covers va: live where va is one of the pages that live frames
// have, or with nothing there.
static uint32_t
output(struct gen *g, uint32_t va, unsigned shift)
{
	static const uint32_t mibs[] = {FUZZ_MMU_RAM, FUZZ_MMU_RAM + MIB, FUZZ_MMU_RAM + 7u * MIB,
					FUZZ_MMU_RAM + 8u * MIB},
			      pages[] = {0, PAGE, 16u * PAGE, 240u * PAGE, 255u * PAGE};
	uint32_t mask = (1u << shift) - 1u;

	if (one_in(g, 12))
		return FUZZ_MMU_NOWHERE + (below(g, 16) << 24);
	if (shift == 24)
		return FUZZ_MMU_RAM;
	for (unsigned i = 0; i < TRIES; i++) {
		uint32_t pa = PICK(g, mibs) + (shift < 20 ? PICK(g, pages) : 0);

		if (fuzz_mmu_live((pa & ~mask) | (va & mask)))
			return pa & ~mask;
	}
	return FUZZ_MMU_NOWHERE;
}

static uint32_t
domain(struct gen *g)
{
	return one_in(g, 3) ? below(g, 16) : below(g, 3);
}

static uint32_t
ap(struct gen *g)
{
	return one_in(g, 2) ? 3 : below(g, 8);
}

static uint32_t
section(struct gen *g, uint32_t va, bool super)
{
	uint32_t d =
	    output(g, va, super ? 24 : 20) | L1_SECTION | pte_l1_from_ap(ap(g)) | pte_l1_from_tex_cb(PICK(g, types));

	d |= super ? L1_SUPERSECTION : domain(g) << L1_DOMAIN_SHIFT;
	d |= one_in(g, 4) ? L1_XN : 0;
	d |= one_in(g, 4) ? L1_SECTION_PXN : 0;
	d |= one_in(g, 2) ? L1_NG : 0;
	return d | (one_in(g, 3) ? L1_S : 0);
}

static uint32_t
table(struct gen *g)
{
	uint32_t base = one_in(g, 16) ? FUZZ_MMU_NOWHERE : FUZZ_MMU_L2(below(g, FUZZ_MMU_L2S));

	return base | L1_TABLE | domain(g) << L1_DOMAIN_SHIFT | (one_in(g, 4) ? L1_TABLE_PXN : 0);
}

static uint32_t
page(struct gen *g, uint32_t va, bool large)
{
	uint32_t type = PICK(g, types), d = output(g, va, large ? 16 : 12) | pte_l2_from_ap(ap(g));

	d |= large ? L2_LARGE | pte_l2_large_from_tex_cb(type) : L2_SMALL | pte_l2_small_from_tex_cb(type);
	d |= one_in(g, 4) ? (large ? L2_LARGE_XN : L2_SMALL_XN) : 0;
	d |= one_in(g, 2) ? L2_NG : 0;
	return d | (one_in(g, 3) ? L2_S : 0);
}

// Writes a descriptor, count 1 or 16 of them from address on; where the model wants it, or what was there is of
// another size, faults and TLB maintenance first.
static bool
set(struct gen *g, uint32_t address, uint32_t value, bool large, uint32_t va)
{
	uint32_t group = address & ~63u;
	struct fuzz_mmu_op op = {.kind = FUZZ_MMU_SET, .count = large ? 16 : 1, .value = value},
			   clear = {.kind = FUZZ_MMU_SET, .count = 16, .address = group};
	enum fuzz_mmu_verdict verdict;

	op.address = large ? group : address;
	verdict = put(g, &op);
	for (unsigned i = 0; i < 6 && verdict != FUZZ_MMU_GOOD; i++) {
		struct fuzz_mmu_op drop = i < 3 ? maintenance(g, va) : (struct fuzz_mmu_op){.kind = FUZZ_MMU_TLBIALL};

		if (g->p->n_ops + ROOM > FUZZ_MMU_OPS)
			return false;
		if (!i && put(g, &clear) != FUZZ_MMU_GOOD)
			return false;
		put(g, &drop);
		verdict = put(g, &op);
	}
	return verdict == FUZZ_MMU_GOOD;
}

static bool
set_second(struct gen *g, uint32_t l1, uint32_t va)
{
	uint32_t address = (l1 & L1_TABLE_BASE) | (va >> 12 & 0xffu) << 2;
	bool large = one_in(g, 4);

	if (!fuzz_mmu_descriptor(&g->m, address))
		return false;
	return set(g, address, one_in(g, 8) ? 0 : page(g, va, large), large, va);
}

// The first-level descriptor of va in the current regime, or in some table.
static uint32_t
first_level(struct gen *g, uint32_t va)
{
	uint32_t n = g->m.regs.ttbcr & 7u, index = va >> 20 << 2;

	if (one_in(g, 6))
		return FUZZ_MMU_L1(below(g, FUZZ_MMU_L1S)) | index;
	if (n && va >> (32u - n))
		return (g->m.regs.ttbr1 & ~(L1_SIZE - 1u)) | index;
	return (g->m.regs.ttbr0 & ~((L1_SIZE >> n) - 1u)) | index;
}

static bool
set_descriptor(struct gen *g)
{
	uint32_t va = place(g), address = first_level(g, va), kind = below(g, 10), *word;
	bool super = kind == 1;

	word = fuzz_mmu_descriptor(&g->m, address);
	if (!word)
		return false;
	if ((*word & L1_TYPE_MASK) == L1_TABLE && !one_in(g, 6))
		return set_second(g, *word, va);
	return set(g, address, kind == 0 ? 0 : kind < 5 ? section(g, va, super) : table(g), super, va);
}

// The same entry with other rights or attributes, as kernels do most.
static bool
modify_descriptor(struct gen *g)
{
	uint32_t va = place(g), address = first_level(g, va), *word = fuzz_mmu_descriptor(&g->m, address), d, change_of;
	bool second, large;

	if (!word || !*word)
		return false;
	second = (*word & L1_TYPE_MASK) == L1_TABLE && !one_in(g, 4);
	if (second) {
		address = (*word & L1_TABLE_BASE) | (va >> 12 & 0xffu) << 2;
		word = fuzz_mmu_descriptor(&g->m, address);
		if (!word || !*word)
			return false;
	}
	d = *word;
	if (second) {
		large = (d & L2_TYPE_MASK) == L2_LARGE;
		change_of = one_in(g, 3)   ? (large ? L2_LARGE_XN : L2_SMALL_XN)
			    : one_in(g, 4) ? L2_NG
					   : pte_l2_from_ap(1u + below(g, 7));
	} else {
		large = d & 2u && d & L1_SUPERSECTION;
		change_of = (d & L1_TYPE_MASK) == L1_TABLE ? (one_in(g, 2) ? L1_TABLE_PXN : (1u + below(g, 15)) << 5)
			    : one_in(g, 4)                 ? L1_XN
			    : one_in(g, 4)                 ? L1_SECTION_PXN
			    : one_in(g, 4)                 ? L1_NG
			    : one_in(g, 3) && !large       ? (1u + below(g, 15)) << 5
							   : pte_l1_from_ap(1u + below(g, 7));
	}
	return set(g, address, d ^ change_of, large, va);
}

//----------------------------------------------------------------------------
// Registers

static uint32_t
dacr(struct gen *g)
{
	uint32_t value = one_in(g, 3) ? fuzz_rng_32(&g->rng) : 0x55555555u;

	if (one_in(g, 2))
		value = (value & ~3u << 2u * below(g, 3)) | below(g, 4) << 2u * below(g, 3);
	return (value & 0x3fffffffu) | 0x40000000u;
}

static uint32_t
ttbr(struct gen *g, bool first)
{
	uint32_t n = g->m.regs.ttbcr & 7u, size = L1_SIZE >> n, attrs = fuzz_rng_32(&g->rng) & 0x7bu;

	if (first && n >= 2 && one_in(g, 10))
		return FUZZ_MMU_NOWHERE | attrs;
	return (FUZZ_MMU_L1(below(g, FUZZ_MMU_L1S)) +
		(first && n >= 2 && one_in(g, 4) ? below(g, 1u << n) * size : 0)) |
	       attrs;
}

static uint32_t
prrr(struct gen *g)
{
	uint32_t value = fuzz_rng_32(&g->rng) & 0xff0f0000u;

	for (unsigned n = 0; n < 8; n++)
		value |= (n == 6 ? 0 : n == 7 ? 2u : 2u - below(g, 3) * one_in(g, 2)) << 2u * n;
	return value;
}

static uint32_t
sctlr(struct gen *g)
{
	uint32_t value = g->m.regs.sctlr;

	if (!(value & 1u) && one_in(g, 2))
		return value | 1u;
	switch (below(g, 7)) {
	case 0:
	case 1:
		return value ^ 1u << 1; // A
	case 6:
		return value ^ 1u; // M
	case 2:
		return value ^ 1u << 28; // TRE
	case 3:
	case 4:
		return value ^ 1u << 29; // AFE
	default:
		return value ^ 1u << (one_in(g, 3) ? 2 : 11 + below(g, 2)); // C, Z, I
	}
}

static bool
change_register(struct gen *g)
{
	static const uint8_t kinds[] = {FUZZ_MMU_DACR,  FUZZ_MMU_DACR,  FUZZ_MMU_DACR,       FUZZ_MMU_SCTLR,
					FUZZ_MMU_SCTLR, FUZZ_MMU_TTBR0, FUZZ_MMU_TTBR0,      FUZZ_MMU_TTBR1,
					FUZZ_MMU_TTBCR, FUZZ_MMU_TTBCR, FUZZ_MMU_CONTEXTIDR, FUZZ_MMU_CONTEXTIDR,
					FUZZ_MMU_PRRR,  FUZZ_MMU_NMRR};
	struct fuzz_mmu_op op = {.kind = PICK(g, kinds)};

	switch (op.kind) {
	case FUZZ_MMU_DACR:
		op.value = dacr(g);
		break;
	case FUZZ_MMU_SCTLR:
		op.value = sctlr(g);
		break;
	case FUZZ_MMU_TTBR0:
	case FUZZ_MMU_TTBR1:
		op.value = ttbr(g, op.kind == FUZZ_MMU_TTBR0);
		break;
	case FUZZ_MMU_TTBCR:
		op.value = below(g, 8);
		break;
	case FUZZ_MMU_CONTEXTIDR:
		op.value = (fuzz_rng_32(&g->rng) & ~0xffu) | below(g, ASIDS);
		break;
	case FUZZ_MMU_PRRR:
		op.value = prrr(g);
		break;
	default:
		op.value = fuzz_rng_32(&g->rng);
		break;
	}
	op.user = one_in(g, 32);
	return change(g, &op);
}

//----------------------------------------------------------------------------
// Accesses

static uint32_t
data_word(struct gen *g)
{
	return 0x10101010u | (fuzz_rng_32(&g->rng) & 0x07070707u);
}

// A page that an access may go to: of the program's, rather one that is mapped, seldom a frame's own address.
static uint32_t
any_page(struct gen *g)
{
	uint32_t va = place(g);

	if (one_in(g, 20) || !(g->m.regs.sctlr & 1u))
		return output(g, 0, 12);
	for (unsigned i = 0; i < 6 && !fuzz_mmu_physical(&g->m, va, false, false); i++)
		va = place(g);
	return one_in(g, 4) ? place(g) : va;
}

// Where in a page: data at either end, perhaps across it, and of loads sometimes functions.
static uint32_t
data_offset(struct gen *g, unsigned size, bool load)
{
	uint32_t offset = below(g, FUZZ_MMU_DATA_END), align = size > 4 ? 4 : size;

	if (one_in(g, 3))
		offset = FUZZ_MMU_DATA_BEGIN2 + below(g, PAGE - FUZZ_MMU_DATA_BEGIN2);
	if (one_in(g, 12))
		offset = PAGE - 1u - below(g, 4);
	if (load && one_in(g, 10))
		offset = FUZZ_MMU_DATA_END + below(g, FUZZ_MMU_CODE_END - FUZZ_MMU_DATA_END);
	return one_in(g, 6) ? offset : offset & ~(align - 1u);
}

static bool
data_access(struct gen *g)
{
	struct fuzz_mmu_op op = {.kind = (uint8_t)below(g, FUZZ_MMU_EXEC), .user = one_in(g, 3), .value = data_word(g)};
	enum fuzz_mmu_class class = fuzz_mmu_about[op.kind].class;

	op.address = any_page(g) + data_offset(g, fuzz_mmu_about[op.kind].size, class <= FUZZ_MMU_IS_LOADT);
	return change(g, &op);
}

static bool
execute(struct gen *g)
{
	struct fuzz_mmu_op op = {.kind = FUZZ_MMU_EXEC, .user = one_in(g, 3), .value = data_word(g)};
	unsigned n = below(g, 2u * FUZZ_MMU_FUNCTIONS);

	op.address = (any_page(g) + FUZZ_MMU_CODE(n)) | (n >= FUZZ_MMU_FUNCTIONS);
	return change(g, &op);
}

// Stores an instruction, and mostly executes it.
static bool
store_code(struct gen *g)
{
	static const uint8_t kinds[] = {FUZZ_MMU_STR, FUZZ_MMU_STR_POST, FUZZ_MMU_STRT};
	struct fuzz_mmu_op op = {.kind = PICK(g, kinds), .user = one_in(g, 4)}, run = {.kind = FUZZ_MMU_EXEC};

	op.value = one_in(g, 4)   ? A32_MRS_CPSR
		   : one_in(g, 4) ? A32_TPIDRPRW
				  : A32_MOVW_R0(fuzz_rng_32(&g->rng) & 0xffffu);
	op.address = any_page(g) + FUZZ_MMU_CODE(below(g, FUZZ_MMU_FUNCTIONS));
	if (!change(g, &op))
		return false;
	run.address = op.address;
	run.user = one_in(g, 3);
	if (!one_in(g, 3))
		change(g, &run);
	return true;
}

static bool
other(struct gen *g)
{
	struct fuzz_mmu_op op = {.user = one_in(g, 40), .address = any_page(g) + 4u * below(g, 32)};

	if (one_in(g, 4)) {
		op = maintenance(g, place(g));
		return change(g, &op);
	}
	op.kind = (uint8_t)(FUZZ_MMU_SYNC_MVA + below(g, FUZZ_MMU_SCTLR - FUZZ_MMU_SYNC_MVA));
	if (fuzz_mmu_about[op.kind].size == FUZZ_MMU_BY_SW && fuzz_mmu_about[op.kind].class == FUZZ_MMU_IS_CACHE)
		op.value = below(g, 256) << 6 | below(g, 2) << 31; // L1: sets of 64 bytes, two ways
	if (fuzz_mmu_about[op.kind].class == FUZZ_MMU_IS_AT)
		op.address += below(g, PAGE);
	return change(g, &op);
}

//----------------------------------------------------------------------------

// Maps a MiB: by a section or supersection, or a table of which some pages are mapped.
static void
map_mib(struct gen *g, uint32_t va)
{
	uint32_t address = first_level(g, va), *word = fuzz_mmu_descriptor(&g->m, address);

	if (!word)
		return;
	if (one_in(g, 2)) {
		bool super = one_in(g, 4);

		set(g, address, section(g, va, super), super, va);
		return;
	}
	set(g, address, table(g), false, va);
	for (unsigned i = 0; i < 3; i++)
		set_second(g, *word, place(g));
}

static void
start(struct gen *g)
{
	unsigned regions = 0, n = 2u + below(g, 2);

	for (unsigned i = 0; i < n; i++)
		regions |= 1u << below(g, fuzz_mmu_n_regions);
	fuzz_mmu_model_init(&g->m, regions);
	for (unsigned i = 0; i < 2 && one_in(g, 2); i++)
		change_register(g);
	for (unsigned i = 0; i < g->m.n_places; i += FUZZ_MMU_PAGES) // a MiB
		if (!one_in(g, 5))
			map_mib(g, g->m.places[i]);
}

void
fuzz_mmu_gen(uint64_t seed, uint64_t number, struct fuzz_mmu_program *p)
{
	struct gen *g = must_alloc(sizeof(*g));
	unsigned last;

	*g = (struct gen){.rng = fuzz_rng_start(seed, FUZZ_SET_MMU, number), .p = p};
	memset(p, 0, sizeof(*p));
	start(g);
	last = FUZZ_MMU_OPS - below(g, 40);
	for (unsigned i = 0; i < 3u * FUZZ_MMU_OPS && p->n_ops < last; i++) {
		unsigned what = below(g, 100);

		if (what < 45)
			data_access(g);
		else if (what < 57)
			execute(g);
		else if (what < 66)
			set_descriptor(g);
		else if (what < 73)
			modify_descriptor(g);
		else if (what < 84)
			change_register(g);
		else if (what < 88)
			store_code(g);
		else
			other(g);
	}
	free(g);
}
