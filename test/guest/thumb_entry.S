// SPDX-License-Identifier: MIT
//
// Into Thumb state, out of it and within it, by each instruction that may, to addresses on a word
// and between two; pages that mix both states and literals; and T32 instructions on two pages.
// Where a jump lands a sensitive instruction is the first. The case `both` runs the same words in
// both states.
#include "test/guest/kernel.inc"

#define ALIAS  0x51000000	// of the first section of RAM
#define EDGES  0x50000000	// two pages, over
#define FIRST  (POOL + 0x20000)	// these frames; the second page is also
#define SECOND (POOL + 0x25000)
#define THIRD  (POOL + 0x23000)

	.macro	fail
	.if	code_is_thumb
	blx	fatal
	.else
	b	fatal
	.endif
	.endm

// Jumps by `insn` with the target in r0, as it is read by an instruction that interworks;
// r0 to r2 and r8 are given. From the state we are in to ARM, or, at `pad` halfwords behind a
// word, to Thumb.
	.macro	lands_arm name, insn
	addr	r0, 1f
	lands_prepare
	\insn
	fail
	.balign	4
	arm_code
1:	lands_report "\name"
	.endm

	.macro	lands_thumb pad, name, insn
	addr	r0, 1f + 1
	lands_prepare
	\insn
	fail
	.balign	4
	thumb_code
	.rept	\pad
	nop
	.endr
1:	lands_report "\name"
	.endm

	.macro	lands_prepare
	mov	r1, #0
	mov	r2, #4
	set	r8, (POOL + 16)
	set	lr, 0xe000e000
	.endm

	.macro	lands_report name
	mrs	r11, cpsr
	show	"\name", r11
	addr	r10, 1b
	cmp	lr, r10				// BLX's is where it came from, short before
	ite	lo
	sublo	r10, r10, lr
	movhs	r10, lr
	show	"lr", r10
	set	r10, (POOL + 16)
	sub	r8, r8, r10
	show	"base", r8
	.endm

	.macro	state_arm
	.if	code_is_thumb
	to_arm
	.endif
	.endm

	.macro	state_thumb
	.ifeq	code_is_thumb
	to_thumb
	.endif
	.endm

main:
#ifdef CASE_both
	b	both
#endif
	// From ARM to Thumb.
	.irp	pad, 0, 1
	.irp	insn, "bx r0", "blx r0", "mov pc, r0", "add pc, r0, #0", "add pc, r0, r1", "sub pc, r0, r1, lsl #2", "orr pc, r0, r1", "eor pc, r1, r0", "str r0, [r8]; ldr pc, [r8]", "str r0, [r8, #8]; ldr pc, [r8, #8]!", "str r0, [r8]; ldr pc, [r8], #4", "str r0, [r8, #16]; ldr pc, [r8, r2, lsl #2]", "push {r0}; pop {pc}", "push {r0}; push {r2}; pop {r4, pc}", "str r0, [r8, #4]; ldmia r8!, {r4, pc}", "str r0, [r8, #-4]; ldmdb r8!, {r4, pc}", "str r0, [r8, #8]; ldmib r8, {r4, pc}", "mov lr, r0; bx lr", "blx 1f"
	state_arm
	lands_thumb \pad, "arm to thumb \pad: \insn", "\insn"
	.endr
	.endr

	// From Thumb to ARM.
	.irp	insn, "bx r0", "blx r0", "mov lr, r0; bx lr", "str r0, [r8]; ldr.w pc, [r8]", "str r0, [r8, #8]; ldr.w pc, [r8, #8]!", "str r0, [r8]; ldr.w pc, [r8], #4", "str r0, [r8, #-4]; ldr.w pc, [r8, #-4]", "str r0, [r8, #16]; ldr.w pc, [r8, r2, lsl #2]", "push {r0}; pop {pc}", "push {r0}; push {r2}; pop {r4, pc}", "push {r0}; push {r2}; pop.w {r9, pc}", "push {r0}; ldr.w pc, [sp], #4", "str r0, [r8, #4]; ldmia.w r8!, {r4, pc}", "str r0, [r8, #-4]; ldmdb.w r8!, {r4, pc}", "blx 1f", "nop; blx 1f", "ldr.w pc, 9f; .balign 4; 9: .word 1f", "cmp r0, r0; it eq; bxeq r0", "cmp r0, r0; itt eq; moveq r4, r0; blxeq r4"
	state_thumb
	lands_arm "thumb to arm: \insn", "\insn"
	.endr

	// Within Thumb, where moves to the PC don't look at bit 0.
	state_thumb
	.irp	pad, 0, 1
	.irp	insn, "bx r0", "blx r0", "mov pc, r0", "bic r0, r0, #1; mov pc, r0", "adr r3, 9f; bic r0, r0, #1; sub r0, r0, r3; 9: add pc, r0; nop", "adr r3, 9f; bic r0, r0, #1; sub r0, r0, r3; .balign 4; nop; nop; 9: add pc, r0", "str r0, [r8]; ldr.w pc, [r8]", "str r0, [r8, #-4]; ldr.w pc, [r8, #-4]!", "str r0, [r8, #4]; ldr.w pc, [r8, r2]", "push {r0}; pop {pc}", "push {r0}; push {r2}; pop {r4, pc}", "push {r0}; pop.w {pc}", "str r0, [r8, #4]; ldmia.w r8!, {r4, pc}", "b.w 1f", "b 1f", "bl 1f", "cmp r0, r0; it eq; moveq pc, r0", "cmp r0, r0; it ne; bxne r8; bx r0"
	lands_thumb \pad, "thumb to thumb \pad: \insn", "\insn"
	.endr
	.endr
	state_arm

	// Exception returns, from each state to each, to each mode.
	.macro	returns psr, name, insn
	.irp	to, 0, 1
	mode	SVC
	set	r1, (\psr + \to * PSR_T)
	msr	spsr_cxsf, r1
	addr	r0, (1f)
	set	r8, POOL
	mov	lr, r0
	mov	r5, #0
	\insn
	fail
	.balign	4
	.if	\to
	thumb_code
	.else
	arm_code
	.endif
