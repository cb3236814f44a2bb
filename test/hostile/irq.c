// SPDX-License-Identifier: MIT
//
// The GIC, the timers and what waits for them. The watchdog, the virtual timer, ends made code that runs in circles.
#include "test/hostile/cp.h"
#include "test/hostile/guest.h"

#define GICD_CTLR       (GICD + 0x000u)
#define GICD_IGROUPR    (GICD + 0x080u)
#define GICD_ISENABLER  (GICD + 0x100u)
#define GICD_ICENABLER  (GICD + 0x180u)
#define GICD_ICPENDR    (GICD + 0x280u)
#define GICD_ICACTIVER  (GICD + 0x380u)
#define GICD_IPRIORITYR (GICD + 0x400u)
#define GICD_SGIR       (GICD + 0xf00u)
#define GICC_CTLR       (GICC + 0x00u)
#define GICC_PMR        (GICC + 0x04u)
#define GICC_BPR        (GICC + 0x08u)
#define GICC_IAR        (GICC + 0x0cu)
#define GICC_EOIR       (GICC + 0x10u)
#define GICC_DIR        (GICC + 0x1000u)
#define SPURIOUS        1020u

#define VTIMER_IRQ 27u
#define PTIMER_IRQ 30u

#define WATCHDOG_TICKS 4000u

bool gic_dirty;

void
gic_restore(void)
{
	gic_dirty = false;
	write_cntv_ctl(0);
	write_cntp_ctl(0);
	at(GICD_CTLR)[0] = 0;
	for (unsigned i = 0; i < 3; i++) {
		at(GICD_ICENABLER)[i] = ~0u;
		at(GICD_ICPENDR)[i] = ~0u;
		at(GICD_ICACTIVER)[i] = ~0u;
	}
	at(GICD_IGROUPR)[0] = 0;
	for (unsigned i = 0; i < 8; i++)
		at(GICD_IPRIORITYR)[i] = 0x80808080u;
	at(GICD_ISENABLER)[0] = 1u << VTIMER_IRQ | 1u << PTIMER_IRQ | 0xffffu;
	at(GICD_CTLR)[0] = 1;
	at(GICC_CTLR)[0] = 1;
	at(GICC_BPR)[0] = 0;
	at(GICC_PMR)[0] = 0xf0;
	at(RTC + 0x10u)[0] = 0;  // RTCIMSC
	at(UART + 0x38u)[0] = 0; // UARTIMSC
}

void
gic_drain(void)
{
	write_cntv_ctl(0);
	write_cntp_ctl(0);
	for (unsigned i = 0; i < 40; i++) {
		uint32_t iar = at(GICC_IAR)[0];

		seen(iar, GICC_IAR);
		if ((iar & 0x3ffu) >= SPURIOUS)
			return;
		at(GICC_EOIR)[0] = iar;
	}
	gic_restore();
}

void
watchdog(bool on)
{
	if (on)
		write_cntv_tval(WATCHDOG_TICKS);
	write_cntv_ctl(on);
	__asm__ volatile("isb");
}

// Interrupts are let in for a while; one of them ends it.
static uint32_t
let_in(uint32_t rounds, uint32_t unused)
{
	(void)unused;
	__asm__ volatile("cpsie if" : : : "memory");
	for (volatile uint32_t i = 0; i < rounds; i++)
		;
	__asm__ volatile("cpsid if" : : : "memory");
	return 0;
}

static void
let_interrupts_in(uint32_t rounds)
{
	uint32_t unused, vector = try_call(let_in, rounds, 0, &unused);

	if (vector && vector != V_IRQ && vector != V_FIQ)
		fail("not an interrupt", vector, trapped.pc, trapped.spsr);
}

void
step_timer(void)
{
	uint64_t at_count = read_cntvct();

	switch (below(4)) {
	case 0:
		at_count += below(4000);
		break;
	case 1:
		at_count -= below(4000);
		break;
	case 2:
		at_count = (uint64_t)interesting() << 32 | interesting();
		break;
	default:
		at_count = one_in(2) ? 0 : ~(uint64_t)0;
	}
	if (one_in(2)) {
		write_cntv_cval(at_count);
		write_cntv_ctl(rnd() & 7u);
	}
	if (one_in(2)) {
		write_cntp_cval(at_count + below(100));
		write_cntp_ctl(rnd() & 7u);
	}
	if (one_in(4))
		write_cntp_tval(interesting());
	barrier();
	let_interrupts_in(below(200));
	write_cntv_ctl(0);
	write_cntp_ctl(0);
}

void
step_sgi(void)
{
	if (one_in(4)) { // all as FIQ
		gic_dirty = true;
		at(GICD_CTLR)[0] = 3;
		at(GICC_CTLR)[0] = 0xb; // FIQEn, both groups
	} else if (one_in(3)) {
		gic_dirty = true;
		at(GICD_IGROUPR)[0] = rnd();
		at(GICD_CTLR)[0] = rnd() & 3u;
		at(GICC_CTLR)[0] = rnd() & 0x3ffu;
		at(GICC_PMR)[0] = rnd();
		at(GICC_BPR)[0] = rnd();
	}
	for (unsigned i = below(4); i < 4; i++)
		at(GICD_SGIR)[0] = one_in(4) ? rnd() : 0x10000u | (rnd() & 15u) | (one_in(2) ? 2u << 24 : 0);
	let_interrupts_in(below(50));
	if (one_in(4)) {
		at(GICC_EOIR)[0] = rnd() & 0x1fffu;
		at(GICC_DIR)[0] = rnd() & 0x1fffu;
	}
	if (one_in(2))
		gic_drain();
}

// Something ends the wait: a timer, or what is pending already.
static uint32_t
wait(uint32_t masked, uint32_t event)
{
	if (!masked)
		__asm__ volatile("cpsie if" : : : "memory");
	if (event)
		__asm__ volatile("sev\n\twfe\n\twfe\n\tyield" : : : "memory");
	else
		__asm__ volatile("wfi" : : : "memory");
	__asm__ volatile("cpsid if" : : : "memory");
	return 0;
}

void
step_wait(void)
{
	uint32_t unused, vector;

	if (gic_dirty)
		gic_restore();
	if (one_in(2)) {
		write_cntv_tval(below(2000));
		write_cntv_ctl(1);
	} else {
		write_cntp_tval(below(2000));
		write_cntp_ctl(1);
	}
	if (one_in(4))
		at(GICD_SGIR)[0] = 0x10000u | (rnd() & 15u);
	barrier();
	vector = try_call(wait, one_in(2), one_in(4), &unused);
	if (vector && vector != V_IRQ)
		fail("woken by no interrupt", vector, trapped.pc, trapped.spsr);
	gic_drain();
}
