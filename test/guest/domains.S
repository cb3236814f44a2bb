// SPDX-License-Identifier: MIT
//
// Domains and DACR. First as kernels use them to keep out of user memory (Linux's SW PAN): domain 1 is the
// user's, closed in the kernel, opened around what is meant to access it, over system calls and faults. Then
// all 16 domains with all values at random, in sections and pages, by kernel and user, with the flat map in
// two different ones. The monitor opens domains late and closes them at once: it mustn't be seen.
#include "test/guest/kernel.inc"
#include "test/guest/probe.inc"

#define SECTIONS 0x50000000	// one of each domain
#define PAGES    0x51000000	// a page and a large page at the beginning of each
#define USER     0x50100000	// of domain 1
#define USER_PAGE 0x51100000
#define STEPS    3000

	.macro	dacr value
	set	r0, \value
	mcr	p15, 0, r0, c3, c0, 0
	isb
	.endm

	.macro	outcome name
	bl	probe_\name
	bl	put_digits
	.endm

	.macro	line text
	string	r0, "\text"
	bl	put_str
	mov	r0, #' '
	bl	put_char
	.endm

	.macro	end_line
	mov	r0, #'\n'
	bl	put_char
	.endm

main:
	bl	map_flat
	mov	r4, #0
	bl	flat_domain
	bl	map_domains
	set	r0, POOL
	set	r1, 0xe12fff1e			// BX LR
	mov	r2, #512
1:	str	r1, [r0]
	add	r0, r0, #0x10000
	subs	r2, r2, #1
	bne	1b
	bl	mmu_on
	probe_on

	.irp	va, USER, USER_PAGE, USER_PAGE + 0x10000
	set	r7, \va
	show	"user memory at", r7
	bl	pan
	.endr

	say	"managers"
	.irp	value, 0x1, 0x5, 0xd, 0x5, 0xd, 0x1, 0xd, 0x9, 0x5, 0x1
	dacr	\value
	show	"DACR", r0
	probe	"no rights", PAGES + 0x120000
	probe	"kernel's", PAGES + 0x130000
	probe	"XN", PAGES + 0x140000
	.endr

	say	"at random"
	set	r10, 0x2545f491
	bl	random_walk
	mov	r0, #5
	lsl	r0, r0, #10			// as are domains 0 and 5 for the change
	orr	r0, r0, #1
	mcr	p15, 0, r0, c3, c0, 0
	mov	r4, #5
	bl	flat_domain
	tlb_all
	bl	random_walk
	mov	r0, #0x3
	lsl	r0, r0, #30
	orr	r0, r0, #(1 << 10)
	mcr	p15, 0, r0, c3, c0, 0
	mov	r4, #15
	bl	flat_domain
	tlb_all
	bl	random_walk
	mov	r0, #(1 << 30)
	mcr	p15, 0, r0, c3, c0, 0
	probe_off
	say	"end"
	b	power_off

// Puts the flat map into domain r4, and says so in flat_dacr.
flat_domain:
	set	r0, TABLE_0
	set	r1, (SECTIONS >> 20)
1:	ldr	r2, [r0]
	cmp	r2, #0
	bicne	r2, r2, #(15 << 5)
	orrne	r2, r2, r4, lsl #5
	str	r2, [r0], #4
	subs	r1, r1, #1
	bne	1b
	addr	r0, flat_now
	str	r4, [r0]
	dsb
	bx	lr

map_domains:
	push	{r4, r5, r6, lr}
	mov	r4, #0
1:	set	r1, (POOL | SECT | SECT_C_B)
	add	r1, r1, r4, lsl #20
	orr	r1, r1, r4, lsl #5
	// AP: user, user, user read-only, kernel; not global where odd.
	and	r5, r4, #3
	mov	r6, #AP_USER
	cmp	r5, #2
	moveq	r6, #AP_USER_R
	cmp	r5, #3
	moveq	r6, #AP_KERNEL
	orr	r1, r1, r6, lsl #10
	tst	r4, #1
	orrne	r1, r1, #SECT_nG
	set	r0, SECTIONS
	add	r0, r0, r4, lsl #20
	bl	map_section
	set	r0, PAGES
	add	r0, r0, r4, lsl #20
	mov	r1, r4
	bl	map_table
	set	r0, (TABLE_0 + (PAGES >> 18))
	add	r0, r0, r4, lsl #2
	ldr	r1, [r0]
	orr	r1, r1, r4, lsl #5
	str	r1, [r0]
	set	r0, PAGES
	add	r0, r0, r4, lsl #20
	set	r1, ((POOL + 0x1000000) | PAGE | PAGE_C_B)
	add	r1, r1, r4, lsl #20
	orr	r1, r1, r6, lsl #4
	tst	r4, #1
	orreq	r1, r1, #PAGE_nG
	bl	map_page
	mov	r5, #16
	set	r0, (PAGES + 0x10000)
	add	r0, r0, r4, lsl #20
	set	r1, ((POOL + 0x1010000) | 1 | PAGE_C_B | PAGE_AP(AP_USER) | PAGE_nG)
	add	r1, r1, r4, lsl #20
