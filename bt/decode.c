// SPDX-License-Identifier: MIT
//
// Parses the instruction table and looks words up in it.
//
// Each pattern becomes a mask and a value; the condition of a pattern that begins
// with cccc is checked through the index alone, which keeps the unconditional
// space (bits [31:28] = 1111) apart. ARM ARM A5.1: the encodings of A32.
#include "bt/decode.h"
#include "bt/hyper_imm.h"
#include "monitor/arch.h"

#define ROW_MAX   128u
#define INDEX_MAX 4096u

static const struct {
	const char *pattern, *name, *section;
	uint8_t action, imm;
} table_a32[] = {
#define BT_ROW(pattern, name, section, action, imm) {pattern, name, section, BT_##action, BT_IMM_##imm},
#include "bt/a32.def"
#undef BT_ROW
};

static const uint8_t action_flags[BT_ACTION_COUNT] = {
#define BT_ACTION(name, flags) flags,
    BT_ACTIONS(BT_ACTION)
#undef BT_ACTION
};

#define ROWS_A32 ((unsigned)ARRAY_LEN(table_a32))
_Static_assert(ARRAY_LEN(table_a32) <= ROW_MAX, "the index holds row numbers in bytes");

static struct bt_row rows_a32[ARRAY_LEN(table_a32)];
static uint8_t index_a32[INDEX_MAX];
struct bt_bucket bt_bucket_a32[512];

static void
add_to_field(struct bt_row *row, char letter, uint32_t one)
{
	unsigned i = 0;

	while (i < BT_FIELDS && row->letter[i] && row->letter[i] != letter)
		i++;
	BUG_ON(i == BT_FIELDS);
	row->letter[i] = letter;
	row->field[i] |= one;
	row->payload |= one;
}

