// SPDX-License-Identifier: MIT
//
// Cache and branch predictor maintenance in all its forms: code is written through the mapping it runs at or
// through another one, cleaned by one operation, the instruction side invalidated by another, and run by the kernel
// and by a user; data are cleaned before the MMU and the caches are turned off and on. By address, by set
// and way as CLIDR and CCSIDR describe them.
#include "test/guest/kernel.inc"

#define CODE 0x50000000	// what runs; written there,
#define SAME 0x40400000	// or here
#define DATA 0x40600000

	.macro	clean_by_va op2, crm
	bic	r0, r6, #63
	mcr	p15, 0, r0, c7, c\crm, \op2
	bx	lr
	.endm

main:
	bl	mmu_flat
	set	r0, CODE
	set	r1, (SAME | SECT | SECT_C_B | SECT_AP(AP_USER))
	bl	map_section
	tlb_all
	mov	r4, #0				// how it is cleaned
1:	mov	r5, #0				// and invalidated
2:	bl	rewrite
	add	r5, r5, #1
	cmp	r5, #9
	blo	2b
	mov	r0, #'\n'
	bl	put_char
	add	r4, r4, #1
	cmp	r4, #6
	blo	1b

	say	"data, caches off and on"
	mov	r4, #0
3:	set	r6, DATA
	add	r6, r6, r4, lsl #6
	add	r7, r4, #0x80
	str	r7, [r6]
	addr	r0, cleans
	ldr	r0, [r0, r4, lsl #2]
	push	{r4}
	blx	r0
	pop	{r4}
	dsb
	mrc	p15, 0, r0, c1, c0, 0
	bic	r1, r0, #0x5			// C and M
	bic	r1, r1, #0x1000			// I
	mcr	p15, 0, r1, c1, c0, 0
	sync
	ldr	r8, [r6]
	add	r1, r8, #1
	str	r1, [r6]
	dsb
	mcr	p15, 0, r0, c1, c0, 0
	sync
	bic	r1, r6, #63
	mcr	p15, 0, r1, c7, c6, 1		// DCIMVAC
	dsb
	ldr	r9, [r6]
	show	"off", r8
	show	"on", r9
	add	r4, r4, #1
	cmp	r4, #6
	blo	3b

	say	"geometry"
	mrc	p15, 1, r4, c0, c0, 1
	show	"CLIDR", r4
	mov	r5, #0
4:	mcr	p15, 2, r5, c0, c0, 0
	isb
	mrc	p15, 1, r0, c0, c0, 0
	show	"CCSIDR", r0
	add	r5, r5, #1
	cmp	r5, #3
	blo	4b
	b	power_off

// Two functions, plain and of a sensitive instruction, are written and run, in turns.
rewrite:
	push	{r4-r11, lr}
	mov	r10, #0
	mov	r9, #0
1:	set	r6, (CODE + 0x100)
	mov	r7, r6
	tst	r9, #1
	beq	2f
	set	r7, (SAME + 0x100)
2:	set	r0, 0xe3a00000			// MOV r0, #
	orr	r0, r0, r9
	orr	r0, r0, r4, lsl #4
	tst	r9, #2
	beq	3f
	set	r0, 0xe10f0000			// MRS r0, CPSR
3:	str	r0, [r7]
	set	r0, 0xe12fff1e			// BX LR
	str	r0, [r7, #4]
	mov	r6, r7
	push	{r4}
	addr	r0, cleans
	ldr	r0, [r0, r4, lsl #2]
	blx	r0
	pop	{r4}
	dsb
	set	r6, (CODE + 0x100)
	bl	invalidate
	sync
	mov	r0, #0
	tst	r9, #4
	bne	4f
	blx	r6
	b	5f
4:	tst	r9, #2				// what a user reads of the PSR's masks is UNKNOWN
	bne	5f
	addr	r0, run_user
	bl	user_call
	addr	r0, result
	ldr	r0, [r0]
5:	add	r10, r0, r10, ror #5
	add	r9, r9, #1
	cmp	r9, #8
	blo	1b
	mov	r1, r10
	string	r0, "ran"
	bl	put_field
	pop	{r4-r11, pc}

run_user:
	blx	r6
	addr	r1, result
	str	r0, [r1]
	leave_user

	.balign	4
cleans:	.word	clean_u, clean_c, clean_ci, clean_sw, clean_isw, clean_both

clean_u:
	clean_by_va 1, 11
clean_c:
	clean_by_va 1, 10
clean_ci:
	clean_by_va 1, 14
clean_both:
	bic	r0, r6, #63
	mcr	p15, 0, r0, c7, c10, 1
	mcr	p15, 0, r0, c7, c11, 1
	// falls through

// All of the data and unified caches, level by level (B2.2.6's example, in other words).
	.macro	by_set_way crm
	mrc	p15, 1, r0, c0, c0, 1		// CLIDR
	mov	r1, #0				// level
1:	add	r2, r1, r1, lsl #1
	lsr	r2, r0, r2
	and	r2, r2, #7
	cmp	r2, #2
	blo	4f				// no data cache here
	lsl	r2, r1, #1
	mcr	p15, 2, r2, c0, c0, 0
	isb
	mrc	p15, 1, r2, c0, c0, 0
	and	r3, r2, #7
	add	r3, r3, #4			// log2 of the line
	ubfx	r4, r2, #3, #10			// ways - 1
	clz	r12, r4
	ubfx	r2, r2, #13, #15		// sets - 1
	cmp	r2, #3				// these will do
	movhi	r2, #3
2:	push	{r4}
3:	lsl	r8, r4, r12
	orr	r8, r8, r1, lsl #1
	lsl	r11, r2, r3
	orr	r8, r8, r11
	mcr	p15, 0, r8, c7, c\crm, 2
	subs	r4, r4, #1
	bpl	3b
	pop	{r4}
	subs	r2, r2, #1
	bpl	2b
4:	add	r1, r1, #1
	cmp	r1, #7
	blo	1b
	bx	lr
	.endm

clean_sw:
	by_set_way 10
clean_isw:
	by_set_way 14

// r5: ICIALLU, ICIALLUIS, ICIMVAU; then BPIALL, BPIALLIS, BPIMVA.
invalidate:
	mov	r0, #0
	bic	r1, r6, #63
	cmp	r5, #3
	mcrlo	p15, 0, r0, c7, c5, 0
	cmp	r5, #6
	bhs	1f
	cmp	r5, #3
	mcrhs	p15, 0, r0, c7, c1, 0
	b	2f
1:	mcr	p15, 0, r1, c7, c5, 1
2:	mov	r2, #3
	udiv	r3, r5, r2
	mls	r3, r3, r2, r5
	dsb
	cmp	r3, #1
	mcrlo	p15, 0, r0, c7, c5, 6
	mcreq	p15, 0, r0, c7, c1, 6
	mcrhi	p15, 0, r6, c7, c5, 7
	bx	lr

	.pushsection .data
	.balign	4096
result:	.space	4096
	.popsection
