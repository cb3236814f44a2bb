// SPDX-License-Identifier: MIT
//
// All encodings of CP15 and CP14: 16,384 of MRC and MCR each (cp15, cp14), 256 of MRRC and MCRR (pairs15, pairs14; the
// high words in highs15), from the kernel, from USR, and from USR with all that can be opened to it open. Each line is a
// run of encodings with the same outcome, those left out that are UNDEFINED for everybody:
//
//	CRn opc1 CRm opc2 +others rights value mask
//
// rights: 01 the kernel reads, 02 writes, 04 and 08 USR, 10 and 20 USR with what is open; 40: a read leaves the
// register as it is. value is what is read, mask the bits that differ after zeros and after ones were written. Each
// encoding is an instruction of a page that is written and then called. What isn't compared stands in `apart`.
#include "test/guest/kernel.inc"

#define CODE    POOL		// 512 instructions, each with its BX LR
#define RIGHTS  0x40310000	// a byte for each encoding,
#define VALUES  0x40320000	// a word,
#define MASKS   0x40330000	// and another
#if defined(CASE_cp14) || defined(CASE_cp15)
#define N       0x4000
#define A_PAGE  512
#define READ    0xee100f10	// MRC p15 r0
#define WRITE   0xee000f10	// MCR p15 r0
#else
#define N       0x100
#define A_PAGE  N
#define PAIRS
#define READ    0xec510f00	// MRRC p15 r0, r1
#define WRITE   0xec410f00	// MCRR p15 r0, r1
#endif
#if defined(CASE_cp14) || defined(CASE_pairs14)
#define KIND    0x00000100	// of p14
#elif defined(CASE_highs15)
#define KIND    0x00011000	// r1, r0
#else
#define KIND    0
#endif

#define KERNEL  0		// the shift of a pass's rights
#define USER    2
#define OPEN    4
#define LEAVES  0x40
#define BOTH    0x03

#define KEY(crn, opc1, crm, opc2) ((crn) << 10 | (opc1) << 7 | (crm) << 3 | (opc2))
#define ANY_CRN  0x3c00
#define ANY_OPC1 0x0380
#define ANY_CRM  0x0078
#define ANY_OPC2 0x0007
#define VALUE   1		// what it reads as isn't compared
#define KEEPS   2		// what it keeps isn't either
#define ACCESS  4		// not accessed at all

// Encodings that are apart: a key, the bits of it that may be any, what about them.
	.macro	except crn, opc1, crm, opc2, any, what
	.hword	KEY(\crn, \opc1, \crm, \opc2), \any, \what, 0
	.endm

	.pushsection .rodata
	.balign	4
apart:
#ifdef CASE_cp15
	except	1, 0, 0, 0, 0, KEEPS		// SCTLR: turns the MMU on, and more
	except	13, 0, 0, 0, 0, KEEPS		// FCSEIDR: QEMU has the FCSE, which ARMv7 has not, B4.1.52
	except	14, 0, 2, 0, 0, VALUE | KEEPS	// CNTP_TVAL: the time
	except	14, 0, 3, 0, 0, VALUE | KEEPS	// CNTV_TVAL
#endif
#ifdef CASE_cp14
	except	7, 0, 0, 0, ANY_OPC2, ACCESS	// DBGDEVID and such, which are p14, 0, c7, c0 to c2, 7: C11.11.7
#endif
#ifdef CASE_pairs15
	except	0, 0, 1, 6, 0, VALUE		// CNTPCT: the time
	except	0, 0, 3, 6, 0, VALUE		// CNTVCT
#endif
	.hword	0, 0, 0, 0
	.popsection

// r4 is a key: what is apart of it, in r0. Spoils r1 to r3.
what_is_apart:
	addr	r1, apart
