// SPDX-License-Identifier: MIT
//
// The arch layer (monitor/arch.h) of what the command has of the monitor: its assertions.
#include "guests/error.h"
#include "monitor/arch.h"

void
arch_bug(const char *file, int line, const char *what)
{
	fail(EXIT_MONITOR, "%s:%d: %s", file, line, what);
}
