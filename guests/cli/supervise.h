// SPDX-License-Identifier: MIT
//
// Runs QEMU as a child, to its end, a time limit or a signal, whichever is first, and
// leaves terminal and processes as they were.
#ifndef GUESTS_CLI_SUPERVISE_H
#define GUESTS_CLI_SUPERVISE_H

#include <stdbool.h>
#include "guests/cli/qmp.h"
#include "guests/cli/report.h"

enum ended { ENDED_SELF, ENDED_TIMEOUT, ENDED_SIGNAL };

struct outcome {
	enum ended ended;
	int wait_status; // as from waitpid
	int signal;      // that ended us, with ENDED_SIGNAL
	double seconds;  // wall time
	struct report report;
	struct qmp qmp; // its reason
};

// The two connections with the child: [0] is our end, [1] the child's, which it inherits.
struct wires {
	int report[2];                         // a socket pair; -1: none
	int qmp[2];                            // a socket pair
	bool held;                             // somebody else lets the machine go
	bool keys;                             // of what is typed at a terminal Ctrl-a s is ours (keys.h)
	void (*show_state)(const char *state); // what the monitor said when it was asked for the VM's state
};

// Makes them, without the report's where that isn't wanted. Ends the command where it can't.
void supervise_wire(struct wires *wires, bool report);

// A VM under the monitor that is late, or interrupted, is asked to end and say how it was; it is asked for its state,
// and goes on, by SIGUSR1 or a key.
//
// Runs argv to its end, or the deadline (deadline.h), and closes the wires. Ends the command where argv[0] can't be
// executed.
void supervise(struct outcome *out, char *const *argv, struct wires *wires);

#endif
