// SPDX-License-Identifier: MIT
//
// Code that a translator has looked at, reached by a way that it didn't see then: where control lands, a sensitive
// instruction is the first. Cases:
//   fall_in    off the end of a page, behind which nothing could be executed when that was looked at
//   moved      by a branch, at another address of its page, where another page is behind it
//   run_on     A32 code off the end of a page, into one that was entered in Thumb state and looks like that
//   meets      into the Thumb code of a page that was executed before the first Thumb of all
//   beside     code that a page which isn't executable would name as literals
//   meanwhile  an interrupt's handler writes a page that has just been entered
#include "test/guest/kernel.inc"
#include "test/guest/gic.inc"

#define EDGES 0x50000000	// two pages
#define OTHER 0x50100000	// and two more

	.macro	map_code va, frame
	set	r0, \va
	addr	r1, \frame
	orr	r1, r1, #(PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL))
	bl	map_page
	.endm

	.macro	jump va
	set	r5, \va
	mov	r4, #0
	blx	r5
	.endm

main:
#if defined(CASE_fall_in)
	bl	mmu_flat
	set	r0, EDGES
	mov	r1, #0
	bl	map_table
	map_code EDGES, before
	tlb_all
	resume_at 1f
	jump	EDGES + 0xff8
1:	map_code EDGES + 0x1000, behind
	tlb_all
	jump	EDGES + 0x1100
	jump	EDGES + 0xff8
	show	"cpsr", r4
	b	power_off

	.balign	4096
before:	.fill	1024, 4, 0xe320f000	// NOP
behind:	mrs	r4, cpsr
	bx	lr
	.org	behind + 0x100
	bx	lr

#elif defined(CASE_moved)
	bl	mmu_flat
	set	r0, EDGES
	mov	r1, #0
	bl	map_table
	set	r0, OTHER
	mov	r1, #1
	bl	map_table
	map_code EDGES, before
	map_code EDGES + 0x1000, behind
	map_code OTHER, before
	map_code OTHER + 0x1000, another
	tlb_all
	.rept	3
	jump	EDGES
	show	"behind", r4
	.endr
	jump	OTHER + 0x1800
	.rept	3
	jump	OTHER
	show	"another", r4
	.endr
	jump	EDGES
	show	"behind", r4
	b	power_off

	.balign	4096
before:	b	behind + 0x10
	.org	before + 0x1000
behind:	.org	behind + 0x10
	mov	r4, #1
	bx	lr
	.org	behind + 0x1000
another:
	.org	another + 0x10
	mrs	r4, cpsr
	bx	lr
	.org	another + 0x800
	bx	lr

#elif defined(CASE_run_on)
	to_thumb
	to_arm
	mov	r0, #0
	jump	before + 0xff0
	jump	behind + 0x201
	mov	r0, #1
	jump	before + 0xff0
	show	"cpsr", r4
	b	power_off

	.balign	4096
before:	.fill	0xff0 / 4, 4, 0xe320f000
	cmp	r0, #0
	bxeq	lr
	nop
	nop
behind:	mrs	r4, cpsr
	.rept	3
	cmp	r4, #0
	addeq	r4, r4, #1
	addne	r4, r4, #2
	.endr
	bx	lr
	.org	behind + 0x200
	thumb_code
	bx	lr
	arm_code

#elif defined(CASE_meets)
	addr	r0, return
	jump	mixed
	addr	r0, return
	jump	mixed
	set	r0, (SVC | PSR_I | PSR_F | PSR_T)
	msr	spsr_cxsf, r0
	addr	r0, first
	addr	lr, 1f
	movs	pc, r0
1:	addr	r0, mixed_thumb + 1
	jump	mixed
	show	"cpsr", r4
	addr	r0, return
	jump	mixed
	b	power_off
return:	bx	lr

	.balign	4096
first:	thumb_code
	bx	lr
	arm_code
	.balign	4096
mixed:	bx	r0
	.org	mixed + 0x100
	thumb_code
mixed_thumb:
	mrs	r4, cpsr
	nop
	bx	lr
	arm_code

#elif defined(CASE_beside)
	bl	mmu_flat
	set	r0, EDGES
	mov	r1, #0
	bl	map_table
	addr	r1, before
	orr	r1, r1, #(PAGE | PAGE_XN | PAGE_C_B | PAGE_AP(AP_KERNEL))
	set	r0, EDGES
	bl	map_page
	map_code EDGES + 0x1000, behind
	tlb_all
	jump	EDGES + 0x1100
	jump	EDGES + 0x1040
	show	"cpsr", r4
	b	power_off

	.balign	4096
before:	.fill	0xff0 / 4, 4, 0xe320f000
	ldr	r0, behind + 0x40
	.org	before + 0x1000
behind:	.fill	0x40 / 4, 4, 0xe320f000
	mrs	r4, cpsr
	bx	lr
	.fill	(0x100 - 0x48) / 4, 4, 0xe320f000
	bx	lr

#else
#define PAGES 128
#define STEP  48			// ticks of the timer, by which each time is longer than the one before

	bl	gic_on
	mov	r0, #27
	bl	irq_on
	hook	irq, write_slot
	mov	r6, #0
	mov	r10, #0
	set	r8, POOL
1:	addr	r0, waits
	addr	r1, waits_end
	mov	r2, r8
2:	ldr	r3, [r0], #4
	str	r3, [r2], #4
	cmp	r0, r1
	blo	2b
	mov	r0, r8
	add	r1, r8, #0x1000
	coherent r0, r1
	mov	r9, #0
	mov	r4, #0
	mcr	p15, 0, r6, c14, c3, 0
	mov	r0, #1
	mcr	p15, 0, r0, c14, c3, 1
	isb
	cpsie	i
	blx	r8
	cpsid	i
	and	r4, r4, #0x1f
	cmp	r4, #SVC
	addne	r10, r10, #1
	add	r8, r8, #0x1000
	add	r6, r6, #STEP
	set	r0, (STEP * PAGES)
	cmp	r6, r0
	blo	1b
	show	"not as written", r10
	b	power_off

write_slot:
	push	{r0-r3, r12}
	set	r2, GICC
	ldr	r3, [r2, #0xc]			// IAR
	mov	r0, #0
	mcr	p15, 0, r0, c14, c3, 1
	isb
	set	r0, 0xe10f4000			// MRS r4, cpsr
	addr	r1, slot
	add	r1, r1, r8
	addr	r12, waits
	sub	r1, r1, r12
	str	r0, [r1]
	add	r0, r1, #4
	coherent r1, r0
	mov	r9, #1
	str	r3, [r2, #0x10]			// EOIR
	pop	{r0-r3, r12}
	subs	pc, lr, #4

	.balign	4096
waits:	cmp	r9, #0
	beq	waits
	b	slot
	.irp	reg, r0, r1, r2, r3, r5, r7, r11, r12	// to look at takes time
	.rept	14
	ldr	\reg, [r8, #4]
	str	\reg, [sp, #-4]
	add	\reg, \reg, #1
	mov	r1, \reg
	.endr
	.endr
slot:	mov	r4, #0
	bx	lr
	.org	waits + 0x1000
waits_end:
#endif
