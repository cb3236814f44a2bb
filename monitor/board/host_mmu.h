// SPDX-License-Identifier: MIT
//
// The monitor's own translation: a flat map of the board, and the window.
#ifndef MONITOR_BOARD_HOST_MMU_H
#define MONITOR_BOARD_HOST_MMU_H

#include "monitor/board/host.h"

// Maps RAM and the devices that h names, code of [image, image_end) executable, and
// turns MMU and caches on. exclusive is what host_mmu_exclusive calls, in the window's code.
void host_mmu_init(const struct host *h, uint32_t image, uint32_t image_end, const uint8_t *exclusive);

// Whether the core checks the domain before it reads the second-level descriptor (MMU_EARLY_DOMAIN).
// For use before the window is shown.
bool host_mmu_early_domain(void);

// The value of TTBR0 for the flat map.
uint32_t host_mmu_ttbr0(void);

// The value of TTBR0 for a table that shows the window alone.
uint32_t host_mmu_window_ttbr0(void);

// Whether the flat map has something at va.
bool host_mmu_maps(uint32_t va);

// Shows the window at address va (a section of its own), with the page frames of the VCPU and of
// the table of words: returns the first-level descriptor to put into every view.
uint32_t host_mmu_window(uint32_t va, hpa_t vcpu, hpa_t words);

// An exclusive access of the core's (A3.4).
struct host_mmu_exclusive {
	gva_t va;           // naturally aligned, and not in the window's section
	unsigned size;      // bytes: 1, 2, 4, 8
	bool load;          // LDREX*, else STREX*
	bool big;           // big-endian
	hpa_t page;         // the page that the guest's own access goes to; 0: none, it is a device's
	uint64_t memory;    // what is there, as it lies in memory
	uint32_t low, high; // what STREX stores: Rt, and Rt2 if size is 8
};

// Executes the access, at va, on the page, or if there is none on one of the monitor's own that holds memory. So the
// core's exclusive monitor ends up as if the guest had executed it, whether it goes by virtual address and value, as
// QEMU's, or by physical address, and a pair of which one access is emulated and the other is not works. What
// is in the page afterwards is what was before. Returns STREX's status, 0 for LDREX.
uint32_t host_mmu_exclusive(const struct host_mmu_exclusive *x);

#endif
