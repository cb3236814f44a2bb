// SPDX-License-Identifier: MIT
//
// Unprivileged loads and stores where their rights change without a word to whoever remembers them: with several
// ASIDs and spaces, and more spaces than are kept; at addresses that differ in their upper bits alone; with rights
// taken away by each kind of maintenance. Beside each stands the plain access, which the kernel may always do.
//
// TTBR1 has the kernel, TTBR0 the first GiB, whose tables are of 4 KiB then.
#include "test/guest/kernel.inc"
#include "test/guest/probe.inc"
#include "test/guest/spaces.inc"

#define SPACES 61
#define L1S    0x41000000	// 4 KiB each
#define L2S    0x41200000	// 2 KiB each: of VAs, and of OTHERs
#define VAS    0x00100000	// 64 pages, the n-th for space n, but for space 0, which has all for its users
#define OTHERS 0x00200000	// other pages with the same bits 17 to 12

	.equ	ALL, POOL | PAGE | PAGE_C_B | PAGE_AP(AP_USER) | PAGE_nG
	.equ	READ, POOL | PAGE | PAGE_C_B | PAGE_AP(AP_USER_R) | PAGE_nG
	.equ	OURS, POOL | PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL) | PAGE_nG

	.macro	setne reg, value
	movwne	\reg, #:lower16:(\value)
	movtne	\reg, #:upper16:(\value)
	.endm

// What the kernel's loads and stores, and its users', come to at an address.
	.macro	accesses
	mov	r0, #' '
	bl	put_char
	.irp	n, read, write, ldrt, strt
	bl	probe_\n
	bl	put_digits
	.endr
	.endm

main:
	bl	make_spaces
	bl	mmu_flat
	set	r0, TABLE_0
	mcr	p15, 0, r0, c2, c0, 1
	set	r0, L1S
	mcr	p15, 0, r0, c2, c0, 0
	mov	r0, #2
	mcr	p15, 0, r0, c2, c0, 2
	mov	r0, #0x11
	mcr	p15, 0, r0, c3, c0, 0
	tlb_all
	probe_on

	say	"two spaces in turn"
	mov	r8, #3
1:	mov	r4, #0
	bl	switch
	bl	twelve
	mov	r4, #1
	bl	switch
	bl	twelve
	subs	r8, r8, #1
	bne	1b

	say	"one space after the other, and the first one's pages"
	mov	r4, #0
	bl	switch
	mov	r5, #0
2:	bl	go_page
	bl	probe_ldrt
	bl	probe_strt
	add	r5, r5, #1
	cmp	r5, #64
	blo	2b
	mov	r4, #1
3:	bl	switch
	mov	r5, r4
	bl	go_page
	accesses
	add	r4, r4, #1
	cmp	r4, #SPACES
	blo	3b
	bl	end_line

	say	"the same with stores to what users may read"
	mov	r4, #0
	bl	switch
	mov	r5, #0
4:	bl	go_page
	bl	probe_strt
	add	r5, r5, #1
	cmp	r5, #64
	blo	4b
	mov	r4, #1
5:	bl	switch
	mov	r5, r4
	set	r6, READ
	bl	put_page
	bl	go_page
	mov	r0, r7
	mcr	p15, 0, r0, c8, c7, 3
	sync
	accesses
	add	r4, r4, #1
	cmp	r4, #SPACES
	blo	5b
	bl	end_line

	say	"other addresses"
	mov	r4, #0
	bl	switch
	mov	r5, #0
6:	bl	go_page
	bl	probe_ldrt
	bl	probe_strt
	set	r7, OTHERS
	add	r7, r7, r5, lsl #12
	accesses
	add	r5, r5, #9
	cmp	r5, #64
	blo	6b
	bl	end_line

	say	"rights that are taken away"
	mov	r8, #0
