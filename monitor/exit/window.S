// SPDX-License-Identifier: MIT
//
// The window: the only code of the monitor that is mapped while a guest runs.
//
// It is position-independent and copied to pages of its own, which every view
// shows at the same address, privileged only (see host_mmu.c). Every banked SP of
// the core holds the window address of the running VCPU (struct vcpu). The
// guest always comes from USR, so each vector can save all of its registers with
// one STM^ and has all of them free.
//
// From a vector there are three ways on:
//   hot   assembly, right here: straight back to the guest
//   warm  a C function of hot.c, on the VCPU's small stack, without leaving the
//         guest's tables; it may give up and take the third way
//   slow  the monitor's own tables and stack, then trap_slow() in trap.c
//
// Registers in a vector after ENTER: r8 = the guest's PSR, lr = preferred return
// address as the core gave it, sp = VCPU. A privileged origin means that a warm or
// hot handler touched guest memory and faulted (go slow with its hypercall), or
// that the monitor is broken (trap_fatal).

#include "asm-offsets.h"
#include "bt/isa/hyper_imm.h"
#include "monitor/base/psr.h"
#include "monitor/board/window.h"

	.syntax unified
	.arm
	.arch	armv7-a

#define TRAP_UNDEF 0
#define TRAP_SVC 1
#define TRAP_PREFETCH_ABORT 2
#define TRAP_DATA_ABORT 3
#define TRAP_IRQ 4
#define TRAP_WATCH 5
#define TRAP_SVC_THUMB 6

#define HOT_SLOW 1
#define HOT_VIEW 2

#define ASID_EXCLUSIVE 0
#define ASID_MONITOR 1

	.section .window.vectors, "ax"
	.balign	32
	.globl	window_vectors
window_vectors:
	b	fatal				@ reset
	b	vec_undef
	b	vec_svc
	b	vec_prefetch_abort
	b	vec_data_abort
	b	fatal				@ Hyp trap
	b	vec_irq
	b	fatal				@ FIQ: the host's GIC signals none

