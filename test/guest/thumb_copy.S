// SPDX-License-Identifier: MIT
//
// Thumb code with more different branches than there are numbers for them under `block`: control gets near them, so that
// they are closed, then it is copied as firmware does it that moves itself to RAM, by loads from where it runs, and they
// are executed there.
#include "test/guest/kernel.inc"

#define COPY_AT (POOL + 0x10000)

// In a page of its own, unless r8 is set: 120 branches that are not taken, each with an offset of its own.
	.macro	branches cc
	.balignw 0x1000, 0xbf00			// NOP
	cmp	r8, #0				// if it is, Z and C are set, N and V clear
	bne.w	7f
	.rept	60
	b\cc	5f
	.endr
	add	r9, r9, #1
	b	6f
5:	add	r9, r9, #0x80
6:
	.rept	60
	b\cc	5b
	.endr
7:
	.endm

main:
	to_thumb
	mov	r8, #1
	bl	body
	show	"here", r9
	mov	r8, #0
	addr	r0, body
	addr	r1, body_end
	set	r2, COPY_AT
	mov	r4, r2
1:	ldr	r3, [r0], #4
	str	r3, [r2], #4
	cmp	r0, r1
	blo	1b
	mov	r5, r2
	coherent r4, r5
	set	r0, (COPY_AT + 1)
	blx	r0
	show	"there", r9
	to_arm
	b	power_off
	thumb_code

	.balign	0x1000
body:
	mov	r9, #0
	.irp	cc, ne, cc, mi, vs, hi, lt, gt
	branches \cc
	.endr
	bx	lr
	.balign	4
body_end:
