// SPDX-License-Identifier: MIT
//
// What a VM that boots by firmware has beside the others: two banks of flash, of
// which the first holds the firmware, and fw_cfg, which hands it the kernel. A VM
// starts there as the core does from reset, at address 0.
#ifndef MONITOR_FIRMWARE_H
#define MONITOR_FIRMWARE_H

#include "mmu/gmem.h"
#include "monitor/fit.h"
#include "monitor/vfwcfg.h"
#include "monitor/vpflash.h"

struct vm;

struct firmware {
	struct gmem_rom rom[GMEM_ROMS];
	struct vpflash bank[GMEM_ROMS];
	struct vpflash_supply supply;
	struct vfwcfg fw_cfg;
};

// Bytes of memory that firmware_init wants for flash that begins as size bytes of firmware.
uint32_t firmware_room(uint32_t size);

// Fills the flash, from room (cleared, page-aligned), and puts the devices on vm's bus.
void firmware_init(struct firmware *fw, struct vm *vm, hpa_t room);

// The devices' reset: what has been written to flash stays.
void firmware_reset(struct firmware *fw);

#endif
