// SPDX-License-Identifier: MIT
//
// A file that carries a zImage's magic is held to its header; of any other the first
// bytes are compared with those of the images that people try by mistake, and what is
// left must begin as ARM code does: a raw image has no header to check.
#include <stdbool.h>
#include <string.h>
#include "monitor/image.h"

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

#define COND_AL         0xeu
#define QEMU_KERNEL_GAP 0x10000u
#define QEMU_INITRD_GAP 0x8000000u
#define PAGE            4096u

static uint32_t
word(const uint8_t *p, size_t at)
{
	return (uint32_t)p[at] | (uint32_t)p[at + 1] << 8 | (uint32_t)p[at + 2] << 16 | (uint32_t)p[at + 3] << 24;
}

static const char *
check_zimage(const uint8_t *p, size_t size)
{
	uint32_t start = word(p, ZIMAGE_START), end = word(p, ZIMAGE_END);

	if (word(p, ZIMAGE_MAGIC) == MAGIC_BE || word(p, ZIMAGE_ENDIAN) != ENDIAN_LE)
		return "is a big-endian kernel";
	if (end <= start || end - start < ZIMAGE_HEADER)
		return "has a damaged zImage header";
	if (size < end - start)
		return "is truncated: shorter than its zImage header says";
	return NULL;
}

static const char *
check_foreign(const uint8_t *p, size_t size)
{
	static const struct {
		uint16_t at;
		uint8_t len;
		char bytes[5];
		const char *what;
	} known[] = {
	    {0x202, 4, "HdrS", "is an x86 kernel"},
	    {0x38, 4, "ARM\x64", "is an arm64 kernel"},
	    {0x38, 4, "RSC\x05", "is a RISC-V kernel"},
	    {0, 4,
	     "\x7f"
	     "ELF",
	     "is an ELF file, not a zImage or raw image"},
	    {0, 2, "\x1f\x8b", "is compressed by gzip, not a zImage or raw image"},
	    {0, 5,
	     "\xfd"
	     "7zXZ",
	     "is compressed by xz, not a zImage or raw image"},
	    {0, 4, "\x27\x05\x19\x56", "is a U-Boot image, not a zImage or raw image"},
	    {0, 4, "\xd0\x0d\xfe\xed", "is a device tree or FIT image, not a kernel"},
	    {0, 5, "!<arc", "is an archive, not a kernel"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (size >= (size_t)known[i].at + known[i].len &&
		    !memcmp(p + known[i].at, known[i].bytes, known[i].len))
			return known[i].what;
	return NULL;
}

const char *
image_check(const void *kernel, size_t size)
{
	const uint8_t *p = kernel;
	const char *what;

	if (!size)
		return "is empty";
	what = check_foreign(p, size);
	if (what)
		return what;
	if (size >= ZIMAGE_HEADER && (word(p, ZIMAGE_MAGIC) == MAGIC || word(p, ZIMAGE_MAGIC) == MAGIC_BE))
		return check_zimage(p, size);
	if (size >= 4 && size < ZIMAGE_HEADER && (word(p, 0) == MOV_R0_R0 || word(p, 0) == MZ_NOP))
		return "is truncated: shorter than a zImage header";
	if (size < 4 || word(p, 0) >> 28 != COND_AL)
		return "is not an ARM kernel";
	return NULL;
}

const char *
image_place(struct image_layout *l, uint32_t ram_base, uint32_t ram_size, const size_t sizes[3], unsigned *which)
{
	static const char *const what[] = {"kernel doesn't fit in the VM's RAM", "initrd doesn't fit in the VM's RAM",
					   "device tree doesn't fit in the VM's RAM behind kernel and initrd"};
	uint64_t at[3], gap = ram_size / 2 < QEMU_INITRD_GAP ? ram_size / 2 : QEMU_INITRD_GAP;

	// QEMU's rule (hw/arm/boot.c): the initrd halfway up, at most 128 MiB up, but not over
	// the kernel; the DTB in a page of its own behind it.
	at[0] = QEMU_KERNEL_GAP;
	at[1] = at[0] + sizes[0] > gap ? at[0] + sizes[0] : gap;
	at[1] = (at[1] + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	at[2] = (at[1] + sizes[1] + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	for (*which = 0; *which < 3; ++*which)
		if (sizes[*which] > ram_size || at[*which] + sizes[*which] > ram_size)
			return what[*which];
	l->kernel = ram_base + (uint32_t)at[0];
	l->initrd_start = ram_base + (uint32_t)at[1];
	l->initrd_end = l->initrd_start + (uint32_t)sizes[1];
	l->dtb = ram_base + (uint32_t)at[2];
	return NULL;
}
