// SPDX-License-Identifier: MIT
//
// The rule of bt/scan.h in phases: what each word is, what the neighbours name, the flow, presumed
// runs, judgement. Words are looked at one by one in the first two only, and by tables of what their
// upper bits tell (BT_KIND_OTHER), so that most need no more; after that all is bitmaps of the page's
// 1024 words, 32 at a time.
//
// A phase leaves off when the piece's instructions are spent and goes on from `at`. Each
// visits a word a bounded number of times, whatever the guest has put there.
#include "bt/scan.h"
#include "bt/decode.h"
#include "bt/flow.h"
#include "bt/hyper_imm.h"
#include "bt/ldst.h"
#include "monitor/arch.h"
#include "monitor/string.h"

#define WORDS        BT_PAGE_WORDS
#define PC_IN_RN     0x000f0000u
#define CMP_IMM      0xe3500000u // CMP<AL> Rn, #imm8, not rotated
#define CMP_MASK     0xffffff00u
#define CMP_DISTANCE 8u          // how far before its jump a table's bound may be checked
#define ADR_DISTANCE 8u          // how far after ADR its register is looked for
#define CROWD        10u         // so many of 32 words speak for code, where there is some
#define SMALL_NUMBER 0x00100000u // below: ANDEQ, MULEQ, or a number
#define NOP          0xe320f000u
#define MOV_R0_R0    0xe1a00000u
#define SAME_REGION  0xfff00000u // what the addresses in one jump table share
#define LDR_MASK     0x0f7f0000u
#define LDR_LITERAL  0x051f0000u

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

// About how many instructions things take.
#define COST_WORD     4 // to be seen not to name a literal
#define COST_GLANCE   14
#define COST_EXAMINE  50
#define COST_LOOK     30 // at what a word with R15 names
#define COST_NAME     60
#define COST_LDST     60
#define COST_MISS     100
#define COST_CONSTANT 150
#define COST_FILL     40
#define COST_BRANCH   16
#define COST_ALWAYS   160
#define COST_CALL     40
#define COST_PRESUME  60
#define COST_JUDGE    250
#define COST_AROUND   30

// Of the n words from index: those that are in the page are literals.
static void
mark_literals(struct bt_scan_job *j, int32_t index, unsigned n)
{
	int32_t end = index + (int32_t)n;

	j->names |= (index < 0 ? BT_NAMES_BEFORE : 0) | (end > (int32_t)WORDS ? BT_NAMES_BEHIND : 0);
	if (index < (int32_t)WORDS && end > 0)
		bt_map_set_range(j->out.literal, index < 0 ? 0 : (unsigned)index,
				 end < (int32_t)WORDS ? (unsigned)end : WORDS);
}

// How many words from p[i] on look like addresses near the first. Of one run of such words only the end differs.
static unsigned
region_length(struct bt_scan_job *j, const uint32_t *p, unsigned i)
{
	unsigned end = i;

	if (p == j->region_page && i >= j->region_from && i < j->region_end)
		return j->region_end - i;
	while (end < WORDS && ((p[end] ^ p[i]) & SAME_REGION) == 0)
		end++;
	j->left -= (int)(end - i) * COST_WORD;
	j->region_page = p;
	j->region_from = i;
	j->region_end = end;
	return end - i;
}

// The length of the table that LDR PC, [PC, Rm, LSL #2] at p[i] jumps through: from the
// CMP Rm, #imm before it, else as long as the words look like addresses nearby.
static unsigned
table_length(struct bt_scan_job *j, const uint32_t *p, unsigned i)
{
	uint32_t cmp = CMP_IMM | bits(p[i], 3, 0) << 16;

	for (unsigned back = 1; back <= CMP_DISTANCE && back <= i; back++)
		if ((p[i - back] & CMP_MASK) == cmp)
			return bits(p[i - back], 7, 0) + 1u;
	return i + 2u < WORDS ? region_length(j, p, i + 2u) : 0;
}

// ADR Rd names code as often as data. It is data if one of the next words loads from Rd with
// a fixed offset, as compilers do for doublewords out of LDRD's reach.
static void
name_through_adr(struct bt_scan_job *j, const uint32_t *p, unsigned i, int32_t index)
{
	for (unsigned n = 1; n <= ADR_DISTANCE && i + n < WORDS; n++) {
		struct bt_ldst op;

		if (bits(p[i + n], 19, 16) != bits(p[i], 15, 12))
			continue;
		j->left -= COST_LDST;
		if (!bt_ldst_decode(p[i + n], &op))
			continue;
		if (!op.load || op.rm != BT_NO_REG || !op.add)
			return;
		if (op.kind == BT_LDST_MULTIPLE)
			mark_literals(j, index + op.index, op.count);
		else
			mark_literals(j, index + (op.index ? op.imm / 4 : 0), op.size == 8 ? 2 : 1);
		return;
	}
}

