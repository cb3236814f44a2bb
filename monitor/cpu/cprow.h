// SPDX-License-Identifier: MIT
//
// The kinds of rows of cp14.def and cp15.def (which has what they are) as rows of a table.
#ifndef MONITOR_CPU_CPROW_H
#define MONITOR_CPU_CPROW_H

#include "monitor/cpu/cptable.h"

// clang-format off
#define ROW(n, p, m, q, name, access, kind, field, reset, mask, host, r, w, gate, there) \
	{n, p, m, q, name, access, kind, field, reset, mask, host, r, w, gate, there},
#define HOST(n, p, m, q, name, access, fn, note) \
	ROW(n, p, m, q, name, access, CP_RESET_NONE, 0, 0, 0, fn, NULL, NULL, NULL, NULL)
#define CONST(n, p, m, q, name, access, value, note) \
	ROW(n, p, m, q, name, access, CP_RESET_NONE, 0, value, 0, NULL, NULL, NULL, NULL, NULL)
#define CALC(n, p, m, q, name, access, r, w, gate, there, note) \
	ROW(n, p, m, q, name, access, CP_RESET_NONE, 0, 0, 0, NULL, r, w, gate, there)
#define KEEP(n, p, m, q, name, access, member, reset, mask, w, gate, note) \
	ROW(n, p, m, q, name, access, CP_RESET_VALUE, CP_FIELD(member), reset, mask, NULL, NULL, w, gate, NULL)
#define KEPT_HOST(n, p, m, q, name, access, member, fn, w, gate, note) \
	ROW(n, p, m, q, name, access, CP_RESET_HOST, CP_FIELD(member), 0, ALL, fn, NULL, w, gate, NULL)
#define OP(n, p, m, q, name, access, w, note) \
	ROW(n, p, m, q, name, access, CP_RESET_NONE, 0, 0, 0, NULL, NULL, w, NULL, NULL)
#define LEAVES(n, p, m, q, name, note) \
	ROW(n, p, m, q, name, CP_RW | CP_LEAVES, CP_RESET_NONE, 0, 0, 0, NULL, NULL, NULL, NULL, NULL)
// clang-format on

#define ALL    0xffffffffu
#define USER_R (CP_R | CP_USER_R)
#define USER_W (CP_W | CP_USER_W)
#define USER   (USER_R | USER_W)

#endif
