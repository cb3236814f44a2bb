// SPDX-License-Identifier: MIT
//
// What a load or store does, for emulating it: accesses to devices and to protected
// pages, and unprivileged accesses. A32: ARM ARM A5.2.8-A5.2.10, A5.3, A5.5; Thumb: A6.2.4-A6.2.7,
// A6.3.5-A6.3.10. Not covered: preloads, TBB and TBH, LDC and STC; for VFP and Advanced SIMD
// see vldst.h.
#ifndef BT_ISA_LDST_H
#define BT_ISA_LDST_H

#include "monitor/base/types.h"

enum bt_ldst_kind {
	BT_LDST_SINGLE,    // one register
	BT_LDST_DUAL,      // LDRD, STRD: rt, rt2 and two words
	BT_LDST_MULTIPLE,  // LDM, STM: reglist
	BT_LDST_EXCLUSIVE, // LDREX*, STREX*: a STREX's status goes to rd
	BT_LDST_SWAP,      // SWP, SWPB: loads rt and stores rt2
};

#define BT_NO_REG 0xffu

struct bt_ldst {
	uint8_t kind;      // enum bt_ldst_kind
	uint8_t size;      // bytes per access: 1, 2, 4; 8 for DUAL and LDREXD, STREXD; MULTIPLE: 4
	uint8_t rn;        // base
	uint8_t rt, rt2;   // rt2: BT_NO_REG if there is none
	uint8_t rd;        // STREX's status register, else BT_NO_REG
	uint8_t rm;        // offset register, or BT_NO_REG: imm is the offset
	uint8_t shift;     // 0 LSL, 1 LSR, 2 ASR, 3 ROR, as encoded
	uint8_t amount;    // its imm5, as encoded: LSR and ASR #0 mean 32, ROR #0 is RRX
	uint16_t imm;      // bytes
	uint16_t reglist;  // MULTIPLE
	uint8_t count;     // MULTIPLE: registers in reglist
	bool load;         // SWAP: both, load is set
	bool sign;         // sign-extends
	bool unprivileged; // LDRT and its kin
	bool add, index;   // U and P
	bool writeback;    // the base gets a new value
	bool user_bank;    // LDM or STM with ^: user registers, or with the PC an exception return
};

// Decodes an A32 instruction. False: not a load or store this covers, or one that is UNDEFINED.
bool bt_ldst_decode(uint32_t insn, struct bt_ldst *out);

// The same for T16 (below 0x10000) and T32 (first halfword high).
bool bt_ldst_decode_thumb(uint32_t insn, struct bt_ldst *out);

// Where the access begins (MULTIPLE: the lowest address) and what the base becomes if writeback
// is set. regs[15] is the PC as the operand reads it: the instruction's address + 8 in A32,
// Align(address + 4, 4) in Thumb. carry is CPSR.C (0 or 1), for RRX.
void bt_ldst_address(const struct bt_ldst *op, const uint32_t regs[16], uint32_t carry, uint32_t *addr,
		     uint32_t *writeback_value);

#endif
