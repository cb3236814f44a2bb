// SPDX-License-Identifier: MIT
//
// How much memory the monitor spends on a VM, and on what. The limit is a fiftieth of the guest's
// RAM and a MiB; what is fixed or goes by the RAM's size comes first, then address spaces, and
// the pool of page copies and second-level tables has the rest.
#ifndef MONITOR_VM_ROOM_H
#define MONITOR_VM_ROOM_H

#include "monitor/base/types.h"

#define ROOM_LIMIT(ram) ((ram) / 50u + 0x100000u)

struct room {
	uint32_t records; // code pages known at a time
	uint32_t spaces;  // address spaces known at a time
	uint32_t pool;    // bytes
};

// Bytes of what a VM is given by number.
struct room_sizes {
	uint32_t fixed;   // in all, of what doesn't depend on the RAM's size
	uint32_t frame;   // per page of RAM
	uint32_t section; // per MiB
	uint32_t record;  // per code page
	uint32_t space;   // per address space, its first-level tables included
};

// The shares of a VM with ram bytes. Below 24 MiB of RAM the least that works is more than the limit.
struct room room_share(uint32_t ram, const struct room_sizes *z);

// What they take, in bytes.
uint32_t room_sum(const struct room *r, uint32_t ram, const struct room_sizes *z);

#endif
