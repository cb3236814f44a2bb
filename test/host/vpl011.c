// SPDX-License-Identifier: MIT
// uses: monitor/dev/dev.c monitor/dev/vpl011.c
//
// The virtual PL011 through its registers; expected values are QEMU 7.2's.
#include <string.h>
#include "monitor/dev/vpl011.h"
#include "test/host/check.h"

#define DR    0x00u
#define RSR   0x04u
#define FR    0x18u
#define LCR_H 0x2cu
#define IMSC  0x38u
#define RIS   0x3cu
#define MIS   0x40u
#define ICR   0x44u
#define RX    0x10u
#define TX    0x20u

static struct vpl011 uart;
static struct dev_bus bus;
static struct {
	char text[32];
	unsigned len, changes;
	bool line;
} out;

static void
tx(void *ctx, uint8_t byte)
{
	(void)ctx;
	out.text[out.len++ % sizeof(out.text)] = (char)byte;
}

static void
irq(void *ctx, bool level)
{
	(void)ctx;
	out.line = level;
	out.changes++;
}

static uint32_t
rd(uint32_t offset)
{
	uint32_t value = 0xdeadbeef;

	dev_access(&bus, 0, GPA(0x09000000 + offset), 4, false, &value);
	return value;
}

static void
wr(uint32_t offset, uint32_t value)
{
	dev_access(&bus, 0, GPA(0x09000000 + offset), 4, true, &value);
}

static void
setup(void)
{
	static const struct vpl011_cb cb = {tx, irq, NULL};

	memset(&out, 0, sizeof(out));
	memset(&bus, 0, sizeof(bus));
	memset(&uart, 0x5a, sizeof(uart));
	vpl011_init(&uart, &cb);
	dev_add(&bus, &vpl011_class, GPA(0x09000000), &uart);
}

static void
test_registers(void)
{
	static const uint8_t ids[] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

	check_case("reset values and identification");
	setup();
	CHECK_EQ(rd(FR), 0x90);
	CHECK_EQ(rd(0x30), 0x300);
	CHECK_EQ(rd(0x34), 0x12);
	CHECK_EQ(rd(RIS), 0);
	for (unsigned i = 0; i < ARRAY_LEN(ids); i++)
		CHECK_EQ(rd(0xfe0 + 4 * i), ids[i]);

	check_case("what is written is read back, the flags are read-only");
	static const uint32_t plain[] = {0x20, 0x24, 0x28, 0x30, 0x34, 0x48};
	for (unsigned i = 0; i < ARRAY_LEN(plain); i++) {
		wr(plain[i], 0x25 + i);
		CHECK_EQ(rd(plain[i]), 0x25 + i);
	}
	wr(FR, 0);
	wr(RIS, 0xffff);
	CHECK_EQ(rd(FR), 0x90);
	CHECK_EQ(rd(RIS), 0);
	CHECK_EQ(rd(0x60), 0);
	CHECK_EQ(bus.unknown, 1);

	check_case("narrow accesses reach the register of their word");
	uint32_t value = 0xffffff41;
	CHECK_EQ(dev_access(&bus, 0, GPA(0x09000000), 1, true, &value), DEV_OK);
	CHECK_EQ(out.len, 1);
	CHECK_EQ(out.text[0], 'A');
	CHECK_EQ(dev_access(&bus, 0, GPA(0x0900001a), 2, false, &value), DEV_OK);
	CHECK_EQ(value, 0x90);
	CHECK_EQ(dev_access(&bus, 0, GPA(0x09000fe1), 1, false, &value), DEV_OK);
	CHECK_EQ(value, 0x11);
}

static void
test_tx(void)
{
	check_case("transmit: out at once, interrupt until cleared");
	setup();
	for (const char *p = "hello"; *p; p++)
		wr(DR, (uint32_t)*p);
	CHECK(memcmp(out.text, "hello", 5) == 0);
	CHECK_EQ(rd(FR), 0x90);
	CHECK_EQ(rd(RIS), TX);
	CHECK_EQ(rd(MIS), 0);
	CHECK(!out.line);
	wr(IMSC, TX);
	CHECK_EQ(rd(MIS), TX);
	CHECK(out.line);
	wr(ICR, TX);
	CHECK(!out.line);
	CHECK_EQ(out.changes, 2);
}

static void
test_rx(void)
{
	check_case("receive without FIFO: one character");
	setup();
	wr(IMSC, RX);
	CHECK(vpl011_can_rx(&uart));
	vpl011_rx(&uart, 'a');
	CHECK(!vpl011_can_rx(&uart));
	CHECK(out.line);
	CHECK_EQ(rd(FR), 0xc0);
	vpl011_rx(&uart, 'b'); // lost
	CHECK_EQ(rd(DR), 'a');
	CHECK(!out.line);
	CHECK_EQ(rd(FR), 0x90);

	check_case("receive with FIFO: sixteen, in order, round and round");
	wr(LCR_H, 0x70);
	for (unsigned round = 0; round < 5; round++) {
		unsigned n = 0;
		while (vpl011_can_rx(&uart))
			vpl011_rx(&uart, (round * 20 + n++) & 0xff);
		CHECK_EQ(n, 16);
		CHECK_EQ(rd(FR), 0xc0);
		for (unsigned i = 0; i < 16; i++) {
			CHECK(out.line);
			CHECK_EQ(rd(DR), round * 20 + i);
		}
		CHECK(!out.line);
		CHECK_EQ(rd(FR), 0x90);
		vpl011_rx(&uart, 0); // so that the next round starts elsewhere
		rd(DR);
	}

	check_case("switching the FIFO empties it");
	vpl011_rx(&uart, 'x');
	vpl011_rx(&uart, 'y');
	wr(LCR_H, 0x60);
	CHECK_EQ(rd(FR), 0x90);
	CHECK(vpl011_can_rx(&uart));

	check_case("a cleared receive interrupt comes again only after the FIFO was empty");
	setup();
	wr(LCR_H, 0x10);
	wr(IMSC, RX);
	vpl011_rx(&uart, 'x');
	wr(ICR, RX);
	vpl011_rx(&uart, 'y');
	CHECK(!out.line);
	rd(DR);
	rd(DR);
	vpl011_rx(&uart, 'z');
	CHECK(out.line);
}

static void
test_errors(void)
{
	check_case("a break, and characters with errors, in their turn");
	setup();
	wr(LCR_H, 0x10);
	vpl011_rx(&uart, 'a');
	vpl011_rx(&uart, 0x400);
	vpl011_rx(&uart, 0xfffff300u | 'b');
	vpl011_rx(&uart, 'c');
	CHECK_EQ(rd(RIS), RX);
	CHECK_EQ(rd(DR), 'a');
	CHECK_EQ(rd(RSR), 0);
	CHECK_EQ(rd(DR), 0x400);
	CHECK_EQ(rd(RSR), 4);
	CHECK_EQ(rd(DR), 0xf300 % 0x1000 + 'b');
	CHECK_EQ(rd(RSR), 3);
	wr(RSR, 0xff);
	CHECK_EQ(rd(RSR), 0);
	CHECK_EQ(rd(DR), 'c');
	CHECK_EQ(rd(RSR), 0);
	CHECK_EQ(rd(FR), 0x90);
}

int
main(void)
{
	test_registers();
	test_tx();
	test_rx();
	test_errors();
	return check_done("vpl011");
}
