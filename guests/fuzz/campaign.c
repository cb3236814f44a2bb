// SPDX-License-Identifier: MIT
//
// See campaign.h.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "guests/cli/deadline.h"
#include "guests/cli/error.h"
#include "guests/cli/file.h"
#include "guests/fuzz/campaign.h"
#include "guests/fuzz/json.h"
#include "guests/fuzz/mmu.h"
#include "guests/fuzz/row.h"
#include "guests/cli/outfile.h"

#define STATE_NAME  "state.json"
#define MMU_BATCH   FUZZ_MMU_BATCH // programs take longer than instructions
#define FIRST_BATCH 64u            // with a time limit, of which later ones take so much of what is left:
#define MARGIN      0.8
#define UNDONE_MAX  (FUZZ_JOBS_MAX * 2u)

double
fuzz_campaign_seconds(const struct fuzz_campaign *c)
{
	return c->before + deadline_now() - c->started;
}

//----------------------------------------------------------------------------
// Batches

bool
fuzz_campaign_selects(const struct fuzz_campaign *c, unsigned isa, uint64_t number)
{
	return isa == FUZZ_SET_MMU || c->selected[fuzz_row_number(fuzz_gen_row(isa, number))];
}

// Moves *number on over n selected cases, as many as have slots of their own. Returns how many.
static uint32_t
advance(const struct fuzz_campaign *c, unsigned isa, uint64_t *number, uint64_t n)
{
	uint64_t first = *number;
	uint32_t count = 0;

	for (; count < n && *number - first < FUZZ_SLOTS_MAX; (*number)++)
		count += fuzz_campaign_selects(c, isa, *number);
	return count;
}

// How many cases a job is given: with a time limit no more than it will have done by then, as the last batch went. The
// first one is small, for it tells.
static uint64_t
batch_size(const struct fuzz_campaign *c, unsigned isa)
{
	uint64_t most = isa == FUZZ_SET_MMU && c->o.batch > MMU_BATCH ? MMU_BATCH : c->o.batch;
	double fits = c->pace > 0 ? MARGIN * c->pace * (c->deadline - deadline_now()) : FIRST_BATCH;

	if (c->deadline <= 0 || fits >= (double)most)
		return most;
	return fits < 1 ? 1 : (uint64_t)fits;
}

static bool
take_new(struct fuzz_campaign *c, struct fuzz_batch_ref *ref)
{
	for (unsigned i = 0; i < FUZZ_SETS; i++) {
		unsigned isa = c->turn++ % FUZZ_SETS;
		uint64_t most = batch_size(c, isa), n = c->left[isa] < most ? c->left[isa] : most;

		if (!n)
			continue;
		*ref = (struct fuzz_batch_ref){.isa = isa, .first = c->next[isa]};
		ref->n = advance(c, isa, &c->next[isa], n);
		if (c->left[isa] != UINT64_MAX)
			c->left[isa] -= ref->n;
		return true;
	}
	return false;
}

bool
fuzz_campaign_take(struct fuzz_campaign *c, struct fuzz_batch_ref *ref)
{
	bool took = false;

	pthread_mutex_lock(&c->lock);
	if (!atomic_load(&c->stop) && (c->deadline <= 0 || deadline_now() < c->deadline)) {
		took = c->n_undone > 0;
		if (took)
			*ref = c->undone[--c->n_undone];
		else
			took = take_new(c, ref);
	}
	pthread_mutex_unlock(&c->lock);
	return took;
}

void
fuzz_campaign_give_back(struct fuzz_campaign *c, const struct fuzz_batch_ref *ref)
{
	pthread_mutex_lock(&c->lock);
	c->undone[c->n_undone++] = *ref;
	pthread_mutex_unlock(&c->lock);
}

//----------------------------------------------------------------------------
// The state file

static char *
state_path(const struct fuzz_campaign *c)
{
	return must_printf("%s/%s", c->o.corpus, STATE_NAME);
}

static void
write_numbers(FILE *f, const char *name, const uint64_t *values, unsigned n)
{
	fprintf(f, ",\"%s\":[", name);
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "%s\"0x%" PRIx64 "\"", i ? "," : "", values[i]);
	putc(']', f);
}

static void
write_state(FILE *f, const struct fuzz_campaign *c)
{
	unsigned rows = fuzz_row_total();
	uint64_t undone[3 * UNDONE_MAX], *selected = must_alloc(rows * sizeof(*selected));

	for (unsigned i = 0; i < c->n_undone; i++) {
		undone[3 * i] = c->undone[i].isa;
		undone[3 * i + 1] = c->undone[i].first;
		undone[3 * i + 2] = c->undone[i].n;
	}
	for (unsigned i = 0; i < rows; i++)
		selected[i] = c->selected[i];
	fprintf(f, "{\"type\":\"state\",\"seed\":\"0x%" PRIx64 "\",\"policies\":%u,\"batch\":%u,\"cases\":%" PRIu64,
		c->o.seed, c->o.policies, c->o.batch, c->cases);
	fprintf(f, ",\"divergences\":%" PRIu64 ",\"milliseconds\":%" PRIu64, c->divergences,
		(uint64_t)(fuzz_campaign_seconds(c) * 1000));
	write_numbers(f, "next", c->next, FUZZ_SETS);
	write_numbers(f, "left", c->left, FUZZ_SETS);
	write_numbers(f, "undone", undone, 3 * c->n_undone);
	write_numbers(f, "selected", selected, rows);
	write_numbers(f, "row_cases", c->row_cases, rows);
	write_numbers(f, "row_executed", c->row_executed, rows);
	fputs("}\n", f);
	free(selected);
}

