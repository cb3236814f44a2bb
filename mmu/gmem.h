// SPDX-License-Identifier: MIT
//
// A VM's memory: one contiguous range of guest-physical addresses backed by one
// contiguous range of the host's. Every pointer into a guest comes from here,
// and is checked here.
#ifndef MMU_GMEM_H
#define MMU_GMEM_H

#include "monitor/types.h"

struct gmem {
	gpa_t base;
	uint32_t size; // bytes, a multiple of 1 MiB
	hpa_t host;    // 1 MiB-aligned, so that guest sections can be shadowed by sections
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

#endif
