// SPDX-License-Identifier: MIT
//
// Debuggers' calls by a guest, kernel and user, are its own exceptions: there is no
// semihosting, neither for it nor for the monitor.
#include "test/guest/kernel.inc"

main:
	set	r0, 0x18			// SYS_EXIT
	set	r1, 0x20026
	svc	#0x123456
	set	r0, 0x18
	user	in_user
	user	in_thumb
	b	power_off
in_user:
	set	r0, 0x18
	set	r1, 0x20026
	svc	#0x123456
	leave_user
	.balign	4
	.thumb
	.thumb_func
in_thumb:
	movs	r0, #0x18
	movs	r1, #0x20
	lsls	r1, r1, #12
	adds	r1, #0x26
	svc	#0xab
	nop
	bx	pc
	nop
	.arm
	leave_user
