// SPDX-License-Identifier: MIT
// uses: bt/isa/ldst.c
//
// Loads and stores against cases computed by hand: what each form accesses, where,
// and what becomes of its base.
#include "bt/isa/ldst.h"
#include "test/host/check.h"

// r0 is an index, r1 the base of most, r13 a stack, regs[15] the PC as an operand.
static const uint32_t regs[16] = {
    0x10, 0x1000, 0x80000001, 0xfffffff0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x2000, 0x3000, 0x8008,
};

#define NONE BT_NO_REG

static const struct {
	const char *what;
	uint32_t insn;
	enum bt_ldst_kind kind;
	bool load, sign, unprivileged, writeback;
	uint8_t size, rt, rt2;
	uint32_t addr, base;
} cases[] = {
    // kind, load, sign, unprivileged, writeback, size, rt, rt2, address, new base
    {"ldr r2, [r1, #4]", 0xe5912004, BT_LDST_SINGLE, 1, 0, 0, 0, 4, 2, NONE, 0x1004, 0x1004},
    {"ldr r2, [r1, #-4]!", 0xe5312004, BT_LDST_SINGLE, 1, 0, 0, 1, 4, 2, NONE, 0xffc, 0xffc},
    {"str r2, [r1], #4", 0xe4812004, BT_LDST_SINGLE, 0, 0, 0, 1, 4, 2, NONE, 0x1000, 0x1004},
    {"ldr r2, [pc, #8]", 0xe59f2008, BT_LDST_SINGLE, 1, 0, 0, 0, 4, 2, NONE, 0x8010, 0x8010},
    {"ldrb r2, [r1, r0]", 0xe7d12000, BT_LDST_SINGLE, 1, 0, 0, 0, 1, 2, NONE, 0x1010, 0x1010},
    {"strb r2, [r1, -r0, lsl #2]", 0xe7412100, BT_LDST_SINGLE, 0, 0, 0, 0, 1, 2, NONE, 0xfc0, 0xfc0},
    {"ldr r2, [r1, r2, lsr #1]", 0xe79120a2, BT_LDST_SINGLE, 1, 0, 0, 0, 4, 2, NONE, 0x40001000, 0x40001000},
    {"ldr r2, [r1, r2, lsr #32]", 0xe7912022, BT_LDST_SINGLE, 1, 0, 0, 0, 4, 2, NONE, 0x1000, 0x1000},
    {"ldr r2, [r1, r3, asr #2]", 0xe7912143, BT_LDST_SINGLE, 1, 0, 0, 0, 4, 2, NONE, 0xffc, 0xffc},
    {"ldr r2, [r1, r2, asr #32]", 0xe7912042, BT_LDST_SINGLE, 1, 0, 0, 0, 4, 2, NONE, 0xfff, 0xfff},
    {"ldr r2, [r1, r2, ror #4]", 0xe7912262, BT_LDST_SINGLE, 1, 0, 0, 0, 4, 2, NONE, 0x18001000, 0x18001000},
    {"ldr r2, [r1, r0, rrx]", 0xe7912060, BT_LDST_SINGLE, 1, 0, 0, 0, 4, 2, NONE, 0x80001008, 0x80001008},
    {"ldrt r2, [r1], #4", 0xe4b12004, BT_LDST_SINGLE, 1, 0, 1, 1, 4, 2, NONE, 0x1000, 0x1004},
    {"strbt r2, [r1], -r0", 0xe6612000, BT_LDST_SINGLE, 0, 0, 1, 1, 1, 2, NONE, 0x1000, 0xff0},
    {"ldrh r2, [r1, #0x12]", 0xe1d121b2, BT_LDST_SINGLE, 1, 0, 0, 0, 2, 2, NONE, 0x1012, 0x1012},
    {"strh r2, [r1, -r0]", 0xe10120b0, BT_LDST_SINGLE, 0, 0, 0, 0, 2, 2, NONE, 0xff0, 0xff0},
    {"ldrsb r2, [r1], #1", 0xe0d120d1, BT_LDST_SINGLE, 1, 1, 0, 1, 1, 2, NONE, 0x1000, 0x1001},
    {"ldrsh r2, [r1, #2]!", 0xe1f120f2, BT_LDST_SINGLE, 1, 1, 0, 1, 2, 2, NONE, 0x1002, 0x1002},
    {"ldrht r2, [r1], #2", 0xe0f120b2, BT_LDST_SINGLE, 1, 0, 1, 1, 2, 2, NONE, 0x1000, 0x1002},
    {"strht r2, [r1], r0", 0xe0a120b0, BT_LDST_SINGLE, 0, 0, 1, 1, 2, 2, NONE, 0x1000, 0x1010},
    {"ldrsbt r2, [r1], #2", 0xe0f120d2, BT_LDST_SINGLE, 1, 1, 1, 1, 1, 2, NONE, 0x1000, 0x1002},
    {"ldrd r2, [r1, #8]", 0xe1c120d8, BT_LDST_DUAL, 1, 0, 0, 0, 8, 2, 3, 0x1008, 0x1008},
    {"strd r2, [r1, r0]!", 0xe1a120f0, BT_LDST_DUAL, 0, 0, 0, 1, 8, 2, 3, 0x1010, 0x1010},
    {"ldmia r1, {r2, r3}", 0xe891000c, BT_LDST_MULTIPLE, 1, 0, 0, 0, 4, NONE, NONE, 0x1000, 0x1008},
    {"ldmib r1, {r2, r3}", 0xe991000c, BT_LDST_MULTIPLE, 1, 0, 0, 0, 4, NONE, NONE, 0x1004, 0x1008},
    {"stmdb sp!, {r2, r3, lr}", 0xe92d400c, BT_LDST_MULTIPLE, 0, 0, 0, 1, 4, NONE, NONE, 0x1ff4, 0x1ff4},
    {"ldmda r1, {r2, r3}", 0xe811000c, BT_LDST_MULTIPLE, 1, 0, 0, 0, 4, NONE, NONE, 0xffc, 0xff8},
    {"ldrex r2, [r1]", 0xe1912f9f, BT_LDST_EXCLUSIVE, 1, 0, 0, 0, 4, 2, NONE, 0x1000, 0x1000},
    {"ldrexd r2, [r1]", 0xe1b12f9f, BT_LDST_EXCLUSIVE, 1, 0, 0, 0, 8, 2, 3, 0x1000, 0x1000},
    {"strexb r4, r2, [r1]", 0xe1c14f92, BT_LDST_EXCLUSIVE, 0, 0, 0, 0, 1, 2, NONE, 0x1000, 0x1000},
    {"ldrexh r2, [r1]", 0xe1f12f9f, BT_LDST_EXCLUSIVE, 1, 0, 0, 0, 2, 2, NONE, 0x1000, 0x1000},
    {"swp r2, r3, [r1]", 0xe1012093, BT_LDST_SWAP, 1, 0, 0, 0, 4, 2, 3, 0x1000, 0x1000},
    {"swpb r2, r3, [r1]", 0xe1412093, BT_LDST_SWAP, 1, 0, 0, 0, 1, 2, 3, 0x1000, 0x1000},
};

