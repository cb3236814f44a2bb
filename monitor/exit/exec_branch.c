// SPDX-License-Identifier: MIT
//
// The block policy's ends of blocks: branches that were closed by a hypercall, and what falls
// off its page. A direct branch is given back once what it leads to is scanned; an indirect one
// is emulated each time. ARM ARM A8.8 (the instructions), A2.3.1 (interworking).
#include "bt/isa/decode.h"
#include "monitor/cpu/access.h"
#include "monitor/cpu/emulate.h"
#include "monitor/exit/exec.h"
#include "monitor/cpu/inject.h"
#include "monitor/vm/vm.h"
#include "monitor/cpu/vpsr.h"

static bool
is_reached(const struct code_page *p, struct exec_target at)
{
	uint32_t offset = at.va & PAGE_MASK;

	return at.thumb ? code_thumb_reached(p, offset) : code_block_reached(p, offset);
}

static struct exec_target
branch_target(const struct bt_row *row, uint32_t insn, struct exec_target from)
{
	bool thumb = from.thumb != (row->action == BT_BLX_IMM);

	return (struct exec_target){.va = bt_target(row, insn, from.va), .thumb = thumb};
}

// Whether the branch is taken now: by its own condition, its register or ITSTATE.
static bool
taken(const struct vcpu *v, const struct bt_row *row, uint32_t insn)
{
	if (row->action == BT_CBZ)
		return (v->regs[bits(insn, 2, 0)] != 0) == bit(insn, 11);
	if (row->action == BT_B_COND)
		return vpsr_condition(v, bt_condition(row, insn));
	return emulate_passes(v, insn);
}

static bool
may_fall(const struct bt_row *row, uint32_t insn, struct exec_target from)
{
	if (!from.thumb)
		return !bt_always(insn);
	return !(row->flags & (BT_ENDS | BT_CALL)) || from.slots;
}

static struct exec_target
behind(struct exec_target from, uint32_t size)
{
	from.va += size;
	from.slots -= from.slots != 0;
	if (from.thumb) // it may have been IT
		from.slots = BT_IT_MAX;
	return from;
}

// Block policy: what is given back leads there.
static void
enter(struct vcpu *v, struct exec_target from, struct exec_target to)
{
	if ((from.va ^ to.va) & ~PAGE_MASK)
		code_block_enter(&v->vm->code, GVA(to.va), to.thumb);
}

// A direct branch, or what falls off its page: when all it can lead to is scanned, it is given
// back and run.
static void
direct(struct vcpu *v, const struct bt_row *row, uint32_t insn)
{
	struct exec_target from = exec_here(v), to = from, next = behind(from, v->size);
	bool fits = true, branches = row && (row->flags & BT_BRANCH), falls = !branches || may_fall(row, insn, from);
	struct code_page *p;

	if (branches) {
		to = branch_target(row, insn, from);
		fits = exec_reach(v, to);
	}
	if (falls)
		exec_reach(v, next);           // where that can't be executed, running it faults
	p = access_code_page(v, GVA(from.va)); // looked up now: reaching may have flushed
	if (p && fits && is_reached(p, from)) {
		enter(v, from, to);
		if (falls)
			enter(v, from, next);
		if (from.thumb)
			code_thumb_restore(&v->vm->code, p, from.va & PAGE_MASK);
		else
			code_block_restore(&v->vm->code, p, from.va & PAGE_MASK);
		return;
	}
	if (!branches)
		return; // its page has been dropped meanwhile
	fits = taken(v, row, insn);
	vpsr_next(v);
	if (!fits)
		return;
	if (row->flags & BT_CALL)
		v->regs[14] = v->pc | from.thumb;
	vpsr_branch(v, to.va, to.thumb);
}

// LDR pc and LDM with the PC: as any load (emulate_ldst); what that can't decode is UNPREDICTABLE.
static void
load_pc(struct vcpu *v, uint32_t insn)
{
	if (!emulate_ldst(v, insn))
		inject_undef(v);
}

