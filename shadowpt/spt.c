// SPDX-License-Identifier: MIT
//
// Shadow page tables: spaces, their tables, and what goes when. See spt.h for the
// model; fill.c makes the entries.
//
// Ownership: a second-level table belongs to exactly one struct spt_table (its
// `own` bit is set). Spaces' kernel views hold copies of the common table's
// first-level entries, without owning them; whoever changes an entry of the
// common table changes the copies (spt_common_set).
#include "shadowpt/spt.h"
#include "mmu/pte.h"
#include "monitor/arch.h"
#include "monitor/string.h"
#include "shadowpt/internal.h"

static uint32_t *
l2_of(uint32_t l1_entry)
{
	return (uint32_t *)(uintptr_t)(l1_entry & L1_TABLE_BASE);
}

static bool
is_table(uint32_t l1_entry)
{
	return (l1_entry & L1_TYPE_MASK) == L1_TABLE;
}

static bool
owns(const struct spt_table *t, uint32_t i)
{
	return bit(t->own[i / 32], i % 32);
}

void
spt_table_clear(struct spt *s, struct spt_table *t, uint32_t i)
{
	if (owns(t, i) && is_table(t->l1[i]))
		pool_free_l2(s->pool, l2_of(t->l1[i]));
	t->own[i / 32] &= ~(1u << i % 32);
	t->l1[i] = 0;
}

void
spt_table_own(struct spt_table *t, uint32_t i, uint32_t entry)
{
	t->own[i / 32] |= 1u << i % 32;
	t->l1[i] = entry;
}

void
spt_common_set(struct spt *s, uint32_t i, uint32_t entry)
{
	spt_table_clear(s, &s->common, i);
	if (entry)
		spt_table_own(&s->common, i, entry);
	for (unsigned n = 0; n < SPT_SPACES; n++) {
		struct spt_table *k = &s->space[n].view[SPT_KERNEL];

		if (s->space[n].valid && !owns(k, i))
			k->l1[i] = entry;
	}
}

// Every entry that t owns goes.
static void
table_wipe(struct spt *s, struct spt_table *t)
{
	for (unsigned w = 0; w < ARRAY_LEN(t->own); w++)
		while (t->own[w])
			spt_table_clear(s, t, w * 32 + (unsigned)__builtin_ctz(t->own[w]));
}

static void
common_wipe(struct spt *s)
{
	struct spt_table *t = &s->common;

	for (unsigned w = 0; w < ARRAY_LEN(t->own); w++)
		while (t->own[w])
			spt_common_set(s, w * 32 + (unsigned)__builtin_ctz(t->own[w]), 0);
}

static void
space_free(struct spt *s, struct spt_space *sp)
{
	for (unsigned v = 0; v < 2; v++) {
		struct spt_table *t = &sp->view[v];

		if (!t->l1)
			continue;
		table_wipe(s, t);
		pool_free_l1(s->pool, t->l1);
		t->l1 = NULL;
		arch_tlbi_asid(t->host_asid);
	}
	sp->valid = false;
	s->valid &= ~(1u << (sp - s->space));
	if (s->current == sp)
		s->current = NULL;
}

// The space switched to the longest ago, the current one excepted; NULL: none.
static struct spt_space *
oldest(struct spt *s)
{
	struct spt_space *old = NULL;

	for (struct spt_space *sp = s->space; sp < s->space + SPT_SPACES; sp++)
		if (sp->valid && sp != s->current && (!old || s->clock - sp->used > s->clock - old->used))
			old = sp;
	return old;
}

bool
spt_evict(struct spt *s)
{
	struct spt_space *old = oldest(s);

	if (!old)
		return false;
	space_free(s, old);
	s->n.evictions++;
	return true;
}

static struct spt_space *
free_slot(struct spt *s)
{
	for (;;) {
		for (struct spt_space *sp = s->space; sp < s->space + SPT_SPACES; sp++)
			if (!sp->valid)
				return sp;
		spt_evict(s);
	}
}