2:	bl	map_page
	add	r0, r0, #0x1000
	subs	r5, r5, #1
	bne	2b
	add	r4, r4, #1
	cmp	r4, #16
	blo	1b
	.irp	n, 2, 3, 4
	set	r0, (PAGES + 0x110000 + 0x10000 * (\n - 1))
	.if	\n == 2
	set	r1, ((POOL + 0x1120000) | PAGE | PAGE_C_B | PAGE_AP(0))
	.elseif	\n == 3
	set	r1, ((POOL + 0x1130000) | PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL))
	.else
	set	r1, ((POOL + 0x1140000) | PAGE | PAGE_C_B | PAGE_XN | PAGE_AP(AP_USER))
	.endif
	bl	map_page
	.endr
	pop	{r4, r5, r6, pc}

// User memory is at r7. DACR 1: closed, 5: open.
pan:
	push	{r4, r8, lr}
	dacr	1
	line	"closed"
	outcome	read
	outcome	write
	outcome	ldrt
	outcome	strt
	outcome	exec
	end_line
	mov	r4, #3
1:	line	"open, closed"
	dacr	5
	outcome	read
	dacr	1
	outcome	read
	dacr	5
	outcome	write
	dacr	1
	outcome	write
	dacr	5
	outcome	ldrt
	dacr	1
	outcome	ldrt
	dacr	5
	outcome	strt
	dacr	1
	outcome	strt
	dacr	5
	outcome	exec
	dacr	1
	outcome	exec
	end_line
	line	"opened in vain, and once for all"
	dacr	5
	dacr	1
	outcome	read
	dacr	5
	dacr	1
	outcome	strt
	dacr	5
	outcome	strt
	outcome	write
	outcome	ldrt
	outcome	read
	outcome	exec
	end_line
	line	"open by read-modify-write, to and fro"
	mrc	p15, 0, r0, c3, c0, 0
	bic	r0, r0, #0xc
	mcr	p15, 0, r0, c3, c0, 0
	isb
	mrc	p15, 0, r8, c3, c0, 0
	orr	r0, r8, #4
	mcr	p15, 0, r0, c3, c0, 0
	isb
	outcome	ldrt
	mcr	p15, 0, r8, c3, c0, 0
	isb
	outcome	ldrt
	mrc	p15, 0, r0, c3, c0, 0
	bl	put_digits
	end_line

	// A user runs with the domain open; its system call closes it, and the return opens it.
	hook	svc, svc_closes
	line	"system calls"
	dacr	5
	addr	r0, user_calls
	bl	user_call_hooked
	addr	r4, outcomes
	mov	r8, #10
