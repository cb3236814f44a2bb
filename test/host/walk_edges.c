// SPDX-License-Identifier: MIT
// uses: mmu/walk.c
//
// Tables at the very edges of RAM: the last descriptor that is there is read, the one behind it is an external abort,
// for either format, level and TTBR, and the quick walk leaves it alone. RAM is as long as it says, and not a byte
// longer.
#include <stdlib.h>
#include <string.h>
#include "mmu/quick.h"
#include "mmu/walk.h"
#include "test/host/check.h"

#define RAM   0x40000000u
#define SIZE  0x00100000u
#define END   (RAM + SIZE)
#define L1    (RAM + 0x10000u)
#define SECT  0x40000c0eu // of RAM, for all
#define SMALL 0x4000003eu

static struct gmem mem;
static struct mmu_regs regs;

static void
put(uint32_t gpa, uint32_t word)
{
	memcpy((char *)mem.host.v + (gpa - RAM), &word, sizeof(word));
}

static void
fresh(const char *name)
{
	check_case(name);
	memset((void *)mem.host.v, 0, SIZE);
	regs = (struct mmu_regs){.core = MMU_PXN, .sctlr = SCTLR_M, .dacr = 0x55555555u, .ttbr0 = L1, .ttbr1 = L1};
}

static uint32_t
walk(uint32_t va)
{
	struct mmu_xlat x;

	return mmu_walk(&regs, &mem, GVA(va), &x);
}

static bool
quick(uint32_t va)
{
	struct mmu_xlat x;
	uint32_t can;

	return mmu_walk_quick(&regs, &mem, GVA(va), true, &x, &can);
}

static void
expect(uint32_t va, uint32_t fs, bool is_quick)
{
	CHECK_EQ(walk(va), fs);
	CHECK_EQ(quick(va), is_quick);
}

static void
test_short(void)
{
	fresh("first-level tables at RAM's end, behind it, and before its beginning");
	regs.ttbr0 = END - 0x4000u;
	put(END - 4u, SECT);
	put(END - 0x4000u, SECT);
	expect(0xfff00000u, FS_NONE, true);
	expect(0, FS_NONE, true);
	regs.ttbr0 = END;
	expect(0, FS_EXTERNAL_WALK_1, false);
	expect(0xfff00000u, FS_EXTERNAL_WALK_1, false);
	regs.ttbr0 = RAM - 0x4000u;
	expect(0xfff00000u, FS_EXTERNAL_WALK_1, false);
	regs.ttbr0 = RAM;
	put(RAM, SECT);
	expect(0, FS_NONE, true);
	regs.ttbr0 = 0xffffc000u;
	expect(0xfff00000u, FS_EXTERNAL_WALK_1, false);

	fresh("second-level tables there");
	put(L1, (END - 0x400u) | 1u);
	put(L1 + 4u, END | 1u);
	put(L1 + 8u, (RAM - 0x400u) | 1u);
	put(L1 + 12u, RAM | 1u);
	put(L1 + 16u, 0xfffffc01u);
	put(END - 4u, SMALL);
	put(END - 0x400u, SMALL);
	put(RAM, SMALL);
	expect(0x000ff000u, FS_NONE, true);
	expect(0x00000000u, FS_NONE, true);
	expect(0x00100000u, FS_EXTERNAL_WALK_2, false);
	expect(0x002ff000u, FS_EXTERNAL_WALK_2, false);
	expect(0x00300000u, FS_NONE, true);
	expect(0x004ff000u, FS_EXTERNAL_WALK_2, false);

	fresh("TTBR1's, and the smaller ones of TTBR0, which end with RAM or behind it");
	for (uint32_t n = 1; n < 8; n++) {
		regs.ttbcr = n;
		regs.ttbr0 = END - (0x4000u >> n);
		regs.ttbr1 = END - 0x4000u;
		put(END - 4u, SECT);
		expect(((0x1000u >> n) - 1u) << 20, FS_NONE, false);
		expect(0xfff00000u, FS_NONE, false);
		regs.ttbr0 = END;
		regs.ttbr1 = END;
		expect(0, FS_EXTERNAL_WALK_1, false);
		expect(0xfff00000u, FS_EXTERNAL_WALK_1, false);
	}
}

static void
test_long(void)
{
	fresh("long descriptors");
	regs.ttbcr = TTBCR_EAE;
	regs.prrr = 0xff;
	regs.ttbr0 = END - 32u;
	put(END - 8u, 0x40000f41u);
	expect(0xc0000000u, FS_NONE, false);
	regs.ttbr0 = END;
	expect(0, FS_LONG_EXTERNAL_WALK + 1u, false);
	regs.ttbr0 = L1;
	put(L1, (END - 0x1000u) | 3u);
	put(L1 + 8u, END | 3u);
	put(L1 + 16u, (END - 0x1000u) | 3u);
	put(L1 + 20u, 1); // above 4 GiB
	expect(0x3fe00000u, FS_NONE, false);
	expect(0x40000000u, FS_LONG_EXTERNAL_WALK + 2u, false);
	expect(0x80000000u, FS_LONG_EXTERNAL_WALK + 2u, false);
	put(END - 0x1000u, END | 3u);
	expect(0, FS_LONG_EXTERNAL_WALK + 3u, false);
	regs.ttbr0_high = 1;
	expect(0, FS_LONG_EXTERNAL_WALK + 1u, false);
}

int
main(void)
{
	mem = (struct gmem){.base = GPA(RAM), .size = SIZE, .host = HPA(aligned_alloc(0x1000, SIZE))};
	test_short();
	test_long();
	free((void *)mem.host.v);
	return check_done("walk_edges");
}
