// SPDX-License-Identifier: MIT
//
// See mmu_model.h: memory, tables and registers, what they are before a program and what it may write to them, and
// the step that each operation is. What isn't accepted although it may be predictable has its reason where it is
// refused, here, in mmu_tlb.c and in mmu_access.c: mostly QEMU, which is the oracle and which differs from
// the ARM ARM there. Sections: ARM ARM DDI 0406C.
#include <stdlib.h>
#include <string.h>
#include "guests/cli/error.h"
#include "guests/fuzz/mmu.h"
#include "guests/fuzz/mmu_internal.h"
#include "mmu/pte.h"
#include "monitor/base/types.h"

#define SUPERSECTION_ABOVE 0x00f001e0u // PA[39:32]

// Bits that programs change; of TTBRs all attributes but the IMPLEMENTATION DEFINED one.
#define SCTLR_BITS (SCTLR_M | SCTLR_A | SCTLR_C | SCTLR_Z | SCTLR_I | SCTLR_TRE | SCTLR_AFE)
#define TTBR_ATTRS 0x7bu

#define RUNNER_DOMAIN 15u

#define RUNNER_ATTR   7u // index into PRRR and NMRR
#define PRRR_IMPL     6u // of an IMPLEMENTATION DEFINED meaning
#define PRRR_RESERVED 3u

#define OP(kind, is, bytes, ...) [FUZZ_MMU_##kind] = {#kind, FUZZ_MMU_IS_##is, bytes},
const struct fuzz_mmu_about fuzz_mmu_about[FUZZ_MMU_KINDS] = {
#include "test/fuzz/mmu.def"
};
#undef OP

#define X(base, mib) {base, mib},
const struct fuzz_mmu_region fuzz_mmu_regions[] = {FUZZ_MMU_REGIONS(X)};
#undef X
const unsigned fuzz_mmu_n_regions = ARRAY_LEN(fuzz_mmu_regions);

#define X(n) n,
static const uint32_t live_mibs[] = {FUZZ_MMU_LIVE_MIBS(X)}, live_pages[] = {FUZZ_MMU_LIVE_PAGES(X)};
#undef X
#define LIVE_PAGES FUZZ_MMU_PAGES
_Static_assert(ARRAY_LEN(live_pages) == LIVE_PAGES, "mmu.h");

//----------------------------------------------------------------------------
// Memory

bool
fuzz_mmu_live(uint32_t address)
{
	uint32_t offset = address - FUZZ_MMU_RAM;

	for (unsigned i = 0; i < ARRAY_LEN(live_mibs); i++)
		for (unsigned k = 0; k < ARRAY_LEN(live_pages); k++)
			if (offset / PAGE == live_mibs[i] * (MIB / PAGE) + live_pages[k])
				return true;
	return false;
}

uint32_t *
fuzz_mmu_descriptor(struct fuzz_mmu_model *m, uint32_t address)
{
	if (address % 4u)
		return NULL;
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++)
		if (address - FUZZ_MMU_L1(t) < L1_SIZE)
			return &m->tables.l1[t][(address - FUZZ_MMU_L1(t)) / 4u];
	if (address - FUZZ_MMU_L2(0) < FUZZ_MMU_L2S * L2_SIZE)
		return &m->tables.l2[(address - FUZZ_MMU_L2(0)) / L2_SIZE][(address & (L2_SIZE - 1u)) / 4u];
	return NULL;
}

// What the runner's entry for this MiB is; 0 if it has none.
static uint32_t
runner_entry(uint32_t mib)
{
	uint32_t pa = mib * MIB;

	if (pa - FUZZ_MMU_FILLER < FUZZ_MMU_FILLERS * MIB)
		return FUZZ_MMU_FILLER_TABLE;
	if (pa - FUZZ_MMU_RAM >= FUZZ_MMU_RAM_MIB * MIB)
		return 0;
	return pa | FUZZ_MMU_SECTION | FUZZ_MMU_DOMAIN |
	       (mib == FUZZ_MMU_STUBS / MIB ? FUZZ_MMU_SECTION_RO | FUZZ_MMU_USER : 0);
}

