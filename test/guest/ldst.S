// SPDX-License-Identifier: MIT
//
// Loads and stores that the monitor does itself, at the places where they can go wrong: over
// two pages of which one is missing, read-only, a device or holds code, unaligned, with SCTLR.A,
// big-endian. A transfer that faults shows what it had done by then. Cases: what the kernel does in A32,
// in Thumb, and a user in both.
#include "test/guest/kernel.inc"

#define ALIAS 0x50000000	// of RAM, and of the pages below
#define PRIO  0x420		// GICD_IPRIORITYR8

// Pages of POOL: code | nothing, code | read-only, code | device | code, code | code.
	.equ	P0, POOL
	.equ	P2, POOL + 0x2000
	.equ	P4, POOL + 0x4000
	.equ	P5, POOL + 0x5000
	.equ	P6, POOL + 0x6000
	.equ	P8, POOL + 0x8000

// Runs one instruction with r0 to r7, d0 to d3 and memory known and r8 as its address.
// What has changed is printed behind its text: A to K for r0 to r10 (r9 is SP, r10 LR), L to S for
// s0 to s7, then T to ] for ten words of memory from 16 bytes before the address. In Thumb what follows the calls is aligned, for report.
	.macro	t insn:vararg
	t_after	nop, \insn
	.endm

	.macro	t_after prelude, insn:vararg
	mov	r12, sp
	.ifdef	IN_THUMB
	blx	prepare
	\prelude
	\insn
	mov	r9, sp
	mov	r10, lr
	mov	sp, r12
	.balign	4
	blx	report
	b.w	.Lnext\@
	.else
	bl	prepare
	\prelude
	\insn
	mov	r9, sp
	mov	r10, lr
	mov	sp, r12
	bl	report
	b	.Lnext\@
	.endif
	.word	.Ltext\@
.Lnext\@:
	.pushsection .rodata
