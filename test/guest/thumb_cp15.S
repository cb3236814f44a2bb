// SPDX-License-Identifier: MIT
//
// Coprocessors from Thumb: every register of the core to and from CP15, in each mode and from USR; two
// registers at a time; maintenance of caches and the TLB by what it must bring about; VFP's system
// registers; WFI and the timer; and the calls of PSCI.
#include "test/guest/kernel.inc"
#include "test/guest/gic.inc"

#define EDGE   0x50000000
#define FIRST  (POOL + 0x20000)
#define SECOND (POOL + 0x25000)

// Writes patterns, and reads back; leaves it as it was.
	.macro	keeps name, opc1, crn, crm, opc2, mask=0xffffffff
	mrc	p15, \opc1, r4, c\crn, c\crm, \opc2
	set	r5, \mask
	.irp	v, 0xffffffff, 0x5aa5c33c, 0
	set	r0, \v
	and	r0, r0, r5
	mcr	p15, \opc1, r0, c\crn, c\crm, \opc2
	isb
	mrc	p15, \opc1, r1, c\crn, c\crm, \opc2
	show	"\name \v", r1
	.endr
	mcr	p15, \opc1, r4, c\crn, c\crm, \opc2
	isb
	.endm

	.macro	arm_timer crm
	movw	r0, #20000
	mcr	p15, 0, r0, c14, c\crm, 0
	mov	r0, #1
	mcr	p15, 0, r0, c14, c\crm, 1
	isb
	.endm

	.macro	psci name, id, a=0, b=0
	set	r0, \id
	set	r1, \a
	set	r2, \b
	set	r3, 0x33333333
	hvc	#0
	show	"\name", r0
	show	"r3", r3
	.endm

