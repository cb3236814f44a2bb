// SPDX-License-Identifier: MIT
// uses: bt/isa/vldst.c
// libs: -lcapstone
//
// Loads and stores of VFP and Advanced SIMD registers against capstone, as ldst_capstone.c does:
// random words of each encoding, A32 and T32; what they are decoded into, as a list of register
// elements in memory order, must be what capstone's text names.
#include <capstone/capstone.h>
#include <stdlib.h>
#include <string.h>
#include "bt/isa/vldst.h"
#include "test/host/check.h"

#define SAMPLES 300000u

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

// What the text of an instruction says, as far as it can be compared.
struct said {
	bool known, load, writeback;
	unsigned n, first, last, lane; // registers, in the order of the list
	bool all_lanes, has_lane, single;
	unsigned align, size; // bytes; size 0 where the text has none
	int offset;           // of VLDR and VSTR
	unsigned rn, rm;
};

static unsigned
core_register(const char *s)
{
	static const char *const names[16] = {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7",
					      "r8", "sb", "sl", "fp", "ip", "sp", "lr", "pc"};

	for (unsigned r = 0; r < 16; r++)
		if (!strncmp(s, names[r], 2))
			return r;
	return BT_VLDST_NO_REG;
}

static void
parse_registers(const char *s, struct said *out)
{
	const char *end = strchr(s, '}');

	for (end = end ? end : s + strcspn(s, ","); s < end; s++) {
		if (*s != 'd' && *s != 's')
			continue;
		out->single = *s == 's';
		out->last = (unsigned)atoi(s + 1);
		if (!out->n++)
			out->first = out->last;
		s += 1 + strspn(s + 1, "0123456789");
		if (*s == '[') {
			out->all_lanes = s[1] == ']';
			out->has_lane = !out->all_lanes;
			out->lane = (unsigned)atoi(s + 1);
		}
	}
}

// The base, its alignment in bits, an offset, and a register behind it all.
static void
parse_address(const char *s, struct said *out)
{
	const char *colon = strchr(s, ':'), *hash = strchr(s, '#'), *end = strchr(s, ']');

	out->rn = core_register(s + 1);
	out->align = colon ? (unsigned)strtoul(colon + 1, NULL, 0) / 8 : 1;
	out->offset = hash ? (int)strtol(hash + 1, NULL, 0) : 0;
	out->writeback = end[1] != 0;
	out->rm = end[1] == ',' ? core_register(end + 3) : BT_VLDST_NO_REG;
}

static struct said
capstone(uint32_t insn, bool thumb, char *text)
{
	static const char *const starts[] = {"vld", "vst", "fldm", "fstm", "vpush", "vpop"};
	uint32_t word = thumb ? insn << 16 | insn >> 16 : insn;
	struct said out = {.known = false};
	const char *dot, *list, *address;
	cs_insn *got;

	text[0] = 0;
	if (!cs_disasm(cs[thumb], (const uint8_t *)&word, 4, 0, 1, &got))
		return out;
	snprintf(text, 200, "%s %s", got->mnemonic, got->op_str);
	cs_free(got, 1);
	for (unsigned i = 0; i < ARRAY_LEN(starts); i++)
		out.known |= !strncmp(text, starts[i], strlen(starts[i]));
	if (!out.known)
		return out;
	out.load = text[1] == 'l' || text[2] == 'o';
	dot = strchr(text, '.');
	out.size = dot ? (unsigned)atoi(dot + 1) / 8 : 0;
	list = strchr(text, '{');
	parse_registers(list ? list : strchr(text, ' ') + 1, &out);
	address = strchr(text, '[');
	while (address && core_register(address + 1) == BT_VLDST_NO_REG)
		address = strchr(address + 1, '[');
	if (text[1] == 'p' || text[3] == 'm') {
		out.rn = text[1] == 'p' ? 13 : core_register(strchr(text, ' ') + 1);
		out.writeback = text[1] == 'p' || strchr(text, '!');
		out.rm = BT_VLDST_NO_REG;
	} else {
		parse_address(address, &out);
	}
	return out;
}

// The registers of the list, and their first and last.
static bool
same_registers(const struct bt_vldst *op, const struct said *s)
{
	unsigned per = 8u / op->size, unit = s->single ? 4 : 8;
	unsigned low = (op->first * per + (s->single ? op->lane : 0)) * op->size / unit;
	unsigned count = s->single ? op->lanes : op->interleave * op->repeat;
	unsigned top = s->single ? low + count - 1 : op->first + op->repeat - 1u + op->spacing * (op->interleave - 1u);

	return s->n == count && s->first == low && s->last == top;
}

static bool
same(const struct bt_vldst *op, const struct said *s)
{
	uint32_t regs[16], addr, back;

	for (unsigned r = 0; r < 16; r++)
		regs[r] = 0x1000 * r;
	bt_vldst_address(op, regs, &addr, &back);
	if (op->load != s->load || op->rn != s->rn || op->writeback != s->writeback || !same_registers(op, s))
		return false;
	if (op->vfp)
		return op->writeback || !op->index || addr == regs[op->rn] + (uint32_t)s->offset;
	if (s->size && s->size != op->size)
		return false;
	return op->rm == s->rm && op->align == s->align && op->all_lanes == s->all_lanes &&
	       (!s->has_lane || (op->lane == s->lane && op->lanes == 1));
}

// UNPREDICTABLE by its base, or by registers beyond the last: capstone names others then, or fewer; and FLDMX of
// registers above D15, which capstone doesn't know.
static bool
unpredictable(uint32_t insn, const struct said *s)
{
	bool vfp = bits(insn, 27, 25) == 6, is_double = bit(insn, 8);
	uint32_t words = bits(insn, 7, 0);

	if (!vfp)
		return bits(insn, 19, 16) == 15 || s->last < s->first;
	return words == 0 || s->first + (is_double ? words / 2 : words) > 32 || words > 32 ||
	       (is_double && bit(words, 0));
}

static unsigned agreed;

static void
compare(uint32_t insn, bool thumb)
{
	struct bt_vldst op;
	char text[200];
	struct said s = capstone(insn, thumb, text);
	bool is = bt_vldst_decode(insn, thumb, &op);

	if (is == s.known && (!is || same(&op, &s))) {
		agreed += is;
		return;
	}
	if (is != s.known && unpredictable(insn, &s))
		return;
	printf("  %08x: %s, capstone '%s'\n", insn, is ? "otherwise" : "unknown", text);
	CHECK(false);
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
	test_random("A32 VFP", false, 0xec000a00u, 0x01fff1ffu);
	test_random("T32 VFP", true, 0xec000a00u, 0x01fff1ffu);
	test_random("A32 Advanced SIMD", false, 0xf4000000u, 0x00efffffu);
	test_random("T32 Advanced SIMD", true, 0xf9000000u, 0x00efffffu);
	check_case("most are loads or stores");
	CHECK(agreed > SAMPLES);
	return check_done("vldst");
}
