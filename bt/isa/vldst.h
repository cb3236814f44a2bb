// SPDX-License-Identifier: MIT
//
// What a load or store of VFP or Advanced SIMD registers does (ARM ARM A7.6, A7.7): VLDR, VSTR,
// VLDM, VSTM, and VLD1 to VLD4, VST1 to VST4 in all their forms.
//
// All are one scheme. The register file is an array of elements of size bytes, of which
// each D register holds 8 / size. For r from 0 to repeat - 1, for n from 0 to lanes - 1, for x from 0
// to interleave - 1 the next element in memory is number
//
//   (first + r + spacing * x) * (8 / size) + lane + n
//
// S registers are elements of D0. With all_lanes one element for each x fills all lanes of
// registers first + spacing * x to first + spacing * x + repeat - 1.
#ifndef BT_ISA_VLDST_H
#define BT_ISA_VLDST_H

#include "monitor/base/types.h"

#define BT_VLDST_NO_REG 0xffu

struct bt_vldst {
	uint8_t size; // bytes of an element: 1, 2, 4, 8
	uint8_t first, repeat, lane, lanes, interleave, spacing;
	uint8_t align;        // what the first address must be a multiple of; 1: whatever
	uint8_t rn;           // base
	uint8_t rm;           // what is added to it, or BT_VLDST_NO_REG: imm is
	uint16_t imm;         // bytes
	bool load, all_lanes; //
	bool vfp;             // VLDR and kin: each element is an access of its own
	bool add, index;      // U and P: before the access the base moves down or up
	bool writeback;       // the base gets a new value
};

// Decodes an A32 instruction, or T32 if thumb. False: not one of these, or UNDEFINED. Registers
// beyond D31 are UNPREDICTABLE, and taken for UNDEFINED.
bool bt_vldst_decode(uint32_t insn, bool thumb, struct bt_vldst *out);

// Where the access begins, and what the base becomes if writeback is set; see bt_ldst_address().
void bt_vldst_address(const struct bt_vldst *op, const uint32_t regs[16], uint32_t *addr, uint32_t *writeback_value);

#endif
