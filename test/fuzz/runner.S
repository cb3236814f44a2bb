// SPDX-License-Identifier: MIT
//
// The runner's assembly: boot, the way into a case, and the vectors, which every case ends in.
//
// runner_enter() loads the banked registers mode by mode and enters the case by an
// exception return that loads r0 to r12 and the PC from struct fuzz_state; nothing but SPSR
// of the mode it is done in is left of the runner. A vector may use no register either, so
// it stores r0 by an address relative to the PC, in the page behind its own: the monitor
// would emulate stores to a page that holds code. There are two tables:
//   plain  SCTLR.EE and TE clear
//   other  with either set: entered in A32 or Thumb state (by way of BX PC, which needs no
//          register), in either byte order, which is turned to little-endian before anything else
// All cases' fields are at the offsets of test/fuzz/case.h, which runner.c asserts.

	.syntax	unified
	.arm

	.equ	FIQ, 0x11
	.equ	IRQ, 0x12
	.equ	SVC, 0x13
	.equ	ABT, 0x17
	.equ	UND, 0x1b
	.equ	SYS, 0x1f
	.equ	PSR_E, 0x200

	// struct fuzz_state
	.equ	S_R8, 32
	.equ	S_PC, 52
	.equ	S_USR, 56			// SP, LR
	.equ	S_FIQ, 64			// r8 to r12, SP, LR, SPSR
	.equ	S_IRQ, 96			// SP, LR, SPSR
	.equ	S_SVC, 108
	.equ	S_ABT, 120
	.equ	S_UND, 132
	.equ	S_CPSR, 144

	.macro	addr reg, label
	movw	\reg, #:lower16:\label
	movt	\reg, #:upper16:\label
	.endm

	.section .text.start, "ax"
	.global	_start
_start:
	b	1f				// an image is known by a first word of condition AL
1:	cpsid	aif, #SVC
	addr	sp, stack_end
	addr	r0, bss_start
	addr	r1, bss_end
	mov	r3, #0
1:	cmp	r0, r1
	strlo	r3, [r0], #4
	blo	1b
	mov	r3, #0x00f00000			// CPACR: VFP and NEON
	mcr	p15, 0, r3, c1, c0, 2
	isb
	mov	r3, #0x40000000
	vmsr	fpexc, r3
	mov	r0, r2
	bl	runner_main
	movw	r0, #0x0008			// PSCI SYSTEM_OFF
	movt	r0, #0x8400
	.inst	0xe1400070			// HVC #0
	b	.

// void runner_visit(uint32_t page): calls a page of code at its head, which returns at once
// since NE holds: the monitor has then judged the page from there.
	.global	runner_visit
runner_visit:
	movs	r1, #1
	bx	r0

