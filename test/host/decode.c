// SPDX-License-Identifier: MIT
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/predictable.c
//
// The A32 table against hand-made examples. Thumb's: thumb.c; both against another
// disassembler: capstone.c.
#include <string.h>
#include "bt/isa/decode.h"
#include "test/host/check.h"

// One example for every row, in table order.
static const struct {
	uint32_t insn;
	const char *name;
	enum bt_action action;
} examples[] = {
    {0xe320f000, "NOP", BT_PLAIN},
    {0xe320f001, "YIELD", BT_YIELD},
    {0x1320f002, "WFE", BT_WFE},
    {0xe320f003, "WFI", BT_WFI},
    {0xe320f004, "SEV", BT_SEV},
    {0xe320f0f5, "DBG", BT_PLAIN},
    {0xe3200002, "WFE|MSR lax", BT_WFE},
    {0xe320ff03, "WFI|MSR lax", BT_WFI},
    {0xe320f014, "HINT|MSR other", BT_PLAIN},
    {0xe10f3000, "MRS CPSR", BT_MRS},
    {0xe14f0000, "MRS SPSR", BT_MRS},
    {0xe10f3001, "MRS lax", BT_MRS},
    {0xe1003200, "MRS banked", BT_MRS_BANKED},
    {0xe1003201, "MRS banked lax", BT_MRS_BANKED},
    {0xe128f003, "MSR APSR", BT_PLAIN},
    {0xe121f003, "MSR CPSR", BT_MSR_REG},
    {0xe16ff001, "MSR SPSR", BT_MSR_REG},
    {0xe1210003, "MSR lax", BT_MSR_REG},
    {0xe12ff301, "MSR banked", BT_MSR_BANKED},
    {0xe1200301, "MSR banked lax", BT_MSR_BANKED},
    {0xe328f101, "MSR APSR imm", BT_PLAIN},
    {0xe321f0d3, "MSR CPSR imm", BT_MSR_IMM},
    {0xe369f0d3, "MSR SPSR imm", BT_MSR_IMM},
    {0xe32100d3, "MSR imm lax", BT_MSR_IMM},
    {0xf10c0080, "CPS|CPSIE|CPSID", BT_CPS},
    {0xf10c1080, "CPS|CPSIE|CPSID lax", BT_CPS},
    {0xf1010200, "SETEND", BT_SETEND},
    {0xf1011200, "SETEND lax", BT_SETEND},
    {0xe12fff1e, "BX", BT_BX},
    {0xe12fff22, "BXJ", BT_BXJ},
    {0xe120ff22, "BXJ lax", BT_BXJ},
    {0xe12fff33, "BLX", BT_BLX_REG},
    {0xe1200070, "BKPT", BT_BKPT},
    {0xe1400070, "HVC", BT_HVC},
    {0xe1600070, "SMC", BT_SMC},
    {0xe1600170, "SMC lax", BT_SMC},
    {0xe160006e, "ERET", BT_ERET},
    {0xe161006e, "ERET lax", BT_ERET},
    {0xe1b0f00e, "MOVS PC", BT_DP_RETURN},
    {0xe25ef004, "SUBS PC imm", BT_DP_RETURN},
    {0xe05ef001, "ANDS|EORS|SUBS|RSBS|ADDS|ADCS|SBCS|RSCS PC", BT_DP_RETURN},
    {0xe1a0f08e + 0x100000, "ORRS|MOVS|LSLS|LSRS|ASRS|RORS|RRX|RRXS|BICS|MVNS PC", BT_DP_RETURN},
    {0xe29ef004, "ANDS|EORS|SUBS|RSBS|ADDS|ADCS|SBCS|RSCS PC imm", BT_DP_RETURN},
    {0xe3b0f000, "ORRS|MOVS|BICS|MVNS PC imm", BT_DP_RETURN},
    {0x908ff103, "AND|EOR|SUB|RSB|ADD|ADC|SBC|RSC PC", BT_PC_WRITE},
    {0xe1a0f00e, "ORR|MOV|LSL|LSR|ASR|ROR|RRX|BIC|MVN PC", BT_PC_WRITE},
    {0xe28ff004, "AND|EOR|SUB|RSB|ADD|ADC|SBC|RSC|ADR PC imm", BT_PC_WRITE},
    {0xe3a0f000, "ORR|MOV|BIC|MVN PC imm", BT_PC_WRITE},
    {0xe28f0010, "ADD|ADR from PC", BT_ADR},
    {0xe24f0010, "SUB|ADR from PC", BT_ADR},
    {0xe4b12004, "LDRT|STRT|LDRBT|STRBT", BT_LDST_UNPRIV},
    {0xe4a12204, "LDRT|STRT|LDRBT|STRBT far", BT_LDST_UNPRIV},
    {0xe6f12003, "LDRT|STRT|LDRBT|STRBT reg", BT_LDST_UNPRIV},
    {0xe6b12103, "LDRT|STRT|LDRBT|STRBT shift", BT_LDST_UNPRIV},
    {0xe0f120b2, "LDRHT", BT_LDST_UNPRIV},
    {0xe0f121b2, "LDRHT far", BT_LDST_UNPRIV},
    {0xe0e120b2, "STRHT", BT_LDST_UNPRIV},
    {0xe0e121b2, "STRHT far", BT_LDST_UNPRIV},
    {0xe0f120d2, "LDRSBT|LDRSHT", BT_LDST_UNPRIV},
    {0xe0b120b2, "LDRHT|STRHT reg", BT_LDST_UNPRIV},
    {0xe0b121b2, "LDRHT|STRHT|LDRH|STRH lax", BT_LDST_UNPRIV},
    {0xe0b120f2, "LDRSBT|LDRSHT reg", BT_LDST_UNPRIV},
    {0xe0b121f2, "LDRSBT|LDRSHT lax", BT_LDST_UNPRIV},
    {0xe59ff018, "LDR PC literal", BT_LITERAL_PC},
    {0xe59f3018, "LDR literal", BT_LITERAL_12},
    {0xe55f3018, "LDRB literal", BT_LITERAL_12},
    {0xe1df31b8, "LDRH literal", BT_LITERAL_8},
    {0xe1df31f8, "LDRSB|LDRSH literal", BT_LITERAL_8},
    {0xe1cf21d8, "LDRD literal", BT_LITERAL_DUAL},
    {0xed9f0a02, "VLDR single literal", BT_LITERAL_VFP},
    {0xed9f0b02, "VLDR double literal", BT_LITERAL_VFP_DUAL},
    {0x979ff103, "LDR PC table", BT_JUMP_TABLE},
    {0xe49df004, "LDR PC", BT_PC_WRITE},
    {0xe79ef109, "LDR PC reg", BT_PC_WRITE},
    {0xe7f001f2, "UDF", BT_UDF},
    {0xe8bd8010, "LDM|LDMDA|LDMDB|LDMIB|POP PC", BT_PC_WRITE},
    {0xe8ddffff, "LDM|LDMDA|LDMDB|LDMIB ^ PC", BT_LDM_RETURN},
    {0xe95d7ffe, "LDM|LDMDA|LDMDB|LDMIB ^", BT_LDM_USER},
    {0xe97d7ffe, "LDM|LDMDA|LDMDB|LDMIB ^ lax", BT_LDM_USER},
    {0xe9486000, "STM|STMDA|STMDB|STMIB ^", BT_STM_USER},
    {0xe9686000, "STM|STMDA|STMDB|STMIB ^ lax", BT_STM_USER},
    {0xf96d0513, "SRS|SRSDA|SRSDB|SRSIA|SRSIB", BT_SRS},
    {0xf96d0113, "SRS|SRSDA|SRSDB|SRSIA|SRSIB lax", BT_SRS},
    {0xf8bd0a00, "RFE|RFEDA|RFEDB|RFEIA|RFEIB", BT_RFE},
    {0xf8bd0000, "RFE|RFEDA|RFEDB|RFEIA|RFEIB lax", BT_RFE},
    {0x0afffffe, "B", BT_B},
    {0xeb000010, "BL", BT_BL},
    {0xfa000010, "BLX to Thumb", BT_BLX_IMM},
    {0xee070f95, "MCR CP15ISB", BT_PLAIN},
    {0xee070f9a, "MCR CP15DSB", BT_PLAIN},
    {0xee070fba, "MCR CP15DMB", BT_PLAIN},
    {0xee1d0f70, "MRC TPIDRURO", BT_PLAIN},
    {0xee1d0f50, "MRC TPIDRURW", BT_TPIDRURW},
    {0xee0d0f50, "MCR TPIDRURW", BT_TPIDRURW},
    {0xee1d3f90, "MRC TPIDRPRW", BT_TPIDRPRW},
    {0xec510f1e, "MRRC CNTPCT CNTVCT", BT_PLAIN},
    {0xee030f10, "MCR|MRC", BT_CP_REG},
    {0xec510f0e + 0x20, "MCRR|MRRC", BT_CP_REG2},
    {0xee000e00, "CDP", BT_CP_OTHER},
    {0xed905e00, "LDC|STC|LDCL|STCL", BT_CP_OTHER},
    {0xecb05e01, "LDC|STC|LDCL|STCL up", BT_CP_OTHER},
    {0xec305e01, "LDC|STC|LDCL|STCL down", BT_CP_OTHER},
    {0xeef1fa10, "VMRS|VMSR FPSCR", BT_PLAIN},
    {0xeef80a10, "VMRS", BT_VFP_SYSTEM},
    {0xeee80a10, "VMSR", BT_VFP_SYSTEM},
    {0xeef80a11, "VMRS|VMSR lax", BT_VFP_SYSTEM},
    {0xef000000, "SVC", BT_SVC},
};

