// SPDX-License-Identifier: MIT
//
// Loads and stores done by the monitor (emulate_ldst): devices, tracked pages,
// unprivileged accesses, and loads of the PC under the block policy. The base register
// changes last, so that a fault leaves it as it was (ARM ARM B1.9.8). What else a transfer of several
// registers had done by then stays done, as on QEMU; the architecture leaves it open.
//
// After an unprivileged access to RAM its page is in the unprivileged-access TLB, so
// that the next one stays in the window (hot_ldrt).
#include "bt/isa/decode.h"
#include "bt/isa/ldst.h"
#include "monitor/cpu/access.h"
#include "monitor/cpu/emulate_internal.h"
#include "monitor/cpu/regime.h"
#include "monitor/base/string.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vpsr.h"

// The PC is a word's address, in Thumb too (A5.1.2's Align(PC, 4)).
void
emulate_operands(const struct vcpu *v, uint32_t regs[16])
{
	memcpy(regs, v->regs, 16 * sizeof(*regs));
	regs[15] = emulate_reg(v, 15) & ~3u;
}

static uint32_t
extend(const struct bt_ldst *op, uint32_t value)
{
	if (op->size == 4)
		return value;
	if (op->size == 2)
		return op->sign ? (uint32_t)(int16_t)value : (uint16_t)value;
	return op->sign ? (uint32_t)(int8_t)value : (uint8_t)value;
}

// The PC's value is taken as it comes: emulate_ldst() makes a branch of it.
static void
set_reg(struct vcpu *v, unsigned n, uint32_t value)
{
	if (n == 15)
		v->pc = value;
	else
		v->regs[n] = value;
}

static bool
single(struct vcpu *v, const struct bt_ldst *op, uint32_t at, bool privileged)
{
	uint32_t value;

	if (!op->load)
		return access_write(v, GVA(at), op->size, privileged, emulate_reg(v, op->rt));
	if (!access_read(v, GVA(at), op->size, privileged, &value))
		return false;
	set_reg(v, op->rt, extend(op, value));
	return true;
}

// Words are aligned or fault, whatever SCTLR.A says (A3.2.1). The base is loaded last of all.
static bool
multiple(struct vcpu *v, const struct bt_ldst *op, uint32_t at)
{
	bool privileged = vpsr_privileged(v);
	uint32_t value, base = v->regs[op->rn];

	if (!access_aligned(v, GVA(at), 4, !op->load))
		return false;
	for (uint32_t list = op->reglist; list; list &= list - 1u, at += 4u) {
		unsigned r = (unsigned)__builtin_ctz(list);

		emulate_poll(v, at);
		if (!op->load) {
			if (!access_write(v, GVA(at), 4, privileged, emulate_reg(v, r)))
				return false;
			continue;
		}
		if (!access_read(v, GVA(at), 4, privileged, &value))
			return false;
		if (r == op->rn)
			base = value;
		else
			set_reg(v, r, value);
	}
	v->regs[op->rn] = base;
	return true;
}

static bool
dual(struct vcpu *v, const struct bt_ldst *op, uint32_t at)
{
	struct bt_ldst word = *op;

	word.size = 4;
	if (!access_aligned(v, GVA(at), 4, !op->load) || !single(v, &word, at, vpsr_privileged(v)))
		return false;
	word.rt = op->rt2;
	return single(v, &word, at + 4u, vpsr_privileged(v));
}

static bool
swap(struct vcpu *v, const struct bt_ldst *op, uint32_t at)
{
	bool privileged = vpsr_privileged(v);
	uint32_t old;

	if (!access_aligned(v, GVA(at), op->size, false) || !access_read(v, GVA(at), op->size, privileged, &old) ||
	    !access_write(v, GVA(at), op->size, privileged, v->regs[op->rt2]))
		return false;
	set_reg(v, op->rt, extend(op, old));
	return true;
}

