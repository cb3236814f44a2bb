// SPDX-License-Identifier: MIT
//
// Runs QEMU as a child, to its end, a time limit or a signal, whichever is first, and
// leaves terminal and processes as they were.
#ifndef GUESTS_SUPERVISE_H
#define GUESTS_SUPERVISE_H

#include <stdbool.h>
#include "guests/report.h"

enum ended { ENDED_SELF, ENDED_TIMEOUT, ENDED_SIGNAL };

struct outcome {
	enum ended ended;
	int wait_status; // as from waitpid
	int signal;      // that ended us, with ENDED_SIGNAL
	double seconds;  // wall time
	struct report report;
};

// Runs argv; report_fd is the read end of the pipe that the report comes through, whose write end
// write_fd the child inherits (both -1: no report). timeout in seconds, 0: none. Ends the
// command where argv[0] can't be executed.
void supervise(struct outcome *out, char *const *argv, int report_fd, int write_fd, double timeout);

#endif