// SP, LR and, unless it is the last, SPSR of a mode, from the state at r0.
	.macro	load_bank mode, offset
	cps	#\mode
	add	r1, r0, #\offset
	ldm	r1, {sp, lr}
	.endm

	.macro	load_spsr
	ldr	r2, [r1, #8]
	msr	spsr_cxsf, r2
	.endm

// uint32_t runner_enter(const struct fuzz_state *start): returns the vector that ended the case.
	.global	runner_enter
runner_enter:
	push	{r4-r11, lr}
	clrex					// or QEMU's STREX of another size than the last LDREX stores and says it didn't
	addr	r1, runner_sp
	str	sp, [r1]
	add	r1, r0, #S_FIQ
	cps	#FIQ
	ldm	r1, {r8-r12, sp, lr}
	ldr	r2, [r1, #28]
	msr	spsr_cxsf, r2
	load_bank IRQ, S_IRQ
	load_spsr
	load_bank ABT, S_ABT
	load_spsr
	load_bank SYS, S_USR
	ldr	r3, [r0, #S_CPSR]
	and	r2, r3, #0x1f
	cmp	r2, #SVC
	beq	1f
	load_bank UND, S_UND
	load_spsr
	load_bank SVC, S_SVC
	msr	spsr_cxsf, r3
	ldm	r0, {r0-r12, pc}^
1:	load_bank SVC, S_SVC
	load_spsr
	load_bank UND, S_UND
	msr	spsr_cxsf, r3
	ldm	r0, {r0-r12, pc}^

// uint32_t runner_same(const void *a, const void *b, uint32_t left): compares the last `left`
// bytes of two windows, in pieces of SAME_BYTES. Returns how many are left from the first
// piece on that differs, 0 if none does.
	.fpu	neon-vfpv4
	.global	runner_same
runner_same:
	rsb	r3, r2, #0x4000			// FUZZ_WINDOW_BYTES
	add	r0, r0, r3
	add	r1, r1, r3
	cmp	r2, #0
	bxeq	lr
1:	vldm	r0!, {d0-d15}
	vldm	r1!, {d16-d31}
	veor	q0, q0, q8
	veor	q1, q1, q9
	veor	q2, q2, q10
	veor	q3, q3, q11
	veor	q4, q4, q12
	veor	q5, q5, q13
	veor	q6, q6, q14
	veor	q7, q7, q15
	vorr	q0, q0, q1
	vorr	q2, q2, q3
	vorr	q4, q4, q5
	vorr	q6, q6, q7
	vorr	q0, q0, q2
	vorr	q4, q4, q6
	vorr	q0, q0, q4
	vorr	d0, d0, d1
	vmov	r3, r12, d0
	orrs	r3, r3, r12
	bne	2f
	subs	r2, r2, #128
	bne	1b
2:	mov	r0, r2
	bx	lr

// void runner_copy(uint32_t to[10], const uint32_t from[10])
	.global	runner_copy
runner_copy:
	push	{r4-r11, lr}
	ldm	r1, {r2-r11}
	stm	r0, {r2-r11}
	pop	{r4-r11, pc}

// void runner_vfp_load(const uint32_t registers[64]): D0 to D31.
	.global	runner_vfp_load
runner_vfp_load:
	vldm	r0!, {d0-d15}
	vldm	r0, {d16-d31}
	bx	lr

// void runner_vfp_store(uint32_t registers[64])
	.global	runner_vfp_store
runner_vfp_store:
	vstm	r0!, {d0-d15}
	vstm	r0, {d16-d31}
	bx	lr

//----------------------------------------------------------------------------
// The vectors' page, whose head names all of it for the monitor's scan (runner_visit).

	.section .vectors, "ax"
	.balign	4096
	.global	runner_vectors_page
runner_vectors_page:
	bxne	lr
	beq	runner_vectors
	beq	runner_vectors_a32
	.irp	k, 1, 2, 3, 4, 5, 6, 7
	beq	plain_\k
	beq	other_\k
	blx	thumb_\k
	.endr
	b	.

	.balign	32
	.global	runner_vectors
runner_vectors:
	b	.
	.irp	k, 1, 2, 3, 4, 5, 6, 7
	b	plain_\k
	.endr

	.balign	32
	.global	runner_vectors_a32
runner_vectors_a32:
	b	.
	.irp	k, 1, 2, 3, 4, 5, 6, 7
	b	other_\k
	.endr

	.balign	32
	.global	runner_vectors_thumb
	.thumb
runner_vectors_thumb:
	b.w	.
	.irp	k, 1, 2, 3, 4, 5, 6, 7
	b.w	thumb_\k
	.endr

	.irp	k, 1, 2, 3, 4, 5, 6, 7
	.thumb
	.balign	4
	.type	thumb_\k, %function
thumb_\k:
	bx	pc
	nop
	.arm
other_\k:
	str	r0, save_r0
	mrs	r0, cpsr
	setend	le
	str	r0, save_cpsr
	tst	r0, #PSR_E			// then r0 was stored the other way round
	ldr	r0, save_r0
	revne	r0, r0
	str	r0, save_r0
	mov	r0, #\k
	b	save
plain_\k:
	str	r0, save_r0
	mrs	r0, cpsr
	str	r0, save_cpsr
	mov	r0, #\k
	b	save
	.endr

	.macro	save_bank mode, offset
	cps	#\mode
	add	r1, r0, #\offset
	stm	r1, {sp, lr}
	mrs	r2, spsr
	str	r2, [r1, #8]
	.endm

// In the vector's mode, r0 its number. Ends in SVC mode as the return from runner_enter.
save:
	str	r0, save_vector
	ldr	r0, runner_end
	stmib	r0, {r1-r7}
	str	lr, [r0, #S_PC]
	ldr	r1, save_r0
	str	r1, [r0]
	ldr	r1, save_cpsr
	str	r1, [r0, #S_CPSR]
	cps	#SYS
	add	r1, r0, #S_R8
	stm	r1, {r8-r12}
	str	sp, [r0, #S_USR]
	str	lr, [r0, #S_USR + 4]
	cps	#FIQ
	add	r1, r0, #S_FIQ
	stm	r1, {r8-r12, sp, lr}
	mrs	r2, spsr
	str	r2, [r1, #28]
	save_bank IRQ, S_IRQ
	save_bank ABT, S_ABT
	save_bank UND, S_UND
	save_bank SVC, S_SVC
	ldr	r0, save_vector
	ldr	sp, runner_sp
	pop	{r4-r11, pc}

	.balign	4096
	// Data from here on.
	.global	runner_end
runner_end:	.word 0				// the fuzz_state that the vectors fill
runner_sp:	.word 0
save_vector:	.word 0
save_r0:	.word 0
save_cpsr:	.word 0

	.section .bss
	.balign	8
	.space	4096
stack_end:
