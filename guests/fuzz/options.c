// SPDX-License-Identifier: MIT
//
// See options.h. One table says which options there are, what they set and what --help prints.
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bt/isa/decode.h"
#include "guests/cli/error.h"
#include "guests/fuzz/options.h"
#include "guests/fuzz/row.h"
#include "guests/fuzz/run.h"
#include "guests/cli/optparse.h"

#define DEFAULT_CASES 100000u
#define DEFAULT_BATCH 8192u
#define BATCH_MAX     FUZZ_RUN_CASES

static uint64_t
parse_number(const char *option, const char *text, uint64_t min, uint64_t max)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || n < min || n > max)
		fail(EXIT_INPUT, "--%s %s: not a number from %llu to %llu", option, text, (unsigned long long)min,
		     (unsigned long long)max);
	return n;
}

// The bit of text in names, or all of them for the last one.
static unsigned
parse_choice(const char *option, const char *text, const char *const *names, unsigned n)
{
	char *list = must_printf("%s", names[0]);

	for (unsigned i = 0; i < n; i++)
		if (!strcmp(text, names[i])) {
			free(list);
			return i + 1 == n ? (1u << (n - 1)) - 1u : 1u << i;
		}
	for (unsigned i = 1; i + 1 < n; i++) {
		char *longer = must_printf("%s, %s", list, names[i]);

		free(list);
		list = longer;
	}
	fail(EXIT_INPUT, "--%s %s: none of %s and %s", option, text, list, names[n - 1]);
}

static const char *const policies[] = {"page", "block", "strict", "block-strict", "all"};
_Static_assert(sizeof(policies) / sizeof(policies[0]) == FUZZ_POLICIES + 1u, "enum fuzz_machine");

static void
set_seed(void *options, const char *arg)
{
	((struct fuzz_options *)options)->seed = parse_number("seed", arg, 0, UINT64_MAX);
}

static void
set_cases(void *options, const char *arg)
{
	((struct fuzz_options *)options)->cases = parse_number("cases", arg, 1, UINT64_MAX / FUZZ_ISAS);
}

static void
set_time(void *options, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !isfinite(seconds) || seconds <= 0 || seconds > 1e7)
		fail(EXIT_INPUT, "--time %s: not a number of seconds between 0 and 10000000", text);
	((struct fuzz_options *)options)->time = seconds;
}

static void
set_isa(void *options, const char *arg)
{
	((struct fuzz_options *)options)->isas |=
	    parse_choice("isa", arg, (const char *const[]){"a32", "t16", "t32", "all"}, FUZZ_ISAS + 1u);
}

static void
set_class(void *options, const char *arg)
{
	struct fuzz_options *o = options;

	if (!strcmp(arg, "mmu"))
		o->isas |= 1u << FUZZ_SET_MMU;
	else if (!fuzz_row_class_known(arg))
		fail(EXIT_INPUT, "--class %s: no class and no row has that name (see --list)", arg);
	else
		o->classes[o->n_classes++] = arg;
}

static void
set_policy(void *options, const char *arg)
{
	((struct fuzz_options *)options)->policies |= parse_choice("policy", arg, policies, FUZZ_POLICIES + 1u);
}

static void
set_jobs(void *options, const char *arg)
{
	((struct fuzz_options *)options)->jobs = (unsigned)parse_number("jobs", arg, 1, FUZZ_JOBS_MAX);
}

static void
set_batch(void *options, const char *arg)
{
	((struct fuzz_options *)options)->batch = (unsigned)parse_number("batch", arg, 1, BATCH_MAX);
}

static void
set_resume(void *options, const char *arg)
{
	struct fuzz_options *o = options;

	o->corpus = arg;
	o->resume = true;
}

static void set_help(void *options, const char *arg);

#define FLAG(name, m, help)        {name, NULL, 1, help, OPTION_FLAG, offsetof(struct fuzz_options, m), NULL, NULL},
#define STRING(name, arg, m, help) {name, arg, 1, help, OPTION_STRING, offsetof(struct fuzz_options, m), NULL, NULL},
#define CALL(name, arg, f, help)   {name, arg, 1, help, OPTION_CALL, 0, f, NULL},

