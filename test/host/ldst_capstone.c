// SPDX-License-Identifier: MIT
// uses: bt/isa/ldst.c bt/isa/ldst_thumb.c
// libs: -lcapstone
//
// Loads and stores against capstone: what the decoders found is written down as assembly,
// which must be what capstone makes of the word: every T16 word, and random words of every T32
// and A32 encoding of theirs. A word that the decoders leave must be no load or store of
// capstone's. What differs on purpose stands in left_out(), and should-be bits in cleaned().
#include <capstone/capstone.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "bt/isa/ldst.h"
#include "test/host/check.h"

#define SAMPLES 400000u

static csh cs[2]; // A32, Thumb
static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint32_t
rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

static const char *const names[16] = {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7",
				      "r8", "sb", "sl", "fp", "ip", "sp", "lr", "pc"};

struct text {
	char s[160];
	size_t n;
};

__attribute__((format(printf, 2, 3))) static void
put(struct text *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	t->n += (size_t)vsnprintf(t->s + t->n, sizeof(t->s) - t->n, format, ap);
	va_end(ap);
}

static void
put_list(struct text *t, const struct bt_ldst *op)
{
	const char *separator = "{";

	for (unsigned r = 0; r < 16; r++)
		if (bit(op->reglist, r)) {
			put(t, "%s%s", separator, names[r]);
			separator = ", ";
		}
	put(t, "}%s", op->user_bank ? " ^" : "");
}

static void
put_offset(struct text *t, const struct bt_ldst *op)
{
	static const char *const shifts[4] = {"lsl", "lsr", "asr", "ror"};
	const char *minus = op->add ? "" : "-";

	if (op->rm == BT_NO_REG) {
		if (op->imm || !op->add)
			put(t, ", #%s%u", minus, op->imm);
		return;
	}
	put(t, ", %s%s", minus, names[op->rm]);
	if (op->shift == 3 && !op->amount)
		put(t, ", rrx");
	else if (op->shift || op->amount)
		put(t, ", %s #%u", shifts[op->shift], op->amount ? op->amount : 32u);
}

static void
put_address(struct text *t, const struct bt_ldst *op)
{
	bool post = !op->index;

	put(t, "[%s%s", names[op->rn], post ? "]" : "");
	put_offset(t, op);
	put(t, "%s", post ? "" : op->writeback ? "]!" : "]");
}

static void
put_multiple(struct text *t, const struct bt_ldst *op, bool thumb)
{
	static const char *const modes[4] = {"da", "db", "", "ib"};
	const char *mode = modes[2 * op->add + op->index];

	if (op->rn == 13 && op->writeback && !op->user_bank && op->add == op->load && op->index != op->load &&
	    (thumb || op->count > 1))
		put(t, op->load ? "pop " : "push ");
	else
		put(t, "%s%s %s%s, ", op->load ? "ldm" : "stm", mode, names[op->rn], op->writeback ? "!" : "");
	put_list(t, op);
}

static void
put_op(struct text *t, const struct bt_ldst *op, bool thumb)
{
	const char *type = op->size == 4 ? "" : op->size == 8 ? "d" : op->size == 2 ? "h" : "b";
	const char *ex = op->kind == BT_LDST_EXCLUSIVE ? "ex" : "", *user = op->unprivileged ? "t" : "";

	t->n = 0;
	if (op->kind == BT_LDST_MULTIPLE) {
		put_multiple(t, op, thumb);
		return;
	}
	if (op->kind == BT_LDST_SWAP) {
		put(t, "swp%s ", type);
	} else {
		put(t, "%s%s%s%s%s ", op->load ? "ldr" : "str", ex, op->sign ? "s" : "", type, user);
		if (op->rd != BT_NO_REG)
			put(t, "%s, ", names[op->rd]);
	}
	put(t, "%s, ", names[op->rt]);
	if (op->rt2 != BT_NO_REG)
		put(t, "%s, ", names[op->rt2]);
	put_address(t, op);
}

// Immediates in decimal, and none that is zero.
static void
put_decimal(struct text *t, const char *s)
{
	while (*s) {
		const char *hash = strchr(s, '#');
		char *end;
		unsigned long value;
		bool minus;

		if (!hash) {
			put(t, "%s", s);
			return;
		}
		minus = hash[1] == '-';
		value = strtoul(hash + 1 + minus, &end, 0);
		if (value || minus)
			put(t, "%.*s#%s%lu", (int)(hash - s), s, minus ? "-" : "", value);
		else
			put(t, "%.*s", (int)(hash - s - 2), s); // with its comma
		s = end;
	}
}