uint32_t
fuzz_mmu_code(const struct fuzz_mmu_model *m, uint32_t address)
{
	for (unsigned i = 0; i < m->code.n; i++)
		if (m->code.word[i].address == address)
			return m->code.word[i].value;
	return fuzz_mmu_template(address);
}

//----------------------------------------------------------------------------
// Descriptors and registers

// Whether the descriptor has no reserved type of memory, and nothing that QEMU doesn't do.
static bool
good_type(uint32_t tex_cb)
{
	return tex_cb != 5u && tex_cb != 6u && (tex_cb < 9u || tex_cb >= 16u);
}

static bool
good_l1(uint32_t d)
{
	switch (d & L1_TYPE_MASK) {
	case L1_FAULT:
		return true;
	case L1_TABLE:
		return !(d & 0x218u) &&
		       (fuzz_mmu_nowhere(d) || (d & L1_TABLE_BASE) - FUZZ_MMU_L2(0) < FUZZ_MMU_L2S * L2_SIZE);
	default: // no address above 4 GiB, and NS clear
		return good_type(pte_l1_tex_cb(d)) && !(d & (1u << 19 | 1u << 9)) &&
		       !(d & L1_SUPERSECTION && d & SUPERSECTION_ABOVE);
	}
}

static bool
good_l2(uint32_t d)
{
	switch (d & L2_TYPE_MASK) {
	case L2_FAULT:
		return true;
	case L2_LARGE:
		return good_type(pte_l2_large_tex_cb(d)) && !(d & 0x1c0u);
	default:
		return good_type(pte_l2_small_tex_cb(d));
	}
}

// Supersections and large pages fill 16 entries (B3.5.1).
static bool
whole(const uint32_t *table, unsigned i, bool first_level)
{
	const uint32_t *group = &table[i & ~15u];
	bool large = false, equal = true;

	for (unsigned k = 0; k < 16; k++) {
		large |= first_level ? group[k] & L1_TYPE_MASK & 2u && group[k] & L1_SUPERSECTION
				     : (group[k] & L2_TYPE_MASK) == L2_LARGE;
		equal &= group[k] == group[0];
	}
	return !large || equal;
}

static bool
good_tables(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	for (unsigned i = 0; i < op->count; i++) {
		uint32_t address = op->address + 4u * i, *word = fuzz_mmu_descriptor(m, address);
		bool first_level = address < FUZZ_MMU_L2(0);
		unsigned index = (unsigned)(first_level ? (address - FUZZ_MMU_L1(0)) / 4u % L1_ENTRIES
							: (address - FUZZ_MMU_L2(0)) / 4u % L2_ENTRIES);

		if (!(first_level ? good_l1(*word) : good_l2(*word)) || !whole(word - index, index, first_level))
			return false;
	}
	return true;
}

static bool
owned(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	for (unsigned i = 0; i < op->count; i++) {
		uint32_t address = op->address + 4u * i;
		bool found = address >= FUZZ_MMU_L2(0);

		if (!fuzz_mmu_descriptor(m, address))
			return false;
		for (unsigned r = 0; r < fuzz_mmu_n_regions; r++)
			found |= (address - FUZZ_MMU_L1(0)) / 4u % L1_ENTRIES - fuzz_mmu_regions[r].base / MIB < 16u;
		if (!found)
			return false;
	}
	return op->count && op->count <= 16u;
}

static enum fuzz_mmu_verdict
step_set(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	uint32_t *word = fuzz_mmu_descriptor(m, op->address), old[16];
	enum fuzz_mmu_verdict verdict = FUZZ_MMU_GOOD;
	unsigned n = m->tlb.n;
	bool stale = m->tlb.stale;

	if (!word || !owned(m, op) || fuzz_mmu_is_long(m))
		return FUZZ_MMU_BAD;
	memcpy(old, word, op->count * 4u);
	for (unsigned i = 0; i < op->count; i++)
		word[i] = op->value;
	if (!good_tables(m, op))
		verdict = FUZZ_MMU_BAD;
	else if (!fuzz_mmu_tlb_add_all(m) && op->value & L1_TYPE_MASK)
		verdict = FUZZ_MMU_BREAK;
	if (verdict) {
		memcpy(word, old, op->count * 4u);
		m->tlb.n = n;
		m->tlb.stale = stale;
	}
	return verdict;
}

