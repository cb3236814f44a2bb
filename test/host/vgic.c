// SPDX-License-Identifier: MIT
// uses: monitor/dev/dev.c monitor/dev/vgic.c monitor/dev/vgic_dist.c monitor/dev/vgic_cpuif.c
//
// The virtual GICv2 through its registers, as a guest uses it. Expected values are
// those of QEMU 7.2's, or of the architecture (IHI 0048B) for what only shows with
// several VCPUs. The last case compares the cached signal with a slow model that reads the
// registers, over random accesses (one target per SPI, never changed while it is active).
#include <string.h>
#include "monitor/dev/vgic.h"
#include "test/host/check.h"

#define GICD     0x08000000u
#define GICC     0x08010000u
#define CTLR     (GICC + 0x00)
#define PMR      (GICC + 0x04)
#define BPR      (GICC + 0x08)
#define IAR      (GICC + 0x0c)
#define EOIR     (GICC + 0x10)
#define RPR      (GICC + 0x14)
#define HPPIR    (GICC + 0x18)
#define ABPR     (GICC + 0x1c)
#define DIR      (GICC + 0x1000)
#define UART     33u
#define VTIMER   27u
#define SPURIOUS 1023u

static struct vgic gic;
static struct dev_bus bus;

static uint32_t
read_as(unsigned cpu, uint32_t at, unsigned size)
{
	uint32_t value = 0xdeadbeef;

	dev_access(&bus, cpu, GPA(at), size, false, &value);
	return value;
}

static void
write_as(unsigned cpu, uint32_t at, unsigned size, uint32_t value)
{
	dev_access(&bus, cpu, GPA(at), size, true, &value);
}

static uint32_t
rd(uint32_t at)
{
	return read_as(0, at, 4);
}

static void
wr(uint32_t at, uint32_t value)
{
	write_as(0, at, 4, value);
}

// Power-on, then what Linux does: distributor and CPU interfaces on, all priorities 0xa0, SPIs to VCPU 0.
static void
setup(unsigned n_cpus)
{
	memset(&bus, 0, sizeof(bus));
	vgic_init(&gic, n_cpus);
	CHECK(dev_add(&bus, &vgic_cpuif, GPA(GICC), &gic));
	CHECK(dev_add(&bus, &vgic_dist, GPA(GICD), &gic));
	wr(GICD, 1);
	for (uint32_t i = VGIC_PPIS; i < VGIC_LINES; i += 4) {
		wr(GICD + 0x400 + i, 0xa0a0a0a0);
		wr(GICD + 0x800 + i, 0x01010101);
	}
	for (unsigned cpu = 0; cpu < n_cpus; cpu++) {
		for (uint32_t i = 0; i < VGIC_PPIS; i += 4)
			write_as(cpu, GICD + 0x400 + i, 4, 0xa0a0a0a0);
		write_as(cpu, PMR, 4, 0xf0);
		write_as(cpu, CTLR, 4, 1);
	}
}

static void
enable(unsigned cpu, unsigned intid)
{
	write_as(cpu, GICD + 0x100 + intid / 32 * 4, 4, 1u << intid % 32);
}