.Ltext\@: .asciz	"\insn"
	.popsection
	.endm

	.macro	battery
	t	ldr	r0, [r8]
	t	ldr	r0, [r8], #4
	t	ldrh	r0, [r8]
	t	ldrsh	r0, [r8, #2]!
	t	ldrsb	r0, [r8, #1]
	t	ldrb	r0, [r8], #1
	t	ldr	r8, [r8]
	t	str	r0, [r8]
	t	str	r1, [r8, #2]!
	t	strh	r1, [r8], #-2
	t	strb	r2, [r8, #3]
	t	ldrd	r0, r1, [r8]
	t	strd	r2, r3, [r8], #8
	t	ldrd	r8, r9, [r8]
	t	ldm	r8!, {r0, r1, r2, r3}
	t	ldmdb	r8!, {r4, r5}
	t	ldm	r8, {r0, r1, r8}
	t	stm	r8!, {r0, r1, r2, r3}
	t	stmdb	r8, {r4, r5, r8}
	t	stm	r8, {r6, r7, lr}
	t	ldrt	r0, [r8]
	t	ldrht	r0, [r8]
	t	ldrsht	r1, [r8]
	t	ldrsbt	r1, [r8]
	t	strt	r1, [r8]
	t	strht	r1, [r8]
	t	strbt	r1, [r8]
	.endm

	.macro	exclusives
	t	ldrex	r0, [r8]
	t	ldrexh	r0, [r8]
	t	ldrexd	r0, r1, [r8]
	clrex
	t	strex	r0, r1, [r8]
	t	strexd	r0, r2, r3, [r8]
	.endm

	.macro	swaps
	t	.inst	0xe1080091		// SWP r0, r1, [r8], which the assembler warns of
	t	.inst	0xe1480091		// SWPB
	.endm

	.macro	vectors_of
	t	vldr	s2, [r8]
	t	vldr	d1, [r8]
	t	vstr	s3, [r8]
	t	vstr	d2, [r8, #-4]
	t	vldmia	r8!, {d1, d2}
	t	vldmia	r8, {s1, s2, s3}
	t	vldmdb	r8!, {s1, s2, s3}
	t	vstmia	r8!, {d1, d2}
	t	vstmdb	r8!, {s1, s2, s3}
	.endm

	.macro	structures
	t	vld1.8	{d0}, [r8]!
	t	vld1.16	{d0, d1}, [r8:64]
	t	vld1.32	{d0-d3}, [r8]!
	t	vld2.8	{d0, d1}, [r8]
	t	vld3.16	{d0, d1, d2}, [r8]!
	t	vld4.32	{d0-d3}, [r8:128], r0
	t	vld1.32	{d1[1]}, [r8:32]!
	t	vld2.16	{d0[3], d1[3]}, [r8]
	t	vld3.8	{d0[7], d1[7], d2[7]}, [r8], r2
	t	vld4.16	{d0[1], d1[1], d2[1], d3[1]}, [r8:64]
	t	vld1.8	{d0[], d1[]}, [r8]!
	t	vld2.16	{d0[], d2[]}, [r8:32]!
	t	vld4.32	{d0[], d1[], d2[], d3[]}, [r8:128]
	t	vst1.8	{d1}, [r8]
	t	vst1.16	{d0, d1}, [r8]!
	t	vst1.64	{d0-d2}, [r8], r0
	t	vst2.32	{d0, d2}, [r8]
	t	vst3.8	{d0, d1, d2}, [r8]!
	t	vst4.16	{d0-d3}, [r8]
	t	vst1.16	{d1[2]}, [r8]!
	t	vst4.8	{d0[3], d1[3], d2[3], d3[3]}, [r8:32]
	.endm

	.balign	4
main:
	set	r0, 0x00f00000
	mcr	p15, 0, r0, c1, c0, 2
	isb
	set	r0, 0x40000000
	vmsr	fpexc, r0
	bl	mmu_flat
	set	r0, (ALIAS - RAM + POOL)
	set	r1, (POOL + SECT + SECT_XN + SECT_C_B + SECT_AP(AP_USER))
	bl	map_section
	set	r0, POOL
	mov	r1, #0
	bl	map_table
	.irp	n, 0, 2, 4, 6, 8, 9
	set	r0, (POOL + (\n << 12))
	set	r1, (POOL + (\n << 12) + PAGE + PAGE_C_B + PAGE_AP(AP_USER))
	bl	map_page
	.endr
	set	r0, (POOL + 0x3000)
	set	r1, (POOL + 0x3000 + PAGE + PAGE_C_B + PAGE_AP(AP_R))
	bl	map_page
	set	r0, P5
	set	r1, (GICD + PAGE + PAGE_XN + PAGE_AP(AP_USER))
	bl	map_page
	tlb_all

	// Code in the pages, which is run once.
	.irp	n, 0, 2, 4, 6, 8, 9
	set	r0, (POOL + (\n << 12) + 0x800)
	set	r1, 0xe12fff1e
	str	r1, [r0]
	mov	r4, r0
	add	r1, r0, #4
	coherent r0, r1
	blx	r4
	.endr

	say	"as it comes"
	bl	sweep
#ifdef CASE_banked
	say	"returns that fail"
	set	r1, (P0 + 0xffc)
	set	r2, (P0 + ALIAS - RAM + 0xffc)
	addr	r0, place_va
	stm	r0, {r1, r2}
	t	rfeia	r8!
	t	rfeib	r8!
	t	ldm	r8!, {r0, r1, pc}^
	t	ldm	r8, {r7, r8, pc}^
	t	ldmib	r8!, {r0, pc}^
	set	r1, (P0 + 0xffe)
	addr	r0, place_va
	str	r1, [r0]
	t	rfeia	r8!
	t	ldm	r8!, {r0, r1, pc}^
#endif
#ifndef CASE_user
	say	"SCTLR.A and SW"
	mrc	p15, 0, r0, c1, c0, 0
	orr	r0, r0, #2
	orr	r0, r0, #0x400
	mcr	p15, 0, r0, c1, c0, 0
	isb
	bl	sweep
	mrc	p15, 0, r0, c1, c0, 0
	bic	r0, r0, #2
	bic	r0, r0, #0x400
	mcr	p15, 0, r0, c1, c0, 0
	isb
	say	"big-endian"
	addr	r0, big
	mov	r1, #1
	str	r1, [r0]
	bl	sweep
#endif
	b	power_off

	.pushsection .data
	.balign	4096
// The addresses of interest, and their alias that never faults, by turns.
	.macro	place page, off
	.word	\page + \off, ALIAS - RAM + \page + \off
	.endm
places:
	place	P0, 0xffe
	place	P0, 0xffc
	place	P0, 0xff8
	place	P0, 0x900
	place	P0, 0x901
	place	P2, 0xfff
	place	P2, 0xff8
	place	P4, 0xffd
	place	P4, 0xff8
	place	P8, 0xffe
	place	P8, 0xff8
#ifndef CASE_exclusive
	.word	P5 + PRIO, GICD + PRIO
	.word	P5 + PRIO + 1, GICD + PRIO
	.word	P5 + PRIO + 2, GICD + PRIO
#endif
	.word	0
	.popsection

sweep:
	push	{lr}
	addr	r0, places
1:	ldr	r1, [r0], #4
	cmp	r1, #0
	popeq	{pc}
	ldr	r2, [r0], #4
	addr	r3, place_va
	stm	r3, {r1, r2}
	push	{r0, lr}
	show	"at", r1
#ifndef CASE_user
	bl	kernel_battery
#endif
#if defined(CASE_user) || defined(CASE_exclusive)
	user	user_battery
	user	user_battery_thumb
#endif
	pop	{r0, lr}
	b	1b

	.pushsection .data
place_va: .word	0, 0
big:	.word	0
known:	.space	31 * 4
now:	.space	31 * 4
	.popsection

// r12 := the address of a snapshot: r0 to r10, d0 to d3, ten words of memory, in one case the user's SP and LR. Keeps r0 to r10.
	.macro	snapshot label
	push	{r0, r1, r2}
	addr	r12, \label
	stm	r12, {r0-r10}
	add	r0, r12, #(11 * 4)
	vstmia	r0!, {d0-d3}
	addr	r1, place_va
	ldr	r1, [r1, #4]
	bic	r1, r1, #3
	sub	r1, r1, #16
	.rept	10
	ldr	r2, [r1], #4
	str	r2, [r0], #4
	.endr
#ifdef CASE_banked
	stm	r0, {sp, lr}^
#endif
	pop	{r0, r1, r2}
	.endm

prepare:
	push	{r12, lr}
	addr	r8, place_va
	ldr	r0, [r8, #4]
	bic	r0, r0, #3
	sub	r0, r0, #16
	set	r1, 0x08182838
	set	r2, 0x40484050
	mov	r3, #10
1:	str	r1, [r0], #4
	add	r1, r1, r2
	subs	r3, r3, #1
	bne	1b
	ldr	r8, [r8]
	set	r0, 0xa0a1a2a3
	set	r1, 0x11121314
	add	r2, r1, r1
	add	r3, r2, r1
	add	r4, r3, r1
	add	r5, r4, r1
	add	r6, r5, r1
	add	r7, r6, r1
	mov	r9, r12
	mov	r10, lr
	vmov	d0, r0, r1
	vmov	d1, r2, r3
	vmov	d2, r4, r5
	vmov	d3, r6, r7
	snapshot known
	addr	r12, big
	ldr	r12, [r12]
	cmp	r12, #0
	pop	{r12, lr}
	bxeq	lr
	setend	be
	bx	lr

report:
	setend	le
	push	{r4-r8, lr}
	snapshot now
	mov	r7, r12
	bic	lr, lr, #1
	ldr	r0, [lr, #4]
	bl	put_str
	addr	r6, known
	mov	r5, #0
1:	ldr	r4, [r7], #4
	ldr	r0, [r6], #4
	cmp	r0, r4
	beq	2f
	mov	r0, #' '
	bl	put_char
	add	r0, r5, #'A'
	bl	put_char
	mov	r0, r4
	bl	put_hex
2:	add	r5, r5, #1
	cmp	r5, #31
	bne	1b
	mov	r0, #'\n'
	bl	put_char
	pop	{r4-r8, pc}

kernel_battery:
	push	{lr}
#ifdef CASE_thumb
	blx	kernel_thumb
#elif defined(CASE_banked)
	t	stm	r8, {r0, r1, sp, lr}^
	t	stmdb	r8, {r2, sp, lr}^
	t	ldm	r8, {r0, r1, sp, lr}^
	t	ldmib	r8, {r8, sp, lr}^
	t_after	"mov sp, r8", srsia	sp!, #SVC
	t_after	"mov sp, r8", srsdb	sp, #SVC
	t_after	"mov sp, r8", srsib	sp!, #SVC
#elif defined(CASE_vector)
	vectors_of
	structures
#elif defined(CASE_exclusive)
	exclusives
	swaps
#else
	battery
#endif
	pop	{pc}

	.macro	t16_forms
	t_after	"mov r7, r8", ldr r0, [r7]
	t_after	"mov r7, r8", ldr r0, [r7, #4]
	t_after	"mov r7, r8", ldrb r0, [r7, #3]
	t_after	"mov r7, r8", ldrh r0, [r7, #2]
	t_after	"mov r7, r8", str r0, [r7, #4]
	t_after	"mov r7, r8", strb r0, [r7]
	t_after	"mov r7, r8", strh r1, [r7, #2]
	t_after	"add r7, r8, r0", ldr r1, [r7, r0]
	t_after	"mov r5, #2", ldrsh r1, [r7, r5]
	t_after	"mov r7, r8", ldm r7!, {r0, r1, r2}
	t_after	"mov r7, r8", ldm r7, {r0, r7}
	t_after	"mov r7, r8", stm r7!, {r0, r1}
	t_after	"mov sp, r8", push {r0, r1, lr}
	t_after	"mov sp, r8", pop {r0, r1, r2}
	t_after	"mov sp, r8", str r4, [sp, #4]
	t_after	"mov sp, r8", ldr r4, [sp]
	t_after	"it eq", ldrbeq r0, [r8]
	t_after	"it ne", ldrbne r0, [r8]
	t_after	"it eq", strbeq r0, [r8]
	t_after	"it ne", strbne r0, [r8]
	t_after	"itt eq; moveq r1, #1", strheq r0, [r8]
	.endm

	.macro	user_forms
#ifdef CASE_exclusive
	exclusives
#else
	battery
	vectors_of
	structures
#endif
	.endm

user_battery:
	user_forms
	leave_user

	.thumb
	.balign	4
	.thumb_func
user_battery_thumb:
	.equ	IN_THUMB, 1
	user_forms
	t16_forms
	.balign	4
	bx	pc
	nop
	.arm
	leave_user

	.thumb
	.balign	4
	.thumb_func
kernel_thumb:
	push	{r4, lr}
#ifdef CASE_thumb
	battery
	t16_forms
	vectors_of
	structures
#endif
	pop	{r4, pc}
