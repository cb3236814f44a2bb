// SPDX-License-Identifier: MIT
//
// The guest's stage of translation: a walk of its own tables, short-descriptor
// (ARM ARM B3.5) or, with TTBCR.EAE, long-descriptor (B3.6), and the permission check
// on what the walk found (B3.7).
//
// The walk reads guest memory only; it never follows more than three levels, so
// what the guest puts into its tables can't make it loop. It is asked for by
// a shadow fill, by an emulated load or store and by the guest's own address
// translation operations, which is why walking and checking are two calls.
#ifndef MMU_WALK_H
#define MMU_WALK_H

#include "mmu/gmem.h"
#include "monitor/base/types.h"

// The bits of SCTLR and TTBCR that a walk or a check depends on (B4.1.130, B4.1.153).
#define SCTLR_M    (1u << 0)
#define SCTLR_WXN  (1u << 19)
#define SCTLR_UWXN (1u << 20)
#define SCTLR_EE   (1u << 25)
#define SCTLR_TRE  (1u << 28)
#define SCTLR_AFE  (1u << 29)
#define TTBCR_N    0x7u
#define TTBCR_PD0  (1u << 4)
#define TTBCR_PD1  (1u << 5)
#define TTBCR_EAE  (1u << 31)

// With TTBCR.EAE the other bits are these.
#define TTBCR_T0SZ       0x7u
#define TTBCR_EPD0       (1u << 7)
#define TTBCR_T1SZ_SHIFT 16u
#define TTBCR_A1         (1u << 22)
#define TTBCR_EPD1       (1u << 23)

// What differs among cores.
#define MMU_PXN          (1u << 0) // descriptors have PXN (ID_MMFR0.VMSA, B4.1.89)
#define MMU_EARLY_DOMAIN (1u << 1) // domains and XN come before the second level and the access flag: as on QEMU

// The registers that a walk depends on, as the guest sees them.
struct mmu_regs {
	uint32_t core; // MMU_PXN, MMU_EARLY_DOMAIN
	uint32_t sctlr;
	uint32_t ttbcr;
	uint32_t ttbr0, ttbr1;
	uint32_t ttbr0_high, ttbr1_high;
	uint32_t dacr;
	uint32_t prrr, nmrr; // with TTBCR.EAE: MAIR0, MAIR1
	uint32_t contextidr;
};

// Whether domains decide anything.
static inline bool
mmu_has_domains(const struct mmu_regs *r)
{
	return (r->sctlr & SCTLR_M) && !(r->ttbcr & TTBCR_EAE);
}

// The ASID of the current space: CONTEXTIDR's, or that in bits 55:48 of a TTBR.
static inline uint32_t
mmu_asid(const struct mmu_regs *r)
{
	if (!(r->ttbcr & TTBCR_EAE))
		return bits(r->contextidr, 7, 0);
	return bits(r->ttbcr & TTBCR_A1 ? r->ttbr1_high : r->ttbr0_high, 23, 16);
}

enum mmu_access { MMU_READ, MMU_WRITE, MMU_EXEC };

#define MMU_CAN(access) (1u << (access)) // in a set of them

// What AP[2:0] lets PL0 and PL1 do (B3.7.1), a set of MMU_READ and MMU_WRITE: from 0b000 on, two bits for each value.
// 0b100 is reserved.
#define MMU_AP_PL0 0x50d0u
#define MMU_AP_PL1 0x54fcu

static inline uint32_t
mmu_ap_rights(bool privileged, uint32_t ap)
{
	return (privileged ? MMU_AP_PL1 : MMU_AP_PL0) >> (2u * ap) & (MMU_CAN(MMU_READ) | MMU_CAN(MMU_WRITE));
}

// The five-bit types TEX[2:0],C,B that are Normal memory without TEX remap: all but Strongly-ordered,
// the two of Device, and the reserved and IMPLEMENTATION DEFINED ones (B3.8.2).
#define MMU_TYPES_NORMAL 0xffff009cu

