// SPDX-License-Identifier: MIT
//
// The distributor's registers (GIC: IHI 0048B, 4.3): one word is a bit each, or a byte each, of a
// run of interrupts.
#include "monitor/dev/vgic_internal.h"

#define GIC_IIDR_ARM 0x43bu

static uint32_t
bits_read(void *state, const struct dev_op *op)
{
	const struct vgic *gic = state;
	unsigned word = (op->offset & 0x7f) / 4;
	uint32_t set = 0;

	switch (op->offset / 0x100) {
	case 0:
		return vgic_word_of(gic, op->cpu, VGIC_GROUP, word);
	case 1:
		return vgic_word_of(gic, op->cpu, VGIC_ENABLED, word);
	}
	for (unsigned cpu = word ? 0 : op->cpu; cpu <= (word ? VGIC_CPUS - 1 : op->cpu); cpu++)
		set |= op->offset < 0x300 ? vgic_pending_word(gic, cpu, word) : gic->cpu[cpu].active[word];
	return set;
}

static void
group_write(void *state, const struct dev_op *op)
{
	uint32_t *word = vgic_bits_of(state, op->cpu, VGIC_GROUP, (op->offset & 0x7f) / 4);

	*word = (*word & ~op->mask) | (op->value & op->mask);
}

static void
enable_write(void *state, const struct dev_op *op)
{
	unsigned word = (op->offset & 0x7f) / 4;
	uint32_t ones = op->value & (word ? 0xffffffffu : 0xffff0000u); // SGIs are always enabled

	vgic_set_or_clear(vgic_bits_of(state, op->cpu, VGIC_ENABLED, word), ones, op->offset & 0x80);
}

static void
pending_write(void *state, const struct dev_op *op)
{
	struct vgic *gic = state;
	unsigned word = (op->offset & 0x7f) / 4;
	bool clear = op->offset & 0x80;

	if (!word) {
		vgic_set_or_clear(&gic->cpu[op->cpu].pending[0], op->value & 0xffff0000u,
				  clear); // SGIs: GICD_xPENDSGIRn
		return;
	}
	for (unsigned cpu = 0; cpu < VGIC_CPUS; cpu++)
		vgic_set_or_clear(&gic->cpu[cpu].pending[word],
				  clear ? op->value : op->value & gic->cpu[cpu].target[word], clear);
}

static void
active_write(void *state, const struct dev_op *op)
{
	struct vgic *gic = state;
	unsigned word = (op->offset & 0x7f) / 4;

	for (unsigned cpu = word ? 0 : op->cpu; cpu <= (word ? VGIC_CPUS - 1 : op->cpu); cpu++)
		vgic_set_or_clear(&gic->cpu[cpu].active[word], op->value, op->offset & 0x80);
}

static uint32_t
load_bytes(const uint8_t *bytes)
{
	return (uint32_t)(bytes[0] | bytes[1] << 8 | bytes[2] << 16) | (uint32_t)bytes[3] << 24;
}

static uint8_t *
priority_bytes(struct vgic *gic, const struct dev_op *op)
{
	unsigned intid = op->offset - 0x400;

	return intid < VGIC_PPIS ? &gic->cpu[op->cpu].priority[intid] : &gic->priority[intid];
}

static uint32_t
priority_read(void *state, const struct dev_op *op)
{
	return load_bytes(priority_bytes(state, op));
}

static void
priority_write(void *state, const struct dev_op *op)
{
	uint8_t *bytes = priority_bytes(state, op);

	for (unsigned i = 0; i < 4; i++)
		if (op->mask >> 8 * i & 1)
			bytes[i] = (uint8_t)(op->value >> 8 * i);
}

static uint32_t
target_read(void *state, const struct dev_op *op)
{
	const struct vgic *gic = state;
	unsigned intid = op->offset - 0x800;

	if (gic->n_cpus == 1)
		return 0; // GIC 4.3.12: RAZ/WI on a uniprocessor
	return intid < VGIC_PPIS ? 0x01010101u << op->cpu : load_bytes(&gic->targets[intid]);
}

static void
target_write(void *state, const struct dev_op *op)
{
	struct vgic *gic = state;
	unsigned intid = op->offset - 0x800;

	if (gic->n_cpus == 1 || intid < VGIC_PPIS)
		return;
	for (unsigned i = 0; i < 4; i++)
		if (op->mask >> 8 * i & 1)
			vgic_set_targets(gic, intid + i, (uint8_t)(op->value >> 8 * i));
}

// GICD_ICFGRn: two bits an interrupt, of which the upper says edge.
static uint32_t
config_read(void *state, const struct dev_op *op)
{
	const struct vgic *gic = state;
	unsigned intid = (op->offset - 0xc00) * 4;
	uint32_t value = 0;

	for (unsigned i = 0; i < 16; i++)
		value |= bit(gic->edge[intid / 32], intid % 32 + i) << (2 * i + 1);
	return value;
}

