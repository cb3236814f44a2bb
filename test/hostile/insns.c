// SPDX-License-Identifier: MIT
//
// See insns.h. A row is a pattern, the bits that are random, and what is then corrected: a mode that doesn't exist
// ends the VM, and rightly, so it is rare.
#include "test/hostile/guest.h"
#include "test/hostile/insns.h"

enum fix { NONE, BASE, MODE, CPS, FROM_PSR, PAIR, T_MODE, T_CPS, T_FROM_PSR, T_PAIR };

struct row {
	uint8_t kind, fix;
	uint32_t bits, vary;
};

// Section numbers are the ARM ARM's.
static const struct row rows[] = {
    {A32_MEMORY, BASE, 0xe4000000, 0x01f0ffff}, // A5.3 LDR, STR, LDRT: immediate
    {A32_MEMORY, BASE, 0xe5000000, 0x00f0f0ff}, // with a small offset
    {A32_MEMORY, BASE, 0xe6000000, 0x01f0ffef}, // register
    {A32_MEMORY, BASE, 0xe00000b0, 0x01f0ff4f}, // A5.2.8 halfwords, doublewords, LDRHT
    {A32_MEMORY, BASE, 0xe1400090, 0x00b0f0ff},
    {A32_MEMORY, BASE, 0xe8000000, 0x01f0ffff}, // A5.5 LDM, STM
    {A32_MEMORY, BASE, 0xe8000000, 0x01b07f0f}, // without ^ and PC
    {A32_MEMORY, BASE, 0xe1800f90, 0x0070f00f}, // A5.2.10 LDREX, STREX
    {A32_MEMORY, BASE, 0xe1900f9f, 0x0060f000},
    {A32_MEMORY, BASE, 0xe1000090, 0x0040f00f}, // SWP
    {A32_MEMORY, BASE, 0xed000a00, 0x00f0f1ff}, // A7.6 VLDR, VSTR, VLDM
    {A32_MEMORY, BASE, 0xec000a00, 0x01f0f1ff},
    {A32_MEMORY, BASE, 0xf4000000, 0x00f0ffff}, // A7.7 VLD1 to VST4
    {A32_MEMORY, BASE, 0xf4800000, 0x0070ffff},
    {A32_MEMORY, BASE, 0xf550f000, 0x008000ff},        // PLD
    {A32_SENSITIVE, NONE, 0xe10f0000, 0x0040f000},     // MRS
    {A32_SENSITIVE, FROM_PSR, 0xe120f000, 0x004f0000}, // MSR
    {A32_SENSITIVE, MODE, 0xe320f000, 0x004f0fff},     // MSR, immediate; hints
    {A32_SENSITIVE, NONE, 0xe320f000, 0x00000007},     // NOP to SEV
    {A32_SENSITIVE, CPS, 0xf1000000, 0x000e01df},
    {A32_SENSITIVE, NONE, 0xf1010000, 0x00000200}, // SETEND
    {A32_SENSITIVE, MODE, 0xf84d0500, 0x01a0001f}, // SRS
    {A32_SENSITIVE, PAIR, 0xf8100a00, 0x01af0000}, // RFE
    {A32_SENSITIVE, NONE, 0xe1b0f000, 0x00000fef}, // MOVS pc
    {A32_SENSITIVE, NONE, 0xe25ef000, 0x000000ff}, // SUBS pc, lr
    {A32_SENSITIVE, NONE, 0xe010f000, 0x03ef0fff}, // the others of that kind
    {A32_SENSITIVE, BASE, 0xe8508000, 0x01af7fff}, // LDM^ with the PC
    {A32_SENSITIVE, BASE, 0xe8400000, 0x019f7fff}, // LDM^, STM^ of user registers
    {A32_SENSITIVE, BASE, 0xe4200000, 0x02df0fff}, // LDRT, STRT
    {A32_SENSITIVE, BASE, 0xe02000b0, 0x00df0f4f}, // LDRHT
    {A32_SENSITIVE, NONE, 0xe1000200, 0x004ff100}, // MRS of banked registers
    {A32_SENSITIVE, NONE, 0xe120f200, 0x004f010f}, // MSR
    {A32_SENSITIVE, NONE, 0xe12fff10, 0x0000003f}, // BX, BXJ, BLX
    {A32_SENSITIVE, NONE, 0xf57ff010, 0x0000006f}, // CLREX, barriers
    {A32_COPROC, NONE, 0xee000f10, 0x00fff0ef},    // MCR, MRC of CP15
    {A32_COPROC, NONE, 0xee100f10, 0x00eff0ef},
    {A32_COPROC, NONE, 0xee1d0f10, 0x000070e0},
    {A32_COPROC, NONE, 0xee000e10, 0x00fff0ef}, // CP14
    {A32_COPROC, NONE, 0xec400f00, 0x001ff0ff}, // MCRR, MRRC
    {A32_COPROC, NONE, 0xec400e00, 0x001ff0ff},
    {A32_COPROC, BASE, 0xec000e00, 0x01f0f1ff}, // LDC, STC
    {A32_COPROC, NONE, 0xee000000, 0x01ffffff}, // any coprocessor
    {A32_VFP, NONE, 0xeee00a10, 0x001ff000},    // VMRS, VMSR
    {A32_VFP, NONE, 0xee000a10, 0x00fff1ef},    // moves
    {A32_VFP, NONE, 0xee000a00, 0x00ffffef},    // A7.5
    {A32_VFP, NONE, 0xf2000000, 0x01ffffff},    // A7.4
    {A32_VFP, BASE, 0xec000a00, 0x01f0f1ff},
    {A32_VFP, BASE, 0xf4000000, 0x00f0ffff},
    {A32_TRAP, NONE, 0xef000000, 0x00ffffff}, // SVC
    {A32_TRAP, NONE, 0xe1200070, 0x000fff0f}, // BKPT
    {A32_TRAP, NONE, 0xe1400070, 0x000fff0f}, // HVC
    {A32_TRAP, NONE, 0xe1600070, 0x0000000f}, // SMC
    {A32_TRAP, NONE, 0xe160006e, 0x00000000}, // ERET
    {A32_TRAP, NONE, 0xe7f000f0, 0x000fff0f}, // UDF
    {A32_LOOKALIKE, NONE, 0xef100000, 0x00ffffff},
    {A32_LOOKALIKE, NONE, 0xef800000, 0x000fffff},
    {A32_LOOKALIKE, NONE, 0xef8f0000, 0x0000ffff}, // by number, ends of blocks
    {A32_LOOKALIKE, NONE, 0xef8f0200, 0x0000003f},
    {A32_LOOKALIKE, NONE, 0xef100000, 0x001fffff},
    {A32_LOOKALIKE, NONE, 0xef200000, 0x000fffff},
    {A32_LOOKALIKE, NONE, 0xefa00000, 0x005fffff},
    {A32_OTHER, NONE, 0xe0000000, 0x03ffffff},
    {A32_OTHER, NONE, 0xe0000000, 0x03eeefff}, // without the PC, as a rule
    {A32_OTHER, NONE, 0xe0800000, 0x007ff07f},
    {A32_OTHER, NONE, 0xea000000, 0x0100000f}, // B, BL a bit ahead
    {A32_OTHER, NONE, 0x0a000000, 0xf100000f},
    {A32_OTHER, NONE, 0xe6000010, 0x01ffffef},     // media
    {A32_OTHER, NONE, 0xe3000000, 0x004fffff},     // MOVW, MOVT
    {T32_SENSITIVE, NONE, 0xf3ef8000, 0x00100f00}, // MRS
    {T32_SENSITIVE, T_FROM_PSR, 0xf3808000, 0x00100f00},
    {T32_SENSITIVE, T_CPS, 0xf3af8000, 0x000007ff}, // CPS and hints
    {T32_SENSITIVE, NONE, 0xf3af8000, 0x00000007},
    {T32_SENSITIVE, T_MODE, 0xe80dc000, 0x0020001f}, // SRS
    {T32_SENSITIVE, T_MODE, 0xe98dc000, 0x0020001f},
    {T32_SENSITIVE, T_PAIR, 0xe810c000, 0x002f0000}, // RFE
    {T32_SENSITIVE, T_PAIR, 0xe990c000, 0x002f0000},
    {T32_SENSITIVE, NONE, 0xf3de8f00, 0x000000ff}, // SUBS pc, lr
    {T32_SENSITIVE, NONE, 0xf3e08020, 0x001f0f10}, // MRS of banked registers
    {T32_SENSITIVE, NONE, 0xf3808020, 0x001f0f10},
    {T32_SENSITIVE, NONE, 0xf3c08f00, 0x000f0000}, // BXJ
    {T32_SENSITIVE, NONE, 0xf7f08000, 0x000f0000}, // SMC
    {T32_SENSITIVE, NONE, 0xf7e08000, 0x000f0fff}, // HVC
    {T32_SENSITIVE, NONE, 0xee000f10, 0x00fff0ef}, // MCR, MRC
    {T32_SENSITIVE, NONE, 0xee000e10, 0x00fff0ef},
    {T32_SENSITIVE, NONE, 0xec400f00, 0x001ff0ff},
    {T32_SENSITIVE, NONE, 0xeee00a10, 0x001ff000}, // VMRS, VMSR
    {T32_SENSITIVE, NONE, 0xf8100e00, 0x0167f0ff}, // LDRT
    {T32_SENSITIVE, NONE, 0xf8000e00, 0x0067f0ff}, // STRT
    {T32_SENSITIVE, NONE, 0xf3bf8f00, 0x0000007f}, // CLREX, barriers
    {T32_LOOKALIKE, NONE, 0xf7e0a000, 0x000f0fff},
    {T32_LOOKALIKE, NONE, 0xf7e8a000, 0x0000007f}, // by number
    {T32_LOOKALIKE, NONE, 0xf7e0a000, 0x00010fff},
    {T32_LOOKALIKE, NONE, 0xf7ffafff, 0x00000000},
    {T32_OTHER, NONE, 0xf8000000, 0x01f7ffff}, // loads and stores
    {T32_OTHER, NONE, 0xe8000000, 0x03f7ffff}, // of several, exclusive; table branches
    {T32_OTHER, NONE, 0xea000000, 0x01ffffff},
    {T32_OTHER, NONE, 0xf0000000, 0x07ff7fff},
    {T32_OTHER, NONE, 0xe8000000, 0x17ffffff}, // anything
    {T16_SENSITIVE, NONE, 0xb660, 0x0017},     // CPS
    {T16_SENSITIVE, NONE, 0xb650, 0x0008},     // SETEND
    {T16_SENSITIVE, NONE, 0xbf00, 0x0070},     // hints
    {T16_SENSITIVE, NONE, 0xbf01, 0x00fe},     // IT
    {T16_SENSITIVE, NONE, 0x4700, 0x00ff},     // BX, BLX
    {T16_SENSITIVE, NONE, 0xbd00, 0x00ff},     // POP with the PC
    {T16_SENSITIVE, NONE, 0xdf00, 0x00ff},     // SVC
    {T16_SENSITIVE, NONE, 0xbe00, 0x00ff},     // BKPT
    {T16_LOOKALIKE, NONE, 0xb680, 0x007f},
    {T16_LOOKALIKE, NONE, 0xb700, 0x00ff},
    {T16_LOOKALIKE, NONE, 0xb700, 0x000f},
    {T16_LOOKALIKE, NONE, 0xb800, 0x00ff},
    {T16_OTHER, NONE, 0x0000, 0x7fff},
    {T16_OTHER, NONE, 0x6000, 0x3fff}, // loads and stores
    {T16_OTHER, NONE, 0xc000, 0x0fff}, // LDM, STM
    {T16_OTHER, NONE, 0xb400, 0x08ff}, // PUSH, POP
    {T16_OTHER, NONE, 0xd000, 0x0f0f}, // B ahead
    {T16_OTHER, NONE, 0x4400, 0x03ff}, // high registers
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static uint32_t
with(uint32_t word, unsigned shift, uint32_t field, uint32_t value)
{
	return (word & ~(field << shift)) | value << shift;
}

static uint32_t
corrected(uint32_t word, enum fix fix)
{
	if (one_in(64))
		return word;
	switch (fix) {
	case BASE:
		return one_in(16) ? with(word, 16, 15, below(16)) : with(word, 16, 15, below(8));
	case MODE: // in the lowest five bits, not rotated
		return with(with(word, 0, 31, valid_mode()), 8, 15, 0);
	case CPS:
	case T_CPS:
	case T_MODE:
		return with(word, 0, 31, valid_mode());
	case FROM_PSR:
		return with(word, 0, 15, R_PSR);
	case T_FROM_PSR:
		return with(word, 16, 15, R_PSR);
	case PAIR: // whose order IA and DB keep
		word = with(word, 23, 3, one_in(2) ? 1u : 2u);
		return with(word, 16, 15, R_PAIR);
	case T_PAIR:
		return with(word, 16, 15, R_PAIR);
	case NONE:
		break;
	}
	return word;
}

static const struct row *
choose(enum insn_kind kind)
{
	static uint8_t first[INSN_KINDS], count[INSN_KINDS];

	if (!count[kind])
		for (unsigned i = 0; i < N_ROWS; i++)
			if (rows[i].kind == kind && !count[kind]++)
				first[kind] = (uint8_t)i;
	return &rows[first[kind] + below(count[kind])];
}

uint32_t
insn(enum insn_kind kind)
{
	const struct row *row = choose(kind);
	uint32_t word = corrected(row->bits | (rnd() & row->vary), (enum fix)row->fix);

	if (kind < T32_SENSITIVE && word >> 28 == 14 && one_in(6))
		word = (word & 0x0fffffffu) | below(14) << 28;
	return is_canary(word) ? 0 : word;
}
