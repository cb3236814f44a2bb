// SPDX-License-Identifier: MIT
//
// See vpmu.h. A counter overflows by a carry out of its 32 bits; QEMU's PMCR.LC, which ARMv7 hasn't, turns that off for
// the cycle counter and makes it ignore PMCR.D.
#include "monitor/cpu/vpmu.h"
#include <string.h>
#include "monitor/board/core.h"
#include "monitor/board/hostpmu.h"
#include "monitor/cpu/shared.h"

#define PMCR_LC 0x40u

#define CYCLES_PER_SECOND 1000000000u // QEMU's
#define DIVIDER           64u
#define OVERFLOW          0x100000000ull

// How long, in parts of a second, the host's counter of instructions may be left alone: it has 32 bits.
#define INSNS_FOR 4u

// And how soon, at the earliest, is looked again for an overflow whose time isn't known.
#define LOOKS_PER_SECOND 100000u

#define KERNEL 1u // sets of views
#define USER   2u

void
vpmu_reset(struct vcpu *v)
{
	const struct core *core = v->vm->core;
	struct vpmu *p = &v->pmu;

	if (core->pmu_insns)
		hostpmu_run(false);
	memset(p, 0, sizeof(*p));
	p->id = core->pmu_id;
	p->host_insns = core->pmu_insns;
	p->hz = sysreg_read_cntfrq();
	p->since = sysreg_read_cntvct();
}

static uint32_t
filter_of(const struct vpmu *p, unsigned n)
{
	return n == VPMU_CYCLES ? p->filter : p->type[n];
}

// The views that a counter counts in; none if it is off.
static unsigned
views(const struct vpmu *p, unsigned n)
{
	uint32_t filter = filter_of(p, n);

	if (!(p->cr & PMCR_E) || !bit(p->enabled, n))
		return 0;
	return (filter & PMU_FILTER_P ? 0 : KERNEL) | (filter & PMU_FILTER_U ? 0 : USER);
}

static uint32_t
event(const struct vpmu *p, unsigned n)
{
	return n == VPMU_CYCLES ? PMU_CPU_CYCLES : p->type[n] & PMU_EVENT;
}

static bool
counts_insns(const struct vpmu *p, unsigned n)
{
	return p->host_insns && event(p, n) == PMU_INST_RETIRED && views(p, n);
}

static bool
counts_cycles(const struct vpmu *p, unsigned n)
{
	return event(p, n) == PMU_CPU_CYCLES && views(p, n);
}

static bool
counts(const struct vpmu *p, unsigned n)
{
	return counts_cycles(p, n) || counts_insns(p, n);
}

static bool
divided(const struct vpmu *p, unsigned n)
{
	return n == VPMU_CYCLES && (p->cr & (PMCR_D | PMCR_LC)) == PMCR_D;
}

static uint64_t
sum(const struct vpmu *p, const struct vpmu_spent spent[2], unsigned n)
{
	unsigned in = views(p, n);
	struct vpmu_spent s = {0};

	for (unsigned view = VIEW_KERNEL; view <= VIEW_USER; view++) {
		s.ticks += bit(in, view) ? spent[view].ticks : 0;
		s.insns += bit(in, view) ? spent[view].insns : 0;
	}
	if (!counts_cycles(p, n))
		return s.insns;
	s.ticks = s.ticks / p->hz * CYCLES_PER_SECOND + s.ticks % p->hz * CYCLES_PER_SECOND / p->hz;
	return divided(p, n) ? s.ticks / DIVIDER : s.ticks;
}

static uint32_t *
counter(struct vpmu *p, unsigned n)
{
	return n == VPMU_CYCLES ? &p->cycles : &p->count[n];
}

static void
add(struct vpmu *p, unsigned n, uint64_t events)
{
	uint64_t count = *counter(p, n) + events;

	*counter(p, n) = (uint32_t)count;
	if (count >= OVERFLOW && !(n == VPMU_CYCLES && p->cr & PMCR_LC))
		p->overflowed |= 1u << n;
}

static void
drive_line(struct vcpu *v)
{
	const struct vpmu *p = &v->pmu;

	vgic_set_level(&v->vm->gic, v->id, VM_PMU_IRQ, p->cr & PMCR_E && p->interrupts & p->overflowed);
}

void
vpmu_sync(struct vcpu *v)
{
	struct vpmu *p = &v->pmu;

	vpmu_spend(p, v->view_now);
	for (uint32_t left = p->enabled; left; left &= left - 1) {
		unsigned n = (unsigned)__builtin_ctz(left);

		if (counts(p, n))
			add(p, n, sum(p, p->spent, n) - sum(p, p->counted, n));
	}
	memcpy(p->counted, p->spent, sizeof(p->counted));
	drive_line(v);
}

void
vpmu_update(struct vcpu *v)
{
	struct vpmu *p = &v->pmu;
	bool split = false, insns = false;

	for (uint32_t left = p->enabled; left; left &= left - 1) {
		unsigned n = (unsigned)__builtin_ctz(left);

		split |= counts(p, n) && views(p, n) != (KERNEL | USER);
		insns |= counts_insns(p, n);
	}
	if (insns != p->insns) {
		hostpmu_run(insns);
		p->insns_since = sysreg_read_pmxevcntr();
	}
	p->insns = insns;
	p->split = split;
	drive_line(v);
}

void
vpmu_increment(struct vcpu *v, uint32_t counters)
{
	struct vpmu *p = &v->pmu;

	for (unsigned n = 0; n < vpmu_counters(p); n++)
		if (bit(counters, n) && bit(views(p, n), v->view_now) && !event(p, n))
			add(p, n, 1);
	drive_line(v);
}

// Ticks to the overflow of a counter. An instruction is taken for a cycle. Where it isn't known when it comes, because
// of that or because the other view is running, it is at least a while, so that the guest gets on.
static uint64_t
overflow_in(const struct vpmu *p, unsigned n, unsigned view)
{
	uint64_t events = OVERFLOW - (n == VPMU_CYCLES ? p->cycles : p->count[n]);
	uint64_t cycles = divided(p, n) ? events * DIVIDER : events;
	uint64_t rest = cycles % CYCLES_PER_SECOND * p->hz;
	uint64_t ticks = cycles / CYCLES_PER_SECOND * p->hz + (rest + CYCLES_PER_SECOND - 1) / CYCLES_PER_SECOND;
	bool known = counts_cycles(p, n) && bit(views(p, n), view);
	uint32_t least = p->hz / LOOKS_PER_SECOND;

	return known || ticks > least ? ticks : least;
}

uint64_t
vpmu_next(const struct vcpu *v)
{
	const struct vpmu *p = &v->pmu;
	uint64_t next = p->insns ? p->hz / INSNS_FOR : UINT64_MAX;

	for (uint32_t left = p->enabled & p->interrupts & ~p->overflowed; left; left &= left - 1) {
		unsigned n = (unsigned)__builtin_ctz(left);
		uint64_t in = counts(p, n) ? overflow_in(p, n, v->view_now) : UINT64_MAX;

		next = in < next ? in : next;
	}
	return next == UINT64_MAX ? UINT64_MAX : p->since + next;
}