static void
test_cases(void)
{
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		struct bt_ldst op;
		uint32_t addr, base;

		check_case(cases[i].what);
		CHECK(bt_ldst_decode(cases[i].insn, &op));
		CHECK_EQ(op.kind, cases[i].kind);
		CHECK_EQ(op.load, cases[i].load);
		CHECK_EQ(op.sign, cases[i].sign);
		CHECK_EQ(op.unprivileged, cases[i].unprivileged);
		CHECK_EQ(op.writeback, cases[i].writeback);
		CHECK_EQ(op.size, cases[i].size);
		CHECK_EQ(op.rt, cases[i].rt);
		CHECK_EQ(op.rt2, cases[i].rt2);
		bt_ldst_address(&op, regs, 1, &addr, &base);
		CHECK_EQ(addr, cases[i].addr);
		CHECK_EQ(base, cases[i].base);
	}
}

static void
test_special(void)
{
	struct bt_ldst op;

	check_case("strex's status register");
	CHECK(bt_ldst_decode(0xe1c14f92, &op));
	CHECK_EQ(op.rd, 4);
	check_case("user registers");
	CHECK(bt_ldst_decode(0xe9527fff, &op));
	CHECK(op.user_bank);
	CHECK_EQ(op.reglist, 0x7fff);
	CHECK(bt_ldst_decode(0xe9127fff, &op) && !op.user_bank);
}

static void
test_others(void)
{
	static const uint32_t others[] = {
	    0xe1a00000, // MOV
	    0xe0010392, // MUL
	    0xe0810392, // UMULL
	    0xe7f07051, // UBFX: media
	    0xf5d1f000, // PLD
	    0xed910a00, // VLDR
	    0xea000000, // B
	    0xe1c130d8, // LDRD of an odd register
	    0xe0e120d8, // LDRD, P = 0, W = 1
	    0xe8910000, // LDM of nothing
	    0xef000000, // SVC
	};

	for (unsigned i = 0; i < ARRAY_LEN(others); i++) {
		struct bt_ldst op;

		check_case("not a load or store");
		CHECK(!bt_ldst_decode(others[i], &op));
	}
}

int
main(void)
{
	test_cases();
	test_special();
	test_others();
	return check_done("ldst");
}