// What must not be in the table: neighbours of the rows that look like them.
static const uint32_t plain[] = {
    0xe1a00000,                     // MOV r0, r0
    0xe31f0001,                     // TST pc, #1: Rd is not a destination
    0xe11ff001,                     // TST pc, r1 with Rd = 15
    0xe5912000,                     // LDR
    0xe4912004,                     // LDR, post-indexed
    0xe5b12004,                     // LDR, pre-indexed with writeback
    0xe0d120b2,                     // LDRH, post-indexed
    0xe1f120b2,                     // LDRH, pre-indexed with writeback
    0xe8bd0010,                     // LDM without ^
    0xe8ad8010,                     // STM with the PC
    0xe1600f91 + 0x300000,          // LDREX's space
    0xe0010392,                     // MUL
    0xe16f0f11,                     // CLZ
    0xee300a00,                     // VADD
    0xed9d0b02,                     // VLDR [sp]
    0xe5cd0000,                     // STRB
    0xe5dff000 - 0xf0000 + 0x10000, // LDRB into the PC: UNPREDICTABLE
    0xf57ff04f,                     // DSB
    0xf57ff01f,                     // CLREX
    0xf5d1f000,                     // PLD
    0xe30fffff,                     // MOVW
    0xe34f0fff,                     // MOVT
    0xe7f07051,                     // UBFX
    0xee000a10,                     // VMOV
};

