// SPDX-License-Identifier: MIT
//
// What the host's `palimpsest fuzz` and the guest's runner (test/fuzz/) tell each other.
//
// The host writes a batch, struct fuzz_batch and its cases, and gives it to QEMU as the
// initrd of the runner, a kernel that runs bare and under the monitor alike. The runner
// executes case after case and writes a struct fuzz_result each to FUZZ_RESULTS in its
// RAM, which the host has mapped. Under the monitor that RAM lies somewhere in the
// host's, at a multiple of 1 MiB; its magic and the batch's nonce tell where. `running` is stored before
// a case begins, so it names the case that hung or brought the machine down; after
// the last the runner sets `done` and powers the machine off.
//
// A case is a slot of code, entered with a complete state by an exception return. It ends
// at the first exception of any kind, so the slot's own last instruction is one (FUZZ_EXIT_*),
// and wherever the code may branch to there is another, or nothing mapped. The result is
// the state as the vector found it; LR and SPSR of the vector's mode tell where it came from.
//
// A case may as well be an MMU program (mmu.h); a batch has either kind.
//
// All fields are 32-bit words, little-endian, so that both sides agree on the layout.
#ifndef FUZZ_CASE_H
#define FUZZ_CASE_H

#include <stddef.h>
#include <stdint.h>
#include "test/fuzz/mmu.h"

#define FUZZ_MAGIC         0x7a7a7566u // of a batch
#define FUZZ_RESULTS_MAGIC 0x72747566u
#define FUZZ_VERSION       3u
#define FUZZ_RAM_MIB       128u // guest RAM: QEMU then places the initrd at 64 MiB

// Guest-physical addresses; with the MMU on all of it is mapped flat, in domain 0 if not said otherwise.
#define FUZZ_TTBR0   0x40100000u // translation tables
#define FUZZ_PAD_A32 0x40200000u // 4 KiB of A32 UDF: somewhere to branch to, for all modes
#define FUZZ_PAD_T   0x40201000u // 4 KiB of T16 UDF
#define FUZZ_WINDOW  0x407fe000u // data: 4 pages, the first two in domain 1, the others in domain 2
#define FUZZ_CODE    0x40900000u // slots
#define FUZZ_RESULTS 0x41000000u // to the initrd, 48 MiB

#define FUZZ_PAGES        4u
#define FUZZ_RETURN       0x800u // offset in each page of the window where it has FUZZ_BX_LR to be called
#define FUZZ_BX_LR        0xe12fff1eu
#define FUZZ_DEVICE       0x09030000u // PL061 GPIO
#define FUZZ_NOTHING      0x0b000000u // a page at which no device is
#define FUZZ_WINDOW_BYTES (FUZZ_PAGES * 4096u)

// Slots. A page begins with a head that names every slot of it by a direct branch, so that
// the monitor's scan of the page reaches them in their instruction set.
#define FUZZ_SLOT_WORDS     8u
#define FUZZ_SLOTS_PER_PAGE 112u // 1 word for each in the head, and 1 for its return
#define FUZZ_SLOTS_MAX      (1792u * FUZZ_SLOTS_PER_PAGE)
#define FUZZ_SLOT_ADDRESS(slot)                                                                                        \
	(FUZZ_CODE + (slot) / FUZZ_SLOTS_PER_PAGE * 4096u + 512u + (slot) % FUZZ_SLOTS_PER_PAGE * FUZZ_SLOT_WORDS * 4u)

// How code ends; words that aren't needed should hold it as well. UDF takes the UND mode's LR and SPSR, SVC the SVC
// mode's: choose what the case isn't about.
#define FUZZ_EXIT_A32_UDF 0xe7f042f2u
#define FUZZ_EXIT_A32_SVC 0xef000042u
#define FUZZ_EXIT_T16_UDF 0xde42u
#define FUZZ_EXIT_T16_SVC 0xdf42u

