// SPDX-License-Identifier: MIT
// uses: monitor/cpu/psci.c
//
// PSCI calls and their results as QEMU 7.2 gives them. What a started VCPU is made of is
// counted by fakes of the modules that reset it.
#include <stdlib.h>
#include <string.h>
#include "monitor/cpu/cp14.h"
#include "monitor/cpu/cp15.h"
#include "monitor/cpu/psci.h"
#include "monitor/cpu/regime.h"
#include "monitor/cpu/vfpsys.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vtimer.h"
#include "test/host/check.h"

#define NOT_SUPPORTED  0xffffffffu
#define INVALID_PARAMS 0xfffffffeu
#define ALREADY_ON     0xfffffffcu

static char order[8]; // of the resets
static unsigned n_order;

static void
note(char what)
{
	if (n_order < sizeof(order) - 1)
		order[n_order++] = what;
}

void
cp15_reset(struct vcpu *v)
{
	(void)v;
	note('5');
}

void
cp14_reset(struct vcpu *v)
{
	(void)v;
	note('4');
}

void
vfpsys_reset(struct vcpu *v)
{
	(void)v;
	note('v');
}

void
vtimer_reset(struct vcpu *v)
{
	(void)v;
	note('t');
}

void
regime_reset(struct vcpu *v)
{
	(void)v;
	note('r');
}

static struct vcpu *v;

static enum psci_action
call(uint32_t r0, uint32_t r1, uint32_t r2, uint32_t r3)
{
	v->regs[0] = r0;
	v->regs[1] = r1;
	v->regs[2] = r2;
	v->regs[3] = r3;
	return psci_call(v);
}

// The result of a call that just returns.
static uint32_t
result(uint32_t r0, uint32_t r1, uint32_t r2, uint32_t r3)
{
	return call(r0, r1, r2, r3) == PSCI_DONE ? v->regs[0] : 0xdead;
}

static void
test_queries(void)
{
	static const uint32_t there[] = {0x84000000, 0x84000001, 0x84000002, 0x84000003, 0x84000004,
					 0x84000006, 0x84000008, 0x84000009, 0x8400000a};

	check_case("version and features");
	CHECK_EQ(result(0x84000000, 0, 0, 0), 0x00010001);
	CHECK_EQ(result(0x84000006, 0, 0, 0), 2);
	for (unsigned i = 0; i < ARRAY_LEN(there); i++)
		CHECK_EQ(result(0x8400000a, there[i], 0, 0), 0);
	CHECK_EQ(result(0x8400000a, 0x84000005, 0, 0), NOT_SUPPORTED);
	CHECK_EQ(result(0x8400000a, 0x80000000, 0, 0), NOT_SUPPORTED); // SMCCC_VERSION
	CHECK_EQ(result(0x8400000a, 0xc4000003, 0, 0), NOT_SUPPORTED);

	check_case("what there is none of");
	CHECK_EQ(result(0x84000005, 0, 0, 0), NOT_SUPPORTED); // MIGRATE
	CHECK_EQ(result(0xc4000003, 0, 0, 0), NOT_SUPPORTED); // 64-bit CPU_ON
	CHECK_EQ(result(0, 0, 0, 0), NOT_SUPPORTED);
	CHECK_EQ(result(0x80000000, 0, 0, 0), NOT_SUPPORTED);
}

static void
test_cores(void)
{
	check_case("affinity");
	CHECK_EQ(result(0x84000004, 0, 0, 0), 0);
	CHECK_EQ(result(0x84000004, 7, 0, 0), INVALID_PARAMS);
	CHECK_EQ(result(0x84000004, 7, 1, 0), 0);
	v->off = true;
	CHECK_EQ(result(0x84000004, 0, 0, 0), 1);

	check_case("turning a core on");
	v->off = false;
	CHECK_EQ(result(0x84000003, 0, 0x40008000, 9), ALREADY_ON);
	CHECK_EQ(result(0x84000003, 1, 0x40008000, 9), INVALID_PARAMS);
	CHECK_EQ(n_order, 0);
	v->off = true;
	v->waiting = true;
	v->view_now = VIEW_USER;
	CHECK_EQ(call(0x84000003, 0, 0x40008001, 9), PSCI_DONE);
	CHECK_EQ(v->pc, 0x40008000);
	CHECK_EQ(v->cpsr, MODE_USR | PSR_T);
	CHECK_EQ(v->mode, 0x1d3);
	CHECK_EQ(v->view_now, VIEW_KERNEL);
	CHECK(!v->off && !v->waiting);
	CHECK(!strcmp(order, "54vtr"));

	check_case("turning this one off, suspending it, and the system");
	CHECK_EQ(call(0x84000002, 0, 0, 0), PSCI_CPU_OFF);
	CHECK(v->off);
	CHECK_EQ(call(0x84000001, 0x10000, 0, 0), PSCI_SUSPEND);
	CHECK_EQ(v->regs[0], 0);
	CHECK_EQ(result(0x84000001, 0x20000, 0, 0), INVALID_PARAMS);
	CHECK_EQ(call(0x84000008, 0, 0, 0), PSCI_SYSTEM_OFF);
	CHECK_EQ(call(0x84000009, 0, 0, 0), PSCI_SYSTEM_RESET);
	CHECK_EQ(call(0x95c1ba5e, 0, 0, 0), PSCI_SUSPEND);
}

int
main(void)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	v = aligned_alloc(_Alignof(struct vcpu), sizeof(*v));
	memset(v, 0, sizeof(*v));
	v->vm = vm;
	vm->vcpu[0] = v;
	test_queries();
	test_cores();
	free(v);
	free(vm);
	return check_done("psci");
}
