// SPDX-License-Identifier: MIT
//
// CP15 and CP14: identification registers, what registers keep of what is written, accesses
// that are UNDEFINED, from the kernel and from USR. What the VM hides (the Security and
// Virtualization Extensions, the PMU) is masked out of the identification here.
#include "test/guest/kernel.inc"

	.macro	id name, opc1, crn, crm, opc2, hidden=0
	mrc	p15, \opc1, r0, c\crn, c\crm, \opc2
	.if	\hidden
	set	r1, \hidden
	bic	r0, r0, r1
	.endif
	show	"\name", r0
	.endm

// Writes ones and two patterns, masked, and reads back; leaves it as it was.
	.macro	keeps name, opc1, crn, crm, opc2, mask=0xffffffff
	mrc	p15, \opc1, r4, c\crn, c\crm, \opc2
	set	r5, \mask
	.irp	v, 0xffffffff, 0x5aa5c33c, 0x12345678, 0
	set	r0, \v
	and	r0, r0, r5
	mcr	p15, \opc1, r0, c\crn, c\crm, \opc2
	isb
	mrc	p15, \opc1, r1, c\crn, c\crm, \opc2
	show	"\name \v", r1
	.endr
	mcr	p15, \opc1, r4, c\crn, c\crm, \opc2
	isb
	.endm