static void
test_reset(void)
{
	check_case("identification and reset values");
	memset(&bus, 0, sizeof(bus));
	memset(&gic, 0x5a, sizeof(gic));
	vgic_init(&gic, 1);
	dev_add(&bus, &vgic_cpuif, GPA(GICC), &gic);
	dev_add(&bus, &vgic_dist, GPA(GICD), &gic);
	CHECK_EQ(rd(GICD + 0x000), 0);
	CHECK_EQ(rd(GICD + 0x004), 8);
	CHECK_EQ(rd(GICD + 0x008), 0x43b);
	CHECK_EQ(rd(GICD + 0x100), 0xffff);
	CHECK_EQ(rd(GICD + 0xc00), 0xaaaaaaaa);
	CHECK_EQ(rd(GICD + 0xc04), 0);
	CHECK_EQ(rd(GICD + 0x820), 0); // no targets to choose from with one VCPU
	CHECK_EQ(rd(GICD + 0xfd0), 0x04);
	CHECK_EQ(rd(GICD + 0xfe4), 0xb4);
	CHECK_EQ(rd(GICD + 0xffc), 0xb1);
	CHECK_EQ(rd(GICC + 0xfc), 0x2043b);
	CHECK_EQ(rd(PMR), 0);
	CHECK_EQ(rd(RPR), 0xff);
	CHECK_EQ(rd(HPPIR), SPURIOUS);
	CHECK_EQ(rd(IAR), SPURIOUS);
	CHECK_EQ(rd(ABPR), 1);
	CHECK(!vgic_irq(&gic, 0));
	vgic_init(&gic, 4);
	CHECK_EQ(rd(GICD + 0x004), 0x68);

	check_case("a place on the bus is given once");
	CHECK(!dev_add(&bus, &vgic_dist, GPA(GICD + 0xffc), &gic));
	CHECK(!dev_add(&bus, &vgic_cpuif, GPA(GICD - 0x1000), &gic));
	while (bus.n_devs < DEV_MAX)
		CHECK(dev_add(&bus, &vgic_dist, GPA(0x10000000 + bus.n_devs * 0x1000), &gic));
	CHECK(!dev_add(&bus, &vgic_dist, GPA(0x20000000), &gic));

	check_case("writable bits");
	setup(2);
	wr(CTLR, 0xffffffff);
	CHECK_EQ(rd(CTLR), 0x21f);
	wr(PMR, 0xffffffff);
	CHECK_EQ(rd(PMR), 0xff);
	wr(BPR, 0xff);
	CHECK_EQ(rd(BPR), 7);
	wr(ABPR, 0xf8);
	CHECK_EQ(rd(ABPR), 1);
	wr(GICD, 0xffffffff);
	CHECK_EQ(rd(GICD), 3);
	wr(GICD + 0x104, 0xf0);
	wr(GICD + 0x184, 0x30);
	CHECK_EQ(rd(GICD + 0x104), 0xc0);
	wr(GICD + 0x180, 0xffffffff);
	CHECK_EQ(rd(GICD + 0x100), 0xffff); // SGIs can't be disabled
	wr(GICD + 0xc00, 0);
	CHECK_EQ(rd(GICD + 0xc00), 0xaaaaaaaa);
	wr(GICD + 0xc08, 0xffffffff);
	CHECK_EQ(rd(GICD + 0xc08), 0xaaaaaaaa);
	CHECK_EQ(rd(GICD + 0x800), 0x01010101);
	CHECK_EQ(read_as(1, GICD + 0x800, 4), 0x02020202);

	check_case("byte and halfword lanes");
	write_as(0, GICD + 0x400 + UART, 1, 0x40);
	CHECK_EQ(rd(GICD + 0x400 + 32), 0xa0a040a0);
	CHECK_EQ(read_as(0, GICD + 0x400 + UART, 1), 0x40);
	CHECK_EQ(read_as(0, GICD + 0x400 + 32, 2), 0x40a0);
	write_as(0, GICD + 0x800 + UART, 1, 2);
	CHECK_EQ(rd(GICD + 0x820), 0x01010201);
	write_as(0, GICD + 0x105, 1, 1);
	CHECK_EQ(rd(GICD + 0x104), 0x1c0);

	check_case("holes read as zero and are counted; outside is an abort");
	uint32_t value = 1, before = bus.unknown;
	CHECK_EQ(dev_access(&bus, 0, GPA(GICD + 0x520), 4, false, &value), DEV_UNKNOWN);
	CHECK_EQ(value, 0);
	CHECK_EQ(dev_access(&bus, 0, GPA(GICC + 0x24), 4, true, &value), DEV_UNKNOWN);
	CHECK_EQ(dev_access(&bus, 0, GPA(GICC + 0xd5), 1, false, &value), DEV_UNKNOWN);
	CHECK_EQ(dev_access(&bus, 0, GPA(PMR), 1, false, &value), DEV_OK);
	CHECK_EQ(bus.unknown, before + 3);
	CHECK_EQ(dev_access(&bus, 0, GPA(GICD + 0x1000), 4, false, &value), DEV_NONE);
	CHECK_EQ(dev_access(&bus, 0, GPA(GICC + 0x2000), 4, false, &value), DEV_NONE);
	CHECK_EQ(dev_access(&bus, 0, GPA(GICD + 0x102), 4, false, &value), DEV_NONE);
}

