// SPDX-License-Identifier: MIT
//
// A virtual machine as a whole: what its VCPUs share (shared.h), and what it was made of.
#ifndef MONITOR_VM_VM_H
#define MONITOR_VM_VM_H

#include "monitor/vm/firmware.h"
#include "monitor/image/fit.h"
#include "monitor/board/host.h"
#include "monitor/cpu/shared.h"
#include "monitor/dev/vpl061.h"

#define VM_RAM_BASE 0x40000000u

// The ways into the guest and out of it, which are above a VM.
struct vm_ways {
	const uint8_t *window, *enter;                // the window's code, and what in it enters the guest
	bool (*trap)(struct vcpu *v, enum trap trap); // a slow exit's
	void (*rom_hidden)(struct vcpu *v);           // some ROM is memory no longer
};

struct machine {
	struct vm vm;      // first
	struct fit_vm cfg; // from the FIT: images, memory, boot arguments
	bool no_reboot;    // a reset ends the VM
	const struct host *host;
	const struct vm_ways *ways;
	hpa_t pool_base;
	struct spt_room shadow_room;
	struct code_room code_room;
	struct vpl061 gpio;
	struct firmware *firmware;
	uint32_t monitor_bytes; // memory that the monitor spends on this VM, itself included
	uint32_t monitor_limit; // how much it may, but for flash
	uint64_t started;       // CNTVCT
};

static inline struct machine *
machine_of(const struct vm *vm)
{
	_Static_assert(offsetof(struct machine, vm) == 0, "each VM is a machine's");
	return (struct machine *)(uintptr_t)vm;
}

// Makes a VM of the configuration cfg out of host memory. On bad input: stop_input.
struct vm *vm_create(const struct fit_vm *cfg, const struct host *h, struct core *core, const struct vm_ways *ways);

// Puts images, devices and VCPUs into their reset state and runs the VM; after the guest's reset as well, over
// which memory stays but for the images, as on QEMU's machine.
_Noreturn void vm_run(struct vm *vm);

// Runs the guest from v's state on. Whoever called this is forgotten.
_Noreturn void vm_enter(struct vcpu *v);

// The guest maps something where the window is: moves it elsewhere;
// v->moved tells that the way back is vm_enter.
void vm_move_window(struct vm *vm);

#endif
