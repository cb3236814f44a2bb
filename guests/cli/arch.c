// SPDX-License-Identifier: MIT
//
// The arch layer (monitor/base/arch.h) of what the command has of the monitor: its assertions.
#include "guests/cli/error.h"
#include "monitor/base/arch.h"

void
arch_bug(const char *file, int line, const char *what)
{
	fail(EXIT_MONITOR, "%s:%d: %s", file, line, what);
}
