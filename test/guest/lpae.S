// SPDX-License-Identifier: MIT
//
// The long-descriptor VMSA (B3.6): blocks and pages, rights of descriptors and of tables, the
// access flag, both TTBRs, ASIDs in them, 64-bit registers, and the format of fault status. The case `aborts` has
// those that the core doesn't take: of devices, of nothing, of pages with code, of instructions that are emulated.
#include "test/guest/kernel.inc"

#define VA     0x50000000	// tests map what they need here
#define L1     TABLE_0
#define L2_DEV (TABLE_0 + 0x1000)	// of the GiB at 0,
#define L2_RAM (TABLE_0 + 0x2000)	// at 0x40000000,
#define L2_TOP (TABLE_0 + 0x3000)	// and of TTBR1's
#define L3     (TABLE_0 + 0x5000)
#define L3_ALT (TABLE_0 + 0x6000)

// Low words, then high ones.
#define VALID  0x001
#define TABLE  0x003
#define LPAGE  0x003
#define BLOCK  0x001
#define NORMAL 0x004	// AttrIndx 1
#define USER   0x040
#define RO     0x080
#define SHARED 0x300
#define AF     0x400
#define NG     0x800
#define GOOD   (AF | SHARED | NORMAL)
	.equ	NONE, 0
	.equ	PXN, 1 << 21
	.equ	XN, 1 << 22
	.equ	PXNTABLE, 1 << 27
	.equ	XNTABLE, 1 << 28
	.equ	NO_USER, 1 << 29
	.equ	TABLE_RO, 1 << 30

	.macro	long at, low, high=0
	set	r0, \at
	set	r2, (\low)
	set	r3, (\high)
	strd	r2, r3, [r0]
	.endm

	.macro	try name, va
	say	"\name"
	set	r7, \va
	bl	try_all
	.endm

	.macro	ttbcr value
	set	r0, \value
	mcr	p15, 0, r0, c2, c0, 2
	isb
	tlb_all
	.endm

	.macro	ttbr n, low, high=0
	set	r0, \low
	set	r1, \high
	mcrr	p15, \n, r0, r1, c2
	isb
	.endm

	.macro	look name, va
	set	r0, \va
	ldr	r0, [r0]
	show	"\name", r0
	.endm

main:
	set	r0, POOL			// BX LR, and an address, in each page
	set	r2, 0xe12fff1e
	mov	r1, #0x400
