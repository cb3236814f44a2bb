// SPDX-License-Identifier: MIT
// uses: guests/scan/image.c guests/scan/elf.c guests/cli/uimage.c guests/cli/unpack.c monitor/image/image.c monitor/image/elf.c monitor/image/foreign.c monitor/image/place.c
// libs: -lz -llzma
//
// The images of `palimpsest scan`, from any bytes: refused, or taken apart into regions of whole
// pages with as many words as they claim. What would end the command comes back here instead.
#include <setjmp.h>
#include <stdarg.h>
#include "guests/cli/error.h"
#include "guests/scan/image.h"
#include "guests/cli/unpack.h"
#include "monitor/base/types.h"
#include "test/libfuzzer/fuzz.h"

#define UNPACKED_MAX 0x100000u

static jmp_buf refused;

void
fail(enum exit_status status, const char *fmt, ...)
{
	HOLDS(status == EXIT_INPUT && fmt && *fmt);
	longjmp(refused, 1);
}

void *
must_alloc(size_t size)
{
	return calloc(1, size ? size : 1);
}

char *
must_printf(const char *fmt, ...)
{
	char *text = malloc(256);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, 256, fmt, ap);
	va_end(ap);
	return text;
}

struct file
file_read(const char *path, uint64_t max, const char *where)
{
	(void)max;
	(void)where;
	return (struct file){.path = path};
}

void
file_free(struct file *f)
{
	free(f->data);
}

static void
take(struct scanimage *image, struct file *f, const struct scanimage_options *o)
{
	if (!setjmp(refused))
		scanimage_take(image, f, o);
	else
		return;
	HOLDS(image->n_regions);
	for (unsigned i = 0; i < image->n_regions; i++) {
		const struct scanimage_region *r = &image->region[i];
		uint32_t sum = 0;

		HOLDS(r->n_pages && r->start - r->base < PAGE_SIZE);
		for (uint32_t k = 0; k < r->n_pages * (PAGE_SIZE / 4u); k++)
			sum += r->words[k] + r->entered[k];
		HOLDS(sum + 1u != sum);
	}
}

static void
unpack(const uint8_t *data, size_t size)
{
	struct unpacked out;
	enum unpack_result result = unpack_kernel(&out, data, size, UNPACKED_MAX);

	if (result == UNPACK_OK)
		HOLDS(out.data && out.size && out.size <= UNPACKED_MAX && out.format && out.at < size &&
		      out.packed <= size);
	else
		HOLDS(!out.data && *unpack_phrase(result));
	free(out.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct scanimage_options any = {.path = "any"};
	const struct scanimage_options raw = {.path = "raw", .raw = true, .has_address = true, .address = 0xffff0104};
	struct file f = {.path = "any", .data = malloc(size + 1), .size = size};
	static struct scanimage image;

	if (!size) {
		free(f.data);
		return 0;
	}
	memcpy(f.data, data, size);
	unpack(data, size);
	image = (struct scanimage){.path = "raw"};
	take(&image, &f, &raw);
	scanimage_free(&image);
	image = (struct scanimage){.path = "any"};
	take(&image, &f, &any);
	scanimage_free(&image);
	file_free(&f);
	return 0;
}
