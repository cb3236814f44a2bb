// SPDX-License-Identifier: MIT
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/predictable.c
//
// The decoder, A32 and Thumb: the index finds the row that a search of the whole table finds, the
// operands gathered from an instruction scatter back into it, and what follows from a row can be asked
// for. The A32 instruction that a sensitive Thumb one stands for is sensitive in the same way.
#include "bt/isa/decode.h"
#include "test/libfuzzer/fuzz.h"

static const struct bt_row *
search(enum bt_isa isa, uint32_t insn)
{
	unsigned n;
	const struct bt_row *rows = bt_rows(isa, &n);

	for (unsigned i = 0; i < n; i++) {
		if (isa == BT_A32 && rows[i].conditional != (insn < 0xf0000000u))
			continue;
		if ((insn & rows[i].mask) == rows[i].value)
			return &rows[i];
	}
	return NULL;
}

static void
check(enum bt_isa isa, const struct bt_row *row, uint32_t insn)
{
	HOLDS(row == search(isa, insn));
	if (!row)
		return;
	HOLDS(row->isa == isa && !(row->mask & row->payload));
	HOLDS((row->value | (insn & row->payload) | (row->conditional ? insn & 0xf0000000u : 0)) == insn);
	HOLDS(bt_scatter(bt_gather(insn, row->payload), row->payload) == (insn & row->payload));
	if (row->flags & (BT_BRANCH | BT_LITERAL) || row->action == BT_ADR)
		bt_target(row, insn, insn * 4u);
	for (unsigned i = 0; i < BT_FIELDS && row->letter[i]; i++)
		HOLDS(bt_field(row, insn, row->letter[i]) == bt_gather(insn, row->field[i]));
	bt_predictable(row, insn);
}

static void
check_thumb(uint32_t insn)
{
	const struct bt_row *row = bt_decode_thumb(insn), *a32;

	check(bt_thumb_size(insn) == 2u ? BT_T16 : BT_T32, row, insn);
	bt_undefined_thumb(insn);
	if (!row || !(row->flags & BT_SENSITIVE) || !*row->a32)
		return;
	a32 = bt_decode_a32(bt_as_a32(row, insn));
	HOLDS(a32 && a32->flags & BT_SENSITIVE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	uint32_t word;

	if (!ready)
		bt_decode_init();
	ready = true;
	EACH_WORD(word, data, size)
	{
		check(BT_A32, bt_decode_a32(word), word);
		bt_undefined_a32(word);
		check_thumb(bt_is_t32(word >> 16) ? word : word & 0xffffu);
	}
	return 0;
}
