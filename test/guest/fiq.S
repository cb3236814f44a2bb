// SPDX-License-Identifier: MIT
//
// FIQs: group 0 interrupts of the GIC, unmasked by CPS, MSR and an exception return, ahead
// of an IRQ, with the banked registers of the mode.
#include "test/guest/kernel.inc"
#include "test/guest/gic.inc"

	.macro	sgi n
	set	r0, (GICD + 0xf00)
	set	r1, (0x02000000 | \n)
	str	r1, [r0]
	dsb
	.endm

main:
	set	r0, GICD
	mov	r1, #3				// both groups
	str	r1, [r0]
	mov	r1, #2				// SGI 1 is group 1: an IRQ
	str	r1, [r0, #0x80]
	set	r0, GICC
	mov	r1, #0xf			// both, AckCtl, FIQEn
	str	r1, [r0]
	mov	r1, #0xf0
	str	r1, [r0, #4]
	hook	irq, take_irq
	hook	fiq, take_fiq
	set	r8, 0x88888888
	set	r12, 0xcccccccc

	sgi	3
	say	"pending"
	cpsie	f
	nop
	cpsid	f
	say	"cps"

	sgi	4
	mrs	r0, cpsr
	bic	r0, r0, #0x40
	msr	cpsr_c, r0
	nop
	cpsid	f
	say	"msr"

	sgi	1				// both at once: the FIQ first
	sgi	5
	cpsie	if
	nop
	nop
	cpsid	if
	say	"both"

	sgi	6
	mrs	r0, cpsr
	bic	r0, r0, #0x40
	msr	spsr_cxsf, r0
	addr	lr, 1f
	movs	pc, lr
	nop
1:	nop
	cpsid	f
	say	"return"
	show	"r8", r8
	show	"r12", r12

	sgi	7				// masked FIQ, open IRQ
	cpsie	i
	nop
	cpsid	i
	say	"masked"
	set	r0, GICC
	ldr	r1, [r0, #0x18]
	show	"HPPIR", r1
	b	power_off

// In FIQ mode, with its own r8 to r12; they keep what they are given.
take_fiq:
	push	{r0-r6, lr}
	set	r4, GICC
	ldr	r5, [r4, #0xc]
	show	"fiq", r5
	mrs	r6, cpsr
	bic	r6, r6, #0xf8000000
	show	"psr", r6
	show	"r8", r8
	add	r8, r5, #0x100
	str	r5, [r4, #0x10]
	pop	{r0-r6, lr}
	subs	pc, lr, #4
