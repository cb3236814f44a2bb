// SPDX-License-Identifier: MIT
//
// Programs in USR: exclusives, thread registers, system calls by the thousand, faults that
// the kernel repairs, and barriers; the kernel's side is Linux's in small.
#include "test/guest/kernel.inc"

main:
	bl	mmu_flat
	hook	svc, count_call
	mov	r9, #0
	user	calls
	show	"calls", r9
	unhook	svc

	set	r0, 0x11112222
	mcr	p15, 0, r0, c13, c0, 2		// TPIDRURW
	set	r0, 0x33334444
	mcr	p15, 0, r0, c13, c0, 3		// TPIDRURO
	set	r0, 0x55556666
	mcr	p15, 0, r0, c13, c0, 4		// TPIDRPRW
	user	threads
	mrc	p15, 0, r0, c13, c0, 2
	show	"URW", r0
	mrc	p15, 0, r0, c13, c0, 3
	show	"URO", r0
	mrc	p15, 0, r0, c13, c0, 4
	show	"PRW", r0
	.rept	3
	mrc	p15, 0, r0, c13, c0, 4
	add	r0, r0, #1
	mcr	p15, 0, r0, c13, c0, 4
	mrc	p15, 0, r1, c13, c0, 2
	sub	r1, r1, #1
	mcr	p15, 0, r1, c13, c0, 2
	svc	#9
	.endr
	show	"PRW", r0
	show	"URW", r1
	user	threads_read

	user	exclusives
	user	barriers

	// Faults, repaired by mapping a page: a stack that grows.
	set	r0, 0x50000000
	mov	r1, #0
	bl	map_table
	tlb_all
	hook	dabt, grow
	mov	r8, #0
	user	growing
	show	"faults", r8
	unhook	dabt

	// Code that is paged in.
	hook	pabt, page_in
	mov	r8, #0
	user	jumps
	show	"paged in", r8
	unhook	pabt

	// Every register and flag lives through a call.
	user	all_registers
	b	power_off

