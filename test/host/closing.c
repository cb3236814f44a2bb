// SPDX-License-Identifier: MIT
// uses: bt/code/closing.c bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/predictable.c
//
// The hypercalls that carry an indirect branch's operands: each comes back bit for bit, none has another's
// number, and what can't be done by a warm exit has none.
#include "bt/code/closing.h"
#include "bt/isa/hyper_imm.h"
#include "bt/code/intern.h"
#include "test/host/check.h"

static void
test_forms(void)
{
	static const struct {
		uint32_t insn, imm;
	} form[] = {
	    {0xe12fff1e, 0x8f010e},                         // BX LR
	    {0x112fff13, 0x8f0103},                         // BXNE r3
	    {0xe12fff3e, 0x8f011e},                         // BLX LR
	    {0xe8bd8010, 0x8f8010},                         // POP {r4, PC}
	    {0xe8bddff0, 0x8fdff0},                         // POP {r4-r12, LR, PC}
	    {0xe49df008, 0x8fa008},                         // LDR PC, [SP], #8
	    {0xe49dffff, 0x8fafff}, {0x979ff103, 0x8fb0f3}, // LDRLS PC, [PC, r3, LSL #2]
	    {0xe79df10e, 0x8fb0de},                         // LDR PC, [SP, LR, LSL #2]
	    {0xe08ff00c, 0x8fb20c},                         // ADD PC, PC, r12
	    {0xe08fff8c, 0x8fb3fc},                         // ADD PC, PC, r12, LSL #31
	};

	check_case("each form has its number and comes back");
	for (unsigned i = 0; i < ARRAY_LEN(form); i++) {
		CHECK_EQ(bt_closing_imm(form[i].insn), form[i].imm);
		CHECK_EQ(bt_closing_insn(form[i].imm), form[i].insn & 0x0fffffffu);
	}
	check_case("MOV PC is BX");
	CHECK_EQ(bt_closing_imm(0xe1a0f00e), 0x8f010e);
}

static void
test_others(void)
{
	static const uint32_t none[] = {
	    0xe12fff1f, 0xe12fff3f, 0xe1a0f00f,             // of the PC
	    0xe8bda010, 0xe89d8010, 0xe93d8010,             // POP of the SP, without writeback, LDMDB
	    0xe49d8008, 0xe41df008, 0xe59df008,             // LDR of another register, downwards, with an offset
	    0xe79ff10f, 0xe79ff183, 0xe71ff103, 0xe7bff103, // Rm PC, LSL #3, subtracted, with writeback
	    0xe08ff00f, 0xe09ff00c, 0xe08ff02c, 0xe08ff01c, 0xe080f00c, // Rm PC, ADDS, LSR, by register, another Rn
	};

	check_case("what isn't one of the forms has none");
	for (unsigned i = 0; i < ARRAY_LEN(none); i++)
		CHECK_EQ(bt_closing_imm(none[i]), 0);
}

static void
test_all(void)
{
	unsigned n = 0;

	check_case("every number is its instruction's");
	for (uint32_t imm = 0x8f0000; imm <= 0x8fffff; imm++) {
		uint32_t insn = bt_closing_insn(imm);

		if (imm - BT_HYPER_INTERN < INTERN_WORDS)
			CHECK_EQ(insn, 0);
		if (!insn)
			continue;
		n++;
		CHECK_EQ(bt_closing_imm(insn | 0xe0000000u), imm);
	}
	CHECK(n > 0x4000);
}

int
main(void)
{
	test_forms();
	test_others();
	test_all();
	return check_done("closing");
}