static void
test_level(void)
{
	check_case("a level interrupt from line to end");
	setup(1);
	vgic_set_level(&gic, 0, UART, true);
	CHECK(!vgic_irq(&gic, 0));
	CHECK_EQ(rd(GICD + 0x204), 2);
	enable(0, UART);
	CHECK(vgic_irq(&gic, 0));
	CHECK_EQ(rd(HPPIR), UART);
	CHECK_EQ(rd(IAR), UART);
	CHECK(!vgic_irq(&gic, 0));
	CHECK_EQ(rd(RPR), 0xa0);
	CHECK_EQ(rd(GICD + 0x304), 2);
	CHECK_EQ(rd(GICC + 0xd8), 1u << 16); // 0xa0 is preemption level 0x50
	CHECK_EQ(rd(IAR), SPURIOUS);
	wr(EOIR, UART);
	CHECK_EQ(rd(RPR), 0xff);
	CHECK(vgic_irq(&gic, 0)); // the line is still high
	CHECK_EQ(rd(IAR), UART);
	vgic_set_level(&gic, 0, UART, false);
	wr(EOIR, UART);
	CHECK(!vgic_irq(&gic, 0));
	CHECK_EQ(rd(GICD + 0x204), 0);

	check_case("a level-sensitive line that goes low is no longer pending");
	vgic_set_level(&gic, 0, UART, true);
	CHECK(vgic_irq(&gic, 0));
	vgic_set_level(&gic, 0, UART, false);
	CHECK(!vgic_irq(&gic, 0));
	CHECK_EQ(rd(IAR), SPURIOUS);

	check_case("an edge is latched");
	wr(GICD + 0xc08, 2u << 2);
	vgic_set_level(&gic, 0, UART, true);
	vgic_set_level(&gic, 0, UART, false);
	CHECK(vgic_irq(&gic, 0));
	CHECK_EQ(rd(IAR), UART);
	wr(EOIR, UART);
	CHECK(!vgic_irq(&gic, 0));

	check_case("set pending and clear pending by software");
	wr(GICD + 0xc08, 0);
	wr(GICD + 0x204, 2);
	CHECK(vgic_irq(&gic, 0));
	wr(GICD + 0x284, 2);
	CHECK(!vgic_irq(&gic, 0));
	wr(GICD + 0x200, 0xffff); // not SGIs
	CHECK_EQ(rd(GICD + 0x200), 0);
}

static void
test_masks(void)
{
	check_case("each switch on the way stops the signal");
	setup(1);
	enable(0, UART);
	vgic_set_level(&gic, 0, UART, true);
	CHECK(vgic_irq(&gic, 0) && vgic_could_wake(&gic, 0));
	static const struct {
		uint32_t at, off, on;
	} switches[] = {
	    {GICD, 0, 1}, {CTLR, 0, 1}, {PMR, 0xa0, 0xf0}, {GICD + 0x304, 0, 0}, {GICD + 0x420, 0xf0f0f0f0, 0xa0a0a0a0},
	};
	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		bool stops = switches[i].off != switches[i].on;
		wr(switches[i].at, switches[i].off);
		CHECK_EQ(vgic_irq(&gic, 0), !stops);
		CHECK_EQ(vgic_could_wake(&gic, 0), !stops);
		wr(switches[i].at, switches[i].on);
		CHECK(vgic_irq(&gic, 0));
	}
	wr(GICD + 0x184, 2);
	CHECK(!vgic_irq(&gic, 0) && !vgic_could_wake(&gic, 0));

	check_case("what could wake a VCPU");
	vgic_set_level(&gic, 0, UART, false);
	CHECK(!vgic_could_wake(&gic, 0)); // SGIs are enabled, but nobody is there to send one
	enable(0, VTIMER);
	CHECK(vgic_could_wake(&gic, 0));
	wr(GICD + 0x300, 1u << VTIMER);
	CHECK(!vgic_could_wake(&gic, 0)); // active: has to be ended first
	wr(GICD + 0x380, 1u << VTIMER);
	CHECK(vgic_could_wake(&gic, 0));
}

