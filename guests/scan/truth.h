// SPDX-License-Identifier: MIT
//
// palimpsest scan --truth: how well the monitor's rules judge code of which it is known what each halfword is.
//
// ELF objects tell by their mapping symbols ($a, $t, $d: ELF for the ARM Architecture, IHI 0044, 4.5.5). A file is laid
// out as a guest would have it in memory: an executable at its addresses, an object or all members of an archive one
// section behind the other, code first, then what is read only, with relocations done. What an object leaves
// undefined is somewhere else, at an address made from its name.
//
// Each page with code is judged by the very rules of bt/, with its neighbours, for each of some entries: a page can be
// entered at any instruction, and what is found must not depend on it. They are where control runs on from the
// page before, functions, and one instruction that is no function's first. A word is counted as badly judged if it
// is for any of them.
#ifndef GUESTS_SCAN_TRUTH_H
#define GUESTS_SCAN_TRUTH_H

#include <stdbool.h>
#include <stdint.h>
#include "bt/isa/decode.h"

// What is[] has of a halfword.
#define TRUTH_NONE     0u // nothing of the file, or not known
#define TRUTH_A32      1u
#define TRUTH_THUMB    2u
#define TRUTH_DATA     3u
#define TRUTH_KIND     3u
#define TRUTH_BEGINS   0x4u // an instruction does, here
#define TRUTH_FUNCTION 0x8u // a function

struct truth_image {
	uint32_t base, n_pages;
	uint32_t *words;
	uint8_t *is; // per halfword
	bool thumb;  // there is Thumb code
};

// Loads the file; ends the command with one line if it can't be.
void truth_load(struct truth_image *image, const char *path);
void truth_free(struct truth_image *image);

#define TRUTH_ROWS    512u // of all tables, as scan_row() has them, and one more
#define TRUTH_ENTRIES 4u   // of a page

enum truth_cause { TRUTH_AS_OTHER, TRUTH_AS_DATA, TRUTH_AS_DOUBTFUL, TRUTH_CAUSES };

struct truth {
	unsigned files, pages, judged; // judged: pages, once for each entry
	uint64_t a32, thumb, data;     // bytes, of pages with code
	unsigned sensitive, silent;    // instructions
	unsigned missed, missed_silent;
	unsigned missed_by[TRUTH_CAUSES], silent_by[TRUTH_CAUSES];
	unsigned patched_data;               // words of data, or halfwords
	unsigned doubtful, doubtful_pages;   // places where it isn't sure, and pages that are in doubt for that
	uint64_t code_as_data, data_as_code; // bytes
	uint64_t a32_as_thumb, thumb_as_a32;
	unsigned missed_row[TRUTH_ROWS], patched_row[TRUTH_ROWS]; // by what it is, or looks like
};

struct options;

// The command: returns its exit status.
int truth_command(const struct options *o);

// The report.
void truth_text(const struct truth *t);
void truth_json(const struct truth *t);

#endif
