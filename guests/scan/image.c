// SPDX-License-Identifier: MIT
//
// See image.h. A zImage's header and the table it leads to: the kernel's
// arch/arm/boot/compressed/head.S and vmlinux.lds.S.
#include <stdlib.h>
#include <string.h>
#include "guests/cli/error.h"
#include "guests/cli/file.h"
#include "guests/scan/elf.h"
#include "guests/scan/image.h"
#include "guests/cli/uimage.h"
#include "guests/cli/unpack.h"
#include "monitor/image/image.h"
#include "monitor/base/types.h"

#define FILE_MAX      0x40000000u // bytes
#define KERNEL_MAX    0x10000000u // bytes, unpacked
#define RAM_BASE      0x40000000u // of the VM
#define PAGE_OFFSET   0xc0000000u // of a stock kernel (VMSPLIT_3G)
#define TEXT_OFFSET   0x8000u     // of one whose zImage doesn't tell
#define ZIMAGE_MAGIC  0x016f2818u
#define ZIMAGE_MAGIC2 0x45454545u // a table follows: its offset is the next word
#define TABLE_TAG     0x5a534c4bu
#define AT_SWITCH     0x1cu // where a Thumb-2 kernel changes to Thumb state:
#define SUB_PC_PC_3   0xe24ff003u
#define AT_MAGIC      0x24u
#define AT_MAGIC2     0x34u
#define AT_TABLE      0x38u
#define ZIMAGE_HEADER 0x3cu

static uint32_t
word(const struct file *f, size_t at)
{
	uint32_t w;

	memcpy(&w, f->data + at, sizeof(w));
	return w;
}

struct scanimage_region *
scanimage_add(struct scanimage *image, const char *name, uint32_t start, const uint8_t *data, uint32_t size)
{
	uint32_t base = start & ~PAGE_MASK, lead = start - base;
	struct scanimage_region *r;

	image->region = realloc(image->region, (image->n_regions + 1u) * sizeof(*r));
	if (!image->region)
		fail(EXIT_MONITOR, "out of memory");
	r = &image->region[image->n_regions++];
	*r = (struct scanimage_region){.name = must_printf("%s", name), .base = base, .start = start, .size = size};
	r->n_pages = (uint32_t)(((uint64_t)lead + size + PAGE_MASK) >> PAGE_SHIFT);
	r->words = must_alloc((size_t)r->n_pages * PAGE_SIZE);
	r->entered = must_alloc((size_t)r->n_pages * (PAGE_SIZE / 2u));
	memcpy((uint8_t *)r->words + lead, data, size);
	return r;
}

static struct scanimage_region *
add_entered(struct scanimage *image, const char *name, uint32_t start, const uint8_t *data, size_t size)
{
	struct scanimage_region *r;

	if (start + (uint64_t)size > 1ull << 32)
		fail(EXIT_INPUT, "--address 0x%x: %s ends beyond the address space there", start, image->path);
	r = scanimage_add(image, name, start, data, (uint32_t)size);
	r->entered[(start - r->base) / 2u] = SCANIMAGE_NAMED;
	return r;
}

// Where the kernel in a zImage is linked, as far as it can be told.
static uint32_t
kernel_address(const struct file *f)
{
	size_t table;

	if (word(f, AT_MAGIC2) != ZIMAGE_MAGIC2)
		return PAGE_OFFSET + TEXT_OFFSET;
	table = word(f, AT_TABLE);
	// Its size in words, the tag, the payload's end, the size of .bss, TEXT_OFFSET.
	if (table % 4u || table > f->size || f->size - table < 20u || word(f, table) < 5u ||
	    word(f, table + 4u) != TABLE_TAG || word(f, table + 16u) % PAGE_SIZE)
		return PAGE_OFFSET + TEXT_OFFSET;
	return PAGE_OFFSET + word(f, table + 16u);
}

