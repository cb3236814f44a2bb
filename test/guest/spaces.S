// SPDX-License-Identifier: MIT
//
// Address spaces, many of them: switched in turn, with ASIDs as a kernel hands them out (and with more spaces
// than ASIDs), with one ASID for two of them, with none at all; changed while another one is current;
// and at random. In each, pages and a section of its own, executed, read and written by kernel and user.
//
// TTBR1 has the kernel, TTBR0 the first GiB, whose tables are of 4 KiB then; all of them map the devices.
#include "test/guest/kernel.inc"
#include "test/guest/probe.inc"
#include "test/guest/spaces.inc"

#define SPACES   300
#define L1S      0x41000000	// 4 KiB each
#define L2S      0x41200000	// 1 KiB each
#define FRAMES   0x42000000	// 4 KiB each: MOV r0, #n; BX LR; n at +12
#define N_FRAMES 4096
#define PAGE_VA  0x00105000	// in each space the frame of its number,
#define OTHER_VA 0x00106000	// the next one,
#define ALL_VA   0x00107000	// for all the same frame, global
#define ANY_VA   0x00108000	// eight pages for changes at random,
#define SECT_VA  0x00200000	// a section of one of sixteen MiB
#define TABLE(k) (L1S + (k) * 0x1000)

main:
	bl	make_frames
	bl	make_spaces
	bl	mmu_flat
	set	r0, TABLE_0
	mcr	p15, 0, r0, c2, c0, 1
	set	r0, TABLE(0)
	mcr	p15, 0, r0, c2, c0, 0
	mov	r0, #2
	mcr	p15, 0, r0, c2, c0, 2
	tlb_all
	probe_on

	say	"10 spaces"
	mov	r4, #10
	mov	r5, #5
	bl	in_turn
	say	"40 spaces"
	mov	r4, #40
	mov	r5, #3
	bl	in_turn
	say	"300 spaces, 255 ASIDs"
	set	r4, 300
	mov	r5, #2
	bl	in_turn

	say	"one ASID for two"
	mov	r8, #6
1:	and	r4, r8, #1
	mov	r5, #77
	bl	switch
	mov	r0, #77
	mcr	p15, 0, r0, c8, c7, 2		// TLBIASID
	sync
	bl	look
	subs	r8, r8, #1
	bne	1b
	say	"no ASIDs"
	mov	r8, #8
2:	and	r4, r8, #3
	mov	r5, #0
	bl	switch
	tlb_all
	bl	look
	subs	r8, r8, #1
	bne	2b
	say	"no ASIDs, and everything global"
	mov	r8, #8
3:	and	r4, r8, #3
	mov	r1, r4
	mov	r2, #0
	bl	set_pages
	mov	r5, #0
	bl	switch
	tlb_all
	bl	look
	subs	r8, r8, #1
	bne	3b
	mov	r4, #0
