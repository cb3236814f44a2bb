// SPDX-License-Identifier: MIT
//
// GICv2 (GIC: IHI 0048B, chapters 3 and 4), as QEMU 7.2 behaves: checked register by
// register against it. State is bitmaps of 32 interrupts, so that looking
// for the highest-priority pending interrupt takes nine words, nearly all zero.
//
// Where QEMU differs from the architecture we follow QEMU, except twice: GICD_ICPENDR0 is
// banked, and writing zero to a byte of GICD_SPENDSGIRn makes nothing pending (QEMU
// asserts later).
//
// Invariants, after every register access and input change:
//   rpr, hppir, running, irq and fiq of each VCPU follow from the other fields;
//   an SGI's pending bit is set exactly when sgi_from is not zero.
#include <string.h>
#include "monitor/vgic.h"

#define GIC_GROUPS        3u // EnableGrp0 and EnableGrp1 of GICD_CTLR and GICC_CTLR
#define GICC_CTLR_AckCtl  (1u << 2)
#define GICC_CTLR_FIQEn   (1u << 3)
#define GICC_CTLR_CBPR    (1u << 4)
#define GICC_CTLR_EOImode (1u << 9)
#define GICC_CTLR_WMASK   0x21fu
#define GIC_PRIORITY_IDLE 0x100u
#define GIC_IIDR_ARM      0x43bu

static uint32_t *
bits_of(struct vgic *gic, unsigned cpu, enum vgic_bits which, unsigned word)
{
	return word ? &gic->shared[which][word] : &gic->cpu[cpu].own[which];
}

static uint32_t
word_of(const struct vgic *gic, unsigned cpu, enum vgic_bits which, unsigned word)
{
	return word ? gic->shared[which][word] : gic->cpu[cpu].own[which];
}

static unsigned
priority_of(const struct vgic *gic, unsigned cpu, unsigned intid)
{
	return intid < VGIC_PPIS ? gic->cpu[cpu].priority[intid] : gic->priority[intid];
}

static unsigned
group_of(const struct vgic *gic, unsigned cpu, unsigned intid)
{
	return bit(word_of(gic, cpu, VGIC_GROUP, intid / 32), intid % 32);
}

// GICD_ISPENDRn as one VCPU sees the word: latched, or a level-sensitive line that is high.
static uint32_t
pending_word(const struct vgic *gic, unsigned cpu, unsigned word)
{
	return gic->cpu[cpu].pending[word] | (word_of(gic, cpu, VGIC_LEVEL, word) & ~gic->edge[word]);
}

// Running priority: that of the lowest bit in the active priorities (GIC 4.4.14).
static unsigned
running_priority(const struct vgic_cpu *c)
{
	for (unsigned i = 0; i < ARRAY_LEN(c->apr); i++)
		if (c->apr[i] | c->nsapr[i])
			return (32u * i + (unsigned)__builtin_ctz(c->apr[i] | c->nsapr[i])) << 1;
	return GIC_PRIORITY_IDLE;
}

// Highest-priority interrupt that is enabled, pending, inactive and meant for this VCPU, the lowest number among
// equals.
static unsigned
best_pending(const struct vgic *gic, unsigned cpu, unsigned *priority)
{
	unsigned best = GICC_INTID_SPURIOUS;

	*priority = GIC_PRIORITY_IDLE;
	for (unsigned word = 0; word < VGIC_WORDS; word++) {
		uint32_t set = pending_word(gic, cpu, word) & word_of(gic, cpu, VGIC_ENABLED, word) &
			       gic->cpu[cpu].target[word] & ~gic->cpu[cpu].active[word];

		for (; set; set &= set - 1) {
			unsigned intid = 32u * word + (unsigned)__builtin_ctz(set);

			if (priority_of(gic, cpu, intid) < *priority) {
				*priority = priority_of(gic, cpu, intid);
				best = intid;
			}
		}
	}
	return best;
}

static void
update_cpu(struct vgic *gic, unsigned cpu)
{
	struct vgic_cpu *c = &gic->cpu[cpu];
	unsigned priority, best = GICC_INTID_SPURIOUS, group;

	c->running = running_priority(c);
	c->rpr = c->running < GIC_PRIORITY_IDLE ? c->running : 0xff;
	c->hppir = GICC_INTID_SPURIOUS;
	c->irq = c->fiq = false;
	if ((gic->ctlr & GIC_GROUPS) && (c->ctlr & GIC_GROUPS))
		best = best_pending(gic, cpu, &priority);
	if (best == GICC_INTID_SPURIOUS || priority >= c->pmr)
		return;

	group = group_of(gic, cpu, best);
	c->hppir = group && !(c->ctlr & GICC_CTLR_AckCtl) ? GICC_INTID_GROUP1 : best;
	if (priority < c->running && bit(gic->ctlr, group) && bit(c->ctlr, group)) {
		c->fiq = group == 0 && (c->ctlr & GICC_CTLR_FIQEn);
		c->irq = !c->fiq;
	}
}

