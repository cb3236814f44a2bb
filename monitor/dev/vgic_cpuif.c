// SPDX-License-Identifier: MIT
//
// The CPU interfaces' registers (GIC: IHI 0048B, 4.4): an interrupt is taken, its priority
// dropped, and deactivated.
#include "monitor/dev/vgic_internal.h"

#define GICC_CTLR_WMASK 0x21fu

// Priority with the bits below the binary point cleared (GIC 3.3.3).
static unsigned
group_priority(const struct vgic *gic, unsigned cpu, unsigned intid)
{
	const struct vgic_cpu *c = &gic->cpu[cpu];
	bool aliased = vgic_group_of(gic, cpu, intid) && !(c->ctlr & GICC_CTLR_CBPR);
	unsigned bpr = aliased ? c->abpr - 1 : c->bpr;

	return vgic_priority_of(gic, cpu, intid) & (0xffffffffu << (bpr + 1));
}

static uint32_t
iar_read(void *state, const struct dev_op *op)
{
	struct vgic *gic = state;
	struct vgic_cpu *c = &gic->cpu[op->cpu];
	unsigned intid = c->hppir, level;
	uint32_t from = 0;

	if (intid >= VGIC_LINES)
		return intid;
	if (vgic_priority_of(gic, op->cpu, intid) >= c->running)
		return GICC_INTID_SPURIOUS;

	level = group_priority(gic, op->cpu, intid) >> 1;
	(vgic_group_of(gic, op->cpu, intid) ? c->nsapr : c->apr)[level / 32] |= 1u << level % 32;
	c->active[intid / 32] |= 1u << intid % 32;
	if (intid < VGIC_SGIS) {
		from = (uint32_t)__builtin_ctz(c->sgi_from[intid]);
		vgic_sgi_drop(gic, op->cpu, intid, (uint8_t)(1u << from));
	} else {
		c->pending[intid / 32] &= ~(1u << intid % 32);
	}
	vgic_update_cpu(gic, op->cpu);
	return intid | from << 10;
}

static void
drop_priority(uint32_t apr[4])
{
	for (unsigned i = 0; i < 4; i++)
		if (apr[i]) {
			apr[i] &= apr[i] - 1;
			return;
		}
}

static void
eoir_write(void *state, const struct dev_op *op)
{
	struct vgic *gic = state;
	struct vgic_cpu *c = &gic->cpu[op->cpu];
	unsigned intid = op->value & 0x3ff;

	if (intid >= VGIC_LINES || c->running == GIC_PRIORITY_IDLE)
		return;
	drop_priority(vgic_group_of(gic, op->cpu, intid) ? c->nsapr : c->apr);
	if (!(c->ctlr & GICC_CTLR_EOImode))
		c->active[intid / 32] &= ~(1u << intid % 32);
}

static void
dir_write(void *state, const struct dev_op *op)
{
	struct vgic_cpu *c = &((struct vgic *)state)->cpu[op->cpu];
	unsigned intid = op->value & 0x3ff;

	if (intid < VGIC_LINES && (c->ctlr & GICC_CTLR_EOImode))
		c->active[intid / 32] &= ~(1u << intid % 32);
}

static void
abpr_write(void *state, const struct dev_op *op)
{
	uint32_t abpr = op->value & 7;

	((struct vgic *)state)->cpu[op->cpu].abpr = abpr ? abpr : 1;
}

static void
cpuif_update(void *state, unsigned cpu)
{
	vgic_update_cpu(state, cpu);
}

// clang-format off
#define GICC_FIELD(member) DEV_FIELD(struct vgic, cpu[0].member)
static const struct dev_reg cpuif_regs[] = {
	{0x0000, 0x0000, DEV_RW, "GICC_CTLR",   0, GICC_FIELD(ctlr),  GICC_CTLR_WMASK, NULL, NULL},
	{0x000c, 0x000c, DEV_RO, "GICC_IAR",    0, 0,                 0,               iar_read, NULL},
	{0x0010, 0x0010, DEV_WO, "GICC_EOIR",   0, 0,                 0,               NULL, eoir_write},
	{0x0004, 0x0004, DEV_RW, "GICC_PMR",    0, GICC_FIELD(pmr),   0xff,            NULL, NULL},
	{0x0008, 0x0008, DEV_RW, "GICC_BPR",    0, GICC_FIELD(bpr),   7,               NULL, NULL},
	{0x0014, 0x0014, DEV_RO, "GICC_RPR",    0, GICC_FIELD(rpr),   0,               NULL, NULL},
	{0x0018, 0x0018, DEV_RO, "GICC_HPPIR",  0, GICC_FIELD(hppir), 0,               NULL, NULL},
	{0x001c, 0x001c, DEV_RW, "GICC_ABPR",   1, GICC_FIELD(abpr),  7,               NULL, abpr_write},
	{0x00d0, 0x00dc, DEV_RW, "GICC_APRn",   0, GICC_FIELD(apr),   0xffffffff,      NULL, NULL},
	{0x00e0, 0x00ec, DEV_RW, "GICC_NSAPRn", 0, GICC_FIELD(nsapr), 0xffffffff,      NULL, NULL},
	{0x00fc, 0x00fc, DEV_RO, "GICC_IIDR",   0x2043b, 0,           0,               NULL, NULL},
	{0x1000, 0x1000, DEV_WO, "GICC_DIR",    0, 0,                 0,               NULL, dir_write},
};
// clang-format on

const struct dev_class vgic_cpuif = {
    .name = "gicc",
    .size = 0x2000,
    .width = DEV_EXACT,
    .regs = cpuif_regs,
    .n_regs = ARRAY_LEN(cpuif_regs),
    .bank = sizeof(struct vgic_cpu),
    .update = cpuif_update,
};
