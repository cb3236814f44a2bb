// SPDX-License-Identifier: MIT
//
// palimpsest scan: what the monitor would find and do in an image, without running it.
//
// Each page is judged by the monitor's own scanner (bt/scan/scan.h; bt/scan/mixed.h for a kernel with Thumb
// code), entered where most calls lead to, or at a symbol; pages that nothing is known to enter are
// judged from their beginning. In a zImage or raw file a page looks like code if more than a quarter
// of its words are unconditional A32, or at least two Thumb calls in it lead to a PUSH; in an
// ELF file all that is executable is code.
//
// For `page` the report is what a first entry there would patch. For `block`, which
// patches only what is reached, it is the most that could be.
#ifndef GUESTS_SCAN_SCAN_H
#define GUESTS_SCAN_SCAN_H

#include "bt/isa/decode.h"
#include "guests/scan/image.h"

#define SCAN_ROWS 512u // of all tables, at most

// How a sensitive instruction is replaced.
enum scan_way {
	SCAN_HYPERCALL, // by a hypercall with its operands
	SCAN_NUMBER,    // by one that goes by number, or finds the original in the frame
	SCAN_PLAIN,     // by another instruction, which doesn't trap
	SCAN_WAYS,
};

// Sensitive-looking instructions: all, and of these what becomes of them under `page`.
struct scan_tally {
	unsigned words, patched, doubtful, literal;
	unsigned by[SCAN_WAYS]; // of the patched
};

struct scan_doubt {
	uint32_t address, insn;
	const struct bt_row *row;
};

struct scan_page {
	uint32_t address, entry; // entry: an address, with bit 0 set for Thumb
	bool known_entry, looks_like_code;
	unsigned code, literals; // words
	struct scan_tally tally;
	unsigned indirect, direct; // branches in what is code: what `block` closes
};

// The pages of a region that look like code, or those that don't.
struct scan_part {
	unsigned pages, words, code, literals, indirect, direct;
	unsigned numbers; // different words by number
	struct scan_tally total, row[SCAN_ROWS];
};

struct scan_region {
	bool thumb; // any page may have Thumb code
	struct scan_page *page;
	struct scan_doubt *doubt; // of pages that look like code
	unsigned n_doubts;
	struct scan_part code, other;
};

// The n-th row of all tables, in the order A32, T16, T32; NULL behind the last.
const struct bt_row *scan_row(unsigned n);
// And its number.
unsigned scan_number(const struct bt_row *row);

// Judges all of a region, as a guest's that has Thumb code at PL1 or hasn't. Released by scan_free.
void scan_judge(struct scan_region *out, struct scanimage_region *r, bool thumb);
void scan_free(struct scan_region *s);

struct options;

// The command: returns its exit status.
int scan_command(const struct options *o);

#endif