main:
	hook	irq, at_irq + 1
	bl	gic_on
	mov	r0, #27
	bl	irq_on
	mov	r0, #30
	bl	irq_on
	to_thumb
	mrc	p15, 0, r0, c0, c0, 0
	show	"MIDR", r0
	mrc	p15, 0, r0, c0, c0, 5
	show	"MPIDR", r0
	mrc	p15, 0, r0, c1, c0, 0
	show	"SCTLR", r0
	mrc	p14, 0, r0, c0, c0, 0
	show	"DBGDIDR", r0
	set	r0, 0xf0000000
	msr	cpsr_f, r0
	mrc	p14, 0, apsr_nzcv, c0, c1, 0	// DBGDSCRint
	flags	"by DBGDSCR"
	keeps	TTBR0, 0, 2, 0, 0
	keeps	TTBR1, 0, 2, 0, 1
	keeps	DACR, 0, 3, 0, 0
	keeps	DFSR, 0, 5, 0, 0
	keeps	IFSR, 0, 5, 0, 1
	keeps	DFAR, 0, 6, 0, 0
	keeps	IFAR, 0, 6, 0, 2
	keeps	CONTEXTIDR, 0, 13, 0, 1
	keeps	TPIDRURW, 0, 13, 0, 2
	keeps	TPIDRURO, 0, 13, 0, 3
	keeps	TPIDRPRW, 0, 13, 0, 4
	keeps	VBAR, 0, 12, 0, 0, 0xffffffe0
	keeps	CSSELR, 2, 0, 0, 0, 1

	// Every register, of each of the three that threads have; each mode.
	.irp	opc2, 2, 3, 4
	set	r0, 0x77770000
	mcr	p15, 0, r0, c13, c0, \opc2
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14
	mov	r\n, #\n
	mrc	p15, 0, r\n, c13, c0, \opc2
	add	r\n, r\n, #1
	mcr	p15, 0, r\n, c13, c0, \opc2
	.endr
	state	"all registers \opc2"
	.endr
	.irp	m, SYS, FIQ, IRQ, ABT, UND, SVC
	mode	\m
	mrc	p15, 0, r8, c13, c0, 4
	add	r8, r8, #0x100
	mcr	p15, 0, r8, c13, c0, 4
	mrc	p15, 0, r9, c13, c0, 2
	add	r9, r9, #0x100
	mcr	p15, 0, r9, c13, c0, 2
	flags	"in \m"
	show	"PRW", r8
	show	"URW", r9
	.endr

	// Two registers at a time.
	set	r0, 0x89abcdef
	set	r1, 0x01234567
	mcrr	p15, 3, r0, r1, c14
	mcrr	p15, 2, r1, r0, c14
	mrrc	p15, 3, r2, r12, c14
	mrrc	p15, 2, r11, r3, c14
	show	"CVAL", r2
	show	"CVAL", r12
	show	"CVAL", r11
	show	"CVAL", r3
	mrrc	p15, 1, r4, r5, c14
	isb
	mrrc	p15, 1, r6, r7, c14
	subs	r6, r6, r4
	sbcs	r7, r7, r5
	ite	cs
	movcs	r0, #1
	movcc	r0, #0
	show	"forward", r0
	mov	r4, #0
	mov	r5, #0
	mov	r6, #0

	// What isn't there.
	mrc	p15, 0, r0, c13, c0, 7
	mcr	p15, 7, r0, c4, c4, 7
	mrc2	p15, 0, r0, c0, c0, 0
	mcr	p13, 0, r0, c0, c0, 0
	mrrc	p15, 7, r0, r1, c15
	mcrr	p12, 0, r0, r1, c0
	cdp	p15, 0, c0, c0, c0, 0
	ldc	p14, c6, [r0]
	smc	#0

	// Barriers and hints of both widths.
	mov	r0, #0
	mcr	p15, 0, r0, c7, c5, 4
	mcr	p15, 0, r0, c7, c10, 4
	mcr	p15, 0, r0, c7, c10, 5
	dmb
	dsb
	isb
	nop.w
	yield
	yield.w
	sev
	wfe
	sev.w
	wfe.w
	pli	[r0]
	mcr	p15, 0, r0, c7, c1, 0
	mcr	p15, 0, r0, c7, c1, 6
	state	"barriers"

	// Caches: code that is written anew, through each operation that says so.
	to_arm
	bl	mmu_flat
	to_thumb
	mov	r10, #0
	.irp	how, "mcr p15, 0, r1, c7, c5, 1", "mcr p15, 0, r0, c7, c5, 0", "mcr p15, 0, r0, c7, c1, 0"
	.irp	insn, 0x8200f3ef, 0x0f90ee1d, 0x0b03f04f
	set	r1, (POOL + 0x800)
	set	r0, \insn
	str	r0, [r1]
	set	r0, 0x46c04770			// BX lr
	str	r0, [r1, #4]
	mov	r0, #0
	mcr	p15, 0, r1, c7, c11, 1
	dsb
	\how
	mcr	p15, 0, r0, c7, c5, 6
	dsb
	isb
	mov	r2, #0
	mov	r11, #0
	orr	r1, r1, #1
	blx	r1
	show	"r0", r0
	show	"r2", r2
	show	"r11", r11
	.endr
	.endr

	// The TLB: by address, by ASID, all; a page that moves and one whose rights go.
	to_arm
	set	r0, EDGE
	mov	r1, #0
	bl	map_table
	set	r0, FIRST
	mov	r1, #1
	str	r1, [r0]
	set	r0, SECOND
	mov	r1, #2
	str	r1, [r0]
	mov	r4, #0
	tlb_all
	.irp	how, "mcr p15, 0, r0, c8, c7, 0", "mcr p15, 0, r1, c8, c7, 1", "mcr p15, 0, r0, c8, c3, 0", "mcr p15, 0, r1, c8, c3, 3", "mcr p15, 0, r0, c8, c6, 0", "mcr p15, 0, r1, c8, c6, 1", "mcr p15, 0, r0, c8, c7, 2"
	.irp	frame, FIRST + 0x832, SECOND + 0x832, FIRST + 0xa32
	set	r0, EDGE
	set	r1, \frame
	bl	map_page
	to_thumb
	dsb
	mov	r0, #0
	set	r1, EDGE
	\how
	dsb
	isb
	ldr	r2, [r1]
	str	r2, [r1, #4]
	show	"page", r2
	to_arm
	.endr
	.endr
	to_thumb
	set	r0, EDGE
	mcr	p15, 0, r0, c7, c8, 0		// ATS1CPR
	isb
	mrc	p15, 0, r1, c7, c4, 0
	bic	r1, r1, #0xff0			// attributes, and what Security adds
	show	"PAR", r1
	mcr	p15, 0, r0, c7, c8, 1		// ATS1CPW
	isb
	mrc	p15, 0, r1, c7, c4, 0
	show	"PAR", r1

	// Domains, as SW PAN closes and opens them at each entry.
	to_arm
	set	r0, 0x52000000			// of domain 1
	set	r1, (POOL | SECT | SECT_C_B | SECT_AP(AP_USER) | (1 << 5))
	bl	map_section
	tlb_all
	to_thumb
	set	r5, 0x52000000
	.irp	dacr, 0x1, 0x5, 0xd, 0x1, 0x5
	mov	r0, #\dacr
	mcr	p15, 0, r0, c3, c0, 0
	isb
	mrc	p15, 0, r1, c3, c0, 0
	show	"DACR", r1
	ldr	r0, [r5]
	str	r0, [r5, #4]
	.endr

	// VFP.
	vmrs	r0, fpexc
	set	r0, 0x00f00000
	mcr	p15, 0, r0, c1, c0, 2
	isb
	vmrs	r0, fpsid
	show	"FPSID", r0
	vmrs	r8, mvfr0
	show	"MVFR0", r8
	vmrs	r0, fpscr			// FPEXC.EN is 0
	set	r0, 0x40000000
	vmsr	fpexc, r0
	vmrs	r9, fpexc
	show	"FPEXC", r9
	set	r12, 0x60c00000
	vmsr	fpscr, r12
	vmrs	r1, fpscr
	show	"FPSCR", r1
	vmrs	apsr_nzcv, fpscr
	flags	"apsr"
	vmov	s0, r12
	vadd.f32 s1, s0, s0
	vmov	r0, s1
	show	"s1", r0
	user	in_user + 1

	// WFI: of an interrupt that is taken, and of one that stays pending.
	.irp	crm, 3, 2
	.irp	wfi, wfi.n, wfi.w
	cpsid	i
	arm_timer \crm
	\wfi
	say	"awake"
	mrc	p15, 0, r0, c12, c1, 0
	show	"ISR", r0
	cpsie	i
	nop
	cpsid	i
	.endr
	.endr
	addr	r4, irq_count
	ldr	r5, [r4]
	add	r5, r5, #3
1:	cpsid	i				// else the interrupt may come before WFI, and be the last
	ldr	r6, [r4]
	cmp	r6, r5
	bhs	2f
	arm_timer 3
	cmp	r6, r5
	it	lo
	wfilo
	cpsie	i
	nop
	b	1b
2:
	say	"counted"

	psci	"version", 0x84000000
	psci	"features", 0x8400000a, 0x84000008
	psci	"affinity", 0x84000004
	psci	"no function", 0x840000ff
	psci	"migrate", 0x84000006
	set	r0, 0x84000008
	to_arm
	b	power_off

	thumb_code
	.thumb_func
at_irq:
	push	{r0-r6, r12, lr}
	set	r4, GICC
	ldr	r5, [r4, #0xc]
	show	"irq", r5
	mrs	r6, spsr
	bic	r6, r6, #0xf8000000
	bic	r6, r6, #0x06000000		// and where in a block
	bic	r6, r6, #0xfc00
	show	"from", r6
	mov	r0, #0
	mcr	p15, 0, r0, c14, c3, 1
	mcr	p15, 0, r0, c14, c2, 1
	isb
	str	r5, [r4, #0x10]
	addr	r1, irq_count
	ldr	r0, [r1]
	add	r0, r0, #1
	str	r0, [r1]
	pop	{r0-r6, r12, lr}
	subs	pc, lr, #4

	.thumb_func
in_user:
	mrc	p15, 0, r0, c13, c0, 2
	add	r0, r0, #5
	mcr	p15, 0, r0, c13, c0, 2
	mrc	p15, 0, r0, c13, c0, 2
	show	"user URW", r0
	mrc	p15, 0, r0, c13, c0, 3
	show	"user URO", r0
	mcr	p15, 0, r0, c13, c0, 3
	mrc	p15, 0, r0, c13, c0, 4
	mrc	p15, 0, r0, c1, c0, 0
	mcr	p15, 0, r0, c7, c5, 4
	mcr	p15, 0, r0, c7, c10, 5
	mcr	p15, 0, r0, c7, c5, 0
	mrrc	p15, 1, r0, r1, c14
	vmrs	r0, fpexc
	vmrs	r0, fpscr
	show	"user FPSCR", r0
	sev
	yield
	dmb
	leave_user
	.ltorg
	arm_code
