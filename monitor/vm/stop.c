// SPDX-License-Identifier: MIT
//
// See stop.h.
#include "monitor/vm/stop.h"
#include "monitor/base/arch.h"
#include "monitor/vm/dump.h"
#include "monitor/board/early.h"
#include "monitor/board/report.h"
#include "monitor/vm/stats.h"
#include "monitor/base/sysreg.h"
#include "monitor/vm/vm.h"

#define STATUS_OK      0u
#define STATUS_INPUT   1u
#define STATUS_CRASH   2u
#define STATUS_MONITOR 4u

static void
tell(const struct vcpu *v, const char *exit, unsigned status)
{
	struct json j = {0};

	json_open(&j, NULL, '{');
	json_text(&j, "exit", exit);
	if (v)
		stats_report(&j, v);
	json_number(&j, "status", status);
	json_close(&j);
	report("\n");
}

static _Noreturn void
end(const struct vcpu *v, const char *exit, unsigned status)
{
	tell(v, exit, status);
	report_end();
}

// With no guest there is nothing to tell but the status, and that only to the command.
static _Noreturn void
end_early(const char *exit, unsigned status)
{
	if (report_has_port())
		end(NULL, exit, status);
	report_end();
}

void
stop_poweroff(struct vcpu *v)
{
	end(v, "poweroff", STATUS_OK);
}

void
stop_reset(struct vcpu *v)
{
	if (!machine_of(v->vm)->no_reboot)
		vm_run(v->vm);
	end(v, "reset", STATUS_OK);
}

// Before the VM ends as asked, as when it goes on, it says how it was.
void
stop_orders(struct vcpu *v)
{
	struct report_order o;

	while (report_asked(&o)) {
		report("palimpsest: the VM's state, as asked\n");
		dump_vcpu(v);
		if (o.end)
			end(v, o.reason, o.status);
		tell(v, "running", STATUS_OK);
		report_flush();
	}
}

void
stop_crash(struct vcpu *v, const char *what)
{
	report("palimpsest: VM stopped: %s\n", what);
	dump_vcpu(v);
	end(v, "crash", STATUS_CRASH);
}

// One line it stays, whatever the name.
static void
report_name(const char *name)
{
	for (; *name; name++)
		report("%c", *name >= ' ' && *name <= '~' ? *name : '?');
}

void
stop_input(const char *what, const char *where)
{
	report("palimpsest: ");
	if (where)
		report_name(where);
	report("%s%s\n", where ? ": " : "", what);
	end_early("input", STATUS_INPUT);
}

void
stop_early(void)
{
	end_early("monitor", STATUS_MONITOR);
}

void
stop_fatal(struct vcpu *v, uint32_t lr, uint32_t spsr, uint32_t mode)
{
	early_park();
	report("palimpsest: bug: unexpected exception in the monitor, mode %02x: lr %08x spsr %08x dfar %08x dfsr %08x "
	       "ifsr %08x\n",
	       mode & PSR_M, lr, spsr, sysreg_read_dfar(), sysreg_read_dfsr(), sysreg_read_ifsr());
	dump_registers(v);
	dump_trace(&v->vm->trace);
	end(v, "monitor", STATUS_MONITOR);
}

void
stop_bug(const char *file, int line, const char *what, const void *caller)
{
	report("palimpsest: bug at %s:%d: %s, called from %p\n", file, line, what, caller);
	end(NULL, "monitor", STATUS_MONITOR);
}
