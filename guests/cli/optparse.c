// SPDX-License-Identifier: MIT
//
// See optparse.h.
#include "guests/cli/optparse.h"
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guests/cli/error.h"
#include "guests/cli/version.h"

#define NAME_MAX_LEN 24u // of an option or command, and of what is compared with them
#define HELP_COLUMN  21
#define LINE         78u
#define FIRST_ID     256 // getopt's own are characters

static bool
has(const struct option_table *t, const struct option_row *r)
{
	return r->commands & (1u << t->command);
}

static const char *
dashes(const char *name)
{
	return name[1] ? "--" : "-";
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

// How many letters must be put in, left out, replaced or swapped with the next to make b of a.
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[3][NAME_MAX_LEN + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > NAME_MAX_LEN || m > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (size_t i = 0; i <= n; i++) {
		unsigned *now = row[i % 3], *before = row[(i + 2) % 3], *swapped = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			if (!i) {
				now[j] = (unsigned)j;
				continue;
			}
			now[j] = least(least(before[j], now[j - 1]) + 1u, before[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], swapped[j - 2] + 1u);
		}
	}
	return row[n % 3][m];
}

const char *
optparse_nearest(const char *text, const char *const *names, size_t n)
{
	const char *nearest = NULL;
	unsigned most = strlen(text) > 5 ? 2 : 1;

	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(text, names[i]);

		if (d > most || d >= strlen(names[i]))
			continue;
		nearest = names[i];
		most = d - !!d; // a later one must be nearer
		if (!d)
			break;
	}
	return nearest;
}

// Ends with which other command has the option.
static _Noreturn void
elsewhere(const struct option_table *t, const struct option_row *r, const char *word)
{
	unsigned c = 0;

	while (!(r->commands & (1u << c)))
		c++;
	fail(EXIT_INPUT, "%s: is an option of palimpsest %s, not of %s", word, t->commands[c], t->commands[t->command]);
}

// Ends with what there is to say of a word that isn't the whole name of one option, or stands for more than one.
static _Noreturn void
unknown(const struct option_table *t, const char *word)
{
	const char *names[OPTPARSE_ROWS], *nearest, *dash = word[1] == '-' ? "--" : "-", *begin[2] = {NULL};
	char name[NAME_MAX_LEN + 2];
	size_t n = 0, begins = 0, len;

	snprintf(name, sizeof(name), "%s", word + strspn(word, "-"));
	len = strcspn(name, "=");
	name[len] = '\0';
	for (size_t i = 0; i < t->n; i++) {
		const struct option_row *r = &t->rows[i];

		if (!has(t, r))
			continue;
		names[n++] = r->name;
		if (!strcmp(r->name, name))
			fail(EXIT_INPUT, "%s: takes no argument", word);
		if (len && !strncmp(r->name, name, len) && begins < 2)
			begin[begins++] = r->name;
	}
	if (begins == 2)
		fail(EXIT_INPUT, "%s: may be %s%s or %s%s", word, dashes(begin[0]), begin[0], dashes(begin[1]),
		     begin[1]);
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->rows[i].name, name))
			elsewhere(t, &t->rows[i], word);
	nearest = optparse_nearest(name, names, n);
	if (nearest)
		fail(EXIT_INPUT, "%s: unknown option; did you mean %s%s?", word, nearest[1] ? dash : "-", nearest);
	fail(EXIT_INPUT, "%s: unknown option (see palimpsest %s --help)", word, t->commands[t->command]);
}

// Whether one of the values, which have | between, is text[0..len).
static bool
among(const char *values, const char *text, size_t len)
{
	for (; values; values = strchr(values, '|'), values = values ? values + 1 : NULL)
		if (strcspn(values, "|") == len && !strncmp(values, text, len))
			return true;
	return false;
}

// QEMU's lists of properties are taken if each of them is.
static void
check_fixed(const struct option_row *r, const char *arg)
{
	const char *rest = arg ? arg : "";

	if (!r->values)
		fail(EXIT_INPUT, "-%s%s%s: %s", r->name, arg ? " " : "", rest, r->help);
	while (arg) {
		size_t len = strcspn(rest, ",");

		if (!among(r->values, rest, len))
			fail(EXIT_INPUT, "-%s %s: %s", r->name, arg, r->help);
		if (!rest[len])
			break;
		rest += len + 1;
	}
}

static void
apply(const struct option_row *r, void *options, const char *arg)
{
	switch (r->kind) {
	case OPTION_FLAG:
		*(bool *)((char *)options + r->member) = true;
		break;
	case OPTION_STRING:
		*(const char **)((char *)options + r->member) = arg;
		break;
	case OPTION_CALL:
		r->call(options, arg);
		break;
	case OPTION_FIXED:
		check_fixed(r, arg);
		break;
	}
}

void
optparse(const struct option_table *t, void *options, int argc, char **argv)
{
	struct option longs[OPTPARSE_ROWS + 1] = {0};
	size_t n = 0;
	int which;

	for (size_t i = 0; i < t->n; i++)
		if (has(t, &t->rows[i]))
			longs[n++] = (struct option){t->rows[i].name, t->rows[i].arg ? required_argument : no_argument,
						     NULL, FIRST_ID + (int)i};
	opterr = 0;
	while ((which = getopt_long_only(argc, argv, ":", longs, NULL)) != -1) {
		if (which == ':')
			fail(EXIT_INPUT, "%s: argument missing", argv[optind - 1]);
		if (which == '?')
			unknown(t, argv[optind - 1]);
		apply(&t->rows[which - FIRST_ID], options, optarg);
	}
}

void
optparse_version(void *options, const char *arg)
{
	(void)options, (void)arg;
	puts("palimpsest " VERSION);
	finish_output();
	exit(EXIT_POWEROFF);
}

// The options of QEMU's that are taken, in lines.
static void
help_fixed(const struct option_table *t)
{
	size_t column = LINE;
	bool first = true;

	for (size_t i = 0; i < t->n; i++) {
		const struct option_row *r = &t->rows[i];
		char text[LINE];

		if (!has(t, r) || r->kind != OPTION_FIXED || !r->values)
			continue;
		column += (size_t)snprintf(text, sizeof(text), "-%s%s%.*s", r->name, r->arg ? " " : "",
					   (int)strcspn(r->values, "|"), r->values);
		if (column + 2 > LINE) {
			printf("%s\n  %s", first ? "" : ",", text);
			column = strlen(text) + 2;
		} else {
			printf(", %s", text);
			column += 2;
		}
		first = false;
	}
}

void
optparse_help(const struct option_table *t)
{
	bool fixed = false;

	for (size_t i = 0; i < t->n; i++) {
		const struct option_row *r = &t->rows[i];

		if (has(t, r) && r->kind == OPTION_FIXED)
			fixed = true;
		else if (has(t, r))
			printf("  %s%s %-*s %s\n", dashes(r->name), r->name,
			       HELP_COLUMN - (int)(strlen(r->name) + strlen(dashes(r->name))), r->arg ? r->arg : "",
			       r->help);
	}
	if (fixed) {
		printf("\nThese of QEMU's say what is so anyway, and change nothing:");
		help_fixed(t);
		puts("");
	}
}
