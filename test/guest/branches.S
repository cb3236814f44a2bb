// SPDX-License-Identifier: MIT
//
// Every way of the kernel's to branch: indirect ones by each instruction that writes the PC,
// conditional ones both ways, calls across pages, code that falls through a page's end, and
// a page entered at several offsets. Each stretch has a sensitive word that must work.
#include "test/guest/kernel.inc"

// Reached by a branch: r10 counts, and the MRS must give this mode.
	.macro	landed name
	mrs	r11, cpsr
	and	r11, r11, #0x1f
	add	r10, r10, r11
	show	"\name", r10
	.endm

	.macro	both name, insn
	msr	cpsr_f, #0x40000000		// Z: EQ is taken, NE isn't
	addr	r0, 1f
	mov	r9, #0
	\insn
	mov	r9, #1
	mrs	r8, cpsr
1:	mrs	r8, cpsr
	show	"\name", r9
	.endm

main:
	mov	r10, #0
	.irp	m, SVC, IRQ, SYS, FIQ, UND
	mode	\m
	mov	r10, #0
	addr	r0, 1f
	bx	r0
	b	fatal
1:	landed	"bx \m"
	addr	r0, 2f
	mov	pc, r0
	b	fatal
2:	landed	"mov pc \m"
	.endr
	mode	SVC

	// Each instruction.
	.macro	lands name, insn
	addr	r0, 1f
	mov	r1, #0
	mov	r2, #4
	set	r8, POOL
	\insn
	b	fatal
