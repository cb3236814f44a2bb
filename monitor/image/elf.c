// SPDX-License-Identifier: MIT
//
// ELF files as QEMU takes them (include/hw/elf_ops.h): what is loaded are the PT_LOAD segments, at their physical
// addresses, whatever the sections and the file's type are. A linker script that packs initialized data behind the
// text gives segments that overlap if their zeros are counted: a segment whose zeros another one would be in has none.
#include "monitor/image/internal.h"

// The header and a program header of 32-bit files, offsets in bytes.
#define E_CLASS     4u
#define E_DATA      5u
#define E_MACHINE   18u
#define E_ENTRY     24u
#define E_PHOFF     28u
#define E_PHENTSIZE 42u
#define E_PHNUM     44u
#define E_SIZE      52u

#define P_TYPE   0u
#define P_OFFSET 4u
#define P_VADDR  8u
#define P_PADDR  12u
#define P_FILESZ 16u
#define P_MEMSZ  20u
#define P_FLAGS  24u
#define P_SIZE   32u

#define CLASS_32 1u
#define DATA_LE  1u
#define DATA_BE  2u
#define EM_ARM   40u
#define PT_LOAD  1u
#define PF_X     1u

static const char *
other_machine(uint32_t machine)
{
	static const struct {
		uint32_t machine;
		const char *what;
	} known[] = {{3, "is an ELF file for x86"},
		     {62, "is an ELF file for x86-64"},
		     {183, "is an ELF file for arm64"},
		     {243, "is an ELF file for RISC-V"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].machine == machine)
			return known[i].what;
	return "is an ELF file for another machine, not 32-bit ARM";
}

static const char *
check_header(const uint8_t *p, size_t size)
{
	uint32_t machine, n, at;
	bool big;

	if (size < E_SIZE)
		return "is truncated: shorter than an ELF header";
	big = p[E_DATA] == DATA_BE;
	machine = big ? (uint32_t)p[E_MACHINE] << 8 | p[E_MACHINE + 1] : image_le16(p + E_MACHINE);
	if (machine != EM_ARM || p[E_CLASS] != CLASS_32)
		return other_machine(machine);
	if (p[E_DATA] != DATA_LE)
		return big ? "is a big-endian ELF file" : "has a damaged ELF header";
	n = image_le16(p + E_PHNUM);
	at = image_le32(p + E_PHOFF);
	if (n && image_le16(p + E_PHENTSIZE) != P_SIZE)
		return "has a damaged ELF header";
	if (at > size || n * P_SIZE > size - at)
		return "is truncated: its program headers are beyond its end";
	return NULL;
}

// The segment of header h becomes the next piece.
static const char *
add_segment(struct image *image, const uint8_t *p, size_t size, const uint8_t *h)
{
	uint32_t offset = image_le32(h + P_OFFSET), filled = image_le32(h + P_FILESZ);
	struct image_piece piece = {image_le32(h + P_PADDR), image_le32(h + P_MEMSZ), filled, p};

	if (filled && (offset > size || filled > size - offset))
		return "is truncated: a segment is beyond its end";
	if (filled > piece.size || piece.size > UINT32_MAX - piece.at)
		return "has a damaged segment";
	if (image->n == IMAGE_PIECES)
		return "has more segments than are supported";
	piece.data += filled ? offset : 0;
	image->piece[image->n++] = piece;
	if (filled && offset + filled > image->extent)
		image->extent = offset + filled;
	return NULL;
}

// The entry is a virtual address; a segment that is loaded elsewhere takes its part of it along.
static void
move_entry(struct image *image, uint32_t entry, const uint8_t *h)
{
	uint32_t vaddr = image_le32(h + P_VADDR), paddr = image_le32(h + P_PADDR);

	if (vaddr != paddr && entry - vaddr < image_le32(h + P_FILESZ) && image_le32(h + P_FLAGS) & PF_X)
		image->entry = entry - vaddr + paddr;
}

static bool
meets(const struct image_piece *other, uint32_t start, uint32_t end)
{
	return other->at < end && start < other->at + other->size;
}

static void
drop_zeros(struct image *image)
{
	uint32_t size[IMAGE_PIECES];

	for (unsigned i = 0; i < image->n; i++) {
		const struct image_piece *piece = &image->piece[i];

		size[i] = piece->size;
		for (unsigned j = 0; j < image->n; j++)
			if (j != i && piece->size > piece->filled &&
			    meets(&image->piece[j], piece->at + piece->filled, piece->at + piece->size))
				size[i] = piece->filled;
	}
	for (unsigned i = 0; i < image->n; i++)
		image->piece[i].size = size[i];
}

const char *
image_elf(struct image *image, const uint8_t *p, size_t size)
{
	const char *what = check_header(p, size);
	uint32_t entry, loaded = 0;

	if (what)
		return what;
	image->kind = IMAGE_ELF;
	image->entry = entry = image_le32(p + E_ENTRY);
	image->extent = image_le32(p + E_PHOFF) + image_le16(p + E_PHNUM) * P_SIZE;
	if (image->extent < E_SIZE)
		image->extent = E_SIZE;
	for (unsigned i = 0; i < image_le16(p + E_PHNUM); i++) {
		const uint8_t *h = p + image_le32(p + E_PHOFF) + i * P_SIZE;

		if (image_le32(h + P_TYPE) != PT_LOAD)
			continue;
		what = add_segment(image, p, size, h);
		if (what)
			return what;
		move_entry(image, entry, h);
	}
	drop_zeros(image);
	for (unsigned i = 0; i < image->n; i++)
		loaded |= image->piece[i].size;
	return loaded ? NULL : "is an ELF file without anything to be loaded";
}
