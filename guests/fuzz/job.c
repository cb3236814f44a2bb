// SPDX-License-Identifier: MIT
//
// See job.h. The cases of a batch run in an order in which their environments change little,
// since each change costs the runner more than a case does.
#include <stdlib.h>
#include <string.h>
#include "guests/cli/deadline.h"
#include "guests/cli/error.h"
#include "guests/fuzz/job.h"
#include "guests/fuzz/row.h"

struct job {
	struct fuzz_campaign *campaign;
	unsigned n;
	struct fuzz_item *items;
	struct fuzz_result *results[FUZZ_MACHINES]; // NULL: not one of the campaign's
	char **notes[FUZZ_MACHINES];
};

static int
by_environment(const void *a, const void *b)
{
	const struct fuzz_case *x = &((const struct fuzz_item *)a)->c, *y = &((const struct fuzz_item *)b)->c;
	const uint32_t keys[][2] = {
	    {x->start.cp[FUZZ_CP_SCTLR], y->start.cp[FUZZ_CP_SCTLR]},
	    {x->rights, y->rights},
	    {x->start.cp[FUZZ_CP_DACR], y->start.cp[FUZZ_CP_DACR]},
	    {x->slot / FUZZ_SLOTS_PER_PAGE, y->slot / FUZZ_SLOTS_PER_PAGE},
	    {x->flags & FUZZ_F_SYSTEM, y->flags & FUZZ_F_SYSTEM},
	    {x->slot, y->slot},
	};

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

// Generates the cases of ref.
static void
generate(struct job *j, const struct fuzz_batch_ref *ref)
{
	struct fuzz_campaign *c = j->campaign;
	unsigned selected = 0;

	for (uint64_t number = ref->first; selected < ref->n; number++) {
		struct fuzz_item *item = &j->items[j->n];

		if (!fuzz_campaign_selects(c, ref->isa, number))
			continue;
		selected++;
		*item = (struct fuzz_item){.id = {c->o.seed, number, ref->isa}};
		j->n += fuzz_gen(item);
	}
	if (ref->isa != FUZZ_SET_MMU)
		qsort(j->items, j->n, sizeof(*j->items), by_environment);
}

//----------------------------------------------------------------------------
// Divergences

// Whether this is the first divergence of its kind. The lock is held.
static bool
is_new(struct fuzz_campaign *c, const struct fuzz_signature *s)
{
	for (unsigned i = 0; i < c->n_seen; i++)
		if (!memcmp(&c->seen[i], s, sizeof(*s)))
			return false;
	if (!(c->n_seen & (c->n_seen - 1))) {
		c->seen = realloc(c->seen, (c->n_seen ? 2 * c->n_seen : 1) * sizeof(*c->seen));
		if (!c->seen)
			fail(EXIT_MONITOR, "out of memory");
	}
	c->seen[c->n_seen++] = *s;
	return true;
}

// How many of the cases before case i it takes for it to diverge so, if it doesn't alone: 0 if all of them
// don't do.
static unsigned
company(const struct job *j, unsigned i, enum fuzz_machine machine, const struct fuzz_outcome *out)
{
	const struct fuzz_run *run = &j->campaign->run;
	struct fuzz_result *results[2] = {must_alloc((i + 1) * sizeof(**results)),
					  must_alloc((i + 1) * sizeof(**results))};
	unsigned found = 0;

	for (unsigned n = 1; !found && n < 2 * i; n *= 2) {
		unsigned k = n < i ? n : i;

		if (!fuzz_run(run, FUZZ_BARE, &j->items[i - k], k + 1, results[0], NULL) ||
		    !fuzz_run(run, machine, &j->items[i - k], k + 1, results[1], NULL))
			break;
		if (fuzz_compare(&j->items[i], machine, &results[0][k], &results[1][k]) == out->diff)
			found = k;
	}
	free(results[0]);
	free(results[1]);
	return found;
}

// Case i differs from the bare machine on `machines`; told of by the first of them.
static void
diverges(struct job *j, unsigned i, unsigned machines)
{
	struct fuzz_campaign *c = j->campaign;
	enum fuzz_machine machine = (enum fuzz_machine)__builtin_ctz(machines);
	struct fuzz_item item = j->items[i];
	struct fuzz_outcome out = {.bare = j->results[FUZZ_BARE][i], .other = j->results[machine][i]};
	struct fuzz_signature s = {.machines = machines, .bare = out.bare.vector, .other = out.other.vector};
	const struct bt_row *row = fuzz_gen_row_of(&item);
	unsigned before = 0;
	bool new, alone = true;

	s.diff = out.diff = fuzz_compare(&item, machine, &out.bare, &out.other);
	s.row = row ? fuzz_row_number(row) : UINT32_MAX;
	out.note = j->notes[machine][i] ? must_printf("%s", j->notes[machine][i]) : NULL;
	pthread_mutex_lock(&c->lock);
	c->divergences++;
	new = is_new(c, &s);
	pthread_mutex_unlock(&c->lock);
	if (new && !c->o.first && !(out.diff & FUZZ_DIFF_LOST)) // each of those would cost a machine
		alone = fuzz_shrink(&c->run, machine, &item, &out);
	if (!alone)
		before = company(j, i, machine, &out);
	if (new) {
		pthread_mutex_lock(&c->lock);
		fuzz_report_divergence(&c->report, &item, alone ? NULL : &j->items[i - before], before, machine,
				       machines, &out);
		pthread_mutex_unlock(&c->lock);
	}
	free(out.note);
	if (c->o.first)
		atomic_store(&c->stop, true);
}

static unsigned
differs_on(const struct job *j, unsigned i)
{
	unsigned machines = 0;

	for (unsigned m = FUZZ_PAGE; m < FUZZ_MACHINES; m++)
		if (j->results[m] &&
		    fuzz_compare(&j->items[i], (enum fuzz_machine)m, &j->results[FUZZ_BARE][i], &j->results[m][i]))
			machines |= 1u << m;
	return machines;
}

//----------------------------------------------------------------------------

static void
tally_case(struct fuzz_campaign *c, const struct fuzz_item *item, const struct fuzz_result *bare)
{
	unsigned row = fuzz_row_number(fuzz_gen_row(item->id.isa, item->id.number));

	c->row_cases[row]++;
	c->row_executed[row] += bare->vector != FUZZ_NONE && fuzz_gen_passes(item);
}

static void
tally_program(struct fuzz_campaign *c, const struct fuzz_mmu_program *p, const struct fuzz_result *bare)
{
	for (unsigned i = 0; i < p->n_ops; i++) {
		unsigned row = fuzz_row_count() + p->op[i].kind;

		c->row_cases[row]++;
		c->row_executed[row] += bare->vector != FUZZ_NONE;
	}
}

static void
tally(struct job *j, const struct fuzz_result *bare, double seconds)
{
	struct fuzz_campaign *c = j->campaign;

	pthread_mutex_lock(&c->lock);
	c->cases += j->n;
	c->here += j->n;
	c->pace = j->n / seconds;
	for (unsigned i = 0; i < j->n; i++) {
		if (fuzz_gen_kind(&j->items[i]) == FUZZ_MMU)
			tally_program(c, &j->items[i].p, &bare[i]);
		else
			tally_case(c, &j->items[i], &bare[i]);
		fuzz_report_corpus(&c->report, &j->items[i], &bare[i]);
	}
	pthread_mutex_unlock(&c->lock);
}

// Whether the campaign's cases run on this machine.
static bool
runs(const struct fuzz_campaign *c, unsigned machine)
{
	return machine == FUZZ_BARE || c->o.policies & 1u << (machine - 1u);
}

static void
prepare(struct job *j, struct fuzz_campaign *c, unsigned n)
{
	*j = (struct job){.campaign = c};
	j->items = must_alloc(n * sizeof(*j->items));
	for (unsigned m = 0; m < FUZZ_MACHINES; m++) {
		if (!runs(c, m))
			continue;
		j->results[m] = must_alloc(n * sizeof(*j->results[m]));
		j->notes[m] = must_alloc(n * sizeof(*j->notes[m]));
	}
}

static void
release(struct job *j)
{
	for (unsigned m = 0; m < FUZZ_MACHINES; m++) {
		for (unsigned i = 0; j->notes[m] && i < j->n; i++)
			free(j->notes[m][i]);
		free(j->notes[m]);
		free(j->results[m]);
	}
	free(j->items);
}

// False if it was stopped on the way.
static bool
run_batch(struct fuzz_campaign *c, const struct fuzz_batch_ref *ref)
{
	double began = deadline_now();
	bool done = true;
	struct job j;

	prepare(&j, c, ref->n);
	generate(&j, ref);
	for (unsigned m = 0; m < FUZZ_MACHINES && done; m++)
		if (runs(c, m))
			done = fuzz_run(&c->run, (enum fuzz_machine)m, j.items, j.n, j.results[m], j.notes[m]);
	if (done) {
		tally(&j, j.results[FUZZ_BARE], deadline_now() - began);
		for (unsigned i = 0; i < j.n && !(c->o.first && atomic_load(&c->stop)); i++) {
			unsigned machines = differs_on(&j, i);

			if (machines)
				diverges(&j, i, machines);
		}
	}
	release(&j);
	return done;
}

void *
fuzz_job(void *arg)
{
	struct fuzz_campaign *c = arg;
	struct fuzz_batch_ref ref;

	while (fuzz_campaign_take(c, &ref))
		if (!run_batch(c, &ref))
			fuzz_campaign_give_back(c, &ref);
	pthread_mutex_lock(&c->lock);
	c->running--;
	pthread_mutex_unlock(&c->lock);
	return NULL;
}
