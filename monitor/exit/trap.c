// SPDX-License-Identifier: MIT
//
// Slow exits: from window.S to here, to whoever handles the trap, and back. On the way
// out a pending interrupt is delivered, if the guest has unmasked it, and a VCPU
// that waits for one waits here.
#include "monitor/exit/trap.h"
#include "bt/isa/decode.h"
#include "bt/isa/hyper.h"
#include "monitor/cpu/access.h"
#include "monitor/base/arch.h"
#include "monitor/cpu/cp14.h"
#include "monitor/cpu/cp15.h"
#include "monitor/base/cpkey.h"
#include "monitor/cpu/emulate.h"
#include "monitor/exit/exec.h"
#include "monitor/cpu/inject.h"
#include "monitor/cpu/irq.h"
#include "monitor/board/report.h"
#include "monitor/cpu/regime.h"
#include "monitor/vm/stop.h"
#include "monitor/cpu/trace.h"
#include "monitor/cpu/vfpsys.h"
#include "monitor/vm/vm.h"
#include "monitor/cpu/vpsr.h"
#include "monitor/cpu/watch.h"

#define DFSR_WnR             (1u << 11)
#define FSR_FS(fsr)          ((fsr)&0x40fu)
#define FS_IS_PERMISSION(fs) (((fs)&0x40du) == FS_PERMISSION_1)
#define FS_IS_DOMAIN(fs)     (((fs)&0x40du) == FS_DOMAIN_1)

// What an access of the guest's can be the reason of, by FS: faults of its translation, and of cache maintenance.
// Anything else, external aborts, asynchronous ones, parity, a TLB conflict, is the board's, or a bug of ours; of most
// DFAR and IFAR say nothing (B3.13.3).
#define FS_OF_TRANSLATION                                                                                              \
	(1u << FS_TRANSLATION_1 | 1u << FS_TRANSLATION_2 | 1u << FS_ACCESS_1 | 1u << FS_ACCESS_2 | 1u << FS_DOMAIN_1 | \
	 1u << FS_DOMAIN_2 | 1u << FS_PERMISSION_1 | 1u << FS_PERMISSION_2 | 1u << FS_ICACHE)

static inline bool
is_of_translation(uint32_t fs)
{
	return fs < 16 && FS_OF_TRANSLATION >> fs & 1;
}

// The registers say what it was; DFAR or IFAR may be of another fault.
static _Noreturn void
host_abort(struct vcpu *v)
{
	report("palimpsest: an abort that is the board's: dfsr %08x dfar %08x ifsr %08x ifar %08x\n",
	       sysreg_read_dfsr(), sysreg_read_dfar(), sysreg_read_ifsr(), sysreg_read_ifar());
	stop_crash(v, "external or asynchronous abort by the board");
}

static enum spt_view
view_of(const struct vcpu *v)
{
	return vpsr_privileged(v) ? SPT_KERNEL : SPT_USER;
}

//----------------------------------------------------------------------------
// SVC and UNDEF. What trapped goes to
//
//   SVC in user mode                              inject_svc
//   SVC in the kernel   A32: TLBIMVA, TLBIMVAA    tlbi_va
//                       A32, or what the window   hypercall: emulated, a block's end, or the guest's own SVC
//                       made of a Thumb one
//                       Thumb: not a hypercall    inject_svc (TRAP_SVC_THUMB)
//   UNDEF, PSR.IL set                             inject_undef
//   UNDEF in user mode                            undef_user: VFP's first use, coprocessors, or the guest's own
//   UNDEF in the kernel A32                       undef_kernel: the same, or something sensitive that wasn't patched
//                       Thumb                     trapped_thumb, by the table thumb_words
//   BKPT in the kernel  Thumb                     trapped_thumb
//   BKPT otherwise                                inject_prefetch_abort

// The word that trapped isn't where the guest's tables lead by now: what it was
// fetched through is older than they are, and goes.
static enum exit_reason
fetch_again(struct vcpu *v, enum exit_reason reason)
{
	regime_drop_all(v);
	return reason;
}

