// SPDX-License-Identifier: MIT
//
// The long-descriptor format in the model of an MMU program (ARM ARM B3.6): the walk, and what a program may write.
// The first level is the runner's: it names for each GiB a table of the second, of blocks and of tables of the third.
//
// An entry of the TLB has the leaf's low word as l1, and as l2 its high word with what the tables before it forbid:
// these are bits of a table's high word that a leaf has nothing in. The sizes of the regions, and which TTBR has the
// ASID, stay what a program's flags say; where a region has 1 GiB or less its TTBR names a table of the second level.
#include "guests/fuzz/mmu_internal.h"
#include "mmu/pte.h"

#define LIMITS      0x78000000u // APTable, XNTable, PXNTable in a high word
#define LEAF_HIGH   0x00600000u // XN, PXN
#define LEAF_LOW    0xffe00fffu // of a block of 2 MiB
#define PAGE_LOW    0xffffffffu
#define NS          (1u << 5)
#define SH_RESERVED 1u
#define BLOCK_SHIFT 21u
#define ENTRIES     512u
#define LONG_TYPE   3u
#define ATTR_RUNNER 0xffu
#define HIGH(word)  ((uint32_t)((word) >> 32))

uint64_t *
fuzz_mmu_long_descriptor(struct fuzz_mmu_model *m, uint32_t address)
{
	if (address % 8u)
		return NULL;
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++) {
		if (address - FUZZ_MMU_LONG_L1(t) < PAGE)
			return &m->tables.long_l1[t][address % PAGE / 8u];
		if (address - FUZZ_MMU_LONG_L2(t, 0) < 4u * PAGE)
			return &m->tables.long_l2[t][(address - FUZZ_MMU_LONG_L2(t, 0)) / PAGE][address % PAGE / 8u];
	}
	if (address - FUZZ_MMU_LONG_L3(0) < FUZZ_MMU_LONG_L3S * PAGE)
		return &m->tables.long_l3[(address - FUZZ_MMU_LONG_L3(0)) / PAGE][address % PAGE / 8u];
	return NULL;
}

// The regime's table for va, and the level that it is of; 0: va is in neither region.
static unsigned
first_table(const struct fuzz_mmu_model *m, uint32_t va, uint32_t *table, uint32_t *last)
{
	uint32_t n0 = FUZZ_MMU_T0SZ(m->flags), n1 = FUZZ_MMU_T1SZ(m->flags);
	bool in0 = !n0 || va >> (32u - n0) == 0, in1 = n1 ? va >> (32u - n1) == (1u << n1) - 1u : !in0;
	uint32_t n = in1 ? n1 : n0;

	if (!in0 && !in1)
		return 0;
	*table = in1 ? m->regs.ttbr1 : m->regs.ttbr0;
	*last = n < 2u ? (4u >> n) - 1u : (2048u >> n) - 1u;
	return n < 2u ? 1 : 2;
}

static bool
read_long(const struct fuzz_mmu_model *m, uint32_t address, uint64_t *d)
{
	const uint64_t *at = fuzz_mmu_long_descriptor((struct fuzz_mmu_model *)m, address);

	if (at)
		*d = *at;
	return at != NULL;
}

uint32_t
fuzz_mmu_long_second(const struct fuzz_mmu_model *m, uint32_t va)
{
	uint32_t table, last;
	unsigned level = first_table(m, va, &table, &last);
	uint64_t d = 0;

	if (level == 2)
		return table | (va >> BLOCK_SHIFT & last) << 3;
	if (level == 0 || !read_long(m, table | (va >> 30 & last) << 3, &d) || (d & LONG_TYPE) != LONG_TYPE)
		return 0;
	return ((uint32_t)d & ~(PAGE - 1u)) | (va >> BLOCK_SHIFT & (ENTRIES - 1u)) << 3;
}

