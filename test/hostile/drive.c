// SPDX-License-Identifier: MIT
//
// drive BUILD [--seconds N | --steps N] [--seed N] [--first N] [--bt page|block] [--strict] [--bios] [--debug]
// [--vm-steps N] [--verbose]
//
// Runs the hostile guest (hostile.h) in VM after VM, each with a seed of its own, until it has done so many steps or
// had so long. A VM may crash or lose itself: the next one goes on. What must not be: status 4, a hang of the
// monitor's, whatever the guest reports, a change to host RAM that neither the monitor nor the guest owns, and canaries
// where there were none. A kind of step that never ran is a failure too.
//
// The machine's RAM is a file filled with canaries (ram.c). QEMU counts instructions, so that a seed replays.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "test/hostile/drive.h"

#define VM_STEPS      20000ul
#define LEAST         3000ul // steps, however long they take: or a slow machine would miss a kind
#define MOST_FAILURES 10u
#define TAIL          6000

static const struct {
	const char *name, *text;
	bool firmware;
} kinds[N_STEPS] = {
#define STEP(name, weight, firmware, text) {#name, text, firmware},
#include "test/hostile/steps.def"
#undef STEP
};

static const char *const exception_names[HOSTILE_VECTORS] = {NULL, "UNDEF", "SVC", "PABT", "DABT", NULL, "IRQ", "FIQ"};

struct plan {
	const char *build, *bt;
	double seconds;
	unsigned long steps, seed, first, vm_steps;
	bool strict, bios, debug, verbose;
};

static struct totals {
	unsigned long steps, checks, runs, endings[N_ENDINGS];
	unsigned long count[N_STEPS], exceptions[HOSTILE_VECTORS];
} total;

void
die(const char *what)
{
	fprintf(stderr, "hostile: %s: %s\n", what, strerror(errno));
	exit(1);
}

double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// What a VM leaves in RAM that does no step, to compare with.
static void
learn(const struct plan *p, const struct config *c)
{
	struct vm vm = {.config = *c, .build = p->build};

	if (ram_known(c))
		return;
	if (vm_run(&vm) != FINISHED) {
		fprintf(stderr, "hostile: a VM without a step: %s\n", vm.why);
		exit(1);
	}
	ram_learn(c);
}

static void
show_console(const struct vm *vm)
{
	char text[TAIL + 1];
	FILE *f = fopen(vm->console, "r");
	size_t n;

	if (!f)
		return;
	fseek(f, 0, SEEK_END);
	fseek(f, ftell(f) > TAIL ? -TAIL : 0, ftell(f) > TAIL ? SEEK_END : SEEK_SET);
	n = fread(text, 1, TAIL, f);
	fclose(f);
	text[n] = '\0';
	text[strcspn(text, "{")] = '\0'; // the statistics
	printf("--- console ---\n%s---------------\n", text);
}

// How a VM ended that nothing is wrong with.
static void
tell_ending(const struct vm *vm, enum ending ending)
{
	static const char *const how[N_ENDINGS] = {"finished", "crashed", "lost itself", "went in circles", "failed"};
	char line[256];
	FILE *f = fopen(vm->console, "r");

	printf("hostile: seed %lu %s%s%s%s: %s at step %u (%s) %s %08x\n", vm->seed,
	       vm->config.block ? "block" : "page", vm->config.strict ? " strict" : "",
	       vm->config.bios ? " firmware" : "", vm->config.debug ? " debug" : "", how[ending], vm->report.step,
	       vm->report.kind < N_STEPS ? kinds[vm->report.kind].name : "-", vm->report.text, vm->report.detail[1]);
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "VM stopped") || !strncmp(line, "hostile:", 8))
			printf("    %s", line);
	if (f)
		fclose(f);
	fflush(stdout);
}

static void
show_replay(const struct vm *vm)
{
	printf("replay: test/hostile/run.sh %s --seed %lu --first %lu --steps %lu --bt %s%s%s%s\n    or:", vm->build,
	       vm->seed, vm->first, vm->steps, vm->config.block ? "block" : "page",
	       vm->config.strict ? " --strict" : "", vm->config.bios ? " --bios" : "",
	       vm->config.debug ? " --debug" : "");
	vm_show_command(vm);
}

// Fewer steps before the one that failed, as long as something still fails.
static void
shrink(const struct vm *vm)
{
	unsigned long last = vm->report.step;
	struct vm less = *vm;

	for (unsigned long before = 0; before < last - vm->first; before = before ? before * 4u : 1u) {
		less.first = last - before;
		less.steps = before + 1u;
		if (vm_run(&less) == FAILED) {
			printf("hostile: %lu steps are enough: %s\n", less.steps, less.why);
			show_replay(&less);
			return;
		}
	}
}

static void
tell_failure(const struct vm *vm)
{
	uint32_t kind = vm->report.kind;

	printf("hostile: seed %lu, step %u (%s): %s\n", vm->seed, vm->report.step,
	       kind < N_STEPS ? kinds[kind].name : "-", vm->why);
	show_console(vm);
	show_replay(vm);
	shrink(vm);
	fflush(stdout);
}

static void
add_up(const struct vm *vm, enum ending ending)
{
	const struct hostile_report *r = &vm->report;

	total.endings[ending]++;
	total.steps += r->step - r->first;
	total.checks += r->checks;
	total.runs += r->runs;
	for (unsigned i = 0; i < N_STEPS; i++)
		total.count[i] += r->count[i];
	for (unsigned i = 0; i < HOSTILE_VECTORS; i++)
		total.exceptions[i] += r->exceptions[i];
}

