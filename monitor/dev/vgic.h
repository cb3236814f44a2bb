// SPDX-License-Identifier: MIT
//
// The guest's GICv2: distributor and CPU interfaces of up to eight VCPUs, 288
// interrupts (16 SGIs and 16 PPIs per VCPU, 256 SPIs), 256 priorities, interrupt
// groups, no security extensions; what QEMU's `virt` has ("GIC": IHI 0048B).
//
// The signals to each VCPU are worked out whenever something that decides them
// changes, so asking for them is a load.
//
// An SPI with several targets behaves as QEMU's: pending and active state are kept
// per target, and each target gets it (GIC 1.4.3's N-N model).
#ifndef MONITOR_DEV_VGIC_H
#define MONITOR_DEV_VGIC_H

#include "monitor/dev/dev.h"

#define VGIC_CPUS  8u
#define VGIC_LINES 288u
#define VGIC_WORDS (VGIC_LINES / 32u)
#define VGIC_SGIS  16u
#define VGIC_PPIS  32u // the first interrupt number that is not private to a VCPU

#define GICC_INTID_GROUP1   1022u // a group 1 interrupt is pending, and AckCtl is clear
#define GICC_INTID_SPURIOUS 1023u

// One bit per interrupt. The word of SGIs and PPIs is each VCPU's own (vgic_cpu.own).
enum vgic_bits {
	VGIC_ENABLED,
	VGIC_LEVEL, // the input line is high
	VGIC_GROUP,
	VGIC_BITS,
};

struct vgic_cpu {
	uint32_t ctlr, pmr, bpr, abpr; // GICC_CTLR and so on
	uint32_t apr[4], nsapr[4];     // active priorities of group 0 and 1, one bit for two priorities
	uint32_t rpr, hppir;           // GICC_RPR and GICC_HPPIR as they read now
	uint32_t running;              // running priority, 256 when idle
	bool irq, fiq;                 // signalled to the VCPU now
	uint32_t own[VGIC_BITS];
	uint32_t pending[VGIC_WORDS]; // latched; a level-sensitive line that is high is pending besides
	uint32_t active[VGIC_WORDS];
	uint32_t target[VGIC_WORDS]; // GICD_ITARGETSRn the other way round
	uint8_t priority[VGIC_PPIS];
	uint8_t sgi_from[VGIC_SGIS]; // VCPUs that have this SGI pending here
};

struct vgic {
	uint32_t n_cpus;
	uint32_t ctlr;  // GICD_CTLR
	uint32_t typer; // GICD_TYPER
	uint32_t edge[VGIC_WORDS];
	uint32_t shared[VGIC_BITS][VGIC_WORDS];
	uint8_t priority[VGIC_LINES];
	uint8_t targets[VGIC_LINES];
	struct vgic_cpu cpu[VGIC_CPUS];
};

extern const struct dev_class vgic_dist;  // GICD, state: struct vgic
extern const struct dev_class vgic_cpuif; // GICC, same state

// Power-on state for n_cpus VCPUs (1 to 8), all lines low.
void vgic_init(struct vgic *gic, unsigned n_cpus);

// Drives an interrupt input. cpu matters to PPIs (16 to 31) only; intid is 16 to 287.
void vgic_set_level(struct vgic *gic, unsigned cpu, unsigned intid, bool level);

// Whether IRQ, or FIQ, is signalled to a VCPU now.
static inline bool
vgic_irq(const struct vgic *gic, unsigned cpu)
{
	return gic->cpu[cpu].irq;
}

static inline bool
vgic_fiq(const struct vgic *gic, unsigned cpu)
{
	return gic->cpu[cpu].fiq;
}

// Whether some input line could, by going high, make this VCPU be signalled with the registers as they are: nothing can
// wake a VM whose VCPUs all wait for an interrupt, if this is false for each of them. Interrupts already signalled
// count.
bool vgic_could_wake(const struct vgic *gic, unsigned cpu);

#endif
