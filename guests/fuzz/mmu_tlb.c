// SPDX-License-Identifier: MIT
//
// What a walk of the tables finds, and what a TLB may hold of all that walks could have found since it was last
// dropped: which translations conflict, which an access can rely on, and what maintenance drops of them.
#include "guests/fuzz/mmu_internal.h"
#include "mmu/pte.h"

#define NO_PAGE FUZZ_MMU_NO_PAGE

//----------------------------------------------------------------------------
// Walks

static bool
read_table(const struct fuzz_mmu_model *m, uint32_t address, uint32_t *d)
{
	uint32_t *word = fuzz_mmu_descriptor((struct fuzz_mmu_model *)m, address);

	if (!word)
		return false;
	*d = *word;
	return true;
}

static void
walk_section(uint32_t va, uint32_t l1, struct fuzz_mmu_walk *w)
{
	bool super = l1 & L1_SUPERSECTION;
	uint32_t base = super ? L1_SUPERSECTION_BASE : L1_SECTION_BASE;

	w->entry.shift = super ? 24 : 20;
	w->entry.va = va & base;
	w->entry.global = !(l1 & L1_NG);
	w->domain = super ? 0 : pte_l1_domain(l1);
	w->pa = (l1 & base) | (va & ~base);
	w->ap = pte_l1_ap(l1);
	w->xn = l1 & L1_XN;
	w->pxn = l1 & L1_SECTION_PXN;
	w->tex_cb = pte_l1_tex_cb(l1);
}

static void
walk_page(const struct fuzz_mmu_model *m, uint32_t va, struct fuzz_mmu_walk *w)
{
	uint32_t l1 = w->entry.l1, l2;
	bool large;

	w->domain = pte_l1_domain(l1);
	if (!read_table(m, (l1 & L1_TABLE_BASE) | (va >> 12 & 0xffu) << 2, &l2)) {
		w->kind = WALK_EXTERNAL_2;
		return;
	}
	large = (l2 & L2_TYPE_MASK) == L2_LARGE;
	w->entry.l2 = l2;
	if (!(l2 & L2_TYPE_MASK)) {
		w->kind = WALK_FAULT_2;
		return;
	}
	w->entry.shift = large ? 16 : 12;
	w->entry.va = va >> w->entry.shift << w->entry.shift;
	w->entry.global = !(l2 & L2_NG);
	w->pa = (l2 & (large ? L2_LARGE_BASE : L2_SMALL_BASE)) | (va & ((1u << w->entry.shift) - 1u));
	w->ap = pte_l2_ap(l2);
	w->xn = l2 & (large ? L2_LARGE_XN : L2_SMALL_XN);
	w->pxn = l1 & L1_TABLE_PXN;
	w->tex_cb = large ? pte_l2_large_tex_cb(l2) : pte_l2_small_tex_cb(l2);
}

void
fuzz_mmu_tlb_walk(const struct fuzz_mmu_model *m, uint32_t va, struct fuzz_mmu_walk *w)
{
	uint32_t n = m->regs.ttbcr & TTBCR_N, table, l1;
	bool upper = n && va >> (32u - n);

	*w = (struct fuzz_mmu_walk){.kind = WALK_FAULT_1};
	w->entry.asid = fuzz_mmu_asid(m) & 0xffu;
	w->entry.sides = FUZZ_MMU_SIDE_I | FUZZ_MMU_SIDE_D;
	w->entry.run_page = NO_PAGE;
	if (!(m->regs.sctlr & SCTLR_M)) {
		w->kind = WALK_LEAF;
		w->pa = va;
		return;
	}
	if (fuzz_mmu_is_long(m)) {
		fuzz_mmu_long_walk(m, va, w);
		return;
	}
	table = upper ? m->regs.ttbr1 & ~(L1_SIZE - 1u) : m->regs.ttbr0 & ~((L1_SIZE >> n) - 1u);
	if (!upper)
		va &= 0xffffffffu >> n;
	if (!read_table(m, table | va >> 20 << 2, &l1)) {
		w->kind = WALK_EXTERNAL_1;
		return;
	}
	w->entry.l1 = l1;
	if (!(l1 & L1_TYPE_MASK))
		return;
	w->kind = WALK_LEAF;
	if ((l1 & L1_TYPE_MASK) == L1_TABLE) {
		w->table = w->entry;
		w->table.va = va & ~(MIB - 1u);
		w->table.shift = 20;
		w->table.table = true;
		walk_page(m, va, w);
	} else {
		walk_section(va, l1, w);
	}
}

//----------------------------------------------------------------------------
// The TLB

static bool
overlap(const struct fuzz_mmu_entry *a, const struct fuzz_mmu_entry *b)
{
	unsigned shift = a->shift > b->shift ? a->shift : b->shift;

	return a->va >> shift == b->va >> shift && (a->global || b->global || a->asid == b->asid);
}

static bool
same(const struct fuzz_mmu_entry *a, const struct fuzz_mmu_entry *b)
{
	return a->va == b->va && a->l1 == b->l1 && a->l2 == b->l2 && a->shift == b->shift && a->table == b->table &&
	       a->global == b->global;
}

