// SPDX-License-Identifier: MIT
//
// See dump.h.
#include "monitor/vm/dump.h"
#include "monitor/cpu/access.h"
#include "monitor/board/report.h"
#include "monitor/cpu/shared.h"

#define TRACE_SHOWN 24u

static const char *
mode_name(uint32_t psr)
{
	static const char names[16][4] = {
	    [MODE_USR & 15u] = "usr", [MODE_FIQ & 15u] = "fiq", [MODE_IRQ & 15u] = "irq", [MODE_SVC & 15u] = "svc",
	    [MODE_ABT & 15u] = "abt", [MODE_UND & 15u] = "und", [MODE_SYS & 15u] = "sys",
	};
	const char *name = names[psr & 15u];

	return *name ? name : "?";
}

static const char *const events[][2] = {
#define TRACE(name, event, detail) {event, detail},
    TRACE_EVENTS(TRACE)
#undef TRACE
};

static unsigned
held(const struct trace *t)
{
	return t->n < TRACE_ENTRIES ? t->n : TRACE_ENTRIES;
}

// The nth entry from the end, from 1 on.
static const struct trace_entry *
last(const struct trace *t, unsigned n)
{
	return &t->entry[(t->n - n) % TRACE_ENTRIES];
}

static bool
is_fault(const struct trace_entry *e)
{
	return e->event == TRACE_UNDEF || e->event == TRACE_PREFETCH_ABORT || e->event == TRACE_DATA_ABORT;
}

static bool
in_handler(uint32_t mode)
{
	return (mode & PSR_M) == MODE_ABT || (mode & PSR_M) == MODE_UND;
}

// A guest that crashes takes one fault in the handler of another, until there is none: the first of these says what
// went wrong. It was taken in a mode that isn't a handler's. NULL: the guest isn't in such a handler.
static const struct trace_entry *
first_fault(const struct vcpu *v)
{
	const struct trace *t = &v->vm->trace;
	const struct trace_entry *first = NULL;

	if (!in_handler(v->mode))
		return NULL;
	for (unsigned n = 1; n <= held(t); n++) {
		const struct trace_entry *e = last(t, n);

		if (!is_fault(e))
			continue;
		first = e;
		if (!in_handler(e->mode))
			break;
	}
	return first;
}

void
dump_registers(const struct vcpu *v)
{
	uint32_t psr = (v->cpsr & ~PSR_VIRTUAL) | v->mode;

	for (unsigned n = 0; n < 15; n++)
		report("%s%u %08x%s", n < 10 ? " r" : "r", n, v->regs[n], n % 4 == 3 ? "\n" : "  ");
	report("pc  %08x\npsr %08x (%s)  ttbr0 %08x  sctlr %08x  dfsr %08x  dfar %08x  ifsr %08x  ifar %08x\n", v->pc,
	       psr, mode_name(psr), v->cp15.mmu.ttbr0, v->cp15.mmu.sctlr, v->cp15.dfsr, v->cp15.dfar, v->cp15.ifsr,
	       v->cp15.ifar);
	for (unsigned m = 0; m < 16; m++)
		if (v->bank[m].sp | v->bank[m].lr | v->bank[m].spsr)
			report("  mode %s: sp %08x  lr %08x  spsr %08x (%s)\n", mode_name(m), v->bank[m].sp,
			       v->bank[m].lr, v->bank[m].spsr, mode_name(v->bank[m].spsr));
}

void
dump_trace(const struct trace *t)
{
	unsigned n = held(t) < TRACE_SHOWN ? held(t) : TRACE_SHOWN;

	report("last of %u trace entries:\n", t->n);
	report("  time     pc       mode  what\n");
	for (; n; n--) {
		const struct trace_entry *e = last(t, n);

		report("  %08x %08x %s   %s, %s %08x\n", e->time, e->pc, mode_name(e->mode), events[e->event][0],
		       events[e->event][1], e->detail);
	}
}

void
dump_vcpu(struct vcpu *v)
{
	const struct trace_entry *first = first_fault(v);
	uint32_t insn;

	if (first)
		report("first fault: %s, %s %08x, at pc %08x in mode %s\n", events[first->event][0],
		       events[first->event][1], first->detail, first->pc, mode_name(first->mode));
	dump_registers(v);
	if (access_insn(v, GVA(v->pc), &insn))
		report("instruction at pc: %08x\n", insn);
	else
		report("instruction at pc: not readable\n");
	dump_trace(&v->vm->trace);
}
