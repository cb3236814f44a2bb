// SPDX-License-Identifier: MIT
//
// Shadow page tables: spaces, their tables, and what goes when. See spt.h for the
// model; fill.c makes the entries.
//
// Ownership: a second-level table belongs to exactly one struct spt_table, which has the
// entry in its set `own`, and comes from the chain of its space, or of the common table.
// Spaces' kernel views may show the common table's first-level entries, without owning
// them: each has a copy or, until it faults there, nothing. Whoever takes an entry of the
// common table away takes the copies (spt_common_set).
//
// Nothing here takes long: a space is freed by giving back its chain and forgetting it; its
// first-level tables, which belong to its slot, are cleared when the slot is used
// again. A table of few entries is cleared one by one, else as a whole.
#include "shadowpt/spt.h"
#include "mmu/pte.h"
#include "monitor/base/arch.h"
#include "monitor/base/string.h"
#include "shadowpt/internal.h"

#define WIPE_SINGLY  128u // entries that are cleared one by one, at most
#define MANY_OF_ASID 8u   // spaces of one ASID, from where dropping all is quicker
#define KNOWN_NONE   SPT_ASIDS

void
spt_table_set(struct spt_table *t, uint32_t i, uint32_t entry)
{
	if (set_has(&t->own, i) && is_table(t->l1[i]))
		pool_free_table(t->l2, l2_of(t->l1[i]));
	if (entry)
		set_add(&t->own, i);
	else
		set_remove(&t->own, i);
	t->l1[i] = entry;
}

void
spt_common_set(struct spt *s, uint32_t i, uint32_t entry)
{
	bool shown = s->common.l1[i];

	spt_table_set(&s->common, i, entry);
	for (uint64_t m = shown ? s->valid : 0; m; m &= m - 1) {
		struct spt_table *k = &s->space[__builtin_ctzll(m)].view[SPT_KERNEL];

		if (!set_has(&k->own, i))
			k->l1[i] = entry;
	}
}

// Clears the entries of t that are in the set.
static void
clear(const struct spt *s, struct spt_table *t, const struct spt_set *set)
{
	if (set->n > WIPE_SINGLY) {
		memset(t->l1, 0, SPT_L1_SIZE);
		t->l1[s->window_index] = s->window_l1;
		return;
	}
	for (unsigned n = 0; n < ARRAY_LEN(set->some); n++)
		for (uint32_t some = set->some[n]; some; some &= some - 1) {
			uint32_t at = 32 * n + (uint32_t)__builtin_ctz(some);

			for (uint32_t w = set->word[at]; w; w &= w - 1)
				t->l1[32 * at + (uint32_t)__builtin_ctz(w)] = 0;
		}
}

static void
set_clear(struct spt_set *set)
{
	for (unsigned n = 0; n < ARRAY_LEN(set->some); n++)
		for (; set->some[n]; set->some[n] &= set->some[n] - 1)
			set->word[32 * n + (uint32_t)__builtin_ctz(set->some[n])] = 0;
	set->n = 0;
}

// Every entry that t owns goes. The tables that they name are the caller's to give back.
static void
wipe(const struct spt *s, struct spt_table *t)
{
	clear(s, t, &t->own);
	set_clear(&t->own);
}

// Of both views. The chain is the caller's to give back.
static void
wipe_space(const struct spt *s, struct spt_space *sp)
{
	wipe(s, &sp->view[SPT_KERNEL]);
	wipe(s, &sp->view[SPT_USER]);
}

static uint32_t
entries(const struct spt_space *sp)
{
	return sp->view[SPT_KERNEL].own.n + sp->view[SPT_USER].own.n;
}

//----------------------------------------------------------------------------
// Which space is known

static uint32_t
number(const struct spt *s, const struct spt_space *sp)
{
	return (uint32_t)(sp - s->space);
}

