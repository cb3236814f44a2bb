// SPDX-License-Identifier: MIT
//
// What each job of a campaign does: batch after batch, generate, run, compare, tell.
#ifndef GUESTS_FUZZ_JOB_H
#define GUESTS_FUZZ_JOB_H

#include "guests/fuzz/campaign.h"

// A thread's main function; arg is the campaign.
void *fuzz_job(void *arg);

#endif
