// SPDX-License-Identifier: MIT
//
// Exception returns: every data-processing opcode with PC and S, LDM with PC and ^, RFE; to
// each mode, to USR and to Thumb code in USR.
#include "test/guest/kernel.inc"

// A return by `insn` with r0 = target; SPSR is given, and the state it leads to printed.
	.macro	returns psr, text, insn
	mode	SVC
	set	r1, \psr
	msr	spsr_cxsf, r1
	msr	cpsr_f, #0x20000000		// C, for ADC and RSC
	addr	r0, 1f
	mov	r1, #0
	\insn
	b	fatal
1:	mov	r1, #0
	state	"\text"
	.endm

#define TO_SVC (SVC | PSR_I | PSR_F | 0x50000000)

main:
#ifdef CASE_opcodes
	b	opcodes
#endif
	mov	r2, #4
	returns	TO_SVC, "movs reg",	"movs pc, r0"
	returns	TO_SVC, "subs 0",	"subs pc, r0, #0"
	returns	TO_SVC, "subs 4",	"add r0, r0, #4; subs pc, r0, #4"
	returns	TO_SVC, "subs reg",	"add r0, r0, #4; subs pc, r0, r2"
	returns	TO_SVC, "subs lsl",	"add r0, r0, #16; subs pc, r0, r2, lsl #2"
	returns	TO_SVC, "movs lsr",	"lsl r0, r0, #1; lsr r0, r0, #1; movs pc, r0, lsl #0"
	returns	TO_SVC, "movs ror",	"ror r0, r0, #24; movs pc, r0, ror #8"
	returns	TO_SVC, "movs asr",	"asr r3, r0, #0; movs pc, r3"
	returns	TO_SVC, "movs lr",	"mov lr, r0; movs pc, lr"
	returns	TO_SVC, "movseq",	"movseq pc, r0; movsne pc, r0"
	returns	TO_SVC, "movsne",	"movscc pc, r0; movscs pc, r0"

	// To each mode, with each mask.
	.irp	m, SYS, FIQ, IRQ, SVC, ABT, UND
	returns	(\m | PSR_I | 0x90000000), "movs to \m",	"movs pc, r0"
	returns	(\m | PSR_A | PSR_F | 0x000f0000), "subs to \m",	"subs pc, r0, #0"
	.endr

	// From each mode that has an SPSR.
	.irp	m, FIQ, IRQ, ABT, UND
	returns	TO_SVC, "from \m",	"mode \m; mov r3, #(SVC | PSR_I | PSR_F); msr spsr_cxsf, r3; movs pc, r0"
	.endr

	// LDM with PC and ^: the four orders, with and without write-back.
	set	r8, POOL
	add	r8, r8, #64
	.irp	how, ia, ib, da, db
	mode	SVC
	set	r8, POOL
	add	r8, r8, #64
	mov	r3, #-32
3:	add	r4, r3, #0x100
	str	r4, [r8, r3]
	add	r3, r3, #4
	cmp	r3, #36
	ble	3b
	.ifc	\how, ia
	mov	r7, #8
	.endif
	.ifc	\how, ib
	mov	r7, #12
	.endif
	.ifc	\how, da
	mov	r7, #0
	.endif
	.ifc	\how, db
	mov	r7, #-4
	.endif
	returns	TO_SVC, "ldm\how",	"str r0, [r8, r7]; ldm\how r8, {r4, r5, pc}^"
	returns	TO_SVC, "ldm\how wb",	"str r0, [r8, r7]; mov r6, r8; ldm\how r6!, {r4, r5, pc}^"
	returns	(IRQ | PSR_I), "ldm\how to IRQ",	"str r0, [r8, r7]; mov r6, r8; ldm\how r6!, {r4, r5, pc}^"
	.endr
	returns	TO_SVC, "ldm one",	"str r0, [r8]; ldmia r8, {pc}^"
	returns	TO_SVC, "ldm all",	"str sp, [r8, #48]; str r0, [r8, #56]; ldmia r8, {r1-r12, sp, lr, pc}^"
	mode	SVC
	addr	sp, stack_svc
	set	r8, POOL

	// From the stack, as handlers do.
	returns	TO_SVC, "pop ^",	"push {r0}; push {r4-r7}; ldmfd sp!, {r4-r7, pc}^"

	// RFE.
	.irp	how, ia, ib, da, db
	.irp	m, SVC, SYS, FIQ, UND
	mode	SVC
	set	r8, (POOL + 64)
	mov	r3, #(\m | PSR_I)
	orr	r3, r3, #0xa0000000
	.ifc	\how, ia
	mov	r7, #0
	.endif
	.ifc	\how, ib
	mov	r7, #4
	.endif
	.ifc	\how, da
	mov	r7, #-4
	.endif
	.ifc	\how, db
	mov	r7, #-8
	.endif
	mov	r4, r8
	add	r8, r8, r7
	returns	TO_SVC, "rfe\how \m",	"str r0, [r8]; str r3, [r8, #4]; rfe\how r4"
	mode	SVC
	returns	TO_SVC, "rfe\how! \m",	"str r0, [r8]; str r3, [r8, #4]; rfe\how r4!"
	.endr
	.endr
	returns	TO_SVC, "rfe sp",	"push {r1, r2}; str r0, [sp]; str r3, [sp, #4]; rfefd sp!"

	// To USR, in ARM and in Thumb, and back.
	mode	SVC
	hook	svc, from_user
	.irp	flag, 0, 0x40000000, 0x080f0000
	set	r1, (USR | \flag)
	msr	spsr_cxsf, r1
	addr	lr, user_arm
	addr	r10, 1f
	movs	pc, lr
