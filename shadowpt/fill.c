// SPDX-License-Identifier: MIT
//
// Shadow entries: how a guest's translation becomes one of the host's.
//
// A global entry of the kernel view goes to the common table, everything else to
// the table of the current space's view. A guest section becomes a section where
// all of it may be mapped alike: RAM throughout, none of it tracked, not to be
// executed in the kernel view. Everything else is mapped by small pages, large
// pages and pieces of sections too.
//
// Executable in the kernel view means: scanned. So plain fills there set XN, and
// only spt_map_exec makes an entry executable; it also tracks the frame.
//
// ROM is mapped by pages and never writable, so its frames needn't be tracked.
#include "mmu/pte.h"
#include "monitor/arch.h"
#include "shadowpt/internal.h"

#define AP_NONE 0u // AP[2:0]: no access from PL0
#define AP_RW   3u
#define AP_RO   7u

#define NORMAL_WBWA 0x07u // TEX = 001, C = 1, B = 1 without TEX remap, as TEX:C:B

struct rights {
	uint32_t ap;
	bool xn;
};

// What an unprivileged host access may do: no more than the guest in this mode.
static struct rights
rights_of(const struct spt_request *rq, const struct mmu_xlat *x, bool writable)
{
	struct rights r = {AP_NONE, true};

	if (writable && mmu_check(rq->regs, x, MMU_WRITE, rq->privileged) == FS_NONE)
		r.ap = AP_RW;
	else if (mmu_check(rq->regs, x, MMU_READ, rq->privileged) == FS_NONE)
		r.ap = AP_RO;
	if (rq->view == SPT_USER)
		r.xn = mmu_check(rq->regs, x, MMU_EXEC, false) != FS_NONE;
	return r;
}

// Normal memory is always shadowed as write-back cacheable and shareable, like the
// monitor's own alias of it; more cacheable than asked for can't be seen, since
// all the guest's DMA is the monitor's. Device and Strongly-ordered stay so.
static uint32_t
memory_type(const struct mmu_xlat *x)
{
	return x->normal ? NORMAL_WBWA : x->tex_cb;
}

static uint32_t
small_page(hpa_t host, const struct mmu_xlat *x, struct rights r)
{
	return (uint32_t)host.v | L2_SMALL | (r.xn ? L2_SMALL_XN : 0) | pte_l2_from_ap(r.ap) |
	       pte_l2_small_from_tex_cb(memory_type(x)) | L2_S | L2_NG;
}

static uint32_t
section(hpa_t host, const struct mmu_xlat *x, struct rights r)
{
	return (uint32_t)host.v | L1_SECTION | (r.xn ? L1_XN : 0) | (uint32_t)x->domain << L1_DOMAIN_SHIFT |
	       pte_l1_from_ap(r.ap) | pte_l1_from_tex_cb(memory_type(x)) | L1_S | L1_NG;
}

static uint32_t
frame_index(const struct spt *s, gpa_t gpa)
{
	return (gpa.v - s->mem->base.v) >> PAGE_SHIFT;
}

static struct spt_section *
section_of(const struct spt *s, gpa_t gpa)
{
	return &s->section[(gpa.v - s->mem->base.v) >> SECTION_SHIFT];
}

bool
spt_tracked(const struct spt *s, gpa_t gpa)
{
	return s->frame[frame_index(s, gpa)].tracked;
}

// Remembers that the frame is mapped at va: writable, or executable if tracked.
static void
note_mapping(const struct spt *s, struct spt_frame *f, gva_t va)
{
	uint32_t vpn = va.v >> PAGE_SHIFT;
	bool known = f->mapped && f->gen == s->gen;

	f->many = known && (f->many || f->vpn != vpn);
	f->mapped = 1;
	f->gen = s->gen & 0x1ff;
	f->vpn = vpn & 0xfffff;
}

// The mapping that note_mapping remembers goes, wherever it is.
static void
drop_mapping(struct spt *s, struct spt_frame *f)
{
	if (f->mapped && f->gen == s->gen) {
		if (f->many)
			spt_drop_all(s);
		else
			spt_unmap(s, GVA((uint32_t)f->vpn << PAGE_SHIFT));
	}
	f->mapped = 0;
	f->many = 0;
}

static void
drop_writable_section(struct spt *s, struct spt_section *sec)
{
	if (sec->va == SPT_SECTION_MANY)
		spt_drop_all(s);
	else if (sec->va != SPT_SECTION_NONE)
		spt_unmap(s, GVA((uint32_t)sec->va << SECTION_SHIFT));
	sec->va = SPT_SECTION_NONE;
}

