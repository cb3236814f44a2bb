// SPDX-License-Identifier: MIT
//
// See irq.h. The monitor runs with IRQs masked, so physical interrupts arrive as traps
// from the guest, or are found pending in irq_wait.
//
// The virtual timer of the host is programmed to the earliest deadline of the VM: it counts as CNTVCT does, by which
// deadlines are told, whatever firmware has left in CNTVOFF (B8.1.3). A seconds' alarm of the RTC is a deadline too.
#include "monitor/cpu/irq.h"
#include "monitor/board/console.h"
#include "monitor/board/gic.h"
#include "monitor/cpu/inject.h"
#include "monitor/board/kprintf.h"
#include "monitor/base/sysreg.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vtimer.h"

#define CNTV_OFF 0u
#define CNTV_ON  1u

// Interrupts served in one go: our own two lines come a few times at most, and of foreign ones each only once.
#define ROUNDS_OF_OURS 32u
#define ROUNDS         2048u

static uint32_t timer_irq, uart_irq, orders_irq, counter_hz;

void
irq_init(const struct host *h)
{
	timer_irq = h->timer_irq;
	uart_irq = h->uart_irq;
	counter_hz = sysreg_read_cntfrq();
	sysreg_write_cntv_ctl(CNTV_OFF);
	gic_init(h->gicd, h->gicc);
	gic_enable(timer_irq);
	gic_enable(uart_irq);
	console_rx_irq(true);
}

void
irq_listen(uint32_t intid)
{
	orders_irq = intid;
	gic_enable(intid);
}

#define AHEAD_TRIES 100u

// Exact if the counter stood still meanwhile, which a fast core will see soon. Where it never does, a difference
// that may be none is none.
uint64_t
irq_physical_ahead(void)
{
	uint64_t before = 0, virtual = 0, behind = 0;

	for (unsigned n = 0; n < AHEAD_TRIES; n++) {
		before = sysreg_read_cntpct();
		virtual = sysreg_read_cntvct();
		behind = sysreg_read_cntpct();
		if (before == behind)
			return before - virtual;
	}
	return (int64_t)(before - virtual) <= 0 && (int64_t)(behind - virtual) >= 0 ? 0 : before - virtual;
}

// Characters from the host's UART as long as the guest's has room. Without room the
// host's interrupt is turned off, until the guest has read some.
static void
receive(struct vm *vm)
{
	bool room = true;
	int c;

	while ((room = vpl011_can_rx(&vm->uart)) && (c = console_getc()) >= 0)
		vpl011_rx(&vm->uart, (uint32_t)c);
	vm->rx_blocked = !room;
	console_rx_irq(room);
}

void
irq_after_mmio(struct vcpu *v)
{
	if (v->vm->rx_blocked)
		receive(v->vm);
}

// An interrupt that we know nothing of, or that comes again and again, would hold up everything: off with it.
static void
silence(struct vm *vm, unsigned intid)
{
	gic_disable(intid);
	vm->foreign_interrupts++;
	if (intid >= GIC_SGIS)
		kprintf_line("interrupt %u of the board's is disabled: nobody serves it, or it doesn't cease", intid);
}

void
irq_host(struct vcpu *v)
{
	unsigned intid;

	for (unsigned n = 0; n < ROUNDS && (intid = gic_ack()) < GIC_SPECIAL; n++) {
		if (intid == uart_irq) {
			receive(v->vm);
		} else if (intid == timer_irq) {
			sysreg_write_cntv_ctl(CNTV_OFF); // irq_update has the rest
			isb();
		}
		if (orders_irq && intid == orders_irq)
			v->vm->ask->orders(v);
		else if ((intid != uart_irq && intid != timer_irq) || n >= ROUNDS_OF_OURS)
			silence(v->vm, intid);
		gic_eoi();
	}
}

static uint64_t
rtc_deadline(const struct vm *vm, uint64_t now)
{
	uint32_t seconds;

	return vpl031_deadline(&vm->rtc, &seconds) ? now + (uint64_t)seconds * counter_hz : UINT64_MAX;
}

void
irq_lines(struct vcpu *v)
{
	const struct vgic *gic = &v->vm->gic;

	v->lines = (vgic_irq(gic, v->id) ? LINE_IRQ : 0) | (vgic_fiq(gic, v->id) ? LINE_FIQ : 0);
}

void
irq_deliver(struct vcpu *v)
{
	uint32_t open = v->lines & ~(v->mode >> 6);

	if (open & LINE_FIQ)
		inject_fiq(v);
	else if (open & LINE_IRQ)
		inject_irq(v);
}

void
irq_update(struct vcpu *v)
{
	uint64_t now = sysreg_read_cntvct(), next, pmu, rtc;

	vtimer_sync(v);
	next = vtimer_next(v);
	if (v->pmu.enabled)
		vpmu_sync(v);
	pmu = vpmu_next(v);
	next = pmu < next ? pmu : next;
	rtc = rtc_deadline(v->vm, now);
	if (rtc == now)
		vpl031_tick(&v->vm->rtc);
	else if (rtc < next)
		next = rtc;
	if (next != v->deadline) {
		v->deadline = next;
		sysreg_write_cntv_cval(next);
	}
	sysreg_write_cntv_ctl(next == UINT64_MAX ? CNTV_OFF : CNTV_ON);
	irq_lines(v);
	v->timers_changed = false;
}

// Whether anything is left that could interrupt the VCPU: its GIC must let something
// through, and that must not be a mere timer that isn't armed.
static bool
could_wake(const struct vcpu *v)
{
	return vgic_could_wake(&v->vm->gic, v->id);
}

void
irq_heard(struct vcpu *v)
{
	uint32_t now = (uint32_t)sysreg_read_cntvct(), ticks = now - v->deaf_since;

	if (ticks > v->deaf)
		v->deaf = ticks;
	v->deaf_since = now;
}

#define ISR_I (1u << 7)

bool
irq_poll(struct vcpu *v)
{
	irq_heard(v);
	if (sysreg_read_isr() & ISR_I) {
		irq_host(v);
		irq_update(v);
	}
	return v->lines & ~(v->mode >> 6);
}

void
irq_wait(struct vcpu *v)
{
	uint32_t since;

	irq_heard(v);
	since = v->deaf_since;
	while (!v->lines) {
		if (!could_wake(v))
			v->vm->ask->crash(v, "waits for an interrupt, and none is enabled that could ever come");
		dsb();
		wfi();
		irq_host(v);
		irq_update(v);
	}
	v->deaf_since = (uint32_t)sysreg_read_cntvct();
	v->start += v->deaf_since - since; // idle time costs nobody
	v->profile.idle += v->deaf_since - since;
	v->waiting = false;
}
