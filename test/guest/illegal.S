// SPDX-License-Identifier: MIT
//
// PSR[20], reserved in ARMv7: an exception return that sets it makes what comes next UNDEFINED on QEMU, once, since the exception
// clears it. Kernels let their users have that bit (Linux's sigreturn does), so that a user may get there.
#include "test/guest/kernel.inc"

	.equ	PSR_IL, 0x100000

	.macro	illegal psr, target
	hook	und, cleared
	set	r4, (\psr | PSR_IL)
	msr	spsr_cxsf, r4
	addr	lr, \target
	movs	pc, lr
	.endm

main:
	push	{lr}
	illegal	(SVC | MASKED), 1f
1:	mov	r5, #1				// plain
	say	"kernel"
	illegal	(SVC | MASKED), 2f
2:	mrs	r5, cpsr
	show	"sensitive", r5
	illegal	(SVC | MASKED), 3f
3:	vmov	s0, r5
	say	"unit"
	addr	r0, user_sp			// as user_call, which has pushed
	addr	lr, 5f
	push	{r4-r11, lr}
	str	sp, [r0]
	illegal	USR, 4f
4:	leave_user
5:	say	"back"
	pop	{pc}

// The bit is in SPSR alone. Without it the instruction comes again; the unit, which is off, is stepped over.
cleared:
	push	{r0-r3, r12, lr}
	mrs	r3, spsr
	show	"und spsr", r3
	bic	r3, r3, #PSR_IL
	msr	spsr_cxsf, r3
	pop	{r0-r3, r12, lr}
	mov	r5, #0
	unhook	und
	sub	lr, lr, #4
	movs	pc, lr