// Where it goes to, with its attributes of memory: what two entries for one VA must agree on.
static uint32_t
output(const struct fuzz_mmu_model *m, const struct fuzz_mmu_entry *e)
{
	if (fuzz_mmu_is_long(m))
		return e->l1 & ~(uint32_t)(LONG_AP_USER | LONG_AP_RO | LONG_NG);
	return e->l2 ? e->l2 & ~(L2_AP2 | 3u << L2_AP_SHIFT | L2_NG | L2_SMALL_XN)
		     : e->l1 & ~(L1_AP2 | 3u << L1_AP_SHIFT | L1_NG | L1_XN | L1_SECTION_PXN | L1_DOMAIN_MASK);
}

// Adds an entry. False if there was one that conflicts with it.
static bool
add(struct fuzz_mmu_model *m, const struct fuzz_mmu_entry *e)
{
	bool agree = true;

	for (unsigned i = 0; i < m->tlb.n; i++) {
		struct fuzz_mmu_entry *old = &m->tlb.entry[i];

		if (same(old, e) && old->asid == e->asid) {
			old->sides = FUZZ_MMU_SIDE_I | FUZZ_MMU_SIDE_D;
			old->run_page = NO_PAGE;
			return true;
		}
		if (old->run_page != NO_PAGE) // nothing that the architecture knows of
			continue;
		if (overlap(old, e) && !old->table && !e->table &&
		    (old->shift != e->shift || output(m, old) != output(m, e)))
			agree = false;
		if (overlap(old, e) && old->table && e->table && (old->l1 != e->l1 || old->l2 != e->l2))
			agree = false;
	}
	if (m->tlb.n == FUZZ_MMU_TLB)
		m->tlb.stale = true;
	else
		m->tlb.entry[m->tlb.n++] = *e;
	return agree;
}

bool
fuzz_mmu_tlb_add_all(struct fuzz_mmu_model *m)
{
	bool agree = true;

	for (unsigned i = 0; i < m->n_places && m->regs.sctlr & SCTLR_M; i++) {
		struct fuzz_mmu_walk w;

		fuzz_mmu_tlb_walk(m, m->places[i], &w);
		if (w.table.table)
			agree &= add(m, &w.table);
		if (w.kind == WALK_LEAF &&
		    (!fuzz_mmu_access_flag_clear(m, &w) || fuzz_mmu_domain_of(m, &w) == DOMAIN_MANAGER))
			agree &= add(m, &w.entry);
	}
	return agree;
}

bool
fuzz_mmu_tlb_fresh(const struct fuzz_mmu_model *m, uint32_t va, unsigned side, struct fuzz_mmu_walk *w)
{
	struct fuzz_mmu_entry page = {.va = va & ~(PAGE - 1u), .shift = 12, .asid = (uint8_t)fuzz_mmu_asid(m)};

	fuzz_mmu_tlb_walk(m, va, w);
	if (m->tlb.stale)
		return false;
	for (unsigned i = 0; i < m->tlb.n; i++) {
		const struct fuzz_mmu_entry *e = &m->tlb.entry[i];

		if (!(m->regs.sctlr & SCTLR_M) || !(e->sides & side) || !overlap(e, &page))
			continue;
		if (side == FUZZ_MMU_SIDE_I && e->run_page == page.va)
			continue;
		if (e->table ? !w->table.table || !same(e, &w->table) : w->kind != WALK_LEAF || !same(e, &w->entry))
			return false;
	}
	return true;
}

static bool
tlb_matches(const struct fuzz_mmu_entry *e, unsigned by, uint32_t value)
{
	bool va = e->va >> e->shift == value >> e->shift, asid = e->asid == (value & 0xffu);

	switch (by) {
	case FUZZ_MMU_BY_VA:
		return va && (e->global || asid);
	case FUZZ_MMU_BY_ASID:
		return !e->global && asid;
	case FUZZ_MMU_BY_VAA:
		return va;
	default:
		return true;
	}
}

// Drops an entry on these sides. QEMU, told to by address, drops a block larger than a page, but goes on to execute
// what it has translated of its other pages (tb_jmp_cache).
static void
drop_sides(struct fuzz_mmu_entry *e, const struct fuzz_mmu_about *about, unsigned sides, uint32_t value)
{
	bool by_va = about->size == FUZZ_MMU_BY_VA || about->size == FUZZ_MMU_BY_VAA;

	if (by_va && e->shift > 12 && sides & FUZZ_MMU_SIDE_I) {
		sides &= ~FUZZ_MMU_SIDE_I;
		e->run_page = value & ~(PAGE - 1u);
	}
	e->sides &= (uint8_t)~sides;
}

void
fuzz_mmu_tlb_drop(struct fuzz_mmu_model *m, const struct fuzz_mmu_about *about, uint32_t value)
{
	unsigned sides = about->class == FUZZ_MMU_IS_TLBII   ? FUZZ_MMU_SIDE_I
			 : about->class == FUZZ_MMU_IS_TLBID ? FUZZ_MMU_SIDE_D
							     : FUZZ_MMU_SIDE_I | FUZZ_MMU_SIDE_D;
	unsigned n = 0;

	for (unsigned i = 0; i < m->tlb.n; i++) {
		struct fuzz_mmu_entry e = m->tlb.entry[i];

		if (tlb_matches(&e, about->size, value))
			drop_sides(&e, about, sides, value);
		if (e.sides)
			m->tlb.entry[n++] = e;
	}
	m->tlb.n = n;
	if (about->size == FUZZ_MMU_BY_ALL && about->class == FUZZ_MMU_IS_TLBI)
		m->tlb.stale = false;
	fuzz_mmu_tlb_add_all(m);
}
