// SPDX-License-Identifier: MIT
//
// The monitor's statistics for people: a few lines.
#ifndef GUESTS_CLI_SUMMARY_H
#define GUESTS_CLI_SUMMARY_H

// What the report's JSON object says; NULL if it has no statistics of a VM. From malloc.
char *summary(const char *json);

#endif
