// SPDX-License-Identifier: MIT
//
// What a reset by PSCI leaves: memory, but for the image; the clock and its alarm, and the UART, which QEMU doesn't
// reset; nothing of the core, of the GIC, of the GPIO. Twice, for the second reset must find what the first left.
#include "test/guest/kernel.inc"

#define RTC   0x09010000
#define GPIO  0x09030000
#define CELL  0x43f00000	// far from the image and what is loaded beside it

	.macro	at name, base, offset
	set	r9, \base
	ldr	r8, [r9, #\offset]
	show	"\name", r8
	.endm

	.macro	put base, offset, value
	set	r9, \base
	set	r0, \value
	str	r0, [r9, #\offset]
	.endm

	.macro	sysreg name, reg:vararg
	mrc	p15, 0, r8, \reg
	show	"\name", r8
	.endm

main:
	set	r4, CELL
	at	"cell", CELL, 0
	at	"boots", CELL, 4
	addr	r5, word
	show_at	"word of the image", r5
	set	r9, RTC
	ldr	r8, [r9]
	lsr	r8, r8, #28			// the seconds differ from run to run
	show	"RTCDR", r8
	at	"RTCMR", RTC, 4
	at	"RTCIMSC", RTC, 0x10
	at	"RTCRIS", RTC, 0x14
	at	"UARTIBRD", UART, 0x24
	at	"UARTLCR_H", UART, 0x2c
	at	"UARTIMSC", UART, 0x38
	at	"GPIODIR", GPIO, 0x400
	at	"GPIOIE", GPIO, 0x410
	at	"GICD_CTLR", GICD, 0
	at	"GICD_ISENABLER1", GICD, 0x104
	at	"GICD_IPRIORITYR8", GICD, 0x420
	at	"GICC_CTLR", GICC, 0
	at	"GICC_PMR", GICC, 4
	sysreg	"SCTLR", c1, c0, 0
	sysreg	"CPACR", c1, c0, 2
	sysreg	"TTBCR", c2, c0, 2
	sysreg	"CONTEXTIDR", c13, c0, 1
	sysreg	"TPIDRURW", c13, c0, 2
	sysreg	"TPIDRURO", c13, c0, 3
	sysreg	"TPIDRPRW", c13, c0, 4
	sysreg	"CNTKCTL", c14, c1, 0
	sysreg	"CNTV_CTL", c14, c3, 1

	ldr	r6, [r4, #4]
	cmp	r6, #2
	bhs	power_off
	add	r6, r6, #1
	str	r6, [r4, #4]
	set	r0, 0x600dcafe
	str	r0, [r4]
	str	r0, [r5]
	put	RTC, 8, 16
	put	RTC, 4, 5
	put	RTC, 0x10, 1
	put	UART, 0x24, 77
	put	UART, 0x2c, 0x70
	put	UART, 0x38, 0x40
	put	GPIO, 0x400, 0x55
	put	GPIO, 0x410, 0x0f
	put	GICD, 0, 1
	put	GICD, 0x104, 0xffffffff
	put	GICD, 0x420, 0xa0a0a0a0
	put	GICC, 0, 1
	put	GICC, 4, 0xf0
	set	r0, 0x12345678
	mcr	p15, 0, r0, c13, c0, 1
	mcr	p15, 0, r0, c13, c0, 2
	mcr	p15, 0, r0, c13, c0, 3
	mcr	p15, 0, r0, c13, c0, 4
	mcr	p15, 0, r0, c1, c0, 2
	mov	r0, #3
	mcr	p15, 0, r0, c14, c1, 0
	mcr	p15, 0, r0, c14, c3, 1
	bl	mmu_flat
	say	"resetting"
	set	r0, 0x84000009
	hvc	#0
	b	.

	.pushsection .data
	.balign	4
word:	.word	0x55
	.popsection
