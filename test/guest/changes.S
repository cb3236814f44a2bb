// SPDX-License-Identifier: MIT
//
// Code that has run is changed, with the maintenance that the architecture asks for (A3.5.4), and run again:
// from plain to sensitive, to something else sensitive, and back. A line sums up what came of one way to
// write it. Cases:
//   stores   every kind of store, from another page and from the very page that is changed
//   across   stores over the end of a page, with code in the page before it, behind it, or both
//   maps     through other mappings of the frame, by user mode, while it is executed at two addresses,
//            and by user mode in turns
//   remap    another frame at its address; its frame reused for data, for translation tables, for code
//   vectors  the page of exception vectors
//   thumb    every kind of store of Thumb's, Thumb code over A32 code and new A32 code beside old
//   halves   T32 instructions over the end of a page, changed half by half
//   dma      the device fw_cfg writes it by DMA; flash is programmed and run (firmware's machine)
#include "test/guest/kernel.inc"

#define PAGE_A   POOL			// code that is changed
#define PAGE_B   (POOL + 0x1000)	// and what is behind it
#define PAGE_C   (POOL + 0x5000)	// another frame
#define SLOT     0xc00			// where in the page
#define RESULT   (POOL + 0x8000)	// what user mode hands over
#define EXEC_VA  0x50000000		// two executable mappings of PAGE_A
#define EXEC2_VA 0x50101000
#define SECT_VA  0x50200000		// and others that aren't
#define PAGE_VA  0x50303000
#define USER_VA  0x50405000
#define TABLE_VA 0x50500000

#ifdef CASE_thumb
#define OPS   thumb_ops
#define STATE 1
#else
#define OPS   ops
#define STATE 0
#endif

// r10 sums up r0, too.
	.macro	sum
	add	r10, r0, r10, ror #29
	.endm

// Calls address r4, what it returns is summed up.
	.macro	run
	mov	r0, #0x55
	blx	r4
	sum
	.endm

// The line of r0 can be executed anew. Spoils r0.
	.macro	fresh
	bic	r0, r0, #63
	mcr	p15, 0, r0, c7, c11, 1
	dsb
	mov	r0, #0
	mcr	p15, 0, r0, c7, c5, 0
	sync
	.endm

// For each word of a table, in r1: the code between.
	.macro	for_words table
	addr	r5, \table
9:	ldr	r1, [r5], #4
	cmp	r1, #0
	beq	8f
	.endm

	.macro	next_word
	b	9b
8:
	.endm

	.pushsection .rodata.tables, "a"	// not in a page that is executed
	.balign	4096
ops:	mov	r0, #1
	mrs	r0, cpsr
	mrc	p15, 0, r0, c0, c0, 0
	mov	r0, #2
	mrs	r0, spsr
	mrs	r0, cpsr
	nop
	mrc	p15, 0, r0, c13, c0, 4
	mrseq	r0, cpsr
	mrsne	r0, cpsr
	ldrt	r0, [lr]
	msr	cpsr_f, r0
	cpsid	i
	add	r0, r0, #3
	mrs	r0, cpsr
	.word	0
both_may:				// what user mode may execute, too
	mov	r0, #1
	mrs	r0, cpsr
	mrc	p15, 0, r0, c13, c0, 3
	nop
	mrs	r0, cpsr
	add	r0, r0, #1
	.word	0
thumb_ops:				// and for Thumb, a T32 instruction or two of T16
	.short	0x2001, 0xbf00		// MOVS r0, #1; NOP
	.short	0xf3ef, 0x8000		// MRS r0, cpsr
	.short	0xbf00, 0xbf00
	.short	0xb671, 0xbf00		// CPSID f; NOP
	.short	0x2002, 0xb661		// MOVS r0, #2; CPSIE f
	.short	0xf3ff, 0x8000		// MRS r0, spsr
	.short	0xbf00, 0x3003		// NOP; ADDS r0, #3
	.short	0xee10, 0x0f10		// MRC p15, 0, r0, c0, c0, 0
	.short	0xf3ef, 0x8000
	.short	0xee1d, 0x0f90		// MRC p15, 0, r0, c13, c0, 4
	.short	0xf1b0, 0x0001		// SUBS.W r0, r0, #1
	.short	0xf380, 0x8800		// MSR cpsr_f, r0
	.short	0xbf04, 0x2007		// ITT EQ; MOVEQ r0, #7
	.short	0xf85d, 0x0e00		// LDRT r0, [sp]
	.short	0xb671, 0x2004		// CPSID f; MOVS r0, #4
	.word	0
	.balign	4096
	.popsection

