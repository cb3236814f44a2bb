// SPDX-License-Identifier: MIT
//
// Finding, checking, resetting and executing rows of coprocessor registers; see cptable.h.
#include "monitor/base/arch.h"
#include "monitor/cpu/cptable.h"
#include "monitor/cpu/vpsr.h"

_Static_assert(sizeof(struct vcpu) < 0xffffu, "cp_row.field");

static uint32_t
key(unsigned crn, unsigned opc1, unsigned crm, unsigned opc2)
{
	return crn << 12 | opc1 << 8 | crm << 4 | opc2;
}

static uint32_t
row_key(const struct cp_row *row)
{
	return key(row->crn, row->opc1, row->crm, row->opc2);
}

static uint32_t
insn_key(uint32_t insn)
{
	return key(bits(insn, 19, 16), bits(insn, 23, 21), bits(insn, 3, 0), bits(insn, 7, 5));
}

static uint32_t *
field(struct vcpu *v, const struct cp_row *row)
{
	return (uint32_t *)(void *)((char *)v + row->field - 1);
}

static uint32_t
row_read(struct vcpu *v, const struct cp_row *row)
{
	if (row->read)
		return row->read(v, row);
	if (row->field)
		return *field(v, row);
	return row->host ? row->host() : row->reset;
}

static void
row_write(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	if (row->write)
		row->write(v, row, value);
	else if (row->field)
		*field(v, row) = value & row->writable;
}

static bool
allowed(const struct vcpu *v, const struct cp_row *row, bool read)
{
	if (vpsr_privileged(v))
		return row->access & (read ? CP_R : CP_W);
	return row->access & (read ? CP_USER_R : CP_USER_W) && (!row->gate || row->gate(v));
}

static void
check_row(const struct cp_row *row)
{
	BUG_ON(row->crn > 15 || (row->access & CP_LEAVES && (row->read || row->write || row->field)));
	BUG_ON(!row->access || (row->field && row->reset_kind == CP_RESET_NONE));
	BUG_ON(row->reset_kind == CP_RESET_HOST && !row->host);
}

void
cptable_check(const struct cp_table *table)
{
	for (unsigned i = 0; i < table->n_rows; i++) {
		const struct cp_row *row = &table->rows[i];

		check_row(row);
		BUG_ON(i && row_key(row) <= row_key(row - 1));
		BUG_ON(row->opc1 > 7 || row->crm > 15 || row->opc2 > 7);
	}
	for (unsigned i = 0; i < table->n_wide; i++)
		check_row(&table->wide[i]);
}

void
cptable_reset(const struct cp_table *table, struct vcpu *v)
{
	for (unsigned i = 0; i < table->n_rows; i++) {
		const struct cp_row *row = &table->rows[i];

		if (!row->field)
			continue;
		if (row->reset_kind != CP_RESET_NONE)
			*field(v, row) = row->reset_kind == CP_RESET_HOST ? row->host() : row->reset;
		BUG_ON(*field(v, row) == CP_POISON_WORD);
	}
}

static bool
is_or_any(uint8_t of_row, unsigned value)
{
	return of_row == CP_ANY || of_row == value;
}

static const struct cp_row *
find_wide(const struct cp_table *table, uint32_t insn)
{
	unsigned crn = bits(insn, 19, 16), opc1 = bits(insn, 23, 21), crm = bits(insn, 3, 0), opc2 = bits(insn, 7, 5);

	for (const struct cp_row *row = table->wide; row < table->wide + table->n_wide; row++)
		if (row->crn == crn && is_or_any(row->opc1, opc1) && is_or_any(row->crm, crm) &&
		    is_or_any(row->opc2, opc2))
			return row;
	return NULL;
}

static const struct cp_row *
one_of_wide(const struct cp_table *table, const struct vcpu *v, uint32_t insn, struct cp_row *room)
{
	const struct cp_row *wide = find_wide(table, insn);

	if (!wide)
		return NULL;
	*room = *wide;
	room->opc1 = (uint8_t)bits(insn, 23, 21);
	room->crm = (uint8_t)bits(insn, 3, 0);
	room->opc2 = (uint8_t)bits(insn, 7, 5);
	return room->there && !room->there(v, room) ? NULL : room;
}

const struct cp_row *
cptable_find(const struct cp_table *table, const struct vcpu *v, uint32_t insn, struct cp_row *room)
{
	uint32_t wanted = insn_key(insn);
	unsigned low = 0, high = table->n_rows;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (row_key(&table->rows[mid]) == wanted)
			return &table->rows[mid];
		if (row_key(&table->rows[mid]) < wanted)
			low = mid + 1;
		else
			high = mid;
	}
	return one_of_wide(table, v, insn, room);
}

static void
set_rt(struct vcpu *v, uint32_t insn, uint32_t value)
{
	unsigned rt = bits(insn, 15, 12);

	if (rt == 15)
		v->cpsr = (v->cpsr & 0x0fffffffu) | (value & 0xf0000000u);
	else
		v->regs[rt] = value;
}

enum cp_result
cptable_access(struct vcpu *v, const struct cp_row *row, uint32_t insn)
{
	bool read = cp_insn_is_read(insn);
	unsigned rt = bits(insn, 15, 12);

	if (!allowed(v, row, read) || (!read && rt == 15))
		return CP_UNDEF;
	if (row->access & CP_LEAVES)
		return CP_DONE;
	if (read)
		set_rt(v, insn, row_read(v, row));
	else
		row_write(v, row, v->regs[rt]);
	return CP_DONE;
}