main:
	id	MIDR, 0, 0, 0, 0
	id	CTR, 0, 0, 0, 1
	id	TCMTR, 0, 0, 0, 2
	id	TLBTR, 0, 0, 0, 3
	id	MPIDR, 0, 0, 0, 5
	id	REVIDR, 0, 0, 0, 6
	id	ID_PFR0, 0, 0, 1, 0
	id	ID_PFR1, 0, 0, 1, 1, 0xf0f0
	id	ID_DFR0, 0, 0, 1, 2, 0x0f000000
	id	ID_AFR0, 0, 0, 1, 3
	id	ID_MMFR0, 0, 0, 1, 4
	id	ID_MMFR1, 0, 0, 1, 5
	id	ID_MMFR2, 0, 0, 1, 6
	id	ID_MMFR3, 0, 0, 1, 7
	id	ID_ISAR0, 0, 0, 2, 0
	id	ID_ISAR1, 0, 0, 2, 1
	id	ID_ISAR2, 0, 0, 2, 2
	id	ID_ISAR3, 0, 0, 2, 3
	id	ID_ISAR4, 0, 0, 2, 4
	id	ID_ISAR5, 0, 0, 2, 5
	id	reserved, 0, 0, 3, 0
	id	reserved, 0, 0, 7, 7
	id	CLIDR, 1, 0, 0, 1
	id	AIDR, 1, 0, 0, 7
	.irp	n, 0, 1, 2
	mov	r0, #\n
	mcr	p15, 2, r0, c0, c0, 0
	isb
	id	CSSELR, 2, 0, 0, 0
	id	CCSIDR, 1, 0, 0, 0
	.endr
	id	SCTLR, 0, 1, 0, 0
	id	CPACR, 0, 1, 0, 2
	id	CNTFRQ, 0, 14, 0, 0
	mrc	p14, 0, r0, c0, c0, 0
	show	"DBGDIDR", r0

	keeps	TTBR0, 0, 2, 0, 0
	keeps	TTBR1, 0, 2, 0, 1
	keeps	TTBCR, 0, 2, 0, 2, 7
	keeps	DACR, 0, 3, 0, 0
	keeps	DFSR, 0, 5, 0, 0
	keeps	IFSR, 0, 5, 0, 1
	keeps	DFAR, 0, 6, 0, 0
	keeps	IFAR, 0, 6, 0, 2
	keeps	PRRR, 0, 10, 2, 0
	keeps	NMRR, 0, 10, 2, 1
	keeps	CONTEXTIDR, 0, 13, 0, 1
	keeps	TPIDRURW, 0, 13, 0, 2
	keeps	TPIDRURO, 0, 13, 0, 3
	keeps	TPIDRPRW, 0, 13, 0, 4
	keeps	VBAR, 0, 12, 0, 0, 0xffffffe0
	keeps	CPACR, 0, 1, 0, 2, 0x00f00000
	keeps	CNTKCTL, 0, 14, 1, 0, 0x3ff
	keeps	CSSELR, 2, 0, 0, 0, 1

	// Every register to and from the coprocessor, conditions, APSR.
	set	r0, 0x77770000
	mcr	p15, 0, r0, c13, c0, 4
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14
	mov	r\n, #\n
	mrc	p15, 0, r\n, c13, c0, 4
	add	r\n, r\n, #1
	mcr	p15, 0, r\n, c13, c0, 4
	.endr
	state	"all registers"
	msr	cpsr_f, #0x40000000
	mov	r0, #0
	mrcne	p15, 0, r0, c13, c0, 4
	mrceq	p15, 0, r1, c13, c0, 4
	mcrne	p15, 0, r0, c13, c0, 4
	show	"ne", r0
	show	"eq", r1

	// Operations that leave nothing behind.
	mov	r0, #0
	mcr	p15, 0, r0, c7, c5, 0
	mcr	p15, 0, r0, c7, c5, 4
	mcr	p15, 0, r0, c7, c5, 6
	mcr	p15, 0, r0, c7, c10, 4
	mcr	p15, 0, r0, c7, c10, 5
	mcr	p15, 0, r0, c7, c1, 0
	mcr	p15, 0, r0, c7, c1, 6
	mcr	p15, 0, r0, c8, c5, 0
	mcr	p15, 0, r0, c8, c6, 0
	mcr	p15, 0, r0, c8, c7, 0
	mcr	p15, 0, r0, c8, c3, 0
	set	r0, POOL
	mcr	p15, 0, r0, c7, c10, 1
	mcr	p15, 0, r0, c7, c11, 1
	mcr	p15, 0, r0, c7, c14, 1
	mcr	p15, 0, r0, c7, c5, 1
	mcr	p15, 0, r0, c7, c5, 7
	mov	r0, #0
	mcr	p15, 0, r0, c7, c6, 2
	mcr	p15, 0, r0, c7, c10, 2
	mcr	p15, 0, r0, c7, c14, 2
	say	"operations"

	// UNDEFINED: writes to what is read only, reads of what is written only, holes.
	mcr	p15, 0, r0, c0, c0, 0
	mrc	p15, 0, r0, c8, c7, 0
	mrc	p15, 0, r0, c4, c0, 0
	mrc	p15, 3, r0, c2, c3, 1
	mcr	p15, 5, r0, c6, c0, 0
	mrc	p15, 0, r0, c11, c9, 7
	mcr	p15, 7, r0, c13, c0, 0
	mrc	p15, 0, r0, c14, c0, 7
	mrrc	p15, 5, r0, r1, c14
	mrrc	p15, 0, r0, r1, c3
	say	"holes"
	user	in_user
	b	power_off

in_user:
	mrc	p15, 0, r0, c0, c0, 0
	mrc	p15, 0, r0, c1, c0, 0
	mcr	p15, 0, r0, c2, c0, 0
	mcr	p15, 0, r0, c3, c0, 0
	mrc	p15, 0, r0, c5, c0, 0
	mrc	p15, 0, r0, c6, c0, 0
	mcr	p15, 0, r0, c7, c5, 0
	mcr	p15, 0, r0, c7, c10, 1
	mcr	p15, 0, r0, c8, c7, 0
	mrc	p15, 0, r0, c10, c2, 0
	mrc	p15, 0, r0, c12, c0, 0
	mrc	p15, 0, r0, c13, c0, 1
	mcr	p15, 0, r0, c13, c0, 3
	mrc	p15, 0, r0, c14, c1, 0
	mrc	p15, 0, r0, c14, c3, 1
	mrrc	p15, 1, r0, r1, c14
	mrc	p15, 0, r0, c14, c0, 0
	leave_user
