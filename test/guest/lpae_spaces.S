// SPDX-License-Identifier: MIT
//
// Address spaces with long descriptors, whose ASID is in TTBR0: switched in turn, changed while another one is
// current, with one ASID for two, and back from a short-descriptor interlude with the same tables' addresses.
// Pages and a block of their own in each, executed, read and written by kernel and user.
#include "test/guest/kernel.inc"
#include "test/guest/probe.inc"
#include "test/guest/spaces.inc"

#define SPACES   70
#define L1S      0x41000000	// 32 bytes each
#define L2S      0x41100000	// 4 KiB each, of the first GiB
#define L3S      0x41200000
#define L2_RAM   0x41080000	// of the second, for all
#define FRAMES   0x42000000	// 4 KiB each: MOV r0, #n; BX LR; n at +12
#define PAGE_VA  0x00205000
#define BLOCK_VA 0x00400000

#define TABLE    0x003
#define LPAGE    0x003
#define BLOCK    0x001
#define GOOD     0x744		// AF, inner shareable, AttrIndx 1, for users too
#define DEVICE   0x441
#define NG       0x800

main:
	bl	make
	set	r0, 0x0000ff04			// MAIR0: Device, Normal
	mcr	p15, 0, r0, c10, c2, 0
	set	r0, L1S
	mov	r1, #0
	mcrr	p15, 0, r0, r1, c2
	set	r0, 0x80000000			// EAE
	mcr	p15, 0, r0, c2, c0, 2
	isb
	tlb_all
	mrc	p15, 0, r0, c1, c0, 0
	orr	r0, r0, #1
	mcr	p15, 0, r0, c1, c0, 0
	isb
	probe_on

	say	"70 spaces"
	mov	r9, #3
1:	mov	r4, #0
2:	add	r5, r4, #1
	bl	switch
	bl	look
	add	r4, r4, #1
	cmp	r4, #SPACES
	blo	2b
	bl	end_line
	subs	r9, r9, #1
	bne	1b

	say	"one ASID for two"
	mov	r9, #6
3:	and	r4, r9, #1
	mov	r5, #200
	bl	switch
	mov	r0, #200
	mcr	p15, 0, r0, c8, c7, 2		// TLBIASID
	sync
	bl	look
	subs	r9, r9, #1
	bne	3b
	bl	end_line

	say	"changed from outside"
	mov	r9, #0
