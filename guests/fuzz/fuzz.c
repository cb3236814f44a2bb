// SPDX-License-Identifier: MIT
//
// See fuzz.h. The jobs are threads, each with one QEMU at a time; this one waits for their end, for a
// signal, which stops them, and shows how far they are.
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "guests/cli/deadline.h"
#include "guests/cli/error.h"
#include "guests/fuzz/fuzz.h"
#include "guests/fuzz/job.h"
#include "guests/fuzz/json.h"
#include "guests/fuzz/row.h"

#define REPLAY_SHOWN 20u // of more cases only those that diverge are printed
#define TICKS        5u  // a second

//----------------------------------------------------------------------------
// What came out

static unsigned
rows_selected(const struct fuzz_campaign *c, unsigned *executed)
{
	unsigned n = 0;

	*executed = 0;
	for (unsigned i = 0; i < fuzz_row_total(); i++) {
		n += c->selected[i];
		*executed += c->selected[i] && c->row_executed[i];
	}
	return n;
}

static double
rate(const struct fuzz_campaign *c)
{
	double seconds = deadline_now() - c->started;
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned cores = online > 0 && (unsigned)online < c->o.jobs ? (unsigned)online : c->o.jobs;

	return (double)c->here / seconds / cores;
}

static void
show_progress(struct fuzz_campaign *c)
{
	unsigned executed, rows;

	pthread_mutex_lock(&c->lock);
	rows = rows_selected(c, &executed);
	fprintf(stderr, "\rfuzz: %.0f s, %" PRIu64 " cases, %.0f/s per core, %" PRIu64 " divergences, %u of %u rows ",
		fuzz_campaign_seconds(c), c->cases, rate(c), c->divergences, executed, rows);
	pthread_mutex_unlock(&c->lock);
}

static void
write_rows(const struct fuzz_campaign *c, FILE *f)
{
	for (unsigned i = 0; i < fuzz_row_total(); i++) {
		if (!c->selected[i])
			continue;
		fprintf(f, "{\"type\":\"row\",\"seed\":%" PRIu64 ",\"isa\":\"%s\",\"row\":", c->o.seed,
			fuzz_row_isa(fuzz_row_set(i)));
		fuzz_json_string(f, fuzz_row_name(i));
		fputs(",\"pattern\":", f);
		fuzz_json_string(f, fuzz_row_pattern(i));
		fprintf(f, ",\"cases\":%" PRIu64 ",\"executed\":%" PRIu64 "}\n", c->row_cases[i], c->row_executed[i]);
	}
}

static void
write_summary(const struct fuzz_campaign *c, FILE *f, bool interrupted)
{
	unsigned executed, rows = rows_selected(c, &executed);

	fprintf(f, "{\"type\":\"summary\",\"seed\":%" PRIu64 ",\"cases\":%" PRIu64 ",\"seconds\":%.3f", c->o.seed,
		c->cases, fuzz_campaign_seconds(c));
	fprintf(f, ",\"cases_per_second_per_core\":%.1f,\"divergences\":%" PRIu64 ",\"rows\":%u,\"rows_executed\":%u",
		rate(c), c->divergences, rows, executed);
	fprintf(f, ",\"interrupted\":%s}\n", interrupted ? "true" : "false");
}

// Prints the summary; true if every row was executed.
static bool
summarize(const struct fuzz_campaign *c, bool interrupted)
{
	unsigned executed, rows = rows_selected(c, &executed);
	const char *comma = "; never executed: ";

	printf("fuzz: seed %" PRIu64 ", %" PRIu64 " cases in %.1f s, %.0f/s per core, %" PRIu64
	       " divergences, %u of %u rows",
	       c->o.seed, c->cases, fuzz_campaign_seconds(c), rate(c), c->divergences, executed, rows);
	for (unsigned i = 0; i < fuzz_row_total(); i++) {
		if (!c->selected[i] || c->row_executed[i])
			continue;
		printf("%s%s %s", comma, fuzz_row_isa(fuzz_row_set(i)), fuzz_row_name(i));
		comma = ", ";
	}
	putchar('\n');
	if (c->report.output) {
		write_rows(c, c->report.output);
		write_summary(c, c->report.output, interrupted);
	}
	return executed == rows;
}

//----------------------------------------------------------------------------
// Running

