// SPDX-License-Identifier: MIT
//
// Warm exits of the block policy. See hot.h for the rules.
#include "bt/hyper_imm.h"
#include "monitor/hot.h"

static bool
may_go(const struct vcpu *v, uint32_t target)
{
	return !(target & 3u) && hot_known_target(v, target);
}

static enum hot_result
go(struct vcpu *v, uint32_t target)
{
	v->pc = target;
	hot_account(v, EXIT_branch);
	return HOT_DONE;
}

static enum hot_result
pop(struct vcpu *v, uint32_t list)
{
	uint32_t sp = v->regs[13], got[15], target;
	unsigned n = 0;

	if (sp & 3u)
		return HOT_SLOW;
	for (uint32_t l = list; l; l &= l - 1u, n++)
		got[n] = hot_load(sp + 4u * n);
	target = hot_load(sp + 4u * n);
	if (!may_go(v, target))
		return HOT_SLOW;
	v->regs[13] = sp + 4u * n + 4u;
	for (n = 0; list; list &= list - 1u)
		v->regs[__builtin_ctz(list)] = got[n++];
	return go(v, target);
}

// LDR pc, [sp], #imm12.
static enum hot_result
load(struct vcpu *v, uint32_t imm12)
{
	uint32_t sp = v->regs[13], target;

	if (sp & 3u)
		return HOT_SLOW;
	target = hot_load(sp);
	if (!may_go(v, target))
		return HOT_SLOW;
	v->regs[13] = sp + imm12;
	return go(v, target);
}

// LDR pc, [Rn, Rm, LSL #2].
static enum hot_result
jump_table(struct vcpu *v, unsigned rn, unsigned rm)
{
	uint32_t at = (rn == 15u ? v->pc + 8u : v->regs[rn]) + (v->regs[rm] << 2), target;

	if (at & 3u)
		return HOT_SLOW;
	target = hot_load(at);
	return may_go(v, target) ? go(v, target) : HOT_SLOW;
}

// BX Rm, MOV pc, Rm and BLX Rm; ADD pc, pc, Rm, LSL #imm5; and loads (bt/closing.c).
enum hot_result
hot_block(struct vcpu *v, uint32_t svc)
{
	uint32_t imm = svc & 0xffffffu, rm = imm & 15u, target;

	if (!v->closes_blocks || (imm >= BT_HYPER_BLOCK_POP && v->cpsr & PSR_E))
		return HOT_SLOW;
	if (imm >= BT_HYPER_BLOCK_POP && !bit(imm, 13))
		return pop(v, imm & 0x7fffu);
	if (imm >= BT_HYPER_BLOCK_LDR && imm < BT_HYPER_BLOCK_TABLE)
		return load(v, imm & 0xfffu);
	if (rm == 15u || imm < BT_HYPER_BLOCK_BX || (imm >= BT_HYPER_INTERN && imm < BT_HYPER_BLOCK_TABLE))
		return HOT_SLOW;
	if (imm >= BT_HYPER_BLOCK_ADD)
		target = v->pc + 8u + (v->regs[rm] << bits(imm, 8, 4));
	else if (imm >= BT_HYPER_BLOCK_TABLE)
		return jump_table(v, bits(imm, 7, 4), rm);
	else
		target = v->regs[rm];
	if (!may_go(v, target))
		return HOT_SLOW;
	if ((imm & ~15u) == BT_HYPER_BLOCK_BLX)
		v->regs[14] = v->pc + 4u;
	return go(v, target);
}