static void
know(struct spt *s, const struct spt_space *sp)
{
	if (!(sp->ttbcr & TTBCR_EAE))
		s->known[sp->asid] = (struct spt_known){
		    .ttbr0 = sp->ttbr0,
		    .kernel = (uint32_t)(uintptr_t)sp->view[SPT_KERNEL].l1 | SPT_TTBR_WALK,
		    .host_asid = sp->view[SPT_KERNEL].host_asid,
		    .user = (uint32_t)(uintptr_t)sp->view[SPT_USER].l1 | SPT_TTBR_WALK,
		};
}

void
spt_know(struct spt *s, const struct mmu_regs *r)
{
	s->known[KNOWN_NONE] = (struct spt_known){
	    .kernel = (uint32_t)(uintptr_t)s->common.l1 | SPT_TTBR_WALK,
	    .host_asid = SPT_ASID_FIRST,
	    .user = (uint32_t)(uintptr_t)s->empty.l1 | SPT_TTBR_WALK,
	};
	for (unsigned a = 0; a < SPT_ASIDS; a++)
		s->known[a] = s->known[KNOWN_NONE];
	for (uint64_t m = s->valid; m; m &= m - 1) {
		const struct spt_space *sp = &s->space[__builtin_ctzll(m)];

		if (sp->ttbr1 == r->ttbr1 && sp->ttbcr == r->ttbcr)
			know(s, sp);
	}
}

static void
list(struct spt *s, struct spt_space *sp)
{
	sp->next = s->by_asid[sp->asid];
	s->by_asid[sp->asid] = (uint8_t)(number(s, sp) + 1);
	s->valid |= 1ull << number(s, sp);
}

static void
unlist(struct spt *s, const struct spt_space *sp)
{
	uint8_t *at = &s->by_asid[sp->asid];

	while (*at != number(s, sp) + 1)
		at = &s->space[*at - 1].next;
	*at = sp->next;
	s->valid &= ~(1ull << number(s, sp));
}

// The first space with this ASID, counted from 1; 0: none.
static unsigned
first_of(const struct spt *s, uint32_t asid)
{
	return s->by_asid[asid % SPT_ASIDS];
}

static void
set_current(struct spt *s, struct spt_space *sp)
{
	s->current = sp;
	s->host_asid = sp ? sp->view[SPT_KERNEL].host_asid : SPT_ASID_FIRST;
	s->changed = true;
}

// The space is forgotten, but for the lists that it is in, the host's TLB, and its chain: that goes back last (pool.h).
static void
forget(struct spt *s, struct spt_space *sp)
{
	s->known[sp->asid] = s->known[KNOWN_NONE];
	if (s->current == sp)
		set_current(s, NULL);
}

static void
tlbi_space(const struct spt_space *sp)
{
	arch_tlbi_asid(sp->view[SPT_KERNEL].host_asid);
	arch_tlbi_asid(sp->view[SPT_USER].host_asid);
}

static void
space_free(struct spt *s, struct spt_space *sp)
{
	unlist(s, sp);
	forget(s, sp);
	tlbi_space(sp);
	pool_free_chain(s->pool, &sp->l2);
}

// The space switched to the longest ago, of those that have tables if that matters; the current one
// excepted; NULL: none.
static struct spt_space *
oldest(struct spt *s, bool with_tables)
{
	struct spt_space *old = NULL;

	for (uint64_t m = s->valid; m; m &= m - 1) {
		struct spt_space *sp = &s->space[__builtin_ctzll(m)];

		if (sp != s->current && (sp->l2.n || !with_tables) &&
		    (!old || s->clock - sp->used > s->clock - old->used))
			old = sp;
	}
	return old;
}

static bool
evict(struct spt *s, bool with_tables)
{
	struct spt_space *old = oldest(s, with_tables);

	if (!old)
		return false;
	space_free(s, old);
	s->n.evictions++;
	return true;
}

bool
spt_evict(struct spt *s)
{
	return evict(s, true);
}

static struct spt_space *
free_slot(struct spt *s)
{
	uint64_t all = ~0ull >> (64 - s->n_spaces);

	if (s->valid == all)
		evict(s, false);
	return &s->space[__builtin_ctzll(all & ~s->valid)];
}

static void
make(struct spt *s, const struct mmu_regs *r)
{
	struct spt_space *sp = free_slot(s);
	struct spt_table *k = &sp->view[SPT_KERNEL], *u = &sp->view[SPT_USER];

	wipe(s, u);
	u->l1[s->window_index] = s->window_l1;
	set_clear(&k->own);
	memcpy(k->l1, s->common.l1, SPT_L1_SIZE);
	sp->ttbr0 = r->ttbr0;
	sp->ttbr0_high = r->ttbr0_high;
	sp->ttbr1 = r->ttbr1;
	sp->ttbr1_high = r->ttbr1_high;
	sp->ttbcr = r->ttbcr;
	sp->asid = mmu_asid(r);
	sp->used = ++s->clock;
	list(s, sp);
	know(s, sp);
	set_current(s, sp);
	s->made = true;
}

void
spt_materialize(struct spt *s, const struct mmu_regs *r)
{
	spt_switch(s, r);
	if (!s->current)
		make(s, r);
}

void
spt_switch(struct spt *s, const struct mmu_regs *r)
{
	uint32_t asid = mmu_asid(r);
	struct spt_space *sp;

	set_current(s, NULL);
	for (unsigned n = first_of(s, asid); n; n = sp->next) {
		sp = &s->space[n - 1];
		if (sp->ttbr0 == r->ttbr0 && sp->ttbr1 == r->ttbr1 && sp->ttbcr == r->ttbcr &&
		    sp->ttbr0_high == r->ttbr0_high && sp->ttbr1_high == r->ttbr1_high) {
			set_current(s, sp);
			sp->used = ++s->clock;
			know(s, sp);
			return;
		}
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

static uint32_t *
l1_at(const struct spt_room *room, unsigned n)
{
	return (uint32_t *)(room->tables.v + n * SPT_L1_SIZE);
}

void
spt_init(struct spt *s, const struct gmem *mem, const struct spt_room *room, uint32_t window_index, uint32_t window_l1)
{
	BUG_ON(!room->n_spaces || room->n_spaces > SPT_SPACES);
	*s = (struct spt){.mem = mem, .pool = room->pool, .frame = room->frame, .section = room->section, .gen = 1};
	s->space = room->space;
	s->n_spaces = room->n_spaces;
	s->known = room->known;
	s->window_index = window_index;
	s->window_l1 = window_l1;
	memset(room->frame, 0, gmem_size(mem) / PAGE_SIZE * sizeof(*room->frame));
	memset(room->section, 0, gmem_size(mem) / SECTION_SIZE * sizeof(*room->section));
	memset(room->space, 0, room->n_spaces * sizeof(*room->space));
	memset((void *)room->tables.v, 0, SPT_TABLES(room->n_spaces));
	set_current(s, NULL);
	s->common = (struct spt_table){.l1 = l1_at(room, 0), .host_asid = SPT_ASID_FIRST, .l2 = &s->common_l2};
	s->empty = (struct spt_table){.l1 = l1_at(room, 1), .host_asid = SPT_ASID_FIRST + 1};
	s->common.l1[window_index] = s->empty.l1[window_index] = window_l1;
	for (unsigned n = 0; n < 2 * room->n_spaces; n++)
		room->space[n / 2].view[n % 2] = (struct spt_table){
		    .l1 = l1_at(room, 2 + n), .host_asid = SPT_ASID_FIRST + 2 + n, .l2 = &room->space[n / 2].l2};
	spt_know(s, &(struct mmu_regs){0});
}

//----------------------------------------------------------------------------
// What goes when

// All of the spaces go but kept.
static void
forget_spaces(struct spt *s, uint64_t spaces, struct spt_space *kept)
{
	for (uint64_t m = spaces; m; m &= m - 1)
		if (&s->space[__builtin_ctzll(m)] != kept)
			forget(s, &s->space[__builtin_ctzll(m)]);
	s->valid = 0;
	memset(s->by_asid, 0, sizeof(s->by_asid));
	if (kept)
		list(s, kept);
}

// All entries of a space go, the common table's, too.
static void
wipe_all_of(struct spt *s, struct spt_space *sp)
{
	struct spt_table *k = &sp->view[SPT_KERNEL];

	if (k->own.n <= WIPE_SINGLY)
		clear(s, k, &s->common.own);
	wipe_space(s, sp);
}

// What frames and sections remember of mappings is void by the generation; that the generations come
// round, and an old record seems true again, only drops more than need be.
static void
drop_all(struct spt *s, struct spt_space *kept)
{
	uint64_t spaces = s->valid;

	forget_spaces(s, spaces, kept);
	if (kept)
		wipe_all_of(s, kept);
	wipe(s, &s->common);
	set_clear(&s->global);
	s->gen = (s->gen + 1) & 0x1ff;
	s->rom_mapped = s->large_pages = s->blocks = s->large_sections = false;
	s->n.flushes++;
	arch_tlbi_all();
	for (; spaces; spaces &= spaces - 1)
		pool_free_chain(s->pool, &s->space[__builtin_ctzll(spaces)].l2);
	pool_free_chain(s->pool, &s->common_l2);
}

// The current space stays, unless making it anew takes no longer than clearing it.
void
spt_drop_all(struct spt *s)
{
	bool little = s->current && entries(s->current) + s->common.own.n <= WIPE_SINGLY;

	drop_all(s, little ? s->current : NULL);
}

void
spt_recycle(struct spt *s)
{
	s->n.recycles++;
	if (!evict(s, true))
		drop_all(s, s->current); // which is being filled
}

static bool
many_of(const struct spt *s, uint32_t asid)
{
	unsigned count = 0;

	for (unsigned n = first_of(s, asid); n && count <= MANY_OF_ASID; n = s->space[n - 1].next)
		count++;
	return count > MANY_OF_ASID;
}

// Spaces of one ASID: cleared, or if that would take long forgotten.
void
spt_drop_asid(struct spt *s, uint32_t asid)
{
	uint32_t left = WIPE_SINGLY;
	struct spt_space *sp;

	if (many_of(s, asid)) {
		spt_drop_all(s);
		return;
	}
	for (unsigned n = first_of(s, asid); n; n = sp->next) {
		sp = &s->space[n - 1];
		if (entries(sp) <= left) {
			left -= entries(sp);
			wipe_space(s, sp);
			tlbi_space(sp);
			pool_free_chain(s->pool, &sp->l2);
		} else {
			space_free(s, sp);
		}
	}
	s->n.drops++;
}

static void
table_clear(struct spt *s, struct spt_table *t, uint32_t i)
{
	if (t == &s->common)
		spt_common_set(s, i, 0);
	else
		spt_table_set(t, i, 0);
}

// Of a block at va the other section goes, if t shows it, or pieces of it; what else t has there are the guest's own
// pages. Returns whether there was anything.
static bool
table_drop_beside(struct spt *s, struct spt_table *t, gva_t va)
{
	uint32_t i = (va.v >> SECTION_SHIFT) ^ 1u, entry = t->l1[i];

	if (!entry || !set_has(&t->own, i) || (is_table(entry) && !(entry & L1_SOFT_PIECES)))
		return false;
	table_clear(s, t, i);
	return true;
}

// Drops what t's own entry i maps at va: a section wholly, of a table the page,
// the 64 KiB page or, where the table shows pieces of a guest's section, all. Returns
// whether that is more than the page.
static bool
table_drop_va(struct spt *s, struct spt_table *t, gva_t va)
{
	uint32_t i = va.v >> SECTION_SHIFT, entry = t->l1[i], *l2;
	bool beside = s->blocks && table_drop_beside(s, t, va);

	if (!entry || !set_has(&t->own, i))
		return beside;
	if (!is_table(entry) || (entry & L1_SOFT_PIECES)) {
		table_clear(s, t, i);
		return is_table(entry) || beside;
	}
	l2 = l2_of(entry);
	if (!s->large_pages)
		l2[bits(va.v, 19, 12)] = 0;
	else
		memset(&l2[bits(va.v, 19, 12) & ~15u], 0, 16 * sizeof(*l2));
	return s->large_pages || beside;
}

static bool
space_drop_va(struct spt *s, struct spt_space *sp, gva_t va)
{
	bool more = table_drop_va(s, &sp->view[SPT_KERNEL], va);

	return table_drop_va(s, &sp->view[SPT_USER], va) || more;
}

static void
tlbi_dropped(struct spt *s, gva_t va, bool more)
{
	s->n.drops++;
	if (more)
		arch_tlbi_all();
	else
		arch_tlbi_va(va);
}

// Whether spaces have global entries of their own that maintenance at va is to find.
static bool
global_at(const struct spt *s, gva_t va)
{
	uint32_t i = va.v >> SECTION_SHIFT;

	return set_has(&s->global, i) || (s->blocks && set_has(&s->global, i ^ 1u));
}

void
spt_drop_va(struct spt *s, gva_t va, uint32_t asid)
{
	struct spt_space *sp;
	bool more;

	if (s->large_sections || global_at(s, va)) {
		spt_drop_va_all(s, va);
		return;
	}
	more = table_drop_va(s, &s->common, va);
	for (unsigned n = first_of(s, asid); n; n = sp->next) {
		sp = &s->space[n - 1];
		more |= space_drop_va(s, sp, va);
	}
	if (s->current && s->current->asid != asid) // as cores do that don't look at ASIDs
		more |= space_drop_va(s, s->current, va);
	tlbi_dropped(s, va, more);
}

void
spt_drop_va_all(struct spt *s, gva_t va)
{
	bool more;

	if (s->large_sections) {
		spt_drop_all(s);
		return;
	}
	more = table_drop_va(s, &s->common, va);
	for (uint64_t m = s->valid; m; m &= m - 1)
		more |= space_drop_va(s, &s->space[__builtin_ctzll(m)], va);
	tlbi_dropped(s, va, more);
}

// Our own reason to drop: the mapping of this page alone goes, or the section.
static void
table_unmap(struct spt *s, struct spt_table *t, gva_t va)
{
	uint32_t i = va.v >> SECTION_SHIFT, entry = t->l1[i];

	if (!entry || !set_has(&t->own, i))
		return;
	if (is_table(entry))
		l2_of(entry)[bits(va.v, 19, 12)] = 0;
	else
		table_clear(s, t, i);
}

void
spt_unmap(struct spt *s, gva_t va)
{
	table_unmap(s, &s->common, va);
	for (uint64_t m = s->valid; m; m &= m - 1) {
		struct spt_space *sp = &s->space[__builtin_ctzll(m)];

		table_unmap(s, &sp->view[SPT_KERNEL], va);
		table_unmap(s, &sp->view[SPT_USER], va);
	}
	arch_tlbi_va(va);
}

static void
move_in(const struct spt *s, uint32_t *l1, uint32_t index)
{
	l1[s->window_index] = 0;
	l1[index] = s->window_l1;
}

// A slot's user view keeps what is in it until it is used again: no old window must be there then.
void
spt_move_window(struct spt *s, uint32_t index)
{
	spt_drop_all(s);
	move_in(s, s->common.l1, index);
	move_in(s, s->empty.l1, index);
	for (unsigned n = 0; n < s->n_spaces; n++)
		move_in(s, s->space[n].view[SPT_USER].l1, index);
	if (s->current)
		move_in(s, s->current->view[SPT_KERNEL].l1, index);
	s->window_index = index;
	arch_tables_written();
}
