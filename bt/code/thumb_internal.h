// SPDX-License-Identifier: MIT
//
// What thumb.c, thumb_reach.c and thumb_written.c share: the first puts single instructions into copies, the second
// finds which there are, the third follows what the guest writes.
#ifndef BT_CODE_THUMB_INTERNAL_H
#define BT_CODE_THUMB_INTERNAL_H

#include "bt/code/internal.h"
#include "bt/isa/hyper_imm.h"
#include "bt/scan/maps.h"

#define THUMB_BKPT_FRAME (0xbe00u | BT_IMM_T16_FRAME)

// Where instructions begin that control may reach, or that are code: a bit per halfword.
static inline uint32_t *
thumb_map(const struct code_page *p)
{
	return p->scanned + BT_MAP_WORDS;
}

// What begins at halfword i of a frame. Of an instruction that is cut the first half.
static inline uint32_t
thumb_stands_at(const uint16_t *frame, unsigned i)
{
	if (!bt_is_t32(frame[i]))
		return frame[i];
	return (uint32_t)frame[i] << 16 | (i + 1u < BT_PAGE_HALVES ? frame[i + 1u] : 0);
}

static inline bool
thumb_is_cut(uint32_t insn, unsigned i)
{
	return i == BT_PAGE_HALVES - 1u && bt_thumb_size(insn) == 4u;
}

// Where code is followed from.
struct thumb_start {
	uint32_t offset;
	bool thumb, executed;
	unsigned slots; // instructions of an IT block to come
};

// The instruction that begins at halfword i, as the guest means it.
uint32_t thumb_original(const struct code *c, const struct code_page *p, unsigned i);
// Whether the copy has insn at halfword i already.
bool thumb_is_run_so(const struct code_page *p, unsigned i, uint32_t insn);
// What is in the frame comes back into the copy, from halfword from up to to.
void thumb_show(const struct code *c, struct code_page *p, unsigned from, unsigned to);
// Nothing begins inside an instruction, whatever was there before the guest rewrote it.
void thumb_set_reached(const struct code *c, struct code_page *p, unsigned i, uint32_t insn);
// The hypercall that stands for a T16 instruction by its number, if that is below most; else the one that says nothing.
uint32_t thumb_t16_by_number(struct code *c, uint32_t insn, uint32_t most);
// The same for any instruction.
uint32_t thumb_by_number(struct code *c, uint32_t insn);
// What insn is replaced by; itself if it may run as it is.
uint32_t thumb_replacement(struct code *c, const struct bt_row *row, uint32_t insn);
// Replaces the instruction at halfword i by word, if it isn't that already. False: no memory.
bool thumb_replace(struct code *c, struct code_page *p, unsigned i, uint32_t insn, uint32_t word);
// The same of what it is to be replaced by.
bool thumb_patch(struct code *c, struct code_page *p, unsigned i);
// Control has got to the word in A32 state: what was known of it as Thumb code is no longer so.
void thumb_forget(struct code *c, struct code_page *p, unsigned w);
// The instruction at halfword i is code. Most are plain, and stand in the copy, if there is one, as they are.
bool thumb_reach_one(struct code *c, struct code_page *p, const uint16_t *frame, unsigned i);
// Page policy: what the flow reaches from there is code, in either state. It goes through what is known, for there may
// be something behind that was left. If it isn't known that it is executed, the flow doesn't run on from Thumb into
// what is A32 code.
bool thumb_reach_flow(struct code *c, struct code_page *p, const struct thumb_start *from);

#endif
