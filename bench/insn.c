// SPDX-License-Identifier: MIT
//
// A TCG plugin for QEMU 7.2 that counts the instructions executed from reset to the end,
// exactly: each one adds to a counter as it begins, in the translated code itself. Arguments:
//
//   range=NAME:LOW:HIGH    virtual addresses LOW to HIGH, counted apart (the first that fits)
//   match=NAME:MASK:VALUE  A32 words with (word & MASK) == VALUE, counted apart and by site
//                          (the first that fits); t16= and t32= the same for Thumb
//   code=a32|thumb         what blocks are that look the same in both (insnmatch.h) [a32]
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
#include "bench/insnmatch.h"
#include "bench/qemu_plugin_api.h"

#define MAX_RANGES 16
#define MAX_MARKS  256

struct range {
	char *name;
	uint64_t low, high, count;
	uint64_t began; // the total when the first block in it was translated
};

int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct range ranges[MAX_RANGES + 1]; // the last that is used takes the rest
static unsigned n_ranges;
static bool matching, default_thumb;
static const char *only_in;
static unsigned long top;
static uint32_t mark_word;
static struct {
	uint64_t total;
	struct timespec at;
} marks[MAX_MARKS];
static unsigned n_marks;

static struct range *
find_range(uint64_t vaddr)
{
	struct range *r = ranges;

	while (r->name && (vaddr < r->low || vaddr > r->high))
		r++;
	return r;
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

// Whether the instruction is the A32 word that marks a point in time.
static bool
is_mark(const struct qemu_plugin_insn *insn)
{
	return mark_word && qemu_plugin_insn_size(insn) == sizeof(mark_word) &&
	       !memcmp(qemu_plugin_insn_data(insn), &mark_word, sizeof(mark_word));
}

static void
count(struct qemu_plugin_insn *insn, bool thumb)
{
	struct range *r = find_range(qemu_plugin_insn_vaddr(insn));

	if (!r->began)
		r->began = total();
	qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &r->count, 1);
	if (is_mark(insn))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, mark, QEMU_PLUGIN_CB_NO_REGS, NULL);
	if (matching && (!only_in || (r->name && !strcmp(r->name, only_in))))
		insnmatch_count(insn, thumb);
}

static void
translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	bool thumb = insnmatch_thumb(tb, default_thumb);

	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		count(qemu_plugin_tb_get_insn(tb, i), thumb);
}

static void
say(const char *what, const char *name, uint64_t n)
{
	char line[128];

	snprintf(line, sizeof(line), "%s %s %llu\n", what, name, (unsigned long long)n);
	qemu_plugin_outs(line);
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
	insnmatch_say(top);
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

// match=, t16= and t32=. Returns 0, or -1 if arg is none of them.
static int
parse_match(char *arg)
{
	static const char *const names[] = {
	    [INSNMATCH_A32] = "match=", [INSNMATCH_T16] = "t16=", [INSNMATCH_T32] = "t32="};
	uint64_t mask, value;
	char *name;

	for (enum insnmatch_isa isa = INSNMATCH_A32; isa <= INSNMATCH_T32; isa++) {
		size_t n = strlen(names[isa]);

		if (strncmp(arg, names[isa], n))
			continue;
		matching = true;
		return split(arg + n, &name, &mask, &value) ||
			       !insnmatch_add(isa, name, (uint32_t)mask, (uint32_t)value)
			   ? -1
			   : 0;
	}
	return -1;
}

static int
parse(char *arg)
{
	uint64_t a, b;
	char *name;

	if (!strncmp(arg, "top=", 4)) {
		top = strtoul(arg + 4, NULL, 0);
	} else if (!strncmp(arg, "mark=", 5)) {
		mark_word = (uint32_t)strtoul(arg + 5, NULL, 0);
	} else if (!strncmp(arg, "in=", 3)) {
		only_in = arg + 3;
	} else if (!strcmp(arg, "code=thumb") || !strcmp(arg, "code=a32")) {
		default_thumb = !strcmp(arg, "code=thumb");
	} else if (!strncmp(arg, "range=", 6) && n_ranges < MAX_RANGES && !split(arg + 6, &name, &a, &b)) {
		ranges[n_ranges++] = (struct range){.name = name, .low = a, .high = b};
	} else if (parse_match(arg)) {
		fprintf(stderr, "insn.so: bad argument %s\n", arg);
		return -1;
	}
	return 0;
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
