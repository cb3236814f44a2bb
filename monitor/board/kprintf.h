// SPDX-License-Identifier: MIT
//
// Formatted output: %s %c %d %u %x %llu %p %%, with a zero- or blank-padded width.
#ifndef MONITOR_BOARD_KPRINTF_H
#define MONITOR_BOARD_KPRINTF_H

#include <stdarg.h>

// On the monitor's console.
void kprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// A line of the monitor's own among the guest's: it stands alone and begins with "palimpsest: ".
void kprintf_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// Character by character, to put(ctx, c).
void kprintf_format(void (*put)(void *ctx, char c), void *ctx, const char *fmt, va_list ap);

#endif
