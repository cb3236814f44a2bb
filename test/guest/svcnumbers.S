// SPDX-License-Identifier: MIT
//
// A kernel's own SVCs with the numbers of the block policy's hypercalls. Under the page policy,
// which has none of them, they are system calls; under `block` they are what they look like.
// Neither may disturb the monitor. Nor, in the case `thumb`, are they anything else under the page policy where
// branches are looked at since the kernel uses Thumb.
#include "test/guest/kernel.inc"

main:
#ifdef CASE_thumb
	addr	r0, in_thumb + 1
	blx	r0
	mov	r5, #0
	mov	r6, #4
	addr	r3, 1f
2:	svc	#1				// whose return makes the next address a known target
1:	add	r5, r5, #1
	cmp	r5, r6
	blo	2b
	bhi	3f
	addr	r0, unseen - 4			// not so that the scan sees where it leads
	add	r0, r0, #4
	bx	r0
3:	show	"passes", r5
	b	power_off

unseen:
	svc	#0x8f0103			// BX r3?
	b	3b

	.balign	4
	thumb_code
in_thumb:
	cpsid	i
	bx	lr
	.balign	4
	arm_code
#else
	mov	r9, sp
	addr	r0, 1f
	svc	#0x8f0100			// BX r0
1:	addr	r0, 2f
	svc	#0x8f0110			// BLX r0
2:	mov	sp, r9
	addr	r0, 3f
	push	{r0}
	svc	#0x8f8000			// POP {pc}
3:	mov	sp, r9
	svc	#0x8f0000			// its original is in the frame
	svc	#0x8f0300			// a word that the table doesn't have
	svc	#0x8f7fff
	b	power_off
#endif
