// SPDX-License-Identifier: MIT
//
// See trace.h.
#include "monitor/cpu/trace.h"
#include "monitor/base/sysreg.h"
#include "monitor/cpu/shared.h"

void
trace(struct vcpu *v, enum trace_event event, uint32_t detail)
{
	struct trace *t = &v->vm->trace;

	t->entry[t->n++ % TRACE_ENTRIES] =
	    (struct trace_entry){(uint32_t)sysreg_read_cntvct(), event, v->pc, v->mode, detail};
}
