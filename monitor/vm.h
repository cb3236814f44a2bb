// SPDX-License-Identifier: MIT
//
// A virtual machine: its memory, its shadows, its patched code, its devices and
// its VCPUs. There is no global one: whoever needs it is handed it.
#ifndef MONITOR_VM_H
#define MONITOR_VM_H

#include "bt/code.h"
#include "mmu/gmem.h"
#include "monitor/dev.h"
#include "monitor/firmware.h"
#include "monitor/fit.h"
#include "monitor/host.h"
#include "monitor/trace.h"
#include "monitor/vcpu.h"
#include "monitor/vgic.h"
#include "monitor/vpl011.h"
#include "monitor/vpl031.h"
#include "monitor/vpl061.h"
#include "monitor/watch.h"
#include "shadowpt/pool.h"
#include "shadowpt/spt.h"

#define VM_RAM_BASE 0x40000000u
#define VM_VCPUS    1u

#define VM_PMU_IRQ    23u
#define VM_VTIMER_IRQ 27u // PPIs and SPIs of QEMU's virt machine
#define VM_PTIMER_IRQ 30u
#define VM_UART_IRQ   33u
#define VM_RTC_IRQ    34u
#define VM_GPIO_IRQ   39u

struct core;

struct vm {
	struct fit_vm cfg; // from the FIT: images, memory, boot arguments
	bool no_reboot;    // a reset ends the VM
	bool rx_blocked;   // the host's UART has characters that the guest's has no room for
	const struct host *host;
	struct gmem mem;
	uint32_t window; // its address now
	struct pool pool;
	hpa_t pool_base;
	struct spt_room shadow_room;
	struct code_room code_room;
	struct spt spt;
	struct code code;
	struct watch watch;
	struct dev_bus bus;
	struct vgic gic;
	struct vpl011 uart;
	struct vpl031 rtc;
	struct vpl061 gpio;
	struct firmware *firmware;
	struct trace trace;
	struct vcpu *vcpu[VM_VCPUS];
	struct core *core;
	uint32_t monitor_bytes; // memory that the monitor spends on this VM, itself included
	uint32_t monitor_limit; // how much it may, but for flash
	uint32_t unpatched_trapped;
	uint32_t foreign_interrupts; // of the board's, that nobody serves
	uint64_t started;            // CNTVCT
	uint64_t physical_ahead;     // how far CNTPCT is ahead of CNTVCT: the host's CNTVOFF
};

// Makes a VM of the configuration cfg out of host memory. On bad input: stop_input.
struct vm *vm_create(const struct fit_vm *cfg, const struct host *h, struct core *core);

// Puts images, devices and VCPUs into their reset state and runs the VM; after the guest's reset as well, over
// which memory stays but for the images, as on QEMU's machine.
_Noreturn void vm_run(struct vm *vm);

// Runs the guest from v's state on. Whoever called this is forgotten.
_Noreturn void vm_enter(struct vcpu *v);

// The guest maps something where the window is: moves it elsewhere;
// v->moved tells that the way back is vm_enter.
void vm_move_window(struct vm *vm);

#endif
