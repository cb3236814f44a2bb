// SPDX-License-Identifier: MIT
//
// See exec.h.
//
// Under the block policy, a branch that was given back holds for the addresses its page
// and its target were executed at. So when a code page turns up at another
// address, or another frame at the address of one, all of them go.
#include "monitor/exec.h"
#include "bt/decode.h"
#include "bt/ldst.h"

#include "monitor/access.h"
#include "monitor/emulate.h"
#include "monitor/regime.h"
#include "monitor/stop.h"
#include "monitor/string.h"
#include "monitor/trace.h"
#include "monitor/vm.h"
#include "monitor/vpsr.h"

void
exec_flush(struct vcpu *v)
{
	code_drop_all(&v->vm->code);
	memset(v->targets, 0, sizeof(v->targets));
	regime_drop_all(v);
}

// The frame of a page that the kernel may execute, or NULL.
static const uint32_t *
executable_frame(struct vcpu *v, gva_t va)
{
	struct mmu_xlat x;

	if (mmu_walk(&v->cp15.mmu, &v->vm->mem, va, &x) != FS_NONE ||
	    mmu_check(&v->cp15.mmu, &x, MMU_EXEC, true) != FS_NONE)
		return NULL;
	return gmem_ptr(&v->vm->mem, GPA(x.gpa.v & ~PAGE_MASK), PAGE_SIZE);
}

static struct code_page *
make(struct vcpu *v, gva_t va, gpa_t gpa)
{
	uint32_t page = va.v & ~PAGE_MASK;
	struct code_request rq = {
	    .gpa = gpa,
	    .prev = executable_frame(v, GVA(page - PAGE_SIZE)),
	    .next = executable_frame(v, GVA(page + PAGE_SIZE)),
	    .entry = va.v & PAGE_MASK,
	};
	struct code_page *p = code_make(&v->vm->code, &rq);

	trace(v, TRACE_EXEC, va.v);
	if (!p) {
		exec_flush(v);
		p = code_make(&v->vm->code, &rq);
	}
	if (!p)
		stop_crash(v, "the shadow pool is too small for a single code page");
	spt_track(&v->vm->spt, gpa); // from now on, mapped or not: the copy must follow the frame
	return p;
}

static struct code_page *
page_at(struct vcpu *v, gva_t va)
{
	struct mmu_xlat x;

	if (mmu_walk(&v->cp15.mmu, &v->vm->mem, va, &x) != FS_NONE)
		return NULL;
	return code_find(&v->vm->code, x.gpa);
}

static struct code_page *
find_or_make(struct vcpu *v, gva_t va, gpa_t gpa)
{
	struct code_page *p = code_find(&v->vm->code, gpa);
	const struct code_page *before;

	if (v->vm->code.policy == CODE_PAGE)
		return p ? p : make(v, va, gpa);
	if (!(p && p->va == (va.v & ~PAGE_MASK)) && code_block_moved(&v->vm->code, gpa, va)) {
		exec_flush(v);
		p = NULL;
	}
	if (!p) {
		p = make(v, va, gpa);
		before = page_at(v, GVA((va.v & ~PAGE_MASK) - PAGE_SIZE));
		if (before && code_block_reached(before, PAGE_SIZE - 4))
			code_block_reach(&v->vm->code, p, 0); // may fall off its page into this one
	}
	p->va = va.v & ~PAGE_MASK;
	code_block_reach(&v->vm->code, p, va.v & PAGE_MASK);
	return p;
}

#define AROUND 0x10000u // bytes: sixteen pages

// The neighbours, in the same guest section, of a page that is known already: after a
// flush a kernel comes back to most of them.
static void
map_known_around(struct vcpu *v, const struct spt_request *rq, const struct mmu_xlat *x)
{
	uint32_t own = rq->va.v & (AROUND - 1u) & ~PAGE_MASK;

	for (uint32_t off = 0; off < AROUND; off += PAGE_SIZE) {
		struct spt_request one = *rq;
		struct mmu_xlat xo = *x;
		const struct code_page *p;

		one.va = GVA((rq->va.v & ~(AROUND - 1u)) | off);
		xo.gpa = GPA((x->gpa.v & ~(AROUND - 1u)) | off);
		p = code_find(&v->vm->code, xo.gpa);
		if (p && off != own)
			spt_map_exec(&v->vm->spt, &one, &xo, code_host(&v->vm->code, p));
	}
}

void
exec_page(struct vcpu *v, const struct spt_request *rq, const struct mmu_xlat *x)
{
	bool known = code_find(&v->vm->code, x->gpa) != NULL;
	struct code_page *p = find_or_make(v, rq->va, x->gpa);

	spt_map_exec(&v->vm->spt, rq, x, code_host(&v->vm->code, p));
	if (known && x->shift >= SECTION_SHIFT && v->vm->code.policy == CODE_PAGE)
		map_known_around(v, rq, x);
	regime_refresh(v);
}

bool
exec_words(struct vcpu *v, uint32_t *run, uint32_t *original)
{
	struct code_page *p = page_at(v, GVA(v->pc));

	if (!p)
		return false;
	*run = code_run(&v->vm->code, p, v->pc & PAGE_MASK);
	*original = code_original(&v->vm->code, p, v->pc & PAGE_MASK);
	return true;
}

void
exec_patch_late(struct vcpu *v)
{
	struct code_page *p = page_at(v, GVA(v->pc));
	bool had_copy = p && p->copy;

	v->vm->unpatched_trapped++;
	if (!p)
		return;
	if (!code_patch(&v->vm->code, p, v->pc & PAGE_MASK))
		exec_flush(v);
	else if (!had_copy)
		regime_drop_all(v); // the frame itself is mapped
}

