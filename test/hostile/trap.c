// SPDX-License-Identifier: MIT
//
// What is done under a guard, and what is put in order after it.
#include "test/hostile/cp.h"
#include "test/hostile/tables.h"

void vfp_store(uint32_t d[64]);

// Made code may have changed any register; what is called, and the user, none that isn't put back there.
static void
after(uint32_t vector, bool made)
{
	REPORT->exceptions[vector % HOSTILE_VECTORS]++;
	if (made) {
		regime_restore();
		sysreg_restore();
	}
	if (gic_dirty)
		gic_restore();
	if (vector == V_IRQ || vector == V_FIQ)
		gic_drain();
}

uint32_t
try_call(uint32_t (*f)(uint32_t, uint32_t), uint32_t a, uint32_t b, uint32_t *result)
{
	uint32_t vector = guard_call(f, a, b, result);

	after(vector, false);
	return vector;
}

static void
look_at_registers(void)
{
	static uint32_t d[64] __attribute__((aligned(8)));

	for (unsigned i = 0; i < 13; i++)
		seen(trapped.r[i], i);
	if (!one_in(4))
		return;
	vfp_store(d);
	for (unsigned i = 0; i < 64; i++)
		seen(d[i], 0x100u + i);
}

uint32_t
try_enter(struct entry *e)
{
	struct regime was = now;
	uint32_t vector;

	REPORT->runs++;
	for (unsigned i = 0; i < 13; i++) {
		gic_dirty |= e->r[i] - GICD < MIB;
		flash_touched |= e->r[i] - FLASH_1 < FLASH_1;
	}
	regime_bare();
	watchdog(true);
	vector = guard_enter(e);
	after(vector, true);
	watchdog(false);
	regime_return(&was);
	look_at_registers();
	return vector;
}

uint32_t
try_enter_here(struct entry *e)
{
	uint32_t vector = guard_enter(e);

	after(vector, false);
	return vector;
}

static void
bank_init(struct bank *b)
{
	*b = (struct bank){DATA + (rnd() & 0xffffcu), one_in(2) ? CODE + (rnd() & 0xffffcu) : interesting(),
			   valid_psr(valid_mode())};
}

void
entry_init(struct entry *e)
{
	for (unsigned i = 0; i < 13; i++)
		e->r[i] = interesting();
	e->pc = CODE + PAGE;
	e->cpsr = (rnd() & 0xf8000000u) | valid_mode();
	bank_init(&e->usr);
	bank_init(&e->fiq);
	bank_init(&e->irq);
	bank_init(&e->abt);
	bank_init(&e->und);
	bank_init(&e->svc);
}

static uint32_t
load(uint32_t va, uint32_t unused)
{
	(void)unused;
	return *at(va);
}

static uint32_t
store(uint32_t va, uint32_t value)
{
	*at(va) = value;
	return 0;
}

uint32_t
try_load(uint32_t va, uint32_t *value)
{
	uint32_t vector = try_call(load, va, 0, value);

	if (vector == V_NONE)
		seen(*value, va);
	return vector;
}

uint32_t
try_store(uint32_t va, uint32_t value)
{
	uint32_t unused;

	return try_call(store, va, value, &unused);
}
