// SPDX-License-Identifier: MIT
//
// The kernel inside a zImage: one stream of gzip, xz or lzma, somewhere behind the
// decompressor's code and followed by its own unpacked size (arch/arm/boot/compressed).
// Where it begins is found by the stream's own header, since the decompressor's code may
// hold the same magic bytes. Nothing of the file is trusted, and nothing here exits.
#ifndef GUESTS_CLI_UNPACK_H
#define GUESTS_CLI_UNPACK_H

#include <stddef.h>
#include <stdint.h>

enum unpack_result {
	UNPACK_OK,
	UNPACK_NONE,        // no such stream in it
	UNPACK_UNSUPPORTED, // one of a kind that isn't unpacked here (format says which)
	UNPACK_TRUNCATED,   // ends before the stream does
	UNPACK_CORRUPT,     // the stream's data or checksum are wrong
	UNPACK_TOO_LARGE,   // unpacks to more than max bytes
	UNPACK_MEMORY,      // the host has no room for it
};

struct unpacked {
	uint8_t *data; // to be freed; NULL unless UNPACK_OK
	size_t size;
	const char *format; // "xz"; NULL with UNPACK_NONE
	size_t at;          // where the stream begins
	size_t packed;      // its length
};

// Unpacks the first kernel in the size bytes at p, at most max bytes of it. With any other
// result than UNPACK_OK, format and at tell of the first stream that failed.
enum unpack_result unpack_kernel(struct unpacked *out, const uint8_t *p, size_t size, size_t max);

// Unpacks the stream of gzip that the size bytes at p begin with.
enum unpack_result unpack_gzip(struct unpacked *out, const uint8_t *p, size_t size, size_t max);

// A phrase for a result other than UNPACK_OK, such as "is damaged".
const char *unpack_phrase(enum unpack_result result);

#endif
