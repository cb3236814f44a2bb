// SPDX-License-Identifier: MIT
//
// Warm exits of what Thumb hypercalls have by number, and of IT blocks: the block policy's indirect branches, and
// LDRT and its kin, which in T32 have an offset and no operands in their hypercall. The rest of Thumb's goes where
// A32's goes (window.S, undef_thumb). See hot.h for the rules.
#include "bt/isa/hyper_imm.h"
#include "monitor/exit/hot_branch.h"

#define T32_FIRST 0xe8000000u // below, a word of the table is A32's
#define T32_LAST  0xfeffffffu // above, it is none

// The instruction that the hypercall has the number of, or 0.
static uint32_t
numbered(const struct vcpu *v, uint32_t udf)
{
	const struct intern *words = hot_words(v);
	uint32_t n = udf - BT_T16_INTERN;

	if (n < words->n_t16)
		return words->t16[n];
	n = (bits(udf, 19, 16) << 12 | bits(udf, 11, 0)) - BT_T32_INTERN;
	if (udf < T32_FIRST || n >= words->n || words->word[n] < T32_FIRST || words->word[n] > T32_LAST)
		return 0;
	return words->word[n];
}

static uint32_t
reg(const struct vcpu *v, unsigned n)
{
	return n == 15u ? v->pc + 4u : v->regs[n];
}

// BX, BLX, MOV and ADD (A8.8.26, A8.8.27, A8.8.103, A8.8.6; the latter two keep the state), POP (A8.8.131).
static enum hot_result
branch_t16(struct vcpu *v, uint32_t insn)
{
	unsigned rm = bits(insn, 6, 3);

	if ((insn & 0xff87u) == 0x4700u)
		return hot_branch(v, reg(v, rm));
	if ((insn & 0xff87u) == 0x4780u && rm != 15u)
		return hot_branch_link(v, v->regs[rm], (v->pc + 2u) | 1u);
	if ((insn & 0xff87u) == 0x4687u)
		return hot_branch(v, reg(v, rm) | 1u);
	if ((insn & 0xff87u) == 0x4487u && rm != 15u)
		return hot_branch(v, (v->regs[rm] + v->pc + 4u) | 1u);
	if ((insn & 0xff00u) == 0xbd00u) {
		uint32_t list = insn & 0xffu, size = 4u * count_ones(list), sp = v->regs[13];

		return hot_branch_load_multiple(v, sp, list, size, 13, sp + size + 4u);
	}
	return HOT_SLOW;
}

// LDM and LDMDB (A8.8.57, A8.8.60).
static enum hot_result
load_multiple(struct vcpu *v, uint32_t insn)
{
	uint32_t list = insn & 0x7fffu, rn = bits(insn, 19, 16), base = v->regs[rn];
	uint32_t size = 4u * count_ones(list) + 4u;
	bool down = bit(insn, 24), writes_back = bit(insn, 21);

	if (rn == 15u || list & 0x6000u || (writes_back && bit(list, rn)))
		return HOT_SLOW;
	return hot_branch_load_multiple(v, down ? base - size : base, list, size - 4u, rn,
					!writes_back ? base
					: down       ? base - size
						     : base + size);
}

// LDR (A8.8.62 to A8.8.65).
static enum hot_result
load(struct vcpu *v, uint32_t insn)
{
	uint32_t rn = bits(insn, 19, 16), rm = insn & 15u, base = reg(v, rn), imm8 = insn & 0xffu, moved;

	if (rn == 15u) {
		base &= ~3u;
		return hot_branch_load(v, bit(insn, 23) ? base + (insn & 0xfffu) : base - (insn & 0xfffu), 13,
				       v->regs[13]);
	}
	if (bit(insn, 23))
		return hot_branch_load(v, base + (insn & 0xfffu), 13, v->regs[13]);
	if (!(insn & 0xfc0u))
		return rm == 15u ? HOT_SLOW
				 : hot_branch_load(v, base + (v->regs[rm] << bits(insn, 5, 4)), 13, v->regs[13]);
	if (!bit(insn, 11) || bits(insn, 10, 8) == 6u || !(insn & 0x500u)) // LDRT; none
		return HOT_SLOW;
	moved = bit(insn, 9) ? base + imm8 : base - imm8;
	return hot_branch_load(v, bit(insn, 10) ? moved : base, bit(insn, 8) ? rn : 13u,
			       bit(insn, 8) ? moved : v->regs[13]);
}

