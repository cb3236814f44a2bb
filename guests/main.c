// SPDX-License-Identifier: MIT
//
// palimpsest: runs a 32-bit ARM kernel in a VM, bundles it as a FIT image, or scans one.
//
//   run      files -> FIT image (in memory) -> QEMU with the monitor as its kernel;
//            the monitor's report comes back through a pipe and decides how we end
//   bundle   files -> FIT image
//   fuzz     random instructions, bare and under the monitor, compared (fuzz.h)
//   scan     file -> report of what the monitor would find in it (scan.c)
//
// Nothing but the files asked for is ever written: what QEMU is given beside the user's
// own files are anonymous memory and a pipe, by their names in /dev/fd.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guests/cli/deadline.h"
#include "guests/cli/error.h"
#include "guests/fuzz/fuzz.h"
#include "guests/cli/options.h"
#include "guests/cli/outfile.h"
#include "guests/cli/qemu.h"
#include "guests/scan/scan.h"
#include "guests/cli/summary.h"
#include "guests/cli/supervise.h"
#include "guests/cli/vm.h"

// The output is none of what is read: the VM's files and, where there is one, the monitor.
static void
open_output(struct outfile *out, const char *path, const struct options *o, const char *monitor)
{
	const char *const read[] = {o->bios, o->kernel, o->initrd, o->dtb, monitor};
	const char *inputs[sizeof(read) / sizeof(read[0]) + 1] = {NULL};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(read) / sizeof(read[0]); i++)
		if (read[i])
			inputs[n++] = read[i];
	outfile_open(out, path, inputs);
}

static void
bundle(const struct options *o)
{
	struct outfile out;
	struct file fit;
	struct vm vm;

	vm_load(&vm, o);
	open_output(&out, o->output, o, NULL);
	fit = vm_fit(&vm);
	outfile_commit(&out, fit.data, fit.size);
	file_free(&fit);
	vm_free(&vm);
}

// Why the VM ended, as far as it can be told without the monitor.
static const char *
reason(const struct outcome *out, int status)
{
	if (out->ended != ENDED_SELF)
		return out->ended == ENDED_TIMEOUT ? "timeout" : "signal";
	if (status)
		return status == EXIT_INPUT ? "input" : "failed";
	if (!strcmp(out->qmp.reason, "guest-shutdown"))
		return "poweroff";
	return !strcmp(out->qmp.reason, "guest-reset") ? "reset" : "quit";
}

// The JSON line of a run that has none of the monitor's.
static char *
own_json(const struct options *o, const struct outcome *out, int status)
{
	return must_printf("{\"exit\":\"%s\",\"status\":%d,\"native\":%s}", reason(out, status), status,
			   o->native ? "true" : "false");
}

// QEMU ended by itself without a report; says so, where it hasn't itself, and returns our status.
static int
without_report(const struct options *o, const struct outcome *out, bool terminal)
{
	int status = out->wait_status;

	if (WIFSIGNALED(status)) {
		fprintf(stderr, "palimpsest: qemu-system-arm was killed by signal %d\n", WTERMSIG(status));
		return EXIT_MONITOR;
	}
	if (WEXITSTATUS(status) == EXIT_INPUT)
		return EXIT_INPUT; // it has told why
	if (WEXITSTATUS(status)) {
		fprintf(stderr, "palimpsest: qemu-system-arm ended with status %d\n", WEXITSTATUS(status));
		return EXIT_MONITOR;
	}
	if (o->native)
		return EXIT_POWEROFF;
	fprintf(stderr, "palimpsest: %s\n", terminal ? "quit" : "the monitor ended without a report");
	return terminal ? EXIT_POWEROFF : EXIT_MONITOR;
}

// What the monitor says goes to the user, but for the statistics.
static void
show(const struct report *r, const char *json)
{
	size_t size = json ? r->size - strlen(strstr(r->text, json)) : r->size;

	if (size)
		fprintf(stderr, "%.*s%s", (int)size, r->text, r->text[size - 1] == '\n' ? "" : "\n");
}

// For people, where nobody has asked for more and nothing but people reads it.
static void
show_summary(const char *json)
{
	char *text = isatty(STDERR_FILENO) ? summary(json) : NULL;

	if (text)
		fputs(text, stderr);
	free(text);
}

