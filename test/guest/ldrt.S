// SPDX-License-Identifier: MIT
//
// Unprivileged loads and stores in all forms, beside the plain ones, on pages of each
// kind of right: what is transferred, the faults, and the base register afterwards.
#include "test/guest/kernel.inc"
#include "test/guest/rights.inc"

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
	map_rights
	fill_rights
	all_rights

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