static void
test_priorities(void)
{
	check_case("higher priority preempts, lower waits");
	setup(1);
	enable(0, UART);
	enable(0, VTIMER);
	write_as(0, GICD + 0x400 + VTIMER, 1, 0x80);
	vgic_set_level(&gic, 0, UART, true);
	CHECK_EQ(rd(IAR), UART);
	vgic_set_level(&gic, 0, VTIMER, true);
	CHECK(vgic_irq(&gic, 0));
	CHECK_EQ(rd(IAR), VTIMER);
	CHECK_EQ(rd(RPR), 0x80);
	wr(EOIR, VTIMER);
	CHECK_EQ(rd(RPR), 0xa0);
	vgic_set_level(&gic, 0, VTIMER, false);
	wr(EOIR, UART);
	CHECK_EQ(rd(RPR), 0xff);

	check_case("the lowest number wins among equals");
	write_as(0, GICD + 0x400 + VTIMER, 1, 0xa0);
	vgic_set_level(&gic, 0, VTIMER, true);
	CHECK_EQ(rd(HPPIR), VTIMER);

	check_case("the binary point decides what preempts");
	wr(BPR, 6); // one bit of group priority
	write_as(0, GICD + 0x400 + VTIMER, 1, 0x90);
	vgic_set_level(&gic, 0, VTIMER, false);
	CHECK_EQ(rd(IAR), UART);
	CHECK_EQ(rd(RPR), 0x80);
	vgic_set_level(&gic, 0, VTIMER, true);
	CHECK(!vgic_irq(&gic, 0));
	wr(EOIR, UART);
	CHECK(vgic_irq(&gic, 0));

	check_case("split priority drop and deactivation");
	wr(BPR, 0);
	wr(CTLR, 0x201);
	vgic_set_level(&gic, 0, UART, false);
	CHECK_EQ(rd(IAR), VTIMER);
	wr(EOIR, VTIMER);
	CHECK_EQ(rd(RPR), 0xff);
	CHECK(!vgic_irq(&gic, 0)); // still active
	wr(DIR, VTIMER);
	CHECK(vgic_irq(&gic, 0));
	wr(CTLR, 1);
	CHECK_EQ(rd(IAR), VTIMER);
	wr(DIR, VTIMER); // no effect with EOImode clear
	CHECK_EQ(rd(GICD + 0x300), 1u << VTIMER);

	check_case("EOI of nonsense, and without anything active");
	wr(EOIR, 1023);
	wr(EOIR, 500);
	CHECK_EQ(rd(RPR), 0x90);
	wr(EOIR, VTIMER);
	wr(GICD + 0x300, 1u << 20);
	wr(EOIR, 20);
	CHECK_EQ(rd(GICD + 0x300), 1u << 20);
}

