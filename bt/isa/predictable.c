// SPDX-License-Identifier: MIT
//
// Evaluates the operand conditions of the tables; their syntax stands in bt/isa/a32.def.
// What the ARM ARM calls UNPREDICTABLE in the "encoding-specific operations" of each
// instruction in A8.8 and B9.3, as far as the instruction itself tells.
#include "bt/isa/decode.h"
#include "monitor/base/arch.h"

#define CONDITION 'c' // in A32 no letter of its own

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

// The number, the letter's value or, after #, its ones at *p, which is moved on behind it.
static uint32_t
value_at(const struct bt_row *row, uint32_t insn, const char **p)
{
	bool ones = **p == '#';
	uint32_t value = 0;

	*p += ones;
	if (is_digit(**p)) {
		for (; is_digit(**p); (*p)++)
			value = value * 10u + (uint32_t)(**p - '0');
		return value;
	}
	if (row->conditional && **p == CONDITION)
		value = insn >> 28;
	else
		value = bt_field(row, insn, **p);
	(*p)++;
	return ones ? count_ones(value) : value;
}

// One comparison at *p, which is moved on behind it.
static bool
holds(const struct bt_row *row, uint32_t insn, const char **p)
{
	uint32_t left = value_at(row, insn, p), right;
	char op = *(*p)++;

	*p += op == '!';
	right = value_at(row, insn, p);
	switch (op) {
	case '=':
		return left == right;
	case '!':
		return left != right;
	case '<':
		return left < right;
	case '>':
		return left > right;
	case '%':
		return left % right == 0;
	case '~':
		return !bit(right, left);
	default:
		arch_bug(__FILE__, __LINE__, "no such operator in the operands");
	}
}

bool
bt_predictable(const struct bt_row *row, uint32_t insn)
{
	const char *p = row->operands;

	while (*p) {
		bool any = holds(row, insn, &p);

		while (*p == '|') {
			p++;
			any |= holds(row, insn, &p);
		}
		if (!any)
			return false;
		p += *p == ' ';
	}
	return true;
}