2:	ldr	r0, [r4], #4
	bl	put_digits
	subs	r8, r8, #1
	bne	2b
	end_line
	line	"still"
	outcome	read
	outcome	write
	end_line
	// The kernel's own fault, met with the domain open, is handled with it closed.
	line	"faults"
	dacr	5
	outcome	read
	hook	dabt, dabt_closes
	set	r0, 0x60000000
	ldr	r0, [r0]
	hook	dabt, probe_dabt
	addr	r0, outcomes
	ldr	r0, [r0]
	bl	put_digits
	outcome	write
	dacr	1
	outcome	write
	outcome	read
	end_line
	// A user that finds its own domain closed.
	line	"a user's closed"
	dacr	1
	addr	r0, probe_user
	bl	user_call_hooked
	dacr	5
	line	""
	addr	r4, probe_outcomes
	ldr	r0, [r4]
	bl	put_digits
	ldr	r0, [r4, #4]
	bl	put_digits
	ldr	r0, [r4, #8]
	bl	put_digits
	addr	r0, probe_user
	bl	user_call_hooked
	ldr	r0, [r4]
	bl	put_digits
	ldr	r0, [r4, #4]
	bl	put_digits
	ldr	r0, [r4, #8]
	bl	put_digits
	outcome	read
	dacr	1
	outcome	read
	end_line
	unhook	svc
	pop	{r4, r8, pc}

user_call_hooked:
	b	user_call

// Outcomes of what the user does at r7, and of what the kernel, called, can: SVC 1 looks with the domain
// as it is, SVC 2 closes it, looks, opens it.
user_calls:
	addr	r4, outcomes
	bl	probe_read
	str	r0, [r4], #4
	svc	#1
	str	r0, [r4], #4
	svc	#2
	str	r0, [r4], #4
	bl	probe_write
	str	r0, [r4], #4
	svc	#2
	str	r0, [r4], #4
	svc	#2
	str	r0, [r4], #4
	svc	#1
	str	r0, [r4], #4
	svc	#3				// leaves it closed
	str	r0, [r4], #4
	bl	probe_write
	str	r0, [r4], #4
	svc	#4				// opens it
	bl	probe_write
	str	r0, [r4], #4
	svc	#3
	leave_user

svc_closes:
	push	{r1-r3, r8, lr}
	ldr	r1, [lr, #-4]
	bic	r1, r1, #0xff000000
	mvn	r2, #0xff000000
	cmp	r1, r2
	beq	9f
	mrc	p15, 0, r8, c3, c0, 0
	bic	r3, r8, #0xc
	cmp	r1, #4
	orreq	r8, r8, #4
	cmp	r1, #2
	mcreq	p15, 0, r3, c3, c0, 0
	cmp	r1, #3
	mcreq	p15, 0, r3, c3, c0, 0
	moveq	r8, r3
	isb
	mrs	r1, spsr
	push	{r1, lr}
	blne	probe_read
	pop	{r1, lr}
	msr	spsr_cxsf, r1
	mcr	p15, 0, r8, c3, c0, 0
	isb
	pop	{r1-r3, r8, lr}
	movs	pc, lr
9:	pop	{r1-r3, r8, lr}
	b	default_svc

// Closes domain 1, looks, and returns with it open again.
dabt_closes:
	push	{r0-r4, lr}
	mrs	r4, spsr
	dacr	1
	hook	dabt, probe_dabt
	cps	#SVC
	push	{lr}
	bl	probe_read
	pop	{lr}
	cps	#ABT
	addr	r1, outcomes
	str	r0, [r1]
	dacr	5
	msr	spsr_cxsf, r4
	pop	{r0-r4, lr}
	subs	pc, lr, #4

// The next number: r10, xorshift.
random:
	eor	r10, r10, r10, lsl #13
	eor	r10, r10, r10, lsr #17
	eor	r10, r10, r10, lsl #5
	bx	lr

// Sets DACR, but for the flat map's domain, at every fourth step; accesses some address; prints outcomes.
random_walk:
	push	{r4-r9, lr}
	addr	r0, flat_now
	ldr	r4, [r0]
	show	"flat map in", r4
	lsl	r4, r4, #1
	set	r5, STEPS
	mov	r6, #0
1:	bl	random
	tst	r10, #3
	bne	2f
	bl	random
	mov	r0, #3
	bic	r0, r10, r0, lsl r4
	mov	r1, #1
	orr	r0, r0, r1, lsl r4
	tst	r10, #0x100			// in half of the cases there are no managers
	biceq	r0, r0, #0xaa000000
	biceq	r0, r0, #0x00aa0000
	biceq	r0, r0, #0x0000aa00
	biceq	r0, r0, #0x000000aa
	mov	r2, #2
	lsl	r2, r2, r4
	bic	r0, r0, r2
	mcr	p15, 0, r0, c3, c0, 0
	isb
2:	bl	random
	set	r7, SECTIONS
	ubfx	r0, r10, #4, #4
	add	r7, r7, r0, lsl #20
	tst	r10, #0x100
	addne	r7, r7, #0x1000000
	tst	r10, #0x200
	addne	r7, r7, #0x10000
	ubfx	r0, r10, #12, #3
	addr	r1, kinds
	ldr	r2, [r1, r0, lsl #2]
	mov	r9, r0
	blx	r2
	addr	r1, probe_outcomes
	cmp	r9, #5
	ldrhs	r0, [r1]
	eor	r8, r0, r8, ror #5
	add	r8, r8, r7
	add	r6, r6, #1
	tst	r6, #15
	moveq	r0, r8
	bleq	put_digits
	tst	r6, #255
	bne	3f
	mov	r0, #'\n'
	bl	put_char
3:	subs	r5, r5, #1
	bne	1b
	end_line
	pop	{r4-r9, pc}

	.balign	4
kinds:	.word	probe_read, probe_write, probe_ldrt, probe_strt, probe_exec, by_user, by_user, by_user

by_user:
	push	{lr}
	cmp	r9, #6
	addr	r0, user_reads
	addr	r1, user_writes
	addr	r2, user_calls_it
	moveq	r0, r1
	movhi	r0, r2
	bl	user_call
	pop	{pc}

	.irp	what, reads, writes, calls_it
user_\what:
	addr	r4, probe_outcomes
	.ifc	\what, reads
	bl	probe_read
	.endif
	.ifc	\what, writes
	bl	probe_write
	.endif
	.ifc	\what, calls_it
	bl	probe_exec
	.endif
	str	r0, [r4]
	leave_user
	.endr

	.pushsection .data
	.balign	4096
outcomes:
	.space	64
flat_now:
	.space	4096 - 64
	.popsection