// clang-format off
static const struct option_row rows[] = {
	CALL("seed",     "N",                set_seed,   "seed of the cases [1]; different seeds make different cases")
	CALL("cases",    "M",                set_cases,  "cases of each instruction set [100000, with --time no limit]")
	CALL("time",     "SECONDS",          set_time,   "start no more cases after that time")
	CALL("isa",      "a32|t16|t32|all",  set_isa,    "instruction set; repeatable [all]")
	CALL("class",    "NAME",             set_class,  "only rows of this class or name (see --list); repeatable; mmu: MMU programs")
	CALL("policy",   "NAME|all",         set_policy, "page, block, strict (page with --strict) or block-strict; repeatable [all, of instructions without block-strict]")
	CALL("jobs",     "J",                set_jobs,   "runs of QEMU at a time [one per core]")
	CALL("batch",    "N",                set_batch,  "cases in one run of QEMU [8192]")
	STRING("corpus", "DIR",              corpus,     "keep one case of each kind of outcome there, and the state")
	STRING("crashes", "DIR",             crashes,    "write each divergence there, shrunk")
	STRING("output", "FILE",             output,     "write the results as JSON lines")
	CALL("resume",   "DIR",              set_resume, "go on with the interrupted run of that corpus")
	STRING("replay", "FILE|CASE",        replay,     "run these cases, or ISA:SEED:NUMBER, and show their results")
	FLAG("first",                        first,      "end with the first divergence, and leave it as it is")
	FLAG("coverage",                     coverage,   "fail, too, if a selected row was never executed")
	FLAG("list",                         list,       "print the rows, their classes and what isn't generated")
	CALL("help",     NULL,               set_help,   "this text")
	CALL("version",  NULL,               optparse_version, "the version")
};
// clang-format on
_Static_assert(sizeof(rows) / sizeof(rows[0]) <= OPTPARSE_ROWS, "optparse.h");

static const struct option_table table = {rows, sizeof(rows) / sizeof(rows[0]), (const char *const[]){"fuzz", NULL}, 0};

static void
set_help(void *options, const char *arg)
{
	(void)options, (void)arg;
	puts("Usage: palimpsest fuzz [OPTION...]\n"
	     "Runs random sensitive instructions bare on QEMU and under the monitor and compares the outcomes.\n");
	optparse_help(&table);
	puts("\nExit status: 0 no divergence; 1 bad usage or input; 2 divergences, or rows not covered with\n"
	     "--coverage; 4 QEMU or the monitor failed. See palimpsest(1).");
	finish_output();
	exit(EXIT_POWEROFF);
}

static unsigned
cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1u : n > (long)FUZZ_JOBS_MAX ? FUZZ_JOBS_MAX : (unsigned)n;
}

static void
set_defaults(struct fuzz_options *o)
{
	if (o->isas > 1u << FUZZ_SET_MMU || (o->isas == 1u << FUZZ_SET_MMU && o->n_classes))
		fail(EXIT_INPUT, "--class mmu: not together with instruction sets or other classes");
	o->jobs = o->jobs ? o->jobs : cores();
	o->isas = o->isas ? o->isas : (1u << FUZZ_ISAS) - 1u;
	// On QEMU instructions under block-strict take forty times as long: each watched load translates anew.
	if (!o->policies)
		o->policies = ((1u << FUZZ_POLICIES) - 1u) &
			      ~(o->isas == 1u << FUZZ_SET_MMU ? 0 : 1u << (FUZZ_BLOCK_STRICT - 1u));
	if (!o->cases && !o->time)
		o->cases = DEFAULT_CASES;
}

void
fuzz_options_parse(struct fuzz_options *o, int argc, char **argv)
{
	*o = (struct fuzz_options){.seed = 1, .batch = DEFAULT_BATCH};
	o->classes = must_alloc((size_t)argc * sizeof(*o->classes));
	optparse(&table, o, argc, argv);
	if (optind < argc)
		fail(EXIT_INPUT, "%s: not an option", argv[optind]);
	set_defaults(o);
}