1:	set	r1, (USR | PSR_T | \flag)
	msr	spsr_cxsf, r1
	addr	r0, user_thumb
	addr	r10, 1f
	subs	pc, r0, #0
1:	addr	r0, user_thumb
	set	r1, (USR | PSR_T | \flag)
	push	{r0, r1}
	addr	r10, 1f
	rfefd	sp!
1:	addr	r0, user_arm
	set	r1, (USR | \flag)
	msr	spsr_cxsf, r1
	push	{r0}
	addr	r10, 1f
	ldmfd	sp!, {pc}^
1:
	.endr
	unhook	svc

	// IT state is carried by the return.
	hook	svc, from_user
	.irp	n, 0, 0x40000000
	set	r1, (USR | PSR_T | 0x1800 | \n)	// ITSTATE 0x18: one EQ instruction is left... of two
	msr	spsr_cxsf, r1
	addr	lr, user_it
	addr	r10, 1f
	mov	r4, #0
	movs	pc, lr
1:	show	"it", r4
	.endr
	unhook	svc
	b	power_off

// Opcodes that QEMU doesn't take for exception returns, though B9.3.20 has them: the monitor
// must. Checked here, for the bare machine is no oracle.
	.macro	opcode text, insn
	mode	SVC
	set	r1, TO_SVC
	msr	spsr_cxsf, r1
	msr	cpsr_f, #0x20000000
	addr	r0, 1f
	mov	r1, #0
	\insn
	b	fatal
1:	mrs	r3, cpsr
	set	r1, TO_SVC
	cmp	r3, r1
	bne	2f
	say	"ok \text"
	b	3f
2:	show	"FAIL \text", r3
	b	power_off_now
3:
	.endm

opcodes:
	mov	r2, #4
	opcode	"ands",	"mvn r3, #0; ands pc, r0, r3"
	opcode	"eors",	"eors pc, r0, r1"
	opcode	"rsbs",	"rsbs pc, r1, r0"
	opcode	"adds",	"sub r0, r0, #4; adds pc, r0, r2"
	opcode	"adds #",	"sub r0, r0, #0x1000; adds pc, r0, #0x1000"
	opcode	"adcs",	"sub r0, r0, #1; adcs pc, r0, r1"
	opcode	"sbcs",	"sbcs pc, r0, r1"
	opcode	"rscs",	"rscs pc, r1, r0"
	opcode	"orrs",	"orrs pc, r0, r1"
	opcode	"bics",	"bics pc, r0, r1"
	opcode	"mvns",	"mvn r0, r0; mvns pc, r0"
	opcode	"adds pc",	"adr r3, 1f; sub r3, r3, r0; adds pc, r0, r3"
	b	power_off

user_arm:
	state	"user arm"
	msr	cpsr_f, #0xb0000000
	svc	#0x123

	.thumb
user_thumb:
	movs	r6, #7
	lsls	r6, r6, #4
	svc	#0x45
	nop
user_it:
	adds	r4, #1
	svc	#1
	.arm

from_user:
	state	"from user"
	mov	pc, r10
