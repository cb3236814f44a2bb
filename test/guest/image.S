// SPDX-License-Identifier: MIT
//
// Kernels of each kind that QEMU takes, and where it puts what: each prints the registers it is entered with, what
// is at the beginning of RAM and flash, where the initrd and the device tree may be, and what is left of its
// zeros. It is run twice: what it has spoilt is there again after a reset.
//
// link-elf:   -Wl,-Ttext=0x40010000
// link-high:  -Wl,-Ttext=0x40100000
// link-base:  -Wl,-Ttext=0x40000000
// link-thumb: -Wl,-Ttext=0x40200000 -Wl,-e,first
// link-moved: -Wl,-T,test/guest/image.lds,--no-check-sections
// link-flash: -Wl,-Ttext=0x40200000 -Wl,--section-start=.elsewhere.flash=0x13ff00 -Wl,-e,in_flash
// link-uboot: -Wl,-Ttext=0x40300000
// link-odd:   -Wl,-Ttext=0x40008000
// link-noload: -Wl,-Ttext=0x42000040

#define SEEN 0x40400000	// not 0 in the second run

// Nothing but PC-relative stores, for all registers are to be seen.
	.syntax	unified
	.section .text
	.global	first
#if defined(CASE_thumb)
	.thumb_func
#endif
first:
#if defined(CASE_thumb) || defined(CASE_odd)
	.thumb				// in ARM state these are conditional: nothing
	movs	r7, #0x54
	nop
	bx	pc
	nop
	.arm
#endif
#if defined(CASE_raw)
	cpsid	aif
#endif
	.irp	r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
	str	r\r, saved + 4 * \r
	.endr
	mrs	r0, cpsr
	str	r0, saved + 60
	b	_start
saved:
	.space	64
#include "test/guest/kernel.inc"

#ifdef CASE_flash
	.section .elsewhere.flash, "ax"
	.global	in_flash
in_flash:
	ldr	pc, 1f
1:	.word	first
	.org	0x10
	.word	0xf1a54000
	.org	0x180			// over the end of a block
	.word	0xf1a54f1a
#endif

#ifdef CASE_moved
	.section .elsewhere.moved, "ax"
	.global	moved
moved:
	ldr	pc, 1f
1:	.word	first
#endif

	.section .bss
	.balign	4
zeros:
	.space	0x2000

	.section .text
main:
	push	{r4-r6, lr}
	addr	r4, saved
	mov	r5, #0
1:	mov	r0, r5
	bl	put_digits
	ldr	r1, [r4, r5, lsl #2]
	string	r0, ""
	bl	put_named
	add	r5, r5, #1
	cmp	r5, #16
	blo	1b

	ldr	r5, [r4, #8]
	.irp	at, 0x40000000, 0x40000004, 0x42000000, 0x42000004, 0x42001000, 0x42001004
	set	r4, \at
	show_at	"\at", r4
	.endr
	cmp	r5, #0				// Linux has the device tree where r2 says
	beq	3f
	show_at	"tree", r5
	add	r5, r5, #4
	show_at	"tree", r5
	.irp	at, 0x40000008, 0x4000000c, 0x40000010, 0x40000014, 0x40000018, 0x4000001c
	set	r4, \at
	show_at	"\at", r4
	.endr
3:	.irp	at, 0, 4, 0x13ff10, 0x140080, 0x140084, 0x43fffff4, 0x43fffff8, 0x43fffffc
	set	r4, \at
	show_at	"\at", r4
	.endr
	ldr	r6, =zeros
	show_at	"zeros", r6
	movw	r4, #0x1ffc
	add	r4, r4, r6
	show_at	"zeros", r4
	str	r4, [r4]
	str	r4, [r6]

	set	r4, SEEN
	ldr	r5, [r4]
	cmp	r5, #0
	bne	2f
	str	r4, [r4]
	say	"again"
	set	r5, RAM				// spoils what starts it, or the device tree
	str	r4, [r5]
	ldr	r5, =spoilt
	str	r4, [r5]
	set	r0, 0x84000009			// PSCI SYSTEM_RESET
	hvc	#0
2:	ldr	r5, =spoilt
	show_at	"data", r5
	pop	{r4-r6, pc}
	.ltorg
	.section .rodata
	.balign	4
spoilt:
	.word	0x600dda7a
