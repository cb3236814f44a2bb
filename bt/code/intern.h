// SPDX-License-Identifier: MIT
//
// Words that don't fit a hypercall's imm24, by number: the hypercall carries the
// number, so that it means the same wherever the guest may copy it to. A VM
// has one table; it only grows, and what doesn't fit it any more is found in the
// guest's frame instead (BT_HYPER_FRAME).
#ifndef BT_CODE_INTERN_H
#define BT_CODE_INTERN_H

#include "monitor/base/types.h"

#define INTERN_WORDS    0x7e00u // numbers that imm24 has room for (bt/isa/hyper_imm.h)
#define INTERN_HASH     0x10000u
#define INTERN_T16      0x200u
#define INTERN_HASH_T16 0x400u
#define INTERN_T16_KEPT 0x80u  // for what most guests have few of, and is done each time: indirect branches
#define INTERN_T16_NEAR 0x100u // of the others for those that don't leave their page
#define INTERN_NONE     0xffffffffu

struct intern {
	uint32_t n, n_t16;
	uint16_t t16[INTERN_T16]; // halfwords, by numbers of their own
	uint32_t word[INTERN_WORDS];
	uint16_t hash[INTERN_HASH]; // number + 1 of a word, at or after its hash; 0: none
	uint16_t hash_t16[INTERN_HASH_T16];
};

// The number of word, given to it if it has none; INTERN_NONE when the table is full.
uint32_t intern_number(struct intern *t, uint32_t word);

// The same for a halfword; it gets none that is most or higher.
uint32_t intern_number_t16(struct intern *t, uint32_t halfword, uint32_t most);

// Whether word has a number, or may have lost it to a full table.
bool intern_has(const struct intern *t, uint32_t word);

#endif
