// SPDX-License-Identifier: MIT
//
// The rows of the instruction tables as the fuzzer sees them: by number, from A32's first to
// T32's last, with the classes they can be chosen by: an action's name (mrs, cps, dp_return),
// a flag's (sensitive, silent, branch, indirect, literal, call, reflect), lax, ldst, a row's own
// name, or one of the mnemonics in it.
#ifndef GUESTS_FUZZ_ROW_H
#define GUESTS_FUZZ_ROW_H

#include "bt/isa/decode.h"
#include "guests/fuzz/options.h"

// How many rows all tables have; and with the kinds of operations of MMU programs behind them.
unsigned fuzz_row_count(void);
unsigned fuzz_row_total(void);

// How many an instruction set has, those of ldst.h last, and which they are.
unsigned fuzz_row_count_of(unsigned isa);
const struct bt_row *fuzz_row_of(unsigned isa, unsigned n);

// Row n, its number, and the name of its instruction set.
const struct bt_row *fuzz_row(unsigned n);
unsigned fuzz_row_number(const struct bt_row *row);
const char *fuzz_row_isa(unsigned isa);

// Of row n, of fuzz_row_total(): its instruction set or FUZZ_SET_MMU, its name, its pattern (of operations: "").
unsigned fuzz_row_set(unsigned n);
const char *fuzz_row_name(unsigned n);
const char *fuzz_row_pattern(unsigned n);

bool fuzz_row_class_known(const char *name);

// Whether the run that o describes generates cases of this row.
bool fuzz_row_selected(const struct fuzz_options *o, const struct bt_row *row);
bool fuzz_row_chosen(const struct fuzz_options *o, unsigned n); // of fuzz_row_total()

// Whether all encodings of a row are UNPREDICTABLE. There are others with should-be bits that stand for all,
// clean ones, too.
bool fuzz_row_lax(const struct bt_row *row);

// Why a row is generated only if it is asked for by its name, and what covers it instead; NULL for others.
const char *fuzz_row_exempt(const struct bt_row *row);

// Prints all rows with their classes.
void fuzz_row_list(const struct fuzz_options *o);

#endif
