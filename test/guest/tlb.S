// SPDX-License-Identifier: MIT
//
// TLB maintenance in every form, of every kind of mapping, in both views: a mapping that has been used by
// loads, stores, LDRT and calls, of the kernel and of a user, is replaced, then loses its rights, each time
// followed by the one operation only. What an operation doesn't promise isn't looked at.
#include "test/guest/kernel.inc"
#include "test/guest/probe.inc"

#define VA   0x50515000	// what is used
#define OLD  0x41000000	// 16 MiB at VA's, of which
#define NEW  0x42000000
#define OFF  0x00515000	// is VA's page
#define ASID 5

// Promises of an operation: for loads and stores, for calls, only for what isn't global.
	.equ	DATA, 1
	.equ	CODE, 2
	.equ	LOCAL, 4
	.equ	BY_VA, 8		// its operand; else the ASID

	.macro	row crm, op2, promises, name
	.pushsection .rodata
.Lname\@: .asciz "\name"
	.popsection
	.pushsection .text.functions, "ax"
.Lop\@:
	dsb
	mcr	p15, 0, r0, c8, c\crm, \op2
	sync
	bx	lr
	.popsection
	.word	.Lop\@, .Lname\@, \promises
	.endm

	.balign	4
operations:
	row	7, 0, DATA | CODE, "TLBIALL"
	row	7, 1, DATA | BY_VA, "TLBIMVA"
	row	7, 1, CODE | BY_VA, "TLBIMVA, code"
	row	7, 2, DATA | CODE | LOCAL, "TLBIASID"
	row	7, 3, DATA | BY_VA, "TLBIMVAA"
	row	7, 3, CODE | BY_VA, "TLBIMVAA, code"
	row	3, 0, DATA | CODE, "TLBIALLIS"
	row	3, 1, DATA | BY_VA, "TLBIMVAIS"
	row	3, 1, CODE | BY_VA, "TLBIMVAIS, code"
	row	3, 2, DATA | CODE | LOCAL, "TLBIASIDIS"
	row	3, 3, DATA | BY_VA, "TLBIMVAAIS"
	row	3, 3, CODE | BY_VA, "TLBIMVAAIS, code"
	row	5, 0, CODE, "ITLBIALL"
	row	5, 1, CODE | BY_VA, "ITLBIMVA"
	row	5, 2, CODE | LOCAL, "ITLBIASID"
	row	6, 0, DATA, "DTLBIALL"
	row	6, 1, DATA | BY_VA, "DTLBIMVA"
	row	6, 2, DATA | LOCAL, "DTLBIASID"
	.word	0

