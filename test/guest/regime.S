// SPDX-License-Identifier: MIT
//
// What else decides of a translation: memory types with TEX remap off and on (PRRR, NMRR), the bits of SCTLR that
// a core without Virtualization Extensions doesn't have (WXN, UWXN), attributes in TTBR0, tables in big-endian
// order (SCTLR.EE), and registers that change while the MMU is off.
#include "test/guest/kernel.inc"
#include "test/guest/probe.inc"

#define VA    0x50000000
#define PAGES 0x50100000
#define PA    0x40500000

	.macro	sctlr set, clear
	mrc	p15, 0, r0, c1, c0, 0
	set	r1, \clear
	bic	r0, r0, r1
	set	r1, \set
	orr	r0, r0, r1
	mcr	p15, 0, r0, c1, c0, 0
	sync
	.endm

	.macro	remap prrr, nmrr
	set	r0, \prrr
	mcr	p15, 0, r0, c10, c2, 0
	set	r0, \nmrr
	mcr	p15, 0, r0, c10, c2, 1
	isb
	tlb_all
	.endm

main:
	set	r0, PA
	mov	r1, #64
	set	r2, 0xe12fff1e			// BX LR
1:	str	r2, [r0]
	str	r0, [r0, #12]
	add	r0, r0, #0x1000
	subs	r1, r1, #1
	bne	1b
	bl	mmu_flat
	set	r0, PAGES
	mov	r1, #0
	bl	map_table
	probe_on

	say	"types without remap"
	bl	types
	say	"with"
	// What is Normal without is so here as well: the code must go on.
	remap	0xff0aaaa8, 0x40e040e0
	sctlr	1 << 28, 0
	bl	types
	remap	0xff0a81a8, 0x12345678
	bl	types
	remap	0x00050aa9, 0xffffffff
	bl	types
	sctlr	0, 1 << 28
	tlb_all
	bl	types

	say	"WXN, UWXN"
	set	r0, VA
	set	r1, (PA | SECT | SECT_C_B | SECT_AP(AP_USER))
	bl	map_section
	set	r0, PAGES
	set	r1, (PA | PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL))
	bl	map_page
	.irp	bits, 0x80000, 0x100000, 0x180000, 0
	sctlr	\bits, 0x180000
	tlb_all
	mrc	p15, 0, r0, c1, c0, 0
	show	"SCTLR", r0
	probe	"user's section", VA
	probe	"kernel's page", PAGES
	.endr

	say	"attributes of TTBR0"
	set	r4, 0x7b
2:	set	r0, TABLE_0
	orr	r0, r0, r4
	mcr	p15, 0, r0, c2, c0, 0
	isb
	mrc	p15, 0, r0, c2, c0, 0
	show	"TTBR0", r0
	probe	"section", VA
	subs	r4, r4, #0x11
	bpl	2b
	set	r0, TABLE_0
	mcr	p15, 0, r0, c2, c0, 0
	isb
	tlb_all

	say	"big-endian tables"
	probe_off
	bl	mmu_off
	bl	swap_tables
	sctlr	1 << 25, 0
	bl	mmu_on
	set	r7, VA
	bl	translate
	set	r7, PAGES
	bl	translate
	ldr	r0, [r7, #12]
	show	"word", r0
	blx	r7
	set	r0, PAGES
	set	r1, ((PA + 0x1000) | PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL))
	rev	r1, r1
	set	r2, TABLES_2
	str	r1, [r2]
	dsb
	mcr	p15, 0, r7, c8, c7, 1
	sync
	ldr	r0, [r7, #12]
	show	"another word", r0
	bl	mmu_off
	sctlr	0, 1 << 25
	bl	swap_tables

	say	"changes while it is off"
	set	r0, TABLE_1
	mcr	p15, 0, r0, c2, c0, 1
	mov	r0, #1
	mcr	p15, 0, r0, c2, c0, 2
	mvn	r0, #0
	mcr	p15, 0, r0, c3, c0, 0
	mov	r0, #33
	mcr	p15, 0, r0, c13, c0, 1
	isb
	ldr	r0, [r7]
	set	r7, PA
	bl	translate
	ldr	r0, [r7, #12]
	show	"word", r0
	bl	mmu_on
	set	r7, VA
	bl	translate
	ldr	r0, [r7, #12]
	show	"word", r0
	state	"end"
	b	power_off

// A section and a page of each TEX, C, B, S; loads, stores, an unaligned load, LDREX and a call.
types:
	push	{r4-r11, lr}
	mov	r4, #0
1:	and	r5, r4, #31
	and	r1, r5, #3
	lsl	r1, r1, #2
	lsr	r2, r5, #2
	lsr	r3, r4, #5
	set	r0, (PA | SECT | SECT_AP(AP_USER))
	orr	r0, r0, r1
	orr	r0, r0, r2, lsl #12
	orr	r6, r0, r3, lsl #16
	set	r0, (PA | PAGE | PAGE_AP(AP_USER))
	orr	r0, r0, r1
	orr	r0, r0, r2, lsl #6
	orr	r1, r0, r3, lsl #10
	set	r0, PAGES
	bl	map_page
	set	r0, VA
	mov	r1, r6
	bl	map_section
	tlb_all
	mov	r0, r4
	bl	put_digits
	set	r7, VA
	bl	probe_all
	ldr	r8, [r7, #13]
	add	r3, r7, #12
	ldrex	r9, [r3]
	strex	r10, r9, [r3]
	add	r8, r8, r9, lsl #4
	add	r8, r8, r10
	set	r7, PAGES
	mov	r0, r8
	bl	put_digits
	bl	probe_all
	add	r4, r4, #1
	cmp	r4, #64
	blo	1b
	pop	{r4-r11, pc}

swap_tables:
	set	r0, TABLE_0
	mov	r1, #4096
1:	ldr	r2, [r0]
	rev	r2, r2
	str	r2, [r0], #4
	subs	r1, r1, #1
	bne	1b
	set	r0, TABLES_2
	mov	r1, #256
2:	ldr	r2, [r0]
	rev	r2, r2
	str	r2, [r0], #4
	subs	r1, r1, #1
	bne	2b
	dsb
	bx	lr

translate:
	push	{lr}
	.irp	op, 0, 3
	mcr	p15, 0, r7, c7, c8, \op
	isb
	mrc	p15, 0, r0, c7, c4, 0
	show	"PAR", r0
	.endr
	pop	{pc}
