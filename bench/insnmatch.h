// SPDX-License-Identifier: MIT
//
// Patterns of instructions, counted by the place where they are executed: part of insn.c.
//
// An instruction is held as the ARM ARM prints it: an A32 word, a T16 halfword, T32 as first halfword
// << 16 | second. QEMU's plugin API doesn't tell which of A32 and T32 a 4-byte instruction is, so
// that goes by its block: one that has a 2-byte instruction in it or begins one off a word boundary is
// Thumb; the others are what the plugin's argument code= says.
#ifndef BENCH_INSNMATCH_H
#define BENCH_INSNMATCH_H

#include <stdbool.h>
#include <stdint.h>
#include "bench/qemu_plugin_api.h"

enum insnmatch_isa { INSNMATCH_A32, INSNMATCH_T16, INSNMATCH_T32 };

// One more pattern, tried after those before it. False: there is no room.
bool insnmatch_add(enum insnmatch_isa isa, const char *name, uint32_t mask, uint32_t value);

// Whether the block is Thumb code; default_thumb where that can't be told.
bool insnmatch_thumb(const struct qemu_plugin_tb *tb, bool default_thumb);

// Counts executions of insn if a pattern fits.
void insnmatch_count(struct qemu_plugin_insn *insn, bool thumb);

// Prints "match NAME N" for each pattern that was met, with its top sites: "site NAME VADDR INSN N".
void insnmatch_say(unsigned long top);

#endif
