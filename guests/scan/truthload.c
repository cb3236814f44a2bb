// SPDX-License-Identifier: MIT
//
// See truth.h: files into memory. Every offset is checked against the file before it is followed.
#include <ar.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "guests/cli/error.h"
#include "guests/cli/file.h"
#include "guests/scan/truth.h"
#include "guests/scan/truthreloc.h"
#include "monitor/base/types.h"

#define FILE_MAX_BYTES 0x40000000u
#define IMAGE_MAX      0x10000000u
#define MODULES        0xbf000000u // where a kernel has its modules
#define LIBRARIES      0x40200000u
#define ALIGN_MAX      64u

// An ELF file, or a member of an archive.
struct object {
	const char *path;
	uint8_t *data;
	size_t size;
	const Elf32_Ehdr *h;
	const Elf32_Shdr *s;
	uint32_t *at; // of each section: its address; 0: not in memory
	const Elf32_Sym *symbol;
	unsigned n_symbols;
	const char *strings;
	size_t strings_size;
};

struct global {
	const struct object *of; // NULL: none
	const Elf32_Sym *symbol;
};

struct loader {
	struct object *o;
	unsigned n;
	struct truth_image *image;
	uint32_t end;          // of what has been laid out
	struct global *global; // a hash table
	unsigned buckets;
};

static const void *
table(const struct object *o, uint64_t offset, uint64_t size, const char *what)
{
	if (offset > o->size || size > o->size - offset || offset % 4u)
		fail(EXIT_INPUT, "%s: is damaged: its %s", o->path, what);
	return o->data + offset;
}

static void
find_symbols(struct object *o)
{
	for (unsigned i = 0; i < o->h->e_shnum; i++) {
		const Elf32_Shdr *strings;

		if (o->s[i].sh_type != SHT_SYMTAB || o->s[i].sh_link >= o->h->e_shnum)
			continue;
		strings = &o->s[o->s[i].sh_link];
		o->symbol = table(o, o->s[i].sh_offset, o->s[i].sh_size, "symbol table");
		o->n_symbols = o->s[i].sh_size / (unsigned)sizeof(Elf32_Sym);
		if (strings->sh_offset > o->size || strings->sh_size > o->size - strings->sh_offset ||
		    !strings->sh_size || o->data[strings->sh_offset + strings->sh_size - 1u])
			fail(EXIT_INPUT, "%s: is damaged: its names", o->path);
		o->strings = (const char *)o->data + strings->sh_offset;
		o->strings_size = strings->sh_size;
	}
}

static const char *
name_of(const struct object *o, const Elf32_Sym *s)
{
	return s->st_name < o->strings_size ? o->strings + s->st_name : "";
}

// Takes size bytes, which are copied, for an object; whatever else is in an archive isn't one.
static void
take(struct loader *l, const char *path, const uint8_t *data, size_t size)
{
	struct object *o;

	l->o = realloc(l->o, (l->n + 1u) * sizeof(*l->o));
	if (!l->o)
		fail(EXIT_MONITOR, "out of memory");
	o = &l->o[l->n];
	*o = (struct object){.path = path, .data = must_alloc(size), .size = size};
	memcpy(o->data, data, size);
	o->h = (const Elf32_Ehdr *)(const void *)o->data;
	if (size < sizeof(*o->h) || memcmp(o->data, ELFMAG, SELFMAG) || o->h->e_ident[EI_CLASS] != ELFCLASS32 ||
	    o->h->e_machine != EM_ARM || o->h->e_ident[EI_DATA] != ELFDATA2LSB) {
		free(o->data);
		return;
	}
	if (o->h->e_shnum && o->h->e_shentsize != sizeof(Elf32_Shdr))
		fail(EXIT_INPUT, "%s: is damaged: its section headers", path);
	o->s = table(o, o->h->e_shoff, o->h->e_shnum * sizeof(Elf32_Shdr), "section headers");
	o->at = must_alloc((o->h->e_shnum + 1u) * sizeof(*o->at));
	find_symbols(o);
	l->n++;
}

