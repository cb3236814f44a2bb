// SPDX-License-Identifier: MIT
//
// See gic.h; GIC architecture specification v2 (IHI 0048B). Firmware, or another kernel, may have left it in any
// state, and may have put interrupts into group 1, which a Secure monitor would be told of by 1022 alone.
#include "monitor/board/gic.h"
#include "monitor/base/mmio.h"
#include "monitor/base/sysreg.h"

#define GICD_CTLR       0x000u
#define GICD_TYPER      0x004u
#define GICD_IGROUPR    0x080u
#define GICD_ISENABLER  0x100u
#define GICD_ICENABLER  0x180u
#define GICD_ICPENDR    0x280u
#define GICD_ICACTIVER  0x380u
#define GICD_IPRIORITYR 0x400u
#define GICD_ITARGETSR  0x800u
#define GICD_ICFGR      0xc00u
#define GICC_CTLR       0x000u
#define GICC_PMR        0x004u
#define GICC_BPR        0x008u
#define GICC_IAR        0x00cu
#define GICC_EOIR       0x010u
#define GICC_APR        0x0d0u
#define GICC_IIDR       0x0fcu

#define TYPER_LINES(typer) (32u * (bits(typer, 4, 0) + 1u))
#define IIDR_VERSION(iidr) bits(iidr, 19, 16)
#define CTLR_BYPASS        0x1e0u // what happens to the core's lines while the interface is off: the board's affair
#define CTLR_ENABLE        1u     // group 0, Non-secure group 1; EOIR deactivates as well

#define INTID_MASK 0x3ffu
#define SPIS       32u

static struct {
	uint32_t gicd, gicc;
	uint32_t acknowledged; // what GICC_IAR read: of an SGI the sender, too, which EOIR wants back
	uint8_t self;          // this core, as GICD_ITARGETSR has it
} gic;

static void
write_bit(uint32_t array, unsigned intid)
{
	mmio_write(gic.gicd + array + intid / 32 * 4, 1u << intid % 32);
}

// Those of its own interrupts say which core reads them; with a single one they are zero (4.3.12).
static uint8_t
own_target(void)
{
	uint32_t any = 0;

	for (unsigned intid = 0; intid < SPIS; intid += 4)
		any |= mmio_read(gic.gicd + GICD_ITARGETSR + intid);
	any |= any >> 16;
	any = (any | any >> 8) & 0xffu;
	return (uint8_t)(any ? any : 1u);
}

static void
clear_distributor(void)
{
	uint32_t lines = TYPER_LINES(mmio_read(gic.gicd + GICD_TYPER));

	mmio_write(gic.gicd + GICD_CTLR, 0);
	for (uint32_t at = 0; at < lines / 8; at += 4) {
		mmio_write(gic.gicd + GICD_ICENABLER + at, ~0u);
		mmio_write(gic.gicd + GICD_ICPENDR + at, ~0u);
		mmio_write(gic.gicd + GICD_ICACTIVER + at, ~0u);
		mmio_write(gic.gicd + GICD_IGROUPR + at, 0);
	}
}

// What was acknowledged and never ended would keep the running priority up (GICC_APRn is GICv2's).
static void
clear_interface(void)
{
	if (IIDR_VERSION(mmio_read(gic.gicc + GICC_IIDR)) >= 2)
		for (uint32_t at = 0; at < 16; at += 4)
			mmio_write(gic.gicc + GICC_APR + at, 0);
	mmio_write(gic.gicc + GICC_PMR, 0xff);
	mmio_write(gic.gicc + GICC_BPR, 0);
}

void
gic_init(uint32_t gicd, uint32_t gicc)
{
	uint32_t bypass;

	gic.gicd = gicd;
	gic.gicc = gicc;
	bypass = mmio_read(gicc + GICC_CTLR) & CTLR_BYPASS;
	mmio_write(gicc + GICC_CTLR, bypass);
	clear_distributor();
	clear_interface();
	gic.self = own_target();
	mmio_write(gicd + GICD_CTLR, CTLR_ENABLE);
	mmio_write(gicc + GICC_CTLR, bypass | CTLR_ENABLE);
}

void
gic_enable(unsigned intid)
{
	uint32_t cfgr = gic.gicd + GICD_ICFGR + intid / 16 * 4;

	mmio_write_byte(gic.gicd + GICD_IPRIORITYR + intid, 0x80);
	if (intid >= SPIS) {
		mmio_write_byte(gic.gicd + GICD_ITARGETSR + intid, gic.self);
		mmio_write(cfgr, mmio_read(cfgr) & ~(2u << intid % 16 * 2)); // level-sensitive
	}
	write_bit(GICD_ISENABLER, intid);
}

void
gic_disable(unsigned intid)
{
	write_bit(GICD_ICENABLER, intid);
}

unsigned
gic_ack(void)
{
	gic.acknowledged = mmio_read(gic.gicc + GICC_IAR);
	return gic.acknowledged & INTID_MASK;
}

// Behind whatever has made the device lower its line, or the interrupt would come again.
void
gic_eoi(void)
{
	dsb();
	mmio_write(gic.gicc + GICC_EOIR, gic.acknowledged);
}
