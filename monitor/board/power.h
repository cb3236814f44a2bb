// SPDX-License-Identifier: MIT
//
// Turning the board off, as its device tree says firmware does it (PSCI, DEN 0022).
#ifndef MONITOR_BOARD_POWER_H
#define MONITOR_BOARD_POWER_H

#include "monitor/board/host.h"

void power_init(enum host_psci how);

// Off, or, where there is no way or it doesn't work, asleep for good.
_Noreturn void power_off(void);

#endif
