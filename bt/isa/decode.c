// SPDX-License-Identifier: MIT
//
// Parses the instruction tables and looks A32 words up (Thumb: bt/isa/thumb.c).
//
// Each pattern becomes a mask and a value; the condition of an A32 pattern that
// begins with cccc is checked through the index alone, which keeps the unconditional
// space (bits [31:28] = 1111) apart. ARM ARM A5.1: the encodings of A32.
#include "bt/isa/decode_internal.h"
#include "bt/isa/hyper_imm.h"
#include "bt/isa/operand.h"
#include "monitor/base/arch.h"

#define ROW_MAX   128u
#define INDEX_MAX 4096u

struct source {
	const char *pattern, *name, *section, *operands, *a32;
	uint8_t action, imm;
};

#define BT_GROUP(title, section, note) // for docs/isa.c

static const struct source source_a32[] = {
#define BT_ROW(pattern, name, section, action, imm, operands)                                                          \
	{pattern, name, section, operands, "", BT_##action, BT_IMM_##imm},
#include "bt/isa/a32.def"
#undef BT_ROW
};

static const struct source source_t16[] = {
#define BT_ROW(pattern, name, section, action, imm, operands, a32)                                                     \
	{pattern, name, section, operands, a32, BT_##action, BT_IMM_T16_##imm},
#include "bt/isa/t16.def"
#undef BT_ROW
};

static const struct source source_t32[] = {
#define BT_ROW(pattern, name, section, action, imm, operands, a32)                                                     \
	{pattern, name, section, operands, a32, BT_##action, BT_IMM_T32_##imm},
#include "bt/isa/t32.def"
#undef BT_ROW
};

#undef BT_GROUP

static const uint8_t action_flags[BT_ACTION_COUNT] = {
#define BT_ACTION(name, flags) flags,
    BT_ACTIONS(BT_ACTION)
#undef BT_ACTION
};

static struct bt_row rows_a32[ARRAY_LEN(source_a32)], rows_t16[ARRAY_LEN(source_t16)], rows_t32[ARRAY_LEN(source_t32)];
_Static_assert(ARRAY_LEN(rows_a32) <= ROW_MAX && ARRAY_LEN(rows_t16) <= ROW_MAX && ARRAY_LEN(rows_t32) <= ROW_MAX,
	       "the indexes hold row numbers in bytes");

static const struct {
	const struct source *source;
	struct bt_row *rows;
	unsigned n, top; // top: the pattern's highest bit
} tables[BT_ISAS] = {
    [BT_A32] = {source_a32, rows_a32, ARRAY_LEN(rows_a32), 31},
    [BT_T16] = {source_t16, rows_t16, ARRAY_LEN(rows_t16), 15},
    [BT_T32] = {source_t32, rows_t32, ARRAY_LEN(rows_t32), 31},
};

static uint8_t index_a32[INDEX_MAX];
struct bt_bucket bt_bucket_a32[512];
uint8_t bt_kind_a32[4096], bt_r15_a32[256], bt_odd_bit4_a32[128];

// The place of a letter in the row, a new one if it has none yet.
static unsigned
place_of(struct bt_row *row, char letter)
{
	unsigned i = 0;

	while (i < BT_FIELDS && row->letter[i] && row->letter[i] != letter)
		i++;
	BUG_ON(i == BT_FIELDS);
	row->letter[i] = letter;
	return i;
}

// In A32, c is the condition; in Thumb a letter like the others.
void
bt_row_parse(struct bt_row *row, unsigned top)
{
	uint32_t one = 1u << top;

	row->conditional = row->isa == BT_A32 && row->pattern[0] == 'c';
	row->mask = ~(one | (one - 1u)); // above a T16 nothing may be set
	for (const char *p = row->pattern; *p; p++) {
		if (*p == ' ')
			continue;
		BUG_ON(!one);
		if (*p == '0' || *p == '1') {
			row->mask |= one;
		} else if (*p != 'c' || row->isa != BT_A32) {
			row->field[place_of(row, *p)] |= one;
			row->payload |= one;
		}
		row->lax |= *p == 'x';
		if (*p == '1')
			row->value |= one;
		one >>= 1;
	}
	BUG_ON(one);
}

// The equivalent's letters must all be the row's, and as wide.
static void
parse_equivalent(struct bt_row *row)
{
	const char *p = row->a32[0] == '=' ? row->pattern : row->a32;
	uint32_t one = 1u << 31;

	for (; *p; p++) {
		if (*p == ' ')
			continue;
		if (*p == '1')
			row->a32_value |= one;
		else if (*p != '0')
			row->a32_field[place_of(row, *p)] |= one;
		one >>= 1;
	}
	for (unsigned i = 0; i < BT_FIELDS; i++)
		BUG_ON(row->a32_field[i] && count_ones(row->a32_field[i]) != count_ones(row->field[i]));
}

// Whether words with these bits [27:20] may be UNDEFINED; see bt_undefined_a32().
static uint8_t
holes(unsigned b)
{
	if (b >= 256u || (b >= 0xc0u && b < 0xf0u) || (b & 0xf9u) == 0x10u)
		return BT_HOLES;
	return b < 0x20u || (b >= 0x60u && b < 0x80u) ? BT_HOLES_BIT4 : 0;
}

// Whether every word of the row has R15 where ARM ARM A5 mostly has Rn or Rd.
static bool
wants_r15(const struct bt_row *row)
{
	return (row->value & 0x000f0000u) == 0x000f0000u || (row->value & 0x0000f000u) == 0x0000f000u;
}

static void
index_rows(void)
{
	unsigned used = 0;

	for (unsigned b = 0; b < ARRAY_LEN(bt_bucket_a32); b++) {
		struct bt_bucket *bucket = &bt_bucket_a32[b];
		uint32_t word = (b & 0xffu) << 20;

		bool r15 = true;

		*bucket = (struct bt_bucket){.first = (uint16_t)used, .hints = holes(b)};
		for (unsigned i = 0; i < ARRAY_LEN(rows_a32); i++) {
			const struct bt_row *row = &rows_a32[i];

			if (row->conditional != (b < 256u) || ((word ^ row->value) & row->mask & 0x0ff00000u))
				continue;
			BUG_ON(used == INDEX_MAX);
			index_a32[used++] = (uint8_t)i;
			bucket->n++;
			r15 &= wants_r15(row);
		}
		if (bucket->n)
			bucket->hints |= r15 ? BT_ROWS_R15 : BT_ROWS;
	}
}

// Whether some word with these bits [27:20] and [7:4] has a row that doesn't ask for R15, or is UNDEFINED.
static bool
is_odd(unsigned b, uint32_t low)
{
	const struct bt_bucket *bucket = &bt_bucket_a32[b];
	uint32_t word = b << 20 | low;

	for (unsigned n = 0; n < bucket->n; n++) {
		const struct bt_row *row = &rows_a32[index_a32[bucket->first + n]];

		if (!((word ^ row->value) & row->mask & 0x0ff000f0u) && !wants_r15(row))
			return true;
	}
	return bt_undefined_a32(word);
}

// Of what is told by bits [7:4], too: which values with bit [4] set make it odd. True if all without are plain.
static bool
index_bit4(unsigned b)
{
	bool plain = (bt_bucket_a32[b].hints & BT_HOLES_BIT4) != 0;

	for (uint32_t n = 0; n < 8u; n++) {
		plain &= !is_odd(b, n << 5);
		bt_odd_bit4_a32[b & 0x7fu] |= (uint8_t)(is_odd(b, n << 5 | 0x10u) << n);
	}
	return plain;
}

static unsigned
kind(unsigned top)
{
	unsigned b = top & 0xffu;
	uint8_t hints = bt_bucket_a32[b].hints;

	if (!top && !(hints & BT_ROWS))
		return BT_KIND_SMALL;
	if (top >= 0xf00u)
		return BT_KIND_OTHER;
	if ((b & 0xe0u) == 0xa0u)
		return BT_KIND_BRANCH | (top >> 4 == 0xeau ? BT_KIND_ENDS : 0);
	if (hints & BT_HOLES)
		return BT_KIND_OTHER;
	if (hints & BT_HOLES_BIT4)
		return index_bit4(b) ? BT_KIND_BIT4 : BT_KIND_OTHER;
	return hints & BT_ROWS ? BT_KIND_OTHER : 0;
}

static void
fill_row(struct bt_row *row, const struct source *from, enum bt_isa isa)
{
	*row = (struct bt_row){
	    .pattern = from->pattern,
	    .name = from->name,
	    .section = from->section,
	    .operands = from->operands,
	    .a32 = from->a32,
	    .isa = (uint8_t)isa,
	    .action = from->action,
	    .flags = action_flags[from->action],
	    .imm = from->imm,
	};
	bt_row_parse(row, tables[isa].top);
	parse_equivalent(row);
}

void
bt_decode_init(void)
{
	for (enum bt_isa isa = BT_A32; isa < BT_ISAS; isa++)
		for (unsigned i = 0; i < tables[isa].n; i++)
			fill_row(&tables[isa].rows[i], &tables[isa].source[i], isa);
	index_rows();
	for (unsigned top = 0; top < ARRAY_LEN(bt_kind_a32); top++)
		bt_kind_a32[top] = (uint8_t)kind(top);
	for (unsigned r = 0; r < ARRAY_LEN(bt_r15_a32); r++)
		bt_r15_a32[r] = r / 16u == 15u || r % 16u == 15u ? BT_KIND_R15 : 0;
	bt_thumb_index();
}

const struct bt_row *
bt_rows(enum bt_isa isa, unsigned *n)
{
	*n = tables[isa].n;
	return tables[isa].rows;
}

const struct bt_row *
bt_lookup_a32(uint32_t insn, const struct bt_bucket *bucket)
{
	const uint8_t *p = &index_a32[bucket->first];

	for (unsigned n = bucket->n; n; n--, p++) {
		const struct bt_row *row = &rows_a32[*p];

		if ((insn & row->mask) == row->value)
			return row;
	}
	return NULL;
}

// Both walk the runs of ones in the mask, from the low end.
uint32_t
bt_gather(uint32_t word, uint32_t mask)
{
	uint32_t packed = 0;
	unsigned n = 0;

	while (mask) {
		uint32_t run = mask & ~(mask + (mask & -mask));
		unsigned low = (unsigned)__builtin_ctz(run);

		packed |= ((word & run) >> low) << n;
		n += 32u - (unsigned)__builtin_clz(run) - low;
		mask &= ~run;
	}
	return packed;
}

uint32_t
bt_scatter(uint32_t packed, uint32_t mask)
{
	uint32_t word = 0;
	unsigned n = 0;

	while (mask) {
		uint32_t run = mask & ~(mask + (mask & -mask));
		unsigned low = (unsigned)__builtin_ctz(run);

		word |= ((packed >> n) << low) & run;
		n += 32u - (unsigned)__builtin_clz(run) - low;
		mask &= ~run;
	}
	return word;
}

uint32_t
bt_field(const struct bt_row *row, uint32_t insn, char letter)
{
	for (unsigned i = 0; i < BT_FIELDS; i++)
		if (row->letter[i] == letter)
			return bt_gather(insn, row->field[i]);
	arch_bug(__FILE__, __LINE__, "no such letter in the pattern");
}

uint32_t
bt_as_a32(const struct bt_row *row, uint32_t insn)
{
	uint32_t a32 = row->a32_value;

	if (row->isa == BT_A32 || row->a32[0] == '=')
		return insn;
	for (unsigned i = 0; i < BT_FIELDS; i++)
		a32 |= bt_scatter(bt_gather(insn, row->field[i]), row->a32_field[i]);
	return a32;
}

uint32_t
bt_condition(const struct bt_row *row, uint32_t insn)
{
	uint32_t cond = 14;

	if (row->conditional)
		cond = insn >> 28;
	else if (row->action == BT_B_COND)
		cond = row->isa == BT_T16 ? bits(insn, 11, 8) : bits(insn, 25, 22);
	return cond;
}

uint32_t
bt_target(const struct bt_row *row, uint32_t insn, uint32_t pc)
{
	uint32_t offset;

	if (row->isa != BT_A32)
		return bt_thumb_target(row, insn, pc);
	switch (row->action) {
	case BT_B:
	case BT_BL:
		return pc + 8u + (uint32_t)((int32_t)(insn << 8) >> 6);
	case BT_BLX_IMM:
		return pc + 8u + (uint32_t)((int32_t)(insn << 8) >> 6) + (bit(insn, 24) << 1);
	case BT_LITERAL_8:
	case BT_LITERAL_DUAL:
		offset = bits(insn, 11, 8) << 4 | bits(insn, 3, 0);
		break;
	case BT_LITERAL_VFP:
	case BT_LITERAL_VFP_DUAL:
		offset = bits(insn, 7, 0) << 2;
		break;
	case BT_ADR:
		offset = bt_expand_imm(insn);
		break;
	default:
		offset = bits(insn, 11, 0);
	}
	return pc + 8u + (bit(insn, 23) ? offset : -offset);
}
