// SPDX-License-Identifier: MIT
//
// The host's virtio devices, over one of which the monitor reports, are not the guest's: all
// transports, where QEMU's machine has them, are nothing but external aborts.
#include "test/guest/kernel.inc"
#include "test/guest/probe.inc"

main:
	push	{lr}
	probe_on
	mov	r4, #0
	set	r7, 0x0a000000
1:	bl	probe_read			// the device's type
	cmp	r0, #8				// DFSR: synchronous external abort
	addeq	r4, r4, #1
	bl	probe_write
	cmp	r0, #0
	addne	r4, r4, #1
	add	r7, r7, #0x200
	set	r0, 0x0a004000
	cmp	r7, r0
	bne	1b
	show	"aborts", r4
	pop	{pc}
