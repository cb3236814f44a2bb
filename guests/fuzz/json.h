// SPDX-License-Identifier: MIT
//
// Cases as JSON lines: in crash files, in the corpus, in results. Numbers are strings of
// hexadecimal digits with 0x; registers that are 0 are left out.
#ifndef GUESTS_FUZZ_JSON_H
#define GUESTS_FUZZ_JSON_H

#include <stdio.h>
#include "guests/fuzz/gen.h"

// The members of a case's object, without braces.
void fuzz_json_case(FILE *f, const struct fuzz_item *item);

// A string, quoted.
void fuzz_json_string(FILE *f, const char *text);

// Reads a case from an object that has these members, among others. NULL, or what is wrong with it.
const char *fuzz_json_read(const char *line, struct fuzz_item *item);

// Reads ISA:SEED:NUMBER.
bool fuzz_json_id(const char *text, struct fuzz_id *id);

// Member `key` of the object that text begins with: where its value begins, or NULL.
const char *fuzz_json_member(const char *text, const char *key);

// The number that text begins with, a string or a plain one. False if there is none.
bool fuzz_json_number(const char *text, uint64_t *value);

// The elements of the array that text begins with, numbers all of them, at most max; -1 if it is none.
int fuzz_json_array(const char *text, uint64_t *values, unsigned max);

#endif
