// SPDX-License-Identifier: MIT
//
// A guest that maps all of its 4 GiB and uses all of it, so that nothing is left for the monitor's window: it
// has to move out of the way whatever is touched, and to places where something is mapped as well. Data,
// stack, vectors and code everywhere, accesses over the ends of sections, by kernel and user; with the MMU off.
#include "test/guest/kernel.inc"
#include "test/guest/probe.inc"

#define WINDOW 0xff700000	// where the monitor's own window is by default

main:
	// In each MiB from POOL's on: BX LR at the beginning and the end, its number near the end.
	set	r0, 0x40400000
	set	r2, 0xe12fff1e
	set	r3, 0xffff0
1:	str	r2, [r0]
	add	r1, r0, r3
	str	r2, [r1, #12]
	str	r2, [r1, #8]
	str	r0, [r1]
	str	r0, [r1, #4]
	add	r0, r0, #0x100000
	cmp	r0, #0x44000000
	blo	1b
	bl	map_flat
	set	r0, TABLE_0
	mov	r1, #0
2:	ldr	r2, [r0, r1, lsl #2]
	cmp	r2, #0
	bne	3f
	mov	r3, #60				// the RAM behind POOL's MiB, over and over
	udiv	r2, r1, r3
	mls	r2, r2, r3, r1
	lsl	r2, r2, #20
	set	r3, (0x40400000 | SECT | SECT_C_B | SECT_AP(AP_USER))
	add	r2, r2, r3
	tst	r1, #1
	orrne	r2, r2, #SECT_nG
	str	r2, [r0, r1, lsl #2]
3:	add	r1, r1, #1
	cmp	r1, #4096
	blo	2b
	bl	mmu_on
	probe_on

	say	"upwards"
	mov	r4, #1
	bl	sweep
	say	"downwards"
	mvn	r4, #0
	bl	sweep
	say	"by 17"
	mov	r4, #17
	bl	sweep
	say	"by a user"
	mov	r4, #1
	user	sweep_user
	addr	r0, outcome
	ldr	r1, [r0]
	show	"sum", r1
	mvn	r4, #0
	user	sweep_user
	addr	r0, outcome
	ldr	r1, [r0]
	show	"sum", r1

	// Before there is code: under `block` what leads out of it is patched, and would be loaded so.
	say	"over the end of a section"
	bl	crossings
	say	"code everywhere"
	bl	calls
	user	calls_user


	say	"two at a time"
	// Each section with its neighbours.
	set	r4, (WINDOW + 0xffff0)
	mov	r5, #0
	mov	r6, #300
4:	ldr	r0, [r4]
	sub	r1, r4, #0x100000
	ldr	r1, [r1]
	add	r2, r4, #0x100000
	ldr	r2, [r2]
	add	r5, r0, r5, ror #3
	add	r5, r1, r5, ror #3
	add	r5, r2, r5, ror #3
	sub	r4, r4, #0x100000
	subs	r6, r6, #1
	bne	4b
	show	"sum", r5

	say	"stack"
	mov	r4, sp
	set	r5, (WINDOW + 0x100000)
	mov	r6, #32
5:	mov	sp, r5
	push	{r0-r12, lr}
	pop	{r0-r12, lr}
	push	{r4, r5, r6}
	svc	#1				// prints, on this stack
	pop	{r4, r5, r6}
	sub	r5, r5, #0x300000
	subs	r6, r6, #1
	bne	5b
	mov	sp, r4

	say	"vectors"
	// They are copied to the end of a section that is anywhere.
	addr	r0, vectors
	set	r1, (0x40500000 - 0x1000 + 0xfc0)
	mov	r2, #16
6:	ldr	r3, [r0], #4
	str	r3, [r1], #4
	subs	r2, r2, #1
	bne	6b
	set	r0, (0x40500000 - 0x1000)
	mov	r1, r0
	add	r1, r1, #0x1000
	coherent r0, r1
	.irp	at, 0x00000000, WINDOW, WINDOW - 0x100000
	set	r0, TABLE_0 + ((\at) >> 18)
	set	r1, (0x40400000 | SECT | SECT_C_B | SECT_AP(AP_USER))
	str	r1, [r0]
	tlb_all
	set	r0, (\at + 0xfffc0)
	mcr	p15, 0, r0, c12, c0, 0
	isb
	svc	#2
	udf	#2
	.endr
	addr	r0, vectors
	mcr	p15, 0, r0, c12, c0, 0
	isb

	say	"MMU off and on"
	mov	r6, #3
7:	bl	mmu_off
	set	r7, WINDOW
	bl	probe_all
	set	r7, 0xf0000000
	bl	probe_all
	bl	mmu_on
	set	r7, WINDOW
	bl	probe_all
	set	r7, (WINDOW - 0x100000)
	bl	probe_all
	mov	r4, #29
	bl	sweep
	subs	r6, r6, #1
	bne	7b
	probe_off
	state	"end"
	b	power_off

// r0 is a section's number: sum it up in r5, by its number near the end, and by a store to it.
	.macro	touch
	lsl	r1, r6, #20
	set	r2, 0xffff0
	add	r1, r1, r2
	ldr	r0, [r1]
	add	r5, r0, r5, ror #5
	str	r5, [r1, #4]
	ldr	r0, [r1, #4]
	add	r5, r0, r5, ror #5
	.endm

// All sections but the devices' and the kernel's, in steps of r4. Prints a sum.
sweep:
	push	{r5, r6, r7, lr}
	mov	r5, #0
	mov	r6, #0x200
	mov	r7, #4096
1:	and	r0, r6, #0xff0
	cmp	r0, #0x080			// GICD, UART
	cmpne	r0, #0x090
	beq	2f
	touch
2:	add	r6, r6, r4
	ubfx	r6, r6, #0, #12
	subs	r7, r7, #1
	bne	1b
	show	"sum", r5
	pop	{r5, r6, r7, pc}

sweep_user:
	mov	r5, #0
	mov	r6, #0x200
	mov	r7, #4096
1:	and	r0, r6, #0xff0
	cmp	r0, #0x080
	cmpne	r0, #0x090
	beq	2f
	touch
2:	add	r6, r6, r4
	ubfx	r6, r6, #0, #12
	subs	r7, r7, #1
	bne	1b
	addr	r0, outcome
	str	r5, [r0]
	leave_user

// BX LR at the beginning of sections all over; by the window's, one after the other.
calls:
	push	{r4, r5, lr}
	set	r4, WINDOW
	mov	r5, #40
1:	blx	r4
	add	r0, r4, #0xf8000
	add	r0, r0, #0x7f00
	add	r0, r0, #0xf8
	blx	r0
	cmp	r5, #20
	subhs	r4, r4, #0x100000
	sublo	r4, r4, #0x6b00000
	subs	r5, r5, #1
	bne	1b
	say	"back"
	pop	{r4, r5, pc}

calls_user:
	set	r4, WINDOW + 0x200000
	mov	r5, #20
1:	blx	r4
	sub	r4, r4, #0x100000
	subs	r5, r5, #1
	bne	1b
	leave_user

// Loads and stores over the borders of the window's section and of those below.
crossings:
	push	{r4-r11, lr}
	set	r4, (WINDOW + 0x100000)
	mov	r5, #24
	mov	r6, #0
1:	sub	r0, r4, #8
	ldm	r0, {r7, r8, r9, r10}
	add	r6, r7, r6, ror #3
	add	r6, r8, r6, ror #3
	add	r6, r9, r6, ror #3
	add	r6, r10, r6, ror #3
	sub	r0, r4, #2
	ldr	r7, [r0]
	add	r6, r7, r6, ror #3
	strh	r6, [r0]
	ldr	r7, [r0, #-2]
	add	r6, r7, r6, ror #3
	set	r8, 0xe12fff1e
	str	r8, [r4, #-4]
	sub	r4, r4, #0x100000
	subs	r5, r5, #1
	bne	1b
	show	"sum", r6
	pop	{r4-r11, pc}

	.pushsection .data
	.balign	4096
outcome:
	.space	4096
	.popsection
