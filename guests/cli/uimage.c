// SPDX-License-Identifier: MIT
//
// See uimage.h. The header: U-Boot's include/image.h; all of it is big-endian.
#include <libfdt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "guests/cli/error.h"
#include "guests/cli/uimage.h"
#include "guests/cli/unpack.h"

#define QEMU_GUNZIP_MAX 0x4000000u // bytes that QEMU unpacks at most

#define MAGIC              0x27051956u
#define TYPE_KERNEL        2u
#define TYPE_KERNEL_NOLOAD 14u
#define COMPRESSION_NONE   0u
#define COMPRESSION_GZIP   1u

struct header {
	fdt32_t magic, header_crc, time, size, load, entry, data_crc;
	uint8_t os, arch, type, compression;
	char name[32];
};

static bool
is_packed(const struct file *f)
{
	const struct header *h = (const void *)f->data;

	return f->size >= sizeof(*h) && fdt32_to_cpu(h->magic) == MAGIC && h->compression == COMPRESSION_GZIP &&
	       (h->type == TYPE_KERNEL || h->type == TYPE_KERNEL_NOLOAD);
}

void
uimage_unpack(struct file *f)
{
	struct unpacked kernel;
	enum unpack_result result;
	struct header h;
	size_t size;

	if (!is_packed(f))
		return;
	memcpy(&h, f->data, sizeof(h));
	size = fdt32_to_cpu(h.size);
	if (size > f->size - sizeof(h))
		fail(EXIT_INPUT, "%s: is truncated: shorter than its U-Boot header says", f->path);
	result = unpack_gzip(&kernel, f->data + sizeof(h), size, QEMU_GUNZIP_MAX);
	if (result != UNPACK_OK)
		fail(EXIT_INPUT, "%s: the kernel packed in it %s", f->path, unpack_phrase(result));
	h.compression = COMPRESSION_NONE;
	h.size = cpu_to_fdt32((uint32_t)kernel.size);
	h.data_crc = cpu_to_fdt32((uint32_t)crc32_z(0, kernel.data, kernel.size));
	h.header_crc = 0;
	h.header_crc = cpu_to_fdt32((uint32_t)crc32_z(0, (const void *)&h, sizeof(h)));
	free(f->data);
	f->size = sizeof(h) + kernel.size;
	f->data = must_alloc(f->size);
	memcpy(f->data, &h, sizeof(h));
	memcpy(f->data + sizeof(h), kernel.data, kernel.size);
	free(kernel.data);
}
