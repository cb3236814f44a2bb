// SPDX-License-Identifier: MIT
// uses:
//
// The one gate to a guest's memory at its exact edges: what is all RAM, and what ROM is where.
#include <stdlib.h>
#include <string.h>
#include "mmu/gmem.h"
#include "test/host/check.h"

#define RAM       0x40000000u
#define SIZE      0x00300000u
#define END       (RAM + SIZE)
#define BANK      (GMEM_ROM_BLOCKS * GMEM_ROM_BLOCK)
#define ROM_1     0x04000000u // the second bank's address; the first is at 0
#define SOME_BYTE 0x5a

static char ram[SIZE], rom_block[GMEM_ROM_BLOCK], blank[PAGE_SIZE];
static struct gmem_rom rom[GMEM_ROMS];
static struct gmem mem = {.base = GPA(RAM), .size = SIZE};

static bool
has(uint32_t gpa, uint32_t len)
{
	bool has = gmem_has(&mem, GPA(gpa), len);
	char *p = has ? ram + (gpa - RAM) : NULL;

	CHECK(gmem_ptr(&mem, GPA(gpa), len) == p);
	mem.rom = NULL;
	CHECK_EQ(gmem_offset(&mem, GPA(gpa)), gpa - RAM < SIZE ? gpa - RAM : GMEM_NOWHERE);
	CHECK(gmem_read(&mem, GPA(gpa), len) == p);
	return has;
}

static void
test_ram(void)
{
	static const uint32_t lens[] = {1, 2, 4, 8, 16, 64, PAGE_SIZE, SIZE - 1u, SIZE};

	check_case("RAM from its first byte to its last, and not one more");
	for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
		uint32_t len = lens[i];

		CHECK(has(RAM, len));
		CHECK(has(END - len, len));
		CHECK(!has(END - len + 1u, len));
		CHECK(!has(RAM - 1u, len));
		CHECK(!has(END, len));
	}
	CHECK(!has(RAM, SIZE + 1u));
	CHECK(!has(RAM + 1u, SIZE));
	CHECK(!has(END, 0));

	check_case("what is far away, and lengths that come round");
	CHECK(!has(0, 4));
	CHECK(!has(RAM - SIZE, 4));
	CHECK(!has(0xfffffffcu, 4));
	CHECK(!has(0xfffffffcu, 8));
	CHECK(!has(END + RAM, 4));
	for (uint32_t len = 0xffffffffu; len > 0xfffffff0u; len--)
		for (uint32_t off = 0; off <= 32u; off += 4)
			CHECK(!has(RAM + off, len));
	CHECK(!has(RAM + 0x10u, 0u - 0x10u));
	CHECK(!has(END - 4u, 0u - SIZE));
	CHECK(!has(END - 4u, 0x80000000u));
}

static const char *
read_rom(uint32_t gpa)
{
	mem.rom = rom;
	return gmem_read(&mem, GPA(gpa), 4);
}

