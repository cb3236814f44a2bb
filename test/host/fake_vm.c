// SPDX-License-Identifier: MIT
//
// See fake_vm.h. stop_crash() is what trap.c calls, too.
#include "test/host/fake_vm.h"
#include <stdlib.h>
#include <string.h>
#include "monitor/cpu/cp14.h"
#include "monitor/cpu/cp15.h"
#include "monitor/board/host_mmu.h"
#include "monitor/cpu/irq.h"
#include "monitor/cpu/regime.h"
#include "monitor/vm/stop.h"
#include "monitor/cpu/vfpsys.h"

#define REG(n) ((n)*0x01010101u)

struct fake_vm fake_vm;

static const struct dev_reg registers[] = {
    {.first = 0, .last = 0, .rights = DEV_RW, .name = "R", .field = 1, .writable = 0xffffffffu},
};
static const struct dev_class fake_class = {
    .name = "fake", .size = 0x1000, .width = DEV_WORDS, .regs = registers, .n_regs = 1};

static _Noreturn void
stopped(const char *why)
{
	fake_vm.stopped = why;
	longjmp(fake_vm.stop, 1);
}

void
stop_crash(struct vcpu *v, const char *what)
{
	(void)v;
	stopped(what);
}

static _Noreturn void
poweroff(struct vcpu *v)
{
	(void)v;
	stopped("poweroff");
}

static _Noreturn void
reset(struct vcpu *v)
{
	(void)v;
	stopped("reset");
}

static void
orders(struct vcpu *v)
{
	(void)v;
}

static void
move_window(struct vm *vm)
{
	vm->window += SECTION_SIZE;
}

struct vcpu *
fake_vm_fresh(void)
{
	static const struct vm_asks asks = {stop_crash, poweroff, reset, move_window, orders};
	struct vm *vm;
	struct vcpu *v;

	if (fake_vm.vm) {
		free((void *)fake_vm.vm->mem.host.v);
		free(fake_vm.v);
		free(fake_vm.vm);
	}
	vm = calloc(1, sizeof(*vm));
	v = aligned_alloc(64, (sizeof(*v) + 63u) & ~(size_t)63);
	memset(v, 0, sizeof(*v));
	vm->mem = (struct gmem){.base = GPA(FAKE_RAM),
				.size = FAKE_SIZE,
				.host = HPA(memset(aligned_alloc(PAGE_SIZE, FAKE_SIZE), 0, FAKE_SIZE))};
	fake_vm = (struct fake_vm){.vm = vm, .v = v, .tracked = 1u, .fill_shift = PAGE_SHIFT};
	dev_add(&vm->bus, &fake_class, GPA(FAKE_DEVICE), &fake_vm.device);
	vm->ask = &asks;
	v->vm = vm;
	v->mode = MODE_SVC | PSR_A | PSR_I | PSR_F;
	v->cpsr = MODE_USR;
	v->pc = FAKE_PC;
	v->size = 4;
	for (unsigned n = 0; n < 15; n++)
		v->regs[n] = REG(n);
	return v;
}

uint32_t *
fake_vm_word(uint32_t gpa)
{
	return (uint32_t *)(void *)((uint8_t *)fake_vm.vm->mem.host.v + (gpa - FAKE_RAM));
}

static enum cp_result
cp(unsigned *n, uint32_t insn)
{
	++*n;
	fake_vm.cp_word = insn;
	return fake_vm.cp_refused ? CP_UNDEF : CP_DONE;
}

enum cp_result
cp15_access(struct vcpu *v, uint32_t insn)
{
	(void)v;
	return cp(&fake_vm.cp15, insn);
}

enum exit_reason
cp15_reason(uint32_t insn)
{
	(void)insn;
	return EXIT_cp15;
}

enum cp_result
cp14_access(struct vcpu *v, uint32_t insn)
{
	(void)v;
	return cp(&fake_vm.cp14, insn);
}

