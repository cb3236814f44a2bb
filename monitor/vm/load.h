// SPDX-License-Identifier: MIT
//
// Loads a VM's images to where QEMU has them (image.h), and says how the VM begins: at
// first, and again after each reset.
#ifndef MONITOR_VM_LOAD_H
#define MONITOR_VM_LOAD_H

#include <stdint.h>
#include "monitor/image/fit.h"

struct vm;

struct load_start {
	uint32_t entry; // bit 0 set: in Thumb state
	uint32_t r[3];  // the first registers
};

// Blocks of flash that what is loaded needs; 0: it doesn't go there. Says so in one line if it can't be loaded.
uint32_t load_flash_blocks(const struct fit_vm *cfg);

void load_images(struct vm *vm, struct load_start *start);

#endif
