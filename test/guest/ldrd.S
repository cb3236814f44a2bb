// SPDX-License-Identifier: MIT
//
// LDRD whose first register is its base, over the beginning of a page that isn't mapped yet where there is a
// monitor: the base must have its old value when the instruction is executed again. On RAM, on a device, of
// kernel and user, in both states.
#include "test/guest/kernel.inc"

	.equ	AT, POOL + 0xffc

// Pages of POOL: RAM, RAM, a device.
	.macro	all
	set	r2, AT
	tlb_all
	ldrd	r2, r3, [r2]
	show	"no offset", r2
	show	"  and", r3
	set	r2, (AT - 8)
	tlb_all
	ldrd	r2, r3, [r2, #8]
	show	"offset", r2
	tlb_all
	set	r2, (AT + 8)
	ldrd	r2, r3, [r2, #-8]
	show	"negative", r2
	set	r2, (AT + 0x1000)
	tlb_all
	ldrd	r2, r3, [r2]
	show	"device", r2
	show	"  and", r3
	.endm

main:
	bl	mmu_flat
	set	r0, POOL
	mov	r1, #0
	bl	map_table
	.irp	n, 0, 1
	set	r0, (POOL + (\n << 12))
	set	r1, (POOL + (\n << 12) + PAGE + PAGE_C_B + PAGE_AP(AP_USER))
	bl	map_page
	.endr
	set	r0, (POOL + 0x2000)
	set	r1, (GICD + PAGE + PAGE_XN + PAGE_AP(AP_USER))
	bl	map_page
	tlb_all
	set	r0, POOL
	set	r1, 0x01020304
	mov	r2, #0x2000
1:	str	r1, [r0], #4
	add	r1, r1, #5
	subs	r2, r2, #4
	bne	1b
	all
	set	r4, 8
	set	r2, (AT - 8)
	tlb_all
	ldrd	r2, r3, [r2, r4]
	show	"register", r2
	to_thumb
	all
	to_arm
	user	from_user
	// The second page is nowhere: what becomes of the base is UNKNOWN, the fault's address is not.
	set	r0, (POOL + 0x1000)
	mov	r1, #0
	bl	map_page
	tlb_all
	set	r2, AT
	ldrd	r4, r5, [r2]
	b	power_off

from_user:
	set	r2, AT
	ldrd	r2, r3, [r2]
	show	"user", r2
	set	r2, (AT + 0x1000)
	ldrd	r2, r3, [r2]
	show	"device", r2
	leave_user