static void
watched(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

// Waits for all jobs. Returns the signal that stopped them, or 0.
static int
wait_for_jobs(struct fuzz_campaign *c)
{
	bool terminal = isatty(STDERR_FILENO);
	const struct timespec tick = {0, 1000000000 / TICKS};
	int signal = 0;
	sigset_t set;
	bool busy;

	watched(&set);
	for (unsigned n = 1;; n++) {
		int got = sigtimedwait(&set, NULL, &tick);

		if (got > 0 && !signal)
			signal = got;
		if (signal || (c->deadline > 0 && deadline_now() >= c->deadline))
			atomic_store(&c->stop, true);
		pthread_mutex_lock(&c->lock);
		busy = c->running;
		pthread_mutex_unlock(&c->lock);
		if (terminal && (!busy || n % TICKS == 0))
			show_progress(c);
		if (!busy)
			break;
	}
	if (terminal)
		fputs("\n", stderr);
	return signal;
}

static int
campaign(const struct fuzz_options *o)
{
	struct fuzz_campaign *c = must_alloc(sizeof(*c));
	pthread_t jobs[FUZZ_JOBS_MAX];
	int signal, status;
	bool covered;
	sigset_t set;
	char *state;

	fuzz_campaign_open(c, o);
	watched(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	c->running = o->jobs;
	for (unsigned i = 0; i < o->jobs; i++)
		if (pthread_create(&jobs[i], NULL, fuzz_job, c))
			fail(EXIT_MONITOR, "can't start a thread");
	signal = wait_for_jobs(c);
	for (unsigned i = 0; i < o->jobs; i++)
		pthread_join(jobs[i], NULL);
	covered = summarize(c, signal);
	state = fuzz_campaign_save(c);
	if (state)
		printf("fuzz: go on with: palimpsest fuzz --resume %s\n", c->o.corpus);
	free(state);
	status = c->divergences || (o->coverage && !covered) ? EXIT_CRASH : EXIT_POWEROFF;
	fuzz_campaign_close(c);
	free(c);
	return signal ? 128 + signal : status;
}

//----------------------------------------------------------------------------
// Replay

struct replay {
	struct fuzz_item *items;
	unsigned n;
};

static void
add_item(struct replay *r, const struct fuzz_item *item)
{
	if (!(r->n & (r->n - 1))) { // a power of two: full
		struct fuzz_item *more = must_alloc((r->n ? 2 * r->n : 1) * sizeof(*more));

		if (r->n)
			memcpy(more, r->items, r->n * sizeof(*more));
		free(r->items);
		r->items = more;
	}
	r->items[r->n++] = *item;
}

static void
read_cases(struct replay *r, const char *path)
{
	FILE *f = fopen(path, "re");
	struct fuzz_item item;
	unsigned number = 0;
	char *line = NULL;
	size_t size = 0;

	if (!f)
		fail(EXIT_INPUT, "%s: neither a case such as a32:1:42 nor a file: %s", path, strerror(errno));
	while (getline(&line, &size, f) > 0) {
		const char *what, *type = fuzz_json_member(line, "type");

		number++;
		if (type && strncmp(type, "\"case\"", 6) && strncmp(type, "\"divergence\"", 12))
			continue; // other results
		what = fuzz_json_read(line, &item);
		if (what)
			fail(EXIT_INPUT, "%s: line %u: %s", path, number, what);
		add_item(r, &item);
	}
	if (ferror(f))
		fail(EXIT_INPUT, "%s: %s", path, strerror(errno));
	if (!r->n)
		fail(EXIT_INPUT, "%s: has no cases", path);
	free(line);
	fclose(f);
}

static void
read_replay(struct replay *r, const char *text)
{
	struct fuzz_item item = {0};

	if (!fuzz_json_id(text, &item.id)) {
		read_cases(r, text);
		return;
	}
	if (!fuzz_gen(&item))
		fail(EXIT_INPUT, "--replay %s: there is no such case: nothing that row makes may run", text);
	add_item(r, &item);
}

// As many of the items as are of one kind, and have slots of their own.
static unsigned
together(const struct fuzz_item *items, unsigned n)
{
	uint8_t *used = must_alloc(FUZZ_SLOTS_MAX);
	unsigned k = 0;

	while (k < n && k < FUZZ_RUN_MMU && fuzz_gen_kind(&items[k]) == fuzz_gen_kind(&items[0])) {
		if (fuzz_gen_kind(&items[k]) == FUZZ_INSN && used[items[k].c.slot]++)
			break;
		k++;
	}
	free(used);
	return k;
}

// Runs n items on all machines and prints them. Returns how many diverge.
static unsigned
replay_batch(const struct fuzz_options *o, const struct fuzz_run *run, const struct fuzz_item *items, unsigned n,
	     bool all)
{
	struct fuzz_result *results[FUZZ_MACHINES] = {NULL};
	unsigned diverging = 0;

	for (unsigned m = 0; m < FUZZ_MACHINES; m++) {
		if (m && !(o->policies & 1u << (m - 1u)))
			continue;
		results[m] = must_alloc(n * sizeof(*results[m]));
		fuzz_run(run, (enum fuzz_machine)m, items, n, results[m], NULL);
	}
	for (unsigned i = 0; i < n; i++) {
		const struct fuzz_result *of[FUZZ_MACHINES] = {NULL};
		bool diverges = false;

		for (unsigned m = 0; m < FUZZ_MACHINES; m++) {
			of[m] = results[m] ? &results[m][i] : NULL;
			diverges |= of[m] && m && fuzz_compare(&items[i], (enum fuzz_machine)m, of[FUZZ_BARE], of[m]);
		}
		diverging += diverges;
		if (diverges || all)
			fuzz_report_case(&items[i], of);
	}
	for (unsigned m = 0; m < FUZZ_MACHINES; m++)
		free(results[m]);
	return diverging;
}

static int
replay(const struct fuzz_options *o)
{
	struct replay r = {0};
	atomic_bool stop = false;
	unsigned diverging = 0, n;
	struct fuzz_run run;

	read_replay(&r, o->replay);
	fuzz_run_open(&run, &stop);
	for (unsigned i = 0; i < r.n; i += n) {
		n = together(&r.items[i], r.n - i);
		diverging += replay_batch(o, &run, &r.items[i], n, r.n <= REPLAY_SHOWN);
	}
	printf("fuzz: %u of %u cases diverge\n", diverging, r.n);
	fuzz_run_close(&run);
	free(r.items);
	return diverging ? EXIT_CRASH : EXIT_POWEROFF;
}

int
fuzz_command(int argc, char **argv)
{
	struct fuzz_options o;
	int status = EXIT_POWEROFF;

	bt_decode_init();
	fuzz_options_parse(&o, argc, argv);
	if (o.list)
		fuzz_row_list(&o);
	else
		status = o.replay ? replay(&o) : campaign(&o);
	free(o.classes);
	return status;
}
