// SPDX-License-Identifier: MIT
//
// See intern.h. Open addressing; the table is at most half full, so probing ends.
#include "bt/code/intern.h"

_Static_assert(INTERN_HASH >= 2 * INTERN_WORDS && INTERN_HASH_T16 >= 2 * INTERN_T16, "probing ends");

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

uint32_t
intern_number_t16(struct intern *t, uint32_t halfword, uint32_t most)
{
	uint32_t at = (halfword * 0x9e3779b1u) >> 22;

	while (t->hash_t16[at] && t->t16[t->hash_t16[at] - 1u] != halfword)
		at = (at + 1) % INTERN_HASH_T16;
	if (t->hash_t16[at])
		return t->hash_t16[at] - 1u;
	if (t->n_t16 >= most)
		return INTERN_NONE;
	t->t16[t->n_t16++] = (uint16_t)halfword;
	t->hash_t16[at] = (uint16_t)t->n_t16;
	return t->n_t16 - 1u;
}

bool
intern_has(const struct intern *t, uint32_t word)
{
	return t->n == INTERN_WORDS || t->hash[find(t, word)];
}
