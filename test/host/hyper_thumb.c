// SPDX-License-Identifier: MIT
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/hyper.c
//
// hyper.c for Thumb: every sensitive instruction must come back bit for bit from its
// hypercall, which is as wide, undefined, and not UDF, which guests use themselves.
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

// Counts what is wrong with the hypercall of one instruction; one that isn't sensitive has none.
static unsigned
wrong(uint32_t insn)
{
	const struct bt_row *row = bt_decode_thumb(insn), *of_call;
	uint32_t call, imm, back;

	if (!row || !(row->flags & BT_SENSITIVE))
		return 0;
	call = bt_hyper_encode_thumb(insn);
	of_call = bt_decode_thumb(call);
	if (bt_thumb_size(call) != bt_thumb_size(insn) || !bt_undefined_thumb(call) ||
	    (of_call && of_call->action != BT_PLAIN) || !bt_hyper_udf_imm(call, &imm))
		return 1;
	if (row->isa == BT_T16) {
		if (row->imm == BT_IMM_T16_FRAME)
			return imm != BT_IMM_T16_FRAME || bt_hyper_decode_thumb(call, &back);
	} else if (row->imm == BT_IMM_T32_FRAME) {
		return imm != BT_T32_FRAME || bt_hyper_decode_thumb(call, &back);
	} else if (imm < 0x100 || imm >= BT_T32_INTERN) {
		return 1;
	}
	return !bt_hyper_decode_thumb(call, &back) || back != insn;
}

static void
test_rows(void)
{
	unsigned n, bad;
	const struct bt_row *rows = bt_rows(BT_T32, &n);

	for (unsigned i = 0; i < n; i++) {
		bad = 0;
		check_case(rows[i].pattern);
		for (unsigned k = 0; k < 20000; k++)
			bad += wrong(rows[i].value | bt_scatter(rnd(), rows[i].payload));
		CHECK_EQ(bad, 0);
	}
	check_case("every T16 instruction");
	bad = 0;
	for (uint32_t insn = 0; insn < 0xe800; insn++)
		bad += wrong(insn);
	CHECK_EQ(bad, 0);
	check_case("dense sample of T32");
	for (uint64_t insn = 0xe8000000u; insn < 1ull << 32; insn += 31)
		bad += wrong((uint32_t)insn);
	CHECK_EQ(bad, 0);
}

// Whatever decodes must encode to the very hypercall it came from.
static void
test_unique(void)
{
	unsigned bad = 0, ours = 0;
	uint32_t insn;

	check_case("no two instructions share a hypercall");
	for (uint32_t imm = 0; imm < 0x10000u; imm++) {
		uint32_t call = bt_hyper_udf(0xf3af8000, imm);

		if (bt_hyper_decode_thumb(call, &insn)) {
			ours++;
			bad += bt_hyper_encode_thumb(insn) != call;
		}
		if (imm < 0x100 && bt_hyper_decode_thumb(bt_hyper_udf(0xbf00, imm), &insn)) {
			ours++;
			bad += bt_hyper_encode_thumb(insn) != bt_hyper_udf(0xbf00, imm);
		}
	}
	CHECK_EQ(bad, 0);
	CHECK(ours > 4000);
}

