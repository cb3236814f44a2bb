// SPDX-License-Identifier: MIT
//
// The performance monitors: registers and what counts (registers), overflow and its interrupt (irq), and the count of
// instructions that a user executes, which with --icount is exact (insns).
#include "test/guest/kernel.inc"
#include "test/guest/gic.inc"

#define PMCR		p15, 0, r0, c9, c12, 0
#define PMCNTENSET	p15, 0, r0, c9, c12, 1
#define PMCNTENCLR	p15, 0, r0, c9, c12, 2
#define PMOVSR		p15, 0, r0, c9, c12, 3
#define PMSWINC		p15, 0, r0, c9, c12, 4
#define PMSELR		p15, 0, r0, c9, c12, 5
#define PMCCNTR		p15, 0, r0, c9, c13, 0
#define PMXEVTYPER	p15, 0, r0, c9, c13, 1
#define PMXEVCNTR	p15, 0, r0, c9, c13, 2
#define PMUSERENR	p15, 0, r0, c9, c14, 0
#define PMINTENSET	p15, 0, r0, c9, c14, 1
#define PMINTENCLR	p15, 0, r0, c9, c14, 2
#define PMOVSSET	p15, 0, r0, c9, c14, 3
#define PMEVCNTR0	p15, 0, r0, c14, c8, 0
#define PMEVCNTR1	p15, 0, r0, c14, c8, 1
#define PMEVCNTR2	p15, 0, r0, c14, c8, 2
#define PMEVTYPER0	p15, 0, r0, c14, c12, 0
#define PMEVTYPER1	p15, 0, r0, c14, c12, 1
#define PMEVTYPER2	p15, 0, r0, c14, c12, 2
#define PMCCFILTR	p15, 0, r0, c14, c15, 7
#define CYCLES		0x11
#define INSTRUCTIONS	0x08

	.macro	put reg:vararg
	mcr	\reg
	isb
	.endm

	.macro	get name, reg:vararg
	mrc	\reg
	show	"\name", r0
	.endm

	.macro	putv value, reg:vararg
	set	r0, \value
	put	\reg
	.endm

// Some time: thousands of instructions.
	.macro	spend
	mov	r1, #4096
9:	subs	r1, r1, #1
	bne	9b
	.endm

// Whether a counter has moved since it was r4: 1 or 0.
	.macro	moved name, reg:vararg
	mrc	\reg
	subs	r0, r0, r4
	movne	r0, #1
	show	"\name", r0
	.endm

#ifdef CASE_registers
main:
	get	pmcr, PMCR
	get	pmuserenr, PMUSERENR
	putv	0xffffffff, PMCNTENSET
	get	pmcntenset, PMCNTENSET
	putv	0x80000015, PMCNTENCLR
	get	pmcntenclr, PMCNTENCLR
	putv	0xffffffff, PMINTENSET
	get	pmintenset, PMINTENSET
	putv	0x8000002a, PMINTENCLR
	get	pmintenclr, PMINTENCLR
	putv	0xffffffff, PMOVSSET
	get	pmovsset, PMOVSSET
	putv	0x80000001, PMOVSR
	get	pmovsr, PMOVSR
	putv	0xffffffff, PMOVSR
	putv	0xffffffff, PMCNTENCLR
	putv	0xffffffff, PMINTENCLR

	// Each counter by its number and selected, and one that there isn't.
	mov	r5, #0
