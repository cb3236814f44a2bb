// SPDX-License-Identifier: MIT
//
// See pool.h. Second-level tables are cut from pages and never glued together
// again: both kinds settle at what the guest needs of them.
#include "shadowpt/pool.h"
#include "monitor/arch.h"
#include "monitor/string.h"

#define L1_BYTES 0x4000u
#define L2_BYTES 0x400u

static void
push(struct pool_item **list, uint32_t *n, void *item)
{
	struct pool_item *i = item;

	i->next = *list;
	*list = i;
	++*n;
}

static void *
pop(struct pool_item **list, uint32_t *n)
{
	struct pool_item *i = *list;

	if (!i)
		return NULL;
	*list = i->next;
	--*n;
	return i;
}

void
pool_init(struct pool *p, hpa_t base, uint32_t size, unsigned tables_l1)
{
	BUG_ON(base.v % L1_BYTES || size < tables_l1 * L1_BYTES);
	*p = (struct pool){.size = size};
	for (uint32_t off = 0; off < tables_l1 * L1_BYTES; off += L1_BYTES)
		pool_free_l1(p, (void *)(base.v + off));
	for (uint32_t off = tables_l1 * L1_BYTES; off + PAGE_SIZE <= size; off += PAGE_SIZE)
		pool_free_page(p, (void *)(base.v + off));
	p->lowest = p->n_pages;
}

uint32_t *
pool_l1(struct pool *p)
{
	void *t = pop(&p->l1, &p->n_l1);

	return t ? memset(t, 0, L1_BYTES) : NULL;
}

static void *
take_page(struct pool *p)
{
	void *page = pop(&p->page, &p->n_pages);

	if (p->n_pages < p->lowest)
		p->lowest = p->n_pages;
	return page;
}

void *
pool_page(struct pool *p)
{
	return p->n_pages > 1 ? take_page(p) : NULL;
}

uint32_t *
pool_l2(struct pool *p)
{
	void *t = pop(&p->l2, &p->n_l2);

	if (!t) {
		char *page = take_page(p);

		if (!page)
			return NULL;
		for (uint32_t off = L2_BYTES; off < PAGE_SIZE; off += L2_BYTES)
			pool_free_l2(p, page + off);
		t = page;
	}
	return memset(t, 0, L2_BYTES);
}

void
pool_free_l1(struct pool *p, void *table)
{
	push(&p->l1, &p->n_l1, table);
}

void
pool_free_l2(struct pool *p, void *table)
{
	push(&p->l2, &p->n_l2, table);
}

void
pool_free_page(struct pool *p, void *page)
{
	push(&p->page, &p->n_pages, page);
}
