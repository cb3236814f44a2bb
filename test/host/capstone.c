// SPDX-License-Identifier: MIT
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/predictable.c
// libs: -lcapstone
//
// The three tables and bt_undefined_*() against capstone 4.0.2, instruction by
// instruction. The two agree about one if
//
// - a row matches, and capstone's mnemonic is one of the row's;
// - capstone refuses it, and we call it UNDEFINED, or UNPREDICTABLE by its should-be
//   bits (a lax row) or its operands (bt_predictable());
// - no row matches, and capstone's text names nothing that should have one: no
//   mnemonic of `reserved`, nothing in the PC's neighbourhood, no PC as destination.
//
// Whatever is left must be in `explained`, with the reason and the manual's section
// (ARM ARM DDI 0406C), and every line there must still be needed.
//
//   build/test/capstone                     a sample, in seconds
//   build/test/capstone all [SHARD/SHARDS]  every A32 word, T16 and T32 instruction
#include <capstone/capstone.h>
#include <stdlib.h>
#include <string.h>
#include "bt/isa/decode.h"
#include "monitor/base/arch.h"
#include "test/host/check.h"

enum kind {
	NAME,      // capstone calls it something else than the row does
	REFUSED,   // capstone doesn't know it
	UNDEFINED, // capstone knows it, and we say it's UNDEFINED
	MISSED,    // capstone thinks that it should have a row
	KINDS
};

static const char *const kind_text[KINDS] = {"named", "refused", "not undefined", "without a row,"};

#define SHOWN 100u

