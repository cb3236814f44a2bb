// SPDX-License-Identifier: MIT
//
// Every exception from ARM and from Thumb, from each mode and from USR, to vectors in ARM state and,
// with SCTLR.TE, in Thumb: LR, SPSR and the fault registers; and UDF and SVC of every number.
#include "test/guest/kernel.inc"
#include "test/guest/gic.inc"

// Vectors in ARM state, or in Thumb.
	.macro	vectors_at te, table
	mrc	p15, 0, r0, c1, c0, 0
	bic	r0, r0, #0x40000000
	orr	r0, r0, #(\te << 30)
	mcr	p15, 0, r0, c1, c0, 0
	addr	r1, \table
	mcr	p15, 0, r1, c12, c0, 0
	isb
	mrc	p15, 0, r0, c1, c0, 0
	show	"vectors \table sctlr", r0
	.endm

	.macro	put_flags value
	set	r0, (\value)
	msr	cpsr_f, r0
	.endm

// What both states do in each mode; r5 is 0x50000000, r6 0x60000000, where nothing is.
	.macro	faults
	set	r5, 0x50000000
	set	r6, 0x60000000
	mov	r4, #8
	put_flags 0x90000000
	svc	#0x12
	put_flags 0x60000000
	udf	#5
	mrc	p12, 0, r0, c1, c2, 3
	.irp	insn, "ldr r0, [r5]", "str r0, [r5, #4]", "ldrb r0, [r5, #1]", "strh r0, [r5, r4]", "ldr r0, [r5, #8]!", "str r0, [r5], #-8", "ldrsh r0, [r5, r4]", "ldrd r0, r1, [r5, #8]!", "strd r0, r1, [r5], #8", "ldmia r5!, {r0, r1, r4}", "stmdb r5!, {r0, r1, r4}", "ldr r0, [r5, #0x234]", "ldrex r0, [r5]", "pld [r5]"
	\insn
	.endr
	show	"base", r5
	set	r5, (POOL + 1)			// alignment
	ldmia	r5, {r0, r1}
	ldrd	r0, r1, [r5, #4]
	resume_at 1f
	bkpt	#3
1:	resume_at 2f
	bx	r6
2:	resume_at 3f
	orr	r6, r6, #1
	bx	r6
3:	resume_at 4f
	add	r6, r6, #0x1000
	mov	lr, #0
	blx	r6
4:	show	"lr", lr
	.endm

	.macro	interrupts
	.irp	m, SVC, SYS, ABT
	mode	\m
	mov	r7, lr
	set	r0, (GICD + 0xf00)
	set	r1, 0x02000001			// an IRQ
	str	r1, [r0]
	dsb
	cpsie	i
	nop
	cpsid	i
	set	r1, 0x02000003			// an FIQ
	str	r1, [r0]
	dsb
	cpsie	f
	nop
	nop
	cpsid	f
	say	"taken in \m"
	mov	lr, r7
	.endr
	mode	SVC
	.endm

	.macro	from_each_mode
	.irp	m, SVC, IRQ, FIQ, ABT, UND, SYS
	mode	\m
	mov	r7, lr
	say	"in \m"
	faults
	mov	lr, r7
	.endr
	mode	SVC
	.endm

	.macro	all_there_is
	from_each_mode
	to_thumb
	say	"thumb"
	from_each_mode
	to_arm
	user	user_arm
	user	user_thumb + 1
	hook	irq, irq_thumb + 1
	hook	fiq, fiq_thumb + 1
	interrupts
	to_thumb
	interrupts
	to_arm
	hook	irq, irq_arm
	hook	fiq, fiq_arm
	interrupts
	to_thumb
	interrupts
	to_arm
	.endm

main:
	bl	mmu_flat
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
	all_there_is
	vectors_at 1, vectors_thumb
	all_there_is
	vectors_at 1, vectors_narrow
	svc	#1
	udf	#2
	set	r5, 0x50000000
	mov	r10, #4
	ldr	r0, [r5]
	to_thumb
	svc	#1
	udf	#2
	mov	r10, #6
	ldr	r0, [r5]
	mov	r10, #4
	str.w	r0, [r5]
	to_arm
	vectors_at 0, vectors
	svc	#1
	udf	#2

	// High vectors in Thumb.
	set	r0, 0xfff00000
	mov	r1, #0
	bl	map_table
	set	r0, 0xffff0000
	addr	r1, vectors_high
	set	r3, (PAGE | PAGE_C_B | PAGE_AP(AP_R))
	orr	r1, r1, r3
	bl	map_page
	tlb_all
	mrc	p15, 0, r0, c1, c0, 0
	orr	r0, r0, #0x40000000
	orr	r0, r0, #0x2000
	mcr	p15, 0, r0, c1, c0, 0
	isb
	mov	r8, #0
	svc	#0
	show	"high svc by", r8
	to_thumb
	svc	#0
	show	"high svc by", r8
	udf	#0
	show	"high und by", r8
	set	r5, 0x50000000
	ldr.w	r0, [r5]
	show	"high dabt by", r8
	to_arm
	mrc	p15, 0, r0, c1, c0, 0
	bic	r0, r0, #0x40000000
	bic	r0, r0, #0x2000
	mcr	p15, 0, r0, c1, c0, 0
	isb

	// Numbers: what the handler reads of the instruction, summed up.
	hook	svc, svc_number
	hook	und, und_number
	mov	r8, #0
	mov	r9, #0
	to_thumb
	.set	n, 0
	.rept	255
	svc	#n
	udf	#n
	.set	n, n + 1
	.endr
	udf	#255
	to_arm
	show	"numbers", r8
	show	"traps", r9
	unhook	svc

	// UDF.W of 16 bits, and the words next to it that are undefined, too.
	mov	r8, #0
	mov	r9, #0
	mov	r10, #0
	set	r7, POOL
	movw	r0, #0x4770			// BX lr
	strh	r0, [r7, #4]
1:	ubfx	r0, r10, #12, #4
	ubfx	r1, r10, #0, #12
	movw	r2, #0xf7f0
	orr	r0, r0, r2
	movw	r2, #0xa000
	orr	r1, r1, r2
	strh	r0, [r7]
	strh	r1, [r7, #2]
	mov	r0, r7
	add	r1, r7, #64
	coherent r0, r1
	orr	r0, r7, #1
	blx	r0
	add	r10, r10, #0x100
	add	r10, r10, #1
	cmp	r10, #0x10000
	blo	1b
	show	"wide numbers", r8
	show	"traps", r9
	unhook	und
	b	power_off

svc_number:
	push	{r0, r1}
	ldrh	r0, [lr, #-2]
	add	r8, r0, r8, ror #5
	add	r9, r9, #1
	pop	{r0, r1}
	movs	pc, lr

und_number:
	push	{r0, r1}
	ldrh	r0, [lr, #-2]
	add	r8, r0, r8, ror #5
	add	r9, r9, #1
	cmp	r0, #0xe800
	ldrhhs	r0, [lr]
	addhs	r8, r0, r8, ror #5
	addhs	lr, lr, #2
	pop	{r0, r1}
	movs	pc, lr

	.macro	ends_interrupt name
	push	{r0-r6, r12, lr}
	set	r4, GICC
	ldr	r5, [r4, #0xc]
	show	"\name", r5
	show	"lr", lr
	mrs	r6, spsr
	show	"spsr", r6
	mrs	r6, cpsr
	bic	r6, r6, #0xf8000000
	show	"cpsr", r6
	str	r5, [r4, #0x10]
	pop	{r0-r6, r12, lr}
	subs	pc, lr, #4
	.endm

irq_arm:
	ends_interrupt "irq in arm"
fiq_arm:
	ends_interrupt "fiq in arm"
	thumb_code
irq_thumb:
	ends_interrupt "irq in thumb"
fiq_thumb:
	ends_interrupt "fiq in thumb"
	arm_code

// In USR, where nothing of this is allowed.
	.macro	forbidden
	mrc	p15, 0, r0, c1, c0, 0
	mcr	p15, 0, r0, c3, c0, 0
	mrc	p15, 0, r0, c13, c0, 4
	smc	#0
	hvc	#0
	vmrs	r0, fpexc
	.endm

user_arm:
	state	"user arm"
	faults
	forbidden
	leave_user

	thumb_code
user_thumb:
	state	"user thumb"
	faults
	forbidden
	.inst.n	0xb672				// CPSID i: nothing
	mrs	r1, cpsr
	show	"cpsr", r1
	svc	#0
	svc	#0x7f
	svc	#0xfe
	udf.w	#0x8001
	leave_user

	// A table of T16 branches to handlers in Thumb; an abort resumes at LR - r10.
	.balign	32
vectors_narrow:
	.irp	v, reset, und, svc, reset, dabt, reset, reset, reset
	b.n	narrow_\v
	nop
	.endr
	.macro	narrow name, return
narrow_\name:
	push	{r0-r3, r12, lr}
	show	"narrow \name, lr", lr
	mrs	r3, spsr
	show	"spsr", r3
	pop	{r0-r3, r12, lr}
	\return
	movs	pc, lr
	.endm
	narrow	und, ""
	narrow	svc, ""
	narrow	dabt, "sub lr, lr, r10"
narrow_reset:
	blx	fatal

	// And one on a page of its own, for the high vectors.
	.balign	4096
vectors_high:
	.irp	v, reset, und, svc, reset, dabt, reset, reset, reset
	b.w	high_\v
	.endr
high_und:
	add	r8, r8, #1
	movs	pc, lr
high_svc:
	add	r8, r8, #0x10
	movs	pc, lr
high_dabt:
	add	r8, r8, #0x100
	subs	pc, lr, #4
high_reset:
	b	high_reset
	.balign	4096
	arm_code
	.ltorg