char *
fuzz_campaign_save(struct fuzz_campaign *c)
{
	bool left = c->n_undone > 0;
	char *path, *text = NULL;
	struct outfile out;
	size_t size;
	FILE *f;

	if (!c->o.corpus)
		return NULL;
	path = state_path(c);
	for (unsigned i = 0; i < FUZZ_SETS; i++)
		left |= c->left[i] > 0;
	if (!left) {
		unlink(path);
		free(path);
		return NULL;
	}
	f = open_memstream(&text, &size);
	if (f)
		write_state(f, c);
	if (!f || fclose(f))
		fail(EXIT_MONITOR, "out of memory");
	outfile_open(&out, path, (const char *[]){NULL});
	outfile_commit(&out, text, size);
	free(text);
	return path;
}

static uint64_t
state_number(const char *text, const char *key, const char *path)
{
	const char *p = fuzz_json_member(text, key);
	uint64_t value;

	if (!p || !fuzz_json_number(p, &value))
		fail(EXIT_INPUT, "%s: no number \"%s\": not the state of a fuzz run, or a damaged one", path, key);
	return value;
}

static unsigned
state_array(const char *text, const char *key, const char *path, uint64_t *values, unsigned min, unsigned max)
{
	const char *p = fuzz_json_member(text, key);
	int n = p ? fuzz_json_array(p, values, max) : -1;

	if (n < (int)min)
		fail(EXIT_INPUT, "%s: no list \"%s\" of %u numbers: damaged, or from another version", path, key, max);
	return (unsigned)n;
}

static void
read_state(struct fuzz_campaign *c)
{
	unsigned rows = fuzz_row_total(), n;
	char *path = state_path(c);
	struct file file = file_read(path, UINT32_MAX, "memory");
	char *text = must_printf("%.*s", (int)file.size, (const char *)file.data);
	uint64_t undone[3 * UNDONE_MAX], *selected = must_alloc(rows * sizeof(*selected));

	c->o.seed = state_number(text, "seed", path);
	c->o.policies = (unsigned)state_number(text, "policies", path) & ((1u << FUZZ_POLICIES) - 1u);
	c->o.batch = (unsigned)state_number(text, "batch", path);
	c->cases = state_number(text, "cases", path);
	c->divergences = state_number(text, "divergences", path);
	c->before = (double)state_number(text, "milliseconds", path) / 1000;
	state_array(text, "next", path, c->next, FUZZ_SETS, FUZZ_SETS);
	state_array(text, "left", path, c->left, FUZZ_SETS, FUZZ_SETS);
	n = state_array(text, "undone", path, undone, 0, 3 * UNDONE_MAX);
	state_array(text, "selected", path, selected, rows, rows);
	state_array(text, "row_cases", path, c->row_cases, rows, rows);
	state_array(text, "row_executed", path, c->row_executed, rows, rows);
	for (unsigned i = 0; i < rows; i++)
		c->selected[i] = selected[i];
	for (c->n_undone = 0; c->n_undone < n / 3; c->n_undone++)
		c->undone[c->n_undone] =
		    (struct fuzz_batch_ref){(uint32_t)undone[3 * c->n_undone] % FUZZ_SETS,
					    (uint32_t)undone[3 * c->n_undone + 2], undone[3 * c->n_undone + 1]};
	if (!c->o.policies || c->o.batch < 1 || c->o.batch > FUZZ_RUN_CASES)
		fail(EXIT_INPUT, "%s: a damaged state", path);
	free(selected);
	free(text);
	file_free(&file);
	free(path);
}

//----------------------------------------------------------------------------

static void
select_rows(struct fuzz_campaign *c)
{
	for (unsigned i = 0; i < fuzz_row_total(); i++) {
		c->selected[i] = fuzz_row_chosen(&c->o, i);
		if (c->selected[i])
			c->left[fuzz_row_set(i)] = c->o.cases ? c->o.cases : UINT64_MAX;
	}
}

void
fuzz_campaign_open(struct fuzz_campaign *c, const struct fuzz_options *o)
{
	unsigned rows = fuzz_row_total();
	bool any = false;

	memset(c, 0, sizeof(*c));
	c->o = *o;
	pthread_mutex_init(&c->lock, NULL);
	c->selected = must_alloc(rows * sizeof(*c->selected));
	c->row_cases = must_alloc(rows * sizeof(*c->row_cases));
	c->row_executed = must_alloc(rows * sizeof(*c->row_executed));
	c->undone = must_alloc(UNDONE_MAX * sizeof(*c->undone));
	if (o->resume)
		read_state(c);
	else
		select_rows(c);
	for (unsigned i = 0; i < FUZZ_SETS; i++)
		any |= c->left[i] > 0;
	if (!any && !c->n_undone)
		fail(EXIT_INPUT, "no row of these instruction sets and classes makes cases (see --list)");
	fuzz_run_open(&c->run, &c->stop);
	fuzz_report_open(&c->report, &c->o);
	c->started = deadline_now();
	c->deadline = o->time > 0 ? c->started + o->time : 0;
}

void
fuzz_campaign_close(struct fuzz_campaign *c)
{
	fuzz_report_close(&c->report);
	fuzz_run_close(&c->run);
	pthread_mutex_destroy(&c->lock);
	free(c->selected);
	free(c->row_cases);
	free(c->row_executed);
	free(c->undone);
	free(c->seen);
}