static void
test_groups(void)
{
	check_case("group 1 needs AckCtl");
	setup(1);
	enable(0, UART);
	wr(GICD + 0x84, 2);
	vgic_set_level(&gic, 0, UART, true);
	CHECK(!vgic_irq(&gic, 0));
	wr(GICD, 3);
	wr(CTLR, 3);
	CHECK(vgic_irq(&gic, 0));
	CHECK_EQ(rd(HPPIR), 1022);
	CHECK_EQ(rd(IAR), 1022);
	wr(CTLR, 7);
	CHECK_EQ(rd(IAR), UART);
	CHECK_EQ(rd(GICC + 0xe8), 1u << 16);
	wr(EOIR, UART);
	CHECK_EQ(rd(GICC + 0xe8), 0);

	check_case("the aliased binary point is group 1's, unless CBPR says otherwise");
	wr(ABPR, 7);
	CHECK_EQ(rd(IAR), UART);
	CHECK_EQ(rd(RPR), 0x80);
	wr(EOIR, UART);
	wr(CTLR, 0x17);
	CHECK_EQ(rd(IAR), UART);
	CHECK_EQ(rd(RPR), 0xa0);
	wr(EOIR, UART);

	check_case("group 0 as FIQ");
	wr(GICD + 0x84, 0);
	wr(CTLR, 0xf);
	CHECK(vgic_fiq(&gic, 0) && !vgic_irq(&gic, 0));
}

static void
test_sgis(void)
{
	check_case("SGIs carry their sender, one acknowledge each");
	setup(4);
	write_as(1, GICD + 0xf00, 4, 1u << 16 | 5);
	write_as(3, GICD + 0xf00, 4, 1u << 16 | 5);
	CHECK(vgic_irq(&gic, 0) && !vgic_irq(&gic, 1));
	CHECK_EQ(rd(GICD + 0xf24), 0x0a00);
	CHECK_EQ(rd(IAR), 1u << 10 | 5);
	wr(EOIR, 1u << 10 | 5);
	CHECK(vgic_irq(&gic, 0));
	CHECK_EQ(rd(IAR), 3u << 10 | 5);
	wr(EOIR, 3u << 10 | 5);
	CHECK(!vgic_irq(&gic, 0));
	CHECK_EQ(rd(IAR), SPURIOUS);

	check_case("SGI filters");
	write_as(2, GICD + 0xf00, 4, 1u << 24 | 0xff << 16 | 1);
	CHECK(vgic_irq(&gic, 0) && vgic_irq(&gic, 1) && !vgic_irq(&gic, 2) && vgic_irq(&gic, 3));
	write_as(2, GICD + 0xf00, 4, 2u << 24 | 2);
	CHECK_EQ(read_as(2, IAR, 4), 2u << 10 | 2);
	setup(4);
	write_as(0, GICD + 0xf00, 2, 0xffff); // a narrow write is no SGI
	CHECK(!vgic_irq(&gic, 0));

	check_case("SGI pending bits by software");
	write_as(0, GICD + 0xf23, 1, 0x04);
	CHECK(vgic_irq(&gic, 0));
	CHECK_EQ(rd(GICD + 0x200), 8);
	CHECK_EQ(rd(GICD + 0xf10), 0x04000000);
	wr(GICD + 0xf10, 0x04000000);
	CHECK(!vgic_irq(&gic, 0));
	wr(GICD + 0xf20, 0);
	CHECK_EQ(rd(GICD + 0x200), 0);
}

static void
test_smp(void)
{
	check_case("private interrupts are each VCPU's own");
	setup(2);
	enable(1, VTIMER);
	vgic_set_level(&gic, 0, VTIMER, true);
	CHECK(!vgic_irq(&gic, 0) && !vgic_irq(&gic, 1));
	vgic_set_level(&gic, 1, VTIMER, true);
	CHECK(!vgic_irq(&gic, 0) && vgic_irq(&gic, 1));
	CHECK_EQ(read_as(1, IAR, 4), VTIMER);
	CHECK_EQ(rd(GICD + 0x300), 0);
	CHECK_EQ(read_as(1, GICD + 0x300, 4), 1u << VTIMER);
	wr(GICD + 0x200, 1u << 20);
	write_as(1, GICD + 0x280, 4, 1u << 20);
	CHECK_EQ(rd(GICD + 0x200), 1u << 20 | 1u << VTIMER);

	check_case("an SPI goes where it is sent, and moves when that changes");
	setup(2);
	enable(0, UART);
	wr(GICD + 0xc08, 2u << 2);
	vgic_set_level(&gic, 0, UART, true);
	CHECK(vgic_irq(&gic, 0) && !vgic_irq(&gic, 1));
	write_as(0, GICD + 0x800 + UART, 1, 2);
	CHECK(!vgic_irq(&gic, 0) && vgic_irq(&gic, 1));
	CHECK(!vgic_could_wake(&gic, 0) && vgic_could_wake(&gic, 1));
	CHECK_EQ(read_as(1, IAR, 4), UART);
	CHECK_EQ(rd(GICD + 0x304), 2);
	write_as(1, EOIR, 4, UART);
	CHECK_EQ(rd(GICD + 0x304), 0);
}

