// SPDX-License-Identifier: MIT
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/hyper.c bt/isa/undefined.c
//
// Every sensitive word must come back bit for bit from its hypercall, no two may
// share one, and the classes must stand where the assembly looks for them.
#include "bt/isa/decode.h"
#include "bt/isa/hyper.h"
#include "test/host/check.h"

static uint64_t seed = 0x2545f4914f6cdd1du;

static uint32_t
rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

// Counts what is wrong with the hypercall of one word; a non-sensitive word has none.
static unsigned
wrong(uint32_t insn)
{
	const struct bt_row *row = bt_decode_a32(insn);
	uint32_t svc, cond = insn >= 0xf0000000u ? 14u : insn >> 28, back = 0;

	if (!row || !(row->flags & BT_SENSITIVE))
		return 0;
	svc = bt_hyper_encode(insn);
	if (svc >> 28 != cond || bits(svc, 27, 24) != 0xf)
		return 1;
	if (bits(svc, 23, 20) == 0 || bits(svc, 23, 20) == 9)
		return 1;
	if (row->imm == BT_IMM_FRAME)
		return (svc & 0xffffffu) != BT_HYPER_FRAME || bt_hyper_decode(svc, &back);
	return !bt_hyper_decode(svc, &back) || back != insn;
}

static void
test_rows(void)
{
	unsigned n;
	const struct bt_row *rows = bt_rows(BT_A32, &n);

	for (unsigned i = 0; i < n; i++) {
		unsigned bad = 0;

		check_case(rows[i].pattern);
		for (unsigned k = 0; k < 20000; k++)
			bad += wrong(rows[i].value | bt_scatter(rnd(), rows[i].payload) |
				     (rows[i].conditional ? (rnd() % 15u) << 28 : 0));
		CHECK_EQ(bad, 0);
	}
}

// Every word that differs in the low bits, and strides through the rest; then
// back: whatever decodes must encode to the very hypercall it came from.
static void
test_space(void)
{
	unsigned bad = 0, ours = 0;

	check_case("dense sample of all words");
	for (uint64_t insn = 0; insn < 1ull << 32; insn += 251)
		bad += wrong((uint32_t)insn);
	CHECK_EQ(bad, 0);

	check_case("no two words share a hypercall");
	for (uint32_t imm24 = 0; imm24 < 1u << 24; imm24++) {
		uint32_t insn;

		if (!bt_hyper_decode(0xef000000u | imm24, &insn))
			continue;
		ours++;
		bad += bt_hyper_encode(insn) != (0xef000000u | imm24);
	}
	CHECK_EQ(bad, 0);
	CHECK(ours > 1u << 23);
}

