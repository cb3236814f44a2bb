// SPDX-License-Identifier: MIT
//
// Code whose pages are had in two ways by turns, many times each: a frame at two addresses, two frames at one,
// a page that is written and executed, by the kernel and by a user, and a page behind itself, in -cut with an instruction
// that is cut by its end. That no page is made anew each time tests.cfg sees by the report.
#include "test/guest/kernel.inc"

#define TIMES  20
#define VA_A   0x41f00000	// two pages of one table, as far as BL reaches
#define VA_B   0x41f01000
#define VA_C   0x41f05000
#define VA_D   0x41f08000
#define FIRST  (POOL + 0x20000)
#define SECOND (POOL + 0x25000)
#define THIRD  (POOL + 0x2a000)
#define DATA   0x800
#define WORDS  80		// written each time
#define RIGHTS (PAGE | PAGE_C_B | PAGE_AP(AP_USER))

	.macro	map va, frame
	set	r0, \va
	set	r1, (\frame + RIGHTS)
	bl	map_page
	dsb
	set	r0, \va
	mcr	p15, 0, r0, c8, c7, 1		// TLBIMVA
	mcr	p15, 0, r0, c7, c5, 6
	sync
	.endm

	.macro	again name, counter=r10
	subs	r6, r6, #1
	bne	9b
	show	"\name", \counter
	.endm

main:
	bl	mmu_flat
	set	r0, VA_A
	mov	r1, #0
	bl	map_table
	set	r7, FIRST
	bl	fill_code
	set	r7, SECOND
	bl	fill_code
	set	r7, SECOND			// tells itself apart: MRS, then 0x100 more
	movw	r0, #0xac01
	movt	r0, #0xe28a
	str	r0, [r7, #8]			// ADD r10, r10, #0x100
	bl	make_coherent
	map	VA_A, FIRST
	map	VA_C, FIRST

	// A frame at two addresses.
	set	r6, TIMES
	mov	r10, #0
9:	set	r4, VA_A
	blx	r4
	set	r4, VA_C
	blx	r4
	again	"two addresses"

	// Called by BL, from code of another page that is at hand.
	set	r6, TIMES
	mov	r10, #0
9:	bl	caller_a
	bl	caller_c
	again	"two addresses, called"

	// Two frames at an address.
	set	r6, TIMES
	mov	r10, #0
9:	map	VA_A, FIRST
	bl	caller_a
	map	VA_A, SECOND
	bl	caller_a
	again	"two frames"
	map	VA_A, FIRST

	// Written and executed, through another mapping.
	set	r6, TIMES
	mov	r10, #0
	set	r9, (FIRST + DATA)
9:	mov	r1, #0
1:	str	r1, [r9, r1, lsl #2]
	add	r1, r1, #1
	cmp	r1, #WORDS
	bne	1b
	bl	caller_a
	again	"written"
	ldr	r0, [r9, #(4 * WORDS - 4)]
	show	"data", r0
	set	r4, (VA_A + DATA)
	ldr	r0, [r4, #(4 * WORDS - 4)]
	show	"data, as executed", r0

	// The code itself is written: each time another ADD.
	set	r6, TIMES
	mov	r10, #0
	set	r9, FIRST
	set	r5, 0xe28aa000
9:	mov	r1, #0
1:	add	r2, r9, r1, lsl #2
	str	r1, [r2, #DATA]
	add	r1, r1, #1
	cmp	r1, #WORDS
	bne	1b
	and	r1, r6, #15
	orr	r1, r1, r5
	str	r1, [r9, #8]
	add	r0, r9, #8
	bl	make_coherent_at
	bl	caller_a
	again	"code written"
	set	r0, 0xe1a00000
	str	r0, [r9, #8]
	add	r0, r9, #8
	bl	make_coherent_at

	// The same by a user.
	set	r6, TIMES
	mov	r10, #0
9:	user	writes
	bl	caller_a
	again	"written by a user"

	// A page behind itself: what falls off it comes into it, once.
	map	VA_B, FIRST
	set	r9, (FIRST + 0xff8)
	set	r0, 0xe28aa010			// ADD r10, r10, #0x10
	str	r0, [r9]
	str	r0, [r9, #4]
	mov	r0, r9
	bl	make_coherent_at
	set	r6, TIMES
	mov	r10, #0
9:	set	r4, (VA_A + 0xff8)
	blx	r4
	again	"behind itself"

	// Thumb code, of which half an instruction is written.
	map	VA_D, THIRD
	set	r9, (THIRD + 0x400)
	movw	r0, #0xf10a
	strh	r0, [r9]			// ADD.W r10, r10, #
	movw	r0, #0x4770
	strh	r0, [r9, #4]			// BX lr
	set	r6, TIMES
	mov	r10, #0
9:	mov	r1, #0
1:	add	r2, r9, r1, lsl #2
	str	r1, [r2, #0x400]
	add	r1, r1, #1
	cmp	r1, #WORDS
	bne	1b
	and	r1, r6, #15
	orr	r1, r1, #0x0a00
	strh	r1, [r9, #2]
	mov	r0, r9
	bl	make_coherent_at
	set	r4, (VA_D + 0x401)
	blx	r4
	again	"Thumb code written"

#ifdef CASE_cut
	// In Thumb, where a T32 instruction is in both.
	set	r9, (FIRST + 0xffe)
	movw	r0, #0xf10a
	strh	r0, [r9]			// ADD.W r10, r10, #4, cut
	set	r9, FIRST
	movw	r0, #0x0a04
	strh	r0, [r9]
	movw	r0, #0x4770
	strh	r0, [r9, #2]			// BX lr
	mov	r0, r9
	bl	make_coherent_at
	set	r6, TIMES
	mov	r10, #0
9:	set	r4, (VA_A + 0xfff)
	blx	r4
	again	"behind itself, Thumb"
#endif
	b	power_off

writes:	set	r9, (FIRST + DATA)
	mov	r1, #0
1:	str	r1, [r9, r1, lsl #2]
	add	r1, r1, #1
	cmp	r1, #WORDS
	bne	1b
	leave_user

// MRS r11, CPSR; AND; a word that is written; ADD r10, r10, r11; BX lr at the frame r7.
fill_code:
	addr	r0, code
	mov	r1, #0
1:	ldr	r2, [r0, r1]
	str	r2, [r7, r1]
	add	r1, r1, #4
	cmp	r1, #(code_end - code)
	bne	1b
	mov	r0, r7
make_coherent_at:
	add	r1, r0, #64
	coherent r0, r1
	bx	lr
make_coherent:
	mov	r0, r7
	b	make_coherent_at

	.pushsection .rodata
	.balign	4
code:	mrs	r11, cpsr
	and	r11, r11, #0x1f
	nop
	add	r10, r10, r11
	bx	lr
code_end:
	.popsection

	.equ	in_a, VA_A
	.equ	in_c, VA_C
	.balign	4096
caller_a:
	push	{r4, lr}
	bl	in_a
	pop	{r4, pc}
caller_c:
	push	{r4, lr}
	bl	in_c
	pop	{r4, pc}
	.balign	4096