// The runner must stay mapped, and nothing else of its own be reached.
static bool
runner_mapped(const struct fuzz_mmu_model *m)
{
	static const uint32_t at[] = {FUZZ_MMU_RAM, FUZZ_MMU_STUBS, FUZZ_MMU_L1(0), FUZZ_MMU_RESULTS};

	for (unsigned i = 0; i < ARRAY_LEN(at) && m->regs.sctlr & SCTLR_M; i++) {
		struct fuzz_mmu_walk w;

		fuzz_mmu_tlb_walk(m, at[i], &w);
		if (w.kind != WALK_LEAF || w.pa != at[i] ||
		    (!fuzz_mmu_is_long(m) && w.entry.l1 != runner_entry(at[i] / MIB)))
			return false;
	}
	return true;
}

static bool
good_ttbr(uint32_t value)
{
	uint32_t base = value & ~TTBR_ATTRS;

	return !(value & 4u) && (fuzz_mmu_nowhere(base) || base - FUZZ_MMU_L1(0) < FUZZ_MMU_L1S * L1_SIZE);
}

// Types that PRRR may give: none that is reserved, or the runner's own.
static bool
good_prrr(uint32_t value)
{
	for (unsigned n = 0; n < 8; n++)
		if (PRRR_TYPE(value, n) == PRRR_RESERVED)
			return false;
	return PRRR_TYPE(value, RUNNER_ATTR) == PRRR_TYPE_NORMAL && !PRRR_TYPE(value, PRRR_IMPL);
}

static enum fuzz_mmu_verdict
step_reg(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	uint32_t value = op->value, sctlr = m->regs.sctlr;
	uint32_t ttbr0 = m->regs.ttbr0, ttbr1 = m->regs.ttbr1, ttbcr = m->regs.ttbcr;

	if (fuzz_mmu_is_long(m) && op->kind >= FUZZ_MMU_DACR && op->kind <= FUZZ_MMU_TTBCR)
		return FUZZ_MMU_BAD;
	switch (op->kind) {
	case FUZZ_MMU_SCTLR:
		if ((value ^ FUZZ_MMU_START_SCTLR) & ~SCTLR_BITS)
			return FUZZ_MMU_BAD;
		m->regs.sctlr = value;
		m->tlb.stale |= (value ^ sctlr) & (SCTLR_M | SCTLR_TRE | SCTLR_AFE);
		break;
	case FUZZ_MMU_DACR:
		if (value >> 2u * RUNNER_DOMAIN != DOMAIN_CLIENT)
			return FUZZ_MMU_BAD;
		m->regs.dacr = value;
		break;
	case FUZZ_MMU_PRRR:
		if (fuzz_mmu_is_long(m) ? !fuzz_mmu_long_mair(value, true) : !good_prrr(value))
			return FUZZ_MMU_BAD;
		m->tlb.stale |= value != m->regs.prrr;
		m->regs.prrr = value;
		return FUZZ_MMU_GOOD;
	case FUZZ_MMU_NMRR:
		if (fuzz_mmu_is_long(m) && !fuzz_mmu_long_mair(value, false))
			return FUZZ_MMU_BAD;
		m->tlb.stale |= value != m->regs.nmrr;
		m->regs.nmrr = value;
		return FUZZ_MMU_GOOD;
	case FUZZ_MMU_CONTEXTIDR:
		m->regs.contextidr = value;
		break;
	case FUZZ_MMU_TTBCR:
		if (value & ~TTBCR_N) // no PD0 and PD1 without the Security Extensions (B4.1.153)
			return FUZZ_MMU_BAD;
		m->regs.ttbcr = value;
		break;
	default:
		if (!good_ttbr(value))
			return FUZZ_MMU_BAD;
		*(op->kind == FUZZ_MMU_TTBR0 ? &m->regs.ttbr0 : &m->regs.ttbr1) = value;
		break;
	}
	if (!runner_mapped(m)) {
		m->regs.sctlr = sctlr;
		m->regs.ttbr0 = ttbr0;
		m->regs.ttbr1 = ttbr1;
		m->regs.ttbcr = ttbcr;
		return FUZZ_MMU_BAD;
	}
	fuzz_mmu_tlb_add_all(m);
	return FUZZ_MMU_GOOD;
}