1:	str	r2, [r0]
	str	r0, [r0, #4]
	add	r0, r0, #0x1000
	subs	r1, r1, #1
	bne	1b
	bl	long_flat
	state	"on"
#ifdef CASE_aborts
	b	aborts
#endif
	mrc	p15, 0, r0, c2, c0, 2
	show	"TTBCR", r0

	say	"pages by AP"
	long	L2_RAM + 0x80 * 8, L3 | TABLE
	long	L3 + 0x00, POOL | LPAGE | GOOD
	long	L3 + 0x08, (POOL + 0x1000) | LPAGE | GOOD | USER
	long	L3 + 0x10, (POOL + 0x2000) | LPAGE | GOOD | RO
	long	L3 + 0x18, (POOL + 0x3000) | LPAGE | GOOD | RO | USER
	long	L3 + 0x20, (POOL + 0x4000) | LPAGE | GOOD | USER, XN
	long	L3 + 0x28, (POOL + 0x5000) | LPAGE | GOOD | USER, PXN
	long	L3 + 0x30, (POOL + 0x6000) | LPAGE | NORMAL | USER	// no access flag
	long	L3 + 0x38, (POOL + 0x7000) | BLOCK | GOOD | USER	// reserved
	long	L3 + 0x40, (POOL + 0x8000) | LPAGE | GOOD | USER | NG
	tlb_all
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
	try	"page \n", VA + \n * 0x1000
	.endr

	.irp	limit, PXNTABLE, XNTABLE, NO_USER, TABLE_RO
	long	L2_RAM + 0x80 * 8, L3 | TABLE, \limit
	tlb_all
	try	"\limit", VA + 0x1000
	try	"and read only", VA + 0x3000
	.endr

	say	"blocks"
	long	L2_RAM + 0x81 * 8, (RAM + 0x400000) | BLOCK | GOOD | USER
	long	L2_RAM + 0x82 * 8, (RAM + 0x400000) | BLOCK | GOOD, XN
	long	L1 + 2 * 8, RAM | BLOCK | GOOD | USER
	tlb_all
	try	"2 MiB", VA + 0x200000
	try	"its last page", VA + 0x3ff000
	try	"for the kernel", VA + 0x500000
	try	"1 GiB", 0x80000000 + POOL - RAM
	try	"no block", VA + 0x600000
	try	"no table", 0xc0000000
	long	L2_RAM + 0x81 * 8, (RAM + 0x600000) | BLOCK | GOOD | USER
	set	r0, (VA + 0x3ff000)
	mcr	p15, 0, r0, c8, c7, 1		// of the block, by any address in it
	dsb
	isb
	look	"moved", VA + 0x200004
	long	L2_RAM + 0x81 * 8, 0
	tlb_all

	say	"writes through another mapping"
	long	L2_RAM + 0x80 * 8, L3 | TABLE
	tlb_all
	set	r0, (VA + 0x1000)
	ldr	r1, [r0, #12]
	set	r1, (POOL + 0x1000)
	set	r2, 0x12345678
	str	r2, [r1, #12]
	ldr	r2, [r0, #12]
	show	"word", r2

	say	"two tables"
	long	L2_TOP, (RAM + 0x400000) | BLOCK | GOOD | USER
	long	L2_TOP + 0x1ff * 8, (RAM + 0x400000) | BLOCK | GOOD | USER
	ttbr	1, L2_TOP
	ttbcr	0x80020000			// T1SZ 2: the last GiB
	look	"first", 0xc0000004 + 0x100000
	look	"last", 0xffe00004 + 0x101000
	try	"between", 0x80000000 + POOL - RAM
	ttbcr	0x80820000			// EPD1
	try	"disabled", 0xc0000000 + 0x100000
	long	L2_TOP, (RAM + 0x200000) | BLOCK | GOOD | USER
	ttbcr	0x80030000			// the last 512 MiB, whose table is half as large
	look	"upper half", 0xe0000004 + 0x100000
	try	"not mapped", 0xe0200000
	ttbcr	0x80000000

	say	"ASIDs"
	long	L2_RAM + 0x80 * 8, L3 | TABLE
	tlb_all
	look	"ASID 0", VA + 0x8004
	long	L3_ALT + 0x40, (POOL + 0x9000) | LPAGE | GOOD | USER | NG
	ttbr	0, L1, 0x00010000
	long	L2_RAM + 0x80 * 8, L3_ALT | TABLE
	dsb
	look	"ASID 1", VA + 0x8004
	ttbr	0, L1, 0
	long	L2_RAM + 0x80 * 8, L3 | TABLE
	tlb_all
	look	"ASID 0", VA + 0x8004

	say	"64-bit registers"
	ttbr	1, 0xfffff000, 0x00ff00ff
	mov	r0, #0
	mrrc	p15, 1, r0, r1, c2
	show	"TTBR1", r0
	show	"TTBR1", r1
	mcr	p15, 0, r0, c2, c0, 1		// leaves the upper half
	mrrc	p15, 1, r0, r1, c2
	show	"TTBR1", r1
	set	r0, 0x12345678
	mcrr	p15, 0, r0, r0, c7
	mrrc	p15, 0, r2, r3, c7
	show	"PAR", r3
	mrc	p15, 0, r0, c7, c4, 0
	show	"PAR", r0

	say	"translation operations"
	long	L3 + 0x50, (POOL + 0xa000) | LPAGE | AF | USER				// Device
	long	L3 + 0x58, (POOL + 0xb000) | LPAGE | AF | USER | SHARED | (2 << 2)	// Normal, not cacheable
	long	L3 + 0x60, (POOL + 0xc000) | LPAGE | AF | USER | NORMAL			// not shareable
	long	L3 + 0x68, (POOL + 0xd000) | LPAGE | AF | USER | (2 << 8) | (3 << 2)	// write-through
	long	L3 + 0x70, (POOL + 0xe000) | LPAGE | AF | USER | SHARED | (5 << 2)	// of MAIR1
	long	L3 + 0x78, (POOL + 0xf000) | LPAGE | GOOD | USER, 0x12			// above 4 GiB
	long	L2_RAM + 0x83 * 8, 0x60000000 | TABLE					// not there
	set	r0, 0xaa44ff04
	mcr	p15, 0, r0, c10, c2, 0
	set	r0, 0x000000ee
	lsl	r0, r0, #8
	mcr	p15, 0, r0, c10, c2, 1
	tlb_all
	.irp	va, POOL, VA, VA + 0x3000, VA + 0x6000, VA + 0xa000, VA + 0xb000, VA + 0xc000, VA + 0xd000, VA + 0xe000, VA + 0xf000, VA + 0x600000, 0x60000000, 0xc0000000
	set	r7, \va
	bl	translate
	.endr
	try	"above 4 GiB", VA + 0xf000

	bl	mmu_off
	say	"off"
	set	r7, POOL
	bl	translate
	say	"short descriptors again"
	mov	r0, #0
	mcr	p15, 0, r0, c2, c0, 2
	isb
	bl	mmu_flat
	look	"short", POOL + 4
	set	r0, 0x60000000
	ldr	r0, [r0]
	state	"end"
	b	power_off

#ifdef CASE_aborts
// Runs insn, whose address is r7, and prints what it leaves.
	.macro	attempt name, va, insn:vararg
	set	r7, \va
	mov	r5, #8
	say	"\name"
	\insn
	set	r0, \va
	sub	r0, r7, r0
	show	"base", r0
	.endm

	.macro	attempts name, va
	attempt	"\name: ldr", \va, ldr r6, [r7], #4
	attempt	"\name: str", \va, str r6, [r7], #4
	attempt	"\name: ldrb", \va, ldrb r6, [r7, #1]!
	attempt	"\name: ldrd", \va, ldrd r2, r3, [r7], #8
	attempt	"\name: ldm", \va, ldm r7!, {r2, r3}
	attempt	"\name: stm", \va, stm r7!, {r2, r3}
	attempt	"\name: ldrt", \va, ldrt r6, [r7], #4
	attempt	"\name: strt", \va, strt r6, [r7], #4
	attempt	"\name: strht", \va, strht r6, [r7], #2
	attempt	"\name: ldrex", \va, ldrex r6, [r7]
	attempt	"\name: swp", \va, .inst 0xe1070090
	attempt	"\name: ldm unaligned", \va + 2, ldm r7, {r2, r3}
	attempt	"\name: stm unaligned", \va + 1, stm r7, {r2, r3}
	attempt	"\name: ldrd unaligned", \va + 2, ldrd r2, r3, [r7]
	attempt	"\name: ldrex unaligned", \va + 2, ldrex r6, [r7]
	attempt	"\name: rfe", \va + 2, rfeia r7
	attempt	"\name: ldm user", \va + 1, ldm r7, {r2, sp}^
	attempt	"\name: srs", \va + 2, mov r12, sp; mov sp, r7; srsia #SVC; mov sp, r12
	.endm

	.macro	fetch name, va
	say	"\name"
	set	r7, \va
	resume_at 1f
	blx	r7
1:	mov	r1, #0
	addr	r0, resume
	str	r1, [r0]
	.endm

aborts:
	set	r0, 0x00f00000
	mcr	p15, 0, r0, c1, c0, 2
	isb
	long	L2_RAM + 0x84 * 8, 0x60000000 | BLOCK | AF | SHARED | USER	// nothing is there
	long	L2_RAM + 0x85 * 8, 0x60000000 | TABLE				// nor this table
	long	L2_RAM + 0x80 * 8, L3 | TABLE
	long	L3 + 0x08, (POOL + 0x1000) | LPAGE | GOOD
	long	L3 + 0x10, (POOL + 0x2000) | LPAGE | GOOD | RO
	tlb_all
	attempts "nothing", VA + 0x800000
	attempts "no table", VA + 0xa00000
	attempts "not mapped", 0xc0000000
	attempts "for the kernel", VA + 0x1000
	attempts "read only", VA + 0x2000

	say	"a page with code"
	set	r7, (POOL + 0x5000)
	blx	r7
	attempt	"ldm unaligned", POOL + 0x5802, ldm r7, {r2, r3}
	attempt	"stm unaligned", POOL + 0x5802, stm r7, {r2, r3}
	attempt	"strd unaligned", POOL + 0x5802, strd r2, r3, [r7]
	attempt	"strex unaligned", POOL + 0x5802, strex r6, r5, [r7]
	attempt	"stm", POOL + 0x5800, stm r7!, {r2, r3}

	say	"a device"
	attempt	"ldm unaligned", UART + 0x32, ldm r7, {r2, r3}
	attempt	"ldrex unaligned", UART + 0x32, ldrex r6, [r7]
	attempt	"ldr", UART + 0x30, ldr r6, [r7], #4

	fetch	"from nothing", VA + 0x800000
	fetch	"no table", VA + 0xa00000
	fetch	"not mapped", 0xc0000000
	say	"breakpoints"
	resume_at 2f
	bkpt	#1
2:	mrc	p15, 0, r0, c5, c0, 1
	show	"IFSR", r0
	b	power_off
#endif

// What PAR says of r7.
translate:
	push	{lr}
	.irp	op, 0, 1, 2, 3
	mov	r0, #0
	mov	r1, #0
	mcrr	p15, 0, r0, r1, c7
	mcr	p15, 0, r7, c7, c8, \op
	isb
	mrrc	p15, 0, r0, r1, c7
	show	"PAR", r0
	show	"PAR", r1
	.endr
	pop	{pc}

// Maps RAM and devices flat, for all, by blocks, and turns the MMU on.
long_flat:
	push	{r4, lr}
	set	r0, L1
	mov	r2, #0
	mov	r3, #0
	mov	r4, #0x7000
1:	strd	r2, r3, [r0], #8
	subs	r4, r4, #8
	bne	1b
	long	L1, L2_DEV | TABLE
	long	L1 + 8, L2_RAM | TABLE
	long	L2_DEV + 0x40 * 8, GICD | BLOCK | AF | SHARED | USER, XN
	long	L2_DEV + 0x48 * 8, UART | BLOCK | AF | SHARED | USER, XN
	set	r0, L2_RAM
	set	r2, (RAM | BLOCK | GOOD | USER)
	mov	r3, #0
	mov	r4, #32
2:	strd	r2, r3, [r0], #8
	add	r2, r2, #0x200000
	subs	r4, r4, #1
	bne	2b
	set	r0, 0x0000ff04			// MAIR0: Device, Normal
	mcr	p15, 0, r0, c10, c2, 0
	ttbr	0, L1
	ttbcr	0x80000000
	mrc	p15, 0, r0, c1, c0, 0
	orr	r0, r0, #1
	mcr	p15, 0, r0, c1, c0, 0
	isb
	pop	{r4, pc}

// r7 is the address: reads, writes (what is there) and calls it, in SVC and in USR.
try_all:
	push	{r4, r8, lr}
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