1:	mrs	r11, cpsr
	show	"\name, T \to", r11
	.if	\to
	to_arm
	.endif
	.if	from_thumb
	to_thumb
	.endif
	.endr
	.endm

	.set	from_thumb, 0
	returns	(SVC | PSR_I | 0xa0000000),	"arm movs",	"movs pc, lr"
	returns	(IRQ | PSR_F | 0x600f0000),	"arm subs",	"add lr, lr, #4; subs pc, lr, #4"
	returns	(SYS | PSR_A | PSR_I),		"arm ldm",	"push {r0}; ldmfd sp!, {pc}^"
	returns	(UND | PSR_I | PSR_F),		"arm rfe",	"push {r0, r1}; rfefd sp!"
	returns	(FIQ | PSR_I | 0xf8000000),	"arm rfedb",	"stmia r8, {r0, r1}; add r8, r8, #8; rfedb r8"
	to_thumb
	.set	from_thumb, 1
	.irp	m, SVC, SYS, FIQ, IRQ, ABT, UND
	returns	(\m | PSR_I | 0xa0000000),	"movs \m",	"movs pc, lr"
	returns	(\m | PSR_F | 0x600f0000),	"subs 4 \m",	"add lr, lr, #4; subs pc, lr, #4"
	returns	(\m | PSR_A | 0x18000000),	"subs 255 \m",	"add lr, lr, #255; subs pc, lr, #255"
	returns	(\m | PSR_I | PSR_F),		"rfe \m",	"push {r0, r1}; rfeia sp!"
	returns	(\m | PSR_I | 0xf8000000),	"rfedb \m",	"stmia.w r8, {r0, r1}; add r8, r8, #8; rfedb r8"
	.endr
	returns	(SVC | PSR_I),	"subs 2 lr odd",	"add lr, lr, #3; subs pc, lr, #2"
	returns	(SVC | PSR_I),	"subseq",	"cmp r0, r0; it eq; subseq pc, lr, #0"
	returns	(SVC | PSR_I),	"subsne, subs",	"cmp r0, r0; it ne; subsne pc, lr, #8; movs pc, lr"
	returns	(SVC | PSR_I),	"rfeeq",	"push {r0, r1}; cmp r0, r0; itt eq; moveq r4, r1; rfeiaeq sp!"
	to_arm

	// Pages that mix, in turns; read back elsewhere they are as they were.
	bl	mmu_flat
	set	r0, ALIAS
	set	r1, (RAM | SECT | SECT_XN | SECT_C_B | SECT_AP(AP_USER))
	bl	map_section
	mov	r6, #0
	mov	r5, #3
1:	bl	mixed_arm
	show	"mixed arm", r6
	blx	mixed_thumb
	show	"mixed thumb", r6
	addr	r0, mixed_thumb_2 + 1
	blx	r0
	show	"mixed thumb 2", r6
	bl	mixed_arm_2
	show	"mixed arm 2", r6
	addr	r0, mixed_arm
	addr	r1, mixed_end
	add	r0, r0, #(ALIAS - RAM)
	add	r1, r1, #(ALIAS - RAM)
	bl	sum
	show	"sum", r2
	blx	sum_thumb
	show	"sum", r2
	subs	r5, r5, #1
	bne	1b

	// T32 over the edge of a page, with neighbours and without, and another second half.
	set	r0, EDGES
	mov	r1, #0
	bl	map_table
	set	r0, EDGES
	set	r1, (FIRST + 0x32)
	bl	map_page
	.irp	halves, 0xf3ef8300, 0xf3808c00, 0xf3af84a0, 0xf3ff8300, 0xf8513e04, 0xf3808100, 0xf3ef8000
	set	r4, \halves
	bl	edges
	.endr
	b	power_off

