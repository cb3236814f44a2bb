// SPDX-License-Identifier: MIT
//
// The host's virtio devices, over one of which the monitor reports, are not the guest's, whose transports are all empty:
// what is written to them, a reset of the device among it, doesn't get there, for the report arrives.
#include "test/guest/kernel.inc"

main:
	mov	r4, #0
	set	r5, 0x0a000000
	set	r6, 0x0a004000
1:	ldr	r0, [r5, #8]			// DeviceID
	cmp	r0, #0
	addeq	r4, r4, #1
	mov	r0, #0
	str	r0, [r5, #0x70]			// Status
	ldr	r0, [r5, #0x10]			// DeviceFeatures
	cmp	r0, #0
	addeq	r4, r4, #1
	add	r5, r5, #0x200
	cmp	r5, r6
	blo	1b
	show	"empty", r4
	b	power_off
