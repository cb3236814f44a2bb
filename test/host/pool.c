// SPDX-License-Identifier: MIT
// uses: shadowpt/pool.c
//
// The pool: everything in it is given out exactly once and can be given back, tables
// come zeroed, second-level tables are cut from pages, and the counts are right.
#include <stdlib.h>
#include <string.h>
#include "shadowpt/pool.h"
#include "test/host/check.h"

#define L1_BYTES  0x4000u
#define L2_BYTES  0x400u
#define TABLES_L1 2u
#define PAGES     5u
#define SIZE      (TABLES_L1 * L1_BYTES + PAGES * PAGE_SIZE)

static struct pool pool;
static char *room;
static char taken[SIZE / L2_BYTES]; // a byte per KiB

static void
fresh(const char *name)
{
	check_case(name);
	memset(room, 0xa5, SIZE);
	memset(taken, 0, sizeof(taken));
	pool_init(&pool, HPA(room), SIZE, TABLES_L1);
}

// Notes that bytes at p were given out: within the pool, aligned, and nobody else's.
static void
take(const void *p, uint32_t bytes)
{
	size_t at = (size_t)((const char *)p - room);

	CHECK(at < SIZE && bytes <= SIZE - at);
	CHECK_EQ(at % bytes, 0);
	for (size_t k = at / L2_BYTES; k < (at + bytes) / L2_BYTES; k++)
		CHECK_EQ(taken[k]++, 0);
}

static bool
zeroed(const uint32_t *table, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes / 4; i++)
		if (table[i])
			return false;
	return true;
}

static void
test_exhaustion(void)
{
	fresh("everything is given out once");
	CHECK_EQ(pool.n_l1, TABLES_L1);
	CHECK_EQ(pool.n_pages, PAGES);
	CHECK_EQ(pool.size, SIZE);
	for (unsigned i = 0; i < TABLES_L1; i++) {
		uint32_t *t = pool_l1(&pool);

		take(t, L1_BYTES);
		CHECK(zeroed(t, L1_BYTES));
	}
	CHECK(!pool_l1(&pool));
	for (unsigned i = 0; i < PAGES - 1; i++)
		take(pool_page(&pool), PAGE_SIZE);
	CHECK(!pool_page(&pool)); // the last page is for tables alone
	for (unsigned i = 0; i < 4; i++)
		take(pool_l2(&pool), L2_BYTES);
	CHECK(!pool_page(&pool));
	CHECK(!pool_l2(&pool));
	for (size_t i = 0; i < sizeof(taken); i++)
		CHECK_EQ(taken[i], 1);
	CHECK_EQ(pool.lowest, 0);
}

static void
test_l2(void)
{
	uint32_t *t[PAGES * 4];

	fresh("second-level tables are cut from pages");
	for (unsigned i = 0; i < PAGES * 4; i++) {
		t[i] = pool_l2(&pool);
		take(t[i], L2_BYTES);
		CHECK(zeroed(t[i], L2_BYTES));
		CHECK_EQ(pool.n_pages, PAGES - (i + 4) / 4);
		CHECK_EQ(pool.n_l2, 3 - i % 4);
		memset(t[i], 0xff, L2_BYTES);
	}
	CHECK(!pool_l2(&pool));
	CHECK(!pool_page(&pool));

	check_case("a table given back comes again, zeroed, before a page is cut");
	pool_free_l2(&pool, t[7]);
	CHECK_EQ(pool.n_l2, 1);
	CHECK(pool_l2(&pool) == t[7]);
	CHECK(zeroed(t[7], L2_BYTES));
	CHECK(!pool_l2(&pool));
}

static void
test_free(void)
{
	void *page, *l1;

	fresh("pages and first-level tables given back come again");
	page = pool_page(&pool);
	l1 = pool_l1(&pool);
	CHECK_EQ(pool.n_pages, PAGES - 1);
	CHECK_EQ(pool.n_l1, TABLES_L1 - 1);
	memset(l1, 0xff, L1_BYTES);
	pool_free_page(&pool, page);
	pool_free_l1(&pool, l1);
	CHECK_EQ(pool.n_pages, PAGES);
	CHECK_EQ(pool.n_l1, TABLES_L1);
	CHECK(pool_page(&pool) == page);
	CHECK(pool_l1(&pool) == l1);
	CHECK(zeroed(l1, L1_BYTES));
	CHECK_EQ(pool.lowest, PAGES - 1);
}

int
main(void)
{
	room = aligned_alloc(L1_BYTES, (SIZE + L1_BYTES - 1) & ~(L1_BYTES - 1));
	test_exhaustion();
	test_l2();
	test_free();
	free(room);
	return check_done("pool");
}
