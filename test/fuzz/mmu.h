// SPDX-License-Identifier: MIT
//
// MMU programs: the fuzzer's other kind of case. Host and runner agree on this as they do on case.h.
//
// A program is a list of operations (mmu.def), run one after the other: descriptors are written, control
// registers changed, memory is read, written and executed, privileged and from user mode. After each
// operation the runner records what came out, at the end a hash of the scratch memory.
//
// The runner itself lies in sections of domain 15 that all first-level tables have and no program
// changes: privileged read and write, and the page of operations read-only for both. A program's
// own entries are those of VAs that FUZZ_MMU_REGIONS has, in FUZZ_MMU_L1S first-level tables, and in
// second-level tables of its own. They map "live" frames of scratch memory, or addresses with nothing behind.
// Before a program those entries are faults, registers hold FUZZ_MMU_START, the TLB is empty.
//
// Live frames hold data at both ends and functions between, FUZZ_MMU_FUNCTIONS A32 ones first, then as
// many in T16; the words of all are fuzz_mmu_template(). Data are words that no policy takes for a
// sensitive instruction.
#ifndef FUZZ_MMU_H
#define FUZZ_MMU_H

#define FUZZ_MMU_STUBS    0x40200000u // the operations' code, 32 bytes each, behind the one that user mode returns by
#define FUZZ_MMU_STUB(op) (FUZZ_MMU_STUBS + 32u + (op)*32u)

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

// Operands of TLB and cache operations, and which translation AT asks for.
#define FUZZ_MMU_BY_ALL          0u
#define FUZZ_MMU_BY_VA           1u
#define FUZZ_MMU_BY_ASID         2u
#define FUZZ_MMU_BY_VAA          3u
#define FUZZ_MMU_BY_SW           4u
#define FUZZ_MMU_AT(user, write) ((user) << 1 | (write))

enum fuzz_mmu_class {
	FUZZ_MMU_IS_LOAD,
	FUZZ_MMU_IS_LOAD2, // two words, aligned to one
	FUZZ_MMU_IS_LOADT, // unprivileged; from user mode the same as LOAD
	FUZZ_MMU_IS_STORE,
	FUZZ_MMU_IS_STORE2,
	FUZZ_MMU_IS_STORET,
	FUZZ_MMU_IS_EXCL,
	FUZZ_MMU_IS_EXEC, // address: of a function, bit 0 set for Thumb
	FUZZ_MMU_IS_SET,  // writes `count` descriptors
	FUZZ_MMU_IS_TLBI, // value: its operand
	FUZZ_MMU_IS_TLBII,
	FUZZ_MMU_IS_TLBID,
	FUZZ_MMU_IS_SYNC, // makes instructions of the address visible to their execution
	FUZZ_MMU_IS_CACHE,
	FUZZ_MMU_IS_AT,
	FUZZ_MMU_IS_REG,
};

enum fuzz_mmu_kind {
#define OP(name, ...) FUZZ_MMU_##name,
#include "test/fuzz/mmu.def"
#undef OP
	FUZZ_MMU_KINDS
};

struct fuzz_mmu_op {
	uint8_t kind;   // enum fuzz_mmu_kind
	uint8_t user;   // 1: in user mode
	uint16_t count; // of SET
	uint32_t value, address;
};

#define FUZZ_MMU_OPS 80u

struct fuzz_mmu_program {
	uint32_t id;
	uint32_t n_ops;
	struct fuzz_mmu_op op[FUZZ_MMU_OPS];
};

// What came of an operation.
struct fuzz_mmu_log {
	uint32_t what;    // enum fuzz_vector, FUZZ_NONE: none; SPSR's M and T in bits 15:8; the LR's distance in 31:16
	uint32_t value;   // r0 behind it; after an exception the base register r1
	uint32_t status;  // DFSR or IFSR, if it was an abort
	uint32_t address; // DFAR or IFAR
};

struct fuzz_mmu_result {
	uint32_t n_ops, hash;
	struct fuzz_mmu_log log[FUZZ_MMU_OPS];
};

// Tables.
#define FUZZ_MMU_L1S        3u
#define FUZZ_MMU_L1(n)      (0x40300000u + (n)*0x4000u)
#define FUZZ_MMU_L2S        6u
#define FUZZ_MMU_L2(n)      (0x40310000u + (n)*0x400u)
#define FUZZ_MMU_SECTION    0x0000140eu // RAM | this: Normal, domain 15 below, kernel only
#define FUZZ_MMU_SECTION_RO 0x00008000u // with these: read-only for kernel and user
#define FUZZ_MMU_USER       0x00000800u
#define FUZZ_MMU_DOMAIN     0x000001e0u

