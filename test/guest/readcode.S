// SPDX-License-Identifier: MIT
//
// Code that is read. Cases:
//
//   data    literals and tables among the code, through the executing mapping
//   alias   a checksum of the code that runs, through another mapping of it
//   strict  the same through the executing mapping, patched words and all, by every kind of load (--strict)
//   early   the same before anything has been in Thumb state, so that A32's replacements alone are looked for
//   around  what isn't code and lies in between: exclusives, stacks, users, faults, devices (--strict)
#include "test/guest/kernel.inc"

	.fpu	neon-vfpv4

#define ALIAS  0x50000000
#define COPY   (POOL + 0x10000)
#define PAGES  (POOL + 0x40000)	// 16 pages: code in each but the odd ones
#define END    0x43fff000		// the last page of memory

// Sums [text, text_end) up, by instructions that load r3 to r6 from r0 on, `step` bytes.
	.macro	by name, step, insns
	addr	r0, text
	addr	r1, text_end
	mov	r2, #0
	mov	r3, #0
	mov	r4, #0
	mov	r5, #0
	mov	r6, #0
.Lby\@:
	\insns
	eor	r2, r3, r2, ror #1
	eor	r2, r4, r2, ror #3
	eor	r2, r5, r2, ror #5
	eor	r2, r6, r2, ror #7
	add	r0, r0, #\step
	cmp	r0, r1
	blo	.Lby\@
	show	"\name", r2
	.endm

// Code with sensitive words, literals, and tables; enters and leaves by BL and BX. r10 counts what it does.
	.balign	4096
text:	mrs	r0, cpsr
	and	r0, r0, #0x1f
	add	r10, r10, r0
	mrc	p15, 0, r0, c13, c0, 4
	add	r10, r10, r0
	mrc	p15, 0, r0, c13, c0, 2
	add	r10, r10, r0, lsl #8
	mov	r3, lr
	cpsid	if, #IRQ
	mrs	r0, cpsr
	cps	#SVC
	and	r0, r0, #0x1f
	add	r10, r10, r0, lsl #16
	ldrt	r0, [sp]
	strt	r0, [sp]
	mrc	p15, 0, r0, c1, c0, 0
	sev
	yield
	bx	r3

// As text, in Thumb.
	.balign	4
	thumb_code
	.thumb_func
text_thumb:
	mrs	r0, cpsr
	and	r0, r0, #0x1f
	add	r10, r10, r0
	mrc	p15, 0, r0, c13, c0, 4
	add	r10, r10, r0
	cpsid	i
	cpsid	if, #IRQ
	cps	#SVC
	sev
	sev.w
	bx	lr
	arm_code
	.balign	16
text_end:

// What every case does first: the thread registers, the code has run.
begin:	push	{r4, lr}
	bl	mmu_flat
	set	r0, 0x00f00000			// CPACR: cp10 and cp11 in full
	mcr	p15, 0, r0, c1, c0, 2
	isb
	set	r0, 0x40000000
	vmsr	fpexc, r0
	set	r0, 0x1111
	mcr	p15, 0, r0, c13, c0, 4
	set	r0, 0x22
	mcr	p15, 0, r0, c13, c0, 2
	mov	r10, #0
	bl	text
	show	"text", r10
	pop	{r4, pc}

#ifdef CASE_alias
main:	bl	begin
	set	r0, ALIAS
	set	r1, (RAM | SECT | SECT_C_B | SECT_AP(AP_KERNEL))
	bl	map_section
	tlb_all
	mov	r7, #3
1:	addr	r0, text
	add	r0, r0, #(ALIAS - RAM)
	add	r1, r0, #(text_end - text)
	mov	r2, #0
2:	ldr	r3, [r0], #4
	eor	r2, r3, r2, ror #1
	cmp	r0, r1
	blo	2b
	show	"through the other mapping", r2
	bl	text
	show	"text", r10
	subs	r7, r7, #1
	bne	1b
	b	power_off
#endif

#ifdef CASE_early
#define CASE_strict
#endif
#ifdef CASE_strict
main:	bl	begin
#ifndef CASE_early
	addr	r0, text_thumb
	orr	r0, r0, #1
	blx	r0
	show	"in Thumb", r10
