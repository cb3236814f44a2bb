// SPDX-License-Identifier: MIT
// uses: monitor/board/alloc.c
//
// The host's RAM as it is given out: all of it, none of it twice, nothing that is reserved, whatever a device tree
// says of banks and reservations.
#include <string.h>
#include "monitor/board/alloc.h"
#include "test/host/check.h"

#define IMAGE     0x80010000u
#define IMAGE_END 0x80020123u
#define NONE                                                                                                           \
	{                                                                                                              \
		0, 0                                                                                                   \
	}

static void
start(const char *name, const struct host_range *ram, unsigned n_ram, const struct host_range *reserved, unsigned n)
{
	struct host h = {.n_ram = n_ram, .n_reserved = n};

	check_case(name);
	memcpy(h.ram, ram, n_ram * sizeof(*ram));
	memcpy(h.reserved, reserved, n * sizeof(*reserved));
	alloc_init(&h, IMAGE, IMAGE_END);
}

#define START(name, ram, reserved) start(name, ram, ARRAY_LEN(ram), reserved, ARRAY_LEN(reserved))

// How many pages there are, from the first one up.
static unsigned
pages(uint32_t *first, uint32_t *last)
{
	unsigned n = 0;

	for (hpa_t p = alloc(PAGE_SIZE, PAGE_SIZE); p.v; p = alloc(PAGE_SIZE, PAGE_SIZE)) {
		*first = n ? *first : (uint32_t)p.v;
		*last = (uint32_t)p.v;
		n++;
	}
	return n;
}

static void
check_simple(void)
{
	const struct host_range ram[] = {{0x80000000u, 0x100000}}, reserved[] = {{0x80040010u, 0xff0}};
	uint32_t first, last;

	START("the image and what is reserved are left out, by pages", ram, reserved);
	CHECK_EQ(alloc(0x10001, PAGE_SIZE).v, 0x80021000u);
	CHECK_EQ(alloc(0x100000, PAGE_SIZE).v, 0);
	CHECK_EQ(alloc(0x40000, 0x40000).v, 0x80080000u);
	START("all there is, once", ram, reserved);
	CHECK_EQ(pages(&first, &last), 256u - 17u - 1u);
	CHECK_EQ(first, 0x80000000u);
	CHECK_EQ(last, 0x800ff000u);
}

static void
check_ends(void)
{
	const struct host_range low[] = {{0, 0x3000}}, high[] = {{0xffff0000u, 0x10000u - 1u}}, none[] = {{IMAGE, 1}};
	const struct host_range to_the_end[] = {{0xffff2000u, 0xdfffu}}, all[] = {{0, 0xffffffffu}};
	uint32_t first, last;

	START("RAM from address 0", low, none);
	CHECK_EQ(pages(&first, &last), 2);
	CHECK_EQ(first, PAGE_SIZE);
	START("RAM to the end of 4 GiB", high, none);
	CHECK_EQ(pages(&first, &last), 15);
	CHECK_EQ(last, 0xffffe000u);
	START("reserved to the end of 4 GiB", high, to_the_end);
	CHECK_EQ(pages(&first, &last), 2);
	START("all is reserved", high, all);
	CHECK_EQ(alloc(1, PAGE_SIZE).v, 0);
}

static void
check_overlap(void)
{
	const struct host_range twice[] = {{0x90000000u, 0x4000}, {0x90000000u, 0x4000}, {0x90002000u, 0x4000}};
	const struct host_range none[] = {{IMAGE, 1}};
	const struct host_range nested[] = {
	    {0x10000000u, 0xc0000000u}, {0x20000000u, 1u << 20}, {0x40000000u, 1u << 20}, {0x60000000u, 1u << 20}};
	const struct host_range holes[] = {{0x11000000u, 1}, {0x12000000u, 1}, {0x13000000u, 1}, {0x14000000u, 1},
					   {0x15000000u, 1}, {0x16000000u, 1}, {0x17000000u, 1}, {0x18000000u, 1}};
	uint32_t first, last;

	START("banks that overlap", twice, none);
	CHECK_EQ(pages(&first, &last), 6);
	START("banks in a bank, with as many holes as there can be", nested, holes);
	CHECK_EQ(alloc(0x1000000, 0x1000000).v, 0x10000000u);
	CHECK(alloc(0x1000000, 0x1000000).v >= 0x19000000u);
}

int
main(void)
{
	check_simple();
	check_ends();
	check_overlap();
	return check_done("alloc");
}