count_call:
	push	{r0, r1}
	ldr	r0, [lr, #-4]
	bic	r0, r0, #0xff000000
	mvn	r1, #0xff000000
	cmp	r0, r1
	pop	{r0, r1}
	beq	default_svc
	// The registers of USR, to a frame and back, as Linux does it.
	sub	sp, sp, #72
	stmia	sp, {r0-r12}
	add	r8, sp, #60
	stmdb	r8, {sp, lr}^
	mrs	r6, spsr
	str	lr, [sp, #60]
	str	r6, [sp, #64]
	cpsie	i
	add	r0, r0, #1
	str	r0, [sp]
	cpsid	i
	ldr	r1, [sp, #64]
	ldr	lr, [sp, #60]
	msr	spsr_cxsf, r1
	ldmia	sp, {r0-lr}^
	nop
	add	sp, sp, #72
	movs	pc, lr

calls:
	mov	r0, #0
	set	r1, 10000
	mov	r7, r1
1:	svc	#0
	subs	r7, r7, #1
	bne	1b
	show	"r0", r0
	mov	r9, r0
	leave_user

threads:
	mrc	p15, 0, r0, c13, c0, 2
	show	"user URW", r0
	add	r0, r0, #7
	mcr	p15, 0, r0, c13, c0, 2
	mrc	p15, 0, r0, c13, c0, 3
	show	"user URO", r0
	mcr	p15, 0, r0, c13, c0, 3		// UNDEFINED here
	mrc	p15, 0, r0, c13, c0, 4		// and so is this
	mrc	p15, 0, r0, c13, c0, 1
	svc	#2
threads_read:
	mrc	p15, 0, r0, c13, c0, 2
	show	"user URW", r0
	leave_user

exclusives:
	set	r4, POOL
	mov	r0, #0
	str	r0, [r4]
	strd	r0, r1, [r4, #8]
	set	r5, 5000
1:	ldrex	r0, [r4]
	add	r0, r0, #3
	strex	r1, r0, [r4]
	cmp	r1, #0
	bne	1b
	add	r4, r4, #8
	ldrexd	r2, r3, [r4]
	adds	r2, r2, #1
	adc	r3, r3, #0
	strexd	r1, r2, r3, [r4]
	sub	r4, r4, #8
	subs	r5, r5, #1
	bne	1b
	ldr	r0, [r4]
	show	"ldrex", r0
	ldr	r0, [r4, #8]
	show	"ldrexd", r0
	ldrexb	r0, [r4]
	clrex
	strexb	r1, r0, [r4]
	show	"after clrex", r1
	ldrexh	r0, [r4]
	strexh	r1, r0, [r4]
	show	"strexh", r1
	leave_user

barriers:
	mov	r0, #0
	mcr	p15, 0, r0, c7, c5, 4
	mcr	p15, 0, r0, c7, c10, 4
	mcr	p15, 0, r0, c7, c10, 5
	dmb
	dsb
	isb
	say	"barriers"
	mcr	p15, 0, r0, c7, c5, 0		// UNDEFINED
	mcr	p15, 0, r0, c8, c7, 0
	mrc	p15, 0, r0, c0, c0, 0
	wfe
	sev
	yield
	say	"hints"
	leave_user

grow:
	push	{r0-r4, r12, lr}
	mrc	p15, 0, r0, c6, c0, 0
	mrc	p15, 0, r1, c5, c0, 0
	show	"dfar", r0
	show	"dfsr", r1
	add	r8, r8, #1
	lsr	r0, r0, #12
	lsl	r0, r0, #12
	ubfx	r1, r0, #12, #4
	set	r2, (POOL + 0x10000 + 0x32)
	add	r1, r2, r1, lsl #12
	bl	map_page
	sync
	pop	{r0-r4, r12, lr}
	subs	pc, lr, #8

growing:
	set	r4, 0x50008000
	mov	r5, #12
1:	str	r5, [r4, #-0xff0]!
	ldr	r0, [r4]
	ldrd	r0, r1, [r4, #8]
	stmdb	r4, {r0-r3}
	subs	r5, r5, #2
	bne	1b
	show	"top", r4
	leave_user

page_in:
	push	{r0-r4, r12, lr}
	mrc	p15, 0, r0, c6, c0, 2
	show	"ifar", r0
	add	r8, r8, #1
	ubfx	r1, r0, #12, #4
	set	r2, (POOL + 0x20000 + 0x22)
	add	r1, r2, r1, lsl #12
	bl	map_page
	set	r2, (POOL + 0x20000)
	mrc	p15, 0, r0, c6, c0, 2
	ubfx	r1, r0, #12, #4
	add	r2, r2, r1, lsl #12
	set	r1, 0xe12fff1e
	str	r1, [r2]
	mcr	p15, 0, r2, c7, c11, 1
	dsb
	mcr	p15, 0, r0, c7, c5, 0
	sync
	pop	{r0-r4, r12, lr}
	subs	pc, lr, #4

jumps:
	set	r4, 0x5000c000
	blx	r4
	blx	r4
	set	r4, 0x5000d000
	blx	r4
	leave_user

all_registers:
	mov	r0, #0x10
	mov	r1, #0x11
	mov	r2, #0x12
	mov	r3, #0x13
	mov	r4, #0x14
	mov	r5, #0x15
	mov	r6, #0x16
	mov	r7, #0x17
	mov	r8, #0x18
	mov	r9, #0x19
	mov	r10, #0x1a
	mov	r11, #0x1b
	mov	r12, #0x1c
	mov	lr, #0x1e
	set	r0, 0xa8050000
	msr	cpsr_fs, r0
	svc	#4
	state	"all"
	mrs	r1, cpsr
	show	"psr", r1
	leave_user