1:	landed	"\name"
	.endm
	lands	"b",		"b 1f"
	lands	"mov lr",	"mov lr, r0; mov pc, lr"
	lands	"bx lr",	"mov lr, r0; bx lr"
	lands	"add",		"sub r0, r0, #4; add pc, r0, #4"
	lands	"add reg",	"sub r0, r0, #4; add pc, r0, r2"
	lands	"add shifted",	"sub r0, r0, #16; add pc, r0, r2, lsl #2"
	lands	"sub",		"add r0, r0, #4; sub pc, r0, r2"
	lands	"orr",		"orr pc, r0, r1"
	lands	"bic",		"bic pc, r0, r1"
	lands	"eor",		"eor pc, r0, r1"
	lands	"mvn",		"mvn r0, r0; mvn pc, r0"
	lands	"rsb",		"rsb pc, r1, r0"
	lands	"adc",		"msr cpsr_f, #0x20000000; sub r0, r0, #1; adc pc, r0, r1"
	lands	"sbc",		"msr cpsr_f, #0x20000000; sbc pc, r0, r1"
	lands	"add pc",	"mov r3, #4; add pc, pc, r3; b fatal"
	lands	"add pc lsl",	"mov r3, #2; add pc, pc, r3, lsl #2; b fatal; b fatal"
	lands	"ldr",		"str r0, [r8]; ldr pc, [r8]"
	lands	"ldr imm",	"str r0, [r8, #8]; ldr pc, [r8, #8]"
	lands	"ldr imm-",	"str r0, [r8]; add r8, r8, #8; ldr pc, [r8, #-8]"
	lands	"ldr pre",	"str r0, [r8, #8]; ldr pc, [r8, #8]!"
	show	"base", r8
	lands	"ldr post",	"str r0, [r8]; ldr pc, [r8], #12"
	show	"base", r8
	lands	"ldr reg",	"str r0, [r8, #4]; ldr pc, [r8, r2]"
	lands	"ldr reg lsl",	"str r0, [r8, #16]; ldr pc, [r8, r2, lsl #2]"
	lands	"ldr post reg",	"str r0, [r8]; ldr pc, [r8], r2"
	show	"base", r8
	lands	"ldr sp post",	"push {r0}; ldr pc, [sp], #4"
	lands	"pop one",	"push {r0}; pop {pc}"
	lands	"pop",		"push {r4, r5, lr}; str r0, [sp, #8]; pop {r4, r5, pc}"
	lands	"ldmia",	"stmia r8, {r0, r1, r2}; str r0, [r8, #8]; ldmia r8, {r4, r5, pc}"
	lands	"ldmia!",	"str r0, [r8, #8]; ldmia r8!, {r4, r5, pc}"
	show	"base", r8
	lands	"ldmib!",	"str r0, [r8, #12]; ldmib r8!, {r4, r5, pc}"
	show	"base", r8
	lands	"ldmdb!",	"str r0, [r8, #12]; add r8, r8, #16; ldmdb r8!, {r4, r5, pc}"
	show	"base", r8
	lands	"ldmda",	"str r0, [r8, #16]; add r8, r8, #16; ldmda r8, {r4, r5, pc}"
	show	"r4", r4

	// A frame with the base, SP and PC: Linux's old APCS epilogue.
	mov	r7, sp
	addr	r0, 1f
	mov	r3, sp
	str	r3, [r8, #-8]
	str	r8, [r8, #-12]
	str	r0, [r8, #-4]
	ldmdb	r8, {fp, sp, pc}
	b	fatal
1:	landed	"apcs"
	show	"fp", fp
	mov	r0, sp
	sub	r0, r0, r7
	show	"sp moved", r0

	// Conditional, taken and not.
	both	"beq", "beq 1f"
	both	"bne", "bne 1f"
	both	"bxeq", "bxeq r0"
	both	"bxne", "bxne r0"
	both	"moveq", "moveq pc, r0"
	both	"movne", "movne pc, r0"
	both	"ldreq", "str r0, [r8]; ldreq pc, [r8]"
	both	"ldrne", "str r0, [r8]; ldrne pc, [r8]"
	both	"ldmeq", "push {r0}; ldmeq sp!, {pc}; pop {r0}"
	both	"ldmne", "str r0, [r8]; ldmne r8, {pc}"
	both	"addeq", "mov r3, #0; addeq pc, r0, r3"
	both	"addne", "mov r3, #0; addne pc, r0, r3"
	addr	sp, stack_svc

	// Calls: each form, LR as it should be.
	mov	r10, #0
	bl	callee
	show	"bl lr", r4
	addr	r0, callee
	blx	r0
	show	"blx lr", r4
	blx	r0
	mov	lr, pc
	mov	pc, r0
	show	"mov lr, pc", r4
	mov	lr, pc
	bx	r0
	show	"mov lr, bx", r4
	msr	cpsr_f, #0x40000000
	bleq	callee
	blne	callee
	blxeq	r0
	msr	cpsr_f, #0x40000000
	blxne	r0
	show	"calls", r10

	// The same twice: the second time its target is known.
	mov	r6, #2
3:	addr	r0, 1f
	mov	r1, sp
	push	{r0, r4, r5}
	ldr	pc, [sp], #12
	b	fatal
1:	sub	r1, r1, sp
	show	"ldr sp #12", r1
	subs	r6, r6, #1
	bne	3b

	// A table of jumps, as compilers make it.
	mov	r6, #2
2:	mov	r5, #0
3:	mov	r10, #0
	cmp	r5, #3
	ldrls	pc, [pc, r5, lsl #2]
	b	5f
	.word	case_0, case_1, case_2, case_3
case_0:	add	r10, r10, #1
case_1:	add	r10, r10, #0x10
case_2:	mrs	r11, cpsr
	add	r10, r10, #0x100
case_3:	add	r10, r10, #0x1000
	show	"case", r10
	add	r5, r5, #1
	b	3b
5:	show	"default", r10
	subs	r6, r6, #1
	bne	2b
	mov	r6, #2
4:	mov	r5, #0
6:	mov	r10, #0
	cmp	r5, #2
	addls	pc, pc, r5, lsl #2
	b	7f
	b	8f
	b	9f
	mov	r10, #3
9:	add	r10, r10, #0x10
8:	mrs	r11, cpsr
	show	"add table", r10
	add	r5, r5, #1
	b	6b
7:	subs	r6, r6, #1
	bne	4b
	// One page entered at many offsets, out of order; its words are sensitive ones.
	.irp	n, 5, 1, 1000, 7, 2, 999, 500, 3, 0, 1000, 500
	addr	r0, many + 4 * \n
	mov	r1, #0
	blx	r0
	show	"many \n", r1
	show	"psr", r2
	.endr

	// Falling from one page into the next, where there is a plain word at the edge, a
	// sensitive one, a call, and a conditional branch.
	.irp	n, plain, sensitive, call, conditional
	mov	r10, #0
	msr	cpsr_f, #0x80000000
	bl	edge_\n
	show	"edge \n", r10
	msr	cpsr_f, #0x40000000
	bl	edge_\n
	show	"edge \n", r10
	.endr

	// Deep recursion, back through as many returns.
	mov	r0, #60
	mov	r10, #0
	bl	recurse
	show	"recursion", r10

	// Hot loops with a branch of each kind.
	set	r5, 20000
	mov	r10, #0
1:	bl	tiny
	addr	r0, tiny
	blx	r0
	subs	r5, r5, #1
	bne	1b
	show	"loops", r10
	b	power_off

callee:
	mov	r4, lr
	mrs	r11, cpsr
	add	r10, r10, #1
	bx	lr

tiny:
	add	r10, r10, #1
	mov	pc, lr

recurse:
	push	{r0, lr}
	subs	r0, r0, #1
	beq	1f
	bl	recurse
1:	mrs	r1, cpsr
	and	r1, r1, #0x1f
	add	r10, r10, r1
	pop	{r0, pc}

	.balign	4096
many:
	.rept	1016
	add	r1, r1, #1
	.endr
	mrs	r2, cpsr
	and	r2, r2, #0x1f
	bx	lr
	.balign	4096

	.space	4096 - 8
edge_plain:
	mrs	r2, cpsr
	add	r10, r10, #1
	mrs	r2, cpsr
	and	r2, r2, #0x1f
	add	r10, r10, r2
	bx	lr
	.balign	4096
	.space	4096 - 4
edge_sensitive:
	mrs	r2, cpsr
	mrs	r3, cpsr
	and	r2, r2, #0x1f
	and	r3, r3, #0x1f
	add	r10, r2, r3
	bx	lr
	.balign	4096
	.space	4096 - 8
edge_call:
	mov	r6, lr
	bl	callee
	mrs	r2, cpsr
	and	r2, r2, #0x1f
	add	r10, r10, r2
	bx	r6
	.balign	4096
	.space	4096 - 4
edge_conditional:
	beq	1f
	add	r10, r10, #0x100
1:	mrs	r2, cpsr
	and	r2, r2, #0x1f
	add	r10, r10, r2
	bx	lr
