// SPDX-License-Identifier: MIT
//
// See json.h.
#include "monitor/board/json.h"
#include "monitor/base/arch.h"
#include "monitor/board/report.h"

static void
begin(struct json *j, const char *key)
{
	if (j->more)
		report(",");
	if (key)
		report("\"%s\":", key);
	j->more = true;
}

void
json_open(struct json *j, const char *key, char opening)
{
	BUG_ON(j->depth == JSON_DEPTH);
	begin(j, key);
	report("%c", opening);
	j->end[j->depth++] = opening == '{' ? '}' : ']';
	j->more = false;
}

void
json_close(struct json *j)
{
	BUG_ON(!j->depth);
	report("%c", j->end[--j->depth]);
	j->more = true;
}

void
json_number(struct json *j, const char *key, uint64_t value)
{
	begin(j, key);
	report("%llu", (unsigned long long)value);
}

void
json_text(struct json *j, const char *key, const char *text)
{
	begin(j, key);
	report("\"%s\"", text);
}

void
json_true(struct json *j, const char *key)
{
	begin(j, key);
	report("true");
}
