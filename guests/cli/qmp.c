// SPDX-License-Identifier: MIT
//
// One JSON object a line. All but the SHUTDOWN event is passed over: whether a command
// was obeyed shows in QEMU's end.
//
// QEMU's docs/interop/qmp-spec.txt, qapi/run-state.json.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "guests/cli/qmp.h"

// QEMU may be gone: then there is nobody to tell.
static void
say(struct qmp *q, const char *text)
{
	if (q->fd >= 0)
		send(q->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
take_line(struct qmp *q)
{
	static const char key[] = "\"reason\": \"";
	const char *reason = strstr(q->line, key);
	size_t len;

	if (!strstr(q->line, "\"SHUTDOWN\"") || !reason)
		return;
	reason += sizeof(key) - 1;
	len = strcspn(reason, "\"");
	if (len < sizeof(q->reason))
		snprintf(q->reason, sizeof(q->reason), "%.*s", (int)len, reason);
}

void
qmp_open(struct qmp *q, int fd, bool go)
{
	*q = (struct qmp){.fd = fd};
	say(q, "{\"execute\":\"qmp_capabilities\"}\n");
	if (go)
		say(q, "{\"execute\":\"cont\"}\n");
}

void
qmp_read(struct qmp *q)
{
	char buf[1024];
	ssize_t got;

	if (q->fd < 0)
		return;
	while ((got = recv(q->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			if (buf[i] != '\n') {
				if (q->n < sizeof(q->line) - 1)
					q->line[q->n++] = buf[i];
				continue;
			}
			q->line[q->n] = '\0';
			q->n = 0;
			take_line(q);
		}
	}
	if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(q->fd);
		q->fd = -1;
	}
}

void
qmp_quit(struct qmp *q)
{
	say(q, "{\"execute\":\"quit\"}\n");
}
