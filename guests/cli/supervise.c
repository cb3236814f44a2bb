// SPDX-License-Identifier: MIT
//
// One loop waits for what can happen: the child's report or a word of QEMU's, a signal
// (the child's end is one, too), a key and the time limit. To end the child we ask the monitor, which has something to
// tell, then QEMU, then send SIGTERM, then SIGKILL. Signals are blocked and read from
// a descriptor, so nothing runs in a handler. What is sent to our process group, as Ctrl-C's is, the child isn't to get
// before the monitor has been asked, so it has a group of its own, unless it reads from the terminal itself. Should we
// be killed, it is sent SIGTERM by the kernel.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "guests/cli/deadline.h"
#include "guests/cli/error.h"
#include "guests/cli/keys.h"
#include "guests/cli/supervise.h"

#define GRACE        1.0 // seconds between one way to end the child and the next
#define LONGEST_WAIT 3600.0

// The state of standard input, output and error that QEMU changes and, when killed, leaves so.
struct terminal {
	bool is_tty;
	struct termios termios;
	int flags[3];
};

static void
terminal_save(struct terminal *t)
{
	t->is_tty = !tcgetattr(STDIN_FILENO, &t->termios);
	for (int fd = 0; fd < 3; fd++)
		t->flags[fd] = fcntl(fd, F_GETFL);
}

static void
terminal_restore(const struct terminal *t)
{
	for (int fd = 0; fd < 3; fd++)
		if (t->flags[fd] >= 0)
			fcntl(fd, F_SETFL, t->flags[fd]);
	if (t->is_tty)
		tcsetattr(STDIN_FILENO, TCSANOW, &t->termios);
}

// Starts argv; what exec has to complain of comes back through a pipe that exec closes.
static pid_t
start(char *const *argv, const struct wires *wires, int input, const sigset_t *mask)
{
	int error[2], why = 0;
	pid_t parent = getpid(), child;

	if (pipe2(error, O_CLOEXEC) || (child = fork()) < 0)
		fail(EXIT_MONITOR, "can't start a process: %s", strerror(errno));
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(EXIT_MONITOR);
		sigprocmask(SIG_SETMASK, mask, NULL);
		if (input >= 0)
			dup2(input, STDIN_FILENO);
		if (input >= 0 || !isatty(STDIN_FILENO))
			setpgid(0, 0);
		fcntl(wires->report[1], F_SETFD, 0); // -1 does no harm
		fcntl(wires->qmp[1], F_SETFD, 0);
		execvp(argv[0], argv);
		why = errno;
		if (write(error[1], &why, sizeof(why)) < 0)
			_exit(EXIT_MONITOR);
		_exit(EXIT_INPUT);
	}
	close(error[1]);
	if (read(error[0], &why, sizeof(why)) == (ssize_t)sizeof(why)) {
		waitpid(child, NULL, 0);
		fail(EXIT_INPUT, "%s: %s", argv[0],
		     why == ENOENT ? "not found: install qemu-system-arm" : strerror(why));
	}
	close(error[0]);
	return child;
}

// Takes what the report pipe holds; false at its end.
static bool
read_report(struct report *report, int fd)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n > 0)
		report_add(report, buf, (size_t)n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

// Tells the monitor what is wanted of it (monitor/board/report.h).
static void
order(int report_fd, const char *line)
{
	if (report_fd >= 0)
		send(report_fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
}

// Ctrl-Z, in a group of which the child may not be.
static void
suspend(pid_t child)
{
	kill(child, SIGSTOP);
	raise(SIGSTOP);
	kill(child, SIGCONT);
}

static void
read_signal(struct outcome *out, int fd, int report_fd, pid_t child)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info) || info.ssi_signo == SIGCHLD)
		return;
	if (info.ssi_signo == SIGTSTP) {
		suspend(child);
	} else if (info.ssi_signo == SIGUSR1) {
		order(report_fd, "state\n");
	} else if (out->ended == ENDED_SELF) {
		out->ended = ENDED_SIGNAL;
		out->signal = (int)info.ssi_signo;
	}
}

