// SPDX-License-Identifier: MIT
//
// A kernel's own SVCs with the numbers of the block policy's hypercalls. Under the page policy,
// which has none of them, they are system calls; under `block` they are what they look like.
// Neither may disturb the monitor.
#include "test/guest/kernel.inc"

main:
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