1:	ldrh	r0, [r1, #4]
	cmp	r0, #0
	bxeq	lr
	ldrh	r2, [r1]
	ldrh	r3, [r1, #2]
	eor	r2, r2, r4
	bics	r2, r2, r3
	addne	r1, r1, #8
	bne	1b
	bx	lr

// r4 is a key, r8 a direction's instruction: the instruction, in r0. Spoils r1.
instruction:
#ifndef PAIRS
	lsr	r0, r4, #10
	lsl	r0, r0, #16			// CRn
	ubfx	r1, r4, #7, #3
	orr	r0, r0, r1, lsl #21		// opc1
	ubfx	r1, r4, #3, #4
	orr	r0, r0, r1			// CRm
	and	r1, r4, #7
	orr	r0, r0, r1, lsl #5		// opc2
	orr	r0, r0, r8
#else
	orr	r0, r8, r4			// opc1, CRm
#endif
	bx	lr

// Makes the page of r5 instructions from the key r4 on of the kind r8.
make_page:
	push	{r4, r5, r6, r7, lr}
	set	r6, CODE
	set	r7, 0xe12fff1e			// BX LR
1:	bl	instruction
	str	r0, [r6], #4
	str	r7, [r6], #4
	add	r4, r4, #1
	subs	r5, r5, #1
	bne	1b
	mov	r7, r6
	set	r6, CODE
	coherent r6, r7
	pop	{r4, r5, r6, r7, pc}

// An UNDEFINED one is noted in r10, and over.
undefined:
	mov	r10, #1
	movs	pc, lr

// Executes the instruction at r6, with r0 and r1. EQ: it is defined.
try:
	push	{lr}
	mov	r10, #0
	mov	r1, #0
	blx	r6
	cmp	r10, #0
	pop	{pc}

// Reads the key r4 by the instruction at r6; r7 is the address of its rights, r11 the pass.
read_one:
	push	{lr}
	bl	what_is_apart
	tst	r0, #ACCESS
	popne	{pc}
	mov	r9, r0
	mvn	r0, #0
	bl	try
	popne	{pc}
	mov	r8, r0
	mov	r0, #0
	bl	try
	ldrb	r1, [r7]
	mov	r2, #1
	orr	r1, r1, r2, lsl r11
	cmn	r8, #1
	cmpeq	r0, #0
	orreq	r1, r1, #LEAVES
	strb	r1, [r7]
	tst	r9, #VALUE
	movne	r0, #0
	cmp	r11, #KERNEL
	set	r2, VALUES
	streq	r0, [r2, r4, lsl #2]
	pop	{pc}

// Writes it, with what it read as.
write_one:
	push	{lr}
	bl	what_is_apart
	tst	r0, #ACCESS
	popne	{pc}
	set	r2, VALUES
	ldr	r0, [r2, r4, lsl #2]
	bl	try
	popne	{pc}
	ldrb	r1, [r7]
	mov	r2, #2
	orr	r1, r1, r2, lsl r11
	strb	r1, [r7]
	pop	{pc}

// All encodings by the function r3, of the kind r8, in pass r11; in the last one only those that have any rights.
each:
	push	{lr}
	mov	r4, #0
	set	r7, RIGHTS
1:	mov	r5, #A_PAGE
	push	{r3}
	bl	make_page
	pop	{r3}
	set	r6, CODE
2:	cmp	r11, #OPEN
	ldrbeq	r0, [r7]
	cmpeq	r0, #0
	beq	3f
	push	{r3, r5, r8}
	blx	r3
	pop	{r3, r5, r8}
3:	add	r4, r4, #1
	add	r6, r6, #8
	add	r7, r7, #1
	subs	r5, r5, #1
	bne	2b
	cmp	r4, #N
	blo	1b
	pop	{pc}

reads:
	addr	r3, read_one
	set	r8, (READ ^ KIND)
	b	each

writes:
	addr	r3, write_one
	set	r8, (WRITE ^ KIND)
	b	each

// What is kept of ones and zeros, of each that the kernel reads and writes. r4 is the key, r6 and r7 in a page of
// both instructions.
keeps_one:
	push	{lr}
	bl	what_is_apart
	tst	r0, #ACCESS | KEEPS
	popne	{pc}
	set	r1, VALUES
	ldr	r9, [r1, r4, lsl #2]
	mvn	r0, #0
	mov	r1, #0
	blx	r7
	blx	r6
	mov	r8, r0
	mov	r0, #0
	mov	r1, #0
	blx	r7
	blx	r6
	eor	r8, r8, r0
	mov	r0, r9
	mov	r1, #0
	blx	r7
	set	r1, MASKS
	str	r8, [r1, r4, lsl #2]
	pop	{pc}

keeps:
	push	{lr}
	mov	r4, #0
1:	set	r7, RIGHTS
	ldrb	r0, [r7, r4]
	and	r0, r0, #LEAVES | BOTH
	cmp	r0, #BOTH
	bne	2f
	set	r6, CODE
	set	r8, (READ ^ KIND)
	bl	instruction
	str	r0, [r6]
	set	r8, (WRITE ^ KIND)
	bl	instruction
	str	r0, [r6, #8]
	add	r7, r6, #16
	coherent r6, r7
	set	r6, CODE
	add	r7, r6, #8
	bl	keeps_one
2:	add	r4, r4, #1
	cmp	r4, #N
	blo	1b
	pop	{pc}

// r4 is a key, r5 how many more are like it.
print:
	push	{r6, lr}
	lsr	r0, r4, #10
	bl	put_digits
	ubfx	r0, r4, #7, #3
	bl	put_digits
	ubfx	r0, r4, #3, #4
	bl	put_digits
	and	r0, r4, #7
	bl	put_digits
	mov	r0, #'+'
	bl	put_char
	mov	r0, r5
	bl	put_digits
	set	r6, RIGHTS
	ldrb	r0, [r6, r4]
	bl	put_digits
	set	r6, VALUES
	ldr	r0, [r6, r4, lsl #2]
	bl	put_hex
	mov	r0, #' '
	bl	put_char
	set	r6, MASKS
	ldr	r0, [r6, r4, lsl #2]
	bl	put_hex
	mov	r0, #'\n'
	bl	put_char
	pop	{r6, pc}

// EQ: key r4 + r5 + 1 is like r4.
alike:
	add	r0, r4, r5
	add	r0, r0, #1
	cmp	r0, #N
	bhs	1f
	set	r6, RIGHTS
	ldrb	r1, [r6, r4]
	ldrb	r2, [r6, r0]
	cmp	r1, r2
	set	r6, VALUES
	ldreq	r1, [r6, r4, lsl #2]
	ldreq	r2, [r6, r0, lsl #2]
	cmpeq	r1, r2
	set	r6, MASKS
	ldreq	r1, [r6, r4, lsl #2]
	ldreq	r2, [r6, r0, lsl #2]
	cmpeq	r1, r2
	bx	lr
1:	cmp	r0, #0				// NE
	bx	lr

print_all:
	push	{lr}
	mov	r4, #0
1:	mov	r5, #0
2:	bl	alike
	addeq	r5, r5, #1
	beq	2b
	set	r6, RIGHTS
	ldrb	r0, [r6, r4]
	cmp	r0, #0
	blne	print
	add	r4, r4, r5
	add	r4, r4, #1
	cmp	r4, #N
	blo	1b
	pop	{pc}

in_user:
	mov	r11, #USER
	bl	reads
	bl	writes
	leave_user

in_user_open:
	mov	r11, #OPEN
	bl	reads
	bl	writes
	leave_user

main:
	set	r0, RIGHTS
	mov	r1, #0
	set	r2, (MASKS + 4 * N)
1:	str	r1, [r0], #4
	cmp	r0, r2
	blo	1b
	set	r0, CODE
	set	r1, 0xe12fff1e			// BX LR
	mov	r2, #A_PAGE
2:	str	r1, [r0, #4]
	add	r0, r0, #8
	subs	r2, r2, #1
	bne	2b
	hook	und, undefined
	mov	r11, #KERNEL
	bl	reads
	say	"kernel read"
	mov	r11, #KERNEL
	bl	writes
	say	"kernel written"
	user	in_user
	say	"user"
	set	r0, 0x303
	mcr	p15, 0, r0, c14, c1, 0		// CNTKCTL
	mov	r0, #1
	mcr	p15, 0, r0, c9, c14, 0		// PMUSERENR
	user	in_user_open
	say	"open"
	mov	r0, #0
	mcr	p15, 0, r0, c14, c1, 0
	mcr	p15, 0, r0, c9, c14, 0
	bl	keeps
	bl	print_all
	b	power_off
