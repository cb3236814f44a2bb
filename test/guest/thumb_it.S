// SPDX-License-Identifier: MIT
//
// IT blocks: sensitive, trapping and device instructions in each of the four places, where the
// condition holds and where it doesn't; ITSTATE as every exception saves it; and exception
// returns into the middle of a block. The IT instructions are written as words, so that
// the others stand as they are encoded, without a condition.
#include "test/guest/kernel.inc"

	nop	// so that an undefined instruction of a block ends its page
#include "test/guest/gic.inc"

#define EDGE   0x50000000	// two pages
#define FRAMES (POOL + 0x20000)

// IT of an EQ with the mask, whose second to fourth bit say E where they are 1.
	.macro	it_eq mask
	.inst.n	0xbf00 | (\mask)
	.endm

// One block of four: `insn` at `place`, others count in r4, and the result is r5.
	.macro	block name, place, mask, psr, insn
	bl	prepare
	set	r5, \psr
	msr	cpsr_f, r5
	set	r5, 0x5555aaaa
	it_eq	\mask
	.irp	n, 0, 1, 2, 3
	.if	\n == \place
	\insn
	.else
	add.w	r4, r4, #(1 << (4 * \n))
	.endif
	.endr
	mrs	r11, cpsr
	cpsid	if, #SVC
	lsr	r11, r11, #28
	add	r4, r4, r11, lsl #28
	show	"\name \place, \mask, \psr: r4", r4
	show	"r5", r5
	.endm

// At every place, in TTTT, TEEE, TETE and TTEE.
	.macro	everywhere name, insn
	.irp	mask, 1, 15, 11, 7
	.irp	psr, 0x40000000, 0xa0000000
	block	"\name", 0, \mask, \psr, "\insn"
	block	"\name", 1, \mask, \psr, "\insn"
	block	"\name", 2, \mask, \psr, "\insn"
	block	"\name", 3, \mask, \psr, "\insn"
	.endr
	.endr
	.endm

main:
	bl	mmu_flat
	hook	pabt, at_bkpt
	to_thumb
	everywhere "mrs cpsr",	"mrs r5, cpsr"
	everywhere "mrs spsr",	"mrs r5, spsr"
	everywhere "msr f",	"msr cpsr_f, r6"	// turns the condition around
	everywhere "msr c",	"msr cpsr_c, r6"
	everywhere "msr spsr",	"msr spsr_cxsf, r6"
	everywhere "ldrt",	"ldrt r5, [r7, #4]"
	everywhere "ldrsbt",	"ldrsbt r5, [r7, #5]"
	everywhere "strt",	"strt r6, [r7, #8]"
	everywhere "mrc",	"mrc p15, 0, r5, c13, c0, 4"
	everywhere "mcr",	"mcr p15, 0, r6, c13, c0, 4"
	everywhere "mrrc",	"mrrc p15, 3, r5, r12, c14"
	everywhere "yield",	"yield"
	everywhere "wfe.w",	"wfe.w"
	everywhere "sev",	"sev.w"
	everywhere "svc",	"svc #5"
	everywhere "udf",	"udf #5"
	everywhere "udf.w",	"udf.w #0x125"
	everywhere "bkpt",	"bkpt #5"		// whatever the condition
	everywhere "undefined",	"mrc p12, 0, r5, c0, c0, 0"
	everywhere "abort",	"ldr r5, [r3]"
	everywhere "abort.w",	"str.w r5, [r3, #4]"
	everywhere "device",	"ldr r5, [r2, #0x18]"
	everywhere "device.w",	"str.w r6, [r2]"
	to_arm
	bl	interrupted
	bl	edge
	bl	middle
	b	power_off

	thumb_code
	.thumb_func
