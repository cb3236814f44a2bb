// SPDX-License-Identifier: MIT
//
// See trace.h.
#include "monitor/trace.h"
#include "monitor/report.h"
#include "monitor/sysreg.h"
#include "monitor/vm.h"

void
trace(struct vcpu *v, enum trace_event event, uint32_t detail)
{
	struct trace *t = &v->vm->trace;

	t->entry[t->n++ % TRACE_ENTRIES] =
	    (struct trace_entry){(uint32_t)sysreg_read_cntvct(), event, v->pc, v->mode, detail};
}

void
trace_dump(const struct trace *t, unsigned n)
{
	static const char *const text[][2] = {
#define TRACE(name, event, detail) {event, detail},
	    TRACE_EVENTS(TRACE)
#undef TRACE
	};

	if (n > t->n)
		n = t->n;
	if (n > TRACE_ENTRIES)
		n = TRACE_ENTRIES;
	for (uint32_t i = t->n - n; i != t->n; i++) {
		const struct trace_entry *e = &t->entry[i % TRACE_ENTRIES];

		report("  %08x pc %08x mode %02x  %s, %s %08x\n", e->time, e->pc, e->mode & PSR_M, text[e->event][0],
		       text[e->event][1], e->detail);
	}
}
