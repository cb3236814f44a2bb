// SPDX-License-Identifier: MIT
//
// Exceptions of the monitor's own while the window's vectors aren't set up: before the guest runs for the first
// time, and while the window moves. The vectors are in head.S.
#ifndef MONITOR_BOARD_EARLY_H
#define MONITOR_BOARD_EARLY_H

#include "monitor/base/types.h"

typedef __attribute__((noreturn)) void (*early_end)(void);

// To be called before the others: the vectors that call early_fault, those that stop the core, and what it ends with.
void early_init(const uint8_t *vectors, const uint8_t *park, early_end end);

// From now on an exception ends with a line that says what it was, if the console is known, else in silence.
void early_begin(void);

// From now on one stops the core in silence: for what is done last.
void early_park(void);

// Whether firmware had left an asynchronous abort pending, which would hit the guest as soon as it runs. It is gone.
bool early_drain(void);

// An exception by the early vectors: vector is its number in the table, LR and SPSR are its mode's.
_Noreturn void early_fault(uint32_t vector, uint32_t lr, uint32_t spsr);

#endif
