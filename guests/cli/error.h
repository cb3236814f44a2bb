// SPDX-License-Identifier: MIT
//
// How palimpsest ends: its exit statuses, and the one line that explains any but
// success. What has to be undone at the end is registered with atexit by whoever did it.
#ifndef GUESTS_CLI_ERROR_H
#define GUESTS_CLI_ERROR_H

#include <stddef.h>

enum exit_status {
	EXIT_POWEROFF = 0, // the guest powered off, or the user quit
	EXIT_INPUT = 1,    // bad usage or input
	EXIT_CRASH = 2,    // the guest crashed or the monitor stopped it
	EXIT_TIMEOUT = 3,
	EXIT_MONITOR = 4, // the monitor, or what runs it, failed
};

// Prints "palimpsest: " and the message on standard error, and exits with status.
_Noreturn void fail(enum exit_status status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// Sees to it that all of standard output is written, before the command ends well.
void finish_output(void);

// malloc and asprintf that don't return without memory.
void *must_alloc(size_t size);
char *must_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
