// SPDX-License-Identifier: MIT
//
// Every way of Thumb code's to leave a stretch of instructions, taken and not, with a sensitive one
// behind it; code that falls through a page's end; pages entered anywhere; and code that is
// written anew, as jump labels do it, in both widths and halves of words.
#include "test/guest/kernel.inc"

#define EDGES  0x50000000	// two pages, over frames that aren't neighbours
#define FIRST  (POOL + 0x20000)
#define SECOND (POOL + 0x25000)

	.macro	put_flags value
	set	r0, (\value)
	msr	cpsr_f, r0
	.endm

// `insn` may go to 1f, over an MRS that counts.
	.macro	both name, insn
	.irp	psr, 0x40000000, 0xa0000000
	.irp	r, 0, 1
	put_flags \psr
	addr	r0, (1f + 1)
	mov	r1, #\r
	mov	r9, #0
	set	r8, POOL
	\insn
	mrs	r10, cpsr
	and	r10, r10, #0x1f
	add	r9, r9, r10
1:	mrs	r10, cpsr
	show	"\name \psr \r", r9
	show	"cpsr", r10
	.endr
	.endr
	.endm

// Writes halfwords at a label of the stretch that is patched, through the code's own mapping, and
// makes them executable.
	.macro	patch label, halves:vararg
	addr	r0, \label
	.irp	h, \halves
	movw	r1, #\h
	strh	r1, [r0], #2
	.endr
	bl	make_coherent
	.endm

main:
	to_thumb
	.irp	cc, eq, ne, cs, cc, mi, pl, vs, vc, hi, ls, ge, lt, gt, le
	both	"b\cc", "b\cc\().n 1f"
	both	"b\cc.w", "b\cc\().w 1f"
	.endr
	both	"b", "b.n 1f"
	both	"b.w", "b.w 1f"
	both	"cbz", "cbz r1, 1f"
	both	"cbnz", "cbnz r1, 1f"
	both	"it beq", "it eq; beq.w 1f"
	both	"itt bne", "itt ne; addne r9, #0x100; bne.n 1f"
	both	"it bx", "it eq; bxeq r0"
	both	"it pop", "push {r0}; itt ne; addne r9, #0x100; popne {pc}; it eq; popeq {r3}"
	both	"it ldr", "str r0, [r8]; it ne; ldrne.w pc, [r8]"
	both	"it mov pc", "it eq; moveq pc, r0"
	both	"it ldm", "str r0, [r8, #4]; it ne; ldmne.w r8, {r3, pc}"
	both	"bx", "bx r0"
	both	"mov pc", "mov pc, r0"
	both	"pop", "push {r0}; pop {pc}"
	both	"pop.w", "push {r0}; push {r1}; pop.w {r11, pc}"
	both	"ldr pc", "str r0, [r8]; ldr.w pc, [r8]"
	both	"ldr pc literal", "ldr.w pc, 9f; .balign 4; 9: .word 1f + 1"
	both	"ldm pc", "str r0, [r8, #4]; ldmia.w r8, {r3, pc}"
	both	"tbb", "tbb [pc, r1]; 8: .byte (1f - 8b) / 2, (9f - 8b) / 2; 9: adds r9, #0x40"
	both	"tbh", "tbh [pc, r1, lsl #1]; 8: .short (9f - 8b) / 2, (1f - 8b) / 2; 9: adds r9, #0x40"
	both	"bl", "bl 1f"
	both	"blx", "blx r0"

	// A table of branches as compilers make it, and one in memory.
	mov	r5, #0
3:	mov	r9, #0
	cmp	r5, #3
	bhi	5f
	tbb	[pc, r5]
4:	.byte	(case_0 - 4b) / 2, (case_1 - 4b) / 2, (case_2 - 4b) / 2, (case_3 - 4b) / 2
case_0:	adds	r9, #1
case_1:	add	r9, r9, #0x10
case_2:	mrs	r11, cpsr
	add	r9, r9, #0x100
case_3:	add	r9, r9, #0x1000
	show	"case", r9
	adds	r5, #1
	b	3b