#endif
	by	"ldr", 4,	"ldr r3, [r0]"
	by	"ldr reg", 4,	"ldr r3, [r0, r4, lsl #2]"
	by	"ldr asr", 4,	"ldr r3, [r0, -r4, asr #1]"
	by	"ldr post", 0,	"ldr r3, [r0], #4"
	by	"ldr pre", 8,	"ldr r3, [r0, #-4]!"
	by	"ldr odd", 4,	"ldr r3, [r0, #-3]"
	by	"ldrh", 2,	"ldrh r3, [r0]"
	by	"ldrh reg", 2,	"ldrh r3, [r0, r4]"
	by	"ldrh odd", 2,	"ldrh r3, [r0, #1]"
	by	"ldrsh", 2,	"ldrsh r3, [r0, -r4]"
	by	"ldrb", 1,	"ldrb r3, [r0]"
	by	"ldrb post", 0,	"ldrb r3, [r0], #1"
	by	"ldrsb", 1,	"ldrsb r3, [r0]"
	by	"ldrd", 8,	"ldrd r4, r5, [r0]"
	by	"ldrd reg", 8,	"ldrd r4, r5, [r0, r3]"
	by	"ldm", 0,	"ldm r0!, {r3, r4, r5, r6}"
	by	"ldmdb", 20,	"ldmdb r0!, {r3}"
	by	"ldmib", 4,	"ldmib r0, {r3, r4}"
	by	"ldrex", 4,	"ldrex r3, [r0]"
	by	"ldrexd", 8,	"ldrexd r4, r5, [r0]"
	by	"ldrexb", 1,	"ldrexb r3, [r0]"
	by	"ldrexh", 2,	"ldrexh r3, [r0]"
	by	"vldr s", 4,	"vldr s0, [r0]; vmov r3, s0"
	by	"vldr d", 8,	"vldr d1, [r0]; vmov r3, r4, d1"
	by	"vldm", 16,	"vldm r0, {d2, d3}; vmov r3, r4, d2; vmov r5, r6, d3"
	by	"vld1", 16,	"vld1.8 {d4, d5}, [r0]; vmov r3, r4, d4; vmov r5, r6, d5"
	by	"vld4", 16,	"vld4.8 {d0[1], d1[1], d2[1], d3[1]}, [r0]; vmov r3, r4, d0; vmov r5, r6, d3"
	by	"ldrt", 4,	"ldrt r3, [r0]"
	by	"ldrbt", 1,	"mov r7, r0; ldrbt r3, [r7]; add r0, r0, #0"
#ifndef CASE_early
	to_thumb
	by	"t ldr", 4,	"ldr r3, [r0]"
	by	"t ldr.w", 4,	"ldr.w r3, [r0, r4, lsl #2]"
	by	"t ldr neg", 4,	"ldr.w r3, [r0, #-4]"
	by	"t ldrh", 2,	"ldrh r3, [r0]"
	by	"t ldrsh", 2,	"ldrsh r3, [r0, r4]"
	by	"t ldrb", 1,	"ldrb r3, [r0]"
	by	"t ldrsb", 1,	"ldrsb.w r3, [r0]"
	by	"t ldm", 0,	"ldm r0!, {r3, r4, r5}; ldr r6, [r0]; adds r0, #4"
	by	"t ldrd", 8,	"ldrd r3, r4, [r0]"
	by	"t ldrex", 4,	"ldrex r3, [r0]"
	by	"t vldr", 8,	"vldr d1, [r0]; vmov r3, r4, d1"
	by	"t it", 4,	"cmp r0, r0; ite eq; ldreq r3, [r0]; ldrne r3, [r0, #4]"
	to_arm
#endif

	// Moved away, and away again from there: the copies have the words, and mean the same.
	mov	r10, #0
	addr	r4, text
	set	r5, COPY
	mov	r7, #2
1:	mov	r0, r4
	mov	r6, r5
	add	r1, r0, #(text_end - text)