// CP15 and CP14 registers: X(name, coprocessor, opc1, CRn, CRm, opc2). The fast ones are set before and
// read after every case, the others only of cases with FUZZ_F_SYSTEM, as FPEXC and FPSCR are: code that
// may change one of those needs the flag. The registers of VFP and Advanced SIMD hold the same values before
// each case with FUZZ_F_VFP and are not part of the state.
#define FUZZ_FAST_REGS(X)                                                                                              \
	X(SCTLR, 15, 0, 1, 0, 0)                                                                                       \
	X(DACR, 15, 0, 3, 0, 0)                                                                                        \
	X(DFSR, 15, 0, 5, 0, 0)                                                                                        \
	X(IFSR, 15, 0, 5, 0, 1)                                                                                        \
	X(DFAR, 15, 0, 6, 0, 0)                                                                                        \
	X(IFAR, 15, 0, 6, 0, 2)                                                                                        \
	X(TPIDRURO, 15, 0, 13, 0, 3)                                                                                   \
	X(TPIDRPRW, 15, 0, 13, 0, 4)
#define FUZZ_SLOW_REGS(X)                                                                                              \
	X(TPIDRURW, 15, 0, 13, 0, 2)                                                                                   \
	X(CPACR, 15, 0, 1, 0, 2)                                                                                       \
	X(TTBR0, 15, 0, 2, 0, 0)                                                                                       \
	X(TTBR1, 15, 0, 2, 0, 1)                                                                                       \
	X(TTBCR, 15, 0, 2, 0, 2)                                                                                       \
	X(PAR, 15, 0, 7, 4, 0)                                                                                         \
	X(PMSELR, 15, 0, 9, 12, 5)                                                                                     \
	X(PMUSERENR, 15, 0, 9, 14, 0)                                                                                  \
	X(PRRR, 15, 0, 10, 2, 0)                                                                                       \
	X(NMRR, 15, 0, 10, 2, 1)                                                                                       \
	X(CONTEXTIDR, 15, 0, 13, 0, 1)                                                                                 \
	X(CSSELR, 15, 2, 0, 0, 0)                                                                                      \
	X(CNTKCTL, 15, 0, 14, 1, 0)                                                                                    \
	X(TEECR, 14, 6, 0, 0, 0)

// Indices into fuzz_state.cp.
enum fuzz_cp {
#define X(name, ...) FUZZ_CP_##name,
	FUZZ_FAST_REGS(X) FUZZ_CP_FAST,
	FUZZ_CP_LAST_FAST = FUZZ_CP_FAST - 1,
	FUZZ_SLOW_REGS(X)
#undef X
	    FUZZ_CP_FPEXC,
	FUZZ_CP_FPSCR,
	FUZZ_CP_COUNT
};

struct fuzz_bank {
	uint32_t sp, lr, spsr;
};

// The complete state. A case is entered by an exception return from SVC mode, or UND mode if it is an SVC mode
// case, which takes the start's cpsr for SPSR: of that mode start's spsr has no effect.
struct fuzz_state {
	uint32_t r[8];
	uint32_t usr_r8[5];      // r8 to r12 of all modes but FIQ
	uint32_t pc;             // start: filled in by the runner, from slot and entry; end: LR as the vector found it
	uint32_t usr_sp, usr_lr; // of USR and SYS
	uint32_t fiq_r8[5];
	struct fuzz_bank fiq, irq, svc, abt, und;
	uint32_t cpsr;
	uint32_t cp[FUZZ_CP_COUNT];
};

// What a case starts from if the host wants nothing special; slow registers have these values in cases
// without FUZZ_F_SYSTEM. Registers not here: 0.
#define FUZZ_SCTLR_OFF 0x00c50078u // MMU off
#define FUZZ_SCTLR_ON  0x00c5187du // M, C, Z, I
#define FUZZ_SCTLR_M   0x00000001u // these may vary, and C, Z, I and SW; EE not together with M, whose tables
#define FUZZ_SCTLR_A   0x00000002u // are little-endian
#define FUZZ_SCTLR_EE  0x02000000u
#define FUZZ_SCTLR_TE  0x40000000u
#define FUZZ_DACR      0x55555555u // domain 0 must be client or manager, 1 and 2 are the window's
#define FUZZ_CPACR     0x00f00000u
#define FUZZ_FPEXC     0x40000000u

#define FUZZ_F_SYSTEM  0x1u  // sets and reads the slow registers, FPEXC and FPSCR too
#define FUZZ_F_PENDING 0x2u  // an IRQ is pending at the GIC while the case runs
#define FUZZ_F_FIQ     0x4u  // an FIQ is
#define FUZZ_F_DEVICE  0x8u  // may access FUZZ_DEVICE
#define FUZZ_F_VFP     0x10u // the registers of VFP and Advanced SIMD are part of the result

struct fuzz_word {
	uint32_t address, value; // address in the window, a multiple of 4
};

