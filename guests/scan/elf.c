// SPDX-License-Identifier: MIT
//
// See elf.h. Every offset is checked against the file before it is followed. Thumb
// functions have bit 0 set in their symbol or in the entry point.
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "guests/cli/error.h"
#include "guests/scan/elf.h"

#define REGIONS_MAX 4096u

bool
scanelf_is(const struct file *f)
{
	return f->size >= SELFMAG && !memcmp(f->data, ELFMAG, SELFMAG);
}

// A table of n entries of size bytes at offset: in the file, or the command ends.
static const void *
table(const struct file *f, uint64_t offset, uint64_t n, uint64_t size, const char *what)
{
	if (n * size > f->size || offset > f->size - n * size)
		fail(EXIT_INPUT, "%s: is truncated: its %s is beyond its end", f->path, what);
	if (offset % 4u)
		fail(EXIT_INPUT, "%s: is damaged: its %s is not aligned", f->path, what);
	return f->data + offset;
}

static const Elf32_Ehdr *
header(const struct file *f)
{
	const Elf32_Ehdr *h = (const Elf32_Ehdr *)(const void *)f->data;

	if (f->size < sizeof(*h))
		fail(EXIT_INPUT, "%s: is truncated: shorter than an ELF header", f->path);
	if (h->e_ident[EI_CLASS] != ELFCLASS32 || h->e_machine != EM_ARM)
		fail(EXIT_INPUT, "%s: is an ELF file for another machine, not 32-bit ARM", f->path);
	if (h->e_ident[EI_DATA] != ELFDATA2LSB)
		fail(EXIT_INPUT, "%s: is a big-endian ELF file", f->path);
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN && h->e_type != ET_REL)
		fail(EXIT_INPUT, "%s: is neither an executable nor a module (ELF type %u)", f->path, h->e_type);
	if ((h->e_phnum && h->e_phentsize != sizeof(Elf32_Phdr)) ||
	    (h->e_shnum && h->e_shentsize != sizeof(Elf32_Shdr)))
		fail(EXIT_INPUT, "%s: is damaged: its headers are of an unknown size", f->path);
	return h;
}

static struct scanimage_region *
add(struct scanimage *image, const struct file *f, const char *name, uint32_t address, uint32_t offset, uint32_t size)
{
	struct scanimage_region *r;

	if (address % 4u || (uint64_t)address + size > 1ull << 32)
		fail(EXIT_INPUT, "%s: is damaged: '%s' is at an impossible address", f->path, name);
	if (size > f->size || offset > f->size - size)
		fail(EXIT_INPUT, "%s: is truncated: '%s' is beyond its end", f->path, name);
	r = scanimage_add(image, name, address, f->data + offset, size);
	r->executable = true;
	return r;
}

static void
add_segments(struct scanimage *image, const struct file *f, const Elf32_Ehdr *h)
{
	const Elf32_Phdr *p = table(f, h->e_phoff, h->e_phnum, sizeof(*p), "program header table");

	for (unsigned i = 0; i < h->e_phnum; i++) {
		char *name = must_printf("segment %u", i);

		if (p[i].p_type == PT_LOAD && p[i].p_flags & PF_X && p[i].p_filesz)
			add(image, f, name, p[i].p_vaddr, p[i].p_offset, p[i].p_filesz);
		free(name);
	}
}

// A function's address has bit 0 set if it is Thumb code.
static void
enter(struct scanimage *image, struct scanimage_region *r, uint32_t address)
{
	uint32_t at = address & ~1u, thumb = address & 1u ? SCANIMAGE_THUMB : 0;

	if ((!thumb && at & 2u) || at < r->start || at - r->start >= r->size)
		return;
	r->entered[(at - r->base) / 2u] = (uint8_t)(SCANIMAGE_NAMED | thumb);
	image->thumb |= thumb != 0;
}

// The function symbols: those of section (0: all) are entries of region r.
static void
enter_symbols(struct scanimage *image, struct scanimage_region *r, const struct file *f, const Elf32_Ehdr *h,
	      unsigned section)
{
	const Elf32_Shdr *s = table(f, h->e_shoff, h->e_shnum, sizeof(*s), "section header table");

	for (unsigned i = 0; i < h->e_shnum; i++) {
		unsigned n = s[i].sh_size / (unsigned)sizeof(Elf32_Sym);
		const Elf32_Sym *symbol;

		if (s[i].sh_type != SHT_SYMTAB)
			continue;
		symbol = table(f, s[i].sh_offset, n, sizeof(*symbol), "symbol table");
		for (unsigned k = 0; k < n; k++)
			if (ELF32_ST_TYPE(symbol[k].st_info) == STT_FUNC && symbol[k].st_shndx &&
			    (!section || symbol[k].st_shndx == section))
				enter(image, r, symbol[k].st_value);
	}
}

// A section's name as the string table has it, or "section".
static const char *
section_name(const struct file *f, const Elf32_Ehdr *h, const Elf32_Shdr *s, uint32_t name)
{
	const Elf32_Shdr *strings = &s[h->e_shstrndx];
	const char *text;

	if (h->e_shstrndx >= h->e_shnum || strings->sh_offset > f->size ||
	    strings->sh_size > f->size - strings->sh_offset || name >= strings->sh_size)
		return "section";
	text = (const char *)f->data + strings->sh_offset + name;
	return memchr(text, '\0', strings->sh_size - name) ? text : "section";
}

static void
add_sections(struct scanimage *image, const struct file *f, const Elf32_Ehdr *h)
{
	const Elf32_Shdr *s = table(f, h->e_shoff, h->e_shnum, sizeof(*s), "section header table");

	for (unsigned i = 0; i < h->e_shnum; i++)
		if (s[i].sh_type == SHT_PROGBITS && s[i].sh_flags & SHF_EXECINSTR && s[i].sh_size) {
			const char *name = section_name(f, h, s, s[i].sh_name);

			if (image->n_regions == REGIONS_MAX)
				fail(EXIT_INPUT, "%s: has more than %u executable sections", f->path, REGIONS_MAX);
			add(image, f, name, s[i].sh_addr, s[i].sh_offset, s[i].sh_size);
			if (h->e_type == ET_REL)
				enter_symbols(image, &image->region[image->n_regions - 1u], f, h, i);
		}
}

void
scanelf_load(struct scanimage *image, const struct file *f)
{
	const Elf32_Ehdr *h = header(f);

	image->kind = "ELF";
	add_sections(image, f, h);
	if (!image->n_regions && h->e_type != ET_REL)
		add_segments(image, f, h);
	if (!image->n_regions)
		fail(EXIT_INPUT, "%s: has nothing executable in it", f->path);
	for (unsigned i = 0; h->e_type != ET_REL && i < image->n_regions; i++) {
		enter(image, &image->region[i], h->e_entry);
		enter_symbols(image, &image->region[i], f, h, 0);
	}
}
