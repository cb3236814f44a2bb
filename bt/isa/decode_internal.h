// SPDX-License-Identifier: MIT
//
// Shared by decode.c and thumb.c only.
#ifndef BT_ISA_DECODE_INTERNAL_H
#define BT_ISA_DECODE_INTERNAL_H

#include "bt/isa/decode.h"

// Builds the index of both Thumb tables, once their rows are parsed.
void bt_thumb_index(void);

// bt_target() of T16 and T32 rows.
uint32_t bt_thumb_target(const struct bt_row *row, uint32_t insn, uint32_t pc);

#endif
