// SPDX-License-Identifier: MIT
//
// The generic timer: both timers' interrupts, WFI, conditions of CTL, and the gates that
// CNTKCTL opens to USR.
#include "test/guest/kernel.inc"
#include "test/guest/gic.inc"

	.macro	arm crm
	set	r0, 20000
	mcr	p15, 0, r0, c14, c\crm, 0
	mov	r0, #1
	mcr	p15, 0, r0, c14, c\crm, 1
	isb
	.endm

// Waits until irq_count reaches r4.
wait_for:
	addr	r1, irq_count
1:	cpsid	i				// else the interrupt may come before WFI, and be the last
	ldr	r0, [r1]
	cmp	r0, r4
	wfilo
	cpsie	i
	blo	1b
	bx	lr

main:
	bl	gic_on
	mov	r0, #27
	bl	irq_on
	mov	r0, #30
	bl	irq_on
	hook	irq, take_irq
	mov	r4, #0
	cpsie	i
	.rept	5
	arm	3
	add	r4, r4, #1
	bl	wait_for
	arm	2
	add	r4, r4, #1
	bl	wait_for
	.endr
	say	"open"
	// Masked, WFI wakes all the same; then it is pending, and taken once it may be.
	cpsid	i
	arm	3
	wfi
	say	"awake"
	mrc	p15, 0, r0, c14, c3, 1
	show	"CTL", r0
	mrc	p15, 0, r0, c12, c1, 0
	show	"ISR", r0
	set	r0, GICC
	ldr	r0, [r0, #0x18]
	show	"HPPIR", r0
	cpsie	i
	nop
	flags	"taken"
	msr	cpsr_c, #(SVC | PSR_I)
	arm	2
	wfi
	msr	cpsr_c, #SVC
	nop
	say	"by msr"
	cpsid	i
	arm	3
	wfi
	mrs	r0, cpsr
	bic	r0, r0, #PSR_I
	msr	spsr_cxsf, r0
	addr	lr, 1f
	movs	pc, lr
1:	say	"by exception return"
	cpsid	i

	// A busy wait, without WFI, and from USR.
	addr	r1, irq_count
	ldr	r2, [r1]
	arm	3
	cpsie	i
2:	ldr	r0, [r1]
	cmp	r0, r2
	beq	2b
	say	"busy"
	cpsid	i
	addr	r1, irq_count
	ldr	r2, [r1]
	mov	r4, r2
	arm	3
	user	busy

	// Masked in CTL there is status, but no interrupt.
	mov	r0, #3
	mcr	p15, 0, r0, c14, c3, 1
	mvn	r0, #0
	mcr	p15, 0, r0, c14, c3, 0
	isb
	mrc	p15, 0, r0, c14, c3, 1
	show	"masked CTL", r0
	cpsie	i
	nop
	cpsid	i
	mov	r0, #0
	mcr	p15, 0, r0, c14, c3, 1
	mrc	p15, 0, r0, c14, c3, 1
	show	"CTL off", r0
	set	r0, 0x89abcdef
	set	r1, 0x01234567
	mcrr	p15, 3, r0, r1, c14
	mcrr	p15, 2, r1, r0, c14
	mrrc	p15, 3, r2, r3, c14
	show	"CVAL", r2
	show	"CVAL", r3
	mrrc	p15, 2, r2, r3, c14
	show	"CVAL", r2
	show	"CVAL", r3
	mrrc	p15, 1, r4, r5, c14
	isb
	mrrc	p15, 1, r6, r7, c14
	subs	r6, r6, r4
	sbcs	r7, r7, r5
	mov	r0, #0
	movcs	r0, #1
	show	"forward", r0

	.irp	gate, 0, 1, 2, 3, 0x100, 0x200, 0x303
	mov	r0, #(\gate & 0xff)
	orr	r0, r0, #(\gate & 0x300)
	mcr	p15, 0, r0, c14, c1, 0
	isb
	say	"gate \gate"
	user	gated
	.endr
	b	power_off

busy:
	addr	r1, irq_count
1:	ldr	r0, [r1]
	cmp	r0, r4
	beq	1b
	say	"busy in USR"
	leave_user

gated:
	mrrc	p15, 0, r0, r1, c14
	mrrc	p15, 1, r0, r1, c14
	mrc	p15, 0, r0, c14, c0, 0
	mrc	p15, 0, r0, c14, c2, 1
	mrc	p15, 0, r0, c14, c3, 1
	mrrc	p15, 2, r0, r1, c14
	mrrc	p15, 3, r0, r1, c14
	say	"gated"
	leave_user
