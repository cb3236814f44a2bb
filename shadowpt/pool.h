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
#ifndef SHADOWPT_POOL_H
#define SHADOWPT_POOL_H

#include "monitor/types.h"

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

// A table that has nothing to do with shadows.
uint32_t *pool_l2(struct pool *p);
void pool_free_l2(struct pool *p, void *table);

#endif