// r4 is the instruction: run with the second page as SECOND and THIRD, where it may have another
// register, and the page before as it is and as a loop has left it.
edges:
	push	{lr}
	.irp	frame, SECOND, THIRD, SECOND
	set	r0, (EDGES + 0x1000)
	set	r1, (\frame + 0x32)
	bl	map_page
	tlb_all
	set	r0, (FIRST + 0xffc)
	movw	r1, #0xbf00			// NOP
	strh	r1, [r0]
	lsr	r1, r4, #16
	strh	r1, [r0, #2]
	set	r0, \frame
	.if	\frame == THIRD
	eor	r1, r4, #0x200			// which register, or which bits of the PSR
	.else
	mov	r1, r4
	.endif
	strh	r1, [r0]
	movw	r1, #0x4770			// BX lr
	strh	r1, [r0, #2]
	dsb
	mov	r0, #0
	mcr	p15, 0, r0, c7, c5, 0
	sync
	.irp	offset, 0xffd, 0xfff
	set	r0, (0x10000000 | SVC | PSR_I)
	set	r1, POOL
	mov	r2, #0
	mov	r3, #0
	set	r5, (EDGES + \offset)
	msr	spsr_cxsf, r0
	mrc	p15, 0, r8, c1, c0, 0
	blx	r5
	state	"edge"
	mode	SVC
	mrs	r0, spsr
	show	"spsr", r0
	.endr
	.endr
	pop	{pc}

// r2 := a sum over [r0, r1).
	.macro	summing
	mov	r2, #0
	mov	r3, r0
1:	ldr	r9, [r3], #4
	ror	r2, r2, #3
	eor	r2, r2, r9
	cmp	r3, r1
	blo	1b
	bx	lr
	.endm

sum:	summing
	thumb_code
	.thumb_func
sum_thumb:
	summing
	arm_code

	.balign	4096
mixed_arm:
	mrs	r1, cpsr
	and	r1, r1, #0x3f
	ldr	r2, =0xe10f0000			// MRS, were it code
	add	r6, r6, r1
	add	r6, r6, r2
	bx	lr
	.ltorg
	thumb_code
	.thumb_func
mixed_thumb:
	mrs	r1, cpsr
	and	r1, r1, #0x3f
	ldr	r2, =0x8000f3ef			// MRS in T32, were it code
	add	r6, r6, r1
	add	r6, r6, r2
	cpsid	i
	bx	lr
	.balign	4
	.ltorg
	.short	0xb672				// CPSID i
	.thumb_func
mixed_thumb_2:
	push	{r0, lr}
	mrs	r1, cpsr
	bfi	r6, r1, #8, #5
	adr	r0, mixed_arm_2
	blx	r0
	ldr	r2, =0xb672e10f
	eor	r6, r6, r2
	pop	{r0, pc}
	.balign	4
	.ltorg
	arm_code
mixed_arm_2:
	mrs	r1, spsr
	ldr	r2, =0xe14f0000
	bic	r6, r6, r2
	add	r6, r6, #1
	bx	lr
	.ltorg
	.balign	4096
mixed_end:

#ifdef CASE_both
both:
	// As ARM code MRS and BX, as Thumb code a shift and a branch; then the same on another page
	// the other way around.
	mov	r5, #3
1:	addr	r4, twice
	mov	r0, #0x20
	blx	r4
	show	"as arm", r0
	mov	r0, #0x20
	orr	r4, r4, #1
	blx	r4
	show	"as thumb", r0
	addr	r4, twice_2 + 1
	mov	r0, #0x20
	blx	r4
	show	"as thumb", r0
	bic	r4, r4, #1
	mov	r0, #0x20
	blx	r4
	show	"as arm", r0
	subs	r5, r5, #1
	bne	1b
	b	power_off
	.balign	4096
	.irp	name, twice, twice_2
	arm_code
	.balign	4
\name:	mrs	r0, cpsr			// 0000 e10f: MOVS r0, r0; B . + 0x222
	bx	lr
	.space	0x222 + 2 - 8
	thumb_code
	mrs	r1, cpsr
	and	r1, r1, #0x3f
	add	r0, r0, r1
	bx	lr
	arm_code
	.balign	4096
	.endr
#endif
	.ltorg
