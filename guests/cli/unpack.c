// SPDX-License-Identifier: MIT
//
// See unpack.h. The formats: RFC 1952 (gzip), the .xz file format 1.0.4, and the header of
// lzma-alone (properties, dictionary size, unpacked size).
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "guests/cli/unpack.h"

#define FIRST_ROOM   0x100000u   // bytes of output to begin with
#define LZMA_MEMORY  0x20000000u // bytes that a stream's dictionary may ask for
#define GZIP_HEADER  10u
#define GZIP_WRAPPER (16 + MAX_WBITS)
#define XZ_HEADER    LZMA_STREAM_HEADER_SIZE
#define ALONE_HEADER 13u
#define TRIES        64u // streams that may fail before the search is given up

// The output: grows up to max.
struct sink {
	uint8_t *data;
	size_t size, room, max;
};

// Makes room for more output; UNPACK_OK if there is some now.
static enum unpack_result
grow(struct sink *s)
{
	size_t room = s->room ? 2 * s->room : FIRST_ROOM;
	uint8_t *data;

	if (s->size < s->room)
		return UNPACK_OK;
	if (room > s->max)
		room = s->max;
	if (s->size == room)
		return UNPACK_TOO_LARGE;
	data = realloc(s->data, room);
	if (!data)
		return UNPACK_MEMORY;
	s->data = data;
	s->room = room;
	return UNPACK_OK;
}

static bool
is_gzip(const uint8_t *p, size_t size)
{
	return size >= GZIP_HEADER && p[0] == 0x1f && p[1] == 0x8b && p[2] == Z_DEFLATED && !(p[3] & 0xe0);
}

static enum unpack_result
gzip_result(const z_stream *z, int status)
{
	if (status == Z_STREAM_END)
		return UNPACK_OK;
	if (status == Z_MEM_ERROR)
		return UNPACK_MEMORY;
	return status == Z_BUF_ERROR && !z->avail_in ? UNPACK_TRUNCATED : UNPACK_CORRUPT;
}

static enum unpack_result
gunzip(struct sink *s, const uint8_t *p, size_t size, size_t *packed)
{
	z_stream z = {.next_in = (uint8_t *)(uintptr_t)p, .avail_in = (uInt)size};
	enum unpack_result result;
	int status = Z_OK;

	if (inflateInit2(&z, GZIP_WRAPPER) != Z_OK)
		return UNPACK_MEMORY;
	while ((result = grow(s)) == UNPACK_OK && status == Z_OK) {
		z.next_out = s->data + s->size;
		z.avail_out = (uInt)(s->room - s->size);
		status = inflate(&z, Z_NO_FLUSH);
		s->size = s->room - z.avail_out;
		if (status != Z_OK) {
			result = gzip_result(&z, status);
			break;
		}
	}
	*packed = size - z.avail_in;
	inflateEnd(&z);
	return result;
}

static enum unpack_result
lzma_result(const lzma_stream *z, lzma_ret status)
{
	if (status == LZMA_STREAM_END)
		return UNPACK_OK;
	if (status == LZMA_MEM_ERROR || status == LZMA_MEMLIMIT_ERROR)
		return UNPACK_MEMORY;
	return status == LZMA_BUF_ERROR && !z->avail_in ? UNPACK_TRUNCATED : UNPACK_CORRUPT;
}

static enum unpack_result
run_lzma(lzma_stream *z, struct sink *s, const uint8_t *p, size_t size, size_t *packed)
{
	enum unpack_result result;
	lzma_ret status = LZMA_OK;

	z->next_in = p;
	z->avail_in = size;
	while ((result = grow(s)) == UNPACK_OK && status == LZMA_OK) {
		z->next_out = s->data + s->size;
		z->avail_out = s->room - s->size;
		status = lzma_code(z, LZMA_RUN);
		s->size = s->room - z->avail_out;
		if (status != LZMA_OK) {
			result = lzma_result(z, status);
			break;
		}
	}
	*packed = size - z->avail_in;
	lzma_end(z);
	return result;
}

static bool
is_xz(const uint8_t *p, size_t size)
{
	lzma_stream_flags flags;

	return size >= XZ_HEADER && p[0] == 0xfd && lzma_stream_header_decode(&flags, p) == LZMA_OK;
}

