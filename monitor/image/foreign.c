// SPDX-License-Identifier: MIT
//
// The kinds of files that people give for a kernel by mistake, by name. A raw image has no header by which to tell it
// from them: so what is here must be plain.
#include "monitor/image/internal.h"

#define MZ_PE      0x3cu // where a program of DOS's successors says where its header is
#define TEXT_BYTES 256u  // of a file that begins with so many characters; no A32 code does

static bool
has(const uint8_t *p, size_t size, size_t at, const char *bytes, size_t len)
{
	return size >= at && image_begins(p + at, size - at, bytes, len);
}

// Not a zImage, which may call itself one as well, and isn't asked about.
static bool
is_pe(const uint8_t *p, size_t size)
{
	return size >= MZ_PE + 4u && has(p, size, 0, "MZ", 2) && has(p, size, image_le32(p + MZ_PE), "PE\0\0", 4);
}

static bool
is_text(const uint8_t *p, size_t size)
{
	for (size_t n = 0; n < size && n < TEXT_BYTES; n++)
		if ((p[n] < ' ' && p[n] != '\t' && p[n] != '\n' && p[n] != '\r') || p[n] > '~')
			return false;
	return true;
}

const char *
image_foreign(const uint8_t *p, size_t size)
{
	static const struct {
		uint16_t at;
		uint8_t len;
		char bytes[9];
		const char *what;
	} known[] = {
	    {0x202, 4, "HdrS", "is an x86 kernel"},
	    {0x38, 4, "ARM\x64", "is an arm64 kernel"},
	    {0x38, 4, "RSC\x05", "is a RISC-V kernel"},
	    {0, 2, "#!", "is a script"},
	    {0, 2, "\x1f\x8b", "is compressed by gzip, which QEMU doesn't unpack"},
	    {0, 5, "\xfd\x37zXZ", "is compressed by xz, which QEMU doesn't unpack"},
	    {0, 4, "BZh9", "is compressed by bzip2, which QEMU doesn't unpack"},
	    {0, 4, "\x28\xb5\x2f\xfd", "is compressed by zstd, which QEMU doesn't unpack"},
	    {0, 4, "\x02\x21\x4c\x18", "is compressed by lz4, which QEMU doesn't unpack"},
	    {0, 4, "\x04\x22\x4d\x18", "is compressed by lz4, which QEMU doesn't unpack"},
	    {0, 4, "\x27\x05\x19\x56", "is a truncated U-Boot image"},
	    {0, 4, "\xd0\x0d\xfe\xed", "is a device tree or FIT image, not a kernel"},
	    {0, 5, "!<arc", "is an archive, not a kernel"},
	    {257, 5, "ustar", "is an archive, not a kernel"},
	    {0, 4, "PK\3\4", "is an archive, not a kernel"},
	    {0, 5, "07070", "is a cpio archive, as an initrd is, not a kernel"},
	    {0, 8, "ANDROID!", "is an Android boot image, not a kernel"},
	    {0, 4, "QFI\xfb", "is a disk image, not a kernel"},
	    {0, 4, "hsqs", "is a file system, not a kernel"},
	    {0x8001, 5, "CD001", "is a CD image, not a kernel"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (has(p, size, known[i].at, known[i].bytes, known[i].len))
			return known[i].what;
	if (is_pe(p, size))
		return "is an EFI or Windows program, not a kernel";
	return is_text(p, size) ? "is text, not a kernel" : NULL;
}
