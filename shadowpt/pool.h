// SPDX-License-Identifier: MIT
//
// The fixed pool of a VM's shadow memory: 4 KiB pages, handed out as first-level
// tables (four pages), as second-level tables (1 KiB, four to a page) and as page
// copies. When it is empty the caller drops what it can and asks again; it
// never grows.
#ifndef SHADOWPT_POOL_H
#define SHADOWPT_POOL_H

#include "monitor/types.h"

struct pool_item {
	struct pool_item *next;
};

struct pool {
	struct pool_item *l1, *page, *l2;
	uint32_t n_l1, n_pages, n_l2; // free ones
	uint32_t size;                // bytes in all
	uint32_t lowest;              // fewest free pages ever
};

// Hands size bytes at base (16 KiB-aligned) to the pool; tables_l1 of them become
// first-level tables.
void pool_init(struct pool *p, hpa_t base, uint32_t size, unsigned tables_l1);

// Each returns NULL when there is none left. Tables come zeroed. The last page is for
// second-level tables only, so that dropping mappings always makes room for one.
uint32_t *pool_l1(struct pool *p);
uint32_t *pool_l2(struct pool *p);
void *pool_page(struct pool *p);

void pool_free_l1(struct pool *p, void *table);
void pool_free_l2(struct pool *p, void *table);
void pool_free_page(struct pool *p, void *page);

#endif
