// SPDX-License-Identifier: MIT
//
// Faults of the walk and of what it leads to, which of them comes first, and what the address translation
// operations make of the same: descriptors that aren't there, tables and memory that aren't there, with
// every value in DACR. And that cache maintenance by address faults nowhere.
#include "test/guest/kernel.inc"
#include "test/guest/probe.inc"

#define VA      0x50000000
#define PAGES   0x51000000	// a second-level table, of domain 3
#define UPPER   0xc0000000	// TTBR1's
#define NOWHERE 0x60000000	// no memory, nor a device
#define DOMAIN  (3 << 5)

	.macro	section va, desc
	set	r0, \va
	set	r1, (\desc)
	bl	map_section
	.endm

	.macro	page va, desc
	set	r0, \va
	set	r1, (\desc)
	bl	map_page
	.endm

// What an address comes to with each value of domain 3, and what PAR says of it.
	.macro	look name, va
	set	r7, \va
	string	r8, "\name"
	bl	look_at
	.endm

main:
	set	r0, POOL
	set	r1, 0xe12fff1e			// BX LR
	mov	r2, #64
1:	str	r1, [r0]
	add	r0, r0, #0x1000
	subs	r2, r2, #1
	bne	1b
	bl	mmu_flat
	probe_on

	look	"flat", POOL
	look	"no first-level descriptor", VA
	section	VA, DOMAIN			// with the other bits set
	look	"no first-level descriptor, domain 3", VA
	section	VA + 0x100000, NOWHERE | 1 | DOMAIN
	look	"no second-level table", VA + 0x105000
	section	VA + 0x200000, POOL | SECT | SECT_C_B | SECT_AP(AP_USER) | DOMAIN
	look	"section", VA + 0x203000
	section	VA + 0x300000, POOL | SECT | SECT_C_B | SECT_AP(AP_KERNEL) | DOMAIN
	look	"section, kernel's", VA + 0x303000
	section	VA + 0x400000, NOWHERE | SECT | SECT_C_B | SECT_AP(AP_USER) | DOMAIN
	look	"section nowhere", VA + 0x404000
	section	VA + 0x500000, NOWHERE | SECT | SECT_C_B | SECT_AP(AP_R) | DOMAIN | SECT_XN
	look	"section nowhere, read-only, XN", VA + 0x505000
	section	VA + 0x600000, NOWHERE | SECT | SECT_AP(AP_USER) | DOMAIN
	look	"strongly-ordered section nowhere", VA + 0x606000
	section	VA + 0x700000, 0xfff00000 | SECT | SECT_C_B | SECT_AP(AP_USER) | DOMAIN
	look	"last section", VA + 0x7ff000

	set	r0, PAGES
	mov	r1, #0
	bl	map_table
	set	r2, TABLE_0 + (PAGES >> 18)
	ldr	r0, [r2]
	orr	r0, r0, #DOMAIN
	str	r0, [r2]
	look	"no second-level descriptor", PAGES
	page	PAGES + 0x1000, 0xfffffffc
	look	"no second-level descriptor", PAGES + 0x1000
	page	PAGES + 0x2000, NOWHERE | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	look	"page nowhere", PAGES + 0x2000
	page	PAGES + 0x3000, (POOL + 0x3000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER)
	look	"page", PAGES + 0x3000
	page	PAGES + 0x4000, (POOL + 0x4000) | PAGE | PAGE_C_B | PAGE_AP(AP_USER_R) | PAGE_XN
	look	"page, user reads, XN", PAGES + 0x4000
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	page	PAGES + 0x10000 + 0x1000 * \n, (POOL + 0x10000) | 1 | PAGE_C_B | PAGE_AP(AP_USER)
	page	PAGES + 0x20000 + 0x1000 * \n, NOWHERE | 1 | PAGE_C_B | PAGE_AP(AP_R)
	.endr
	look	"large page", PAGES + 0x1b000
	look	"large page nowhere, read-only", PAGES + 0x2b000

	// Supersections, of domain 0: below 4 GiB, and with each bit of PA[38:32].
	set	r7, 0x52000000
	mov	r6, #0
