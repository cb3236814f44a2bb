// SPDX-License-Identifier: MIT
//
// An image as `palimpsest scan` looks at it: regions of words at their addresses, in whole
// pages, with the places that are known to be entered. A zImage has two, the decompressor
// and the kernel that it unpacks; an ELF file one per executable section, or, without section headers,
// per executable segment; a raw file is one.
#ifndef GUESTS_SCAN_IMAGE_H
#define GUESTS_SCAN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "guests/cli/file.h"
#include "guests/cli/options.h"

// What entered[] has of a halfword.
#define SCANIMAGE_NAMED 0x80u // by a function symbol, or the file's entry point
#define SCANIMAGE_THUMB 0x40u // in Thumb state
#define SCANIMAGE_CALLS 0x3fu // how many calls go there, at most that many

struct scanimage_region {
	char *name;
	uint32_t base;    // of the first page
	uint32_t start;   // of the first byte that is the file's
	uint32_t size;    // bytes from there
	uint32_t n_pages; // from base
	uint32_t *words;  // of the pages; zero around what is the file's
	uint8_t *entered; // per halfword
	bool executable;  // false: nothing says so, data may be in it
};

struct scanimage {
	const char *path;
	const char *kind;   // "zImage", "ELF", "raw"
	bool thumb;         // it has Thumb code at PL1, as far as can be told
	const char *format; // of a zImage's payload, at payload_at; NULL: none
	size_t payload_at;
	struct scanimage_region *region;
	unsigned n_regions;
};

// Loads the image; ends the command with one line if it can't be.
void scanimage_load(struct scanimage *image, const struct scanimage_options *o);

// The same of a file that has been read, into an empty image. Unpacks the file, if it is one of U-Boot's.
void scanimage_take(struct scanimage *image, struct file *f, const struct scanimage_options *o);

void scanimage_free(struct scanimage *image);

// For elf.c: one more region of size bytes at start, copied from data, and a name for it.
struct scanimage_region *scanimage_add(struct scanimage *image, const char *name, uint32_t start, const uint8_t *data,
				       uint32_t size);

#endif
