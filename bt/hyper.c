// SPDX-License-Identifier: MIT
//
// Packs sensitive words into SVC immediates and back, by the rows' payload masks.
// SVC: ARM ARM A8.8.228. Every row owns whole values of imm24[23:16], so one
// lookup by these bits finds the row; bits between class and payload are zero.
#include "bt/decode.h"
#include "bt/hyper.h"
#include "monitor/arch.h"

#define SVC       0x0f000000u
#define SVC_IMM24 0x00ffffffu
#define COND_AL   0xe0000000u

static const struct bt_row *class_row[256];

// How many values of imm24[23:16] the row owns: what its payload overflows 16 bits by.
static unsigned
values_owned(const struct bt_row *row)
{
	return (bt_gather(0xffffffffu, row->payload) >> 16) + 1u;
}

static void
own_values(const struct bt_row *row)
{
	unsigned n = values_owned(row);

	BUG_ON(row->imm % n != 0);
	for (unsigned i = row->imm; i < row->imm + n; i++) {
		BUG_ON(i >= ARRAY_LEN(class_row) || i < 0x10u || (i & 0xf0u) == 0x90u);
		BUG_ON(class_row[i] || i == BT_IMM_FRAME);
		class_row[i] = row;
	}
}

void
bt_hyper_init(void)
{
	unsigned n;
	const struct bt_row *rows = bt_rows_a32(&n);

	for (unsigned i = 0; i < ARRAY_LEN(class_row); i++)
		class_row[i] = NULL;
	for (unsigned i = 0; i < n; i++) {
		BUG_ON(((rows[i].flags & BT_SENSITIVE) != 0) != (rows[i].imm != BT_IMM_NONE));
		if (rows[i].imm != BT_IMM_NONE && rows[i].imm != BT_IMM_FRAME)
			own_values(&rows[i]);
	}
}

uint32_t
bt_hyper_svc(uint32_t insn, uint32_t imm24)
{
	return (insn >= 0xf0000000u ? COND_AL : insn & 0xf0000000u) | SVC | imm24;
}

uint32_t
bt_hyper_encode(uint32_t insn)
{
	const struct bt_row *row = bt_decode_a32(insn);

	BUG_ON(!row || !(row->flags & BT_SENSITIVE));
	if (row->imm == BT_IMM_FRAME)
		return bt_hyper_svc(insn, BT_HYPER_FRAME);
	return bt_hyper_svc(insn, (uint32_t)row->imm << 16 | bt_gather(insn, row->payload));
}

bool
bt_hyper_decode(uint32_t word, uint32_t *insn)
{
	uint32_t imm24 = word & SVC_IMM24;
	const struct bt_row *row = class_row[imm24 >> 16];

	if (!row || (word & SVC) != SVC || word >= 0xf0000000u)
		return false;
	imm24 -= (uint32_t)row->imm << 16;
	*insn = row->value | bt_scatter(imm24, row->payload) | (row->conditional ? word & 0xf0000000u : 0);
	return bt_decode_a32(*insn) == row && bt_gather(*insn, row->payload) == imm24;
}
