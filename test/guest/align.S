// SPDX-License-Identifier: MIT
//
// Alignment, and accesses over the end of a page: every size, with SCTLR.A off and on, where all is well,
// where nothing is mapped, in a closed domain, where rights are missing, where there is no memory; and
// from each of these into another. What is transferred, the faults in their order, the addresses.
#include "test/guest/kernel.inc"

#define VA      0x50000000	// domain 0's table
#define CLOSED  0x50100000	// a section of domain 1
#define NOWHERE 0x60000000

	.macro	page n, desc
	set	r0, (VA + 0x1000 * \n)
	set	r1, (\desc)
	bl	map_page
	.endm

// An access by r7 to or from r4 and r5. Prints DFSR and DFAR if it aborts, what r4, r5 and r8 sum up to, and by
// how much r7 moved.
	.macro	access insn:vararg
	set	r4, 0x44a4b4c4
	set	r5, 0x55a5b5c5
	mov	r8, #0
	mov	r2, #0
	mov	r3, #0
	mov	r6, r7
	\insn
	bl	values
	.endm

main:
	bl	map_flat
	set	r0, VA
	mov	r1, #0
	bl	map_table
	page	0, (POOL + 0x0000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	page	1, (POOL + 0x1000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	page	3, (POOL + 0x3000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	page	4, (POOL + 0x4000) | PAGE | PAGE_C_B | PAGE_AP(AP_R)
	page	5, (POOL + 0x5000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	page	6, NOWHERE | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	page	7, (POOL + 0x7000) | PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL)
	page	8, (POOL + 0x8000) | PAGE | PAGE_AP(AP_USER)		// Strongly-ordered
	page	9, (POOL + 0x9000) | PAGE | 4 | PAGE_AP(AP_USER)	// Device
	page	0xff, (POOL + 0xa000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	set	r0, CLOSED
	set	r1, (POOL | SECT | SECT_C_B | SECT_AP(AP_USER) | (1 << 5))
	bl	map_section
	bl	mmu_on
	set	r0, POOL
	mov	r1, #0x4000
	set	r2, 0x01234567
	set	r3, 0x11111111
1:	str	r2, [r0], #4
	add	r2, r2, r3
	eor	r2, r2, r2, ror #7
	subs	r1, r1, #4
	bne	1b
	// Code in one of the pages, so that stores to it are the monitor's.
	set	r0, (VA + 0x3800)
	set	r2, 0xe12fff1e
	str	r2, [r0]
	blx	r0
	mrc	p15, 0, r0, c1, c0, 2		// VFP and NEON on
	orr	r0, r0, #0xf00000
	mcr	p15, 0, r0, c1, c0, 2
	isb
	mov	r0, #0x40000000
	vmsr	fpexc, r0

	hook	dabt, dabt
	mov	r9, #0
2:	mrc	p15, 0, r0, c1, c0, 0
	bfi	r0, r9, #1, #1
	mcr	p15, 0, r0, c1, c0, 0
	isb
	show	"A", r9
	addr	r10, places
3:	ldr	r7, [r10], #4
	cmp	r7, #0
	beq	4f
	show	"at", r7
	bl	accesses
	b	3b
4:	add	r9, r9, #1
	cmp	r9, #2
	blo	2b
	mrc	p15, 0, r0, c1, c0, 0
	bic	r0, r0, #2
	mcr	p15, 0, r0, c1, c0, 0
	isb
	unhook	dabt
	b	power_off

dabt:
	mrc	p15, 0, r2, c5, c0, 0
	mrc	p15, 0, r3, c6, c0, 0
	subs	pc, lr, #4

	.balign	4
places:
	.word	VA + 0x101, VA + 0x102, VA + 0x104
	.word	VA + 0xffd, VA + 0xffe		// into a page that is good
	.word	VA + 0x1fff, VA + 0x1ffe	// into nothing
	.word	VA + 0x2001, VA + 0x2ffe	// nothing, and out of it
	.word	VA + 0x3101, VA + 0x3ffd	// the page of code, and into a read-only one
	.word	VA + 0x4001, VA + 0x4ffe	// read-only, and out of it
	.word	VA + 0x5ffd, VA + 0x5ffe	// into where there is no memory
	.word	VA + 0x6001, VA + 0x6002, VA + 0x6004, VA + 0x6ffe
	.word	VA + 0x7001, VA + 0x8001, VA + 0x8002, VA + 0x9001, VA + 0x9004
	.word	CLOSED + 1, CLOSED + 4
	.word	VA + 0xffffe			// into a closed domain
	.word	0

// All kinds of access at r7, by the kernel, then by a user.
accesses:
	push	{r9, r10, lr}
	.irp	insn, "ldrb r4, [r7]", "ldrh r4, [r7]", "ldrsh r4, [r7]", "ldr r4, [r7]", "ldr r4, [r7], #8", "ldrd r4, r5, [r7]", "ldm r7, {r4, r5}", "ldm r7!, {r4, r5}", "ldrt r4, [r7], #4", "ldrht r4, [r7]", "strb r4, [r7]", "strh r4, [r7]", "str r4, [r7]", "str r4, [r7, #8]!", "strd r4, r5, [r7]", "stm r7, {r4, r5}", "strt r4, [r7], #4", "strht r4, [r7]", "vldr s0, [r7]", "vldr d0, [r7]", "vstr d0, [r7]", "vld1.8 {d0}, [r7]", "vld1.32 {d0}, [r7]", "vld1.64 {d0}, [r7:64]", "vst1.16 {d0}, [r7]", "ldrex r4, [r7]", "ldrexb r4, [r7]", "ldrexh r4, [r7]", "ldrexd r4, r5, [r7]", "strex r8, r4, [r7]"
	access	\insn
	.endr
	user	accesses_user
	pop	{r9, r10, pc}

accesses_user:
	.irp	insn, "ldr r4, [r7]", "ldrh r4, [r7], #2", "str r4, [r7]", "strh r4, [r7]"
	access	\insn
	.endr
	leave_user

values:
	push	{r9, lr}
	add	r9, r4, r5, ror #5
	add	r9, r8, r9, ror #7
	eor	r9, r9, r9, lsr #16
	sub	r4, r7, r6
	mov	r7, r6
	push	{r3}
	mov	r0, r2
	bl	put_digits
	pop	{r0}
	bl	put_digits
	mov	r0, r9
	bl	put_digits
	mov	r0, r4
	bl	put_digits
	mov	r0, #'\n'
	bl	put_char
	pop	{r9, pc}
