// SPDX-License-Identifier: MIT
//
// See firmware.h. Beside what is loaded the guest writes: U-Boot's environment takes a block, a
// UEFI variable store three. Who loads nothing there hardly writes there.
#include "monitor/vm/firmware.h"
#include "monitor/cpu/access.h"
#include "monitor/base/arch.h"
#include "monitor/vm/vm.h"

#define FLASH_BASE  0x00000000u
#define FW_CFG_BASE 0x09020000u

#define SPARE_BLOCKS        4u
#define SPARE_BLOCKS_UNUSED 1u // of flash that is empty at first

uint32_t
firmware_blocks(uint32_t loaded)
{
	return loaded ? loaded + SPARE_BLOCKS : SPARE_BLOCKS_UNUSED;
}

uint32_t
firmware_room(uint32_t blocks)
{
	return PAGE_SIZE + blocks * GMEM_ROM_BLOCK;
}

static void
rom_hidden(void *ctx)
{
	machine_of(ctx)->ways->rom_hidden(((struct vm *)ctx)->vcpu[0]);
}

static void
dma_written(void *ctx, gpa_t gpa, uint32_t len)
{
	access_dma_written(((struct vm *)ctx)->vcpu[0], gpa, len);
}

void
firmware_init(struct firmware *fw, struct vm *vm, hpa_t room, uint32_t blocks)
{
	const struct fit_vm *cfg = &machine_of(vm)->cfg;
	struct vfwcfg_boot boot = {.n_cpus = VM_VCPUS};
	bool ok = true;

	if (cfg->firmware.size) { // else they are loaded
		boot.kernel = cfg->kernel.data;
		boot.kernel_size = cfg->kernel.size;
		boot.initrd = cfg->ramdisk.data;
		boot.initrd_size = cfg->ramdisk.size;
		boot.cmdline = cfg->bootargs;
	}
	fw->supply = (struct vpflash_supply){HPA(room.v + PAGE_SIZE), blocks};
	for (unsigned n = 0; n < GMEM_ROMS; n++) {
		gpa_t base = GPA(FLASH_BASE + n * VPFLASH_SIZE);

		vpflash_init(&fw->bank[n], &fw->rom[n], base, room, &fw->supply, &(struct vpflash_cb){rom_hidden, vm});
		ok = ok && dev_add(&vm->bus, &vpflash_class, base, &fw->bank[n]);
	}
	vpflash_load(&fw->bank[0], 0, cfg->firmware.data, cfg->firmware.size);
	vfwcfg_init(&fw->fw_cfg, &boot, &vm->mem, &(struct vfwcfg_cb){dma_written, vm});
	ok = ok && dev_add(&vm->bus, &vfwcfg_class, GPA(FW_CFG_BASE), &fw->fw_cfg);
	BUG_ON(!ok);
	vm->mem.rom = fw->rom;
}

void
firmware_load(struct firmware *fw, const struct image_piece *piece)
{
	for (unsigned n = 0; n < GMEM_ROMS; n++) {
		uint32_t base = FLASH_BASE + n * VPFLASH_SIZE;
		struct image_piece part;

		if (!image_clip(&part, piece, base, VPFLASH_SIZE))
			continue;
		vpflash_load(&fw->bank[n], part.at - base, part.data, part.filled);
		vpflash_load(&fw->bank[n], part.at - base + part.filled, NULL, part.size - part.filled);
	}
}

void
firmware_reset(struct firmware *fw)
{
	for (unsigned n = 0; n < GMEM_ROMS; n++)
		vpflash_reset(&fw->bank[n]);
	vfwcfg_reset(&fw->fw_cfg);
}