// Text has conditional loads in it ("sp_usr" is LDRBVC Rd, [pc, #-115]), but hardly beside an
// unconditional word, as in code.
static bool
in_code(const uint32_t *p, unsigned i)
{
	return bt_always(p[i]) || (i && bt_always(p[i - 1u])) || (i + 1u < WORDS && bt_always(p[i + 1u]));
}

static void
name_by_row(struct bt_scan_job *j, const struct bt_row *row, const uint32_t *p, unsigned i, int32_t index)
{
	int32_t target;

	j->left -= COST_NAME;
	if (!in_code(p, i))
		return;
	if (row->action == BT_JUMP_TABLE) {
		mark_literals(j, index + 2, table_length(j, p, i));
		return;
	}
	target = (int32_t)bt_target(row, p[i], (uint32_t)index * 4u) >> 2;
	if (row->action == BT_ADR)
		name_through_adr(j, p, i, target);
	else
		mark_literals(j, target, row->action == BT_LITERAL_DUAL || row->action == BT_LITERAL_VFP_DUAL ? 2 : 1);
}

// Marks what p[i], index words from the page's start, names if it is LDR from a literal; else false.
static inline bool
name_by_ldr(struct bt_scan_job *j, const uint32_t *p, unsigned i, int32_t index)
{
	uint32_t insn = p[i];
	int32_t offset = (int32_t)bits(insn, 11, 0), target;

	if ((insn & LDR_MASK) != LDR_LITERAL || insn >= 0xf0000000u)
		return false;
	target = index + 2 + ((bit(insn, 23) ? offset : -offset) >> 2);
	if (!in_code(p, i))
		return true;
	if (target >= 0 && target < (int32_t)WORDS)
		bt_map_set(j->out.literal, (unsigned)target);
	else
		j->names |= target < 0 ? BT_NAMES_BEFORE : BT_NAMES_BEHIND;
	return true;
}

static bool
is_branch(uint32_t insn)
{
	return (insn & 0x0e000000u) == 0x0a000000u; // B, BL, BLX to Thumb
}

// Words that compiled code hardly has: undefined ones but BUG()'s UDF, and small numbers.
static bool
data_like(uint32_t insn)
{
	if (insn < SMALL_NUMBER)
		return true;
	return bt_undefined_a32(insn) && (insn & 0xfff000f0u) != 0xe7f000f0u;
}

// Pointers look like conditional data-processing and halfword loads (bits [27:25] = 000): there, as
// for loads, the words right beside count. Elsewhere a wider view will do.
static bool
is_wide(uint32_t insn)
{
	uint32_t space = bits(insn, 27, 25);

	return bt_always(insn) || space == 1u || space == 7u;
}

// What a word is by itself.
static uint32_t
properties(uint32_t insn)
{
	const struct bt_row *row = bt_decode_a32(insn);
	uint32_t flags = row ? row->flags : 0;
	unsigned is = data_like(insn) ? IS_DATA : 0;

	if (row && (flags & BT_LITERAL || row->action == BT_ADR || row->action == BT_JUMP_TABLE))
		is |= IS_NAMER;
	if (flags & BT_SENSITIVE)
		is |= IS_SENSITIVE | (is_wide(insn) ? IS_WIDE : 0) | (row->imm != BT_IMM_FRAME ? IS_WHOLE : 0) |
		      (!row->lax && row->action != BT_SVC ? IS_STRICT : 0);
	if (flags & (BT_BRANCH | BT_INDIRECT | BT_ENDS | BT_CALL))
		is |= IS_CONTROL | (flags & BT_CALL ? IS_CALL : 0) | (flags & BT_BRANCH ? IS_INTERWORKING : 0) |
		      (flags & BT_INDIRECT ? IS_INDIRECT : 0) | (flags & BT_ENDS && bt_always(insn) ? IS_END : 0);
	return is;
}

