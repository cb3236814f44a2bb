// SPDX-License-Identifier: MIT
//
// See insnmatch.h. Each site has a counter that the translated code itself adds to.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bench/insnmatch.h"

#define MAX_MATCHES 96
#define SITE_SLOTS  (1u << 16)

struct match {
	const char *name;
	enum insnmatch_isa isa;
	uint32_t mask, value;
};

struct site {
	struct site *next;
	uint64_t vaddr, count;
	uint32_t word;
	unsigned match;
};

static struct match matches[MAX_MATCHES];
static unsigned n_matches;
static struct site *sites[SITE_SLOTS];
static size_t n_sites;

bool
insnmatch_add(enum insnmatch_isa isa, const char *name, uint32_t mask, uint32_t value)
{
	if (n_matches == MAX_MATCHES)
		return false;
	matches[n_matches++] = (struct match){.name = name, .isa = isa, .mask = mask, .value = value};
	return true;
}

bool
insnmatch_thumb(const struct qemu_plugin_tb *tb, bool default_thumb)
{
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		const struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (qemu_plugin_insn_size(insn) == 2 || qemu_plugin_insn_vaddr(insn) & 2u)
			return true;
	}
	return default_thumb;
}

// A site keeps its counter when its block is translated anew. NULL: no memory.
static struct site *
find_site(uint64_t vaddr, uint32_t word, unsigned match)
{
	struct site **head = &sites[(vaddr >> 1 ^ word >> 4) % SITE_SLOTS], *s;

	for (s = *head; s; s = s->next)
		if (s->vaddr == vaddr && s->word == word)
			return s;
	s = calloc(1, sizeof(*s));
	if (s) {
		*s = (struct site){.next = *head, .vaddr = vaddr, .word = word, .match = match};
		*head = s;
		n_sites++;
	}
	return s;
}

// The instruction as the ARM ARM prints it.
static uint32_t
read_insn(const struct qemu_plugin_insn *insn, bool thumb)
{
	uint32_t word = 0;

	memcpy(&word, qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn));
	return thumb && qemu_plugin_insn_size(insn) == 4 ? word << 16 | word >> 16 : word;
}

void
insnmatch_count(struct qemu_plugin_insn *insn, bool thumb)
{
	size_t size = qemu_plugin_insn_size(insn);
	enum insnmatch_isa isa = !thumb ? INSNMATCH_A32 : size == 2 ? INSNMATCH_T16 : INSNMATCH_T32;
	uint32_t word = size <= 4 ? read_insn(insn, thumb) : 0;
	struct site *s;
	unsigned c = 0;

	while (c < n_matches && (matches[c].isa != isa || (word & matches[c].mask) != matches[c].value))
		c++;
	s = c < n_matches ? find_site(qemu_plugin_insn_vaddr(insn), word, c) : NULL;
	if (s)
		qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &s->count, 1);
}

static int
by_match_and_count(const void *a, const void *b)
{
	const struct site *x = *(const struct site *const *)a, *y = *(const struct site *const *)b;

	if (x->match != y->match)
		return x->match < y->match ? -1 : 1;
	return x->count == y->count ? 0 : x->count > y->count ? -1 : 1;
}

static void
say_match(struct site *const *s, size_t n, unsigned long top)
{
	uint64_t sum = 0;
	char line[128];

	for (size_t i = 0; i < n; i++)
		sum += s[i]->count;
	snprintf(line, sizeof(line), "match %s %llu\n", matches[s[0]->match].name, (unsigned long long)sum);
	qemu_plugin_outs(line);
	for (size_t i = 0; i < n && i < top; i++) {
		snprintf(line, sizeof(line), "site %s 0x%08llx 0x%08x %llu\n", matches[s[i]->match].name,
			 (unsigned long long)s[i]->vaddr, s[i]->word, (unsigned long long)s[i]->count);
		qemu_plugin_outs(line);
	}
}

void
insnmatch_say(unsigned long top)
{
	struct site **all = calloc(n_sites + 1, sizeof(*all));
	size_t n = 0, first = 0;

	if (!all)
		return;
	for (unsigned slot = 0; slot < SITE_SLOTS; slot++)
		for (struct site *s = sites[slot]; s; s = s->next)
			all[n++] = s;
	qsort(all, n, sizeof(*all), by_match_and_count);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && all[i]->match == all[first]->match)
			continue;
		say_match(all + first, i - first, top);
		first = i;
	}
	free(all);
}
