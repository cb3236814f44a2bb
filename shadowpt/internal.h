// SPDX-License-Identifier: MIT
//
// What spt.c and fill.c share.
#ifndef SHADOWPT_INTERNAL_H
#define SHADOWPT_INTERNAL_H

#include "mmu/pte.h"
#include "shadowpt/spt.h"

// In a first-level table descriptor of the shadow: it shows pieces of a guest's section,
// so maintenance of any address drops all. The bit is PXN, which has no effect on what runs at PL0, and nothing else
// is executed there; bit 9 is for the core to define (B3.5.1).
#define L1_SOFT_PIECES L1_TABLE_PXN

#define BLOCK_SHIFT 21u // of a long descriptor's at the second level (B3.6.2)

static inline bool
set_has(const struct spt_set *set, uint32_t i)
{
	return bit(set->word[i / 32], i % 32);
}

static inline void
set_add(struct spt_set *set, uint32_t i)
{
	set->n += !set_has(set, i);
	set->word[i / 32] |= 1u << i % 32;
	set->some[i / 1024] |= 1u << i / 32 % 32;
}

static inline void
set_remove(struct spt_set *set, uint32_t i)
{
	set->n -= set_has(set, i);
	set->word[i / 32] &= ~(1u << i % 32);
	if (!set->word[i / 32])
		set->some[i / 1024] &= ~(1u << i / 32 % 32);
}

static inline bool
is_table(uint32_t l1_entry)
{
	return (l1_entry & L1_TYPE_MASK) == L1_TABLE;
}

static inline uint32_t *
l2_of(uint32_t l1_entry)
{
	return (uint32_t *)(uintptr_t)(l1_entry & L1_TABLE_BASE);
}

// Sets an entry that t owns; what it owned there before is freed. 0: a fault, which nobody owns.
void spt_table_set(struct spt_table *t, uint32_t i, uint32_t entry);
// Replaces entry i of the common table, and of every kernel view that shows it.
void spt_common_set(struct spt *s, uint32_t i, uint32_t entry);
// The pool is empty: makes room, of a space that was used the longest ago, or of all mappings.
void spt_recycle(struct spt *s);
// Makes the space of r current, which isn't, and known if it wasn't.
void spt_materialize(struct spt *s, const struct mmu_regs *r) __attribute__((cold));

#endif
