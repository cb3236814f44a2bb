// SPDX-License-Identifier: MIT
//
// MMU programs: the fuzzer's other kind of case. Host and runner agree on this as they do on case.h.
//
// A program is a list of operations (mmu.def), run one after the other: descriptors are written, control
// registers changed, memory is read, written and executed, privileged and from user mode. After each
// operation the runner records what came out, at the end a hash of the scratch memory. Its tables are short or
// long ones (FUZZ_MMU_LONG).
//
// The runner itself lies in sections of domain 15 that all first-level tables have and no program
// changes: privileged read and write, and the page of operations read-only for both. A program's
// own entries are those of VAs that FUZZ_MMU_REGIONS has, in FUZZ_MMU_L1S first-level tables, and in
// second-level tables of its own. They map "live" frames of scratch memory, or addresses with nothing behind.
// Before a program those entries are faults, registers hold FUZZ_MMU_START, the TLB is empty.
//
// Live frames hold data at both ends and functions between, FUZZ_MMU_FUNCTIONS A32 ones first, then as
// many in Thumb; the words of all are fuzz_mmu_template(). Data are words that no policy takes for a
// sensitive instruction.
//
// The machine has little RAM, so that a monitor has room for a few address spaces and copies only. What
// uses them up are the filler: VAs, mapped alike in all tables, whose pages each take a
// second-level table of the current space's; and pages of code with a sensitive instruction each.
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
	FUZZ_MMU_IS_FILL, // `count` pages of filler from the address on, or of filler's code from number `value` on
	FUZZ_MMU_IS_SET,  // writes `count` descriptors
	FUZZ_MMU_IS_TLBI, // value: its operand
	FUZZ_MMU_IS_TLBII,
	FUZZ_MMU_IS_TLBID,
	FUZZ_MMU_IS_SYNC, // makes instructions of the address visible to their execution
	FUZZ_MMU_IS_CACHE,
	FUZZ_MMU_IS_AT,
	FUZZ_MMU_IS_REG,
	FUZZ_MMU_IS_LONG, // writes a long descriptor: its low word, and the upper half of its high one as `count`
	FUZZ_MMU_IS_LONG_REG,
	FUZZ_MMU_IS_SWITCH, // to another process: TTBR0 and ASID, by way of the ASID 0
};

enum fuzz_mmu_kind {
#define OP(name, ...) FUZZ_MMU_##name,
#include "test/fuzz/mmu.def"
#undef OP
	FUZZ_MMU_KINDS
};

struct fuzz_mmu_op {
	uint8_t kind;     // enum fuzz_mmu_kind
	uint8_t user : 1; // in user mode
	uint8_t code : 1; // it loads code: what it gets is compared where loads are exact
	uint16_t count;   // of SET, FILL: how many; SWITCH: the ASID
	uint32_t value, address;
};

#define FUZZ_MMU_OPS 120u

struct fuzz_mmu_program {
	uint32_t id;
	uint32_t n_ops;
	uint32_t flags; // FUZZ_MMU_FRESH, FUZZ_MMU_LONG and what belongs to it
	uint32_t reserved;
	struct fuzz_mmu_op op[FUZZ_MMU_OPS];
};

#define FUZZ_MMU_FRESH 1u // user mode has stored to all live frames before, so that no monitor takes them for code

#define FUZZ_MMU_LONG          2u // long descriptors
#define FUZZ_MMU_A1            4u // then TTBR1 has the ASID (TTBCR.A1)
#define FUZZ_MMU_T0SZ(flags)   ((flags) >> 8 & 3u)
#define FUZZ_MMU_T1SZ(flags)   ((flags) >> 12 & 3u)
#define FUZZ_MMU_PRESET(flags) ((flags) >> 16) // what the tables hold before; 0: faults

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

// The machine's RAM: QEMU then places the initrd at 8 MiB.
#define FUZZ_MMU_RAM          0x40000000u
#define FUZZ_MMU_RAM_MIB      16u
#define FUZZ_MMU_RESULTS      0x40a00000u
#define FUZZ_MMU_RESULT_BYTES 0x200000u

