// SPDX-License-Identifier: MIT
//
// The fixed pool of a VM's shadow memory: 4 KiB pages, handed out as page copies or cut
// into four tables of 1 KiB. When it is empty the caller drops what it can and asks
// again; it never grows.
//
// Whoever needs tables and drops them all at once, as a space of the guest does, has a
// *chain* of pages of his own: giving back the whole chain is a matter of a few
// instructions, however long it is. Which page is next to which stands beside the
// pages, in the pool's first ones.
//
// *What is free is reached by nothing.* No table that a core may walk shows a page of the free list or leads to it, no
// TLB holds a translation to it, no code page, scan or record names it. Whoever gives something back has seen to that
// before, in this order: what shows it goes (a code page's copy: spt_untrack; a space: nobody can load its tables any
// more), then the TLB's entries, then it is given back. A table that is given back to its chain by itself, when
// something else takes its place in a first-level entry, may still be in a TLB until the caller's TLB maintenance; it
// comes back in tables of the same owner only, after that.
//
// With DEBUG (`make DEBUG=1`, all host tests) all that is free holds POOL_POISON, and is looked at when it is given
// out: who has written to it since is a bug of ours. A guest that reads POOL_POISON has found one.
#ifndef SHADOWPT_POOL_H
#define SHADOWPT_POOL_H

#include "monitor/base/types.h"

struct pool_item {
	struct pool_item *next;
};

// Pages that are cut into tables. All zero: has none.
struct pool_chain {
	uint16_t head, tail;    // page numbers
	uint32_t n;             // pages
	uint32_t fresh;         // tables of the head page that were never given out: its last ones
	struct pool_item *free; // tables given back
};

struct pool {
	uintptr_t base;
	uint16_t *next;          // of each page the one behind it, in the free list or in its chain
	uint16_t free;           // the first free one
	uint32_t n_pages;        // free ones
	uint32_t size;           // bytes in all
	uint32_t lowest;         // fewest free pages ever
	struct pool_chain small; // of pool_l2
	uint32_t n_l2;           // tables that it has left
};

// The last pages are for the tables of shadows only, so that dropping mappings always makes room for some.
#define POOL_RESERVE 8u

// As a descriptor a fault, as an instruction of either state undefined.
#define POOL_POISON 0xe7f0def0u

// Hands size bytes at base (page-aligned, at most 256 MiB) to the pool.
void pool_init(struct pool *p, hpa_t base, uint32_t size);

// Each returns NULL when there is none left. Tables come zeroed.
void *pool_page(struct pool *p);
void pool_free_page(struct pool *p, void *page);

// A table from a chain, and back to it.
uint32_t *pool_table(struct pool *p, struct pool_chain *c);
void pool_free_table(struct pool_chain *c, void *table);
// All of a chain's pages go back.
void pool_free_chain(struct pool *p, struct pool_chain *c);

// A table that has nothing to do with shadows. Its page goes back when none of them is in use.
uint32_t *pool_l2(struct pool *p);
void pool_free_l2(struct pool *p, void *table);

#endif
