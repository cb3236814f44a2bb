// SPDX-License-Identifier: MIT
//
// Fetches that abort behind the beginning of an instruction or a page: T32 instructions over the end of a page,
// plain ones, branches and sensitive ones, into pages of every kind, by kernel and user; code that runs off the
// end of its page in A32 and T16. IFSR, IFAR and LR, and that nothing of the instruction was done.
#include "test/guest/kernel.inc"

#define VA      0x50000000	// a page of code, then one of each kind; 32 KiB further on for the next kind
#define NOWHERE 0x60000000
#define KINDS   9	// the last two are for T16 and A32: QEMU 7.2 doesn't survive T32 that ends where there is no memory

main:
	bl	map_flat
	mov	r4, #0
	bl	map_kinds
	mov	r4, #1
	bl	map_kinds
	bl	mmu_on
	hook	pabt, pabt

	mov	r4, #0				// the instruction
1:	addr	r5, instructions
	add	r5, r5, r4, lsl #3
	ldrd	r6, r7, [r5]
	cmp	r6, #0
	beq	4f
	show	"instruction", r6
	bl	put_code
	set	r8, (VA + 0xff0)
	add	r8, r8, r7, lsl #21
	mov	r5, #0
2:	bl	run
	add	r8, r8, #0x8000
	add	r5, r5, #1
	cmp	r5, #(KINDS - 2)
	blo	2b
	cmp	r4, #3
	bhs	3f
	cmp	r5, #KINDS
	blo	2b
3:	set	r8, (VA + 0xffff0)
	add	r8, r8, r7, lsl #21
	bl	run
	add	r4, r4, #1
	b	1b
4:	unhook	pabt
	b	power_off

	.balign	4
behind:
	.word	0
	.word	(POOL + 0x1000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	.word	(POOL + 0x1000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER) | PAGE_XN
	.word	(POOL + 0x1000) | PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL)
	.word	(POOL + 0x1000) | PAGE | PAGE_C_B | PAGE_AP(AP_R)
	.word	(POOL + 0x1000) | PAGE | PAGE_C_B | PAGE_AP(0)
	.word	0xffc
	.word	NOWHERE | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	.word	NOWHERE | PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL_R) | PAGE_XN

// Maps code of state r4, and what is behind it: pages of VA's section, and the next section in domain 1.
map_kinds:
	push	{r4-r8, lr}
	set	r5, VA
	add	r5, r5, r4, lsl #21
	set	r6, (POOL | PAGE | PAGE_C_B | PAGE_AP(AP_USER))
	add	r6, r6, r4, lsl #14
	mov	r0, r5
	lsl	r1, r4, #1
	bl	map_table
	mov	r7, #0
1:	mov	r0, r5
	mov	r1, r6
	bl	map_page
	addr	r1, behind
	ldr	r1, [r1, r7, lsl #2]
	tst	r1, #PAGE
	addne	r1, r1, r4, lsl #14
	add	r0, r5, #0x1000
	bl	map_page
	add	r5, r5, #0x8000
	add	r7, r7, #1
	cmp	r7, #KINDS
	blo	1b
	set	r5, (VA + 0x100000)
	add	r5, r5, r4, lsl #21
	mov	r0, r5
	lsl	r1, r4, #1
	add	r1, r1, #1
	bl	map_table
	set	r2, TABLE_0
	add	r2, r2, r5, lsr #18
	ldr	r0, [r2]
	orr	r0, r0, #(1 << 5)
	str	r0, [r2]
	sub	r0, r5, #0x1000
	mov	r1, r6
	bl	map_page
	mov	r0, r5
	add	r1, r6, #0x1000
	bl	map_page
	pop	{r4-r8, pc}

// The first halfword, or the A32 instruction, is the last of its page.
instructions:
	.word	0xe2811001, 0			// ADD r1, r1, #1, twice
	.word	0xe10f1000, 0			// MRS r1, CPSR, twice
	.word	0x1c491c49, 1			// ADDS r1, r1, #1, twice
	.word	0xf0411101, 1			// ORR r1, r1, #1
	.word	0xf3ef8100, 1			// MRS r1, CPSR
	.word	0xf000b802, 1			// B, eight bytes on
	.word	0xee1d1f50, 1			// MRC p15, 0, r1, c13, c0, 2
	.word	0xf8530b04, 1			// LDR r0, [r3], #4
	.word	0, 0

// r6 an instruction, r7 its state. It goes to the end of that state's page, nops before and a return behind.
put_code:
	push	{r4, lr}
	set	r0, (POOL + 0xff0)
	add	r0, r0, r7, lsl #14
	cmp	r7, #0
	bne	1f
	set	r1, 0xe320f000			// NOP
	str	r1, [r0], #4
	str	r1, [r0], #4
	str	r1, [r0], #4
	str	r6, [r0], #4
	str	r6, [r0], #4
	set	r1, 0xe12fff1e			// BX LR
	str	r1, [r0]
	b	2f
1:	set	r1, 0xbf00bf00			// NOPs
	str	r1, [r0], #4
	str	r1, [r0], #4
	str	r1, [r0], #4
	strh	r1, [r0], #2
	lsr	r2, r6, #16
	strh	r2, [r0], #2
	strh	r6, [r0], #2
	set	r1, 0x4770			// BX LR, a few
	.rept	5
	strh	r1, [r0], #2
	.endr
2:	set	r0, (POOL + 0xfc0)
	add	r0, r0, r7, lsl #14
	add	r1, r0, #0x80
	coherent r0, r1
	pop	{r4, pc}

// Runs r8 in state r7, by kernel and user.
run:
	push	{r4, r5, lr}
	mov	r9, #0				// IFSR
	mov	r10, #0
	mov	r1, #0x40
	set	r3, POOL
	msr	cpsr_f, #0
	orr	r0, r8, r7
	push	{r7}
	bl	call
	pop	{r7}
	bl	put_outcome
	mov	r9, #0
	mov	r10, #0
	addr	r0, run_user
	push	{r7}
	bl	user_call
	pop	{r7}
	addr	r0, outcome
	ldm	r0, {r1, r3, r9, r10}
	bl	put_outcome
	mov	r0, #'\n'
	bl	put_char
	pop	{r4, r5, pc}

run_user:
	mov	r1, #0x40
	set	r3, POOL
	msr	cpsr_f, #0
	orr	r0, r8, r7
	bl	call
	addr	r0, outcome
	stm	r0, {r1, r3, r9, r10}
	leave_user

call:
	mov	r11, lr
	blx	r0
	bx	r11

// IFSR and IFAR, LR, and what the instruction may have spoilt.
put_outcome:
	push	{lr}
	push	{r1, r3}
	mov	r0, r9
	bl	put_digits
	mov	r0, r10
	bl	put_digits
	pop	{r1, r3}
	push	{r3}
	mov	r0, r1
	bic	r0, r0, #0xff00			// of a PSR, the masks
	and	r0, r0, #0x7f
	bl	put_digits
	pop	{r0}
	bl	put_digits
	pop	{pc}

pabt:
	mrc	p15, 0, r9, c5, c0, 1
	bic	r9, r9, #0xf0
	mrc	p15, 0, r10, c6, c0, 2
	sub	r12, lr, #4
	add	r9, r9, r12, lsl #12		// where it was, its last digit
	mrs	r12, spsr
	bic	r12, r12, #PSR_T
	msr	spsr_cxsf, r12
	addr	lr, pabt_done
	movs	pc, lr
pabt_done:
	bx	r11

	.pushsection .data
	.balign	4096
outcome:
	.space	4096
	.popsection
