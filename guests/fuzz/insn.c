// SPDX-License-Identifier: MIT
//
// See insn.h. Fields are filled one by one with what is likely to matter for their
// width; what doesn't fit together is thrown away.
#include <string.h>
#include "guests/fuzz/insn.h"
#include "guests/fuzz/ldst.h"
#include "guests/fuzz/row.h"
#include "monitor/base/types.h"

#define TRIES 4096u
#define AL    14u

// A value for a field of so many bits: immediates and register lists have the extremes more often.
static uint32_t
field_value(struct fuzz_rng *rng, unsigned width)
{
	uint32_t all = (uint32_t)((1ull << width) - 1u), value = fuzz_rng_32(rng) & all;

	if (width <= 5)
		return value;
	switch (fuzz_rng_below(rng, 6)) {
	case 0:
		return value & fuzz_rng_32(rng);
	case 1:
		return 1u << fuzz_rng_below(rng, width);
	case 2:
		return value & 0xfu;
	case 3:
		return fuzz_rng_one_in(rng, 2) ? 0 : all;
	default:
		return value;
	}
}

// The should-be bits, gathered, of rows that take any but don't make a difference: BX, BLX, TBB, TBH,
// VMRS FPSCR and the hints without a row of their own.
static uint32_t
should_be(struct fuzz_rng *rng, const struct bt_row *row)
{
	uint32_t hint = 5u + fuzz_rng_below(rng, 0xf0u - 5u);

	if (row->action == BT_PLAIN && !strncmp(row->name, "HINT", 4))
		return row->isa == BT_A32 ? 0xf000u | hint : 0x3c00u | hint;
	if (row->action == BT_TABLE_BRANCH)
		return 0xf0u;
	return row->isa == BT_A32 && row->flags & BT_INDIRECT ? 0xffffffffu : 0;
}

// T32's row of all that is left of its miscellaneous control instructions (A6.3.4): those there are.
static uint32_t
any_barrier(struct fuzz_rng *rng)
{
	static const uint32_t words[] = {0xf3bf8f2fu, 0xf3bf8f4fu, 0xf3bf8f5fu, 0xf3bf8f6fu};

	return words[fuzz_rng_below(rng, 4)];
}

static uint32_t
any_of(struct fuzz_rng *rng, const struct bt_row *row)
{
	uint32_t insn = row->value;

	for (unsigned i = 0; i < BT_FIELDS && row->letter[i]; i++)
		insn |= bt_scatter(field_value(rng, (unsigned)__builtin_popcount(row->field[i])), row->field[i]);
	if (row->lax && !fuzz_row_lax(row)) {
		if (!strncmp(row->name, "CLREX", 5))
			return any_barrier(rng);
		insn = fuzz_insn_with(row, insn, 'x', should_be(rng, row));
	}
	if (row->conditional)
		insn |= (fuzz_rng_one_in(rng, 2) ? AL : fuzz_rng_below(rng, AL + 1u)) << 28;
	return insn;
}

const struct bt_row *
fuzz_insn_row(unsigned isa, uint32_t insn)
{
	const struct bt_row *row = isa == BT_A32 ? bt_decode_a32(insn) : bt_decode_thumb(insn);

	return row ? row : fuzz_ldst_row(isa, insn);
}

bool
fuzz_insn(struct fuzz_rng *rng, const struct bt_row *row, uint32_t *insn)
{
	for (unsigned i = 0; i < TRIES; i++) {
		*insn = any_of(rng, row);
		if (fuzz_insn_row(row->isa, *insn) == row && (fuzz_row_lax(row) || bt_predictable(row, *insn)))
			return true;
	}
	return false;
}

bool
fuzz_insn_has(const struct bt_row *row, char letter)
{
	for (unsigned i = 0; i < BT_FIELDS; i++)
		if (row->letter[i] == letter)
			return true;
	return false;
}

uint32_t
fuzz_insn_with(const struct bt_row *row, uint32_t insn, char letter, uint32_t value)
{
	for (unsigned i = 0; i < BT_FIELDS; i++)
		if (row->letter[i] == letter)
			insn = (insn & ~row->field[i]) | bt_scatter(value, row->field[i]);
	return insn;
}