bool
exec_is_own_page(struct vcpu *v, gpa_t gpa)
{
	const struct code_page *p = vpsr_privileged(v) ? page_at(v, GVA(v->pc)) : NULL;

	return p && p->gpa.v == (gpa.v & ~PAGE_MASK);
}

bool
exec_exclusive_store(struct vcpu *v, gpa_t gpa, uint32_t insn)
{
	struct code_page *p = page_at(v, GVA(v->pc));
	bool had_copy = p && p->copy;
	struct bt_ldst op;

	if (!exec_is_own_page(v, gpa) || !bt_ldst_decode(insn, &op) || op.kind != BT_LDST_EXCLUSIVE)
		return false;
	if (!code_patch_exclusives(&v->vm->code, p, v->pc & PAGE_MASK))
		exec_flush(v);
	else if (!had_copy)
		regime_drop_all(v); // the frame itself is mapped
	v->regs[op.rd] = 1;
	vpsr_next(v);
	return true;
}

bool
exec_emulates_exclusive(struct vcpu *v)
{
	const struct code_page *p = page_at(v, GVA(v->pc));

	return v->vm->code.policy == CODE_PAGE || !p || p->exclusives;
}

// Makes the code at va fit to be reached; false where the guest can't execute there.
static bool
reach(struct vcpu *v, gva_t va)
{
	struct spt_request rq = {&v->cp15.mmu, va, MMU_EXEC, true, SPT_KERNEL};
	struct mmu_xlat x;

	if (mmu_walk(rq.regs, &v->vm->mem, va, &x) != FS_NONE || mmu_check(rq.regs, &x, MMU_EXEC, true) != FS_NONE ||
	    !gmem_has(&v->vm->mem, x.gpa, 4))
		return false;
	find_or_make(v, va, x.gpa); // mapped when it is run
	return true;
}

// A direct branch, or a word that falls off its page: when all it can lead to is
// scanned, it is given back and run.
static void
direct(struct vcpu *v, const struct bt_row *row, uint32_t insn)
{
	uint32_t pc = v->pc;
	bool fits = true, branches = row && (row->flags & BT_BRANCH);
	struct code_page *p;

	if (branches && row->action == BT_BLX_IMM)
		stop_crash(v, "the guest's kernel enters Thumb state, which is not supported");
	if (branches)
		fits = reach(v, GVA(bt_target(row, insn, pc)));
	if (!branches || !bt_always(insn))
		reach(v, GVA(pc + 4)); // where that can't be executed, running it faults
	p = page_at(v, GVA(pc));       // looked up now: reaching may have flushed
	if (p && fits && code_block_reached(p, pc & PAGE_MASK)) {
		code_block_restore(&v->vm->code, p, pc & PAGE_MASK);
		return;
	}
	if (!branches)
		return; // its page has been dropped meanwhile
	v->pc = pc + 4;
	if (!emulate_passes(v, insn))
		return;
	if (row->flags & BT_CALL)
		v->regs[14] = pc + 4;
	v->pc = bt_target(row, insn, pc);
}

static void
go(struct vcpu *v, uint32_t target)
{
	if (target & 1u)
		stop_crash(v, "the guest's kernel enters Thumb state, which is not supported");
	v->pc = target & ~3u;
}

void
exec_arrive(struct vcpu *v)
{
	if (vpsr_privileged(v) && reach(v, GVA(v->pc)))
		v->targets[(v->pc >> 2) % TARGET_ENTRIES] = v->pc | 1u;
}

// LDR pc and LDM with the PC: as any load (emulate_ldst), the target then in v->pc.
static enum exit_reason
load_pc(struct vcpu *v, uint32_t insn)
{
	uint32_t pc = v->pc;

	if (!emulate_ldst(v, insn))
		stop_crash(v, "a load of the PC that can't be decoded");
	if (v->pc != pc)
		go(v, v->pc);
	return EXIT_branch;
}

static enum exit_reason
indirect(struct vcpu *v, const struct bt_row *row, uint32_t insn)
{
	uint32_t target;

	if (!emulate_passes(v, insn)) { // of a page's last word the SVC's own is AL
		v->pc += 4;
		return EXIT_branch;
	}
	switch ((enum bt_action)row->action) {
	case BT_BX:
		target = emulate_reg(v, insn & 15u);
		break;
	case BT_BLX_REG:
		target = emulate_reg(v, insn & 15u);
		v->regs[14] = v->pc + 4;
		break;
	case BT_PC_WRITE:
		if (bits(insn, 27, 26) != 0)
			return load_pc(v, insn);
		target = emulate_alu(v, insn);
		break;
	default: // LDR from literals and jump tables
		return load_pc(v, insn);
	}
	go(v, target);
	return EXIT_branch;
}

enum exit_reason
exec_block_end(struct vcpu *v, uint32_t insn)
{
	const struct bt_row *row = bt_decode_a32(insn);
	uint32_t flags = row ? row->flags : 0;
	struct code_page *p = page_at(v, GVA(v->pc));

	if (p && !code_block_reached(p, v->pc & PAGE_MASK)) // rewritten by the guest
		code_block_reach(&v->vm->code, p, v->pc & PAGE_MASK);
	else if ((flags & BT_INDIRECT) && !(flags & BT_SENSITIVE))
		return indirect(v, row, insn);
	else
		direct(v, row, insn);
	return EXIT_block_end;
}
