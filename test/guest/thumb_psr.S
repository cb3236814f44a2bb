// SPDX-License-Identifier: MIT
//
// MRS, MSR, CPS and SETEND in Thumb, from each mode and from USR: every mask and register,
// both widths of CPS with all of their operands, and the flags as each leaves them.
#include "test/guest/kernel.inc"

	.macro	to_psr psr, value
	set	r2, (\value)
	msr	\psr, r2
	.endm

// MSR \psr_mask with all bits the other way around, but for J, T, IT, E and what is reserved.
	.macro	each_mask psr, first, second
	.irp	f, c, x, cx, s, cs, xs, cxs, f, cf, xf, cxf, sf, csf, xsf, cxsf
	to_psr	\psr\()_cxsf, \first
	set	r3, (\second)
	set	r4, 0x90000000
	msr	cpsr_f, r4
	msr	\psr\()_\f, r3
	mrs	r5, \psr
	mrs	r6, cpsr
	cpsid	if, #SVC
	show	"\psr\()_\f", r5
	show	"cpsr", r6
	.endr
	.endm

main:
	to_thumb

	// Each condition, from each set of flags.
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	to_psr	cpsr_f, (\n << 28)
	mov	r0, #0
	.irp	cc, eq, cs, mi, vs, hi, ge, gt
	it	\cc
	orr\cc	r0, r0, #1
	mov.w	r0, r0, lsl #2
	.endr
	flags	"flags"
	show	"conditions", r0
	.endr

	// MRS and MSR with each register.
	.irp	r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14
	to_psr	cpsr_f, 0xa8000000
	mrs	r\r, cpsr
	show	"mrs r\r", r\r
	set	r\r, (0x5000019f | \r << 16)
	msr	spsr_cxsf, r\r
	mvn	r\r, r\r
	mrs	r\r, spsr
	show	"spsr r\r", r\r
	.endr

	each_mask cpsr, 0x500a0053, 0xa8050192
	.irp	m, FIQ, IRQ, SVC, ABT, UND
	say	"spsr lanes in \m"
	.irp	f, c, x, s, f, xs, cxsf
	mode	\m
	to_psr	spsr_cxsf, 0xfa0ffc93
	set	r3, 0x04000311
	msr	spsr_\f, r3
	mrs	r5, spsr
	show	"spsr_\f", r5
	.endr
	.endr
	mode	SVC
	each_mask spsr, 0x500a0053, 0xa8050192
	to_psr	spsr_cxsf, 0x0600fe30
	mrs	r5, spsr
	show	"it", r5

	// CPS: each set of masks, set and cleared, in 16 bits and in 32; the flags stay.
	.irp	w, .n, .w
	.irp	aif, a, i, f, ai, af, if, aif
	.irp	from, 0x60000013, 0x900f01d3
	to_psr	cpsr_cxsf, \from
	cpsie\w	\aif
	mrs	r0, cpsr
	to_psr	cpsr_cxsf, \from
	cpsid\w	\aif
	mrs	r1, cpsr
	show	"cpsie\w \aif", r0
	show	"cpsid\w \aif", r1
	.endr
	.endr
	.endr

	// With modes, and those alone.
	.irp	m, SYS, FIQ, IRQ, SVC, ABT, UND
	to_psr	cpsr_cxsf, 0x60000093
	cps	#\m
	state	"cps \m"
	cpsie	aif, #\m
	state	"cpsie aif \m"
	cpsid	ai, #\m
	state	"cpsid ai \m"
	cpsie	i, #\m
	state	"cpsie i \m"
	cpsid	f, #\m
	state	"cpsid f \m"
	cpsid	aif, #SVC
	.endr

	// Every mode from every mode, by MSR and CPS, with the banked registers of each.
	.irp	m, SYS, FIQ, IRQ, SVC, ABT, UND
	mode	\m
	set	r8,  0x8000 + \m
	set	r9,  0x9000 + \m
	set	r10, 0xa000 + \m
	set	r11, 0xb000 + \m
	set	r12, 0xc000 + \m
	set	lr,  0xe000 + \m
	.if	\m != SYS
	to_psr	spsr_cxsf, (0x10000010 + (\m << 16))
	.endif
	.endr
	.irp	from, SYS, FIQ, IRQ, SVC, ABT, UND
	.irp	to, SYS, FIQ, IRQ, SVC, ABT, UND
	mode	\from
	to_psr	cpsr_c, (\to | PSR_I | PSR_F)
	mov	r3, lr
	mov	r4, sp
	mov	r5, r8
	mrs	r6, cpsr
	cps	#\from
	mov	r7, lr
	mode	SVC
	show	"\from to \to lr", r3
	show	"sp", r4
	show	"r8", r5
	show	"cpsr", r6
	show	"and back, lr", r7
	.endr
	.endr
	.irp	m, UND, ABT, SVC, IRQ, FIQ, SYS
	mode	\m
	state	"bank \m"
	.endr
	mode	SVC

	// SETEND: data in both orders, the E bit, and what an exception makes of it.
	set	r8, POOL
	set	r0, 0x11223344
	str	r0, [r8]
	to_psr	cpsr_f, 0xb0000000
	setend	be
	ldr	r0, [r8]
	ldrh	r1, [r8, #2]
	ldrd	r2, r3, [r8]
	mrs	r4, cpsr
	str	r4, [r8, #4]
	setend	be
	mrs	r5, cpsr
	setend	le
	mrs	r6, cpsr
	ldr	r7, [r8, #4]
	show	"be word", r0
	show	"be half", r1
	show	"be ldrd", r2
	show	"be cpsr", r4
	show	"be cpsr", r5
	show	"le cpsr", r6
	show	"stored", r7
	hook	svc, at_svc + 1
	setend	be
	svc	#1
	mrs	r6, cpsr
	setend	le
	unhook	svc
	show	"svc in be: spsr", r4
	show	"svc in be: cpsr", r5
	show	"svc in be: after", r6
	to_psr	spsr_cxsf, (SVC | PSR_T | PSR_I | 0x40000200)
	addr	lr, 1f
	movs	pc, lr
	.balign	4
1:	mrs	r6, cpsr
	ldr	r0, [r8]
	setend	le
	show	"return to be", r6
	show	"word", r0
	to_psr	cpsr_x, 0x300
	ldr	r0, [r8]
	mrs	r6, cpsr
	to_psr	cpsr_x, 0x100
	show	"msr E", r6
	show	"word", r0

	user	in_user + 1
	to_arm
	b	power_off

	thumb_code
	.thumb_func
at_svc:
	mrs	r4, spsr
	mrs	r5, cpsr
	movs	pc, lr

	.thumb_func
in_user:
	flags	"usr"
	to_psr	cpsr_cxsf, 0x980501df
	flags	"usr msr all"
	to_psr	cpsr_c, (SVC | PSR_I)
	flags	"usr msr c"
	to_psr	cpsr_f, 0x60000000
	flags	"usr msr f"
	to_psr	cpsr_s, 0x00060000
	flags	"usr msr s"
	cpsid	if
	flags	"usr cpsid"
	cpsid.w	aif
	flags	"usr cpsid.w"
	cps	#SVC
	flags	"usr cps"
	set	r8, POOL
	setend	be
	ldr	r0, [r8]
	mrs	r1, cpsr
	setend	le
	show	"usr be", r0
	show	"usr be cpsr", r1
	state	"usr state"
	leave_user
	arm_code
