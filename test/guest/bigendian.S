// SPDX-License-Identifier: MIT
//
// Data accesses with CPSR.E set: those that run as they are, and those that are emulated:
// LDM and STM of the user's registers, SRS, RFE, LDRT and STRT (twice each: the second
// one is remembered), LDM with the PC, and exceptions, which clear E.
#include "test/guest/kernel.inc"

main:
	bl	mmu_flat
	addr	r4, words
	setend	be
	mrs	r0, cpsr
	ldr	r1, [r4]
	ldrh	r2, [r4]
	ldrb	r3, [r4]
	setend	le
	show	"psr", r0
	show	"ldr", r1
	show	"ldrh", r2
	show	"ldrb", r3

	setend	be
	ldm	r4, {r5, sp, lr}^
	nop
	stmib	r4, {r5, sp, lr}^
	setend	le
	show	"ldm^", r5
	.irp	n, 0, 4, 8, 12
	ldr	r0, [r4, #\n]
	show	"word \n", r0
	.endr

	.rept	2
	addr	r0, words
	mov	r1, r0
	setend	be
	ldrt	r2, [r0], #4
	strt	r2, [r0], #4
	ldrht	r3, [r1], #2
	setend	le
	show	"ldrt", r2
	show	"ldrht", r3
	ldr	r0, [r4, #4]
	show	"strt", r0
	.endr

	set	r0, 0x600001d3
	msr	spsr_cxsf, r0
	mov	lr, #0x44
	add	r5, sp, #0
	addr	sp, frame
	setend	be
	srsia	sp, #0x13
	setend	le
	mov	sp, r5
	addr	r6, frame
	ldr	r0, [r6]
	show	"srs lr", r0
	ldr	r0, [r6, #4]
	show	"srs spsr", r0

	addr	r0, 1f
	rev	r0, r0
	set	r1, 0x200003d3			// still big-endian after it
	rev	r1, r1
	stm	r6, {r0, r1}
	setend	be
	rfeia	r6
	nop
1:	mrs	r0, cpsr
	setend	le
	show	"rfe", r0

	addr	r0, 2f
	rev	r0, r0
	set	r1, 0x400003d3
	msr	spsr_cxsf, r1
	stm	r6, {r0, r1}
	setend	be
	ldm	r6, {pc}^
	nop
2:	mrs	r0, cpsr
	setend	le
	show	"ldm pc", r0

	hook	svc, take
	setend	be
	svc	#0
	mrs	r0, cpsr
	setend	le
	show	"back", r0
	b	power_off

take:	mrs	r1, cpsr
	mrs	r2, spsr
	show	"in svc", r1
	show	"spsr", r2
	movs	pc, lr

	.pushsection .data
	.balign	8
words:	.word	0x11223344, 0x55667788, 0x99aabbcc, 0xddeeff00
frame:	.word	0, 0
	.popsection