static void
leaf(uint32_t va, unsigned shift, uint64_t d, uint32_t limits, struct fuzz_mmu_walk *w)
{
	uint32_t low = (uint32_t)d, offset = (1u << shift) - 1u, high = HIGH(d) | limits;

	w->kind = WALK_LEAF;
	w->entry.l1 = low;
	w->entry.l2 = high;
	w->entry.shift = (uint8_t)shift;
	w->entry.va = va & ~offset;
	w->entry.global = !(low & LONG_NG);
	w->pa = (low & ~offset & ~(PAGE - 1u)) | (va & offset);
	w->old = !(low & LONG_AF);
	w->ap = 1u | ((d | (uint64_t)limits << 32) & (LONG_AP_RO | LONG_APTABLE_RO) ? 4u : 0);
	w->ap |= low & LONG_AP_USER && !((uint64_t)limits << 32 & LONG_APTABLE_NO_USER) ? 2u : 0;
	w->xn = (d & LONG_XN) || ((uint64_t)limits << 32 & LONG_XNTABLE);
	w->pxn = (d & LONG_PXN) || ((uint64_t)limits << 32 & LONG_PXNTABLE);
	w->tex_cb = low >> LONG_ATTR_SHIFT & 7u;
}

// What isn't in the model's tables is in one of the runner's, or nowhere.
void
fuzz_mmu_long_walk(const struct fuzz_mmu_model *m, uint32_t va, struct fuzz_mmu_walk *w)
{
	uint32_t second, table, last;
	uint64_t d = 0;

	w->kind = WALK_FAULT_1;
	if (!first_table(m, va, &table, &last))
		return;
	second = fuzz_mmu_long_second(m, va);
	if (!second)
		return;
	if (!read_long(m, second, &d)) {
		w->kind = WALK_EXTERNAL_1;
		return;
	}
	if (!(d & LONG_VALID))
		return;
	if (!(d & LONG_TABLE)) {
		leaf(va, BLOCK_SHIFT, d, 0, w);
		return;
	}
	w->table = w->entry;
	w->table.table = true;
	w->table.l1 = (uint32_t)d;
	w->table.l2 = HIGH(d);
	w->table.shift = BLOCK_SHIFT;
	w->table.va = va >> BLOCK_SHIFT << BLOCK_SHIFT;
	if ((d & LONG_ADDRESS) == FUZZ_MMU_LONG_STUBS) {
		leaf(va, 12, (va & ~(PAGE - 1u)) | FUZZ_MMU_BLOCK | 2u, 0, w);
		return;
	}
	if (!read_long(m, ((uint32_t)d & ~(PAGE - 1u)) | (va >> 12 & (ENTRIES - 1u)) << 3, &d))
		w->kind = WALK_EXTERNAL_2;
	else if ((d & LONG_TYPE) != LONG_TYPE)
		w->kind = WALK_FAULT_2;
	else
		leaf(va, 12, d, w->table.l2 & LIMITS, w);
}

//----------------------------------------------------------------------------
// What a program may write

static bool
in_region(uint32_t second)
{
	uint32_t offset = second - FUZZ_MMU_LONG_L2(0, 0), mib = offset / PAGE % 4u * 1024u + offset % PAGE / 8u * 2u;

	for (unsigned r = 0; r < fuzz_mmu_n_regions; r++)
		if (mib - fuzz_mmu_regions[r].base / MIB < 16u)
			return true;
	return false;
}

static bool
good_leaf(uint32_t low, uint32_t high, uint32_t base)
{
	return !(low & NS) && (low >> LONG_SH_SHIFT & 3u) != SH_RESERVED && !(high & ~LEAF_HIGH) &&
	       !(low & ~base & ~0xfffu);
}