static void
show_progress(const char *what)
{
	printf("hostile: %s%lu steps, %lu pieces of code, %lu checks; VMs: %lu finished, %lu crashed, %lu lost, %lu in "
	       "circles, "
	       "%lu failed\n",
	       what, total.steps, total.runs, total.checks, total.endings[FINISHED], total.endings[CRASHED],
	       total.endings[LOST], total.endings[SPUN], total.endings[FAILED]);
	fflush(stdout);
}

static bool
has_debug(const struct plan *p)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/debug/palimpsest.zImage", p->build);
	return !access(path, R_OK);
}

// By the seed, but for what was asked for. Every fifth monitor checks itself, if there is one that does.
static struct config
config_of(const struct plan *p, unsigned long seed)
{
	struct config c = {.mib = seed % 4u == 3u ? 32u : 16u, .bios = p->bios};

	c.debug = p->debug || (!p->bt && seed % 5u == 4u && has_debug(p));
	c.strict = p->strict || (!p->bt && seed % 3u == 2u);
	c.block = p->bt ? !strcmp(p->bt, "block") : seed % 2u;
	return c;
}

static void
parse(struct plan *p, int argc, char **argv)
{
	static const struct option options[] = {{"seconds", 1, NULL, 's'},
						{"steps", 1, NULL, 'n'},
						{"seed", 1, NULL, 'S'},
						{"first", 1, NULL, 'f'},
						{"bt", 1, NULL, 'b'},
						{"strict", 0, NULL, 't'},
						{"bios", 0, NULL, 'B'},
						{"vm-steps", 1, NULL, 'v'},
						{"debug", 0, NULL, 'd'},
						{"verbose", 0, NULL, 'V'},
						{0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			p->seconds = strtod(optarg, NULL);
			break;
		case 'n':
			p->steps = strtoul(optarg, NULL, 0);
			break;
		case 'S':
			p->seed = strtoul(optarg, NULL, 0);
			break;
		case 'f':
			p->first = strtoul(optarg, NULL, 0);
			break;
		case 'b':
			p->bt = optarg;
			break;
		case 't':
			p->strict = true;
			break;
		case 'B':
			p->bios = true;
			break;
		case 'd':
			p->debug = true;
			break;
		case 'V':
			p->verbose = true;
			break;
		case 'v':
			p->vm_steps = strtoul(optarg, NULL, 0);
			break;
		default:
			exit(1);
		}
	}
	if (optind != argc - 1 || (!p->seconds && !p->steps)) {
		fprintf(stderr, "hostile: drive BUILD --seconds N | --steps N [options]\n");
		exit(1);
	}
	p->build = argv[optind];
}

// Each kind of step and each exception must have been there, unless it's just a replay; the rest are failures.
static int
tally(const struct plan *p)
{
	bool coverage = total.steps >= LEAST;
	unsigned long passed = 0, failed = total.endings[FAILED];

	for (unsigned i = 0; coverage && i < N_STEPS; i++) {
		if (kinds[i].firmware && !p->bios)
			continue;
		printf("  %-10s %8lu  %s\n", kinds[i].name, total.count[i], kinds[i].text);
		passed += total.count[i] > 0;
		failed += !total.count[i];
	}
	for (unsigned i = 0; coverage && i < HOSTILE_VECTORS; i++) {
		if (!exception_names[i])
			continue;
		printf("  %-10s %8lu  exceptions\n", exception_names[i], total.exceptions[i]);
		passed += total.exceptions[i] > 0;
		failed += !total.exceptions[i];
	}
	if (!coverage)
		passed = total.endings[FINISHED] + total.endings[CRASHED] + total.endings[LOST] + total.endings[SPUN];
	show_progress(p->bios ? "firmware: " : "kernel: ");
	printf("hostile: %lu passed, %lu failed\n", passed, failed);
	return failed > 0;
}

static bool
is_done(const struct plan *p, double began)
{
	if (total.endings[FAILED] >= MOST_FAILURES)
		return true;
	if (p->seconds)
		return total.steps >= LEAST && seconds() - began >= p->seconds;
	return p->steps <= p->vm_steps || total.steps >= p->steps; // a replay is one VM, however it ends
}

int
main(int argc, char **argv)
{
	struct plan p = {.seed = 1, .vm_steps = VM_STEPS};
	double began = seconds(), told = began;

	parse(&p, argc, argv);
	for (unsigned long n = 0; !n || !is_done(&p, began); n++) {
		struct vm vm = {.build = p.build,
				.config = config_of(&p, p.seed + n),
				.seed = p.seed + n,
				.first = p.first,
				.steps = p.vm_steps};
		enum ending ending;

		if (p.steps && vm.steps > p.steps - total.steps)
			vm.steps = p.steps - total.steps;
		learn(&p, &vm.config);
		ending = vm_run(&vm);
		add_up(&vm, ending);
		if (ending == FAILED)
			tell_failure(&vm);
		else if (p.verbose)
			tell_ending(&vm, ending);
		unlink(vm.console);
		if (seconds() - told >= 10) {
			told = seconds();
			show_progress("");
		}
	}
	return tally(&p);
}
