// SPDX-License-Identifier: MIT
//
// See image.h. What has a header is held to it, as far as QEMU's hw/core/loader.c does that. Any
// other file is a raw image, for that may begin with anything, unless it is plainly something else.
#include <string.h>
#include "monitor/image/internal.h"

// The zImage header, offsets in bytes.
#define ZIMAGE_MAGIC  0x24u
#define ZIMAGE_START  0x28u
#define ZIMAGE_END    0x2cu
#define ZIMAGE_ENDIAN 0x30u
#define ZIMAGE_HEADER 0x34u

#define MAGIC     0x016f2818u
#define MAGIC_BE  0x18286f01u
#define ENDIAN_LE 0x04030201u
#define MOV_R0_R0 0xe1a00000u // the first word of a zImage, without
#define MZ_NOP    0xe2255a4du // and with an EFI stub: "MZ" as an instruction

// The legacy U-Boot image, all big-endian.
#define UIMAGE_MAGIC       0x27051956u
#define UIMAGE_SIZE        0x0cu
#define UIMAGE_LOAD        0x10u
#define UIMAGE_ENTRY       0x14u
#define UIMAGE_OS          0x1cu
#define UIMAGE_ARCH        0x1du
#define UIMAGE_TYPE        0x1eu
#define UIMAGE_COMPRESSION 0x1fu
#define UIMAGE_HEADER      0x40u

#define OS_LINUX           5u
#define ARCH_ARM           2u
#define TYPE_KERNEL        2u
#define TYPE_RAMDISK       3u
#define TYPE_KERNEL_NOLOAD 14u

#define QEMU_KERNEL_GAP 0x10000u
#define QEMU_NOLOAD_GAP 0x2000000u

// One piece, all of it in the file, entered at its beginning.
static void
one_piece(struct image *image, enum image_kind kind, uint32_t at, const uint8_t *data, size_t size)
{
	image->kind = kind;
	image->entry = at;
	image->linux_protocol = true;
	image->n = 1;
	image->piece[0] = (struct image_piece){at, (uint32_t)size, (uint32_t)size, data};
}

static bool
is_zimage(const uint8_t *p, size_t size)
{
	return size >= ZIMAGE_HEADER &&
	       (image_le32(p + ZIMAGE_MAGIC) == MAGIC || image_le32(p + ZIMAGE_MAGIC) == MAGIC_BE);
}

static const char *
check_zimage(const uint8_t *p, size_t size)
{
	uint32_t start = image_le32(p + ZIMAGE_START), end = image_le32(p + ZIMAGE_END);

	if (image_le32(p + ZIMAGE_MAGIC) == MAGIC_BE || image_le32(p + ZIMAGE_ENDIAN) != ENDIAN_LE)
		return "is a big-endian kernel";
	if (end <= start || end - start < ZIMAGE_HEADER)
		return "has a damaged zImage header";
	if (size < end - start)
		return "is truncated: shorter than its zImage header says";
	return NULL;
}

static bool
is_uimage(const uint8_t *p, size_t size)
{
	return size >= UIMAGE_HEADER && image_be32(p) == UIMAGE_MAGIC;
}

static const char *
open_uimage(struct image *image, const uint8_t *p, size_t size, uint32_t ram_base)
{
	uint32_t length = image_be32(p + UIMAGE_SIZE), load = image_be32(p + UIMAGE_LOAD);
	uint32_t entry = image_be32(p + UIMAGE_ENTRY);

	if (p[UIMAGE_TYPE] != TYPE_KERNEL && p[UIMAGE_TYPE] != TYPE_KERNEL_NOLOAD)
		return "is a U-Boot image, but not of a kernel";
	if (p[UIMAGE_ARCH] != ARCH_ARM)
		return "is a U-Boot image for another machine, not 32-bit ARM";
	if (p[UIMAGE_COMPRESSION]) // gzip, which QEMU unpacks, the command has unpacked
		return "is a U-Boot image, compressed in a way that is not unpacked";
	if (!length || length > size - UIMAGE_HEADER)
		return "is truncated: shorter than its U-Boot header says";
	if (p[UIMAGE_TYPE] == TYPE_KERNEL_NOLOAD) {
		load = ram_base + QEMU_NOLOAD_GAP + UIMAGE_HEADER;
		entry += load;
	}
	if (length > UINT32_MAX - load)
		return "ends beyond 4 GiB, where its U-Boot header puts it";
	one_piece(image, IMAGE_UIMAGE, load, p + UIMAGE_HEADER, length);
	image->entry = entry;
	image->linux_protocol = p[UIMAGE_OS] == OS_LINUX;
	return NULL;
}

static const char *
open_other(struct image *image, const uint8_t *p, size_t size, uint32_t ram_base)
{
	bool zimage = is_zimage(p, size);
	const char *what = zimage ? check_zimage(p, size) : image_foreign(p, size);

	if (what)
		return what;
	if (size < ZIMAGE_HEADER && (image_le32(p) == MOV_R0_R0 || image_le32(p) == MZ_NOP))
		return "is truncated: shorter than a zImage header";
	if (size > UINT32_MAX - ram_base - QEMU_KERNEL_GAP)
		return "doesn't fit in the VM's RAM";
	one_piece(image, zimage ? IMAGE_ZIMAGE : IMAGE_RAW, ram_base + QEMU_KERNEL_GAP, p, size);
	return NULL;
}

const char *
image_open(struct image *image, const void *file, size_t size, uint32_t ram_base)
{
	const char *what;

	*image = (struct image){.extent = (uint32_t)size};
	if (!size)
		return "is empty";
	if (size < 4)
		return "is shorter than an instruction";
	if (image_begins(file, size, "\177ELF", 4))
		what = image_elf(image, file, size);
	else if (is_uimage(file, size))
		what = open_uimage(image, file, size, ram_base);
	else
		what = open_other(image, file, size, ram_base);
	return what;
}

const void *
image_initrd(const void *file, size_t *size)
{
	const uint8_t *p = file;

	if (!is_uimage(p, *size) || p[UIMAGE_TYPE] != TYPE_RAMDISK ||
	    image_be32(p + UIMAGE_SIZE) > *size - UIMAGE_HEADER)
		return file;
	*size = image_be32(p + UIMAGE_SIZE);
	return p + UIMAGE_HEADER;
}
