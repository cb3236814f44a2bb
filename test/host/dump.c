// SPDX-License-Identifier: MIT
// uses: monitor/vm/dump.c monitor/board/json.c monitor/vm/stats.c monitor/cpu/trace.c
//
// What is printed of a VM at its end: which fault is called the first, the trace's end, and the statistics' JSON.
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "monitor/cpu/access.h"
#include "monitor/board/console.h"
#include "monitor/vm/dump.h"
#include "monitor/board/report.h"
#include "monitor/vm/stats.h"
#include "monitor/vm/vm.h"
#include "test/host/check.h"

static char text[0x4000];
static size_t used;
static bool readable;

void
report(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	used += (size_t)vsnprintf(text + used, sizeof(text) - used, fmt, ap);
	va_end(ap);
}

bool
access_insn(struct vcpu *v, gva_t va, uint32_t *insn)
{
	CHECK(va.v == v->pc);
	*insn = 0xe7f000f0u;
	return readable;
}

uint32_t
console_dropped(void)
{
	return 7;
}

static struct machine m;
static struct vcpu v = {.vm = &m.vm};

static void
begin(const char *name)
{
	check_case(name);
	memset(&m, 0, sizeof(m));
	v = (struct vcpu){.vm = &m.vm};
	used = 0;
	readable = true;
}

static void
entry(enum trace_event event, uint32_t mode, uint32_t pc, uint32_t detail)
{
	v.mode = mode;
	v.pc = pc;
	trace(&v, event, detail);
}

// The dump in that mode begins with this line; with NULL not with a fault.
static void
begins(uint32_t mode, const char *line)
{
	used = 0;
	v.mode = mode;
	dump_vcpu(&v);
	if (line)
		CHECK(!strncmp(text, line, strlen(line)));
	else
		CHECK(!strstr(text, "first fault") && !strncmp(text, " r0 ", 4));
}

static void
check_first_fault(void)
{
	begin("no fault, no first one");
	begins(MODE_SVC, NULL);
	begins(MODE_ABT, NULL);
	begin("a fault that has long been handled isn't it");
	entry(TRACE_DATA_ABORT, MODE_USR, 0x8000, 0x1000);
	begins(MODE_SVC, NULL);
	begin("one fault");
	entry(TRACE_DATA_ABORT, MODE_USR, 0x8000, 0x1000);
	entry(TRACE_PREFETCH_ABORT, MODE_SVC, 0x30000000, 0x30000000);
	entry(TRACE_EXEC, MODE_ABT, 0xc, 0);
	begins(MODE_ABT, "first fault: prefetch abort to the guest, far 30000000, at pc 30000000 in mode svc\n");
	begin("a fault in the handler of another");
	entry(TRACE_UNDEF, MODE_IRQ, 0x100, 0x100);
	entry(TRACE_DATA_ABORT, MODE_UND, 0x200, 0x44);
	entry(TRACE_PREFETCH_ABORT, MODE_ABT, 0x300, 0x300);
	begins(MODE_UND, "first fault: undefined instruction to the guest, pc 00000100, at pc 00000100 in mode irq\n");
	begins(MODE_SYS, NULL);
	begin("more of them than are kept");
	entry(TRACE_UNDEF, MODE_SVC, 0x100, 0x100);
	for (unsigned n = 0; n < TRACE_ENTRIES; n++)
		entry(TRACE_DATA_ABORT, MODE_ABT, 0x200 + n, n);
	begins(MODE_ABT, "first fault: data abort to the guest, far 00000000, at pc 00000200 in mode abt\n");
}

static unsigned
lines(const char *from)
{
	unsigned n = 0;

	for (; (from = strchr(from, '\n')); from++)
		n++;
	return n;
}

static void
check_registers(void)
{
	begin("registers and modes");
	v.regs[3] = 0x1234;
	v.pc = 0x8000;
	v.mode = MODE_SYS;
	v.cpsr = PSR_Z | MODE_USR;
	v.bank[MODE_FIQ & 15u].sp = 0x5555;
	v.bank[MODE_FIQ & 15u].spsr = 0x40000000u | 0x15u; // no mode
	dump_vcpu(&v);
	CHECK(strstr(text, "r3 00001234\n") && strstr(text, "pc  00008000\n") && strstr(text, "psr 4000001f (sys)  "));
	CHECK(strstr(text, "  mode fiq: sp 00005555  lr 00000000  spsr 40000015 (?)\n"));
	CHECK(!strstr(text, "mode irq") && strstr(text, "instruction at pc: e7f000f0\n"));
	readable = false;
	used = 0;
	dump_vcpu(&v);
	CHECK(strstr(text, "instruction at pc: not readable\n"));
}

static void
check_trace(void)
{
	begin("the trace's header, and its end, oldest first");
	dump_trace(&m.vm.trace);
	CHECK(!strcmp(text, "last of 0 trace entries:\n  time     pc       mode  what\n"));
	for (unsigned n = 0; n < TRACE_ENTRIES + 50u; n++)
		entry(TRACE_MMIO, MODE_SVC, 0x100 + n, n);
	used = 0;
	dump_trace(&m.vm.trace);
	CHECK(lines(text) == 2 + 24);
	CHECK(strstr(text, "what\n  00000000 0000021a svc   device access, gpa 0000011a\n"));
	CHECK(strlen(strstr(text, "gpa 00000131")) == 13);
}

static void
check_statistics(void)
{
	struct json j = {0};

	begin("statistics: nothing done");
	json_open(&j, NULL, '{');
	json_text(&j, "exit", "poweroff");
	stats_report(&j, &v);
	json_close(&j);
	CHECK(strstr(text, "{\"exit\":\"poweroff\",\"bt\":\"page\",\"memory_mib\":0,\"ticks\":"));
	CHECK(strstr(text, ",\"exits\":{},\"shadow\":{\"fills\":0,") && !strstr(text, "in_blocks") &&
	      !strstr(text, "watch"));
	CHECK(!strcmp(text + used - strlen(",\"console_dropped\":7}"), ",\"console_dropped\":7}"));
	begin("statistics: all of it");
	v.count[EXIT_mrs] = 3;
	v.cost[EXIT_mrs] = 0x123456789aull;
	v.count[EXIT_irq] = 1;
	v.slow[EXIT_irq] = 1;
	v.worst[EXIT_irq] = 9;
	m.vm.code.policy = CODE_BLOCK;
	m.vm.watch.n = 1;
	m.vm.watch.site[0] = (struct watch_site){16, 32, 5};
	m.vm.watch.site[1] = (struct watch_site){17, 33, 6};
	json_open(&j, NULL, '{');
	stats_report(&j, &v);
	json_close(&j);
	CHECK(strstr(text, "{\"bt\":\"page\",\"in_blocks\":true,\"memory_mib\":"));
	CHECK(strstr(text, ",\"exits\":{\"mrs\":{\"count\":3,\"slow\":0,\"ticks\":78187493530,\"worst\":0},"
			   "\"irq\":{\"count\":1,\"slow\":1,\"ticks\":0,\"worst\":9}},\"shadow\":{"));
	CHECK(strstr(text, "},\"watch\":{\"patched_reads\":0,\"sites\":[{\"pc\":16,\"va\":32,\"count\":5},"
			   "{\"pc\":17,\"va\":33,\"count\":6}],\"moves\":0,\"swaps\":0},\"unpatched_trapped\":0,"));
	CHECK(j.depth == 0);
}

int
main(void)
{
	check_first_fault();
	check_registers();
	check_trace();
	check_statistics();
	return check_done("dump");
}
