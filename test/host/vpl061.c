// SPDX-License-Identifier: MIT
// uses: monitor/dev/dev.c monitor/dev/vpl061.c
//
// The virtual PL061 through its registers; expected values are QEMU 7.2's.
#include <string.h>
#include "monitor/dev/vpl061.h"
#include "test/host/check.h"

#define DATA  0x3fcu // all eight lines
#define DIR   0x400u
#define IS    0x404u
#define IBE   0x408u
#define IEV   0x40cu
#define IE    0x410u
#define RIS   0x414u
#define MIS   0x418u
#define IC    0x41cu
#define AFSEL 0x420u

static struct vpl061 gpio;
static struct dev_bus bus;
static bool line;

static void
irq(void *ctx, bool level)
{
	(void)ctx;
	line = level;
}

static uint32_t
rd(uint32_t offset)
{
	uint32_t value = 0xdeadbeef;

	dev_access(&bus, 0, GPA(0x09030000 + offset), 4, false, &value);
	return value;
}

static void
wr(uint32_t offset, uint32_t value)
{
	dev_access(&bus, 0, GPA(0x09030000 + offset), 4, true, &value);
}

static void
setup(void)
{
	static const struct vpl061_cb cb = {irq, NULL};

	line = false;
	memset(&bus, 0, sizeof(bus));
	memset(&gpio, 0x5a, sizeof(gpio));
	vpl061_init(&gpio, &cb);
	dev_add(&bus, &vpl061_class, GPA(0x09030000), &gpio);
}

static void
test_registers(void)
{
	static const uint8_t ids[] = {0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

	check_case("reset values, widths and identification");
	setup();
	CHECK_EQ(rd(DATA), 0);
	for (uint32_t offset = DIR; offset <= AFSEL; offset += 4) {
		setup();
		CHECK_EQ(rd(offset), 0);
		wr(offset, 0x1a5);
		if (offset <= IE || offset == AFSEL)
			CHECK_EQ(rd(offset), 0xa5);
		else
			CHECK_EQ(rd(offset), 0);
	}
	for (unsigned i = 0; i < ARRAY_LEN(ids); i++)
		CHECK_EQ(rd(0xfe0 + 4 * i), ids[i]);
	CHECK_EQ(rd(0xfd0), 0);

	check_case("the address masks data, and only outputs are written");
	setup();
	wr(DIR, 0xf0);
	wr(DATA, 0xff);
	CHECK_EQ(rd(DATA), 0xf0);
	wr(0x10 << 2, 0);
	CHECK_EQ(rd(DATA), 0xe0);
	CHECK_EQ(rd(0x60 << 2), 0x60);
	CHECK_EQ(rd(0), 0);
}

static void
test_interrupts(void)
{
	check_case("the power button: a rising edge, masked, then not");
	setup();
	wr(IEV, 8);
	vpl061_set_input(&gpio, VPL061_POWER_BUTTON, true);
	CHECK_EQ(rd(DATA), 8);
	CHECK_EQ(rd(RIS), 8);
	CHECK_EQ(rd(MIS), 0);
	CHECK(!line);
	wr(IE, 8);
	CHECK_EQ(rd(MIS), 8);
	CHECK(line);
	wr(IC, 8);
	CHECK(!line);
	vpl061_set_input(&gpio, VPL061_POWER_BUTTON, false);
	CHECK(!line);

	check_case("both edges");
	wr(IBE, 8);
	vpl061_set_input(&gpio, 3, true);
	CHECK(line);
	wr(IC, 8);
	vpl061_set_input(&gpio, 3, false);
	CHECK(line);
	wr(IC, 8);
	vpl061_set_input(&gpio, 3, false); // no change
	CHECK(!line);

	check_case("a falling edge");
	setup();
	wr(IE, 1);
	vpl061_set_input(&gpio, 0, true);
	CHECK(!line);
	vpl061_set_input(&gpio, 0, false);
	CHECK(line);

	check_case("a level comes back until it goes");
	setup();
	wr(IEV, 0xff);
	wr(IE, 2);
	wr(IS, 2);
	vpl061_set_input(&gpio, 1, true);
	CHECK(line);
	wr(IC, 2);
	CHECK(line);
	vpl061_set_input(&gpio, 1, false);
	wr(IC, 2);
	CHECK(!line);

	check_case("an output can't be driven from outside");
	setup();
	wr(DIR, 1);
	vpl061_set_input(&gpio, 0, true);
	CHECK_EQ(rd(DATA), 0);
}

int
main(void)
{
	test_registers();
	test_interrupts();
	return check_done("vpl061");
}
