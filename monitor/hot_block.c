// SPDX-License-Identifier: MIT
//
// Warm exits of the block policy. See hot.h for the rules.
#include "bt/hyper_imm.h"
#include "monitor/hot.h"

// The block policy's indirect branches: BX Rm (MOV pc too), BLX Rm, and POP {..., pc}.
enum hot_result
hot_block(struct vcpu *v, uint32_t svc)
{
	uint32_t imm = svc & 0xffffffu, target, list = imm & 0x7fffu, sp = v->regs[13], got[15];
	unsigned n = 0;

	if ((imm & ~15u) == BT_HYPER_BLOCK_BX) {
		target = v->regs[imm & 15u];
		if (target & 3u || !hot_known_target(v, target))
			return HOT_SLOW;
	} else if ((imm & ~15u) == BT_HYPER_BLOCK_BLX) {
		target = v->regs[imm & 15u];
		if (target & 3u || !hot_known_target(v, target))
			return HOT_SLOW;
		v->regs[14] = v->pc + 4u;
	} else if ((imm & ~0x7fffu) == BT_HYPER_BLOCK_POP) {
		if (sp & 3u || v->cpsr & PSR_E || bit(list, 13))
			return HOT_SLOW;
		for (uint32_t l = list; l; l &= l - 1u, n++)
			got[n] = hot_load(sp + 4u * n);
		target = hot_load(sp + 4u * n);
		if (target & 3u || !hot_known_target(v, target))
			return HOT_SLOW;
		v->regs[13] = sp + 4u * n + 4u;
		for (n = 0; list; list &= list - 1u)
			v->regs[__builtin_ctz(list)] = got[n++];
	} else {
		return HOT_SLOW;
	}
	v->pc = target;
	hot_account(v, EXIT_branch);
	return HOT_DONE;
}
