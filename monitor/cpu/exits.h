// SPDX-License-Identifier: MIT
//
// Why the guest stops running its own instructions.
#ifndef MONITOR_CPU_EXITS_H
#define MONITOR_CPU_EXITS_H

// Exit reasons, from exits.def.
enum exit_reason {
#define EXIT(name, text) EXIT_##name,
#include "monitor/cpu/exits.def"
#undef EXIT
	EXIT_COUNT
};

#endif
