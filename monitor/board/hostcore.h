// SPDX-License-Identifier: MIT
//
// What the monitor needs of the host's core, and what is particular to some: bits of ACTLR, and errata, by MIDR.
#ifndef MONITOR_BOARD_HOSTCORE_H
#define MONITOR_BOARD_HOSTCORE_H

#include "monitor/base/types.h"

// NULL, or what the core hasn't.
const char *hostcore_check(void);

// To be called before MMU and caches are on. device: a register that reading does nothing to.
void hostcore_setup(uint32_t device);

// What PL0 could reach of the core on its own is made to trap, whatever firmware left: the debug channel, the
// performance monitors, and TEEHBR, which the guest has its own of. Debug registers are unlocked.
void hostcore_close_pl0(void);

#endif
