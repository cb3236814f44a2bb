// SPDX-License-Identifier: MIT
//
// One VM: its command, which replays it in a shell but for the RAM and the probe, and what its end means.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "test/hostile/drive.h"

#define STALL     60.0 // seconds without a step
#define MAX_ARGS  64u
#define NO_STATUS (-1)
#define ARGUMENTS "seed=%010lu first=%010lu steps=%010lu ram=%u strict=%d" // always as long: it is in RAM

struct arguments {
	char *argv[MAX_ARGS];
	unsigned n;
};

__attribute__((format(printf, 2, 3))) static void
add(struct arguments *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (a->n + 1u >= MAX_ARGS || vasprintf(&a->argv[a->n++], fmt, ap) < 0)
		die("arguments");
	va_end(ap);
}

static void
free_arguments(struct arguments *a)
{
	for (unsigned i = 0; i < a->n; i++)
		free(a->argv[i]);
}

static void
add_qemu(struct arguments *a, const char *option, const char *value)
{
	add(a, "--qemu-arg");
	add(a, "%s", option);
	add(a, "--qemu-arg");
	add(a, "%s", value);
}

// The command of a VM; for_shell: to be shown, without what only this program needs.
static void
command(struct arguments *a, const struct vm *vm, bool for_shell)
{
	char *value;

	add(a, "%s/palimpsest", vm->build);
	add(a, "run");
	add(a, "-m");
	add(a, "%u", vm->config.mib);
	if (vm->config.bios) {
		add(a, "-bios");
		add(a, "%s/hostile.bin", vm->build);
	}
	add(a, "-kernel");
	add(a, "%s/hostile.bin", vm->build);
	add(a, "-append");
	add(a, for_shell ? "'" ARGUMENTS "'" : ARGUMENTS, vm->seed, vm->first, vm->steps, vm->config.mib,
	    vm->config.strict);
	add(a, "--bt");
	add(a, "%s", vm->config.block ? "block" : "page");
	if (vm->config.strict)
		add(a, "--strict");
	add(a, "-no-reboot");
	add(a, "--icount");
	add_qemu(a, "-rtc", "base=2026-01-01,clock=vm");
	if (for_shell)
		return;
	if (asprintf(&value, "memory-backend-file,id=ram,size=%uM,mem-path=%s,share=on", ram_mib(&vm->config),
		     ram_path()) < 0)
		die("arguments");
	add_qemu(a, "-object", value);
	free(value);
	add_qemu(a, "-machine", "memory-backend=ram");
	if (asprintf(&value, "unix:%s,server=on,wait=off", vm->qmp) < 0)
		die("arguments");
	add_qemu(a, "-qmp", value);
	free(value);
}

static pid_t
start(const struct arguments *a, const struct vm *vm)
{
	char monitor[4096];
	pid_t parent = getpid(), child = fork();
	int in, out;

	if (child < 0)
		die("fork");
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	in = open("/dev/null", O_RDONLY);
	out = open(vm->console, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (getppid() != parent || in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(1);
	snprintf(monitor, sizeof(monitor), "%s%s/palimpsest.zImage", vm->build, vm->config.debug ? "/debug" : "");
	setenv("PALIMPSEST_MONITOR", monitor, 1);
	execv(a->argv[0], a->argv);
	_exit(1);
}

static int
end(pid_t child)
{
	int status = 0;

	kill(child, SIGTERM);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : NO_STATUS;
}

// Waits for the VM's end. A guest that goes in circles is ended; *spun tells. A monitor that does is a failure.
static int
wait_for(struct vm *vm, pid_t child, bool *spun)
{
	double moved = seconds();
	uint32_t last = ~0u;
	int status = 0;

	*spun = false;
	for (;;) {
		const struct hostile_report *r;

		if (waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : NO_STATUS;
		usleep(20000);
		r = ram_report();
		if (r && r->step != last) {
			last = r->step;
			moved = seconds();
		}
		if (seconds() - moved < STALL)
			continue;
		*spun = probe_runs_guest(vm->qmp);
		if (!*spun)
			snprintf(vm->why, sizeof(vm->why), "hangs");
		return end(child);
	}
}

static enum ending
judge(struct vm *vm, int status, bool spun)
{
	const struct hostile_report *r = ram_report();
	const char *change;

	memset(&vm->report, 0, sizeof(vm->report));
	if (r)
		vm->report = *r;
	change = ram_check(&vm->config);
	if (vm->why[0])
		return FAILED;
	if (!r)
		snprintf(vm->why, sizeof(vm->why), "did not start, status %d", status);
	else if (vm->report.failed)
		snprintf(vm->why, sizeof(vm->why), "%s: %08x %08x %08x, space %u", vm->report.text,
			 vm->report.detail[0], vm->report.detail[1], vm->report.detail[2], vm->report.detail[3]);
	else if (change)
		snprintf(vm->why, sizeof(vm->why), "%s", change);
	else if (!spun && status != 0 && status != 2)
		snprintf(vm->why, sizeof(vm->why), "status %d", status);
	if (vm->why[0])
		return FAILED;
	if (spun)
		return SPUN;
	return vm->report.finished ? FINISHED : status == 2 ? CRASHED : LOST;
}

enum ending
vm_run(struct vm *vm)
{
	struct arguments a = {0};
	enum ending ending;
	int status;
	bool spun;

	vm->why[0] = '\0';
	snprintf(vm->console, sizeof(vm->console), "/tmp/hostile.%d.console", (int)getpid());
	snprintf(vm->qmp, sizeof(vm->qmp), "/tmp/hostile.%d.qmp", (int)getpid());
	ram_fill(&vm->config);
	command(&a, vm, false);
	status = wait_for(vm, start(&a, vm), &spun);
	free_arguments(&a);
	ending = judge(vm, status, spun);
	unlink(vm->qmp);
	return ending;
}

void
vm_show_command(const struct vm *vm)
{
	struct arguments a = {0};

	if (vm->config.debug)
		printf(" PALIMPSEST_MONITOR=%s/debug/palimpsest.zImage", vm->build);
	command(&a, vm, true);
	for (unsigned i = 0; i < a.n; i++)
		printf(" %s", a.argv[i]);
	printf("\n");
	free_arguments(&a);
}
