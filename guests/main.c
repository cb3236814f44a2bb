// SPDX-License-Identifier: MIT
//
// palimpsest: runs a 32-bit ARM kernel in a VM, or bundles it as a FIT image.
//
//   run      files -> FIT image (in memory) -> QEMU with the monitor as its kernel;
//            the monitor's report comes back through a pipe and decides how we end
//   bundle   files -> FIT image
//
// Nothing but the files asked for is ever written: what QEMU is given beside the user's
// own files are anonymous memory and a pipe, by their names in /dev/fd.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guests/error.h"
#include "guests/options.h"
#include "guests/qemu.h"
#include "guests/supervise.h"
#include "guests/vm.h"

static void
bundle(const struct options *o)
{
	struct outfile out;
	struct file fit;
	struct vm vm;

	vm_load(&vm, o);
	outfile_open(&out, o->output);
	fit = vm_fit(&vm);
	outfile_commit(&out, fit.data, fit.size);
	file_free(&fit);
	vm_free(&vm);
}

// What ended the VM, as the JSON line of a run that has none of the monitor's.
static char *
own_json(const struct options *o, const struct outcome *out, int status)
{
	static const char *const names[] = {"quit", "timeout", "signal"};
	const char *reason = names[out->ended];

	if (out->ended == ENDED_SELF && (status || o->native))
		reason = status ? "failed" : "poweroff";
	return must_printf("{\"exit\":\"%s\",\"status\":%d,\"native\":%s}", reason, status,
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

static int
conclude(const struct options *o, struct outcome *out, struct outfile *stats, bool terminal)
{
	char *json = report_json(&out->report), *line;
	int status;

	if (out->report.size)
		fprintf(stderr, "%s%s", out->report.text, out->report.text[out->report.size - 1] == '\n' ? "" : "\n");
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
	}
	free(line);
	free(json);
	free(out->report.text);
	return status;
}

static int
run(const struct options *o)
{
	struct qemu_files files = {.fit = "vm.itb", .report = "/dev/stderr", .dtb = o->dtb ? o->dtb : "vm.dtb"};
	struct outfile stats = {0};
	struct outcome out;
	struct file blob;
	struct vm vm;
	char *monitor = NULL, *blob_name = NULL, *report_name = NULL, **argv;
	int pipes[2] = {-1, -1}, blob_fd = -1, status;

	vm_load(&vm, o);
	if (!o->native)
		files.monitor = monitor = qemu_find_monitor();
	blob = o->native ? vm_dtb(&vm) : vm_fit(&vm);
	files.fit_size = blob.size;
	files.terminal = isatty(STDIN_FILENO);
	if (!o->dry_run) {
		if (o->stats)
			outfile_open(&stats, o->stats);
		blob_fd = file_memory(o->native ? "vm.dtb" : "vm.itb", blob.data, blob.size);
		files.fit = blob_name = must_printf("/dev/fd/%d", blob_fd);
		if (!o->dtb)
			files.dtb = blob_name;
		if (!o->native && pipe2(pipes, O_CLOEXEC))
			fail(EXIT_MONITOR, "can't make a pipe");
		files.report = report_name = must_printf("/dev/fd/%d", pipes[1]);
	}
	file_free(&blob);
	vm_free(&vm);
	argv = qemu_command(o, &files);
	if (o->dry_run) {
		qemu_print(argv);
		status = EXIT_POWEROFF;
	} else {
		supervise(&out, argv, pipes[0], pipes[1], o->timeout);
		status = conclude(o, &out, &stats, files.terminal);
	}
	qemu_free(argv);
	free(report_name);
	free(blob_name);
	free(monitor);
	return status;
}

int
main(int argc, char **argv)
{
	struct options o;
	int status = EXIT_POWEROFF;

	options_parse(&o, argc, argv);
	if (o.command == COMMAND_BUNDLE)
		bundle(&o);
	else
		status = run(&o);
	free(o.qemu_args);
	if (fflush(stdout))
		fail(EXIT_INPUT, "standard output can't be written");
	if (status > 128) { // a signal ended us: let the caller see that
		signal(status - 128, SIG_DFL);
		raise(status - 128);
	}
	return status;
}
