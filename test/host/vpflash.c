// SPDX-License-Identifier: MIT
// uses: monitor/dev/dev.c monitor/dev/vpflash.c
//
// The virtual flash: what is in it as ROM, each command as QEMU 7.2's pflash_cfi01
// answers it, that the ROM is hidden exactly while a command is under way, and that no
// more blocks get memory than there are.
#include <stdlib.h>
#include <string.h>
#include "monitor/dev/vpflash.h"
#include "test/host/check.h"

#define BANK   VPFLASH_SIZE
#define BLOCK  GMEM_ROM_BLOCK
#define BLOCKS 3u

static uint8_t blank[PAGE_SIZE];
static uint8_t *room;
static struct gmem_rom rom[GMEM_ROMS];
static struct gmem mem = {.base = {0x40000000}, .rom = rom};
static struct vpflash flash[GMEM_ROMS];
static struct vpflash_supply supply;
static struct dev_bus bus;
static unsigned hidden;

static void
on_hidden(void *ctx)
{
	hidden += ctx == &hidden;
}

static void
fresh(const char *name)
{
	static const struct vpflash_cb cb = {on_hidden, &hidden};

	check_case(name);
	memset(room, 0, BLOCKS * BLOCK);
	memset(&bus, 0, sizeof(bus));
	supply = (struct vpflash_supply){HPA(room), BLOCKS};
	for (unsigned n = 0; n < GMEM_ROMS; n++) {
		vpflash_init(&flash[n], &rom[n], GPA(n * BANK), HPA(blank), &supply, &cb);
		CHECK(dev_add(&bus, &vpflash_class, GPA(n * BANK), &flash[n]));
	}
	hidden = 0;
}

static void
wr(uint32_t at, unsigned size, uint32_t value)
{
	CHECK_EQ(dev_access(&bus, 0, GPA(at), size, true, &value), DEV_OK);
}

static uint32_t
rd(uint32_t at, unsigned size)
{
	uint32_t value = 0xdeadbeef;

	CHECK_EQ(dev_access(&bus, 0, GPA(at), size, false, &value), DEV_OK);
	return value;
}

// A word of the array, or ~0 where it is hidden and ROM there is none.
static uint32_t
array(uint32_t at)
{
	const uint32_t *p = gmem_read(&mem, GPA(at), 4);

	return p ? *p : ~0u;
}

static void
test_array(void)
{
	static uint8_t image[BLOCK + 8];

	fresh("the array");
	for (unsigned i = 0; i < sizeof(image); i++)
		image[i] = (uint8_t)(i + i / 256);
	vpflash_load(&flash[0], 0, image, sizeof(image));
	CHECK_EQ(supply.left, BLOCKS - 2);
	CHECK_EQ(array(0), 0x03020100);
	CHECK(!memcmp(gmem_read(&mem, GPA(BLOCK - PAGE_SIZE), PAGE_SIZE), image + BLOCK - PAGE_SIZE, PAGE_SIZE));
	CHECK(!memcmp(gmem_read(&mem, GPA(BLOCK), 8), image + BLOCK, 8));
	CHECK_EQ(array(BLOCK + 8), 0);
	vpflash_load(&flash[0], 4, NULL, 4);
	vpflash_load(&flash[0], 2 * BLOCK - 4, image, 8);
	CHECK_EQ(supply.left, BLOCKS - 3);
	CHECK_EQ(array(0), 0x03020100);
	CHECK_EQ(array(4), 0);
	CHECK_EQ(array(8), 0x0b0a0908);
	CHECK_EQ(array(2 * BLOCK - 4), 0x03020100);
	CHECK_EQ(array(2 * BLOCK), 0x07060504);
	CHECK_EQ(array(BANK - 4), 0);
	CHECK_EQ(array(2 * BANK - 4), 0);
	CHECK(!gmem_read(&mem, GPA(2 * BANK), 4));
	CHECK(!gmem_read(&mem, GPA(0xfffffffc), 4));
}

static void
test_query(void)
{
	fresh("query and identification");
	wr(0x55 * 4, 2, 0x98);
	CHECK_EQ(hidden, 1);
	CHECK(!gmem_read(&mem, GPA(0), 4));
	CHECK_EQ(array(BANK), 0); // the other bank stays
	CHECK_EQ(rd(0x10 * 4, 4), 'Q' | 'Q' << 16);
	CHECK_EQ(rd(0x11 * 4, 2), 'R');
	CHECK_EQ(rd(0x12 * 4, 1), 'Y');
	CHECK_EQ(rd(0x27 * 4, 4), 0x00190019);
	CHECK_EQ(rd(0x2d * 4, 1), 255);
	CHECK_EQ(rd(0x30 * 4, 1), 2);
	CHECK_EQ(rd(0x52 * 4, 4), 0);
	CHECK_EQ(rd(BANK - 4, 4), 0);
	wr(0, 2, 0x90); // isn't heard in the middle of a query
	CHECK_EQ(rd(0x10 * 4, 1), 'Q');
	wr(0, 2, 0xff);
	CHECK_EQ(array(0), 0);
	wr(BANK, 4, 0x900090);
	CHECK_EQ(rd(BANK, 4), 0x00890089);
	CHECK_EQ(rd(BANK + 4, 2), 0x18);
	CHECK_EQ(rd(BANK + 8, 2), 0);
	wr(BANK, 4, 0xf000f0);
	CHECK_EQ(array(BANK), 0);
	CHECK_EQ(hidden, 2);
	wr(0, 1, 0xff); // no command: not hidden in between
	CHECK_EQ(hidden, 2);
}

