// SPDX-License-Identifier: MIT
// uses:
//
// Modes, banked registers, exception entry and return against a model of the
// architecture that has a register file per mode and copies nothing: each name is
// looked up in the manual's table (ARM ARM B1.3.2) when it is used.
#include <stdlib.h>
#include <string.h>
#include "monitor/cpu/vpsr.h"
#include "test/host/check.h"

#define STEPS 200000u

static const uint32_t modes[] = {0x10, 0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f};

static struct vcpu *v;

// The model: everything by mode, of which only what the mode really banks is used.
static struct {
	uint32_t r[32][15], spsr[32], cpsr, pc;
} m;

static uint32_t
random_word(void)
{
	return (uint32_t)random() << 16 ^ (uint32_t)random();
}

static uint32_t
random_mode(void)
{
	return modes[(uint32_t)random() % ARRAY_LEN(modes)];
}

// Which mode's copy of register n a mode uses.
static uint32_t
owner(uint32_t mode, unsigned n)
{
	if (n < 8 || mode == 0x1f || (n < 13 && mode != 0x11))
		return 0x10;
	return mode;
}

static uint32_t *
model_reg(uint32_t mode, unsigned n)
{
	return &m.r[owner(mode, n)][n];
}

// Where the VCPU keeps it: in regs if the current mode uses that copy, else in a bank.
static uint32_t
vcpu_reg(uint32_t mode, unsigned n)
{
	if (owner(mode, n) == owner(v->mode & 31, n))
		return v->regs[n];
	if (n < 13)
		return mode == 0x11 ? v->fiq_r8_r12[n - 8] : v->usr_r8_r12[n - 8];
	return n == 13 ? vpsr_bank(v, mode)->sp : vpsr_bank(v, mode)->lr;
}

static void
compare(void)
{
	for (unsigned i = 0; i < ARRAY_LEN(modes); i++) {
		for (unsigned n = 0; n < 15; n++)
			CHECK_EQ(vcpu_reg(modes[i], n), *model_reg(modes[i], n));
		if (modes[i] != 0x10 && modes[i] != 0x1f)
			CHECK_EQ(v->bank[modes[i] & 15].spsr, m.spsr[modes[i]]);
	}
	CHECK_EQ(vpsr_get(v), m.cpsr);
	CHECK_EQ(vpsr_read_cpsr(v), m.cpsr & 0xf80f03df);
	CHECK_EQ(v->pc, m.pc);
	CHECK_EQ(vpsr_privileged(v), (m.cpsr & 31) != 0x10);
	CHECK_EQ(v->view_now, (m.cpsr & 31) == 0x10 ? VIEW_USER : VIEW_KERNEL);
	// Physically: USR, and nothing masked but A and F in user mode.
	CHECK_EQ(v->cpsr & 0x1ff, 0x10 | (m.cpsr & ((m.cpsr & 31) == 0x10 ? 0x160 : 0x20)));
}

// A PSR as SPSRs may hold: no J, nothing in the reserved bits.
static uint32_t
random_psr(void)
{
	return (random_word() & ~0x01f0001fu) | random_mode();
}

static void
begin(const char *name)
{
	check_case(name);
	memset(v, 0, sizeof(*v));
	memset(&m, 0, sizeof(m));
	v->mode = m.cpsr = 0x1d3;
	v->cpsr = 0x10;
}

static void
enter(void)
{
	static const struct {
		uint32_t mode, vector, mask;
	} exception[] = {
	    {0x1b, 0x04, 0x80}, {0x13, 0x08, 0x80}, {0x17, 0x0c, 0x180}, {0x17, 0x10, 0x180}, {0x12, 0x18, 0x180}};
	unsigned i = (unsigned)random() % ARRAY_LEN(exception);
	uint32_t lr = random_word(), mode = exception[i].mode;

	v->vectors = random() % 2 ? 0xffff0000 : random_word() & ~31u;
	v->exc_psr = (uint32_t)random() % 4 << 4 & 0x20u; // SCTLR.TE
	v->exc_psr |= random() % 2 ? 0x200 : 0;           // SCTLR.EE
	vpsr_enter(v, mode, exception[i].vector, lr);
	m.spsr[mode] = m.cpsr;
	m.cpsr = (m.cpsr & 0xf8ff01c0) | mode | exception[i].mask | v->exc_psr;
	*model_reg(mode, 14) = lr;
	m.pc = v->vectors + exception[i].vector;
}

