// SPDX-License-Identifier: MIT
//
// Unprivileged loads and stores in all forms, beside the plain ones, on pages of each
// kind of right: what is transferred, the faults, and the base register afterwards.
#include "test/guest/kernel.inc"

#define PAGES 0x41000000	// a page of each AP, one unmapped, and one in a closed domain behind

	.macro	access insn
	push	{r4, r5, r6}
	mov	r4, r7
	add	r4, r4, #0x80
	mov	r5, #8
	set	r6, 0x5a6b7c8d
	\insn
	sub	r4, r4, r7
	show	"\insn base", r4
	show	"value", r6
	pop	{r4, r5, r6}
	.endm

	.macro	all_forms
	access	"ldrt r6, [r4]"
	access	"ldrt r6, [r4], #4"
	access	"ldrt r6, [r4], #-4"
	access	"ldrt r6, [r4], r5"
	access	"ldrt r6, [r4], -r5, lsl #2"
	access	"ldrt r6, [r4], r5, ror #2"
	access	"ldrbt r6, [r4]"
	access	"ldrbt r6, [r4], #1"
	access	"ldrbt r6, [r4], r5, asr #1"
	access	"ldrht r6, [r4]"
	access	"ldrht r6, [r4], #2"
	access	"ldrht r6, [r4], -r5"
	access	"ldrsbt r6, [r4], #3"
	access	"ldrsbt r6, [r4], r5"
	access	"ldrsht r6, [r4], #-6"
	access	"ldrsht r6, [r4], r5"
	access	"strt r6, [r4]"
	access	"strt r6, [r4], #4"
	access	"strt r6, [r4], -r5"
	access	"strt r6, [r4], r5, lsr #1"
	access	"strbt r6, [r4], #1"
	access	"strbt r6, [r4], r5"
	access	"strht r6, [r4], #-2"
	access	"strht r6, [r4], r5"
	access	"ldr r6, [r4]"
	access	"ldr r6, [r4, r5]!"
	access	"str r6, [r4, #4]!"
	access	"strb r6, [r4], #1"
	access	"ldrd r2, r3, [r4], #8"
	access	"strd r2, r3, [r4, #8]!"
	access	"stmia r4!, {r5, r6}"
	access	"ldmdb r4, {r6, r8}"
	access	"ldrex r6, [r4]"
	.endm

main:
	bl	map_flat
	set	r0, PAGES
	mov	r1, #0
	bl	map_table
	mov	r4, #0
1:
	set	r5, (POOL | PAGE | PAGE_C_B)
	orr	r5, r5, r4, lsl #12
	and	r0, r4, #3
	orr	r5, r5, r0, lsl #4
	tst	r4, #4
	orrne	r5, r5, #0x200
	cmp	r4, #4				// reserved
	moveq	r5, #0
	set	r0, PAGES
	add	r0, r0, r4, lsl #12
	mov	r1, r5
	bl	map_page
	add	r4, r4, #1
	cmp	r4, #8
	blo	1b
	// A section of domain 1, which is closed.
	set	r0, (PAGES + 0x100000)
	set	r1, (POOL | SECT | SECT_C_B | SECT_AP(AP_USER) | (1 << 5))
	bl	map_section
	bl	mmu_on

	// Patterns, through the flat map.
	set	r0, POOL
	mov	r1, #0
	set	r2, 0x80c1f2e3
2:	add	r3, r2, r1
	str	r3, [r0, r1]
	add	r1, r1, #4
	cmp	r1, #0x8000
	blo	2b

	mov	r9, #0
3:	set	r7, PAGES
	add	r7, r7, r9, lsl #12
	show	"page of AP", r9
	bl	forms
	add	r9, r9, #1
	cmp	r9, #8
	blo	3b
	set	r7, (PAGES + 0x100000)
	say	"closed domain"
	bl	forms

	// What the stores have left.
	set	r0, POOL
	mov	r1, #0
4:	mov	r3, #0
	mov	r4, #0
5:	ldr	r2, [r0], #4
	eor	r3, r2, r3, ror #1
	add	r4, r4, #1
	cmp	r4, #1024
	blo	5b
	show	"page", r3
	add	r1, r1, #1
	cmp	r1, #8
	blo	4b

	// From other modes, and flags kept.
	set	r7, PAGES
	.irp	m, SYS, FIQ, IRQ, ABT, UND, SVC
	mode	\m
	set	r7, (PAGES + 0x2000)
	msr	cpsr_f, #0xd0000000
	ldrt	r0, [r7]
	strt	r0, [r7], #4
	flags	"flags in \m"
	show	"r7", r7
	set	r7, (PAGES + 0x1000)		// kernel only
	ldrt	r0, [r7], #4
	strt	r0, [r7], #4
	flags	"flags in \m"
	show	"r7", r7
	.endr

	// Conditional ones.
	set	r7, (PAGES + 0x1000)
	mov	r6, #0
	msr	cpsr_f, #0x40000000
	ldrtne	r6, [r7], #4
	strtne	r6, [r7], #4
	ldrteq	r6, [r7], #4
	show	"r7", r7

	// Unaligned, over two pages of which the second refuses.
	set	r7, (PAGES + 0x3ffe)
	ldrt	r6, [r7]
	strt	r6, [r7]
	set	r7, (PAGES + 0x2fff)
	ldrht	r6, [r7]
	show	"r6", r6
	set	r7, (PAGES + 0x3001)
	ldrt	r6, [r7]
	show	"r6", r6
	strt	r6, [r7], #4
	ldr	r6, [r7, #-4]
	show	"r6", r6

	// MMU off: nothing is refused.
	bl	mmu_off
	set	r7, POOL
	ldrt	r6, [r7], #4
	show	"off", r6
	strt	r6, [r7]
	show_at	"off", r7
	// A device.
	set	r7, UART
	add	r7, r7, #0x30
	ldrt	r6, [r7], #8
	show	"UARTCR", r6
	mov	r6, #0
	strt	r6, [r7]
	b	power_off

forms:
	push	{lr}
	all_forms
	pop	{pc}
