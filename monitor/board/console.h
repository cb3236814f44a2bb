// SPDX-License-Identifier: MIT
//
// The host's PL011: the monitor's messages and the guest's console.
#ifndef MONITOR_BOARD_CONSOLE_H
#define MONITOR_BOARD_CONSOLE_H

#include "monitor/base/types.h"

// base: the PL011's registers. Until it is called, and with 0, there is no output.
void console_init(uint32_t base);
void console_putc(uint8_t c);
// Whether the last line of output has no end yet.
bool console_within_line(void);
// How many characters were lost, since the UART didn't take them in time.
uint32_t console_dropped(void);
// The next character received, or -1.
int console_getc(void);
// Whether a received character interrupts.
void console_rx_irq(bool on);

#endif
