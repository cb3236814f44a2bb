// SPDX-License-Identifier: MIT
//
// One JSON object, written to the report as its members come. A key is NULL in an array, and for the outermost object.
// At most JSON_DEPTH objects and arrays are open at a time.
#ifndef MONITOR_BOARD_JSON_H
#define MONITOR_BOARD_JSON_H

#include "monitor/base/types.h"

#define JSON_DEPTH 8u

struct json {
	unsigned depth;
	char end[JSON_DEPTH]; // what closes each that is open
	bool more;            // the next member has another before it
};

// opening: { or [
void json_open(struct json *j, const char *key, char opening);
void json_close(struct json *j);

void json_number(struct json *j, const char *key, uint64_t value);

// text has nothing that would have to be escaped.
void json_text(struct json *j, const char *key, const char *text);
void json_true(struct json *j, const char *key);

#endif
