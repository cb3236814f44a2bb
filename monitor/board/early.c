// SPDX-License-Identifier: MIT
//
// See early.h.
#include "monitor/board/early.h"
#include "monitor/board/report.h"
#include "monitor/base/sysreg.h"

static const uint8_t *telling, *parking;
static early_end end_by_fault;

static void
set_vectors(const uint8_t *vectors)
{
	sysreg_write_vbar((uint32_t)(uintptr_t)vectors);
	isb();
}

void
early_init(const uint8_t *vectors, const uint8_t *park, early_end end)
{
	telling = vectors;
	parking = park;
	end_by_fault = end;
}

void
early_begin(void)
{
	set_vectors(telling);
}

void
early_park(void)
{
	set_vectors(parking);
}

void
early_fault(uint32_t vector, uint32_t lr, uint32_t spsr)
{
	static const struct {
		const char *name;
		uint32_t back; // from LR to the instruction (B1.8.3)
	} exception[] = {{"reset", 0},      {"undefined instruction", 4},
			 {"SVC", 4},        {"prefetch abort", 4},
			 {"data abort", 8}, {"Hyp trap", 0},
			 {"IRQ", 4},        {"FIQ", 4}};
	uint32_t pc = lr - exception[vector].back;

	report("palimpsest: bug: %s in the monitor, no guest running: pc %08x psr %08x dfsr %08x dfar %08x ifsr %08x "
	       "ifar %08x\n",
	       exception[vector].name, pc, spsr, sysreg_read_dfsr(), sysreg_read_dfar(), sysreg_read_ifsr(),
	       sysreg_read_ifar());
	end_by_fault();
}
