// SPDX-License-Identifier: MIT
//
// Formatted output on the monitor's console: %s %c %d %u %x %llu %p %%, with
// a zero-padded or blank-padded width.
#ifndef MONITOR_KPRINTF_H
#define MONITOR_KPRINTF_H

void kprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
