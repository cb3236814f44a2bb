// SPDX-License-Identifier: MIT
//
// For test/guest/escape.sh: sensitive instructions that are reached by a computed jump only, in
// places where the page policy can't take them for code (bt/scan/scan.h, docs/caveats.md), and the same made
// patchable. They are silent, so that nothing but an instruction counter would know.
// left: conditional, and not self-contained. patched: unconditional. thumb: of words that have run in A32 state.
// thumb_patched: of some that have not.
// Runs at 0xc0010000, where the monitor has nothing of its own.

#include "test/guest/kernel.inc"

#define HIGH 0xc0000000

main:
	push	{lr}
	bl	mmu_flat
	set	r0, HIGH
	set	r1, (RAM | SECT | SECT_C_B | SECT_AP(AP_USER))
	bl	map_section
	tlb_all
	addr	r0, high
	add	r0, r0, #(HIGH - RAM)
	mov	r3, #0
	blx	r0
	show	"read", r3
	pop	{pc}

	.balign	4096
high:
	push	{r4, lr}
	addr	r0, hidden
	add	r0, r0, #(HIGH - RAM)
	addr	r1, datum
	mov	r2, #0
	cmp	r2, #0
#if defined(CASE_left) || defined(CASE_patched)
	blx	r0
	pop	{r4, pc}
	b	.
hidden:
#ifdef CASE_left
	ldrteq	r3, [r1], r2, lsl #2
#else
	ldrt	r3, [r1], r2, lsl #2
#endif
	bx	lr
#elif defined(CASE_thumb)
	blx	r0
	add	r0, r0, #1
	blx	r0
	pop	{r4, pc}
hidden:
	.short	0xf851, 0x3e00			// LDRT r3, [r1]; as a word MCRLO, and C is set
	.short	0x4770, 0x3e00			// BX lr; likewise
	bx	lr
#else
	addr	r4, first
	add	r4, r4, #(HIGH - RAM)
	blx	r4
	pop	{r4, pc}

	.balign	4096
	.thumb
	.thumb_func
first:
	push	{r4, lr}
	blx	r0
	pop	{r4, pc}
	.thumb_func
hidden:
	ldrt	r3, [r1, #0]
	bx	lr
	.rept	16
	movs	r0, #1
	.endr
	.arm
#endif
	.balign	4096
datum:	.word	0x600dda7a
