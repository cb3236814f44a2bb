// SPDX-License-Identifier: MIT
//
// Coprocessor registers as tables: one row per register with its encoding, who may
// read and write it, how it is reset and where it lives. CP14 and CP15 share the
// rows' meaning and what executes an MCR or MRC by them.
//
// A row is read by its read function, or else from its field of the VCPU, or else
// from the host's register, or else as its reset value; it is written by its write
// function, or else to the writable bits of its field, or else in vain. PL0 needs a
// right of its own, and if the row says so the consent of a gate.
#ifndef MONITOR_CPU_CPTABLE_H
#define MONITOR_CPU_CPTABLE_H

#include "monitor/cpu/vcpu.h"

enum cp_result {
	CP_DONE,
	CP_UNDEF, // nothing done: the caller injects an Undefined Instruction exception
	CP_ABORT, // nothing done: an abort has been injected
};

#define CP_R      1u // PL1 reads
#define CP_W      2u // PL1 writes
#define CP_RW     3u
#define CP_USER_R 4u // PL0 reads, if the gate lets it
#define CP_USER_W 8u
#define CP_LEAVES 16u // a read leaves the general register as it is

#define CP_ANY 0xffu // in an encoding of a row that stands for several

enum cp_reset {
	CP_RESET_NONE, // not held in a field
	CP_RESET_VALUE,
	CP_RESET_HOST, // what the host's register holds
};

struct cp_row {
	uint8_t crn, opc1, crm, opc2;
	const char *name;
	uint8_t access;     // CP_R and so on
	uint8_t reset_kind; // enum cp_reset
	uint16_t field;     // CP_FIELD, or 0
	uint32_t reset;     // also what a row without anything else reads as
	uint32_t writable;  // bits of the field that a write sets; the others become 0
	uint32_t (*host)(void);
	uint32_t (*read)(struct vcpu *v, const struct cp_row *row);
	void (*write)(struct vcpu *v, const struct cp_row *row, uint32_t value);
	bool (*gate)(const struct vcpu *v);
	bool (*there)(const struct vcpu *v, const struct cp_row *row); // of a row for several: whether this one is
};

// Names the uint32_t of struct vcpu that holds a register.
#define CP_FIELD(member) ((uint16_t)(offsetof(struct vcpu, member) + 1u))

struct cp_table {
	const struct cp_row *rows, *wide; // wide: with CP_ANY
	unsigned n_rows, n_wide;
};

// The fields of an A32 MCR or MRC (ARM ARM A8.8.98, A8.8.107).
static inline bool
cp_insn_is_reg(uint32_t insn)
{
	return (insn & 0x0f000010u) == 0x0e000010u && insn >> 28 != 15;
}

// Those of an MCRR or MRRC (A8.8.99, A8.8.108).
static inline bool
cp_insn_is_pair(uint32_t insn)
{
	return (insn & 0x0fe00000u) == 0x0c400000u && insn >> 28 != 15;
}

static inline bool
cp_insn_is_read(uint32_t insn)
{
	return bit(insn, 20);
}

// Asserts that rows but for the wide ones are sorted by (CRn, opc1, CRm, opc2), no two alike, and all make sense.
void cptable_check(const struct cp_table *table);

// Sets the fields that the rows name to their reset values. The caller has filled
// them with CP_POISON, so that a field whose row forgot its reset is a bug found here.
#define CP_POISON      0xa5u // a byte of it
#define CP_POISON_WORD 0xa5a5a5a5u
void cptable_reset(const struct cp_table *table, struct vcpu *v);

// The row of an MCR or MRC, or NULL. Of a wide one it is a copy in room, with the encoding of this register.
const struct cp_row *cptable_find(const struct cp_table *table, const struct vcpu *v, uint32_t insn,
				  struct cp_row *room);

// Executes an MCR or MRC on this row with the VCPU's privilege. An MRC to r15 sets
// the flags; an MCR from it is UNPREDICTABLE and made UNDEFINED.
enum cp_result cptable_access(struct vcpu *v, const struct cp_row *row, uint32_t insn);

#endif
