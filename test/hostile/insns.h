// SPDX-License-Identifier: MIT
//
// Instructions of a kind with random operands, for made code.
#ifndef TEST_HOSTILE_INSNS_H
#define TEST_HOSTILE_INSNS_H

#include <stdint.h>

// Registers of made code that hold what their instruction needs.
#define R_PSR  8u // a PSR with a mode that exists
#define R_PAIR 9u // points to pairs of PC and PSR

enum insn_kind {
	A32_MEMORY,    // loads and stores of all forms; the base is one of r0 to r7, as a rule
	A32_SENSITIVE, // what the monitor patches
	A32_COPROC,    // CP14, CP15
	A32_VFP,
	A32_TRAP,
	A32_LOOKALIKE, // hypercalls' own words
	A32_OTHER,
	T32_SENSITIVE,
	T32_LOOKALIKE,
	T32_OTHER,
	T16_SENSITIVE,
	T16_LOOKALIKE,
	T16_OTHER,
	INSN_KINDS,
};

// One of them, with T32's first halfword in the upper half.
uint32_t insn(enum insn_kind kind);

#endif