static void
take_archive(struct loader *l, const struct file *f)
{
	for (size_t at = SARMAG; f->size - at >= sizeof(struct ar_hdr);) {
		const struct ar_hdr *h = (const struct ar_hdr *)(const void *)(f->data + at);
		char text[sizeof(h->ar_size) + 1u] = "";
		size_t size;

		memcpy(text, h->ar_size, sizeof(h->ar_size));
		size = strtoul(text, NULL, 10);
		at += sizeof(*h);
		if (size > f->size - at)
			fail(EXIT_INPUT, "%s: is truncated", f->path);
		take(l, f->path, f->data + at, size);
		at += size + size % 2u;
		if (at > f->size)
			return;
	}
}

static bool
in_memory(const Elf32_Shdr *s, bool code)
{
	if (s->sh_type != SHT_PROGBITS || !(s->sh_flags & SHF_ALLOC) || !s->sh_size || s->sh_flags & SHF_WRITE)
		return false;
	return !(s->sh_flags & SHF_EXECINSTR) == !code;
}

// Gives sections their addresses, those of code or the others.
static void
lay_out(struct loader *l, bool code)
{
	for (unsigned i = 0; i < l->n; i++)
		for (unsigned k = 0; k < l->o[i].h->e_shnum; k++) {
			const Elf32_Shdr *s = &l->o[i].s[k];
			uint32_t align = s->sh_addralign > 4u ? s->sh_addralign : 4u;

			if (!in_memory(s, code))
				continue;
			if (align > ALIGN_MAX || align & (align - 1u))
				align = ALIGN_MAX;
			table(&l->o[i], s->sh_offset & ~3u, s->sh_size, "sections");
			l->end = (l->end + align - 1u) & ~(align - 1u);
			l->o[i].at[k] = l->end;
			if (s->sh_size > IMAGE_MAX || l->end - l->image->base > IMAGE_MAX - s->sh_size)
				fail(EXIT_INPUT, "%s: is too large", l->o[i].path);
			l->end += s->sh_size;
		}
}

// An executable's sections are where they are.
static void
lay_out_executable(struct loader *l, const struct object *o)
{
	uint32_t low = UINT32_MAX, high = 0;

	for (unsigned k = 0; k < o->h->e_shnum; k++) {
		const Elf32_Shdr *s = &o->s[k];

		if (!in_memory(s, true) && !in_memory(s, false))
			continue;
		table(o, s->sh_offset & ~3u, s->sh_size, "sections");
		if (s->sh_addr > UINT32_MAX - s->sh_size)
			fail(EXIT_INPUT, "%s: is damaged: its addresses", o->path);
		o->at[k] = s->sh_addr;
		low = s->sh_addr < low ? s->sh_addr : low;
		high = s->sh_addr + s->sh_size > high ? s->sh_addr + s->sh_size : high;
	}
	l->image->base = low & ~PAGE_MASK;
	l->end = high > low ? high : l->image->base;
	if (l->end - l->image->base > IMAGE_MAX)
		fail(EXIT_INPUT, "%s: is too large", o->path);
}

static uint32_t
hash(const char *name)
{
	uint32_t h = 2166136261u;

	while (*name)
		h = (h ^ (uint8_t)*name++) * 16777619u;
	return h ^ h >> 15;
}

static void
collect_globals(struct loader *l)
{
	unsigned n = 1;

	for (unsigned i = 0; i < l->n; i++)
		n += l->o[i].n_symbols;
	l->buckets = 2u * n;
	l->global = must_alloc(l->buckets * sizeof(*l->global));
	for (unsigned i = 0; i < l->n; i++)
		for (unsigned k = 0; k < l->o[i].n_symbols; k++) {
			const Elf32_Sym *s = &l->o[i].symbol[k];
			uint32_t b;

			if (ELF32_ST_BIND(s->st_info) == STB_LOCAL || !s->st_shndx || s->st_shndx >= l->o[i].h->e_shnum)
				continue;
			for (b = hash(name_of(&l->o[i], s)) % l->buckets; l->global[b].of; b = (b + 1u) % l->buckets)
				;
			l->global[b] = (struct global){&l->o[i], s};
		}
}

static uint32_t
value(const struct object *o, const Elf32_Sym *s)
{
	return o->at[s->st_shndx] ? o->at[s->st_shndx] + s->st_value : 0;
}

// The address of a symbol, with bit 0 set for a Thumb function.
static uint32_t
address_of(const struct loader *l, const struct object *o, unsigned n)
{
	const Elf32_Sym *s = &o->symbol[n];
	const char *name = name_of(o, s);
	uint32_t h = hash(name), to = 0;

	if (s->st_shndx == SHN_ABS)
		return s->st_value;
	if (s->st_shndx && s->st_shndx < o->h->e_shnum)
		to = value(o, s);
	for (uint32_t b = h % l->buckets; !to && !s->st_shndx && l->global[b].of; b = (b + 1u) % l->buckets)
		if (!strcmp(name_of(l->global[b].of, l->global[b].symbol), name))
			to = value(l->global[b].of, l->global[b].symbol);
	return to ? to : l->image->base + 0x01300000u + (h & 0x7ffffcu); // of nobody here
}

static void
relocate(const struct loader *l, const struct object *o)
{
	for (unsigned i = 0; i < o->h->e_shnum; i++) {
		const Elf32_Shdr *s = &o->s[i];
		const Elf32_Rel *r;

		if (s->sh_type != SHT_REL || s->sh_info >= o->h->e_shnum || !o->at[s->sh_info])
			continue;
		r = table(o, s->sh_offset, s->sh_size, "relocations");
		for (unsigned k = 0; k < s->sh_size / sizeof(*r); k++) {
			uint32_t at = o->at[s->sh_info] + r[k].r_offset, n = ELF32_R_SYM(r[k].r_info);

			if (n >= o->n_symbols || r[k].r_offset > o->s[s->sh_info].sh_size ||
			    o->s[s->sh_info].sh_size - r[k].r_offset < 4u)
				continue;
			truthreloc_apply((uint8_t *)l->image->words + (at - l->image->base), at,
					 ELF32_R_TYPE(r[k].r_info), address_of(l, o, n));
		}
	}
}

// A mapping symbol: where it is, and of what from there on.
struct mark {
	uint32_t at;
	uint8_t kind;
};

