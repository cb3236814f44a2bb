// SPDX-License-Identifier: MIT
//
// A kernel that patches its own code, as jump labels, ftrace and kprobes do, with the
// cache maintenance that the architecture asks for; and data that shares pages with code. What
// is executable at an address isn't read there: sensitive words are seen replaced (docs/caveats.md).
#include "test/guest/kernel.inc"

// Writes the word r1 at the label and makes it executable; spoils r0, r2.
	.macro	patch label, word
	addr	r0, \label
	set	r1, \word
	bl	poke
	.endm

main:
	bl	rounds
	bl	mmu_flat
	bl	rounds
	b	power_off

poke:
	str	r1, [r0]
	mcr	p15, 0, r0, c7, c11, 1
	dsb
	mcr	p15, 0, r0, c7, c5, 1
	mcr	p15, 0, r0, c7, c5, 6
	sync
	bx	lr

rounds:
	push	{r4-r11, lr}
	// A NOP becomes a branch, a sensitive word, an undefined one, another one, and back.
	.irp	word, 0xe320f000, 0xea000001, 0xe10f5000, 0xe14f5000, 0xe10f6000, 0xe3a05007, 0xe7f000f0, 0xee115f10, 0xe321f0d1, 0xe320f000, 0xf10c0080, 0xe10f5000
	patch	site, \word
	mov	r5, #0
	mov	r6, #0
	bl	site_function
	mrs	r7, cpsr
	msr	cpsr_c, #(SVC | PSR_I | PSR_F)
	show	"site \word", r5
	show	"r6", r6
	show	"cpsr", r7
	.endr
	patch	site, 0xe320f000

	// The same word a thousand times, run each time.
	mov	r8, #1000
	mov	r9, #0
1:	addr	r0, site
	set	r1, 0xe3a05000			// MOV r5, #n
	and	r2, r8, #0xff
	orr	r1, r1, r2
	bl	poke
	bl	site_function
	add	r9, r9, r5
	addr	r0, site
	set	r1, 0xe10f5000			// MRS r5, CPSR
	bl	poke
	bl	site_function
	and	r5, r5, #0x1f
	add	r9, r9, r5
	subs	r8, r8, #1
	bne	1b
	show	"thousand", r9

	// Data in a page of code: words, halves and bytes, read back as they are written.
	mov	r8, #1000
	mov	r9, #0
2:	addr	r4, mixed_data
	str	r8, [r4]
	strh	r8, [r4, #6]
	strb	r8, [r4, #9]
	strd	r8, r9, [r4, #16]
	bl	mixed_code
	add	r9, r9, r0
	ldmia	r4, {r0-r3}
	eor	r9, r9, r0
	eor	r9, r9, r1, ror #3
	eor	r9, r9, r2, ror #5
	ldr	r0, [r4, #16]
	eor	r9, r9, r0
	stmia	r4!, {r0-r3}
	ldrex	r0, [r4]
	add	r0, r0, #1
	strex	r1, r0, [r4]
	add	r9, r9, r1
	add	r9, r9, r0
	subs	r8, r8, #1
	bne	2b
	show	"mixed", r9

	// A word written next to the one that runs, in the very same loop.
	mov	r8, #300
	mov	r9, #0
3:	adr	r4, 4f
	str	r8, [r4]
	mrs	r0, cpsr
	and	r0, r0, #0x1f
	add	r9, r9, r0
	ldr	r1, 4f
	add	r9, r9, r1
	subs	r8, r8, #1
	bne	3b
	b	5f
4:	.word	0
5:	show	"near", r9

	// Patched through another mapping, if there is one.
	mrc	p15, 0, r0, c1, c0, 0
	tst	r0, #1
	beq	6f
	set	r0, 0x50000000
	set	r1, (RAM | SECT | SECT_C_B | SECT_AP(AP_USER))
	bl	map_section
	tlb_all
	addr	r0, site
	add	r0, r0, #0x10000000
	set	r1, 0xe3a05055
	bl	poke
	addr	r0, site
	mcr	p15, 0, r0, c7, c5, 1
	sync
	bl	site_function
	show	"by alias", r5
	set	r1, 0xe10f5000
	addr	r0, site
	bl	poke
	bl	site_function
	show	"and then", r5
	addr	r0, site
	add	r0, r0, #0x10000000
	ldr	r0, [r0]
	show	"alias reads", r0
	set	r0, 0x50000000
	mov	r1, #0
	bl	map_section
	tlb_all
6:	pop	{r4-r11, pc}

	.balign	4096
site_function:
	mov	r4, lr
site:
	.inst	0xe320f000
	add	r6, r6, #1
	add	r6, r6, #2
	add	r6, r6, #4
	mrs	r11, cpsr
	bx	r4

	.balign	4096
mixed_code:
	mrs	r0, cpsr
	and	r0, r0, #0x1f
	bx	lr
mixed_data:
	.space	64
mixed_more:
	mrs	r0, cpsr
	bx	lr
