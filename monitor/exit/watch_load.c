// SPDX-License-Identifier: MIT
//
// Which of the loads that a watchpoint has stopped the patched copy would have shown something else.
#include "monitor/cpu/watch.h"
#include "bt/isa/vldst.h"
#include "monitor/cpu/access.h"
#include "monitor/cpu/emulate_internal.h"
#include "monitor/exit/exec.h"
#include "monitor/cpu/regime.h"
#include "monitor/cpu/trace.h"
#include "monitor/vm/vm.h"
#include "monitor/cpu/vpsr.h"

// The addresses that the instruction loads from, if it is a load: [*at, *at + *len).
static void
loads_from(const struct vcpu *v, uint32_t insn, uint32_t *at, uint32_t *len)
{
	uint32_t regs[16], back;
	struct bt_ldst op;
	struct bt_vldst vector;

	*at = *len = 0;
	emulate_operands(v, regs);
	if (vpsr_thumb(v) ? bt_ldst_decode_thumb(insn, &op) : bt_ldst_decode(insn, &op)) {
		bt_ldst_address(&op, regs, bit(v->cpsr, 29), at, &back);
		*len = !op.load ? 0 : op.kind == BT_LDST_MULTIPLE ? 4u * op.count : op.size;
	} else if (bt_vldst_decode(insn, vpsr_thumb(v), &vector)) {
		bt_vldst_address(&vector, regs, at, &back);
		*len = (vector.all_lanes ? 1u : vector.repeat) * vector.size * vector.interleave * vector.lanes;
	}
}

// Whether the copy that is mapped at va differs from the frame in that word.
static bool
is_patched(struct vcpu *v, uint32_t va)
{
	const struct code_page *p = access_code_page(v, GVA(va));
	uint32_t at = va & PAGE_MASK;

	for (uint32_t half = at; p && !p->asleep && half < at + 4u; half += 2u)
		if (code_half(&v->vm->code, p, half) != code_half_run(&v->vm->code, p, half))
			return true;
	return false;
}

static void
note_patched(struct watch *w, uint32_t pc, uint32_t va)
{
	w->patched_reads++;
	for (unsigned n = 0; n < WATCH_SITES; n++) {
		struct watch_site *s = &w->site[n];

		if (s->count && s->pc != pc)
			continue;
		if (!s->count)
			*s = (struct watch_site){.pc = pc, .va = va};
		s->count++;
		return;
	}
}

static void
count_patched(struct vcpu *v, uint32_t at, uint32_t len)
{
	for (uint32_t va = at & ~3u; va - (at & ~3u) < len + (at & 3u); va += 4u)
		if (is_patched(v, va)) {
			note_patched(&v->vm->watch, v->pc, va);
			return;
		}
}

bool
watch_costs_too_much(struct vcpu *v)
{
	struct watch *w = &v->vm->watch;
	struct watch_bill old = w->bill, b = {0, v->count[EXIT_watch] + w->swaps};

	if (v->vm->code.strict || b.events - old.events < WATCH_MANY)
		return false;
	for (unsigned n = 0; n < EXIT_COUNT; n++)
		b.exits += v->count[n];
	w->bill = b;
	return b.exits - old.exits < WATCH_WEIGHT * (b.events - old.events);
}

// The user view shows the frames: all of its loads are strays.
void
watch_stopped(struct vcpu *v)
{
	bool sampled = (v->count[EXIT_watch] + 1u) % WATCH_SAMPLE == 0, kernel = vpsr_privileged(v);
	uint32_t insn, at, len;
	const struct code_page *p;

	trace(v, TRACE_WATCH, sysreg_read_dfar());
	if (watch_costs_too_much(v)) {
		exec_guess_less(v);
		return;
	}
	if (!access_insn(v, GVA(v->pc), &insn))
		return;
	loads_from(v, insn, &at, &len);
	if (kernel && len)
		count_patched(v, at, len);
	p = sampled && len && kernel ? access_code_page(v, GVA(at)) : NULL;
	if (sampled && len && !(p && p->copy) && watch_stray(&v->vm->watch, GVA(at))) {
		regime_drop_all(v);
		watch_reset(&v->vm->watch);
	}
}
