// SPDX-License-Identifier: MIT
//
// Six pages as in doubt.S, more than a core has watchpoints: code in each, of both states, loads what looks
// sensitive from all of them, itself among them, in turns.
#include "test/guest/kernel.inc"

#define PAGES  6
#define ROUNDS 20
#define WORDS  16
#define TABLE  72 // what is before it in a page
#define THUMB  (TABLE + 4 * WORDS)

	// r2: what is in the table of each page
	.macro	add_up
	mov	r2, #0
	addr	r1, pages + TABLE
	mov	r3, #0
1:	ldr	r4, [r1, r3, lsl #2]
	eor	r2, r4, r2, ror #3
	add	r3, r3, #1
	cmp	r3, #WORDS
	blo	1b
	mov	r3, #0
	add	r1, r1, #4096
	addr	r4, pages + TABLE + 4096 * PAGES
	cmp	r1, r4
	blo	1b
	.endm

main:	addr	r0, nothing + 1
	blx	r0
	mov	r10, #ROUNDS
2:	mov	r11, #0
	mov	r9, #0
	mov	r8, #0
3:	addr	r0, pages
	add	r0, r0, r11, lsl #12
	blx	r0
	eor	r9, r2, r9, ror #5
	eor	r8, r5, r8, ror #5
	addr	r0, pages + THUMB + 1
	add	r0, r0, r11, lsl #12
	blx	r0
	eor	r9, r2, r9, ror #5
	eor	r8, r5, r8, ror #5
	add	r11, r11, #1
	cmp	r11, #PAGES
	blo	3b
	show	"read", r9
	show	"modes", r8
	subs	r10, r10, #1
	bne	2b
	b	power_off

	thumb_code
nothing:
	bx	lr
	arm_code
	.balign	4096
pages:
	.rept	PAGES
	.balign	4096
	add_up
	mrs	r5, cpsr
	and	r5, r5, #0xff
	bx	lr
	.word	0xe10f0000, 0xf1080080, 0xe14f5000, 0xee1d0f90, 0x8000f3ef, 0xb672b672, 0xe8bd8000, 0x4770bf00
	.word	0xef8fbe00, 0xbe00be00, 0xe12fff1e, 0xe5a01004, 0x00000000, 0xffffffff, 0xe321f0d3, 0xf3808100
	thumb_code
	add_up
	mrs	r5, cpsr
	and	r5, r5, #0xff
	bx	lr
	.balign	4
	arm_code
	.endr
