// SPDX-License-Identifier: MIT
//
// What the block policy's warm exits of either state share: branches to where C has been before, and the loads that
// lead there. Targets are as BX takes them. See hot.h for the rules.
#ifndef MONITOR_EXIT_HOT_BRANCH_H
#define MONITOR_EXIT_HOT_BRANCH_H

#include "bt/code/intern.h"
#include "monitor/exit/hot.h"
#include "monitor/board/window.h"

// The VM's table of words by number, as the window shows it.
static inline const struct intern *
hot_words(const struct vcpu *v)
{
	return (const struct intern *)((uintptr_t)v + (WINDOW_WORDS - WINDOW_VCPU));
}

static inline bool
hot_branch_known(struct vcpu *v, uint32_t target)
{
	return (target & 3u) != 2u && hot_known_target(v, target);
}

static inline enum hot_result
hot_branch_taken(struct vcpu *v, uint32_t target)
{
	vpsr_branch_exchange(v, target);
	hot_account(v, EXIT_branch);
	return HOT_DONE;
}

static inline enum hot_result
hot_branch(struct vcpu *v, uint32_t target)
{
	return hot_branch_known(v, target) ? hot_branch_taken(v, target) : HOT_SLOW;
}

static inline enum hot_result
hot_branch_link(struct vcpu *v, uint32_t target, uint32_t lr)
{
	if (!hot_branch_known(v, target))
		return HOT_SLOW;
	v->regs[14] = lr;
	return hot_branch_taken(v, target);
}

// Whether words can be loaded from there without C: it swaps a big-endian guest's, and has unaligned loads fault.
static inline bool
hot_branch_loads(const struct vcpu *v, uint32_t at)
{
	return !(at & 3u) && !(v->cpsr & PSR_E);
}

// A word, and back into rn.
static inline enum hot_result
hot_branch_load(struct vcpu *v, uint32_t at, unsigned rn, uint32_t back)
{
	uint32_t target;

	if (!hot_branch_loads(v, at))
		return HOT_SLOW;
	target = hot_load(at);
	if (!hot_branch_known(v, target))
		return HOT_SLOW;
	v->regs[rn] = back;
	return hot_branch_taken(v, target);
}

// The registers of the list and the target behind them, last bytes on, and back into rn unless it is among them. The
// words are of two pages at most, so that none can fault once the first and the last have been loaded.
static enum hot_result
hot_branch_load_multiple(struct vcpu *v, uint32_t at, uint32_t list, uint32_t last, unsigned rn, uint32_t back)
{
	uint32_t target;

	if (!hot_branch_loads(v, at))
		return HOT_SLOW;
	hot_load(at);
	target = hot_load(at + last);
	if (!hot_branch_known(v, target))
		return HOT_SLOW;
	v->regs[rn] = back;
	for (; list; list &= list - 1u, at += 4u)
		v->regs[__builtin_ctz(list)] = hot_load(at);
	return hot_branch_taken(v, target);
}

#endif
