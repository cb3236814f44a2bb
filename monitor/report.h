// SPDX-License-Identifier: MIT
//
// What the monitor tells whoever started it: lines of text, a JSON object as the last
// one, and an exit status.
#ifndef MONITOR_REPORT_H
#define MONITOR_REPORT_H

#include <stdbool.h>

// Chooses the channel: semihosting, or else the console.
void report_init(bool semihosting);

// Adds formatted text to the report.
void report(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// Sends what is left of it and ends the run.
_Noreturn void report_end(int status);

#endif
