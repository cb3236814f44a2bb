// SPDX-License-Identifier: MIT
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/predictable.c
//
// The T16 and T32 tables against hand-made examples: the row of each, its A32
// equivalent, what it names and when. Encodings are the GNU assembler's.
#include <string.h>
#include "bt/isa/decode.h"
#include "test/host/check.h"

// One example for every row, in table order, T16 first; its A32 equivalent or 0.
static const struct {
	uint32_t insn;
	const char *name;
	enum bt_action action;
	uint32_t a32;
} examples[] = {
    {0x448f, "ADD PC", BT_PC_WRITE, 0},
    {0x46f7, "MOV PC", BT_PC_WRITE, 0},
    {0x4770, "BX", BT_BX, 0},
    {0x4798, "BLX", BT_BLX_REG, 0},
    {0x4b04, "LDR literal", BT_LITERAL_12, 0},
    {0xa201, "ADR|ADD from PC", BT_ADR, 0},
    {0xb10b, "CBZ|CBNZ", BT_CBZ, 0},
    {0xb658, "SETEND", BT_SETEND, 0xf1010200},
    {0xb659, "SETEND lax", BT_SETEND, 0xf1010200},
    {0xb672, "CPSIE|CPSID", BT_CPS, 0xf10c0080},
    {0xb67a, "CPSIE|CPSID lax", BT_CPS, 0xf10c0080},
    {0xbd10, "POP PC", BT_PC_WRITE, 0},
    {0xbe05, "BKPT", BT_BKPT, 0},
    {0xbf00, "NOP", BT_PLAIN, 0},
    {0xbf10, "YIELD", BT_YIELD, 0xe320f001},
    {0xbf20, "WFE", BT_WFE, 0xe320f002},
    {0xbf30, "WFI", BT_WFI, 0xe320f003},
    {0xbf40, "SEV", BT_SEV, 0xe320f004},
    {0xbf70, "HINT other", BT_PLAIN, 0},
    {0xbf1a, "IT", BT_IT, 0},
    {0xde01, "UDF", BT_UDF, 0},
    {0xdf02, "SVC", BT_SVC_THUMB, 0},
    {0xd103, "B", BT_B_COND, 0},
    {0xe003, "B", BT_B, 0},
    {0xe82dc013, "SRS|SRSDB", BT_SRS, 0xf96d0513},
    {0xe82d4013, "SRS|SRSDB lax", BT_SRS, 0xf96d0513},
    {0xe98dc012, "SRS|SRSIA", BT_SRS, 0xf8cd0512},
    {0xe98ec012, "SRS|SRSIA lax", BT_SRS, 0xf8cd0512},
    {0xe811c000, "RFE|RFEDB", BT_RFE, 0xf9110a00},
    {0xe811c001, "RFE|RFEDB lax", BT_RFE, 0xf9110a00},
    {0xe9bdc000, "RFE|RFEIA", BT_RFE, 0xf8bd0a00},
    {0xe9bd4000, "RFE|RFEIA lax", BT_RFE, 0xf8bd0a00},
    {0xe8bd8010, "LDM|LDMIA|POP PC", BT_PC_WRITE, 0},
    {0xe911800c, "LDMDB PC", BT_PC_WRITE, 0},
    {0xe8dff011, "TBB|TBH", BT_TABLE_BRANCH, 0},
    {0xe9df2310, "LDRD literal", BT_LITERAL_DUAL, 0},
    {0xf20f1223, "ADDW|ADR from PC", BT_ADR, 0},
    {0xf6af0223, "SUBW|ADR from PC", BT_ADR, 0},
    {0xf3838c00, "MSR APSR", BT_PLAIN, 0},
    {0xf3838100, "MSR CPSR", BT_MSR_REG, 0xe121f003},
    {0xf3938900, "MSR SPSR", BT_MSR_REG, 0xe169f003},
    {0xf383a100, "MSR lax", BT_MSR_REG, 0xe1210003},
    {0xf3838130, "MSR banked", BT_MSR_BANKED, 0xe121f303},
    {0xf3838131, "MSR banked lax", BT_MSR_BANKED, 0xe121f303},
    {0xf3af8000, "NOP", BT_PLAIN, 0},
    {0xf3af8001, "YIELD", BT_YIELD, 0xe320f001},
    {0xf3af8002, "WFE", BT_WFE, 0xe320f002},
    {0xf3af8003, "WFI", BT_WFI, 0xe320f003},
    {0xf3af8004, "SEV", BT_SEV, 0xe320f004},
    {0xf3af80f5, "DBG", BT_PLAIN, 0},
    {0xf3a08002, "WFE lax", BT_WFE, 0xe320f002},
    {0xf3afa003, "WFI lax", BT_WFI, 0xe320f003},
    {0xf3af8014, "HINT other", BT_PLAIN, 0},
    {0xf3af8773, "CPS|CPSIE|CPSID", BT_CPS, 0xf10e00d3},
    {0xf3afa773, "CPS|CPSIE|CPSID lax", BT_CPS, 0xf10e00d3},
    {0xf3c48f00, "BXJ", BT_BXJ, 0xe12fff24},
    {0xf3c48f01, "BXJ lax", BT_BXJ, 0xe12fff24},
    {0xf3de8f04, "SUBS|MOVS|ERET PC, LR", BT_DP_RETURN, 0xe25ef004},
    {0xf3d08f04, "SUBS|MOVS|ERET PC, LR lax", BT_DP_RETURN, 0xe25ef004},
    {0xf3ef8300, "MRS CPSR", BT_MRS, 0xe10f3000},
    {0xf3ff8400, "MRS SPSR", BT_MRS, 0xe14f4000},
    {0xf3ff8401, "MRS lax", BT_MRS, 0xe14f4000},
    {0xf3f48430, "MRS banked", BT_MRS_BANKED, 0xe1444300},
    {0xf3e9a420, "MRS banked lax", BT_MRS_BANKED, 0xe1094200},
    {0xf7ea8bcd, "HVC", BT_HVC, 0xe14abc7d},
    {0xf7f58000, "SMC", BT_SMC, 0xe1600075},
    {0xf7f58001, "SMC lax", BT_SMC, 0xe1600075},
    {0xf7f1a234, "UDF", BT_UDF, 0},
    {0xf3bf8f4f, "CLREX|DSB|DMB|ISB other", BT_PLAIN, 0},
    {0xf0418118, "B", BT_B_COND, 0},
    {0xf6dcbdd3, "B", BT_B, 0},
    {0xf00ffffe, "BL", BT_BL, 0},
    {0xf00feffe, "BLX to ARM", BT_BLX_IMM, 0},
    {0xf89ff004, "PLD|PLI literal", BT_PLAIN, 0},
    {0xf89f3004, "LDRB literal", BT_LITERAL_12, 0},
    {0xf83f3004, "LDRH literal", BT_LITERAL_12, 0},
    {0xf8dff008, "LDR PC literal", BT_LITERAL_PC, 0},
    {0xf85f3008, "LDR literal", BT_LITERAL_12, 0},
    {0xf9bf3008, "LDRSB|LDRSH literal", BT_LITERAL_12, 0},
    {0xf8012e04, "STRBT", BT_LDST_UNPRIV, 0},
    {0xf8112e04, "LDRBT", BT_LDST_UNPRIV, 0},
    {0xf8212e04, "STRHT", BT_LDST_UNPRIV, 0},
    {0xf8312e04, "LDRHT", BT_LDST_UNPRIV, 0},
    {0xf8412e04, "STRT", BT_LDST_UNPRIV, 0},
    {0xf8512e04, "LDRT", BT_LDST_UNPRIV, 0},
    {0xf9112e04, "LDRSBT", BT_LDST_UNPRIV, 0},
    {0xf9312e04, "LDRSHT", BT_LDST_UNPRIV, 0},
    {0xf851f022, "LDR PC reg", BT_PC_WRITE, 0},
    {0xf851fc04, "LDR PC offset", BT_PC_WRITE, 0},
    {0xf85dfb04, "LDR|POP PC writeback", BT_PC_WRITE, 0},
    {0xf8d1f123, "LDR PC", BT_PC_WRITE, 0},
    {0xee070f95, "MCR CP15ISB", BT_PLAIN, 0xee070f95},
    {0xee070f9a, "MCR CP15DSB", BT_PLAIN, 0xee070f9a},
    {0xee070fba, "MCR CP15DMB", BT_PLAIN, 0xee070fba},
    {0xee1d0f70, "MRC TPIDRURO", BT_PLAIN, 0xee1d0f70},
    {0xee1d0f50, "MRC TPIDRURW", BT_TPIDRURW, 0xee1d0f50},
    {0xee0d0f50, "MCR TPIDRURW", BT_TPIDRURW, 0xee0d0f50},
    {0xee1d3f90, "MRC TPIDRPRW", BT_TPIDRPRW, 0xee1d3f90},
    {0xec543f1e, "MRRC CNTPCT CNTVCT", BT_PLAIN, 0xec543f1e},
    {0xee033f10, "MCR|MRC", BT_CP_REG, 0xee033f10},
    {0xec443f02, "MCRR|MRRC", BT_CP_REG2, 0xec443f02},
    {0xee132ea4, "CDP", BT_CP_OTHER, 0xee132ea4},
    {0xed905e00, "LDC|STC|LDCL|STCL", BT_CP_OTHER, 0xed905e00},
    {0xecb05e01, "LDC|STC|LDCL|STCL up", BT_CP_OTHER, 0xecb05e01},
    {0xec605e01, "LDC|STC|LDCL|STCL down", BT_CP_OTHER, 0xec605e01},
    {0xed9f0a02, "VLDR single literal", BT_LITERAL_VFP, 0},
    {0xed5f0b02, "VLDR double literal", BT_LITERAL_VFP_DUAL, 0},
    {0xeef13a10, "VMRS|VMSR FPSCR", BT_PLAIN, 0xeef13a10},
    {0xeef83a10, "VMRS", BT_VFP_SYSTEM, 0xeef83a10},
    {0xeee83a10, "VMSR", BT_VFP_SYSTEM, 0xeee83a10},
    {0xeef83a30, "VMRS|VMSR lax", BT_VFP_SYSTEM, 0xeef83a30},
};