// The same, from a cache: code repeats itself.
static inline uint32_t
recall(struct bt_scan_job *j, uint32_t insn)
{
	struct bt_scan_memo *memo = &j->memo[(insn ^ insn >> 9 ^ insn >> 20) % BT_SCAN_MEMOS];

	if (memo->insn != insn || !(memo->is & IS_VALID)) {
		j->left -= COST_MISS;
		*memo = (struct bt_scan_memo){insn, properties(insn) | IS_VALID};
	}
	return memo->is;
}

// Marks what p[i] names, which has R15 where loads have their base.
static __attribute__((noinline)) void
name_literal(struct bt_scan_job *j, const uint32_t *p, unsigned i, int32_t index)
{
	const struct bt_row *row;

	j->left -= COST_LOOK;
	if (name_by_ldr(j, p, i, index) || !(recall(j, p[i]) & IS_NAMER))
		return;
	row = bt_decode_a32(p[i]);
	if (row)
		name_by_row(j, row, p, i, index);
}

// Marks the literals that the words of p name; p begins base words after the page.
static bool
collect_literals(struct bt_scan_job *j, const uint32_t *p, int32_t base)
{
	uint32_t below = 0xefffffffu;

	__asm__("" : "+r"(below)); // so that one comparison, with a shifted operand, tells R15
	for (unsigned i = j->at; p && i < WORDS; i += 32u) {
		const uint32_t *q = p + i;

		j->at = i;
		if (j->left <= 0)
			return false;
		j->left -= 32 * COST_WORD;
#pragma GCC unroll 32
		for (unsigned n = 0; n < 32u; n++)
			if (q[n] << 12 > below && !is_branch(q[n]))
				name_literal(j, p, i + n, base + (int32_t)(i + n));
	}
	return true;
}

static bool
collect_before(struct bt_scan_job *j)
{
	return collect_literals(j, j->prev, -(int32_t)WORDS);
}

static bool
collect_behind(struct bt_scan_job *j)
{
	return collect_literals(j, j->next, WORDS);
}

static void
add_sensitive(struct bt_scan_job *j, uint32_t is, unsigned i)
{
	bt_map_set(j->sensitive, i);
	if (is & IS_STRICT)
		bt_map_set(j->strict, i);
	if (is & IS_WHOLE)
		bt_map_set(j->whole, i);
	if (is & IS_WIDE)
		bt_map_set(j->wide, i);
}

static void
add_control(struct bt_scan_job *j, uint32_t is, unsigned i)
{
	bt_map_set(j->control, i);
	if (is & IS_END)
		bt_map_set(j->ends, i);
	if (is & IS_INTERWORKING)
		bt_map_set(j->interworks, i);
	if (is & IS_INDIRECT)
		bt_map_set(j->indirect, i);
}

// Names the literals of word i, and notes what it is.
static inline void
examine(struct bt_scan_job *j, unsigned i)
{
	uint32_t is;

	j->left -= COST_EXAMINE;
	if (bits(~j->page[i], 15, 12) && name_by_ldr(j, j->page, i, (int32_t)i))
		return;
	is = recall(j, j->page[i]);
	if (is & IS_NAMER)
		name_literal(j, j->page, i, (int32_t)i);
	if (is & IS_DATA)
		bt_map_set(j->data, i);
	if (is & IS_CONTROL)
		add_control(j, is, i);
	if (is & IS_SENSITIVE)
		add_sensitive(j, is, i);
}

// Looks at the 32 words of map word m.
static void
glance(struct bt_scan_job *j, unsigned m)
{
	const uint32_t *p = j->page + 32u * m;
	uint32_t branches = 0, ends = 0, data = 0, odd = 0, bit4 = 0;

#pragma GCC unroll 32
	for (unsigned n = 0; n < 32u; n++) {
		uint32_t insn = p[n], kind = bt_r15_a32[bits(insn, 19, 12)] | bt_kind_a32[insn >> 20];

		if (!kind)
			continue;
		if (kind & BT_KIND_BRANCH) {
			branches |= 1u << n;
			if (kind & BT_KIND_ENDS)
				ends |= 1u << n;
		} else if (kind == BT_KIND_BIT4) {
			if (bit(insn, 4))
				bit4 |= 1u << n;
		} else if (kind == BT_KIND_SMALL) {
			data |= 1u << n;
		} else {
			odd |= 1u << n;
		}
	}
	for (; bit4; bit4 &= bit4 - 1u)
		if (bt_odd_bit4(p[__builtin_ctz(bit4)]))
			odd |= bit4 & -bit4;
	j->branches[m] = branches;
	j->ends[m] = ends;
	j->data[m] = data;
	j->odd[m] = odd;
}

