// SPDX-License-Identifier: MIT
//
// The short-descriptor VMSA: descriptors of each kind, rights in both models, domains, ASIDs,
// TTBCR.N, maintenance, and the MMU going on and off under the running code.
#include "test/guest/kernel.inc"

#define VA    0x50000000	// tests map what they need here
#define WINDOW 0xff700000	// where the monitor's own window is by default

	.macro	section va, desc
	set	r0, \va
	set	r1, (\desc)
	bl	map_section
	.endm

	.macro	page va, desc
	set	r0, \va
	set	r1, (\desc)
	bl	map_page
	.endm

	.macro	dacr value
	set	r0, \value
	mcr	p15, 0, r0, c3, c0, 0
	isb
	.endm

// Reads, writes and executes at an address, as the kernel and as USR.
	.macro	try va
	set	r7, \va
	bl	try_all
	.endm

	.macro	look name, va
	set	r0, \va
	ldr	r0, [r0]
	show	"\name", r0
	.endm

main:
	// A page of code that both may try, and marks in the pool's sections.
	set	r0, POOL
	mov	r1, #32
	set	r2, 0xe12fff1e			// BX LR
1:	str	r2, [r0]
	str	r0, [r0, #4]
	add	r0, r0, #0x10000
	subs	r1, r1, #1
	bne	1b
	set	r0, POOL
	mov	r1, #16
2:	str	r2, [r0]
	str	r0, [r0, #4]
	add	r0, r0, #0x1000
	subs	r1, r1, #1
	bne	2b
	set	r0, (POOL + 0x1f000)
	str	r2, [r0]
	str	r0, [r0, #4]
	bl	mmu_flat
	state	"on"

	say	"sections by AP"
	.irp	ap, 0, 1, 2, 3, 5, 6, 7
	say	"AP \ap"
	section	VA, POOL | SECT | SECT_C_B | SECT_AP(\ap)
	tlb_all
	try	VA
	.endr
	say	"XN"
	section	VA, POOL | SECT | SECT_C_B | SECT_XN | SECT_AP(AP_USER)
	tlb_all
	try	VA
	say	"nothing"
	section	VA, 0
	tlb_all
	try	VA

	say	"supersection"
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	section	VA + \n * 0x100000, RAM | SECT | 0x40000 | SECT_C_B | SECT_AP(AP_USER)
	.endr
	tlb_all
	look	"super", VA + 0x300004
	look	"super", VA + 0x320004
	try	VA + 0x300000
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	section	VA + \n * 0x100000, 0
	.endr
	tlb_all

	say	"small pages by AP"
	set	r0, VA
	mov	r1, #0
	bl	map_table
	.irp	ap, 0, 1, 2, 3, 5, 6, 7
	page	VA + 0x1000 * \ap, (POOL + 0x1000 * \ap) | PAGE | PAGE_C_B | PAGE_AP(\ap)
	.endr
	page	VA + 0x8000, (POOL + 0x8000) | PAGE | PAGE_XN | PAGE_C_B | PAGE_AP(AP_USER)
	tlb_all
	.irp	ap, 0, 1, 2, 3, 5, 6, 7, 8, 9
	say	"page AP \ap"
	try	VA + 0x1000 * \ap
	.endr

	say	"large page"
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	page	VA + 0x10000 + \n * 0x1000, (POOL + 0x10000) | 1 | PAGE_C_B | PAGE_AP(AP_USER)
	.endr
	tlb_all
	look	"large", VA + 0x10004
	try	VA + 0x10000
	try	VA + 0x1f000
	say	"large page XN, read-only"
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	page	VA + 0x20000 + \n * 0x1000, (POOL + 0x20000) | 1 | 0x8000 | PAGE_C_B | PAGE_AP(AP_R)
	.endr
	tlb_all
	try	VA + 0x20000

	say	"access flag model"
	mrc	p15, 0, r8, c1, c0, 0
	orr	r0, r8, #(1 << 29)
	mcr	p15, 0, r0, c1, c0, 0
	tlb_all
	.irp	ap, 0, 1, 2, 3, 5, 7
	say	"AF AP \ap"
	try	VA + 0x1000 * \ap
	.endr
	section	VA + 0x100000, POOL | SECT | SECT_C_B | SECT_AP(2)
	tlb_all
	try	VA + 0x100000
	set	r0, (VA + 0x100000)
	set	r1, (POOL | SECT | SECT_C_B | SECT_AP(3))
	bl	map_section
	try	VA + 0x100000			// no entry was cached for a flag fault
	mcr	p15, 0, r8, c1, c0, 0
	tlb_all

	say	"domains"
	section	VA + 0x200000, POOL | SECT | SECT_C_B | SECT_AP(AP_KERNEL) | (2 << 5)
	section	VA + 0x300000, POOL | SECT | SECT_C_B | SECT_XN | SECT_AP(AP_R) | (15 << 5)
	tlb_all
	.irp	d, 0x1, 0x11, 0x31, 0x1, 0x31, 0x11, 0x40000001, 0xc0000001, 0xc0000031, 0x55555555, 0xffffffff, 0xfffffffd, 0x1
	say	"DACR \d"
	dacr	\d
	try	VA + 0x200000
	try	VA + 0x300000
	.endr
	say	"domain of a table"
	set	r0, (VA + 0x400000)
	mov	r1, #1
	bl	map_table
	page	VA + 0x400000, POOL | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	set	r2, TABLE_0 + ((VA + 0x400000) >> 18)
	ldr	r0, [r2]
	orr	r0, r0, #(3 << 5)
	str	r0, [r2]
	tlb_all
	try	VA + 0x400000
	dacr	0x41
	try	VA + 0x400000
	try	VA + 0x401000
	dacr	0xc1
	try	VA + 0x400000
	try	VA + 0x401000
	dacr	0x1

	say	"stale entries go with maintenance"
	section	VA + 0x200000, 0
	section	VA + 0x300000, 0
	section	VA + 0x400000, 0
	page	VA, (POOL + 0x1000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	page	VA + 0x1000, (POOL + 0x2000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	tlb_all
	look	"page 0", VA + 4
	look	"page 1", VA + 0x1004
	page	VA, (POOL + 0x3000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	set	r0, VA
	mcr	p15, 0, r0, c8, c7, 1		// TLBIMVA
	sync
	look	"page 0", VA + 4
	look	"page 1", VA + 0x1004
	page	VA + 0x1000, (POOL + 0x4000) | PAGE | PAGE_C_B | PAGE_AP(AP_R)
	set	r0, VA + 0x1000
	mcr	p15, 0, r0, c8, c7, 3		// TLBIMVAA
	sync
	look	"page 1", VA + 0x1004
	try	VA + 0x1000
	page	VA + 0x1000, 0
	mov	r0, #0
	mcr	p15, 0, r0, c8, c3, 0		// TLBIALLIS
	sync
	try	VA + 0x1000
	page	VA + 0x1000, (POOL + 0x5000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	sync
	look	"a fault leaves nothing", VA + 0x1004

	say	"aliases"
	page	VA + 0x2000, (POOL + 0x6000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	page	VA + 0x3000, (POOL + 0x6000) | PAGE | PAGE_C_B | PAGE_AP(AP_R)
	tlb_all
	set	r0, VA + 0x2000
	set	r1, 0x12345678
	str	r1, [r0, #16]
	look	"read-only alias", VA + 0x3010
	look	"flat alias", POOL + 0x6010

	say	"ASIDs"
	page	VA + 0x4000, (POOL + 0x7000) | PAGE | PAGE_nG | PAGE_C_B | PAGE_AP(AP_USER)
	mov	r0, #1
	bl	asid
	look	"ASID 1", VA + 0x4004
	page	VA + 0x4000, (POOL + 0x8000) | PAGE | PAGE_nG | PAGE_C_B | PAGE_AP(AP_USER)
	mov	r0, #2
	bl	asid
	look	"ASID 2", VA + 0x4004
	mov	r0, #1
	mcr	p15, 0, r0, c8, c7, 2		// TLBIASID
	sync
	bl	asid
	look	"ASID 1 dropped", VA + 0x4004
	// Each address space with a table of its own, switched to and fro.
	set	r0, TABLE_0
	set	r1, TABLE_1
	mov	r2, #4096
3:	ldr	r3, [r0], #4
	str	r3, [r1], #4
	subs	r2, r2, #1
	bne	3b
	set	r1, TABLE_1 + (VA >> 18)
	set	r2, (TABLES_2 + 0x801)
	str	r2, [r1]
	set	r2, (TABLES_2 + 0x800)
	set	r3, ((POOL + 0x9000) | PAGE | PAGE_nG | PAGE_C_B | PAGE_AP(AP_USER))
	mov	r0, #256
	mov	r1, #0
4:	str	r1, [r2], #4
	subs	r0, r0, #1
	bne	4b
	set	r2, (TABLES_2 + 0x800)
	str	r3, [r2, #(4 * 4)]
	tlb_all
	mov	r6, #3
5:	set	r0, TABLE_1
	mov	r1, #7
	bl	space
	look	"space 7", VA + 0x4004
	try	VA
	set	r0, TABLE_0
	mov	r1, #8
	bl	space
	look	"space 8", VA + 0x4004
	look	"page 0", VA + 4
	subs	r6, r6, #1
	bne	5b

	say	"TTBCR.N"
	.irp	n, 1, 2, 3, 7
	// TTBR1 names the whole table; TTBR0 one that has, besides, a section low down.
	set	r0, TABLE_0
	mcr	p15, 0, r0, c2, c0, 1
	mov	r0, #\n
	mcr	p15, 0, r0, c2, c0, 2
	set	r0, TABLE_1
	set	r1, (POOL | SECT | SECT_C_B | SECT_AP(AP_USER))
	str	r1, [r0, #(0x01000000 >> 18)]
	mcr	p15, 0, r0, c2, c0, 0
	tlb_all
	look	"N = \n below", 0x01000004
	.if	\n > 2
	look	"N = \n above", POOL + 0x10004
	try	0x02000000
	.endif
	mrc	p15, 0, r0, c2, c0, 2
	show	"TTBCR", r0
	orr	r0, r0, #0x10			// PD0
	mcr	p15, 0, r0, c2, c0, 2
	tlb_all
	.if	\n > 1
	try	0x01000000
	.endif
	bic	r0, r0, #0x10
	mov	r0, #\n
	mcr	p15, 0, r0, c2, c0, 2
	tlb_all
	.endr
	set	r0, TABLE_0
	mcr	p15, 0, r0, c2, c0, 0
	mov	r0, #0
	mcr	p15, 0, r0, c2, c0, 2
	tlb_all

	say	"the monitor's window"
	try	WINDOW
	section	WINDOW, POOL | SECT | SECT_C_B | SECT_AP(AP_USER)
	tlb_all
	look	"window", WINDOW + 4
	try	WINDOW
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8
	section	WINDOW + \n * 0x100000, (POOL + \n * 0x100000) | SECT | SECT_C_B | SECT_AP(AP_USER)
	section	WINDOW - \n * 0x100000, (POOL + \n * 0x100000) | SECT | SECT_C_B | SECT_AP(AP_USER)
	.endr
	tlb_all
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8
	look	"above \n", WINDOW + \n * 0x100000 + 4
	look	"below \n", WINDOW - \n * 0x100000 + 4
	.endr
	set	r0, (WINDOW + 0x800000)
	mov	r1, #0x77
	str	r1, [r0, #8]
	look	"through", POOL + 0x800008

	say	"translation operations"
	.irp	va, POOL, VA, 0x60000000, VA + 0x3000, VA + 0x2000
	.irp	op, 0, 1, 2, 3
	set	r0, \va
	mcr	p15, 0, r0, c7, c8, \op
	isb
	mrc	p15, 0, r0, c7, c4, 0
	show	"PAR", r0
	.endr
	.endr

	say	"off and on"
	mov	r6, #4
6:	bl	mmu_off
	look	"off", POOL + 4
	set	r0, POOL
	str	r6, [r0, #12]
	bl	mmu_on
	look	"on", POOL + 12
	look	"on", VA + 4
	user	nothing
	subs	r6, r6, #1
	bne	6b
	state	"end"
	b	power_off

// Sets the ASID r0.
asid:
	dsb
	mcr	p15, 0, r0, c13, c0, 1
	isb
	bx	lr

// Switches to table r0 and ASID r1, by way of ASID 0.
space:
	mov	r2, #0
	mcr	p15, 0, r2, c13, c0, 1
	isb
	mcr	p15, 0, r0, c2, c0, 0
	isb
	mcr	p15, 0, r1, c13, c0, 1
	isb
	bx	lr

nothing:
	leave_user

// r7 is the address: reads, writes (what is there) and calls it, in SVC and in USR.
try_all:
	push	{r4, r8, lr}
	show	"at", r7
	bl	try_one
	say	"user"
	user	try_user
	pop	{r4, r8, pc}

try_one:
	push	{r4, lr}
	mov	r4, #0
	ldr	r4, [r7, #4]
	show	"read", r4
	str	r4, [r7, #8]
	resume_at 1f
	blx	r7
	say	"executed"
1:	push	{r0, r1}
	addr	r0, resume
	mov	r1, #0
	str	r1, [r0]
	pop	{r0, r1}
	pop	{r4, pc}

try_user:
	bl	try_one
	leave_user
