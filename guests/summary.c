// SPDX-License-Identifier: MIT
//
// See summary.h. The object is the monitor's own (monitor/stats.def), so that a key is found by its text.
#include "guests/summary.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guests/error.h"

#define EXITS_SHOWN 3u

struct share {
	const char *what;
	uint64_t count, ticks;
};

// What stands behind the first "key": in text, or NULL.
static const char *
member(const char *text, const char *key)
{
	char *quoted = must_printf("\"%s\":", key);
	const char *at = text ? strstr(text, quoted) : NULL;

	if (at)
		at += strlen(quoted);
	free(quoted);
	return at;
}

static uint64_t
number(const char *text, const char *key)
{
	const char *at = member(text, key);

	return at && *at >= '0' && *at <= '9' ? strtoull(at, NULL, 10) : 0;
}

// The object of the exits alone: other members have some of their names.
static char *
exits_of(const char *json)
{
	const char *exits = member(json, "exits"), *end = exits ? strstr(exits, "}}") : NULL;

	return must_printf("%.*s", end ? (int)(end - exits) : 0, exits ? exits : "");
}

static struct share
share_of(const char *exit, const char *what)
{
	return (struct share){what, number(exit, "count"), number(exit, "ticks")};
}

static int
by_ticks(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return x->ticks < y->ticks ? 1 : x->ticks > y->ticks ? -1 : 0;
}

static double
percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

// Lines of those that took most.
static char *
most(const struct share *exits, uint64_t ticks)
{
	char *text = must_printf("%s", "");

	for (unsigned i = 0; i < EXITS_SHOWN && exits[i].ticks; i++) {
		char *longer =
		    must_printf("%spalimpsest: %5.1f %% %s\n", text, percent(exits[i].ticks, ticks), exits[i].what);

		free(text);
		text = longer;
	}
	return text;
}

static char *
exits_lines(const char *all, uint64_t ticks)
{
	struct share exits[] = {
#define EXIT(name, text) share_of(member(all, #name), text),
#include "monitor/exits.def"
#undef EXIT
	};
	uint64_t count = 0, taken = 0;
	char *lines, *text;

	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
		count += exits[i].count;
		taken += exits[i].ticks;
	}
	qsort(exits, sizeof(exits) / sizeof(exits[0]), sizeof(exits[0]), by_ticks);
	lines = most(exits, ticks);
	text = must_printf("%llu exits to the monitor took %.1f %% of the time%s\n%s", (unsigned long long)count,
			   percent(taken, ticks), *lines ? ", the most:" : "", lines);
	free(lines);
	return text;
}

char *
summary(const char *json)
{
	uint64_t ticks = number(json, "ticks"), hz = number(json, "tick_hz");
	const char *code = member(json, "code"), *bt = member(json, "bt");
	char *exits = exits_of(json), *lines, *text;

	if (!ticks || !hz || !code || !bt) {
		free(exits);
		return NULL;
	}
	lines = exits_lines(exits, ticks);
	text =
	    must_printf("palimpsest: %.1f s of guest time, %llu MiB, %s policy; %.1f MiB for the monitor\n"
			"palimpsest: %llu words patched on %llu pages; %s",
			(double)ticks / (double)hz, (unsigned long long)number(json, "memory_mib"),
			strncmp(bt, "\"page\"", 6) || member(json, "in_blocks") ? "block" : "page",
			(double)number(json, "monitor_bytes") / 0x100000, (unsigned long long)number(code, "patched"),
			(unsigned long long)number(code, "made"), lines);
	free(lines);
	free(exits);
	return text;
}