static void
leave(void)
{
	uint32_t psr = random_psr(), pc = random_word();
	bool valid = random() % 8;

	if (!valid)
		psr = (psr & ~31u) | (random() % 2 ? 0x14 : 0x03);
	CHECK_EQ(vpsr_return(v, psr, pc), valid);
	if (!valid)
		return;
	m.cpsr = psr;
	m.pc = pc & (psr & 0x20 ? ~1u : ~3u);
}

static void
write_cpsr(void)
{
	uint32_t value = (random_word() & ~0x00f0001fu) | random_mode(), fields = (uint32_t)random() % 16, mask = 0;
	bool valid = random() % 8;

	if (!valid)
		value = (value & ~31u) | 0x15;
	mask |= fields & 1 ? 0x000000df : 0; // mode, F, I; not T
	mask |= fields & 2 ? 0x00000300 : 0; // A, E; not IT
	mask |= fields & 4 ? 0x000f0000 : 0; // GE
	mask |= fields & 8 ? 0xf8000000 : 0; // N, Z, C, V, Q; neither J nor IT
	valid = valid || !(fields & 1);
	CHECK_EQ(vpsr_write_cpsr(v, value, fields), valid);
	if (valid)
		m.cpsr = (m.cpsr & ~mask) | (value & mask);
}

static void
cps(void)
{
	uint32_t psr = (random_word() & 0x1c0) | random_mode();

	vpsr_set_mode(v, psr);
	m.cpsr = (m.cpsr & ~0x1dfu) | psr;
}

static void
write_reg(void)
{
	unsigned n = (unsigned)random() % 15;

	v->regs[n] = *model_reg(m.cpsr & 31, n) = random_word();
}

static void
test_random(void)
{
	static void (*const op[])(void) = {enter, leave, write_cpsr, cps, write_reg, write_reg, write_reg, write_reg};

	begin("random modes, exceptions and returns");
	for (unsigned i = 0; i < STEPS && !check_state.failed; i++) {
		op[(unsigned)random() % ARRAY_LEN(op)]();
		compare();
	}
}

static void
test_modes(void)
{
	begin("the modes that there are");
	for (uint32_t mode = 0; mode < 32; mode++) {
		bool there = false;

		for (unsigned i = 0; i < ARRAY_LEN(modes); i++)
			there |= modes[i] == mode;
		CHECK_EQ(vpsr_mode_valid(0xffffffe0 | mode), there);
	}

	check_case("fields of a PSR");
	CHECK_EQ(vpsr_field_mask(0), 0);
	CHECK_EQ(vpsr_field_mask(5), 0x00ff00ff);
	CHECK_EQ(vpsr_field_mask(10), 0xff00ff00);
	CHECK_EQ(vpsr_field_mask(15), 0xffffffff);
}

static void
test_views(void)
{
	begin("from user to kernel: domains close");
	vpsr_set(v, 0x10);
	CHECK_EQ(v->view_now, VIEW_USER);
	v->view[VIEW_KERNEL].dacr = 0x55555555;
	v->view[VIEW_USER].dacr = 0x55555555;
	v->dacr_closed = 0x4;
	vpsr_enter(v, 0x13, VECTOR_SVC, 0x8000);
	CHECK_EQ(v->view[VIEW_KERNEL].dacr, 0x55555551);
	CHECK_EQ(v->view[VIEW_USER].dacr, 0x55555555);

	check_case("within the kernel they don't");
	v->view[VIEW_KERNEL].dacr = 0x55555555;
	vpsr_enter(v, 0x12, VECTOR_IRQ, 0x8000);
	vpsr_set_mode(v, 0x1f);
	vpsr_set_mode(v, 0x10);
	CHECK_EQ(v->view[VIEW_KERNEL].dacr, 0x55555555);
	CHECK_EQ(v->view_now, VIEW_USER);
}

int
main(void)
{
	v = aligned_alloc(_Alignof(struct vcpu), sizeof(*v));
	test_modes();
	test_views();
	test_random();
	free(v);
	return check_done("vpsr");
}
