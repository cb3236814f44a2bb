// SPDX-License-Identifier: MIT
//
// Loads and stores done by the monitor (emulate_ldst): devices, tracked pages,
// unprivileged accesses, and loads of the PC under the block policy. The base register
// changes last, so that a fault leaves it as it was (ARM ARM B1.9.8).
//
// After an unprivileged access to RAM its page is in the unprivileged-access TLB, so
// that the next one stays in the window (hot_ldrt).
#include "bt/decode.h"
#include "bt/ldst.h"
#include "monitor/access.h"
#include "monitor/emulate.h"
#include "monitor/inject.h"
#include "monitor/regime.h"
#include "monitor/string.h"
#include "monitor/vm.h"
#include "monitor/vpsr.h"

// The registers as operands; the PC is a word's address, in Thumb too (A5.1.2's Align(PC, 4)).
static void
operands(const struct vcpu *v, uint32_t regs[16])
{
	memcpy(regs, v->regs, sizeof(v->regs));
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

static void
set_reg(struct vcpu *v, unsigned n, uint32_t value)
{
	if (n == 15)
		v->pc = value; // interworking is the caller's: it knows why the PC was loaded
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

static bool
word_aligned(struct vcpu *v, uint32_t at, bool write)
{
	if (at & 3u)
		inject_data_abort(v, FS_ALIGNMENT, 0, write, GVA(at));
	return !(at & 3u);
}

static bool
multiple(struct vcpu *v, const struct bt_ldst *op, uint32_t at, bool privileged)
{
	uint32_t value[16];
	unsigned i = 0;

	if (!word_aligned(v, at, !op->load))
		return false;
	if (!op->load && !access_probe(v, GVA(at + 4u * op->count - 4u), true, privileged))
		return false;
	for (uint32_t list = op->reglist; list; list &= list - 1u, i++) {
		gva_t va = GVA(at + 4u * i);

		if (op->load ? !access_read(v, va, 4, privileged, &value[i])
			     : !access_write(v, va, 4, privileged, emulate_reg(v, (unsigned)__builtin_ctz(list))))
			return false;
	}
	i = 0;
	for (uint32_t list = op->load ? op->reglist : 0; list; list &= list - 1u)
		set_reg(v, (unsigned)__builtin_ctz(list), value[i++]);
	return true;
}

static bool
dual(struct vcpu *v, const struct bt_ldst *op, uint32_t at, bool privileged)
{
	struct bt_ldst words = *op;

	words.reglist = (uint16_t)(1u << op->rt | 1u << op->rt2);
	words.count = 2;
	return multiple(v, &words, at, privileged);
}

static bool
swap(struct vcpu *v, const struct bt_ldst *op, uint32_t at, bool privileged)
{
	uint32_t old;

	if (!access_read(v, GVA(at), op->size, privileged, &old) ||
	    !access_write(v, GVA(at), op->size, privileged, v->regs[op->rt2]))
		return false;
	set_reg(v, op->rt, extend(op, old));
	return true;
}

static bool
transfer(struct vcpu *v, const struct bt_ldst *op, uint32_t at)
{
	bool privileged = vpsr_privileged(v) && !op->unprivileged;

	switch ((enum bt_ldst_kind)op->kind) {
	case BT_LDST_SINGLE:
		return single(v, op, at, privileged);
	case BT_LDST_DUAL:
		return dual(v, op, at, privileged);
	case BT_LDST_MULTIPLE:
		return multiple(v, op, at, privileged);
	default:
		return swap(v, op, at, privileged);
	}
}

// After an unprivileged access the page is mapped, and in the unprivileged-access TLB
// with what a user may do to it, so that the next one is hot_ldrt's.
static void
remember_unprivileged(struct vcpu *v, const struct bt_ldst *op, uint32_t at)
{
	struct spt_request rq = {&v->cp15.mmu, GVA(at), op->load ? MMU_READ : MMU_WRITE, true, SPT_KERNEL};
	uint32_t fs, rights = 0;
	struct mmu_xlat x;

	if (spt_fill(&v->vm->spt, &rq, &x, &fs) != SPT_OK)
		return;
	regime_open_domain(v, x.domain);
	regime_refresh(v);
	if (x.shift != PAGE_SHIFT)
		return; // maintenance of any address of a larger mapping would have to find this page
	if (mmu_check(rq.regs, &x, MMU_READ, false) == FS_NONE)
		rights |= UTLB_R;
	if (mmu_check(rq.regs, &x, MMU_WRITE, false) == FS_NONE)
		rights |= UTLB_W;
	v->utlb[bits(at, 17, 12)] = rights ? (at & ~PAGE_MASK) | rights : 0;
}

bool
emulate_ldst(struct vcpu *v, uint32_t insn)
{
	uint32_t regs[16], at, back, pc = v->pc;
	struct bt_ldst op;

	if (!bt_ldst_decode(insn, &op) || op.kind == BT_LDST_EXCLUSIVE || op.user_bank)
		return false;
	if (!emulate_passes(v, insn)) {
		vpsr_next(v);
		return true;
	}
	operands(v, regs);
	bt_ldst_address(&op, regs, bit(v->cpsr, 29), &at, &back);
	if (op.unprivileged)
		remember_unprivileged(v, &op, at);
	if (!transfer(v, &op, at))
		return true; // the guest's fault
	if (op.writeback && !(op.load && (op.rt == op.rn || (op.kind == BT_LDST_MULTIPLE && bit(op.reglist, op.rn)))))
		v->regs[op.rn] = back;
	if (v->pc == pc)
		vpsr_next(v);
	return true;
}

static bool
exclusive_access(struct vcpu *v, const struct bt_ldst *op, uint32_t at)
{
	bool privileged = vpsr_privileged(v);

	if (op->size == 8)
		return dual(v, op, at, privileged);
	return (op->size < 4 || word_aligned(v, at, !op->load)) && single(v, op, at, privileged);
}

// The exclusive monitor of emulated pairs: any exception clears it (inject.c), as the
// architecture allows (A3.4.1).
enum exit_reason
emulate_exclusive(struct vcpu *v, uint32_t insn)
{
	bool held = v->exclusive;
	uint32_t at, fails = 1;
	struct bt_ldst op;

	v->exclusive = false;
	if (bt_ldst_decode(insn, &op)) { // else CLREX
		at = v->regs[op.rn];
		if (op.load || (held && v->exclusive_va.v == at)) {
			if (!exclusive_access(v, &op, at))
				return EXIT_fault;
			fails = 0;
		}
		if (!op.load)
			v->regs[op.rd] = fails;
		v->exclusive = op.load;
		v->exclusive_va = GVA(at);
	}
	vpsr_next(v);
	return EXIT_write_code;
}