4:	mov	r1, r4
	set	r2, PAGE_nG
	bl	set_pages
	add	r4, r4, #1
	cmp	r4, #4
	blo	4b
	tlb_all

	say	"the same tables twice, without maintenance"
	// Spaces 20 and 21 share the second-level table, and have one ASID.
	set	r0, TABLE(20)
	ldr	r1, [r0, #(PAGE_VA >> 20 << 2)]
	ldr	r2, [r0, #(SECT_VA >> 20 << 2)]
	set	r0, TABLE(21)
	str	r1, [r0, #(PAGE_VA >> 20 << 2)]
	str	r2, [r0, #(SECT_VA >> 20 << 2)]
	tlb_all
	mov	r8, #6
5:	and	r4, r8, #1
	add	r4, r4, #20
	mov	r5, #20
	bl	switch
	bl	look
	set	r0, (L2S + 20 * 0x400)		// a change, maintained by address in one of them, is one in both
	set	r1, (FRAMES | PAGE | PAGE_C_B | PAGE_AP(AP_USER) | PAGE_nG)
	add	r1, r1, r8, lsl #12
	str	r1, [r0, #(PAGE_VA >> 10 & 0x3fc)]
	dsb
	set	r0, (PAGE_VA | 20)
	mcr	p15, 0, r0, c8, c7, 1
	sync
	bl	look
	subs	r8, r8, #1
	bne	5b

	say	"changed from outside"
	mov	r4, #5				// all of them are known
	mov	r5, #2
	bl	in_turn
	mov	r8, #0
6:	mov	r4, #9
	mov	r5, #9
	bl	switch
	mov	r1, #3				// space 3 changes while 9 runs
	add	r0, r8, #100
	bl	change
	addr	r1, maintenance
	ldr	r1, [r1, r8, lsl #2]
	blx	r1
	mov	r4, #3
	mov	r5, #4				// space k has ASID k + 1 in in_turn
	bl	switch
	bl	look
	add	r8, r8, #1
	cmp	r8, #6
	blo	6b

	say	"a page of all"
	mov	r8, #0
7:	mov	r4, #0				// all tables have it
	add	r0, r8, #200
8:	mov	r1, r4
	bl	change_all_va
	add	r4, r4, #1
	cmp	r4, #6
	blo	8b
	set	r0, ALL_VA
	tst	r8, #1
	mcreq	p15, 0, r0, c8, c7, 1
	mcrne	p15, 0, r0, c8, c7, 3
	sync
	mov	r4, #0
9:	add	r5, r4, #1
	bl	switch
	set	r0, ALL_VA
	ldr	r0, [r0, #12]
	bl	put_digits
	add	r4, r4, #1
	cmp	r4, #6
	blo	9b
	bl	end_line
	add	r8, r8, #1
	cmp	r8, #4
	blo	7b

	say	"TTBCR.N on the fly"
	mov	r4, #0
	mov	r5, #1
	bl	switch
	set	r8, 0x76013520
	set	r4, TABLE_0
	set	r5, TABLE(0)
10:	ands	r0, r8, #7
	cmpne	r0, #1
	mcreq	p15, 0, r4, c2, c0, 0		// with everything
	isb
	mcr	p15, 0, r0, c2, c0, 2
	isb
	mcrhi	p15, 0, r5, c2, c0, 0
	tlb_all
	mrc	p15, 0, r0, c2, c0, 2
	bl	put_digits
	set	r7, PAGE_VA
	bl	probe_all
	lsrs	r8, r8, #4
	bne	10b
	mov	r0, #2
	mcr	p15, 0, r0, c2, c0, 2
	isb
	tlb_all

	say	"at random"
	bl	at_random
	mov	r0, #0
	mcr	p15, 0, r0, c13, c0, 1
	probe_off
	state	"end"
	b	power_off

make_frames:
	label_frames FRAMES, N_FRAMES
	bx	lr

make_spaces:
	push	{r4, lr}
	mov	r4, #0
1:	empty_space L1S
	set	r1, (L2S + 1)
	add	r1, r1, r4, lsl #10
	str	r1, [r0, #(PAGE_VA >> 20 << 2)]
	mov	r1, r4
	set	r2, PAGE_nG
	bl	set_pages
	add	r4, r4, #1
	cmp	r4, #SPACES
	blo	1b
	pop	{r4, pc}

// Space r1's mappings, r2 PAGE_nG or 0. Spoils r0 to r3 and r12.
set_pages:
	set	r0, L2S
	add	r0, r0, r1, lsl #10
	set	r3, (FRAMES | PAGE | PAGE_C_B | PAGE_AP(AP_USER))
	orr	r12, r3, r2
	add	r12, r12, r1, lsl #12
	str	r12, [r0, #(PAGE_VA >> 10 & 0x3fc)]
	add	r12, r12, #0x1000
	str	r12, [r0, #(OTHER_VA >> 10 & 0x3fc)]
	str	r3, [r0, #(ALL_VA >> 10 & 0x3fc)]
	set	r0, L1S
	add	r0, r0, r1, lsl #12
	set	r3, (FRAMES | SECT | SECT_C_B | SECT_AP(AP_USER))
	orr	r3, r3, r2, lsl #6		// nG is bit 17 here
	ubfx	r12, r1, #0, #4
	add	r3, r3, r12, lsl #20
	str	r3, [r0, #(SECT_VA >> 20 << 2)]
	dsb
	bx	lr

// Space r1's page goes to frame r0, its other page to the next.
change:
	set	r2, L2S
	add	r2, r2, r1, lsl #10
	set	r3, (FRAMES | PAGE | PAGE_C_B | PAGE_AP(AP_USER) | PAGE_nG)
	add	r3, r3, r0, lsl #12
	str	r3, [r2, #(PAGE_VA >> 10 & 0x3fc)]
	add	r3, r3, #0x1000
	str	r3, [r2, #(OTHER_VA >> 10 & 0x3fc)]
	dsb
	bx	lr

// Space r1's page of all goes to frame r0.
change_all_va:
	set	r2, L2S
	add	r2, r2, r1, lsl #10
	set	r3, (FRAMES | PAGE | PAGE_C_B | PAGE_AP(AP_USER))
	add	r3, r3, r0, lsl #12
	str	r3, [r2, #(ALL_VA >> 10 & 0x3fc)]
	dsb
	bx	lr

// What maintains a change of both pages in space 3, of ASID 4.
	.balign	4
maintenance:
	.word	1f, 2f, 3f, 4f, 5f, 6f
1:	mov	r0, #4
	mcr	p15, 0, r0, c8, c7, 2		// TLBIASID
	b	7f
2:	set	r0, (PAGE_VA | 4)
	mcr	p15, 0, r0, c8, c7, 1		// TLBIMVA
	set	r0, (OTHER_VA | 4)
	mcr	p15, 0, r0, c8, c7, 1
	b	7f
3:	set	r0, PAGE_VA
	mcr	p15, 0, r0, c8, c7, 3		// TLBIMVAA
	set	r0, OTHER_VA
	mcr	p15, 0, r0, c8, c7, 3
	b	7f
4:	mov	r0, #4
	mcr	p15, 0, r0, c8, c3, 2		// TLBIASIDIS
	b	7f
5:	set	r0, (PAGE_VA | 4)
	mcr	p15, 0, r0, c8, c3, 1		// TLBIMVAIS
	set	r0, (OTHER_VA | 4)
	mcr	p15, 0, r0, c8, c3, 1
	b	7f
6:	mcr	p15, 0, r0, c8, c3, 0		// TLBIALLIS
7:	sync
	bx	lr

// To space r4 with ASID r5, by way of ASID 0.
switch:
	mov	r2, #0
	mcr	p15, 0, r2, c13, c0, 1
	isb
	set	r0, L1S
	add	r0, r0, r4, lsl #12
	mcr	p15, 0, r0, c2, c0, 0
	isb
	mcr	p15, 0, r5, c13, c0, 1
	isb
	bx	lr

end_line:
	push	{lr}
	mov	r0, #'\n'
	bl	put_char
	pop	{pc}

// What is seen here, in one number: r0. Spoils r1 to r3, r7 and r12.
see:
	push	{r4, r5, r6, lr}
	mov	r6, #0
	.irp	va, PAGE_VA, OTHER_VA, ALL_VA, SECT_VA + 0x3000
	set	r7, \va
	ldr	r0, [r7, #12]
	add	r6, r0, r6, ror #7
	str	r6, [r7, #8]
	add	r1, r7, #8
	ldrt	r0, [r1]
	add	r6, r0, r6, ror #7
	.endr
	set	r7, PAGE_VA
	blx	r7
	add	r6, r0, r6, ror #7
	set	r7, (SECT_VA + 0x7000)
	blx	r7
	add	r6, r0, r6, ror #7
	addr	r0, see_user
	bl	user_call
	addr	r0, probe_outcomes
	ldr	r0, [r0]
	add	r0, r0, r6, ror #7
	pop	{r4, r5, r6, pc}

see_user:
	mov	r6, #0
	.irp	va, PAGE_VA, OTHER_VA, ALL_VA, SECT_VA + 0x5000
	set	r7, \va
	ldr	r0, [r7, #12]
	add	r6, r0, r6, ror #7
	str	r6, [r7, #16]
	blx	r7
	add	r6, r0, r6, ror #7
	.endr
	addr	r0, probe_outcomes
	str	r6, [r0]
	leave_user

look:
	push	{r4, r5, lr}
	mov	r0, r4
	bl	put_digits
	bl	see
	mov	r1, r0
	string	r0, "sees"
	bl	put_named
	pop	{r4, r5, pc}

// r4 spaces in turn, r5 times. ASIDs from 1 on; when they have all been used, everything goes.
in_turn:
	push	{r4-r10, lr}
	mov	r8, r4
	mov	r9, r5
	mov	r10, #0				// the ASID
1:	mov	r4, #0
	mov	r6, #0
	cmp	r8, #255
	movls	r10, #0
2:	add	r10, r10, #1
	cmp	r10, #256
	blo	3f
	mov	r0, #0
	mcr	p15, 0, r0, c13, c0, 1
	isb
	tlb_all
	mov	r10, #1
3:	mov	r5, r10
	bl	switch
	bl	see
	eor	r6, r0, r6, ror #3
	mov	r0, r6
	bl	put_digits
	add	r4, r4, #1
	ands	r0, r4, #15
	bleq	end_line
	cmp	r4, r8
	blo	2b
	bl	end_line
	subs	r9, r9, #1
	bne	1b
	pop	{r4-r10, pc}

// Thirty spaces: changes anywhere with some maintenance that suffices, switches, accesses.
at_random:
	push	{r4-r11, lr}
	set	r10, 0x9e3779b9
	set	r9, 6000
	mov	r6, #0
1:	bl	random
	ubfx	r8, r10, #8, #8
	mov	r0, #30
	mul	r8, r8, r0
	lsr	r8, r8, #8
	add	r8, r8, #30			// some space
	ubfx	r0, r10, #20, #3
	cmp	r0, #0
	beq	go
	cmp	r0, #1
	beq	remap
	// An access to one of the eight pages, or to the section.
	ubfx	r0, r10, #4, #3
	set	r7, ANY_VA
	add	r7, r7, r0, lsl #12
	tst	r10, #0x80
	addne	r7, r7, #(SECT_VA & 0xf00000) - (ANY_VA & 0xf00000)
	ubfx	r0, r10, #24, #2
	addr	r1, accesses
	ldr	r1, [r1, r0, lsl #2]
	blx	r1
	eor	r6, r0, r6, ror #3
	b	2f
go:	mov	r4, r8
	add	r5, r4, #1
	bl	switch
	b	2f
remap:	bl	random
	set	r7, ANY_VA
	ubfx	r0, r10, #4, #3
	add	r7, r7, r0, lsl #12
	set	r2, L2S
	add	r2, r2, r8, lsl #10
	ubfx	r1, r7, #12, #8
	add	r2, r2, r1, lsl #2
	set	r3, (FRAMES | PAGE | PAGE_C_B | PAGE_nG)
	ubfx	r1, r10, #8, #10		// any frame, AP, XN
	add	r3, r3, r1, lsl #12
	ubfx	r1, r10, #20, #2
	orr	r3, r3, r1, lsl #4
	ubfx	r1, r10, #22, #1
	orr	r3, r3, r1, lsl #9
	ubfx	r1, r10, #23, #1
	orr	r3, r3, r1
	tst	r10, #0x7000000
	moveq	r3, #0
	str	r3, [r2]
	dsb
	add	r0, r8, #1			// the ASID
	ubfx	r1, r10, #27, #2
	cmp	r1, #0
	mcreq	p15, 0, r0, c8, c7, 0
	cmp	r1, #1
	mcreq	p15, 0, r0, c8, c7, 2
	orr	r0, r0, r7
	cmp	r1, #2
	mcreq	p15, 0, r0, c8, c7, 1
	cmp	r1, #3
	mcreq	p15, 0, r0, c8, c7, 3
	sync
2:	tst	r9, #31
	moveq	r0, r6
	bleq	put_digits
	lsls	r0, r9, #23
	bleq	end_line
	subs	r9, r9, #1
	bne	1b
	bl	end_line
	pop	{r4-r11, pc}

	.balign	4
accesses:
	.word	probe_exec, value, probe_write, by_user

value:
	push	{lr}
	bl	probe_read
	cmp	r0, #0
	ldreq	r0, [r7, #12]
	pop	{pc}

by_user:
	push	{lr}
	addr	r0, probe_user
	bl	user_call
	addr	r1, probe_outcomes
	ldm	r1, {r0, r1, r2}
	add	r0, r0, r1, lsl #8
	add	r0, r0, r2, lsl #16
	pop	{pc}

random:
	eor	r10, r10, r10, lsl #13
	eor	r10, r10, r10, lsr #17
	eor	r10, r10, r10, lsl #5
	bx	lr
