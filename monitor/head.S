// SPDX-License-Identifier: MIT
//
// The first instructions of the monitor, entered by the Linux ARM boot protocol
// (r0 = 0, r2 = physical address of the host's DTB, MMU and data cache off) with the
// header of a zImage, so that whatever boots a Linux kernel boots the monitor. It is
// linked at 0 and runs anywhere: the loop below applies the R_ARM_RELATIVE relocations
// that -pie left.
//
// Firmware may leave the core in Hyp mode, and with its own caches, tables and vectors: so, in this order, what Hyp
// mode traps is turned off, SVC mode, VBAR, SCTLR, the caches cleaned and invalidated, the image relocated, .bss
// cleared, the boot stack, main(dtb, start, end), which never returns.
//
// Until window_enter sets up the window's vectors, exceptions are bugs: park_vectors stop the core without a word, as
// long as nothing can be said, then early_vectors say what it was (early_fault).

	.syntax unified
	.arm
	.arch	armv7-a
	.arch_extension virt

#define R_ARM_RELATIVE 23

#define MODE_SVC 0x13
#define MODE_HYP 0x1a
#define PSR_AIF 0x1c0
#define PSR_A 0x100

#define HCPTR_RES1 0x33ff
#define HDCR_HPMN 0x1f
#define CNTHCTL_PL1 3			// PL1PCTEN, PL1PCEN

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

	.balign	32
	.globl	park_vectors
park_vectors:
	.rept	8
	b	park
	.endr
park:
	wfi
	b	park

	.balign	32
	.globl	early_vectors
early_vectors:
	b	early_reset
	b	early_undef
	b	early_svc
	b	early_prefetch_abort
	b	early_data_abort
	b	early_hyp
	b	early_irq
	b	early_fiq

// early_fault(vector, lr, spsr)
	.macro	EARLY name vector
early_\name:
	mov	r0, #\vector
	b	early
	.endm
	EARLY	reset 0
	EARLY	undef 1
	EARLY	svc 2
	EARLY	prefetch_abort 3
	EARLY	data_abort 4
	EARLY	hyp 5
	EARLY	irq 6
	EARLY	fiq 7
early:
	mov	r1, lr
	mrs	r2, spsr
	cpsid	aif, #MODE_SVC
	adr	r3, park_vectors		@ there is no second one
	mcr	p15, 0, r3, c12, c0, 0
	isb
	ldr	sp, =__stack_top
	bl	early_fault

// bool early_drain(void): takes an asynchronous abort that is pending, if there is one, and no more: A is
// masked again then.
	.globl	early_drain
early_drain:
	mov	r0, #0
	adr	r1, drain_vectors
	mcr	p15, 0, r1, c12, c0, 0
	isb
	dsb
	cpsie	a
	isb
	cpsid	a
	adr	r1, early_vectors
	mcr	p15, 0, r1, c12, c0, 0
	isb
	bx	lr

drained:
	mov	r0, #1
	mrs	sp, spsr			@ abort mode has no stack yet
	orr	sp, sp, #PSR_A
	msr	spsr_fsxc, sp
	subs	pc, lr, #8

	.balign	32
drain_vectors:
	b	park
	b	park
	b	park
	b	park
	b	drained
	b	park
	b	park
	b	park

// Nothing of what PL1 does is to trap to Hyp mode, which has no use any more, and CNTVCT is CNTPCT. SVC mode
// can't be entered but by an exception return (B9.3.3); its SCTLR is UNKNOWN.
from_hyp:
	adr	r1, park_vectors
	mcr	p15, 4, r1, c12, c0, 0		@ HVBAR
	mov	r1, #0
	mcr	p15, 4, r1, c1, c1, 0		@ HCR
	mcr	p15, 4, r1, c1, c1, 3		@ HSTR
	mcrr	p15, 4, r1, r1, c14		@ CNTVOFF
	movw	r1, #HCPTR_RES1
	mcr	p15, 4, r1, c1, c1, 2		@ HCPTR
	mrc	p15, 4, r1, c1, c1, 1		@ HDCR
	and	r1, r1, #HDCR_HPMN
	mcr	p15, 4, r1, c1, c1, 1
	mrc	p15, 4, r1, c14, c1, 0		@ CNTHCTL
	orr	r1, r1, #CNTHCTL_PL1
	mcr	p15, 4, r1, c14, c1, 0
	mrc	p15, 0, r1, c0, c0, 0		@ MIDR, and VPIDR, which PL1 reads as that
	mcr	p15, 4, r1, c0, c0, 0
	mrc	p15, 0, r1, c0, c0, 5		@ MPIDR, VMPIDR
	mcr	p15, 4, r1, c0, c0, 5
	mov	r1, #MODE_SVC | PSR_AIF
	msr	spsr_cxsf, r1
	adr	r1, 2f
	msr	elr_hyp, r1
	eret

