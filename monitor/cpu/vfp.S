// SPDX-License-Identifier: MIT
//
// The VFP and NEON register file and the registers of the unit, for code that is compiled
// without floating point. Called at PL1 with CPACR open to PL1; vfp_save and
// vfp_restore want FPEXC.EN set as well. Clobber r0-r3 as any function.

	.syntax unified
	.arm
	.fpu	neon

	.text
@ void vfp_save(uint64_t d[32], uint32_t *fpscr)
	.globl	vfp_save
	.type	vfp_save, %function
vfp_save:
	vmrs	r3, fpscr
	str	r3, [r1]
	vmrs	r3, mvfr0
	and	r3, r3, #15
	cmp	r3, #2				@ MVFR0.A_SIMD: 2 = 32 double registers
	vstmia	r0!, {d0-d15}
	vstmiaeq r0!, {d16-d31}
	bx	lr

@ void vfp_restore(const uint64_t d[32], uint32_t fpscr)
	.globl	vfp_restore
	.type	vfp_restore, %function
vfp_restore:
	vmsr	fpscr, r1
	vmrs	r3, mvfr0
	and	r3, r3, #15
	cmp	r3, #2
	vldmia	r0!, {d0-d15}
	vldmiaeq r0!, {d16-d31}
	bx	lr

@ uint32_t vfp_fpsid(void), vfp_mvfr0(void), vfp_mvfr1(void)
	.globl	vfp_fpsid
	.type	vfp_fpsid, %function
vfp_fpsid:
	vmrs	r0, fpsid
	bx	lr

	.globl	vfp_mvfr0
	.type	vfp_mvfr0, %function
vfp_mvfr0:
	vmrs	r0, mvfr0
	bx	lr

	.globl	vfp_mvfr1
	.type	vfp_mvfr1, %function
vfp_mvfr1:
	vmrs	r0, mvfr1
	bx	lr
