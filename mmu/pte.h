// SPDX-License-Identifier: MIT
//
// Short-descriptor translation tables, field by field (ARM ARM B3.5.1): what the
// walk reads out of the guest's tables, and what shadow tables are made of.
//
// Two fields are scattered over a descriptor, each level in its own way, and are
// handled in one packed form everywhere else: AP[2:0], and TEX[2:0],C,B as the
// five-bit number that B3.8.2 orders its table by. pte_*_ap() and pte_*_tex_cb()
// pack them; pte_*_from_*() put them back, shifted to their places.
#ifndef MMU_PTE_H
#define MMU_PTE_H

#include <stdint.h>

// First level. A section is L1_SECTION, or L1_SECTION | L1_SECTION_PXN.
#define L1_TYPE_MASK         0x3u
#define L1_FAULT             0x0u
#define L1_TABLE             0x1u
#define L1_SECTION           0x2u
#define L1_RESERVED          0x3u       // a section with PXN, or reserved on a core without PXN
#define L1_SUPERSECTION      (1u << 18) // in a section
#define L1_DOMAIN_SHIFT      5u
#define L1_DOMAIN_MASK       (0xfu << L1_DOMAIN_SHIFT)
#define L1_TABLE_PXN         (1u << 2)
#define L1_TABLE_BASE        0xfffffc00u
#define L1_SECTION_BASE      0xfff00000u
#define L1_SUPERSECTION_BASE 0xff000000u

// A section's attributes.
#define L1_SECTION_PXN (1u << 0)
#define L1_B           (1u << 2)
#define L1_C           (1u << 3)
#define L1_XN          (1u << 4)
#define L1_AP_SHIFT    10u // AP[1:0]
#define L1_TEX_SHIFT   12u
#define L1_AP2_SHIFT   15u
#define L1_AP2         (1u << L1_AP2_SHIFT)
#define L1_S           (1u << 16)
#define L1_NG          (1u << 17)

// Second level. In a small page, bit 0 is XN.
#define L2_TYPE_MASK       0x3u
#define L2_FAULT           0x0u
#define L2_LARGE           0x1u
#define L2_SMALL           0x2u
#define L2_SMALL_XN        (1u << 0)
#define L2_LARGE_XN        (1u << 15)
#define L2_B               (1u << 2)
#define L2_C               (1u << 3)
#define L2_AP_SHIFT        4u // AP[1:0]
#define L2_SMALL_TEX_SHIFT 6u
#define L2_LARGE_TEX_SHIFT 12u
#define L2_AP2_SHIFT       9u
#define L2_AP2             (1u << L2_AP2_SHIFT)
#define L2_S               (1u << 10)
#define L2_NG              (1u << 11)
#define L2_LARGE_BASE      0xffff0000u
#define L2_SMALL_BASE      0xfffff000u

// Long descriptors (B3.6.1), all levels: a table, a block, or at the third a page.
#define LONG_VALID           (1ull << 0)
#define LONG_TABLE           (1ull << 1) // or page
#define LONG_ATTR_SHIFT      2u          // AttrIndx[2:0]
#define LONG_AP_USER         (1ull << 6)
#define LONG_AP_RO           (1ull << 7)
#define LONG_SH_SHIFT        8u // SH[1:0]
#define SH_SHAREABLE         2u // a bit of it: outer or inner shareable
#define LONG_AF              (1ull << 10)
#define LONG_NG              (1ull << 11)
#define LONG_ADDRESS         0xfffffff000ull
#define LONG_PXN             (1ull << 53)
#define LONG_XN              (1ull << 54)
#define LONG_PXNTABLE        (1ull << 59)
#define LONG_XNTABLE         (1ull << 60)
#define LONG_APTABLE_NO_USER (1ull << 61)
#define LONG_APTABLE_RO      (1ull << 62)
#define MAIR_DEVICE          0x04u

// Shapes of the tables: entries, bytes.
#define L1_ENTRIES 4096u
#define L2_ENTRIES 256u
#define L1_SIZE    (L1_ENTRIES * 4u)
#define L2_SIZE    (L2_ENTRIES * 4u)

// AP[2:0], from AP[2] at bit ap2 and AP[1:0] at bit ap.
static inline uint32_t
pte_ap(uint32_t d, unsigned ap2, unsigned ap)
{
	return (d >> ap2 & 1u) << 2 | (d >> ap & 3u);
}

// TEX[2:0],C,B, from TEX at bit tex; C and B are at bits 3 and 2 of everything.
static inline uint32_t
pte_tex_cb(uint32_t d, unsigned tex)
{
	return (d >> tex & 7u) << 2 | (d >> 2 & 3u);
}

static inline uint32_t
pte_from_ap(uint32_t ap, unsigned ap2_shift, unsigned ap_shift)
{
	return (ap >> 2 & 1u) << ap2_shift | (ap & 3u) << ap_shift;
}

static inline uint32_t
pte_from_tex_cb(uint32_t tex_cb, unsigned tex_shift)
{
	return (tex_cb >> 2 & 7u) << tex_shift | (tex_cb & 3u) << 2;
}

// The same for each kind of descriptor; AP has one place in both kinds of page.
static inline uint32_t
pte_l1_ap(uint32_t d)
{
	return pte_ap(d, L1_AP2_SHIFT, L1_AP_SHIFT);
}

static inline uint32_t
pte_l1_from_ap(uint32_t ap)
{
	return pte_from_ap(ap, L1_AP2_SHIFT, L1_AP_SHIFT);
}

static inline uint32_t
pte_l1_tex_cb(uint32_t d)
{
	return pte_tex_cb(d, L1_TEX_SHIFT);
}

static inline uint32_t
pte_l1_from_tex_cb(uint32_t tex_cb)
{
	return pte_from_tex_cb(tex_cb, L1_TEX_SHIFT);
}

static inline uint32_t
pte_l1_domain(uint32_t d)
{
	return (d & L1_DOMAIN_MASK) >> L1_DOMAIN_SHIFT;
}

// PA[39:32] of a supersection: 35:32 in bits 23:20, 39:36 in bits 8:5.
static inline uint32_t
pte_l1_super_high(uint32_t d)
{
	return (d >> 20 & 0xfu) | (d >> 5 & 0xfu) << 4;
}

static inline uint32_t
pte_l2_ap(uint32_t d)
{
	return pte_ap(d, L2_AP2_SHIFT, L2_AP_SHIFT);
}

static inline uint32_t
pte_l2_from_ap(uint32_t ap)
{
	return pte_from_ap(ap, L2_AP2_SHIFT, L2_AP_SHIFT);
}

static inline uint32_t
pte_l2_small_tex_cb(uint32_t d)
{
	return pte_tex_cb(d, L2_SMALL_TEX_SHIFT);
}

static inline uint32_t
pte_l2_large_tex_cb(uint32_t d)
{
	return pte_tex_cb(d, L2_LARGE_TEX_SHIFT);
}

static inline uint32_t
pte_l2_small_from_tex_cb(uint32_t tex_cb)
{
	return pte_from_tex_cb(tex_cb, L2_SMALL_TEX_SHIFT);
}

static inline uint32_t
pte_l2_large_from_tex_cb(uint32_t tex_cb)
{
	return pte_from_tex_cb(tex_cb, L2_LARGE_TEX_SHIFT);
}

#endif
