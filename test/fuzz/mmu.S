// SPDX-License-Identifier: MIT
//
// MMU programs: the operations' code, how they are called, and the vectors that take their
// exceptions. Privileged code is called like a function, in SVC mode; user mode is entered by
// an exception return, and left by the SVC that its LR points to. A vector stores what it found by
// addresses relative to the PC, in the page behind its own (see runner.S), and returns from the call.

#include "test/fuzz/mmu.h"

	.syntax	unified
	.arm

	.macro	addr reg, label
	movw	\reg, #:lower16:\label
	movt	\reg, #:upper16:\label
	.endm

	.section .text, "ax"

// uint32_t mmu_privileged(uint32_t r0, uint32_t r1, uint32_t target, uint32_t r3): calls target, bit 0 set for
// Thumb. Returns the vector that ended it, 0 if none did; the rest is in mmu_found.
	.global	mmu_privileged
mmu_privileged:
	push	{r4-r11, lr}
	addr	r12, mmu_sp
	str	sp, [r12]
	mov	r12, #0
	blx	r2
1:	addr	r12, mmu_found
	str	r0, [r12]
	mov	r0, #0
	pop	{r4-r11, pc}

// uint32_t mmu_returned(uint32_t r0, uint32_t r1, uint32_t target): the same, entered by an exception return.
	.global	mmu_returned
mmu_returned:
	push	{r4-r11, lr}
	addr	r12, mmu_sp
	str	sp, [r12]
	mov	r12, #0x1d3			// SVC, asynchronous exceptions masked
	tst	r2, #1
	orrne	r12, #0x20
	msr	spsr_cxsf, r12
	bic	r2, #1
	adr	lr, 1b
	movs	pc, r2

// uint32_t mmu_user(uint32_t r0, uint32_t r1, uint32_t target): the same in user mode, where the SVC is no exception.
	.global	mmu_user
mmu_user:
	push	{r4-r11, lr}
	addr	r12, mmu_sp
	str	sp, [r12]
	mov	r12, #0x1d0			// USR, asynchronous exceptions masked
	tst	r2, #1
	orrne	r12, #0x20
	msr	spsr_cxsf, r12
	bic	lr, r2, #1
	movs	pc, lr

// void mmu_set_user_lr(uint32_t lr)
	.global	mmu_set_user_lr
mmu_set_user_lr:
	cps	#0x1f
	mov	lr, r0
	cps	#0x13
	bx	lr

//----------------------------------------------------------------------------
// The vectors' page, whose head names all of it for the monitor's scan (runner_visit).

	.section .vectors, "ax"
	.balign	4096
	.global	mmu_vectors_page
mmu_vectors_page:
	bxne	lr
	beq	mmu_vectors
	.irp	k, 1, 2, 3, 4, 5, 6, 7
	beq	mmu_vector_\k
	.endr
	b	.

	.balign	32
	.global	mmu_vectors
mmu_vectors:
	b	.
	.irp	k, 1, 2, 3, 4, 5, 6, 7
	b	mmu_vector_\k
	.endr

	.irp	k, 1, 2, 3, 4, 5, 6, 7
mmu_vector_\k:
	str	r0, mmu_found
	mov	r0, #\k
	b	save
	.endr

save:
	str	r1, mmu_found + 4
	mrs	r1, spsr
	str	lr, mmu_found + 8
	str	r1, mmu_found + 12
	cps	#0x13
	ldr	sp, mmu_sp
	pop	{r4-r11, pc}

	.balign	4096
	// Data from here on.
	.global	mmu_found
mmu_found:	.word 0, 0, 0, 0		// r0, r1, LR, SPSR
mmu_sp:		.word 0

//----------------------------------------------------------------------------
// The operations: copied to FUZZ_MMU_STUBS. The first is user mode's return. They return by two
// instructions so that a scan, which can't know that one of them does, gets from each to all. They stand among data,
// because the copying would read what the monitor has put in a page that is executed.

	.section .data, "aw"
	.balign	32
	.global	mmu_stubs, mmu_stubs_end
mmu_stubs:
	svc	#0
#define OP(name, class, size, ...)		\
	.balign	32;				\
9:	__VA_ARGS__;				\
	bxeq	lr;				\
	bxne	lr;				\
	.if	. - 9b > 32;			\
	.error	"an operation of more than 6 words";	\
	.endif;
#include "test/fuzz/mmu.def"
	.balign	32
	b	mmu_stubs + 32
mmu_stubs_end:
