// SPDX-License-Identifier: MIT
//
// A VM's memory: RAM, one contiguous range of guest-physical addresses backed by one
// contiguous range of the host's; and beside it up to GMEM_ROMS ranges of ROM, which
// is read and executed as memory and never written as such. Every pointer into a guest
// comes from here, and is checked here.
//
// All of it, RAM first, has offsets (gmem_offset): what is kept by page or by section is indexed by
// them and nothing else.
//
// ROM is flash: it has memory only for the blocks that hold something, the others read
// as one page does (`blank`), and all of a range is `hidden` while the flash
// answers with something else than its contents. RAM is always looked at first.
#ifndef MMU_GMEM_H
#define MMU_GMEM_H

#include "monitor/base/types.h"

#define GMEM_ROMS       2u
#define GMEM_ROM_BLOCK  0x40000u // bytes
#define GMEM_ROM_BLOCKS 256u     // of one range
#define GMEM_ROM_SIZE   (GMEM_ROM_BLOCKS * GMEM_ROM_BLOCK)
#define GMEM_NOWHERE    0xffffffffu

struct gmem_rom {
	gpa_t base;
	bool hidden;
	hpa_t blank;                  // one page
	hpa_t block[GMEM_ROM_BLOCKS]; // page-aligned; 0: reads as blank
};

struct gmem {
	gpa_t base;
	uint32_t size;              // bytes, a multiple of 1 MiB
	hpa_t host;                 // 1 MiB-aligned, so that guest sections can be shadowed by sections
	const struct gmem_rom *rom; // GMEM_ROMS of them, or NULL
};

// Whether [gpa, gpa+len) is all RAM.
static inline bool
gmem_has(const struct gmem *m, gpa_t gpa, uint32_t len)
{
	uint32_t off = gpa.v - m->base.v;

	return off < m->size && len <= m->size - off;
}

// The host address of RAM at gpa; the caller has checked gmem_has.
static inline hpa_t
gmem_hpa(const struct gmem *m, gpa_t gpa)
{
	return HPA(m->host.v + (gpa.v - m->base.v));
}

// A pointer to len bytes of RAM at gpa, or NULL where that is not all RAM.
static inline void *
gmem_ptr(const struct gmem *m, gpa_t gpa, uint32_t len)
{
	return gmem_has(m, gpa, len) ? (void *)gmem_hpa(m, gpa).v : NULL;
}

// The host address of ROM at gpa, good to the end of its page; 0 where there is none now.
static inline hpa_t
gmem_rom(const struct gmem *m, gpa_t gpa)
{
	for (const struct gmem_rom *r = m->rom; r && r < m->rom + GMEM_ROMS; r++) {
		uint32_t off = gpa.v - r->base.v, block = off / GMEM_ROM_BLOCK;

		if (block < GMEM_ROM_BLOCKS && !r->hidden)
			return r->block[block].v ? HPA(r->block[block].v + off % GMEM_ROM_BLOCK)
						 : HPA(r->blank.v + (off & PAGE_MASK));
	}
	return HPA(0);
}

// What can be read and executed at gpa, len bytes within one page: RAM or ROM, else NULL.
static inline const void *
gmem_read(const struct gmem *m, gpa_t gpa, uint32_t len)
{
	if (gmem_has(m, gpa, len))
		return (const void *)gmem_hpa(m, gpa).v;
	return len <= PAGE_SIZE - (gpa.v & PAGE_MASK) ? (const void *)gmem_rom(m, gpa).v : NULL;
}

// Bytes of RAM and ROM.
static inline uint32_t
gmem_size(const struct gmem *m)
{
	return m->size + (m->rom ? GMEM_ROMS * GMEM_ROM_SIZE : 0);
}

// Where in all of the memory gpa is, hidden or not: in RAM below m->size, in ROM below gmem_size(); GMEM_NOWHERE
// where there is none.
static inline uint32_t
gmem_offset(const struct gmem *m, gpa_t gpa)
{
	uint32_t off = gpa.v - m->base.v, first = m->size;

	if (off < m->size)
		return off;
	for (const struct gmem_rom *r = m->rom; r && r < m->rom + GMEM_ROMS; r++, first += GMEM_ROM_SIZE)
		if (gpa.v - r->base.v < GMEM_ROM_SIZE)
			return first + (gpa.v - r->base.v);
	return GMEM_NOWHERE;
}

#endif