// Tables.
#define FUZZ_MMU_L1S           3u
#define FUZZ_MMU_L1(n)         (0x40300000u + (n)*0x4000u)
#define FUZZ_MMU_L2S           6u
#define FUZZ_MMU_L2(n)         (0x40310000u + (n)*0x400u)
#define FUZZ_MMU_LONG_L1(n)    (0x40320000u + (n)*0x1000u)              // long ones, as many of the first level
#define FUZZ_MMU_LONG_L2(n, g) (0x40324000u + ((n)*4u + (g)) * 0x1000u) // for each GiB
#define FUZZ_MMU_LONG_L3S      6u
#define FUZZ_MMU_LONG_L3(n)    (0x40330000u + (n)*0x1000u)
#define FUZZ_MMU_LONG_STUBS    0x40336000u // the runner's
#define FUZZ_MMU_LONG_FILLER   0x40337000u
#define FUZZ_MMU_SECTION       0x0000140eu // RAM | this: Normal, domain 15 below, kernel only
#define FUZZ_MMU_SECTION_RO    0x00008000u // with these: read-only for kernel and user
#define FUZZ_MMU_USER          0x00000800u
#define FUZZ_MMU_DOMAIN        0x000001e0u
#define FUZZ_MMU_BLOCK         0x00000701u // RAM | this: a long descriptor, attributes 0, kernel only
#define FUZZ_MMU_BLOCK_MIB     2u

// Virtual addresses: regions of 16 MiB, so that a supersection can cover one. X(base, first of its two MiB)
#define FUZZ_MMU_REGIONS(X)                                                                                            \
	X(0x00000000u, 6u)                                                                                             \
	X(0x01000000u, 6u)                                                                                             \
	X(0x02000000u, 6u)                                                                                             \
	X(0x08000000u, 6u)                                                                                             \
	X(0x10000000u, 6u)                                                                                             \
	X(0x20000000u, 6u)                                                                                             \
	X(0x60000000u, 14u)                                                                                            \
	X(0x80000000u, 6u)                                                                                             \
	X(0xc0000000u, 14u)                                                                                            \
	X(0xff000000u, 14u) // the monitor's window, if nothing moves it

// Scratch memory: these MiBs and pages of the RAM have live frames, its last page one.
#define FUZZ_MMU_NOWHERE       0x41000000u // nothing is from here on, right behind the RAM,
#define FUZZ_MMU_NOWHERE_END   0x60000000u // to here
#define FUZZ_MMU_LIVE_MIBS(X)  X(6u) X(7u) X(14u) X(15u)
#define FUZZ_MMU_LIVE_PAGES(X) X(0u) X(1u) X(16u) X(255u)
#define FUZZ_MMU_PAGES         4u // of them
#define FUZZ_MMU_FRAMES        16u

#define FUZZ_MMU_DEVICE 0x09030000u // a page of PL061, of which words may be loaded

// Filler: FUZZ_MMU_FILLERS MiB of VAs, at the beginning of each a page of the process's own, of all one frame;
// and as many pages of code.
#define FUZZ_MMU_FILLERS      64u
#define FUZZ_MMU_FILLER       0x70000000u
#define FUZZ_MMU_FILLER_L2    0x40338000u
#define FUZZ_MMU_FILLER_TABLE (FUZZ_MMU_FILLER_L2 | 1u | FUZZ_MMU_DOMAIN)
#define FUZZ_MMU_FILLER_FRAME 0x40500000u
#define FUZZ_MMU_FILLER_CODE  0x40510000u
#define FUZZ_MMU_FILLER_PAGE  (FUZZ_MMU_FILLER_FRAME | 0x85eu) // Normal, nG, kernel only

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

#define FUZZ_MMU_START_MAIR0 0x004404ffu // and with long descriptors; the runner's own is 0
#define FUZZ_MMU_START_MAIR1 0xaaee0004u

// The code of functions. They are made so that a scan that follows the flow from one of them gets to all A32 ones:
// these return by two conditional instructions, and T16 ones seem to go on in A32 state, but for their flags.
#define A32_MOVW_R0(n)  (0xe3000000u | ((n)&0xf000u) << 4 | ((n)&0xfffu))
#define A32_MRS_CPSR    0xe10f0000u
#define A32_TPIDRPRW    0xee1d0f90u // MRC
#define A32_LITERAL     0xe59f0004u // LDR r0, the fourth word
#define A32_BX_LR       0xe12fff1eu
#define A32_BXEQ_LR     0x012fff1eu
#define A32_BXNE_LR     0x112fff1eu
#define A32_B(from, to) (0xea000000u | (((to) - (from)-8u) >> 2 & 0xffffffu))
#define T16_MOV_BEQ(n)  (0xd0012000u | ((n)&0xffu)) // to the third word
#define T16_BX_LR_NOP   0x46c04770u
#define T16_BX_PC_NOP   0x46c04778u
#define T16_BX_LR_B     0xe7fe4770u
#define T16_NOP_B       0xe7fe46c0u
#define T32_MRS_CPSR    0x8000f3efu

