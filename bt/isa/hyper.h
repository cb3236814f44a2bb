// SPDX-License-Identifier: MIT
//
// Hypercalls: what stands in a patched copy in place of a sensitive word.
//
// SVC<c> #imm24 with the condition of the original (AL for the unconditional
// space). imm24[23:16] is the row's class (bt/isa/hyper_imm.h), the rest are the
// row's variable bits in pattern order, so the original can be rebuilt bit for
// bit, should-be fields included. Rows with BT_IMM_FRAME are not self-contained:
// all become SVC<c> #BT_HYPER_FRAME, and the original is in the guest's frame.
//
// In Thumb it's an undefined instruction of the same width, one of the unallocated encodings (bt/isa/hyper_imm.h),
// which is legal in an IT block and depends on it as the original does (ARM ARM A8.8.247).
#ifndef BT_ISA_HYPER_H
#define BT_ISA_HYPER_H

#include "bt/isa/decode.h"
#include "bt/isa/hyper_imm.h"
#include "monitor/base/types.h"

// Finds each class's row; after bt_decode_init().
void bt_hyper_init(void);

// What a sensitive instruction, which row describes, is replaced by if not by a hypercall; 0: by one.
uint32_t bt_hyper_substitute(const struct bt_row *row, uint32_t insn);

// Whether the row's hypercalls have the operands in them; else they go by number (bt/code/intern.h).
bool bt_hyper_self_contained(const struct bt_row *row);

// The hypercall for insn, which must be sensitive (BT_SENSITIVE).
uint32_t bt_hyper_encode(uint32_t insn);

// The SVC with this imm24 that takes insn's place: same condition, AL for the unconditional space.
uint32_t bt_hyper_svc(uint32_t insn, uint32_t imm24);

// Rebuilds the word that the hypercall svc stands for. False if svc is none of
// ours, or one whose original is only in the frame.
bool bt_hyper_decode(uint32_t svc, uint32_t *insn);

// The hypercall for a sensitive Thumb instruction, as wide as it is. BT_IMM_T16_FRAME or
// BT_T32_FRAME if the original doesn't fit.
uint32_t bt_hyper_encode_thumb(uint32_t insn);

// The hypercall as wide as insn with this immediate: the low byte of a T16 one, or imm16.
uint32_t bt_hyper_udf(uint32_t insn, uint32_t imm);

// If word may be a hypercall of either width, its immediate in *imm.
bool bt_hyper_udf_imm(uint32_t word, uint32_t *imm);

// Whether an undefined Thumb instruction of the guest's own could be taken for one of ours.
bool bt_hyper_ambiguous(uint32_t insn);

// Rebuilds the instruction that the hypercall udf stands for. False if udf is none of
// ours, goes by number or has its original only in the frame.
bool bt_hyper_decode_thumb(uint32_t udf, uint32_t *insn);

#endif
