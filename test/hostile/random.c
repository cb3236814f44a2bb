// SPDX-License-Identifier: MIT
//
// Random numbers: xorshift64*, seeded by what names the step.
#include "test/hostile/guest.h"

static uint64_t state;

void
random_begin(uint32_t seed, uint32_t step)
{
	state = ((uint64_t)seed << 32 | step) * 0x9e3779b97f4a7c15u ^ 0x6a09e667f3bcc909u;
	for (unsigned i = 0; i < 4; i++)
		rnd();
}

uint32_t
rnd(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)(state * 0x2545f4914f6cdd1du >> 32);
}

uint32_t
below(uint32_t n)
{
	return (uint32_t)((uint64_t)rnd() * n >> 32);
}

uint32_t
valid_mode(void)
{
	static const uint8_t modes[] = {USR, FIQ, IRQ, SVC, ABT, UND, SYS};

	return pick(modes);
}

uint32_t
valid_psr(uint32_t mode)
{
	return (rnd() & (one_in(4) ? 0xf80f01e0u : 0xf8000000u)) | mode;
}

uint32_t
any_pa(void)
{
	static const uint32_t bases[] = {GICD, GICC, UART, RTC, FW_CFG, GPIO, FLASH + 2u * MIB, FLASH_1, NOTHING};

	switch (below(8)) {
	case 0:
		return pick(bases) + (rnd() & 0xfffu);
	case 1: // the host's RAM behind ours, if it were ours
		return RAM + arg.ram_mib * MIB + below(one_in(2) ? MIB : 192u * MIB);
	case 2: // about the ends of RAM
		return RAM + (one_in(2) ? arg.ram_mib * MIB : 0) - 0x8000u + below(0x10000u);
	case 3:
		return rnd();
	case 4:
		return CODE + below(MIB);
	default:
		return JUNK + below(JUNK_MIB * MIB);
	}
}

static uint32_t
interesting_word(void)
{
	static const uint32_t words[] = {0,          1,          2,          0x10,       0x80,       0xff,
					 0x100,      0x3ff,      0xfff,      0x1000,     0xffff,     0x7fffffff,
					 0x80000000, 0xfffffffe, 0xffffffff, 0x55555555, 0xff700000, 0xffff0000};

	switch (below(8)) {
	case 0:
	case 1:
		return pick(words);
	case 2:
		return DATA + below(MIB);
	case 3:
		return CODE + below(MIB);
	case 4:
		return any_pa();
	case 5:
		return 1u << below(32);
	case 6:
		return valid_psr(valid_mode());
	default:
		return rnd();
	}
}

// Not the canary, and no address of what must not change.
uint32_t
interesting(void)
{
	uint32_t word = interesting_word();

	return is_canary(word) || word - (RAM + 0x10000u) < CODE - (RAM + 0x10000u) ? 0 : word;
}
