// SPDX-License-Identifier: MIT
//
// Data beside code of both states, which is read back: literals of A32 functions, and what is behind ADR of either state,
// that look like Thumb's SRS, CPS or hints, or like A32's MRS; a table of addresses; and A32 code behind a pool, whose MRS
// has to be replaced though nothing but a register leads there. Nothing of it is named by what the flow reaches first.
#include "test/guest/kernel.inc"

main:	bl	first
	addr	r0, thumb_function
	orr	r0, r0, #1
	blx	r0
	bl	first
	bl	far_arm
	addr	r0, behind_pool
	blx	r0
	show	"mode", r0
	addr	r0, thumb_tables
	orr	r0, r0, #1
	blx	r0
	show	"through a table", r0
	b	power_off

	.thumb
	.thumb_func
thumb_function:
	adds	r0, #1
	bx	lr
	.arm
	.balign	4096
first:	mov	r0, #1
	bx	lr
far_arm:
	push	{r4-r8, lr}
	ldr	r4, 1f
	ldr	r5, 1f + 4
	adr	r6, 2f
	ldm	r6, {r6, r7, r8}
	show	"literal", r4
	show	"literal", r5
	show	"ADR", r6
	show	"ADR", r7
	show	"ADR", r8
	pop	{r4-r8, lr}
	bx	lr
1:	.word	0x00022fd8, 0x0003ea50, 0xb672b662
2:	.word	0xe98dc013, 0xbf30bf20, 0xe10f0000
	.word	0x40013000, 0x40013040, 0x00000100	// which nothing names
behind_pool:
	mrs	r0, cpsr
	and	r0, r0, #0x1f
	bx	lr
	.thumb
	.thumb_func
thumb_tables:
	push	{r4, lr}
	adr	r2, 3f
	movs	r1, #4
	ldr	r0, [r2, r1]
	ldr	r3, [r2]
	eors	r0, r3
	pop	{r4, pc}
	.balign	4
3:	.word	0xb672b650, 0x8000f3ef
	.arm
	.balign	4096
