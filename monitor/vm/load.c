// SPDX-License-Identifier: MIT
//
// See load.h. All of the VM's own images come from the FIT, which the monitor keeps as it was given.
#include "monitor/vm/load.h"
#include "monitor/base/arch.h"
#include "monitor/image/guestfdt.h"
#include "monitor/image/image.h"
#include "monitor/vm/stop.h"
#include "monitor/base/string.h"
#include "monitor/vm/vm.h"

#define MIB (1u << 20)

// The kernel of cfg and where all goes, or one line.
static void
place(const struct fit_vm *cfg, struct image *image, struct image_layout *at)
{
	static const char *const names[] = {"kernel", "ramdisk", "fdt"};
	size_t initrd_size = cfg->ramdisk.size;
	unsigned which = 0;
	const char *why = image_open(image, cfg->kernel.data, cfg->kernel.size, VM_RAM_BASE);

	image_initrd(cfg->ramdisk.data, &initrd_size);
	if (!why)
		why = image_place(at, image, VM_RAM_BASE, cfg->memory_mib * MIB, initrd_size,
				  image_dtb_size(cfg->fdt.size), &which);
	if (why)
		stop_input(why, names[which]);
}

uint32_t
load_flash_blocks(const struct fit_vm *cfg)
{
	struct image_layout at;
	struct image image;

	if (cfg->firmware.size)
		return (cfg->firmware.size + GMEM_ROM_BLOCK - 1) / GMEM_ROM_BLOCK;
	place(cfg, &image, &at);
	return image_flash_blocks(&image, &at);
}

// What is neither RAM nor flash stays as it is, as on QEMU.
static void
put(struct vm *vm, const struct image_piece *piece)
{
	struct image_piece part;

	if (image_clip(&part, piece, vm->mem.base.v, vm->mem.size)) {
		uint8_t *to = (void *)gmem_hpa(&vm->mem, GPA(part.at)).v;

		memcpy(to, part.data, part.filled);
		memset(to + part.filled, 0, part.size - part.filled);
	}
	firmware_load(machine_of(vm)->firmware, piece);
}

static void
put_all(struct vm *vm, uint32_t at, const void *data, uint32_t size)
{
	put(vm, &(struct image_piece){at, size, size, data});
}

static void
load_kernel(struct vm *vm, struct load_start *start, struct image_layout *at)
{
	const struct fit_vm *cfg = &machine_of(vm)->cfg;
	const struct fit_blob *ramdisk = &cfg->ramdisk;
	size_t initrd_size = ramdisk->size;
	const void *initrd = image_initrd(ramdisk->data, &initrd_size);
	uint32_t stub[IMAGE_STUB_WORDS];
	struct image image;

	place(cfg, &image, at);
	for (unsigned n = 0; n < image.n; n++)
		put(vm, &image.piece[n]);
	start->entry = image.entry;
	if (!image.linux_protocol)
		return;
	image_stub(stub, &image, at);
	put_all(vm, VM_RAM_BASE, stub, sizeof(stub));
	put_all(vm, at->initrd_start, initrd, (uint32_t)initrd_size);
	start->r[1] = IMAGE_NO_MACHINE;
	start->r[2] = at->dtb;
}

// Firmware finds the device tree at the beginning of RAM, and the rest by itself.
static void
load_dtb(struct vm *vm, const struct image_layout *at)
{
	const struct fit_vm *from = &machine_of(vm)->cfg;
	static uint8_t dtb[IMAGE_DTB_ROOM] __attribute__((aligned(8)));
	size_t room = at->dtb_room && at->dtb_room < sizeof(dtb) ? at->dtb_room : sizeof(dtb);
	struct guestfdt_cfg cfg = {
	    .ram_base = vm->mem.base.v,
	    .ram_size = vm->mem.size,
	    .n_cpus = VM_VCPUS,
	    .bootargs = from->bootargs,
	    .initrd_start = at->initrd_start,
	    .initrd_end = at->initrd_end,
	};
	int size;

	if (from->fdt.data)
		size = guestfdt_patch(dtb, room, from->fdt.data, from->fdt.size, &cfg);
	else
		size = guestfdt_build(dtb, room, &cfg);
	if (at->dtb_room && size > 0)
		size = guestfdt_pad(dtb, room, at->dtb_room);
	if (size < 0)
		stop_input("is not a device tree that can be used", "fdt");
	if (at->dtb_room)
		put(vm, &(struct image_piece){at->dtb, at->dtb_room, (uint32_t)size, dtb});
}

void
load_images(struct vm *vm, struct load_start *start)
{
	const struct fit_vm *cfg = &machine_of(vm)->cfg;
	struct image_layout at = {.dtb = VM_RAM_BASE, .dtb_room = image_dtb_size(cfg->fdt.size)};

	*start = (struct load_start){0};
	if (!cfg->firmware.size)
		load_kernel(vm, start, &at);
	load_dtb(vm, &at);
}
