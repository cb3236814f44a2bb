// SPDX-License-Identifier: MIT
//
// Warm exits of watchpoints (watch.h): A32 loads of registers, done here at PL1, where nothing is watched.
//
// What is loaded is the copy's, so it is looked at: only what no patch looks like is the
// guest's own word for sure. All else, and all other instructions, are C's, who reads the frames.
// Exclusives are done by the core's own instructions, so that its exclusive monitor sees them.
#include "bt/isa/hyper_imm.h"
#include "monitor/exit/hot.h"
#include "monitor/cpu/watch.h"

#define UNCONDITIONAL 0xf0000000u

// What replaces A32 words (bt/isa/hyper.h).
static inline bool
may_replace_a32(uint32_t word)
{
	if (word >= UNCONDITIONAL)
		return false;
	return (word & 0x0f000000u) == 0x0f000000u || // SVC
	       (word & 0x0fff0fffu) == 0x0e1d0f50u || // MRC TPIDRURW
	       (word & 0x0fffffffu) == 0x0320f000u;   // NOP
}

// Either half of what replaces Thumb instructions.
static inline bool
may_replace_half(uint32_t half)
{
	return (half >= BT_T16_HYPER && half <= BT_T16_LAST) || (half & 0xff00u) == 0xbe00u || // and BKPT
	       (half & 0xfff0u) == 0xf7e0u || (half & 0xf000u) == 0xa000u ||                   // T32's
	       half == 0xee1du || (half & 0x0fffu) == 0x0f50u ||                               // MRC TPIDRURW
	       half == 0xbf00u || half == 0xf3afu || half == 0x8000u;                          // NOP
}

static inline bool
may_be_patched(const struct vcpu *v, uint32_t word)
{
	if (may_replace_a32(word))
		return true;
	return v->check_targets && (may_replace_half(word & 0xffffu) || may_replace_half(word >> 16));
}

static inline uint32_t
peek(uint32_t va)
{
	return *(const volatile uint32_t *)(uintptr_t)va;
}

static inline uint32_t
reg(const struct vcpu *v, unsigned n)
{
	return n == 15u ? v->pc + 8u : v->regs[n];
}

// The part of an aligned word that an access of size bytes at va loads.
static inline uint32_t
part(uint32_t word, uint32_t va, unsigned size)
{
	word >>= 8u * (va & 3u);
	return size == 4u ? word : word & ((1u << (8u * size)) - 1u);
}

static inline enum hot_result
load_pc(struct vcpu *v, uint32_t target)
{
	if (target & 3u || (v->check_targets && !hot_known_target(v, target)))
		return HOT_SLOW;
	hot_account(v, EXIT_watch);
	v->pc = target;
	return HOT_DONE;
}

// LDR and its kin of size bytes, with this offset. P, U and W stand alike in all of them.
static inline enum hot_result
load(struct vcpu *v, uint32_t insn, uint32_t offset, unsigned size, bool sign)
{
	unsigned n = bits(insn, 19, 16), t = bits(insn, 15, 12), unused = 32u - 8u * size;
	uint32_t base = reg(v, n), back = bit(insn, 23) ? base + offset : base - offset;
	uint32_t at = bit(insn, 24) ? back : base, value, word;
	bool writes_back = !bit(insn, 24) || bit(insn, 21);

	if (at & (size - 1u) || (writes_back && (n == t || n == 15u)) || (!bit(insn, 24) && bit(insn, 21)))
		return HOT_SLOW;
	word = peek(at & ~3u);
	if (may_be_patched(v, word))
		return HOT_SLOW;
	value = part(word, at, size);
	if (sign)
		value = (uint32_t)((int32_t)(value << unused) >> unused);
	if (t == 15u)
		return writes_back || size != 4u ? HOT_SLOW : load_pc(v, value);
	v->regs[t] = value;
	if (writes_back)
		v->regs[n] = back;
	hot_account(v, EXIT_watch);
	return hot_next(v);
}

// LDR and LDRB (A5.3); registers shifted left only.
static inline enum hot_result
word_or_byte(struct vcpu *v, uint32_t insn)
{
	uint32_t offset = bits(insn, 11, 0);

	if (bit(insn, 25)) {
		if (insn & 0x70u)
			return HOT_SLOW;
		offset = reg(v, bits(insn, 3, 0)) << bits(insn, 11, 7);
	}
	return load(v, insn, offset, bit(insn, 22) ? 1u : 4u, false);
}

// LDRH, LDRSB, LDRSH (A5.2.8).
static inline enum hot_result
extra(struct vcpu *v, uint32_t insn)
{
	uint32_t imm8 = bits(insn, 11, 8) << 4 | bits(insn, 3, 0), op2 = bits(insn, 6, 5);

	return load(v, insn, bit(insn, 22) ? imm8 : reg(v, bits(insn, 3, 0)), op2 == 2u ? 1u : 2u, op2 != 1u);
}

enum hot_result
hot_watch(struct vcpu *v)
{
	uint32_t insn;

	if (v->cpsr & (PSR_T | PSR_E) || (v->count[EXIT_watch] + 1u) % WATCH_SAMPLE == 0)
		return HOT_SLOW;
	insn = peek(v->pc);
	if (insn >= UNCONDITIONAL || !bit(insn, 20))
		return HOT_SLOW;
	if ((insn & 0x0c000000u) == 0x04000000u)
		return word_or_byte(v, insn);
	if ((insn & 0x0e000090u) == 0x00000090u && bits(insn, 6, 5))
		return extra(v, insn);
	return HOT_SLOW;
}