// A word that trapped in the kernel view: a hypercall of ours, in a patched copy or
// copied by the guest along with its code; or the guest's own SVC.
static enum exit_reason
hypercall(struct vcpu *v)
{
	uint32_t run = v->word, original, insn;
	const struct bt_row *row;

	trace(v, TRACE_SVC, run);
	if (exec_was_filled(v))
		return EXIT_exec;
	if (!code_meaning(&v->vm->code, run, &insn)) {
		if (!exec_words(v, &run, &original))
			return fetch_again(v, EXIT_guest_svc);
		insn = original;
	}
	if (bits(run, 23, 16) != BT_IMM_FRAME)
		return emulate_sensitive(v, insn);
	row = bt_decode_a32(insn);
	if (!row || !(row->flags & BT_SENSITIVE)) {
		if (v->vm->code.policy == CODE_BLOCK)
			return exec_block_end(v, insn);
		inject_svc(v); // the guest's own, with one of our numbers
		return EXIT_guest_svc;
	}
	if (emulate_passes(v, insn)) // the SVC's own may be AL, at the end of a page
		return emulate_sensitive(v, insn);
	vpsr_next(v);
	return EXIT_block_end;
}

// An instruction of the guest's own that traps by itself.
static enum exit_reason
reflect(struct vcpu *v, const struct bt_row *row)
{
	if (row && row->action == BT_BKPT) {
		inject_prefetch_abort(v, FS_DEBUG, GVA(v->pc));
		return EXIT_bkpt;
	}
	inject_undef(v);
	return row && row->flags & BT_REFLECT ? EXIT_bkpt : EXIT_undef;
}

// SVC leaves ITSTATE advanced (A8.8.228, TakeSVCException()), as it is when SVC itself traps.
static enum exit_reason
svc_at_page_end(struct vcpu *v)
{
	vpsr_next(v);
	v->pc -= v->size;
	inject_svc(v);
	return EXIT_guest_svc;
}

// A T32 instruction is cut by its page's end, and what is behind can't be executed.
static bool
second_half_aborts(struct vcpu *v)
{
	gva_t va = GVA(v->pc + 2u);
	struct mmu_xlat x;
	uint32_t fs = mmu_walk(&v->cp15.mmu, &v->vm->mem, va, &x);

	if (fs == FS_NONE)
		fs = mmu_check(&v->cp15.mmu, &x, MMU_EXEC, true);
	if (fs == FS_NONE && !gmem_read(&v->vm->mem, x.gpa, 2))
		fs = FS_SYNC_EXTERNAL;
	if (va.v & PAGE_MASK || fs == FS_NONE)
		return false;
	inject_prefetch_abort(v, fs, va);
	return true;
}

// What is known of a Thumb instruction of the kernel's that has trapped.
enum {
	WORD_KNOWN = 1,          // it has a row
	WORD_SENSITIVE = 1 << 1, // and this is what the row says
	WORD_REFLECTED = 1 << 2,
	WORD_BKPT = 1 << 3,
	WORD_SVC = 1 << 4,
	WORD_CHANGED = 1 << 5,   // something else was executed in its place
	WORD_UNDEFINED = 1 << 6, // looked at if it was changed
	WORD_SKIPPED = 1 << 7,   // its condition fails
};

static uint32_t
facts(const struct vcpu *v, const struct bt_row *row, uint32_t original, bool changed)
{
	uint32_t is = changed ? WORD_CHANGED : 0;

	if (row)
		is |= WORD_KNOWN | (row->flags & BT_SENSITIVE ? WORD_SENSITIVE : 0) |
		      (row->flags & BT_REFLECT ? WORD_REFLECTED : 0) | (row->action == BT_BKPT ? WORD_BKPT : 0) |
		      (row->action == BT_SVC_THUMB ? WORD_SVC : 0);
	if (changed && bt_undefined_thumb(original))
		is |= WORD_UNDEFINED;
	return is | (emulate_passes(v, original) ? 0 : WORD_SKIPPED);
}

static enum exit_reason
word_given_back(struct vcpu *v, const struct bt_row *row, uint32_t original)
{
	(void)row;
	return exec_give_back(v, original);
}

static enum exit_reason
word_skipped(struct vcpu *v, const struct bt_row *row, uint32_t original)
{
	(void)row, (void)original;
	vpsr_next(v);
	return EXIT_block_end;
}

static enum exit_reason
word_emulated(struct vcpu *v, const struct bt_row *row, uint32_t original)
{
	(void)row;
	return emulate_sensitive_thumb(v, original);
}

static enum exit_reason
word_svc(struct vcpu *v, const struct bt_row *row, uint32_t original)
{
	(void)row, (void)original;
	return svc_at_page_end(v);
}

static enum exit_reason
word_reflected(struct vcpu *v, const struct bt_row *row, uint32_t original)
{
	(void)original;
	return reflect(v, row);
}

