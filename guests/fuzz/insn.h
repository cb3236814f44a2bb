// SPDX-License-Identifier: MIT
//
// Random instructions of a row.
#ifndef GUESTS_FUZZ_INSN_H
#define GUESTS_FUZZ_INSN_H

#include "bt/isa/decode.h"
#include "guests/fuzz/rng.h"

// An instruction that decodes to row and, unless the row is lax, is not UNPREDICTABLE by itself; as
// bt_decode_thumb() takes it. False if none was found, which is so for a row that others hide.
bool fuzz_insn(struct fuzz_rng *rng, const struct bt_row *row, uint32_t *insn);

// The row of an instruction, or NULL for a plain one.
const struct bt_row *fuzz_insn_row(unsigned isa, uint32_t insn);

// insn with the bits of a letter replaced.
uint32_t fuzz_insn_with(const struct bt_row *row, uint32_t insn, char letter, uint32_t value);

// Whether the row's pattern has this letter.
bool fuzz_insn_has(const struct bt_row *row, char letter);

#endif
