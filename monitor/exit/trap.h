// SPDX-License-Identifier: MIT
//
// The C side of the vectors.
#ifndef MONITOR_EXIT_TRAP_H
#define MONITOR_EXIT_TRAP_H

#include "monitor/cpu/vcpu.h"

// Handles a trap from the guest, on the monitor's tables and stack; on return
// window.S loads v's view and goes to v->pc. True: of the view that was loaded nothing but
// the tables and DACR can have changed.
bool trap_slow(struct vcpu *v, enum trap trap);

#endif