enum cp_result
vfpsys_access(struct vcpu *v, uint32_t insn)
{
	(void)v;
	return cp(&fake_vm.vfp, insn);
}

uint64_t *
vfpsys_registers(struct vcpu *v)
{
	return v->vfp;
}

bool
irq_poll(struct vcpu *v)
{
	(void)v;
	return false;
}

enum psci_action
psci_call(struct vcpu *v)
{
	v->regs[0] = 0x600du;
	return fake_vm.psci;
}

void
trace(struct vcpu *v, enum trace_event event, uint32_t detail)
{
	(void)v;
	(void)event;
	(void)detail;
}

void
regime_open_domain(struct vcpu *v, uint32_t domain)
{
	(void)v;
	(void)domain;
	fake_vm.opened++;
}

void
regime_refresh(struct vcpu *v)
{
	(void)v;
}

// What the guest's own tables say, of a page as large as the test wants.
enum spt_result
spt_fill(struct spt *s, const struct spt_request *rq, struct mmu_xlat *x, uint32_t *fs)
{
	(void)s;
	fake_vm.fills++;
	*fs = mmu_walk(rq->regs, &fake_vm.vm->mem, rq->va, x);
	x->shift = (uint8_t)fake_vm.fill_shift;
	return *fs == FS_NONE ? SPT_OK : SPT_FAULT;
}

bool
spt_tracked(const struct spt *s, gpa_t gpa)
{
	(void)s;
	return (gpa.v & ~PAGE_MASK) == fake_vm.tracked;
}

void
spt_untrack(struct spt *s, gpa_t gpa)
{
	(void)s;
	(void)gpa;
	fake_vm.tracked = 1u;
}

void
spt_drop_exec(struct spt *s, gpa_t gpa)
{
	(void)s;
	(void)gpa;
	fake_vm.unmapped++;
}

hpa_t
spt_shown(const struct spt *s, enum spt_view view, gva_t va)
{
	(void)s;
	(void)view;
	(void)va;
	return HPA(fake_vm.shown);
}

struct code_page *
code_at(struct code *c, gpa_t gpa, gva_t va)
{
	(void)va;
	return code_find(c, gpa);
}

void
spt_drop_all(struct spt *s)
{
	(void)s;
}

struct code_page *
code_find(struct code *c, gpa_t gpa)
{
	static struct code_page page;

	(void)c;
	page.gpa = GPA(gpa.v & ~PAGE_MASK);
	return fake_vm.dropped ? NULL : &page;
}

bool
code_written(struct code *c, struct code_page *p, uint32_t offset, uint32_t len)
{
	(void)c;
	(void)p;
	(void)offset;
	(void)len;
	fake_vm.written++;
	return fake_vm.keep_code;
}

bool
code_unseen(const struct code_page *p)
{
	(void)p;
	return fake_vm.unseen;
}

void
code_forget(struct code *c, gpa_t gpa)
{
	(void)c;
	(void)gpa;
	fake_vm.dropped++;
}

struct code_page *
code_next(const struct code_page *p)
{
	(void)p;
	return NULL;
}

void
code_block_sleep(struct code *c, gpa_t gpa)
{
	(void)c;
	(void)gpa;
	fake_vm.dropped += 100u;
}

// A core's exclusive monitor that goes by all that there is: address, value as QEMU's, and page.
uint32_t
host_mmu_exclusive(const struct host_mmu_exclusive *x)
{
	uint64_t memory = x->memory & ~0ull >> (64u - 8u * x->size);
	bool holds = fake_vm.held && fake_vm.held_va == x->va.v && fake_vm.held_value == memory &&
		     fake_vm.held_page == x->page.v;

	fake_vm.held = x->load;
	fake_vm.held_va = x->va.v;
	fake_vm.held_value = memory;
	fake_vm.held_page = x->page.v;
	return !x->load && !holds;
}
