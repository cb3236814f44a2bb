// SPDX-License-Identifier: MIT
//
// Where things go: the rules of QEMU's hw/arm/boot.c, as `info roms` in its monitor shows them.
#include "monitor/image/internal.h"

#define PAGE            4096u
#define QEMU_INITRD_GAP 0x8000000u
#define QEMU_DTB        0x100000u // the size of its own, most of it air
#define QEMU_DTB_ROOM   10000u    // more than a given file, and then twice that

static const char *const no_room[] = {"kernel doesn't fit in the VM's RAM", "initrd doesn't fit in the VM's RAM",
				      "device tree doesn't fit in the VM's RAM behind kernel and initrd"};

uint32_t
image_dtb_size(size_t given)
{
	uint64_t size = given ? 2 * ((uint64_t)given + QEMU_DTB_ROOM) : QEMU_DTB;

	return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static uint64_t
piece_end(const struct image_piece *p)
{
	return (uint64_t)p->at + p->size;
}

static bool
overlap(const struct image_piece *a, const struct image_piece *b)
{
	return a->size && b->size && a->at < piece_end(b) && b->at < piece_end(a);
}

// Whether two pieces meet, or one of them this.
static bool
overlaps(const struct image *image, const struct image_piece *this)
{
	for (unsigned i = 0; i < image->n; i++) {
		if (overlap(&image->piece[i], this))
			return true;
		for (unsigned j = 0; j < i; j++)
			if (overlap(&image->piece[i], &image->piece[j]))
				return true;
	}
	return false;
}

static uint64_t
up_to_page(uint64_t at)
{
	return (at + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

// The initrd halfway up, at most 128 MiB up, but not over the kernel; the DTB in a page of its own behind it.
static const char *
place_linux(struct image_layout *l, const struct image *image, uint32_t ram_base, uint32_t ram_size, size_t initrd_size,
	    uint32_t dtb_size, unsigned *which)
{
	const struct image_piece *kernel = &image->piece[0], stub = {ram_base, 4u * IMAGE_STUB_WORDS, 0, NULL};
	uint64_t at[3], size[3] = {kernel->size, initrd_size, IMAGE_DTB_ROOM}; // what of that is really used
	uint64_t end = (uint64_t)ram_base + ram_size;

	at[0] = kernel->at;
	at[1] = ram_base + (uint64_t)(ram_size / 2 < QEMU_INITRD_GAP ? ram_size / 2 : QEMU_INITRD_GAP);
	if (piece_end(kernel) > at[1])
		at[1] = piece_end(kernel);
	at[1] = up_to_page(at[1]);
	at[2] = up_to_page(at[1] + initrd_size);
	for (*which = 0; *which < 3; ++*which)
		if (at[*which] + size[*which] > end || size[*which] > ram_size)
			return no_room[*which];
	*which = 0;
	if (overlaps(image, &stub))
		return "would be loaded over the code that QEMU starts it with, at the beginning of RAM";
	l->initrd_start = (uint32_t)at[1];
	l->initrd_end = (uint32_t)(at[1] + initrd_size);
	l->dtb = (uint32_t)at[2];
	l->dtb_room = dtb_size;
	return NULL;
}

// Where QEMU has the device tree of an image that isn't Linux: at the beginning of RAM if an ELF file leaves it so,
// unless there is less room than its size below the first piece; else at address 0, which is flash.
static struct image_piece
dtb_of_others(const struct image *image, uint32_t ram_base, uint32_t dtb_size)
{
	struct image_piece dtb = {0, dtb_size, 0, NULL};
	uint64_t low = UINT64_MAX, high = 0;

	for (unsigned i = 0; i < image->n; i++) {
		low = image->piece[i].at < low ? image->piece[i].at : low;
		high = piece_end(&image->piece[i]) > high ? piece_end(&image->piece[i]) : high;
	}
	if (image->kind != IMAGE_ELF || (low <= ram_base && high >= ram_base))
		return dtb;
	dtb.at = ram_base;
	if (low > ram_base && dtb_size > low - ram_base)
		dtb.size = 0;
	return dtb;
}

static bool
is_memory(uint32_t at, uint32_t ram_base, uint32_t ram_size)
{
	return at - ram_base < ram_size || at < IMAGE_FLASH_END;
}

static const char *
place_other(struct image_layout *l, const struct image *image, uint32_t ram_base, uint32_t ram_size, uint32_t dtb_size)
{
	struct image_piece dtb = dtb_of_others(image, ram_base, dtb_size);
	uint64_t total = 0;

	for (unsigned i = 0; i < image->n; i++)
		total += image->piece[i].size;
	if (total > ram_size)
		return no_room[0];
	if (overlaps(image, &dtb))
		return "has segments that overlap, or one at 0, where the device tree goes";
	l->dtb = dtb.at;
	l->dtb_room = dtb.size;
	return NULL;
}

const char *
image_place(struct image_layout *l, const struct image *image, uint32_t ram_base, uint32_t ram_size, size_t initrd_size,
	    uint32_t dtb_size, unsigned *which)
{
	*l = (struct image_layout){0};
	*which = 0;
	if (!is_memory(image->entry, ram_base, ram_size))
		return "would be entered where the VM has neither RAM nor flash";
	if (image->linux_protocol)
		return place_linux(l, image, ram_base, ram_size, initrd_size, dtb_size, which);
	return place_other(l, image, ram_base, ram_size, dtb_size);
}

bool
image_clip(struct image_piece *part, const struct image_piece *p, uint32_t base, uint32_t size)
{
	uint64_t from = p->at > base ? p->at : base, end = (uint64_t)base + size;
	uint32_t skipped;

	end = piece_end(p) < end ? piece_end(p) : end;
	if (from >= end)
		return false;
	skipped = (uint32_t)from - p->at;
	part->at = (uint32_t)from;
	part->size = (uint32_t)(end - from);
	part->filled = p->filled > skipped ? p->filled - skipped : 0;
	part->filled = part->filled < part->size ? part->filled : part->size;
	part->data = part->filled ? p->data + skipped : NULL;
	return true;
}

static uint32_t
flash_blocks(const struct image_piece *p)
{
	struct image_piece part;

	if (!image_clip(&part, p, 0, IMAGE_FLASH_END))
		return 0;
	return (part.at + part.size - 1) / IMAGE_FLASH_BLOCK - part.at / IMAGE_FLASH_BLOCK + 1;
}

uint32_t
image_flash_blocks(const struct image *image, const struct image_layout *l)
{
	const struct image_piece dtb = {l->dtb, l->dtb_room, 0, NULL};
	uint32_t n = flash_blocks(&dtb);

	for (unsigned i = 0; i < image->n; i++)
		n += flash_blocks(&image->piece[i]);
	return n;
}

// MOV r0, #0; LDR r1, [PC, #4]; LDR r2, [PC, #4]; LDR PC, [PC, #4] and their literals.
void
image_stub(uint32_t stub[IMAGE_STUB_WORDS], const struct image *image, const struct image_layout *l)
{
	const uint32_t words[] = {0xe3a00000,       0xe59f1004, 0xe59f2004,  0xe59ff004,
				  IMAGE_NO_MACHINE, l->dtb,     image->entry};

	for (unsigned n = 0; n < IMAGE_STUB_WORDS; n++)
		stub[n] = words[n];
}