bool
fuzz_mmu_long_set(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	uint64_t *d = fuzz_mmu_long_descriptor(m, op->address);
	uint32_t low = op->value, high = (uint32_t)op->count << 16, base = low & ~(PAGE - 1u);
	bool third = op->address >= FUZZ_MMU_LONG_L3(0), table = !third && (low & LONG_TYPE) == LONG_TYPE;

	if (!d || op->address < FUZZ_MMU_LONG_L2(0, 0) || (!third && !in_region(op->address)))
		return false;
	if (low & LONG_VALID) {
		if (table && ((low & 0xffcu) || high & ~LIMITS ||
			      (!fuzz_mmu_nowhere(low) && base - FUZZ_MMU_LONG_L3(0) >= FUZZ_MMU_LONG_L3S * PAGE)))
			return false;
		if (!table && !good_leaf(low, high, third ? PAGE_LOW : LEAF_LOW))
			return false;
	} else if (low || high) {
		return false;
	}
	*d = (uint64_t)high << 32 | low;
	return true;
}

bool
fuzz_mmu_long_reg(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	bool upper = fuzz_mmu_about[op->kind].size;
	uint32_t n = upper ? FUZZ_MMU_T1SZ(m->flags) : FUZZ_MMU_T0SZ(m->flags), base = op->value;
	bool first = base - FUZZ_MMU_LONG_L1(0) < FUZZ_MMU_L1S * PAGE;
	bool second = base - FUZZ_MMU_LONG_L2(0, 0) < FUZZ_MMU_L1S * 4u * PAGE;

	if (base % PAGE || op->count > 0xffu || !(fuzz_mmu_nowhere(base) || (n < 2u ? first : second)))
		return false;
	*(upper ? &m->regs.ttbr1 : &m->regs.ttbr0) = base;
	m->regs.long_asid[upper] = op->count;
	return true;
}

bool
fuzz_mmu_long_type(const struct fuzz_mmu_model *m, uint32_t n)
{
	return ((n < 4u ? m->regs.prrr : m->regs.nmrr) >> 8u * (n & 3u) & 0xf0u) != 0;
}

// Attributes that aren't reserved, those of the runner as they are.
bool
fuzz_mmu_long_mair(uint32_t value, bool first)
{
	for (unsigned n = 0; n < 4; n++) {
		uint32_t attr = value >> 8u * n & 0xffu;

		if (attr != 0 && attr != 4u && attr != 0x44u && attr != 0xaau && attr != 0xeeu && attr != 0xffu)
			return false;
	}
	return !first || (value & 0xffu) == ATTR_RUNNER;
}

void
fuzz_mmu_long_init(struct fuzz_mmu_model *m)
{
	m->regs.ttbr0 = FUZZ_MMU_T0SZ(m->flags) < 2u ? FUZZ_MMU_LONG_L1(0) : FUZZ_MMU_LONG_L2(0, 0);
	m->regs.ttbr1 = FUZZ_MMU_T1SZ(m->flags) < 2u ? FUZZ_MMU_LONG_L1(0) : FUZZ_MMU_LONG_L2(0, 3);
	m->regs.prrr = FUZZ_MMU_START_MAIR0;
	m->regs.nmrr = FUZZ_MMU_START_MAIR1;
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++) {
		uint64_t *l2 = m->tables.long_l2[t][1];

		for (unsigned g = 0; g < 4; g++)
			m->tables.long_l1[t][g] = FUZZ_MMU_LONG_L2(t, g) | 3u;
		for (unsigned i = 0; i < FUZZ_MMU_RAM_MIB / FUZZ_MMU_BLOCK_MIB; i++)
			l2[i] = (FUZZ_MMU_RAM + i * FUZZ_MMU_BLOCK_MIB * MIB) | FUZZ_MMU_BLOCK;
		l2[(FUZZ_MMU_STUBS - FUZZ_MMU_RAM) >> BLOCK_SHIFT] = FUZZ_MMU_LONG_STUBS | 3u;
		for (unsigned i = 0; i < FUZZ_MMU_FILLERS / FUZZ_MMU_BLOCK_MIB; i++)
			l2[((FUZZ_MMU_FILLER - FUZZ_MMU_RAM) >> BLOCK_SHIFT) + i] = FUZZ_MMU_LONG_FILLER | 3u;
	}
}