static int
by_address(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static uint8_t
kind_of(const char *name)
{
	if (name[0] != '$' || (name[1] && name[2] && name[2] != '.'))
		return TRUTH_NONE;
	return name[1] == 'a' ? TRUTH_A32 : name[1] == 't' ? TRUTH_THUMB : name[1] == 'd' ? TRUTH_DATA : TRUTH_NONE;
}

// Where a symbol of section k is.
static uint32_t
place(const struct object *o, unsigned k, const Elf32_Sym *s)
{
	return o->h->e_type == ET_REL ? o->at[k] + s->st_value : s->st_value;
}

// Fills halfwords [from, to) of the image with what they are.
static void
fill(struct truth_image *image, uint32_t from, uint32_t to, uint8_t kind)
{
	const uint16_t *half = (const uint16_t *)image->words;
	uint32_t i = (from - image->base) / 2u, end = (to - image->base + 1u) / 2u, begins = i;

	image->thumb |= kind == TRUTH_THUMB && i < end;
	for (; i < end; i++) {
		image->is[i] = (uint8_t)((image->is[i] & TRUTH_FUNCTION) | kind);
		if (kind == TRUTH_DATA || i != begins)
			continue;
		image->is[i] |= TRUTH_BEGINS;
		begins += kind == TRUTH_A32 || bt_is_t32(half[i]) ? 2u : 1u;
	}
}

static void
map_section(const struct loader *l, const struct object *o, unsigned k)
{
	uint32_t from = o->at[k], end = from + o->s[k].sh_size;
	struct mark *m = must_alloc((o->n_symbols + 1u) * sizeof(*m));
	unsigned n = 0;

	for (unsigned i = 0; i < o->n_symbols; i++) {
		const Elf32_Sym *s = &o->symbol[i];
		uint32_t at = place(o, k, s);
		uint8_t kind = kind_of(name_of(o, s));

		if (s->st_shndx != k || (at & ~1u) < from || at >= end)
			continue;
		if (kind)
			m[n++] = (struct mark){at, kind};
		else if (ELF32_ST_TYPE(s->st_info) == STT_FUNC)
			l->image->is[((at & ~1u) - l->image->base) / 2u] |= TRUTH_FUNCTION;
	}
	qsort(m, n, sizeof(*m), by_address);
	for (unsigned i = 0; i < n; i++)
		fill(l->image, m[i].at, i + 1u < n ? m[i + 1u].at : end, m[i].kind);
	free(m);
}

// What the sections are, and what is in them.
static void
fill_image(struct loader *l)
{
	struct truth_image *image = l->image;

	image->n_pages = (l->end - image->base + PAGE_MASK) >> PAGE_SHIFT;
	image->words = must_alloc((size_t)image->n_pages * PAGE_SIZE + 4u);
	image->is = must_alloc((size_t)image->n_pages * (PAGE_SIZE / 2u));
	for (unsigned i = 0; i < l->n; i++)
		for (unsigned k = 0; k < l->o[i].h->e_shnum; k++)
			if (l->o[i].at[k])
				memcpy((uint8_t *)image->words + (l->o[i].at[k] - image->base),
				       l->o[i].data + l->o[i].s[k].sh_offset, l->o[i].s[k].sh_size);
	for (unsigned i = 0; i < l->n && l->o[i].h->e_type == ET_REL; i++)
		relocate(l, &l->o[i]);
	for (unsigned i = 0; i < l->n; i++)
		for (unsigned k = 0; k < l->o[i].h->e_shnum; k++)
			if (l->o[i].at[k] && l->o[i].s[k].sh_flags & SHF_EXECINSTR)
				map_section(l, &l->o[i], k);
			else if (l->o[i].at[k])
				fill(image, l->o[i].at[k], l->o[i].at[k] + l->o[i].s[k].sh_size, TRUTH_DATA);
}

static void
lay_out_all(struct loader *l, bool archive)
{
	l->end = l->image->base;
	if (l->o[0].h->e_type == ET_REL) {
		lay_out(l, true);
		if (!archive) // a module's
			l->end = (l->end + PAGE_MASK) & ~PAGE_MASK;
		lay_out(l, false);
	} else {
		lay_out_executable(l, &l->o[0]);
	}
} // NOLINT(clang-analyzer-unix.Malloc): free_loader() frees it, which is lost sight of

static void
free_loader(struct loader *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		free(l->o[i].data);
		free(l->o[i].at);
	}
	free(l->o);
	free(l->global);
}

void
truth_load(struct truth_image *image, const char *path)
{
	struct file f = file_read(path, FILE_MAX_BYTES, "RAM");
	struct loader l = {.image = image};
	bool archive = f.size >= SARMAG && !memcmp(f.data, ARMAG, SARMAG);

	*image = (struct truth_image){.base = archive ? LIBRARIES : MODULES};
	if (archive)
		take_archive(&l, &f);
	else
		take(&l, path, f.data, f.size);
	if (!l.n)
		fail(EXIT_INPUT, "%s: has no ELF file of 32-bit ARM in it", path);
	lay_out_all(&l, archive);
	collect_globals(&l);
	fill_image(&l);
	free_loader(&l);
	file_free(&f);
}

void
truth_free(struct truth_image *image)
{
	free(image->words);
	free(image->is);
}