main:
	.irp	base, OLD, NEW
	set	r0, (\base + OFF)
	set	r1, 0xe3a00000			// MOV r0, #
	orr	r1, r1, r0, lsr #24
	str	r1, [r0]
	set	r1, 0xe12fff1e			// BX LR
	str	r1, [r0, #4]
	str	r0, [r0, #12]
	.endr
	bl	mmu_flat
	mov	r0, #ASID
	mcr	p15, 0, r0, c13, c0, 1
	isb
	probe_on
	addr	r8, operations
1:	ldr	r9, [r8], #4
	cmp	r9, #0
	beq	3f
	ldr	r0, [r8], #4
	bl	put_line
	ldr	r10, [r8], #4
	mov	r4, #0
	tst	r10, #LOCAL
	movne	r4, #1
2:	bl	try_operation
	add	r4, r4, #1
	tst	r10, #LOCAL
	addne	r4, r4, #1
	cmp	r4, #8
	blo	2b
	b	1b
3:	probe_off
	b	power_off

// r4: bit 0 not global; small page, large page, section, supersection. r9 the operation, r10 what it promises.
try_operation:
	push	{r8, lr}
	set	r7, VA
	mov	r0, r4
	bl	put_digits
	set	r5, OLD
	mov	r6, #AP_USER
	bl	map
	tlb_all
	bl	observe				// and so fill whatever caches
	bl	observe
	set	r5, NEW
	bl	map
	bl	operate
	mov	r11, #1				// print
	bl	observe
	mov	r11, #0
	mov	r6, #AP_KERNEL_R
	bl	map
	bl	operate
	bl	rights
	mov	r6, #AP_R
	bl	map
	bl	operate
	bl	rights
	mov	r0, #'\n'
	bl	put_char
	mov	r6, #0
	bl	unmap
	tlb_all
	pop	{r8, pc}

// Any address of the mapping does; but QEMU 7.2 forgets only of that very page which code it has translated there.
operate:
	set	r0, (VA & ~0xfff)
	tst	r10, #CODE
	bne	1f
	cmp	r4, #2
	eorhs	r0, r0, #0x3000
	cmp	r4, #4
	eorhs	r0, r0, #0xd0000
	cmp	r4, #6
	eorhs	r0, r0, #0xf00000
1:	tst	r10, #BY_VA
	moveq	r0, #0
	orr	r0, r0, #ASID
	bx	r9

	.macro	result reg
	cmp	r11, #0
	movne	r0, \reg
	blne	put_digits
	.endm

// Loads and calls by both, and prints, if r11, what promises to be new.
observe:
	push	{r4, lr}
	ldr	r0, [r7, #12]
	str	r0, [r7, #8]
	lsr	r0, r0, #16
	tst	r10, #DATA
	beq	1f
	result	r0
	add	r1, r7, #12
	ldrt	r0, [r1]
	add	r1, r7, #8
	strt	r0, [r1]
	lsr	r0, r0, #16
	result	r0
1:	tst	r10, #CODE
	beq	2f
	blx	r7
	result	r0
2:	addr	r0, observe_user
	bl	user_call
	addr	r4, probe_outcomes
	tst	r10, #DATA
	beq	3f
	ldr	r0, [r4]
	result	r0
3:	tst	r10, #CODE
	beq	4f
	ldr	r0, [r4, #4]
	result	r0
4:	pop	{r4, pc}

observe_user:
	addr	r4, probe_outcomes
	tst	r10, #DATA
	ldrne	r0, [r7, #12]
	strne	r0, [r7, #8]
	lsrne	r0, r0, #16
	strne	r0, [r4]
	tst	r10, #CODE
	beq	1f
	blx	r7
	str	r0, [r4, #4]
1:	leave_user

// What of the rights promises to be new.
rights:
	push	{r4, lr}
	tst	r10, #DATA
	beq	1f
	probe_print read
	probe_print write
	probe_print ldrt
	probe_print strt
	addr	r0, rights_user
	bl	user_call
	addr	r4, probe_outcomes
	ldr	r0, [r4]
	bl	put_digits
	ldr	r0, [r4, #4]
	bl	put_digits
1:	pop	{r4, pc}

rights_user:
	addr	r4, probe_outcomes
	bl	probe_read
	str	r0, [r4]
	bl	probe_write
	str	r0, [r4, #4]
	leave_user

// Maps r5's 16 MiB, or the part of it, with AP r6, as r4 says.
map:
	and	r1, r6, #3
	lsr	r2, r6, #2
	and	r3, r4, #1
	cmp	r4, #4
	bhs	1f
	set	r0, (PAGE_C_B)
	orr	r0, r0, r1, lsl #4
	orr	r0, r0, r2, lsl #9
	orr	r0, r0, r3, lsl #11
	set	r1, (OFF & 0xffff0000)
	orr	r0, r0, r1
	orr	r0, r0, r5
	cmp	r4, #2
	orrlo	r0, r0, #PAGE
	orrlo	r0, r0, #(VA & 0xf000)
	orrhs	r0, r0, #1
	set	r2, (TABLES_2 + ((VA & 0xf0000) >> 10))
	set	r1, (TABLES_2 + 1)
	set	r3, (TABLE_0 + (VA >> 20 << 2))
	str	r1, [r3]
	b	2f
1:	set	r0, (SECT | SECT_C_B)
	orr	r0, r0, r1, lsl #10
	orr	r0, r0, r2, lsl #15
	orr	r0, r0, r3, lsl #17
	orr	r0, r0, r5
	cmp	r4, #6
	orrhs	r0, r0, #0x40000
	orrlo	r0, r0, #(OFF & 0xf00000)
	set	r2, (TABLE_0 + (VA >> 24 << 6))
2:	mov	r1, #16
3:	str	r0, [r2], #4
	subs	r1, r1, #1
	bne	3b
	dsb
	bx	lr

unmap:
	mov	r0, #0
	set	r2, (TABLE_0 + (VA >> 24 << 6))
	b	2b