// Saves the interrupted guest. From a privileged mode, instead: goes to \nested
// with r0 and r1 in the VCPU's scratch words and r0 = SPSR.
	.macro	ENTER nested
	str	r0, [sp, #VCPU_SCRATCH]
	mrs	r0, spsr
	tst	r0, #15
	bne	\nested
	ldr	r0, [sp, #VCPU_SCRATCH]
	stm	sp, {r0-r14}^
	CLOCK_IN
	mrs	r8, spsr
	.endm

// Back to the guest at lr, with its registers from the VCPU. (Since ARMv6 a banked register may
// be used right after LDM^.)
	.macro	RESUME
	ldm	sp, {r0-r14}^
	movs	pc, lr
	.endm

// The counter, low word, at the start of an exit: for what it costs. A hot exit needs it in r11 only.
	.macro	CLOCK
	mrrc	p15, 1, r11, r10, c14		@ CNTVCT
	.endm

	.macro	CLOCK_IN
	CLOCK
	str	r11, [sp, #VCPU_START]
	.endm

// Counts a hot exit under its reason, with its cost so far, and goes back to the guest.
	.macro	FINISH reason
	ldr	r0, [sp, #VCPU_COUNT + 4 * \reason]
	mrrc	p15, 1, r1, r2, c14
	add	r0, r0, #1
	sub	r1, r1, r11
	str	r0, [sp, #VCPU_COUNT + 4 * \reason]
	movw	r2, #VCPU_COST + 8 * \reason
	ldrd	r4, r5, [sp, r2]
	adds	r4, r4, r1
	adc	r5, r5, #0
	strd	r4, r5, [sp, r2]
	RESUME
	.endm

// The same without the cost, for what takes no longer than the books.
	.macro	FINISH_UNCLOCKED reason
	ldr	r0, [sp, #VCPU_COUNT + 4 * \reason]
	add	r0, r0, #1
	str	r0, [sp, #VCPU_COUNT + 4 * \reason]
	RESUME
	.endm

// Leaves the vector for a C function of hot.c: f(vcpu, hypercall).
	.macro	WARM function
	CLOCK_IN
	str	r0, [sp, #VCPU_WORD]
	str	r8, [sp, #VCPU_CPSR]
	sub	r3, lr, #4
	str	r3, [sp, #VCPU_PC]
	mov	r1, r0
	mov	r4, sp
	movw	r2, #VCPU_HOT_STACK_TOP
	mov	r0, sp
	add	sp, sp, r2
	bl	\function
	b	warm_done
	.endm

//----------------------------------------------------------------------------
// SVC: hypercalls of the guest's kernel, system calls of its users.

vec_svc:
	stm	sp, {r0-r14}^
	ldr	r9, [sp, #VCPU_MODE]
	mrs	r8, spsr
	tst	r9, #15
	beq	svc_user
	tst	r8, #PSR_T
	bne	svc_slow_thumb
	ldr	r0, [lr, #-4]			@ the patched word, in the view it ran from
dispatch_r0:
	ubfx	r1, r0, #16, #8
	ldr	r1, [pc, r1, lsl #2]		@ of dispatch, which is where pc is
	add	pc, pc, r1			@ relative to the second word of it

// Which handler is whose, by imm24[23:16].
	.macro	CLASS first count handler
	.org	dispatch + 4 * (\first)
	.rept	\count
	.word	\handler - dispatch - 4
	.endr
	.endm

dispatch:
	CLASS	0x00, 0x10, svc_slow
	CLASS	BT_IMM_MRS_CPSR, 1, hot_mrs_cpsr
	CLASS	BT_IMM_MRS_SPSR, 1, hot_mrs_spsr
	CLASS	BT_IMM_MSR_CPSR, 1, hot_msr_cpsr
	CLASS	BT_IMM_MSR_SPSR, 1, hot_msr_spsr
	CLASS	BT_IMM_MSR_CPSR_IMM, 2, warm_msr
	CLASS	BT_IMM_CPS, 1, hot_cps
	CLASS	BT_IMM_WFI, 7, svc_slow
	CLASS	BT_IMM_RFE, 1, warm_rfe
	CLASS	BT_IMM_SRS, 1, warm_srs
	CLASS	BT_IMM_MCR_MRC, 1, hot_mcr
	CLASS	(BT_IMM_MCR_MRC + 1), 1, hot_mrc
	CLASS	(BT_IMM_MCR_MRC + 2), 14, warm_cp15
	CLASS	BT_IMM_LDRT, 16, hot_ldrt
	CLASS	BT_IMM_STM_USER, 64, warm_stm_user
	CLASS	BT_IMM_SUBS_PC, 1, warm_subs_pc
	CLASS	BT_IMM_MOVS_PC, 1, warm_movs_pc
	CLASS	BT_IMM_SETEND, 13, svc_slow
	CLASS	BT_IMM_FRAME, 1, warm_block
	CLASS	0x90, 16, svc_slow
	CLASS	BT_IMM_LDM_USER, 32, warm_ldm_user
	CLASS	BT_IMM_LDM_RETURN, 64, warm_ldm_return

svc_user:
	CLOCK_IN
	str	r8, [sp, #VCPU_CPSR]
	str	lr, [sp, #VCPU_PC]		@ the system call returns to the next instruction
	mov	r4, sp
	movw	r2, #VCPU_HOT_STACK_TOP
	mov	r0, sp
	add	sp, sp, r2
	bl	hot_svc_user
warm_done:
	mov	sp, r4
	cmp	r0, #HOT_SLOW
	beq	warm_slow
	cmp	r0, #HOT_VIEW
	bleq	load_view
resume_full:
	ldr	r8, [sp, #VCPU_CPSR]
	ldr	lr, [sp, #VCPU_PC]
	msr	spsr_fsxc, r8
	RESUME

warm_slow:
	mov	r1, #TRAP_SVC
	b	slow

svc_slow_thumb:
	CLOCK_IN
	sub	r3, lr, #2
	mov	r1, #TRAP_SVC_THUMB
	b	slow_at_r3

svc_slow:
	CLOCK_IN
	str	r0, [sp, #VCPU_WORD]
	sub	r3, lr, #4
	mov	r1, #TRAP_SVC
	b	slow_at_r3

hot_mrs_cpsr:
	CLOCK
	movw	r2, #(PSR_FLAGS | PSR_E) & 0xffff
	movt	r2, #(PSR_FLAGS | PSR_E) >> 16
	and	r1, r0, #15
	and	r2, r2, r8
	orr	r2, r2, r9
	str	r2, [sp, r1, lsl #2]
	FINISH	EXIT_MRS

hot_mrs_spsr:
	CLOCK
	and	r1, r0, #15
	and	r2, r9, #15
	add	r2, sp, r2, lsl #4
	ldr	r2, [r2, #VCPU_BANK_SPSR]
	str	r2, [sp, r1, lsl #2]
	FINISH	EXIT_MRS

hot_msr_spsr:
	CLOCK
	and	r1, r0, #0xf0			@ all four fields, else the long way
	cmp	r1, #0xf0
	bne	warm_msr
	and	r1, r0, #15
	ldr	r1, [sp, r1, lsl #2]
	and	r2, r9, #15
	add	r2, sp, r2, lsl #4
	str	r1, [r2, #VCPU_BANK_SPSR]
	FINISH	EXIT_MSR

// MSR CPSR_c that keeps the mode: local_irq_restore and its like.
hot_msr_cpsr:
	CLOCK
	and	r1, r0, #0xf0
	cmp	r1, #0x10
	bne	warm_msr
	and	r1, r0, #15
	ldr	r1, [sp, r1, lsl #2]
	ldr	r3, [sp, #VCPU_LINES]
	eor	r2, r1, r9
	tst	r2, #PSR_M
	bne	warm_msr
	and	r1, r1, #PSR_I | PSR_F
	bic	r3, r3, r1, lsr #6		@ unmasking a pending interrupt: C delivers it
	tst	r3, #3
	bne	svc_slow
	bic	r9, r9, #PSR_I | PSR_F
	orr	r9, r9, r1
	str	r9, [sp, #VCPU_MODE]
	FINISH	EXIT_MSR

// CPSID, or CPSIE if the Z flag is set, of the A, I and F bits in r1.
	.macro	CHANGE_MASKS slow
	ldr	r3, [sp, #VCPU_LINES]
	orrne	r9, r9, r1, lsl #6
	biceq	r9, r9, r1, lsl #6
	bic	r3, r3, r9, lsr #6
	tst	r3, #3
	bne	\slow
	str	r9, [sp, #VCPU_MODE]
	FINISH	EXIT_CPS
	.endm

// CPS without a mode change. Payload: imod:2 M A I F mode:5.
hot_cps:
	CLOCK
	tst	r0, #1 << 8
	bne	warm_cps
	ubfx	r1, r0, #5, #3
	tst	r0, #1 << 9
	CHANGE_MASKS svc_slow

// LDRT, STRT, LDRBT, STRBT [Rn], #+/-imm9. Payload: U B L Rn Rt imm9. The page must
// be in the unprivileged-access TLB; everything else is C's. If the access itself faults, abort_nested
// does the hypercall the slow way.
hot_ldrt:
	CLOCK_IN
	str	r0, [sp, #VCPU_WORD]
	tst	r8, #PSR_E			@ big-endian data is C's
	bne	svc_slow
	ubfx	r1, r0, #13, #4			@ Rn
	ldr	r2, [sp, r1, lsl #2]
	ubfx	r5, r2, #12, #6
	add	r5, sp, r5, lsl #2
	ldr	r3, [sp, #VCPU_VIEW + 4]	@ the kernel view's ASID
	ldr	r5, [r5, #VCPU_UTLB]
	lsr	r6, r2, #12
	orr	r6, r6, r3, lsl #UTLB_ASID
	eor	r6, r6, r5			@ rights alone are left, if it is the page and the space
	tst	r0, #1 << 17			@ L
	moveq	r7, #UTLB_WRITE
	movne	r7, #UTLB_READ
	lsls	r3, r6, #4
	bne	svc_slow
	tst	r6, r7
	beq	svc_slow
	ubfx	r7, r0, #9, #4			@ Rt
	cmp	r7, #15				@ stored as the instruction's address plus 8
	beq	svc_slow
	ubfx	r3, r0, #0, #9
	tst	r0, #1 << 19			@ U
	rsbeq	r3, r3, #0
	tst	r0, #1 << 18			@ B
	bne	1f
	tst	r2, #3				@ unaligned may cross the page
	bne	svc_slow
	tst	r0, #1 << 17
	bne	2f
	ldr	r6, [sp, r7, lsl #2]
	strt	r6, [r2]
	b	3f
2:	ldrt	r6, [r2]
	str	r6, [sp, r7, lsl #2]
	b	3f
1:	tst	r0, #1 << 17
	bne	2f
	ldr	r6, [sp, r7, lsl #2]
	strbt	r6, [r2]
	b	3f
2:	ldrbt	r6, [r2]
	str	r6, [sp, r7, lsl #2]
3:	add	r2, r2, r3
	str	r2, [sp, r1, lsl #2]
	FINISH	EXIT_UNPRIV

// MCR and MRC with opc1 = 0: here the registers of a switch between address spaces, the rest in C. The words of
// those are compared without Rt. In struct spt_known, found by the ASID, are the tables of the space
// with this TTBR0; of one that isn't known the common table runs, and C will see (regime_enter).
hot_mcr:
	bic	r1, r0, #0xf00
	ldr	r2, word_ttbr0
	ubfx	r3, r0, #8, #4			@ Rt
	cmp	r1, r2
	bne	hot_contextidr
	ldr	r1, [sp, r3, lsl #2]
	ldr	r2, [sp, #VCPU_CONTEXTIDR]
	str	r1, [sp, #VCPU_TTBR0]
switch_space:
	uxtb	r2, r2
	add	r6, sp, r2, lsl #4
	add	r6, r6, #VCPU_KNOWN
	ldm	r6, {r3-r6}			@ struct spt_known
	cmp	r1, r3
	bne	2f
1:	ldr	r0, [sp, #VCPU_WINDOW_TTBR0]	@ as in set_tables; the last ISB is the return
	add	r7, r5, #1
	mcr	p15, 0, r0, c2, c0, 0
	isb
	strd	r4, r5, [sp, #VCPU_VIEW]
	mcr	p15, 0, r5, c13, c0, 1
	isb
	strd	r6, r7, [sp, #VCPU_VIEW + SIZEOF_VIEW]
	mcr	p15, 0, r4, c2, c0, 0
	FINISH_UNCLOCKED EXIT_CP15_SPACE
2:	ldr	r5, [sp, #VCPU_VIEW + 4]
	add	r6, sp, #VCPU_KNOWN_NONE
	cmp	r5, #HOST_ASID_COMMON
	ldmne	r6, {r3-r6}
	bne	1b
	FINISH_UNCLOCKED EXIT_CP15_SPACE

hot_contextidr:
	ldr	r2, word_contextidr
	cmp	r1, r2
	bne	warm_cp15
	ldr	r2, [sp, r3, lsl #2]
	ldr	r1, [sp, #VCPU_TTBR0]
	str	r2, [sp, #VCPU_CONTEXTIDR]
	b	switch_space

// MRC: TTBR1, which Linux copies to TTBR0 on the way. (Rt = 15 would carry into CRn.)
hot_mrc:
	add	r1, r0, #0x100
	ldr	r2, word_ttbr1_read
	bic	r1, r1, #0xf00
	cmp	r1, r2
	bne	warm_cp15
	ubfx	r3, r0, #8, #4
	ldr	r1, [sp, #VCPU_TTBR1]
	str	r1, [sp, r3, lsl #2]
	FINISH_UNCLOCKED EXIT_CP15

word_ttbr0:
	.word	0xef000000 | BT_IMM_MCR_MRC << 16 | 0x2080
word_contextidr:
	.word	0xef000000 | BT_IMM_MCR_MRC << 16 | 0xd090
word_ttbr1_read:
	.word	0xef000000 | (BT_IMM_MCR_MRC + 1) << 16 | 0x2090

warm_msr:
	WARM	hot_msr
warm_cps:
	WARM	hot_cps_mode
warm_movs_pc:
	WARM	hot_movs_pc
warm_subs_pc:
	WARM	hot_subs_pc
warm_ldm_return:
	WARM	hot_ldm_return
warm_ldm_user:
	WARM	hot_ldm_user
warm_stm_user:
	WARM	hot_stm_user
warm_cp15:
	WARM	hot_cp15
warm_rfe:
	WARM	hot_rfe
warm_srs:
	WARM	hot_srs
warm_block:
	WARM	hot_block
warm_thumb:
	WARM	hot_thumb

//----------------------------------------------------------------------------
// Thumb hypercalls of the guest's kernel (bt/isa/hyper_imm.h): undefined instructions. From here on, in SVC mode, it is as
// behind an SVC: lr is four bytes behind the instruction, at r3, so that whoever fails goes slow as from a hypercall. A
// T32 one with its operands becomes A32's of the same class, in r0, and goes where that goes; so does MCR or MRC, which
// has a number. What has a number else, and what is in an IT block, is hot_thumb's.

#define T32_HYPER_HIGH (BT_T32_HYPER >> 20)
#define T32_HYPER_LOW  (BT_T32_HYPER >> 12 & 0xf)

undef_thumb:
	cps	#MODE_SVC
	msr	spsr_fsxc, r8
	add	lr, r3, #4
	mov	r0, #0
	str	r0, [sp, #VCPU_WORD]
	tst	r8, #PSR_IL
	bne	undef_slow
	ldrh	r0, [r3]
	cmp	r0, #0xe800
	blo	undef_t16
	ldrh	r1, [r3, #2]
	movw	r4, #T32_HYPER_HIGH
	movw	r5, #PSR_IT & 0xffff
	movt	r5, #PSR_IT >> 16
	cmp	r4, r0, lsr #4
	lsreq	r4, r1, #12
	cmpeq	r4, #T32_HYPER_LOW
	bne	undef_slow
	orr	r4, r1, r0, lsl #16
	ubfx	r1, r1, #0, #12
	bfi	r1, r0, #12, #4			@ imm16
	mov	r0, r4
	tst	r8, r5
	bne	warm_thumb
	tst	r1, #BT_T32_INTERN
	bne	t32_number
	and	r0, r1, #0xff
	lsr	r1, r1, #8			@ the class
	cmp	r1, #BT_IMM_T32_SUBS_PC
	bhi	undef_slow
	ldr	r4, [pc, r1, lsl #2]		@ of dispatch_t32, as above
	add	pc, pc, r4

	.macro	CLASS_T32 first count handler
	.org	dispatch_t32 + 4 * (\first)
	.rept	\count
	.word	\handler - dispatch_t32 - 4
	.endr
	.endm

dispatch_t32:
	CLASS_T32 0x00, 1, undef_slow
	CLASS_T32 BT_IMM_T32_MRS_CPSR, 1, hot_mrs_cpsr
	CLASS_T32 BT_IMM_T32_MRS_SPSR, 1, hot_mrs_spsr
	CLASS_T32 BT_IMM_T32_MSR_CPSR, 1, t32_msr_cpsr
	CLASS_T32 BT_IMM_T32_MSR_SPSR, 1, t32_msr_spsr
	CLASS_T32 BT_IMM_T32_YIELD, 7, undef_slow
	CLASS_T32 BT_IMM_T32_RFE_DB, 1, t32_rfe_db
	CLASS_T32 BT_IMM_T32_RFE_IA, 1, t32_rfe_ia
	CLASS_T32 BT_IMM_T32_SRS_DB, 1, t32_srs_db
	CLASS_T32 BT_IMM_T32_SRS_IA, 1, t32_srs_ia
	CLASS_T32 BT_IMM_T32_CPS, 8, t32_cps
	CLASS_T32 BT_IMM_T32_MRS_BANKED, 8, undef_slow
	CLASS_T32 BT_IMM_T32_SUBS_PC, 1, t32_subs_pc

t32_msr_cpsr:
	mov	r4, #BT_IMM_MSR_CPSR
	b	1f
t32_msr_spsr:
	mov	r4, #BT_IMM_MSR_SPSR
1:	ubfx	r1, r0, #4, #4			@ Rn mask, A32's is mask Rn
	orr	r0, r1, r0, lsl #4
	uxtb	r0, r0
	orr	r0, r0, r4, lsl #16
	b	dispatch_r0
t32_cps:
	bfi	r0, r1, #8, #3
	b	hot_cps
t32_subs_pc:
	orr	r0, r0, #14 << 12		@ of LR
	b	warm_subs_pc
t32_rfe_db:
	orr	r0, r0, #1 << 6			@ P U W Rn
	b	warm_rfe
t32_rfe_ia:
	orr	r0, r0, #1 << 5
	b	warm_rfe
t32_srs_db:
	orr	r0, r0, #1 << 7			@ P U W mode
	b	warm_srs
t32_srs_ia:
	orr	r0, r0, #1 << 6
	b	warm_srs

t32_number:
	bic	r1, r1, #BT_T32_INTERN
	add	r4, sp, #WINDOW_WORDS - WINDOW_VCPU
	ldr	r5, [r4, #INTERN_N]
	cmp	r1, r5
	bhs	undef_slow
	add	r4, r4, r1, lsl #2
	ldr	r1, [r4, #INTERN_WORD]
	movw	r5, #0x0e10			@ MCR and MRC of CP14 and CP15 (A6.3.18)
	movt	r5, #0xff00
	and	r4, r1, r5
	movt	r5, #0xee00
	cmp	r4, r5
	bne	warm_thumb
	ubfx	r4, r1, #12, #12		@ opc1 L CRn Rt
	ubfx	r5, r1, #5, #4			@ p15 opc2
	and	r0, r1, #15			@ CRm
	orr	r0, r0, r4, lsl #8
	orr	r0, r0, r5, lsl #4
	add	r0, r0, #BT_IMM_MCR_MRC << 16
	orr	r0, r0, #0xef000000
	b	dispatch_r0

undef_t16:
	sub	r1, r0, #BT_T16_HYPER
	sub	r1, r1, #BT_IMM_T16_CPS
	cmp	r1, #16
	bhs	warm_thumb
	movw	r5, #PSR_IT & 0xffff
	movt	r5, #PSR_IT >> 16
	tst	r8, r5
	bne	undef_slow
	sub	lr, lr, #2
	tst	r1, #1 << 3			@ im A I F
	and	r1, r1, #7
	CHANGE_MASKS t16_slow
t16_slow:
	sub	r3, lr, #2
	b	undef_slow

//----------------------------------------------------------------------------
// The other vectors.

vec_undef:
	ENTER	fatal_nested
	ldr	r9, [sp, #VCPU_MODE]
	tst	r8, #PSR_T
	subeq	r3, lr, #4
	subne	r3, lr, #2
	tstne	r9, #15
	bne	undef_thumb
undef_slow:
	mov	r1, #TRAP_UNDEF
	b	slow_at_r3

vec_prefetch_abort:
	ENTER	fatal_nested
	sub	r3, lr, #4
	mov	r1, #TRAP_PREFETCH_ABORT
	b	slow_at_r3

vec_irq:
	ENTER	fatal_nested
	sub	r3, lr, #4
	mov	r1, #TRAP_IRQ
	b	slow_at_r3

// A load of the guest's in a watched range (watch.h) is first of all loaded from at PL1, which isn't watched. That is for
// QEMU 7.2: a watchpoint that has hit counts as hitting, for accesses to the others' ranges too, until an access
// to its own that doesn't match; and the window may lie in such a range.
vec_data_abort:
	str	r0, [sp, #VCPU_SCRATCH]
	mrc	p15, 0, r0, c5, c0, 0		@ DFSR
	lsl	r0, r0, #28
	cmp	r0, #2 << 28			@ FS[3:0] 0010: a debug event
	mrceq	p15, 0, r0, c6, c0, 0		@ DFAR
	ldrbeq	r0, [r0]
	ldr	r0, [sp, #VCPU_SCRATCH]
	ENTER	abort_nested
	sub	r3, lr, #8
	mrc	p15, 0, r1, c5, c0, 0		@ DFSR
	movw	r2, #0x40f			@ FS[10,3:0]
	and	r2, r2, r1
	cmp	r2, #0x002			@ 00010: a debug event
	beq	watched
	bic	r2, r2, #2
	cmp	r2, #0x009			@ 010x1: a domain fault
	beq	1f
	mov	r1, #TRAP_DATA_ABORT
	b	slow_at_r3
1:	str	r8, [sp, #VCPU_CPSR]
	str	r3, [sp, #VCPU_PC]
	mov	r4, sp
	movw	r2, #VCPU_HOT_STACK_TOP
	mov	r0, sp
	add	sp, sp, r2
	bl	hot_domain
	mov	sp, r4
	cmp	r0, #HOT_SLOW
	bne	resume_full
	mov	r1, #TRAP_DATA_ABORT
	b	slow

// A load of the guest's in a watched range.
watched:
	str	r8, [sp, #VCPU_CPSR]
	str	r3, [sp, #VCPU_PC]
	mov	r4, sp
	mov	r1, #TRAP_WATCH
	str	r1, [r4, #VCPU_NESTED]
	cps	#MODE_SVC
	movw	r2, #VCPU_HOT_STACK_TOP
	mov	r0, r4
	add	sp, r4, r2
	bl	hot_watch
	mov	sp, r4
	mov	r1, #TRAP_SVC
	str	r1, [r4, #VCPU_NESTED]
	cmp	r0, #HOT_SLOW
	bne	resume_full
	mov	r1, #TRAP_WATCH
	b	slow

// A data abort of the monitor's own. Of code in this section it was an access to guest
// memory by a hot or warm handler, in SVC mode, that has changed nothing of the
// VCPU yet: drop the handler, and emulate its hypercall the slow way. Not if it is asynchronous, or else not of an
// address (FS[4]): then it may have come anywhere.
abort_nested:
	str	r1, [sp, #VCPU_SCRATCH + 4]
	and	r0, r0, #PSR_M
	cmp	r0, #MODE_SVC
	bne	fatal_scratch
	adrl	r1, window_vectors
	sub	r0, lr, #8
	sub	r0, r0, r1
	cmp	r0, #WINDOW_CODE_SIZE
	bhs	fatal_scratch
	mrc	p15, 0, r0, c5, c0, 0		@ DFSR
	movw	r1, #0x40f
	and	r0, r0, r1
	tst	r0, #0x400
	bne	fatal_scratch
	mov	r4, sp				@ the VCPU
	cps	#MODE_SVC
	ldr	r1, [r4, #VCPU_NESTED]
	mov	r0, #TRAP_SVC
	str	r0, [r4, #VCPU_NESTED]
	cmp	sp, r4
	mov	sp, r4
	bne	slow				@ on the warm stack: PC and PSR are saved
	mrs	r8, spsr
	sub	r3, lr, #4
	b	slow_at_r3

//----------------------------------------------------------------------------
// The slow way. sp = VCPU, r1 = enum trap; r3 = guest PC, r8 = guest PSR.

slow_at_r3:
	str	r8, [sp, #VCPU_CPSR]
	str	r3, [sp, #VCPU_PC]
slow:
	mov	r4, sp
	cps	#MODE_SVC
	ldr	r0, [r4, #VCPU_WINDOW_TTBR0]	@ as set_tables
	ldr	r2, [r4, #VCPU_HOST_TTBR0]
	mov	r3, #ASID_MONITOR
	mcr	p15, 0, r0, c2, c0, 0
	isb
	mcr	p15, 0, r3, c13, c0, 1
	isb
	mcr	p15, 0, r2, c2, c0, 0
	isb
	ldr	sp, [r4, #VCPU_HOST_STACK]
	ldr	r0, [r4, #VCPU_SELF]
	ldr	r2, [r4, #VCPU_SLOW_ENTRY]
	blx	r2				@ trap_slow(vcpu, trap)
	mov	sp, r4
	cmp	r0, #0
	bne	1f
	bl	load_view
	b	resume_full
1:	ldr	r0, [sp, #VCPU_VIEW_NOW]
	mov	r1, #SIZEOF_VIEW
	mla	r1, r0, r1, sp
	add	r1, r1, #VCPU_VIEW
	ldm	r1, {r2, r3, r5}		@ the rest of the view is still loaded
	mrc	p15, 0, r0, c3, c0, 0
	cmp	r0, r5
	mcrne	p15, 0, r5, c3, c0, 0
	ldr	r0, [sp, #VCPU_WINDOW_TTBR0]	@ as in set_tables; the last ISB is the return
	mcr	p15, 0, r0, c2, c0, 0
	isb
	mcr	p15, 0, r3, c13, c0, 1
	isb
	mcr	p15, 0, r2, c2, c0, 0
	ldr	r8, [sp, #VCPU_CPSR]
	ldr	lr, [sp, #VCPU_PC]
	msr	spsr_fsxc, r8
	RESUME

// Switches to the tables in r2 and the ASID in r3, by way of tables that have nothing but
// the window, which is global, so that no walk can tag an entry with the wrong ASID
// (ARM ARM B3.10.4). r4 = VCPU. Clobbers r0.
set_tables:
	ldr	r0, [r4, #VCPU_WINDOW_TTBR0]
	mcr	p15, 0, r0, c2, c0, 0		@ TTBR0
	isb
	mcr	p15, 0, r3, c13, c0, 1		@ CONTEXTIDR
	isb
	mcr	p15, 0, r2, c2, c0, 0
	isb
	bx	lr

// Loads the view that the VCPU is to run in. r4 = sp = VCPU.
load_view:
	ldr	r0, [sp, #VCPU_VIEW_NOW]
	mov	r1, #SIZEOF_VIEW
	mla	r1, r0, r1, sp
	add	r1, r1, #VCPU_VIEW
	ldm	r1, {r2, r3, r5, r6, r7, r8}	@ struct view
	mcr	p15, 0, r6, c14, c1, 0		@ CNTKCTL
	mcr	p15, 0, r7, c1, c0, 2		@ CPACR
	mcr	p15, 0, r8, c13, c0, 2		@ TPIDRURW
	mrc	p15, 0, r0, c3, c0, 0		@ DACR: writing it is expensive on QEMU
	cmp	r0, r5
	mcrne	p15, 0, r5, c3, c0, 0
	b	set_tables

// uint32_t window_exclusive(va, how, low, high, vcpu, ttbr0): one exclusive access at va, through tables that
// show nothing else and an ASID of their own. how is log2 of the size, WINDOW_LOAD and WINDOW_BIG_ENDIAN.
// Returns STREX's status, 0 for LDREX. Called from C, on the monitor's stack, which isn't mapped meanwhile.
	.globl	window_exclusive
window_exclusive:
	push	{r4-r10, lr}
	ldr	r4, [sp, #32]
	ldr	r5, [sp, #36]
	mov	r6, r0
	mov	r7, r1
	mov	r8, r2
	mov	r9, r3
	mov	r10, #0
	mov	r2, r5
	mov	r3, #ASID_EXCLUSIVE
	bl	set_tables
	tst	r7, #WINDOW_BIG_ENDIAN
	and	r7, r7, #7
	beq	1f
	setend	be
1:	add	pc, pc, r7, lsl #3
	nop
	strexb	r10, r8, [r6]
	b	2f
	strexh	r10, r8, [r6]
	b	2f
	strex	r10, r8, [r6]
	b	2f
	strexd	r10, r8, r9, [r6]
	b	2f
	ldrexb	r8, [r6]
	b	2f
	ldrexh	r8, [r6]
	b	2f
	ldrex	r8, [r6]
	b	2f
	ldrexd	r8, r9, [r6]
2:	setend	le
	ldr	r2, [r4, #VCPU_HOST_TTBR0]
	mov	r3, #ASID_MONITOR
	bl	set_tables
	mov	r0, r10
	pop	{r4-r10, pc}

// First entry to a guest, and each after the window has moved: never returns. r0 = VCPU in the window. The
// banked SPs stay; from now on the vectors are the window's, which need them.
	.globl	window_enter
window_enter:
	mov	r4, r0
	cps	#0x11				@ FIQ
	mov	sp, r4
	cps	#MODE_IRQ
	mov	sp, r4
	cps	#MODE_ABT
	mov	sp, r4
	cps	#MODE_UND
	mov	sp, r4
	cps	#MODE_SVC
	mov	sp, r4
	adrl	r0, window_vectors
	mcr	p15, 0, r0, c12, c0, 0		@ VBAR
	isb
	bl	load_view
	b	resume_full

//----------------------------------------------------------------------------
// A bug of ours: trap_fatal(vcpu, lr, spsr, mode) on the core's stack.

fatal_scratch:
	ldr	r1, [sp, #VCPU_SCRATCH + 4]
fatal_nested:
	ldr	r0, [sp, #VCPU_SCRATCH]
fatal:
	stm	sp, {r0-r12}
	mov	r4, sp
	mov	r5, lr
	mrs	r6, spsr
	mrs	r7, cpsr
	cps	#MODE_SVC
	ldr	r2, [r4, #VCPU_HOST_TTBR0]
	mov	r3, #ASID_MONITOR
	mov	r8, sp
	bl	set_tables
	ldr	sp, [r4, #VCPU_HOST_STACK]
	sub	sp, sp, #4096			@ what is on it is evidence
	ldr	r0, [r4, #VCPU_SELF]
	mov	r1, r5
	mov	r2, r6
	mov	r3, r7
	ldr	ip, [r4, #VCPU_FATAL_ENTRY]
	blx	ip
	b	.				@ not reached: trap_fatal is _Noreturn
