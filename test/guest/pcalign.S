// SPDX-License-Identifier: MIT
//
// Branches in ARM state to an address with bit 1 set, which is UNPREDICTABLE: QEMU's core takes a prefetch abort whose
// status is alignment. Each kind of branch, by the kernel, by a user, and from Thumb state; and an exception return,
// which ignores the bit. LDM with the PC as base, and into it, is undefined.
#include "test/guest/kernel.inc"

	.macro	astray name, insn:vararg
	mov	r4, #0
	resume_at 9f
	addr	r0, target + 2
	addr	r5, cell
	mov	r1, #0
	\insn
	say	"came back"
9:	show	"\name", r4
	.endm

	.macro	all
	astray	"bx", bx r0
	astray	"blx", blx r0
	astray	"mov pc", mov pc, r0
	astray	"add pc", add pc, r0, r1
	astray	"ldr pc", ldr pc, [r5]
	astray	"ldr pc, by a register", ldr pc, [r5, r1, lsl #2]
	astray	"ldm", ldmia r5, {pc}
	astray	"ldm, two", ldmda r5, {r3, pc}
	.endm

main:
	all
	bl	mmu_flat
	all
	say	"pop"
	mov	r4, #0
	resume_at 1f
	addr	r0, target + 2
	push	{r0}
	pop	{pc}
1:	show	"pop", r4
	say	"from Thumb"
	mov	r4, #0
	resume_at 1f
	addr	r0, target + 2
	to_thumb
	bx	r0
	nop
	to_arm
	say	"came back"
1:	show	"bx", r4
	say	"by an exception return"
	mov	r4, #0
	addr	lr, target + 2
	addr	r6, 1f
	mrs	r0, cpsr
	msr	spsr_cxsf, r0
	movs	pc, lr
1:	show	"movs pc", r4
	say	"user"
	user	in_user
	show	"user", r4
	say	"ldm pc"
	resume_at 1f
	.word	0xe89fb7c6
1:	say	"ldm pc, {..., pc}"
	b	power_off

in_user:
	resume_at 1f
	addr	r0, target + 2
	mov	r4, #0
	bx	r0
1:	resume_at 1f
	addr	r5, cell
	ldr	pc, [r5]
1:	leave_user

	.balign	4096
target:	add	r4, r4, #1
	add	r4, r4, #0x10
	bx	r6
	.pushsection .data
	.balign	4
	.word	0x55
cell:	.word	target + 2
	.popsection