static void
test_examples(void)
{
	unsigned n;
	const struct bt_row *rows = bt_rows(BT_A32, &n);

	CHECK_EQ(n, ARRAY_LEN(examples));
	for (unsigned i = 0; i < n && i < ARRAY_LEN(examples); i++) {
		const struct bt_row *row = bt_decode_a32(examples[i].insn);

		check_case(examples[i].name);
		CHECK(row == &rows[i]);
		CHECK(row && strcmp(row->name, examples[i].name) == 0 && row->action == examples[i].action);
		// Any fixed bit turned over leaves the row.
		for (unsigned b = 0; b < 32; b++)
			if (bit(rows[i].mask, b))
				CHECK(bt_decode_a32(examples[i].insn ^ (1u << b)) != &rows[i]);
	}
	for (unsigned i = 0; i < ARRAY_LEN(plain); i++) {
		check_case("plain");
		CHECK(bt_decode_a32(plain[i]) == NULL);
		if (bt_decode_a32(plain[i]))
			printf("%08x\n", plain[i]);
	}
}

static void
test_fields(void)
{
	const struct bt_row *row;

	check_case("fields");
	row = bt_decode_a32(0xe4b12104);
	CHECK_EQ(bt_field(row, 0xe4b12104, 'u'), 1);
	CHECK_EQ(bt_field(row, 0xe4b12104, 'b'), 0);
	CHECK_EQ(bt_field(row, 0xe4b12104, 'l'), 1);
	CHECK_EQ(bt_field(row, 0xe4b12104, 'n'), 1);
	CHECK_EQ(bt_field(row, 0xe4b12104, 't'), 2);
	CHECK_EQ(bt_field(row, 0xe4b12104, 'i'), 0x104);
	row = bt_decode_a32(0xe1df31b8); // a split field
	CHECK_EQ(bt_field(row, 0xe1df31b8, 'i'), 0x18);
	row = bt_decode_a32(0xe12fff7d & ~0xf00u);
	CHECK_EQ(bt_field(row, 0xe12ff07d, 'i'), 0xff0d);

	check_case("targets");
	CHECK_EQ(bt_target(bt_decode_a32(0xeafffffe), 0xeafffffe, 0x1000), 0x1000);
	CHECK_EQ(bt_target(bt_decode_a32(0xeb000010), 0xeb000010, 0x1000), 0x1048);
	CHECK_EQ(bt_target(bt_decode_a32(0xfb000010), 0xfb000010, 0x1000), 0x104a);
	CHECK_EQ(bt_target(bt_decode_a32(0xe59f3018), 0xe59f3018, 0x1000), 0x1020);
	CHECK_EQ(bt_target(bt_decode_a32(0xe51f3018), 0xe51f3018, 0x1000), 0xff0);
	CHECK_EQ(bt_target(bt_decode_a32(0xe1cf21d8), 0xe1cf21d8, 0x1000), 0x1020);
	CHECK_EQ(bt_target(bt_decode_a32(0xed1f0b02), 0xed1f0b02, 0x1000), 0x1000);
}

