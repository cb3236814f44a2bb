// SPDX-License-Identifier: MIT
//
// What the shadow MMU costs: a guest kernel for bench/mmu.sh. Each measurement is a loop of N rounds
// between two marks (bench/insn.c counts the instructions), which is run under the monitor and bare: the
// difference divided by N is what the monitor spends on a round, from the vector to the return into the
// guest. A line "task NAME N" for each names it, in the order of the marks.
//
// What is measured has been done once before, on other addresses or in other spaces, so that no loop pays
// for its code's first execution.
#include "test/guest/kernel.inc"

#define SECTIONS 0x50000000	// sections are mapped from here, what for see main
#define PAGES    0x60000000	// pages
#define SPARSE   0x70000000	// one page in each section
#define DATA     (RAM + 0x1000000) // untouched by code
#define ROUNDS   32
#define SPACES   4		// address spaces: tables from here, ASIDs from 1
#define TABLES   (RAM + 0x800000)
#define L2S      (RAM + 0x900000)

	.macro	mark
	.word	0xe30cce11			// MOVW r12, #0xce11
	.endm

// ROUNDS times label's code, counted, under this name.
	.macro	measure name, label, arg=0
	set	r10, \arg
	mark
	bl	\label
	mark
	string	r0, "task \name"
	bl	put_str
	say	" 32"
	.endm

// The space with table r1 and ASID r0, by way of the reserved table. Spoils r2.
	.macro	enter
	mrc	p15, 0, r2, c2, c0, 1
	mcr	p15, 0, r2, c2, c0, 0
	isb
	mcr	p15, 0, r0, c13, c0, 1
	isb
	mcr	p15, 0, r1, c2, c0, 0
	isb
	.endm

// Reads a word every \step bytes from r10.
	.macro	toucher label, step
\label:
	mov	r11, #ROUNDS
	set	r12, \step
	add	r10, r10, #8
1:	ldr	r0, [r10], r12
	subs	r11, r11, #1
	bne	1b
	bx	lr
	.endm

main:
	bl	tables
	bl	mmu_flat
	mov	r0, #0
	mcr	p15, 0, r0, c2, c0, 2
	set	r0, TABLES
	mcr	p15, 0, r0, c2, c0, 1		// as Linux has it: TTBR1 names a table of global entries
	mcr	p15, 0, r0, c2, c0, 0
	sync
	bl	all				// everything once, so that all code is known
	tlb_all
	bl	enter_all
	bl	all
	b	power_off

all:
	push	{lr}
	set	r10, (PAGES + 0x80000)
	bl	touch_pages
	measure	fill_section, touch_sections, SECTIONS
	measure	known_section, touch_sections, SECTIONS
	measure	fill_page, touch_pages, (PAGES + 0x1000)
	measure	fill_first_page, touch_sections, SPARSE
	bl	enter_all
	mov	r0, #1
	bl	go_to
	set	r0, 0x10000
	ldr	r0, [r0]
	measure	fill_page_own, touch_pages, 0x11000
	say	"user"
	user	touch_user_first
	measure	fill_page_user, touch_user
	bl	enter_all
	measure	switch, switch_all
	measure	switch_reserved, switch_reserved_all
	measure	tlbi_va, invalidate, PAGES
	measure	tlbi_va_asid, invalidate, 0x10001
	mov	r0, #0
	mcr	p15, 0, r0, c8, c7, 0
	sync
	measure	tlbi_all, invalidate_all
	mov	r0, #0
	bl	go_to
	pop	{pc}

	toucher	touch_sections, 0x100000
	toucher touch_pages, 0x1000

touch_user_first:
	set	r0, 0x40000
	ldr	r0, [r0]
	leave_user

touch_user:
	push	{lr}
	user	touch_user_pages
	pop	{pc}

touch_user_pages:
	set	r10, 0x41000
	bl	touch_pages
	leave_user

// Each space's page, twice, so that it is known and its entries are there.
enter_all:
	push	{r4, lr}
	mov	r4, #SPACES
1:	mov	r0, r4
	bl	go_to
	set	r0, 0x10000
	ldr	r0, [r0]
	subs	r4, r4, #1
	bne	1b
	pop	{r4, pc}

// Space r0, 0 being the one with nothing of its own, as Linux enters it. Spoils r1, r2.
go_to:
	set	r1, TABLES
	add	r1, r1, r0, lsl #14
	orr	r1, r1, #0x4a
	enter
	bx	lr

