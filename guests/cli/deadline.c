// SPDX-License-Identifier: MIT
//
// See deadline.h.
#include <poll.h>
#include <stdbool.h>
#include <time.h>
#include "guests/cli/deadline.h"
#include "guests/cli/error.h"

#define LONGEST  1e9    // seconds
#define LOOK     3600.0 // seconds that poll is given at most
#define PAUSE_MS 20

static double limit, given;

double
deadline_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
deadline_start(double seconds)
{
	given = seconds;
	limit = deadline_now() + seconds;
}

double
deadline_left(void)
{
	double left = given > 0 ? limit - deadline_now() : LONGEST;

	return left > 0 ? left : 0;
}

static _Noreturn void
passed(void)
{
	fail(EXIT_TIMEOUT, "timed out after %g s", given);
}

void
deadline_pause(void)
{
	if (deadline_left() <= 0)
		passed();
	poll(NULL, 0, PAUSE_MS);
}

void
deadline_wait(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};
	double left;

	while ((left = deadline_left()) > 0)
		if (poll(&p, 1, (int)((left < LOOK ? left : LOOK) * 1000) + 1) > 0)
			return;
	passed();
}
