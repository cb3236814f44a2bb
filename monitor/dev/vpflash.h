// SPDX-License-Identifier: MIT
//
// One bank of QEMU's `virt` flash: two 16-bit devices side by side, Intel command set
// 0001, blocks of 256 KiB. As an array it is ROM (mmu/gmem.h) and no access comes
// here but writes; while a command is under way the ROM is hidden and all do.
//
// A block has memory from when something is first put into it: the firmware's image,
// or what the guest erases or programs. Those for the latter come from a fixed supply
// that the banks share; when it is used up, erasing and programming of a new block
// fail in the status register, as with worn-out flash.
#ifndef MONITOR_DEV_VPFLASH_H
#define MONITOR_DEV_VPFLASH_H

#include "mmu/gmem.h"
#include "monitor/dev/dev.h"

#define VPFLASH_SIZE (GMEM_ROM_BLOCK * GMEM_ROM_BLOCKS) // bytes of a bank

// Cleared memory for blocks, cut off from the front.
struct vpflash_supply {
	hpa_t next;
	uint32_t left; // blocks
};

struct vpflash_cb {
	void (*hidden)(void *ctx); // the ROM has just been hidden: no mapping of it may stay
	void *ctx;
};

struct vpflash {
	struct gmem_rom *rom;
	struct vpflash_supply *supply;
	struct vpflash_cb cb;
	uint32_t counter; // units that a buffered write still expects, less one
	uint8_t cycle;    // of a command: 0 when none is begun
	uint8_t command;  // 0: read array
	uint8_t status;
};

extern const struct dev_class vpflash_class;

// Makes f a bank at base that reads as the page blank all over; rom is its own.
void vpflash_init(struct vpflash *f, struct gmem_rom *rom, gpa_t base, hpa_t blank, struct vpflash_supply *supply,
		  const struct vpflash_cb *cb);

// Puts size bytes, or zeros (data NULL), at an offset. There is room for them, and supply for their blocks.
void vpflash_load(struct vpflash *f, uint32_t at, const void *data, uint32_t size);

// Back to reading the array; what has been written stays.
void vpflash_reset(struct vpflash *f);

#endif
