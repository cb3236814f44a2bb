// SPDX-License-Identifier: MIT
//
// The instruction tables: what a guest instruction is and what the translator does
// with it. The rows stand in bt/isa/a32.def, bt/isa/t16.def and bt/isa/t32.def; bt_decode_init()
// parses their patterns once. An instruction that no row matches is plain: it does
// the same at PL0 as at PL1, doesn't write the PC and names no literal.
//
// An instruction is held in 32 bits: an A32 word; a T16 halfword (below 0x10000);
// a T32's first halfword << 16 | the second (from 0xe8000000 on). So one of Thumb
// tells its own size. ARM ARM A5 (A32), A6.2 (T16), A6.3 (T32).
#ifndef BT_ISA_DECODE_H
#define BT_ISA_DECODE_H

#include "monitor/base/types.h"

// What becomes of a matching word, with the properties its row has as flags.
//   BT_ACTION(name, flags)
#define BT_ACTIONS(BT_ACTION)                                                                                          \
	BT_ACTION(PLAIN, 0)                                                                                            \
	BT_ACTION(YIELD, BT_SENSITIVE | BT_SILENT)                                                                     \
	BT_ACTION(WFE, BT_SENSITIVE | BT_SILENT)                                                                       \
	BT_ACTION(WFI, BT_SENSITIVE | BT_SILENT)                                                                       \
	BT_ACTION(SEV, BT_SENSITIVE | BT_SILENT)                                                                       \
	BT_ACTION(MRS, BT_SENSITIVE | BT_SILENT)                                                                       \
	BT_ACTION(MRS_BANKED, BT_SENSITIVE)                                                                            \
	BT_ACTION(MSR_REG, BT_SENSITIVE | BT_SILENT)                                                                   \
	BT_ACTION(MSR_BANKED, BT_SENSITIVE)                                                                            \
	BT_ACTION(MSR_IMM, BT_SENSITIVE | BT_SILENT)                                                                   \
	BT_ACTION(CPS, BT_SENSITIVE | BT_SILENT)                                                                       \
	BT_ACTION(SETEND, BT_SENSITIVE | BT_SILENT)                                                                    \
	BT_ACTION(BX, BT_INDIRECT | BT_ENDS)                                                                           \
	BT_ACTION(BXJ, BT_SENSITIVE | BT_SILENT | BT_INDIRECT | BT_ENDS)                                               \
	BT_ACTION(BLX_REG, BT_INDIRECT | BT_CALL)                                                                      \
	BT_ACTION(BKPT, BT_REFLECT | BT_CALL)                                                                          \
	BT_ACTION(HVC, BT_SENSITIVE)                                                                                   \
	BT_ACTION(SMC, BT_SENSITIVE)                                                                                   \
	BT_ACTION(ERET, BT_SENSITIVE | BT_ENDS)                                                                        \
	BT_ACTION(DP_RETURN, BT_SENSITIVE | BT_ENDS)                                                                   \
	BT_ACTION(PC_WRITE, BT_INDIRECT | BT_ENDS)                                                                     \
	BT_ACTION(ADR, 0)                                                                                              \
	BT_ACTION(LDST_UNPRIV, BT_SENSITIVE | BT_SILENT)                                                               \
	BT_ACTION(LITERAL_12, BT_LITERAL)                                                                              \
	BT_ACTION(LITERAL_8, BT_LITERAL)                                                                               \
	BT_ACTION(LITERAL_DUAL, BT_LITERAL)                                                                            \
	BT_ACTION(LITERAL_VFP, BT_LITERAL)                                                                             \
	BT_ACTION(LITERAL_VFP_DUAL, BT_LITERAL)                                                                        \
	BT_ACTION(LITERAL_PC, BT_LITERAL | BT_INDIRECT | BT_ENDS)                                                      \
	BT_ACTION(JUMP_TABLE, BT_INDIRECT | BT_ENDS)                                                                   \
	BT_ACTION(UDF, BT_REFLECT | BT_CALL)                                                                           \
	BT_ACTION(LDM_RETURN, BT_SENSITIVE | BT_ENDS)                                                                  \
	BT_ACTION(LDM_USER, BT_SENSITIVE)                                                                              \
	BT_ACTION(STM_USER, BT_SENSITIVE)                                                                              \
	BT_ACTION(SRS, BT_SENSITIVE)                                                                                   \
	BT_ACTION(RFE, BT_SENSITIVE | BT_ENDS)                                                                         \
	BT_ACTION(B, BT_BRANCH | BT_ENDS)                                                                              \
	BT_ACTION(BL, BT_BRANCH | BT_CALL)                                                                             \
	BT_ACTION(BLX_IMM, BT_BRANCH | BT_CALL)                                                                        \
	BT_ACTION(TPIDRURW, BT_SENSITIVE | BT_SILENT)                                                                  \
	BT_ACTION(TPIDRPRW, BT_SENSITIVE)                                                                              \
	BT_ACTION(CP_REG, BT_SENSITIVE)                                                                                \
	BT_ACTION(CP_REG2, BT_SENSITIVE)                                                                               \
	BT_ACTION(CP_OTHER, BT_SENSITIVE)                                                                              \
	BT_ACTION(VFP_SYSTEM, BT_SENSITIVE)                                                                            \
	BT_ACTION(SVC, BT_SENSITIVE | BT_CALL)                                                                         \
	BT_ACTION(SVC_THUMB, BT_REFLECT | BT_CALL)                                                                     \
	BT_ACTION(B_COND, BT_BRANCH)                                                                                   \
	BT_ACTION(CBZ, BT_BRANCH)                                                                                      \
	BT_ACTION(TABLE_BRANCH, BT_INDIRECT | BT_ENDS)                                                                 \
	BT_ACTION(IT, 0)