// TBB and TBH (A8.8.236).
static enum hot_result
table(struct vcpu *v, uint32_t insn)
{
	uint32_t base = reg(v, bits(insn, 19, 16)), rm = insn & 15u, entry;

	if (rm == 15u || v->cpsr & PSR_E)
		return HOT_SLOW;
	entry = bit(insn, 4) ? hot_load_half(base + 2u * v->regs[rm]) : hot_load_byte(base + v->regs[rm]);
	return hot_branch(v, (v->pc + 4u + 2u * entry) | 1u);
}

static enum hot_result
branch_t32(struct vcpu *v, uint32_t insn)
{
	if ((insn & 0xffd08000u) == 0xe8908000u || (insn & 0xffd08000u) == 0xe9108000u)
		return load_multiple(v, insn);
	if ((insn & 0xff70f000u) == 0xf850f000u)
		return load(v, insn);
	if ((insn & 0xfff0ffe0u) == 0xe8d0f000u)
		return table(v, insn);
	return HOT_SLOW;
}

// LDRT, STRT and their kin (A8.8.92): the page must be in the unprivileged-access TLB, as for hot_ldrt.
static enum hot_result
unprivileged(struct vcpu *v, uint32_t insn)
{
	uint32_t rn = bits(insn, 19, 16), rt = bits(insn, 15, 12), size = bits(insn, 22, 21);
	uint32_t at = v->regs[rn] + (insn & 0xffu), entry = v->utlb[bits(at, 17, 12)], value;
	uint32_t want = at >> PAGE_SHIFT | v->view[VIEW_KERNEL].contextidr << UTLB_ASID_SHIFT;
	bool load = bit(insn, 20), sign = bit(insn, 24);

	if (rn == 15u || rt == 15u || at & ((1u << size) - 1u) || v->cpsr & (PSR_E | PSR_IT))
		return HOT_SLOW;
	if ((entry ^ want) << 4 || !(entry & (load ? UTLB_R : UTLB_W)))
		return HOT_SLOW;
	if (load) {
		value = size == 0 ? hot_load_byte(at) : size == 1u ? hot_load_half(at) : hot_load(at);
		if (sign)
			value = size == 0 ? (uint32_t)(int8_t)value : (uint32_t)(int16_t)value;
		v->regs[rt] = value;
	} else if (size == 0) {
		hot_store_byte(at, v->regs[rt]);
	} else if (size == 1u) {
		hot_store_half(at, v->regs[rt]);
	} else {
		hot_store(at, v->regs[rt]);
	}
	hot_account(v, EXIT_unpriv);
	return hot_next(v);
}

static bool
is_unprivileged(uint32_t insn)
{
	return (insn & 0xfe800f00u) == 0xf8000e00u && bits(insn, 22, 21) != 3u &&
	       !(bit(insn, 24) && (!bit(insn, 20) || bit(insn, 22)));
}

// An indirect branch is the last of an IT block; else it is UNPREDICTABLE. Whether the condition holds the core may
// have looked at before it trapped, or not (A8.3.1).
static bool
ends_it_block(struct vcpu *v)
{
	uint32_t it = vpsr_it(v->cpsr);

	if (!it)
		return true;
	return (it & 15u) == 8u && vpsr_condition(v, it >> 4);
}

enum hot_result
hot_thumb(struct vcpu *v, uint32_t udf)
{
	uint32_t insn = numbered(v, udf), cpsr = v->cpsr;
	enum hot_result r;

	if (is_unprivileged(insn))
		return unprivileged(v, insn);
	if (!v->closes_blocks || !ends_it_block(v))
		return HOT_SLOW;
	r = insn < T32_FIRST ? branch_t16(v, insn) : branch_t32(v, insn);
	if (r == HOT_DONE && cpsr & PSR_IT)
		v->cpsr &= ~PSR_IT;
	return r;
}
