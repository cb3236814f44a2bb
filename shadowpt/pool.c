// SPDX-License-Identifier: MIT
//
// See pool.h. A chain cuts its pages from the front, and looks at what was given back first;
// a page goes back with its chain only.
#include "shadowpt/pool.h"
#include "monitor/base/arch.h"
#include "monitor/base/string.h"

#define TABLE_BYTES 0x400u
#define PER_PAGE    (PAGE_SIZE / TABLE_BYTES)

static char *
page_at(const struct pool *p, uint16_t n)
{
	return (char *)(p->base + (uintptr_t)n * PAGE_SIZE);
}

#ifdef DEBUG
#define POISONED 1
#else
#define POISONED 0
#endif

// What is from here on free.
static void
poison(void *at, uint32_t bytes)
{
	uint32_t *word = at;

	for (uint32_t n = 0; POISONED && n < bytes / sizeof(*word); n++)
		word[n] = POOL_POISON;
}

// What was free is given out: nobody has written to it.
static void
check_poison(const void *at, uint32_t bytes)
{
	const uint32_t *word = at;

	for (uint32_t n = 0; POISONED && n < bytes / sizeof(*word); n++)
		BUG_ON(word[n] != POOL_POISON);
}

void
pool_init(struct pool *p, hpa_t base, uint32_t size)
{
	uint32_t pages = size / PAGE_SIZE, own = (pages * (uint32_t)sizeof(*p->next) + PAGE_MASK) / PAGE_SIZE;

	BUG_ON(base.v % PAGE_SIZE || pages <= own || pages > 0xffff);
	*p = (struct pool){.base = base.v, .next = (uint16_t *)base.v, .size = size};
	for (uint32_t n = own; n < pages; n++)
		pool_free_page(p, page_at(p, (uint16_t)n));
	p->lowest = p->n_pages;
}

static void *
take_page(struct pool *p)
{
	char *page = page_at(p, p->free);

	p->free = p->next[p->free];
	if (--p->n_pages < p->lowest)
		p->lowest = p->n_pages;
	check_poison(page, PAGE_SIZE);
	return page;
}

void *
pool_page(struct pool *p)
{
	return p->n_pages > POOL_RESERVE ? take_page(p) : NULL;
}

static uint16_t
number_of(const struct pool *p, const void *page)
{
	return (uint16_t)(((uintptr_t)page - p->base) / PAGE_SIZE);
}

void
pool_free_page(struct pool *p, void *page)
{
	uint16_t n = number_of(p, page);

	poison(page, PAGE_SIZE);
	p->next[n] = p->free;
	p->free = n;
	p->n_pages++;
}

static void
lengthen(struct pool *p, struct pool_chain *c)
{
	uint16_t n = number_of(p, take_page(p));

	p->next[n] = c->head;
	c->head = n;
	if (!c->n++)
		c->tail = n;
	c->fresh = PER_PAGE;
}

uint32_t *
pool_table(struct pool *p, struct pool_chain *c)
{
	void *t = c->free;

	if (t) {
		c->free = c->free->next;
		check_poison((struct pool_item *)t + 1, TABLE_BYTES - sizeof(struct pool_item));
	} else {
		if (!c->fresh) {
			if (!p->n_pages)
				return NULL;
			lengthen(p, c);
		}
		t = page_at(p, c->head) + PAGE_SIZE - c->fresh-- * TABLE_BYTES;
		check_poison(t, TABLE_BYTES);
	}
	return memset(t, 0, TABLE_BYTES);
}

void
pool_free_table(struct pool_chain *c, void *table)
{
	struct pool_item *i = table;

	poison(table, TABLE_BYTES);
	i->next = c->free;
	c->free = i;
}

static void
poison_chain(const struct pool *p, const struct pool_chain *c)
{
	for (uint32_t n = 0, page = c->head; n < c->n; n++, page = p->next[page])
		poison(page_at(p, (uint16_t)page), PAGE_SIZE);
}

void
pool_free_chain(struct pool *p, struct pool_chain *c)
{
	if (POISONED)
		poison_chain(p, c);
	if (c->n) {
		p->next[c->tail] = p->free;
		p->free = c->head;
		p->n_pages += c->n;
	}
	*c = (struct pool_chain){0};
}

uint32_t *
pool_l2(struct pool *p)
{
	uint32_t *t;

	if (!p->n_l2 && p->n_pages <= POOL_RESERVE)
		return NULL;
	if (!p->n_l2)
		p->n_l2 = PER_PAGE;
	t = pool_table(p, &p->small);
	p->n_l2--;
	return t;
}

void
pool_free_l2(struct pool *p, void *table)
{
	pool_free_table(&p->small, table);
	if (++p->n_l2 < p->small.n * PER_PAGE)
		return;
	pool_free_chain(p, &p->small); // none is in use
	p->n_l2 = 0;
}
