// SPDX-License-Identifier: MIT
//
// Thumb where a page or an instruction ends: what a translator must notice later than it scans. Cases:
//   it      IT is the last halfword of a page, and the page behind was entered elsewhere before
//   stale   a rewritten first half takes over the second half of a sensitive instruction
//   cut     a T32 instruction that two pages share becomes sensitive by a write to the second
//   number  an undefined instruction of the guest's own that looks like a translator's
#include "test/guest/kernel.inc"

main:
#if defined(CASE_it)
	to_thumb
	set	r6, midb+1
	blx	r6
	say	"first"
	set	r6, tail+1
	blx	r6
	show	"cpsr", r4
	say	"back"
	to_arm
	b	power_off
	.balign 4096
	.space 4092
	.thumb
	thumb_code
tail:	cmp	r0, r0
	it	ne
	svcne	#0
	cpsie	i
	mrs	r4, cpsr
	bx	lr
	.balign 256
midb:	nop
	bx	lr
	.balign 4096
#elif defined(CASE_stale)
	to_thumb
	set	r6, code+1
	blx	r6
	show	"r4", r4
	set	r5, code
	movw	r1, #0xf895
	strh	r1, [r5]
	dsb
	mcr	p15, 0, r0, c7, c5, 0
	isb
	mov	r4, #0x55
	set	r0, code+0x200
	set	r6, code+1
	blx	r6
	show	"r4", r4
	set	r0, code+0x200
	ldrh	r0, [r0, #0x20]
	show	"mem", r0
	say	"back"
	to_arm
	b	power_off
	.balign 4096
	.thumb
	thumb_code
code:	nop
	.short 0xf3ef, 0x8400
	bx	lr
	.balign 4096
#elif defined(CASE_cut)
	to_thumb
	set	r6, tail+1
	blx	r6
	say	"first"
	show	"cpsr", r4
	// more writes into the second page than are emulated one by one
	set	r5, pageb
	mov	r1, #0
	mov	r0, #70
1:	str	r1, [r5, #0x100]
	subs	r0, r0, #1
	bne	1b
	// CPSIE.W i
	movw	r1, #0x8440
	strh	r1, [r5]
	dsb
	mcr	p15, 0, r0, c7, c5, 0
	isb
	set	r6, tail+1
	blx	r6
	show	"cpsr", r4
	say	"back"
	to_arm
	b	power_off
	.balign 4096
	.space 4092
	.thumb
	thumb_code
tail:	nop
	.short 0xf3af
pageb:	.short 0x8000
	mrs	r4, cpsr
	bx	lr
	.balign 4096
#else
	mrs	r0, cpsr
	to_thumb
	set	r6, there+1
	blx	r6
	say	"back"
	to_arm
	b	power_off
	.balign 4096
	.thumb
	thumb_code
there:
	.short 0xf7e8, 0xa000
	bx	lr
	.balign 4096
#endif
