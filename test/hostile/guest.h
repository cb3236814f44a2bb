// SPDX-License-Identifier: MIT
//
// The hostile guest: a kernel, or firmware, that does random steps and looks whether it gets what is not its own.
// A step is determined by the seed and its number alone, but for what the steps before it left in
// memory and tables. The C code is at one address in all regimes, mapped there as in physical memory
// (`regime.c`); whatever may trap is done under guard_call() or guard_enter() (`start.S`), which come
// back with the vector's number.
#ifndef TEST_HOSTILE_GUEST_H
#define TEST_HOSTILE_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include "test/hostile/hostile.h"

#define MIB  0x100000u
#define PAGE 0x1000u

// RAM, by what it is for.
#define RAM      0x40000000u
#define TABLES   0x40100000u // translation tables (tables.h)
#define FRAMES   0x40200000u // frames with known contents (alias.c)
#define N_FRAMES 512u
#define MODEL    0x40400000u // what they must hold
#define CODE     0x40600000u // made code; the first page is alias.c's
#define DATA     0x40700000u // what made code plays with
#define JUNK     0x40800000u // what random mappings lead to
#define JUNK_MIB 8u

#define GICD    0x08000000u
#define GICC    0x08010000u
#define UART    0x09000000u
#define RTC     0x09010000u
#define FW_CFG  0x09020000u
#define GPIO    0x09030000u
#define FLASH   0x00000000u
#define FLASH_1 0x04000000u
#define NOTHING 0x0c000000u
#define ALIAS   0x10000000u // virtual: where frames are mapped, 4 MiB by space and 4 MiB for all

#define USR   0x10u
#define FIQ   0x11u
#define IRQ   0x12u
#define SVC   0x13u
#define ABT   0x17u
#define UND   0x1bu
#define SYS   0x1fu
#define PSR_T 0x20u
#define PSR_F 0x40u
#define PSR_I 0x80u
#define PSR_A 0x100u

// Vectors, as guard_call and guard_enter return them.
enum vector { V_NONE, V_UNDEF, V_SVC, V_PREFETCH, V_DATA, V_HYP, V_IRQ, V_FIQ };

#define REPORT ((struct hostile_report *)HOSTILE_REPORT)

struct arguments {
	uint32_t seed, first, steps, ram_mib, strict, only, sweep, firmware;
};
extern struct arguments arg;

static inline volatile uint32_t *
at(uint32_t address)
{
	return (volatile uint32_t *)address;
}

// random.c: numbers that depend on the seed and the step.
void random_begin(uint32_t seed, uint32_t step);
uint32_t rnd(void);
uint32_t below(uint32_t n); // n > 0
static inline bool
one_in(uint32_t n)
{
	return below(n) == 0;
}
uint32_t interesting(void); // a value that means something to somebody, never the canary
uint32_t any_pa(void);      // a physical address: RAM, devices, around them, anything
uint32_t valid_psr(uint32_t mode);
uint32_t valid_mode(void);

#define pick(list) ((list)[below(sizeof(list) / sizeof((list)[0]))])

// main.c
_Noreturn void fail(const char *text, uint32_t a, uint32_t b, uint32_t c);
void print(const char *text);
void print_hex(uint32_t value);
// Neither the canary nor the poison is in a register of ours, or the monitor, which saves those, would have it, too.
static inline bool
is_canary(uint32_t value)
{
	uint32_t next = value + 1u;

	__asm__("" : "+r"(next));
	return next == HOSTILE_CANARY + 1u || next == HOSTILE_POISON + 1u;
}

// A value that the guest has got from anywhere: must not be the canary.
void seen(uint32_t value, uint32_t where);

// start.S. The state of a trap, as the vectors leave it.
struct trapped {
	uint32_t r[13], pc, spsr, vector;
};
extern struct trapped trapped;

// Calls f(a, b) and puts its result at *result; returns V_NONE, or the vector of what it ran into.
uint32_t guard_call(uint32_t (*f)(uint32_t a, uint32_t b), uint32_t a, uint32_t b, uint32_t *result);

struct bank {
	uint32_t sp, lr, spsr;
};
struct entry {
	uint32_t r[13], pc, cpsr;
	struct bank usr, fiq, irq, abt, und, svc; // usr has no SPSR
};
// Runs from this state on until a trap; returns its vector.
uint32_t guard_enter(const struct entry *e);

extern const uint32_t high_vectors[16]; // position-independent, to be copied

// trap.c: guard_call and guard_enter with what belongs around: counting, known state again, canaries looked for.
uint32_t try_call(uint32_t (*f)(uint32_t, uint32_t), uint32_t a, uint32_t b, uint32_t *result);
uint32_t try_enter(struct entry *e);      // in the bare regime, with the watchdog
uint32_t try_enter_here(struct entry *e); // in this one
void entry_init(struct entry *e);         // random, but with valid PSRs
uint32_t try_load(uint32_t va, uint32_t *value);
uint32_t try_store(uint32_t va, uint32_t value);

// sysreg.c: known values of what isn't the regime's.
void sysreg_restore(void);

// irq.c
void gic_restore(void);
void gic_drain(void); // acknowledges and ends what is pending
void watchdog(bool on);
extern bool gic_dirty;

// firmware.c
extern bool flash_touched;

// code.c: where the last made code is.
extern uint32_t code_place;
extern bool code_is_thumb;
void sync_code(void); // what was written may be executed

// The steps.
#define STEP(name, weight, firmware, text) void step_##name(void);
#include "test/hostile/steps.def"
#undef STEP

void alias_init(void);
void alias_press(uint32_t n); // executes n frames
void alias_sweep(void);       // whether each frame holds what it must

#endif
