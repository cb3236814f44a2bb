// SPDX-License-Identifier: MIT
//
// The statistics of a VM, as members of the report's JSON object: stats.def says which.
#ifndef MONITOR_VM_STATS_H
#define MONITOR_VM_STATS_H

#include "monitor/board/json.h"
#include "monitor/cpu/vcpu.h"

void stats_report(struct json *j, const struct vcpu *v);

#endif
