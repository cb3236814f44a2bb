// SPDX-License-Identifier: MIT
//
// Hypercalls: what stands in a patched copy in place of a sensitive word.
//
// SVC<c> #imm24 with the condition of the original (AL for the unconditional
// space). imm24[23:16] is the row's class (bt/hyper_imm.h), the rest are the
// row's variable bits in pattern order, so the original can be rebuilt bit for
// bit, should-be fields included. Rows with BT_IMM_FRAME are not self-contained:
// all become SVC<c> #BT_HYPER_FRAME, and the original is in the guest's frame.
#ifndef BT_HYPER_H
#define BT_HYPER_H

#include "bt/hyper_imm.h"
#include "monitor/types.h"

// Finds each class's row; after bt_decode_init().
void bt_hyper_init(void);

// The hypercall for insn, which must be sensitive (BT_SENSITIVE).
uint32_t bt_hyper_encode(uint32_t insn);

// The SVC with this imm24 that takes insn's place: same condition, AL for the unconditional space.
uint32_t bt_hyper_svc(uint32_t insn, uint32_t imm24);

// Rebuilds the word that the hypercall svc stands for. False if svc is none of
// ours, or one whose original is only in the frame.
bool bt_hyper_decode(uint32_t svc, uint32_t *insn);

#endif
