// SPDX-License-Identifier: MIT
//
// Calls, returns, jumps and tables, in every form that compilers emit, a few hundred times each: under `block` all but
// the first few of each are done in the window, which tests.cfg sees by the report. In -thumb the Thumb ones, and
// sensitive instructions of all classes that the window has for Thumb, whatever the policy.
#include "test/guest/kernel.inc"

#define TIMES 300

// `insn`, again and again, leads to 1f; r10 counts. r0 has the address of 1f as BX takes it, r8 memory.
	.macro	times name, insn
	set	r6, TIMES
	mov	r10, #0
	set	r8, POOL
9:	addr	r0, (1f + code_is_thumb)
	\insn
	b	fatal
	.balign	4
1:	add	r10, r10, #1
	subs	r6, r6, #1
	bne	9b
	show	"\name", r10
	.endm

	.macro	counts name, insn
	set	r6, TIMES
	mov	r10, #0
	set	r8, POOL
9:	\insn
	add	r10, r10, #1
	subs	r6, r6, #1
	bne	9b
	show	"\name", r10
	show	"\name r3", r3
	.endm

main:
#ifdef CASE_thumb
	to_thumb
	times	"bx",		"bx r0"
	times	"mov pc",	"mov pc, r0"
	times	"add pc",	"adr r1, 2f; subs r0, r0, r1; add pc, r0; nop; .balign 4; 2:"
	times	"pop",		"push {r0}; pop {pc}"
	times	"pop more",	"push {r4, r5, lr}; str r0, [sp, #8]; pop {r4, r5, pc}"
	times	"pop.w",	"push.w {r4, r11, lr}; str r0, [sp, #8]; pop.w {r4, r11, pc}"
	times	"ldr sp",	"push {r0}; ldr.w pc, [sp], #4"
	times	"ldr sp #8",	"push {r0, r1}; ldr.w pc, [sp], #8"
	times	"ldr",		"str r0, [r8]; ldr.w pc, [r8]"
	times	"ldr imm",	"str r0, [r8, #8]; ldr.w pc, [r8, #8]"
	times	"ldr imm-",	"str r0, [r8]; adds r8, #8; ldr.w pc, [r8, #-8]"
	times	"ldr pre",	"str r0, [r8, #4]; ldr.w pc, [r8, #4]!; nop"
	show	"base", r8
	times	"ldr reg",	"str r0, [r8, #8]; mov r1, #2; ldr.w pc, [r8, r1, lsl #2]"
	times	"ldr literal",	"ldr.w pc, 2f; .balign 4; 2: .word 1f + 1"
	times	"ldm",		"str r0, [r8, #4]; ldmia.w r8, {r3, pc}"
	times	"ldm!",		"str r0, [r8, #4]; ldmia.w r8!, {r3, pc}"
	show	"base", r8
	times	"ldmdb",	"str r0, [r8, #4]; add.w r8, r8, #8; ldmdb.w r8, {r3, pc}"
	times	"tbb",		"mov r1, #1; tbb [pc, r1]; 2: .byte 0, (1f - 2b) / 2"
	times	"tbh",		"mov r1, #1; tbh [pc, r1, lsl #1]; 2: .short 0, (1f - 2b) / 2"
	times	"tbb reg",	"addr r2, 2f; mov r1, #1; tbb [r2, r1]; 2: .byte 0, (1f - 2b) / 2"
	times	"it bx",	"cmp r0, #0; it ne; bxne r0"
	times	"it pop",	"push {r0}; cmp r0, #0; itt ne; addne r3, #1; popne {pc}"
	times	"it ldr",	"str r0, [r8]; cmp r0, #0; it ne; ldrne.w pc, [r8]"
	counts	"bl, bx lr",	"bl thumb_bx"
	counts	"bl, pop",	"bl thumb_pop"
	counts	"bl, pop.w",	"bl thumb_pop_w"
	counts	"blx",		"addr r0, (thumb_bx + 1); blx r0"
	counts	"blx to A32",	"blx a32_bx"
	counts	"blx r to A32",	"addr r0, a32_pop; blx r0"
	counts	"mrs",		"mrs r3, cpsr"
	counts	"mrs spsr",	"mrs r3, spsr"
	counts	"msr",		"mrs r3, cpsr; msr cpsr_c, r3"
	counts	"msr spsr",	"msr spsr_fsxc, r6; mrs r3, spsr"
	counts	"cpsie",	"cpsie a; mrs r3, cpsr; cpsid a"
	counts	"cpsid.w",	"cpsid.w a; mrs r3, cpsr; cpsie.w a"
	counts	"cps",		"cps #0x1f; mrs r3, cpsr; cps #0x13"
	counts	"dacr",		"mrc p15, 0, r3, c3, c0, 0; mcr p15, 0, r3, c3, c0, 0"
	counts	"contextidr",	"mcr p15, 0, r6, c13, c0, 1; mrc p15, 0, r3, c13, c0, 1"
	counts	"ttbr1",	"mrc p15, 0, r3, c2, c0, 1"
	counts	"sctlr",	"mrc p15, 0, r3, c1, c0, 0"
	mov	r0, #0
	mcr	p15, 0, r0, c13, c0, 1
	.macro	returns name, insn
	set	r6, TIMES
	mov	r10, #0
	set	r8, POOL
9:	addr	r14, (1f + 1)
	mrs	r3, cpsr
	orr	r3, r3, #0x20
	msr	spsr_fsxc, r3
	\insn
	b	fatal
