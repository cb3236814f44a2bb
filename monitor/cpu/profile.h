// SPDX-License-Identifier: MIT
//
// Where a VCPU's time goes, by samples: each physical interrupt that finds the guest running counts for the view it was
// in, and for its PC; and of each reason of slow exits the PCs that most of them come from are kept, but for fills of
// loads and stores, for which that would take too long.
//
// Four PCs of each are kept at a time. One that isn't among them takes the place, and the count, of the least of them
// (Metwally's Space-Saving): so a PC that makes more than a quarter is there for sure, and a count is at most too
// great.
#ifndef MONITOR_CPU_PROFILE_H
#define MONITOR_CPU_PROFILE_H

#include "monitor/cpu/exits.h"
#include "monitor/base/types.h"

#define PROFILE_SITES 4u

struct profile_site {
	uint32_t pc, count;
};

struct profile {
	uint32_t pc; // of the exit under way
	uint32_t kernel, user;
	uint64_t idle;                                       // ticks of CNTVCT
	struct profile_site exit[EXIT_COUNT][PROFILE_SITES]; // EXIT_irq's are the samples
};

// Counts an exit for that reason, from p->pc.
static inline void
profile_exit(struct profile *p, enum exit_reason reason)
{
	struct profile_site *least = p->exit[reason];

	for (struct profile_site *s = least; s < p->exit[reason] + PROFILE_SITES; s++) {
		if (s->pc == p->pc && s->count) {
			s->count++;
			return;
		}
		if (s->count < least->count)
			least = s;
	}
	least->pc = p->pc;
	least->count++;
}

#endif