static struct explained {
	enum bt_isa isa;
	enum kind kind;
	const char *pattern, *mnemonics, *why, *section;
	uint32_t mask, value;
	unsigned long seen;
} explained[] = {
#define EXPLAIN(set, kind, pattern, mnemonics, why, section)                                                           \
	{BT_##set, kind, pattern, mnemonics, why, section, 0, 0, 0},
#include "test/host/capstone.def"
#undef EXPLAIN
};

// Of these mnemonics every instruction should have a row.
static const char *const reserved[] = {
    "adr",  "b",    "bkpt",   "bl",    "blx",   "bx",    "bxj",   "cbnz", "cbz",   "cdp",   "cps",   "cpsid",  "cpsie",
    "dbg",  "eret", "fmstat", "hint",  "hlt",   "hvc",   "it",    "ldc",  "ldcl",  "ldrbt", "ldrht", "ldrsbt", "ldrsht",
    "ldrt", "mcr",  "mcrr",   "mrc",   "mrrc",  "mrs",   "msr",   "nop",  "rfeda", "rfedb", "rfeia", "rfeib",  "setend",
    "sev",  "sevl", "smc",    "srsda", "srsdb", "srsia", "srsib", "stc",  "stcl",  "strbt", "strht", "strt",   "svc",
    "tbb",  "tbh",  "trap",   "udf",   "vmrs",  "vmsr",  "wfe",   "wfi",  "yield",
};

struct word {
	enum bt_isa isa;
	uint32_t insn;
	const struct bt_row *row;
	bool undefined;
	bool known;       // to capstone
	size_t len, bare; // of capstone's mnemonic without qualifier, and without condition
};

#define RESERVED_SIZE 1024u

// Whose first operand is not a destination, besides st* and vst*.
static const char no_destination[] = "cmp|cmn|tst|teq|push|fstmdbx|fstmiax";

static csh arm, thumb;
static cs_insn *text, *ignored;
static uint64_t seed = 0x9e3779b97f4a7c15u;
static unsigned long words, unexplained;

static uint32_t
rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

// IT's mnemonic ends where its mask begins. A condition is any, not just the word's own: capstone 4
// prints the wrong one with banked MRS and MSR.
static void
measure(struct word *w)
{
	static const char conds[] = "eqnehslomiplvsvchilsgeltgtle";
	const char *m = text->mnemonic;

	w->len = 0;
	while (m[w->len] && m[w->len] != '.')
		w->len++;
	if (w->row && w->row->action == BT_IT && strspn(m, "ite") == w->len)
		w->len = 2;
	w->bare = w->len;
	for (const char *c = conds; *c && w->len > 2; c += 2)
		if (c[0] == m[w->len - 2] && c[1] == m[w->len - 1])
			w->bare = w->len - 2;
}

// Capstone remembers an IT block, in which it reads the next four differently.
static void
leave_it(void)
{
	static const uint8_t nops[8] = {0, 0xbf, 0, 0xbf, 0, 0xbf, 0, 0xbf};
	const uint8_t *p = nops;
	size_t size = sizeof(nops);
	uint64_t address = 0;

	while (size)
		cs_disasm_iter(thumb, &p, &size, &address, ignored);
}

static void
look_up(struct word *w, enum bt_isa isa, uint32_t insn)
{
	uint32_t bytes = isa == BT_T32 ? insn << 16 | insn >> 16 : insn;
	const uint8_t *p = (const uint8_t *)&bytes;
	size_t size = isa == BT_T16 ? 2 : 4;
	uint64_t address = 0;

	w->isa = isa;
	w->insn = insn;
	w->row = isa == BT_A32 ? bt_decode_a32(insn) : bt_decode_thumb(insn);
	w->undefined = isa == BT_A32 ? bt_undefined_a32(insn) : bt_undefined_thumb(insn);
	w->known = cs_disasm_iter(isa == BT_A32 ? arm : thumb, &p, &size, &address, text);
	if (w->known)
		measure(w);
	if (w->row && w->row->action == BT_IT)
		leave_it();
}

// Whether the mnemonic is one of those in a list that is separated by | and ends at a blank.
static bool
listed(const char *list, const struct word *w)
{
	while (*list && *list != ' ') {
		size_t n = 0;

		while (list[n] && list[n] != '|' && list[n] != ' ')
			n++;
		if ((n == w->len || n == w->bare) && strncasecmp(list, text->mnemonic, n) == 0)
			return true;
		list += n;
		list += *list == '|';
	}
	return false;
}

// A hash table of `reserved`: at or after its hash, as far as there is no gap.
static const char *reserved_at[RESERVED_SIZE];

static unsigned
hash(const char *mnemonic, size_t len)
{
	unsigned h = (unsigned)len;

	for (size_t i = 0; i < len; i++)
		h = h * 31u + (unsigned char)mnemonic[i];
	return h % RESERVED_SIZE;
}

static bool
is_reserved(const char *mnemonic, size_t len)
{
	for (unsigned h = hash(mnemonic, len); reserved_at[h]; h = (h + 1) % RESERVED_SIZE)
		if (strncmp(reserved_at[h], mnemonic, len) == 0 && !reserved_at[h][len])
			return true;
	return false;
}

static void
fill_reserved(void)
{
	for (unsigned i = 0; i < ARRAY_LEN(reserved); i++) {
		unsigned h = hash(reserved[i], strlen(reserved[i]));

		while (reserved_at[h])
			h = (h + 1) % RESERVED_SIZE;
		reserved_at[h] = reserved[i];
	}
}

// Whether this is a load from the PC or into it, or an address: "pc, ...", "[pc ...", "... pc}", "..., pc, #...".
static bool
names_pc(const struct word *w)
{
	const char *operands = text->op_str;

	if (!strstr(operands, "pc"))
		return false;
	if (strncmp(operands, "pc,", 3) == 0 || strstr(operands, "[pc") || strstr(operands, "pc}"))
		return !listed(no_destination, w) && strncmp(text->mnemonic, "st", 2) != 0 &&
		       strncmp(text->mnemonic, "vst", 3) != 0;
	return strstr(operands, ", pc, #") && listed("add|addw|sub|subw", w);
}

static bool
wants_row(const struct word *w)
{
	return is_reserved(text->mnemonic, w->len) || is_reserved(text->mnemonic, w->bare) ||
	       strchr(text->op_str, '^') || names_pc(w);
}

// Whether the two differ, and how.
static bool
differ(const struct word *w, enum kind *kind)
{
	bool permanently = w->row && w->row->action == BT_UDF;

	if (!w->known) {
		*kind = REFUSED;
		return !w->undefined && !(w->row && (w->row->lax || !bt_predictable(w->row, w->insn)));
	}
	if (w->row && !listed(w->row->name, w)) {
		*kind = NAME;
		return true;
	}
	if (w->undefined && !permanently) {
		*kind = UNDEFINED;
		return true;
	}
	*kind = MISSED;
	return !w->row && wants_row(w);
}

static struct explained *
explanation(const struct word *w, enum kind kind)
{
	for (unsigned i = 0; i < ARRAY_LEN(explained); i++) {
		struct explained *e = &explained[i];

		if (e->isa == w->isa && e->kind == kind && (w->insn & e->mask) == e->value &&
		    (e->pattern[0] != 'c' || w->insn < 0xf0000000u) && (!e->mnemonics[0] || listed(e->mnemonics, w)))
			return e;
	}
	return NULL;
}

static const char *const isa_name[BT_ISAS] = {"A32", "T16", "T32"};

static void
compare_word(enum bt_isa isa, uint32_t insn)
{
	struct word w;
	enum kind kind;
	struct explained *e;

	words++;
	look_up(&w, isa, insn);
	if (!differ(&w, &kind))
		return;
	e = explanation(&w, kind);
	if (e)
		e->seen++;
	else if (unexplained++ < SHOWN)
		printf("  %s %08x (%s): capstone: %s %s %s\n", isa_name[isa], insn, w.row ? w.row->name : "no row",
		       kind_text[kind], w.known ? text->mnemonic : "", w.known ? text->op_str : "");
}

static void
parse_explained(void)
{
	for (unsigned i = 0; i < ARRAY_LEN(explained); i++) {
		unsigned n = 0;

		for (const char *p = explained[i].pattern; *p; p++) {
			if (*p == ' ')
				continue;
			n++;
			explained[i].mask = explained[i].mask << 1 | (*p == '0' || *p == '1');
			explained[i].value = explained[i].value << 1 | (*p == '1');
		}
		BUG_ON(n != 16 && n != 32);
	}
}

static uint32_t
with_condition(enum bt_isa isa, const char *pattern, uint32_t insn)
{
	return isa == BT_A32 && pattern[0] == 'c' ? (insn & 0x0fffffffu) | (rnd() % 15u) << 28 : insn;
}

// Random operands for every row and every explanation, which must be seen to be needed.
static void
sample_patterns(void)
{
	for (enum bt_isa isa = BT_A32; isa < BT_ISAS; isa++) {
		unsigned n;
		const struct bt_row *rows = bt_rows(isa, &n);

		for (unsigned i = 0; i < n * 2000u; i++) {
			const struct bt_row *row = &rows[i / 2000u];

			compare_word(isa,
				     with_condition(isa, row->pattern, row->value | bt_scatter(rnd(), row->payload)));
		}
	}
	for (unsigned i = 0; i < ARRAY_LEN(explained); i++) {
		struct explained *e = &explained[i];
		uint32_t any = e->isa == BT_T16 ? 0xffffu & ~e->mask : ~e->mask;

		for (unsigned k = 0; k < 20000 && (k < 500 || !e->seen); k++)
			compare_word(e->isa, with_condition(e->isa, e->pattern, e->value | (rnd() & any)));
		if (!e->seen)
			printf("  never seen: %s %s (%s)\n", e->pattern, e->mnemonics, e->why);
		CHECK(e->seen);
	}
}

// Every step-th instruction of a set, in the blocks of 2^20 that are this shard's.
static void
walk(enum bt_isa isa, uint64_t from, uint64_t to, unsigned step, unsigned shard, unsigned shards)
{
	for (uint64_t block = from >> 20; block << 20 < to; block++) {
		uint64_t end = (block + 1) << 20 < to ? (block + 1) << 20 : to;

		if (block % shards != shard)
			continue;
		for (uint64_t insn = (block << 20) + (block * 7919u) % step; insn < end; insn += step)
			compare_word(isa, (uint32_t)insn);
		if (step > 1 || (block / shards) % 64u != 63u)
			continue;
		printf("capstone: %u %% of %s, %lu compared, %lu unexplained\n",
		       (unsigned)(100 * (end - from) / (to - from)), isa_name[isa], words, unexplained);
		fflush(stdout);
	}
}

int
main(int argc, char **argv)
{
	unsigned shard = 0, shards = 1;
	bool all = argc > 1 && strcmp(argv[1], "all") == 0;

	if ((argc > 1 && !all) || argc > 3 ||
	    (argc == 3 && (sscanf(argv[2], "%u/%u", &shard, &shards) != 2 || shard >= shards))) {
		fprintf(stderr, "usage: capstone [all [SHARD/SHARDS]]\n");
		return 1;
	}
	bt_decode_init();
	parse_explained();
	fill_reserved();
	if (cs_open(CS_ARCH_ARM, CS_MODE_ARM, &arm) || cs_open(CS_ARCH_ARM, CS_MODE_THUMB, &thumb))
		return 1;
	text = cs_malloc(arm);
	ignored = cs_malloc(thumb);
	check_case("every row, every explanation");
	sample_patterns();
	check_case("T16, T32 and A32");
	walk(BT_T16, 0, 0xe800, 1, 0, 1);
	walk(BT_T32, 0xe8000000u, 1ull << 32, all ? 1 : 233, shard, shards);
	walk(BT_A32, 0, 1ull << 32, all ? 1 : 1499, shard, shards);
	CHECK_EQ(unexplained, 0);
	printf("%lu compared, %lu unexplained\n", words, unexplained);
	cs_free(text, 1);
	cs_free(ignored, 1);
	cs_close(&arm);
	cs_close(&thumb);
	return check_done("capstone");
}