7:	mov	r4, #0
	mov	r5, #5
	set	r6, ALL
	bl	put_page
	mov	r0, #1
	mcr	p15, 0, r0, c8, c7, 0
	sync
	bl	switch
	bl	go_page
	accesses
	set	r6, OURS
	tst	r8, #8
	setne	r6, READ
	bl	put_page
	and	r0, r8, #7
	addr	r1, maintenance
	ldr	r1, [r1, r0, lsl #2]
	blx	r1
	accesses
	bl	end_line
	add	r8, r8, #1
	cmp	r8, #16
	blo	7b

	say	"rights that DACR takes away"
	mov	r5, #5
	set	r6, ALL
	bl	put_page
	tlb_all
	bl	go_page
	accesses
	.irp	dacr, 0, 1, 3, 1, 0, 1
	mov	r0, #(1 | (\dacr << 4))
	mcr	p15, 0, r0, c3, c0, 0
	isb
	bl	probe_ldrt
	push	{r0}
	bl	probe_strt
	push	{r0}
	bl	probe_read
	bl	put_digits
	pop	{r0}
	bl	put_digits
	pop	{r0}
	bl	put_digits
	.endr
	bl	end_line

	say	"over two pages, of which users have one"
	mov	r0, #0x11
	mcr	p15, 0, r0, c3, c0, 0
	isb
	mov	r5, #6
	set	r6, OURS
	bl	put_page
	tlb_all
	.irp	n, 5, 6, 7, 5, 7
	mov	r5, #\n
	bl	go_page
	bl	probe_read
	bl	probe_write
	bl	probe_ldrt
	bl	probe_strt
	.endr
	.irp	offset, 0x5ffc, 0x5ffd, 0x5ffe, 0x5fff, 0x6ffc, 0x6ffe, 0x6fff, 0x7000, 0x7001
	set	r7, (VAS + \offset - 8)
	bl	probe_ldrt
	ubfx	r0, r0, #0, #12			// which of the two addresses is told is the core's
	bl	put_digits
	bl	probe_strt
	ubfx	r0, r0, #0, #12
	bl	put_digits
	.endr
	bl	end_line

	say	"big-endian"
	set	r7, (VAS + 0x5040)
	set	r6, 0x11223344
	str	r6, [r7]
	mov	r8, #2
8:	setend	be
	ldrt	r0, [r7]
	ldrbt	r1, [r7]
	ldrht	r2, [r7]
	add	r3, r7, #8
	strt	r6, [r3]
	add	r3, r7, #8
	strbt	r6, [r3], #1
	add	r3, r7, #8
	ldr	r5, [r3]
	setend	le
	push	{r1, r2, r5}
	show	"word", r0
	pop	{r1, r2, r5}
	show	"byte", r1
	show	"halfword", r2
	show	"stored", r5
	subs	r8, r8, #1
	bne	8b
	probe_off
	b	power_off

// By every kind of maintenance, of the page at r7 in ASID 1.
	.balign	4
maintenance:
	.word	1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f
1:	mcr	p15, 0, r0, c8, c7, 0		// TLBIALL
	b	9f
2:	orr	r0, r7, #1
	mcr	p15, 0, r0, c8, c7, 1		// TLBIMVA
	b	9f
3:	mov	r0, #1
	mcr	p15, 0, r0, c8, c7, 2		// TLBIASID
	b	9f
4:	mcr	p15, 0, r7, c8, c7, 3		// TLBIMVAA
	b	9f
5:	mcr	p15, 0, r0, c8, c3, 0		// TLBIALLIS
	b	9f
6:	orr	r0, r7, #1
	mcr	p15, 0, r0, c8, c3, 1		// TLBIMVAIS
	b	9f
7:	mov	r0, #1
	mcr	p15, 0, r0, c8, c3, 2		// TLBIASIDIS
	b	9f
8:	mcr	p15, 0, r7, c8, c3, 3		// TLBIMVAAIS
9:	sync
	bx	lr

// Pages 0, 9, 18... of the current space.
twelve:
	push	{r5, lr}
	mov	r5, #1
1:	bl	go_page
	accesses
	add	r5, r5, #21
	cmp	r5, #64
	blo	1b
	bl	end_line
	pop	{r5, pc}

// r7 is page r5.
go_page:
	set	r7, VAS
	add	r7, r7, r5, lsl #12
	bx	lr

// Page r5 of space r4 becomes r6, of frame r5.
put_page:
	set	r2, L2S
	add	r2, r2, r4, lsl #11
	add	r3, r6, r5, lsl #12
	str	r3, [r2, r5, lsl #2]
	dsb
	bx	lr

// The pages are in domain 2.
make_spaces:
	push	{r4, r5, r6, lr}
	mov	r4, #0
1:	empty_space L1S
	set	r1, (L2S + 1 + (2 << 5))
	add	r1, r1, r4, lsl #11
	str	r1, [r0, #(VAS >> 18)]
	add	r1, r1, #0x400
	str	r1, [r0, #(OTHERS >> 18)]
	mov	r5, #0
3:	set	r6, ALL
	cmp	r4, #0
	setne	r6, OURS
	bl	put_page
	set	r6, OURS
	add	r3, r6, r5, lsl #12
	add	r2, r2, #0x400
	str	r3, [r2, r5, lsl #2]
	add	r5, r5, #1
	cmp	r5, #64
	blo	3b
	add	r4, r4, #1
	cmp	r4, #SPACES
	blo	1b
	pop	{r4, r5, r6, pc}

// To space r4, of ASID r4 + 1, by way of ASID 0.
switch:
	mov	r2, #0
	mcr	p15, 0, r2, c13, c0, 1
	isb
	set	r0, L1S
	add	r0, r0, r4, lsl #12
	mcr	p15, 0, r0, c2, c0, 0
	isb
	add	r2, r4, #1
	mcr	p15, 0, r2, c13, c0, 1
	isb
	bx	lr

end_line:
	push	{lr}
	mov	r0, #'\n'
	bl	put_char
	pop	{pc}