enum bt_action {
#define BT_ACTION(name, flags) BT_##name,
	BT_ACTIONS(BT_ACTION)
#undef BT_ACTION
	    BT_ACTION_COUNT
};

#define BT_SENSITIVE 0x01u // must be replaced by a hypercall before the guest's kernel runs it
#define BT_SILENT    0x02u // of these: goes wrong at PL0 without a trap
#define BT_ENDS      0x04u // never falls through, if its condition is AL or, in Thumb, outside an IT block
#define BT_BRANCH    0x08u // direct: bt_target() has where to
#define BT_INDIRECT  0x10u // writes the PC from a register or memory
#define BT_LITERAL   0x20u // PC-relative load: bt_target() has what it names
#define BT_REFLECT   0x40u // traps by itself; the guest is to get it
#define BT_CALL      0x80u // comes back to the next word, unless what it calls never returns

#define BT_FIELDS 8u // letters in a pattern, at most

enum bt_isa { BT_A32, BT_T16, BT_T32, BT_ISAS };

struct bt_row {
	uint32_t mask, value; // the fixed bits
	uint32_t payload;     // the variable bits without A32's condition
	uint32_t field[BT_FIELDS];
	char letter[BT_FIELDS];
	uint32_t a32_value; // Thumb: the A32 equivalent's fixed bits, 0 if it has none
	uint32_t a32_field[BT_FIELDS];
	const char *pattern, *name, *section; // name: mnemonics separated by |, then a note
	const char *operands;                 // conditions for bt_predictable()
	const char *a32;                      // the A32 equivalent's pattern, "" if it has none
	uint8_t isa;                          // enum bt_isa
	uint8_t action;                       // enum bt_action
	uint8_t flags;                        // BT_SENSITIVE etc.
	uint8_t imm;                          // BT_IMM_*: the first class value of its hypercalls
	bool conditional;                     // A32: bits [31:28] are a condition
	bool lax;                             // some should-be bits don't count
};

// Index of A32 by bits [27:20], unconditional space above 256; of Thumb by the first
// halfword's [12:4], T16 above 512 by bits [15:8]: the rows that can match.
struct bt_bucket {
	uint16_t first;
	uint8_t n;
	uint8_t hints; // BT_ROWS etc.: when a word needs a closer look
};

#define BT_ROWS       0x1u  // has rows
#define BT_ROWS_R15   0x2u  // has rows, all with R15 in bits [19:16] or [15:12]
#define BT_HOLES      0x4u  // some words are UNDEFINED
#define BT_HOLES_BIT4 0x8u  // some words are UNDEFINED, all with bit [4] set
#define BT_SPECIAL    0x10u // Thumb: has sensitive rows or hypercalls
#define BT_NAMERS     0x20u // Thumb: has rows that name data
#define BT_LEAVERS    0x40u // Thumb: has rows with BT_ENDS or BT_CALL
#define BT_LEADERS    0x80u // Thumb: has rows with BT_BRANCH or BT_INDIRECT

#define BT_T16_BUCKETS 512u

// What bits [31:12] of an A32 word tell of it at a glance: bt_kind_a32 by [31:20], or'ed with bt_r15_a32 by [19:12].
// 0: it is plain and defined.
#define BT_KIND_BIT4   0x01u // so with bit [4] clear; with it set bits [7:5] tell: bt_odd_bit4()
#define BT_KIND_SMALL  0x02u // a small number: ANDEQ or MULEQ, and no row unless it has R15
#define BT_KIND_BRANCH 0x04u // B or BL
#define BT_KIND_OTHER  0x08u
#define BT_KIND_R15    0x10u // has R15 in [19:16] or [15:12]
#define BT_KIND_ENDS   0x20u // with BT_KIND_BRANCH: B, unconditional

extern uint8_t bt_kind_a32[4096], bt_r15_a32[256], bt_odd_bit4_a32[128];
extern struct bt_bucket bt_bucket_a32[512];
extern struct bt_bucket bt_bucket_thumb[BT_T16_BUCKETS + 256u];

// Parses the tables; once, before anything else here.
void bt_decode_init(void);

// Fills in what a row's pattern, name, isa and operands say, for tables beside these; top is the
// pattern's highest bit.
void bt_row_parse(struct bt_row *row, unsigned top);