#define FUZZ_POKES   8u
#define FUZZ_TOUCHED 16u

struct fuzz_case {
	uint32_t id;   // the host's own, given back in the result
	uint32_t slot; // where the code stands; each but once in a batch
	uint32_t flags;
	uint32_t entry;  // offset in the slot where it begins; bit 0: the slot is Thumb code
	uint32_t rights; // 4 bits for each page of the window, the first lowest: FUZZ_RIGHTS_*; with the MMU on.
			 // From bit 16 on what the page is, FUZZ_BACKING_*, likewise
	uint32_t n_pokes;
	struct fuzz_word poke[FUZZ_POKES]; // stored into the window before
	uint32_t code[FUZZ_SLOT_WORDS];    // in place of the last word the runner puts a branch to itself
	struct fuzz_state start;
};

#define FUZZ_RIGHTS_MAPPED   0x8u    // with AP[2:0] below it; without, a translation fault
#define FUZZ_BACKING_RAM     0u      // the window's own page
#define FUZZ_BACKING_CODE    1u      // that, of which code has been executed (FUZZ_RETURN)
#define FUZZ_BACKING_DEVICE  2u      // FUZZ_DEVICE's
#define FUZZ_BACKING_NOTHING 3u      // FUZZ_NOTHING
#define FUZZ_RIGHTS          0x9dabu // AP 3 (all RW), 2 (user RO), 5 (kernel RO), 1 (kernel RW)

enum fuzz_vector { FUZZ_NONE, FUZZ_UND, FUZZ_SVC, FUZZ_PABT, FUZZ_DABT, FUZZ_HYP, FUZZ_IRQ, FUZZ_FIQ };

struct fuzz_result {
	uint32_t id;
	uint32_t vector; // enum fuzz_vector; FUZZ_NONE: not run to its end
	union {
		struct {
			uint32_t n_touched; // words that differ from what they are at first, pokes included; may exceed
					    // FUZZ_TOUCHED: of the window, of FUZZ_DEVICE, and at 0 and up of VFP's
					    // registers
			uint32_t hash;      // over all of those: rotate_left(hash, 5) + (address ^ value) * 0x9e3779b1
			struct fuzz_word touched[FUZZ_TOUCHED]; // the first, by address
			struct fuzz_state end;
		};
		struct fuzz_mmu_result mmu; // of a program
	};
};

// The kinds of case, and what they take in the batch and in the results.
enum fuzz_kind { FUZZ_INSN, FUZZ_MMU };
#define FUZZ_CASE_BYTES(kind) ((kind) == FUZZ_MMU ? sizeof(struct fuzz_mmu_program) : sizeof(struct fuzz_case))
#define FUZZ_RESULT_BYTES(kind)                                                                                        \
	((kind) == FUZZ_MMU ? sizeof(struct fuzz_result)                                                               \
			    : offsetof(struct fuzz_result, end) + sizeof(struct fuzz_state))

// The initrd: this and n_cases cases behind it.
struct fuzz_batch {
	uint32_t magic, version, nonce[2];
	uint32_t n_cases;
	uint32_t first;                    // case to begin with: the results of those before are left alone
	uint32_t kind;                     // enum fuzz_kind
	uint32_t case_bytes, result_bytes; // sizes of the structs, checked by the runner
	uint32_t reserved;
};

// At FUZZ_RESULTS, of programs and of the runner's errors at FUZZ_MMU_RESULTS.
struct fuzz_results {
	uint32_t magic, version, nonce[2];
	uint32_t n_cases;
	uint32_t running; // index of the case that runs now
	uint32_t done;    // 1: all have run; else FUZZ_ERROR_*
	uint32_t reserved[9];
};
#define FUZZ_RESULT(results, kind, n)                                                                                  \
	((struct fuzz_result *)(void *)((char *)((results) + 1) + (n)*FUZZ_RESULT_BYTES(kind)))

#define FUZZ_DONE         1u
#define FUZZ_ERROR_INITRD 2u // none, or not a batch of this version
#define FUZZ_ERROR_SLOT   3u // running names a case whose slot, entry or poke is out of range

// What a word of the window holds before each case.
static inline uint32_t
fuzz_fill(uint32_t address)
{
	uint32_t x = address * 0x9e3779b1u;

	return (address & 0xfffu) == FUZZ_RETURN ? FUZZ_BX_LR : x ^ x >> 15;
}

#endif