5:	show	"default", r9
	mov	r5, #0
	addr	r4, halves
	set	r3, POOL
	ldr	r0, [r4]
	str	r0, [r3]
	ldr	r0, [r4, #4]
	str	r0, [r3, #4]
6:	tbh	[r3, r5, lsl #1]
7:
way_0:	mrs	r11, cpsr
	show	"way 0", r5
	b	8f
way_1:	show	"way 1", r5
	b	8f
way_2:	mrs	r11, spsr
	show	"way 2", r5
	b	8f
	.pushsection .rodata
	.balign	4
halves:	.short	(way_0 - 7b) / 2, (way_1 - 7b) / 2, (way_2 - 7b) / 2, 0
	.popsection
8:	adds	r5, #1
	cmp	r5, #4
	blo	6b

	// Calls: LR, and the ways back.
	.irp	how, "bx lr", "mov pc, lr", "push {lr}; pop {pc}", "push {r4, lr}; pop {r4, pc}", "push {lr}; ldr.w pc, [sp], #4"
	bl	1f
	mrs	r10, cpsr
	b	2f
1:	mov	r4, lr
	mrs	r11, cpsr
	\how
2:	addr	r5, 1b
	sub	r4, r5, r4
	show	"call, \how", r4
	show	"cpsr", r10
	.endr

	// Loops with a branch of each kind, hot.
	set	r5, 20000
	mov	r10, #0
1:	bl	tiny
	addr	r0, tiny
	blx	r0
	cbz	r5, 2f
	blx	tiny_arm
	subs	r5, r5, #1
	it	ne
	bne.w	1b
	b	1b
2:	show	"loops", r10
	mov	r0, #60
	mov	r10, #0
	bl	recurse
	show	"recursion", r10

	// A page of T16 and T32 entered out of order.
	.irp	n, 5, 1, 500, 7, 2, 499, 250, 3, 0, 500, 251
	addr	r0, (many + 6 * \n + 1)
	mov	r1, #0
	blx	r0
	show	"many \n", r1
	show	"psr", r2
	.endr

	// Through the end of a page: a plain instruction of either width there, a sensitive one, a
	// call, a conditional branch, a block of IT, each also over the edge.
	.irp	n, plain, sensitive, wide, over, call, callover, conditional, it, itover, cbz, cbnz
	.irp	psr, 0x80000000, 0x40000000
	mov	r10, #0
	put_flags \psr
	bl	edge_\n
	show	"edge \n", r10
	.endr
	.endr

	// The same where the pages aren't neighbours.
	to_arm
	bl	mmu_flat
	set	r0, EDGES
	mov	r1, #0
	bl	map_table
	set	r0, EDGES
	set	r1, (FIRST + 0x32)
	bl	map_page
	set	r0, (EDGES + 0x1000)
	set	r1, (SECOND + 0x32)
	bl	map_page
	tlb_all
	to_thumb
	mov	r7, #2				// bytes on the first page
1:	set	r0, FIRST + 0x1000
	sub	r0, r0, r7
	addr	r1, crossing
	mov	r2, #0
2:	ldrh	r3, [r1, r2]
	cmp	r2, r7
	it	eq
	ldreq	r0, =SECOND
	strh	r3, [r0], #2
	adds	r2, #2
	cmp	r2, #(crossing_end - crossing)
	blo	2b
	dsb
	mov	r0, #0
	mcr	p15, 0, r0, c7, c5, 0
	sync
	mov	r10, #0
	set	r6, (EDGES + 0x1001)
	sub	r6, r6, r7
	put_flags 0x40000000
	mov	r12, #1
	blx	r6
	put_flags 0x80000000
	blx	r6
	show	"crossing", r10
	adds	r7, #2
	cmp	r7, #(crossing_end - crossing)
	blo	1b

	// Patching: with the MMU on, and off.
	bl	patches
	to_arm
	bl	mmu_off
	to_thumb
	bl	patches
	to_arm
	b	power_off
	.ltorg

	thumb_code
	.balign	4
	.thumb_func
tiny:
	adds	r10, #1
	mov	pc, lr
	.thumb_func
recurse:
	push	{r0, lr}
	subs	r0, r0, #1
	beq	1f
	bl	recurse
1:	mrs	r1, cpsr
	and	r1, r1, #0x1f
	add	r10, r10, r1
	pop	{r0, pc}
	arm_code
	.balign	4
tiny_arm:
	add	r10, r10, #1
	bx	lr
	thumb_code

	.thumb_func
make_coherent:
	bic	r0, r0, #63
	mcr	p15, 0, r0, c7, c11, 1
	dsb
	mcr	p15, 0, r0, c7, c5, 1
	mcr	p15, 0, r0, c7, c5, 6
	dsb
	isb
	bx	lr

// Runs the patched stretch, and prints what it has done.
	.thumb_func
run:
	push	{lr}
	put_flags 0x40000000
	mov	r0, #0
	mov	r4, r0
	mov	r5, r0
	mov	r6, r0
	mov	r7, r0
	addr	r9, (1f + 1)
	b	site
1:	mrs	r11, cpsr
	mode	SVC
	show	"r4", r4
	show	"r5", r5
	show	"r6", r6
	show	"r7", r7
	show	"cpsr", r11
	pop	{pc}

	.thumb_func
patches:
	push	{lr}
	.irp	times, 1, 2
	say	"nop.w"
	patch	site, 0xf3af, 0x8000
	bl	run
	say	"b.w over one"
	patch	site, 0xf000, 0xb801
	bl	run
	say	"mrs r5, cpsr"
	patch	site, 0xf3ef, 0x8500
	bl	run
	say	"mrs r6, spsr: the second half is another"
	patch	site, 0xf3ff
	bl	run
	patch	site + 2, 0x8600
	bl	run
	say	"two of 16"
	patch	site, 0x2507, 0x2609
	bl	run
	say	"cpsid i, nop"
	patch	site, 0xb672, 0xbf00
	bl	run
	say	"nop, cpsie f"
	patch	site, 0xbf00, 0xb661
	bl	run
	say	"b.n over one, udf that isn't reached"
	patch	site, 0xe000, 0xde00
	bl	run
	say	"udf, movs"
	patch	site, 0xde00, 0x2507
	bl	run
	say	"it ne, movs r5"
	patch	site, 0xbf18, 0x2507
	bl	run
	say	"it eq, movs r5"
	patch	site, 0xbf08, 0x2507
	bl	run
	say	"mrc"
	patch	site, 0xee11, 0x5f10
	bl	run
	say	"cbz"
	patch	site, 0xb108, 0x2507
	bl	run
	say	"cbnz"
	patch	site, 0xb908, 0x2507
	bl	run
	say	"bl"
	patch	site, 0xf000, 0xf805
	bl	run
	.endr
	pop	{pc}
	.ltorg

	.balign	64
site:
	nop.w					// patched: 4 bytes
	movs	r4, #0x11
	mrs	r7, cpsr
	bx	r9
	nop
	adds	r6, #0x40			// BL comes here
	mrs	r7, spsr
	bx	lr

	.pushsection .rodata			// copied from where nothing is executed
	.balign	4096
crossing:
	push	{r4, r5, lr}
	mrs	r4, cpsr
	beq.w	1f
	adds	r5, #2
	add	r10, r10, #0x1000
1:	it	eq
	mrseq	r5, spsr
	and	r4, r4, #0x1f
	add.w	r10, r10, r4
	itete	eq
	addeq	r10, r10, #0x10000
	mrsne	r5, cpsr
	mrseq	r5, cpsr
	addne	r10, r10, #0x100000
	bl	2f
	pop	{r4, r5, pc}
2:	add	r10, r10, r12
	bx	lr
	.balign	4
crossing_end:
	.balign	4096
	.popsection

	.balign	4096
many:
	.rept	502
	adds	r1, #1
	add.w	r1, r1, #0x1000
	.endr
	mrs	r2, cpsr
	bx	lr
	.balign	4096

// At the last `bytes` of a page.
	.macro	edge name, bytes
	.balign	4096
	.space	4096 - \bytes
	.thumb_func
edge_\name:
	.endm

	.macro	edge_tail
	mrs	r2, cpsr
	and	r2, r2, #0x1f
	add	r10, r10, r2
	bx	lr
	.endm

	edge	plain, 6
	mrs	r2, cpsr
	adds	r10, r10, #1
	edge_tail
	edge	sensitive, 4
	mrs	r2, cpsr
	mrs	r3, cpsr
	and	r2, r2, #0x1f
	and	r3, r3, #0x1f
	add	r10, r2, r3
	bx	lr
	edge	wide, 2
	add.w	r10, r10, #0x123
	edge_tail
	edge	over, 2
	mrs	r2, cpsr
	and	r2, r2, #0x1f
	add	r10, r10, r2
	bx	lr
	edge	call, 6
	mov	r6, lr
	bl	tiny
	mov	lr, r6
	edge_tail
	edge	callover, 4
	mov	r6, lr
	bl	tiny
	mov	lr, r6
	edge_tail
	edge	conditional, 2
	beq.n	1f
	add	r10, r10, #0x100
1:	edge_tail
	edge	it, 2
	itt	eq
	mrseq	r3, cpsr
	addeq	r10, r10, #0x100
	edge_tail
	edge	itover, 4
	itt	eq
	mrseq	r3, cpsr
	addeq	r10, r10, #0x100
	edge_tail
	edge	cbz, 2
	cbz	r0, 1f
	add	r10, r10, #0x100
1:	edge_tail
	edge	cbnz, 2
	cbnz	r0, 1f
	add	r10, r10, #0x100
1:	edge_tail
	.balign	4096
	arm_code
