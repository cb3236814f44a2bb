// SPDX-License-Identifier: MIT
//
// The host's PL011: the monitor's messages and the guest's console.
#ifndef MONITOR_CONSOLE_H
#define MONITOR_CONSOLE_H

#include "monitor/types.h"

// base: the PL011's registers. Until it is called, output is dropped.
void console_init(uint32_t base);
void console_putc(uint8_t c);
// The next character received, or -1.
int console_getc(void);
// Whether a received character interrupts.
void console_rx_irq(bool on);

#endif