// What must not be in the tables: neighbours of the rows that look like them.
static const uint32_t plain[] = {
    0x4687 & ~0x0080u, // MOV r7, r0
    0x4587,            // CMP pc, r0
    0x4478,            // ADD r0, pc
    0xbc10,            // POP {r4}
    0xb500,            // PUSH {lr}
    0xa801,            // ADD r0, sp, #4
    0xb610,            // undefined, beside SETEND
    0xe8bd0110,        // POP.W {r4, r8}
    0xe92d4010,        // PUSH.W {r4, lr}
    0xe8d10f4f,        // LDREXB
    0xe9d12310,        // LDRD r2, r3, [r1, #64]
    0xf2011223,        // ADDW r2, r1, #0x123
    0xf1a11201,        // SUB.W r2, r1, #1
    0xf8d12004,        // LDR.W r2, [r1, #4]
    0xf8512f04,        // LDR r2, [r1, #4]!
    0xf8512d04,        // LDR r2, [r1, #-4]!
    0xf8512b04,        // LDR r2, [r1], #4
    0xf8512c04,        // LDR r2, [r1, #-4]
    0xf8412c04,        // STR r2, [r1, #-4]
    0xed9d0b02,        // VLDR d0, [sp, #8]
    0xee300a00,        // VADD.F32
    0xee000a10,        // VMOV s0, r0
    0xfb90f1f2,        // SDIV
    0xf3c01000,        // UBFX
    0xea4f0001,        // MOV.W r0, r1
    0xef000110,        // VORR
};