static void
test_layout(void)
{
	static const struct {
		const char *what;
		uint32_t insn, imm;
	} cases[] = {
	    {"cpsid i", 0xb672, BT_IMM_T16_CPS | 8 | 2},
	    {"cpsie if", 0xb663, BT_IMM_T16_CPS | 3},
	    {"setend be", 0xb658, BT_IMM_T16_SETEND | 1},
	    {"yield", 0xbf10, BT_IMM_T16_YIELD},
	    {"wfe", 0xbf20, BT_IMM_T16_WFE},
	    {"wfi", 0xbf30, BT_IMM_T16_WFI},
	    {"sev", 0xbf40, BT_IMM_T16_SEV},
	    {"cpsid with a wrong should-be bit", 0xb67a, BT_IMM_T16_FRAME},
	    {"mrs r3, cpsr", 0xf3ef8300, BT_IMM_T32_MRS_CPSR << 8 | 3},
	    {"mrs r4, spsr", 0xf3ff8400, BT_IMM_T32_MRS_SPSR << 8 | 4},
	    {"msr cpsr_c, r3", 0xf3838100, BT_IMM_T32_MSR_CPSR << 8 | 3 << 4 | 1},
	    {"msr spsr_fc, r3", 0xf3938900, BT_IMM_T32_MSR_SPSR << 8 | 3 << 4 | 9},
	    {"wfi.w", 0xf3af8003, BT_IMM_T32_WFI << 8},
	    {"mrc tpidrprw, r3", 0xee1d3f90, BT_IMM_T32_MRC_TPIDRPRW << 8 | 3},
	    {"rfeia sp!", 0xe9bdc000, BT_IMM_T32_RFE_IA << 8 | 1 << 4 | 13},
	    {"srsdb sp!, #0x13", 0xe82dc013, BT_IMM_T32_SRS_DB << 8 | 1 << 5 | 0x13},
	    {"cpsid if, #0x13", 0xf3af8773, BT_IMM_T32_CPS << 8 | 0x773},
	    {"mrs r4, spsr_abt", 0xf3f48430, BT_IMM_T32_MRS_BANKED << 8 | 1 << 9 | 4 << 5 | 4 << 1 | 1},
	    {"msr sp_irq, r3", 0xf3838130, BT_IMM_T32_MSR_BANKED << 8 | 3 << 5 | 1 << 1 | 1},
	    {"subs pc, lr, #4", 0xf3de8f04, BT_IMM_T32_SUBS_PC << 8 | 4},
	    {"smc #5", 0xf7f58000, BT_IMM_T32_SMC << 8 | 5},
	    {"bxj r4", 0xf3c48f00, BT_IMM_T32_BXJ << 8 | 4},
	    {"vmrs r3, fpexc", 0xeef83a10, BT_IMM_T32_VMRS << 8 | 0x83},
	    {"mcr dacr, r3", 0xee033f10, BT_T32_FRAME},
	    {"ldrt r2, [r1, #4]", 0xf8512e04, BT_T32_FRAME},
	    {"hvc #0xabcd", 0xf7ea8bcd, BT_T32_FRAME},
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		check_case(cases[i].what);
		CHECK_EQ(bt_hyper_encode_thumb(cases[i].insn), bt_hyper_udf(cases[i].insn, cases[i].imm));
	}
}

static void
test_not_ours(void)
{
	static const uint32_t others[] = {
	    0xde01,
	    0xf7f0a000, // a debugger's breakpoints
	    0xde02,
	    0xde18,
	    0xdefe,
	    0xf7f0a018, // Linux's BUG and kprobes, a compiler's trap
	    0xb672,
	    0xb67f,
	    0xf3af8003, // not undefined
	    0xb600 | BT_IMM_T16_FRAME,
	    0xf7efafff, // in the frame
	    0xb6af,
	    0xf7e0a000, // of no class
	    0xf7e8a000, // by number
	    0xf7e0a110, // a bit beside MRS's payload
	};
	uint32_t insn, imm;

	check_case("the guest's own, and what has no original in it");
	for (unsigned i = 0; i < ARRAY_LEN(others); i++)
		CHECK_EQ(bt_hyper_decode_thumb(others[i], &insn) ? others[i] : 0, 0);
	check_case("immediates");
	CHECK(bt_hyper_udf_imm(0xb6ab, &imm) && imm == 0xab);
	CHECK(bt_hyper_udf_imm(0xf7e1a234, &imm) && imm == 0x1234);
	CHECK(!bt_hyper_udf_imm(0xdeab, &imm) && !bt_hyper_udf_imm(0xb62b, &imm));
	CHECK(!bt_hyper_udf_imm(0xf7f1a234, &imm) && !bt_hyper_udf_imm(0xf7e18234, &imm));
	CHECK_EQ(bt_hyper_udf(0xbf30, 0xab), 0xb6ab);
	CHECK_EQ(bt_hyper_udf(0xf3af8003, 0x1234), 0xf7e1a234);
}

int
main(void)
{
	bt_decode_init();
	bt_hyper_init();
	test_rows();
	test_unique();
	test_layout();
	test_not_ours();
	return check_done("hyper_thumb");
}
