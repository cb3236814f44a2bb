// SPDX-License-Identifier: MIT
//
// What the monitor says at a VM's end: lines of text, of which the last that begins with
// a brace is a JSON object with the statistics, the "exit" reason and the "status" that
// palimpsest ends with.
#ifndef GUESTS_CLI_REPORT_H
#define GUESTS_CLI_REPORT_H

#include <stddef.h>

struct report {
	char *text; // NUL-terminated
	size_t size;
};

// Appends size bytes; of a report beyond all reason the oldest half is dropped.
void report_add(struct report *r, const void *bytes, size_t size);

// The JSON line, from malloc, without its newline; NULL: none.
char *report_json(const struct report *r);

// Takes away what there is up to a JSON line of a VM that is running, that included: from malloc;
// NULL: there is no such line.
char *report_take_state(struct report *r);

// The "status" in a JSON line: 0, 1 (the FIT image was bad), 2 or 4; anything else, or none, is 4.
int report_status(const char *json);

// json with ,"name":value before its closing brace; from malloc.
char *report_with(const char *json, const char *name, double value);

#endif
