// SPDX-License-Identifier: MIT
//
// Power state calls. Results and their order of checking are those of QEMU 7.2, which
// speaks PSCI 1.1 and answers the numbers of PSCI 0.1 too; 64-bit functions are
// not for this caller. Calling convention: ARM DEN 0028.
#include <string.h>
#include "monitor/cpu/cp14.h"
#include "monitor/cpu/cp15.h"
#include "monitor/cpu/psci.h"
#include "monitor/cpu/regime.h"
#include "monitor/cpu/vfpsys.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vtimer.h"

#define PSCI_VERSION_1_1      0x00010001u
#define PSCI_SUCCESS          0u
#define PSCI_NOT_SUPPORTED    (~0u)      // -1
#define PSCI_INVALID_PARAMS   (~0u - 1u) // -2
#define PSCI_ALREADY_ON       (~0u - 3u) // -4
#define PSCI_TOS_NOT_REQUIRED 2u
#define PSCI_AFFINITY_ON      0u
#define PSCI_AFFINITY_OFF     1u
#define PSCI_POWER_STATE_SBZ  0xfffe0000u

// A VCPU by its affinity fields; Aff1 and Aff2 are 0 in each.
static struct vcpu *
find(const struct vm *vm, uint32_t mpidr)
{
	return mpidr < VM_VCPUS ? vm->vcpu[mpidr] : NULL;
}

// Power-on state of an ARMv7 core, but for the entry point (ARM ARM B1.9.1).
static void
start(struct vcpu *v, uint32_t entry, uint32_t context)
{
	memset(v->regs, 0, sizeof(v->regs));
	memset(v->bank, 0, sizeof(v->bank));
	v->regs[0] = context;
	v->pc = entry & ~1u;
	v->cpsr = MODE_USR | (entry & 1u ? PSR_T : 0);
	v->mode = MODE_SVC | PSR_A | PSR_I | PSR_F;
	v->view_now = VIEW_KERNEL;
	cp15_reset(v);
	cp14_reset(v);
	vfpsys_reset(v);
	vtimer_reset(v);
	regime_reset(v);
	v->waiting = false;
	v->off = false;
}

static enum psci_action
cpu_on(struct vcpu *v, uint32_t *result)
{
	struct vcpu *target = find(v->vm, v->regs[1]);

	if (!target)
		*result = PSCI_INVALID_PARAMS;
	else if (!target->off)
		*result = PSCI_ALREADY_ON;
	else
		start(target, v->regs[2], v->regs[3]);
	return PSCI_DONE;
}

static enum psci_action
affinity_info(struct vcpu *v, uint32_t *result)
{
	const struct vcpu *target = find(v->vm, v->regs[1]);

	if (v->regs[2]) // whatever is above a core is on
		*result = PSCI_AFFINITY_ON;
	else if (!target)
		*result = PSCI_INVALID_PARAMS;
	else
		*result = target->off ? PSCI_AFFINITY_OFF : PSCI_AFFINITY_ON;
	return PSCI_DONE;
}

// There is no state to lose: every suspend is a standby.
static enum psci_action
cpu_suspend(struct vcpu *v, uint32_t *result)
{
	if (!(v->regs[1] & PSCI_POWER_STATE_SBZ))
		return PSCI_SUSPEND;
	*result = PSCI_INVALID_PARAMS;
	return PSCI_DONE;
}

static enum psci_action
cpu_off(struct vcpu *v, uint32_t *result)
{
	(void)result;
	v->off = true;
	return PSCI_CPU_OFF;
}

static enum psci_action
system_off(struct vcpu *v, uint32_t *result)
{
	(void)v;
	(void)result;
	return PSCI_SYSTEM_OFF;
}

static enum psci_action
system_reset(struct vcpu *v, uint32_t *result)
{
	(void)v;
	(void)result;
	return PSCI_SYSTEM_RESET;
}

static enum psci_action
version(struct vcpu *v, uint32_t *result)
{
	(void)v;
	*result = PSCI_VERSION_1_1;
	return PSCI_DONE;
}

static enum psci_action
migrate_info_type(struct vcpu *v, uint32_t *result)
{
	(void)v;
	*result = PSCI_TOS_NOT_REQUIRED;
	return PSCI_DONE;
}

static enum psci_action features(struct vcpu *v, uint32_t *result);

// clang-format off
static const struct function {
	uint32_t id;
	enum psci_action (*call)(struct vcpu *v, uint32_t *result);
} functions[] = {
	{0x84000000, version},
	{0x84000001, cpu_suspend},
	{0x84000002, cpu_off},
	{0x84000003, cpu_on},
	{0x84000004, affinity_info},
	{0x84000006, migrate_info_type},
	{0x84000008, system_off},
	{0x84000009, system_reset},
	{0x8400000a, features},
	{0x95c1ba5e, cpu_suspend}, // PSCI 0.1 has no numbers of its own: these are QEMU's
	{0x95c1ba5f, cpu_off},
	{0x95c1ba60, cpu_on},
};
// clang-format on

static const struct function *
lookup(uint32_t id)
{
	for (unsigned i = 0; i < ARRAY_LEN(functions); i++) {
		if (functions[i].id == id)
			return &functions[i];
	}
	return NULL;
}

static enum psci_action
features(struct vcpu *v, uint32_t *result)
{
	*result = lookup(v->regs[1]) ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
	return PSCI_DONE;
}

enum psci_action
psci_call(struct vcpu *v)
{
	const struct function *f = lookup(v->regs[0]);
	uint32_t result = f ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
	enum psci_action action = f ? f->call(v, &result) : PSCI_DONE;

	v->regs[0] = result;
	return action;
}
