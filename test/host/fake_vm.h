// SPDX-License-Identifier: MIT
//
// A VM with one VCPU, a MiB of RAM, one device and nothing else, for tests of the emulator: the
// guest's walk, access and injection are the real ones, shadows, code pages, CP15 and PSCI are fakes
// that record what they were told.
#ifndef TEST_HOST_FAKE_VM_H
#define TEST_HOST_FAKE_VM_H

#include <setjmp.h>
#include "monitor/cpu/psci.h"
#include "monitor/cpu/shared.h"

#define FAKE_RAM    0x40000000u
#define FAKE_SIZE   0x100000u
#define FAKE_DEVICE 0x09000000u // one register, and unknown ones
#define FAKE_PC     0x40010000u
#define FAKE_HOLE   0x10000000u // neither RAM nor device

struct fake_vm {
	struct vm *vm;
	struct vcpu *v;
	uint32_t device;           // the register
	unsigned cp_refused;       // CP15, CP14 and VFP accesses are UNDEFINED
	uint32_t cp_word;          // the last one
	unsigned cp15, cp14, vfp;  // how many
	enum psci_action psci;     // what psci_call says
	uint32_t tracked;          // a page's gpa that is tracked
	unsigned written, dropped; // code pages that were told of a write, that were dropped
	bool keep_code;            // a written code page follows
	bool unseen;               // and may not be executed any more
	unsigned unmapped;         // code pages whose mappings went
	const void *shown;         // what the kernel view shows at an address, or NULL
	unsigned fills, opened;    // shadow fills, domains opened
	unsigned fill_shift;       // of the page that a fill finds
	bool held;                 // the core's exclusive monitor, by LDREX of that
	uint32_t held_va;
	uint64_t held_value;
	uintptr_t held_page; // of the host's; 0: a device's
	const char *stopped; // why the VM was, NULL: it wasn't
	jmp_buf stop;
};

extern struct fake_vm fake_vm;

// A fresh VM: SVC mode, MMU off, vectors at 0, registers n = n * 0x01010101, PC at FAKE_PC.
struct vcpu *fake_vm_fresh(void);

// The word of RAM at gpa.
uint32_t *fake_vm_word(uint32_t gpa);

// Runs what may end the VM; true if it did, with fake_vm.stopped.
#define FAKE_STOPS(call) (setjmp(fake_vm.stop) ? true : ((void)(call), false))

#endif