void
spt_track(struct spt *s, gpa_t gpa)
{
	struct spt_frame *f;
	struct spt_section *sec;

	if (!gmem_has(s->mem, gpa, 1) || spt_tracked(s, gpa))
		return;
	f = &s->frame[frame_index(s, gpa)];
	sec = section_of(s, gpa);
	drop_mapping(s, f);
	drop_writable_section(s, sec);
	f->tracked = 1;
	sec->tracked++;
}

void
spt_drop_exec(struct spt *s, gpa_t gpa)
{
	struct spt_frame *f = &s->frame[frame_index(s, gpa)];

	if (f->tracked)
		drop_mapping(s, f);
}

void
spt_untrack(struct spt *s, gpa_t gpa)
{
	struct spt_frame *f = &s->frame[frame_index(s, gpa)];

	if (!f->tracked)
		return;
	drop_mapping(s, f);
	f->tracked = 0;
	section_of(s, gpa)->tracked--;
}

// Nothing left in the pool: spaces go by age, in the end all mappings.
static uint32_t *
new_l2(struct spt *s)
{
	uint32_t *l2 = pool_l2(s->pool);

	while (!l2) {
		s->n.recycles++;
		if (!spt_evict(s))
			spt_drop_all(s);
		l2 = pool_l2(s->pool);
	}
	return l2;
}

// Which table an entry for this request goes to.
static struct spt_table *
table_for(struct spt *s, const struct spt_request *rq, const struct mmu_xlat *x)
{
	uint32_t i = rq->va.v >> SECTION_SHIFT;
	struct spt_table *k;

	if (rq->view == SPT_KERNEL && !x->ng) {
		// A space that has pages of its own in this section keeps all there.
		k = s->current ? &s->current->view[SPT_KERNEL] : &s->common;
		return bit(k->own[i / 32], i % 32) ? k : &s->common;
	}
	if (!s->current)
		spt_materialize(s, rq->regs);
	return &s->current->view[rq->view];
}

static void
set_l1(struct spt *s, struct spt_table *t, uint32_t i, uint32_t entry)
{
	if (t == &s->common) {
		spt_common_set(s, i, entry);
	} else {
		spt_table_clear(s, t, i);
		spt_table_own(t, i, entry);
	}
}

// The second-level table of t's own entry i for this domain, made if need be.
static uint32_t *
l2_for(struct spt *s, struct spt_table *t, gva_t va, const struct mmu_xlat *x)
{
	uint32_t i = va.v >> SECTION_SHIFT;
	uint32_t want = L1_TABLE | (uint32_t)x->domain << L1_DOMAIN_SHIFT;
	bool own = bit(t->own[i / 32], i % 32);
	uint32_t kept = own ? t->l1[i] & (L1_TYPE_MASK | L1_DOMAIN_MASK) : 0;
	bool was_mapped = t->l1[i] != 0;

	if (kept != want) {
		uint32_t *l2 = new_l2(s);

		set_l1(s, t, i, (uint32_t)(uintptr_t)l2 | want);
		if (was_mapped) // a section, or what the common table showed here
			arch_tlbi_all();
	}
	if (x->shift >= SECTION_SHIFT && !(t->l1[i] & L1_SOFT_PIECES)) {
		uint32_t entry = t->l1[i] | L1_SOFT_PIECES;

		t->l1[i] = entry;
		for (unsigned n = 0; t == &s->common && n < SPT_SPACES; n++) {
			struct spt_table *k = &s->space[n].view[SPT_KERNEL];

			if (s->space[n].valid && !bit(k->own[i / 32], i % 32))
				k->l1[i] = entry;
		}
	}
	return (uint32_t *)(uintptr_t)(t->l1[i] & L1_TABLE_BASE);
}

// A space shows what the common table has gained.
static void
show_common(struct spt *s, uint32_t i)
{
	struct spt_table *k;

	if (!s->current)
		return;
	k = &s->current->view[SPT_KERNEL];
	if (!bit(k->own[i / 32], i % 32))
		k->l1[i] = s->common.l1[i];
}