1:	mov	r0, r5
	put	PMSELR
	get	pmselr, PMSELR
	putv	0xffffffff, PMXEVTYPER
	get	pmxevtyper, PMXEVTYPER
	putv	0x5aa50013, PMXEVTYPER
	get	pmxevtyper, PMXEVTYPER
	set	r0, 0x12345678
	add	r0, r0, r5
	put	PMXEVCNTR
	get	pmxevcntr, PMXEVCNTR
	add	r5, r5, #1
	cmp	r5, #32
	blo	1b
	get	pmevcntr0, PMEVCNTR0
	get	pmevcntr2, PMEVCNTR2
	get	pmevtyper1, PMEVTYPER1
	get	pmccfiltr, PMCCFILTR
	putv	0, PMCCFILTR
	get	pmxevtyper, PMXEVTYPER
	putv	2, PMCR
	get	pmevcntr0, PMEVCNTR0

	// The cycle counter.
	putv	0x12345678, PMCCNTR
	spend
	get	pmccntr, PMCCNTR		// disabled
	putv	0x80000000, PMCNTENSET
	spend
	get	pmccntr, PMCCNTR		// PMCR.E isn't set
	putv	1, PMCR
	mrc	PMCCNTR
	mov	r4, r0
	spend
	moved	counts, PMCCNTR
	putv	0x80000000, PMCCFILTR		// not in the kernel
	mrc	PMCCNTR
	mov	r4, r0
	spend
	moved	filtered, PMCCNTR
	putv	0x40000000, PMCCFILTR		// in the kernel only
	mrc	PMCCNTR
	mov	r4, r0
	spend
	moved	kernel, PMCCNTR
	putv	5, PMCR
	mrc	PMCCNTR
	lsr	r0, r0, #24
	show	"reset", r0
	putv	0, PMCCFILTR
	putv	0xffffff00, PMCCNTR
	spend
	get	overflow, PMOVSR
	putv	0x80000000, PMOVSR
	get	cleared, PMOVSR
	putv	0x9, PMCR			// one in 64
	putv	0, PMCCNTR
	spend
	mrc	PMCCNTR
	mov	r4, r0
	cmp	r4, #0				// 4,096 ns at least
	movne	r0, #1
	show	"divided", r0
	get	pmcr, PMCR

	// Software increments: of what is enabled, not filtered, and of that event.
	putv	0, PMEVTYPER0
	putv	0x80000000, PMEVTYPER1
	putv	CYCLES, PMEVTYPER2
	putv	1, PMCR
	putv	0xfffffffe, PMEVCNTR0
	putv	0, PMEVCNTR1
	putv	0, PMEVCNTR2
	putv	0xffffffff, PMSWINC
	get	disabled, PMEVCNTR0
	putv	3, PMCNTENSET
	putv	3, PMSWINC
	get	one, PMEVCNTR0
	get	filtered, PMEVCNTR1
	get	not, PMOVSR
	putv	1, PMSWINC
	get	wrapped, PMEVCNTR0
	get	overflow, PMOVSR
	putv	0, PMCR
	putv	1, PMSWINC
	get	off, PMEVCNTR0
	putv	1, PMCR
	putv	4, PMCNTENSET
	mrc	PMEVCNTR2
	mov	r4, r0
	spend
	moved	"cycles event", PMEVCNTR2
	putv	0xff, PMEVTYPER2		// no event that there is
	mrc	PMEVCNTR2
	mov	r4, r0
	spend
	moved	"no event", PMEVCNTR2

	// The user, without and with PMUSERENR.
	say	"closed"
	user	in_user
	putv	0xffffffff, PMUSERENR
	get	pmuserenr, PMUSERENR
	say	"open"
	user	in_user
	user	counts_in_user
	get	"by the user", PMEVCNTR1
	b	power_off

in_user:
	mrc	PMCR
	mcr	PMCR
	mrc	PMCNTENSET
	mrc	PMCNTENCLR
	mrc	PMOVSR
	mrc	PMSWINC
	mrc	PMSELR
	mcr	PMSELR
	mrc	PMCCNTR
	mrc	PMXEVTYPER
	mrc	PMXEVCNTR
	mcr	PMUSERENR
	mrc	PMINTENSET
	mcr	PMINTENCLR
	mrc	PMOVSSET
	mrc	PMEVCNTR0
	mrc	PMEVTYPER1
	mrc	PMCCFILTR
	leave_user

counts_in_user:
	mov	r0, #3
	mcr	PMSWINC
	mrc	PMCCNTR
	mov	r4, r0
	spend
	mrc	PMCCNTR
	cmp	r0, r4
	mov	r0, #3
	mcrne	PMSWINC
	leave_user
#endif

#ifdef CASE_irq
// The line's level, which GICD_ISPENDR0 shows.
	.macro	level name
	set	r0, (GICD + 0x200)
	ldr	r0, [r0]
	ubfx	r0, r0, #23, #1
	show	"\name", r0
	.endm

