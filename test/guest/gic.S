// SPDX-License-Identifier: MIT
//
// GICv2: what its registers keep, SGIs to self, priorities and masks, preemption, and
// interrupts made pending by hand.
#include "test/guest/kernel.inc"
#include "test/guest/gic.inc"

	.macro	reg name, base, offset
	set	r0, \base + \offset
	ldr	r0, [r0]
	show	"\name", r0
	.endm

	.macro	put base, offset, value
	set	r0, \base + \offset
	set	r1, \value
	str	r1, [r0]
	dsb
	.endm

	.macro	sgi n
	put	GICD, 0xf00, (0x02000000 + \n)
	.endm

main:
	reg	TYPER, GICD, 4
	reg	CTLR, GICD, 0
	reg	CTLR, GICC, 0
	reg	PMR, GICC, 4
	reg	RPR, GICC, 0x14
	reg	HPPIR, GICC, 0x18
	reg	IAR, GICC, 0xc
	bl	gic_on
	hook	irq, take_irq
	cpsie	i
	.irp	n, 0, 5, 15
	sgi	\n
	say	"sgi \n"
	.endr
	cpsid	i
	// Several at once come by priority, then by number.
	put	GICD, 0x400, 0xa0808020
	put	GICD, 0x404, 0x40404040
	sgi	1
	sgi	2
	sgi	3
	sgi	4
	sgi	0
	reg	HPPIR, GICC, 0x18
	mrc	p15, 0, r0, c12, c1, 0
	show	"ISR", r0
	cpsie	i
	nop
	cpsid	i
	say	"all taken"
	reg	HPPIR, GICC, 0x18

	// The mask.
	sgi	1
	put	GICC, 4, 0x80
	cpsie	i
	nop
	cpsid	i
	reg	HPPIR, GICC, 0x18
	put	GICC, 4, 0x90
	cpsie	i
	nop
	cpsid	i
	put	GICC, 4, 0xf0

	// By hand, step by step: pending, active, both.
	sgi	2
	reg	ISPENDR, GICD, 0x200
	reg	IAR, GICC, 0xc
	mov	r4, #2
	reg	RPR, GICC, 0x14
	reg	ISACTIVER, GICD, 0x300
	reg	ISPENDR, GICD, 0x200
	sgi	2
	reg	HPPIR, GICC, 0x18
	sgi	0
	reg	"HPPIR of more priority", GICC, 0x18
	reg	IAR, GICC, 0xc
	reg	RPR, GICC, 0x14
	put	GICC, 0x10, 0
	reg	RPR, GICC, 0x14
	put	GICC, 0x10, 2
	reg	RPR, GICC, 0x14
	reg	IAR, GICC, 0xc
	put	GICC, 0x10, 2
	reg	IAR, GICC, 0xc

	// A peripheral's, made pending by software.
	.irp	n, 40, 63, 100
	put	GICD, (0x100 + (\n / 32) * 4), (1 << (\n & 31))
	put	GICD, (0x820), 0x01010101
	set	r0, (GICD + 0x800 + \n)
	mov	r1, #1
	strb	r1, [r0]
	set	r0, (GICD + 0x400 + \n)
	mov	r1, #0x30
	strb	r1, [r0]
	put	GICD, (0x200 + (\n / 32) * 4), (1 << (\n & 31))
	reg	"pending \n", GICD, (0x200 + (\n / 32) * 4)
	cpsie	i
	nop
	cpsid	i
	reg	"then", GICD, (0x200 + (\n / 32) * 4)
	put	GICD, (0x200 + (\n / 32) * 4), (1 << (\n & 31))
	put	GICD, (0x280 + (\n / 32) * 4), (1 << (\n & 31))
	reg	"cleared", GICD, (0x200 + (\n / 32) * 4)
	put	GICD, (0x180 + (\n / 32) * 4), (1 << (\n & 31))
	reg	"disabled", GICD, (0x100 + (\n / 32) * 4)
	.endr

	// What is kept.
	.irp	r, 0x400, 0x41c, 0x420, 0x480, 0x820, 0xc00, 0xc04, 0xc08, 0x100, 0x104
	put	GICD, \r, 0xffffffff
	reg	"ones \r", GICD, \r
	put	GICD, \r, 0
	reg	"zero \r", GICD, \r
	.endr
	.irp	r, 0xfe0, 0xfe8, 0xff0, 0x8
	reg	"id \r", GICD, \r
	.endr

	// Distributor or interface off: nothing comes.
	put	GICD, 0, 0
	sgi	3
	cpsie	i
	nop
	cpsid	i
	reg	HPPIR, GICC, 0x18
	put	GICD, 0, 1
	put	GICC, 0, 0
	cpsie	i
	nop
	cpsid	i
	put	GICC, 0, 1
	cpsie	i
	nop
	cpsid	i
	addr	r1, irq_count
	show_at	"taken", r1
	b	power_off
