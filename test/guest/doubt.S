// SPDX-License-Identifier: MIT
//
// A page of code of both states, with data that looks sensitive among it: it is loaded from over and over, so often
// that a translator may change its mind about how to run it, by code of either state, which is in the page as well.
#include "test/guest/kernel.inc"

#define LOADS 12000

	.macro	add_up
	mov	r2, #0
	mov	r3, #0
	addr	r1, table
1:	and	r4, r3, #15
	ldr	r4, [r1, r4, lsl #2]
	eor	r2, r4, r2, ror #3
	add	r3, r3, #1
	movw	r4, #LOADS
	cmp	r3, r4
	blo	1b
	.endm

main:	mov	r6, #3
1:	bl	a32
	show	"by A32", r2
	show	"in mode", r5
	addr	r0, thumb + 1
	blx	r0
	show	"by Thumb", r2
	show	"in mode", r5
	addr	r0, back
	blx	r0
	show	"there and back", r5
	subs	r6, r6, #1
	bne	1b
	b	power_off

	.balign	4096
a32:	add_up
	mrs	r5, cpsr
	and	r5, r5, #0xff
	bx	lr
table:	.word	0xe10f0000, 0xf1080080, 0xe14f5000, 0xee1d0f90, 0x8000f3ef, 0xb672b672, 0xe8bd8000, 0x4770bf00
	.word	0xef8fbe00, 0xbe00be00, 0xe12fff1e, 0xe5a01004, 0x00000000, 0xffffffff, 0xe321f0d3, 0xf3808100
	thumb_code
thumb:	add_up
	mrs	r5, cpsr
	and	r5, r5, #0xff
	bx	lr
	.short	0xb672
	.balign	4
	arm_code
back:	push	{lr}
	addr	r0, thumb_back + 1
	blx	r0
	mrs	r4, cpsr
	and	r4, r4, #0xff
	orr	r5, r5, r4, lsl #8
	pop	{pc}
	thumb_code
thumb_back:
	mrs	r5, cpsr
	and	r5, r5, #0xff
	bx	lr
	.balign	4
	arm_code
	.balign	4096
