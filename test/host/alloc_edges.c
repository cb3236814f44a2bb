// SPDX-License-Identifier: MIT
// uses:
//
// What host memory is given out: all of RAM but the pages that hold something else, each once. The source is included,
// for its list of ranges is filled once and never emptied.
#include <string.h>
#include "monitor/board/alloc.c"
#include "test/host/check.h"

#define RAM   0x40000000u
#define PAGES 256u // of the first bank
#define RAM_2 0x80000000u

static struct host h;
static unsigned char given[PAGES], given_2[PAGES];

static void
fresh(const char *name)
{
	check_case(name);
	memset(&h, 0, sizeof(h));
	memset(range, 0, sizeof(range));
	memset(given, 0, sizeof(given));
	memset(given_2, 0, sizeof(given_2));
	n_ranges = 0;
	h.n_ram = 1;
	h.ram[0] = (struct host_range){RAM, PAGES * PAGE_SIZE};
}

// Takes all there is, page by page.
static unsigned
drain(void)
{
	unsigned n = 0;

	for (hpa_t p; (p = alloc(PAGE_SIZE, PAGE_SIZE)).v; n++) {
		uint32_t at = (uint32_t)p.v - RAM, at_2 = (uint32_t)p.v - RAM_2;

		CHECK(p.v % PAGE_SIZE == 0);
		CHECK(at < PAGES * PAGE_SIZE || (h.n_ram > 1 && at_2 < h.ram[1].size));
		if (at < PAGES * PAGE_SIZE)
			CHECK_EQ(given[at / PAGE_SIZE]++, 0);
		else if (at_2 < PAGES * PAGE_SIZE)
			CHECK_EQ(given_2[at_2 / PAGE_SIZE]++, 0);
		if (n > 2 * PAGES)
			break;
	}
	return n;
}

// No byte of [start, end) is in a page that was given out.
static bool
kept(uint32_t start, uint32_t end)
{
	for (uint32_t at = start; at < end; at++)
		if (given[(at - RAM) / PAGE_SIZE])
			return false;
	return true;
}

static void
test_each(void)
{
	fresh("all of RAM, when nothing else is there");
	alloc_init(&h, 0x1000, 0x2000);
	CHECK_EQ(drain(), PAGES);

	fresh("the image, the tree, the FIT and reservations are kept clear of, to the page");
	h.fdt_range = (struct host_range){RAM + 0x10010, 0x2000}; // three pages
	h.initrd = (struct host_range){RAM + 0x20000, 0x3001};    // four
	h.n_reserved = 3;
	h.reserved[0] = (struct host_range){RAM + 0x40fff, 2}; // two
	h.reserved[1] = (struct host_range){RAM + 0x50000, 0x1000};
	h.reserved[2] = (struct host_range){RAM + 0x60001, 0x1000 - 1u};
	alloc_init(&h, RAM + 0x30800, RAM + 0x32800); // three
	CHECK_EQ(drain(), PAGES - 3u - 4u - 2u - 1u - 1u - 3u);
	CHECK(kept(RAM + 0x10010, RAM + 0x12010));
	CHECK(kept(RAM + 0x20000, RAM + 0x23001));
	CHECK(kept(RAM + 0x30800, RAM + 0x32800));
	CHECK(kept(RAM + 0x40fff, RAM + 0x41001));
	CHECK(kept(RAM + 0x50000, RAM + 0x51000));
	CHECK(kept(RAM + 0x60001, RAM + 0x61000));
	CHECK(given[0x0f] && given[0x13] && given[0x24] && given[0x3f] && given[0x42] && given[0x4f] && given[0x51]);

	fresh("at the very edges of RAM, over them, and one in the other");
	h.n_reserved = 5;
	h.reserved[0] = (struct host_range){RAM - 0x1000, 0x2000};
	h.reserved[1] = (struct host_range){RAM + PAGES * PAGE_SIZE - 0x1000, 0x8000};
	h.reserved[2] = (struct host_range){RAM + 0x10000, 0x10000};
	h.reserved[3] = (struct host_range){RAM + 0x14000, 0x4000};
	h.reserved[4] = (struct host_range){RAM + 0x1c000, 0x8000};
	alloc_init(&h, RAM + 0x1000, RAM + 0x2000);
	CHECK_EQ(drain(), PAGES - 1u - 1u - 0x14u - 1u);
	CHECK(kept(RAM, RAM + 0x2000) && kept(RAM + 0x10000, RAM + 0x24000));
	CHECK(!given[PAGES - 1u] && given[PAGES - 2u] && given[2] && given[0x24]);

	fresh("all of it is taken by something else");
	h.n_reserved = 1;
	h.reserved[0] = h.ram[0];
	alloc_init(&h, 0, 0);
	CHECK_EQ(drain(), 0);

	fresh("over two banks");
	h.n_ram = 2;
	h.ram[1] = (struct host_range){RAM_2, 16u * PAGE_SIZE};
	h.n_reserved = 1;
	h.reserved[0] = (struct host_range){RAM_2 + 0x3000, 0x1000};
	alloc_init(&h, RAM_2, RAM_2 + 0x1800);
	CHECK_EQ(drain(), PAGES + 13u);
	CHECK(!given_2[0] && !given_2[1] && given_2[2] && !given_2[3] && given_2[4]);
}

static void
test_sizes(void)
{
	fresh("the size that is left, and one byte more");
	alloc_init(&h, RAM + 0x8000, RAM + 0x9000);
	CHECK_EQ(alloc(0x8000, PAGE_SIZE).v, RAM);
	CHECK_EQ(alloc(PAGES * PAGE_SIZE - 0x9000 + 1u, PAGE_SIZE).v, 0);
	CHECK_EQ(alloc(PAGES * PAGE_SIZE - 0x9000, PAGE_SIZE).v, RAM + 0x9000);
	CHECK_EQ(alloc(1, 1).v, 0);

	fresh("sizes that come round");
	alloc_init(&h, 0, 0);
	CHECK_EQ(alloc(0xffffffffu, PAGE_SIZE).v, 0);
	CHECK_EQ(alloc(0u - RAM, PAGE_SIZE).v, 0);
	CHECK_EQ(alloc(0u - RAM + 0x1000, PAGE_SIZE).v, 0);

	fresh("aligned, in the first range that has room then");
	h.n_ram = 2;
	h.ram[1] = (struct host_range){RAM_2 + 0x1000, 0x300000};
	alloc_init(&h, RAM + 0xff000, RAM + 0x100000);
	CHECK_EQ(alloc(0x100000, 0x100000).v, RAM_2 + 0x100000);
	CHECK_EQ(alloc(0x1000, 0x1000).v, RAM);
	CHECK_EQ(alloc(0x100000, 0x100000).v, RAM_2 + 0x200000);
	CHECK_EQ(alloc(0x100000, 0x100000).v, 0);
	CHECK_EQ(alloc(0x2000, 0x4000).v, RAM + 0x4000);
	CHECK_EQ(alloc(0x2000, 0x4000).v, RAM + 0x8000);

	fresh("the last bytes below 4 GiB");
	h.ram[0] = (struct host_range){0xfffe0000u, 0x1f000};
	alloc_init(&h, 0, 0);
	CHECK_EQ(alloc(0x1e000, 0x1000).v, 0xfffe0000u);
	CHECK_EQ(alloc(0x1000, 0x1000).v, 0xffffe000u);
	CHECK_EQ(alloc(0x1000, 0x1000).v, 0);
	CHECK_EQ(alloc(0x1000, 0x100000).v, 0);
}

int
main(void)
{
	test_each();
	test_sizes();
	return check_done("alloc_edges");
}
