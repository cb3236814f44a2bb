// SPDX-License-Identifier: MIT
// uses: monitor/image/image.c monitor/image/elf.c monitor/image/foreign.c monitor/image/place.c
// bits: 32
// len: 1024
//
// Kernel images of any bytes, and ELF files of any segments: nothing is read but the file, what is taken for a zImage
// is all there, and each piece is of the file and ends below 4 GiB. And any sizes of initrd and device tree in any RAM:
// where they are placed nothing overlaps, what Linux is handed lies in RAM as QEMU's rule has it, worked out in 64
// bits, and what of the pieces is loaded lies in RAM or flash.
#include <elf.h>
#include "monitor/image/image.h"
#include "test/libfuzzer/fuzz.h"

#define MIB      0x100000u
#define BASE     0x40000000u
#define PAGE     4096u
#define SEGMENTS 5u

struct range {
	uint64_t from, end;
};

// An ELF file that is well-formed but for what its segments say.
static size_t
make_elf(struct fuzz_in *in, uint8_t *file)
{
	uint32_t n = fuzz_take(in, 1) % SEGMENTS, data = fuzz_take(in, 1);
	Elf32_Ehdr h = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB},
			.e_machine = EM_ARM,
			.e_entry = fuzz_word(in),
			.e_phoff = sizeof(h),
			.e_phentsize = sizeof(Elf32_Phdr),
			.e_phnum = (uint16_t)n};

	memcpy(file, &h, sizeof(h));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t kind = fuzz_take(in, 1), at = fuzz_word(in), filled = fuzz_word(in);
		Elf32_Phdr p = {.p_type = kind & 7u ? PT_LOAD : PT_NOTE, .p_flags = kind >> 3, .p_paddr = at};

		p.p_filesz = kind & 64u ? filled : filled % 64u;
		p.p_memsz = kind & 128u ? p.p_filesz : fuzz_word(in);
		p.p_vaddr = kind & 32u ? at : fuzz_word(in);
		p.p_offset = fuzz_take(in, 1);
		memcpy(file + sizeof(h) + i * sizeof(p), &p, sizeof(p));
	}
	return sizeof(h) + n * sizeof(Elf32_Phdr) + data;
}

static const char *
open_any(struct fuzz_in *in, struct image *image, bool elf)
{
	static uint8_t made[2048];
	size_t size = elf ? make_elf(in, made) : in->left;
	uint8_t *file = fuzz_guarded(0, size);
	uint32_t sum = 0, magic, start, end;
	const char *what;

	memcpy(file, elf ? made : in->p, size);
	what = image_open(image, file, size, BASE);
	HOLDS(!what || *what);
	if (what)
		return what;
	HOLDS(size >= 4 && image->n && image->n <= IMAGE_PIECES && image->extent <= size);
	for (unsigned i = 0; i < image->n; i++) {
		const struct image_piece *p = &image->piece[i];

		HOLDS(p->filled <= p->size && (uint64_t)p->at + p->size <= UINT32_MAX);
		HOLDS(!p->filled || (size_t)(p->data - file) + p->filled <= image->extent);
		for (uint32_t k = 0; k < p->filled; k++)
			sum += p->data[k];
	}
	HOLDS(sum + 1u != sum);
	if (image->kind == IMAGE_ZIMAGE) {
		memcpy(&magic, file + 0x24, 4);
		memcpy(&start, file + 0x28, 4);
		memcpy(&end, file + 0x2c, 4);
		HOLDS(magic == 0x016f2818u && (uint64_t)start + size >= end);
	}
	return NULL;
}

static uint64_t
up(uint64_t at)
{
	return (at + PAGE - 1) / PAGE * PAGE;
}

static void
apart(struct range a, struct range b)
{
	HOLDS(a.from == a.end || b.from == b.end || a.end <= b.from || b.end <= a.from);
}

