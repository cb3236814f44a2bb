// SPDX-License-Identifier: MIT
//
// The kernel's LDREX and STREX to words in the very page that the code runs from, in all
// sizes: counters, a lock, a CLREX between, and an exception between.
#include "test/guest/kernel.inc"

	.balign	4096
	.space	512
main:
	addr	r4, words
	mov	r5, #100
1:	ldrex	r0, [r4]
	add	r0, r0, #3
	strex	r1, r0, [r4]
	cmp	r1, #0
	bne	1b
	subs	r5, r5, #1
	bne	1b
	ldr	r0, [r4]
	show	"word", r0

	mov	r5, #50
2:	ldrexb	r0, [r4]
	add	r0, r0, #1
	strexb	r1, r0, [r4]
	cmp	r1, #0
	bne	2b
3:	ldrexh	r0, [r4]
	add	r0, r0, #0x100
	strexh	r1, r0, [r4]
	cmp	r1, #0
	bne	3b
	subs	r5, r5, #1
	bne	2b
	ldr	r0, [r4]
	show	"bytes and halfwords", r0

	mov	r5, #20
4:	ldrexd	r2, r3, [r4]
	adds	r2, r2, #1
	add	r3, r3, #2
	strexd	r1, r2, r3, [r4]
	cmp	r1, #0
	bne	4b
	subs	r5, r5, #1
	bne	4b
	ldrd	r2, r3, [r4]
	show	"low", r2
	show	"high", r3

	// A STREX without its LDREX fails and stores nothing.
	clrex
	mov	r0, #0
	strex	r1, r0, [r4]
	show	"alone", r1
	ldr	r0, [r4]
	show	"kept", r0
	ldrex	r0, [r4]
	clrex
	mov	r0, #0
	strex	r1, r0, [r4]
	show	"cleared", r1
	ldr	r0, [r4]
	show	"kept", r0

	// Plain stores beside it, and conditional exclusives.
	add	r0, r0, #1
	str	r0, [r4]
	cmp	r0, r0
	mov	r1, #7
	ldrexne	r2, [r4]
	strexne	r1, r0, [r4]
	show	"not executed", r1
	b	power_off

	.balign	8
words:	.word	0, 0
