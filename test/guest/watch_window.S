// SPDX-License-Identifier: MIT
//
// With --strict: code at more addresses than there are watchpoints, so that one of their ranges reaches from one end of
// the last 16 MiB to the other, where the monitor's window lies.
#include "test/guest/kernel.inc"

	.macro	alias mib
	set	r1, (RAM | SECT | SECT_C_B | SECT_AP(AP_USER))
	set	r2, (TABLE_0 + (\mib << 2))
	str	r1, [r2]
	.endm

	.macro	runs_and_loads mib
	addr	r4, code
	sub	r4, r4, #RAM
	add	r4, r4, #(\mib << 20)
	blx	r4
	show	"\mib runs", r0
	ldr	r0, [r4]
	show	"\mib loads", r0
	.endm

main:
	push	{r4, lr}
	bl	mmu_flat
	.irp	m, 0x100, 0x200, 0x900, 0xff0, 0xffe
	alias	\m
	.endr
	tlb_all
	.rept	2
	.irp	m, 0x100, 0xff0, 0x900, 0xffe, 0x200
	runs_and_loads \m
	.endr
	.endr
	bl	mmu_off
	pop	{r4, pc}

	.balign	4096
code:	mrs	r0, cpsr
	bx	lr
	.balign	4096
