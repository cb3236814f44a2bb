// SPDX-License-Identifier: MIT
// uses: bt/decode.c
//
// The decoder: the index finds the row that a search of the whole table finds, the operands
// gathered from a word scatter back into it, and what follows from a row can be asked for.
#include "bt/decode.h"
#include "test/libfuzzer/fuzz.h"

static const struct bt_row *
search(uint32_t insn)
{
	unsigned n;
	const struct bt_row *rows = bt_rows_a32(&n);

	for (unsigned i = 0; i < n; i++)
		if (rows[i].conditional == (insn < 0xf0000000u) && (insn & rows[i].mask) == rows[i].value)
			return &rows[i];
	return NULL;
}

static void
check(uint32_t insn)
{
	const struct bt_row *row = bt_decode_a32(insn);
	uint32_t bits;

	HOLDS(row == search(insn));
	bt_undefined_a32(insn);
	if (!row)
		return;
	bits = row->mask | row->payload | (row->conditional ? 0xf0000000u : 0);
	HOLDS(bits == 0xffffffffu && !(row->mask & row->payload));
	HOLDS(bt_scatter(bt_gather(insn, row->payload), row->payload) == (insn & row->payload));
	if (row->flags & (BT_BRANCH | BT_LITERAL) || row->action == BT_ADR)
		bt_target(row, insn, insn * 4u);
	for (unsigned i = 0; i < BT_FIELDS && row->letter[i]; i++)
		HOLDS(bt_field(row, insn, row->letter[i]) == bt_gather(insn, row->field[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	uint32_t insn;

	if (!ready)
		bt_decode_init();
	ready = true;
	EACH_WORD(insn, data, size)
		check(insn);
	return 0;
}
