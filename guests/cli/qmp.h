// SPDX-License-Identifier: MIT
//
// QEMU's machine protocol, as far as needed: to end QEMU without a word on the user's
// terminal, and to learn why it ended by itself.
#ifndef GUESTS_CLI_QMP_H
#define GUESTS_CLI_QMP_H

#include <stdbool.h>
#include <stddef.h>

struct qmp {
	int fd;          // our end of a socket pair, non-blocking; -1: closed
	char line[1024]; // being received; the rest of a longer one is dropped
	size_t n;
	char reason[32]; // of the SHUTDOWN event, such as "guest-reset"; "": there was none
};

// Opens the protocol on fd, and lets the machine go, if it was started with -S.
void qmp_open(struct qmp *q, int fd, bool go);

// Takes what has come; call it when fd is readable, and once QEMU is dead.
void qmp_read(struct qmp *q);

// Asks QEMU to end.
void qmp_quit(struct qmp *q);

#endif
