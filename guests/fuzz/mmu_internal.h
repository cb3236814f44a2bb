// SPDX-License-Identifier: MIT
//
// What the parts of the model of an MMU program share: mmu_model.c, mmu_tlb.c and mmu_access.c.
#ifndef GUESTS_FUZZ_MMU_INTERNAL_H
#define GUESTS_FUZZ_MMU_INTERNAL_H

#include "guests/fuzz/mmu_model.h"

#define MIB  0x100000u
#define PAGE 0x1000u

#define SCTLR_M   (1u << 0)
#define SCTLR_A   (1u << 1)
#define SCTLR_C   (1u << 2)
#define SCTLR_Z   (1u << 11)
#define SCTLR_I   (1u << 12)
#define SCTLR_TRE (1u << 28)
#define SCTLR_AFE (1u << 29)
#define TTBCR_N   0x7u

#define DOMAIN_CLIENT  1u
#define DOMAIN_MANAGER 3u

#define PRRR_TYPE(r, n)  ((r) >> 2u * (n)&3u)
#define PRRR_TYPE_NORMAL 2u

enum fuzz_mmu_walk_kind { WALK_LEAF, WALK_FAULT_1, WALK_FAULT_2, WALK_EXTERNAL_1, WALK_EXTERNAL_2 };

struct fuzz_mmu_walk {
	enum fuzz_mmu_walk_kind kind;
	struct fuzz_mmu_entry entry;
	struct fuzz_mmu_entry table;     // of the last table on the way, with .table set if there was one
	uint32_t pa, ap, domain, tex_cb; // in the long format tex_cb is the number of the attributes, ap has AP[0] set
	bool xn, pxn, old;
};

#define TTBCR_A1  (1u << 22)
#define TTBCR_EAE (1u << 31)

static inline bool
fuzz_mmu_is_long(const struct fuzz_mmu_model *m)
{
	return m->flags & FUZZ_MMU_LONG;
}

static inline uint32_t
fuzz_mmu_asid(const struct fuzz_mmu_model *m)
{
	if (!fuzz_mmu_is_long(m))
		return m->regs.contextidr & 0xffu;
	return m->regs.long_asid[m->flags & FUZZ_MMU_A1 ? 1 : 0];
}

// The long format (mmu_long.c): its walk, its descriptors and registers.
#define FUZZ_MMU_NO_PAGE 1u
void fuzz_mmu_long_walk(const struct fuzz_mmu_model *m, uint32_t va, struct fuzz_mmu_walk *w);
bool fuzz_mmu_long_set(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op);
bool fuzz_mmu_long_reg(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op);
bool fuzz_mmu_long_type(const struct fuzz_mmu_model *m, uint32_t n); // whether attributes n are Normal memory's
bool fuzz_mmu_long_mair(uint32_t value, bool first);
void fuzz_mmu_long_init(struct fuzz_mmu_model *m);

// Fills the tables with the program's preset.
void fuzz_mmu_preset_tables(struct fuzz_mmu_model *m);

// Walks the tables as they are now.
void fuzz_mmu_tlb_walk(const struct fuzz_mmu_model *m, uint32_t va, struct fuzz_mmu_walk *w);

// Adds all that can be walked now: what QEMU lets a manager access although its access flag is clear, too. False if
// something of it conflicts with what may be there.
bool fuzz_mmu_tlb_add_all(struct fuzz_mmu_model *m);

// Whether all that may be held for this VA is what a walk finds.
bool fuzz_mmu_tlb_fresh(const struct fuzz_mmu_model *m, uint32_t va, unsigned side, struct fuzz_mmu_walk *w);

// Does a TLB operation with this operand.
void fuzz_mmu_tlb_drop(struct fuzz_mmu_model *m, const struct fuzz_mmu_about *about, uint32_t value);

// Steps: a load or store, a call of a function, the synchronisation of instructions, AT.
enum fuzz_mmu_verdict fuzz_mmu_access_data(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op,
					   const struct fuzz_mmu_about *about);
enum fuzz_mmu_verdict fuzz_mmu_access_exec(const struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op);
enum fuzz_mmu_verdict fuzz_mmu_access_sync(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op);
enum fuzz_mmu_verdict fuzz_mmu_access_at(const struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op);

// Cache maintenance by address: only of what can be read, since hardware may fault where QEMU doesn't (B4.2.1).
enum fuzz_mmu_verdict fuzz_mmu_access_readable(const struct fuzz_mmu_model *m, uint32_t va, uint32_t *pa);

static inline bool
fuzz_mmu_nowhere(uint32_t address)
{
	return address - FUZZ_MMU_NOWHERE < FUZZ_MMU_NOWHERE_END - FUZZ_MMU_NOWHERE;
}

static inline bool
fuzz_mmu_device(uint32_t address)
{
	return address - FUZZ_MMU_DEVICE < PAGE;
}

static inline bool
fuzz_mmu_access_flag_clear(const struct fuzz_mmu_model *m, const struct fuzz_mmu_walk *w)
{
	return w->old || (m->regs.sctlr & SCTLR_AFE && !(w->ap & 1u));
}

static inline uint32_t
fuzz_mmu_domain_of(const struct fuzz_mmu_model *m, const struct fuzz_mmu_walk *w)
{
	return fuzz_mmu_is_long(m) ? DOMAIN_CLIENT : m->regs.dacr >> 2u * w->domain & 3u;
}

#endif
