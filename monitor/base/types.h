// SPDX-License-Identifier: MIT
//
// The kinds of address the monitor deals in, as one-word structs, so that a
// guest-physical address can't be passed where a host-physical one is wanted.
//
//   gva_t  guest-virtual: what a guest instruction computes
//   gpa_t  guest-physical: what the guest's own page tables give
//   hpa_t  host-physical: where it really is; the monitor's own map is flat,
//          so a host-physical address is also a pointer of the monitor's
#ifndef MONITOR_BASE_TYPES_H
#define MONITOR_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint32_t v;
} gva_t;

typedef struct {
	uint32_t v;
} gpa_t;

typedef struct {
	uintptr_t v;
} hpa_t;

#define GVA(x) ((gva_t){(uint32_t)(x)})
#define GPA(x) ((gpa_t){(uint32_t)(x)})
#define HPA(x) ((hpa_t){(uintptr_t)(x)})

#define PAGE_SIZE     4096u
#define PAGE_SHIFT    12u
#define PAGE_MASK     (PAGE_SIZE - 1u)
#define SECTION_SIZE  0x100000u
#define SECTION_SHIFT 20u
#define SECTION_MASK  (SECTION_SIZE - 1u)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

// bits() extracts instruction or register bits [hi:lo], as the ARM ARM writes them.
static inline uint32_t
bits(uint32_t word, unsigned hi, unsigned lo)
{
	return (word >> lo) & (0xffffffffu >> (31u - (hi - lo)));
}

static inline uint32_t
bit(uint32_t word, unsigned n)
{
	return (word >> n) & 1u;
}

// How many bits are set; the core has no instruction for it outside NEON, and the
// window can't call the compiler's function.
static inline unsigned
count_ones(uint32_t w)
{
	w -= w >> 1 & 0x55555555u;
	w = (w & 0x33333333u) + (w >> 2 & 0x33333333u);
	return ((w + (w >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24;
}

#endif
