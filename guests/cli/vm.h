// SPDX-License-Identifier: MIT
//
// A VM as the command line describes it: its files, read and checked, and the two
// forms it takes for QEMU or a board: the device tree of the bare machine and the FIT
// image for the monitor.
#ifndef GUESTS_CLI_VM_H
#define GUESTS_CLI_VM_H

#include "guests/cli/file.h"
#include "guests/cli/options.h"

struct vm {
	const struct options *options;
	struct file firmware, kernel, initrd, dtb; // one of the former two at least is there
	size_t flash;                              // bytes of flash that something is loaded to
};

// Reads the files of o; ends the command where one is bad or they don't fit in RAM.
void vm_load(struct vm *vm, const struct options *o);
void vm_free(struct vm *vm);

// The device tree of the machine the guest sees: the given one, else that of the VM. Not
// yet with the addresses that a loader puts into it. QEMU makes it as large as its own.
struct file vm_dtb(const struct vm *vm);

// The FIT image (monitor/image/fit.h says what is in it) of the VM.
struct file vm_fit(const struct vm *vm);

#endif
