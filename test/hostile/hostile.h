// SPDX-License-Identifier: MIT
//
// What the hostile guest and its driver agree on. The guest keeps a report in its own RAM, where the
// driver, which has the machine's RAM as a file, finds it by its first words: how far it has come, what
// it has done how often, and what it found. So nothing is lost if the guest loses itself.
//
// RAM that QEMU puts nothing into is filled with HOSTILE_CANARY before the machine starts. The guest wipes
// what is its own, so whatever reads as the canary afterwards is not the guest's. The word is also a good
// descriptor of both levels of the short format, section or small page of the guest's RAM with all rights:
// a table walk that strays into foreign memory finds a mapping there where it must find an abort.
#ifndef TEST_HOSTILE_H
#define TEST_HOSTILE_H

#define HOSTILE_CANARY 0x40a31c3e
#define HOSTILE_POISON 0xe7f0def0 // what a monitor built with DEBUG keeps in what is free of its pool (shadowpt/pool.h)
#define HOSTILE_REPORT 0x400f0000 // guest-physical address of the report

#define HOSTILE_MAGIC_0 0x74736f68
#define HOSTILE_MAGIC_1 0x20656c69
#define HOSTILE_MAGIC_2 0x73657567
#define HOSTILE_MAGIC_3 0x0a3a2174

#ifndef __ASSEMBLER__
#include <stdint.h>

enum hostile_step {
#define STEP(name, weight, firmware, text) STEP_##name,
#include "test/hostile/steps.def"
#undef STEP
	N_STEPS,
};

// Exceptions, by their vector's number.
#define HOSTILE_VECTORS 8u

struct hostile_report {
	uint32_t magic[4];
	uint32_t seed, first, steps;
	uint32_t step; // under way
	uint32_t kind; // its kind
	uint32_t finished;
	uint32_t failed; // what was found: nonzero is a failure
	uint32_t detail[4];
	char text[64];
	uint32_t checks; // values compared with what they must be
	uint32_t runs;   // pieces of made code
	uint32_t exceptions[HOSTILE_VECTORS];
	uint32_t count[N_STEPS];
};

#endif

#endif
