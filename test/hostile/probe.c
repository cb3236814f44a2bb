// SPDX-License-Identifier: MIT
//
// Asks QEMU, when a VM makes no progress, where its core is: in USR mode it executes the guest, which may go in circles
// as long as it likes; a monitor that hangs is never seen there. So is one that waits for an interrupt in the
// guest's stead: then the word before the PC is a WFI.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "test/hostile/drive.h"

#define SAMPLES  400u
#define MODE_USR 0x10u
#define A32_WFI  0xe320f003u

static int
open_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 5};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		die(path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

// Sends a line and reads up to the answer's end.
static bool
ask(int fd, const char *line, char *answer, size_t size)
{
	size_t n = 0;

	if (line && write(fd, line, strlen(line)) != (ssize_t)strlen(line))
		return false;
	for (;;) {
		ssize_t got = read(fd, answer + n, size - 1u - n);

		if (got <= 0)
			return false;
		n += (size_t)got;
		answer[n] = '\0';
		if (strstr(answer, line ? "\"return\"" : "QMP") && answer[n - 1] == '\n')
			return true;
	}
}

static bool
monitor_command(int fd, const char *command, char *answer, size_t size)
{
	char line[160];

	snprintf(line, sizeof(line),
		 "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"%s\"}}\n", command);
	return ask(fd, line, answer, size);
}

static unsigned long
field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoul(at + strlen(name), NULL, 16) : 0;
}

static bool
sleeps(int fd, unsigned long pc)
{
	char command[64], answer[8192];

	snprintf(command, sizeof(command), "xp /1wx 0x%lx", pc - 4u);
	return monitor_command(fd, command, answer, sizeof(answer)) && field(answer, ": 0x") == A32_WFI;
}

bool
probe_runs_guest(const char *path)
{
	char answer[8192];
	int fd = open_socket(path);
	bool guest = false;

	if (!ask(fd, NULL, answer, sizeof(answer)) ||
	    !ask(fd, "{\"execute\":\"qmp_capabilities\"}\n", answer, sizeof(answer)))
		die("QEMU doesn't answer");
	for (unsigned i = 0; i < SAMPLES && !guest; i++) {
		if (!monitor_command(fd, "info registers", answer, sizeof(answer)))
			break;
		guest = (field(answer, "PSR=") & 0x1fu) == MODE_USR || sleeps(fd, field(answer, "R15="));
		usleep(5000);
	}
	close(fd);
	return guest;
}
