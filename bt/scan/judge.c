// SPDX-License-Identifier: MIT
//
// What nothing is known to lead to: runs that are presumed to be code, and which of their words that look sensitive are
// so by what is around them.
#include "bt/scan/internal.h"

#define CROWD 10u // so many of 32 words speak for code, where there is some

// About how many instructions things take.
#define COST_ALWAYS  160
#define COST_PRESUME 60
#define COST_JUDGE   250
#define COST_AROUND  30

// Which bits of good, and of free ones below them up to the next that is neither, counting down.
static uint32_t
fill_down(uint32_t good, uint32_t free)
{
	for (unsigned n = 1; n < 32u; n *= 2u) {
		good |= free & good >> n;
		free &= free >> n;
	}
	return good;
}

// Of what isn't known each word is presumed to be code if, going on from it, there is a control transfer, known code
// or the page's end before anything data-like or a literal. From the page's end on.
bool
bt_scan_presume(struct bt_scan_job *j)
{
	struct bt_scan *out = &j->out;

	for (; j->at < BT_MAP_WORDS; j->at++) {
		unsigned m = BT_MAP_WORDS - 1u - j->at;
		uint32_t literal = out->literal[m] & ~j->flow[m], known = literal | j->flow[m];
		uint32_t control = j->branches[m] | (j->control[m] & ~j->data[m]);
		uint32_t good = j->flow[m] | (control & ~known), free = ~(good | literal | j->data[m]);

		if (j->left <= 0)
			return false;
		j->left -= COST_PRESUME;
		if (!j->at || out->code[m + 1u] & 1u)
			good |= free & 0x80000000u;
		out->literal[m] = literal;
		out->code[m] = fill_down(good, free);
		j->sensitive[m] &= j->flow[m] | ~(known | j->data[m]);
	}
	return true;
}

// Which of the words of map word m speak for code: unconditional and defined, or literals, or beyond the page's edges.
static uint32_t
speaks(struct bt_scan_job *j, unsigned m)
{
	if (m >= BT_MAP_WORDS)
		return 0xffffffffu;
	if (!bit(j->always_done, m)) {
		uint32_t always = 0;

#pragma GCC unroll 8
		for (unsigned n = 32u; n--;)
			always = 2u * always + bt_always(j->page[32u * m + n]);
		j->always[m] = always;
		j->always_done |= 1u << m;
		j->left -= COST_ALWAYS;
	}
	return j->out.literal[m] | (j->always[m] & ~j->data[m]);
}

// What speaks for code in a map word and its neighbours.
struct view {
	uint32_t before, here, behind;
};

static uint32_t
data_at(const struct bt_scan_job *j, unsigned m)
{
	return m < BT_MAP_WORDS ? j->data[m] & ~j->out.literal[m] : 0;
}

// Most code is unconditional, most data isn't: two of the five words before and the five behind must speak for code,
// or, where a wide view won't do, one of the two before and one of the two behind.
static uint32_t
plausible(const struct view *view, uint32_t wide)
{
	uint32_t one = 0, two = 0, low = 0, high = 0;

#pragma GCC unroll 5
	for (unsigned n = 1; n <= 5u; n++) {
		uint32_t down = view->here << n | view->before >> (32u - n);
		uint32_t up = view->here >> n | view->behind << (32u - n);

		two |= (one & (down | up)) | (down & up);
		one |= down | up;
		if (n <= 2u) {
			low |= down;
			high |= up;
		}
	}
	return (wide & two) | (~wide & low & high);
}

// Of words that nothing is known to lead to: those amid code. A table of random words has an unconditional one here and
// there, code more often than not.
static uint32_t
amid_code(struct bt_scan_job *j, const struct view *view, uint32_t words)
{
	uint64_t before = (uint64_t)view->here << 32 | view->before;
	uint64_t behind = (uint64_t)view->behind << 32 | view->here;
	uint32_t amid = 0;

	for (; words; words &= words - 1u) {
		unsigned n = (unsigned)__builtin_ctz(words);
		uint32_t around = n < 16u ? (uint32_t)(before >> (16u + n)) : (uint32_t)(behind >> (n - 16u));

		if (count_ones(around) >= CROWD)
			amid |= 1u << n;
		j->left -= COST_AROUND;
	}
	return amid;
}

// Which of the words of map word m that look sensitive, and that the flow doesn't reach, are code.
static uint32_t
judge_words(struct bt_scan_job *j, unsigned m, uint32_t words)
{
	// Sixteen words on either side are all that is looked at.
	struct view view = {
	    .before = words & 0xffffu ? speaks(j, m - 1u) : 0,
	    .here = speaks(j, m),
	    .behind = words >> 16 ? speaks(j, m + 1u) : 0,
	};
	uint32_t always = j->always[m], data = data_at(j, m);
	uint32_t beside = data << 1 | data_at(j, m - 1u) >> 31 | data >> 1 | data_at(j, m + 1u) << 31;
	uint32_t fits = (j->out.code[m] & (always | j->whole[m])) | (always & j->whole[m] & ~beside);

	j->left -= COST_JUDGE;
	return amid_code(j, &view, fits & j->strict[m] & words & plausible(&view, j->wide[m]));
}

bool
bt_scan_judge(struct bt_scan_job *j)
{
	struct bt_scan *out = &j->out;

	for (; j->at < BT_MAP_WORDS; j->at++) {
		unsigned m = j->at;
		uint32_t reached = j->sensitive[m] & j->flow[m], others = j->sensitive[m] & ~j->flow[m];

		if (!j->sensitive[m])
			continue;
		if (j->left <= 0)
			return false;
		out->patch[m] = reached | (others ? judge_words(j, m, others) : 0);
		out->doubtful[m] = j->sensitive[m] & ~out->patch[m];
		out->n_patch += count_ones(out->patch[m]);
		out->n_doubtful += count_ones(out->doubtful[m]);
	}
	return true;
}