static void
update_all(struct vgic *gic)
{
	for (unsigned cpu = 0; cpu < gic->n_cpus; cpu++)
		update_cpu(gic, cpu);
}

// The distributor's registers: one word is a bit each, or a byte each, of a run of interrupts.

static uint32_t
bits_read(void *state, const struct dev_op *op)
{
	const struct vgic *gic = state;
	unsigned word = (op->offset & 0x7f) / 4;
	uint32_t set = 0;

	switch (op->offset / 0x100) {
	case 0:
		return word_of(gic, op->cpu, VGIC_GROUP, word);
	case 1:
		return word_of(gic, op->cpu, VGIC_ENABLED, word);
	}
	for (unsigned cpu = word ? 0 : op->cpu; cpu <= (word ? VGIC_CPUS - 1 : op->cpu); cpu++)
		set |= op->offset < 0x300 ? pending_word(gic, cpu, word) : gic->cpu[cpu].active[word];
	return set;
}

static void
set_or_clear(uint32_t *word, uint32_t ones, bool clear)
{
	*word = clear ? *word & ~ones : *word | ones;
}

static void
group_write(void *state, const struct dev_op *op)
{
	uint32_t *word = bits_of(state, op->cpu, VGIC_GROUP, (op->offset & 0x7f) / 4);

	*word = (*word & ~op->mask) | (op->value & op->mask);
}

static void
enable_write(void *state, const struct dev_op *op)
{
	unsigned word = (op->offset & 0x7f) / 4;
	uint32_t ones = op->value & (word ? 0xffffffffu : 0xffff0000u); // SGIs are always enabled

	set_or_clear(bits_of(state, op->cpu, VGIC_ENABLED, word), ones, op->offset & 0x80);
}

static void
pending_write(void *state, const struct dev_op *op)
{
	struct vgic *gic = state;
	unsigned word = (op->offset & 0x7f) / 4;
	bool clear = op->offset & 0x80;

	if (!word) {
		set_or_clear(&gic->cpu[op->cpu].pending[0], op->value & 0xffff0000u, clear); // SGIs: GICD_xPENDSGIRn
		return;
	}
	for (unsigned cpu = 0; cpu < VGIC_CPUS; cpu++)
		set_or_clear(&gic->cpu[cpu].pending[word], clear ? op->value : op->value & gic->cpu[cpu].target[word],
			     clear);
}

