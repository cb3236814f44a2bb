// SPDX-License-Identifier: MIT
//
// The indirect branches that the block policy closes blocks with and whose hypercalls carry their operands, so
// that warm exits can do them (monitor/exit/hot_block.c); others go by number. The encodings are in bt/isa/hyper_imm.h.
#ifndef BT_CODE_CLOSING_H
#define BT_CODE_CLOSING_H

#include "monitor/base/types.h"

// The imm24 of the hypercall for an A32 instruction, or 0 if it is none of these. Its condition is the SVC's.
uint32_t bt_closing_imm(uint32_t insn);

// The instruction, without its condition, that an imm24 stands for, or 0.
uint32_t bt_closing_insn(uint32_t imm24);

#endif