4:	mov	r4, #9
	mov	r5, #10
	bl	switch
	mov	r4, #3
	add	r8, r9, #100
	bl	change
	addr	r1, maintenance
	ldr	r1, [r1, r9, lsl #2]
	blx	r1
	mov	r4, #3
	mov	r5, #4
	bl	switch
	bl	look
	add	r9, r9, #1
	cmp	r9, #5
	blo	4b
	bl	end_line

	// As Linux closes users' memory to its kernel: no walk below 32 MiB, TTBR1 for the rest, and its ASID. The TLB is left.
	say	"closed and opened"
	set	r0, L1S				// space 9's tables, whose pages aren't global
	add	r0, r0, #(9 << 5)
	mov	r1, #0
	mcrr	p15, 1, r0, r1, c2
	isb
	mov	r9, #6
8:	add	r4, r9, #20
	add	r5, r9, #21
	bl	switch
	bl	look
	set	r0, 0x80400087			// EAE, A1, EPD0, T0SZ 7
	mcr	p15, 0, r0, c2, c0, 2
	isb
	set	r7, PAGE_VA
	bl	probe_read
	mov	r8, r0
	set	r7, (BLOCK_VA + 0x3000)
	bl	probe_write
	orr	r8, r8, r0, lsl #8
	set	r7, PAGE_VA
	bl	probe_ldrt
	orr	r8, r8, r0, lsl #16
	set	r0, (FRAMES + 0x5000)
	ldr	r0, [r0, #12]
	eor	r8, r8, r0
	set	r0, 0x80000000
	mcr	p15, 0, r0, c2, c0, 2
	isb
	mov	r0, r8
	bl	put_digits
	bl	look
	subs	r9, r9, #1
	bne	8b
	bl	end_line

	say	"short descriptors in between"
	probe_off
	bl	mmu_off
	mov	r0, #0
	mcr	p15, 0, r0, c2, c0, 2
	isb
	bl	mmu_flat
	mov	r0, #4
	mcr	p15, 0, r0, c13, c0, 1
	isb
	set	r0, FRAMES
	ldr	r0, [r0, #12]
	show	"frame", r0
	bl	mmu_off
	set	r0, 0x80000000
	mcr	p15, 0, r0, c2, c0, 2
	isb
	set	r0, L1S
	mov	r1, #0
	mcrr	p15, 0, r0, r1, c2
	tlb_all
	mrc	p15, 0, r0, c1, c0, 0
	orr	r0, r0, #1
	mcr	p15, 0, r0, c1, c0, 0
	isb
	mov	r4, #3
	mov	r5, #4
	bl	switch
	bl	look
	bl	end_line
	b	power_off

make:
	push	{r4-r8, lr}
	label_frames FRAMES, 4096
	set	r0, L1S				// nothing in any table
	set	r1, (FRAMES - L1S)
	mov	r2, #0
	mov	r3, #0
2:	strd	r2, r3, [r0], #8
	subs	r1, r1, #8
	bne	2b
	set	r0, L2_RAM
	set	r2, (RAM | BLOCK | GOOD)
	mov	r4, #32
3:	strd	r2, r3, [r0], #8
	add	r2, r2, #0x200000
	subs	r4, r4, #1
	bne	3b
	mov	r4, #0
4:	set	r0, L1S
	add	r0, r0, r4, lsl #5
	set	r2, (L2S + TABLE)
	add	r2, r2, r4, lsl #12
	strd	r2, r3, [r0]
	sub	r1, r2, #TABLE
	set	r2, (L2_RAM + TABLE)
	strd	r2, r3, [r0, #8]
	set	r2, (GICD | DEVICE)
	add	r0, r1, #(0x40 * 8)
	strd	r2, r3, [r0]
	set	r2, (UART | DEVICE)
	add	r0, r1, #(0x48 * 8)
	strd	r2, r3, [r0]
	set	r2, (L3S + TABLE)
	add	r2, r2, r4, lsl #12
	strd	r2, r3, [r1, #8]
	mov	r8, r4
	bl	change
	add	r4, r4, #1
	cmp	r4, #SPACES
	blo	4b
	pop	{r4-r8, pc}

// Space r4's pages go to frames r8, the block to one of eight. Spoils r0 to r3.
change:
	set	r0, (L3S + 5 * 8)
	add	r0, r0, r4, lsl #12
	set	r2, (FRAMES | LPAGE | GOOD | NG)
	add	r2, r2, r8, lsl #12
	mov	r3, #0
	strd	r2, r3, [r0]
	add	r2, r2, #0x1000
	strd	r2, r3, [r0, #8]
	set	r0, (L2S + 2 * 8)
	add	r0, r0, r4, lsl #12
	and	r1, r8, #7
	set	r2, (FRAMES | BLOCK | GOOD | NG)
	add	r2, r2, r1, lsl #21
	strd	r2, r3, [r0]
	dsb
	bx	lr

	.balign	4
maintenance:
	.word	1f, 2f, 3f, 4f, 5f
1:	mov	r0, #4
	mcr	p15, 0, r0, c8, c7, 2		// TLBIASID
	b	6f
2:	mov	r0, #4
	b	7f
3:	mov	r0, #0				// TLBIMVAA
	.irp	va, PAGE_VA, PAGE_VA + 0x1000, BLOCK_VA + 0x123000
	set	r1, \va
	mcr	p15, 0, r1, c8, c7, 3
	.endr
	b	6f
4:	mov	r0, #4
	mcr	p15, 0, r0, c8, c3, 2		// TLBIASIDIS
	b	6f
5:	mcr	p15, 0, r0, c8, c3, 0		// TLBIALLIS
	b	6f
7:	.irp	va, PAGE_VA, PAGE_VA + 0x1000, BLOCK_VA + 0x1ff000
	set	r1, \va
	orr	r1, r1, r0
	mcr	p15, 0, r1, c8, c7, 1		// TLBIMVA
	.endr
6:	sync
	bx	lr

// To space r4 with ASID r5.
switch:
	set	r0, L1S
	add	r0, r0, r4, lsl #5
	lsl	r1, r5, #16
	mcrr	p15, 0, r0, r1, c2
	isb
	bx	lr

end_line:
	push	{lr}
	mov	r0, #'\n'
	bl	put_char
	pop	{pc}

// Prints what is seen here, in one number.
look:
	push	{r4-r9, lr}
	mov	r6, #0
	.irp	va, PAGE_VA, PAGE_VA + 0x1000, BLOCK_VA + 0x3000, BLOCK_VA + 0x103000
	set	r7, \va
	ldr	r0, [r7, #12]
	add	r6, r0, r6, ror #7
	str	r6, [r7, #8]
	add	r1, r7, #8
	ldrt	r0, [r1]
	add	r6, r0, r6, ror #7
	blx	r7
	add	r6, r0, r6, ror #7
	.endr
	addr	r0, look_user
	push	{r6}
	bl	user_call
	pop	{r6}
	addr	r0, probe_outcomes
	ldr	r0, [r0]
	add	r0, r0, r6, ror #7
	bl	put_digits
	pop	{r4-r9, pc}

look_user:
	mov	r6, #0
	.irp	va, PAGE_VA, PAGE_VA + 0x1000, BLOCK_VA + 0x5000
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
