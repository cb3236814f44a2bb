// SPDX-License-Identifier: MIT
//
// What spt.c and fill.c share.
#ifndef SHADOWPT_INTERNAL_H
#define SHADOWPT_INTERNAL_H

#include "shadowpt/spt.h"

// In a first-level table descriptor of the shadow: it shows pieces of a guest's section,
// so maintenance of any address drops all. Bit 9 is ignored by the walker (B3.5.1).
#define L1_SOFT_PIECES (1u << 9)

// Frees what t's entry i owns and makes it a fault.
void spt_table_clear(struct spt *s, struct spt_table *t, uint32_t i);
// Sets an entry that t owns.
void spt_table_own(struct spt_table *t, uint32_t i, uint32_t entry);
// Replaces entry i of the common table, and of every kernel view that shows it.
void spt_common_set(struct spt *s, uint32_t i, uint32_t entry);
// What is mapped at va, in whatever table, is so no longer: a page, or a section.
void spt_unmap(struct spt *s, gva_t va);
// Frees the space that was used the longest ago; false when there is none.
bool spt_evict(struct spt *s);
// Makes a space of regs and makes it current.
void spt_materialize(struct spt *s, const struct mmu_regs *r);

#endif
