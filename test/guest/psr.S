// SPDX-License-Identifier: MIT
//
// MRS, MSR and CPS in all forms from all modes: masks, flags, banked registers.
#include "test/guest/kernel.inc"

	.macro	field_masks psr
	.irp	f, c, x, s, f, cf, fs, xs, cxsf
	set	r4, 0xfa0ffc00
	orr	r5, r4, #(SVC | PSR_I)
	msr	spsr_cxsf, r5
	mvn	r6, r5
	bic	r6, r6, #0x1000000	// never J
	bic	r6, r6, #0x0f00000	// nor what is reserved
	bic	r6, r6, #0x3f		// nor T, and a mode that exists
	orr	r6, r6, #FIQ
	msr	spsr_\f, r6
	mrs	r7, spsr
	show	"spsr_\f", r7
	.endr
	.endm

main:
	push	{lr}
	mrs	r3, cpsr
	bic	r3, r3, #0xf8000000	// which are unknown
	show	"entry", r3
	// The flags, from register and immediate, each condition both ways.
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	msr	cpsr_f, #(\n << 28)
	mov	r0, #0
	orreq	r0, r0, #0x0001
	orrne	r0, r0, #0x0002
	orrcs	r0, r0, #0x0004
	orrcc	r0, r0, #0x0008
	orrmi	r0, r0, #0x0010
	orrpl	r0, r0, #0x0020
	orrvs	r0, r0, #0x0040
	orrvc	r0, r0, #0x0080
	orrhi	r0, r0, #0x0100
	orrls	r0, r0, #0x0200
	orrge	r0, r0, #0x0400
	orrlt	r0, r0, #0x0800
	orrgt	r0, r0, #0x1000
	orrle	r0, r0, #0x2000
	flags	"flags"
	show	"conditions", r0
	.endr

	// Conditional forms, taken or not.
	.irp	cc, eq, ne, cs, cc, mi, pl, vs, vc, hi, ls, ge, lt, gt, le, al
	set	r2, 0x600f0000
	set	r3, 0x900f0000
	msr	cpsr_fs, r2
	mov	r0, #0
	mrs\cc	r0, cpsr
	show	"mrs\cc", r0
	msr	cpsr_fs, r2
	msr\cc	cpsr_fs, r3
	mrs	r0, cpsr
	show	"msr\cc", r0
	msr	cpsr_f, r3
	msr\cc	cpsr_c, #(SYS | PSR_I)
	mrs	r0, cpsr
	msr	cpsr_c, #(SVC | PSR_I | PSR_F)
	show	"msr\cc #", r0
	.endr

	// Masks, with each byte lane; GE and Q are kept by the others.
	msr	cpsr_fs, #0
	msr	cpsr_x, #0
	flags	"x 0"
	msr	cpsr_x, #PSR_A
	flags	"x A"
	set	r0, 0xf80f01d3
	msr	cpsr_cxsf, r0
	flags	"all"
	msr	cpsr_f, #0x08000000
	flags	"Q"
	msr	cpsr_s, #0x000a0000
	flags	"GE"
	msr	cpsr_c, #(SVC | PSR_F)
	flags	"c F"
	msr	cpsr_c, #(SVC | PSR_I)
	flags	"c I"
	msr	cpsr_c, #(SVC | PSR_I | PSR_F)
	flags	"c IF"
	msr	cpsr_f, #0x50000000
	mrs	r0, cpsr
	mrs	r1, cpsr
	show	"twice", r1
	set	r0, 0xa00f01f3			// T isn't MSR's to write
	bic	r0, r0, #PSR_T
	msr	cpsr_cxsf, r0
	flags	"restored"

	// CPS: masks, modes, both.
	cpsie	a
	flags	"cpsie a"
	cpsie	i
	flags	"cpsie i"
	cpsie	f
	flags	"cpsie f"
	cpsid	a
	flags	"cpsid a"
	cpsid	i
	flags	"cpsid i"
	cpsid	f
	flags	"cpsid f"
	cpsie	aif
	flags	"cpsie aif"
	cpsid	aif
	flags	"cpsid aif"
	cpsie	if
	flags	"cpsie if"
	cpsid	if
	flags	"cpsid if"
	.irp	m, SYS, FIQ, IRQ, SVC, ABT, UND
	cps	#\m
	state	"cps \m"
	cpsie	aif, #\m
	state	"cpsie aif \m"
	cpsid	ai, #\m
	state	"cpsid ai \m"
	cpsid	aif, #\m
	.endr
	cps	#SVC

	// SPSR byte lanes in each mode that has one.
	.irp	m, FIQ, IRQ, ABT, UND, SVC
	mode	\m
	say	"spsr lanes in \m"
	field_masks
	mrs	r0, spsr
	mrs	r1, cpsr
	show	"cpsr after", r1
	msr	spsr_f, #0x30000000
	mrs	r0, spsr
	show	"spsr_f #", r0
	msr	spsr_c, #(SYS | PSR_F)
	mrs	r0, spsr
	show	"spsr_c #", r0
	.endr

	// Banked registers keep what each mode put there.
	.irp	m, SYS, FIQ, IRQ, SVC, ABT, UND
	mode	\m
	mov	r0, sp
	set	r8,  0x8000 + \m
	set	r9,  0x9000 + \m
	set	r10, 0xa000 + \m
	set	r11, 0xb000 + \m
	set	r12, 0xc000 + \m
	set	r0,  0x5000 + \m
	set	lr,  0xe000 + \m
	.if	\m != SYS
	set	r1, 0x10000010 + (\m << 16)
	msr	spsr_cxsf, r1
	.endif
	.endr
	.irp	m, UND, ABT, SVC, IRQ, FIQ, SYS, FIQ, SVC
	mode	\m
	state	"bank \m"
	.endr

	// Every mode from every mode, by MSR with a register.
	.irp	from, SYS, FIQ, IRQ, SVC, ABT, UND
	.irp	to, SYS, FIQ, IRQ, SVC, ABT, UND
	mode	\from
	mov	r2, #(\to | PSR_I | PSR_F)
	msr	cpsr_c, r2
	mov	r3, lr
	mov	r4, sp
	mrs	r5, cpsr
	mode	SVC
	show	"\from to \to lr", r3
	show	"sp", r4
	show	"cpsr", r5
	.endr
	.endr

	// SP moves with the mode that is left in the middle of use.
	mode	IRQ
	sub	sp, sp, #16
	mode	FIQ
	sub	sp, sp, #32
	mode	IRQ
	state	"irq sp - 16"
	add	sp, sp, #16
	mode	FIQ
	add	sp, sp, #32
	state	"fiq sp"

	// In USR: the user's MSR reaches only flags and GE, CPS nothing.
	mode	SVC
	user	in_user
	pop	{pc}

in_user:
	flags	"usr"
	set	r0, 0x980501df
	msr	cpsr_cxsf, r0
	flags	"usr msr all"
	msr	cpsr_c, #(SVC | PSR_I)
	flags	"usr msr c"
	msr	cpsr_f, #0x60000000
	flags	"usr msr f"
	msr	cpsr_s, #0x00060000
	flags	"usr msr s"
	cpsid	if
	flags	"usr cpsid"
	cps	#SVC
	flags	"usr cps"
	state	"usr state"
	leave_user