// Virtual addresses: regions of 16 MiB, so that a supersection can cover one. X(base, first of its two MiB)
#define FUZZ_MMU_REGIONS(X)                                                                                            \
	X(0x00000000u, 0u)                                                                                             \
	X(0x01000000u, 0u)                                                                                             \
	X(0x02000000u, 0u)                                                                                             \
	X(0x08000000u, 0u)                                                                                             \
	X(0x10000000u, 0u)                                                                                             \
	X(0x20000000u, 0u)                                                                                             \
	X(0x60000000u, 0u)                                                                                             \
	X(0x80000000u, 0u)                                                                                             \
	X(0xc0000000u, 7u)                                                                                             \
	X(0xff000000u, 7u) // the monitor's window, if nothing moves it

// Scratch memory: 16 MiB, of which these MiBs and pages have live frames.
#define FUZZ_MMU_RAM           0x47000000u
#define FUZZ_MMU_NOWHERE       0x50000000u // 256 MiB with nothing behind
#define FUZZ_MMU_LIVE_MIBS(X)  X(0u) X(1u) X(7u) X(8u)
#define FUZZ_MMU_LIVE_PAGES(X) X(0u) X(1u) X(16u) X(255u)
#define FUZZ_MMU_PAGES         4u // of them
#define FUZZ_MMU_FRAMES        16u

// A live frame: data, functions of 4 words, nothing, data.
#define FUZZ_MMU_DATA_END    0x080u
#define FUZZ_MMU_CODE_END    0x100u
#define FUZZ_MMU_DATA_BEGIN2 0xf80u
#define FUZZ_MMU_FUNCTIONS   4u
#define FUZZ_MMU_CODE(n)     (FUZZ_MMU_DATA_END + (n)*16u) // function n; from FUZZ_MMU_FUNCTIONS on it is T16

// Registers before a program.
#define FUZZ_MMU_START_SCTLR 0x00c5187du // as FUZZ_SCTLR_ON
#define FUZZ_MMU_START_DACR  0x55555555u
#define FUZZ_MMU_START_PRRR  0x000a8aa4u // index 7 and 3 must stay Normal: the runner's own is 7
#define FUZZ_MMU_START_NMRR  0x40e040e0u

// The code of functions. They are made so that a scan that follows the flow from one of them gets to all A32 ones:
// these return by two conditional instructions, and T16 ones seem to go on in A32 state, but for their flags.
#define A32_MOVW_R0(n)  (0xe3000000u | ((n)&0xf000u) << 4 | ((n)&0xfffu))
#define A32_MRS_CPSR    0xe10f0000u
#define A32_TPIDRPRW    0xee1d0f90u // MRC
#define A32_LITERAL     0xe59f0004u // LDR r0, the fourth word
#define A32_BXEQ_LR     0x012fff1eu
#define A32_BXNE_LR     0x112fff1eu
#define A32_B(from, to) (0xea000000u | (((to) - (from)-8u) >> 2 & 0xffffffu))
#define T16_MOV_BEQ(n)  (0xd0012000u | ((n)&0xffu)) // to the third word
#define T16_BX_LR_NOP   0x46c04770u
#define T16_BX_PC_NOP   0x46c04778u

// Whether the T16 functions of a page are executed. Then nothing of its A32 ones is sensitive, since the page policy
// doesn't notice a change of state in a page that it knows in the other one (docs/caveats.md).
#define FUZZ_MMU_THUMB(page) ((page)&1u)

// What the word at this address of a live frame holds before a program.
static inline uint32_t
fuzz_mmu_template(uint32_t address)
{
	uint32_t offset = address & 0xfffu, page = address >> 12 & 0xfffu, n = (offset - FUZZ_MMU_DATA_END) / 16u;
	uint32_t word = offset / 4u % 4u, value = (page * 8u + n) * 2u + 1u;

	if (offset < FUZZ_MMU_DATA_END || offset >= FUZZ_MMU_CODE_END)
		return 0x10101010u | (((address >> 2) * 0x9e3779b1u >> 3) & 0x07070707u);
	if (n >= FUZZ_MMU_FUNCTIONS)
		return word == 0   ? T16_MOV_BEQ(value)
		       : word == 1 ? T16_BX_LR_NOP
		       : word == 2 ? T16_BX_PC_NOP
				   : A32_B(offset, FUZZ_MMU_DATA_END);
	if (word == 0)
		return n == 1u && !FUZZ_MMU_THUMB(page) ? A32_MRS_CPSR : n == 2u ? A32_LITERAL : A32_MOVW_R0(value);
	if (word == 3)
		return n + 1u == FUZZ_MMU_FUNCTIONS ? A32_B(offset, FUZZ_MMU_DATA_END) : 0x10101010u | page;
	return word == 1 ? A32_BXEQ_LR : A32_BXNE_LR;
}

#endif
#endif