// The 8-bit classes, from which the hot handlers pick operands without the table.
static void
test_layout(void)
{
	static const struct {
		const char *what;
		uint32_t insn, svc;
	} cases[] = {
	    {"mrs r3, cpsr", 0xe10f3000, 0xef000000 | BT_IMM_MRS_CPSR << 16 | 3},
	    {"mrs r3, spsr", 0xe14f3000, 0xef000000 | BT_IMM_MRS_SPSR << 16 | 3},
	    {"msrne cpsr_c, r3", 0x1121f003, 0x1f000000 | BT_IMM_MSR_CPSR << 16 | 0x13},
	    {"msr spsr_cxsf, r3", 0xe16ff003, 0xef000000 | BT_IMM_MSR_SPSR << 16 | 0xf3},
	    {"msr cpsr_c, #0xd3", 0xe321f0d3, 0xef000000 | BT_IMM_MSR_CPSR_IMM << 16 | 0x10d3},
	    {"msr spsr_fc, #0xd3", 0xe369f0d3, 0xef000000 | BT_IMM_MSR_SPSR_IMM << 16 | 0x90d3},
	    {"cpsid i", 0xf10c0080, 0xef000000 | BT_IMM_CPS << 16 | 0x640 | 0x40},
	    {"cps #0x13", 0xf1020013, 0xef000000 | BT_IMM_CPS << 16 | 0x113},
	    {"wfi", 0xe320f003, 0xef000000 | BT_IMM_WFI << 16},
	    {"wfene", 0x1320f002, 0x1f000000 | BT_IMM_WFE << 16},
	    {"mrc tpidrprw, r3", 0xee1d3f90, 0xef000000 | BT_IMM_MRC_TPIDRPRW << 16 | 3},
	    {"mcr dacr, r5", 0xee035f10, 0xef000000 | BT_IMM_MCR_MRC << 16 | 3 << 12 | 5 << 8 | 1 << 7},
	    {"mrc p14, 1, r5, c2, c3, 4", 0xee325e93, 0xef000000 | BT_IMM_MCR_MRC << 16 | 3 << 16 | 0x2543},
	    {"ldrt r2, [r1], #4", 0xe4b12004, 0xef000000 | BT_IMM_LDRT << 16 | 5 << 17 | 1 << 13 | 2 << 9 | 4},
	    {"strbt r2, [r1], #-4", 0xe4612004, 0xef000000 | BT_IMM_LDRT << 16 | 2 << 17 | 1 << 13 | 2 << 9 | 4},
	    {"subs pc, lr, #4", 0xe25ef004, 0xef000000 | BT_IMM_SUBS_PC << 16 | 0xe004},
	    {"movs pc, lr", 0xe1b0f00e, 0xef000000 | BT_IMM_MOVS_PC << 16 | 0xe},
	    {"ldm sp, {r0-pc}^", 0xe8ddffff, 0xef000000 | BT_IMM_LDM_RETURN << 16 | 2 << 19 | 13 << 15 | 0x7fff},
	    {"ldmdb sp, {r1-lr}^", 0xe95d7ffe, 0xef000000 | BT_IMM_LDM_USER << 16 | 2 << 19 | 13 << 15 | 0x7ffe},
	    {"stmdb r8, {sp, lr}^", 0xe9486000, 0xef000000 | BT_IMM_STM_USER << 16 | 2 << 20 | 8 << 16 | 0x6000},
	    {"svc #0", 0xef000000, 0xef000000 | BT_HYPER_FRAME},
	    {"mrs with a wrong should-be bit", 0xe10f3001, 0xef000000 | BT_HYPER_FRAME},
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		check_case(cases[i].what);
		CHECK_EQ(bt_hyper_encode(cases[i].insn), cases[i].svc);
	}
	check_case("block end");
	CHECK_EQ(bt_hyper_svc(0x0afffffe, BT_HYPER_FRAME), 0x0f000000 | BT_HYPER_FRAME);
	CHECK_EQ(bt_hyper_svc(0xfa000000, BT_HYPER_FRAME), 0xef000000 | BT_HYPER_FRAME);
}

static void
test_not_ours(void)
{
	uint32_t insn;

	check_case("the guest's own calls and what has no original in it");
	CHECK(!bt_hyper_decode(0xef000000, &insn));
	CHECK(!bt_hyper_decode(0xef0fffff, &insn));
	CHECK(!bt_hyper_decode(0xef900001, &insn));
	CHECK(!bt_hyper_decode(0xef9fffff, &insn));
	CHECK(!bt_hyper_decode(0xef000000 | BT_HYPER_FRAME, &insn));
	CHECK(!bt_hyper_decode(0xef000000 | BT_HYPER_INTERN, &insn));
	CHECK(!bt_hyper_decode(0xef000000 | BT_IMM_MRS_CPSR << 16 | 0x10, &insn)); // a bit beside the payload
	CHECK(!bt_hyper_decode(0xef000000 | BT_IMM_MSR_CPSR << 16 | 0x80, &insn)); // flags only: never replaced
	CHECK(!bt_hyper_decode(0xee035f10, &insn));
	CHECK(!bt_hyper_decode(0xff100000, &insn));
	CHECK(!bt_hyper_decode(0x1f000000 | BT_IMM_CPS << 16 | 0x640, &insn)); // CPS has no condition
}

int
main(void)
{
	bt_decode_init();
	bt_hyper_init();
	test_rows();
	test_space();
	test_layout();
	test_not_ours();
	return check_done("hyper");
}
