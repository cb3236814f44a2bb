// SPDX-License-Identifier: MIT
//
// Memory in Thumb: SRS and RFE, to each mode's stack and from each; the unprivileged loads and
// stores beside plain ones of every form, on pages of each kind of right; and the devices,
// reached by each form there is. What is transferred, the faults, and the base afterwards.
#include "test/guest/kernel.inc"
#include "test/guest/rights.inc"


	// r4 is 0x80 into the page r7; r6 and r2, r3 are data, r5 an offset.
	.macro	access insn
	push	{r4, r5, r6}
	add	r4, r7, #0x80
	mov	r5, #8
	set	r6, 0x5a6b7c8d
	set	r2, 0x22222222
	set	r3, 0x33333333
	\insn
	sub	r4, r4, r7
	show	"\insn base", r4
	show	"value", r6
	eor	r2, r2, r3
	show	"values", r2
	pop	{r4, r5, r6}
	.endm

main:
	map_rights
	to_thumb
	bl	stacks
	bl	fill
	all_rights

	// From other modes, and flags kept.
	.irp	m, SYS, FIQ, IRQ, ABT, UND, SVC
	mode	\m
	set	r8, (PAGES + 0x2000)
	set	r0, 0xd0000000
	msr	cpsr_f, r0
	ldrt	r0, [r8, #4]
	strt	r0, [r8, #8]
	flags	"flags in \m"
	show	"r0", r0
	set	r8, (PAGES + 0x1000)		// kernel only
	ldrht	r0, [r8, #4]
	strbt	r0, [r8, #4]
	flags	"flags in \m"
	.endr

	// Unaligned, over two pages of which the second refuses.
	set	r7, (PAGES + 0x3ffe)
	ldrt	r6, [r7]
	strt	r6, [r7]
	set	r7, (PAGES + 0x2fff)
	ldrht	r6, [r7]
	show	"r6", r6
	set	r7, (PAGES + 0x3f01)
	ldrt	r6, [r7, #255]
	strt	r6, [r7, #250]
	show	"r6", r6

	to_arm
	bl	mmu_off
	to_thumb
	set	r7, POOL
	ldrt	r6, [r7, #4]
	show	"off", r6
	strt	r6, [r7]
	ldr	r5, [r7]
	show	"off", r5
	bl	devices
	to_arm
	bl	mmu_flat
	to_thumb
	bl	devices
	to_arm
	b	power_off

	thumb_code
	.thumb_func
fill:
	fill_rights
	bx	lr

	.thumb_func
forms:
	push	{lr}
	.irp	n, 0, 4, 255
	access	"ldrt r6, [r4, #\n]"
	access	"ldrbt r6, [r4, #\n]"
	access	"ldrht r6, [r4, #\n]"
	access	"ldrsbt r6, [r4, #\n]"
	access	"ldrsht r6, [r4, #\n]"
	access	"strt r6, [r4, #\n]"
	access	"strbt r6, [r4, #\n]"
	access	"strht r6, [r4, #\n]"
	.endr
	.irp	insn, ldr, ldrb, ldrh, ldrsb, ldrsh, str, strb, strh
	access	"\insn r6, [r4, r5]"
	access	"\insn\().w r6, [r4, r5, lsl #2]"
	access	"\insn\().w r6, [r4, #0x123]"
	access	"\insn r6, [r4, #-4]"
	access	"\insn r6, [r4, #8]!"
	access	"\insn r6, [r4], #-8"
	.endr
	access	"ldr r6, [r4, #16]"
	access	"strb r6, [r4, #3]"
	access	"ldrd r2, r3, [r4, #-8]!"
	access	"ldrd r2, r3, [r4], #8"
	access	"strd r2, r3, [r4, #16]"
	access	"ldmia r4!, {r2, r3, r6}"
	access	"ldmia.w r4, {r2, r3, r6}"
	access	"ldmdb r4!, {r2, r3, r6}"
	access	"stmia r4!, {r2, r3, r6}"
	access	"stmdb r4!, {r2, r3, r6}"
	access	"ldrex r6, [r4, #4]"
	access	"ldrexb r6, [r4]"
	access	"pld [r4]"
	pop	{pc}

// SRS to the stack of each mode from each mode, and RFE from there.
	.thumb_func
stacks:
	push	{r4, lr}
	mov	r10, sp
	.irp	from, FIQ, IRQ, SVC, ABT, UND
	.irp	to, SYS, FIQ, IRQ, SVC, ABT, UND
	.irp	how, "srsia sp, ", "srsia sp!, ", "srsdb sp, ", "srsdb sp!, "
	mode	\to
	mov	r6, sp
	set	r4, (POOL + 0x100)
	mov	sp, r4
	mov	r5, #0
	strd	r5, r5, [r4, #-8]
	strd	r5, r5, [r4]
	mode	\from
	mov	r9, lr
	set	lr, (0x12340000 | \from << 8 | \to)
	set	r5, (0x900f0000 | \from << 8 | \to)
	msr	spsr_cxsf, r5
	set	r5, 0x60000000
	msr	cpsr_f, r5
	\how	#\to
	mrs	r1, cpsr
	mov	lr, r9
	mode	\to
	mov	r7, sp
	mov	sp, r6
	mode	SVC
	show	"\how \from to \to", r7
	ldrd	r2, r3, [r4, #-8]
	show	"below", r2
	show	"below", r3
	ldrd	r2, r3, [r4]
	show	"at", r2
	show	"at", r3
	show	"cpsr", r1
	.endr
	.endr
	.endr
	mov	r4, sp
	cmp	r10, r4
	it	ne
	udfne	#1

	// RFE: the base is the register of the mode that is left.
	.irp	from, SYS, FIQ, IRQ, SVC, ABT, UND
	.irp	to, SYS, FIQ, IRQ, SVC, ABT, UND
	.irp	how, "rfeia r9", "rfeia r9!", "rfedb r9", "rfedb r9!", "rfeia sp!", "rfedb sp", "rfeia lr!"
	mode	\from
	mov	r4, sp
	mov	r5, lr
	set	r9, (POOL + 0x100)
	mov	sp, r9
	mov	lr, r9
	addr	r2, (1f + 1)
	set	r3, (0xa00f0000 | PSR_T | PSR_F | PSR_I | \to)
	strd	r2, r3, [r9, #-8]
	strd	r2, r3, [r9]
	\how
	blx	fatal
1:	mrs	r1, cpsr
	mode	\from
	mov	r6, sp
	add	r6, r6, lr
	add	r6, r6, r9, lsl #8
	mov	sp, r4
	mov	lr, r5
	mode	SVC
	show	"\how \from to \to", r1
	show	"bases", r6
	.endr
	.endr
	.endr

	// SRS and RFE that fault: at once, and in the second word; the base stays.
	.macro	faults insn, at:vararg
	.irp	a, \at
	set	r9, (\a)
	mode	SYS
	mov	r8, sp
	mov	sp, r9
	mode	SVC
	say	"\insn at \a"
	resume_at 1f
	\insn
	say	"no fault"
1:	cpsid	if, #SYS
	mov	r6, sp
	mov	sp, r8
	mode	SVC
	show	"sp", r6
	show	"r9", r9
	.endr
	.endm
	faults	"srsia sp!, #SYS", 0x60000000, PAGES + 0x4000, PAGES + 0x3ffc, PAGES + 0x4ffc, PAGES + 0x5004, PAGES + 0x3002
	faults	"srsdb sp!, #SYS", 0x60000000, PAGES + 0x5000, PAGES + 0x5004, PAGES + 0x4004, PAGES + 0x500c, PAGES + 0x3012
	faults	"rfeia r9!", 0x60000000, PAGES + 0x4000, PAGES + 0x3ffc, PAGES + 0x4ffc, PAGES + 0x7002
	faults	"rfedb r9!", 0x60000000, PAGES + 0x5000, PAGES + 0x5004, PAGES + 0x4004, PAGES + 0x7012
	pop	{r4, pc}

// Each store sends its character; what the registers read, and the base.
	.set	sent, 0
	.macro	sends insn
	set	r4, UART
	mov	r5, #0
	mov	r6, #('A' + sent % 26)
	.set	sent, sent + 1
	mov	r1, #0
	\insn
	set	r0, UART
	sub	r4, r4, r0
	show	" \insn", r4
	.endm

	.macro	reads insn
	set	r4, (UART + 0xfe0)
	mov	r5, #4
	set	r6, 0x66666666
	set	r2, 0x22222222
	\insn
	show	"\insn", r6
	show	"and", r2
	set	r0, UART
	sub	r4, r4, r0
	show	"base", r4
	.endm

	.thumb_func
devices:
	push	{r4, lr}
	.irp	insn, "str", "strb", "strh"
	sends	"\insn r6, [r4]"
	sends	"\insn r6, [r4, r5]"
	sends	"\insn\().w r6, [r4]"
	sends	"\insn\().w r6, [r4, r5, lsl #3]"
	sends	"sub r4, r4, #0x30; \insn\().w r6, [r4, #0x30]"
	sends	"add r4, r4, #0x20; \insn r6, [r4, #-0x20]"
	sends	"add r4, r4, #0x20; \insn r6, [r4, #-0x20]!"
	sends	"sub r4, r4, #0x20; \insn r6, [r4, #0x20]!"
	sends	"\insn r6, [r4], #255"
	sends	"\insn r6, [r4], #-4"
	sends	"mov r8, r4; mov r12, r6; \insn\().w r12, [r8]"
	sends	"\insn\()t r6, [r4]"
	sends	"sub r4, r4, #8; \insn\()t r6, [r4, #8]"
	.endr
	sends	"sub r4, r4, #0x14; str r6, [r4, #0x14]"
	sends	"mov r3, sp; mov sp, r4; str r6, [sp]; mov sp, r3"
	sends	"stmia r4!, {r6}"
	sends	"mov r7, #0; stmia r4!, {r6, r7}"
	sends	"mov r7, #0; stmia.w r4, {r6, r7}"
	sends	"mov r7, #0; add r4, r4, #8; stmdb r4!, {r6, r7}"
	sends	"mov r7, #0; strd r6, r7, [r4]"
	sends	"mov r7, #0; strd r6, r7, [r4], #8"
	sends	"mov r7, #0; sub r4, r4, #16; strd r6, r7, [r4, #16]!"
	sends	"mov r3, sp; add r4, r4, #8; mov sp, r4; push {r6, r7}; mov r4, sp; mov sp, r3"

	reads	"ldr r6, [r4]"
	reads	"ldr r6, [r4, #16]"
	reads	"ldr r6, [r4, r5]"
	reads	"ldrb r6, [r4]"
	reads	"ldrb r6, [r4, #4]"
	reads	"ldrb r6, [r4, r5]"
	reads	"ldrh r6, [r4]"
	reads	"ldrh r6, [r4, #4]"
	reads	"ldrh r6, [r4, r5]"
	reads	"ldrsb r6, [r4, r5]"
	reads	"ldrsh r6, [r4, r5]"
	.irp	insn, ldr, ldrb, ldrh, ldrsb, ldrsh
	reads	"\insn\().w r6, [r4, #12]"
	reads	"\insn\().w r6, [r4, r5, lsl #1]"
	reads	"\insn r6, [r4, #-0xbc]"
	reads	"\insn r6, [r4, #4]!"
	reads	"\insn r6, [r4, #-4]!"
	reads	"\insn r6, [r4], #0x40"
	reads	"\insn\()t r6, [r4, #8]"
	.endr
	reads	"ldrd r6, r2, [r4]"
	reads	"ldrd r6, r2, [r4, #8]!"
	reads	"ldrd r2, r6, [r4], #-8"
	reads	"ldmia r4!, {r2, r6}"
	reads	"ldmia.w r4, {r2, r6}"
	reads	"ldmia r4!, {r0, r1, r2, r3, r6}"
	reads	"ldmdb r4!, {r2, r6}"
	reads	"mov r3, sp; mov sp, r4; ldr r6, [sp, #4]; ldr r2, [sp]; mov sp, r3"
	reads	"mov r3, sp; mov sp, r4; pop {r2, r6}; mov r4, sp; mov sp, r3"
	reads	"mov r12, r4; ldr.w r11, [r12], #4; mov r6, r11; mov r2, r12"

	// The distributor: bytes of priorities, words of enables, several at a time.
	set	r4, (GICD + 0x420)
	set	r0, 0xa0b0c0d0
	str	r0, [r4]
	ldrb	r1, [r4, #1]
	show	"priority", r1
	mov	r1, #0x50
	strb	r1, [r4, #2]
	ldrb	r2, [r4, #2]!
	show	"priority", r2
	ldr	r2, [r4, #-2]
	show	"priorities", r2
	set	r4, (GICD + 0x100)
	mov	r5, #4
	movs	r0, #0x40
	str	r0, [r4, r5]
	ldmia	r4!, {r0, r1}
	show	"enabled", r0
	show	"enabled", r1
	ldrd	r2, r3, [r4, #-8]
	show	"enabled", r2
	show	"enabled", r3
	set	r4, (GICD + 0x180)
	stmia.w	r4!, {r0, r1}
	ldr	r1, [r4, #-4]
	show	"disabled", r1
	set	r4, GICD
	ldrd	r2, r3, [r4, #4]
	show	"typer", r2
	show	"iidr", r3
	set	r4, GICC
	mov	r0, #0xf0
	str.w	r0, [r4, #4]!
	ldr	r0, [r4]
	show	"pmr", r0
	ldr	r0, [r4, #8]
	show	"iar", r0
	pop	{r4, pc}
	.ltorg