// Data-processing into the PC: in A32 it interworks, in T16 (MOV and ADD) it doesn't.
static void
write_pc(struct vcpu *v, uint32_t insn)
{
	bool thumb = vpsr_thumb(v);
	uint32_t target;

	if (thumb ? insn >> 9 != 0x22u && insn >> 9 != 0x23u : bits(insn, 27, 26) != 0) {
		load_pc(v, insn);
		return;
	}
	if (thumb)
		target = emulate_reg(v, bits(insn, 6, 3)) + (insn >> 9 == 0x22u ? v->pc + 4u : 0);
	else
		target = emulate_alu(v, insn);
	vpsr_next(v);
	if (thumb)
		vpsr_branch(v, target, true);
	else
		vpsr_branch_exchange(v, target);
}

static void
exchange(struct vcpu *v, uint32_t insn, bool link)
{
	bool thumb = vpsr_thumb(v);
	uint32_t target = emulate_reg(v, thumb ? bits(insn, 6, 3) : bits(insn, 3, 0));

	vpsr_next(v);
	if (link)
		v->regs[14] = v->pc | thumb;
	vpsr_branch_exchange(v, target);
}

bool
exec_table_branch(struct vcpu *v, uint32_t insn)
{
	const struct bt_row *row = vpsr_thumb(v) ? bt_decode_thumb(insn) : NULL;
	unsigned size = bit(insn, 4) ? 2u : 1u;
	uint32_t base, entry, from = v->pc + 4u;

	if (!row || row->action != BT_TABLE_BRANCH)
		return false;
	v->size = 4;
	base = emulate_reg(v, bits(insn, 19, 16)) + v->regs[bits(insn, 3, 0)] * size;
	if (!access_read(v, GVA(base), size, vpsr_privileged(v), &entry))
		return true; // the guest's fault
	vpsr_next(v);
	vpsr_branch(v, from + 2u * (size == 1u ? entry & 0xffu : entry & 0xffffu), true);
	return true;
}

static void
indirect(struct vcpu *v, const struct bt_row *row, uint32_t insn)
{
	if (!emulate_passes(v, insn)) { // of a page's last word the hypercall is unconditional
		vpsr_next(v);
		return;
	}
	switch ((enum bt_action)row->action) {
	case BT_BX:
		exchange(v, insn, false);
		break;
	case BT_BLX_REG:
		exchange(v, insn, true);
		break;
	case BT_PC_WRITE:
		write_pc(v, insn);
		break;
	case BT_TABLE_BRANCH:
		exec_table_branch(v, insn);
		break;
	default: // LDR from literals and jump tables
		load_pc(v, insn);
	}
}

enum exit_reason
exec_block_end(struct vcpu *v, uint32_t insn)
{
	const struct bt_row *row = vpsr_thumb(v) ? bt_decode_thumb(insn) : bt_decode_a32(insn);
	uint32_t flags = row ? row->flags : 0;
	const struct code_page *p = access_code_page(v, GVA(v->pc));

	if (p && !is_reached(p, exec_here(v))) { // rewritten by the guest
		exec_reach(v, exec_here(v));
		return EXIT_block_end;
	}
	if (!(flags & BT_INDIRECT) || flags & BT_SENSITIVE) {
		direct(v, row, insn);
		return EXIT_block_end;
	}
	indirect(v, row, insn);
	return EXIT_branch;
}

enum exit_reason
exec_give_back(struct vcpu *v, uint32_t insn)
{
	struct code_page *p = access_code_page(v, GVA(v->pc));
	struct code_beside behind;

	if (v->vm->code.policy == CODE_BLOCK)
		return exec_block_end(v, insn);
	if (!p || !p->copy || (v->pc & PAGE_MASK) != PAGE_SIZE - 2u) { // no hypercall of ours
		inject_undef(v);
		return EXIT_undef;
	}
	behind = exec_beside(v, GVA(v->pc + 2u));
	if (behind.frame)
		code_cut_restore(&v->vm->code, p, behind.gpa);
	return EXIT_block_end;
}
