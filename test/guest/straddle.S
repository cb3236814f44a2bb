// SPDX-License-Identifier: MIT
//
// The machine's first VFP instruction is a user's, in T32, and straddles two pages whose
// frames aren't neighbours.
#include "test/guest/kernel.inc"

#define FIRST  (POOL + 0x20000)
#define SECOND (POOL + 0x25000)

main:
	bl	mmu_flat
	set	r0, 0x50000000
	mov	r1, #0
	bl	map_table
	set	r0, 0x50000000
	set	r1, (FIRST + 0x32)
	bl	map_page
	set	r0, 0x50001000
	set	r1, (SECOND + 0x32)
	bl	map_page
	tlb_all
	set	r0, (FIRST + 0xffe)
	movw	r1, #0xee00			// VMOV s0, r0
	strh	r1, [r0]
	set	r0, SECOND
	movw	r1, #0x0a10
	strh	r1, [r0]
	movw	r1, #0x4770			// BX lr
	strh	r1, [r0, #2]
	dsb
	mov	r0, #0
	mcr	p15, 0, r0, c7, c5, 0		// ICIALLU
	sync
	set	r0, 0x00f00000			// CPACR: cp10 and cp11 in full
	mcr	p15, 0, r0, c1, c0, 2
	isb
	set	r0, 0x40000000
	vmsr	fpexc, r0
	user	first
	vmov	r1, s0
	show	"s0", r1
	b	power_off

first:	set	r0, 0x12345678
	set	r4, 0x50000fff
	blx	r4
	leave_user
