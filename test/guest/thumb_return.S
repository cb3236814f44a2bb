// SPDX-License-Identifier: MIT
//
// The kernel's first Thumb code is returned to by an exception return, and lies in a page that is executed already:
// behind A32 code, and so that it looks like more of it to who hasn't come there.
#include "test/guest/kernel.inc"

main:
	push	{r10, lr}
	bl	both
	show	"A32", r0
	mode	SVC
	set	r1, (SVC | PSR_I | PSR_F | PSR_T)
	msr	spsr_cxsf, r1
	addr	r0, in_thumb
	addr	lr, 1f
	movs	pc, r0
1:	show	"Thumb", r0
	pop	{r10, pc}

	.balign	4096
both:	mrs	r0, cpsr
	bxeq	lr
	bxne	lr
	b	both
in_thumb:
	.word	0x8000f3ef			// MRS r0, CPSR
	.word	0xe7fe4770			// BX LR; B .
	.word	0xe7fe46c0
	.word	0xe7fe46c0
	.balign	4096