static uint32_t *
new_l1(struct spt *s)
{
	uint32_t *l1 = pool_l1(s->pool);

	while (!l1) {
		BUG_ON(!spt_evict(s)); // the pool has tables for all that can't be evicted
		l1 = pool_l1(s->pool);
	}
	l1[s->window_index] = s->window_l1;
	return l1;
}

void
spt_materialize(struct spt *s, const struct mmu_regs *r)
{
	struct spt_space *sp = free_slot(s);
	uint32_t first = SPT_ASID_FIRST + 2 + 2 * (uint32_t)(sp - s->space);

	for (unsigned v = 0; v < 2; v++)
		sp->view[v] = (struct spt_table){.l1 = new_l1(s), .host_asid = first + v};
	for (unsigned w = 0; w < ARRAY_LEN(s->common.own); w++)
		for (uint32_t own = s->common.own[w]; own; own &= own - 1) {
			uint32_t i = w * 32 + (unsigned)__builtin_ctz(own);

			sp->view[SPT_KERNEL].l1[i] = s->common.l1[i];
		}
	sp->ttbr0 = r->ttbr0;
	sp->ttbr0_high = r->ttbr0_high;
	sp->ttbr1 = r->ttbr1;
	sp->ttbr1_high = r->ttbr1_high;
	sp->ttbcr = r->ttbcr;
	sp->asid = mmu_asid(r);
	sp->used = s->clock;
	sp->valid = true;
	s->valid |= 1u << (sp - s->space);
	s->current = sp;
}

void
spt_init(struct spt *s, const struct gmem *mem, struct pool *pool, struct spt_frame *frame, struct spt_section *section,
	 uint32_t window_index, uint32_t window_l1)
{
	*s = (struct spt){.mem = mem, .pool = pool, .frame = frame, .section = section, .gen = 1};
	s->window_index = window_index;
	s->window_l1 = window_l1;
	memset(frame, 0, mem->size / PAGE_SIZE * sizeof(*frame));
	for (uint32_t i = 0; i < mem->size / SECTION_SIZE; i++)
		section[i] = (struct spt_section){.va = SPT_SECTION_NONE};
	s->common = (struct spt_table){.l1 = new_l1(s), .host_asid = SPT_ASID_FIRST};
	s->empty = (struct spt_table){.l1 = new_l1(s), .host_asid = SPT_ASID_FIRST + 1};
}

void
spt_switch(struct spt *s, const struct mmu_regs *r)
{
	uint32_t asid = mmu_asid(r);

	s->current = NULL;
	for (struct spt_space *sp = s->space; sp < s->space + SPT_SPACES; sp++)
		if (sp->valid && sp->asid == asid && sp->ttbr0 == r->ttbr0 && sp->ttbr1 == r->ttbr1 &&
		    sp->ttbcr == r->ttbcr && sp->ttbr0_high == r->ttbr0_high && sp->ttbr1_high == r->ttbr1_high) {
			s->current = sp;
			sp->used = ++s->clock;
			return;
		}
}

const struct spt_table *
spt_view(const struct spt *s, enum spt_view view)
{
	if (s->current)
		return &s->current->view[view];
	return view == SPT_KERNEL ? &s->common : &s->empty;
}

hpa_t
spt_shown(const struct spt *s, enum spt_view view, gva_t va)
{
	uint32_t l1 = spt_view(s, view)->l1[va.v >> SECTION_SHIFT];
	uint32_t l2 = is_table(l1) ? l2_of(l1)[bits(va.v, 19, 12)] : 0;

	return HPA(l2 ? (l2 & ~PAGE_MASK) | (va.v & PAGE_MASK) : 0);
}

// All mappings are gone: what the frames and sections remember of them is void.
static void
forget_mappings(struct spt *s)
{
	s->gen = (s->gen + 1) & 0x1ff;
	if (!s->gen) { // the generations have wrapped: an old one must not come to life again
		for (uint32_t i = 0; i < s->mem->size / PAGE_SIZE; i++)
			s->frame[i].mapped = 0;
		s->gen = 1;
	}
	for (uint32_t i = 0; i < s->mem->size / SECTION_SIZE; i++)
		s->section[i].va = SPT_SECTION_NONE;
}

