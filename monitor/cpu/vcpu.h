// SPDX-License-Identifier: MIT
//
// A virtual CPU. The first pages of it are mapped into the window, where the
// assembly of window.S and the hot paths of hot.c work on it; vcpu->self is
// the address at which the rest of the monitor knows it.
#ifndef MONITOR_CPU_VCPU_H
#define MONITOR_CPU_VCPU_H

#include "mmu/walk.h"
#include "monitor/base/psr.h"
#include "monitor/base/types.h"
#include "monitor/cpu/profile.h"
#include "monitor/cpu/vpmu.h"
#include "shadowpt/spt.h"

// What the physical vectors tell the C side.
enum trap {
	TRAP_UNDEF,
	TRAP_SVC,
	TRAP_PREFETCH_ABORT,
	TRAP_DATA_ABORT,
	TRAP_IRQ,
	TRAP_WATCH,     // a data abort by a watchpoint
	TRAP_SVC_THUMB, // an SVC of the kernel's own: what replaces Thumb instructions are undefined encodings
};

// The banked registers of one mode; indexed by mode & 15, where SYS shares USR's.
struct bank {
	uint32_t sp, lr, spsr, pad;
};

// The physical translation regime of one view (kernel or user).
struct view {
	uint32_t ttbr0;      // shadow table with walk attributes
	uint32_t contextidr; // the host's ASID
	uint32_t dacr;       // never laxer than the guest's
	uint32_t cntkctl;
	uint32_t cpacr;
	uint32_t tpidrurw; // kernel view: the guest's TPIDRPRW (see a32.def), user view: its TPIDRURW
};

// Interrupt lines, in the order of the mask bits F and I of a PSR from bit 6 on.
#define LINE_FIQ 1u
#define LINE_IRQ 2u

#define VIEW_KERNEL 0u
#define VIEW_USER   1u

// The unprivileged-access TLB: which pages LDRT and STRT may touch without asking
// C. An entry is the page's number | the host's ASID of the kernel view | UTLB_R | UTLB_W; 0 matches nothing.
#define UTLB_ENTRIES    64u
#define UTLB_ASID_SHIFT 20u
#define UTLB_R          (1u << 28)
#define UTLB_W          (1u << 29)

#define NOT_A_PAGE        0xffffffffu
#define DROPPED_ALL_ASIDS 0x100u // in dropped_va beside the page, in the ASID's stead

// The cache of known targets, where they are checked. A target is written as BX takes it; an entry of A32's has bit 1
// set, so that no entry is 0. A set has the last that were met of those that share it.
#define TARGET_ENTRIES 4096u
#define TARGET_WAYS    4u

struct vm;
struct core;

// The CP15 state that has no effect but to be read back or that C acts on, but for switches of space.
struct cp15_state {
	struct mmu_regs mmu; // SCTLR TTBCR TTBR0/1 DACR PRRR NMRR CONTEXTIDR
	uint32_t cpacr, csselr;
	uint32_t dfsr, ifsr, dfar, ifar, par, par_high;
	uint32_t vbar, tpidruro;
	uint32_t teecr, teehbr;
	uint32_t cntkctl, cntfrq;
};

// One generic timer as the guest programmed it (ARM ARM B8.1).
struct vtimer {
	uint32_t ctl; // CNT?_CTL: ENABLE, IMASK
	uint64_t cval;
};

// CP14: breakpoints and watchpoints are stored and read back, never acted on.
struct cp14_state {
	uint32_t dscr, oslsr, osdlr;
	uint32_t bvr[16], bcr[16], wvr[16], wcr[16];
};

struct vcpu {
	// Used by assembly, by offset (monitor/exit/asm-offsets.c).
	union {                    // no number of a register, which has four bits, is out of bounds
		uint32_t regs[16]; // r0-r14 of the current mode, and pc
		struct {
			uint32_t r0_r14[15], pc;
		};
	};
	uint32_t cpsr; // physical: flags, IT, E, T
	uint32_t mode; // virtual: M, A, I, F
	struct view view[2];
	struct bank bank[16];
	uint32_t usr_r8_r12[5], fiq_r8_r12[5]; // whichever isn't in regs
	uint32_t view_now;                     // the view that is loaded while the guest runs
	uint32_t lines;                        // LINE_*: what the GIC signals to this VCPU
	uint32_t vectors;                      // VBAR, or 0xffff0000 with SCTLR.V
	uint32_t exc_psr;                      // T and E on exception entry (SCTLR.TE, EE)
	uint32_t host_ttbr0;                   // the monitor's own table
	uint32_t window_ttbr0;                 // a table of the window alone
	uint32_t host_stack;                   // this core's, for C
	uint32_t slow_entry;                   // trap_slow()
	uint32_t fatal_entry;                  // trap_fatal()
	uint32_t nested;                       // enum trap: what is done the slow way if a hot or warm handler faults
	uint32_t scratch[2];                   // window.S, before it knows whom it interrupted
	uint32_t self;                         // this struct, in the monitor's own map
	uint32_t window;                       // this struct, in the window
	uint32_t word;                         // the kernel's last hypercall, as it was run
	uint32_t dropped_va;                   // of the last TLBIMVA, if no shadow was filled since; else NOT_A_PAGE
	uint32_t check_targets; // where the kernel goes is looked at: by `block`, or because it uses Thumb
	uint32_t closes_blocks; // the policy is `block`, so that hypercalls which close blocks are ours
	uint32_t dacr_closed;   // domains that kernel entry leaves physically closed
	uint32_t utlb[UTLB_ENTRIES];
	uint32_t start;                                     // CNTVCT, low word, when the current exit began
	uint32_t count[EXIT_COUNT];                         // exits by reason
	uint64_t cost[EXIT_COUNT];                          // ticks of CNTVCT spent in them
	uint32_t hot_stack[96] __attribute__((aligned(8))); // hot.c's
	struct cp15_state cp15;
	struct vpmu pmu;
	struct spt_known known[SPT_ASIDS + 1] __attribute__((aligned(64))); // the last: none
	uint32_t targets[TARGET_ENTRIES];

	// C only.
	struct vm *vm;
	unsigned id; // MPIDR.Aff0
	struct cp14_state cp14;
	struct vtimer vtimer, ptimer;
	uint32_t size;              // bytes of the instruction that is being emulated
	uint32_t fpexc;             // the guest's FPEXC, whatever the physical one is
	uint64_t deadline;          // that the host's timer is set to
	bool timers_changed;        // the guest's timers or their deadline may have
	bool moved;                 // the window has: window.S's way back is gone
	bool waiting;               // in WFI
	bool off;                   // by PSCI
	uint32_t slow[EXIT_COUNT];  // how many of the exits went to C by the slow way
	uint32_t deaf_since;        // CNTVCT, low word, when a physical interrupt could last get in
	uint32_t deaf;              // the longest that none could, in this exit, in ticks
	uint32_t worst[EXIT_COUNT]; // of all exits of the reason
	struct profile profile;
	uint64_t vfp[32];
	uint32_t fpscr;
};

static inline uint32_t *
vcpu_targets(struct vcpu *v, uint32_t target)
{
	uint32_t set = (target >> 2 ^ target >> 12) % (TARGET_ENTRIES / TARGET_WAYS);

	return &v->targets[set * TARGET_WAYS];
}

static inline uint32_t
vcpu_target_entry(uint32_t target)
{
	return target & 1u ? target : target | 2u;
}

#endif
