// SPDX-License-Identifier: MIT
//
// Guest kernel images: what a file is, what of it is loaded to where, and where initrd and
// device tree go. The monitor places a guest exactly as QEMU 7.2's -kernel does on a 32-bit
// ARM board, so that bare and virtualized runs see the same addresses. The host command
// uses the same checks, to refuse bad files before anything is started. Nothing of a file is
// trusted.
//
//   zImage, raw   by Linux's boot protocol, 64 KiB above the start of RAM
//   uImage        U-Boot's legacy image: at its load address; by that protocol if its OS is Linux
//   ELF           its segments at their physical addresses, entered at its entry, with no registers set
//
// zImage header: the kernel's arch/arm/boot/compressed/head.S; boot protocol:
// Documentation/arm/booting.rst. uImage: U-Boot's include/image.h. ELF: the System V ABI.
#ifndef MONITOR_IMAGE_IMAGE_H
#define MONITOR_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_RAM_MIN_MIB  16u
#define IMAGE_RAM_MAX_MIB  2048u
#define IMAGE_BOOTARGS_MAX 2047u      // characters
#define IMAGE_DTB_ROOM     0x10000u   // bytes for the guest's device tree
#define IMAGE_FLASH_SIZE   0x4000000u // bytes: the bank that firmware is in
#define IMAGE_FLASH_END    0x8000000u // of both, the first of which is at address 0
#define IMAGE_FLASH_BLOCK  0x40000u
#define IMAGE_PIECES       32u
#define IMAGE_STUB_WORDS   7u
#define IMAGE_NO_MACHINE   0xffffffffu // in r1: the device tree says it all

enum image_kind { IMAGE_RAW, IMAGE_ZIMAGE, IMAGE_UIMAGE, IMAGE_ELF };

// What goes to one place: filled bytes of the file, and zeros up to size. It ends below 4 GiB.
struct image_piece {
	uint32_t at, size, filled;
	const uint8_t *data;
};

struct image {
	enum image_kind kind;
	bool linux_protocol; // an initrd and the device tree are handed over
	uint32_t entry;      // with bit 0 set in Thumb state
	uint32_t extent;     // bytes of the file that hold all of the below
	unsigned n;          // pieces, one at least
	struct image_piece piece[IMAGE_PIECES];
};

// Guest-physical addresses; initrd_start equals initrd_end where there is none.
struct image_layout {
	uint32_t initrd_start, initrd_end;
	uint32_t dtb, dtb_room; // and the bytes that are its, up to the end of RAM; 0: QEMU gives the guest none
};

// Reads the size bytes at file (any alignment), a kernel for a machine whose RAM begins at ram_base. Returns NULL, or a
// phrase that continues "FILE: ", such as "is an arm64 kernel". The pieces point into the file.
const char *image_open(struct image *image, const void *file, size_t size, uint32_t ram_base);

// The initrd in the *size bytes at file: what U-Boot's legacy image of a ramdisk holds, else all of it.
const void *image_initrd(const void *file, size_t *size);

// The room that QEMU makes for a device tree: given in a file of this size, or (0) its own.
uint32_t image_dtb_size(size_t given);

// Places an initrd (size 0: none) and a device tree of image_dtb_size beside an image, in RAM, of which base and
// size are multiples of a page, and flash. Returns NULL, or a phrase that continues "FILE: ": the kernel, the
// initrd or the device tree does not fit; *which then is 0, 1 or 2.
const char *image_place(struct image_layout *l, const struct image *image, uint32_t ram_base, uint32_t ram_size,
			size_t initrd_size, uint32_t dtb_size, unsigned *which);

// The part of p in [base, base + size); false where there is none.
bool image_clip(struct image_piece *part, const struct image_piece *p, uint32_t base, uint32_t size);

// Blocks of flash that image and device tree go to.
uint32_t image_flash_blocks(const struct image *image, const struct image_layout *l);

// What QEMU has at the start of RAM for a kernel that it starts by Linux's protocol.
void image_stub(uint32_t stub[IMAGE_STUB_WORDS], const struct image *image, const struct image_layout *l);

#endif
