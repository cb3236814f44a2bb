// SPDX-License-Identifier: MIT
// uses: shadowpt/spt.c shadowpt/fill.c shadowpt/pool.c mmu/walk.c
//
// Shadow tables against guest tables made by hand and at random. The random part
// plays a guest that fills, executes, writes, switches address spaces, changes its
// tables and maintains its TLB as the architecture asks for, and looks at every
// shadow after every step:
//   - what a shadow lets PL0 do, the guest's tables let the guest's mode do, there;
//   - a tracked frame is writable nowhere, and only tracked frames are executable in
//     a kernel view;
//   - every second-level table has one owner, and the pool's counts add up;
//   - a copy is shown in its own frame's stead, and by nothing once it has gone back to the pool, which gives its
//     page out again at once;
//   - no barrier is missing behind the last write to a table (B3.10.1);
//   - a TLB that caches all it sees, and forgets only what it is told to, holds
//     nothing that the tables don't.
// Descriptors are taken apart here by literals, without mmu/pte.h.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "shadowpt/spt.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"

#define RAM       0x40000000u
#define RAM_MIB   16u
#define RAM_SIZE  (RAM_MIB << 20)
#define TABLES    (RAM + 0xf00000u) // the last MiB: the guest's tables
#define SPACES    6u
#define TTBR1     (TABLES + SPACES * 0x4000u)
#define L2S       (TABLES + 0x40000u)
#define ROM       0x04000000u // the second bank of flash; the first is hidden
#define DEVICE    0x09000000u
#define CLIENTS   0x55555555u
#define POOL_MAX  (80u * PAGE_SIZE)
#define WINDOW_L1 0x7ff05c0eu
#define STEPS     6000u
#define RUNS      12u

// The first-level indexes that the guest uses: its user's, its kernel's, and a supersection's.
#define USER_SLOTS   4u
#define KERNEL_SLOTS 4u
#define SUPER        0xd10u
#define SLOTS        (USER_SLOTS + KERNEL_SLOTS + 16u)

static struct gmem mem;
static struct pool pool;
static char *pool_room;
static struct gmem_rom rom[GMEM_ROMS];
static struct spt_frame frames[(RAM_SIZE + GMEM_ROMS * GMEM_ROM_SIZE) / PAGE_SIZE];
static struct spt_section sections[ARRAY_LEN(frames) / 256];
static void *copy_of[ARRAY_LEN(frames)]; // by page number: its copy, from the pool
static unsigned n_copies;
static struct spt_space spaces[SPT_SPACES];
static struct spt_known known_spaces[SPT_ASIDS + 1];
static char *tables;
static struct spt s;
static struct mmu_regs regs;
static unsigned n_pages;
static bool long_tables; // the random guest's descriptors are long ones

static uint32_t
below(uint32_t n)
{
	return (uint32_t)random() % n;
}