static void
load_zimage(struct scanimage *image, const struct file *f, uint32_t at, const struct scanimage_options *o)
{
	struct unpacked kernel;
	enum unpack_result result = unpack_kernel(&kernel, f->data, f->size, KERNEL_MAX);

	if (result == UNPACK_NONE)
		fail(EXIT_INPUT, "%s: %s", f->path, unpack_phrase(result));
	if (result != UNPACK_OK)
		fail(EXIT_INPUT, "%s: the kernel packed in it (%s at 0x%zx) %s", f->path, kernel.format, kernel.at,
		     unpack_phrase(result));
	image->kind = "zImage";
	image->thumb = word(f, AT_SWITCH) == SUB_PC_PC_3;
	image->format = kernel.format;
	image->payload_at = kernel.at;
	add_entered(image, "decompressor", at, f->data, kernel.at);
	add_entered(image, "kernel", o->has_address ? o->address : kernel_address(f), kernel.data, kernel.size);
	free(kernel.data);
}

static void
set_isa(struct scanimage *image, const struct scanimage_options *o)
{
	if (o->isa != SCANIMAGE_AUTO)
		image->thumb = o->isa == SCANIMAGE_MIXED;
}

static void
load_raw(struct scanimage *image, const struct file *f, const struct scanimage_options *o)
{
	struct scanimage_region *r = add_entered(image, "image", o->address, f->data, f->size);

	image->kind = "raw";
	set_isa(image, o);
	if (image->thumb)
		r->entered[(r->start - r->base) / 2u] |= SCANIMAGE_THUMB;
}

static bool
is_zimage(const struct file *f)
{
	return f->size >= ZIMAGE_HEADER && word(f, AT_MAGIC) == ZIMAGE_MAGIC;
}

// What U-Boot's header is for, at its address: a zImage, or whatever it is.
static void
load_packaged(struct scanimage *image, const struct file *f, const struct image *kernel,
	      const struct scanimage_options *o)
{
	const struct image_piece *piece = &kernel->piece[0];
	struct file inner = {.path = f->path, .data = f->data + (piece->data - f->data), .size = piece->filled};
	struct scanimage_region *r;
	uint32_t entry = kernel->entry & ~1u;

	if (is_zimage(&inner)) {
		load_zimage(image, &inner, piece->at, o);
		return;
	}
	image->kind = "raw";
	image->thumb = kernel->entry & 1u;
	r = scanimage_add(image, "image", piece->at, inner.data, piece->size);
	if (entry - r->start < r->size)
		r->entered[(entry - r->base) / 2u] = (uint8_t)(SCANIMAGE_NAMED | (image->thumb ? SCANIMAGE_THUMB : 0));
}

void
scanimage_take(struct scanimage *image, struct file *f, const struct scanimage_options *o)
{
	struct image kernel;
	const char *what;

	if (o->raw) {
		load_raw(image, f, o);
		return;
	}
	if (scanelf_is(f)) {
		scanelf_load(image, f);
		set_isa(image, o);
		return;
	}
	uimage_unpack(f);
	what = image_open(&kernel, f->data, f->size, RAM_BASE);
	if (what)
		fail(EXIT_INPUT, "%s: %s", f->path, what);
	if (kernel.kind == IMAGE_RAW || (kernel.kind == IMAGE_ZIMAGE && !is_zimage(f)))
		fail(EXIT_INPUT, "%s: has no header that says where it goes; a raw image needs --raw --address ADDRESS",
		     f->path);
	if (kernel.kind == IMAGE_ZIMAGE)
		load_zimage(image, f, kernel.piece[0].at, o);
	else
		load_packaged(image, f, &kernel, o);
	set_isa(image, o);
}

void
scanimage_load(struct scanimage *image, const struct scanimage_options *o)
{
	struct file f = file_read(o->path, FILE_MAX, "RAM");

	*image = (struct scanimage){.path = o->path};
	scanimage_take(image, &f, o);
	file_free(&f);
}

void
scanimage_free(struct scanimage *image)
{
	for (unsigned i = 0; i < image->n_regions; i++) {
		free(image->region[i].name);
		free(image->region[i].words);
		free(image->region[i].entered);
	}
	free(image->region);
}