1:	adds	r10, #1
	subs	r6, #1
	bne	9b
	show	"\name", r10
	.endm
	returns	"subs pc",	"subs pc, lr, #0"
	returns	"subs pc #4",	"adds lr, lr, #4; subs pc, lr, #4"
	returns	"srs, rfe",	"srsdb sp!, #0x13; rfeia sp!"
	returns	"srs, rfedb",	"srsia sp, #0x13; add.w r1, sp, #8; rfedb r1"
	// Interrupts that stay masked in between, an exception of the user's to Thumb code and back.
	to_arm
	b	power_off

	thumb_code
	.thumb_func
thumb_bx:
	mov	r3, lr
	bx	lr
	.thumb_func
thumb_pop:
	push	{r4, lr}
	mov	r3, lr
	pop	{r4, pc}
	.thumb_func
thumb_pop_w:
	push.w	{r4, r8, lr}
	mov	r3, lr
	pop.w	{r4, r8, pc}
	arm_code
	.balign	4
#else
	times	"bx",		"bx r0"
	times	"mov pc",	"mov pc, r0"
	times	"pop one",	"push {r0}; pop {pc}"
	times	"pop",		"push {r4, r5, lr}; str r0, [sp, #8]; pop {r4, r5, pc}"
	times	"ldm sp",	"mov r7, sp; push {r11}; push {r11, r12, lr}; str r0, [sp, #8]; str r7, [sp, #4]; ldm sp, {r11, sp, pc}"
	times	"ldm sp, ip",	"mov r7, sp; push {r4, r5, r11, r12, lr}; str r0, [sp, #16]; str r7, [sp, #12]; ldm sp, {r4, r5, r11, sp, pc}"
	times	"ldmdb r11",	"mov r11, sp; mov r7, sp; push {r4, r11, r12, lr}; str r0, [sp, #12]; str r7, [sp, #8]; ldmdb r11, {r4, r11, sp, pc}"
	times	"ldm r8",	"str r0, [r8, #4]; ldm r8, {r3, pc}"
	times	"ldm across",	"add r8, r8, #0xff0; add r8, r8, #0xc; str r0, [r8, #4]; ldm r8, {r3, pc}"
	times	"ldmib",	"str r0, [r8, #8]; ldmib r8!, {r3, pc}"
	show	"base", r8
	times	"ldmda",	"str r0, [r8]; ldmda r8, {pc}"
	times	"ldr sp",	"push {r0}; ldr pc, [sp], #4"
	times	"ldr",		"str r0, [r8]; ldr pc, [r8]"
	times	"ldr imm",	"str r0, [r8, #8]; ldr pc, [r8, #8]"
	times	"ldr pre",	"str r0, [r8, #4]; ldr pc, [r8, #4]!"
	show	"base", r8
	times	"ldr post",	"str r0, [r8]; ldr pc, [r8], #-4"
	show	"base", r8
	times	"ldr literal",	"ldr pc, 2f; 2: .word 1f"
	times	"ldr table",	"mov r1, #1; cmp r1, #2; ldrls pc, [pc, r1, lsl #2]; b fatal; .word 0, 1f"
	times	"ldr reg",	"str r0, [r8, #8]; mov r1, #2; ldr pc, [r8, r1, lsl #2]"
	times	"ldr minus",	"str r0, [r8]; add r8, r8, #8; mov r1, #16; ldr pc, [r8, -r1, lsr #1]"
	times	"add table",	"mov r1, #1; cmp r1, #2; addls pc, pc, r1, lsl #2; b fatal; b fatal; b 1f"
	times	"add",		"sub r0, r0, #4; add pc, r0, #4"
	times	"add pc reg",	"addr r1, 1f; addr r2, 2f; sub r1, r1, r2; add pc, pc, r1; nop; 2:"
	times	"sub",		"add r0, r0, #4; sub pc, r0, #4"
	times	"orr",		"mov r1, #0; orr pc, r0, r1"
	times	"bic",		"bic pc, r0, #3"
	times	"mvn",		"mvn r0, r0; mvn pc, r0"
	times	"movne",	"cmp r0, #0; movne pc, r0"
	times	"ldmne",	"push {r0}; cmp r0, #0; ldmne sp!, {pc}"
	counts	"bl, bx lr",	"bl a32_bx"
	counts	"bl, pop",	"bl a32_pop"
	counts	"bl, apcs",	"bl a32_apcs"
	counts	"blx",		"addr r0, a32_bx; blx r0"
	counts	"mov lr, pc",	"addr r0, a32_bx; mov lr, pc; mov pc, r0"
	counts	"mov lr, ldr",	"addr r0, a32_bx; str r0, [r8]; mov lr, pc; ldr pc, [r8]"
	counts	"blx to Thumb",	"blx thumb_bx"
	counts	"blx r to Thumb", "addr r0, (thumb_pop + 1); blx r0"
	b	power_off

	thumb_code
	.thumb_func
thumb_bx:
	mov	r3, lr
	bx	lr
	.thumb_func
thumb_pop:
	push	{r4, lr}
	mov	r3, lr
	pop	{r4, pc}
	arm_code
	.balign	4
#endif
a32_bx:	mov	r3, lr
	bx	lr
a32_pop:
	push	{r4, lr}
	mov	r3, lr
	pop	{r4, pc}
a32_apcs:
	mov	r12, sp
	push	{r4, r11, r12, lr, pc}
	sub	r11, r12, #4
	mov	r3, lr
	ldmdb	r11, {r4, r11, r12, lr}
	sub	sp, r11, #16
	add	sp, sp, #20
	mov	pc, r3
	.ltorg