// Whether the Thumb functions of a page are executed. Then what is sensitive of it is entered by exception
// returns only (EXEC_RET), since the page policy doesn't notice a plain change of state in a page that it knows in
// the other one (docs/caveats.md).
#define FUZZ_MMU_THUMB(page) ((page)&1u)

// The first Thumb function looks like A32 code to a scan that doesn't come to it, most of its words having the
// condition AL. It is sensitive.
#define FUZZ_MMU_DISGUISED FUZZ_MMU_FUNCTIONS

// A preset: for each process and region which tables or sections it has, and which frames, by number, the live pages of
// tables name: mostly one, with which frame 0 is exchanged. The rest is RAM as most kernels map it.
static inline uint32_t
fuzz_mmu_preset(uint32_t flags, uint32_t n)
{
	uint32_t x = (FUZZ_MMU_PRESET(flags) * 1024u + n) * 0x9e3779b1u;

	x = (x ^ x >> 15) * 0x85ebca6bu;
	return x ^ x >> 13;
}

static inline uint32_t
fuzz_mmu_preset_frame(uint32_t flags, uint32_t n)
{
	uint32_t of = fuzz_mmu_preset(flags, n), one = fuzz_mmu_preset(flags, 1023u) % FUZZ_MMU_FRAMES;

	return of >> 24 & 1u ? one : (of >> 25) % FUZZ_MMU_FRAMES;
}

#define FUZZ_MMU_PRESET_IS_TABLE(x) ((x)&3u)
#define FUZZ_MMU_PRESET_TABLE(x)    (((x) >> 2 & 0xffu) % FUZZ_MMU_L2S)
#define FUZZ_MMU_PRESET_DOMAIN(x)   ((((x) >> 10 & 0xffu) % 3u) << 5)
#define FUZZ_MMU_PRESET_AP(x)       (((x) >> 18 & 7u) < 2u ? 1u : ((x) >> 18 & 7u) == 2u ? 2u : 3u)
#define FUZZ_MMU_PRESET_NG(x)       (((x) >> 21 & 7u) != 0)
#define FUZZ_MMU_PRESET_L1(t, r, m) (((t)*16u + (r)) * 2u + (m))       // numbers n: of MiB m of region r,
#define FUZZ_MMU_PRESET_L2(t, m, i) (512u + ((t)*2u + (m)) * 8u + (i)) // of a table's page i; m: 0 in short ones

#define FUZZ_MMU_PRESET_SHORT_L1(x, frame)                                                                             \
	((FUZZ_MMU_PRESET_IS_TABLE(x) ? FUZZ_MMU_L2(FUZZ_MMU_PRESET_TABLE(x)) | 1u                                     \
				      : ((frame)&0xfff00000u) | 0x2100eu | FUZZ_MMU_PRESET_AP(x) << 10) |              \
	 FUZZ_MMU_PRESET_DOMAIN(x))
#define FUZZ_MMU_PRESET_SHORT_L2(x, frame)                                                                             \
	((frame) | 0x4eu | FUZZ_MMU_PRESET_AP(x) << 4 | (uint32_t)FUZZ_MMU_PRESET_NG(x) << 11)
#define FUZZ_MMU_PRESET_LONG_L2(x, frame)                                                                              \
	(FUZZ_MMU_PRESET_IS_TABLE(x) ? FUZZ_MMU_LONG_L3(FUZZ_MMU_PRESET_TABLE(x)) | 3u                                 \
				     : ((frame)&0xffe00000u) | FUZZ_MMU_BLOCK | 0x840u)
#define FUZZ_MMU_PRESET_LONG_L3(x, frame)                                                                              \
	((frame) | FUZZ_MMU_BLOCK | 2u | (FUZZ_MMU_PRESET_AP(x) & 2u) << 5 | (uint32_t)FUZZ_MMU_PRESET_NG(x) << 11)

// What the word at this address of a live frame holds before a program.
static inline uint32_t
fuzz_mmu_template(uint32_t address)
{
	uint32_t offset = address & 0xfffu, page = address >> 12 & 0xfffu, n = (offset - FUZZ_MMU_DATA_END) / 16u;
	uint32_t word = offset / 4u % 4u, value = (page * 8u + n) * 2u + 1u;

	if (offset < FUZZ_MMU_DATA_END || offset >= FUZZ_MMU_CODE_END)
		return 0x10101010u | (((address >> 2) * 0x9e3779b1u >> 3) & 0x07070707u);
	if (n == FUZZ_MMU_DISGUISED)
		return word == 0 ? T32_MRS_CPSR : word == 1 ? T16_BX_LR_B : T16_NOP_B;
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