enum { PRRR_TR_ORDERED, PRRR_TR_DEVICE, PRRR_TR_NORMAL }; // PRRR.TRn (B4.1.127)

// What a walk found. With the MMU off: one flat, fully accessible "section".
struct mmu_xlat {
	gpa_t gpa;        // where va itself goes
	uint8_t high;     // bits 39:32 of that: where there is nothing
	uint8_t shift;    // 12 small page, 16 large page, 20 section, 24 supersection; long: 12, 21, 30
	uint8_t level;    // of a long descriptor, else 0
	uint8_t domain;   // 0 for supersections and long descriptors
	uint8_t ap;       // AP[2:0]; where it has but AP[2:1], AP[0] is set, which gives it the same meaning
	bool xn, pxn, ng; //
	bool old;         // access flag clear, where there is one
	bool flat;        // MMU off: no check applies
	bool normal;      // Normal memory, else Device or Strongly-ordered
	bool shareable;
	uint8_t tex_cb;   // TEX[2:0],C,B for a shadow descriptor without TEX remap (B3.8.2)
	uint8_t attr, sh; // of a long descriptor: MAIR's byte, SH[1:0], for PAR
};

// Fault status as in DFSR/IFSR bits [10,3:0]; 0 when there is none. The two-level
// kinds are for sections resp. pages (B3.13.3). In the long-descriptor format, bits
// [9,5:0]: FS_LONG and a code, to which the level is added where there is one (B3.13.4).
#define FS_NONE            0x00u
#define FS_ALIGNMENT       0x01u
#define FS_DEBUG           0x02u
#define FS_ACCESS_1        0x03u
#define FS_ICACHE          0x04u
#define FS_TRANSLATION_1   0x05u
#define FS_ACCESS_2        0x06u
#define FS_TRANSLATION_2   0x07u
#define FS_SYNC_EXTERNAL   0x08u
#define FS_DOMAIN_1        0x09u
#define FS_DOMAIN_2        0x0bu
#define FS_EXTERNAL_WALK_1 0x0cu
#define FS_PERMISSION_1    0x0du
#define FS_EXTERNAL_WALK_2 0x0eu
#define FS_PERMISSION_2    0x0fu
#define FS_ASYNC_EXTERNAL  0x406u

#define FS_LONG               0x200u
#define FS_LONG_TRANSLATION   0x204u
#define FS_LONG_ACCESS        0x208u
#define FS_LONG_PERMISSION    0x20cu
#define FS_LONG_SYNC_EXTERNAL 0x210u
#define FS_LONG_EXTERNAL_WALK 0x214u
#define FS_LONG_ALIGNMENT     0x221u
#define FS_LONG_DEBUG         0x222u

// Walks va. Returns FS_NONE and fills *x, or the fault that the walk itself meets (translation, or
// external abort on a table that isn't in memory); then x->domain is what DFSR.Domain shows, where
// the architecture gives it one, else 0, and the rest of *x means nothing. Of a core with
// MMU_EARLY_DOMAIN it may be a domain fault instead.
uint32_t mmu_walk(const struct mmu_regs *r, const struct gmem *mem, gva_t va, struct mmu_xlat *x);

// Whether a fault is an external abort of the walk itself.
static inline bool
mmu_walk_aborted(uint32_t fs)
{
	return fs == FS_EXTERNAL_WALK_1 || fs == FS_EXTERNAL_WALK_2 || (fs & ~3u) == FS_LONG_EXTERNAL_WALK;
}

// Whether an access of this kind may go through x: FS_NONE or the access flag, domain or permission fault
// that it takes, or the external abort of what is above 4 GiB, in the order of B3.12.3.
// privileged: from PL1 (false also for LDRT/STRT).
uint32_t mmu_check(const struct mmu_regs *r, const struct mmu_xlat *x, enum mmu_access access, bool privileged);

// Which accesses mmu_check lets through, all at once: a set of MMU_CAN.
uint32_t mmu_rights(const struct mmu_regs *r, const struct mmu_xlat *x, bool privileged);

#endif
