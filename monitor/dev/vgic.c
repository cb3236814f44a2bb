// SPDX-License-Identifier: MIT
//
// GICv2 (GIC: IHI 0048B, chapters 3 and 4), as QEMU 7.2 behaves: checked register by
// register against it. State is bitmaps of 32 interrupts, so that looking
// for the highest-priority pending interrupt takes nine words, nearly all zero.
// Here is what is pending and what is signalled; the registers are in vgic_dist.c and
// vgic_cpuif.c.
//
// Where QEMU differs from the architecture we follow QEMU, except twice: GICD_ICPENDR0 is
// banked, and writing zero to a byte of GICD_SPENDSGIRn makes nothing pending (QEMU
// asserts later).
#include "monitor/dev/vgic.h"
#include <string.h>
#include "monitor/dev/vgic_internal.h"

uint32_t
vgic_pending_word(const struct vgic *gic, unsigned cpu, unsigned word)
{
	return gic->cpu[cpu].pending[word] | (vgic_word_of(gic, cpu, VGIC_LEVEL, word) & ~gic->edge[word]);
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
		uint32_t set = vgic_pending_word(gic, cpu, word) & vgic_word_of(gic, cpu, VGIC_ENABLED, word) &
			       gic->cpu[cpu].target[word] & ~gic->cpu[cpu].active[word];

		for (; set; set &= set - 1) {
			unsigned intid = 32u * word + (unsigned)__builtin_ctz(set);

			if (vgic_priority_of(gic, cpu, intid) < *priority) {
				*priority = vgic_priority_of(gic, cpu, intid);
				best = intid;
			}
		}
	}
	return best;
}

void
vgic_update_cpu(struct vgic *gic, unsigned cpu)
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

	group = vgic_group_of(gic, cpu, best);
	c->hppir = group && !(c->ctlr & GICC_CTLR_AckCtl) ? GICC_INTID_GROUP1 : best;
	if (priority < c->running && bit(gic->ctlr, group) && bit(c->ctlr, group)) {
		c->fiq = group == 0 && (c->ctlr & GICC_CTLR_FIQEn);
		c->irq = !c->fiq;
	}
}

void
vgic_update_all(struct vgic *gic)
{
	for (unsigned cpu = 0; cpu < gic->n_cpus; cpu++)
		vgic_update_cpu(gic, cpu);
}

void
vgic_set_targets(struct vgic *gic, unsigned intid, uint8_t targets)
{
	unsigned word = intid / 32;
	uint32_t one = 1u << intid % 32;
	bool pending = false;

	for (unsigned cpu = 0; cpu < VGIC_CPUS; cpu++)
		pending |= (gic->cpu[cpu].pending[word] & one) != 0;
	gic->targets[intid] = targets;
	for (unsigned cpu = 0; cpu < VGIC_CPUS; cpu++) {
		vgic_set_or_clear(&gic->cpu[cpu].target[word], one, !bit(targets, cpu));
		if (pending) // moves to the new targets
			vgic_set_or_clear(&gic->cpu[cpu].pending[word], one, !bit(targets, cpu));
	}
}

void
vgic_sgi_drop(struct vgic *gic, unsigned to, unsigned sgi, uint8_t from)
{
	gic->cpu[to].sgi_from[sgi] &= (uint8_t)~from;
	if (!gic->cpu[to].sgi_from[sgi])
		gic->cpu[to].pending[0] &= ~(1u << sgi);
}

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
		vgic_set_targets(gic, intid, 1);
	vgic_update_all(gic);
}

void
vgic_set_level(struct vgic *gic, unsigned cpu, unsigned intid, bool level)
{
	unsigned word = intid / 32;
	uint32_t one = 1u << intid % 32;
	uint32_t *line = vgic_bits_of(gic, cpu, VGIC_LEVEL, word);

	if (level == ((*line & one) != 0))
		return;
	vgic_set_or_clear(line, one, !level);
	for (unsigned to = word ? 0 : cpu; to <= (word ? VGIC_CPUS - 1 : cpu); to++)
		if (level && (gic->edge[word] & gic->cpu[to].target[word] & one))
			gic->cpu[to].pending[word] |= one;
	if (word)
		vgic_update_all(gic);
	else
		vgic_update_cpu(gic, cpu);
}

bool
vgic_could_wake(const struct vgic *gic, unsigned cpu)
{
	const struct vgic_cpu *c = &gic->cpu[cpu];
	unsigned limit = c->pmr < c->running ? c->pmr : c->running;

	for (unsigned word = 0; word < VGIC_WORDS; word++) {
		uint32_t set = vgic_word_of(gic, cpu, VGIC_ENABLED, word) & c->target[word] & ~c->active[word];

		for (set &= word ? 0xffffffffu : 0xffff0000u; set; set &= set - 1) {
			unsigned intid = 32u * word + (unsigned)__builtin_ctz(set);
			unsigned group = vgic_group_of(gic, cpu, intid);

			if (vgic_priority_of(gic, cpu, intid) < limit && bit(gic->ctlr, group) && bit(c->ctlr, group))
				return true;
		}
	}
	return c->irq || c->fiq;
}