static void
test_rom(void)
{
	check_case("ROM: blocks that hold something, and the blank page in place of the others");
	rom[0] = (struct gmem_rom){.base = GPA(0), .blank = HPA(blank)};
	rom[1] = (struct gmem_rom){.base = GPA(ROM_1), .blank = HPA(blank)};
	rom[0].block[1] = HPA(rom_block);
	rom[1].block[GMEM_ROM_BLOCKS - 1u] = HPA(rom_block);
	CHECK(read_rom(0) == blank);
	CHECK(read_rom(0x1004) == blank + 4);
	CHECK(read_rom(GMEM_ROM_BLOCK - 4u) == blank + PAGE_SIZE - 4u);
	CHECK(read_rom(GMEM_ROM_BLOCK) == rom_block);
	CHECK(read_rom(2u * GMEM_ROM_BLOCK - 4u) == rom_block + GMEM_ROM_BLOCK - 4u);
	CHECK(read_rom(2u * GMEM_ROM_BLOCK) == blank);
	CHECK(read_rom(BANK - 8u) == blank + PAGE_SIZE - 8u);

	check_case("the second bank, to its end");
	CHECK(read_rom(ROM_1) == blank);
	CHECK(read_rom(ROM_1 + BANK - 4u) == rom_block + GMEM_ROM_BLOCK - 4u);
	CHECK(!read_rom(ROM_1 + BANK));
	CHECK(!read_rom(ROM_1 + BANK + GMEM_ROM_BLOCK));
	CHECK(!read_rom(0u - 4u));
	CHECK(!read_rom(RAM - 4u));
	CHECK(read_rom(RAM) == ram);
	CHECK(read_rom(END - 4u) == ram + SIZE - 4u);
	CHECK(!read_rom(END));

	check_case("a hidden bank is none, and hides only itself");
	rom[0].hidden = true;
	CHECK(!read_rom(0) && !read_rom(GMEM_ROM_BLOCK));
	CHECK(read_rom(ROM_1) == blank);
	rom[1].hidden = true;
	CHECK(!read_rom(ROM_1));
	rom[0].hidden = false;
	CHECK(read_rom(GMEM_ROM_BLOCK) == rom_block);

	check_case("where RAM and ROM overlap it is RAM");
	rom[0].base = GPA(RAM);
	CHECK(read_rom(RAM + 4u) == ram + 4u);
	CHECK(gmem_ptr(&mem, GPA(ROM_1), 4) == NULL);
}

// Each byte of RAM and ROM has an offset of its own below gmem_size(), nothing else has any.
static void
test_offsets(void)
{
	check_case("offsets into all memory, from its first byte to its last");
	mem.rom = NULL;
	CHECK_EQ(gmem_size(&mem), SIZE);
	mem.rom = rom;
	rom[0] = (struct gmem_rom){.base = GPA(0), .blank = HPA(blank), .hidden = true};
	rom[1] = (struct gmem_rom){.base = GPA(ROM_1), .blank = HPA(blank)};
	CHECK_EQ(gmem_size(&mem), SIZE + 2u * BANK);
	CHECK_EQ(gmem_offset(&mem, GPA(RAM)), 0);
	CHECK_EQ(gmem_offset(&mem, GPA(END - 1u)), SIZE - 1u);
	CHECK_EQ(gmem_offset(&mem, GPA(END)), GMEM_NOWHERE);
	CHECK_EQ(gmem_offset(&mem, GPA(RAM - 1u)), GMEM_NOWHERE);
	CHECK_EQ(gmem_offset(&mem, GPA(0)), SIZE);
	CHECK_EQ(gmem_offset(&mem, GPA(BANK - 1u)), SIZE + BANK - 1u);
	CHECK_EQ(gmem_offset(&mem, GPA(ROM_1)), SIZE + BANK);
	CHECK_EQ(gmem_offset(&mem, GPA(ROM_1 + BANK - 1u)), SIZE + 2u * BANK - 1u);
	CHECK_EQ(gmem_offset(&mem, GPA(ROM_1 + BANK)), GMEM_NOWHERE);
	CHECK_EQ(gmem_offset(&mem, GPA(0u - 1u)), GMEM_NOWHERE);

	check_case("what is read of ROM ends with its page");
	rom[0].hidden = false;
	CHECK(gmem_read(&mem, GPA(0), PAGE_SIZE) == blank);
	CHECK(!gmem_read(&mem, GPA(0), PAGE_SIZE + 1u));
	CHECK(gmem_read(&mem, GPA(0x1ffc), 4) == blank + 0xffc);
	CHECK(!gmem_read(&mem, GPA(0x1ffd), 4));
	CHECK(!gmem_read(&mem, GPA(0x1fff), 2));
	CHECK(gmem_read(&mem, GPA(0x1fff), 1) == blank + 0xfff);
}

int
main(void)
{
	mem.host = HPA(ram);
	test_ram();
	test_rom();
	test_offsets();
	return check_done("gmem");
}
