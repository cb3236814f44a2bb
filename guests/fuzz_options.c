// SPDX-License-Identifier: MIT
//
// See fuzz_options.h. One table says which options there are and what --help prints.
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bt/decode.h"
#include "guests/error.h"
#include "guests/fuzz_options.h"
#include "guests/fuzz_row.h"
#include "guests/fuzz_run.h"

#define DEFAULT_CASES 100000u
#define DEFAULT_BATCH 8192u
#define BATCH_MAX     FUZZ_RUN_CASES

enum option_id {
	OPT_SEED = 256,
	OPT_CASES,
	OPT_TIME,
	OPT_ISA,
	OPT_CLASS,
	OPT_POLICY,
	OPT_JOBS,
	OPT_BATCH,
	OPT_CORPUS,
	OPT_CRASHES,
	OPT_OUTPUT,
	OPT_RESUME,
	OPT_REPLAY,
	OPT_FIRST,
	OPT_COVERAGE,
	OPT_LIST,
	OPT_HELP,
};

// clang-format off
static const struct {
	const char *name, *arg; // arg NULL: takes none
	enum option_id id;
	const char *help;
} table[] = {
	{"seed",     "N",                   OPT_SEED,     "seed of the cases [1]; different seeds make different cases"},
	{"cases",    "M",                   OPT_CASES,    "cases of each instruction set [100000, with --time no limit]"},
	{"time",     "SECONDS",             OPT_TIME,     "start no more cases after that time"},
	{"isa",      "a32|t16|t32|all",     OPT_ISA,      "instruction set; repeatable [all]"},
	{"class",    "NAME",                OPT_CLASS,    "only rows of this class or name (see --list); repeatable; mmu: MMU programs"},
	{"policy",   "NAME|all",            OPT_POLICY,   "page, block, strict (page with --strict) or block-strict; repeatable [all, of instructions without block-strict]"},
	{"jobs",     "J",                   OPT_JOBS,     "runs of QEMU at a time [one per core]"},
	{"batch",    "N",                   OPT_BATCH,    "cases in one run of QEMU [8192]"},
	{"corpus",   "DIR",                 OPT_CORPUS,   "keep one case of each kind of outcome there, and the state"},
	{"crashes",  "DIR",                 OPT_CRASHES,  "write each divergence there, shrunk"},
	{"output",   "FILE",                OPT_OUTPUT,   "write the results as JSON lines"},
	{"resume",   "DIR",                 OPT_RESUME,   "go on with the interrupted run of that corpus"},
	{"replay",   "FILE|ISA:SEED:NUMBER", OPT_REPLAY,  "run these cases and show their results"},
	{"first",    NULL,                  OPT_FIRST,    "end with the first divergence, and leave it as it is"},
	{"coverage", NULL,                  OPT_COVERAGE, "fail, too, if a selected row was never executed"},
	{"list",     NULL,                  OPT_LIST,     "print the rows, their classes and what isn't generated"},
	{"help",     NULL,                  OPT_HELP,     "this text"},
};
// clang-format on
#define N_OPTIONS (sizeof(table) / sizeof(table[0]))

static _Noreturn void
help(void)
{
	puts("Usage: palimpsest fuzz [OPTION...]\n"
	     "Runs random sensitive instructions bare on QEMU and under the monitor and compares the outcomes.\n");
	for (size_t i = 0; i < N_OPTIONS; i++)
		printf("  --%-8s %-20s %s\n", table[i].name, table[i].arg ? table[i].arg : "", table[i].help);
	puts("\nExit status: 0 no divergence; 1 bad usage or input; 2 divergences, or rows not covered with\n"
	     "--coverage; 4 QEMU or the monitor failed. See palimpsest(1).");
	finish_output();
	exit(EXIT_POWEROFF);
}

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

static double
parse_time(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !isfinite(seconds) || seconds <= 0 || seconds > 1e7)
		fail(EXIT_INPUT, "--time %s: not a number of seconds between 0 and 10000000", text);
	return seconds;
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
set(struct fuzz_options *o, enum option_id id, const char *arg)
{
	switch (id) {
	case OPT_SEED:
		o->seed = parse_number("seed", arg, 0, UINT64_MAX);
		break;
	case OPT_CASES:
		o->cases = parse_number("cases", arg, 1, UINT64_MAX / FUZZ_ISAS);
		break;
	case OPT_TIME:
		o->time = parse_time(arg);
		break;
	case OPT_ISA:
		o->isas |= parse_choice("isa", arg, (const char *const[]){"a32", "t16", "t32", "all"}, FUZZ_ISAS + 1u);
		break;
	case OPT_CLASS:
		if (!strcmp(arg, "mmu")) {
			o->isas |= 1u << FUZZ_SET_MMU;
			break;
		}
		if (!fuzz_row_class_known(arg))
			fail(EXIT_INPUT, "--class %s: no class and no row has that name (see --list)", arg);
		o->classes[o->n_classes++] = arg;
		break;
	case OPT_POLICY:
		o->policies |= parse_choice("policy", arg, policies, FUZZ_POLICIES + 1u);
		break;
	case OPT_JOBS:
		o->jobs = (unsigned)parse_number("jobs", arg, 1, FUZZ_JOBS_MAX);
		break;
	case OPT_BATCH:
		o->batch = (unsigned)parse_number("batch", arg, 1, BATCH_MAX);
		break;
	case OPT_CORPUS:
		o->corpus = arg;
		break;
	case OPT_CRASHES:
		o->crashes = arg;
		break;
	case OPT_OUTPUT:
		o->output = arg;
		break;
	case OPT_RESUME:
		o->corpus = arg;
		o->resume = true;
		break;
	case OPT_REPLAY:
		o->replay = arg;
		break;
	case OPT_FIRST:
		o->first = true;
		break;
	case OPT_COVERAGE:
		o->coverage = true;
		break;
	case OPT_LIST:
		o->list = true;
		break;
	case OPT_HELP:
		help();
	}
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
	struct option longs[N_OPTIONS + 1] = {0};
	int id;

	*o = (struct fuzz_options){.seed = 1, .batch = DEFAULT_BATCH};
	o->classes = must_alloc((size_t)argc * sizeof(*o->classes));
	for (size_t i = 0; i < N_OPTIONS; i++)
		longs[i] = (struct option){table[i].name, table[i].arg ? required_argument : no_argument, NULL,
					   (int)table[i].id};
	opterr = 0;
	while ((id = getopt_long_only(argc, argv, ":", longs, NULL)) != -1) {
		if (id == ':')
			fail(EXIT_INPUT, "%s: argument missing", argv[optind - 1]);
		if (id == '?')
			fail(EXIT_INPUT, "%s: unknown option (see --help)", argv[optind - 1]);
		set(o, (enum option_id)id, optarg);
	}
	if (optind < argc)
		fail(EXIT_INPUT, "%s: not an option", argv[optind]);
	set_defaults(o);
}
