// SPDX-License-Identifier: MIT
//
// Corners that a review has found wrong once: exception returns and branches with the PC
// as operand, conditions at a page's end, code changed between being reached and
// being run, domains reopened under code, maintenance of a section by another of its
// addresses, and the monitor's window in the way.
#include "test/guest/kernel.inc"

#define VA     0x50000000
#define WINDOW 0xff700000

	.macro	dacr value
	mov	r0, #\value
	mcr	p15, 0, r0, c3, c0, 0
	isb
	.endm

// Runs the word at the end of a page, of which it is the last, with Z set and clear.
	.macro	last_word name
	mov	r6, #0
	msr	cpsr_f, #0x40000000
	bl	\name
	msr	cpsr_f, #0
	bl	\name
	show	"\name", r6
	.endm

main:
	bl	pc_operands
	last_word end_bx
	last_word end_mov
	last_word end_b
	bl	fall_through
	bl	exclusives
	set	r7, WINDOW
	ldr	r0, [r7]
	bl	mmu_flat
	bl	domains
	bl	sections
	bl	window
	b	power_off

pc_operands:
	mrs	r0, cpsr
	msr	spsr_cxsf, r0
	mov	r6, #1
	.inst	0xe1b0f00f			// MOVS pc, pc
	orr	r6, r6, #2
	show	"movs pc, pc", r6
	mov	r6, #1
	.inst	0xe25ff004			// SUBS pc, pc, #4
	orr	r6, r6, #2
	orr	r6, r6, #4
	show	"subs pc, pc", r6
	mov	r6, #1
	setend	le				// under the block policy what follows has been looked at
	.inst	0xe12fff1f			// BX pc
	orr	r6, r6, #2
	show	"bx pc", r6
	mov	r6, #1
	setend	le
	mov	pc, pc
	orr	r6, r6, #2
	show	"mov pc, pc", r6
	bx	lr

// The page after page_end's is reached by falling into it, after its first word has been changed
// when the end has been passed by once.
fall_through:
	push	{r4, lr}
	mov	r6, #0
	msr	cpsr_f, #0x40000000
	bl	end_change			// returns by the branch
	addr	r0, end_change_next
	set	r1, 0xe3866080			// ORR r6, r6, #0x80
	str	r1, [r0]
	mcr	p15, 0, r0, c7, c11, 1
	dsb
	mcr	p15, 0, r0, c7, c5, 1
	mcr	p15, 0, r0, c7, c5, 6
	sync
	msr	cpsr_f, #0
	bl	end_change
	show	"fallen into", r6
	pop	{r4, pc}

// A pair of exclusives of which the load, resp. the store, is the last word of its page.
exclusives:
	push	{r4, lr}
	set	r4, POOL
	mov	r0, #0
	str	r0, [r4]
	msr	cpsr_f, #0x40000000
	bl	end_ldrex
	bl	end_strex
	bl	end_ldrex
	bl	end_strex
	msr	cpsr_f, #0
	bl	end_strexeq
	show_at	"counted", r4
	show	"not stored", r2
	pop	{r4, pc}

// Code in a domain that has been closed and opened again.
domains:
	push	{r4, lr}
	set	r0, POOL
	set	r1, 0xe12fff1e			// BX LR
	str	r1, [r0]
	mcr	p15, 0, r0, c7, c11, 1
	dsb
	mcr	p15, 0, r0, c7, c5, 1
	set	r0, VA
	set	r1, (POOL | SECT | SECT_C_B | SECT_AP(AP_USER) | (1 << 5))
	bl	map_section
	tlb_all
	set	r4, VA
	dacr	5
	blx	r4
	say	"domain open"
	dacr	1
	dacr	5
	blx	r4
	say	"domain open again"
	resume_at 1f
	dacr	1
	blx	r4
1:	say	"domain closed"
	pop	{r4, pc}

