// SPDX-License-Identifier: MIT
//
// See report.h. The JSON is the monitor's own, so this is no JSON parser: it looks for
// one key, and adds one.
#include <stdlib.h>
#include <string.h>
#include "guests/cli/error.h"
#include "guests/cli/report.h"

#define REPORT_MAX 0x400000u

void
report_add(struct report *r, const void *bytes, size_t size)
{
	if (r->size + size > REPORT_MAX) {
		size_t half = r->size / 2;

		memmove(r->text, r->text + half, r->size - half);
		r->size -= half;
	}
	r->text = realloc(r->text, r->size + size + 1);
	if (!r->text)
		fail(EXIT_MONITOR, "out of memory");
	memcpy(r->text + r->size, bytes, size);
	r->size += size;
	r->text[r->size] = '\0';
}

char *
report_json(const struct report *r)
{
	const char *last = NULL;

	for (const char *line = r->text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (*line == '{')
			last = line;
	return last ? must_printf("%.*s", (int)strcspn(last, "\r\n"), last) : NULL;
}

char *
report_take_state(struct report *r)
{
	const char *line = r->text ? strstr(r->text, "{\"exit\":\"running\"") : NULL;
	const char *end = line ? strchr(line, '\n') : NULL;
	char *state;
	size_t n;

	if (!end)
		return NULL;
	n = (size_t)(end + 1 - r->text);
	state = must_printf("%.*s", (int)n, r->text);
	r->size -= n;
	memmove(r->text, r->text + n, r->size + 1);
	return state;
}

int
report_status(const char *json)
{
	static const char key[] = "\"status\":";
	const char *at = strstr(json, key);
	char *end;
	long status;

	if (!at)
		return EXIT_MONITOR;
	at += sizeof(key) - 1;
	status = strtol(at, &end, 10);
	return end != at && status >= EXIT_POWEROFF && status <= EXIT_CRASH ? (int)status : EXIT_MONITOR;
}

char *
report_with(const char *json, const char *name, double value)
{
	const char *brace = strrchr(json, '}');
	int len = brace ? (int)(brace - json) : (int)strlen(json);

	return must_printf("%.*s%s\"%s\":%.3f}", len, json, len > 1 ? "," : "", name, value);
}
