// SPDX-License-Identifier: MIT
//
// See state.h.
#include <string.h>
#include "guests/fuzz/state.h"
#include "monitor/base/psr.h"
#include "monitor/base/types.h"

#define BANK(mode)   mode "_sp", mode "_lr", mode "_spsr"
#define X(name, ...) #name,
static const char *const names[] = {"r0",        "r1",        "r2",        "r3",
				    "r4",        "r5",        "r6",        "r7",
				    "usr_r8",    "usr_r9",    "usr_r10",   "usr_r11",
				    "usr_r12",   "pc",        "usr_sp",    "usr_lr",
				    "fiq_r8",    "fiq_r9",    "fiq_r10",   "fiq_r11",
				    "fiq_r12",   BANK("fiq"), BANK("irq"), BANK("svc"),
				    BANK("abt"), BANK("und"), "cpsr",      FUZZ_FAST_REGS(X) FUZZ_SLOW_REGS(X) "FPEXC",
				    "FPSCR"};
#undef X
_Static_assert(sizeof(names) / sizeof(names[0]) == FUZZ_STATE_WORDS, "each word has a name");

const char *
fuzz_state_name(unsigned n)
{
	return names[n];
}

uint32_t
fuzz_state_word(const struct fuzz_state *s, unsigned n)
{
	uint32_t word;

	memcpy(&word, (const char *)s + 4 * n, 4);
	return word;
}

void
fuzz_state_set(struct fuzz_state *s, unsigned n, uint32_t value)
{
	memcpy((char *)s + 4 * n, &value, 4);
}

struct fuzz_bank *
fuzz_state_bank(struct fuzz_state *s, uint32_t mode)
{
	switch (mode) {
	case MODE_FIQ:
		return &s->fiq;
	case MODE_IRQ:
		return &s->irq;
	case MODE_SVC:
		return &s->svc;
	case MODE_ABT:
		return &s->abt;
	case MODE_UND:
		return &s->und;
	default:
		return NULL;
	}
}

uint32_t *
fuzz_state_reg(struct fuzz_state *s, uint32_t mode, unsigned n)
{
	struct fuzz_bank *bank = fuzz_state_bank(s, mode);

	if (n < 8)
		return &s->r[n];
	if (n < 13)
		return mode == MODE_FIQ ? &s->fiq_r8[n - 8] : &s->usr_r8[n - 8];
	if (n == 13)
		return bank ? &bank->sp : &s->usr_sp;
	return bank ? &bank->lr : &s->usr_lr;
}

const char *
fuzz_state_mode(uint32_t mode)
{
	switch (mode) {
	case MODE_USR:
		return "usr";
	case MODE_FIQ:
		return "fiq";
	case MODE_IRQ:
		return "irq";
	case MODE_SVC:
		return "svc";
	case MODE_ABT:
		return "abt";
	case MODE_UND:
		return "und";
	case MODE_SYS:
		return "sys";
	default:
		return "?";
	}
}

bool
fuzz_state_passes(uint32_t psr, uint32_t cond)
{
	bool n = psr & PSR_N, z = bit(psr, 30), c = bit(psr, 29), v = bit(psr, 28);
	const bool holds[] = {z, c, n, v, c && !z, n == v, n == v && !z, true};

	return cond >= 14u || holds[cond >> 1] != (cond & 1u);
}