#if defined(CASE_stores) || defined(CASE_across) || defined(CASE_thumb)
// Ways to write the word r1 at r0; they spoil r2, r3 and r12.
	.macro	way name
	.pushsection .rodata.ways, "a"
	.word	way_\name - ways, 1f
	.popsection
	.pushsection .rodata
1:	.asciz	"\name"
	.popsection
way_\name:
	.endm

	.pushsection .rodata.ways, "a"
ways_table:
	.popsection
	.balign	4
#ifdef CASE_thumb
	thumb_code
#endif
ways:
	way	str
	str	r1, [r0]
	bx	lr
	way	str_post
	str	r1, [r0], #4
	bx	lr
	way	str_pre
	sub	r0, r0, #4
	str	r1, [r0, #4]!
	bx	lr
	way	str_reg
	mov	r2, #16
	sub	r0, r0, #32
	str	r1, [r0, r2, lsl #1]
	bx	lr
	way	strb
	strb	r1, [r0], #1
	lsr	r1, r1, #8
	strb	r1, [r0], #1
	lsr	r1, r1, #8
	strb	r1, [r0], #1
	lsr	r1, r1, #8
	strb	r1, [r0]
	bx	lr
	way	strh
	strh	r1, [r0], #2
	lsr	r1, r1, #16
	strh	r1, [r0]
	bx	lr
	way	strd
	mov	r2, r1
	ldr	r3, [r0, #4]
	strd	r2, r3, [r0]
	bx	lr
	way	stm
	mov	r2, r1
	ldr	r3, [r0, #4]
	stm	r0!, {r2, r3}
	bx	lr
	way	stmdb
	add	r0, r0, #4
	ldr	r2, [r0, #-8]
	mov	r3, r1
	stmdb	r0!, {r2, r3}
	bx	lr
	.if	!code_is_thumb
	way	stmda
	stmda	r0, {r1}
	bx	lr
	way	stm_user
	stm	r0, {r1}^
	bx	lr
	way	strt_post
	strt	r1, [r0], #4
	bx	lr
	.endif
	way	push
	mov	r3, sp
	add	r0, r0, #4
	mov	sp, r0
	push	{r1}
	mov	sp, r3
	bx	lr
	way	strt
	strt	r1, [r0]
	bx	lr
	way	strbt
	mov	r2, #4
2:	strbt	r1, [r0]
	add	r0, r0, #1
	lsr	r1, r1, #8
	subs	r2, r2, #1
	bne	2b
	bx	lr
	way	strht
	strht	r1, [r0]
	lsr	r1, r1, #16
	add	r0, r0, #2
	strht	r1, [r0]
	bx	lr
	way	strex
	ldrex	r2, [r0]
	strex	r2, r1, [r0]
	cmp	r2, #0
	bne	way_strex
	bx	lr
	way	strexh
	ldrexh	r2, [r0]
	strexh	r2, r1, [r0]
	cmp	r2, #0
	bne	way_strexh
	lsr	r1, r1, #16
	add	r0, r0, #2
3:	ldrexh	r2, [r0]
	strexh	r2, r1, [r0]
	cmp	r2, #0
	bne	3b
	bx	lr
	way	strexd
	ldrexd	r2, r3, [r0]
	mov	r2, r1
	strexd	r12, r2, r3, [r0]
	cmp	r12, #0
	bne	way_strexd
	bx	lr
	way	vstr
	vmov	s0, r1
	vstr	s0, [r0]
	bx	lr
	way	vstr_double
	ldr	r2, [r0, #4]
	vmov	d0, r1, r2
	vstr	d0, [r0]
	bx	lr
	way	vstm
	ldr	r2, [r0, #4]
	vmov	s1, s2, r1, r2
	vstm	r0, {s1-s2}
	bx	lr
	way	vst1
	ldr	r2, [r0, #4]
	vmov	d1, r1, r2
	vst1.8	{d1}, [r0]
	bx	lr
	way	vst1_lane
	vmov	d1, r1, r1
	vst1.32	{d1[1]}, [r0]
	bx	lr
	way	unaligned
	ldrh	r2, [r0, #-2]
	orr	r2, r2, r1, lsl #16
	str	r2, [r0, #-2]
	ldrh	r2, [r0, #4]
	lsl	r2, r2, #16
	orr	r2, r2, r1, lsr #16
	str	r2, [r0, #2]
	bx	lr
ways_end:
	arm_code
	.pushsection .rodata.ways, "a"
	.word	-1
	.popsection

fpu_on:
	mov	r0, #0xf00000
	mcr	p15, 0, r0, c1, c0, 2
	isb
	mov	r0, #0x40000000
	vmsr	fpexc, r0
	bx	lr

// Copies [r0, r1) to r2 and makes it executable. Spoils r0 to r3.
copy:
1:	ldr	r3, [r0], #4
	str	r3, [r2], #4
	cmp	r0, r1
	blo	1b
	sub	r0, r2, #4
	fresh
	bx	lr

// Writes each word of ops at r9, in the way of r7 by the code at r6, and calls r4 each time.
each_op:
	push	{r4, r5, lr}
	mov	r10, #0
	for_words OPS
	mov	r0, r9
	add	r2, r6, r7
	blx	r2
	mov	r0, r9
	fresh
	ldr	r4, [sp]
	run
	next_word
	pop	{r4, r5, pc}
#endif

main:
#if defined(CASE_stores) || defined(CASE_thumb)
	bl	fpu_on
	set	r8, PAGE_A
	set	r2, PAGE_A + SLOT + 4
	bl	put_end
	addr	r6, ways + STATE
	bl	all_ways
	addr	r0, ways
	addr	r1, ways_end
	mov	r2, r8
	bl	copy
	add	r6, r8, #STATE
	bl	all_ways
	bl	mmu_flat
	addr	r6, ways + STATE
	bl	all_ways
	add	r6, r8, #STATE
	bl	all_ways
#ifdef CASE_thumb
	bl	states
#endif
	b	power_off

#ifdef CASE_thumb
// Thumb code becomes A32 code and comes back; A32 code comes where there was none.
states:
	push	{lr}
	mov	r11, #4
2:	mov	r10, #0
	for_words ops
	set	r0, 0xe12fff1e			// BX lr
	str	r0, [r8, #SLOT + 4]
	str	r1, [r8, #SLOT]
	add	r0, r8, #SLOT
	fresh
	add	r4, r8, #SLOT
	run
	next_word
	show	"A32 over Thumb", r10
	mov	r10, #0
	for_words thumb_ops
	str	r1, [r8, #SLOT]
	add	r2, r8, #SLOT
	add	r2, r2, #4
	bl	put_end
	add	r0, r8, #SLOT
	fresh
	add	r4, r8, #SLOT
	add	r4, r4, #1
	run
	next_word
	show	"Thumb over A32", r10
	mov	r10, #0
	mov	r9, r8
	for_words ops				// each elsewhere
	add	r9, r9, #64
	set	r0, 0xe12fff1e
	str	r0, [r9, #0x804]
	str	r1, [r9, #0x800]
	add	r0, r9, #0x800
	fresh
	add	r4, r9, #0x800
	run
	next_word
	show	"new A32", r10
	add	r8, r8, #0x10000		// a page that isn't known yet
	subs	r11, r11, #1
	bne	2b
	pop	{pc}
#endif

// What ends the code that is changed, at r2. Spoils r0.
put_end:
#ifdef CASE_thumb
	set	r0, 0x8100f3ef			// MRS r1, cpsr
	str	r0, [r2]
	set	r0, 0x4770180a			// ADDS r0, r0, r1; BX lr
	str	r0, [r2, #4]
#else
	set	r0, 0xe12fff1e			// BX lr
	str	r0, [r2]
#endif
	bx	lr

all_ways:
	push	{r11, lr}
	addr	r11, ways_table
	add	r4, r8, #SLOT
	mov	r9, r4
	add	r4, r4, #STATE
1:	ldr	r7, [r11], #4
	cmp	r7, #0
	poplt	{r11, pc}
	bl	each_op
	ldr	r0, [r11], #4
	mov	r1, r10
	bl	put_named
	b	1b

#elif defined(CASE_across)
	bl	fpu_on
	bl	mmu_flat
	set	r8, (POOL + 0xff0)
	bl	lay_out
	run					// the pages are both code
	bl	over
	show	"both", r10
	set	r8, (POOL + 0x4ff0)
	bl	lay_out
	bl	over				// neither, at first
	show	"neither", r10
	set	r8, (POOL + 0x8ff0)
	bl	lay_out
	add	r4, r8, #16
	run
	bl	over
	show	"behind", r10
	set	r8, (POOL + 0xcff0)
	bl	lay_out
	set	r0, 0xe12fff1e
	str	r0, [r8]
	mov	r0, r8
	fresh
	mov	r4, r8
	run
	bl	over
	show	"before", r10
	b	power_off

// NOPs over the end of a page, 16 bytes behind r8, and a return. r4 becomes where they begin.
lay_out:
	set	r0, 0xe1a00000
	set	r1, 0xe12fff1e			// BX lr
	add	r4, r8, #8
	mov	r2, r4
	str	r0, [r2], #4
	str	r0, [r2], #4
	str	r0, [r2], #4
	str	r0, [r2], #4
	str	r1, [r2]
	mov	r0, r8
	fresh
	add	r0, r8, #16
	fresh
	bx	lr

// The words before and behind the end of the page, 16 bytes behind r8, are replaced by two words of the table,
// by one store or more, and run.
over:
	push	{r4, r6, lr}
	mov	r6, r8
	mov	r10, #0
	for_words ops
	ldr	r2, [r5]
	cmp	r2, #0
	moveq	r2, r1
	mov	r3, r1
	mov	r1, #0
	strd	r2, r3, [r6, #12]
	bl	fallen
	add	r0, r6, #12
	stm	r0, {r2, r3}
	bl	fallen
	add	r0, r6, #20
	vmov	d3, r3, r2
	vstmdb	r0!, {d3}
	bl	fallen
	vmov	d3, r2, r3
	add	r0, r6, #12
	vst1.32	{d3}, [r0]
	bl	fallen
	mov	r0, #0				// an unaligned STR: NOP's upper half, the lower half of this one
	str	r0, [r6, #16]
	set	r0, 0xe1a0
	orr	r0, r0, r3, lsl #16
	str	r0, [r6, #14]
	lsr	r0, r3, #16
	strh	r0, [r6, #18]
	set	r0, 0xe1a00000
	strh	r0, [r6, #12]
	bl	fallen
	set	r0, 0xe1a00000
	str	r0, [r6, #16]
	strh	r3, [r6, #12]
	lsr	r0, r3, #16
	strh	r0, [r6, #14]
	str	r0, [r6, #14]			// and the lower half of a word that the next STRH ends
	set	r0, 0xe1a0
	strh	r0, [r6, #18]
	mov	r0, #0
	strh	r0, [r6, #16]
	bl	fallen
	next_word
	pop	{r4, r6, pc}

// Runs from the page's last two words into the next one; keeps r1 to r3.
fallen:
	push	{lr}
	add	r0, r6, #0
	fresh
	add	r0, r6, #64
	fresh
	add	r4, r6, #8
	run
	pop	{pc}

#elif defined(CASE_maps)
	bl	mmu_flat
	set	r0, EXEC_VA
	mov	r1, #0
	bl	map_table
	set	r0, EXEC2_VA
	mov	r1, #1
	bl	map_table
	set	r0, PAGE_VA
	mov	r1, #2
	bl	map_table
	set	r0, USER_VA
	mov	r1, #3
	bl	map_table
	set	r0, EXEC_VA
	set	r1, (PAGE_A | PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL))
	bl	map_page
	set	r0, EXEC2_VA
	set	r1, (PAGE_A | PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL_R))
	bl	map_page
	set	r0, PAGE_VA
	set	r1, (PAGE_A | PAGE | PAGE_XN | PAGE_C_B | PAGE_AP(AP_KERNEL))
	bl	map_page
	set	r0, USER_VA
	set	r1, (PAGE_A | PAGE | PAGE_C_B | PAGE_AP(AP_USER) | PAGE_nG)
	bl	map_page
	set	r0, SECT_VA
	set	r1, (PAGE_A | SECT | SECT_XN | SECT_C_B | SECT_AP(AP_KERNEL))
	bl	map_section
	tlb_all
	set	r0, 0xe12fff1e
	set	r8, PAGE_A
	str	r0, [r8, #SLOT + 4]
	set	r6, 3
1:	set	r9, (EXEC_VA + SLOT)
	bl	through
	show	"itself", r10
	set	r9, (SECT_VA + SLOT)
	bl	through
	show	"a section", r10
	set	r9, (PAGE_VA + SLOT)
	bl	through
	show	"a page", r10
	set	r9, (PAGE_A + SLOT)
	bl	through
	show	"flat", r10
	set	r9, (USER_VA + SLOT)
	bl	through_strt
	show	"unprivileged", r10
	bl	by_user
	show	"by the user", r10
	bl	in_turns
	show	"in turns", r10
	subs	r6, r6, #1
	bne	1b
	b	power_off

// Runs the slot at both addresses.
run_both:
	push	{r4, lr}
	set	r4, (EXEC_VA + SLOT)
	run
	set	r4, (EXEC2_VA + SLOT)
	run
	pop	{r4, pc}

through:
	push	{lr}
	mov	r10, #0
	for_words ops
	str	r1, [r9]
	mov	r0, r9
	fresh
	bl	run_both
	next_word
	pop	{pc}

through_strt:
	push	{lr}
	mov	r10, #0
	for_words ops
	strt	r1, [r9]
	mov	r0, r9
	fresh
	bl	run_both
	next_word
	pop	{pc}

by_user:
	push	{lr}
	mov	r10, #0
	for_words ops
	set	r0, RESULT
	str	r1, [r0]
	user	user_writes
	set	r0, (PAGE_A + SLOT)
	fresh
	bl	run_both
	next_word
	pop	{pc}

// User mode writes, and runs what it may.
in_turns:
	push	{r5, lr}
	mov	r10, #0
	for_words both_may
	set	r0, RESULT
	str	r1, [r0]
	user	user_writes
	set	r0, (PAGE_A + SLOT)
	fresh
	user	user_runs
	set	r0, RESULT
	ldr	r0, [r0]
	sum
	bl	run_both
	user	user_runs
	set	r0, RESULT
	ldr	r0, [r0]
	sum
	next_word
	pop	{r5, pc}

user_writes:
	set	r0, RESULT
	ldr	r1, [r0]
	set	r0, (USER_VA + SLOT)
	str	r1, [r0]
	leave_user

user_runs:
	mov	r0, #0x55
	set	r4, (USER_VA + SLOT)
	blx	r4
	set	r1, RESULT
	str	r0, [r1]
	leave_user

#elif defined(CASE_remap)
	bl	mmu_flat
	set	r0, EXEC_VA
	mov	r1, #0
	bl	map_table
	set	r9, PAGE_A
	set	r11, PAGE_C
	set	r0, 0xe12fff1e
	str	r0, [r9, #SLOT + 4]
	str	r0, [r11, #SLOT + 4]
	set	r6, 3
1:	bl	two_frames
	show	"two frames", r10
	bl	reused
	show	"reused", r10
	bl	tables
	show	"tables", r10
	subs	r6, r6, #1
	bne	1b
	b	power_off

// EXEC_VA becomes the frame r7.
map_frame:
	push	{lr}
	set	r1, (PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL))
	orr	r1, r1, r7
	set	r0, EXEC_VA
	bl	map_page
	dsb
	set	r0, EXEC_VA
	mcr	p15, 0, r0, c8, c7, 1
	mcr	p15, 0, r0, c7, c5, 6
	sync
	pop	{pc}

// Each frame is changed while the other one is mapped.
two_frames:
	push	{lr}
	mov	r10, #0
	set	r4, (EXEC_VA + SLOT)
	for_words ops
	str	r1, [r9, #SLOT]
	add	r0, r9, #SLOT
	fresh
	mov	r7, r9
	bl	map_frame
	run
	mov	r7, r11
	bl	map_frame
	run
	mov	r7, r9
	bl	map_frame
	run
	mov	r7, r11				// the two change places
	mov	r11, r9
	mov	r9, r7
	next_word
	pop	{pc}

// The frame is code, then data that is counted up, then code.
reused:
	push	{r6, lr}
	mov	r10, #0
	mov	r7, r9
	bl	map_frame
	set	r4, (EXEC_VA + SLOT)
	for_words ops
	str	r1, [r9, #SLOT]
	set	r0, 0xe12fff1e
	str	r0, [r9, #SLOT + 4]
	add	r0, r9, #SLOT
	fresh
	run
	mov	r0, r9				// cleared
	mov	r1, #0
	mov	r2, #0
	mov	r3, #0
	mov	r6, #0
	add	r12, r9, #4096
2:	stm	r0!, {r1, r2, r3, r6}
	cmp	r0, r12
	blo	2b
	mov	r1, #200
3:	ldr	r0, [r9, #SLOT]
	set	r2, 0x010f0000			// MRSEQ r0, cpsr, and what is behind it
	add	r0, r0, r2
	str	r0, [r9, #SLOT]
	subs	r1, r1, #1
	bne	3b
	ldr	r0, [r9, #SLOT]
	sum
	ldr	r0, [r9, #SLOT - 4]
	sum
	next_word
	pop	{r6, pc}

// The page is a second-level table, too.
tables:
	push	{r6, lr}
	mov	r10, #0
	set	r0, TABLE_0
	set	r1, TABLE_VA
	orr	r2, r9, #1
	str	r2, [r0, r1, lsr #18]
	set	r0, 0xe12fff1e
	str	r0, [r9, #SLOT + 4]
	set	r6, RESULT
	set	r0, 0x11111111
	str	r0, [r6]
	add	r1, r6, #0x1000
	set	r0, 0x22222222
	str	r0, [r1]
	add	r4, r9, #SLOT
	for_words ops
	str	r1, [r4]
	mov	r0, r4
	fresh
	run
	set	r0, (PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL))
	orr	r0, r0, r6
	str	r0, [r9]
	bl	table_read
	set	r0, (PAGE | PAGE_C_B | PAGE_AP(AP_KERNEL) | 0x1000)
	orr	r0, r0, r6
	str	r0, [r9]
	bl	table_read
	run
	next_word
	pop	{r6, pc}

table_read:
	dsb
	set	r0, TABLE_VA
	mcr	p15, 0, r0, c8, c7, 1
	sync
	ldr	r0, [r0]
	sum
	bx	lr

#elif defined(CASE_vectors)
	bl	mmu_flat
	set	r4, PAGE_A
	set	r0, 0xe1b0f00e			// MOVS pc, lr
	str	r0, [r4, #12]
	mcr	p15, 0, r4, c12, c0, 0
	isb
	set	r6, 5
1:	mov	r10, #0
	for_words ops
	str	r1, [r4, #8]
	mov	r0, r4
	fresh
	mov	r0, #0x55
	svc	#1
	sum
	next_word
	show	"by svc", r10
	mov	r10, #0
	for_words ops
	str	r1, [r4, #4]
	set	r0, 0xe1b0f00e			// over what was changed for SVC
	str	r0, [r4, #8]
	mov	r0, r4
	fresh
	mov	r0, #0x55
	udf	#1
	sum
	next_word
	show	"by udf", r10
	subs	r6, r6, #1
	bne	1b
	addr	r0, vectors
	mcr	p15, 0, r0, c12, c0, 0
	isb
	b	power_off

#elif defined(CASE_halves)
	bl	mmu_flat
	set	r8, POOL + 0x1000		// behind the page's end
	set	r0, 0xbf00bf00			// NOPs
	sub	r2, r8, #16
	str	r0, [r2], #4
	str	r0, [r2], #4
	str	r0, [r2], #4
	str	r0, [r2], #4
	str	r0, [r2], #4
	str	r0, [r2], #4
	set	r0, 0x8100f3ef			// MRS r1, cpsr
	str	r0, [r2], #4
	set	r0, 0x4770180a			// ADDS r0, r0, r1; BX lr
	str	r0, [r2], #4
	mov	r6, #3
1:	mov	r10, #0
	for_words thumb_ops			// by halves, of which the first changes first
	strh	r1, [r8, #-2]
	lsr	r1, r1, #16
	strh	r1, [r8]
	bl	fallen
	next_word
	show	"first half", r10
	mov	r10, #0
	for_words thumb_ops
	mov	r0, #0xbf00
	strh	r0, [r8, #-2]
	lsr	r0, r1, #16
	strh	r0, [r8]
	strh	r1, [r8, #-2]
	bl	fallen
	next_word
	show	"second half", r10
	mov	r10, #0
	for_words thumb_ops
	str	r1, [r8, #-2]
	bl	fallen
	next_word
	show	"both", r10
	mov	r10, #0
	for_words thumb_ops			// only one half remains
	ldr	r0, [r5]
	cmp	r0, #0
	beq	8f
	str	r1, [r8, #-2]
	bl	fallen
	set	r0, 0xbf00bf00
	str	r0, [r8, #-2]
	bl	fallen
	next_word
	show	"in turns", r10
	subs	r6, r6, #1
	bne	1b
	b	power_off

fallen:
	push	{lr}
	sub	r0, r8, #64
	fresh
	mov	r0, r8
	fresh
	sub	r4, r8, #15
	run
	pop	{pc}

#else
#include "test/guest/firmware.inc"

#define FLASH    0x04000000		// the bank without the firmware

	from_flash
	set	r6, 3
2:	bl	flash
	show	"flash", r10
	bl	slots
	show	"a word", r10
	bl	pages
	show	"pages", r10
	subs	r6, r6, #1
	bne	2b
	bl	mmu_flat
	bl	slots
	show	"a word", r10
	bl	pages
	show	"pages", r10
	b	power_off

// Each word of ops, by DMA.
slots:
	push	{lr}
	mov	r10, #0
	set	r8, PAGE_A
	set	r0, 0xe12fff1e
	str	r0, [r8, #SLOT + 4]
	addr	r9, ops
	set	r0, LOAD
	sub	r9, r9, r0
	for_words ops
	mov	r0, r9
	add	r9, r9, #4
	add	r1, r8, #SLOT
	mov	r2, #4
	bl	dma
	add	r0, r8, #SLOT
	fresh
	add	r4, r8, #SLOT
	run
	next_word
	pop	{pc}

// Two pages, either this or that, over code that has run.
pages:
	push	{r6, lr}
	mov	r10, #0
	mov	r6, #6
4:	addr	r0, these
	set	r1, LOAD
	sub	r0, r0, r1
	tst	r6, #1
	addne	r0, r0, #(those - these)
	set	r1, PAGE_A
	set	r2, 0x2000
	bl	dma
	mov	r0, #0
	mcr	p15, 0, r0, c7, c5, 0
	sync
	set	r4, PAGE_A
	run
	subs	r6, r6, #1
	bne	4b
	pop	{r6, pc}

// Each word of ops is programmed into flash, which is run; elsewhere each, since QEMU goes on with
// what it has translated of flash before.
flash:
	push	{lr}
	mov	r10, #0
	set	r4, FLASH
	set	r0, 0x00200020			// erase the block
	str	r0, [r4]
	set	r0, 0x00d000d0
	str	r0, [r4]
	add	r4, r4, #SLOT
	for_words ops
	mov	r0, r4
	bl	program
	set	r1, 0xe12fff1e
	add	r0, r4, #4
	bl	program
	run
	add	r4, r4, #16
	next_word
	pop	{pc}

// Spoils r2.
program:
	set	r2, 0x00400040
	str	r2, [r0]
	str	r1, [r0]
	set	r2, 0x00ff00ff			// the array can be read
	str	r2, [r0]
	dsb
	mcr	p15, 0, r2, c7, c5, 0
	sync
	bx	lr

	.balign	4096
these:	b	. + 0x1000
	.space	0xff4
	mov	r0, #1
	mrs	r0, spsr
	mrs	r1, cpsr
	add	r0, r0, r1
	bx	lr
	.balign	4096
those:	mrs	r0, cpsr
	cpsie	f
	b	. + 0xffc
	.space	0xff0
	mov	r0, r0
	mov	r0, r0
	mov	r1, #2
	add	r0, r0, r1
	mrs	r1, cpsr
	add	r0, r0, r1
	cpsid	f
	bx	lr
	.balign	4096
#endif
