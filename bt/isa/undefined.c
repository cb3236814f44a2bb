// SPDX-License-Identifier: MIT
//
// What is UNDEFINED, by the decode tables of ARM ARM A5 (A32) and A6 (Thumb): the
// allocated encodings of each table as a bit mask over its opcode bits. Operands
// don't count, so that most of what is UNPREDICTABLE is defined here.
#include "bt/isa/decode.h"

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

// ARM ARM A7.4.4: of Advanced SIMD's shifts by an immediate most of what isn't allocated, -1 in T32 among it.
static bool
undefined_simd(uint32_t insn)
{
	return bit(insn, 23) && bit(insn, 11) && bit(insn, 7) && bit(insn, 4);
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
	if (op1 >= 0x40u) // its loads and stores, memory hints
		return false;
	if (op1 >= 0x20u)
		return undefined_simd(insn);
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

// ARM ARM A6.2.5, A6.2.6; the rest of the T16 space is allocated.
static bool
undefined_t16(uint32_t insn)
{
	static const uint32_t misc[4] = {0xffffffffu, 0x000cffffu, 0xffcfff00u, 0xffffffffu}; // by [11:5]

	if (bits(insn, 15, 12) == 0xb)
		return !bit(misc[bits(insn, 11, 10)], bits(insn, 9, 5));
	return bits(insn, 15, 8) == 0xde;
}

// ARM ARM A6.3.6: load/store dual or exclusive, table branch.
static bool
undefined_dual(uint32_t insn)
{
	if (bits(insn, 24, 23) != 1 || bit(insn, 21))
		return false;
	return !bit(bit(insn, 20) ? 0x00b3u : 0x00b0u, bits(insn, 7, 4));
}

// ARM ARM A6.3.11 with a shifted register, A6.3.1 with an immediate.
static bool
undefined_shifted(uint32_t insn)
{
	uint32_t op = bits(insn, 24, 21);

	return !bit(0x6d5fu, op) || (op == 6 && (bit(insn, 20) || bit(insn, 4)));
}

static bool
undefined_immediate(uint32_t insn)
{
	return bit(insn, 25) ? !bit(0x15551411u, bits(insn, 24, 20)) : !bit(0x6d1fu, bits(insn, 24, 21));
}

// ARM ARM A6.3.4: branches and miscellaneous control.
static bool
undefined_control(uint32_t insn)
{
	uint32_t op = bits(insn, 22, 20);

	if (bit(insn, 12)) // B, BL
		return false;
	if (bit(insn, 14)) // BLX
		return bit(insn, 0);
	if (bits(insn, 25, 23) != 7) // B<c>
		return false;
	if (bit(insn, 26)) // HVC, SMC, and the permanently undefined
		return op < 6 || bit(insn, 13);
	return op == 3 && !bit(0x0077u, bits(insn, 7, 4)); // barriers
}

// ARM ARM A6.3.7 to A6.3.10: load/store single, memory hints.
static bool
undefined_single(uint32_t insn)
{
	bool load = bit(insn, 20), literal = bits(insn, 19, 16) == 15;
	uint32_t size = bits(insn, 22, 21);

	if (size == 3 || (size == 2 && bit(insn, 24)) || (literal && !load))
		return true;
	if (literal || bit(insn, 23))
		return false;
	if (!bit(insn, 11)) // register offset
		return bits(insn, 10, 6) != 0;
	return !bit(insn, 10) && !bit(insn, 8); // P and W
}

// ARM ARM A6.3.12 to A6.3.15: data-processing with registers.
static bool
undefined_registers(uint32_t insn)
{
	static const uint8_t misc[4] = {0xf, 0xf, 0x1, 0x1}; // by [21:20]: the [5:4] allocated
	uint32_t op1 = bits(insn, 22, 20), op2 = bits(insn, 7, 4);

	if (bits(insn, 15, 12) != 15)
		return true;
	if (!bit(insn, 23)) // shifts, extensions
		return op2 < 8 ? op2 != 0 : op1 > 5;
	if (op2 < 8) // parallel additions and subtractions
		return (op1 & 3) == 3 || (op2 & 3) == 3;
	return op2 >= 12 || op1 >= 4 || !bit(misc[op1], op2 & 3);
}

// ARM ARM A6.3.16, A6.3.17: multiply and divide.
static bool
undefined_multiply(uint32_t insn)
{
	static const uint8_t word[8] = {0x3, 0xf, 0x3, 0x3, 0x3, 0x3, 0x3, 0x1}; // by [22:20]: the [7:4] allocated
	static const uint16_t dword[8] = {0x0001, 0x8000, 0x0001, 0x8000, 0x3f01, 0x3000, 0x0041, 0};

	return !bit(bit(insn, 23) ? dword[bits(insn, 22, 20)] : word[bits(insn, 22, 20)], bits(insn, 7, 4));
}

static bool
undefined_t32(uint32_t insn)
{
	if (bits(insn, 28, 27) == 2)
		return bit(insn, 15) ? undefined_control(insn) : undefined_immediate(insn);
	if (bits(insn, 26, 24) == 7)
		return undefined_simd(insn);
	if (bit(insn, 26))
		return bit(insn, 28) || undefined_coprocessor(insn);
	if (!bit(insn, 28)) {
		if (bit(insn, 25))
			return undefined_shifted(insn);
		return bit(insn, 22) && undefined_dual(insn);
	}
	if (!bit(insn, 25)) // of Advanced SIMD loads and stores none
		return (bit(insn, 20) || !bit(insn, 24)) && undefined_single(insn);
	return bit(insn, 24) ? undefined_multiply(insn) : undefined_registers(insn);
}

bool
bt_undefined_thumb(uint32_t insn)
{
	return insn < 0x10000u ? undefined_t16(insn) : undefined_t32(insn);
}
