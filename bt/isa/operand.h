// SPDX-License-Identifier: MIT
//
// What the operands of A32 instructions come to: the one place of it for translator, emulator, hot paths and fuzzer.
#ifndef BT_ISA_OPERAND_H
#define BT_ISA_OPERAND_H

#include "monitor/base/types.h"

// The immediate in bits [11:0]: ARMExpandImm() of ARM ARM A5.2.4.
static inline uint32_t
bt_expand_imm(uint32_t insn)
{
	uint32_t imm8 = insn & 0xffu, n = 2u * bits(insn, 11, 8);

	return n ? imm8 >> n | imm8 << (32u - n) : imm8;
}

// Shift() of A8.4.3, type and amount as encoded: LSR and ASR #0 mean 32, ROR #0 is RRX of carry (0 or 1).
static inline uint32_t
bt_shift(uint32_t value, uint32_t type, uint32_t amount, uint32_t carry)
{
	switch (type) {
	case 0:
		return value << amount;
	case 1:
		return amount ? value >> amount : 0;
	case 2:
		return (uint32_t)((int64_t)(int32_t)value >> (amount ? amount : 32u));
	default:
		return amount ? value >> amount | value << (32u - amount) : carry << 31 | value >> 1;
	}
}

// Data-processing by its opcode, bits [24:21] (A5.2.1); MOV for those that write no register.
static inline uint32_t
bt_alu(uint32_t op, uint32_t a, uint32_t b, uint32_t carry)
{
	switch (op) {
	case 0x0:
		return a & b;
	case 0x1:
		return a ^ b;
	case 0x2:
		return a - b;
	case 0x3:
		return b - a;
	case 0x4:
		return a + b;
	case 0x5:
		return a + b + carry;
	case 0x6:
		return a - b - !carry;
	case 0x7:
		return b - a - !carry;
	case 0xc:
		return a | b;
	case 0xe:
		return a & ~b;
	case 0xf:
		return ~b;
	default:
		return b;
	}
}

// A block of n words from base on as LDM, STM, SRS and RFE count by U and P (A8.8.58): its lowest address,
// and the base behind it.
static inline uint32_t
bt_block_lowest(uint32_t base, unsigned n, bool up, bool before)
{
	uint32_t start = up ? base : base - 4u * n;

	return up == before ? start + 4u : start;
}

static inline uint32_t
bt_block_behind(uint32_t base, unsigned n, bool up)
{
	return up ? base + 4u * n : base - 4u * n;
}

#endif