static void
parse_row(struct bt_row *row, const char *pattern)
{
	uint32_t one = 1u << 31;

	row->conditional = pattern[0] == 'c';
	for (const char *p = pattern; *p; p++) {
		if (*p == ' ')
			continue;
		BUG_ON(!one);
		if (*p == '0' || *p == '1')
			row->mask |= one;
		else if (*p != 'c')
			add_to_field(row, *p, one);
		row->lax |= *p == 'x';
		if (*p == '1')
			row->value |= one;
		one >>= 1;
	}
	BUG_ON(one);
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
		for (unsigned i = 0; i < ROWS_A32; i++) {
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

void
bt_decode_init(void)
{
	for (unsigned i = 0; i < ROWS_A32; i++) {
		struct bt_row *row = &rows_a32[i];

		*row = (struct bt_row){
		    .pattern = table_a32[i].pattern,
		    .name = table_a32[i].name,
		    .section = table_a32[i].section,
		    .action = table_a32[i].action,
		    .flags = action_flags[table_a32[i].action],
		    .imm = table_a32[i].imm,
		};
		parse_row(row, row->pattern);
	}
	index_rows();
}

const struct bt_row *
bt_rows_a32(unsigned *n)
{
	*n = ROWS_A32;
	return rows_a32;
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

// ARM ARM A5.2.4, modified immediate constants.
static uint32_t
rotated_imm8(uint32_t insn)
{
	uint32_t imm8 = bits(insn, 7, 0), rotation = 2u * bits(insn, 11, 8);

	return rotation ? imm8 >> rotation | imm8 << (32u - rotation) : imm8;
}

uint32_t
bt_target(const struct bt_row *row, uint32_t insn, uint32_t pc)
{
	uint32_t offset;

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
		offset = rotated_imm8(insn);
		break;
	default:
		offset = bits(insn, 11, 0);
	}
	return pc + 8u + (bit(insn, 23) ? offset : -offset);
}

// ARM ARM A5.4, media instructions: bits [24:20] and [7:5] decide.
static bool
undefined_media(uint32_t insn)
{
	// Per bits [24:20]: which of the eight bits [7:5] are allocated.
	static const uint8_t allocated[32] = {
	    [0x01] = 0x9f, [0x02] = 0x9f, [0x03] = 0x9f, // signed
	    [0x05] = 0x9f, [0x06] = 0x9f, [0x07] = 0x9f, // unsigned
	    [0x08] = 0x7d,                               // PKH, SXTAB16, SEL
	    [0x0a] = 0x5f,                               // SSAT, SSAT16, SXTAB
	    [0x0b] = 0x7f,                               // SSAT, REV, SXTAH, REV16
	    [0x0c] = 0x08,                               // UXTAB16
	    [0x0e] = 0x5f,                               // USAT, USAT16, UXTAB
	    [0x0f] = 0x7f,                               // USAT, RBIT, UXTAH, REVSH
	    [0x10] = 0x0f,                               // SMLAD, SMLSD
	    [0x11] = 0x01,                               // SDIV
	    [0x13] = 0x01,                               // UDIV
	    [0x14] = 0x0f,                               // SMLALD, SMLSLD
	    [0x15] = 0xc3,                               // SMMLA, SMMLS
	    [0x18] = 0x01,                               // USAD8
	    [0x1a] = 0x44, [0x1b] = 0x44,                // SBFX
	    [0x1c] = 0x11, [0x1d] = 0x11,                // BFC, BFI
	    [0x1e] = 0x44, [0x1f] = 0x44,                // UBFX
	};
	return !bit(allocated[bits(insn, 24, 20)], bits(insn, 7, 5));
}

// ARM ARM A5.7: the space whose bits [31:28] are 1111.
static bool
undefined_unconditional(uint32_t insn)
{
	uint32_t op1 = bits(insn, 27, 20);

	if (op1 >= 0xc0u) // coprocessor instructions that no coprocessor has
		return true;
	if (op1 >= 0xa0u) // BLX
		return false;
	if (op1 >= 0x80u) // SRS and RFE: either S or L
		return bit(op1, 2) == bit(op1, 0);
	if (op1 >= 0x60u) // PLI, PLD with a register
		return bit(insn, 4) || !bit(op1, 0);
	if (op1 >= 0x50u) // PLI, PLD, barriers
		return !bit(op1, 0);
	if (op1 >= 0x20u) // Advanced SIMD
		return false;
	return op1 != 0x10u || (bit(insn, 16) ? bits(insn, 7, 4) != 0 : bit(insn, 5) != 0);
}

// ARM ARM A5.2.5, A5.2.10, A5.2.12: multiply, synchronization, miscellaneous.
static bool
undefined_register(uint32_t insn)
{
	static const uint8_t misc[8] = {0xf, 0xa, 0x2, 0x2, 0x0, 0xf, 0x8, 0xe}; // by [6:4]: the [22:21] allocated

	if ((insn & 0xf0u) == 0x90u)
		return bit(bit(insn, 24) ? 0x00eeu : 0x00a0u, bits(insn, 23, 20));
	if ((insn & 0x01900080u) == 0x01000000u)
		return !bit(misc[bits(insn, 6, 4)], bits(insn, 22, 21));
	return false;
}

// ARM ARM A5.6: the core has p10, p11, p14 and p15, the last two without data operations.
static bool
undefined_coprocessor(uint32_t insn)
{
	uint32_t coproc = bits(insn, 11, 8);

	if (bits(insn, 27, 21) == 0x60u) // 1100 000x
		return true;
	if (coproc == 10u || coproc == 11u)
		return false;
	if (coproc < 14u)
		return true;
	if (bit(insn, 25)) // CDP
		return !bit(insn, 4);
	return coproc == 15u && bits(insn, 27, 21) != 0x62u; // LDC, STC; but MCRR, MRRC
}

bool
bt_undefined_a32(uint32_t insn)
{
	if (insn >= 0xf0000000u)
		return undefined_unconditional(insn);
	switch (bits(insn, 27, 25)) {
	case 0:
		return undefined_register(insn);
	case 3:
		return bit(insn, 4) && undefined_media(insn);
	case 6:
		return undefined_coprocessor(insn);
	case 7:
		return !bit(insn, 24) && undefined_coprocessor(insn);
	default:
		return false;
	}
}
