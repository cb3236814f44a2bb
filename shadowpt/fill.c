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
// ROM is mapped by pages and never writable; its frames are tracked so that their copies are unmapped
// before they go.
#include "mmu/pte.h"
#include "mmu/quick.h"
#include "monitor/base/arch.h"
#include "shadowpt/internal.h"

#define AP_NONE 0u // AP[2:0]: no access from PL0
#define AP_RW   3u
#define AP_RO   7u

#define RARE __attribute__((cold, noinline)) // off the path of a plain fill

// All that is mapped is memory, and memory is always shadowed as Normal, write-back cacheable and shareable, like the
// monitor's own alias of it, whatever type the guest gives it: accesses through aliases of different types or
// cacheability lose sight of each other (A3.5.7). That it is more cacheable than asked for can't be seen, since all
// the guest's DMA is the monitor's.
#define NORMAL_WBWA 0x07u // TEX = 001, C = 1, B = 1 without TEX remap, as TEX:C:B

// What an unprivileged host access may do with an entry, of what the guest may in this mode: no
// writing where the frame is tracked, execution in the user view only.
static inline uint32_t
ap_of(uint32_t can)
{
	return can & MMU_CAN(MMU_WRITE) ? AP_RW : can & MMU_CAN(MMU_READ) ? AP_RO : AP_NONE;
}

static inline uint32_t
small_page(hpa_t host, uint32_t can)
{
	return (uint32_t)host.v | L2_SMALL | (can & MMU_CAN(MMU_EXEC) ? 0 : L2_SMALL_XN) | pte_l2_from_ap(ap_of(can)) |
	       pte_l2_small_from_tex_cb(NORMAL_WBWA) | L2_S | L2_NG;
}

static inline uint32_t
section(hpa_t host, const struct mmu_xlat *x, uint32_t can)
{
	return (uint32_t)host.v | L1_SECTION | (can & MMU_CAN(MMU_EXEC) ? 0 : L1_XN) |
	       (uint32_t)x->domain << L1_DOMAIN_SHIFT | pte_l1_from_ap(ap_of(can)) | pte_l1_from_tex_cb(NORMAL_WBWA) |
	       L1_S | L1_NG;
}

// What is kept of the frame and of the section at an offset of gmem_offset()'s. Nothing else indexes these.
static inline struct spt_frame *
frame_at(const struct spt *s, uint32_t offset)
{
	return &s->frame[offset >> PAGE_SHIFT];
}

static inline struct spt_section *
section_at(const struct spt *s, uint32_t offset)
{
	return &s->section[offset >> SECTION_SHIFT];
}

// Of the frame of gpa; NULL where there is no memory.
static struct spt_frame *
frame_of(const struct spt *s, gpa_t gpa)
{
	uint32_t offset = gmem_offset(s->mem, gpa);

	return offset == GMEM_NOWHERE ? NULL : frame_at(s, offset);
}

bool
spt_tracked(const struct spt *s, gpa_t gpa)
{
	const struct spt_frame *f = frame_of(s, gpa);

	return f && f->tracked;
}

