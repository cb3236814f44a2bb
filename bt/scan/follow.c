// SPDX-License-Identifier: MIT
//
// What the flow reaches from the entry, all in bitmaps but for the targets of branches; what is called before a literal
// never returns.
#include "bt/scan/flow.h"
#include "bt/scan/internal.h"

#define PADDING_MAX 32u // words: compilers align to less
#define NOP         0xe320f000u
#define MOV_R0_R0   0xe1a00000u

// About how many instructions things take.
#define COST_CALL     40
#define COST_PADDING  4 // a word of it
#define COST_FILL     40
#define COST_BRANCH   16
#define COST_CONSTANT 150

// BL, BLX, SVC, UDF, BKPT.
static bool
is_call(struct bt_scan_job *j, uint32_t insn)
{
	return (insn & 0x0f000000u) == 0x0b000000u || bt_scan_recall(j, insn) & IS_CALL;
}

static bool
is_padding(const struct bt_scan_job *j, unsigned i)
{
	return (j->page[i] == NOP || j->page[i] == MOV_R0_R0) && !bt_map_test(j->out.literal, i);
}

// What is called before a literal never returns, with padding between or without.
bool
bt_scan_close_calls(struct bt_scan_job *j)
{
	for (; (j->at = bt_map_next(j->out.literal, j->at, WORDS)) < WORDS; j->at++) {
		unsigned i = j->at;

		if (j->left <= 0)
			return false;
		while (i && j->at - i < PADDING_MAX && is_padding(j, i - 1u))
			i--;
		if (i && is_call(j, j->page[i - 1u]))
			bt_map_set(j->ends, i - 1u);
		j->left -= COST_CALL + (int)(j->at - i) * COST_PADDING;
		j->at = bt_map_next_clear(j->out.literal, j->at, WORDS);
	}
	return true;
}

// The word where a direct branch that is word i leads, if that is in the page.
static inline unsigned
target_of(uint32_t insn, unsigned i)
{
	return i + 2u + (uint32_t)((int32_t)(insn << 8) >> 8);
}

static void
add_target(struct bt_scan_job *j, unsigned target)
{
	bt_map_set(j->pending, target);
	j->unfollowed |= 1u << target / 32u;
}

// Follows the flow from word i to where it ends or meets what was followed before, leaving branch targets
// pending. In an addition the carry runs through the words that fall through.
static void
follow(struct bt_scan_job *j, unsigned i)
{
	uint32_t here = 1u << i % 32u;

	for (unsigned m = i / 32u; here && m < BT_MAP_WORDS; m++) {
		uint32_t falls = ~j->ends[m] & ~j->flow[m], from = here & falls, sum = from + falls;
		uint32_t fresh = ((sum ^ falls) | here) & ~j->flow[m];

		here = sum < from;
		if (here && j->left <= 0 && m + 1u < BT_MAP_WORDS) { // enough for now
			add_target(j, 32u * (m + 1u));
			here = 0;
		}
		j->flow[m] |= fresh;
		j->left -= COST_FILL;
		for (uint32_t left = fresh & j->branches[m]; left; left &= left - 1u) {
			unsigned at = 32u * m + (unsigned)__builtin_ctz(left), target = target_of(j->page[at], at);

			if (target < WORDS)
				add_target(j, target);
			j->left -= COST_BRANCH;
		}
	}
}

// Each call of follow() marks at least the word it starts from, so there are at most 1024.
bool
bt_scan_follow(struct bt_scan_job *j)
{
	while (j->unfollowed) {
		unsigned m = (unsigned)__builtin_ctz(j->unfollowed);
		uint32_t todo = j->pending[m] & ~j->flow[m];

		if (j->left <= 0)
			return false;
		if (todo)
			follow(j, 32u * m + (unsigned)__builtin_ctz(todo));
		else
			j->unfollowed &= j->unfollowed - 1u;
	}
	return true;
}

// Whether code that the flow reaches goes to Thumb state.
bool
bt_scan_find_thumb(struct bt_scan_job *j)
{
	for (; j->at < BT_MAP_WORDS; j->at++) {
		j->out.thumb |= (j->interworks[j->at] & j->flow[j->at]) != 0;
		for (uint32_t left; (left = j->indirect[j->at] & j->flow[j->at]); j->indirect[j->at] ^= left & -left) {
			uint32_t target;

			if (j->left <= 0)
				return false;
			j->left -= COST_CONSTANT;
			if (bt_flow_constant(j->page, 32u * j->at + (unsigned)__builtin_ctz(left), 0, &target))
				j->out.thumb |= target & 1u;
		}
	}
	return true;
}
