// SPDX-License-Identifier: MIT
//
// Guest kernel images: what a file is, and where QEMU's -kernel would put it. The
// monitor places a guest exactly as QEMU 7.2 places a Linux kernel on a 32-bit ARM
// board, so that bare and virtualized runs see the same addresses. The host command
// uses the same checks, to refuse bad files before anything is started.
//
// zImage header: the kernel's arch/arm/boot/compressed/head.S; boot protocol:
// Documentation/arm/booting.rst.
#ifndef MONITOR_IMAGE_H
#define MONITOR_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#define IMAGE_RAM_MIN_MIB  16u
#define IMAGE_RAM_MAX_MIB  2048u
#define IMAGE_BOOTARGS_MAX 2047u      // characters
#define IMAGE_DTB_ROOM     0x10000u   // bytes for the guest's device tree
#define IMAGE_FLASH_SIZE   0x4000000u // bytes: the bank that firmware is in

// Guest-physical addresses; initrd_start equals initrd_end where there is none.
struct image_layout {
	uint32_t kernel; // load address and entry point
	uint32_t initrd_start, initrd_end;
	uint32_t dtb;
};

// Whether the size bytes at kernel (any alignment) are a kernel to be entered in ARM
// state: a complete little-endian zImage, or a raw image, whose first word must then be
// an unconditional A32 instruction. Returns NULL, or a phrase that continues "FILE: ",
// such as "is an arm64 kernel".
const char *image_check(const void *kernel, size_t size);

// Places kernel, initrd (size 0: none) and DTB, all sizes in bytes, in RAM, of which base and
// size are multiples of a page. Returns NULL, or a phrase that continues "FILE: ": the kernel, the
// initrd or the device tree does not fit; *which then is 0, 1 or 2.
const char *image_place(struct image_layout *l, uint32_t ram_base, uint32_t ram_size, const size_t sizes[3],
			unsigned *which);

#endif