1:	mrs	r0, cpsr
	and	r0, r0, #0x1f
	cmp	r0, #MODE_HYP
	beq	from_hyp
2:	cpsid	aif, #MODE_SVC			@ nothing interrupts the monitor
	setend	le
	adr	r0, park_vectors
	mcr	p15, 0, r0, c12, c0, 0		@ VBAR
	mrc	p15, 0, r0, c1, c0, 0		@ SCTLR, whoever ran before: MMU, D-cache, alignment checks off
	bic	r0, r0, #7
	bic	r0, r0, #0x1000			@ I-cache off: it would fill shared levels with what changes below
	bic	r0, r0, #0x2000			@ low vectors, VBAR
	bic	r0, r0, #0x70000000		@ no TEX remap, access flag, Thumb exceptions,
	bic	r0, r0, #0x03000000		@ big-endian ones, vectored interrupts,
	bic	r0, r0, #0x001a0000		@ UWXN, WXN, hardware access flag
	orr	r0, r0, #0x00c50000		@ what reads as one (B4.1.130), and CP15BEN
	orr	r0, r0, #0x00000078
	mcr	p15, 0, r0, c1, c0, 0
	isb

// All data caches up to the point of coherency (CLIDR.LoC), by set and way: what was written through them is
// in memory, and nothing is in them that what is written now, without them, would be hidden by. Cortex-A7 erratum
// 814220, operations of a level overtaking those of the one before: hence the DSB behind each.
	mrc	p15, 1, r0, c0, c0, 1		@ CLIDR
	mov	r3, #0				@ the level's number, twice
3:	ubfx	r1, r0, #24, #3
	cmp	r3, r1, lsl #1
	bhs	7f
	add	r1, r3, r3, lsr #1
	lsr	r1, r0, r1
	and	r1, r1, #7
	cmp	r1, #2				@ Ctype: 2 and up have data
	blo	6f
	mcr	p15, 2, r3, c0, c0, 0		@ CSSELR
	isb
	mrc	p15, 1, r1, c0, c0, 0		@ CCSIDR
	and	r5, r1, #7
	add	r5, r5, #4			@ where the set's number stands
	ubfx	r6, r1, #3, #10			@ the last way
	clz	r7, r6				@ where the way's number stands
	ubfx	r8, r1, #13, #15		@ the last set
4:	mov	r9, r6
5:	orr	r1, r3, r9, lsl r7
	orr	r1, r1, r8, lsl r5
	mcr	p15, 0, r1, c7, c14, 2		@ DCCISW
	subs	r9, r9, #1
	bhs	5b
	subs	r8, r8, #1
	bhs	4b
6:	dsb
	add	r3, r3, #2
	b	3b
7:	mov	r1, #0
	mcr	p15, 2, r1, c0, c0, 0
	mcr	p15, 0, r1, c7, c5, 0		@ ICIALLU
	mcr	p15, 0, r1, c7, c5, 6		@ BPIALL
	dsb
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

	adr	r0, early_vectors
	mcr	p15, 0, r0, c12, c0, 0		@ VBAR
	isb
	ldr	sp, =__stack_top
	mov	r0, r2				@ the host's DTB
	mov	r1, r4
	mov	r2, r6				@ end of image with .bss
	bl	main
5:	b	5b				@ not reached: main is _Noreturn
	.ltorg
