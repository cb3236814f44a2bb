// SPDX-License-Identifier: MIT
//
// Between the files of image.c: one per kind of file, and the words in it.
#ifndef MONITOR_IMAGE_INTERNAL_H
#define MONITOR_IMAGE_INTERNAL_H

#include "monitor/image/image.h"

static inline uint32_t
image_le16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t
image_le32(const uint8_t *p)
{
	return image_le16(p) | image_le16(p + 2) << 16;
}

static inline uint32_t
image_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline bool
image_begins(const uint8_t *p, size_t size, const char *magic, size_t len)
{
	return size >= len && !__builtin_memcmp(p, magic, len);
}

// An ELF file, of which the magic has been seen. As image_open.
const char *image_elf(struct image *image, const uint8_t *p, size_t size);

// What a file of another kind is; NULL: not a kind that is known.
const char *image_foreign(const uint8_t *p, size_t size);

#endif
