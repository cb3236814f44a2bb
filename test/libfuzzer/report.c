// SPDX-License-Identifier: MIT
// uses: guests/cli/report.c guests/cli/summary.c guests/cli/qmp.c guests/cli/error.c
// len: 1024
//
// What the command hears of QEMU and of the monitor in it, neither of which it trusts: any bytes, in pieces of any
// size. The JSON of the report is the last line that begins with a brace, its status one that a VM can end
// with; of QEMU's protocol the reason of the last SHUTDOWN event is kept, and no more.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "guests/cli/error.h"
#include "guests/cli/qmp.h"
#include "guests/cli/report.h"
#include "guests/cli/summary.h"
#include "test/libfuzzer/fuzz.h"

#define PIECE  4096u // as supervise.c reads
#define PIECES 64u

static const char *const phrases[] = {"{\"exit\":\"poweroff\",\"status\":0}\n",
				      "\"status\":",
				      "{",
				      "}\n",
				      "\n",
				      "-1",
				      "4",
				      "99999999999999999999",
				      "{\"event\": \"SHUTDOWN\", \"data\": ",
				      "\"reason\": \"",
				      "guest-reset\"",
				      "\"SHUTDOWN\"",
				      "\r\n",
				      "{\"bt\":\"page\",\"ticks\":5,\"tick_hz\":9,\"code\":{",
				      "\"exits\":{\"mrs\":{\"count\":5,\"ticks\":2",
				      "}}"};

// The input with phrases in it: a byte from 0x80 up is one of them.
static uint8_t *
expand(const uint8_t *data, size_t size, size_t *n)
{
	uint8_t *text = malloc(size * 60 + 1);

	*n = 0;
	for (size_t i = 0; i < size; i++) {
		const char *phrase = phrases[data[i] % (sizeof(phrases) / sizeof(phrases[0]))];

		if (data[i] < 0x80)
			text[(*n)++] = data[i];
		else
			*n += (size_t)(stpcpy((char *)text + *n, phrase) - (char *)(text + *n));
	}
	text[*n] = '\0';
	return text;
}

// The last line of text that begins with a brace, up to its end; text ends at its first zero byte.
static char *
last_line(const char *text)
{
	char *last = NULL;

	for (size_t at = 0, end; text[at]; at = end + (text[end] == '\n')) {
		end = at + strcspn(text + at, "\n");
		if (text[at] != '{')
			continue;
		free(last);
		last = strndup(text + at, end - at);
		last[strcspn(last, "\r")] = '\0';
	}
	return last;
}

static void
check_json(const char *json)
{
	char *with = report_with(json, "wall_seconds", 1.5);
	const char *at = strstr(json, "\"status\":"), *end = with + strlen(with) - 21;
	int status = report_status(json);

	HOLDS(*json == '{' && !strpbrk(json, "\r\n"));
	HOLDS(status == EXIT_POWEROFF || status == EXIT_INPUT || status == EXIT_CRASH || status == EXIT_MONITOR);
	HOLDS(at || status == EXIT_MONITOR);
	if (at && at[9] >= '0' && at[9] <= '9' && (at[10] < '0' || at[10] > '9'))
		HOLDS(status == (at[9] <= '2' ? at[9] - '0' : EXIT_MONITOR));
	HOLDS(end > with && !strcmp(end, "\"wall_seconds\":1.500}") && *with == '{' && !strpbrk(with, "\r\n"));
	free(with);
}

// Whatever it is made of, it is lines that begin with our name, and nothing that a terminal would obey.
static void
check_summary(const char *json)
{
	char *text = summary(json);

	for (const char *line = text; line && *line; line = strchr(line, '\n') + 1)
		HOLDS(!strncmp(line, "palimpsest: ", 12) && strchr(line, '\n'));
	for (const char *c = text; c && *c; c++)
		HOLDS(*c == '\n' || (*c >= ' ' && *c <= '~'));
	free(text);
}

static void
check_report(const uint8_t *text, size_t size, size_t piece)
{
	struct report r = {NULL, 0};
	char *json, *wanted;

	for (size_t at = 0; at < size; at += piece) {
		report_add(&r, text + at, size - at < piece ? size - at : piece);
		HOLDS(!r.text[r.size]);
	}
	HOLDS(r.size == size && (!size || !memcmp(r.text, text, size)));
	json = report_json(&r);
	wanted = r.text ? last_line(r.text) : NULL;
	HOLDS(json ? wanted && !strcmp(json, wanted) : !wanted);
	if (json) {
		check_json(json);
		check_summary(json);
	}
	free(json);
	free(wanted);
	free(r.text);
}

// A line of QEMU's as it is kept: a zero byte ends it.
static void
model_line(char reason[32], const char *line, size_t len)
{
	char kept[1024];
	const char *at;
	size_t n;

	len = len < sizeof(kept) - 1 ? len : sizeof(kept) - 1;
	memcpy(kept, line, len);
	kept[len] = '\0';
	at = strstr(kept, "\"reason\": \"");
	if (!at || !strstr(kept, "\"SHUTDOWN\""))
		return;
	at += 11;
	n = strcspn(at, "\"");
	if (n < 32) {
		memcpy(reason, at, n);
		reason[n] = '\0';
	}
}

static void
check_qmp(const uint8_t *text, size_t size, size_t piece)
{
	char reason[32] = "";
	struct qmp q;
	int fd[2];

	HOLDS(!socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	qmp_open(&q, fd[0], piece & 1u);
	for (size_t at = 0; at < size; at += piece) {
		HOLDS(send(fd[1], text + at, size - at < piece ? size - at : piece, 0) > 0);
		qmp_read(&q);
		HOLDS(q.n < sizeof(q.line) && memchr(q.reason, '\0', sizeof(q.reason)));
	}
	close(fd[1]);
	qmp_read(&q);
	HOLDS(q.fd == -1);
	qmp_quit(&q); // to nobody
	for (size_t at = 0; at < size;) {
		const uint8_t *end = memchr(text + at, '\n', size - at);

		if (!end)
			break;
		model_line(reason, (const char *)text + at, (size_t)(end - (text + at)));
		at = (size_t)(end - text) + 1;
	}
	HOLDS(!strcmp(reason, q.reason));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	size_t piece = 1 + fuzz_take(&in, 2) % PIECE, n;
	uint8_t *text = expand(in.p, in.left, &n);

	piece = piece < n / PIECES ? n / PIECES : piece;
	check_qmp(text, n, piece);
	check_report(text, n, piece);
	free(text);
	return 0;
}
