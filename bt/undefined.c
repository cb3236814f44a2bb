// SPDX-License-Identifier: MIT
//
// What is UNDEFINED, by the decode tables of ARM ARM A5 (A32) and A6 (Thumb): the
// allocated encodings of each table as a bit mask over its opcode bits. Operands
// don't count, so that most of what is UNPREDICTABLE is defined here.
#include "bt/decode.h"

// ARM ARM A5.4, media instructions: bits [24:20] and [7:5] decide.
static bool
undefined_media(uint32_t insn)
{
	// Per bits [24:20]: which of the eight bits [7:5] are allocated.
	static const uint8_t allocated[32] = {
	    [0x01] = 0x9f, [0x02] = 0x9f, [0x03] = 0x9f, // signed
	    [0x05] = 0x9f, [0x06] = 0x9f, [0x07] = 0x9f, // unsigned
	    [0x08] = 0x7d,                               // PKH, SXTAB16, SEL
	    [0x0a] = 0x5f,                               // SSAT, SSAT16, SXTAB
	    [0x0b] = 0x7f,                               // SSAT, REV, SXTAH, REV16
	    [0x0c] = 0x08,                               // UXTAB16
	    [0x0e] = 0x5f,                               // USAT, USAT16, UXTAB
	    [0x0f] = 0x7f,                               // USAT, RBIT, UXTAH, REVSH
	    [0x10] = 0x0f,                               // SMLAD, SMLSD
	    [0x11] = 0x01,                               // SDIV
	    [0x13] = 0x01,                               // UDIV
	    [0x14] = 0x0f,                               // SMLALD, SMLSLD
	    [0x15] = 0xc3,                               // SMMLA, SMMLS
	    [0x18] = 0x01,                               // USAD8
	    [0x1a] = 0x44, [0x1b] = 0x44,                // SBFX
	    [0x1c] = 0x11, [0x1d] = 0x11,                // BFC, BFI
	    [0x1e] = 0x44, [0x1f] = 0x44,                // UBFX
	};
	return !bit(allocated[bits(insn, 24, 20)], bits(insn, 7, 5));
}

// ARM ARM A5.7: the space whose bits [31:28] are 1111.
static bool
undefined_unconditional(uint32_t insn)
{
	uint32_t op1 = bits(insn, 27, 20);

	if (op1 >= 0xc0u) // coprocessor instructions that no coprocessor has
		return true;
	if (op1 >= 0xa0u) // BLX
		return false;
	if (op1 >= 0x80u) // SRS and RFE: either S or L
		return bit(op1, 2) == bit(op1, 0);
	if (op1 >= 0x60u) // PLI, PLD with a register
		return bit(insn, 4) || !bit(op1, 0);
	if (op1 >= 0x50u) // PLI, PLD, barriers
		return !bit(op1, 0);
	if (op1 >= 0x20u) // Advanced SIMD
		return false;
	return op1 != 0x10u || (bit(insn, 16) ? bits(insn, 7, 4) != 0 : bit(insn, 5) != 0);
}

// ARM ARM A5.2.5, A5.2.10, A5.2.12: multiply, synchronization, miscellaneous.
static bool
undefined_register(uint32_t insn)
{
	static const uint8_t misc[8] = {0xf, 0xa, 0x2, 0x2, 0x0, 0xf, 0x8, 0xe}; // by [6:4]: the [22:21] allocated

	if ((insn & 0xf0u) == 0x90u)
		return bit(bit(insn, 24) ? 0x00eeu : 0x00a0u, bits(insn, 23, 20));
	if ((insn & 0x01900080u) == 0x01000000u)
		return !bit(misc[bits(insn, 6, 4)], bits(insn, 22, 21));
	return false;
}

// ARM ARM A5.6: the core has p10, p11, p14 and p15, the last two without data operations.
static bool
undefined_coprocessor(uint32_t insn)
{
	uint32_t coproc = bits(insn, 11, 8);

	if (bits(insn, 27, 21) == 0x60u) // 1100 000x
		return true;
	if (coproc == 10u || coproc == 11u)
		return false;
	if (coproc < 14u)
		return true;
	if (bit(insn, 25)) // CDP
		return !bit(insn, 4);
	return coproc == 15u && bits(insn, 27, 21) != 0x62u; // LDC, STC; but MCRR, MRRC
}

bool
bt_undefined_a32(uint32_t insn)
{
	if (insn >= 0xf0000000u)
		return undefined_unconditional(insn);
	switch (bits(insn, 27, 25)) {
	case 0:
		return undefined_register(insn);
	case 3:
		return bit(insn, 4) && undefined_media(insn);
	case 6:
		return undefined_coprocessor(insn);
	case 7:
		return !bit(insn, 24) && undefined_coprocessor(insn);
	default:
		return false;
	}
}
