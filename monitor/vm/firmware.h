// SPDX-License-Identifier: MIT
//
// What firmware has of the machine: two banks of flash, and fw_cfg, which hands it the kernel; it
// starts as the core does from reset, at address 0. As on QEMU both are there for kernels as well.
#ifndef MONITOR_VM_FIRMWARE_H
#define MONITOR_VM_FIRMWARE_H

#include "mmu/gmem.h"
#include "monitor/image/fit.h"
#include "monitor/image/image.h"
#include "monitor/dev/vfwcfg.h"
#include "monitor/dev/vpflash.h"

struct vm;

struct firmware {
	struct gmem_rom rom[GMEM_ROMS];
	struct vpflash bank[GMEM_ROMS];
	struct vpflash_supply supply;
	struct vfwcfg fw_cfg;
};

// Blocks of flash that have memory, for what is loaded there and for what the guest writes beside it.
uint32_t firmware_blocks(uint32_t loaded);

// Bytes of memory that firmware_init wants for so many blocks.
uint32_t firmware_room(uint32_t blocks);

// Makes the flash, with the firmware in it if there is one, from room (cleared, page-aligned), and puts the devices
// on vm's bus.
void firmware_init(struct firmware *fw, struct vm *vm, hpa_t room, uint32_t blocks);

// Puts what of an image's piece is flash's there.
void firmware_load(struct firmware *fw, const struct image_piece *piece);

// The devices' reset: what has been written to flash stays.
void firmware_reset(struct firmware *fw);

#endif