static void
map_page(struct spt *s, const struct spt_request *rq, const struct mmu_xlat *x, hpa_t host, struct rights r)
{
	struct spt_table *t = table_for(s, rq, x);
	uint32_t *l2 = l2_for(s, t, rq->va, x);
	uint32_t *entry = &l2[bits(rq->va.v, 19, 12)];
	uint32_t old = *entry;

	*entry = small_page(host, x, r);
	if (t == &s->common)
		show_common(s, rq->va.v >> SECTION_SHIFT);
	s->large_pages |= x->shift == 16;
	s->large_sections |= x->shift > SECTION_SHIFT;
	s->n.fills++;
	if (old)
		arch_tlbi_va(rq->va);
}

static bool
section_fits(const struct spt *s, const struct spt_request *rq, const struct mmu_xlat *x, gpa_t base)
{
	const struct spt_table *t;
	uint32_t i = rq->va.v >> SECTION_SHIFT;

	if (x->shift < SECTION_SHIFT || !gmem_has(s->mem, base, SECTION_SIZE) || section_of(s, base)->tracked)
		return false;
	t = rq->view == SPT_KERNEL && !x->ng ? &s->common : s->current ? &s->current->view[rq->view] : NULL;
	return !t || (t->l1[i] & L1_TYPE_MASK) != L1_TABLE;
}

static void
map_section(struct spt *s, const struct spt_request *rq, const struct mmu_xlat *x, gpa_t base)
{
	uint32_t i = rq->va.v >> SECTION_SHIFT;
	struct spt_section *sec = section_of(s, base);
	struct spt_table *t = table_for(s, rq, x);
	struct rights r = rights_of(rq, x, true);
	uint32_t old = t->l1[i];

	set_l1(s, t, i, section(gmem_hpa(s->mem, base), x, r));
	show_common(s, i);
	if (r.ap == AP_RW)
		sec->va = sec->va == SPT_SECTION_NONE || sec->va == i ? (uint16_t)i : SPT_SECTION_MANY;
	s->large_sections |= x->shift > SECTION_SHIFT;
	s->n.section_fills++;
	if (old)
		arch_tlbi_all();
}

// What spt_fill does of a page that is not RAM.
static enum spt_result
fill_rom(struct spt *s, const struct spt_request *rq, const struct mmu_xlat *x, gpa_t page)
{
	hpa_t host = gmem_rom(s->mem, page);

	if (!host.v || rq->access == MMU_WRITE)
		return SPT_DEVICE;
	if (rq->va.v >> SECTION_SHIFT == s->window_index)
		return SPT_WINDOW;
	if (rq->access == MMU_EXEC && rq->view == SPT_KERNEL)
		return SPT_UNSCANNED;
	map_page(s, rq, x, host, rights_of(rq, x, false));
	s->rom_mapped = true;
	return SPT_OK;
}

enum spt_result
spt_fill(struct spt *s, const struct spt_request *rq, struct mmu_xlat *x, uint32_t *fs)
{
	gpa_t page, sec;
	struct spt_frame *f;
	struct rights r;

	*fs = mmu_walk(rq->regs, s->mem, rq->va, x);
	if (*fs == FS_NONE)
		*fs = mmu_check(rq->regs, x, rq->access, rq->privileged);
	if (*fs != FS_NONE)
		return SPT_FAULT;
	page = GPA(x->gpa.v & ~PAGE_MASK);
	sec = GPA(x->gpa.v & ~SECTION_MASK);
	if (!gmem_has(s->mem, page, PAGE_SIZE))
		return fill_rom(s, rq, x, page);
	if (rq->va.v >> SECTION_SHIFT == s->window_index)
		return SPT_WINDOW;
	if (rq->access == MMU_EXEC && rq->view == SPT_KERNEL)
		return SPT_UNSCANNED;
	f = &s->frame[frame_index(s, page)];
	if (rq->access == MMU_WRITE && f->tracked)
		return SPT_TRACKED;
	if (section_fits(s, rq, x, sec)) {
		map_section(s, rq, x, sec);
		return SPT_OK;
	}
	r = rights_of(rq, x, !f->tracked);
	map_page(s, rq, x, gmem_hpa(s->mem, page), r);
	if (r.ap == AP_RW)
		note_mapping(s, f, rq->va);
	return SPT_OK;
}

void
spt_map_exec(struct spt *s, const struct spt_request *rq, const struct mmu_xlat *x, hpa_t host)
{
	gpa_t page = GPA(x->gpa.v & ~PAGE_MASK);

	spt_track(s, page);
	map_page(s, rq, x, host, (struct rights){AP_RO, false});
	if (gmem_has(s->mem, page, 1))
		note_mapping(s, &s->frame[frame_index(s, page)], rq->va);
	else
		s->rom_mapped = true;
}
