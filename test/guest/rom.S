// SPDX-License-Identifier: MIT
//
// Code in flash, which has copies as RAM's code has: they go, and come, and what flash shows stays the same.
//   evict   more code in RAM than there is room for copies of, while pages of flash are executed and read, at their own
//           addresses and at others
//   arrive  a page, of flash and of RAM, is entered again in its middle, through one of its two mappings: what is
//           sensitive there is so through the other, too
#include "test/guest/kernel.inc"
#include "test/guest/firmware.inc"

#define CODE     0x8000		// where code is in flash; and in RAM, at LOAD + CODE
#define VA_1     0x50000000
#define VA_2     0x50101000
#define RAM_CODE (POOL + 0x10000)
#define PAGES    600		// of RAM: their copies don't fit
#define ROM_CODE 4		// pages of flash
#define STAMP    0x20		// in each page, which isn't patched

	.macro	section va, descriptor
	set	r0, \va
	set	r1, (\descriptor)
	bl	map_section
	.endm

main:
	from_flash
	bl	play
	bl	mmu_flat
	section	0, SECT | SECT_C_B | SECT_AP(AP_R)
	set	r0, VA_1
	mov	r1, #0
	bl	map_table
	set	r0, VA_2
	mov	r1, #1
	bl	map_table
	bl	map_both
	tlb_all
	bl	play
	b	power_off

#ifdef CASE_evict
map_both:
	push	{r8, lr}
	mov	r8, #0
1:	set	r1, CODE
	add	r1, r1, r8, lsl #12
	orr	r1, r1, #(PAGE | PAGE_C_B | PAGE_AP(AP_R) & 0xff)
	orr	r1, r1, #(PAGE_AP(AP_R) & ~0xff)
	set	r0, VA_1
	add	r0, r0, r8, lsl #12
	bl	map_page
	set	r0, VA_2
	add	r0, r0, r8, lsl #12
	bl	map_page
	add	r8, r8, #1
	cmp	r8, #ROM_CODE
	blo	1b
	pop	{r8, pc}

// At what VA_1 and VA_2 show flash is run only once they are mapped.
play:	push	{r4-r11, lr}
	set	r8, RAM_CODE
	set	r9, PAGES
1:	set	r0, 0xe10f0000			// mrs r0, cpsr
	str	r0, [r8]
	set	r0, 0xe12fff1e			// bx lr
	str	r0, [r8, #4]
	str	r9, [r8, #STAMP]
	add	r8, r8, #0x1000
	subs	r9, r9, #1
	bne	1b
	mov	r0, #0
	dsb
	mcr	p15, 0, r0, c7, c5, 0
	sync
	mov	r10, #0
	mov	r11, #3
2:	set	r8, RAM_CODE
	set	r9, PAGES
3:	mov	r0, #0
	blx	r8
	add	r10, r0, r10, ror #29
	ldr	r0, [r8, #STAMP]
	add	r10, r0, r10, ror #29
	bl	stamps
	tst	r9, #63
	bleq	execute
	add	r8, r8, #0x1000
	subs	r9, r9, #1
	bne	3b
	show	"round", r10
	subs	r11, r11, #1
	bne	2b
	pop	{r4-r11, pc}

// Sums up the pages' stamps.
stamps:	push	{r4, r5, lr}
	set	r4, CODE
	bl	stamps_at
	mrc	p15, 0, r0, c1, c0, 0
	tst	r0, #1
	beq	1f
	set	r4, VA_1
	bl	stamps_at
	set	r4, VA_2
	bl	stamps_at
1:	pop	{r4, r5, pc}

stamps_at:
	mov	r5, #ROM_CODE
1:	ldr	r0, [r4, #STAMP]
	add	r10, r0, r10, ror #29
	ldr	r0, [r4, #0xffc]
	add	r10, r0, r10, ror #29
	add	r4, r4, #0x1000
	subs	r5, r5, #1
	bne	1b
	bx	lr

// Runs them, and sums up what they return.
execute:
	push	{r4, r5, lr}
	set	r4, CODE
	bl	execute_at
	mrc	p15, 0, r0, c1, c0, 0
	tst	r0, #1
	beq	1f
	set	r4, VA_1
	bl	execute_at
	set	r4, VA_2
	bl	execute_at
1:	pop	{r4, r5, pc}

execute_at:
	push	{lr}
	mov	r5, #ROM_CODE
1:	mov	r0, #0
	blx	r4
	add	r10, r0, r10, ror #29
	add	r4, r4, #0x1000
	subs	r5, r5, #1
	bne	1b
	pop	{pc}

	.org	CODE
	.irp	n, 1, 2, 3, 4
	mrs	r0, cpsr
	add	r0, r0, #\n
	bx	lr
	.balign	STAMP
	.word	0x11111111 * \n
	.balign	4096, \n
	.endr
#endif

#ifdef CASE_arrive
#define MIDDLE 0x101		// of the page, in Thumb state

map_both:
	push	{lr}
	set	r1, CODE
	bl	map_at_both
	set	r1, LOAD + CODE
	bl	map_at_both
	pop	{pc}

// The frame of r1 at VA_1 and VA_2, or behind; RAM's where there is RAM.
map_at_both:
	push	{r8, r9, lr}
	mov	r8, #0
	cmp	r1, #RAM
	movhs	r8, #0x1000
	orr	r9, r1, #(PAGE | PAGE_C_B | PAGE_AP(AP_R) & 0xff)
	orr	r9, r9, #(PAGE_AP(AP_R) & ~0xff)
	set	r0, VA_1
	add	r0, r0, r8
	mov	r1, r9
	bl	map_page
	set	r0, VA_2
	add	r0, r0, r8
	mov	r1, r9
	bl	map_page
	pop	{r8, r9, pc}

play:	push	{r4-r11, lr}
	mov	r10, #0
	set	r4, CODE + 1
	blx	r4
	mov	r10, r0
	show	"flash, at its beginning", r10
	mrc	p15, 0, r0, c1, c0, 0
	tst	r0, #1
	beq	9f
	mov	r11, #0
1:	set	r4, VA_1 + 1
	add	r4, r4, r11
	blx	r4
	show	"first mapping", r0
	set	r4, VA_2 + 1
	add	r4, r4, r11
	blx	r4
	show	"second mapping", r0
	set	r0, VA_1
	add	r0, r0, r11
	mcr	p15, 0, r0, c8, c7, 3		// TLBIMVAA: the next fetch from there is a fault
	sync
	set	r4, VA_1 + MIDDLE
	add	r4, r4, r11
	blx	r4
	show	"its middle, by the first mapping", r0
	set	r4, VA_2 + MIDDLE
	add	r4, r4, r11
	blx	r4
	show	"by the second", r0
	set	r4, VA_2 + 1
	add	r4, r4, r11
	blx	r4
	show	"its beginning", r0
	add	r11, r11, #0x1000
	cmp	r11, #0x1000
	bls	1b
9:	pop	{r4-r11, pc}

// The middle doesn't look like code: undefined instructions are around what is sensitive.
	.org	CODE
	thumb_code
	movs	r0, #0x55
	bx	lr
	.balign	256, 0xba
	mrs	r0, cpsr
	bx	lr
	.rept	16
	.hword	0xbaba
	.endr
	arm_code
	.balign	4096, 0xba
#endif