static void
config_write(void *state, const struct dev_op *op)
{
	struct vgic *gic = state;
	unsigned intid = (op->offset - 0xc00) * 4;

	for (unsigned i = 0; intid >= VGIC_SGIS && i < 16; i++)
		if (bit(op->mask, 2 * i))
			vgic_set_or_clear(&gic->edge[intid / 32], 1u << (intid % 32 + i), !bit(op->value, 2 * i + 1));
}

static void
sgi_send(struct vgic *gic, unsigned to, unsigned sgi, uint8_t from)
{
	gic->cpu[to].sgi_from[sgi] |= from;
	if (gic->cpu[to].sgi_from[sgi])
		gic->cpu[to].pending[0] |= 1u << sgi;
}

// GICD_SGIR (GIC 4.3.15): only as a word; the reserved filter sends to all, as on QEMU.
static void
sgir_write(void *state, const struct dev_op *op)
{
	struct vgic *gic = state;
	const uint8_t all = 0xff, me = (uint8_t)(1u << op->cpu);
	const uint8_t filtered[] = {(uint8_t)bits(op->value, 23, 16), all ^ me, me, all};
	uint8_t to = filtered[bits(op->value, 25, 24)];

	for (unsigned cpu = 0; op->mask == 0xffffffffu && cpu < VGIC_CPUS; cpu++)
		if (bit(to, cpu))
			sgi_send(gic, cpu, op->value & 15, me);
}

static uint32_t
pendsgir_read(void *state, const struct dev_op *op)
{
	return load_bytes(&((struct vgic *)state)->cpu[op->cpu].sgi_from[op->offset & 0xf]);
}

static void
pendsgir_write(void *state, const struct dev_op *op)
{
	for (unsigned i = 0; i < 4; i++)
		(op->offset & 0x20 ? sgi_send : vgic_sgi_drop)(state, op->cpu, (op->offset & 0xf) + i,
							       (uint8_t)(op->value >> 8 * i));
}

static void
dist_update(void *state, unsigned cpu)
{
	(void)cpu; // whatever a distributor register changes can concern any VCPU
	vgic_update_all(state);
}

// clang-format off
static const struct dev_reg dist_regs[] = {
	{0x000, 0x000, DEV_RW, "GICD_CTLR",       0,            DEV_FIELD(struct vgic, ctlr),  GIC_GROUPS, NULL, NULL},
	{0x004, 0x004, DEV_RO, "GICD_TYPER",      VGIC_WORDS-1, DEV_FIELD(struct vgic, typer), 0, NULL, NULL},
	{0x008, 0x008, DEV_RO, "GICD_IIDR",       GIC_IIDR_ARM, 0, 0, NULL, NULL},
	{0x080, 0x0a0, DEV_RW, "GICD_IGROUPRn",   0, 0, 0, bits_read,     group_write},
	{0x100, 0x120, DEV_RW, "GICD_ISENABLERn", 0, 0, 0, bits_read,     enable_write},
	{0x180, 0x1a0, DEV_RW, "GICD_ICENABLERn", 0, 0, 0, bits_read,     enable_write},
	{0x200, 0x220, DEV_RW, "GICD_ISPENDRn",   0, 0, 0, bits_read,     pending_write},
	{0x280, 0x2a0, DEV_RW, "GICD_ICPENDRn",   0, 0, 0, bits_read,     pending_write},
	{0x300, 0x320, DEV_RW, "GICD_ISACTIVERn", 0, 0, 0, bits_read,     active_write},
	{0x380, 0x3a0, DEV_RW, "GICD_ICACTIVERn", 0, 0, 0, bits_read,     active_write},
	{0x400, 0x51c, DEV_RW, "GICD_IPRIORITYRn",0, 0, 0, priority_read, priority_write},
	{0x800, 0x91c, DEV_RW, "GICD_ITARGETSRn", 0, 0, 0, target_read,   target_write},
	{0xc00, 0xc44, DEV_RW, "GICD_ICFGRn",     0, 0, 0, config_read,   config_write},
	{0xf00, 0xf00, DEV_WO, "GICD_SGIR",       0, 0, 0, NULL,          sgir_write},
	{0xf10, 0xf1c, DEV_RW, "GICD_CPENDSGIRn", 0, 0, 0, pendsgir_read, pendsgir_write},
	{0xf20, 0xf2c, DEV_RW, "GICD_SPENDSGIRn", 0, 0, 0, pendsgir_read, pendsgir_write},
	DEV_ID(0xfd0, "GICD_PIDR4", 0x04),
	DEV_ID(0xfd4, "GICD_PIDR5", 0x00),
	DEV_ID(0xfd8, "GICD_PIDR6", 0x00),
	DEV_ID(0xfdc, "GICD_PIDR7", 0x00),
	DEV_PRIMECELL_IDS("GICD_", 0x90, 0xb4, 0x2b, 0x00),
};

// clang-format on

const struct dev_class vgic_dist = {
    .name = "gicd",
    .size = 0x1000,
    .width = DEV_LANES,
    .regs = dist_regs,
    .n_regs = ARRAY_LEN(dist_regs),
    .update = dist_update,
};
