// SPDX-License-Identifier: MIT
//
// The first that the kernel ever does in Thumb state, after an exception return or in an exception (SCTLR.TE), in
// pages that have been run in ARM state before. Nothing else in here is Thumb, so that no flow leads to it.
#include "test/guest/kernel.inc"

	.macro	to_stub
	addr	r6, back
	set	r0, (SVC | MASKED | PSR_T)
	addr	r1, stub
	.endm

main:
	push	{lr}
	bl	arm				// so that its page is known, as one of A32
#ifdef CASE_movs
	to_stub
	msr	spsr_cxsf, r0
	movs	pc, r1
#endif
#ifdef CASE_rfe
	to_stub
	push	{r0}
	push	{r1}
	rfeia	sp!
#endif
#ifdef CASE_ldm
	to_stub
	msr	spsr_cxsf, r0
	push	{r1}
	ldm	sp!, {pc}^
#endif
#ifdef CASE_vector
	mrc	p15, 0, r0, c1, c0, 0
	orr	r0, r0, #(1 << 30)
	mcr	p15, 0, r0, c1, c0, 0
	addr	r0, vectors_thumb
	mcr	p15, 0, r0, c12, c0, 0
	isb
	addr	r0, stub + 1
	addr	r1, hook_svc
	str	r0, [r1]
	addr	r6, back
	svc	#1
#endif
back:	show	"mrs", r7
	pop	{pc}

	.balign	4096
arm:	bx	lr
	.balign	64
	.word	0xe7f000f0			// UDF, for nothing falls into what follows
	.thumb
stub:	mrs	r7, cpsr
	bx	r6
	.arm
	.balign	4
