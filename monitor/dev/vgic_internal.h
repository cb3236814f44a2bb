// SPDX-License-Identifier: MIT
//
// What the distributor (vgic_dist.c) and the CPU interfaces (vgic_cpuif.c) share of the
// GIC's state (vgic.c).
//
// Invariants, after every register access and input change:
//   rpr, hppir, running, irq and fiq of each VCPU follow from the other fields;
//   an SGI's pending bit is set exactly when sgi_from is not zero.
#ifndef MONITOR_DEV_VGIC_INTERNAL_H
#define MONITOR_DEV_VGIC_INTERNAL_H

#include "monitor/dev/vgic.h"

#define GIC_GROUPS        3u // EnableGrp0 and EnableGrp1 of GICD_CTLR and GICC_CTLR
#define GICC_CTLR_AckCtl  (1u << 2)
#define GICC_CTLR_FIQEn   (1u << 3)
#define GICC_CTLR_CBPR    (1u << 4)
#define GICC_CTLR_EOImode (1u << 9)
#define GIC_PRIORITY_IDLE 0x100u

static inline uint32_t *
vgic_bits_of(struct vgic *gic, unsigned cpu, enum vgic_bits which, unsigned word)
{
	return word ? &gic->shared[which][word] : &gic->cpu[cpu].own[which];
}

static inline uint32_t
vgic_word_of(const struct vgic *gic, unsigned cpu, enum vgic_bits which, unsigned word)
{
	return word ? gic->shared[which][word] : gic->cpu[cpu].own[which];
}

static inline unsigned
vgic_priority_of(const struct vgic *gic, unsigned cpu, unsigned intid)
{
	const uint8_t *of = intid < VGIC_PPIS ? gic->cpu[cpu].priority : gic->priority;

	return of[intid];
}

static inline unsigned
vgic_group_of(const struct vgic *gic, unsigned cpu, unsigned intid)
{
	return bit(vgic_word_of(gic, cpu, VGIC_GROUP, intid / 32), intid % 32);
}

static inline void
vgic_set_or_clear(uint32_t *word, uint32_t ones, bool clear)
{
	*word = clear ? *word & ~ones : *word | ones;
}

// GICD_ISPENDRn as one VCPU sees the word: latched, or a level-sensitive line that is high.
uint32_t vgic_pending_word(const struct vgic *gic, unsigned cpu, unsigned word);

// Works out anew what is signalled to one VCPU, or to each.
void vgic_update_cpu(struct vgic *gic, unsigned cpu);
void vgic_update_all(struct vgic *gic);

// GICD_ITARGETSRn of one SPI: if it is pending, it moves to the new targets.
void vgic_set_targets(struct vgic *gic, unsigned intid, uint8_t targets);

// An SGI is pending at VCPU `to` no longer, of those that VCPUs `from` (a bit each) sent.
void vgic_sgi_drop(struct vgic *gic, unsigned to, unsigned sgi, uint8_t from);

#endif