static void
check_example(const struct bt_row *want, unsigned i)
{
	const struct bt_row *row = bt_decode_thumb(examples[i].insn);

	check_case(examples[i].name);
	CHECK(row == want);
	CHECK(row && strcmp(row->name, examples[i].name) == 0 && row->action == examples[i].action);
	CHECK_EQ(bt_as_a32(want, examples[i].insn), examples[i].a32);
	if (want->flags & BT_SENSITIVE && want->action != BT_LDST_UNPRIV)
		CHECK(examples[i].a32 && bt_decode_a32(examples[i].a32)->action == want->action);
	for (unsigned b = 0; b < 8u * bt_thumb_size(examples[i].insn); b++) // any fixed bit turned over leaves the row
		if (bit(want->mask, b))
			CHECK(bt_decode_thumb(examples[i].insn ^ (1u << b)) != want);
}

static void
test_examples(void)
{
	unsigned n16, n32;
	const struct bt_row *t16 = bt_rows(BT_T16, &n16), *t32 = bt_rows(BT_T32, &n32);

	CHECK_EQ(n16 + n32, ARRAY_LEN(examples));
	for (unsigned i = 0; i < n16 + n32 && i < ARRAY_LEN(examples); i++)
		check_example(i < n16 ? &t16[i] : &t32[i - n16], i);
	check_case("plain");
	for (unsigned i = 0; i < ARRAY_LEN(plain); i++)
		CHECK_EQ(bt_decode_thumb(plain[i]) ? plain[i] : 0, 0);
}

static void
test_sizes(void)
{
	check_case("sizes");
	CHECK(!bt_is_t32(0xe7fe) && bt_is_t32(0xe800) && bt_is_t32(0xf3af) && !bt_is_t32(0xbf30));
	CHECK(bt_thumb_size(0xbf30) == 2 && bt_thumb_size(0xf3af8003) == 4);
}

