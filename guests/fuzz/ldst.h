// SPDX-License-Identifier: MIT
//
// Class ldst: loads and stores that no row of the instruction tables has, for they run as they are, unless
// what they access makes the monitor do them: devices, pages that hold code, nothing at all. Rows of their
// own, of the same kind and syntax as bt/isa/a32.def's.
#ifndef GUESTS_FUZZ_LDST_H
#define GUESTS_FUZZ_LDST_H

#include "guests/fuzz/gen_internal.h"

// The rows of an instruction set; *n gets their number.
const struct bt_row *fuzz_ldst_rows(unsigned isa, unsigned *n);

// Whether row is one of them.
bool fuzz_ldst_has(const struct bt_row *row);

// The first row that matches insn, or NULL.
const struct bt_row *fuzz_ldst_row(unsigned isa, uint32_t insn);

// What the pages of the window stand for, where the case accesses them: the same for the same random numbers.
void fuzz_ldst_environment(struct fuzz_gen *g, struct fuzz_rng *rng);

// An address of so many bytes near the ends of those pages, or inside them.
uint32_t fuzz_ldst_address(struct fuzz_gen *g, uint32_t size);

// Places a STREX behind its LDREX. False: it isn't one, or is to stand alone.
bool fuzz_ldst_place(struct fuzz_gen *g);

// fuzz_operands() for these rows, and others that bt/isa/ldst.h decodes and that don't load the PC.
bool fuzz_ldst_operands(struct fuzz_gen *g);

#endif
