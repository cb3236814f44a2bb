// SPDX-License-Identifier: MIT
//
// memcpy and memset, eight registers at a time where alignment allows: the
// monitor copies kernels and pages, and newlib's would use VFP registers that
// belong to the guest. AAPCS: arguments in r0-r2, r0 returned.

	.syntax unified
	.arm
	.text

	.globl	memcpy
	.type	memcpy, %function
memcpy:
	push	{r0, r4-r10, lr}
	orr	r3, r0, r1
	tst	r3, #3
	bne	3f
1:	subs	r2, r2, #32
	ldmhs	r1!, {r3-r10}
	stmhs	r0!, {r3-r10}
	bhs	1b
	add	r2, r2, #32
2:	subs	r2, r2, #4			@ whole words
	ldrhs	r3, [r1], #4
	strhs	r3, [r0], #4
	bhs	2b
	add	r2, r2, #4
3:	subs	r2, r2, #1			@ bytes
	ldrbhs	r3, [r1], #1
	strbhs	r3, [r0], #1
	bhi	3b
	pop	{r0, r4-r10, pc}

	.globl	memset
	.type	memset, %function
memset:
	push	{r0, r4-r9, lr}
	and	r1, r1, #0xff
	orr	r1, r1, r1, lsl #8
	orr	r1, r1, r1, lsl #16
1:	tst	r0, #3				@ up to a word boundary
	beq	2f
	subs	r2, r2, #1
	strbhs	r1, [r0], #1
	bhi	1b
	pop	{r0, r4-r9, pc}
2:	mov	r3, r1
	mov	r4, r1
	mov	r5, r1
	mov	r6, r1
	mov	r7, r1
	mov	r8, r1
	mov	r9, r1
3:	subs	r2, r2, #128			@ much at once: a VM's memory is cleared with this
	blo	5f
	.rept	4
	stm	r0!, {r1, r3-r9}
	.endr
	b	3b
5:	add	r2, r2, #128
6:	subs	r2, r2, #32
	stmhs	r0!, {r1, r3-r9}
	bhs	6b
	add	r2, r2, #32
4:	subs	r2, r2, #1
	strbhs	r1, [r0], #1
	bhi	4b
	pop	{r0, r4-r9, pc}