2:	mov	r4, #0
	cmp	r6, #1				// 0, then 1 << 20 to 23, 1 << 5 to 8
	subhs	r0, r6, #1
	cmphs	r0, #4
	movlo	r1, #20
	movhs	r1, #1
	add	r0, r0, r1
	mov	r1, #1
	cmp	r6, #0
	lslne	r4, r1, r0
	.irp	ap, 3, 7, 0
	set	r1, (0x40000000 | SECT | 0x40000 | SECT_C_B | SECT_AP(\ap))
	orr	r1, r1, r4
	bl	supersection
	show	"supersection AP \ap", r1
	set	r7, 0x52300000
	string	r8, ""
	bl	look_at
	.endr
	add	r6, r6, #1
	cmp	r6, #8				// at 512 GiB QEMU's machine has PCI
	blo	2b

	// A table of TTBR1's that isn't there.
	set	r0, NOWHERE
	mcr	p15, 0, r0, c2, c0, 1
	mov	r0, #1				// above 2 GiB
	mcr	p15, 0, r0, c2, c0, 2
	look	"no first-level table", UPPER
	look	"no first-level table", 0xfffff000
	look	"TTBR0's", VA + 0x203000
	set	r0, TABLE_0
	mcr	p15, 0, r0, c2, c0, 1
	look	"TTBR1's", UPPER
	mov	r0, #0
	mcr	p15, 0, r0, c2, c0, 2

	bl	mmu_off
	look	"MMU off", POOL
	look	"MMU off", NOWHERE
	look	"MMU off", 0xfffff000
	bl	mmu_on

	say	"maintenance by address"
	probe_off
	mov	r0, #1				// domain 3 is closed
	mcr	p15, 0, r0, c3, c0, 0
	tlb_all
	.irp	va, VA, VA + 0x100000, VA + 0x203000, VA + 0x303000, VA + 0x404000, PAGES, PAGES + 0x3000, POOL, UPPER
	set	r7, \va
	bl	maintain
	addr	r0, maintain_user
	bl	user_call
	.endr
	b	power_off

// Sixteen first-level entries from r7 := r1.
supersection:
	set	r2, TABLE_0
	add	r2, r2, r7, lsr #18
	mov	r3, #16
1:	str	r1, [r2], #4
	subs	r3, r3, #1
	bne	1b
	bx	lr

// r7 the address, r8 a string.
look_at:
	push	{r4, r5, r6, lr}
	mov	r0, r8
	bl	put_str
	mov	r1, r7
	string	r0, ""
	bl	put_named
	mov	r5, #0
1:	mov	r0, #1
	orr	r0, r0, r5, lsl #6
	mcr	p15, 0, r0, c3, c0, 0
	tlb_all
	mov	r0, r5
	bl	put_digits
	bl	probe_all
	probe_off				// on a table that isn't there they abort
	.irp	op, 0, 1, 2, 3
	mov	r0, #0
	mcr	p15, 0, r0, c7, c4, 0
	mcr	p15, 0, r7, c7, c8, \op
	isb
	mrc	p15, 0, r1, c7, c4, 0
	string	r0, "PAR"
	bl	put_field
	.endr
	probe_on
	mov	r0, #'\n'
	bl	put_char
	add	r5, r5, #1
	cmp	r5, #4
	blo	1b
	pop	{r4, r5, r6, pc}

maintain:
	mcr	p15, 0, r7, c7, c10, 1		// DCCMVAC
	mcr	p15, 0, r7, c7, c11, 1		// DCCMVAU
	mcr	p15, 0, r7, c7, c14, 1		// DCCIMVAC
	mcr	p15, 0, r7, c7, c6, 1		// DCIMVAC
	mcr	p15, 0, r7, c7, c5, 1		// ICIMVAU
	mcr	p15, 0, r7, c7, c5, 7		// BPIMVA
	pld	[r7]
	pli	[r7]
	bx	lr

maintain_user:
	pld	[r7]
	pli	[r7]
	leave_user
