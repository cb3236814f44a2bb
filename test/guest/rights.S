// SPDX-License-Identifier: MIT
//
// Who may do what: each kind of descriptor with each AP in both models (SCTLR.AFE), in a domain of
// each value of DACR, with XN and PXN; loads, stores, LDRT, STRT and calls of the kernel, loads,
// stores and calls of a user. What differs from the manual's order of checks is as the core does it.
#include "test/guest/kernel.inc"
#include "test/guest/probe.inc"

#define VA   0x50310000
#define PA   0x40310000	// at the same offset in a supersection
#define FLAT 1		// the domain of all else
#define XN   1
#define PXN  2

main:
	bl	map_flat
	// The flat map leaves domain 0 to supersections.
	set	r0, TABLE_0
	set	r1, 4096
1:	ldr	r2, [r0]
	cmp	r2, #0
	orrne	r2, r2, #(FLAT << 5)
	str	r2, [r0], #4
	subs	r1, r1, #1
	bne	1b
	set	r0, (3 << (2 * FLAT))
	mcr	p15, 0, r0, c3, c0, 0
	bl	mmu_on_here
	set	r0, PA
	set	r1, 0xe12fff1e			// BX LR
	str	r1, [r0]
	probe_on

	mov	r8, #0				// AFE
2:	mrc	p15, 0, r0, c1, c0, 0
	bfi	r0, r8, #29, #1
	mcr	p15, 0, r0, c1, c0, 0
	tlb_all
	mov	r4, #0				// kind
3:	mov	r5, #0				// value in DACR
4:	mov	r6, #0				// AP
5:	mov	r9, #0				// XN, PXN
6:	bl	combination
	add	r9, r9, #1
	cmp	r9, #4
	cmpne	r6, #0				// of the APs 1, 3 and 5 and of a closed domain's XN is left out
	cmpne	r6, #2
	cmpne	r6, #4
	cmpne	r6, #6
	cmpne	r5, #0
	bne	6b
	add	r6, r6, #1
	cmp	r6, #8
	blo	5b
	add	r5, r5, #1
	cmp	r5, #4
	blo	4b
	add	r4, r4, #1
	cmp	r4, #4
	blo	3b
	add	r8, r8, #1
	cmp	r8, #2
	blo	2b
	probe_off
	mrc	p15, 0, r0, c1, c0, 0
	bic	r0, r0, #(1 << 29)
	mcr	p15, 0, r0, c1, c0, 0
	tlb_all
	b	power_off

mmu_on_here:
	mov	r0, #0
	mcr	p15, 0, r0, c2, c0, 2
	set	r0, TABLE_0
	mcr	p15, 0, r0, c2, c0, 0
	tlb_all
	mrc	p15, 0, r0, c1, c0, 0
	orr	r0, r0, #1
	mcr	p15, 0, r0, c1, c0, 0
	sync
	bx	lr

// r4 kind, r5 value in DACR, r6 AP, r8 AFE, r9 XN and PXN. Maps, prints, tries.
combination:
	push	{r4-r10, lr}
	string	r0, "section "
	cmp	r4, #1
	bne	1f
	string	r0, "super "
1:	cmp	r4, #2
	bne	1f
	string	r0, "small "
1:	cmp	r4, #3
	bne	1f
	string	r0, "large "
1:	bl	put_str
	lsl	r0, r8, #12
	orr	r0, r0, r5, lsl #8
	orr	r0, r0, r6, lsl #4
	orr	r0, r0, r9
	bl	put_digits
	// The domain: any but that of the flat map, 0 for supersections.
	add	r0, r6, r6, lsl #1
	add	r0, r0, r4
	cmp	r0, #14
	subhs	r0, r0, #13
	add	r10, r0, #2
	cmp	r4, #1
	moveq	r10, #0
	lsl	r1, r10, #1
	lsl	r1, r5, r1
	orr	r1, r1, #(1 << (2 * FLAT))
	mcr	p15, 0, r1, c3, c0, 0
	isb
	and	r1, r6, #3			// AP[1:0]
	lsr	r2, r6, #2			// AP[2]
	and	r3, r9, #XN
	lsr	r12, r9, #1			// PXN
	cmp	r4, #2
	bhs	2f

	set	r7, (SECT | SECT_C_B)
	orr	r7, r7, r1, lsl #10
	orr	r7, r7, r2, lsl #15
	orr	r7, r7, r3, lsl #4
	orr	r7, r7, r12
	orr	r7, r7, r10, lsl #5
	set	r2, TABLE_0 + ((VA >> 24) << 6)
	cmp	r4, #1
	orreq	r7, r7, #0x40000
	orreq	r7, r7, #RAM
	beq	1f
	set	r0, (PA & 0xfff00000)
	orr	r7, r7, r0
1:	mov	r0, #16
1:	str	r7, [r2], #4
	subs	r0, r0, #1
	bne	1b
	b	4f

2:	mov	r7, #PAGE_C_B
	orr	r7, r7, r1, lsl #4
	orr	r7, r7, r2, lsl #9
	set	r0, PA
	orr	r7, r7, r0
	cmp	r4, #2
	orreq	r7, r7, #PAGE
	orreq	r7, r7, r3
	orrne	r7, r7, #1
	orrne	r7, r7, r3, lsl #15
	set	r0, (TABLES_2 + 1)
	orr	r0, r0, r10, lsl #5
	orr	r0, r0, r12, lsl #2
	set	r2, TABLE_0 + ((VA >> 20) << 2)
	str	r0, [r2]
	set	r2, (TABLES_2 + ((VA & 0xff000) >> 10))
	mov	r0, #16
3:	str	r7, [r2], #4
	subs	r0, r0, #1
	bne	3b

4:	set	r7, VA
	dsb
	tst	r6, #1
	mcreq	p15, 0, r7, c8, c7, 1		// TLBIMVA, or
	mcrne	p15, 0, r7, c8, c7, 0		// TLBIALL
	mcr	p15, 0, r7, c7, c5, 6
	sync
	bl	probe_all
	pop	{r4-r10, pc}
