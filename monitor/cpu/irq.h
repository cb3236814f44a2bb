// SPDX-License-Identifier: MIT
//
// Physical interrupts in, virtual ones out: the host's timer and UART feed the VM's
// timers and UART, whose lines go to its GIC, whose output is vcpu->lines.
#ifndef MONITOR_CPU_IRQ_H
#define MONITOR_CPU_IRQ_H

#include "monitor/board/host.h"
#include "monitor/cpu/vcpu.h"

// Sets up the host's GIC, timer and UART interrupts on this core.
void irq_init(const struct host *h);

// Interrupt intid (not 0) says that somebody wants something of the VM (vm_asks.orders).
void irq_listen(uint32_t intid);

// How far CNTPCT is ahead of CNTVCT, which only Hyp mode can tell for sure (CNTVOFF).
uint64_t irq_physical_ahead(void);

// A physical interrupt has trapped: acknowledges and serves what is pending.
void irq_host(struct vcpu *v);

// Brings timers, deadline and the VCPU's lines up to date.
void irq_update(struct vcpu *v);

// Sets v->lines to what the VM's GIC signals.
void irq_lines(struct vcpu *v);

// Takes the FIQ or IRQ that is signalled and not masked, if there is one.
void irq_deliver(struct vcpu *v);

// The guest has touched a device: characters that waited for room go on.
void irq_after_mmio(struct vcpu *v);

// Lets physical interrupts in, in the middle of a long operation, and brings timers and lines up to date if there were
// any. Returns whether the VCPU is to take an interrupt, so that the operation had better be left off.
bool irq_poll(struct vcpu *v);

// A physical interrupt would get in now: notes for the statistics how long none did.
void irq_heard(struct vcpu *v);

// Waits until the VCPU has an interrupt, masked or not; stops the VM if none can come.
void irq_wait(struct vcpu *v);

#endif
