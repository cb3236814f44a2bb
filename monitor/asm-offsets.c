// SPDX-License-Identifier: MIT
//
// Compiled to assembly, never linked: the Makefile turns the marked lines into
// build/asm-offsets.h.
#include "bt/intern.h"
#include "monitor/core.h"
#include "monitor/vcpu.h"

#define OFFSET(name, type, member) __asm__ volatile("@@ " #name " %0" : : "i"(offsetof(type, member)))
#define VALUE(name, value)         __asm__ volatile("@@ " #name " %0" : : "i"(value))

void asm_offsets(void);

void
asm_offsets(void)
{
	OFFSET(VCPU_PC, struct vcpu, pc);
	OFFSET(VCPU_CPSR, struct vcpu, cpsr);
	OFFSET(VCPU_MODE, struct vcpu, mode);
	OFFSET(VCPU_BANK, struct vcpu, bank);
	OFFSET(VCPU_BANK_SPSR, struct vcpu, bank[0].spsr);
	OFFSET(VCPU_VIEW, struct vcpu, view);
	OFFSET(VCPU_VIEW_NOW, struct vcpu, view_now);
	OFFSET(VCPU_LINES, struct vcpu, lines);
	OFFSET(VCPU_HOST_TTBR0, struct vcpu, host_ttbr0);
	OFFSET(VCPU_WINDOW_TTBR0, struct vcpu, window_ttbr0);
	OFFSET(VCPU_HOST_STACK, struct vcpu, host_stack);
	OFFSET(VCPU_SLOW_ENTRY, struct vcpu, slow_entry);
	OFFSET(VCPU_FATAL_ENTRY, struct vcpu, fatal_entry);
	OFFSET(VCPU_SELF, struct vcpu, self);
	OFFSET(VCPU_NESTED, struct vcpu, nested);
	OFFSET(VCPU_SCRATCH, struct vcpu, scratch);
	OFFSET(VCPU_WORD, struct vcpu, word);
	OFFSET(VCPU_TTBR0, struct vcpu, cp15.mmu.ttbr0);
	OFFSET(VCPU_TTBR1, struct vcpu, cp15.mmu.ttbr1);
	OFFSET(VCPU_CONTEXTIDR, struct vcpu, cp15.mmu.contextidr);
	OFFSET(VCPU_KNOWN, struct vcpu, known);
	OFFSET(VCPU_KNOWN_NONE, struct vcpu, known[SPT_ASIDS]);
	VALUE(HOST_ASID_COMMON, SPT_ASID_FIRST);
	VALUE(UTLB_ASID, UTLB_ASID_SHIFT);
	VALUE(UTLB_READ, UTLB_R);
	VALUE(UTLB_WRITE, UTLB_W);
	OFFSET(INTERN_N, struct intern, n);
	OFFSET(INTERN_WORD, struct intern, word);
	OFFSET(VCPU_UTLB, struct vcpu, utlb);
	OFFSET(VCPU_START, struct vcpu, start);
	OFFSET(VCPU_COST, struct vcpu, cost);
	OFFSET(VCPU_COUNT, struct vcpu, count);
	OFFSET(VCPU_HOT_STACK, struct vcpu, hot_stack);
	VALUE(VCPU_HOT_STACK_TOP, offsetof(struct vcpu, hot_stack) + sizeof(((struct vcpu *)0)->hot_stack));
	VALUE(SIZEOF_VIEW, sizeof(struct view));
	VALUE(EXIT_MRS, EXIT_mrs);
	VALUE(EXIT_MSR, EXIT_msr);
	VALUE(EXIT_CPS, EXIT_cps);
	VALUE(EXIT_UNPRIV, EXIT_unpriv);
	VALUE(EXIT_CP15_SPACE, EXIT_cp15_space);
	VALUE(EXIT_CP15, EXIT_cp15);
}
