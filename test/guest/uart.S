// SPDX-License-Identifier: MIT
//
// The PL011: registers, transmission, its interrupts; accessed in every addressing form. The case `break` asks for breaks
// and characters, which test/guest/break.sh sends.
#include "test/guest/kernel.inc"
#include "test/guest/gic.inc"

	.macro	reg name, offset
	set	r0, UART + \offset
	ldr	r0, [r0]
	show	"\name", r0
	.endm

	.macro	put offset, value
	set	r0, UART + \offset
	set	r1, \value
	str	r1, [r0]
	.endm

#ifdef CASE_break
	.macro	want what
	say	"want \what"
	set	r4, UART
1:	ldr	r0, [r4, #0x18]
	tst	r0, #0x10			// RXFE
	bne	1b
	reg	FR, 0x18
	ldr	r0, [r4, #0x3c]
	bic	r0, r0, #0x20			// TXRIS
	show	"RIS", r0
	reg	DR, 0
	reg	RSR, 0x4
	reg	FR, 0x18
	.endm

main:
	.irp	lcrh, 0x70, 0x60
	put	0x2c, \lcrh
	want	break
	want	a
	want	break
	put	0x4, 0xff
	reg	"ECR", 0x4
	want	b
	.endr
	put	0x38, 0x10
	hook	irq, take_irq
	bl	gic_on
	mov	r0, #33
	bl	irq_on
	cpsie	i
	say	"want break"
	addr	r1, irq_count
2:	ldr	r0, [r1]
	cmp	r0, #0
	beq	2b
	reg	DR, 0
	reg	RSR, 0x4
	b	power_off
#else
main:
	.irp	r, 0x4, 0x18, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x48, 0xfe0, 0xfe4, 0xfe8, 0xfec, 0xff0, 0xff4, 0xff8, 0xffc
	reg	"\r", \r
	.endr
	put	0x24, 0x1234
	put	0x28, 0x2a
	put	0x2c, 0x70
	put	0x34, 0x12
	reg	IBRD, 0x24
	reg	FBRD, 0x28
	reg	LCRH, 0x2c
	reg	IFLS, 0x34

	// Each form of store sends its character.
	set	r4, UART
	mov	r0, #'a'
	str	r0, [r4]
	mov	r0, #'b'
	strb	r0, [r4]
	mov	r0, #'c'
	strh	r0, [r4]
	mov	r0, #'d'
	mov	r5, #0
	str	r0, [r4, r5]
	mov	r0, #'e'
	str	r0, [r4, -r5, lsl #2]
	mov	r0, #'f'
	str	r0, [r4], #4
	sub	r4, r4, #8
	mov	r0, #'g'
	str	r0, [r4, #4]!
	mov	r0, #'h'
	strb	r0, [r4], r5
	mov	r0, #'i'
	strh	r0, [r4, r5]!
	mov	r0, #'j'
	strt	r0, [r4]
	mov	r0, #'k'
	strbt	r0, [r4], r5
	mov	r0, #'l'
	mov	r1, #0
	stmia	r4, {r0, r1}
	mov	r0, #'m'
	strd	r0, r1, [r4]
	cmp	r0, #0
	mov	r0, #'n'
	streq	r0, [r4]
	strne	r0, [r4]
	say	""
	show	"r4", r4
	add	r4, r4, #0x18
	ldrb	r0, [r4]
	show	"ldrb", r0
	ldrh	r0, [r4], #2
	show	"ldrh", r0
	ldrsb	r0, [r4, #-2]!
	show	"ldrsb", r0
	ldr	r0, [r4, r5]
	show	"ldr", r0
	ldmia	r4, {r0}
	show	"ldm", r0
	show	"r4", r4

	// Interrupts: polled, then taken.
	bl	gic_on
	mov	r0, #33
	bl	irq_on
	hook	irq, take_irq
	put	0x44, 0x7ff
	reg	RIS, 0x3c
	put	0x38, 0x20
	reg	MIS, 0x40
	set	r0, UART
	mov	r1, #'\n'
	str	r1, [r0]
	ldr	r2, [r0, #0x3c]
	ldr	r3, [r0, #0x40]
	show	"RIS", r2
	show	"MIS", r3
	mrc	p15, 0, r0, c12, c1, 0
	show	"ISR", r0
	cpsie	i
	nop
	cpsid	i
	reg	IMSC, 0x38

	mov	r6, #200
1:	and	r0, r6, #63
	add	r0, r0, #'0'
	bl	put_char
	subs	r6, r6, #1
	bne	1b
	say	""
	b	power_off
#endif
