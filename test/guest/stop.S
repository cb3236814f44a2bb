// SPDX-License-Identifier: MIT
//
// Guests that can't go on: each case must end in one line that says why, and with its own
// exit status; and reset, which must begin again, with the image as it was and the rest of memory kept.
#include "test/guest/kernel.inc"

main:
#if defined(CASE_wfi)
	// Every interrupt disabled.
	wfi
#elif defined(CASE_never)
	// It goes on for ever, without an exit or an interrupt.
	say	"for ever\n"
	b	.
#elif defined(CASE_masked)
	// A timer whose interrupt the distributor never forwards.
	cpsid	if
	mov	r0, #1
	mcr	p15, 0, r0, c14, c3, 1
	wfi
	wfi
#elif defined(CASE_nowhere)
	// The vectors are nowhere either.
	set	r0, 0x30000000
	mcr	p15, 0, r0, c12, c0, 0
	isb
	bx	r0
#elif defined(CASE_vector)
	// The undefined vector is undefined itself.
	set	r0, POOL
	set	r1, 0xe7f000f0
	str	r1, [r0, #4]
	mcr	p15, 0, r0, c12, c0, 0
	isb
	udf	#0
#elif defined(CASE_mode)
	// A mode that there is none of.
	set	r0, 0xd4
	msr	cpsr_c, r0
#elif defined(CASE_reset) || defined(CASE_once)
	// The counter alone goes on over a reset: late is the second time.
	addr	r4, word
	ldr	r5, [r4]
	set	r7, 0x43ff0000
	ldr	r6, [r7]
	add	r0, r5, r6
	mrrc	p15, 1, r2, r3, c14
	set	r8, 200000000
	cmp	r2, r8
	bhs	1f
	show	"first", r0
	add	r5, r5, #1
	str	r5, [r4]
	str	r5, [r7]
2:	mrrc	p15, 1, r2, r3, c14
	cmp	r2, r8
	blo	2b
	bl	mmu_flat			// not as it was at the entry
	mrc	p15, 0, r0, c1, c0, 0
	orr	r0, r0, #2			// SCTLR.A
	mcr	p15, 0, r0, c1, c0, 0
	cpsie	if, #SYS
	set	r0, 0x84000009			// PSCI SYSTEM_RESET
	hvc	#0
1:	show	"second", r0
	b	power_off
	.pushsection .data
	.balign 4
word:	.word	0x600d
	.popsection
#endif
	say	"went on"
	b	power_off
