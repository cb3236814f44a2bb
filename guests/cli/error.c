// SPDX-License-Identifier: MIT
//
// See error.h. The message goes out in one write, so that it stays one line beside
// whatever else writes to the same terminal; what would make it more than a line, such as a newline in a
// file's name, is shown as "?".
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "guests/cli/error.h"

void
fail(enum exit_status status, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		exit(EXIT_MONITOR);
	va_end(ap);
	for (char *c = text; *c; c++)
		if ((*c >= 0 && *c < ' ') || *c == 0x7f)
			*c = '?';
	flockfile(stderr); // for good: other threads that fail have nothing to add
	fprintf(stderr, "palimpsest: %s\n", text);
	free(text);
	exit(status);
}

void
finish_output(void)
{
	if (fflush(stdout) || ferror(stdout))
		fail(EXIT_INPUT, "standard output can't be written");
}

void *
must_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		fail(EXIT_MONITOR, "out of memory");
	return p;
}

char *
must_printf(const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		fail(EXIT_MONITOR, "out of memory");
	va_end(ap);
	return text;
}
