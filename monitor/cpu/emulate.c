// SPDX-License-Identifier: MIT
//
// Sensitive instructions from their original words (see emulate.h). hot.c has most
// of them in the shape that kernels use; here is every other shape, and what needs
// devices, the shadows or guest memory that isn't mapped yet. What transfers several
// words is in emulate_multi.c, loads and stores in general in ldst.c.
//
// UNPREDICTABLE forms do what QEMU's Cortex-A15 does where that is known, else UNDEF.
#include "monitor/cpu/emulate_internal.h"
#include "bt/isa/decode.h"
#include "bt/isa/operand.h"
#include "monitor/cpu/cp14.h"
#include "monitor/cpu/cp15.h"
#include "monitor/cpu/inject.h"
#include "monitor/cpu/psci.h"
#include "monitor/cpu/trace.h"
#include "monitor/cpu/vfpsys.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vpsr.h"

uint32_t
emulate_reg(const struct vcpu *v, unsigned n)
{
	return n == 15u ? v->pc + (vpsr_thumb(v) ? 4u : 8u) : v->regs[n];
}

bool
emulate_passes(const struct vcpu *v, uint32_t insn)
{
	return vpsr_condition(v, vpsr_thumb(v) ? vpsr_it_condition(v) : insn >> 28);
}

enum exit_reason
emulate_undef(struct vcpu *v)
{
	inject_undef(v);
	return EXIT_undef;
}

enum exit_reason
emulate_next(struct vcpu *v, enum exit_reason reason)
{
	vpsr_next(v);
	return reason;
}

struct bank *
emulate_bank(struct vcpu *v)
{
	return &v->bank[v->mode & 15u];
}

// USR and SYS have no SPSR.
bool
emulate_has_spsr(const struct vcpu *v)
{
	return (v->mode & 15u) != 0 && (v->mode & PSR_M) != MODE_SYS;
}

enum exit_reason
emulate_return(struct vcpu *v, uint32_t psr, uint32_t pc)
{
	if (!vpsr_return(v, psr, pc))
		v->vm->ask->crash(v, "exception return to a mode that does not exist");
	return EXIT_eret;
}

static enum exit_reason
mrs(struct vcpu *v, uint32_t insn)
{
	unsigned rd = bits(insn, 15, 12);

	if (rd == 15u || (bit(insn, 22) && !emulate_has_spsr(v)))
		return emulate_undef(v);
	v->regs[rd] = bit(insn, 22) ? emulate_bank(v)->spsr : vpsr_read_cpsr(v);
	return emulate_next(v, EXIT_mrs);
}

static enum exit_reason
msr(struct vcpu *v, uint32_t insn)
{
	uint32_t value = bit(insn, 25) ? bt_expand_imm(insn) : emulate_reg(v, insn & 15u);
	uint32_t fields = bits(insn, 19, 16), mask = vpsr_field_mask(fields), *spsr = &emulate_bank(v)->spsr;

	if (!bit(insn, 22)) {
		if (!vpsr_write_cpsr(v, value, fields))
			v->vm->ask->crash(v, "MSR CPSR to a mode that does not exist");
	} else {
		if (!emulate_has_spsr(v))
			return emulate_undef(v);
		*spsr = (*spsr & ~mask) | (value & mask);
	}
	return emulate_next(v, EXIT_msr);
}

static enum exit_reason
cps(struct vcpu *v, uint32_t insn)
{
	uint32_t mask = insn & (PSR_A | PSR_I | PSR_F), psr = v->mode;

	if (bit(insn, 19))
		psr = bit(insn, 18) ? psr | mask : psr & ~mask;
	if (bit(insn, 17))
		psr = (psr & ~PSR_M) | (insn & PSR_M);
	if (!vpsr_mode_valid(psr))
		v->vm->ask->crash(v, "CPS to a mode that does not exist");
	vpsr_set_mode(v, psr);
	return emulate_next(v, EXIT_cps);
}

static enum exit_reason
setend(struct vcpu *v, uint32_t insn)
{
	v->cpsr = bit(insn, 9) ? v->cpsr | PSR_E : v->cpsr & ~PSR_E;
	return emulate_next(v, EXIT_hint);
}

// The shifted register operand of a data-processing instruction (A8.4.3); its carry
// out only matters to flags, which an exception return doesn't set from it.
static uint32_t
shifted_reg(const struct vcpu *v, uint32_t insn)
{
	return bt_shift(emulate_reg(v, insn & 15u), bits(insn, 6, 5), bits(insn, 11, 7), bit(v->cpsr, 29));
}