// Whatever is placed: the pieces, and each of the others' ranges.
static void
check_apart(const struct image *image, const struct range *others, unsigned n)
{
	for (unsigned i = 0; i < image->n; i++) {
		struct range a = {image->piece[i].at, (uint64_t)image->piece[i].at + image->piece[i].size};

		for (unsigned j = 0; j < i; j++)
			apart(a,
			      (struct range){image->piece[j].at, (uint64_t)image->piece[j].at + image->piece[j].size});
		for (unsigned j = 0; j < n; j++)
			apart(a, others[j]);
	}
}

static void
check_linux(const struct image *image, const struct image_layout *l, uint32_t ram, size_t initrd, const char *what,
	    unsigned which)
{
	const struct image_piece *kernel = &image->piece[0];
	uint64_t end = (uint64_t)BASE + ram, top = (uint64_t)kernel->at + kernel->size;
	uint64_t at = BASE + (uint64_t)(ram / 2 < 128 * MIB ? ram / 2 : 128 * MIB), dtb;
	bool entry = image->entry - BASE < ram || image->entry < IMAGE_FLASH_END;

	HOLDS(image->n == 1);
	at = up(top > at ? top : at);
	dtb = up(at + initrd);
	if (what) {
		HOLDS(!entry || (which == 0 && (top > end || kernel->at < BASE + 4 * IMAGE_STUB_WORDS)) ||
		      (which == 1 && at + initrd > end) || (which == 2 && dtb + IMAGE_DTB_ROOM > end));
		return;
	}
	HOLDS(entry && top <= end && dtb + IMAGE_DTB_ROOM <= end);
	HOLDS(l->initrd_start == at && l->initrd_end - at == initrd && l->dtb == dtb);
	check_apart(
	    image,
	    (struct range[]){{BASE, BASE + 4 * IMAGE_STUB_WORDS}, {at, at + initrd}, {dtb, dtb + IMAGE_DTB_ROOM}}, 3);
}

static void
check_place(struct fuzz_in *in, const struct image *image)
{
	uint32_t ram = (16u + fuzz_take(in, 2) % (2048u - 15u)) * MIB, choice = fuzz_take(in, 1);
	size_t initrd = fuzz_word(in), dtb = image_dtb_size(choice & 4 ? fuzz_word(in) % MIB : 0);
	struct image_layout l;
	struct image_piece part;
	unsigned which = 9;
	const char *what;

	initrd = choice & 1 ? initrd % ram : choice & 2 ? ram / 2 - initrd % 0x40000u : initrd; // about the boundary
	what = image_place(&l, image, BASE, ram, initrd, (uint32_t)dtb, &which);
	HOLDS(which < 3 || !what);
	if (image->linux_protocol) {
		check_linux(image, &l, ram, initrd, what, which);
	} else if (!what) {
		HOLDS(!l.dtb_room || l.dtb == BASE || l.dtb == 0);
		HOLDS(l.initrd_start == l.initrd_end && image_flash_blocks(image, &l) <= 512 + 2 * IMAGE_PIECES);
		check_apart(image, &(struct range){l.dtb, (uint64_t)l.dtb + l.dtb_room}, 1);
	}
	for (unsigned i = 0; i < image->n; i++)
		if (image_clip(&part, &image->piece[i], BASE, ram))
			HOLDS(part.size && part.at >= BASE && part.size <= ram && part.at - BASE <= ram - part.size &&
			      part.filled <= part.size &&
			      (!part.filled || part.data == image->piece[i].data + (part.at - image->piece[i].at)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	struct image image;
	uint32_t what = fuzz_take(&in, 1);
	struct fuzz_in sizes = in;

	for (unsigned i = 0; what & 2u && i < 3; i++)
		fuzz_take(&in, 4);
	if (!open_any(&in, &image, what & 1u)) {
		check_place(what & 2u ? &sizes : &in, &image);
	} else {
		image = (struct image){.linux_protocol = true, .entry = BASE + 0x10000, .n = 1};
		image.piece[0] = (struct image_piece){image.entry, fuzz_word(&in) % 0x80000000u, 0, NULL};
		check_place(&in, &image);
	}
	return 0;
}