static bool
glance_all(struct bt_scan_job *j)
{
	for (; j->at < BT_MAP_WORDS; j->at++) {
		if (j->left <= 0)
			return false;
		j->left -= 32 * COST_GLANCE;
		glance(j, j->at);
	}
	return true;
}

static bool
examine_all(struct bt_scan_job *j)
{
	for (; j->at < BT_MAP_WORDS; j->at++)
		for (; j->odd[j->at]; j->odd[j->at] &= j->odd[j->at] - 1u) {
			if (j->left <= 0)
				return false;
			examine(j, 32u * j->at + (unsigned)__builtin_ctz(j->odd[j->at]));
		}
	j->out.names = j->names;
	return true;
}

// BL, BLX, SVC, UDF.
static bool
is_call(struct bt_scan_job *j, uint32_t insn)
{
	return (insn & 0x0f000000u) == 0x0b000000u || recall(j, insn) & IS_CALL;
}

static bool
is_padding(const struct bt_scan_job *j, unsigned i)
{
	return (j->page[i] == NOP || j->page[i] == MOV_R0_R0) && !bt_map_test(j->out.literal, i);
}

// What is called before a literal never returns, with padding between or without.
static bool
close_calls(struct bt_scan_job *j)
{
	for (; (j->at = bt_map_next(j->out.literal, j->at, WORDS)) < WORDS; j->at++) {
		unsigned i = j->at;

		if (j->left <= 0)
			return false;
		while (i && is_padding(j, i - 1u))
			i--;
		if (i && is_call(j, j->page[i - 1u]))
			bt_map_set(j->ends, i - 1u);
		j->left -= COST_CALL + (int)(j->at - i) * COST_WORD;
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
static bool
follow_all(struct bt_scan_job *j)
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
static bool
presume(struct bt_scan_job *j)
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
	struct view view = {speaks(j, m - 1u), speaks(j, m), speaks(j, m + 1u)};
	uint32_t always = j->always[m], data = data_at(j, m);
	uint32_t beside = data << 1 | data_at(j, m - 1u) >> 31 | data >> 1 | data_at(j, m + 1u) << 31;
	uint32_t fits = (j->out.code[m] & (always | j->whole[m])) | (always & j->whole[m] & ~beside);

	j->left -= COST_JUDGE;
	return amid_code(j, &view, fits & j->strict[m] & words & plausible(&view, j->wide[m]));
}

static bool
judge(struct bt_scan_job *j)
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

// Whether code that the flow reaches goes to Thumb state.
static bool
find_thumb(struct bt_scan_job *j)
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

void
bt_scan_start(struct bt_scan_job *j, const uint32_t *page, const uint32_t *prev, const uint32_t *next,
	      const uint32_t *entries, const uint32_t *literal, struct bt_scan_memo *memo)
{
	memset(j, 0, sizeof(*j));
	j->page = page;
	j->prev = prev;
	j->next = next;
	j->memo = memo;
	j->unfollowed = 0xffffffffu;
	memcpy(j->pending, entries, sizeof(j->pending));
	if (literal)
		memcpy(j->out.literal, literal, sizeof(j->out.literal));
}

bool
bt_scan_step(struct bt_scan_job *j)
{
	static bool (*const phase[])(struct bt_scan_job *) = {glance_all,     examine_all, collect_before,
							      collect_behind, close_calls, follow_all,
							      presume,        judge,       find_thumb};

	j->left = BT_SCAN_PIECE;
	while (j->phase < ARRAY_LEN(phase)) {
		if (!phase[j->phase](j))
			return false;
		j->phase++;
		j->at = 0;
	}
	return true;
}

void
bt_scan_page(struct bt_scan *out, const uint32_t *page, const uint32_t *prev, const uint32_t *next,
	     uint32_t entry_offset)
{
	uint32_t entries[BT_MAP_WORDS] = {0};
	static struct bt_scan_memo memo[BT_SCAN_MEMOS];
	struct bt_scan_job j;

	BUG_ON(entry_offset / 4u >= WORDS);
	bt_map_set(entries, entry_offset / 4u);
	bt_scan_start(&j, page, prev, next, entries, NULL, memo);
	while (!bt_scan_step(&j))
		;
	*out = j.out;
}
