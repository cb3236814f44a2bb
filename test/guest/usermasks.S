// SPDX-License-Identifier: MIT
//
// A, I and F of user mode: what a program reads in its CPSR, and tries to change; and what each exception from it
// saves. A microkernel runs its threads with F set, and looks. I is compared where an exception saves it: what a
// program reads of it is the host's (docs/caveats.md).
#include "test/guest/kernel.inc"

	.section .text
main:
	push	{r4-r6, lr}
	hook	und, on_und
	hook	svc, on_svc
	hook	dabt, on_dabt
	hook	pabt, on_pabt
	hook	irq, on_irq
	mov	r5, #0				// A, I and F as in a PSR, shifted
1:	lsl	r4, r5, #6
	show	"masks", r4
	orr	r4, r4, #USR
	bl	run
	orr	r4, r4, #PSR_T
	bl	run
	add	r5, r5, #1
	cmp	r5, #8
	blo	1b
	bl	by_other_ways
	pop	{r4-r6, pc}

// Where the kernel goes on, with this stack.
	.macro	leave_by label
	addr	r0, kept_sp
	addr	r1, \label
	stm	r0, {r1, sp}
	.endm

// Runs the program with this PSR: r4.
run:
	push	{r4-r11, lr}
	leave_by back
	tst	r4, #PSR_T
	addr	r1, program
	addr	r2, program_thumb
	moveq	lr, r1
	movne	lr, r2
	msr	spsr_cxsf, r4
	movs	pc, lr
back:
	pop	{r4-r11, pc}

// Shows what the exception in this mode has saved, and the mask bits that it runs with. In r7 is what user mode read.
	.macro	saved name
	mrs	r11, cpsr
	and	r11, r11, #MASKED
	mrs	r12, spsr
	push	{r0-r12, lr}
	mov	r1, r12
	string	r0, "\name spsr"
	bl	put_named
	mov	r1, r11
	string	r0, "  masks"
	bl	put_named
	pop	{r0-r12, lr}
	.endm

on_und:
	saved	"und"
	movs	pc, lr				// Thumb: behind it is as good, a halfword of it is a NOP
on_dabt:
	saved	"dabt"
	subs	pc, lr, #4			// behind it: of four bytes
on_pabt:
	saved	"pabt"
	movs	pc, r9				// where the program wants to go on
on_irq:
	saved	"irq"
	subs	pc, lr, #4

// With r0 = 0 it goes on, else it is the end.
on_svc:
	push	{r0-r12, lr}
	saved	"svc"
	bic	r7, r7, #PSR_I			// the host's
	show	"read", r7
	ldr	r0, [sp]
	cmp	r0, #0
	bne	2f
	pop	{r0-r12, lr}
	movs	pc, lr
2:	addr	r0, kept_sp
	ldr	r1, [r0]
	ldr	sp, [r0, #4]
	bx	r1

program:
	mrs	r7, cpsr
	mov	r0, #0
	svc	#1
	cpsie	aif				// nothing in user mode
	mrs	r7, cpsr
	svc	#1
	msr	cpsr_cxsf, #USR
	mrs	r7, cpsr
	svc	#1
	msr	cpsr_f, #0xf0000000
	mrs	r7, cpsr
	svc	#1
	setend	be
	mrs	r7, cpsr
	setend	le
	svc	#1
	udf	#0
	mrs	r7, cpsr
	svc	#1
	mrc	p15, 0, r1, c1, c0, 0
	mov	r1, #0xf0000000
	ldr	r1, [r1]			// there is nothing: external, with the MMU off
	addr	r9, 1f
	mov	r1, #0xf0000000
	bx	r1
1:	mrs	r7, cpsr
	mov	r0, #1
	svc	#1

	.thumb
	.balign	4
	.thumb_func
program_thumb:
	mrs	r7, cpsr
	movs	r0, #0
	svc	#1
	cpsie	aif
	mrs	r7, cpsr
	svc	#1
	udf	#0
	mrs	r7, cpsr
	movs	r0, #1
	svc	#1
	.arm

// Into user mode by the other instructions that go there.
by_other_ways:
	push	{r4-r11, lr}
	.irp	masks, 0x000, 0x040, 0x140
	say	"RFE \masks"
	leave_by 1f
	addr	r1, end_program
	set	r2, (\masks | USR)
	addr	r0, frame
	stm	r0, {r1, r2}
	rfeia	r0
1:	say	"LDM \masks"
	leave_by 2f
	addr	r1, end_program
	addr	r0, frame
	str	r1, [r0]
	set	r2, (\masks | USR)
	msr	spsr_cxsf, r2
	ldm	r0, {pc}^
2:	say	"CPS \masks"
	leave_by 3f
	cpsie	aif
	.if	\masks & PSR_F
	cpsid	f
	.endif
	.if	\masks & PSR_A
	cpsid	a
	.endif
	cps	#USR
	b	end_program
3:	cpsid	aif
	say	"MSR \masks"
	leave_by 4f
	mrs	r2, cpsr
	bic	r2, r2, #MASKED
	bic	r2, r2, #0x1f
	orr	r2, r2, #USR
	set	r3, \masks
	orr	r2, r2, r3
	msr	cpsr_xc, r2
	b	end_program
4:	cpsid	aif
	.endr
	pop	{r4-r11, pc}

end_program:
	mrs	r7, cpsr
	mov	r0, #2
	svc	#1

	.section .data
	.balign	4
kept_sp:
	.word	0, 0
frame:
	.word	0, 0
