// SPDX-License-Identifier: MIT
//
// Words that a translator would replace are stored beside code, by each kind of store, and read back at once and after
// they were made executable: they are what was stored. Then they are run. In A32 and, in the case `thumb`, in a
// page that has both states.
#include "test/guest/kernel.inc"

	.macro	readback name, value, store
	set	r0, \value
	\store
	ldr	r1, [r4]
	show	"\name \value", r1
	.endm

	.macro	all_stores value
	readback "str", \value, "str r0, [r4]"
	readback "zero", 0, "str r0, [r4]"
	readback "strh", \value, "strh r0, [r4]; lsr r0, r0, #16; strh r0, [r4, #2]"
	readback "zero", 0, "str r0, [r4]"
	readback "strb", \value, "strb r0, [r4]; lsr r0, r0, #8; strb r0, [r4, #1]; lsr r0, r0, #8; strb r0, [r4, #2]; lsr r0, r0, #8; strb r0, [r4, #3]"
	readback "zero", 0, "str r0, [r4]"
	readback "stm", \value, "stm r4, {r0}"
	readback "zero", 0, "str r0, [r4]"
	readback "strd", \value, "ldr r1, [r4, #4]; strd r0, r1, [r4]"
	readback "zero", 0, "str r0, [r4]"
	readback "strex", \value, "1: ldrex r1, [r4]; strex r2, r0, [r4]; cmp r2, #0; bne 1b"
	readback "strt", \value, "strt r0, [r4]"
	.endm

main:	bl	here
#ifdef CASE_thumb
	bl	there
	bl	here
#endif
	b	power_off

	.balign	4096
here:	push	{r4, lr}
	addr	r4, slot
	.irp	value, 0xe10f0000, 0xf1080080, 0xe14f5000, 0xee1d0f90, 0xef123456, 0x014f5000, 0x8000f3ef, 0xb672b672
	all_stores \value
	.endr
	set	r0, 0xe10f0000			// MRS r0, cpsr
	.inst	0xe1041090			// SWP r1, r0, [r4], deprecated
	.inst	0xe1041090
	show	"swp twice", r1
	set	r0, 0xe12fff1e			// BX lr
	str	r0, [r4, #4]
	mov	r0, r4
	add	r1, r4, #8
	coherent r0, r1
	ldr	r1, [r4]
	show	"coherent", r1
	blx	r4
	and	r0, r0, #0x1f
	show	"run", r0
	mov	r0, #0
	str	r0, [r4]
	pop	{r4, pc}
slot:	.word	0, 0, 0, 0
	.balign	16
#ifdef CASE_thumb
there:	push	{r4, lr}
	addr	r4, slot
	to_thumb
	nop
	.irp	value, 0xe10f0000, 0xf1080080, 0x8000f3ef, 0xb672b672
	all_stores \value
	.endr
	set	r0, 0x8000f3ef			// MRS r0, cpsr
	str	r0, [r4]
	set	r0, 0x47704770			// BX lr
	str	r0, [r4, #4]
	mov	r0, r4
	add	r1, r4, #8
	to_arm
	coherent r0, r1
	to_thumb
	nop
	ldr	r1, [r4]
	show	"coherent", r1
	add	r4, r4, #1
	blx	r4
	and	r0, r0, #0x1f
	show	"run", r0
	sub	r4, r4, #1
	mov	r0, #0
	str	r0, [r4]
	to_arm
	pop	{r4, pc}
#endif
	.balign	4096