// What capstone says, without widths; empty for what it doesn't know.
static void
capstone(uint32_t insn, bool thumb, struct text *t)
{
	bool wide = thumb && insn > 0xffffu;
	uint32_t word = wide ? insn << 16 | insn >> 16 : insn;
	cs_insn *got;

	t->n = 0;
	t->s[0] = 0;
	if (!cs_disasm(cs[thumb], (const uint8_t *)&word, thumb && !wide ? 2 : 4, 0, 1, &got))
		return;
	put(t, "%.*s ", (int)strcspn(got->mnemonic, "."), got->mnemonic);
	put_decimal(t, got->op_str);
	cs_free(got, 1);
}

static bool
is_ldst(const char *text)
{
	static const char *const starts[] = {"ldr", "ldm", "str", "stm", "push", "pop", "swp"};

	for (unsigned i = 0; i < ARRAY_LEN(starts); i++)
		if (!strncmp(text, starts[i], strlen(starts[i])))
			return true;
	return false;
}

// UNPREDICTABLE, and no load or store to the decoders: doublewords from an odd register, or with P
// clear and W set, in A32 (A8.8.72, A8.8.76, A8.8.213); bytes and halfwords into the PC in T32, which are
// hints where they are defined (A6.3.8, A6.3.9).
static bool
left_out(uint32_t insn, bool thumb)
{
	bool doubleword = (insn & 0x0e1000d0u) == 0xd0u || (insn & 0x0fe000f0u) == 0x01a00090u;

	if (thumb)
		return (insn & 0xfe10f000u) == 0xf810f000u;
	return doubleword &&
	       ((insn & 0x1000u) || (insn & 0x01200000u) == 0x00200000u || (insn & 0x01a00001u) == 0x01a00001u);
}

// The same instruction with its should-be bits right and without registers that its list shouldn't have.
static uint32_t
cleaned(uint32_t insn, bool thumb, const struct bt_ldst *op)
{
	bool swap = op->kind == BT_LDST_SWAP;

	if (op->kind == BT_LDST_MULTIPLE && thumb)
		return op->load ? insn & (bit(insn, 15) ? ~0x6000u : ~0x2000u) : insn & ~0xa000u;
	if (!thumb && op->kind == BT_LDST_SINGLE && bits(insn, 27, 25) == 0)
		return insn & ~0xf00u; // LDRHT and its kin by a register
	if (op->kind != BT_LDST_EXCLUSIVE && !swap)
		return insn;
	if (!thumb)
		return swap ? insn & ~0xf00u : insn | (op->load ? 0xf0fu : 0xf00u);
	if (!bit(insn, 23))
		return op->load ? insn | 0xf00u : insn;
	return insn | (op->size == 8 ? 0 : 0xf00u) | (op->load ? 0xfu : 0);
}

static unsigned agreed;

static bool
agree(uint32_t insn, bool thumb)
{
	struct text ours = {.n = 0}, theirs;
	struct bt_ldst op;
	bool is = thumb ? bt_ldst_decode_thumb(insn, &op) : bt_ldst_decode(insn, &op);

	capstone(insn, thumb, &theirs);
	if (!is)
		return !is_ldst(theirs.s) || left_out(insn, thumb);
	put_op(&ours, &op, thumb);
	if (!strcmp(ours.s, theirs.s)) {
		agreed++;
		return true;
	}
	if (!theirs.s[0] && cleaned(insn, thumb, &op) != insn)
		return agree(cleaned(insn, thumb, &op), thumb);
	printf("  %08x: '%s', capstone '%s'\n", insn, ours.s, theirs.s);
	return false;
}

static void
compare(uint32_t insn, bool thumb)
{
	if (!agree(insn, thumb))
		CHECK(false);
}

static void
test_t16(void)
{
	check_case("every T16 word");
	for (uint32_t insn = 0; insn < 0xe800; insn++)
		compare(insn, true);
}

static void
test_random(const char *name, bool thumb, uint32_t fixed, uint32_t variable)
{
	check_case(name);
	for (unsigned i = 0; i < SAMPLES; i++)
		compare(fixed | (rnd() & variable), thumb);
}

int
main(void)
{
	if (cs_open(CS_ARCH_ARM, CS_MODE_ARM, &cs[0]) || cs_open(CS_ARCH_ARM, CS_MODE_THUMB, &cs[1]))
		return 1;
	test_t16();
	test_random("T32 multiple, dual, exclusive", true, 0xe8000000u, 0x01ffffffu);
	test_random("T32 single", true, 0xf8000000u, 0x01ffffffu);
	test_random("A32 word and byte", false, 0xe4000000u, 0x03ffffffu);
	test_random("A32 multiple", false, 0xe8000000u, 0x01ffffffu);
	test_random("A32 halfword, dual", false, 0xe0000090u, 0x01ffff6fu);
	test_random("A32 exclusive, swap", false, 0xe1000090u, 0x00ffff0fu);
	check_case("most are loads or stores");
	CHECK(agreed > 5 * SAMPLES / 2);
	return check_done("ldst_capstone");
}
