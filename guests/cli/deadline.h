// SPDX-License-Identifier: MIT
//
// The time limit of a run (--timeout), which begins before its files are read: one of them may be a pipe that nobody
// writes to.
#ifndef GUESTS_CLI_DEADLINE_H
#define GUESTS_CLI_DEADLINE_H

// Seconds of a clock that only goes forward.
double deadline_now(void);

// From now on; 0: none.
void deadline_start(double seconds);

// What is left of it, 0 if nothing is; without a limit a very long time.
double deadline_left(void);

// Waits a little, as long as there is time, and else ends the command.
void deadline_pause(void);

// Waits for fd to be readable, as long as there is time, and else ends the command.
void deadline_wait(int fd);

#endif
