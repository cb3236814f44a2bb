// SPDX-License-Identifier: MIT
//
// The host's RAM, given out once at start: to VMs for their memory and for what the
// monitor keeps of them. Nothing is given back.
#ifndef MONITOR_BOARD_ALLOC_H
#define MONITOR_BOARD_ALLOC_H

#include "monitor/board/host.h"

// Everything in h's RAM is free, but [image, image_end), the device tree and the initrd.
void alloc_init(const struct host *h, uint32_t image, uint32_t image_end);

// size bytes, aligned to a power of two; the address is 0 where there is no room.
// The memory isn't cleared.
hpa_t alloc(uint32_t size, uint32_t align);

#endif
