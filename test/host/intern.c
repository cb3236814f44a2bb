// SPDX-License-Identifier: MIT
// uses: bt/code/intern.c
//
// The table of words by number: equal words have one number, different ones different
// numbers, which never change; a full table says so and still knows what it has.
#include <string.h>
#include "bt/code/intern.h"
#include "test/host/check.h"

static struct intern t;

// Words that collide in the hash as well as ones that don't.
static uint32_t
word(uint32_t n)
{
	return n & 1 ? n * 0x01000193u : n << 16;
}

int
main(void)
{
	check_case("numbers go up from 0, one per word");
	CHECK_EQ(intern_number(&t, 0), 0);
	CHECK_EQ(intern_number(&t, 0xffffffff), 1);
	CHECK_EQ(intern_number(&t, 0), 0);
	CHECK_EQ(t.n, 2);
	CHECK_EQ(t.word[1], 0xffffffff);

	check_case("every number can be had and stays");
	memset(&t, 0, sizeof(t));
	for (uint32_t n = 0; n < INTERN_WORDS; n++)
		CHECK_EQ(intern_number(&t, word(n)), n);
	for (uint32_t n = 0; n < INTERN_WORDS; n++) {
		CHECK_EQ(t.word[n], word(n));
		CHECK_EQ(intern_number(&t, word(n)), n);
	}

	check_case("a full table takes no more");
	CHECK_EQ(t.n, INTERN_WORDS);
	CHECK_EQ(intern_number(&t, 0x12345), INTERN_NONE);
	CHECK_EQ(intern_number(&t, word(5)), 5);
	CHECK_EQ(t.n, INTERN_WORDS);
	return check_done("intern");
}
