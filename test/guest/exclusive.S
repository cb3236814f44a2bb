// SPDX-License-Identifier: MIT
//
// The kernel's LDREX and STREX to words in the very page that the code runs from, in all
// sizes: counters, a lock, a CLREX between, and an exception between.
#include "test/guest/exclusive.inc"
#include "test/guest/kernel.inc"

	.balign	4096
	.space	512
main:
	addr	r4, words
	counters

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