uint32_t
emulate_alu(const struct vcpu *v, uint32_t insn)
{
	uint32_t a = emulate_reg(v, bits(insn, 19, 16)), carry = bit(v->cpsr, 29);
	uint32_t b = bit(insn, 25) ? bt_expand_imm(insn) : shifted_reg(v, insn);

	return bt_alu(bits(insn, 24, 21), a, b, carry);
}

static enum exit_reason
dp_return(struct vcpu *v, uint32_t insn)
{
	if (!emulate_has_spsr(v))
		return emulate_undef(v);
	return emulate_return(v, emulate_bank(v)->spsr, emulate_alu(v, insn));
}

static enum exit_reason
coprocessor(struct vcpu *v, enum cp_result result, enum exit_reason reason)
{
	if (result == CP_ABORT)
		return EXIT_fault;
	return result == CP_DONE ? emulate_next(v, reason) : emulate_undef(v);
}

static enum exit_reason
hvc(struct vcpu *v)
{
	vpsr_next(v); // the call returns there, unless it doesn't
	switch (psci_call(v)) {
	case PSCI_SYSTEM_OFF:
		v->vm->ask->poweroff(v);
	case PSCI_SYSTEM_RESET:
		v->vm->ask->reset(v);
	case PSCI_CPU_OFF:
		v->vm->ask->crash(v, "the last VCPU turned itself off");
	case PSCI_SUSPEND:
		v->waiting = true;
		break;
	case PSCI_DONE:
		break;
	}
	return EXIT_hvc;
}

static enum exit_reason
wait(struct vcpu *v)
{
	trace(v, TRACE_WAIT, v->pc);
	v->waiting = true;
	return emulate_next(v, EXIT_wait);
}

static enum exit_reason
bxj(struct vcpu *v, uint32_t insn)
{
	uint32_t target = emulate_reg(v, insn & 15u);

	vpsr_next(v);
	vpsr_branch_exchange(v, target);
	return EXIT_branch;
}

enum exit_reason
emulate_sensitive(struct vcpu *v, uint32_t insn)
{
	const struct bt_row *row = bt_decode_a32(insn);

	switch (row ? (enum bt_action)row->action : BT_ACTION_COUNT) {
	case BT_MRS:
		return mrs(v, insn);
	case BT_MSR_REG:
	case BT_MSR_IMM:
		return msr(v, insn);
	case BT_CPS:
		return cps(v, insn);
	case BT_SETEND:
		return setend(v, insn);
	case BT_DP_RETURN:
		return dp_return(v, insn);
	case BT_LDM_RETURN:
		return emulate_ldm_return(v, insn);
	case BT_LDM_USER:
		return emulate_ldm_user(v, insn);
	case BT_STM_USER:
		return emulate_stm_user(v, insn);
	case BT_SRS:
		return emulate_srs(v, insn);
	case BT_RFE:
		return emulate_rfe(v, insn);
	case BT_LDST_UNPRIV:
		return emulate_ldst(v, insn) ? EXIT_unpriv : emulate_undef(v);
	case BT_CP_REG:
	case BT_CP_REG2:
		if (bits(insn, 11, 8) == 15u)
			return coprocessor(v, cp15_access(v, insn), cp15_reason(insn));
		return coprocessor(v, cp14_access(v, insn), EXIT_cp14);
	case BT_TPIDRURW:
	case BT_TPIDRPRW:
		return coprocessor(v, cp15_access(v, insn), EXIT_cp15);
	case BT_VFP_SYSTEM:
		return coprocessor(v, vfpsys_access(v, insn), EXIT_vfp_system);
	case BT_HVC:
		return hvc(v);
	case BT_WFI:
		return wait(v);
	case BT_WFE:
	case BT_SEV:
	case BT_YIELD:
		return emulate_next(v, EXIT_hint);
	case BT_BXJ:
		return bxj(v, insn);
	case BT_SVC:
		inject_svc(v);
		return EXIT_guest_svc;
	default:
		return emulate_undef(v); // SMC, ERET, banked MRS and MSR, LDC and CDP of p14 and p15
	}
}

enum exit_reason
emulate_sensitive_thumb(struct vcpu *v, uint32_t insn)
{
	const struct bt_row *row = bt_decode_thumb(insn);

	v->size = bt_thumb_size(insn);
	if (row->action == BT_LDST_UNPRIV) // the only ones that A32 has none like
		return emulate_ldst(v, insn) ? EXIT_unpriv : emulate_undef(v);
	return emulate_sensitive(v, bt_as_a32(row, insn));
}
