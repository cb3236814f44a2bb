// SPDX-License-Identifier: MIT
//
// See keys.h. The terminal is set as QEMU sets the one that it multiplexes; whoever calls us restores it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "guests/cli/error.h"
#include "guests/cli/keys.h"

#define CTRL_A 0x01

static void
every_key(struct termios *t)
{
	t->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	t->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

void
keys_open(struct keys *k, bool wanted)
{
	struct termios terminal;

	*k = (struct keys){.master = -1, .slave = -1};
	if (!wanted || tcgetattr(STDIN_FILENO, &terminal))
		return;
	every_key(&terminal);
	if (openpty(&k->master, &k->slave, NULL, &terminal, NULL))
		fail(EXIT_MONITOR, "can't make a pseudoterminal: %s", strerror(errno));
	fcntl(k->master, F_SETFD, FD_CLOEXEC);
	fcntl(k->slave, F_SETFD, FD_CLOEXEC);
	fcntl(k->master, F_SETFL, O_NONBLOCK);
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
}

static void
close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
keys_close(struct keys *k)
{
	close_one(&k->master);
	close_one(&k->slave);
}

int
keys_wait(const struct keys *k, short *events)
{
	*events = k->n ? POLLOUT : POLLIN;
	if (k->master < 0)
		return -1;
	return k->n ? k->master : STDIN_FILENO;
}

// Keeps what QEMU is to get of the size keys typed. Whether Ctrl-a s was among them.
static bool
sort_out(struct keys *k, const char *typed, size_t size)
{
	bool asked = false;

	for (size_t i = 0; i < size; i++) {
		char c = typed[i];

		if (k->prefix && c == 's') {
			asked = true;
		} else if (k->prefix || c != CTRL_A) {
			if (k->prefix)
				k->left[k->n++] = CTRL_A;
			k->left[k->n++] = c;
		}
		k->prefix = !k->prefix && c == CTRL_A;
	}
	return asked;
}

bool
keys_pass(struct keys *k)
{
	char typed[sizeof(k->left) / 2];
	bool asked = false;
	ssize_t n;

	if (!k->n) {
		n = read(STDIN_FILENO, typed, sizeof(typed));
		if (!n || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			close_one(&k->master); // the terminal is gone: QEMU's is, too
			return false;
		}
		asked = n > 0 && sort_out(k, typed, (size_t)n);
	}
	n = k->n ? write(k->master, k->left, k->n) : 0;
	if (n > 0) {
		k->n -= (size_t)n;
		memmove(k->left, k->left + n, k->n);
	}
	return asked;
}
