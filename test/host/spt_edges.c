// SPDX-License-Identifier: MIT
// uses: shadowpt/spt.c shadowpt/fill.c shadowpt/pool.c mmu/walk.c
//
// Shadow tables where two things meet that seldom do, and which the random guest of spt.c doesn't play: frames that
// are mapped again and again, ROM, spaces that differ in one register, long descriptors, slots and ASIDs of the host's
// that are used again, more entries than are cleared one by one. As there, descriptors are taken apart by literals.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "shadowpt/spt.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"

#define RAM       0x40000000u
#define RAM_MIB   8u
#define RAM_SIZE  (RAM_MIB << 20)
#define L1(n)     (RAM + 0x400000u + (n)*0x4000u) // first-level tables
#define L2(n)     (RAM + 0x600000u + (n)*0x400u)  // second-level ones
#define ROM       0x00000000u
#define SPACES    12u
#define POOL_SIZE (64u * PAGE_SIZE)
#define WINDOW    0xfe0u
#define WINDOW_L1 0x7ff05c0eu
#define USER_VA   0x00100000u // what TTBR0 has; the kernel's is at KERNEL_VA
#define KERNEL_VA 0xc0000000u

#define SECT(gpa, ap, more) ((gpa) | 2u | 0xcu | ((ap)&3u) << 10 | ((ap) >> 2) << 15 | (more))
#define PAGE(gpa, ap, more) ((gpa) | 2u | 0xcu | ((ap)&3u) << 4 | ((ap) >> 2) << 9 | (more))
#define NG_SECT             0x20000u
#define NG_PAGE             0x800u

static struct gmem mem;
static struct gmem_rom rom[GMEM_ROMS];
static struct pool pool;
static char *pool_room, *tables, *rom_block;
static struct spt_frame frames[(RAM_SIZE + GMEM_ROMS * GMEM_ROM_SIZE) / PAGE_SIZE];
static struct spt_section sections[ARRAY_LEN(frames) / 256];
static struct spt_space spaces[SPT_SPACES];
static struct spt_known known[SPT_ASIDS + 1];
static struct spt s;
static struct mmu_regs regs;
static struct mmu_xlat x;
static uint32_t told[64]; // host ASIDs that arch_tlbi_asid was told
static unsigned n_told;