void
spt_drop_all(struct spt *s)
{
	for (struct spt_space *sp = s->space; sp < s->space + SPT_SPACES; sp++)
		if (sp->valid && sp != s->current)
			space_free(s, sp);
	if (s->current)
		for (unsigned v = 0; v < 2; v++)
			table_wipe(s, &s->current->view[v]);
	common_wipe(s);
	forget_mappings(s);
	s->rom_mapped = s->large_pages = s->large_sections = false;
	s->n.flushes++;
	arch_tlbi_all();
}

void
spt_drop_asid(struct spt *s, uint32_t asid)
{
	for (struct spt_space *sp = s->space; sp < s->space + SPT_SPACES; sp++)
		if (sp->valid && sp->asid == asid)
			for (unsigned v = 0; v < 2; v++) {
				table_wipe(s, &sp->view[v]);
				arch_tlbi_asid(sp->view[v].host_asid);
			}
	s->n.drops++;
}

// Drops what t's own entry i maps at va: a section wholly, of a table the page,
// the 64 KiB page or, where the table shows pieces of a guest's section, all. Returns
// whether that is more than the page.
static bool
table_drop_va(struct spt *s, struct spt_table *t, gva_t va)
{
	uint32_t i = va.v >> SECTION_SHIFT, *l2;

	if (!t->l1 || !owns(t, i))
		return false;
	if (!is_table(t->l1[i]) || (t->l1[i] & L1_SOFT_PIECES)) {
		bool pieces = is_table(t->l1[i]);

		if (t == &s->common)
			spt_common_set(s, i, 0);
		else
			spt_table_clear(s, t, i);
		return pieces;
	}
	l2 = l2_of(t->l1[i]);
	if (!s->large_pages)
		l2[bits(va.v, 19, 12)] = 0;
	else
		memset(&l2[bits(va.v, 19, 12) & ~15u], 0, 16 * sizeof(*l2));
	return s->large_pages;
}

// Our own reason to drop: the mapping of this page alone goes, or the section.
static void
table_unmap(struct spt *s, struct spt_table *t, gva_t va)
{
	uint32_t i = va.v >> SECTION_SHIFT;

	if (!t->l1 || !owns(t, i))
		return;
	if (is_table(t->l1[i]))
		l2_of(t->l1[i])[bits(va.v, 19, 12)] = 0;
	else if (t == &s->common)
		spt_common_set(s, i, 0);
	else
		spt_table_clear(s, t, i);
}

void
spt_unmap(struct spt *s, gva_t va)
{
	table_unmap(s, &s->common, va);
	for (uint32_t m = s->valid; m; m &= m - 1)
		for (unsigned v = 0; v < 2; v++)
			table_unmap(s, &s->space[__builtin_ctz(m)].view[v], va);
	arch_tlbi_va(va);
}

void
spt_drop_va(struct spt *s, gva_t va)
{
	bool more;

	if (s->large_sections) {
		spt_drop_all(s);
		return;
	}
	more = table_drop_va(s, &s->common, va);
	for (uint32_t m = s->valid; m; m &= m - 1)
		for (unsigned v = 0; v < 2; v++)
			more |= table_drop_va(s, &s->space[__builtin_ctz(m)].view[v], va);
	s->n.drops++;
	if (more)
		arch_tlbi_all();
	else
		arch_tlbi_va(va);
}

void
spt_move_window(struct spt *s, uint32_t index)
{
	struct spt_table *fixed[] = {&s->common, &s->empty};

	spt_drop_all(s);
	for (unsigned n = 0; n < ARRAY_LEN(fixed); n++) {
		fixed[n]->l1[s->window_index] = 0;
		fixed[n]->l1[index] = s->window_l1;
	}
	if (s->current)
		for (unsigned v = 0; v < 2; v++) {
			s->current->view[v].l1[s->window_index] = 0;
			s->current->view[v].l1[index] = s->window_l1;
		}
	s->window_index = index;
}
