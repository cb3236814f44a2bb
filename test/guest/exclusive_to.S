// SPDX-License-Identifier: MIT
//
// LDREX and STREX where one of them or both don't go straight to memory, in all sizes: counters, pairs that
// something comes between, addresses that are not aligned, and big-endian. Cases: to a device (in A32, in Thumb, by a user);
// to the page that the code runs from, in Thumb; to another page that holds code. Pages of code: the one before
// `thumb_words`, and POOL.
#include "test/guest/exclusive.inc"
#include "test/guest/kernel.inc"

#define GPIODIR 0x09030400	// eight bits; the next word is GPIOIS

	.equ	OTHER, POOL + 0x800

// What a STREX of r0 := 0x5a to r4 says, and what is there then. The instructions come between it and LDREX.
	.macro	between what, insns
	mov	r0, #0x11
	str	r0, [r4]
	mov	r0, #0x5a
	ldrex	r2, [r4]
	\insns
	strex	r1, r0, [r4]
	show	"\what", r1
	ldr	r2, [r4]
	show	"  there", r2
	.endm

// r6: a word of plain memory.
	.macro	pairs
	between	"nothing", "nop"
	between	"CLREX", "clrex"
	between	"LDREX elsewhere", "ldrex r3, [r6]"
	between	"LDREXB of the same", "ldrexb r3, [r4]"
	between	"STREX elsewhere", "strex r3, r0, [r6]"
	between	"another value", "str r0, [r4]"
	between	"the same value", "str r2, [r4]"
	between	"a pair elsewhere", "ldrex r3, [r6]; strex r7, r3, [r6]"
	between	"an exception", "svc #0"
	between	"STREXB first", "strexb r7, r0, [r4]"
	mov	r1, #0x11
	ldrexb	r2, [r4]
	strexh	r1, r0, [r4]
	show	"sizes differ", r1
	ldr	r2, [r4]
	show	"  there", r2
	ldrex	r2, [r6]
	str	r2, [r4]
	ldrex	r2, [r6]
	strex	r1, r0, [r4]
	show	"LDREX was elsewhere", r1
	clrex
	strex	r1, r0, [r4]
	show	"alone", r1
	ldr	r2, [r4]
	show	"  there", r2
	.endm

	.macro	unaligned
	ldrex	r2, [r5]
	ldrexh	r2, [r5]
	ldrexd	r2, r3, [r4]
	add	r3, r4, #4
	ldrexd	r2, r3, [r3]
	ldrexb	r2, [r4]
	strexh	r1, r0, [r5]
	.endm

	.macro	big
	setend	be
	ldrex	r2, [r4]
	add	r2, r2, #1
	strex	r1, r2, [r4]
	ldrexd	r6, r7, [r4]
	add	r6, r6, #1
	add	r7, r7, #2
	strexd	r5, r6, r7, [r4]
	ldrexh	r3, [r4]
	setend	le
	ldrex	r0, [r4]
	show	"ldrex", r2
	show	"strex", r1
	show	"ldrexd", r6
	show	"", r7
	show	"strexd", r5
	show	"ldrexh", r3
	setend	be
	strex	r1, r0, [r4]
	setend	le
	show	"order changed between", r1
	ldr	r2, [r4]
	ldr	r3, [r4, #4]
	show	"low", r2
	show	"high", r3
	.endm

	.macro	all
	addr	r6, plain
	counters
	pairs
	add	r5, r4, #1
	unaligned
	addr	r6, plain
	big
	.endm

	.pushsection .data
	.balign	8
plain:	.word	1, 2
	.popsection

	.balign	4096
	.space	512
main:
#if defined(CASE_device)
	set	r4, GPIODIR
	all
	to_thumb
	set	r4, GPIODIR
	all
	to_arm
	user	from_user
	b	power_off
from_user:
	set	r4, GPIODIR
	addr	r6, plain
	counters
	pairs
	leave_user
#elif defined(CASE_thumb)
	to_thumb
	addr	r4, thumb_words
	all
	cmp	r0, r0
	mov	r1, #7
	itt	ne
	ldrexne	r2, [r4]
	strexne	r1, r0, [r4]
	show	"not executed", r1
	// Above the base, and code that the STREX changes.
	sub	r3, r4, #12
	ldrex	r0, [r3, #12]
	add	r0, r0, #1
	strex	r1, r0, [r3, #12]
	show	"offset", r1
	addr	r3, written
	movw	r0, #0x2002			// MOVS r0, #2
	ldrexh	r2, [r3]
	strexh	r1, r0, [r3]
	show	"code", r1
	mcr	p15, 0, r0, c7, c5, 0
	isb
written: movs	r0, #1
	show	"r0", r0
	to_arm
	b	power_off
#elif defined(CASE_page)
	set	r0, OTHER
	set	r1, 0xe12fff1e
	str	r1, [r0, #-4]
	sub	r3, r0, #4
	mov	r1, r0
	coherent r0, r1
	blx	r3
	set	r4, OTHER
	all
	to_thumb
	set	r4, OTHER
	all
	to_arm
	user	from_user
	b	power_off
from_user:
	set	r4, OTHER
	addr	r6, plain
	counters
	pairs
	leave_user
#endif

	.balign	8
thumb_words: .word 0, 0