static void
test_targets(void)
{
	static const struct {
		const char *what;
		uint32_t insn, pc, target;
	} cases[] = {
	    {"bne, 16 bit", 0xd103, 0x1000, 0x100a},
	    {"beq backwards", 0xd0fe, 0x1002, 0x1002},
	    {"b, 16 bit", 0xe003, 0x1000, 0x100a},
	    {"b backwards", 0xe7fe, 0x1000, 0x1000},
	    {"cbz", 0xb10b, 0x1000, 0x1006},
	    {"cbz, far", 0xb3fb, 0x1000, 0x1082},
	    {"ldr literal, 16 bit", 0x4b04, 0x1002, 0x1014},
	    {"adr, 16 bit", 0xa201, 0x1002, 0x1008},
	    {"bne, 32 bit", 0xf0418118, 0x1002, 0x2236},
	    {"bne backwards", 0xf47fafff, 0x1002, 0x1004},
	    {"b, 32 bit", 0xf6dcbdd3, 0x1000000, 0xedcbaa},
	    {"bl", 0xf00ffffe, 0x1002, 0x11002},
	    {"blx", 0xf00feffe, 0x1002, 0x11000},
	    {"ldr literal, down", 0xf85f3008, 0x1002, 0xffc},
	    {"ldr literal, up", 0xf8df3008, 0x1002, 0x100c},
	    {"ldr pc literal", 0xf8dff008, 0x1000, 0x100c},
	    {"ldrd literal", 0xe9df2310, 0x1002, 0x1044},
	    {"vldr literal", 0xed9f0a02, 0x1002, 0x100c},
	    {"vldr literal, down", 0xed5f0b02, 0x1002, 0xffc},
	    {"adr, up", 0xf20f1223, 0x1002, 0x1127},
	    {"adr, down", 0xf6af0223, 0x2002, 0x17e1},
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		check_case(cases[i].what);
		CHECK_EQ(bt_target(bt_decode_thumb(cases[i].insn), cases[i].insn, cases[i].pc), cases[i].target);
	}
}

static void
test_conditions(void)
{
	check_case("conditions");
	CHECK_EQ(bt_condition(bt_decode_thumb(0xd103), 0xd103), 1);
	CHECK_EQ(bt_condition(bt_decode_thumb(0xf0418118), 0xf0418118), 1);
	CHECK_EQ(bt_condition(bt_decode_thumb(0xe003), 0xe003), 14);
	CHECK_EQ(bt_condition(bt_decode_thumb(0xf00ffffe), 0xf00ffffe), 14);
	CHECK_EQ(bt_condition(bt_decode_a32(0x1afffffe), 0x1afffffe), 1);
	CHECK_EQ(bt_condition(bt_decode_a32(0xfafffffe), 0xfafffffe), 14);
	CHECK(bt_decode_thumb(0xe003)->flags & BT_ENDS);
	CHECK(!(bt_decode_thumb(0xd103)->flags & BT_ENDS) && !(bt_decode_thumb(0xb10b)->flags & BT_ENDS));
}

static void
test_undefined(void)
{
	check_case("defined");
	for (unsigned i = 0; i < ARRAY_LEN(examples); i++)
		if (examples[i].action != BT_UDF && examples[i].action != BT_CP_OTHER)
			CHECK(!bt_undefined_thumb(examples[i].insn));
	for (unsigned i = 0; i < ARRAY_LEN(plain); i++)
		CHECK_EQ(bt_undefined_thumb(plain[i]) ? plain[i] : 0, plain[i] == 0xb610 ? 0xb610 : 0);
	check_case("undefined");
	CHECK(bt_undefined_thumb(0xde00) && bt_undefined_thumb(0xb800) && bt_undefined_thumb(0xf7f0a000));
	CHECK(bt_undefined_thumb(0xffffffff) && bt_undefined_thumb(0xeaa00000) && bt_undefined_thumb(0xf870ffff));
}

static void
test_predictable(void)
{
	check_case("operands");
	CHECK(bt_predictable(bt_decode_thumb(0xbf1a), 0xbf1a));          // ITTE NE
	CHECK(!bt_predictable(bt_decode_thumb(0xbfea), 0xbfea));         // ITTE AL
	CHECK(bt_predictable(bt_decode_thumb(0xbfe8), 0xbfe8));          // IT AL
	CHECK(!bt_predictable(bt_decode_thumb(0xb660), 0xb660));         // CPSIE none
	CHECK(!bt_predictable(bt_decode_thumb(0xf8512e04), 0xf851de04)); // LDRT sp
	CHECK(!bt_predictable(bt_decode_thumb(0xe8bdc010), 0xe8bdc010)); // POP {r4, lr, pc}
	CHECK(!bt_predictable(bt_decode_thumb(0xe8b18002), 0xe8b18002)); // LDM r1!, {r1, pc}
}

int
main(void)
{
	bt_decode_init();
	test_examples();
	test_sizes();
	test_targets();
	test_conditions();
	test_undefined();
	test_predictable();
	return check_done("thumb");
}
