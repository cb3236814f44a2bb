// SPDX-License-Identifier: MIT
//
// Long descriptors of MMU programs, and the registers that go with them.
#include "guests/fuzz/mmu_gen.h"
#include "mmu/pte.h"

#define BLOCK_SHIFT   21u
#define LEAF_XN       (1u << 6) // in an operation's count, which is the upper half of the high word
#define LEAF_PXN      (1u << 5)
#define TABLE_PXN     (1u << 11)
#define TABLE_XN      (1u << 12)
#define TABLE_NO_USER (1u << 13)
#define TABLE_RO      (1u << 14)
#define TYPE_MASK     3u

static uint32_t
attributes(struct gen *g)
{
	uint32_t normal = g->about & ABOUT_PLAIN && !one_in(g, 8), d;

	d = (normal ? 0 : below(g, 8)) << LONG_ATTR_SHIFT | (one_in(g, 3) ? 2u + below(g, 2) : 0) << LONG_SH_SHIFT;
	d |= fuzz_mmu_gen_own(g) ? (uint32_t)LONG_NG : 0;
	return d | (one_in(g, 12) ? 0 : (uint32_t)LONG_AF);
}

// AP[2:1] of what AP[2:0] is in the short format.
static uint32_t
rights(struct gen *g)
{
	uint32_t ap = fuzz_mmu_gen_ap(g);

	return (ap & 2u ? (uint32_t)LONG_AP_USER : 0) | (ap & 4u ? (uint32_t)LONG_AP_RO : 0);
}

static struct fuzz_mmu_op
leaf(struct gen *g, uint32_t va, unsigned shift)
{
	struct fuzz_mmu_op op = {.kind = FUZZ_MMU_SET_LONG};

	op.value = fuzz_mmu_gen_output(g, va, shift);
	op.value |= op.value == FUZZ_MMU_DEVICE ? 1u << LONG_ATTR_SHIFT | (uint32_t)LONG_AF : attributes(g);
	op.value |= rights(g) | (shift == 12 ? 3u : 1u);
	op.count = (uint16_t)((fuzz_mmu_gen_xn(g) ? LEAF_XN : 0) | (fuzz_mmu_gen_xn(g) ? LEAF_PXN : 0));
	return op;
}

static struct fuzz_mmu_op
table(struct gen *g)
{
	static const uint16_t limits[] = {TABLE_PXN, TABLE_XN, TABLE_NO_USER, TABLE_RO};
	struct fuzz_mmu_op op = {.kind = FUZZ_MMU_SET_LONG};

	op.value = (one_in(g, 16) ? FUZZ_MMU_NOWHERE : FUZZ_MMU_LONG_L3(below(g, FUZZ_MMU_LONG_L3S))) | 3u;
	if (one_in(g, g->about & ABOUT_PLAIN ? 8 : 3))
		op.count = PICK(g, limits);
	return op;
}

// Writes it; where the model wants it, a fault and TLB maintenance first.
static bool
set(struct gen *g, struct fuzz_mmu_op op, uint32_t address, uint32_t va)
{
	struct fuzz_mmu_op clear = {.kind = FUZZ_MMU_SET_LONG, .address = address};
	enum fuzz_mmu_verdict verdict;

	op.address = address;
	verdict = fuzz_mmu_gen_put(g, &op);
	for (unsigned i = 0; i < 6 && verdict != FUZZ_MMU_GOOD; i++) {
		struct fuzz_mmu_op drop =
		    i < 3 ? fuzz_mmu_gen_maintenance(g, va) : (struct fuzz_mmu_op){.kind = FUZZ_MMU_TLBIALL};

		if (g->p->n_ops + ROOM > FUZZ_MMU_OPS || (!i && fuzz_mmu_gen_put(g, &clear) != FUZZ_MMU_GOOD))
			return false;
		fuzz_mmu_gen_put(g, &drop);
		verdict = fuzz_mmu_gen_put(g, &op);
	}
	return verdict == FUZZ_MMU_GOOD;
}

// Of va in the current regime, or seldom in another table of its kind. 0: none.
static uint32_t
second(struct gen *g, uint32_t va)
{
	uint32_t at = fuzz_mmu_long_second(&g->m, va);

	if (at && one_in(g, 6))
		at = FUZZ_MMU_LONG_L2(below(g, FUZZ_MMU_L1S), (at - FUZZ_MMU_LONG_L2(0, 0)) / PAGE % 4u) + at % PAGE;
	return at;
}

static uint32_t
third(uint32_t table, uint32_t va)
{
	return (table & ~(PAGE - 1u)) | (va / PAGE & 511u) << 3;
}

// Where the descriptor of va is: at the third level if there is one.
static uint32_t
where(struct gen *g, uint32_t va, unsigned seldom)
{
	uint32_t at = second(g, va);
	const uint64_t *d = at ? fuzz_mmu_long_descriptor(&g->m, at) : NULL;

	if (d && (*d & TYPE_MASK) == 3u && !one_in(g, seldom))
		at = third((uint32_t)*d, va);
	return at;
}