2:	ldm	r0!, {r2, r3, r8, r9}
	stm	r6!, {r2, r3, r8, r9}
	cmp	r0, r1
	blo	2b
	mov	r8, r5
	coherent r8, r6
	blx	r5
	show	"moved", r10
	mov	r4, r5
	add	r5, r5, #0x3000
	subs	r7, r7, #1
	bne	1b
	sub	r0, r5, #0x3000
	mov	r2, #0
	add	r1, r0, #(text_end - text)
3:	ldr	r3, [r0], #4
	eor	r2, r3, r2, ror #1
	cmp	r0, r1
	blo	3b
	show	"the last", r2
	b	power_off
#endif

#ifdef CASE_data
// A table of jumps, ADR and register offsets, and all kinds of loads of data that look sensitive. r7 is the round.
	.balign	4096
tables:	push	{r4, lr}
	mrs	r0, cpsr
	mov	r4, #0
1:	cmp	r4, #4
	ldrlo	pc, [pc, r4, lsl #2]
	b	9f
	.word	2f, 3f, 4f, 5f
2:	show	"case 0", r4
	b	8f
3:	show	"case 1", r4
	b	8f
4:	ldr	r0, 6f
	show	"literal", r0
	ldrh	r0, 6f
	show	"halfword", r0
	ldrsb	r0, 6f + 7
	show	"byte", r0
	b	8f
5:	ldrd	r0, r1, 6f + 8
	show	"ldrd", r0
	show	"and", r1
	vldr	d0, 6f + 8
	vmov	r0, r1, d0
	show	"vldr", r0
	show	"and", r1
8:	add	r4, r4, #1
	b	1b
9:	mrs	r0, cpsr
	pop	{r4, pc}
	.balign	8
6:	.word	0xe10f0000, 0xe121f001, 0xf10c0080, 0xe4b10000

	.balign	4096
	thumb_code
	.thumb_func
tables_thumb:
	push	{r4, lr}
	mrs	r0, cpsr
	movs	r4, #0
1:	cmp	r4, #3
	bhi	9f
	tbb	[pc, r4]
2:	.byte	(3f - 2b) / 2, (4f - 2b) / 2, (5f - 2b) / 2, (6f - 2b) / 2
3:	ldr	r0, 7f
	show	"t literal", r0
	b	8f
4:	ldrh.w	r0, 7f + 4
	show	"t halfword", r0
	b	8f
5:	ldrd	r0, r1, 7f
	show	"t ldrd", r0
	show	"and", r1
	b	8f
6:	mov	r3, r4
	subs	r3, #3
	tbh	[pc, r3, lsl #1]
2:	.short	(8f - 2b) / 2, (9f - 2b) / 2
8:	adds	r4, #1
	b	1b
9:	mrs	r0, cpsr
	pop	{r4, pc}
	.balign	4
7:	.word	0xf3ef8000, 0x8000f3ef		// MRS, and its halves the other way round
	arm_code

main:	bl	begin
	mov	r7, #3
1:	bl	tables
	subs	r7, r7, #1
	bne	1b
	mov	r7, #3
1:	addr	r0, tables_thumb
	orr	r0, r0, #1
	blx	r0
	subs	r7, r7, #1
	bne	1b
	b	power_off
#endif

#ifdef CASE_around
// Puts a copy of `text` into each even page of PAGES and runs it, so that the ranges have to be merged, and
// the odd pages lie within. r9 is an odd page.
spread:	push	{r4, r5, r6, lr}
	set	r4, PAGES
1:	addr	r0, text
	addr	r1, text_end
	mov	r2, r4
2:	ldr	r3, [r0], #4
	str	r3, [r2], #4
	cmp	r0, r1
	blo	2b
	mov	r5, r4
	mov	r6, r2
	coherent r5, r6
	blx	r4
	add	r4, r4, #0x2000
	set	r0, (PAGES + 0x10000)
	cmp	r4, r0
	blo	1b
	pop	{r4, r5, r6, pc}

main:	bl	begin
	bl	spread
	show	"spread", r10
	set	r9, (PAGES + 0x3000)

	// A counter and flags, by exclusives of each size.
	mov	r6, #5
1:	ldrex	r0, [r9]
	add	r0, r0, #3
	strex	r1, r0, [r9]
	cmp	r1, #0
	bne	1b
	add	r7, r9, #8
2:	ldrexd	r0, r1, [r7]
	add	r0, r0, #1
	sub	r1, r1, #1
	strexd	r2, r0, r1, [r7]
	cmp	r2, #0
	bne	2b
	add	r7, r9, #17
3:	ldrexb	r0, [r7]
	sub	r0, r0, #1
	strexb	r2, r0, [r7]
	cmp	r2, #0
	bne	3b
	add	r7, r9, #20
4:	ldrexh	r0, [r7]
	sub	r0, r0, #2
	strexh	r2, r0, [r7]
	cmp	r2, #0
	bne	4b
	subs	r6, r6, #1
	bne	1b
	to_thumb
	movs	r6, #5
1:	ldrex	r0, [r9]
	adds	r0, #3
	strex	r1, r0, [r9]
	cmp	r1, #0
	bne	1b
	subs	r6, #1
	bne	1b
	to_arm
	ldm	r9, {r0-r5}
	show	"word", r0
	show	"doubleword", r2
	show	"and", r3
	show	"byte", r4
	show	"halfword", r5
	ldrex	r0, [r9]
	clrex
	strex	r1, r0, [r9]
	show	"strex after clrex", r1
	.inst	0xe1091090			// SWP r1, r0, [r9]
	show	"swp", r1

	// In the very page of code that has run.
	sub	r7, r9, #0x1000
	add	r7, r7, #0x800
	mov	r6, #3
1:	ldrex	r0, [r7]
	add	r0, r0, #1
	strex	r1, r0, [r7]
	cmp	r1, #0
	bne	1b
	subs	r6, r6, #1
	bne	1b
	ldr	r0, [r7]
	show	"counter beside code", r0
	sub	r0, r7, #0x800
	blx	r0
	show	"which runs", r10

	// A stack there: exception returns, the user's registers, unprivileged loads.
	add	r0, r9, #0x400
	set	r1, 0x0badcafe
	set	r2, 0x600df00d
	stm	r0, {r1, r2}
	ldm	r0, {r8, lr}^
	nop
	stm	r0, {lr}^
	ldr	r1, [r0]
	show	"user's lr", r1
	addr	r1, 1f
	mov	r2, #(SVC | MASKED)
	stm	r0, {r1, r2}
	rfeia	r0
	b	fatal
1:	mrs	r1, cpsr
	show	"rfe", r1
	ldrt	r1, [r0]
	show	"ldrt", r1
	addr	r1, 2f
	str	r1, [r0]
	ldr	pc, [r0]
	b	fatal
2:	addr	r2, 3f
	stm	r0, {r1, r2}
	msr	spsr_cxsf, #(SVC | PSR_I | PSR_F)
	ldm	r0, {r4, pc}^
	b	fatal
3:	show	"ldm pc", r4

	// A user, of the same and of the code.
	user	reader
	show	"user's sum", r8

	// To the end of memory, where code is as well, and beyond.
	addr	r0, text
	set	r1, END
	add	r2, r1, #128
4:	ldr	r3, [r0], #4
	str	r3, [r1], #4
	cmp	r1, r2
	blo	4b
	set	r0, END
	mov	r1, r2
	coherent r0, r1
	set	r0, END
	blx	r0
	set	r7, (END + 0xff8)
	ldm	r7, {r0-r3}
	show	"after the fault", r10
	ldr	r0, [r7, #6]
	ldrd	r0, r1, [r7, #4]
	vldr	d0, [r7, #4]
	ldm	r7, {r0, r1}
	show	"at the end", r0
	add	r7, r7, #1
	ldm	r7, {r0}
	ldr	r0, [r7]
	show	"unaligned", r0
	ldrex	r0, [r7]
	b	power_off

	.balign	4
reader:	add	r0, r9, #0x400
	ldm	r0, {r1, r2}
	eor	r8, r1, r2, ror #1
	sub	r0, r9, #0x1000
	mov	r3, #32
1:	ldr	r1, [r0], #4
	eor	r8, r1, r8, ror #1
	subs	r3, r3, #1
	bne	1b
	leave_user
#endif
