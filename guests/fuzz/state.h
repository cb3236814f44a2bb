// SPDX-License-Identifier: MIT
//
// struct fuzz_state (test/fuzz/case.h) as an array of named words, and as what the
// instruction sees of it in a mode (ARM ARM B1.3.2).
#ifndef GUESTS_FUZZ_STATE_H
#define GUESTS_FUZZ_STATE_H

#include <stdbool.h>
#include "test/fuzz/case.h"

#define FUZZ_STATE_WORDS (sizeof(struct fuzz_state) / 4u)

// The name of word n ("r0", "svc_spsr", "DFSR"), and the word.
const char *fuzz_state_name(unsigned n);
uint32_t fuzz_state_word(const struct fuzz_state *s, unsigned n);
void fuzz_state_set(struct fuzz_state *s, unsigned n, uint32_t value);

// Where register n, 0 to 14, of a mode is.
uint32_t *fuzz_state_reg(struct fuzz_state *s, uint32_t mode, unsigned n);

// The mode's bank, or NULL for USR and SYS, which have none.
struct fuzz_bank *fuzz_state_bank(struct fuzz_state *s, uint32_t mode);

// The mode's name, as "svc"; "?" if there is none of this number.
const char *fuzz_state_mode(uint32_t mode);

// Whether the condition holds with the flags of this PSR (ARM ARM A8.3).
bool fuzz_state_passes(uint32_t psr, uint32_t cond);

#endif
