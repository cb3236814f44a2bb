// SPDX-License-Identifier: MIT
//
// What the VCPUs of a VM share: its memory, its shadows, its patched code, and the devices that interrupt them. There
// is no global VM: whoever needs it is handed it, as vcpu->vm. What else belongs to one is above them, in vm.h; what
// they want of that they ask for by functions.
#ifndef MONITOR_CPU_SHARED_H
#define MONITOR_CPU_SHARED_H

#include "bt/code/code.h"
#include "mmu/gmem.h"
#include "monitor/dev/dev.h"
#include "monitor/cpu/trace.h"
#include "monitor/cpu/vcpu.h"
#include "monitor/dev/vgic.h"
#include "monitor/dev/vpl011.h"
#include "monitor/dev/vpl031.h"
#include "monitor/cpu/watch.h"
#include "shadowpt/pool.h"
#include "shadowpt/spt.h"

#define VM_VCPUS 1u

#define VM_PMU_IRQ    23u
#define VM_VTIMER_IRQ 27u // PPIs and SPIs of QEMU's virt machine
#define VM_PTIMER_IRQ 30u
#define VM_UART_IRQ   33u
#define VM_RTC_IRQ    34u
#define VM_GPIO_IRQ   39u

struct core;

// What VCPUs ask of who runs the VM (vm.h, stop.h). Of the first three none comes back.
struct vm_asks {
	__attribute__((noreturn)) void (*crash)(struct vcpu *v, const char *what);
	__attribute__((noreturn)) void (*poweroff)(struct vcpu *v);
	__attribute__((noreturn)) void (*reset)(struct vcpu *v);
	void (*move_window)(struct vm *vm);
	void (*orders)(struct vcpu *v); // whoever started the monitor wants something of it
};

struct vm {
	const struct vm_asks *ask;
	struct gmem mem;
	uint32_t window; // its address now
	struct pool pool;
	struct spt spt;
	struct code code;
	struct watch watch;
	struct dev_bus bus;
	struct vgic gic;
	struct vpl011 uart;
	struct vpl031 rtc;
	bool rx_blocked; // the host's UART has characters that the guest's has no room for
	struct trace trace;
	struct vcpu *vcpu[VM_VCPUS];
	struct core *core;
	uint32_t unpatched_trapped;
	uint32_t foreign_interrupts; // of the board's, that nobody serves
	uint64_t physical_ahead;     // how far CNTPCT is ahead of CNTVCT: the host's CNTVOFF
};

// Whether loads from the page see the guest's frame, not the copy (watch.h).
static inline bool
vm_shows_frame(const struct vm *vm, const struct code_page *p)
{
	return p->copy && vm->watch.n && (vm->code.strict || code_guessed(p));
}

#endif