// The signal of a VCPU as its registers tell it, the slow way; single-target SPIs only.
static bool
model_irq(unsigned cpu)
{
	uint32_t best = 256, running = read_as(cpu, RPR, 4);

	for (unsigned intid = 0; intid < VGIC_LINES; intid++) {
		uint32_t at = intid / 32 * 4, one = 1u << intid % 32;
		uint32_t priority = read_as(cpu, GICD + 0x400 + intid, 1);

		if ((read_as(cpu, GICD + 0x100 + at, 4) & one) && (read_as(cpu, GICD + 0x200 + at, 4) & one) &&
		    !(read_as(cpu, GICD + 0x300 + at, 4) & one) && (read_as(cpu, GICD + 0x800 + intid, 1) >> cpu & 1) &&
		    priority < best)
			best = priority;
	}
	return (rd(GICD) & 1) && (read_as(cpu, CTLR, 4) & 1) && best < read_as(cpu, PMR, 4) &&
	       (running == 0xff || best < running);
}

static void
test_random(void)
{
	uint64_t seed = 1;
	unsigned signalled = 0;

	check_case("random accesses: the cached signal is what the registers say");
	setup(3);
	for (uint32_t i = VGIC_PPIS; i < VGIC_LINES; i++)
		write_as(0, GICD + 0x800 + i, 1, 1u << i % 3);
	for (unsigned step = 0; step < 20000; step++) {
		static const uint32_t at[] = {GICD + 0x100, GICD + 0x180, GICD + 0x200, GICD + 0x280, GICD + 0x300,
					      GICD + 0x380, GICD + 0xc00, GICD + 0x400, GICD + 0xf00, EOIR,
					      EOIR,         PMR,          BPR};
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		uint32_t r = (uint32_t)(seed >> 32), cpu = r % 3, what = r / 3 % 19, value = (uint32_t)(seed >> 16);

		if (what < 3) {
			vgic_set_level(&gic, cpu, 16 + value % 272, value >> 20 & 1);
		} else if (what < 6) {
			read_as(cpu, IAR, 4);
		} else {
			uint32_t to = at[what - 6];
			if (to == GICD + 0x300)
				write_as(cpu, to, 4, 1u << (value >> 8) % 32);
			else if (to == GICD + 0x400)
				write_as(cpu, to + value % 288, 1, value >> 24);
			else if (to == EOIR)
				write_as(cpu, to, 4, value % VGIC_LINES);
			else if (to == PMR || to == BPR || to == GICD + 0xf00)
				write_as(cpu, to, 4, to == PMR ? value | 0x80 : value);
			else
				write_as(cpu, to + value % 9 * 4, 4, 1u << (value >> 8) % 32);
		}
		for (unsigned c = 0; c < 3; c++) {
			CHECK_EQ(vgic_irq(&gic, c), model_irq(c));
			signalled += vgic_irq(&gic, c);
		}
		if (check_state.failed)
			break;
	}
	CHECK(signalled > 1000);
}

int
main(void)
{
	test_reset();
	test_level();
	test_masks();
	test_priorities();
	test_groups();
	test_sgis();
	test_smp();
	test_random();
	return check_done("vgic");
}
