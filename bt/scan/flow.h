// SPDX-License-Identifier: MIT
//
// What the control flow reaches within one page, in A32 and Thumb state. Branches and
// calls with an immediate are followed, through changes of state too: BLX, BX PC, BX of a register that
// a constant has been put into just before, and the tables of TBB and TBH.
//
// That a call returns, what is in a register and how long a table is are likely, but not sure.
//
// A T32 instruction may begin in the page's last halfword; the first one of the page
// behind is given for that.
#ifndef BT_SCAN_FLOW_H
#define BT_SCAN_FLOW_H

#include "bt/scan/halves.h"
#include "bt/scan/scan.h"

struct bt_flow {
	const uint32_t *page;
	uint32_t va;                    // its address
	uint32_t after;                 // the halfword behind it
	uint32_t a32[BT_MAP_WORDS];     // words reached in A32 state
	uint32_t thumb[BT_HALF_MAP];    // halfwords where an instruction reached in Thumb state begins
	uint32_t covered[BT_HALF_MAP];  // all halfwords of those
	uint32_t literal[BT_HALF_MAP];  // halfwords that Thumb loads name
	uint32_t doubtful[BT_HALF_MAP]; // Thumb instructions that look sensitive and stay (bt/scan/mixed.h)
	uint32_t pending_a32[BT_MAP_WORDS], pending_thumb[BT_HALF_MAP];
	// Where bt_flow_step left off:
	bool in_thumb, any; // which of pending it is at; whether there was anything since it began with them
	bool following;     // from at, with slots instructions of an IT block to come
	unsigned cursor, at, slots;
	int left;  // instructions that may be spent, about
	bool sure; // of calls only the target is reached, of branches by a register or a table nothing: set it after
		   // init
	bool calls_end; // of calls only the target is reached
};

// Begins with nothing reached.
void bt_flow_init(struct bt_flow *f, const uint32_t *page, uint32_t va, uint32_t after);

// The flow is to be followed from offset (bytes), in Thumb state or A32.
void bt_flow_pend(struct bt_flow *f, uint32_t offset, bool thumb);

// The same, and it is the first thing to be followed; slots instructions of an IT block are still to come.
void bt_flow_begin(struct bt_flow *f, uint32_t offset, bool thumb, unsigned slots);

// Follows it, until f->left is spent. True when all of its ends have been reached.
bool bt_flow_step(struct bt_flow *f);

// The Thumb instruction that begins at halfword i of the page.
uint32_t bt_flow_thumb(const struct bt_flow *f, unsigned i);

// Whether the A32 branch at p[i] goes to a register that instructions shortly before it have set to a
// constant, or loads the PC from a literal: then *target gets the constant, bit 0 the state. va is the
// page's address.
bool bt_flow_constant(const uint32_t *p, unsigned i, uint32_t va, uint32_t *target);

#endif
