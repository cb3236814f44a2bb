// SPDX-License-Identifier: MIT
//
// A campaign: which cases have run, what came out, and what is still to do, shared by the
// jobs. It can be written to a file when it is interrupted, and gone on with.
#ifndef GUESTS_FUZZ_CAMPAIGN_H
#define GUESTS_FUZZ_CAMPAIGN_H

#include <pthread.h>
#include "guests/fuzz/options.h"
#include "guests/fuzz/report.h"
#include "guests/fuzz/run.h"

// Cases of one run of QEMU: the first `n` from case `first` on whose row is selected.
struct fuzz_batch_ref {
	uint32_t isa, n;
	uint64_t first;
};

// A divergence that has been told of: another like it is only counted.
struct fuzz_signature {
	uint64_t diff;
	uint32_t row, machines, bare, other;
};

struct fuzz_campaign {
	struct fuzz_options o; // seed, isas, policies and batch are those of a campaign that is resumed
	struct fuzz_run run;
	struct fuzz_report report;
	atomic_bool stop;
	pthread_mutex_t lock; // of all below, and of the report
	bool *selected;       // by row number, of fuzz_row_total()
	uint64_t next[FUZZ_SETS], left[FUZZ_SETS];
	unsigned turn; // the instruction set (or MMU programs) of the next batch, or one behind it
	struct fuzz_batch_ref *undone;
	unsigned n_undone;
	double started, deadline, before; // seconds; before: that earlier runs took
	uint64_t cases, here, divergences, failed;
	uint64_t *row_cases, *row_executed; // by row number
	struct fuzz_signature *seen;
	unsigned n_seen;
	unsigned running; // jobs
	double pace;      // cases per second of the last batch that was done; 0: none yet
};

// Takes everything from o, or from the state file in its corpus folder if it says so.
void fuzz_campaign_open(struct fuzz_campaign *c, const struct fuzz_options *o);
void fuzz_campaign_close(struct fuzz_campaign *c);

// The next batch. False if there is none, or no time left.
bool fuzz_campaign_take(struct fuzz_campaign *c, struct fuzz_batch_ref *ref);

// Whether case `number` of the instruction set is one of the campaign's.
bool fuzz_campaign_selects(const struct fuzz_campaign *c, unsigned isa, uint64_t number);

// A batch that was taken and not done.
void fuzz_campaign_give_back(struct fuzz_campaign *c, const struct fuzz_batch_ref *ref);

// Writes the state file if there is something left to do, else removes it. The path, or NULL.
char *fuzz_campaign_save(struct fuzz_campaign *c);

double fuzz_campaign_seconds(const struct fuzz_campaign *c);

#endif
