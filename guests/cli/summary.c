// SPDX-License-Identifier: MIT
//
// See summary.h. The object is the monitor's own (monitor/vm/stats.def), so that a key is found by its text.
#include "guests/cli/summary.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guests/cli/error.h"

#define EXITS_SHOWN 3u

struct share {
	const char *what;
	uint64_t count, ticks;
	uint32_t top; // the PC that most come from; 0: not known
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

// The PC that most of an exit's slow ones came from; 0: there are none.
static uint32_t
top_of(const char *exit)
{
	const char *site = exit ? strchr(exit, '[') : NULL, *end = site ? strchr(site, ']') : NULL;
	uint64_t most = 0;
	uint32_t pc = 0;

	if (!end || strchr(exit, '}') < site) // the next one's
		return 0;
	while ((site = strchr(site, '{')) && site < end) {
		uint64_t count = number(site, "count");

		if (count > most)
			pc = (uint32_t)number(site, "pc");
		most = count > most ? count : most;
		site++;
	}
	return pc;
}

static struct share
share_of(const char *exit, const char *what)
{
	return (struct share){what, number(exit, "count"), number(exit, "ticks"), top_of(exit)};
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
		char *at = exits[i].top ? must_printf(", most from %08x", exits[i].top) : must_printf("%s", "");
		char *longer = must_printf("%spalimpsest: %5.1f %% %s%s\n", text, percent(exits[i].ticks, ticks),
					   exits[i].what, at);

		free(text);
		free(at);
		text = longer;
	}
	return text;
}

// The guest's own share of the time, by where it was when samples were taken; "" where there are none.
static char *
guest_line(const char *json, uint64_t ticks, uint64_t in_exits)
{
	uint64_t idle = number(json, "idle_ticks"), spent = idle + in_exits;
	const char *samples = member(json, "samples");
	uint64_t kernel = number(samples, "kernel"), user = number(samples, "user");
	double own = percent(ticks > spent ? ticks - spent : 0, ticks);

	if (!kernel && !user)
		return must_printf("%s", "");
	return must_printf(
	    "palimpsest: %.1f %% of the time in the guest's kernel, %.1f %% in its user mode, %.1f %% idle\n",
	    own * (double)kernel / (double)(kernel + user), own * (double)user / (double)(kernel + user),
	    percent(idle, ticks));
}

static char *
exits_lines(const char *json, const char *all, uint64_t ticks)
{
	struct share exits[] = {
#define EXIT(name, text) share_of(member(all, #name), text),
#include "monitor/cpu/exits.def"
#undef EXIT
	};
	uint64_t count = 0, taken = 0;
	char *lines, *guest, *text;

	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
		count += exits[i].count;
		taken += exits[i].ticks;
	}
	qsort(exits, sizeof(exits) / sizeof(exits[0]), sizeof(exits[0]), by_ticks);
	lines = most(exits, ticks);
	guest = guest_line(json, ticks, taken);
	text = must_printf("%llu exits to the monitor took %.1f %% of the time%s\n%s%s", (unsigned long long)count,
			   percent(taken, ticks), *lines ? ", the most:" : "", lines, guest);
	free(guest);
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
	lines = exits_lines(json, exits, ticks);
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
