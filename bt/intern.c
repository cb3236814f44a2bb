// SPDX-License-Identifier: MIT
//
// See intern.h. Open addressing; the table is at most half full, so probing ends.
#include "bt/intern.h"

_Static_assert(INTERN_HASH >= 2 * INTERN_WORDS, "probing ends");

// The hash entry that has word, or the free one where it would go.
static uint32_t
find(const struct intern *t, uint32_t word)
{
	uint32_t at = (word * 0x9e3779b1u) >> 16;

	while (t->hash[at] && t->word[t->hash[at] - 1u] != word)
		at = (at + 1) % INTERN_HASH;
	return at;
}

uint32_t
intern_number(struct intern *t, uint32_t word)
{
	uint32_t at = find(t, word);

	if (t->hash[at])
		return t->hash[at] - 1u;
	if (t->n == INTERN_WORDS)
		return INTERN_NONE;
	t->word[t->n++] = word;
	t->hash[at] = (uint16_t)t->n;
	return t->n - 1u;
}

// Only the block policy has many, and a few hundred at most.
uint32_t
intern_number_t16(struct intern *t, uint32_t halfword)
{
	for (uint32_t n = 0; n < t->n_t16; n++)
		if (t->t16[n] == halfword)
			return n;
	if (t->n_t16 == INTERN_T16)
		return INTERN_NONE;
	t->t16[t->n_t16] = (uint16_t)halfword;
	return t->n_t16++;
}

bool
intern_has(const struct intern *t, uint32_t word)
{
	return t->n == INTERN_WORDS || t->hash[find(t, word)];
}