// Remembers that the frame is mapped at va: writable, or executable if tracked.
static void
note_mapping(const struct spt *s, struct spt_frame *f, gva_t va)
{
	uint32_t vpn = va.v >> PAGE_SHIFT;
	struct spt_frame now = {.vpn = vpn & 0xfffff, .mapped = 1, .gen = s->gen & 0x1ff};

	now.tracked = f->tracked;
	if (f->mapped && f->gen == s->gen)
		now.many = f->many || f->vpn != now.vpn;
	*f = now;
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

// The same of a section that is mapped writable as one.
static inline void
note_section(const struct spt *s, struct spt_section *sec, uint32_t i)
{
	bool known = sec->mapped && sec->gen == s->gen;

	sec->many = known && (sec->many || sec->va != i);
	sec->mapped = 1;
	sec->gen = s->gen & 0x1ff;
	sec->va = i & 0xfff;
}

static void
drop_writable_section(struct spt *s, struct spt_section *sec)
{
	if (sec->mapped && sec->gen == s->gen) {
		if (sec->many)
			spt_drop_all(s);
		else
			spt_unmap(s, GVA((uint32_t)sec->va << SECTION_SHIFT));
	}
	sec->mapped = 0;
	sec->many = 0;
}

void
spt_track(struct spt *s, gpa_t gpa)
{
	uint32_t offset = gmem_offset(s->mem, gpa);

	if (offset == GMEM_NOWHERE || frame_at(s, offset)->tracked)
		return;
	drop_mapping(s, frame_at(s, offset));
	drop_writable_section(s, section_at(s, offset));
	frame_at(s, offset)->tracked = 1;
	section_at(s, offset)->tracked++;
}

void
spt_drop_exec(struct spt *s, gpa_t gpa)
{
	struct spt_frame *f = frame_of(s, gpa);

	if (f && f->tracked)
		drop_mapping(s, f);
}

void
spt_untrack(struct spt *s, gpa_t gpa)
{
	uint32_t offset = gmem_offset(s->mem, gpa);

	if (offset == GMEM_NOWHERE || !frame_at(s, offset)->tracked)
		return;
	drop_mapping(s, frame_at(s, offset));
	frame_at(s, offset)->tracked = 0;
	section_at(s, offset)->tracked--;
}

// Which table an entry for this request goes to.
static inline struct spt_table *
table_for(struct spt *s, const struct spt_request *rq, const struct mmu_xlat *x)
{
	uint32_t i = rq->va.v >> SECTION_SHIFT;

	if (rq->view == SPT_KERNEL && !x->ng) {
		// A space that has pages of its own in this section keeps all there.
		if (!s->current || !set_has(&s->current->view[SPT_KERNEL].own, i))
			return &s->common;
	} else if (!s->current) {
		spt_materialize(s, rq->regs);
	}
	return &s->current->view[rq->view];
}

static RARE void
set_l1(struct spt *s, struct spt_table *t, uint32_t i, uint32_t entry)
{
	if (t == &s->common)
		spt_common_set(s, i, entry);
	else
		spt_table_set(t, i, entry);
}

// With nothing left in the pool, spaces go by age, in the end all mappings.
static uint32_t *
new_l2(struct spt *s, const struct spt_table *t)
{
	uint32_t *l2 = pool_table(s->pool, t->l2);

	if (!l2) {
		spt_recycle(s);
		l2 = pool_table(s->pool, t->l2);
		BUG_ON(!l2); // the pool has pages that nobody but shadows gets
	}
	arch_tables_written(); // it is clear, before a walk can find it
	return l2;
}

// The first-level entry of what t shows at va has to become, or is, a second-level table for x.
static RARE void
make_l2(struct spt *s, struct spt_table *t, uint32_t i, const struct mmu_xlat *x)
{
	uint32_t want = L1_TABLE | (uint32_t)x->domain << L1_DOMAIN_SHIFT, pieces = 0;
	uint32_t kept = set_has(&t->own, i) ? t->l1[i] & (L1_TYPE_MASK | L1_DOMAIN_MASK) : 0;
	bool was_mapped = t->l1[i] != 0;

	if (x->shift >= SECTION_SHIFT)
		pieces = L1_SOFT_PIECES;
	if (kept != want) {
		set_l1(s, t, i, (uint32_t)(uintptr_t)new_l2(s, t) | want | pieces);
		if (was_mapped) // a section, or what the common table showed here
			arch_tlbi_all();
		return;
	}
	t->l1[i] |= pieces;
	for (uint64_t m = t == &s->common ? s->valid : 0; m; m &= m - 1) {
		struct spt_table *k = &s->space[__builtin_ctzll(m)].view[SPT_KERNEL];

		if (k->l1[i] && !set_has(&k->own, i))
			k->l1[i] = t->l1[i];
	}
}

// Whether t's entry can't take a page of x as it is.
static inline bool
needs_l2(const struct spt_table *t, uint32_t i, const struct mmu_xlat *x)
{
	uint32_t want = L1_TABLE | (uint32_t)x->domain << L1_DOMAIN_SHIFT;
	uint32_t entry = t->l1[i] & (L1_TYPE_MASK | L1_DOMAIN_MASK | L1_SOFT_PIECES);

	return (entry & ~L1_SOFT_PIECES) != want || !set_has(&t->own, i) ||
	       (x->shift >= SECTION_SHIFT && entry == want);
}

// There is a new entry in section i of t: the current space shows what the common table has there. A walk may come
// as soon as the guest runs.
static inline void
entered(struct spt *s, const struct spt_table *t, uint32_t i, const struct mmu_xlat *x)
{
	if (t != &s->common) {
		if (!x->ng)
			set_add(&s->global, i);
	} else if (s->current) {
		s->current->view[SPT_KERNEL].l1[i] = t->l1[i];
	}
	arch_tables_written();
}

// Something is mapped of what has more than a section's size.
static inline void
note_size(struct spt *s, const struct mmu_xlat *x)
{
	if (x->shift <= SECTION_SHIFT)
		return;
	s->blocks |= x->shift == BLOCK_SHIFT;
	s->large_sections |= x->shift > BLOCK_SHIFT;
}

static inline void
map_page(struct spt *s, const struct spt_request *rq, const struct mmu_xlat *x, hpa_t host, uint32_t can)
{
	uint32_t i = rq->va.v >> SECTION_SHIFT, *entry, old;
	struct spt_table *t = table_for(s, rq, x);

	if (needs_l2(t, i, x))
		make_l2(s, t, i, x);
	entry = &l2_of(t->l1[i])[bits(rq->va.v, 19, 12)];
	old = *entry;
	*entry = small_page(host, can);
	entered(s, t, i, x);
	if (x->shift != PAGE_SHIFT) {
		s->large_pages |= x->shift == 16;
		note_size(s, x);
	}
	if (old == *entry) {
		s->n.shown++;
		return;
	}
	s->n.fills++;
	if (old)
		arch_tlbi_va(rq->va);
}

static inline void
map_section(struct spt *s, struct spt_table *t, uint32_t i, const struct mmu_xlat *x, hpa_t host, uint32_t can)
{
	uint32_t old = t->l1[i], entry = section(host, x, can);

	note_size(s, x);
	if (!old) { // nobody shows anything there
		set_add(&t->own, i);
		t->l1[i] = entry;
		s->n.section_fills++;
	} else if (old == entry) {
		s->n.shown++;
	} else {
		set_l1(s, t, i, entry);
		s->n.section_fills++;
		arch_tlbi_all();
	}
	entered(s, t, i, x);
}

// What spt_fill does of a page that is not RAM.
static RARE enum spt_result
fill_rom(struct spt *s, const struct spt_request *rq, const struct mmu_xlat *x, uint32_t can)
{
	hpa_t host = gmem_rom(s->mem, GPA(x->gpa.v & ~PAGE_MASK));

	if (!host.v || rq->access == MMU_WRITE)
		return SPT_DEVICE;
	if (rq->va.v >> SECTION_SHIFT == s->window_index)
		return SPT_WINDOW;
	if (rq->access == MMU_EXEC && rq->view == SPT_KERNEL)
		return SPT_UNSCANNED;
	map_page(s, rq, x, host, can & ~MMU_CAN(MMU_WRITE));
	s->rom_mapped = true;
	return SPT_OK;
}

// A mapping of RAM, at this offset: a section, where a section of the guest's can be shown as such, or a page.
static inline void
fill_ram(struct spt *s, const struct spt_request *rq, const struct mmu_xlat *x, uint32_t offset, uint32_t can)
{
	uint32_t i = rq->va.v >> SECTION_SHIFT;
	hpa_t host = HPA(s->mem->host.v + offset);
	struct spt_frame *f;
	struct spt_table *t;

	if (x->shift >= SECTION_SHIFT) {
		t = section_at(s, offset)->tracked ? NULL : table_for(s, rq, x);
		if (t && !is_table(t->l1[i])) {
			map_section(s, t, i, x, HPA(host.v & ~(uintptr_t)SECTION_MASK), can);
			if (can & MMU_CAN(MMU_WRITE))
				note_section(s, section_at(s, offset), i);
			return;
		}
	}
	f = frame_at(s, offset);
	if (f->tracked)
		can &= ~MMU_CAN(MMU_WRITE);
	map_page(s, rq, x, HPA(host.v & ~(uintptr_t)PAGE_MASK), can);
	if (can & MMU_CAN(MMU_WRITE))
		note_mapping(s, f, rq->va);
}

// The whole walk, and what may be done with its result; false: a fault.
static RARE bool
walk(struct spt *s, const struct spt_request *rq, struct mmu_xlat *x, uint32_t *fs, uint32_t *can)
{
	*fs = mmu_walk(rq->regs, s->mem, rq->va, x);
	if (*fs == FS_NONE)
		*fs = mmu_check(rq->regs, x, rq->access, rq->privileged);
	if (*fs == FS_NONE)
		*can = mmu_rights(rq->regs, x, rq->privileged);
	return *fs == FS_NONE;
}

enum spt_result
spt_fill(struct spt *s, const struct spt_request *rq, struct mmu_xlat *x, uint32_t *fs)
{
	uint32_t can, offset;

	if (!(mmu_walk_quick(rq->regs, s->mem, rq->va, rq->privileged, x, &can) && can & MMU_CAN(rq->access)) &&
	    !walk(s, rq, x, fs, &can))
		return SPT_FAULT;
	if (rq->view == SPT_KERNEL)
		can &= ~MMU_CAN(MMU_EXEC);
	offset = gmem_offset(s->mem, x->gpa);
	if (offset >= s->mem->size)
		return fill_rom(s, rq, x, can);
	if (rq->va.v >> SECTION_SHIFT == s->window_index)
		return SPT_WINDOW;
	if (rq->access == MMU_EXEC && rq->view == SPT_KERNEL)
		return SPT_UNSCANNED;
	if (rq->access == MMU_WRITE && frame_at(s, offset)->tracked)
		return SPT_TRACKED;
	fill_ram(s, rq, x, offset, can);
	return SPT_OK;
}

void
spt_map_exec(struct spt *s, const struct spt_request *rq, const struct mmu_xlat *x, hpa_t host)
{
	struct spt_frame *f = frame_of(s, x->gpa);

	if (!f)
		return;
	spt_track(s, x->gpa);
	map_page(s, rq, x, host, MMU_CAN(MMU_READ) | MMU_CAN(MMU_EXEC));
	note_mapping(s, f, rq->va);
	s->rom_mapped |= !gmem_has(s->mem, x->gpa, 1);
}
