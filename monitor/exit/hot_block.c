// SPDX-License-Identifier: MIT
//
// Warm exits of the block policy: A32's indirect branches, from operands in the hypercall (bt/code/closing.c) or, being
// there by number, from the instruction. Forms that are UNPREDICTABLE, and those with a condition of their own,
// which a page's last word has, are C's. See hot.h for the rules.
#include "bt/isa/hyper_imm.h"
#include "bt/isa/operand.h"
#include "monitor/exit/hot_branch.h"

#define NOT_AN_INSN 0xf0000000u // nor is anything of the unconditional space an indirect branch

// LDR pc, [sp], #imm12.
static enum hot_result
pop_one(struct vcpu *v, uint32_t imm12)
{
	uint32_t sp = v->regs[13];

	return hot_branch_load(v, sp, 13, sp + imm12);
}

// LDR pc, [Rn, Rm, LSL #2].
static enum hot_result
jump_table(struct vcpu *v, unsigned rn, unsigned rm)
{
	uint32_t at = (rn == 15u ? v->pc + 8u : v->regs[rn]) + (v->regs[rm] << 2);

	return hot_branch_load(v, at, 13, v->regs[13]);
}

static uint32_t
reg(const struct vcpu *v, unsigned n)
{
	return n == 15u ? v->pc + 8u : v->regs[n];
}

static uint32_t
shifted(const struct vcpu *v, uint32_t insn)
{
	return bt_shift(reg(v, insn & 15u), bits(insn, 6, 5), bits(insn, 11, 7), bit(v->cpsr, 29));
}

// LDM and the POP that it is (A8.8.58 to A8.8.61).
static enum hot_result
load_multiple(struct vcpu *v, uint32_t insn)
{
	uint32_t list = insn & 0x7fffu, rn = bits(insn, 19, 16), base = v->regs[rn];
	unsigned n = count_ones(list) + 1u; // and the PC
	bool up = bit(insn, 23), writes_back = bit(insn, 21);

	if (rn == 15u || (writes_back && bit(list, rn)))
		return HOT_SLOW;
	return hot_branch_load_multiple(v, bt_block_lowest(base, n, up, bit(insn, 24)), list, 4u * n - 4u, rn,
					writes_back ? bt_block_behind(base, n, up) : base);
}

// LDR (A8.8.63, A8.8.64, A8.8.66).
static enum hot_result
load(struct vcpu *v, uint32_t insn)
{
	uint32_t rn = bits(insn, 19, 16), base = reg(v, rn), offset = insn & 0xfffu, moved;
	bool index = bit(insn, 24), writes_back = !index || bit(insn, 21);

	if ((bit(insn, 25) && bit(insn, 4)) || (!index && bit(insn, 21)) || (writes_back && rn == 15u))
		return HOT_SLOW;
	if (bit(insn, 25))
		offset = shifted(v, insn);
	moved = bit(insn, 23) ? base + offset : base - offset;
	return hot_branch_load(v, index ? moved : base, writes_back ? rn : 13u, writes_back ? moved : v->regs[13]);
}

// Data-processing without S (A5.2.1, A5.2.3); the opcodes that write no register are others' space then.
static enum hot_result
compute(struct vcpu *v, uint32_t insn)
{
	uint32_t b = bit(insn, 25) ? bt_expand_imm(insn) : shifted(v, insn);

	if (bits(insn, 24, 23) == 2u || (!bit(insn, 25) && bit(insn, 4)))
		return HOT_SLOW;
	return hot_branch(v, bt_alu(bits(insn, 24, 21), reg(v, bits(insn, 19, 16)), b, bit(v->cpsr, 29)));
}

static enum hot_result
by_number(struct vcpu *v, uint32_t svc)
{
	const struct intern *words = hot_words(v);
	uint32_t n = (svc & 0xffffffu) - BT_HYPER_INTERN, insn = n < words->n ? words->word[n] : NOT_AN_INSN;

	if ((svc ^ insn) >> 28)
		return HOT_SLOW;
	if ((insn & 0x0e508000u) == 0x08108000u)
		return load_multiple(v, insn);
	if ((insn & 0x0c50f000u) == 0x0410f000u)
		return load(v, insn);
	if ((insn & 0x0c10f000u) == 0x0000f000u)
		return compute(v, insn);
	return HOT_SLOW;
}

// BX Rm, MOV pc, Rm and BLX Rm; ADD pc, pc, Rm, LSL #imm5; and loads.
enum hot_result
hot_block(struct vcpu *v, uint32_t svc)
{
	uint32_t imm = svc & 0xffffffu, rm = imm & 15u;

	if (!v->closes_blocks)
		return HOT_SLOW;
	if (imm - BT_HYPER_INTERN < INTERN_WORDS)
		return by_number(v, svc);
	if (imm >= BT_HYPER_BLOCK_POP && !bit(imm, 13))
		return load_multiple(v, 0x08bd8000u | (imm & 0x7fffu));
	if (imm >= BT_HYPER_BLOCK_LDR && imm < BT_HYPER_BLOCK_TABLE)
		return pop_one(v, imm & 0xfffu);
	if (rm == 15u || imm < BT_HYPER_BLOCK_BX)
		return HOT_SLOW;
	if (imm >= BT_HYPER_BLOCK_ADD)
		return hot_branch(v, v->pc + 8u + (v->regs[rm] << bits(imm, 8, 4)));
	if (imm >= BT_HYPER_BLOCK_TABLE)
		return jump_table(v, bits(imm, 7, 4), rm);
	return (imm & ~15u) == BT_HYPER_BLOCK_BLX ? hot_branch_link(v, v->regs[rm], v->pc + 4u)
						  : hot_branch(v, v->regs[rm]);
}
