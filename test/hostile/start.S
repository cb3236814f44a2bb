// SPDX-License-Identifier: MIT
//
// The hostile guest's assembly: entry, the guards, and the vectors.
//
// The vectors trust no register: they save what there is by addresses relative to the PC, in the page behind their
// own (the monitor would emulate stores to a page that holds code), go to SVC mode, and return from the guard that is
// set. Without one, guest_stray() tells and ends: that is a failure.

#include "test/hostile/hostile.h"

	.syntax	unified
	.arm
	.arch_extension virt
	.fpu	neon-vfpv4

	.equ	FIQ, 0x11
	.equ	IRQ, 0x12
	.equ	SVC, 0x13
	.equ	ABT, 0x17
	.equ	UND, 0x1b
	.equ	SYS, 0x1f

	// struct entry
	.equ	E_CPSR, 56
	.equ	E_USR, 60
	.equ	E_FIQ, 72
	.equ	E_IRQ, 84
	.equ	E_ABT, 96
	.equ	E_UND, 108
	.equ	E_SVC, 120

	.macro	addr reg, label
	movw	\reg, #:lower16:\label
	movt	\reg, #:upper16:\label
	.endm

	.section .text.start, "ax"
	.global	_start
_start:
	b	1f				// an image is known by a first word of condition AL
1:	cpsid	aif, #SVC
	movw	r4, #(HOSTILE_REPORT & 0xffff)
	movt	r4, #(HOSTILE_REPORT >> 16)
	ldrd	r6, r7, [r4]
	movw	r8, #(HOSTILE_MAGIC_0 & 0xffff)
	movt	r8, #(HOSTILE_MAGIC_0 >> 16)
	movw	r9, #(HOSTILE_MAGIC_1 & 0xffff)
	movt	r9, #(HOSTILE_MAGIC_1 >> 16)
	cmp	r6, r8
	cmpeq	r7, r9
	addr	r4, vector_1
	bxeq	r4				// running already: made code has jumped here, as good as a trap
	adr	r4, _start
	addr	r5, _start
	cmp	r4, r5
	mov	r8, #0
	beq	3f
	mov	r2, #0x40000000			// as firmware, in flash at 0: the device tree is where RAM begins
	addr	r6, image_end
2:	ldr	r7, [r4], #4
	str	r7, [r5], #4
	cmp	r5, r6
	blo	2b
	mov	r8, #1
3:	mov	r0, #0
	dsb
	mcr	p15, 0, r0, c7, c5, 0		// ICIALLU
	mcr	p15, 0, r0, c7, c5, 6		// BPIALL
	dsb
	isb
	addr	r0, 4f
	bx	r0
4:	addr	sp, stack_end
	addr	r0, bss_start
	addr	r1, bss_end
	mov	r3, #0
5:	cmp	r0, r1
	strlo	r3, [r0], #4
	blo	5b
	mov	r0, r2
	mov	r1, r8
	bl	guest_main
	.global	power_off
power_off:
	movw	r0, #0x0008			// PSCI SYSTEM_OFF
	movt	r0, #0x8400
	hvc	#0
	b	.
	.global	system_reset
system_reset:
	movw	r0, #0x0009
	movt	r0, #0x8400
	hvc	#0
	b	.

// uint32_t guard_call(f, a, b, uint32_t *result)
	.global	guard_call
guard_call:
	push	{r3-r11, lr}
	addr	r4, guard_sp
	str	sp, [r4]
	mov	r5, r3
	mov	r4, r0
	mov	r0, r1
	mov	r1, r2
	blx	r4
	cpsid	aif
	ldr	r5, [sp]
	str	r0, [r5]
	addr	r4, guard_sp
	mov	r0, #0
	str	r0, [r4]
	pop	{r3-r11, pc}

	.macro	load_bank mode, offset
	cps	#\mode
	add	r1, r0, #\offset
	ldm	r1, {sp, lr}
	ldr	r2, [r1, #8]
	msr	spsr_cxsf, r2
	.endm

// uint32_t guard_enter(const struct entry *e): by an exception return, of UND for SVC and of SVC for all others.
	.global	guard_enter
guard_enter:
	push	{r3-r11, lr}
	addr	r1, guard_sp
	str	sp, [r1]
	load_bank FIQ, E_FIQ
	load_bank IRQ, E_IRQ
	load_bank ABT, E_ABT
	cps	#SYS
	add	r1, r0, #E_USR
	ldm	r1, {sp, lr}
	ldr	r3, [r0, #E_CPSR]
	and	r2, r3, #0x1f
	cmp	r2, #SVC
	beq	1f
	load_bank UND, E_UND
	load_bank SVC, E_SVC
	msr	spsr_cxsf, r3
	ldm	r0, {r0-r12, pc}^
1:	load_bank SVC, E_SVC
	load_bank UND, E_UND
	msr	spsr_cxsf, r3
	ldm	r0, {r0-r12, pc}^

// void vfp_store(uint32_t d[64]), void vfp_load(const uint32_t d[64])
	.global	vfp_store
vfp_store:
	vstm	r0!, {d0-d15}
	vstm	r0, {d16-d31}
	bx	lr
	.global	vfp_load
vfp_load:
	vldm	r0!, {d0-d15}
	vldm	r0, {d16-d31}
	bx	lr

// uint32_t *find_word(const uint32_t *from, const uint32_t *to, uint32_t word): to, if it isn't there.
	.global	find_word
find_word:
1:	cmp	r0, r1
	bxhs	lr
	ldr	r3, [r0], #4
	cmp	r3, r2
	bne	1b
	sub	r0, r0, #4
	bx	lr

//----------------------------------------------------------------------------
// To be copied where vectors are wanted: jumps to vectors.

	.section .rodata
	.balign	32
	.global	high_vectors
high_vectors:
	.rept	8
	ldr	pc, [pc, #24]			// its word of the eight behind
	.endr
	.irp	k, 0, 1, 2, 3, 4, 5, 6, 7
	.word	vectors + 4 * \k
	.endr

	.section .vectors, "ax"
	.balign	4096
	.global	vectors
vectors:
	b	.
	.irp	k, 1, 2, 3, 4, 5, 6, 7
	b	vector_\k
	.endr
	.irp	k, 1, 2, 3, 4, 5, 6, 7
vector_\k:
	setend	le
	str	r0, trapped
	mov	r0, #\k
	b	save
	.endr

save:
	str	r1, trapped + 4
	adr	r1, vectors
	add	r1, r1, #4096			// trapped
	str	r0, [r1, #60]
	add	r1, r1, #8
	stm	r1, {r2-r12}
	str	lr, [r1, #44]
	mrs	r2, spsr
	str	r2, [r1, #48]
	cpsid	aif, #SVC
	addr	r4, guard_sp
	ldr	sp, [r4]
	cmp	sp, #0
	beq	1f
	mov	r1, #0
	str	r1, [r4]
	pop	{r3-r11, pc}
1:	addr	sp, stack_end
	bl	guest_stray
	b	power_off

	.balign	4096
	// Data from here on.
	.global	trapped
trapped:
	.space	64
	.global	guard_sp
guard_sp:
	.word	0

	.section .stack, "aw", %nobits
	.balign	8
	.space	16384
	.global	stack_end
stack_end:
