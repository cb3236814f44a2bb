// SPDX-License-Identifier: MIT
//
// The first instructions of the monitor, entered by the Linux ARM boot protocol
// (r0 = 0, r2 = physical address of the host's DTB, MMU off, caches in any
// state) with the header of a zImage, so that whatever boots a Linux kernel
// boots the monitor. It is linked at 0 and runs anywhere: the loop below
// applies the R_ARM_RELATIVE relocations that -pie left.
//
// Then: .bss cleared, the boot stack, main(dtb, start, end); never returns.

	.syntax unified
	.arm

#define R_ARM_RELATIVE 23

	.section .head, "ax"
	.globl	_start
_start:
	.rept	8
	nop					@ where old boot loaders jump in
	.endr
	b	1f
	.word	0x016f2818			@ zImage magic
	.word	0				@ start: 0 = position independent
	.word	__image_end			@ end
	.word	0x04030201			@ endianness

1:	cpsid	aif, #0x13			@ SVC mode, nothing interrupts the monitor
	mrc	p15, 0, r0, c1, c0, 0		@ SCTLR, whoever ran before: MMU, D-cache, alignment checks off
	bic	r0, r0, #7
	orr	r0, r0, #0x1000			@ I-cache on
	bic	r0, r0, #0x2000			@ low vectors, VBAR
	bic	r0, r0, #0x70000000		@ no TEX remap, access flag, Thumb exceptions,
	bic	r0, r0, #0x03000000		@ big-endian ones, vectored interrupts,
	bic	r0, r0, #0x001a0000		@ UWXN, WXN, hardware access flag
	mcr	p15, 0, r0, c1, c0, 0
	isb

	adr	r4, _start			@ where we are, and so the relocation offset
	ldr	r5, =__rel_start
	ldr	r6, =__rel_end
	add	r5, r5, r4
	add	r6, r6, r4
2:	cmp	r5, r6
	bhs	3f
	ldmia	r5!, {r7, r8}
	and	r8, r8, #0xff
	cmp	r8, #R_ARM_RELATIVE
	ldreq	r9, [r7, r4]
	addeq	r9, r9, r4
	streq	r9, [r7, r4]
	b	2b

3:	ldr	r5, =__bss_start		@ literals, too, are relocated now
	ldr	r6, =__bss_end
	mov	r7, #0
4:	cmp	r5, r6
	strlo	r7, [r5], #4
	blo	4b

	ldr	sp, =__stack_top
	mov	r0, r2				@ the host's DTB
	mov	r1, r4
	mov	r2, r6				@ end of image with .bss
	bl	main
5:	b	5b				@ not reached: main is _Noreturn
	.ltorg
