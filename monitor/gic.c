// SPDX-License-Identifier: MIT
//
// See gic.h; GIC architecture specification v2 (IHI 0048).
#include "monitor/gic.h"
#include "monitor/mmio.h"

#define GICD_CTLR       0x000u
#define GICD_ISENABLER  0x100u
#define GICD_IPRIORITYR 0x400u
#define GICD_ITARGETSR  0x800u
#define GICC_CTLR       0x000u
#define GICC_PMR        0x004u
#define GICC_IAR        0x00cu
#define GICC_EOIR       0x010u

#define INTID_MASK 0x3ffu

static struct {
	uint32_t gicd, gicc;
} gic;

static void
write_byte(uint32_t array, unsigned n, uint8_t value)
{
	*(volatile uint8_t *)(uintptr_t)(gic.gicd + array + n) = value;
}

void
gic_init(uint32_t gicd, uint32_t gicc)
{
	gic.gicd = gicd;
	gic.gicc = gicc;
	mmio_write(gicd + GICD_CTLR, 1);
	mmio_write(gicc + GICC_PMR, 0xff);
	mmio_write(gicc + GICC_CTLR, 1);
}

void
gic_enable(unsigned intid)
{
	write_byte(GICD_IPRIORITYR, intid, 0x80);
	if (intid >= 32)
		write_byte(GICD_ITARGETSR, intid, 1);
	mmio_write(gic.gicd + GICD_ISENABLER + intid / 32 * 4, 1u << intid % 32);
}

unsigned
gic_ack(void)
{
	return mmio_read(gic.gicc + GICC_IAR) & INTID_MASK;
}

void
gic_eoi(unsigned intid)
{
	mmio_write(gic.gicc + GICC_EOIR, intid);
}