// Where a Thumb instruction goes: the first row counts of whose facts (of) these hold (are), and no others.
static const struct {
	uint32_t of, are;
	enum exit_reason (*go)(struct vcpu *v, const struct bt_row *row, uint32_t original);
} thumb_words[] = {
    // Closed, by the block policy or because it is cut, and not one that traps by itself.
    {WORD_CHANGED | WORD_SENSITIVE | WORD_REFLECTED | WORD_UNDEFINED, WORD_CHANGED, word_given_back},
    // Of a page's last instruction the hypercall is unconditional. BKPT traps whatever its condition (A8.8.24), and of
    // what has no row that trapped by itself.
    {WORD_SKIPPED | WORD_KNOWN | WORD_BKPT, WORD_SKIPPED | WORD_KNOWN, word_skipped},
    {WORD_SKIPPED | WORD_KNOWN | WORD_CHANGED, WORD_SKIPPED | WORD_CHANGED, word_skipped},
    {WORD_SENSITIVE, WORD_SENSITIVE, word_emulated},
    {WORD_SVC, WORD_SVC, word_svc},
    {0, 0, word_reflected},
};

// A Thumb instruction of the kernel's has trapped: a hypercall, the end of a block, or one that traps by itself.
static enum exit_reason
trapped_thumb(struct vcpu *v)
{
	uint32_t run, original, are;
	const struct bt_row *row;
	unsigned n = 0;

	if (exec_was_filled(v))
		return EXIT_exec;
	if (!exec_words(v, &run, &original))
		return second_half_aborts(v) ? EXIT_fault : fetch_again(v, EXIT_undef);
	v->size = bt_thumb_size(original);
	if (run == original && vfpsys_undef(v, original))
		return EXIT_fpu;
	row = bt_decode_thumb(original);
	if (run == original && row && row->flags & BT_SENSITIVE)
		exec_patch_late(v);
	are = facts(v, row, original, run != original);
	while ((are & thumb_words[n].of) != thumb_words[n].are)
		n++;
	return thumb_words[n].go(v, row, original);
}

#define HYPERCALL_MCR (BT_IMM_MCR_MRC << 16)

// TLB maintenance by address, which kernels do page by page, straight from the hypercall's operands. False: it
// is something else.
static bool
tlbi_va(struct vcpu *v)
{
	uint32_t rt = v->regs[bits(v->word, 11, 8)];

	switch (v->word & (0xf00000u | CPKEY_MASK)) {
	case HYPERCALL_MCR | CPKEY(0, 0, 8, 7, 1): // TLBIMVA
	case HYPERCALL_MCR | CPKEY(0, 0, 8, 3, 1): // TLBIMVAIS
		regime_drop_va(v, rt);
		break;
	case HYPERCALL_MCR | CPKEY(0, 0, 8, 7, 3): // TLBIMVAA
	case HYPERCALL_MCR | CPKEY(0, 0, 8, 3, 3): // TLBIMVAAIS
		regime_drop_va_all(v, GVA(rt & ~PAGE_MASK));
		break;
	default:
		return false;
	}
	vpsr_next(v);
	return true;
}

static enum exit_reason
svc(struct vcpu *v)
{
	if (!vpsr_privileged(v)) {
		inject_svc(v);
		return EXIT_svc_user;
	}
	if (tlbi_va(v))
		return EXIT_cp15_tlb;
	return vpsr_thumb(v) ? trapped_thumb(v) : hypercall(v); // what the window made of a Thumb one
}

static enum exit_reason
undef_user(struct vcpu *v)
{
	uint32_t insn;

	if (!access_insn(v, GVA(v->pc), &insn)) {
		inject_undef(v);
		return EXIT_undef;
	}
	if (vfpsys_undef(v, insn))
		return EXIT_fpu;
	if (insn < 0xf0000000u && bits(insn, 27, 26) == 3u && bits(insn, 11, 9) == 7u) {
		enum cp_result r = bit(insn, 8) ? cp15_access(v, insn) : cp14_access(v, insn);

		if (r == CP_DONE) {
			vpsr_next(v);
			return bit(insn, 8) ? EXIT_cp15 : EXIT_cp14;
		}
	}
	inject_undef(v);
	return EXIT_undef;
}

static enum exit_reason
undef_kernel(struct vcpu *v)
{
	uint32_t run, original;
	const struct bt_row *row;

	if (vpsr_thumb(v))
		return trapped_thumb(v);
	if (!exec_words(v, &run, &original))
		return fetch_again(v, EXIT_undef);
	if (vfpsys_undef(v, original))
		return EXIT_fpu;
	row = bt_decode_a32(original);
	if (row && (row->flags & BT_SENSITIVE)) {
		exec_patch_late(v);
		return emulate_sensitive(v, original);
	}
	return reflect(v, row);
}

//----------------------------------------------------------------------------
// Aborts