prepare:
	set	r2, UART
	set	r3, 0x60000000
	mov	r4, #0
	set	r6, 0xb000005f			// not Z; SYS mode; and an underscore
	set	r7, (POOL + 0x100)
	set	r5, 0x81828384
	str	r5, [r7, #4]
	mov	r12, #0
	mcrr	p15, 3, r5, r12, c14
	set	r5, 0x70000023
	msr	spsr_cxsf, r5
	set	r5, 0x60005a5a
	mcr	p15, 0, r5, c13, c0, 4
	bx	lr
	arm_code

at_bkpt:
	push	{r0-r3, r12, lr}
	show	"bkpt lr", lr
	mrs	r3, spsr
	show	"spsr", r3
	ldr	lr, [sp, #20]
	sub	r5, lr, #4
	mov	r0, #'d'			// moves r5 on, and ITSTATE
	add	r5, r5, #4
	bl	behind_thumb
	str	r5, [sp, #20]
	pop	{r0-r3, r12, lr}
	set	r5, 0x0b0b0b0b
	movs	pc, lr

// An interrupt that is pending is taken at each place, as an MSR opens it; and again an FIQ's mask.
interrupted:
	push	{lr}
	set	r0, GICD
	mov	r1, #1
	str	r1, [r0]
	set	r0, GICC
	str	r1, [r0]
	mov	r1, #0xf0
	str	r1, [r0, #4]
	hook	irq, at_irq
	to_thumb
	.irp	place, 0, 1, 2, 3
	.irp	mask, 1, 11
	set	r0, (GICD + 0xf00)
	set	r1, (0x02000000 | \place)
	str	r1, [r0]
	dsb
	mov	r10, #SVC
	block	"irq", \place, \mask, 0x40000000, "msr cpsr_c, r10"
	to_arm
	cpsie	i				// where the condition didn't hold it comes here
	nop
	cpsid	i
	to_thumb
	.endr
	.endr
	to_arm
	unhook	irq
	pop	{pc}

at_irq:
	push	{r0-r6, r12, lr}
	set	r4, GICC
	ldr	r5, [r4, #0xc]
	show	"irq", r5
	mrs	r6, spsr
	tst	r6, #PSR_T
	biceq	r6, r6, #0xf0000000
	show	"spsr", r6
	str	r5, [r4, #0x10]
	pop	{r0-r6, r12, lr}
	subs	pc, lr, #4

// A block that goes over to a page that isn't there yet.
edge:
	push	{lr}
	set	r0, EDGE
	mov	r1, #0
	bl	map_table
	set	r0, EDGE
	set	r1, (FRAMES + 0x32)
	bl	map_page
	hook	pabt, page_in
	mov	r5, #2				// how many halfwords are on the first page
1:	set	r0, (EDGE + 0x1000)
	mov	r1, #0
	bl	map_page
	set	r0, (FRAMES + 0x1000)
	sub	r0, r0, r5, lsl #1
	addr	r1, edge_code
	mov	r2, #0
2:	ldrh	r3, [r1, r2]
	strh	r3, [r0, r2]
	add	r2, r2, #2
	cmp	r2, #(edge_end - edge_code)
	bls	2b
	dsb
	tlb_all
	mov	r0, #0
	mcr	p15, 0, r0, c7, c5, 0
	sync
	show	"halfwords before the edge", r5
	.irp	psr, 0x40000000, 0x20000000
	set	r0, (EDGE + 0x1000)
	mov	r1, #0
	bl	map_page
	tlb_all
	set	r6, (EDGE + 0x1000)
	sub	r6, r6, r5, lsl #1
	orr	r6, r6, #1
	mov	r4, #0
	msr	cpsr_f, #\psr
	blx	r6
	show	"r4", r4
	show	"r7", r7
	.endr
	add	r5, r5, #1
	cmp	r5, #9
	blo	1b
	unhook	pabt
	pop	{pc}

	.pushsection .rodata			// copied from where nothing is executed
	.balign	4096
	thumb_code
edge_code:
	nop
	it_eq	11				// TETE
	mrs	r7, cpsr
	add.w	r4, r4, #1
	mrs	r7, spsr
	adds	r4, #16
	bx	lr
edge_end:
	.balign	4096
	arm_code
	.popsection

page_in:
	push	{r0-r3, r12, lr}
	show	"page in: lr", lr
	mrs	r3, spsr
	show	"spsr", r3
	set	r0, (EDGE + 0x1000)
	set	r1, (FRAMES + 0x1032)
	bl	map_page
	sync
	pop	{r0-r3, r12, lr}
	subs	pc, lr, #4

// Returns into blocks: ITSTATE in r6 from each value that there can be with EQ or NE, to SVC and to
// USR, and from both states.
middle:
	push	{lr}
	mov	r6, #1
1:	tst	r6, #15				// none of a block
	beq	3f
	.irp	how, "movs pc, lr", "push {r1, lr}; ldr r1, [sp], #4; ldr lr, [sp], #4; push {r1}; push {lr}; rfefd sp!", "to_thumb; movs pc, lr", "add lr, lr, #8; to_thumb; subs pc, lr, #8"
	.irp	psr, 0x40000033, 0x00000033
	mov	r4, #0
	and	r1, r6, #3
	bic	r2, r6, #3
	lsl	r1, r1, #25
	orr	r1, r1, r2, lsl #8
	orr	r1, r1, #(\psr & 0xff)
	orr	r1, r1, #(\psr & 0xff000000)
	orr	r1, r1, #(PSR_I | PSR_F)
	msr	spsr_cxsf, r1
	mrs	r2, spsr
	addr	lr, 2f
	\how
	.if	code_is_thumb
	arm_code
	.endif
	.balign	4
	thumb_code
2:	add.w	r4, r4, #1
	mrs	r5, cpsr
	adds	r4, #16
	mrs	r7, spsr
	addw	r4, r4, #0x100
	to_arm
	show	"spsr", r2
	show	"ran", r4
	.endr
	.endr
	addr	r9, in_user			// and to USR, whose SVC tells what was left
	hook	svc, from_user
	addr	r10, 3f
	mov	r4, #0
	and	r1, r6, #3
	bic	r2, r6, #3
	lsl	r1, r1, #25
	orr	r1, r1, r2, lsl #8
	orr	r1, r1, #0x40000000
	orr	r1, r1, #(USR | PSR_T)
	msr	spsr_cxsf, r1
	movs	pc, r9
3:	add	r6, r6, #1
	cmp	r6, #0x20
	blo	1b
	unhook	svc
	pop	{pc}

	thumb_code
in_user:
	adds	r4, #1
	svc	#6
	adds	r4, #16
	svc	#6
	adds	r4, #1
	svc	#6
	svc	#7
	arm_code

from_user:
	push	{r0-r3, r12, lr}
	mrs	r3, spsr
	show	"svc, spsr", r3
	show	"ran", r4
	ldrh	r3, [lr, #-2]
	uxtb	r3, r3
	cmp	r3, #7
	pop	{r0-r3, r12, lr}
	moveq	pc, r10
	movs	pc, lr
	.ltorg
