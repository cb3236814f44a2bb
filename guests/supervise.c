// SPDX-License-Identifier: MIT
//
// One loop waits for what can happen: the child's report or a word of QEMU's, a signal
// (the child's end is one, too) and the time limit. To end the child we ask QEMU, then send
// SIGTERM, then SIGKILL. Signals are blocked and read from
// a descriptor, so nothing runs in a handler. The child is in our process group, so that it may
// read from the terminal; should we be killed, it is sent SIGTERM by the kernel.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "guests/deadline.h"
#include "guests/error.h"
#include "guests/supervise.h"

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
start(char *const *argv, const struct wires *wires, const sigset_t *mask)
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

static void
read_signal(struct outcome *out, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) && info.ssi_signo != SIGCHLD &&
	    out->ended == ENDED_SELF) {
		out->ended = ENDED_SIGNAL;
		out->signal = (int)info.ssi_signo;
	}
}

// Step 0, 1, 2... of ending the child.
static void
stop(struct qmp *qmp, pid_t child, unsigned step)
{
	if (step == 0)
		qmp_quit(qmp);
	else
		kill(child, step == 1 ? SIGTERM : SIGKILL);
}

// Waits for the next thing to happen, until limit, and takes note of it.
static void
wait_event(struct outcome *out, int signal_fd, int *report_fd, double limit)
{
	struct pollfd fds[3] = {{signal_fd, POLLIN, 0}, {*report_fd, POLLIN, 0}, {out->qmp.fd, POLLIN, 0}};
	double left = limit - deadline_now();

	left = left < 0 ? 0 : left > LONGEST_WAIT ? LONGEST_WAIT : left;
	poll(fds, 3, (int)(left * 1000) + 1);
	if (fds[1].revents && !read_report(&out->report, *report_fd))
		*report_fd = -1;
	if (fds[2].revents)
		qmp_read(&out->qmp);
	if (fds[0].revents)
		read_signal(out, signal_fd);
}

static void
watch(struct outcome *out, pid_t child, int signal_fd, int report_fd)
{
	double started = deadline_now(), limit = started + deadline_left();
	unsigned steps = 0;

	while (waitpid(child, &out->wait_status, WNOHANG) != child) {
		bool late = deadline_now() >= limit;

		if (late && out->ended == ENDED_SELF)
			out->ended = ENDED_TIMEOUT;
		if (out->ended != ENDED_SELF && (!steps || late)) {
			stop(&out->qmp, child, steps++);
			limit = deadline_now() + GRACE;
		}
		wait_event(out, signal_fd, &report_fd, limit);
	}
	while (report_fd >= 0 && read_report(&out->report, report_fd))
		;
	qmp_read(&out->qmp);
	out->seconds = deadline_now() - started;
}

void
supervise_wire(struct wires *wires, bool report)
{
	*wires = (struct wires){.report = {-1, -1}};
	if ((report && pipe2(wires->report, O_CLOEXEC)) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wires->qmp))
		fail(EXIT_MONITOR, "can't make a pipe: %s", strerror(errno));
}

void
supervise(struct outcome *out, char *const *argv, struct wires *wires)
{
	struct terminal terminal;
	sigset_t watched, before;
	int signal_fd;
	pid_t child;

	memset(out, 0, sizeof(*out));
	sigemptyset(&watched);
	sigaddset(&watched, SIGCHLD);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGHUP);
	sigaddset(&watched, SIGQUIT);
	sigprocmask(SIG_BLOCK, &watched, &before);
	signal_fd = signalfd(-1, &watched, SFD_CLOEXEC);
	if (signal_fd < 0)
		fail(EXIT_MONITOR, "signalfd: %s", strerror(errno));
	terminal_save(&terminal);
	qmp_open(&out->qmp, wires->qmp[0], !wires->held);
	child = start(argv, wires, &before);
	if (wires->report[1] >= 0)
		close(wires->report[1]);
	close(wires->qmp[1]);
	watch(out, child, signal_fd, wires->report[0]);
	if (wires->report[0] >= 0)
		close(wires->report[0]);
	terminal_restore(&terminal);
	close(signal_fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