static void
test_undefined(void)
{
	check_case("defined words");
	for (unsigned i = 0; i < ARRAY_LEN(examples); i++)
		if (examples[i].action != BT_UDF && examples[i].action != BT_CP_OTHER)
			CHECK(!bt_undefined_a32(examples[i].insn));
	for (unsigned i = 0; i < ARRAY_LEN(plain); i++)
		CHECK(!bt_undefined_a32(plain[i]));
	check_case("undefined words");
	CHECK(bt_undefined_a32(0xe7f001f2) && bt_undefined_a32(0xffffffff) && bt_undefined_a32(0xe7200010));
}

// The conditions between operands: each kind of them, kept and broken.
static void
test_predictable(void)
{
	static const struct {
		const char *what;
		uint32_t insn;
		bool predictable;
	} cases[] = {
	    {"mrs r3, cpsr", 0xe10f3000, true},
	    {"mrs pc, cpsr", 0xe10ff000, false},
	    {"cpsid i", 0xf10c0080, true},
	    {"cps #0x13", 0xf1020013, true},
	    {"cps with a mode, but M clear", 0xf10c0093, false},
	    {"cps, imod 1", 0xf1040080, false},
	    {"cps with I, but no imod", 0xf1020093, false},
	    {"cpsid none", 0xf10c0000, false},
	    {"ldrt r2, [r1], #4", 0xe4b12004, true},
	    {"ldrt r1, [r1], #4", 0xe4b11004, false},
	    {"ldrt pc, [r1], #4", 0xe4b1f004, false},
	    {"strt pc, [r1], #4", 0xe4a1f004, true},
	    {"strbt pc, [r1], #4", 0xe4e1f004, false},
	    {"ldrd r2, [pc, #8]", 0xe1cf20d8, true},
	    {"ldrd r3, [pc, #8]", 0xe1cf30d8, false},
	    {"ldm r1!, {r2, pc}^", 0xe8f18004, true},
	    {"ldm r2!, {r2, pc}^", 0xe8f28004, false},
	    {"ldm r2, {r2, pc}^", 0xe8d28004, true},
	    {"stm r2, {}^", 0xe8c20000, false},
	    {"bkptne", 0x11200070, false},
	    {"bkpt", 0xe1200070, true},
	    {"mrrc r2, r2", 0xec522f02, false},
	    {"mcrr r2, r2", 0xec422f02, true},
	    {"vmrs r3, fpexc", 0xeef83a10, true},
	    {"vmrs r3, reserved", 0xeef33a10, false},
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		check_case(cases[i].what);
		CHECK_EQ(bt_predictable(bt_decode_a32(cases[i].insn), cases[i].insn), cases[i].predictable);
	}
}

int
main(void)
{
	bt_decode_init();
	test_examples();
	test_fields();
	test_undefined();
	test_predictable();
	return check_done("decode");
}
