// SPDX-License-Identifier: MIT
//
// Loads and stores of VFP and Advanced SIMD registers done by the monitor, as ldst.c does those
// of core registers. The unit's registers are taken out of the core for it (vfpsys.h).
// A transfer that faults has done what comes before the fault, but not the write-back.
#include "bt/isa/vldst.h"
#include <string.h>
#include "monitor/cpu/access.h"
#include "monitor/cpu/cp15.h"
#include "monitor/cpu/emulate_internal.h"
#include "monitor/cpu/vfpsys.h"
#include "monitor/cpu/vpsr.h"

// What comes here has passed the core's own check, for an alignment fault goes before others (B3.12.4). QEMU 7.2 asks
// for no more than 128 bits.
#define ALIGN_MAX 16u

// Elements of one register that follow each other in memory are accessed together, as QEMU does: bytes, and
// all sizes in little-endian order. True if that is big-endian bytes, to be put back in order.
static bool
widen(const struct vcpu *v, struct bt_vldst *op)
{
	bool bytes = op->size == 1, big = v->cpsr & PSR_E;

	if (op->vfp || op->all_lanes || op->interleave > 1 || op->lanes * op->size != 8 || (big && !bytes))
		return false;
	op->size = 8;
	op->lanes = 1;
	return big;
}

static bool
element(struct vcpu *v, const struct bt_vldst *op, bool reversed, uint32_t at, uint8_t *reg)
{
	bool privileged = vpsr_privileged(v);
	uint64_t value = 0;

	if (!op->load) {
		memcpy(&value, reg, op->size);
		return access_store(v, GVA(at), op->size, privileged, reversed ? __builtin_bswap64(value) : value);
	}
	if (!access_load(v, GVA(at), op->size, privileged, &value))
		return false;
	value = reversed ? __builtin_bswap64(value) : value;
	for (unsigned off = 0; off < (op->all_lanes ? 8u * op->repeat : op->size); off += op->size)
		memcpy(reg + off, &value, op->size);
	return true;
}

static bool
transfer(struct vcpu *v, const struct bt_vldst *op, bool reversed, uint32_t at)
{
	uint8_t *file = (uint8_t *)vfpsys_registers(v);
	unsigned repeat = op->all_lanes ? 1 : op->repeat;

	for (unsigned r = 0; r < repeat; r++)
		for (unsigned n = 0; n < op->lanes; n++)
			for (unsigned x = 0; x < op->interleave; x++, at += op->size)
				if (!element(v, op, reversed, at,
					     file + 8u * (op->first + r + op->spacing * x) + op->size * (op->lane + n)))
					return false;
	return true;
}

bool
emulate_vldst(struct vcpu *v, uint32_t insn)
{
	uint32_t regs[16], at, back;
	struct bt_vldst op;
	unsigned align;
	bool reversed;

	if (!bt_vldst_decode(insn, vpsr_thumb(v), &op))
		return false;
	if (!emulate_passes(v, insn)) {
		vpsr_next(v);
		return true;
	}
	emulate_operands(v, regs);
	bt_vldst_address(&op, regs, &at, &back);
	align = op.align == 1 && v->cp15.mmu.sctlr & SCTLR_A ? op.size : op.align;
	align = align > ALIGN_MAX ? ALIGN_MAX : align;
	reversed = widen(v, &op);
	if (!access_aligned(v, GVA(at), align, !op.load) || !transfer(v, &op, reversed, at))
		return true; // the guest's fault
	if (op.writeback)
		v->regs[op.rn] = back;
	vpsr_next(v);
	return true;
}
