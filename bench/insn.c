// SPDX-License-Identifier: MIT
//
// A TCG plugin for QEMU 7.2 that counts the instructions executed from reset to the end,
// exactly: each one adds to a counter as it begins, in the translated code itself. Arguments:
//
//   range=NAME:LOW:HIGH    virtual addresses LOW to HIGH, counted apart (the first that fits)
//   match=NAME:MASK:VALUE  A32 words with (word & MASK) == VALUE, counted apart and by site
//                          (the first that fits)
//   in=NAME                'match' only within that range
//   top=N                  prints each match's N most executed sites [0]
//   mark=WORD              notes the total and the time whenever this A32 word is executed
//
// Numbers as in C. It writes lines to QEMU's log (-plugin insn.so,range=... -d plugin -D FILE):
//
//   total all N                  all instructions
//   range NAME N                 those in the range, and, as "range other", in none
//   began NAME N                 the total when the first block in the range was translated
//   match NAME N                 with its sites: site NAME VADDR WORD N
//   mark I N NANOSECONDS         the I-th mark: total and host time
//
// One CPU only (the counters aren't atomic). An instruction that faults and is restarted
// counts twice.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bench/qemu_plugin_api.h"

#define MAX_RANGES  16
#define MAX_MATCHES 64
#define MAX_MARKS   256
#define SITE_SLOTS  (1u << 16)

struct range {
	char *name;
	uint64_t low, high, count;
	uint64_t began; // the total when the first block in it was translated
};

struct match {
	char *name;
	uint32_t mask, value;
};

struct site {
	struct site *next;
	uint64_t vaddr, count;
	uint32_t word;
	unsigned match;
};

int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct range ranges[MAX_RANGES + 1]; // the last that is used takes the rest
static unsigned n_ranges;
static struct match matches[MAX_MATCHES];
static unsigned n_matches;
static const char *only_in;
static unsigned long top;
static uint32_t mark_word;
static struct {
	uint64_t total;
	struct timespec at;
} marks[MAX_MARKS];
static unsigned n_marks;
static struct site *sites[SITE_SLOTS];
static size_t n_sites;

static struct range *
find_range(uint64_t vaddr)
{
	struct range *r = ranges;

	while (r->name && (vaddr < r->low || vaddr > r->high))
		r++;
	return r;
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

static uint64_t
total(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i <= n_ranges; i++)
		sum += ranges[i].count;
	return sum;
}

static void
mark(unsigned vcpu, void *unused)
{
	(void)vcpu;
	(void)unused;
	if (n_marks == MAX_MARKS)
		return;
	marks[n_marks].total = total();
	clock_gettime(CLOCK_MONOTONIC, &marks[n_marks].at);
	n_marks++;
}

static void
count_match(struct qemu_plugin_insn *insn, uint64_t vaddr, uint32_t word)
{
	struct site *s;
	unsigned c = 0;

	while (c < n_matches && (word & matches[c].mask) != matches[c].value)
		c++;
	s = c < n_matches ? find_site(vaddr, word, c) : NULL;
	if (s)
		qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &s->count, 1);
}

static void
count(struct qemu_plugin_insn *insn)
{
	uint64_t vaddr = qemu_plugin_insn_vaddr(insn);
	struct range *r = find_range(vaddr);
	uint32_t word;

	if (!r->began)
		r->began = total();
	qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &r->count, 1);
	if (qemu_plugin_insn_size(insn) != sizeof(word))
		return;
	memcpy(&word, qemu_plugin_insn_data(insn), sizeof(word));
	if (mark_word && word == mark_word)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, mark, QEMU_PLUGIN_CB_NO_REGS, NULL);
	if (n_matches && (!only_in || (r->name && !strcmp(r->name, only_in))))
		count_match(insn, vaddr, word);
}

static void
translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		count(qemu_plugin_tb_get_insn(tb, i));
}

static void
say(const char *what, const char *name, uint64_t n)
{
	char line[128];

	snprintf(line, sizeof(line), "%s %s %llu\n", what, name, (unsigned long long)n);
	qemu_plugin_outs(line);
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
say_match(struct site *const *s, size_t n)
{
	uint64_t sum = 0;
	char line[128];

	for (size_t i = 0; i < n; i++)
		sum += s[i]->count;
	say("match", matches[s[0]->match].name, sum);
	for (size_t i = 0; i < n && i < top; i++) {
		snprintf(line, sizeof(line), "site %s 0x%08llx 0x%08x %llu\n", matches[s[i]->match].name,
			 (unsigned long long)s[i]->vaddr, s[i]->word, (unsigned long long)s[i]->count);
		qemu_plugin_outs(line);
	}
}

static void
say_matches(void)
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
		say_match(all + first, i - first);
		first = i;
	}
	free(all);
}

static void
say_marks(void)
{
	char line[128];

	for (unsigned i = 0; i < n_marks; i++) {
		snprintf(line, sizeof(line), "mark %u %llu %llu\n", i, (unsigned long long)marks[i].total,
			 (unsigned long long)marks[i].at.tv_sec * 1000000000ull +
			     (unsigned long long)marks[i].at.tv_nsec);
		qemu_plugin_outs(line);
	}
}

static void
finish(qemu_plugin_id_t id, void *ctx)
{
	(void)id;
	(void)ctx;
	say("total", "all", total());
	for (unsigned i = 0; i < n_ranges; i++) {
		say("range", ranges[i].name, ranges[i].count);
		say("began", ranges[i].name, ranges[i].began);
	}
	say("range", "other", ranges[n_ranges].count);
	say_matches();
	say_marks();
}

// Splits NAME:A:B. Returns 0, or -1 if it is anything else.
static int
split(char *text, char **name, uint64_t *a, uint64_t *b)
{
	char *end;

	*name = text;
	text = strchr(text, ':');
	if (!text)
		return -1;
	*text++ = '\0';
	*a = strtoull(text, &end, 0);
	if (*end != ':')
		return -1;
	*b = strtoull(end + 1, &end, 0);
	return *end ? -1 : 0;
}

static int
parse(char *arg)
{
	uint64_t a, b;
	char *name;

	if (!strncmp(arg, "top=", 4)) {
		top = strtoul(arg + 4, NULL, 0);
		return 0;
	}
	if (!strncmp(arg, "mark=", 5)) {
		mark_word = (uint32_t)strtoul(arg + 5, NULL, 0);
		return 0;
	}
	if (!strncmp(arg, "in=", 3)) {
		only_in = arg + 3;
		return 0;
	}
	if (!strncmp(arg, "range=", 6) && n_ranges < MAX_RANGES && !split(arg + 6, &name, &a, &b)) {
		ranges[n_ranges++] = (struct range){.name = name, .low = a, .high = b};
		return 0;
	}
	if (!strncmp(arg, "match=", 6) && n_matches < MAX_MATCHES && !split(arg + 6, &name, &a, &b)) {
		matches[n_matches++] = (struct match){.name = name, .mask = (uint32_t)a, .value = (uint32_t)b};
		return 0;
	}
	fprintf(stderr, "insn.so: bad argument %s\n", arg);
	return -1;
}

int
qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (parse(argv[i]))
			return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