// Another process: no walk is made with its tables and another's ASID, nor the other way round, but for the ASID 0.
static enum fuzz_mmu_verdict
step_switch(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	uint32_t old = m->regs.ttbr0;

	if (!op->count || op->count > 0xffu || !good_ttbr(op->value) || fuzz_mmu_is_long(m))
		return FUZZ_MMU_BAD;
	m->regs.ttbr0 = op->value;
	if (!runner_mapped(m)) {
		m->regs.ttbr0 = old;
		return FUZZ_MMU_BAD;
	}
	m->regs.ttbr0 = old;
	m->regs.contextidr = 0;
	fuzz_mmu_tlb_add_all(m);
	m->regs.ttbr0 = op->value;
	fuzz_mmu_tlb_add_all(m);
	m->regs.contextidr = op->count;
	fuzz_mmu_tlb_add_all(m);
	return FUZZ_MMU_GOOD;
}

// The same of the long format's.
static enum fuzz_mmu_verdict
step_long_reg(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	uint32_t ttbr0 = m->regs.ttbr0, ttbr1 = m->regs.ttbr1, asid[2] = {m->regs.long_asid[0], m->regs.long_asid[1]};

	if (!fuzz_mmu_is_long(m) || !fuzz_mmu_long_reg(m, op))
		return FUZZ_MMU_BAD;
	if (runner_mapped(m)) {
		fuzz_mmu_tlb_add_all(m);
		return FUZZ_MMU_GOOD;
	}
	m->regs.ttbr0 = ttbr0;
	m->regs.ttbr1 = ttbr1;
	memcpy(m->regs.long_asid, asid, sizeof(asid));
	return FUZZ_MMU_BAD;
}

static enum fuzz_mmu_verdict
step_long(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	uint64_t *d = fuzz_mmu_long_descriptor(m, op->address), old = d ? *d : 0;
	unsigned n = m->tlb.n;
	bool stale = m->tlb.stale;

	if (!fuzz_mmu_is_long(m) || !d || !fuzz_mmu_long_set(m, op))
		return FUZZ_MMU_BAD;
	if (fuzz_mmu_tlb_add_all(m) || !(op->value & 1u))
		return FUZZ_MMU_GOOD;
	*d = old;
	m->tlb.n = n;
	m->tlb.stale = stale;
	return FUZZ_MMU_BREAK;
}

// Filler is mapped alike by all tables.
static enum fuzz_mmu_verdict
step_fill(const struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op, const struct fuzz_mmu_about *about)
{
	uint32_t first = about->size ? op->value : (op->address - FUZZ_MMU_FILLER) / MIB;

	if (!op->count || first >= FUZZ_MMU_FILLERS || op->count > FUZZ_MMU_FILLERS - first)
		return FUZZ_MMU_BAD;
	return about->size || (m->regs.sctlr & SCTLR_M && op->address % MIB == 0) ? FUZZ_MMU_GOOD : FUZZ_MMU_BAD;
}

//----------------------------------------------------------------------------

