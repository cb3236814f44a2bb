// SPDX-License-Identifier: MIT
//
// Translation tables of the hostile guest, and the regimes made of them. There are N_SHORT address spaces
// with short descriptors and N_LONG with long ones, more than the monitor has slots for with 16 MiB. In each,
// RAM and devices are where they are physically; ALIAS, and what chaos() holds for, are theirs to play with. The
// last space of each kind is *bare*: it maps nothing that must not change, and made code runs there.
#ifndef TEST_HOSTILE_TABLES_H
#define TEST_HOSTILE_TABLES_H

#include "test/hostile/guest.h"

#define N_SHORT        10u
#define N_LONG         4u
#define N_SPACES       (N_SHORT + N_LONG)
#define BARE_SHORT     (N_SHORT - 1u)
#define BARE_LONG      (N_SPACES - 1u)
#define is_long(space) ((space) >= N_SHORT)
#define is_bare(space) ((space) == BARE_SHORT || (space) == BARE_LONG)

#define ALIAS_PAGES  1024u // of each space, and as many more that all of a kind share
#define ALIAS_SHARED (ALIAS + ALIAS_PAGES * PAGE)

// Tables, by address.
#define SHORT_L1(space)     (TABLES + (space)*0x4000u)
#define SHORT_ALIAS(space)  (TABLES + 0x30000u + (space)*0x1000u)
#define SHORT_HOME          (TABLES + 0x3e000u) // of the bare one
#define SHORT_SHARED        (TABLES + 0x3f000u)
#define LONG_L1(space)      (TABLES + 0x40000u + ((space)-N_SHORT) * 0x10000u)
#define LONG_L2(space, gib) (LONG_L1(space) + (1u + (gib)) * PAGE)
#define LONG_ALIAS(space)   (LONG_L1(space) + 5u * PAGE)
#define LONG_SHARED         (TABLES + 0x80000u)
#define LONG_HOME           (TABLES + 0x82000u) // of the bare one
#define CHAOS_TABLES        (TABLES + 0x90000u) // to its end: what random descriptors name as tables
#define CHAOS_PAGES         0x70u

// Short descriptors (B3.5.1).
#define L1_TABLE   1u
#define L1_SECTION 2u
#define L1_SUPER   0x40002u
#define L2_LARGE   1u
#define L2_SMALL   2u
#define L2_XN      1u
#define L2_NG      0x800u
// Long ones (B3.6.1).
#define LONG_BLOCK     1u
#define LONG_TABLE     3u
#define LONG_AF        0x400u
#define LONG_nG        0x800u
#define LONG_READ_ONLY 0x80u      // AP[2]
#define LONG_NORMAL    0x304u     // AttrIndx 1, inner shareable
#define LONG_XN        (1u << 22) // of the upper word

#define RIGHT_WRITE 1u // the kernel's
#define RIGHT_USER  2u // the user's to read, and if the kernel may write, to write
#define RIGHT_XN    4u

struct regime {
	uint32_t sctlr, ttbcr, dacr, contextidr;
	uint64_t ttbr0, ttbr1;
	uint32_t space; // meaningless with the MMU off
};
extern struct regime now;
extern uint32_t asid_of[N_SPACES];

void tables_init(void);
// Writes the entry for a page in ALIAS.
void table_map(uint32_t space, uint32_t page, uint32_t pa, uint32_t rights, bool mapped);

// What the tables say of va in a regime with space's tables: the physical address, or that it faults.
bool tables_walk(uint32_t space, uint32_t va, uint32_t *pa);

void regime_init(void);
// Another regime; n is TTBCR.N of the short format.
void regime_off(void);
void regime_space(uint32_t space, uint32_t n);
uint32_t regime_any_space(void); // not a bare one
// Made code's: bare, of the kind that the regime has, and back.
void regime_bare(void);
void regime_return(const struct regime *r);
bool regime_is_on(void);
// The space whose tables translate va now.
uint32_t regime_space_of(uint32_t va);
// Known state after something random: cheap if nothing changed.
void regime_restore(void);
void regime_restore_all(void);

void tlb_all(void);
void tlb_page(uint32_t va, uint32_t asid); // by one of the operations for it

#endif
