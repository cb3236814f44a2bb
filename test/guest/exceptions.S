// SPDX-License-Identifier: MIT
//
// Every exception's LR, SPSR, CPSR and fault registers, from the kernel and from USR, in ARM
// and Thumb; vectors at VBAR (several), and high.
#include "test/guest/kernel.inc"

main:
	bl	mmu_flat
	state	"before"
	// From each privileged mode.
	.irp	m, SVC, IRQ, FIQ, ABT, UND, SYS
	mode	\m
	mov	r7, lr
	say	"in \m"
	msr	cpsr_f, #0x90000000
	svc	#0x123
	msr	cpsr_f, #0x60000000
	.inst	0xe7f123f4			// UDF
	set	r0, 0x50000004
	ldr	r1, [r0]
	str	r1, [r0]
	strb	r1, [r0, #3]
	resume_at 1f
	set	r0, 0x60000000
	bx	r0
1:	mov	lr, r7
	.endr
	mode	SVC

	// With interrupts open nothing is pending.
	cpsie	aif
	svc	#1
	udf	#1
	flags	"open"
	cpsid	aif

	// Undefined for the coprocessor's sake; conditional and not.
	msr	cpsr_f, #0x40000000
	.inst	0x0ee00c10			// MCREQ p12
	.inst	0x1ee00c10			// MCRNE p12: not executed
	.inst	0xe7f000f0
	.inst	0xfff00000
	.inst	0xee000e10 | (1 << 20)		// MRC p14, 0, r0, c0, c0, 0: DBGDIDR is readable
	resume_at 1f
	bkpt	#0x1234
1:
	// Data aborts of each access: base and target as they were.
	set	r5, 0x50000010
	set	r4, 0x11111111
	set	r6, 8
	.irp	insn, "ldr r4, [r5]", "ldr r4, [r5, #4]!", "ldr r4, [r5], #4", "ldr r4, [r5, r6]!", "ldrh r4, [r5, #2]!", "ldrsb r4, [r5], #1", "ldrd r2, r3, [r5, #8]!", "str r4, [r5, #4]!", "str r4, [r5], -r6", "strh r4, [r5], #2", "strd r2, r3, [r5], #8", "ldmia r5!, {r0, r1, r4}", "stmdb r5!, {r0, r1, r4}", "ldrex r4, [r5]", "pld [r5]"
	say	"\insn"
	\insn
	show	"r4", r4
	show	"r5", r5
	set	r5, 0x50000010
	.endr

	// Alignment: always for LDM, LDRD, LDREX; for the rest by SCTLR.A.
	set	r5, (POOL + 1)
	ldmia	r5, {r0, r1}
	ldrd	r0, r1, [r5]
	ldrex	r0, [r5]
	mrc	p15, 0, r7, c1, c0, 0
	orr	r0, r7, #2
	mcr	p15, 0, r0, c1, c0, 0
	isb
	say	"A"
	ldr	r0, [r5]
	strh	r0, [r5]
	mcr	p15, 0, r7, c1, c0, 0
	isb

	// From USR.
	user	in_user
	user	in_user_thumb + 1

	say	"vectors"
	// Two other vector tables; the same offsets.
	.irp	t, vectors_a, vectors_b, vectors_a
	addr	r0, \t
	mcr	p15, 0, r0, c12, c0, 0
	isb
	mrc	p15, 0, r1, c12, c0, 0
	show	"vbar", r1
	mov	r8, #0
	svc	#0
	show	"svc by", r8
	udf	#0
	show	"und by", r8
	set	r0, 0x50000000
	ldr	r0, [r0]
	show	"dabt by", r8
	user	user_svc
	show	"user svc by", r8
	.endr
	addr	r0, vectors
	mcr	p15, 0, r0, c12, c0, 0
	isb

	// High vectors: mapped there, and SCTLR.V.
	set	r0, 0xfff00000
	mov	r1, #0
	bl	map_table
	set	r0, 0xffff0000
	addr	r1, vectors_high
	set	r3, (PAGE | PAGE_C_B | PAGE_AP(AP_R))
	orr	r1, r1, r3
	bl	map_page
	tlb_all
	mrc	p15, 0, r0, c1, c0, 0
	orr	r0, r0, #0x2000
	mcr	p15, 0, r0, c1, c0, 0
	isb
	mov	r8, #0
	svc	#0
	show	"high svc by", r8
	udf	#0
	show	"high und by", r8
	set	r0, 0x50000000
	ldr	r0, [r0]
	show	"high dabt by", r8
	user	user_svc
	show	"high user svc by", r8
	mrc	p15, 0, r0, c1, c0, 0
	show	"sctlr", r0
	bic	r0, r0, #0x2000
	mcr	p15, 0, r0, c1, c0, 0
	isb
	svc	#7

	// MMU off again.
	bl	mmu_off
	svc	#8
	udf	#8
	b	power_off

in_user:
	state	"user"
	msr	cpsr_f, #0xb0000000
	svc	#0x456
	udf	#3
	set	r0, 0x50000020
	ldr	r1, [r0, #4]!
	show	"r0", r0
	str	r1, [r0], #4
	show	"r0", r0
	resume_at 1f
	set	r0, 0x60000004
	bx	r0
1:	resume_at 1f
	bkpt	#1
1:	mrc	p15, 0, r0, c1, c0, 0		// privileged: UNDEFINED here
	mcr	p15, 0, r0, c3, c0, 0
	.inst	0xe1600070			// SMC
	.inst	0xe1400070			// HVC
	leave_user

user_svc:
	svc	#5
	mov	r0, r8
	leave_user

	.thumb
in_user_thumb:
	movs	r0, #1
	svc	#0x12
	udf	#2
	ldr	r1, =0x50000030
	ldr	r2, [r1]
	nop
	bx	pc
	nop
	.arm
	leave_user
	.ltorg

	.balign	4096
	.macro	table name, base
	.balign	32
\name:
	b	.
	b	und_\base
	b	svc_\base
	b	.
	b	dabt_\base
	b	.
	b	.
	b	.
und_\base:
	add	r8, r8, #(\base + 1)
	movs	pc, lr
svc_\base:
	push	{r0, r1}
	ldr	r0, [lr, #-4]
	mvn	r1, #0xff000000
	bic	r0, r0, #0xff000000
	cmp	r0, r1
	pop	{r0, r1}
	ldreq	pc, [pc, #4]
	add	r8, r8, #(\base + 2)
	movs	pc, lr
	.word	user_done
dabt_\base:
	add	r8, r8, #(\base + 3)
	subs	pc, lr, #4
	.endm
	table	vectors_a, 0x10
	table	vectors_b, 0x20
	.balign	4096
	table	vectors_high, 0x30
	.balign	4096