// Of a VM that goes on: what the monitor says, and where its time went.
static void
show_state(const char *state)
{
	struct report r = {.text = (char *)(uintptr_t)state, .size = strlen(state)};
	char *json = report_json(&r), *text = json ? summary(json) : NULL;

	show(&r, json);
	if (text)
		fputs(text, stderr);
	free(text);
	free(json);
}

static int
conclude(const struct options *o, struct outcome *out, struct outfile *stats, bool terminal)
{
	char *json = report_json(&out->report), *line;
	int status;

	show(&out->report, json);
	if (out->ended == ENDED_TIMEOUT) {
		fprintf(stderr, "palimpsest: timed out after %g s\n", o->timeout);
		status = EXIT_TIMEOUT;
	} else if (out->ended == ENDED_SIGNAL) {
		status = 128 + out->signal;
	} else {
		status = json ? report_status(json) : without_report(o, out, terminal);
	}
	if (!json)
		json = own_json(o, out, status);
	line = report_with(json, "wall_seconds", out->seconds);
	if (stats->given) {
		char *text = must_printf("%s\n", line);

		outfile_commit(stats, text, strlen(text));
		free(text);
	} else {
		show_summary(json);
	}
	free(line);
	free(json);
	free(out->report.text);
	return status;
}

static void
print_command(const struct options *o, struct qemu_files files)
{
	char **argv;

	files.fit = "vm.itb";
	files.report = "/dev/stderr";
	files.dtb = o->dtb ? o->dtb : "vm.dtb";
	files.qmp = -1;
	argv = qemu_command(o, &files);
	qemu_print(argv);
	qemu_free(argv);
}

// Runs QEMU, with blob (the FIT image, or the bare machine's device tree) in anonymous memory.
static int
launch(const struct options *o, struct qemu_files files, struct file *blob)
{
	struct outfile stats = {0};
	struct wires wires;
	struct outcome out;
	char blob_name[32], **argv;

	if (o->stats)
		open_output(&stats, o->stats, o, files.monitor);
	supervise_wire(&wires, !o->native);
	wires.held = qemu_is_held(o);
	snprintf(blob_name, sizeof(blob_name), "/dev/fd/%d", file_memory(blob->path, blob->data, blob->size));
	file_free(blob);
	files.fit = blob_name;
	files.report_fd = wires.report[1];
	wires.keys = files.terminal && !o->native;
	wires.show_state = show_state;
	files.dtb = o->dtb ? o->dtb : blob_name;
	files.qmp = wires.qmp[1];
	argv = qemu_command(o, &files);
	supervise(&out, argv, &wires);
	qemu_free(argv);
	return conclude(o, &out, &stats, files.terminal);
}

static int
run(const struct options *o)
{
	struct qemu_files files = {0};
	char *monitor = NULL;
	int status = EXIT_POWEROFF;
	struct file blob;
	struct vm vm;

	deadline_start(o->timeout);
	vm_load(&vm, o);
	if (!o->native)
		files.monitor = monitor = qemu_find_monitor();
	blob = o->native ? vm_dtb(&vm) : vm_fit(&vm);
	files.flash_size = vm.flash;
	vm_free(&vm);
	files.fit_size = blob.size;
	files.terminal = isatty(STDIN_FILENO);
	if (o->dry_run)
		print_command(o, files);
	else
		status = launch(o, files, &blob);
	file_free(&blob); // unless launch did
	free(monitor);
	return status;
}

// A standard stream that is closed would be the next file that is opened, and get what is meant for the stream; and
// QEMU wants all three. The end of /dev/null that can't be written keeps the place, so that a write still fails.
static void
fill_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			exit(EXIT_INPUT);
}

int
main(int argc, char **argv)
{
	struct options o;
	int status = EXIT_POWEROFF;

	fill_streams();
	signal(SIGXFSZ, SIG_IGN); // a limit of the files' size is an error like others
	options_parse(&o, argc, argv);
	if (o.command == COMMAND_FUZZ)
		status = fuzz_command(argc - 1, argv + 1);
	else if (o.command == COMMAND_BUNDLE)
		bundle(&o);
	else if (o.command == COMMAND_SCAN)
		status = scan_command(&o);
	else
		status = run(&o);
	free(o.qemu_args);
	finish_output();
	if (status > 128) { // a signal ended us: let the caller see that
		signal(status - 128, SIG_DFL);
		raise(status - 128);
	}
	return status;
}
