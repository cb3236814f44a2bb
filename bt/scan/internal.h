// SPDX-License-Identifier: MIT
//
// What the phases of a scan share: scan.c, literals.c, follow.c and judge.c.
#ifndef BT_SCAN_INTERNAL_H
#define BT_SCAN_INTERNAL_H

#include "bt/isa/decode.h"
#include "bt/scan/scan.h"

#define WORDS BT_PAGE_WORDS

// What a word is: bits of struct bt_scan_memo.
#define IS_VALID        0x001u
#define IS_DATA         0x002u
#define IS_NAMER        0x004u // may name literals
#define IS_CONTROL      0x008u
#define IS_END          0x010u
#define IS_CALL         0x020u
#define IS_INDIRECT     0x040u
#define IS_INTERWORKING 0x080u
#define IS_SENSITIVE    0x100u
#define IS_STRICT       0x200u
#define IS_WHOLE        0x400u
#define IS_WIDE         0x800u

#define COST_MISS 100 // instructions, about, to tell what a word is

#define LDR_MASK    0x0f7f0000u
#define LDR_LITERAL 0x051f0000u

// The phases: each true when it is done, false when the piece's instructions are spent.
bool bt_scan_collect_before(struct bt_scan_job *j);
bool bt_scan_collect_behind(struct bt_scan_job *j);
bool bt_scan_close_calls(struct bt_scan_job *j);
bool bt_scan_follow(struct bt_scan_job *j);
bool bt_scan_presume(struct bt_scan_job *j);
bool bt_scan_judge(struct bt_scan_job *j);
bool bt_scan_find_thumb(struct bt_scan_job *j);

// Marks what p[i] names, which is index words from the page's start and has R15 where loads have their base.
void bt_scan_name_literal(struct bt_scan_job *j, const uint32_t *p, unsigned i, int32_t index);

// What a word is by itself.
uint32_t bt_scan_properties(uint32_t insn);

// The same, from a cache: code repeats itself.
static inline uint32_t
bt_scan_recall(struct bt_scan_job *j, uint32_t insn)
{
	struct bt_scan_memo *memo = &j->memo[(insn ^ insn >> 9 ^ insn >> 20) % BT_SCAN_MEMOS];

	if (memo->insn != insn || !(memo->is & IS_VALID)) {
		j->left -= COST_MISS;
		*memo = (struct bt_scan_memo){insn, bt_scan_properties(insn) | IS_VALID};
	}
	return memo->is;
}

// Text has conditional loads in it ("sp_usr" is LDRBVC Rd, [pc, #-115]), but hardly beside an
// unconditional word, as in code.
static inline bool
bt_scan_in_code(const uint32_t *p, unsigned i)
{
	return bt_always(p[i]) || (i && bt_always(p[i - 1u])) || (i + 1u < WORDS && bt_always(p[i + 1u]));
}

// Marks what p[i], index words from the page's start, names if it is LDR from a literal; else false.
static inline bool
bt_scan_name_by_ldr(struct bt_scan_job *j, const uint32_t *p, unsigned i, int32_t index)
{
	uint32_t insn = p[i];
	int32_t offset = (int32_t)bits(insn, 11, 0), target;

	if ((insn & LDR_MASK) != LDR_LITERAL || insn >= 0xf0000000u)
		return false;
	target = index + 2 + ((bit(insn, 23) ? offset : -offset) >> 2);
	if (!bt_scan_in_code(p, i))
		return true;
	if (target >= 0 && target < (int32_t)WORDS)
		bt_map_set(j->out.literal, (unsigned)target);
	else
		j->names |= target < 0 ? BT_NAMES_BEFORE : BT_NAMES_BEHIND;
	return true;
}

#endif
