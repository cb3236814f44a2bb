// SPDX-License-Identifier: MIT
//
// The monitor's own translation: a flat map of the board, and the window.
#ifndef MONITOR_HOST_MMU_H
#define MONITOR_HOST_MMU_H

#include "monitor/host.h"

// Maps RAM and the devices that h names, code of [image, image_end) executable, and
// turns MMU and caches on.
void host_mmu_init(const struct host *h, uint32_t image, uint32_t image_end);

// The value of TTBR0 for the flat map.
uint32_t host_mmu_ttbr0(void);

// The value of TTBR0 for a table that shows the window alone.
uint32_t host_mmu_window_ttbr0(void);

// Whether the flat map has something at va.
bool host_mmu_maps(uint32_t va);

// Shows the window at address va (a section of its own), with the VCPU page
// frames at vcpu: returns the first-level descriptor to put into every view.
uint32_t host_mmu_window(uint32_t va, hpa_t vcpu);

#endif