bool
fuzz_mmu_gen_long_descriptor(struct gen *g)
{
	uint32_t va = fuzz_mmu_gen_place(g), at = where(g, va, 6), kind = below(g, 8);

	if (!at || !fuzz_mmu_long_descriptor(&g->m, at))
		return false;
	if (!kind)
		return set(g, (struct fuzz_mmu_op){.kind = FUZZ_MMU_SET_LONG}, at, va);
	if (at >= FUZZ_MMU_LONG_L3(0))
		return set(g, leaf(g, va, 12), at, va);
	return set(g, kind < 4 ? leaf(g, va, BLOCK_SHIFT) : table(g), at, va);
}

bool
fuzz_mmu_gen_long_modify(struct gen *g, uint32_t va)
{
	static const uint32_t bits[] = {LONG_AP_USER, LONG_AP_USER, LONG_AP_RO, LONG_AP_RO, LONG_NG, LONG_AF};
	static const uint16_t forbid[] = {TABLE_PXN, TABLE_XN, TABLE_NO_USER, TABLE_RO};
	uint32_t at = where(g, va, 4);
	const uint64_t *d = at ? fuzz_mmu_long_descriptor(&g->m, at) : NULL;
	struct fuzz_mmu_op op = {.kind = FUZZ_MMU_SET_LONG};

	if (!d || !*d)
		return false;
	op.value = (uint32_t)*d;
	op.count = (uint16_t)(*d >> 48);
	if (at < FUZZ_MMU_LONG_L3(0) && (*d & TYPE_MASK) == 3u)
		op.count ^= PICK(g, forbid);
	else if (one_in(g, 3))
		op.count ^= one_in(g, 2) ? LEAF_XN : LEAF_PXN;
	else
		op.value ^= PICK(g, bits);
	return set(g, op, at, va);
}

bool
fuzz_mmu_gen_long_take_rights(struct gen *g, uint32_t va)
{
	uint32_t at = where(g, va, 16);
	const uint64_t *d = at ? fuzz_mmu_long_descriptor(&g->m, at) : NULL;
	struct fuzz_mmu_op op = {.kind = FUZZ_MMU_SET_LONG};

	if (!d || !*d || (at < FUZZ_MMU_LONG_L3(0) && (*d & TYPE_MASK) == 3u))
		return false;
	op.value = (uint32_t)*d & ~(uint32_t)LONG_AP_USER;
	op.count = (uint16_t)(*d >> 48);
	return set(g, op, at, va);
}

// A TTBR that fits the region of its size, with a process's ASID.
static struct fuzz_mmu_op
ttbr(struct gen *g, bool upper, unsigned process)
{
	uint32_t n = upper ? FUZZ_MMU_T1SZ(g->p->flags) : FUZZ_MMU_T0SZ(g->p->flags), t = process % FUZZ_MMU_L1S;
	struct fuzz_mmu_op op = {.kind = upper ? FUZZ_MMU_TTBR1_64 : FUZZ_MMU_TTBR0_64,
				 .count = (uint16_t)(1u + process)};

	op.value = n < 2 ? FUZZ_MMU_LONG_L1(t) : FUZZ_MMU_LONG_L2(t, upper ? 3u : one_in(g, 8) ? below(g, 4) : 0);
	return op;
}

bool
fuzz_mmu_gen_long_switch(struct gen *g)
{
	struct fuzz_mmu_op op = ttbr(g, g->p->flags & FUZZ_MMU_A1, below(g, g->n_processes));

	return fuzz_mmu_gen_change(g, &op);
}

static uint32_t
mair(struct gen *g, bool first)
{
	static const uint8_t attrs[] = {0x00, 0x04, 0x44, 0xaa, 0xee, 0xff, 0xff, 0xff};
	uint32_t value = 0;

	for (unsigned n = 0; n < 4; n++)
		value |= (first && !n ? 0xffu : (uint32_t)PICK(g, attrs)) << 8u * n;
	return value;
}

bool
fuzz_mmu_gen_long_register(struct gen *g)
{
	struct fuzz_mmu_op op = {.user = one_in(g, 32)};

	switch (below(g, 8)) {
	case 0:
		op.kind = FUZZ_MMU_PRRR;
		op.value = mair(g, true);
		break;
	case 1:
		op.kind = FUZZ_MMU_NMRR;
		op.value = mair(g, false);
		break;
	case 2:
		op.kind = FUZZ_MMU_CONTEXTIDR; // a mere number here
		op.value = fuzz_rng_32(&g->rng);
		break;
	case 3:
		op.kind = FUZZ_MMU_SCTLR;
		op.value = fuzz_mmu_gen_sctlr(g);
		break;
	default:
		op = ttbr(g, one_in(g, 2), below(g, PROCESSES));
		break;
	}
	return fuzz_mmu_gen_change(g, &op);
}

void
fuzz_mmu_gen_long_map(struct gen *g, uint32_t va)
{
	uint32_t at = fuzz_mmu_long_second(&g->m, va);
	const uint64_t *d = at ? fuzz_mmu_long_descriptor(&g->m, at) : NULL;

	if (!d)
		return;
	if (one_in(g, g->about & ABOUT_ALIAS ? 5 : 2)) {
		set(g, leaf(g, va, BLOCK_SHIFT), at, va);
		return;
	}
	if (!set(g, table(g), at, va))
		return;
	for (unsigned i = 6; i; i--) {
		uint32_t to = (va >> BLOCK_SHIFT << BLOCK_SHIFT) | (fuzz_mmu_gen_place(g) & ((1u << BLOCK_SHIFT) - 1u));

		set(g, leaf(g, to, 12), third((uint32_t)*d, to), to);
	}
}
