// SPDX-License-Identifier: MIT
//
// The statistics of a VM, as members of the report's JSON object: stats.def says which.
#ifndef MONITOR_STATS_H
#define MONITOR_STATS_H

#include "monitor/json.h"
#include "monitor/vcpu.h"

void stats_report(struct json *j, const struct vcpu *v);

#endif