static void *
low_memory(size_t size, size_t align)
{
	char *p = mmap(NULL, size + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p + (-(uintptr_t)p & (align - 1));
}

static void
note_tlbi(enum fake_tlbi kind, uint32_t what)
{
	if (kind == TLBI_ASID && n_told < ARRAY_LEN(told))
		told[n_told++] = what;
}

static bool
was_told(uint32_t asid)
{
	for (unsigned i = 0; i < n_told; i++)
		if (told[i] == asid)
			return true;
	return false;
}

static void
put(uint32_t gpa, uint32_t word)
{
	*(uint32_t *)gmem_hpa(&mem, GPA(gpa)).v = word;
}

// Maps the section of va in space n's table.
static void
put_l1(unsigned n, uint32_t va, uint32_t d)
{
	put(L1(n) + (va >> 20) * 4, d);
}

// And the page, by second-level table `table` (in no other section).
static void
put_page(unsigned n, uint32_t va, unsigned table, uint32_t d)
{
	put_l1(n, va, L2(table) | 1u);
	put(L2(table) + (va >> 12 & 255) * 4, d);
}

static void
go_to(unsigned n, uint32_t asid)
{
	regs.ttbr0 = L1(n) | 0x4a;
	regs.contextidr = asid;
	spt_switch(&s, &regs);
}

static void
fresh(const char *name, unsigned n_spaces)
{
	struct spt_room room = {&pool, frames, sections, spaces, n_spaces, HPA(tables), known};

	check_case(name);
	memset((void *)mem.host.v, 0, RAM_SIZE);
	memset(pool_room, 0xa5, POOL_SIZE);
	memset(tables, 0xa5, SPT_TABLES(SPACES));
	memset(rom, 0, sizeof(rom));
	rom[0] = (struct gmem_rom){.base = GPA(ROM), .blank = HPA(rom_block)};
	rom[0].block[0] = HPA(rom_block);
	rom[1] = (struct gmem_rom){.base = GPA(0x04000000), .blank = HPA(rom_block)};
	regs = (struct mmu_regs){.core = MMU_PXN, .sctlr = SCTLR_M, .dacr = 0x55555555u};
	pool_init(&pool, HPA(pool_room), POOL_SIZE);
	spt_init(&s, &mem, &room, WINDOW, WINDOW_L1);
	n_told = 0;
	go_to(0, 7);
}

static enum spt_result
fill_as(uint32_t va, enum mmu_access access, bool privileged, enum spt_view view)
{
	struct spt_request rq = {&regs, GVA(va), access, privileged, view};
	uint32_t fs;

	return spt_fill(&s, &rq, &x, &fs);
}

static enum spt_result
kernel(uint32_t va, enum mmu_access access)
{
	return fill_as(va, access, true, SPT_KERNEL);
}

static enum spt_result
user(uint32_t va, enum mmu_access access)
{
	return fill_as(va, access, false, SPT_USER);
}

// Gives the kernel's page at va out as code, shown by itself.
static void
run(uint32_t va)
{
	struct spt_request rq = {&regs, GVA(va), MMU_EXEC, true, SPT_KERNEL};
	uint32_t fs;

	CHECK_EQ(spt_fill(&s, &rq, &x, &fs), SPT_UNSCANNED);
	spt_map_exec(&s, &rq, &x, HPA((uintptr_t)gmem_read(&mem, GPA(x.gpa.v & ~PAGE_MASK), PAGE_SIZE)));
}

// What stands at va in a table: 0 for nothing, a section's descriptor, or a page's.
static uint32_t
entry(const struct spt_table *t, uint32_t va)
{
	uint32_t l1 = t->l1[va >> 20];

	return (l1 & 3u) == 1u ? ((uint32_t *)(uintptr_t)(l1 & ~0x3ffu))[va >> 12 & 255] : l1;
}

static uint32_t
shown(uint32_t va, enum spt_view view)
{
	return entry(spt_view(&s, view), va);
}

static bool
writable(uint32_t va, enum spt_view view)
{
	uint32_t l1 = spt_view(&s, view)->l1[va >> 20], e = shown(va, view);

	return e && ((l1 & 3u) == 1u ? (e >> 4 & 3u) == 3u && !(e >> 9 & 1u) : (e >> 10 & 3u) == 3u && !(e >> 15 & 1u));
}

//----------------------------------------------------------------------------
// Frames that are mapped more than once

static void
test_again(void)
{
	fresh("the last of many addresses, mapped again, is still one of many", 4);
	for (uint32_t i = 0; i < 3; i++)
		put_page(0, USER_VA + (i << 12), 0, PAGE(RAM + 0x3000, 3, NG_PAGE));
	put_l1(0, KERNEL_VA, SECT(RAM, 1, 0));
	CHECK_EQ(user(USER_VA, MMU_WRITE), SPT_OK);
	CHECK_EQ(user(USER_VA + 0x1000, MMU_WRITE), SPT_OK);
	CHECK_EQ(user(USER_VA + 0x1000, MMU_WRITE), SPT_OK);
	run(KERNEL_VA + 0x3000);
	CHECK(!writable(USER_VA, SPT_USER) && !writable(USER_VA + 0x1000, SPT_USER));

	fresh("the same of a page in two spaces at one address, and one elsewhere", 4);
	for (unsigned n = 0; n < 2; n++) {
		put_page(n, USER_VA, n, PAGE(RAM + 0x3000, 3, NG_PAGE));
		put_page(n, USER_VA + 0x1000, n, PAGE(RAM + 0x3000, 3, NG_PAGE));
		put_l1(n, KERNEL_VA, SECT(RAM, 1, 0));
	}
	CHECK_EQ(user(USER_VA + 0x1000, MMU_WRITE), SPT_OK);
	CHECK_EQ(user(USER_VA, MMU_WRITE), SPT_OK);
	go_to(1, 8);
	CHECK_EQ(user(USER_VA, MMU_WRITE), SPT_OK);
	run(KERNEL_VA + 0x3000);
	CHECK(!writable(USER_VA, SPT_USER));
	go_to(0, 7);
	CHECK(!writable(USER_VA, SPT_USER) && !writable(USER_VA + 0x1000, SPT_USER));

	fresh("a section mapped again is still one of many", 4);
	for (uint32_t i = 0; i < 3; i++)
		put_l1(0, USER_VA + (i << 20), SECT(RAM, 3, NG_SECT));
	put_l1(0, KERNEL_VA, SECT(RAM, 1, 0));
	CHECK_EQ(user(USER_VA, MMU_WRITE), SPT_OK);
	CHECK_EQ(user(USER_VA + 0x100000, MMU_WRITE), SPT_OK);
	CHECK_EQ(user(USER_VA + 0x100000, MMU_READ), SPT_OK);
	run(KERNEL_VA + 0x3000);
	CHECK(!writable(USER_VA + 0x3000, SPT_USER) && !writable(USER_VA + 0x103000, SPT_USER));

	fresh("a frame mapped by a page and by sections", 4);
	put_l1(0, USER_VA, SECT(RAM, 3, NG_SECT));
	put_page(0, USER_VA + 0x100000, 0, PAGE(RAM + 0x3000, 3, NG_PAGE));
	put_l1(0, KERNEL_VA, SECT(RAM, 1, 0));
	CHECK_EQ(user(USER_VA, MMU_WRITE), SPT_OK);
	CHECK_EQ(user(USER_VA + 0x100000, MMU_WRITE), SPT_OK);
	CHECK_EQ(kernel(KERNEL_VA, MMU_WRITE), SPT_OK);
	run(KERNEL_VA + 0x3000);
	CHECK(!writable(USER_VA + 0x3000, SPT_USER) && !writable(USER_VA + 0x100000, SPT_USER));
	CHECK(!writable(KERNEL_VA + 0x3000, SPT_KERNEL));

	check_case("and is written again by none of them until it is data");
	CHECK_EQ(user(USER_VA + 0x3000, MMU_WRITE), SPT_TRACKED);
	CHECK_EQ(user(USER_VA + 0x100000, MMU_WRITE), SPT_TRACKED);
	CHECK_EQ(kernel(KERNEL_VA + 0x3000, MMU_WRITE), SPT_TRACKED);
	CHECK_EQ(user(USER_VA, MMU_WRITE), SPT_OK);
	CHECK(!writable(USER_VA + 0x3000, SPT_USER));
	spt_untrack(&s, GPA(RAM + 0x3000));
	CHECK(!shown(KERNEL_VA + 0x3000, SPT_KERNEL));
	CHECK_EQ(kernel(KERNEL_VA + 0x3000, MMU_WRITE), SPT_OK);
	CHECK(!sections[0].tracked);
}

// A code page executed at several addresses loses all of them when it gets another copy.
static void
test_exec_again(void)
{
	fresh("code executed at two addresses, and at the last again, goes from both", 4);
	put_l1(0, KERNEL_VA, SECT(RAM, 1, 0));
	put_l1(0, KERNEL_VA + 0x100000, SECT(RAM, 1, 0));
	run(KERNEL_VA + 0x3000);
	run(KERNEL_VA + 0x103000);
	run(KERNEL_VA + 0x103000);
	spt_drop_exec(&s, GPA(RAM + 0x3000));
	CHECK(!shown(KERNEL_VA + 0x3000, SPT_KERNEL) && !shown(KERNEL_VA + 0x103000, SPT_KERNEL));
	CHECK(spt_tracked(&s, GPA(RAM + 0x3000)));

	check_case("an old generation's record drops nothing");
	run(KERNEL_VA + 0x3000);
	spt_drop_all(&s);
	CHECK_EQ(kernel(KERNEL_VA, MMU_READ), SPT_OK);
	uint32_t flushes = s.n.flushes;

	spt_drop_exec(&s, GPA(RAM + 0x3000));
	CHECK_EQ(s.n.flushes, flushes);
	CHECK(shown(KERNEL_VA, SPT_KERNEL));
}

//----------------------------------------------------------------------------
// ROM

static void
test_rom(void)
{
	fresh("ROM is read, never written, and executed by the kernel only when scanned", 4);
	put_l1(0, KERNEL_VA, SECT(ROM, 1, 0));
	put_l1(0, USER_VA, SECT(ROM, 3, NG_SECT));
	put_l1(0, WINDOW << 20, SECT(ROM, 1, 0));
	CHECK(!s.rom_mapped);
	CHECK_EQ(kernel(KERNEL_VA + 0x5000, MMU_WRITE), SPT_DEVICE);
	CHECK_EQ(user(USER_VA, MMU_WRITE), SPT_DEVICE);
	CHECK_EQ(kernel(WINDOW << 20, MMU_READ), SPT_WINDOW);
	CHECK_EQ(kernel(KERNEL_VA + 0x5000, MMU_EXEC), SPT_UNSCANNED);
	CHECK(!s.rom_mapped);
	CHECK_EQ(kernel(KERNEL_VA + 0x5000, MMU_READ), SPT_OK);
	CHECK(s.rom_mapped);
	CHECK_EQ(shown(KERNEL_VA + 0x5000, SPT_KERNEL) & ~PAGE_MASK, (uint32_t)(uintptr_t)rom_block + 0x5000);
	CHECK(!writable(KERNEL_VA + 0x5000, SPT_KERNEL) && (shown(KERNEL_VA + 0x5000, SPT_KERNEL) & 1u));
	CHECK_EQ(user(USER_VA + 0x5000, MMU_EXEC), SPT_OK);
	CHECK(!writable(USER_VA + 0x5000, SPT_USER) && !(shown(USER_VA + 0x5000, SPT_USER) & 1u));
	CHECK_EQ(kernel(KERNEL_VA + 0x5000, MMU_WRITE), SPT_DEVICE);

	check_case("dropping all forgets that it is mapped; executing notes it as well");
	spt_drop_all(&s);
	CHECK(!s.rom_mapped);
	run(KERNEL_VA + 0x5000);
	CHECK(s.rom_mapped && shown(KERNEL_VA + 0x5000, SPT_KERNEL));
	CHECK(!writable(KERNEL_VA + 0x5000, SPT_KERNEL) && !(shown(KERNEL_VA + 0x5000, SPT_KERNEL) & 1u));

	check_case("a hidden bank is a device");
	spt_drop_all(&s);
	rom[0].hidden = true;
	CHECK_EQ(kernel(KERNEL_VA + 0x5000, MMU_READ), SPT_DEVICE);
	CHECK_EQ(user(USER_VA, MMU_EXEC), SPT_DEVICE);
	CHECK(!s.rom_mapped);

	fresh("RAM's last page is RAM, the next one isn't, nor the one before the first", 4);
	put_page(0, USER_VA, 0, PAGE(RAM + RAM_SIZE - 0x1000, 3, NG_PAGE));
	put_page(0, USER_VA + 0x1000, 0, PAGE(RAM + RAM_SIZE, 3, NG_PAGE));
	put_page(0, USER_VA + 0x2000, 0, PAGE(RAM - 0x1000, 3, NG_PAGE));
	put_page(0, USER_VA + 0x3000, 0, PAGE(RAM, 3, NG_PAGE));
	CHECK_EQ(user(USER_VA, MMU_WRITE), SPT_OK);
	CHECK_EQ(user(USER_VA + 0x1000, MMU_WRITE), SPT_DEVICE);
	CHECK_EQ(user(USER_VA + 0x2000, MMU_WRITE), SPT_DEVICE);
	CHECK_EQ(user(USER_VA + 0x3000, MMU_WRITE), SPT_OK);
}

//----------------------------------------------------------------------------
// Which space it is

// The known space's tables, or none, for this ASID.
static bool
is_known(uint32_t asid)
{
	return known[asid].host_asid != SPT_ASID_FIRST;
}

static void
own_page(unsigned n, uint32_t frame)
{
	put_page(n, USER_VA, n, PAGE(RAM + frame, 3, NG_PAGE));
	CHECK_EQ(user(USER_VA, MMU_READ), SPT_OK);
}

static void
test_registers(void)
{
	fresh("spaces that differ in TTBR1, or TTBCR, are two, and the window knows those of the current ones", 6);
	own_page(0, 0x3000);
	CHECK(is_known(7) && s.current);
	CHECK_EQ(known[7].user, (uint32_t)(uintptr_t)spt_view(&s, SPT_USER)->l1 | SPT_TTBR_WALK);
	CHECK_EQ(known[7].kernel, (uint32_t)(uintptr_t)spt_view(&s, SPT_KERNEL)->l1 | SPT_TTBR_WALK);
	regs.ttbr1 = L1(3);
	spt_know(&s, &regs);
	spt_switch(&s, &regs);
	CHECK(!s.current && !is_known(7));
	regs.ttbr1 = 0;
	regs.ttbcr = 1;
	spt_know(&s, &regs);
	spt_switch(&s, &regs);
	CHECK(!s.current && !is_known(7));
	regs.ttbcr = 0;
	spt_know(&s, &regs);
	CHECK(is_known(7));
	spt_switch(&s, &regs);
	CHECK(s.current);

	check_case("spaces of one ASID that differ in TTBR0");
	go_to(1, 7);
	CHECK(!s.current);
	own_page(1, 0x4000);
	go_to(0, 7);
	CHECK(s.current && (shown(USER_VA, SPT_USER) & ~PAGE_MASK) == (uint32_t)mem.host.v + 0x3000);
	CHECK_EQ(known[7].ttbr0, L1(0) | 0x4a);
	go_to(1, 7);
	CHECK_EQ(shown(USER_VA, SPT_USER) & ~PAGE_MASK, (uint32_t)mem.host.v + 0x4000);
	CHECK_EQ(known[7].ttbr0, L1(1) | 0x4a);

	check_case("maintenance by ASID takes both");
	spt_drop_asid(&s, 7);
	CHECK(!shown(USER_VA, SPT_USER));
	go_to(0, 7);
	CHECK(!shown(USER_VA, SPT_USER));
}

// Switches to a long-descriptor space of ASID 5 whose only table is L1(0)'s: the first GiB is a block of RAM.
static void
go_long(uint32_t high0, uint32_t high1)
{
	regs.ttbr0_high = 5u << 16 | high0;
	regs.ttbr1_high = high1;
	spt_switch(&s, &regs);
}

static void
test_long(void)
{
	static const uint32_t high[][2] = {{0, 0}, {1u << 24, 0}, {0, 1}};

	fresh("with long descriptors spaces differ in the upper halves, too, and the window knows none", 6);
	regs.ttbcr = TTBCR_EAE;
	regs.prrr = 0xff; // MAIR0: Normal
	regs.ttbr0 = L1(0);
	regs.contextidr = 9;
	put(L1(0), RAM | 0xf41u);
	for (unsigned n = 0; n < ARRAY_LEN(high); n++) {
		go_long(high[n][0], high[n][1]);
		CHECK(!s.current);
		CHECK_EQ(user(USER_VA, MMU_READ), SPT_OK);
		CHECK(s.current && s.current->asid == 5);
	}
	for (unsigned n = 0; n < ARRAY_LEN(high); n++) {
		go_long(high[n][0], high[n][1]);
		CHECK(s.current && shown(USER_VA, SPT_USER));
	}
	for (unsigned asid = 0; asid < SPT_ASIDS; asid++)
		CHECK(!is_known(asid));
	spt_know(&s, &regs);
	for (unsigned asid = 0; asid < SPT_ASIDS; asid++)
		CHECK(!is_known(asid));

	check_case("maintenance of any address of a block of 1 GiB drops all of it");
	CHECK_EQ(user(USER_VA + 0x300000, MMU_READ), SPT_OK);
	spt_drop_va(&s, GVA(USER_VA + 0x100000), 5);
	for (uint32_t i = 0; i < 4; i++)
		CHECK(!shown(USER_VA + (i << 20), SPT_USER));
	CHECK_EQ(user(USER_VA, MMU_READ), SPT_OK);
	spt_drop_va_all(&s, GVA(USER_VA + 0x3ff000));
	CHECK(!shown(USER_VA, SPT_USER));

	check_case("and of one that is shown by pages");
	spt_track(&s, GPA(RAM + 0x105000));
	CHECK_EQ(user(USER_VA, MMU_READ), SPT_OK);
	CHECK_EQ(user(USER_VA + 0x6000, MMU_READ), SPT_OK);
	CHECK(shown(USER_VA, SPT_USER));
	spt_drop_va(&s, GVA(USER_VA + 0x200000), 5);
	CHECK(!shown(USER_VA, SPT_USER) && !shown(USER_VA + 0x6000, SPT_USER));
}

// A block of 2 MiB, in the second level at L1(1), which the first entry of L1(0) names.
static void
put_block(uint32_t va, uint32_t d)
{
	put(L1(0), L1(1) | 3u);
	put(L1(1) + bits(va, 29, 21) * 8, d);
}

static void
test_blocks(void)
{
	enum { VA = 0x00600000, PIECE = 0x5000 };
	uint32_t flushes;

	fresh("maintenance of any address of a block of 2 MiB drops both of its sections, and nothing else", 6);
	regs.ttbcr = TTBCR_EAE;
	regs.prrr = 0xff; // MAIR0: Normal
	regs.ttbr0 = L1(0);
	go_long(0, 0);
	for (unsigned at = 0; at < 4; at++) {
		put_block(VA, RAM | 0xc41u);
		put_block(VA + 0x200000, RAM | 0xc41u);
		if (at >= 2) // shown by pages
			spt_track(&s, GPA(RAM + 0x1000)), spt_track(&s, GPA(RAM + 0x101000));
		for (uint32_t i = 0; i < 4; i++)
			CHECK_EQ(user(VA + (i << 20) + PIECE, MMU_READ), SPT_OK);
		flushes = s.n.flushes;
		spt_drop_va(&s, GVA(VA + (at % 2 << 20) + 0x7000), 5);
		for (uint32_t i = 0; i < 4; i++)
			CHECK_EQ(shown(VA + (i << 20) + PIECE, SPT_USER) != 0, i >= 2);
		for (uint32_t i = 0; i < 2; i++)
			CHECK_EQ(user(VA + (i << 20) + PIECE, MMU_READ), SPT_OK);
		spt_drop_va_all(&s, GVA(VA + (at % 2 << 20)));
		CHECK_EQ(s.n.flushes, flushes);
		for (uint32_t i = 0; i < 4; i++)
			CHECK_EQ(shown(VA + (i << 20) + PIECE, SPT_USER) != 0, i >= 2);
	}
	check_case("of pages beside, that aren't of a block, none but the page goes");
	put_block(VA, L1(2) | 3u);
	for (uint32_t i = 0; i < 512; i++)
		put(L1(2) + i * 8, (RAM + (i << 12)) | 0xc43u);
	for (uint32_t i = 0; i < 2; i++)
		CHECK_EQ(user(VA + (i << 20) + PIECE, MMU_READ), SPT_OK);
	spt_drop_va(&s, GVA(VA + PIECE), 5);
	CHECK(!shown(VA + PIECE, SPT_USER) && shown(VA + 0x100000 + PIECE, SPT_USER));

	check_case("global ones in user views of other ASIDs as well");
	put_block(VA, RAM | 0x441u);
	spt_drop_all(&s);
	regs.ttbr0_high = 6u << 16;
	spt_switch(&s, &regs);
	CHECK_EQ(user(VA, MMU_READ), SPT_OK);
	go_long(0, 0);
	spt_drop_va(&s, GVA(VA + 0x100000), 5);
	regs.ttbr0_high = 6u << 16;
	spt_switch(&s, &regs);
	CHECK(!shown(VA, SPT_USER));
}

//----------------------------------------------------------------------------
// Slots and the host's ASIDs, used again

static void
test_slots(void)
{
	const struct spt_table *t;

	fresh("a slot that is used again shows nothing of before, in the TLB neither", 1);
	own_page(0, 0x3000);
	t = spt_view(&s, SPT_USER);
	CHECK(s.made && s.changed);
	s.made = s.changed = false;
	CHECK_EQ(user(USER_VA, MMU_WRITE), SPT_OK);
	CHECK(!s.made);
	go_to(0, 7);
	CHECK(!s.made && s.changed);
	go_to(1, 8);
	put_l1(1, USER_VA + 0x700000, SECT(RAM, 3, NG_SECT));
	CHECK_EQ(user(USER_VA + 0x700000, MMU_READ), SPT_OK);
	CHECK(s.made);
	CHECK(spt_view(&s, SPT_USER) == t);
	CHECK(!shown(USER_VA, SPT_USER));
	CHECK(was_told(t->host_asid) && was_told(t->host_asid - 1u));
	CHECK(!is_known(7) && is_known(8));
	CHECK_EQ(s.n.evictions, 1);

	check_case("so does a kernel view, of entries that weren't global");
	put_page(1, KERNEL_VA, 3, PAGE(RAM + 0x5000, 1, NG_PAGE));
	CHECK_EQ(kernel(KERNEL_VA, MMU_READ), SPT_OK);
	CHECK(!s.common.l1[KERNEL_VA >> 20]);
	go_to(0, 7);
	CHECK(!shown(KERNEL_VA, SPT_KERNEL));
	CHECK_EQ(user(USER_VA, MMU_READ), SPT_OK);
	CHECK(!shown(KERNEL_VA, SPT_KERNEL) && !shown(USER_VA + 0x700000, SPT_USER));

	fresh("a table with more entries than are cleared one by one", 1);
	for (uint32_t i = 0; i < 300; i++)
		put_l1(0, i << 20, SECT(RAM + (i % 4 << 20), 3, NG_SECT));
	for (uint32_t i = 0; i < 300; i++)
		CHECK_EQ(user(i << 20, MMU_READ), SPT_OK);
	go_to(1, 8);
	put_l1(1, 0x3ff00000u, SECT(RAM, 3, NG_SECT));
	CHECK_EQ(user(0x3ff00000u, MMU_READ), SPT_OK);
	for (uint32_t i = 0; i < 300; i++)
		CHECK(!shown(i << 20, SPT_USER));
	CHECK_EQ(spt_view(&s, SPT_USER)->l1[WINDOW], WINDOW_L1);
	CHECK_EQ(spt_view(&s, SPT_USER)->own.n, 1);

	check_case("which all go by ASID as well, and with everything");
	go_to(0, 7);
	for (uint32_t i = 0; i < 300; i++)
		CHECK_EQ(user(i << 20, MMU_READ), SPT_OK);
	spt_drop_asid(&s, 7);
	CHECK(!s.current); // forgotten: quicker than to clear it
	go_to(0, 7);
	CHECK(!shown(USER_VA, SPT_USER));
	for (uint32_t i = 0; i < 300; i++)
		CHECK_EQ(user(i << 20, MMU_READ), SPT_OK);
	spt_drop_all(&s);
	go_to(0, 7);
	CHECK(!shown(USER_VA, SPT_USER));
}

static void
test_many_of_asid(void)
{
	for (unsigned many = 2; many <= SPACES; many += 5) {
		fresh("maintenance by ASID takes every space that has it", SPACES);
		for (unsigned n = 0; n < many; n++) {
			go_to(n, 7);
			own_page(n, 0x3000 + (n << 12));
		}
		go_to(12, 8);
		own_page(12, 0x1000);
		n_told = 0;
		spt_drop_asid(&s, 7);
		for (unsigned n = 0; n < many; n++) {
			go_to(n, 7);
			CHECK(!shown(USER_VA, SPT_USER));
		}
	}
	fresh("maintenance by address and ASID as well", SPACES);
	for (unsigned n = 0; n < 4; n++) {
		go_to(n, 7);
		own_page(n, 0x3000 + (n << 12));
	}
	spt_drop_va(&s, GVA(USER_VA), 7);
	for (unsigned n = 0; n < 4; n++) {
		go_to(n, 7);
		CHECK(!shown(USER_VA, SPT_USER));
	}
}

//----------------------------------------------------------------------------
// Maintenance of what is global, or larger than it looks

static void
test_global(void)
{
	fresh("what is global goes by any ASID, in whatever view and space", 6);
	for (unsigned n = 0; n < 2; n++) {
		put_page(n, USER_VA, n, PAGE(RAM + 0x3000, 3, 0));
		go_to(n, 7 + n);
		CHECK_EQ(user(USER_VA, MMU_READ), SPT_OK);
	}
	spt_drop_va(&s, GVA(USER_VA), 200);
	CHECK(!shown(USER_VA, SPT_USER));
	go_to(0, 7);
	CHECK(!shown(USER_VA, SPT_USER));

	check_case("a space that keeps a table of its own has its global pages there");
	put_page(0, KERNEL_VA, 3, PAGE(RAM + 0x5000, 1, NG_PAGE));
	put(L2(3) + 4, PAGE(RAM + 0x6000, 1, 0));
	CHECK_EQ(kernel(KERNEL_VA, MMU_READ), SPT_OK);
	CHECK_EQ(kernel(KERNEL_VA + 0x1000, MMU_READ), SPT_OK);
	CHECK(!s.common.l1[KERNEL_VA >> 20]);
	CHECK(shown(KERNEL_VA, SPT_KERNEL) && shown(KERNEL_VA + 0x1000, SPT_KERNEL));
	go_to(1, 8);
	CHECK(!shown(KERNEL_VA, SPT_KERNEL));
	spt_drop_va(&s, GVA(KERNEL_VA + 0x1000), 200);
	go_to(0, 7);
	CHECK(shown(KERNEL_VA, SPT_KERNEL) && !shown(KERNEL_VA + 0x1000, SPT_KERNEL));

	check_case("another ASID's maintenance takes the current space's, as on cores that don't look at ASIDs");
	spt_drop_va(&s, GVA(KERNEL_VA), 200);
	CHECK(!shown(KERNEL_VA, SPT_KERNEL));

	fresh("global pages go with TLBIMVAA and TLBIMVA from the common table", 6);
	put_l1(0, KERNEL_VA, SECT(RAM, 1, 0));
	put_page(0, KERNEL_VA + 0x100000, 3, PAGE(RAM + 0x5000, 1, 0));
	for (unsigned all = 0; all < 2; all++) {
		CHECK_EQ(kernel(KERNEL_VA, MMU_READ), SPT_OK);
		CHECK_EQ(kernel(KERNEL_VA + 0x100000, MMU_READ), SPT_OK);
		for (uint32_t va = KERNEL_VA; va < KERNEL_VA + 0x200000; va += 0x100000)
			all ? spt_drop_va_all(&s, GVA(va)) : spt_drop_va(&s, GVA(va), 200);
		CHECK(!shown(KERNEL_VA, SPT_KERNEL) && !shown(KERNEL_VA + 0x100000, SPT_KERNEL));
	}
}

static void
test_pieces(void)
{
	fresh("a section shown by pages goes as a whole, by any of its addresses", 4);
	spt_track(&s, GPA(RAM + 0x7000));
	put_l1(0, USER_VA, SECT(RAM, 3, NG_SECT));
	CHECK_EQ(user(USER_VA, MMU_READ), SPT_OK);
	CHECK_EQ(user(USER_VA + 0x5000, MMU_READ), SPT_OK);
	spt_drop_va(&s, GVA(USER_VA + 0xff000), 7);
	CHECK(!shown(USER_VA, SPT_USER) && !shown(USER_VA + 0x5000, SPT_USER));

	check_case("also if there was a table of pages before");
	put_page(0, USER_VA, 0, PAGE(RAM + 0x3000, 3, NG_PAGE));
	CHECK_EQ(user(USER_VA, MMU_READ), SPT_OK);
	spt_drop_va(&s, GVA(USER_VA), 7);
	put_l1(0, USER_VA, SECT(RAM, 3, NG_SECT));
	CHECK_EQ(user(USER_VA + 0x5000, MMU_READ), SPT_OK);
	spt_drop_va(&s, GVA(USER_VA + 0xff000), 7);
	CHECK(!shown(USER_VA + 0x5000, SPT_USER));

	fresh("a large page goes as a whole, wherever in it the address is", 4);
	for (uint32_t n = 0; n < 16; n++)
		put_page(0, USER_VA + 0x20000 + (n << 12), 0, (RAM + 0x20000) | 1u | 0xcu | 3u << 4 | NG_PAGE);
	put(L2(0) + 0x1f * 4, PAGE(RAM + 0x3000, 3, NG_PAGE));
	put(L2(0) + 0x30 * 4, PAGE(RAM + 0x3000, 3, NG_PAGE));
	for (uint32_t at = 0; at < 16; at += 5) {
		CHECK_EQ(user(USER_VA + 0x1f000, MMU_READ), SPT_OK);
		CHECK_EQ(user(USER_VA + 0x30000, MMU_READ), SPT_OK);
		for (uint32_t n = 0; n < 16; n++)
			CHECK_EQ(user(USER_VA + 0x20000 + (n << 12), MMU_READ), SPT_OK);
		spt_drop_va(&s, GVA(USER_VA + 0x20000 + (at << 12)), 7);
		for (uint32_t n = 0; n < 16; n++)
			CHECK(!shown(USER_VA + 0x20000 + (n << 12), SPT_USER));
		CHECK(shown(USER_VA + 0x1f000, SPT_USER) && shown(USER_VA + 0x30000, SPT_USER));
	}
}

// An entry of another domain, or other rights, takes the place of an old one and of the host's TLB's.
static void
test_replaced(void)
{
	unsigned before;

	fresh("a page in a section's place, and a section in a table's", 4);
	put_l1(0, USER_VA, SECT(RAM, 3, NG_SECT | 2u << 5));
	CHECK_EQ(user(USER_VA, MMU_READ), SPT_OK);
	CHECK_EQ(spt_view(&s, SPT_USER)->l1[USER_VA >> 20] >> 5 & 15u, 2);
	put_l1(0, USER_VA, L2(0) | 3u << 5 | 1u);
	put(L2(0), PAGE(RAM + 0x3000, 3, NG_PAGE));
	before = fake_arch.tlbi_all;
	CHECK_EQ(user(USER_VA, MMU_READ), SPT_OK);
	CHECK(fake_arch.tlbi_all > before);
	CHECK_EQ(spt_view(&s, SPT_USER)->l1[USER_VA >> 20] >> 5 & 15u, 3);
	put_l1(0, USER_VA, L2(0) | 4u << 5 | 1u);
	before = fake_arch.tlbi_all;
	CHECK_EQ(user(USER_VA, MMU_READ), SPT_OK);
	CHECK_EQ(spt_view(&s, SPT_USER)->l1[USER_VA >> 20] >> 5 & 15u, 4);
	CHECK(fake_arch.tlbi_all > before);

	check_case("a page in a page's");
	put(L2(0), PAGE(RAM + 0x4000, 3, NG_PAGE));
	before = fake_arch.tlbi_va;
	CHECK_EQ(user(USER_VA, MMU_READ), SPT_OK);
	CHECK_EQ(fake_arch.tlbi_va, before + 1u);
	CHECK_EQ(fake_arch.last_va, USER_VA);

	check_case("a section in a section's");
	put_l1(0, USER_VA + 0x100000, SECT(RAM, 3, NG_SECT));
	CHECK_EQ(user(USER_VA + 0x100000, MMU_READ), SPT_OK);
	put_l1(0, USER_VA + 0x100000, SECT(RAM + 0x100000, 3, NG_SECT));
	before = fake_arch.tlbi_all;
	CHECK_EQ(user(USER_VA + 0x100000, MMU_READ), SPT_OK);
	CHECK(fake_arch.tlbi_all > before);
}

static void
test_window(void)
{
	fresh("the window moves in every table, those of slots not in use too", 3);
	for (unsigned n = 0; n < 3; n++) {
		go_to(n, 7 + n);
		own_page(n, 0x3000);
	}
	spt_move_window(&s, 0x123);
	for (unsigned n = 0; n < 3; n++) {
		go_to(n, 7 + n);
		own_page(n, 0x3000);
		for (unsigned v = 0; v < 2; v++) {
			CHECK_EQ(spt_view(&s, (enum spt_view)v)->l1[WINDOW], 0);
			CHECK_EQ(spt_view(&s, (enum spt_view)v)->l1[0x123], WINDOW_L1);
		}
	}
	CHECK_EQ(s.common.l1[0x123], WINDOW_L1);
	CHECK_EQ(s.empty.l1[0x123], WINDOW_L1);
	CHECK_EQ(s.common.l1[WINDOW] | s.empty.l1[WINDOW], 0);
	put_l1(2, 0x12300000, SECT(RAM, 3, NG_SECT));
	CHECK_EQ(user(0x12300000, MMU_READ), SPT_WINDOW);
	CHECK_EQ(user(0x12300000, MMU_WRITE), SPT_WINDOW);
}

int
main(void)
{
	mem = (struct gmem){
	    .base = GPA(RAM), .size = RAM_SIZE, .host = HPA(low_memory(RAM_SIZE, SECTION_SIZE)), .rom = rom};
	pool_room = low_memory(POOL_SIZE, PAGE_SIZE);
	tables = low_memory(SPT_TABLES(SPACES), SPT_L1_SIZE);
	rom_block = low_memory(GMEM_ROM_BLOCK, PAGE_SIZE);
	fake_arch.on_tlbi = note_tlbi;
	test_again();
	test_exec_again();
	test_rom();
	test_registers();
	test_long();
	test_blocks();
	test_slots();
	test_many_of_asid();
	test_global();
	test_pieces();
	test_replaced();
	test_window();
	return check_done("spt_edges");
}