static bool
transfer(struct vcpu *v, const struct bt_ldst *op, uint32_t at)
{
	switch ((enum bt_ldst_kind)op->kind) {
	case BT_LDST_SINGLE:
		return single(v, op, at, vpsr_privileged(v) && !op->unprivileged);
	case BT_LDST_DUAL:
		return dual(v, op, at);
	case BT_LDST_MULTIPLE:
		return multiple(v, op, at);
	case BT_LDST_EXCLUSIVE:
		return emulate_exclusive(v, op, at);
	default:
		return swap(v, op, at);
	}
}

// After an unprivileged access the page is mapped, and in the unprivileged-access TLB
// with what a user may do to it, so that the next one is hot_ldrt's.
static void
remember_unprivileged(struct vcpu *v, const struct bt_ldst *op, uint32_t at)
{
	struct spt_request rq = {&v->cp15.mmu, GVA(at), op->load ? MMU_READ : MMU_WRITE, true, SPT_KERNEL};
	uint32_t fs, can, rights;
	struct mmu_xlat x;

	if (spt_fill(&v->vm->spt, &rq, &x, &fs) != SPT_OK)
		return;
	regime_open_domain(v, x.domain);
	regime_refresh(v);
	if (x.shift != PAGE_SHIFT || mmu_walk(rq.regs, &v->vm->mem, rq.va, &x) != FS_NONE)
		return; // maintenance of any address of a larger mapping would have to find this page
	can = mmu_rights(rq.regs, &x, false);
	rights = (can & MMU_CAN(MMU_READ) ? UTLB_R : 0) | (can & MMU_CAN(MMU_WRITE) ? UTLB_W : 0);
	if (rights)
		rights |= at >> PAGE_SHIFT | v->view[VIEW_KERNEL].contextidr << UTLB_ASID_SHIFT;
	v->utlb[bits(at, 17, 12)] = rights;
}

static bool
decode(const struct vcpu *v, uint32_t insn, struct bt_ldst *op)
{
	return vpsr_thumb(v) ? bt_ldst_decode_thumb(insn, op) : bt_ldst_decode(insn, op);
}

// A base that has been loaded keeps what it got; LDRD's, which is UNPREDICTABLE, is written back on QEMU.
static bool
writes_back(const struct bt_ldst *op)
{
	if (op->load && op->kind == BT_LDST_SINGLE && op->rt == op->rn)
		return false;
	return op->writeback && !(op->load && op->kind == BT_LDST_MULTIPLE && bit(op->reglist, op->rn));
}

static bool
loads_pc(const struct bt_ldst *op)
{
	return op->load && (op->kind == BT_LDST_MULTIPLE ? bit(op->reglist, 15) : op->rt == 15u);
}

bool
emulate_ldst(struct vcpu *v, uint32_t insn)
{
	uint32_t regs[16], at, back, target, pc = v->pc;
	struct bt_ldst op;

	v->size = vpsr_thumb(v) ? bt_thumb_size(insn) : 4u;
	if (!decode(v, insn, &op))
		return emulate_vldst(v, insn);
	if (op.user_bank || (op.kind == BT_LDST_MULTIPLE && op.rn == 15u))
		return false;
	if (!emulate_passes(v, insn)) {
		vpsr_next(v);
		return true;
	}
	emulate_operands(v, regs);
	bt_ldst_address(&op, regs, bit(v->cpsr, 29), &at, &back);
	if (op.unprivileged)
		remember_unprivileged(v, &op, at);
	if (!transfer(v, &op, at))
		return true; // the guest's fault
	if (writes_back(&op))
		v->regs[op.rn] = back;
	target = v->pc;
	v->pc = pc;
	vpsr_next(v);
	if (loads_pc(&op))
		vpsr_branch_exchange(v, target);
	return true;
}

void
emulate_restore_base(struct vcpu *v, gva_t fault)
{
	uint32_t insn, regs[16], at, back;
	struct bt_ldst op;

	if (!access_insn(v, GVA(v->pc), &insn) || !decode(v, insn, &op) || op.kind != BT_LDST_DUAL || !op.load ||
	    op.rt != op.rn || op.writeback)
		return;
	emulate_operands(v, regs);
	bt_ldst_address(&op, regs, bit(v->cpsr, 29), &at, &back);
	if (at != fault.v)
		v->regs[op.rn] += fault.v - 4u - at;
}
