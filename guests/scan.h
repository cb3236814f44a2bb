// SPDX-License-Identifier: MIT
//
// palimpsest scan: what the monitor would find and do in an image, without running it.
//
// Each page is judged by the monitor's own scanner (bt/scan.h), entered at the word that most
// calls lead to, or that a symbol names; pages that nothing is known to enter are judged from
// their first word. A page looks like code if more than a quarter of its words are unconditional;
// in an ELF file all that is executable is code.
// For `page` the report is what a first entry there would patch. For `block`, which
// patches only what is reached, it is the most that could be.
#ifndef GUESTS_SCAN_H
#define GUESTS_SCAN_H

#include "bt/decode.h"
#include "bt/hyper.h"
#include "guests/scanimage.h"

#define SCAN_ROWS 128u // rows of a table, at most

// Sensitive-looking words: all, and of these what becomes of them under `page`.
struct scan_tally {
	unsigned words, patched, doubtful, literal;
	unsigned by[BT_SUBSTITUTE_NUMBER + 1]; // of the patched, how
};

struct scan_doubt {
	uint32_t address, insn;
	const struct bt_row *row;
};

struct scan_page {
	uint32_t address, entry; // entry: of its words, by address
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
	struct scan_page *page;
	struct scan_doubt *doubt; // of pages that look like code
	unsigned n_doubts;
	struct scan_part code, other;
};

// Judges all of a region. Released by scan_free.
void scan_judge(struct scan_region *out, struct scanimage_region *r);
void scan_free(struct scan_region *s);

struct options;

// The command: returns its exit status.
int scan_command(const struct options *o);

#endif
