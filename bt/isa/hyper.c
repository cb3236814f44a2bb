// SPDX-License-Identifier: MIT
//
// Packs sensitive instructions into the immediates of SVC (A32, ARM ARM A8.8.228) and of unallocated
// encodings (Thumb, A6.2.5, A6.3.4), and back, by the rows' payload masks. Every row owns whole
// values of the immediate's upper bits, so one lookup by these finds the row; bits
// between class and payload are zero.
#include "bt/isa/decode.h"
#include "bt/isa/hyper.h"
#include "monitor/base/arch.h"

#define SVC       0x0f000000u
#define SVC_IMM24 0x00ffffffu
#define COND_AL   0xe0000000u

static const uint8_t operand_bits[BT_ISAS] = {[BT_A32] = 16, [BT_T16] = 0, [BT_T32] = 8}; // below the class
static const uint8_t frame_imm[BT_ISAS] = {
    [BT_A32] = BT_IMM_FRAME, [BT_T16] = BT_IMM_T16_FRAME, [BT_T32] = BT_IMM_T32_FRAME};
static const struct bt_row *class_row[BT_ISAS][256];

// How many classes the row owns: what its payload overflows the operand bits by.
static unsigned
values_owned(const struct bt_row *row)
{
	return (bt_gather(0xffffffffu, row->payload) >> operand_bits[row->isa]) + 1u;
}

// Whether the class can't be the guest's own: hyper_imm.h.
static bool
can_be_ours(enum bt_isa isa, unsigned class)
{
	switch (isa) {
	case BT_A32:
		return class >= 0x10u && (class & 0xf0u) != 0x90u && class < 256u;
	case BT_T16:
		return class >= 0x80u && class < 0xa0u;
	default:
		return class >= 0x01u && class < 0x80u;
	}
}

static void
own_values(const struct bt_row *row)
{
	unsigned n = values_owned(row);

	BUG_ON(row->imm % n != 0);
	for (unsigned i = row->imm; i < row->imm + n; i++) {
		BUG_ON(!can_be_ours(row->isa, i) || i == frame_imm[row->isa] || class_row[row->isa][i]);
		class_row[row->isa][i] = row;
	}
}

void
bt_hyper_init(void)
{
	for (enum bt_isa isa = BT_A32; isa < BT_ISAS; isa++) {
		unsigned n;
		const struct bt_row *rows = bt_rows(isa, &n);

		for (unsigned i = 0; i < ARRAY_LEN(class_row[isa]); i++)
			class_row[isa][i] = NULL;
		for (unsigned i = 0; i < n; i++) {
			BUG_ON(((rows[i].flags & BT_SENSITIVE) != 0) != (rows[i].imm != BT_IMM_NONE));
			if (rows[i].imm != BT_IMM_NONE && rows[i].imm != frame_imm[isa])
				own_values(&rows[i]);
		}
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
	const struct bt_row *row = class_row[BT_A32][imm24 >> 16];

	if (!row || (word & SVC) != SVC || word >= 0xf0000000u || (!row->conditional && word < COND_AL))
		return false;
	imm24 -= (uint32_t)row->imm << 16;
	*insn = row->value | bt_scatter(imm24, row->payload) | (row->conditional ? word & 0xf0000000u : 0);
	return bt_decode_a32(*insn) == row && bt_gather(*insn, row->payload) == imm24;
}

uint32_t
bt_hyper_udf(uint32_t insn, uint32_t imm)
{
	return bt_thumb_size(insn) == 2 ? BT_T16_HYPER | imm : BT_T32_HYPER | (imm >> 12) << 16 | (imm & 0xfffu);
}

bool
bt_hyper_udf_imm(uint32_t word, uint32_t *imm)
{
	if (bt_thumb_size(word) == 2) {
		*imm = bits(word, 7, 0);
		return (word & 0xff80u) == (BT_T16_HYPER | 0x80u);
	}
	*imm = bits(word, 19, 16) << 12 | bits(word, 11, 0);
	return (word & BT_T32_HYPER_MASK) == BT_T32_HYPER;
}

uint32_t
bt_hyper_encode_thumb(uint32_t insn)
{
	const struct bt_row *row = bt_decode_thumb(insn);

	BUG_ON(!row || !(row->flags & BT_SENSITIVE));
	if (row->imm == frame_imm[row->isa])
		return bt_hyper_udf(insn, row->isa == BT_T16 ? BT_IMM_T16_FRAME : BT_T32_FRAME);
	return bt_hyper_udf(insn, ((uint32_t)row->imm << operand_bits[row->isa]) + bt_gather(insn, row->payload));
}

bool
bt_hyper_decode_thumb(uint32_t udf, uint32_t *insn)
{
	enum bt_isa isa = bt_thumb_size(udf) == 2 ? BT_T16 : BT_T32;
	const struct bt_row *row;
	uint32_t imm;

	if (!bt_hyper_udf_imm(udf, &imm))
		return false;
	row = class_row[isa][imm >> operand_bits[isa]];
	if (!row)
		return false;
	imm -= (uint32_t)row->imm << operand_bits[isa];
	*insn = row->value | bt_scatter(imm, row->payload);
	return bt_decode_thumb(*insn) == row && bt_gather(*insn, row->payload) == imm;
}

// SEV and YIELD become NOP: the monitor's WFE never waits, so there is nobody to wake.
#define NOP     0x0320f000u
#define NOP_T16 0xbf00u
#define NOP_T32 0xf3af8000u

// So do DCIMVAC, DCCMVAC and DCCIMVAC: everything that could look at a guest's memory from
// beyond the point of coherency is the monitor, which looks at it through the caches.
#define DC_POC_MASK  0x0fff0ff3u // MCR p15, 0, Rt, c7, c6 or c10 or c14, 1
#define DC_POC_VALUE 0x0e070f32u

static bool
cleans_to_poc(uint32_t insn)
{
	return (insn & DC_POC_MASK) == DC_POC_VALUE && bits(insn, 3, 2) != 0;
}

// MRC TPIDRPRW becomes MRC TPIDRURW, word for word: in the kernel view that register
// holds the guest's TPIDRPRW, so reading it takes no trap.
#define MRC_OPC2_MASK     0xe0u
#define MRC_OPC2_TPIDRURW 0x40u

uint32_t
bt_hyper_substitute(const struct bt_row *row, uint32_t insn)
{
	bool t16 = row->isa == BT_T16;

	if (row->action == BT_TPIDRPRW)
		return (insn & ~MRC_OPC2_MASK) | MRC_OPC2_TPIDRURW;
	if (row->action == BT_SEV || row->action == BT_YIELD || (!t16 && cleans_to_poc(insn)))
		return t16 ? NOP_T16 : row->isa == BT_T32 ? NOP_T32 : (insn & 0xf0000000u) | NOP;
	return 0;
}

bool
bt_hyper_self_contained(const struct bt_row *row)
{
	return row->imm != frame_imm[row->isa];
}

bool
bt_hyper_ambiguous(uint32_t insn)
{
	uint32_t imm, meaning;

	if (insn >= BT_T16_INTERN && insn <= BT_T16_LAST)
		return true;
	return bt_hyper_udf_imm(insn, &imm) &&
	       (imm == BT_IMM_T16_FRAME || imm >= BT_T32_INTERN || bt_hyper_decode_thumb(insn, &meaning));
}
