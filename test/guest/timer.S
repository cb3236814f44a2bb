// SPDX-License-Identifier: MIT
//
// The generic timer: both timers' interrupts, WFI, conditions of CTL, and the gates that
// CNTKCTL opens to USR. The case `both` has each source wait alone while the others are armed and far away; `alarm`
// is the same with the RTC, whose alarm takes a second.
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

	.macro	far crm
	set	r0, 0x7fffffff
	mcr	p15, 0, r0, c14, c\crm, 0
	mov	r0, #1
	mcr	p15, 0, r0, c14, c\crm, 1
	isb
	.endm

	.macro	arm_masked crm
	arm	\crm
	mov	r0, #3
	mcr	p15, 0, r0, c14, c\crm, 1
	isb
	.endm

#if defined(CASE_both) || defined(CASE_alarm)
#define RTC 0x09010000

main:
	bl	gic_on
	.irp	n, 27, 30, 34
	mov	r0, #\n
	bl	irq_on
	.endr
	hook	irq, take_irq
	mov	r4, #0
	cpsie	i
#ifdef CASE_both
	.irp	order, 0, 1
	say	"the physical one, the virtual one far away"
	.if	\order
	far	3
	arm	2
	.else
	arm	2
	far	3
	.endif
	add	r4, r4, #1
	bl	wait_for
	say	"the virtual one, the physical one far away"
	.if	\order
	far	2
	arm	3
	.else
	arm	3
	far	2
	.endif
	add	r4, r4, #1
	bl	wait_for
	.endr
	say	"one with the other masked in CTL, and due"
	arm_masked 3
	arm	2
	add	r4, r4, #1
	bl	wait_for
	arm_masked 2
	arm	3
	add	r4, r4, #1
	bl	wait_for
	say	"one with the other disabled at the GIC, and due"
	set	r1, (GICD + 0x180)
	mov	r0, #(1 << 27)
	str	r0, [r1]
	arm	3
	arm	2
	add	r4, r4, #1
	bl	wait_for
	mov	r0, #0
	mcr	p15, 0, r0, c14, c3, 1
	isb
	mov	r0, #27
	bl	irq_on
	set	r1, (GICD + 0x180)
	mov	r0, #(1 << 30)
	str	r0, [r1]
	arm	2
	arm	3
	add	r4, r4, #1
	bl	wait_for
	mov	r0, #0
	mcr	p15, 0, r0, c14, c2, 1
	isb
	mov	r0, #30
	bl	irq_on
	say	"one after the other, both armed"
	cpsid	i
	set	r0, 200000
	mcr	p15, 0, r0, c14, c3, 0
	mov	r0, #1
	mcr	p15, 0, r0, c14, c3, 1
	arm	2
	cpsie	i
	add	r4, r4, #2
	bl	wait_for
	cpsid	i
	set	r0, 200000
	mcr	p15, 0, r0, c14, c2, 0
	mov	r0, #1
	mcr	p15, 0, r0, c14, c2, 1
	arm	3
	cpsie	i
	add	r4, r4, #2
	bl	wait_for
	say	"by CVAL, in 64 bits"
	mrrc	p15, 1, r2, r3, c14
	mvn	r0, #0
	mcrr	p15, 3, r2, r0, c14
	mov	r0, #1
	mcr	p15, 0, r0, c14, c3, 1		// in centuries
	set	r0, 20000
	adds	r2, r2, r0
	adc	r3, r3, #0
	mcrr	p15, 2, r2, r3, c14
	mov	r0, #1
	mcr	p15, 0, r0, c14, c2, 1
	isb
	add	r4, r4, #1
	bl	wait_for
	mov	r0, #0
	mcr	p15, 0, r0, c14, c3, 1
	isb
#else
	hook	irq, take_alarm
	.irp	timers, 0, 1
	.if	\timers
	far	3
	far	2
	.endif
	say	"the alarm alone, timers far away: \timers"
	set	r5, RTC
	mov	r0, #1
	str	r0, [r5, #0x10]			// RTCIMSC
	ldr	r0, [r5]
	add	r0, r0, #1
	str	r0, [r5, #4]			// RTCMR
	add	r4, r4, #1
	bl	wait_for
	.endr
#endif
	b	power_off

take_alarm:
	push	{r0, r1, r2, r3, r4, r5, lr}
	set	r4, GICC
	ldr	r5, [r4, #0xc]
	show	"irq", r5
	set	r1, RTC
	mov	r0, #1
	str	r0, [r1, #0x1c]			// RTCICR
	str	r5, [r4, #0x10]
	addr	r1, irq_count
	ldr	r0, [r1]
	add	r0, r0, #1
	str	r0, [r1]
	pop	{r0, r1, r2, r3, r4, r5, lr}
	subs	pc, lr, #4
#else
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

	// Users that set the timers themselves; another frequency than the core's.
	addr	r1, irq_count
	ldr	r4, [r1]
	user	arms
	set	r0, 12345678
	mcr	p15, 0, r0, c14, c0, 0
	isb
	mrc	p15, 0, r0, c14, c0, 0
	show	"CNTFRQ", r0
	user	reads
	b	power_off
#endif

busy:
	addr	r1, irq_count
1:	ldr	r0, [r1]
	cmp	r0, r4
	beq	1b
	say	"busy in USR"
	leave_user

arms:
	arm	3
	bl	busy_once
	arm	2
	bl	busy_once
	leave_user

busy_once:
	addr	r1, irq_count
1:	ldr	r0, [r1]
	cmp	r0, r4
	beq	1b
	mov	r4, r0
	bx	lr

reads:
	mrc	p15, 0, r0, c14, c0, 0
	show	"CNTFRQ", r0
	mrrc	p15, 1, r4, r5, c14
	mrrc	p15, 1, r6, r7, c14
	cmp	r7, r5
	cmpeq	r6, r4
	mov	r0, #0
	movhs	r0, #1
	show	"forward", r0
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