static enum exit_reason
prefetch_abort(struct vcpu *v)
{
	gva_t va = GVA(sysreg_read_ifar()); // of a T32 instruction's second half, it may be
	struct spt_request rq = {&v->cp15.mmu, va, MMU_EXEC, vpsr_privileged(v), view_of(v)};
	uint32_t fs = FSR_FS(sysreg_read_ifsr());
	struct mmu_xlat x;

	if (fs == FS_DEBUG && vpsr_privileged(v) && vpsr_thumb(v))
		return trapped_thumb(v);
	if (fs == FS_DEBUG) {
		inject_prefetch_abort(v, FS_DEBUG, GVA(v->pc));
		return EXIT_bkpt;
	}
	if (fs == FS_ALIGNMENT) { // in ARM state with bit 1 set, before anything is translated
		inject_prefetch_abort(v, FS_ALIGNMENT, va);
		return EXIT_fault;
	}
	if (!is_of_translation(fs))
		host_abort(v);
	switch (spt_fill(&v->vm->spt, &rq, &x, &fs)) {
	case SPT_OK:
		break;
	case SPT_UNSCANNED:
		regime_open_domain(v, x.domain);
		exec_page(v, &rq, &x);
		return EXIT_exec;
	case SPT_WINDOW:
		vm_move_window(v->vm);
		return EXIT_fill;
	case SPT_DEVICE:
		fs = FS_SYNC_EXTERNAL; // falls through
	case SPT_FAULT:
	case SPT_TRACKED:
		inject_prefetch_abort(v, fs, va);
		return EXIT_fault;
	}
	regime_open_domain(v, x.domain);
	v->dropped_va = NOT_A_PAGE;
	return EXIT_fill;
}

// What can't be decoded is UNPREDICTABLE with whatever it accesses.
static enum exit_reason
emulate_access(struct vcpu *v, enum exit_reason reason)
{
	uint32_t insn;

	if (!access_insn(v, GVA(v->pc), &insn))
		return fetch_again(v, reason);
	if (emulate_ldst(v, insn) || exec_table_branch(v, insn))
		return reason;
	inject_undef(v);
	return EXIT_undef;
}

static enum exit_reason
device_access(struct vcpu *v)
{
	enum exit_reason reason = emulate_access(v, EXIT_mmio);

	irq_after_mmio(v);
	v->timers_changed = true; // the RTC's alarm is one
	return reason;
}

static enum exit_reason
tracked_write(struct vcpu *v, gpa_t gpa)
{
	if (vpsr_privileged(v))
		return emulate_access(v, EXIT_write_code);
	access_code_drop(v, gpa);
	regime_refresh(v);
	return EXIT_write_code;
}

// A data abort, and what a fill has made of it.
struct data_abort {
	uint32_t dfsr, fs;
	struct spt_request rq;
	struct mmu_xlat x;
	enum spt_result result;
};

// A permission fault that the core calls a read's, though reading is allowed, is a
// store's: QEMU reports STREX so.
static enum spt_result
fill(struct vcpu *v, struct data_abort *a)
{
	enum spt_result r = spt_fill(&v->vm->spt, &a->rq, &a->x, &a->fs);

	if (r != SPT_OK || a->rq.access == MMU_WRITE || !FS_IS_PERMISSION(a->dfsr))
		return r;
	a->rq.access = MMU_WRITE;
	return spt_fill(&v->vm->spt, &a->rq, &a->x, &a->fs);
}

// Whether what was missing is there now: the most frequent of slow exits.
static bool
fill_data(struct vcpu *v, struct data_abort *a)
{
	uint32_t dfsr = sysreg_read_dfsr(), fs = FSR_FS(dfsr);

	a->dfsr = dfsr;
	a->rq = (struct spt_request){&v->cp15.mmu, GVA(sysreg_read_dfar()), dfsr & DFSR_WnR ? MMU_WRITE : MMU_READ,
				     v->view_now == VIEW_KERNEL, (enum spt_view)v->view_now};
	if (!is_of_translation(fs)) {
		if (fs != FS_ALIGNMENT)
			host_abort(v);
		a->fs = fs;
		a->x.domain = 0;
		a->result = SPT_FAULT;
		return false;
	}
	a->result = fill(v, a);
	if (!(a->rq.va.v & PAGE_MASK) && !(dfsr & DFSR_WnR) && a->result != SPT_FAULT)
		emulate_restore_base(v, a->rq.va);
	if (a->result != SPT_OK)
		return false;
	if (FS_IS_DOMAIN(dfsr)) // else a domain that is still closed physically is hot_domain's
		regime_open_domain(v, a->x.domain);
	v->dropped_va = NOT_A_PAGE;
	return true;
}

