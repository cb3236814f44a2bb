// SPDX-License-Identifier: MIT
//
// LDM and STM of user registers in the four orders, from each mode that has an SPSR,
// and SRS in the four orders for each pair of modes.
#include "test/guest/kernel.inc"

// The words around POOL + 64 are printed and cleared.
	.macro	dump_pool
	push	{r0-r4, r12, lr}
	bl	put_pool
	pop	{r0-r4, r12, lr}
	.endm

	.macro	set_user
	mode	SYS
	set	sp, 0x51510000
	set	lr, 0xe1e10000
	mov	r8, #0x81
	mov	r9, #0x91
	mov	r10, #0xa1
	mov	r11, #0xb1
	mov	r12, #0xc1
	.endm

	.macro	load_user how, m
	say	"ldm\how from \m"
	mode	\m
	set	r0, (POOL + 64)
	mov	r1, #0
1:	add	r2, r1, #0x100
	rsb	r3, r1, #0
	str	r2, [r0, r1, lsl #2]
	str	r2, [r0, r3, lsl #2]
	add	r1, r1, #1
	cmp	r1, #16
	bne	1b
	ldm\how	r0, {sp, lr}^
	nop
	state	"own"
	mov	r0, sp
	mode	SYS
	mov	r1, sp
	mov	r2, lr
	mode	\m
	show	"sp_usr", r1
	show	"lr_usr", r2
	set	r0, (POOL + 64)
	ldm\how	r0, {r1, r8-r12, lr}^
	nop
	mode	SYS
	mov	r4, sp
	mov	r5, lr
	mode	\m
	state	"own all"
	show	"sp_usr", r4
	show	"lr_usr", r5
	mode	SYS
	mov	r1, r8
	mov	r2, r12
	mode	\m
	show	"r8_usr", r1
	show	"r12_usr", r2
	.endm

	.macro	store_user how, m
	say	"stm\how from \m"
	set_user
	mode	\m
	set	r0, (POOL + 64)
	mov	r1, #0x11
	mov	r7, #0x77
	stm\how	r0, {r1, r7-r12, sp, lr}^
	nop
	dump_pool
	stm\how	r0, {sp}^
	nop
	dump_pool
	stm\how	r0, {r0-r12, sp, lr}^
	nop
	dump_pool
	.endm

main:
#ifdef CASE_srs
	b	store_return_state
#endif
	.irp	m, SVC, IRQ, ABT, UND, FIQ
	.irp	how, ia, ib, da, db
	load_user \how, \m
	.endr
	.endr
	.irp	m, SVC, IRQ, ABT, UND, FIQ
	.irp	how, ia, ib, da, db
	store_user \how, \m
	.endr
	.endr

	// As Linux saves and restores: with write-back done apart, from a frame on the stack.
	set_user
	mode	SVC
	sub	sp, sp, #72
	mov	r0, #1
	mov	r1, #2
	stmia	sp, {r0-r12}
	add	r8, sp, #60
	stmdb	r8, {sp, lr}^
	mrs	r6, spsr
	str	r6, [sp, #64]
	ldr	r1, [sp, #52]
	ldr	r2, [sp, #56]
	show	"frame sp", r1
	show	"frame lr", r2
	mov	r0, sp
	add	sp, sp, #72
	b	power_off

store_return_state:
	.irp	m, SVC, IRQ, ABT, UND, FIQ
	.irp	to, SVC, IRQ, ABT, UND, FIQ, SYS
	.irp	how, ia, ib, da, db
	mode	\to
	mov	r5, sp
	set	sp, (POOL + 64)
	mode	\m
	mov	r6, lr
	set	lr, (0xe0000000 + (\m << 8) + \to)
	set	r1, (0x90000010 + (\m << 16))
	msr	spsr_cxsf, r1
	srs\how	sp, #\to
	mode	\to
	mov	r4, sp
	set	sp, (POOL + 64)
	mode	\m
	srs\how	sp!, #\to
	mode	\to
	mov	r7, sp
	mov	sp, r5
	mode	\m
	mov	lr, r6
	mode	SVC
	say	"srs\how \m to \to"
	show	"sp", r4
	show	"sp!", r7
	dump_pool
	.endr
	.endr
	.endr
	b	power_off

put_pool:
	push	{r4, lr}
	set	r4, POOL
1:	ldr	r1, [r4]
	sub	r0, r4, #(POOL & 0xff000000)
	cmp	r1, #0
	beq	2f
	ubfx	r0, r4, #0, #12
	bl	put_hex
	ldr	r1, [r4]
	string	r0, ""
	bl	put_named
	mov	r1, #0
	str	r1, [r4]
2:	add	r4, r4, #4
	tst	r4, #0x80
	beq	1b
	pop	{r4, pc}
