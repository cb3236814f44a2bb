// SPDX-License-Identifier: MIT
//
// Thumb code where nothing tells that it is code: amid A32 words, in a page that has run in A32 state without need of a
// copy, and is mapped twice. Control gets there through the other mapping, by a trap, and by a branch, after which the
// words must be the same code through both mappings. The case `late` is the last of these alone: what traps there
// is found when it does, which counts as unpatched.
#include "test/guest/kernel.inc"

#define ALIAS 0x51000000	// of the first section of RAM

// An A32 routine, and Thumb code at `other` that looks like A32 data: MRS as a word is STMDA, not AL.
	.macro	page name
	.balign	4096
\name:	mov	r0, #1
	add	r0, r0, #2
	bx	lr
	.rept	12
	mov	r0, r0
	.endr
	bx	lr
	.rept	4
	mov	r0, r0
	.endr
	thumb_code
\name\()_thumb:
	.ifc	\name, third
	mrc	p15, 0, r1, c1, c0, 0
	.endif
	mrs	r0, cpsr
	and	r0, r0, #0x1f
	bx	lr
	.balign	4
	arm_code
	.rept	4
	mov	r0, r0
	.endr
	bx	lr
	.balign	4096
	.endm

	.text
	page	second
	page	third
	page	fourth

	.macro	calls name, target, offset=0
	addr	r4, \target
	set	r3, (\offset)
	add	r4, r4, r3
	blx	r4
	show	"\name", r0
	.endm

main:	bl	mmu_flat
	set	r0, ALIAS
	set	r1, (RAM | SECT | SECT_C_B | SECT_AP(AP_USER))
	bl	map_section
	tlb_all
	to_thumb				// from here on any page may have code of either state
	mrs	r0, cpsr
	nop
	to_arm

#ifdef CASE_late
	calls	"third", third
	calls	"late", third_thumb, 1
	calls	"late", third_thumb, 1
	b	power_off
#else
	say	"by the other mapping, which has not run"
	calls	"a32", second
	calls	"thumb there", second_thumb, ALIAS - RAM + 1
	calls	"thumb", second_thumb, 1
	calls	"a32", second
	calls	"a32 there", second, ALIAS - RAM

	say	"by an exception return"
	calls	"a32", fourth
	calls	"a32 there", fourth, ALIAS - RAM
	.irp	where, 0, ALIAS - RAM
	addr	r4, fourth_thumb
	set	r0, \where
	add	r4, r4, r0
	mov	r0, #(SVC | PSR_T)
	orr	r0, r0, #(PSR_I | PSR_F)
	msr	spsr_cxsf, r0
	addr	r5, 1f
	mov	lr, r5
	b	return
1:	show	"thumb", r0
	.endr
	calls	"thumb", fourth_thumb, 1
	b	power_off

// To r4, by a return from a mode in between, with this mode's LR.
return:
	mrs	r1, spsr
	msr	cpsr_c, #(ABT | PSR_I | PSR_F)
	msr	spsr_cxsf, r1
	movs	pc, r4
#endif