// A data abort that isn't over with a fill.
static enum exit_reason
data_abort(struct vcpu *v, const struct data_abort *a)
{
	switch (a->result) {
	case SPT_WINDOW:
		vm_move_window(v->vm);
		return EXIT_fill;
	case SPT_DEVICE:
		return device_access(v);
	case SPT_TRACKED:
		return tracked_write(v, a->x.gpa);
	case SPT_FAULT:
		inject_data_abort(v, a->fs, a->x.domain, a->rq.access == MMU_WRITE, a->rq.va);
		return EXIT_fault;
	case SPT_OK:
	case SPT_UNSCANNED: // never for data
		break;
	}
	BUG_ON(true);
}

// A load by an instruction that the window doesn't do, or of what may be a patched word (watch.h). Of a STREX
// it is what the core reads before it stores.
static enum exit_reason
watched_load(struct vcpu *v)
{
	watch_stopped(v);
	return emulate_access(v, EXIT_watch);
}

//----------------------------------------------------------------------------

static enum exit_reason
undef(struct vcpu *v)
{
	if (!(v->cpsr & PSR_IL))
		return vpsr_privileged(v) ? undef_kernel(v) : undef_user(v);
	inject_undef(v); // whatever the instruction is
	return EXIT_undef;
}

static enum exit_reason
handle(struct vcpu *v, enum trap trap)
{
	switch (trap) {
	case TRAP_SVC:
		return svc(v);
	case TRAP_SVC_THUMB:
		inject_svc(v);
		return EXIT_guest_svc;
	case TRAP_UNDEF:
		return undef(v);
	case TRAP_PREFETCH_ABORT:
		return prefetch_abort(v);
	case TRAP_WATCH:
		return watched_load(v);
	case TRAP_DATA_ABORT: // trap_slow's
		break;
	case TRAP_IRQ:
		v->profile.kernel += v->view_now == VIEW_KERNEL;
		v->profile.user += v->view_now == VIEW_USER;
		irq_host(v);
		v->timers_changed = true;
		return EXIT_irq;
	}
	BUG_ON(true);
}

// Keeps the books of an exit that ends now.
static void
account(struct vcpu *v, enum exit_reason reason)
{
	irq_heard(v);
	profile_exit(&v->profile, reason);
	v->count[reason]++;
	v->slow[reason]++;
	v->cost[reason] += v->deaf_since - v->start;
	if (v->deaf > v->worst[reason])
		v->worst[reason] = v->deaf;
}

// Keeps the books of a fill for a load or store, as account() does. Nothing of the guest has changed, and no interrupt
// can have become deliverable.
static void
filled(struct vcpu *v)
{
	uint32_t ticks;

	regime_leave(v);
	ticks = (uint32_t)sysreg_read_cntvct() - v->start;
	v->count[EXIT_fill]++;
	v->slow[EXIT_fill]++;
	v->cost[EXIT_fill] += ticks;
	if (ticks > v->worst[EXIT_fill])
		v->worst[EXIT_fill] = ticks;
}

static void
meet_thumb(struct vcpu *v)
{
	if (vpsr_thumb(v) && vpsr_privileged(v))
		exec_meets_thumb(v);
}

static void
begin(struct vcpu *v)
{
	v->deaf_since = v->start;
	v->deaf = 0;
	v->profile.pc = v->pc;
	if (v->view_now == VIEW_USER) // the user's own to write; load_view will write it back
		v->view[VIEW_USER].tpidrurw = sysreg_read_tpidrurw();
	meet_thumb(v);
	v->size = 4; // but for T16, whose handlers know
}

bool
trap_slow(struct vcpu *v, enum trap trap)
{
	enum exit_reason reason;
	struct data_abort abort;

	regime_enter(v);
	if (trap == TRAP_DATA_ABORT && fill_data(v, &abort)) {
		filled(v);
		return true;
	}
	begin(v);
	reason = trap == TRAP_DATA_ABORT ? data_abort(v, &abort) : handle(v, trap);
	if (v->pc & 3u && !vpsr_thumb(v)) // an emulated branch leads there
		inject_prefetch_abort(v, FS_ALIGNMENT, GVA(v->pc));
	if (v->timers_changed)
		irq_update(v);
	irq_lines(v);
	if (v->waiting)
		irq_wait(v);
	irq_deliver(v);
	meet_thumb(v); // by an exception return, say
	if (v->check_targets)
		exec_arrive(v);
	regime_leave(v);
	account(v, reason);
	if (v->moved)
		vm_enter(v);
	return false;
}