static void
active_write(void *state, const struct dev_op *op)
{
	struct vgic *gic = state;
	unsigned word = (op->offset & 0x7f) / 4;

	for (unsigned cpu = word ? 0 : op->cpu; cpu <= (word ? VGIC_CPUS - 1 : op->cpu); cpu++)
		set_or_clear(&gic->cpu[cpu].active[word], op->value, op->offset & 0x80);
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
set_targets(struct vgic *gic, unsigned intid, uint8_t targets)
{
	unsigned word = intid / 32;
	uint32_t one = 1u << intid % 32;
	bool pending = false;

	for (unsigned cpu = 0; cpu < VGIC_CPUS; cpu++)
		pending |= (gic->cpu[cpu].pending[word] & one) != 0;
	gic->targets[intid] = targets;
	for (unsigned cpu = 0; cpu < VGIC_CPUS; cpu++) {
		set_or_clear(&gic->cpu[cpu].target[word], one, !bit(targets, cpu));
		if (pending) // moves to the new targets
			set_or_clear(&gic->cpu[cpu].pending[word], one, !bit(targets, cpu));
	}
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
			set_targets(gic, intid + i, (uint8_t)(op->value >> 8 * i));
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
			set_or_clear(&gic->edge[intid / 32], 1u << (intid % 32 + i), !bit(op->value, 2 * i + 1));
}

static void
sgi_send(struct vgic *gic, unsigned to, unsigned sgi, uint8_t from)
{
	gic->cpu[to].sgi_from[sgi] |= from;
	if (gic->cpu[to].sgi_from[sgi])
		gic->cpu[to].pending[0] |= 1u << sgi;
}

static void
sgi_drop(struct vgic *gic, unsigned to, unsigned sgi, uint8_t from)
{
	gic->cpu[to].sgi_from[sgi] &= (uint8_t)~from;
	if (!gic->cpu[to].sgi_from[sgi])
		gic->cpu[to].pending[0] &= ~(1u << sgi);
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
		(op->offset & 0x20 ? sgi_send : sgi_drop)(state, op->cpu, (op->offset & 0xf) + i,
							  (uint8_t)(op->value >> 8 * i));
}

static void
dist_update(void *state, unsigned cpu)
{
	(void)cpu; // whatever a distributor register changes can concern any VCPU
	update_all(state);
}

// The CPU interface.

// Priority with the bits below the binary point cleared (GIC 3.3.3).
static unsigned
group_priority(const struct vgic *gic, unsigned cpu, unsigned intid)
{
	const struct vgic_cpu *c = &gic->cpu[cpu];
	bool aliased = group_of(gic, cpu, intid) && !(c->ctlr & GICC_CTLR_CBPR);
	unsigned bpr = aliased ? c->abpr - 1 : c->bpr;

	return priority_of(gic, cpu, intid) & (0xffffffffu << (bpr + 1));
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
	if (priority_of(gic, op->cpu, intid) >= c->running)
		return GICC_INTID_SPURIOUS;

	level = group_priority(gic, op->cpu, intid) >> 1;
	(group_of(gic, op->cpu, intid) ? c->nsapr : c->apr)[level / 32] |= 1u << level % 32;
	c->active[intid / 32] |= 1u << intid % 32;
	if (intid < VGIC_SGIS) {
		from = (uint32_t)__builtin_ctz(c->sgi_from[intid]);
		sgi_drop(gic, op->cpu, intid, (uint8_t)(1u << from));
	} else {
		c->pending[intid / 32] &= ~(1u << intid % 32);
	}
	update_cpu(gic, op->cpu);
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
	drop_priority(group_of(gic, op->cpu, intid) ? c->nsapr : c->apr);
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
	update_cpu(state, cpu);
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

const struct dev_class vgic_dist = {
    .name = "gicd",
    .size = 0x1000,
    .width = DEV_LANES,
    .regs = dist_regs,
    .n_regs = ARRAY_LEN(dist_regs),
    .update = dist_update,
};

const struct dev_class vgic_cpuif = {
    .name = "gicc",
    .size = 0x2000,
    .width = DEV_EXACT,
    .regs = cpuif_regs,
    .n_regs = ARRAY_LEN(cpuif_regs),
    .bank = sizeof(struct vgic_cpu),
    .update = cpuif_update,
};

void
vgic_init(struct vgic *gic, unsigned n_cpus)
{
	memset(gic, 0, sizeof(*gic));
	gic->n_cpus = n_cpus;
	dev_reset(&vgic_dist, gic, n_cpus);
	dev_reset(&vgic_cpuif, gic, n_cpus);
	gic->typer |= (n_cpus - 1) << 5;
	gic->edge[0] = 0xffff;
	for (unsigned cpu = 0; cpu < VGIC_CPUS; cpu++) {
		gic->cpu[cpu].own[VGIC_ENABLED] = 0xffff;
		gic->cpu[cpu].target[0] = 0xffffffffu;
	}
	for (unsigned intid = VGIC_PPIS; n_cpus == 1 && intid < VGIC_LINES; intid++)
		set_targets(gic, intid, 1);
	update_all(gic);
}

void
vgic_set_level(struct vgic *gic, unsigned cpu, unsigned intid, bool level)
{
	unsigned word = intid / 32;
	uint32_t one = 1u << intid % 32;
	uint32_t *line = bits_of(gic, cpu, VGIC_LEVEL, word);

	if (level == ((*line & one) != 0))
		return;
	set_or_clear(line, one, !level);
	for (unsigned to = word ? 0 : cpu; to <= (word ? VGIC_CPUS - 1 : cpu); to++)
		if (level && (gic->edge[word] & gic->cpu[to].target[word] & one))
			gic->cpu[to].pending[word] |= one;
	if (word)
		update_all(gic);
	else
		update_cpu(gic, cpu);
}

bool
vgic_could_wake(const struct vgic *gic, unsigned cpu)
{
	const struct vgic_cpu *c = &gic->cpu[cpu];
	unsigned limit = c->pmr < c->running ? c->pmr : c->running;

	for (unsigned word = 0; word < VGIC_WORDS; word++) {
		uint32_t set = word_of(gic, cpu, VGIC_ENABLED, word) & c->target[word] & ~c->active[word];

		for (set &= word ? 0xffffffffu : 0xffff0000u; set; set &= set - 1) {
			unsigned intid = 32u * word + (unsigned)__builtin_ctz(set);
			unsigned group = group_of(gic, cpu, intid);

			if (priority_of(gic, cpu, intid) < limit && bit(gic->ctlr, group) && bit(c->ctlr, group))
				return true;
		}
	}
	return c->irq || c->fiq;
}
