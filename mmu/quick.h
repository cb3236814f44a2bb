// SPDX-License-Identifier: MIT
//
// The walk that nearly all walks are, for where each instruction counts: short descriptors through
// TTBR0 alone, little-endian, without access flags, to a section or small page of Normal memory, through
// tables in RAM, in a client domain. All else is mmu_walk's, whose results these are (test/host/walk.c compares
// them). ARM ARM: as walk.c.
#ifndef MMU_QUICK_H
#define MMU_QUICK_H

#include "mmu/pte.h"
#include "mmu/walk.h"

// Reads a descriptor in RAM; false elsewhere.
static inline bool
quick_read(const struct gmem *mem, uint32_t gpa, uint32_t *d)
{
	uint32_t off = gpa - mem->base.v;

	if (off >= mem->size)
		return false;
	*d = *(const volatile uint32_t *)(mem->host.v + off);
	return true;
}

static inline bool
quick_normal(const struct mmu_regs *r, uint32_t tex_cb)
{
	if (r->sctlr & SCTLR_TRE)
		return (r->prrr >> (2u * (tex_cb & 7u)) & 3u) == PRRR_TR_NORMAL;
	return bit(MMU_TYPES_NORMAL, tex_cb);
}

// Of mmu_walk's result gpa, shift, domain, ng and normal, and what mmu_rights makes of it; false: ask them.
static inline bool
mmu_walk_quick(const struct mmu_regs *r, const struct gmem *mem, gva_t va, bool privileged, struct mmu_xlat *x,
	       uint32_t *can)
{
	uint32_t d, domain, ap, tex_cb, xn;

	if ((r->sctlr & (SCTLR_M | SCTLR_EE | SCTLR_AFE)) != SCTLR_M || r->ttbcr ||
	    !quick_read(mem, (r->ttbr0 & ~(L1_SIZE - 1u)) | va.v >> 20 << 2, &d))
		return false;
	domain = pte_l1_domain(d);
	if ((r->dacr >> (2u * domain) & 3u) != 1u)
		return false;
	if ((d & (L1_TYPE_MASK | L1_TABLE_PXN)) == L1_TABLE) {
		if (!quick_read(mem, (d & L1_TABLE_BASE) | bits(va.v, 19, 12) << 2, &d) || !(d & L2_SMALL))
			return false;
		ap = pte_l2_ap(d);
		tex_cb = pte_l2_small_tex_cb(d);
		xn = d & L2_SMALL_XN;
		x->ng = bit(d, 11); // L2_NG
		x->shift = 12;
		x->gpa = GPA((d & L2_SMALL_BASE) | (va.v & ~L2_SMALL_BASE));
	} else if ((d & (L1_TYPE_MASK | L1_SUPERSECTION)) == L1_SECTION) {
		ap = pte_l1_ap(d);
		tex_cb = pte_l1_tex_cb(d);
		xn = d & L1_XN;
		x->ng = bit(d, 17); // L1_NG
		x->shift = 20;
		x->gpa = GPA((d & L1_SECTION_BASE) | (va.v & ~L1_SECTION_BASE));
	} else {
		return false;
	}
	if (!quick_normal(r, tex_cb))
		return false;
	x->domain = (uint8_t)domain;
	x->normal = true;
	*can = mmu_ap_rights(privileged, ap);
	if (!xn)
		*can |= (*can & MMU_CAN(MMU_READ)) << MMU_EXEC;
	return true;
}

#endif