static void
test_program(void)
{
	fresh("erase, program, status");
	wr(BANK + 0x1234, 2, 0x20);
	CHECK_EQ(rd(BANK, 4), 0x00800080);
	wr(BANK + 0x1234, 2, 0xd0);
	CHECK_EQ(rd(BANK, 2), 0x80);
	wr(BANK, 2, 0x40);
	wr(BANK + 6, 2, 0x55aa);
	CHECK_EQ(rd(BANK, 2), 0x80);
	wr(BANK, 2, 0x10);
	wr(BANK + 9, 1, 0x77);
	wr(BANK, 2, 0xff);
	CHECK_EQ(array(BANK), 0xffffffff);
	CHECK_EQ(array(BANK + 4), 0x55aaffff);
	CHECK_EQ(array(BANK + 8), 0xffff77ff);
	CHECK_EQ(array(BANK + BLOCK - 4), 0xffffffff);
	CHECK_EQ(array(BANK + BLOCK), 0);
	wr(BANK, 2, 0x50);
	wr(BANK, 2, 0x70);
	CHECK_EQ(rd(BANK, 2), 0);
	wr(BANK, 2, 0x60);
	wr(BANK, 2, 0x01);
	CHECK_EQ(rd(BANK, 2), 0x80);
	wr(BANK, 2, 0x20);
	wr(BANK, 2, 0x33); // not confirmed
	CHECK_EQ(array(BANK), 0xffffffff);
	vpflash_reset(&flash[1]);
	CHECK_EQ(array(BANK), 0xffffffff);
}

static void
test_buffer(void)
{
	fresh("buffered write");
	wr(BANK, 2, 0xe8);
	CHECK_EQ(rd(BANK, 2), 0x80);
	wr(BANK, 2, 3);
	for (uint32_t n = 0; n < 4; n++)
		wr(BANK + 0x100 + 2 * n, 2, 0x1110 + n);
	wr(BANK, 2, 0xd0);
	CHECK_EQ(rd(BANK, 2), 0x80);
	wr(BANK, 2, 0xff);
	CHECK_EQ(array(BANK + 0x100), 0x11111110);
	CHECK_EQ(array(BANK + 0x104), 0x11131112);
	wr(BANK, 2, 0xe8);
	wr(BANK, 2, 0);
	wr(BANK, 2, 0x4444);
	wr(BANK, 2, 0x12); // not confirmed
	CHECK_EQ(array(BANK), 0x00004444);
	wr(BANK, 2, 0xe8);
	wr(BANK, 1, 0xabcd0300); // of a register that is stored by STRB, the rest is not there
	wr(BANK, 2, 0x5555);
	wr(BANK, 2, 0xd0);
	wr(BANK, 2, 0xff);
	CHECK_EQ(array(BANK), 0x00005555);
}

static void
test_supply(void)
{
	fresh("no more blocks than there are");
	for (uint32_t n = 0; n < BLOCKS; n++) {
		wr(n * BLOCK, 4, 0x20);
		wr(n * BLOCK, 4, 0xd0);
		CHECK_EQ(rd(0, 2), 0x80);
	}
	wr(BANK, 2, 0x20);
	CHECK_EQ(rd(BANK, 2), 0xa0);
	wr(BANK, 2, 0xd0);
	wr(BANK, 2, 0x50);
	wr(BANK, 2, 0x40);
	wr(BANK, 2, 1);
	CHECK_EQ(rd(BANK, 2), 0x90);
	wr(BANK, 2, 0xff);
	CHECK_EQ(array(BANK), 0);
	wr(0, 4, 0x40);
	wr(0, 4, 0); // one that has memory
	wr(0, 4, 0xff);
	CHECK_EQ(array(0), 0);
	CHECK_EQ(array(4), 0xffffffff);
}

static void
test_random(void)
{
	uint32_t seed = 1;

	fresh("any writes at all");
	for (unsigned n = 0; n < 200000; n++) {
		static const uint8_t commands[] = {0x20, 0x40, 0x10, 0x50, 0x60, 0x70, 0x90, 0x98, 0xd0, 0xe8, 0xff};
		uint32_t size, at, value;

		seed = seed * 1664525u + 1013904223u;
		size = 1u << (seed >> 30) % 3;
		at = (seed >> 3) % (2 * BANK) & ~(size - 1);
		value = seed & 0x100 ? commands[(seed >> 12) % sizeof(commands)] : seed >> 9;
		if (seed & 0x80)
			wr(at, size, value);
		else
			rd(at, size);
		CHECK_EQ(rom[at / BANK].hidden, flash[at / BANK].command != 0);
	}
	CHECK_EQ(supply.left, 0);
	CHECK_EQ(supply.next.v, (uintptr_t)room + BLOCKS * BLOCK);
}

int
main(void)
{
	room = aligned_alloc(PAGE_SIZE, BLOCKS * BLOCK);
	test_array();
	test_query();
	test_program();
	test_buffer();
	test_supply();
	test_random();
	free(room);
	return check_done("vpflash");
}