enum fuzz_mmu_verdict
fuzz_mmu_step(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	const struct fuzz_mmu_about *about = &fuzz_mmu_about[op->kind];
	uint32_t pa;

	if (op->user && (about->class == FUZZ_MMU_IS_FILL || about->class == FUZZ_MMU_IS_SET ||
			 about->class == FUZZ_MMU_IS_LONG || about->class == FUZZ_MMU_IS_SYNC))
		return FUZZ_MMU_BAD;
	if (op->user && about->class > FUZZ_MMU_IS_EXEC)
		return FUZZ_MMU_GOOD; // UNDEFINED
	if (op->code && about->class > FUZZ_MMU_IS_LOADT)
		return FUZZ_MMU_BAD;
	switch (about->class) {
	case FUZZ_MMU_IS_EXEC:
		return fuzz_mmu_access_exec(m, op);
	case FUZZ_MMU_IS_FILL:
		return step_fill(m, op, about);
	case FUZZ_MMU_IS_SWITCH:
		return step_switch(m, op);
	case FUZZ_MMU_IS_LONG:
		return step_long(m, op);
	case FUZZ_MMU_IS_LONG_REG:
		return step_long_reg(m, op);
	case FUZZ_MMU_IS_SET:
		return step_set(m, op);
	case FUZZ_MMU_IS_TLBI:
	case FUZZ_MMU_IS_TLBII:
	case FUZZ_MMU_IS_TLBID:
		fuzz_mmu_tlb_drop(m, about, op->value);
		return FUZZ_MMU_GOOD;
	case FUZZ_MMU_IS_SYNC:
		return fuzz_mmu_access_sync(m, op);
	case FUZZ_MMU_IS_CACHE:
		return about->size == FUZZ_MMU_BY_VA ? fuzz_mmu_access_readable(m, op->address, &pa) : FUZZ_MMU_GOOD;
	case FUZZ_MMU_IS_AT:
		return fuzz_mmu_access_at(m, op);
	case FUZZ_MMU_IS_REG:
		return step_reg(m, op);
	default:
		return fuzz_mmu_access_data(m, op, about);
	}
}

void
fuzz_mmu_model_init(struct fuzz_mmu_model *m, unsigned regions, uint32_t flags)
{
	memset(m, 0, sizeof(*m));
	m->flags = flags;
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++)
		for (unsigned i = 0; i < L1_ENTRIES; i++)
			m->tables.l1[t][i] = runner_entry(i);
	m->regs.sctlr = FUZZ_MMU_START_SCTLR;
	m->regs.dacr = FUZZ_MMU_START_DACR;
	m->regs.ttbr0 = m->regs.ttbr1 = FUZZ_MMU_L1(0);
	m->regs.prrr = FUZZ_MMU_START_PRRR;
	m->regs.nmrr = FUZZ_MMU_START_NMRR;
	if (fuzz_mmu_is_long(m))
		fuzz_mmu_long_init(m);
	for (unsigned r = 0; r < fuzz_mmu_n_regions; r++) {
		uint32_t first = fuzz_mmu_regions[r].base + fuzz_mmu_regions[r].mib * MIB;

		for (unsigned k = 0; k < 2u * LIVE_PAGES && bit(regions, r) && m->n_places < FUZZ_MMU_PLACES; k++)
			m->places[m->n_places++] = first + k / LIVE_PAGES * MIB + live_pages[k % LIVE_PAGES] * PAGE;
	}
	if (!FUZZ_MMU_PRESET(flags))
		return;
	fuzz_mmu_preset_tables(m);
	fuzz_mmu_tlb_add_all(m);
}

static bool
accesses(const struct fuzz_mmu_op *op)
{
	enum fuzz_mmu_class class = op->kind < FUZZ_MMU_KINDS ? fuzz_mmu_about[op->kind].class : FUZZ_MMU_IS_REG;

	return class <= FUZZ_MMU_IS_EXEC || (class >= FUZZ_MMU_IS_SYNC && class <= FUZZ_MMU_IS_AT);
}

// The regions that it touches.
static unsigned
regions_of(const struct fuzz_mmu_program *p)
{
	unsigned regions = 0;

	for (unsigned i = 0; i < p->n_ops; i++)
		for (unsigned r = 0; accesses(&p->op[i]) && r < fuzz_mmu_n_regions; r++)
			if (p->op[i].address - fuzz_mmu_regions[r].base < 16u * MIB)
				regions |= 1u << r;
	return regions;
}

bool
fuzz_mmu_predictable(const struct fuzz_mmu_program *p)
{
	struct fuzz_mmu_model *m = must_alloc(sizeof(*m));
	bool good = true;

	fuzz_mmu_model_init(m, regions_of(p), p->flags);
	for (unsigned i = 0; i < p->n_ops && good; i++)
		good = p->op[i].kind < FUZZ_MMU_KINDS && fuzz_mmu_step(m, &p->op[i]) == FUZZ_MMU_GOOD;
	free(m);
	return good;
}