static enum unpack_result
unxz(struct sink *s, const uint8_t *p, size_t size, size_t *packed)
{
	lzma_stream z = LZMA_STREAM_INIT;

	if (lzma_stream_decoder(&z, LZMA_MEMORY, 0) != LZMA_OK)
		return UNPACK_MEMORY;
	return run_lzma(&z, s, p, size, packed);
}

// Kernels are packed with lc=3 lp=0 pb=2, a dictionary of a power of two, and no unpacked size.
static bool
is_alone(const uint8_t *p, size_t size)
{
	static const uint8_t unknown[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return size >= ALONE_HEADER && p[0] == 0x5d && !p[1] && !p[2] && !memcmp(p + 5, unknown, sizeof(unknown));
}

static enum unpack_result
unlzma(struct sink *s, const uint8_t *p, size_t size, size_t *packed)
{
	lzma_stream z = LZMA_STREAM_INIT;

	if (lzma_alone_decoder(&z, LZMA_MEMORY) != LZMA_OK)
		return UNPACK_MEMORY;
	return run_lzma(&z, s, p, size, packed);
}

static bool
is_lz4(const uint8_t *p, size_t size)
{
	return size >= 8 && !memcmp(p, "\x02\x21\x4c\x18", 4);
}

static bool
is_lzo(const uint8_t *p, size_t size)
{
	return size >= 9 && !memcmp(p, "\x89LZO\0\r\n\x1a\n", 9);
}

static const struct {
	const char *name;
	bool (*is)(const uint8_t *p, size_t size);
	enum unpack_result (*unpack)(struct sink *s, const uint8_t *p, size_t size, size_t *packed); // NULL: can't
} formats[] = {
    {"gzip", is_gzip, gunzip}, {"xz", is_xz, unxz},   {"lzma", is_alone, unlzma},
    {"lz4", is_lz4, NULL},     {"lzo", is_lzo, NULL},
};
#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

// Unpacks the stream of format f at p + at, if there is one.
static enum unpack_result
try_format(struct unpacked *out, size_t f, const uint8_t *p, size_t size, size_t max)
{
	struct sink s = {.max = max};
	enum unpack_result result;

	*out = (struct unpacked){.format = formats[f].name};
	if (!formats[f].unpack)
		return UNPACK_UNSUPPORTED;
	result = formats[f].unpack(&s, p, size, &out->packed);
	if (result == UNPACK_OK && s.size) {
		out->data = s.data;
		out->size = s.size;
		return UNPACK_OK;
	}
	free(s.data);
	return result == UNPACK_OK ? UNPACK_CORRUPT : result;
}

// A stream that can't be unpacked may be the decompressor's own mention of its magic, so the search
// goes on; what was wrong with the first is the answer if nothing else turns up.
enum unpack_result
unpack_kernel(struct unpacked *out, const uint8_t *p, size_t size, size_t max)
{
	enum unpack_result first = UNPACK_NONE, result;
	struct unpacked failed = {0};
	unsigned tries = 0;

	for (size_t at = 0; at < size && tries < TRIES; at++)
		for (size_t f = 0; f < N_FORMATS; f++) {
			if (!formats[f].is(p + at, size - at))
				continue;
			result = try_format(out, f, p + at, size - at, max);
			out->at = at;
			if (result == UNPACK_OK)
				return result;
			tries++;
			if (first == UNPACK_NONE || (first == UNPACK_UNSUPPORTED && result != UNPACK_UNSUPPORTED)) {
				first = result;
				failed = *out;
			}
		}
	*out = failed;
	return first;
}

enum unpack_result
unpack_gzip(struct unpacked *out, const uint8_t *p, size_t size, size_t max)
{
	*out = (struct unpacked){.format = formats[0].name};
	return is_gzip(p, size) ? try_format(out, 0, p, size, max) : UNPACK_CORRUPT;
}

const char *
unpack_phrase(enum unpack_result result)
{
	static const char *const phrases[] = {
	    [UNPACK_NONE] = "has no kernel packed by gzip, xz or lzma in it",
	    [UNPACK_UNSUPPORTED] = "is of a kind that can't be unpacked here",
	    [UNPACK_TRUNCATED] = "is truncated",
	    [UNPACK_CORRUPT] = "is damaged",
	    [UNPACK_TOO_LARGE] = "unpacks to more than a kernel can have",
	    [UNPACK_MEMORY] = "is too large for this host's memory",
	};

	return phrases[result];
}