// Waits until irq_count reaches r4, within WFI or awake.
wait_asleep:
	addr	r1, irq_count
1:	cpsid	i
	ldr	r0, [r1]
	cmp	r0, r4
	wfilo
	cpsie	i
	blo	1b
	bx	lr

wait_awake:
	addr	r1, irq_count
1:	ldr	r0, [r1]
	cmp	r0, r4
	blo	1b
	bx	lr

main:
	putv	1, PMCR
	putv	1, PMCNTENSET
	level	low
	putv	0xffffffff, PMEVCNTR0
	putv	1, PMSWINC
	level	"not let through"
	putv	1, PMINTENSET
	level	high
	putv	1, PMINTENCLR
	level	"not let through"
	putv	1, PMINTENSET
	level	high
	putv	1, PMOVSR
	level	cleared
	putv	0xffffffff, PMEVCNTR0
	putv	1, PMSWINC
	level	"by software"
	putv	1, PMOVSR
	putv	1, PMOVSSET
	level	"by PMOVSSET"
	putv	0xffffffff, PMOVSR
	putv	0xffffffff, PMINTENCLR
	putv	0xffffffff, PMCNTENCLR

	hook	irq, take_irq
	bl	gic_on
	mov	r0, #23
	bl	irq_on
	mov	r4, #0
	say	"the cycle counter, asleep"
	putv	0x80000000, PMINTENSET
	putv	0x80000000, PMCNTENSET
	putv	0xfffe0000, PMCCNTR
	cpsie	i
	add	r4, r4, #1
	bl	wait_asleep
	say	"awake"
	putv	0xfffe0000, PMCCNTR
	add	r4, r4, #1
	bl	wait_awake
	say	"divided"
	putv	9, PMCR
	putv	0xfffff000, PMCCNTR
	add	r4, r4, #1
	bl	wait_asleep
	say	"an event counter, of the kernel"
	putv	1, PMCR
	putv	0x80000000, PMCNTENCLR
	putv	(0x40000000 | CYCLES), PMEVTYPER2
	putv	0xfffe0000, PMEVCNTR2
	putv	4, PMINTENSET
	putv	4, PMCNTENSET
	add	r4, r4, #1
	bl	wait_awake
	say	"of the user"
	putv	(0x80000000 | CYCLES), PMEVTYPER2
	putv	0xfffe0000, PMEVCNTR2
	spend
	addr	r1, irq_count
	ldr	r0, [r1]
	show	"so far", r0
	add	r4, r4, #1
	user	in_user
	say	"masked, and two at once"
	cpsid	i
	putv	0x80000005, PMINTENSET
	putv	0x80000005, PMCNTENSET
	putv	CYCLES, PMEVTYPER2
	putv	0xfffff000, PMEVCNTR2
	putv	0xfffff000, PMCCNTR
1:	mrc	PMOVSR
	set	r1, 0x80000004
	cmp	r0, r1
	bne	1b
	level	high
	add	r4, r4, #1
	cpsie	i
	bl	wait_awake
	level	low
	b	power_off

in_user:
	addr	r1, irq_count
1:	ldr	r0, [r1]
	cmp	r0, r4
	blo	1b
	leave_user
#endif

#ifdef CASE_insns
// A user's instructions: a loop of three, with loads and stores.
in_user:
	set	r2, POOL
	mov	r1, #1000
1:	str	r1, [r2, r1, lsl #2]
	subs	r1, r1, #1
	bne	1b
	leave_user

main:
	putv	(0x80000000 | INSTRUCTIONS), PMEVTYPER0
	putv	INSTRUCTIONS, PMEVTYPER1
	putv	1, PMCR
	putv	3, PMCNTENSET
	user	in_user				// all that is filled and scanned is then
	putv	0, PMEVCNTR0
	user	in_user
	get	"of the user", PMEVCNTR0
	putv	0, PMEVCNTR0
	user	in_user
	user	in_user
	get	"of two", PMEVCNTR0
	spend
	get	"still", PMEVCNTR0
	mrc	PMEVCNTR1
	mov	r4, r0
	spend
	moved	all, PMEVCNTR1
	b	power_off
#endif