// From space to space: by CONTEXTIDR and TTBR0, as cpu_v7_switch_mm does.
switch_all:
	mov	r11, #ROUNDS
1:	and	r0, r11, #(SPACES - 1)
	add	r0, r0, #1
	set	r1, TABLES
	add	r1, r1, r0, lsl #14
	orr	r1, r1, #0x4a
	mcr	p15, 0, r0, c13, c0, 1
	isb
	mcr	p15, 0, r1, c2, c0, 0
	isb
	subs	r11, r11, #1
	bne	1b
	bx	lr

// By way of the reserved table, which check_and_switch_context does before.
switch_reserved_all:
	push	{lr}
	mov	r11, #ROUNDS
1:	and	r0, r11, #(SPACES - 1)
	add	r0, r0, #1
	set	r1, TABLES
	add	r1, r1, r0, lsl #14
	orr	r1, r1, #0x4a
	enter
	subs	r11, r11, #1
	bne	1b
	pop	{pc}

// TLBIMVA of pages from r10, which holds the ASID, too.
invalidate:
	mov	r11, #ROUNDS
1:	mcr	p15, 0, r10, c8, c7, 1
	sync
	add	r10, r10, #0x1000
	subs	r11, r11, #1
	bne	1b
	bx	lr

invalidate_all:
	mov	r11, #ROUNDS
1:	mcr	p15, 0, r11, c8, c7, 0
	sync
	subs	r11, r11, #1
	bne	1b
	bx	lr

// Space n's table is TABLES + n * 16 KiB: all have what mmu_flat maps, the sections, a table of global pages,
// and sparse ones; from space 1 on, at address 0, a table of pages that are the space's own.
tables:
	push	{r4-r9, lr}
	set	r4, TABLES
	mov	r5, #0
1:	mov	r0, r4
	mov	r1, #4096
	mov	r2, #0
2:	str	r2, [r0], #4
	subs	r1, r1, #1
	bne	2b
	mov	r0, r4
	bl	common_part
	cmp	r5, #0
	beq	4f
	set	r0, L2S
	add	r0, r0, r5, lsl #10
	orr	r1, r0, #1
	str	r1, [r4]
	set	r1, (DATA | PAGE | PAGE_nG | PAGE_C_B | PAGE_AP(AP_USER))
	bl	fill_l2
4:	add	r4, r4, #0x4000
	add	r5, r5, #1
	cmp	r5, #SPACES
	bls	1b
	pop	{r4-r9, pc}

// 256 pages from descriptor r1 on, into the table at r0.
fill_l2:
	mov	r2, #256
1:	str	r1, [r0], #4
	add	r1, r1, #0x1000
	subs	r2, r2, #1
	bne	1b
	bx	lr

common_part:
	push	{r4, lr}
	mov	r4, r0
	set	r1, (RAM | SECT | SECT_C_B | SECT_AP(AP_USER))
	set	r2, (RAM >> 18)
	mov	r3, #64
1:	str	r1, [r4, r2]
	add	r1, r1, #0x100000
	add	r2, r2, #4
	subs	r3, r3, #1
	bne	1b
	set	r1, (UART | SECT | SECT_XN | SECT_AP(AP_USER))
	str	r1, [r4, #(UART >> 18)]
	set	r1, (GICD | SECT | SECT_XN | SECT_AP(AP_USER))
	str	r1, [r4, #(GICD >> 18)]
	set	r1, (DATA | SECT | SECT_XN | SECT_C_B | SECT_AP(AP_USER))
	set	r2, (SECTIONS >> 18)
	mov	r3, #32
2:	str	r1, [r4, r2]
	add	r1, r1, #0x100000
	add	r2, r2, #4
	subs	r3, r3, #1
	bne	2b
	set	r1, L2S
	orr	r1, r1, #1
	set	r2, (PAGES >> 18)
	str	r1, [r4, r2]
	set	r2, (SPARSE >> 18)
	mov	r3, #32
3:	str	r1, [r4, r2]
	add	r2, r2, #4
	subs	r3, r3, #1
	bne	3b
	set	r0, L2S
	set	r1, (DATA | PAGE | PAGE_C_B | PAGE_AP(AP_USER))
	bl	fill_l2
	pop	{r4, pc}
