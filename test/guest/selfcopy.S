// SPDX-License-Identifier: MIT
//
// Code that copies itself, sensitive words and all, and runs the copy; copies over code that
// has run; and data among code that reads as it was written.
#include "test/guest/kernel.inc"

#define COPY_AT (POOL + 0x10000)

// Copies [r0, r1) to r2 and makes it executable.
copy:
	push	{r4, r5, lr}
	mov	r4, r2
1:	ldr	r3, [r0], #4
	str	r3, [r2], #4
	cmp	r0, r1
	blo	1b
	mov	r5, r2
	coherent r4, r5
	pop	{r4, r5, pc}

main:
	mov	r10, #0
	bl	body
	show	"body", r10

	// The copy, and the copy of the copy.
	addr	r0, body
	addr	r1, body_end
	set	r2, COPY_AT
	bl	copy
	set	r0, COPY_AT
	blx	r0
	show	"copy", r10
	set	r0, COPY_AT
	add	r1, r0, #(body_end - body)
	set	r2, (COPY_AT + 0x2ffc)
	bl	copy
	set	r0, (COPY_AT + 0x2ffc)
	blx	r0
	show	"copy of the copy", r10

	// Another body over the copy, many times, each run.
	set	r6, 40
1:	addr	r0, body
	addr	r1, body_end
	set	r2, COPY_AT
	bl	copy
	set	r0, COPY_AT
	blx	r0
	addr	r0, other
	addr	r1, other_end
	set	r2, COPY_AT
	bl	copy
	set	r0, COPY_AT
	blx	r0
	subs	r6, r6, #1
	bne	1b
	show	"in turns", r10

	// As a decompressor does: the running code moves on by a page and goes on there.
	set	r6, 5
	addr	r4, mover
	addr	r5, mover_end
	blx	r4
	show	"moved", r6
	show	"moved by", r10

	// Data that looks like sensitive instructions, loaded in each way, beside code that runs.
	mov	r10, #0
	set	r6, 3
2:	bl	pools
	subs	r6, r6, #1
	bne	2b

	// The same with the MMU on and caches.
	bl	mmu_flat
	addr	r0, body
	addr	r1, body_end
	set	r2, (COPY_AT + 0x8000)
	bl	copy
	set	r0, (COPY_AT + 0x8000)
	blx	r0
	show	"mapped copy", r10
	b	power_off

	.balign	64
body:
	mrs	r0, cpsr
	and	r0, r0, #0x1f
	add	r10, r10, r0
	mov	r3, lr
	msr	cpsr_c, #(IRQ | PSR_I | PSR_F)
	mrs	r0, cpsr
	and	r0, r0, #0x1f
	add	r10, r10, r0, lsl #8
	cps	#SVC
	mrc	p15, 0, r0, c1, c0, 0
	and	r0, r0, #0x40
	add	r10, r10, r0
	msr	spsr_c, #(SYS | PSR_I)
	mrs	r0, spsr
	add	r10, r10, r0, lsl #16
	ldrt	r0, [sp]
	strt	r0, [sp]
	adr	r1, 1f
	msr	spsr_cxsf, #(SVC | PSR_I)
	movs	pc, r1
	b	.
1:	add	r10, r10, #1
	push	{r3}
	ldm	sp!, {pc}
body_end:

	.balign	64
other:
	mrs	r1, cpsr
	msr	cpsr_c, #(FIQ | PSR_I | PSR_F)
	mrs	r0, cpsr
	msr	cpsr_c, r1
	and	r0, r0, #0x1f
	add	r10, r10, r0
	bx	lr
other_end:

// r4 to r5 is this very code; r6 moves are left.
	.balign	64
mover:
	push	{r4, r5, lr}
	mrs	r0, cpsr
	and	r0, r0, #0x1f
	add	r10, r10, r0
	subs	r6, r6, #1
	popeq	{r4, r5, pc}
	mov	r0, r4
	mov	r1, r5
	set	r2, (COPY_AT + 0x20000)
	add	r2, r2, r6, lsl #12
	sub	r5, r1, r0
	mov	r4, r2
	add	r5, r5, r2
1:	ldr	r3, [r0], #4
	str	r3, [r2], #4
	cmp	r0, r1
	blo	1b
	mov	r2, r4
2:	mcr	p15, 0, r2, c7, c11, 1
	mcr	p15, 0, r2, c7, c5, 1
	add	r2, r2, #16
	cmp	r2, r5
	blo	2b
	dsb
	isb
	blx	r4
	pop	{r4, r5, pc}
mover_end:

	.balign	4096
pools:
	push	{lr}
	ldr	r0, 1f
	show	"mrs literal", r0
	ldr	r0, 1f + 4
	show	"msr literal", r0
	ldrd	r0, r1, 1f + 8
	show	"cps literal", r0
	show	"svc literal", r1
	adr	r2, 1f
	ldr	r0, [r2, #16]
	show	"ldrt datum", r0
	ldmia	r2, {r0, r1, r3}
	show	"by ldm", r3
	ldrh	r0, [r2, #2]
	show	"by ldrh", r0
	ldrb	r0, [r2, #7]
	show	"by ldrb", r0
	mrs	r0, cpsr
	show	"and code", r0
	pop	{pc}
1:	mrs	r0, cpsr
	msr	cpsr_c, r1
	cpsid	i
	svc	#3
	ldrt	r0, [r1]