// The rows, for those who walk a table; *n gets their number.
const struct bt_row *bt_rows(enum bt_isa isa, unsigned *n);

// The first row that matches insn, looked up in its bucket.
const struct bt_row *bt_lookup_a32(uint32_t insn, const struct bt_bucket *bucket);
const struct bt_row *bt_lookup_thumb(uint32_t insn, const struct bt_bucket *bucket);

static inline const struct bt_bucket *
bt_bucket_of_a32(uint32_t insn)
{
	return &bt_bucket_a32[((insn >> 20) & 0xffu) + (insn >= 0xf0000000u ? 256u : 0u)];
}

// Whether bits [19:16] or [15:12] name R15.
static inline bool
bt_has_r15(uint32_t insn)
{
	return !(~insn & 0x000f0000u) || !(~insn & 0x0000f000u);
}

// Whether a word of BT_KIND_BIT4 may have a row or be UNDEFINED though it hasn't R15.
static inline bool
bt_odd_bit4(uint32_t insn)
{
	return bit(insn, 4) && bit(bt_odd_bit4_a32[bits(insn, 26, 20)], bits(insn, 7, 5));
}

// The row of insn, or NULL for a plain word.
static inline const struct bt_row *
bt_decode_a32(uint32_t insn)
{
	const struct bt_bucket *bucket = bt_bucket_of_a32(insn);

	if (!(bucket->hints & BT_ROWS) && !(bucket->hints & BT_ROWS_R15 && bt_has_r15(insn)))
		return NULL;
	return bt_lookup_a32(insn, bucket);
}

// Whether this first halfword begins a T32 instruction (ARM ARM A6.1).
static inline bool
bt_is_t32(uint32_t halfword)
{
	return halfword >= 0xe800u;
}

// Bytes of a Thumb instruction.
static inline unsigned
bt_thumb_size(uint32_t insn)
{
	return insn < 0x10000u ? 2u : 4u;
}

static inline const struct bt_bucket *
bt_bucket_of_thumb(uint32_t insn)
{
	if (insn < 0x10000u)
		return &bt_bucket_thumb[BT_T16_BUCKETS + (insn >> 8)];
	return &bt_bucket_thumb[(insn >> 20) & 0x1ffu];
}

// The row of a T16 or T32 instruction, or NULL for a plain one.
static inline const struct bt_row *
bt_decode_thumb(uint32_t insn)
{
	const struct bt_bucket *bucket = bt_bucket_of_thumb(insn);

	return bucket->n ? bt_lookup_thumb(insn, bucket) : NULL;
}

// Whether a T16 or T32 instruction is certainly neither sensitive nor one of the encodings of hypercalls.
static inline bool
bt_plain_thumb(uint32_t insn)
{
	return !(bt_bucket_of_thumb(insn)->hints & BT_SPECIAL);
}

#define BT_IT_MAX 4u // instructions in an IT block

// How many instructions the IT instruction insn governs, or ITSTATE still does (A8.8.54, A2.5.2).
static inline unsigned
bt_it_slots(uint32_t insn)
{
	return 4u - (unsigned)__builtin_ctz(insn | 0x10u);
}

// True if A32's insn is always executed when reached: condition AL, or the unconditional space.
static inline bool
bt_always(uint32_t insn)
{
	return insn >= 0xe0000000u;
}

// The bits of the field that a letter of the row's pattern names, gathered.
uint32_t bt_field(const struct bt_row *row, uint32_t insn, char letter);

// False if the operands of insn make it UNPREDICTABLE, by themselves: should-be bits (row->lax),
// modes, IT blocks and addresses aside. Syntax of row->operands: bt/isa/a32.def.
bool bt_predictable(const struct bt_row *row, uint32_t insn);

// The condition that insn itself carries, 14 (AL) if none: in Thumb that's for B<c> alone, and
// CBZ's is none of them. What an IT block adds is not in the instruction.
uint32_t bt_condition(const struct bt_row *row, uint32_t insn);

// The A32 instruction, condition AL, that does the same as this one of Thumb: every letter's bits
// carried to the same letter of row->a32. 0 if the row has no equivalent.
uint32_t bt_as_a32(const struct bt_row *row, uint32_t insn);

// For rows with BT_BRANCH or BT_LITERAL, and ADR: what insn at address pc refers to.
uint32_t bt_target(const struct bt_row *row, uint32_t insn, uint32_t pc);

// Gathers the bits of word under mask at the low end, and the reverse.
uint32_t bt_gather(uint32_t word, uint32_t mask);
uint32_t bt_scatter(uint32_t packed, uint32_t mask);

// True for encodings that are UNDEFINED on an ARMv7-A core with VFP, Advanced
// SIMD and divide, permanently undefined ones included, as far as the tables of ARM ARM
// A5.1-A5.7 tell without operands: a sign that a word is data.
bool bt_undefined_a32(uint32_t insn);

// The same for Thumb: ARM ARM A6.2 and A6.3.
bool bt_undefined_thumb(uint32_t insn);

#endif
