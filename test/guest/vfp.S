// SPDX-License-Identifier: MIT
//
// VFP and NEON: gated by CPACR and FPEXC for kernel and USR, system registers, and register
// contents that live through traps, mode changes and lazy switching.
#include "test/guest/kernel.inc"

	.macro	cpacr value
	set	r0, \value
	mcr	p15, 0, r0, c1, c0, 2
	isb
	.endm

	.macro	fpexc value
	set	r0, \value
	vmsr	fpexc, r0
	.endm

	.macro	tries
	bl	some
	user	user_some
	.endm

// A bit of everything; what is refused is printed and skipped.
some:
	push	{lr}
	vmov	s0, r1
	vadd.f32 s0, s0, s0
	vadd.i32 d1, d1, d1
	vmrs	r2, fpscr
	vmrs	r2, fpexc
	vmrs	r2, mvfr0
	vmrs	r2, fpsid
	set	r3, POOL
	vldr	d20, [r3]
	vpush	{d0}
	vpop	{d0}
	say	"tried"
	pop	{pc}

user_some:
	bl	some
	leave_user

main:
	say	"all closed"
	tries
	say	"CPACR for the kernel"
	cpacr	0x00500000
	tries
	say	"and FPEXC"
	fpexc	0x40000000
	tries
	say	"CPACR for all"
	cpacr	0x00f00000
	tries
	vmrs	r0, fpsid
	show	"FPSID", r0
	vmrs	r0, mvfr0
	show	"MVFR0", r0
	vmrs	r0, mvfr1
	show	"MVFR1", r0
	vmrs	r0, fpexc
	show	"FPEXC", r0
	vmrs	r0, fpscr
	show	"FPSCR", r0
	.irp	v, 0xffffffff, 0x01c00000, 0x0000009f, 0xf0000000, 0
	set	r0, \v
	vmsr	fpscr, r0
	vmrs	r0, fpscr
	show	"FPSCR \v", r0
	.endr
	vcmp.f32 s0, s0
	vmrs	apsr_nzcv, fpscr
	flags	"vcmp"

	// All 32 registers, through traps of each kind.
	set	r0, POOL
	mov	r1, #0
	set	r3, 0x3f8a0000
1:	add	r2, r3, r1, lsl #14
	str	r2, [r0, r1, lsl #2]
	add	r1, r1, #1
	cmp	r1, #64
	bne	1b
	set	r0, POOL
	vldmia	r0!, {d0-d15}
	vldmia	r0!, {d16-d31}
	svc	#1
	udf	#1
	mode	IRQ
	mode	SVC
	user	user_adds
	set	r4, (POOL + 0x200)
	vstmia	r4!, {d0-d15}
	vstmia	r4!, {d16-d31}
	set	r4, (POOL + 0x200)
	mov	r5, #64
2:	show_at	"s", r4
	add	r4, r4, #4
	subs	r5, r5, #1
	bne	2b

	// Lazily, as Linux: off by FPEXC, the first use is UNDEFINED, then on and again.
	fpexc	0
	hook	und, lazily
	mov	r8, #0
	vadd.f64 d0, d1, d2
	vmov	r0, r1, d0
	show	"low", r0
	show	"high", r1
	fpexc	0
	user	user_lazy
	show	"turned on", r8
	unhook	und
	set	r1, 2000
	mov	r0, #1
	vmov	s1, r0
	vcvt.f32.s32 s1, s1
	vmov	s2, s1
3:	vadd.f32 s1, s1, s2
	mrs	r0, cpsr
	subs	r1, r1, #1
	bne	3b
	vmov	r0, s1
	show	"sum", r0
	b	power_off

lazily:
	push	{r0}
	add	r8, r8, #1
	fpexc	0x40000000
	pop	{r0}
	subs	pc, lr, #4

user_lazy:
	vadd.f64 d3, d1, d2
	vmul.f32 q2, q1, q1
	vmov	r0, r1, d4
	show	"user low", r0
	show	"user high", r1
	leave_user

user_adds:
	vadd.f32 q0, q1, q2
	svc	#2
	vmul.f64 d30, d31, d29
	vcvt.s32.f32 s5, s6
	vadd.i16 q9, q9, q10
	vsqrt.f64 d28, d27
	leave_user
