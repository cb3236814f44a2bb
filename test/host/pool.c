// SPDX-License-Identifier: MIT
// uses: shadowpt/pool.c
//
// The pool: everything in it is given out exactly once and can be given back, one by one or a chain
// at a time, tables come zeroed, and the counts are right.
#include <stdlib.h>
#include <string.h>
#include "shadowpt/pool.h"
#include "test/host/check.h"

#define L2_BYTES 0x400u
#define PAGES    13u
#define SIZE     ((PAGES + 1) * PAGE_SIZE) // the first page has the lists

static struct pool pool;
static char *room;
static char taken[SIZE / L2_BYTES]; // a byte per KiB

static void
fresh(const char *name)
{
	check_case(name);
	memset(room, 0xa5, SIZE);
	memset(taken, 0, sizeof(taken));
	pool_init(&pool, HPA(room), SIZE);
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
	struct pool_chain chain = {0};

	fresh("everything is given out once");
	CHECK_EQ(pool.n_pages, PAGES);
	CHECK_EQ(pool.size, SIZE);
	for (unsigned i = 0; i < PAGES - POOL_RESERVE; i++)
		take(pool_page(&pool), PAGE_SIZE);
	CHECK(!pool_page(&pool)); // the last pages are for tables of shadows alone
	CHECK(!pool_l2(&pool));
	for (unsigned i = 0; i < 4 * POOL_RESERVE; i++)
		take(pool_table(&pool, &chain), L2_BYTES);
	CHECK(!pool_table(&pool, &chain));
	for (size_t i = PAGE_SIZE / L2_BYTES; i < sizeof(taken); i++)
		CHECK_EQ(taken[i], 1);
	CHECK_EQ(pool.lowest, 0);
	pool_free_chain(&pool, &chain);
	CHECK_EQ(pool.n_pages, POOL_RESERVE);
	CHECK(!chain.n && !chain.fresh && !chain.free);
}

static void
test_chains(void)
{
	struct pool_chain chain[2] = {{0}};
	uint32_t *t[2][9];

	fresh("tables are cut from pages of their chain");
	for (unsigned i = 0; i < 9; i++)
		for (unsigned c = 0; c < 2; c++) {
			t[c][i] = pool_table(&pool, &chain[c]);
			take(t[c][i], L2_BYTES);
			CHECK(zeroed(t[c][i], L2_BYTES));
			CHECK_EQ(chain[c].n, i / 4 + 1);
			CHECK_EQ(chain[c].fresh, 3 - i % 4);
			memset(t[c][i], 0xff, L2_BYTES);
		}
	CHECK_EQ(pool.n_pages, PAGES - 6);

	check_case("a table given back comes again, zeroed, before a page is cut");
	pool_free_table(&chain[0], t[0][7]);
	pool_free_table(&chain[0], t[0][2]);
	CHECK(pool_table(&pool, &chain[0]) == t[0][2]);
	CHECK(pool_table(&pool, &chain[0]) == t[0][7]);
	CHECK(zeroed(t[0][7], L2_BYTES));
	CHECK_EQ(chain[0].fresh, 3);

	check_case("a chain goes back as a whole");
	pool_free_chain(&pool, &chain[0]);
	CHECK_EQ(pool.n_pages, PAGES - 3);
	pool_free_chain(&pool, &chain[0]);
	CHECK_EQ(pool.n_pages, PAGES - 3);
	pool_free_chain(&pool, &chain[1]);
	CHECK_EQ(pool.n_pages, PAGES);
	memset(taken, 0, sizeof(taken));
	for (unsigned i = 0; i < 4 * PAGES; i++)
		take(pool_table(&pool, &chain[0]), L2_BYTES);
}

static void
test_free(void)
{
	void *page;
	uint32_t *t;

	fresh("pages given back come again");
	page = pool_page(&pool);
	CHECK_EQ(pool.n_pages, PAGES - 1);
	pool_free_page(&pool, page);
	CHECK_EQ(pool.n_pages, PAGES);
	CHECK(pool_page(&pool) == page);
	CHECK_EQ(pool.lowest, PAGES - 1);

	check_case("tables that have nothing to do with shadows, too");
	t = pool_l2(&pool);
	pool_l2(&pool);
	CHECK_EQ(pool.n_l2, 2);
	CHECK(zeroed(t, L2_BYTES));
	memset(t, 0xff, L2_BYTES);
	pool_free_l2(&pool, t);
	CHECK_EQ(pool.n_l2, 3);
	CHECK(pool_l2(&pool) == t);
	CHECK(zeroed(t, L2_BYTES));
}

// Else a guest that has needed many of them once would never again have room for copies.
static void
test_all_free(void)
{
	uint32_t *t[9];

	fresh("the pages of such tables come again when none of them is in use");
	for (unsigned i = 0; i < ARRAY_LEN(t); i++)
		t[i] = pool_l2(&pool);
	CHECK_EQ(pool.n_pages, PAGES - 3);
	for (unsigned i = 0; i < ARRAY_LEN(t); i++)
		pool_free_l2(&pool, t[i]);
	CHECK_EQ(pool.n_pages, PAGES);
	CHECK_EQ(pool.n_l2, 0);
	for (unsigned i = 0; i < PAGES - POOL_RESERVE; i++)
		take(pool_page(&pool), PAGE_SIZE);
	CHECK(!pool_l2(&pool));
}

int
main(void)
{
	room = aligned_alloc(PAGE_SIZE, SIZE);
	test_exhaustion();
	test_chains();
	test_free();
	test_all_free();
	free(room);
	return check_done("pool");
}