// A user's section becomes the kernel's, and is invalidated by another of its addresses.
sections:
	push	{r4, r5, r6, lr}
	set	r0, VA
	set	r1, (POOL | SECT | SECT_C_B | SECT_AP(AP_USER))
	bl	map_section
	tlb_all
	set	r4, (VA + 0x1000)
	ldrt	r0, [r4]
	ldrt	r0, [r4]
	set	r0, VA
	set	r1, (POOL | SECT | SECT_C_B | SECT_AP(AP_KERNEL))
	bl	map_section
	dsb
	set	r0, VA
	mcr	p15, 0, r0, c8, c7, 1
	sync
	ldr	r0, [r4]
	ldrt	r0, [r4]
	say	"section"
	// A page that was invalidated before an unprivileged access, and is again after it.
	set	r5, (POOL + 0x101000)
	str	r5, [r5]
	sub	r5, r5, #0x100000
	str	r5, [r5]
	set	r0, VA
	set	r1, (POOL | SECT | SECT_C_B | SECT_AP(AP_USER))
	bl	map_section
	dsb
	mcr	p15, 0, r4, c8, c7, 1
	sync
	ldrt	r0, [r4]
	show	"first", r0
	set	r0, VA
	set	r1, ((POOL + 0x100000) | SECT | SECT_C_B | SECT_AP(AP_USER))
	bl	map_section
	dsb
	mcr	p15, 0, r4, c8, c7, 1
	sync
	show_at	"second", r4
	pop	{r4, r5, r6, pc}

// Each section that is free is mapped, read and unmapped, twice over, so that the window
// has no place of its own anywhere.
window:
	push	{r4, r5, r6, r7, r8, lr}
	mov	r6, #0
	mov	r8, #2
1:	set	r4, 0xfff00000
2:	set	r5, TABLE_0
	add	r5, r5, r4, lsr #18
	ldr	r7, [r5]
	cmp	r7, #0
	bne	3f
	mov	r0, r4
	set	r1, (POOL | SECT | SECT_C_B | SECT_AP(AP_USER))
	bl	map_section
	dsb
	ldr	r0, [r4]
	add	r6, r6, #1
	mov	r1, #0
	str	r1, [r5]
	dsb
	mcr	p15, 0, r4, c8, c7, 1
	sync
3:	subs	r4, r4, #0x100000
	bhs	2b
	subs	r8, r8, #1
	bne	1b
	show	"sections", r6
	pop	{r4, r5, r6, r7, r8, pc}

	.balign	4096
	.org	. - 8 + 4096
end_bx:
	add	r6, r6, #0x100
	bxeq	lr
	add	r6, r6, #1
	bx	lr

	.balign	4096
	.org	. - 8 + 4096
end_mov:
	add	r6, r6, #0x100
	moveq	pc, lr
	add	r6, r6, #1
	bx	lr

	.balign	4096
	.org	. - 8 + 4096
end_b:
	add	r6, r6, #0x100
	beq	1f
	add	r6, r6, #1
1:	bx	lr

	.balign	4096
1:	bx	lr
	.org	. - 8 + 4096 - 4
end_change:
	nop
	beq	1b
end_change_next:
	orr	r6, r6, #1
	bx	lr

	.balign	4096
	.org	. - 8 + 4096
end_ldrex:
	mov	r0, #0
	ldrex	r0, [r4]
	add	r0, r0, #1
	strex	r2, r0, [r4]
	teq	r2, #0
	bne	end_ldrex
	bx	lr

	.balign	4096
	.org	. - 12 + 4096
end_strex:
	ldrex	r0, [r4]
	add	r0, r0, #0x100
	strex	r2, r0, [r4]
	teq	r2, #0
	bne	end_strex
	bx	lr

	.balign	4096
	.org	. - 12 + 4096
end_strexeq:
	ldrex	r0, [r4]
	mov	r2, #3
	strexeq	r2, r0, [r4]
	bx	lr
