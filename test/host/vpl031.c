// SPDX-License-Identifier: MIT
// uses: monitor/dev/dev.c monitor/dev/vpl031.c
//
// The virtual PL031 on a clock the test turns; expected values are QEMU 7.2's.
#include <string.h>
#include "monitor/dev/vpl031.h"
#include "test/host/check.h"

#define RTCDR   0x00u
#define RTCMR   0x04u
#define RTCLR   0x08u
#define RTCCR   0x0cu
#define RTCIMSC 0x10u
#define RTCRIS  0x14u
#define RTCMIS  0x18u
#define RTCICR  0x1cu

static struct vpl031 rtc;
static struct dev_bus bus;
static struct {
	uint32_t now;
	bool line;
} world;

static uint32_t
now(void *ctx)
{
	(void)ctx;
	return world.now;
}

static void
irq(void *ctx, bool level)
{
	(void)ctx;
	world.line = level;
}

static uint32_t
rd(uint32_t offset)
{
	uint32_t value = 0xdeadbeef;

	dev_access(&bus, 0, GPA(0x09010000 + offset), 4, false, &value);
	return value;
}

static void
wr(uint32_t offset, uint32_t value)
{
	dev_access(&bus, 0, GPA(0x09010000 + offset), 4, true, &value);
}

static void
setup(uint32_t start)
{
	static const struct vpl031_cb cb = {now, irq, NULL};

	world.now = start;
	world.line = false;
	memset(&bus, 0, sizeof(bus));
	memset(&rtc, 0x5a, sizeof(rtc));
	vpl031_init(&rtc, &cb);
	dev_add(&bus, &vpl031_class, GPA(0x09010000), &rtc);
}

static void
test_registers(void)
{
	static const uint8_t ids[] = {0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

	check_case("reset values and identification");
	setup(1700000000);
	CHECK_EQ(rd(RTCDR), 1700000000);
	CHECK_EQ(rd(RTCCR), 1);
	CHECK_EQ(rd(RTCMR), 0);
	CHECK_EQ(rd(RTCIMSC), 0);
	for (unsigned i = 0; i < ARRAY_LEN(ids); i++)
		CHECK_EQ(rd(0xfe0 + 4 * i), ids[i]);
	wr(RTCCR, 0);
	CHECK_EQ(rd(RTCCR), 1);
	wr(RTCIMSC, 0xff);
	CHECK_EQ(rd(RTCIMSC), 1);

	check_case("setting the clock");
	wr(RTCLR, 1000);
	CHECK_EQ(rd(RTCLR), 1000);
	world.now += 5;
	CHECK_EQ(rd(RTCDR), 1005);
	CHECK_EQ(world.now, 1700000005);
}

static void
test_alarm(void)
{
	uint32_t seconds;

	check_case("no alarm is set at reset");
	setup(1700000000);
	CHECK(!vpl031_deadline(&rtc, &seconds));

	check_case("an alarm rings when its time has come");
	wr(RTCIMSC, 1);
	wr(RTCMR, 1700000010);
	CHECK(vpl031_deadline(&rtc, &seconds));
	CHECK_EQ(seconds, 10);
	world.now += 9;
	vpl031_tick(&rtc);
	CHECK(!world.line);
	CHECK(vpl031_deadline(&rtc, &seconds));
	CHECK_EQ(seconds, 1);
	world.now += 3; // late
	CHECK(vpl031_deadline(&rtc, &seconds));
	CHECK_EQ(seconds, 0);
	vpl031_tick(&rtc);
	CHECK(world.line);
	CHECK_EQ(rd(RTCRIS), 1);
	CHECK_EQ(rd(RTCMIS), 1);
	CHECK(!vpl031_deadline(&rtc, &seconds));

	check_case("mask and clear");
	wr(RTCIMSC, 0);
	CHECK(!world.line);
	CHECK_EQ(rd(RTCRIS), 1);
	CHECK_EQ(rd(RTCMIS), 0);
	wr(RTCIMSC, 1);
	CHECK(world.line);
	wr(RTCICR, 1);
	CHECK(!world.line);
	CHECK_EQ(rd(RTCRIS), 0);

	check_case("a match that is now rings at once");
	wr(RTCMR, world.now);
	CHECK(world.line);
	CHECK(!vpl031_deadline(&rtc, &seconds));

	check_case("setting the clock moves the alarm");
	wr(RTCICR, 1);
	wr(RTCMR, 1700001000);
	wr(RTCLR, 1700000990);
	CHECK(vpl031_deadline(&rtc, &seconds));
	CHECK_EQ(seconds, 10);

	check_case("across 2^32");
	setup(0xfffffffa);
	wr(RTCIMSC, 1);
	wr(RTCMR, 4);
	CHECK(vpl031_deadline(&rtc, &seconds));
	CHECK_EQ(seconds, 10);
	world.now += 10;
	vpl031_tick(&rtc);
	CHECK(world.line);
}

int
main(void)
{
	test_registers();
	test_alarm();
	return check_done("vpl031");
}
