// SPDX-License-Identifier: MIT
//
// A VM whose host's RAM is full of something else when it starts: the guest sees none of it, and the monitor
// isn't misled by it.
#include "test/guest/kernel.inc"
#include "test/guest/probe.inc"

#define DTB 0x42000000	// with an initrd of nothing, half-way up
#define END 0x44000000	// of 64 MiB

// Prints how many groups of four words of [from, to) aren't zero.
	.macro	count name, from, to
	set	r0, \from
	set	r1, \to
	bl	not_zero
	show	"\name", r2
	.endm

main:	count	"below the tree", TABLE_0, DTB
	count	"above it", DTB + 0x10000, END
	bl	mmu_flat
	probe_on
	set	r0, 0x51000000
	mov	r1, #0
	bl	map_table
	set	r0, 0x51003000
	set	r1, ((POOL + 0x8000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER))
	bl	map_page
	tlb_all
	set	r0, (POOL + 0x8000)
	set	r1, 0xe12fff1e			// BX LR
	str	r1, [r0]
	add	r1, r0, #64
	coherent r0, r1
	.irp	va, 0x51002000, 0x51003000, 0x51004000, 0x51103000, RAM - 0x1000, END
	probe	"\va", \va
	.endr
	b	power_off

not_zero:
	push	{r4-r7, lr}
	mov	r2, #0
1:	ldm	r0!, {r3, r4, r5, r6}
	orr	r7, r3, r4
	orr	r7, r7, r5
	orrs	r7, r7, r6
	addne	r2, r2, #1
	cmp	r0, r1
	blo	1b
	pop	{r4-r7, pc}