static void *
low_memory(size_t size, size_t align)
{
	char *p = mmap(NULL, size + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p + (-(uintptr_t)p & (align - 1));
}

static void
put(uint32_t gpa, uint32_t word)
{
	*(uint32_t *)gmem_hpa(&mem, GPA(gpa)).v = word;
}

static uint32_t
get(uint32_t gpa)
{
	return *(uint32_t *)gmem_hpa(&mem, GPA(gpa)).v;
}

static uint32_t
ttbr0(unsigned space)
{
	return TABLES + space * 0x4000u;
}

// The kernel's part is the same in all spaces, and what TTBR1 serves.
static void
put_l1(unsigned space, uint32_t i, uint32_t d)
{
	put(ttbr0(space) + i * 4, d);
	if (i < 0x800)
		return;
	for (unsigned n = 0; n < SPACES; n++)
		put(ttbr0(n) + i * 4, d);
	put(TTBR1 + i * 4, d);
}

static uint32_t
slot_index(unsigned slot)
{
	static const uint32_t first[] = {0x000, 0x001, 0x400, 0x7ff, 0xc00, 0xc01, 0xbff, 0xfff};

	return slot < 8 ? first[slot] : SUPER + slot - 8;
}

// The second-level table that a space has for a slot.
static uint32_t
slot_l2(unsigned space, unsigned slot)
{
	return L2S + ((slot < USER_SLOTS ? space : 0) * 8 + slot) * 0x400u;
}

static void
go_to(unsigned space)
{
	regs.ttbr0 = long_tables ? ttbr0(space) : ttbr0(space) | 0x4a;
	regs.ttbr0_high = long_tables ? (space + 7) << 16 : 0;
	regs.contextidr = 0x12300u | (space + 7);
	spt_switch(&s, &regs);
}

//----------------------------------------------------------------------------
// The core: what a table lets PL0 do, and a TLB that keeps everything.

struct seen {
	uint32_t host, ap, domain;
	bool xn, section, ng;
	uint64_t key; // all that a TLB would keep; 0: a fault
};

static struct seen
look(const struct spt_table *t, uint32_t va)
{
	uint32_t l1 = t->l1[va >> 20], l2;

	if ((l1 & 3) == 2)
		return (struct seen){
		    .host = (l1 & 0xfff00000) | (va & 0xff000),
		    .ap = (l1 >> 10 & 3) | (l1 >> 13 & 4),
		    .domain = l1 >> 5 & 15,
		    .xn = l1 >> 4 & 1,
		    .section = true,
		    .ng = l1 >> 17 & 1,
		    .key = 1ull << 32 | l1,
		};
	if ((l1 & 3) != 1)
		return (struct seen){0};
	l2 = ((const uint32_t *)(uintptr_t)(l1 & 0xfffffc00))[va >> 12 & 255];
	if (!(l2 & 2))
		return (struct seen){0};
	return (struct seen){
	    .host = l2 & 0xfffff000,
	    .ap = (l2 >> 4 & 3) | (l2 >> 7 & 4),
	    .domain = l1 >> 5 & 15,
	    .xn = l2 & 1,
	    .ng = l2 >> 11 & 1,
	    .key = (uint64_t)(l1 & 0x1e0) << 32 | l2,
	};
}

static bool
readable(const struct seen *e)
{
	return e->key && (e->ap == 2 || e->ap == 3 || e->ap == 6 || e->ap == 7);
}

static bool
writable(const struct seen *e)
{
	return e->key && e->ap == 3;
}

static bool
may(const struct seen *e, enum mmu_access a)
{
	return a == MMU_WRITE ? writable(e) : readable(e) && (a == MMU_READ || !e->xn);
}

#define ASIDS (4u + 2u * SPT_SPACES)

static uint64_t tlb[ASIDS][SLOTS][256];
static unsigned tlb_used[ASIDS][SLOTS];

static bool
tlb_hit(enum fake_tlbi kind, uint32_t what, unsigned asid, unsigned slot, unsigned page)
{
	bool section = tlb[asid][slot][page] >> 32 & 1;

	if (kind == TLBI_ALL || kind == TLBI_ASID)
		return kind == TLBI_ALL || asid == what;
	return slot_index(slot) == what >> 20 && (section || page == (what >> 12 & 255));
}

static void
tlb_drop(enum fake_tlbi kind, uint32_t what)
{
	for (unsigned a = 0; a < ASIDS; a++)
		for (unsigned i = 0; i < SLOTS; i++)
			for (unsigned p = 0; tlb_used[a][i] && p < 256; p++)
				if (tlb[a][i][p] && tlb_hit(kind, what, a, i, p)) {
					tlb[a][i][p] = 0;
					tlb_used[a][i]--;
				}
}

static void
tlb_add(const struct spt_table *t, unsigned slot, unsigned page, const struct seen *e)
{
	uint64_t *at = &tlb[t->host_asid][slot][page];

	tlb_used[t->host_asid][slot] += !*at;
	*at = e->key;
}

//----------------------------------------------------------------------------
// The invariants

static bool
owns(const struct spt_table *t, uint32_t i)
{
	return t->own.word[i / 32] >> i % 32 & 1;
}

#define NO_PAGE 0xfffffu

static uint32_t
page_of(gpa_t gpa)
{
	return gmem_offset(&mem, gpa) >> 12;
}

static bool
is_tracked(uint32_t gpa)
{
	return frames[page_of(GPA(gpa))].tracked;
}

// What stands at va in a table may be there: r is the space's, user the view's mode.
static void
check_entry(const struct seen *e, const struct mmu_regs *r, uint32_t va, bool user)
{
	struct mmu_xlat x;
	uint32_t fs = mmu_walk(r, &mem, GVA(va), &x), page;
	bool copy = e->host - (uint32_t)(uintptr_t)pool_room < POOL_MAX;

	CHECK_EQ(fs, FS_NONE);
	if (fs != FS_NONE)
		return;
	CHECK(e->ng);
	CHECK_EQ(e->domain, x.domain);
	page = page_of(x.gpa);
	CHECK(page != NO_PAGE);
	CHECK_EQ(e->host, (uint32_t)(uintptr_t)(copy ? copy_of[page] : gmem_read(&mem, x.gpa, 4)) & ~PAGE_MASK);
	for (enum mmu_access a = MMU_READ; a <= MMU_EXEC; a++)
		if (may(e, a))
			CHECK_EQ(mmu_check(r, &x, a, !user), FS_NONE);
	if (writable(e))
		CHECK(!is_tracked(x.gpa.v) && gmem_has(&mem, x.gpa, 1));
	if (may(e, MMU_EXEC) && !user)
		CHECK(is_tracked(x.gpa.v));
	if (copy)
		CHECK(may(e, MMU_EXEC) && !user);
}

// One first-level table. running: the core may walk it now. Returns its own second-level tables.
static unsigned
check_table(const struct spt_table *t, const struct mmu_regs *r, bool user, bool shows_common, bool running)
{
	static unsigned char claimed[POOL_MAX / 0x400];
	unsigned n = 0;

	if (t == &s.common)
		memset(claimed, 0, sizeof(claimed));
	CHECK_EQ(t->l1[s.window_index], s.window_l1);
	CHECK(!owns(t, s.window_index));
	for (uint32_t i = 0; i < 4096; i++) {
		uint32_t d = t->l1[i];

		if (i == s.window_index || !d)
			continue;
		CHECK((d & 3) == 2 || (d & 0x21b) == 1); // implementation-defined, SBZ, NS
		if (!owns(t, i)) {
			CHECK(shows_common);
			CHECK_EQ(d, s.common.l1[i]);
		} else if ((d & 3) == 1) {
			CHECK_EQ(claimed[((d & 0xfffffc00) - (uint32_t)(uintptr_t)pool_room) / 0x400]++, 0);
			n++;
		}
	}
	for (unsigned slot = 0; slot < SLOTS; slot++)
		for (unsigned page = 0; t->l1[slot_index(slot)] && page < 256; page++) {
			uint32_t va = slot_index(slot) << 20 | page << 12;
			struct seen e = look(t, va);

			if (!e.key || slot_index(slot) == s.window_index)
				continue;
			check_entry(&e, r, va, user);
			if (running)
				tlb_add(t, slot, page, &e);
		}
	return n;
}

static const struct spt_table *
table_of_asid(uint32_t asid)
{
	if (asid == s.common.host_asid)
		return &s.common;
	if (asid == s.empty.host_asid)
		return &s.empty;
	for (unsigned n = 0; n < s.n_spaces; n++)
		for (unsigned v = 0; v < 2; v++)
			if (s.valid >> n & 1 && s.space[n].view[v].host_asid == asid)
				return &s.space[n].view[v];
	return NULL;
}

static void
check_tlb(void)
{
	for (unsigned a = 0; a < ASIDS; a++)
		for (unsigned i = 0; i < SLOTS; i++)
			for (unsigned p = 0; tlb_used[a][i] && p < 256; p++) {
				const struct spt_table *t = table_of_asid(a);

				if (!tlb[a][i][p])
					continue;
				CHECK(t);
				if (t)
					CHECK_EQ(tlb[a][i][p], look(t, slot_index(i) << 20 | p << 12).key);
			}
}

// How many tables a chain has cut and not got back; its pages are added to *pages.
static unsigned
cut(const struct pool_chain *c, unsigned *pages)
{
	unsigned n = 4 * c->n - c->fresh;

	for (const struct pool_item *i = c->free; i; i = i->next)
		n--;
	*pages += c->n;
	return n;
}

// What is in the set is what its counts and summary say.
static void
check_set(const struct spt_set *set)
{
	unsigned n = 0;

	for (unsigned w = 0; w < 128; w++) {
		n += (unsigned)__builtin_popcount(set->word[w]);
		CHECK_EQ(set->word[w] != 0, set->some[w / 32] >> w % 32 & 1);
	}
	CHECK_EQ(set->n, n);
}

// What is known by ASID is a space, or nothing, and the current one is.
static void
check_known(void)
{
	for (unsigned a = 0; a < SPT_ASIDS; a++) {
		const struct spt_known *k = &s.known[a];
		const struct spt_space *sp = &s.space[(k->host_asid - 4) / 2];

		if (k->host_asid == s.common.host_asid) {
			CHECK_EQ(k->kernel, (uint32_t)(uintptr_t)s.common.l1 | 0x4a);
			CHECK_EQ(k->user, (uint32_t)(uintptr_t)s.empty.l1 | 0x4a);
			continue;
		}
		CHECK(s.valid >> (sp - s.space) & 1);
		CHECK_EQ(k->ttbr0, sp->ttbr0);
		CHECK_EQ(sp->asid, a);
		CHECK_EQ(k->kernel, (uint32_t)(uintptr_t)sp->view[SPT_KERNEL].l1 | 0x4a);
		CHECK_EQ(k->host_asid, sp->view[SPT_KERNEL].host_asid);
		CHECK_EQ(k->host_asid + 1, sp->view[SPT_USER].host_asid);
		CHECK_EQ(k->user, (uint32_t)(uintptr_t)sp->view[SPT_USER].l1 | 0x4a);
	}
	if (s.current && !long_tables)
		CHECK_EQ(s.known[s.current->asid].host_asid, s.host_asid);
	CHECK_EQ(s.host_asid, spt_view(&s, SPT_KERNEL)->host_asid);
}

// A sum of all that a walk may find, but for what was never changed.
static uint64_t
sum_table(const struct spt_table *t, uint64_t sum)
{
	for (unsigned slot = 0; slot <= SLOTS; slot++) {
		uint32_t d = t->l1[slot < SLOTS ? slot_index(slot) : 0xfe0];

		sum = (sum + d) * 0x100000001b3u;
		for (unsigned page = 0; (d & 3) == 1 && page < 256; page++)
			sum = (sum + ((const uint32_t *)(uintptr_t)(d & 0xfffffc00))[page]) * 0x100000001b3u;
	}
	return sum;
}

static uint64_t
sum_all(void)
{
	uint64_t sum = sum_table(&s.empty, sum_table(&s.common, s.valid));

	for (unsigned n = 0; n < s.n_spaces; n++)
		for (unsigned v = 0; s.valid >> n & 1 && v < 2; v++)
			sum = sum_table(&s.space[n].view[v], sum);
	return sum;
}

static uint64_t settled; // what it was at the last barrier

static void
settle(void)
{
	settled = sum_all();
}

static void
check_all(void)
{
	unsigned l2, pages = n_copies, rom_page = page_of(GPA(ROM)), tracked[RAM_MIB] = {0};

	CHECK_EQ(check_table(&s.common, &regs, false, false, !s.current), cut(&s.common_l2, &pages));
	CHECK_EQ(check_table(&s.empty, &regs, true, false, !s.current), 0);
	check_set(&s.common.own);
	for (unsigned n = 0; n < s.n_spaces; n++) {
		struct spt_space *sp = &s.space[n];
		struct mmu_regs r = regs;

		if (!(s.valid >> n & 1)) {
			CHECK_EQ(sp->l2.n, 0);
			continue;
		}
		r.ttbr0 = sp->ttbr0;
		r.ttbr0_high = sp->ttbr0_high;
		l2 = 0;
		for (unsigned v = 0; v < 2; v++) {
			l2 += check_table(&sp->view[v], &r, v == SPT_USER, v == SPT_KERNEL, sp == s.current);
			check_set(&sp->view[v].own);
		}
		CHECK_EQ(l2, cut(&sp->l2, &pages));
	}
	check_tlb();
	check_known();
	CHECK_EQ(sum_all(), settled);
	CHECK_EQ(pages + pool.n_pages, n_pages);
	for (unsigned f = 0; f < RAM_SIZE / PAGE_SIZE; f++)
		tracked[f / 256] += frames[f].tracked;
	for (unsigned m = 0; m < RAM_MIB; m++)
		CHECK_EQ(sections[m].tracked, tracked[m]);
	for (unsigned f = tracked[0] = 0; f < 256; f++)
		tracked[0] += frames[rom_page + f].tracked;
	CHECK_EQ(sections[rom_page / 256].tracked, tracked[0]);
}

// No table, and no TLB, shows the page at host.
static void
check_shown_by_none(uint32_t host)
{
	for (uint32_t asid = 0; asid < ASIDS; asid++) {
		const struct spt_table *t = table_of_asid(asid);

		for (unsigned i = 0; i < SLOTS * 256; i++) {
			uint64_t tlb_key = tlb[asid][i / 256][i % 256];
			uint32_t va = slot_index(i / 256) << 20 | i % 256 << 12;

			if (t && va >> 20 != s.window_index)
				CHECK(look(t, va).key == 0 || look(t, va).host != host);
			CHECK(tlb_key >> 32 & 1 || ((uint32_t)tlb_key & 0xfffff000) != host);
		}
	}
}

//----------------------------------------------------------------------------
// The monitor's side of an abort

static void
begin(unsigned n_spaces, unsigned pages)
{
	struct spt_room room = {&pool, frames, sections, spaces, n_spaces, HPA(tables), known_spaces};

	memset((void *)mem.host.v, 0, RAM_SIZE);
	memset(pool_room, 0xa5, POOL_MAX);
	memset(tables, 0xa5, SPT_TABLES(SPT_SPACES));
	regs = (struct mmu_regs){.sctlr = SCTLR_M, .dacr = CLIENTS, .ttbr1 = TTBR1 | 0x4a};
	if (long_tables) {
		regs.ttbcr = TTBCR_EAE;
		regs.ttbr1 = 0;
		regs.prrr = 0xff; // MAIR0: Normal
	}
	n_pages = pages;
	n_copies = 0;
	memset(copy_of, 0, sizeof(copy_of));
	pool_init(&pool, HPA(pool_room), (1 + pages) * PAGE_SIZE); // the first has its lists
	CHECK_EQ(pool.n_pages, pages);
	spt_init(&s, &mem, &room, 0xfe0, WINDOW_L1);
	tlb_drop(TLBI_ALL, 0);
	go_to(0);
	settle();
}

static void
fresh(const char *name)
{
	check_case(name);
	begin(5, 16);
}

static struct spt_request
request(uint32_t va, enum mmu_access access, bool user)
{
	return (struct spt_request){&regs, GVA(va), access, !user, user ? SPT_USER : SPT_KERNEL};
}

static enum spt_result
fill(uint32_t va, enum mmu_access access, bool user)
{
	struct spt_request rq = request(va, access, user);
	struct mmu_xlat x;
	uint32_t fs;

	return spt_fill(&s, &rq, &x, &fs);
}

static struct seen
shadow(uint32_t va, bool user)
{
	return look(spt_view(&s, user ? SPT_USER : SPT_KERNEL), va);
}

// The page of gpa is code no longer: its copy is unmapped, and goes.
static void
drop_code(gpa_t gpa)
{
	uint32_t page = page_of(gpa);

	spt_untrack(&s, gpa);
	CHECK(!spt_tracked(&s, gpa));
	if (page == NO_PAGE || !copy_of[page])
		return;
	check_shown_by_none((uint32_t)(uintptr_t)copy_of[page]);
	pool_free_page(&pool, copy_of[page]);
	copy_of[page] = NULL;
	n_copies--;
}

// Where the page is run from: its copy, if it is to have one and there is room.
static hpa_t
code_of(gpa_t gpa, bool copy)
{
	uint32_t page = page_of(gpa);

	if (copy && !copy_of[page] && (copy_of[page] = pool_page(&pool))) {
		spt_drop_exec(&s, gpa); // the frame may be mapped itself
		n_copies++;
	}
	return copy_of[page] ? HPA(copy_of[page]) : HPA((uintptr_t)gmem_read(&mem, gpa, 4) & ~(uintptr_t)PAGE_MASK);
}

// Runs the kernel's page at va, from its copy or from itself.
static void
run(uint32_t va, bool copy)
{
	struct spt_request rq = request(va, MMU_EXEC, false);
	struct mmu_xlat x;
	uint32_t fs;
	struct seen e;

	CHECK_EQ(spt_fill(&s, &rq, &x, &fs), SPT_UNSCANNED);
	spt_track(&s, x.gpa);
	spt_map_exec(&s, &rq, &x, code_of(x.gpa, copy));
	e = shadow(va, false);
	CHECK(may(&e, MMU_EXEC) && !writable(&e));
}

//----------------------------------------------------------------------------
// Directed cases

#define SECT(gpa, ap, more) ((gpa) | 2u | 0xcu | ((ap)&3u) << 10 | ((ap) >> 2) << 15 | (more))
#define PAGE(gpa, ap, more) ((gpa) | 2u | 0xcu | ((ap)&3u) << 4 | ((ap) >> 2) << 9 | (more))
#define NG_SECT             0x20000u
#define NG_PAGE             0x800u

static void
put_page(uint32_t va, uint32_t l1_bits, uint32_t d)
{
	put_l1(0, va >> 20, L2S | l1_bits | 1u);
	put(L2S + (va >> 12 & 255) * 4, d);
}

static void
test_sizes(void)
{
	struct seen e;

	fresh("a section becomes a section");
	put_l1(0, 0xc00, SECT(RAM + 0x300000, 1, 5u << 5));
	CHECK_EQ(fill(0xc0012345, MMU_READ, false), SPT_OK);
	e = shadow(0xc00ab000, false);
	CHECK(e.section && writable(&e) && e.xn && e.domain == 5);
	CHECK_EQ(e.host, (uint32_t)mem.host.v + 0x3ab000);
	CHECK_EQ(s.n.section_fills, 1);
	CHECK_EQ(s.common.l1[0xc00] & 0x1700c, 0x1100c); // write-back, write-allocate, shareable
	check_all();

	fresh("a supersection becomes sections");
	for (uint32_t i = 0; i < 16; i++)
		put_l1(0, SUPER + i, SECT(RAM, 5, 1u << 18));
	CHECK_EQ(fill((SUPER + 3) << 20, MMU_READ, false), SPT_OK);
	e = shadow((SUPER + 3) << 20, false);
	CHECK(e.section && e.ap == 7 && e.domain == 0);
	CHECK_EQ(e.host, (uint32_t)mem.host.v + 0x300000);
	CHECK(!shadow((SUPER + 4) << 20, false).key);
	check_all();

	fresh("a small page becomes a small page");
	put_page(0x40005000, 9u << 5, PAGE(RAM + 0x7000, 3, NG_PAGE));
	CHECK_EQ(fill(0x40005678, MMU_WRITE, true), SPT_OK);
	e = shadow(0x40005000, true);
	CHECK(!e.section && writable(&e) && !e.xn && e.domain == 9);
	CHECK_EQ(e.host, (uint32_t)mem.host.v + 0x7000);
	CHECK(!shadow(0x40005000, false).key);
	check_all();

	fresh("a large page becomes small pages, and goes as a whole");
	for (uint32_t n = 0; n < 16; n++)
		put_page(0x40010000 + (n << 12), 0, (RAM + 0x20000) | 1u | 0xc | 3u << 4 | NG_PAGE);
	CHECK_EQ(fill(0x40013000, MMU_READ, true), SPT_OK);
	CHECK_EQ(fill(0x4001f000, MMU_READ, true), SPT_OK);
	CHECK_EQ(shadow(0x40013000, true).host, (uint32_t)mem.host.v + 0x23000);
	CHECK(!shadow(0x40014000, true).key);
	check_all();
	spt_drop_va(&s, GVA(0x40010000), 7);
	CHECK(!shadow(0x40013000, true).key && !shadow(0x4001f000, true).key);
	check_all();

	fresh("the MMU is off");
	regs.sctlr = 0;
	CHECK_EQ(fill(RAM + 0x123456, MMU_WRITE, false), SPT_OK);
	e = shadow(RAM + 0x100000, false);
	CHECK(e.section && writable(&e) && e.xn);
	check_all();
}

static void
test_results(void)
{
	struct mmu_xlat x;
	struct spt_request rq = request(0xc0000000, MMU_WRITE, false);
	uint32_t fs;

	fresh("what a fill can't give");
	put_l1(0, 0xc00, SECT(RAM, 5, 0));
	put_l1(0, 0xc01, SECT(DEVICE, 1, 0));
	put_l1(0, 0xfe0, SECT(RAM, 1, 0));
	CHECK_EQ(spt_fill(&s, &rq, &x, &fs), SPT_FAULT);
	CHECK_EQ(fs, FS_PERMISSION_1);
	rq.va = GVA(0xc0200000);
	CHECK_EQ(spt_fill(&s, &rq, &x, &fs), SPT_FAULT);
	CHECK_EQ(fs, FS_TRANSLATION_1);
	rq.va = GVA(0xc0112345);
	CHECK_EQ(spt_fill(&s, &rq, &x, &fs), SPT_DEVICE);
	CHECK_EQ(x.gpa.v, DEVICE + 0x12345);
	CHECK_EQ(fill(0xfe012345, MMU_READ, false), SPT_WINDOW);
	CHECK_EQ(fill(0xc0000000, MMU_EXEC, false), SPT_UNSCANNED);
	CHECK_EQ(fill(0xc0000000, MMU_READ, true), SPT_FAULT);
	check_all();
}

// The memory type of an entry, section or page, as TEX[2:0],C,B; all are shareable, where S says so.
static uint32_t
type_of(uint32_t va)
{
	uint32_t l1 = spt_view(&s, SPT_USER)->l1[va >> 20], l2;

	if ((l1 & 3) == 2) {
		CHECK(l1 >> 16 & 1);
		return (l1 >> 12 & 7) << 2 | (l1 >> 2 & 3);
	}
	l2 = ((uint32_t *)(uintptr_t)(l1 & ~0x3ffu))[va >> 12 & 255];
	CHECK(l2 >> 10 & 1);
	return (l2 >> 6 & 7) << 2 | (l2 >> 2 & 3);
}

// Fills a section and a page of this type, S or not.
static void
check_type(uint32_t type, uint32_t shown)
{
	for (uint32_t shared = 0; shared < 2; shared++) {
		uint32_t cb = (type & 3) << 2, tex = type >> 2;

		put_l1(0, 0x400, (SECT(RAM, 3, NG_SECT) & ~0xcu) | cb | tex << 12 | shared << 16);
		put_l1(0, 0x001, slot_l2(0, 1) | 1u);
		put(slot_l2(0, 1) + 5 * 4, (PAGE(RAM + 0x105000, 3, NG_PAGE) & ~0xcu) | cb | tex << 6 | shared << 10);
		spt_drop_all(&s);
		CHECK_EQ(fill(0x40000000, MMU_READ, true), SPT_OK);
		CHECK_EQ(fill(0x00105000, MMU_READ, true), SPT_OK);
		CHECK_EQ(type_of(0x40000000), shown);
		CHECK_EQ(type_of(0x00105000), shown);
	}
}

// Normal, write-back, write-allocate in all cases, as the monitor's alias is: Device, Strongly-ordered, and what
// PRRR says with TEX remap.
static void
test_types(void)
{
	fresh("memory types: RAM is write-back whatever the guest says");
	for (uint32_t type = 0; type < 32; type++)
		check_type(type, 0x07);
	check_case("memory types with TEX remap");
	regs.sctlr |= SCTLR_TRE;
	regs.nmrr = 0x40e040e0;
	for (uint32_t type = 0; type < 32; type++)
		for (uint32_t tr = 0; tr < 3; tr++) {
			regs.prrr = tr << 2 * (type & 7) | 3u << 16;
			check_type(type, 0x07);
		}
}

#define CHECK_LOG(want)                                                                                                \
	do {                                                                                                           \
		const char *log = fake_arch_log();                                                                     \
		CHECK(!strcmp(log, want));                                                                             \
		if (strcmp(log, want))                                                                                 \
			printf("    %s\n", log);                                                                       \
	} while (0)

// Table writes are visible to the walker before the guest can run, and a table is clear before it is linked.
static void
test_barriers(void)
{
	fresh("barriers behind table writes");
	put_l1(0, 0x400, slot_l2(0, 2) | 1u);
	put_l1(0, 0xc00, SECT(RAM, 1, 0));
	for (uint32_t n = 0; n < 4; n++)
		put(slot_l2(0, 2) + 4 * n, PAGE(RAM + n * 0x1000, 3, NG_PAGE));
	fake_arch_log();
	CHECK_EQ(fill(0x40000000, MMU_READ, true), SPT_OK);
	CHECK_LOG("tables_written tables_written");
	CHECK_EQ(fill(0x40001000, MMU_READ, true), SPT_OK);
	CHECK_LOG("tables_written");
	CHECK_EQ(fill(0xc0000000, MMU_READ, false), SPT_OK);
	CHECK_LOG("tables_written");
	run(0xc0001000, true); // the frame's mapping and the section's go, and then there is a table
	CHECK_LOG("tlbi_va tlbi_va tables_written tables_written");
	spt_move_window(&s, 0xfd0);
	CHECK_LOG("tlbi_all tables_written");
	check_all();
}

static void
test_tracking(void)
{
	struct seen e;

	fresh("running a page takes write access from its frame, wherever it is mapped");
	put_l1(0, 0xc00, SECT(RAM, 3, 0));
	put_l1(0, 0xc01, SECT(RAM, 3, NG_SECT));
	put_page(0x40005000, 0, PAGE(RAM + 0x3000, 3, NG_PAGE));
	CHECK_EQ(fill(0xc0000000, MMU_WRITE, false), SPT_OK);
	CHECK_EQ(fill(0xc0100000, MMU_WRITE, false), SPT_OK);
	CHECK_EQ(fill(0x40005000, MMU_WRITE, true), SPT_OK);
	check_all();
	run(0xc0003000, true);
	CHECK(spt_tracked(&s, GPA(RAM + 0x3fff)));
	check_all();
	CHECK_EQ(fill(0xc0103000, MMU_WRITE, false), SPT_TRACKED);
	CHECK_EQ(fill(0x40005000, MMU_WRITE, true), SPT_TRACKED);
	CHECK_EQ(fill(0xc0104000, MMU_WRITE, false), SPT_OK);
	e = shadow(0xc0104000, false);
	CHECK(!e.section && writable(&e));
	CHECK_EQ(fill(0xc0103000, MMU_READ, false), SPT_OK);
	e = shadow(0xc0103000, false);
	CHECK(readable(&e) && !writable(&e) && e.host == (uint32_t)mem.host.v + 0x3000);
	check_all();

	fresh("from all of many pages");
	put_l1(0, 0xc00, SECT(RAM, 3, 0));
	for (uint32_t n = 0; n < 3; n++) {
		put_page(0x40005000 + (n << 12), 0, PAGE(RAM + 0x3000, 3, NG_PAGE));
		CHECK_EQ(fill(0x40005000 + (n << 12), MMU_WRITE, true), SPT_OK);
	}
	run(0xc0003000, false);
	CHECK(!shadow(0x40005000, true).key && !shadow(0x40006000, true).key && !shadow(0x40007000, true).key);
	check_all();
	put_l1(0, 0xc01, SECT(RAM, 3, 0));
	run(0xc0103000, true);

	check_case("an executable mapping goes, of a frame that stays tracked");
	run(0xc0003000, true);
	CHECK_EQ(spt_shown(&s, SPT_KERNEL, GVA(0xc0003124)).v, shadow(0xc0003000, false).host + 0x124u);
	spt_drop_exec(&s, GPA(RAM + 0x3000));
	CHECK(!shadow(0xc0003000, false).key && spt_tracked(&s, GPA(RAM + 0x3000)));
	CHECK_EQ(spt_shown(&s, SPT_KERNEL, GVA(0xc0003124)).v, 0);
	run(0xc0003000, true);
	run(0xc0103000, true);

	check_case("an untracked frame is not executable anywhere and may be written again");
	spt_untrack(&s, GPA(RAM + 0x3000));
	CHECK(!shadow(0xc0003000, false).key && !shadow(0xc0103000, false).key);
	CHECK(!spt_tracked(&s, GPA(RAM + 0x3000)));
	CHECK_EQ(fill(0xc0103000, MMU_WRITE, false), SPT_OK);
	check_all();
	spt_drop_all(&s);
	CHECK_EQ(fill(0xc0003000, MMU_WRITE, false), SPT_OK);
	CHECK(shadow(0xc0003000, false).section);
	check_all();
}

static void
test_common(void)
{
	fresh("global entries of the kernel are shared by all spaces");
	put_l1(0, 0xc00, SECT(RAM, 1, 0));
	put_l1(0, 0xc01, slot_l2(0, 5) | 1u);
	put(slot_l2(0, 5), PAGE(RAM + 0x5000, 1, 0));
	for (unsigned n = 0; n < 2; n++) {
		put_l1(n, 0x400, SECT(RAM + 0x100000, 3, NG_SECT));
		go_to(n);
		CHECK(!s.current);
		CHECK_EQ(fill(0x40000000, MMU_READ, true), SPT_OK);
		CHECK(s.current);
	}
	CHECK_EQ(fill(0xc0000000, MMU_READ, false), SPT_OK);
	CHECK_EQ(fill(0xc0100000, MMU_READ, false), SPT_OK);
	check_all();
	go_to(0);
	CHECK(shadow(0xc0000000, false).key || fill(0xc0000000, MMU_READ, false) == SPT_OK);
	CHECK_EQ(fill(0xc0100000, MMU_READ, false), SPT_OK);
	CHECK_EQ(s.n.section_fills, 3);
	CHECK_EQ(s.n.fills, 1);
	CHECK_EQ(s.n.shown, 2);
	CHECK(shadow(0xc0100000, false).key);
	CHECK_EQ(spt_view(&s, SPT_KERNEL)->l1[0xc01], s.common.l1[0xc01]);
	go_to(2);
	CHECK(spt_view(&s, SPT_KERNEL) == &s.common && spt_view(&s, SPT_USER) == &s.empty);
	CHECK(shadow(0xc0100000, false).key);
	spt_drop_va(&s, GVA(0xc0100000), 200);
	go_to(0);
	CHECK(!shadow(0xc0100000, false).key);
	CHECK(shadow(0x40000000, true).key);
	check_all();

	check_case("maintenance by ASID takes that space's own");
	spt_drop_asid(&s, 7);
	CHECK(!shadow(0x40000000, true).key);
	go_to(1);
	CHECK(shadow(0x40000000, true).key);
	check_all();
}

static void
test_window(void)
{
	fresh("the window stands in every table, and moves");
	put_l1(0, 0x400, SECT(RAM, 3, NG_SECT));
	put_l1(0, 0xc00, SECT(RAM, 3, 0));
	CHECK_EQ(fill(0x40000000, MMU_READ, true), SPT_OK);
	CHECK_EQ(fill(0xc0000000, MMU_READ, false), SPT_OK);
	spt_move_window(&s, 0xc00);
	CHECK_EQ(s.window_index, 0xc00);
	CHECK_EQ(fill(0xc0000000, MMU_READ, false), SPT_WINDOW);
	CHECK_EQ(s.common.l1[0xfe0] | s.empty.l1[0xfe0] | s.current->view[0].l1[0xfe0], 0);
	check_all();
	spt_move_window(&s, 0xfe0);
	CHECK_EQ(fill(0xc0000000, MMU_READ, false), SPT_OK);
	check_all();
}

static bool
known(unsigned space)
{
	go_to(space);
	return s.current != NULL;
}

static void
test_exhaustion(void)
{
	check_case("the space that was used the longest ago goes first");
	begin(3, 16);
	for (unsigned n = 0; n < 4; n++)
		put_l1(n, 0x400, SECT(RAM, 3, NG_SECT));
	for (unsigned n = 0; n < 3; n++) {
		go_to(n);
		CHECK_EQ(fill(0x40000000, MMU_READ, true), SPT_OK);
		go_to(n); // known now, and used
	}
	CHECK(known(0));
	go_to(3);
	CHECK_EQ(fill(0x40000000, MMU_READ, true), SPT_OK);
	CHECK(known(3) && known(0) && known(2) && !known(1));
	CHECK_EQ(s.n.evictions, 1);
	check_all();

	check_case("one page of pool does");
	begin(1, 1);
	for (uint32_t i = 0; i < 8; i++) {
		put_l1(0, 0x400 + i, L2S | 1u);
		put(L2S + i * 4, PAGE(RAM + (i << 12), 3, NG_PAGE));
	}
	for (uint32_t i = 0; i < 8; i++) {
		struct seen e;

		CHECK_EQ(fill((0x400 + i) << 20 | i << 12, MMU_WRITE, true), SPT_OK);
		e = shadow((0x400 + i) << 20 | i << 12, true);
		CHECK(writable(&e));
	}
	CHECK_EQ(s.n.recycles, 1);
}

//----------------------------------------------------------------------------
// The random guest

static uint32_t
random_gpa(void)
{
	static const uint32_t other[] = {DEVICE, 0x0a000000, RAM + RAM_SIZE, 0, ROM, ROM, ROM, ROM};

	return below(6) ? RAM + below(3) * SECTION_SIZE : other[below(8)];
}

static uint32_t
random_ap(void)
{
	static const uint32_t ap[] = {1, 2, 3, 5, 7, 3, 1, 0};

	return ap[below(8)];
}

static uint32_t
random_section(bool user)
{
	return SECT(random_gpa(), random_ap(),
		    (user || !below(4) ? NG_SECT : 0) | below(3) << 5 | (below(4) ? 0 : 0x10));
}

static uint32_t
random_page(bool user)
{
	uint32_t gpa = random_gpa() + (below(4) << 12), ng = user || !below(4) ? NG_PAGE : 0;

	return PAGE(gpa, random_ap(), ng | (below(4) ? 0 : 1u));
}

// A few pages of each section are used, so that aliases are frequent.
static uint32_t
random_va(unsigned slot)
{
	return slot_index(slot) << 20 | below(2) << 16 | below(4) << 12 | below(1024) << 2;
}

static void
maintain(unsigned space, uint32_t va, bool user)
{
	switch (below(8)) {
	case 0:
		spt_drop_all(&s);
		break;
	case 1:
		if (user) {
			spt_drop_asid(&s, space + 7);
			break;
		} // falls through
	case 2 ... 4:
		if (user) {
			spt_drop_va(&s, GVA(va), space + 7);
			break;
		} // falls through
	default:
		spt_drop_va_all(&s, GVA(va));
	}
}

// Changes a page, or all of a large one, and maintains the TLB by any address in it.
static void
change_page(unsigned space, unsigned slot)
{
	bool user = slot < USER_SLOTS;
	uint32_t va = random_va(slot), table = slot_l2(space, slot), d = random_page(user), first = va >> 12 & 0xf0;
	bool large = (get(table + (va >> 12 & 255) * 4) & 3) == 1;

	if ((get(ttbr0(space) + (va >> 20) * 4) & 3) != 1)
		return;
	if (large || !below(4)) {
		bool to_large = below(2);

		if (!large && to_large) // sixteen entries at once: each might be cached
			for (uint32_t n = 0; n < 16; n++) {
				put(table + (first + n) * 4, 0);
				spt_drop_va_all(&s, GVA((va & 0xffff0000) | n << 12));
			}
		else if (!large)
			return;
		for (uint32_t n = 0; n < 16; n++)
			put(table + (first + n) * 4, to_large ? ((d & 0xffff0000) | 0xd | (d & 0xa30)) : 0);
	} else {
		put(table + (va >> 12 & 255) * 4, below(4) ? d : 0);
	}
	maintain(space, va, user);
}

static void
change_l1(unsigned space, unsigned slot)
{
	bool user = slot < USER_SLOTS;
	uint32_t i = slot_index(slot), old = get(ttbr0(space) + i * 4), d = below(3) ? random_section(user) : 0;

	if (below(2))
		d = slot_l2(space, slot) | below(3) << 5 | 1u;
	put_l1(space, i, d);
	if ((old & 3) == 2)
		maintain(space, i << 20 | below(0x100000), user);
	else if ((old & 3) == 1 && user && below(2))
		spt_drop_asid(&s, space + 7);
	else if ((old & 3) == 1)
		spt_drop_all(&s);
}

static void
change_super(void)
{
	bool was = get(ttbr0(0) + SUPER * 4);
	uint32_t d = SECT(RAM, random_ap(), 1u << 18 | (below(2) ? NG_SECT : 0));

	for (uint32_t i = 0; i < 16; i++)
		put_l1(0, SUPER + i, was ? 0 : d);
	if (was)
		maintain(0, SUPER << 20 | below(0x1000000), false);
}

//----------------------------------------------------------------------------
// The same with long descriptors: blocks of 2 MiB, and pages. A space has four tables of the second level, one for each
// GiB, of which the kernel's two are the same in all.

static uint32_t
long_l2(unsigned space, uint32_t va)
{
	return TABLES + 0x20000u + ((va >> 31 ? 0 : space) * 4 + (va >> 30)) * 0x1000u;
}

// The slots of one block share its table: that of the even section's.
static uint32_t
long_l3(unsigned space, unsigned slot)
{
	if (slot && slot_index(slot) % 2 && slot_index(slot - 1) == slot_index(slot) - 1)
		slot--;
	return TABLES + 0x40000u + ((slot < USER_SLOTS ? space : 0) * SLOTS + slot) * 0x1000u;
}

static void
make_long_tables(void)
{
	for (unsigned n = 0; n < SPACES; n++)
		for (uint32_t gib = 0; gib < 4; gib++)
			put(ttbr0(n) + gib * 8, long_l2(n, gib << 30) | 3u);
}

// AF, AP[2:1], nG and the type of a block (1) or page (3); the upper word has XN and PXN.
static uint32_t
random_long(bool user, uint32_t type)
{
	uint32_t gpa = random_gpa() + (type == 3 ? below(4) << 12 : 0), mask = type == 3 ? 0xfffff000u : 0xffe00000u;

	return (gpa & mask) | (below(16) ? 0x400u : 0) | below(4) << 6 | (user || !below(4) ? 0x800u : 0) | type;
}

static void
put_long(uint32_t at, uint32_t low)
{
	put(at, low);
	put(at + 4, low & 1u && !below(3) ? 1u << (21 + below(2)) : 0);
}

static void
change_long(unsigned space, unsigned slot)
{
	bool user = slot < USER_SLOTS;
	uint32_t va = random_va(slot), at = long_l2(space, va) + bits(va, 29, 21) * 8, old = get(at);
	uint32_t l3 = long_l3(space, slot) + bits(va, 20, 12) * 8;

	if ((old & 3) == 3 && below(4)) {
		put_long(l3, below(4) ? random_long(user, 3) : 0);
		maintain(space, va, user);
		return;
	}
	put_long(at, below(3) ? random_long(user, 1) : below(2) ? (l3 & ~0xfffu) | 3u : 0);
	if (get(at + 4) && (get(at) & 3) == 3)
		put(at + 4, 0);
	if ((old & 3) == 1)
		maintain(space, (va & ~0x1fffffu) | below(0x200000), user);
	else if ((old & 3) == 3)
		spt_drop_all(&s);
}

static void
random_access(unsigned slot)
{
	struct spt_request rq = request(random_va(slot), (enum mmu_access)below(3), below(2));
	struct mmu_xlat x, own;
	uint32_t fs, own_fs = mmu_walk(&regs, &mem, rq.va, &own);
	enum spt_result r = spt_fill(&s, &rq, &x, &fs);
	struct seen e;

	if (own_fs == FS_NONE)
		own_fs = mmu_check(&regs, &own, rq.access, rq.privileged);
	CHECK_EQ(r == SPT_FAULT ? fs : FS_NONE, own_fs);
	switch (r) {
	case SPT_OK:
		e = look(spt_view(&s, rq.view), rq.va.v);
		CHECK(may(&e, rq.access));
		break;
	case SPT_UNSCANNED:
		CHECK(rq.access == MMU_EXEC && rq.privileged);
		run(rq.va.v, below(2));
		break;
	case SPT_TRACKED:
		CHECK(rq.access == MMU_WRITE && is_tracked(x.gpa.v));
		if (below(2))
			drop_code(x.gpa);
		break;
	case SPT_WINDOW:
		CHECK_EQ(rq.va.v >> 20, s.window_index);
		spt_move_window(&s, below(2) ? 0xfe0 : slot_index(below(SLOTS)));
		break;
	case SPT_DEVICE:
		CHECK(!gmem_read(&mem, x.gpa, 4) || (rq.access == MMU_WRITE && !gmem_has(&mem, x.gpa, 1)));
		break;
	case SPT_FAULT:
		break;
	}
}

static void
random_step(unsigned *space)
{
	unsigned slot = below(4) ? below(USER_SLOTS + KERNEL_SLOTS) : below(SLOTS);

	switch (below(32)) {
	case 0 ... 3:
		*space = below(SPACES);
		go_to(*space);
		break;
	case 4 ... 6:
		if (long_tables)
			change_long(*space, slot);
		else
			change_page(*space, below(USER_SLOTS + KERNEL_SLOTS));
		break;
	case 7 ... 8:
		if (long_tables)
			change_long(*space, slot);
		else
			change_l1(*space, below(USER_SLOTS + KERNEL_SLOTS));
		break;
	case 9:
		if (!long_tables)
			change_super();
		break;
	case 10:
		drop_code(GPA(random_gpa() + (below(4) << 12)));
		break;
	case 11:
		if (!below(8))
			spt_move_window(&s, slot_index(below(SLOTS)));
		break;
	default:
		random_access(slot);
	}
}

static void
test_random(unsigned seed)
{
	static char name[64];
	unsigned space = 0, step;

	snprintf(name, sizeof(name), "random guest %u%s", seed, long_tables ? ", long descriptors" : "");
	check_case(name);
	srandom(seed);
	begin(1 + below(SPACES), seed % 3 ? 18 : 1 + below(3));
	regs.sctlr |= (below(2) ? SCTLR_AFE : 0) | (below(4) ? 0 : SCTLR_WXN);
	if (long_tables)
		make_long_tables();
	else
		regs.ttbcr = below(3);
	regs.dacr = below(4) ? CLIENTS : 0x55555557; // domain 0 of managers
	for (step = 0; step < STEPS && !check_state.failed; step++) {
		random_step(&space);
		check_all();
	}
	if (check_state.failed)
		printf("    in step %u\n", step);
	CHECK(s.n.fills > STEPS / 20 && s.n.drops > 0 && s.n.flushes > 0);
}

int
main(void)
{
	mem = (struct gmem){.base = GPA(RAM), .size = RAM_SIZE, .host = HPA(low_memory(RAM_SIZE, SECTION_SIZE))};
	mem.rom = rom;
	rom[0] = (struct gmem_rom){.base = GPA(0), .hidden = true};
	rom[1] = (struct gmem_rom){.base = GPA(ROM), .blank = HPA(low_memory(PAGE_SIZE, PAGE_SIZE))};
	rom[1].block[0] = HPA(low_memory(GMEM_ROM_BLOCK, PAGE_SIZE));
	pool_room = low_memory(POOL_MAX, PAGE_SIZE);
	tables = low_memory(SPT_TABLES(SPT_SPACES), SPT_L1_SIZE);
	fake_arch.on_tlbi = tlb_drop;
	fake_arch.on_barrier = settle;
	test_sizes();
	test_results();
	test_types();
	test_barriers();
	test_tracking();
	test_common();
	test_window();
	test_exhaustion();
	for (unsigned seed = 1; seed <= 2 * RUNS; seed++) {
		long_tables = seed > RUNS;
		test_random(seed);
	}
	return check_done("spt");
}