// Step 0, 1, 2... of ending the child.
static void
stop(struct outcome *out, pid_t child, int report_fd, unsigned step)
{
	char line[32];

	if (step == 0 && report_fd >= 0) {
		if (out->ended == ENDED_TIMEOUT)
			snprintf(line, sizeof(line), "end timeout %d\n", EXIT_TIMEOUT);
		else
			snprintf(line, sizeof(line), "end signal %d\n", 128 + out->signal);
		order(report_fd, line);
	} else if (step <= 1) {
		qmp_quit(&out->qmp);
	} else {
		kill(child, step == 2 ? SIGTERM : SIGKILL);
	}
}

// What the supervisor waits for.
struct waits {
	int signal_fd, report_fd; // -1: at its end
	struct keys keys;
	void (*show_state)(const char *state);
};

static void
take_report(struct outcome *out, struct waits *w)
{
	char *state;

	if (!read_report(&out->report, w->report_fd))
		w->report_fd = -1;
	while ((state = report_take_state(&out->report))) {
		w->show_state(state);
		free(state);
	}
}

// Waits for the next thing to happen, until limit, and takes note of it.
static void
wait_event(struct outcome *out, struct waits *w, pid_t child, double limit)
{
	struct pollfd fds[4] = {{w->signal_fd, POLLIN, 0}, {w->report_fd, POLLIN, 0}, {out->qmp.fd, POLLIN, 0}};
	double left = limit - deadline_now();

	fds[3].fd = keys_wait(&w->keys, &fds[3].events);
	left = left < 0 ? 0 : left > LONGEST_WAIT ? LONGEST_WAIT : left;
	poll(fds, 4, (int)(left * 1000) + 1);
	if (fds[1].revents)
		take_report(out, w);
	if (fds[2].revents)
		qmp_read(&out->qmp);
	if (fds[0].revents)
		read_signal(out, w->signal_fd, w->report_fd, child);
	if (fds[3].revents && keys_pass(&w->keys))
		order(w->report_fd, "state\n");
}

static void
watch(struct outcome *out, pid_t child, struct waits *w)
{
	double started = deadline_now(), limit = started + deadline_left();
	unsigned steps = 0;

	while (waitpid(child, &out->wait_status, WNOHANG) != child) {
		bool late = deadline_now() >= limit;

		if (late && out->ended == ENDED_SELF)
			out->ended = ENDED_TIMEOUT;
		if (out->ended != ENDED_SELF && (!steps || late)) {
			stop(out, child, w->report_fd, steps++);
			limit = deadline_now() + GRACE;
		}
		wait_event(out, w, child, limit);
	}
	while (w->report_fd >= 0)
		take_report(out, w);
	qmp_read(&out->qmp);
	out->seconds = deadline_now() - started;
}

void
supervise_wire(struct wires *wires, bool report)
{
	*wires = (struct wires){.report = {-1, -1}};
	if ((report && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wires->report)) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wires->qmp))
		fail(EXIT_MONITOR, "can't make a pipe: %s", strerror(errno));
}

void
supervise(struct outcome *out, char *const *argv, struct wires *wires)
{
	struct waits w = {.report_fd = wires->report[0], .show_state = wires->show_state};
	struct terminal terminal;
	sigset_t watched, before;
	pid_t child;

	memset(out, 0, sizeof(*out));
	sigemptyset(&watched);
	sigaddset(&watched, SIGCHLD);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGHUP);
	sigaddset(&watched, SIGQUIT);
	sigaddset(&watched, SIGUSR1);
	sigaddset(&watched, SIGTSTP);
	sigprocmask(SIG_BLOCK, &watched, &before);
	w.signal_fd = signalfd(-1, &watched, SFD_CLOEXEC);
	if (w.signal_fd < 0)
		fail(EXIT_MONITOR, "signalfd: %s", strerror(errno));
	terminal_save(&terminal);
	qmp_open(&out->qmp, wires->qmp[0], !wires->held);
	keys_open(&w.keys, wires->keys);
	child = start(argv, wires, w.keys.slave, &before);
	if (wires->report[1] >= 0)
		close(wires->report[1]);
	close(wires->qmp[1]);
	watch(out, child, &w);
	if (wires->report[0] >= 0)
		close(wires->report[0]);
	keys_close(&w.keys);
	terminal_restore(&terminal);
	close(w.signal_fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
