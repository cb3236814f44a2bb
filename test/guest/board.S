// SPDX-License-Identifier: MIT
//
// What QEMU's board has beside the devices that have tests of their own, for a kernel that has been loaded by -kernel:
// empty virtio transports and what is around them (slots), flash (flash), and fw_cfg (fwcfg).
#include "test/guest/kernel.inc"

	.macro	word name, address
	set	r0, \address
	ldr	r0, [r0]
	show	"\name", r0
	.endm

#ifdef CASE_slots
#define VIRTIO 0x0a000000

main:
	set	r4, VIRTIO
	mov	r5, #0
1:	add	r6, r4, r5			// each register of the first slot
	ldr	r0, [r6]
	cmp	r0, #0
	beq	2f
	show	"at", r5
	show	"is", r0
2:	add	r5, r5, #4
	cmp	r5, #0x200
	blo	1b
	ldrb	r0, [r4]
	show	"byte 0", r0
	ldrb	r0, [r4, #1]
	show	"byte 1", r0
	ldrh	r0, [r4, #12]
	show	"half 12", r0
	ldrh	r0, [r4, #14]
	show	"half 14", r0

	mov	r5, #0				// what is written does nothing
	mvn	r0, #0
3:	str	r0, [r4, r5]
	add	r5, r5, #4
	cmp	r5, #0x200
	blo	3b
	strb	r0, [r4]
	strh	r0, [r4, #0x70]
	ldr	r0, [r4, #0x70]
	show	"status", r0
	ldr	r0, [r4, #0x60]
	show	"interrupts", r0

	mov	r5, #0				// all slots
	mov	r7, #0
4:	ldr	r0, [r4]
	ldr	r1, [r4, #4]
	ldr	r2, [r4, #8]
	ldr	r3, [r4, #12]
	add	r7, r7, r0, ror r5
	add	r7, r7, r1, ror r5
	add	r7, r7, r2, ror r5
	add	r7, r7, r3, ror r5
	add	r4, r4, #0x200
	add	r5, r5, #1
	cmp	r5, #32
	blo	4b
	show	"all", r7
	ldr	r0, [r4]			// behind them there is nothing
	ldr	r0, [r4, #-0x200]
	show	"last", r0
	set	r4, (VIRTIO - 4)
	ldr	r0, [r4]
	b	power_off
#endif

#ifdef CASE_flash
	.macro	command value, address=0
	set	r0, \address
	set	r1, \value
	str	r1, [r0]
	.endm

// The words of a block that aren't all ones; r0 is its address.
	.macro	sum name, address
	set	r0, \address
	mov	r1, #0
	mov	r2, #0x10000
9:	ldr	r3, [r0], #4
	eor	r1, r3, r1, ror #1
	subs	r2, r2, #1
	bne	9b
	show	"\name", r1
	.endm

main:
	word	"0", 0
	word	"in the middle", 0x02345678
	word	"last", 0x03fffffc
	word	"of the second bank", 0x04000000
	word	"its last", 0x07fffffc
	command	0x00980098, 0x154		// CFI query
	word	Q, 0x40
	word	R, 0x44
	word	Y, 0x48
	word	"size", 0x9c
	command	0x00ff00ff
	command	0x00900090			// identifiers
	word	"maker", 0
	word	"device", 4
	command	0x00ff00ff
	word	"0", 0

	command	0x00200020, 0x04040000		// erase a block
	command	0x00d000d0, 0x04040000
	word	status, 0x04040000
	command	0x00500050, 0x04000000
	command	0x00ff00ff, 0x04000000
	sum	erased, 0x04040000
	sum	"the next", 0x04080000
	command	0x00400040, 0x04041234		// program a word
	command	0x12345678, 0x04041234
	word	status, 0x04040000
	command	0x00ff00ff, 0x04000000
	word	programmed, 0x04041234
	command	0x00400040, 0x04041234
	command	0xffff0000, 0x04041234		// bits go one way
	command	0x00ff00ff, 0x04000000
	word	again, 0x04041234
	sum	block, 0x04040000

	set	r4, 0x04060000			// code that runs there
	command	0x00400040, 0x04060000
	command	0xe12fff1e, 0x04060000
	command	0x00ff00ff, 0x04000000
	mov	r0, #5
	blx	r4
	show	"called", r0
	b	power_off
#endif

#ifdef CASE_fwcfg
#define FW_CFG 0x09020000

	.macro	select key
	set	r4, FW_CFG
	set	r1, (((\key & 0xff) << 8) | (\key >> 8))
	strh	r1, [r4, #8]
	.endm

	.macro	item name, key
	select	\key
	ldr	r0, [r4]
	show	"\name", r0
	.endm

main:
	.irp	key, 0, 1, 2, 4, 5, 8, 0xb, 0xe, 0xf, 0x11, 0x12, 0x14, 0x15, 0x17, 0x18, 0x20, 0x21
	item	"\key", \key
	.endr
	set	r0, FW_CFG
	ldr	r1, [r0, #16]
	show	"dma", r1
	ldr	r1, [r0, #20]
	show	"dma", r1

	// The signature by DMA.
	set	r5, POOL
	set	r0, 0x0a000000			// select 0, read: big-endian
	str	r0, [r5]
	set	r0, 0x08000000
	str	r0, [r5, #4]
	mov	r0, #0
	str	r0, [r5, #8]
	add	r0, r5, #16
	rev	r0, r0
	str	r0, [r5, #12]
	set	r4, FW_CFG
	dsb
	rev	r0, r5
	mov	r1, #0
	str	r1, [r4, #16]
	str	r0, [r4, #20]
	dsb
	ldr	r0, [r5]
	show	"control", r0
	ldr	r0, [r5, #16]
	show	"signature", r0
	b	power_off
#endif
