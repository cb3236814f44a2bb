// SPDX-License-Identifier: MIT
//
// See closing.h. ARM ARM A8.8.27 (BX), A8.8.26 (BLX), A8.8.104 (MOV), A8.8.58 (LDM), A8.8.63 and A8.8.66 (LDR), A8.8.7
// (ADD).
#include "bt/code/closing.h"
#include "bt/isa/decode.h"
#include "bt/isa/hyper_imm.h"

static const struct {
	uint32_t mask, value, operands; // of the instruction, without its condition
	uint32_t imm, payload;          // of the imm24: the operands, right-aligned
	bool rm;                        // bits [3:0] are a register, which isn't the PC
} form[] = {
    {0x0ffffff0, 0x012fff10, 0x0000000f, BT_HYPER_BLOCK_BX, 0x000f, true},    // BX Rm
    {0x0ffffff0, 0x01a0f000, 0x0000000f, BT_HYPER_BLOCK_BX, 0x000f, true},    // MOV PC, Rm: the same
    {0x0ffffff0, 0x012fff30, 0x0000000f, BT_HYPER_BLOCK_BLX, 0x000f, true},   // BLX Rm
    {0x0fffa000, 0x08bd8000, 0x00007fff, BT_HYPER_BLOCK_POP, 0x5fff, false},  // LDM SP!, {list, PC}, without the SP
    {0x0ffff000, 0x049df000, 0x00000fff, BT_HYPER_BLOCK_LDR, 0x0fff, false},  // LDR PC, [SP], #imm12
    {0x0ff0fff0, 0x0790f100, 0x000f000f, BT_HYPER_BLOCK_TABLE, 0x00ff, true}, // LDR PC, [Rn, Rm, LSL #2]
    {0x0ffff070, 0x008ff000, 0x00000f8f, BT_HYPER_BLOCK_ADD, 0x01ff, true},   // ADD PC, PC, Rm, LSL #imm5
};

// Rm is the lowest operand in both.
static bool
rm_fits(unsigned i, uint32_t word)
{
	return !form[i].rm || bits(word, 3, 0) != 15u;
}

uint32_t
bt_closing_imm(uint32_t insn)
{
	for (unsigned i = 0; i < ARRAY_LEN(form); i++)
		if ((insn & form[i].mask) == form[i].value && rm_fits(i, insn))
			return form[i].imm | bt_gather(insn, form[i].operands);
	return 0;
}

uint32_t
bt_closing_insn(uint32_t imm24)
{
	for (unsigned i = 0; i < ARRAY_LEN(form); i++)
		if ((imm24 & ~form[i].payload) == form[i].imm && rm_fits(i, imm24))
			return form[i].value | bt_scatter(imm24 & form[i].payload, form[i].operands);
	return 0;
}
