// SPDX-License-Identifier: MIT
//
// See stop.h.
#include "monitor/stop.h"
#include "monitor/access.h"
#include "monitor/arch.h"
#include "monitor/console.h"
#include "monitor/early.h"
#include "monitor/report.h"
#include "monitor/sysreg.h"
#include "monitor/trace.h"
#include "monitor/vm.h"

#define STATUS_OK      0
#define STATUS_INPUT   1
#define STATUS_CRASH   2
#define STATUS_MONITOR 4

#define TRACE_SHOWN 24u

static void
report_exits(const struct vcpu *v)
{
	static const char *const name[] = {
#define EXIT(reason, text) #reason,
#include "monitor/exits.def"
#undef EXIT
	};
	const char *comma = "";

	report("\"exits\":{");
	for (unsigned r = 0; r < EXIT_COUNT; r++) {
		if (!v->count[r])
			continue;
		report("%s\"%s\":{\"count\":%u,\"slow\":%u,\"ticks\":%llu,\"worst\":%u}", comma, name[r], v->count[r],
		       v->slow[r], (unsigned long long)v->cost[r], v->worst[r]);
		comma = ",";
	}
	report("},");
}

static void
report_watch(const struct watch *w)
{
	const char *comma = "";

	if (!w->n)
		return;
	report("\"watch\":{\"patched_reads\":%u,\"sites\":[", w->patched_reads);
	for (unsigned n = 0; n < WATCH_SITES && w->site[n].count; n++) {
		report("%s{\"pc\":%u,\"va\":%u,\"count\":%u}", comma, w->site[n].pc, w->site[n].va, w->site[n].count);
		comma = ",";
	}
	report("],\"moves\":%u},", w->moves);
}

static void
report_statistics(const struct vcpu *v)
{
	const struct vm *vm = v->vm;
	const struct spt_counters *s = &vm->spt.n;
	const struct code_counters *c = &vm->code.n;

	report("\"bt\":\"%s\",%s\"memory_mib\":%u,", vm->cfg.block ? "block" : "page",
	       !vm->cfg.block && vm->code.policy == CODE_BLOCK ? "\"in_blocks\":true," : "",
	       vm->mem.size / SECTION_SIZE);
	report("\"ticks\":%llu,\"tick_hz\":%u,", (unsigned long long)(sysreg_read_cntvct() - vm->started),
	       sysreg_read_cntfrq());
	report_exits(v);
	report("\"shadow\":{\"fills\":%u,\"section_fills\":%u,\"shown\":%u,\"drops\":%u,\"flushes\":%u,"
	       "\"spaces\":%u,\"evictions\":%u,\"recycles\":%u},",
	       s->fills, s->section_fills, s->shown, s->drops, s->flushes, vm->spt.n_spaces, s->evictions, s->recycles);
	report("\"code\":{\"pages\":%u,\"copies\":%u,\"made\":%u,\"dropped\":%u,\"patched\":%u,\"doubtful\":%u,"
	       "\"rescanned\":%u,\"blocks\":%u,\"restored\":%u,\"scan_ticks\":%llu,\"scan_worst\":%u},",
	       c->pages, c->copies, c->made, c->dropped, c->patched, c->doubtful, c->rescanned, c->blocks, c->restored,
	       (unsigned long long)c->scan_ticks, c->scan_worst);
	report_watch(&vm->watch);
	report("\"unpatched_trapped\":%u,\"unknown_device_registers\":%u,", vm->unpatched_trapped, vm->bus.unknown);
	report("\"monitor_bytes\":%u,\"monitor_limit\":%u,\"pool_bytes\":%u,\"pool_least_free\":%u,", vm->monitor_bytes,
	       vm->monitor_limit, vm->pool.size, vm->pool.lowest * PAGE_SIZE);
	report("\"pool_free\":%u,", vm->pool.n_pages * PAGE_SIZE);
	report("\"foreign_interrupts\":%u,\"console_dropped\":%u,", vm->foreign_interrupts, console_dropped());
}

static _Noreturn void
end(const struct vcpu *v, const char *exit, int status)
{
	report("{\"exit\":\"%s\",", exit);
	if (v)
		report_statistics(v);
	report("\"status\":%d}\n", status);
	report_end();
}

// With no guest there is nothing to tell but the status, and that only to the command.
static _Noreturn void
end_early(const char *exit, int status)
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
	if (!v->vm->no_reboot)
		vm_run(v->vm);
	end(v, "reset", STATUS_OK);
}

static void
dump_registers(const struct vcpu *v)
{
	uint32_t psr = (v->cpsr & ~PSR_VIRTUAL) | v->mode;

	for (unsigned n = 0; n < 15; n++)
		report("%s%u %08x%s", n < 10 ? " r" : "r", n, v->regs[n], n % 4 == 3 ? "\n" : "  ");
	report("pc  %08x\npsr %08x  ttbr0 %08x  sctlr %08x  dfsr %08x  dfar %08x  ifsr %08x  ifar %08x\n", v->pc, psr,
	       v->cp15.mmu.ttbr0, v->cp15.mmu.sctlr, v->cp15.dfsr, v->cp15.dfar, v->cp15.ifsr, v->cp15.ifar);
	for (unsigned m = 0; m < 16; m++)
		if (v->bank[m].sp | v->bank[m].lr | v->bank[m].spsr)
			report("  mode %02x: sp %08x  lr %08x  spsr %08x\n", m | 0x10u, v->bank[m].sp, v->bank[m].lr,
			       v->bank[m].spsr);
}

void
stop_crash(struct vcpu *v, const char *what)
{
	uint32_t insn;

	report("palimpsest: VM stopped: %s\n", what);
	dump_registers(v);
	if (access_insn(v, GVA(v->pc), &insn))
		report("instruction at pc: %08x\n", insn);
	else
		report("instruction at pc: not readable\n");
	report("last of %u trace entries:\n", v->vm->trace.n);
	trace_dump(&v->vm->trace, TRACE_SHOWN);
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
	trace_dump(&v->vm->trace, TRACE_SHOWN);
	end(v, "monitor", STATUS_MONITOR);
}

void
arch_bug(const char *file, int line, const char *what)
{
	report("palimpsest: bug at %s:%d: %s, called from %p\n", file, line, what, __builtin_return_address(0));
	end(NULL, "monitor", STATUS_MONITOR);
}
