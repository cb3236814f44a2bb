// SPDX-License-Identifier: MIT
//
// See report.h.
#include "monitor/board/report.h"
#include "monitor/board/console.h"
#include "monitor/board/hport.h"
#include "monitor/board/kprintf.h"
#include "monitor/board/power.h"
#include "monitor/base/string.h"
#include "monitor/base/types.h"

#define PORT "palimpsest.report"

static struct {
	struct hport *port; // NULL: the console
	unsigned n;
	bool begun; // on the console, on a line of its own
	char text[256];
} out;

static struct {
	uint8_t bytes[HPORT_BYTES];
	uint32_t n, at; // of them, and how many have been looked at
	char line[sizeof(((struct report_order *)NULL)->text)];
	unsigned length;
} in;

void
report_init(const struct host *h)
{
	out.port = hport_open(h, PORT);
}

bool
report_has_port(void)
{
	return out.port;
}

// Should sending fail, or trap, the rest goes to the console.
void
report_flush(void)
{
	struct hport *port = out.port;
	unsigned n = out.n;

	out.port = NULL;
	out.n = 0;
	out.text[n] = '\0';
	if (port && hport_send(port, out.text, n)) {
		out.port = port;
		return;
	}
	if (!out.begun && console_within_line())
		kprintf("\n");
	out.begun = true;
	kprintf("%s", out.text);
}

static void
put(void *ctx, char c)
{
	(void)ctx;
	out.text[out.n++] = c;
	if (out.n == sizeof(out.text) - 1)
		report_flush();
}

void
report(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kprintf_format(put, NULL, fmt, ap);
	va_end(ap);
}

void
report_end(void)
{
	report_flush();
	power_off();
}

//----------------------------------------------------------------------------
// Orders

uint32_t
report_irq(void)
{
	return out.port ? hport_irq(out.port) : 0;
}

// The next line; what is too long is cut. False: there is none yet.
static bool
next_line(void)
{
	for (;;) {
		while (in.at < in.n) {
			char c = (char)in.bytes[in.at++];

			if (c == '\n')
				return true;
			if (in.length < sizeof(in.line) - 1u)
				in.line[in.length++] = c;
		}
		in.at = 0;
		in.n = out.port ? hport_receive(out.port, in.bytes, sizeof(in.bytes)) : 0;
		if (!in.n)
			return false;
	}
}

// Cuts the next word off at *at. Returns it, "" if there is none.
static const char *
word(char **at)
{
	char *from = *at;

	while (**at && **at != ' ')
		++*at;
	if (**at)
		*(*at)++ = '\0';
	return from;
}

static unsigned
number(const char *digits)
{
	unsigned n = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		n = 10u * n + (unsigned)(*digits - '0');
	return n;
}

bool
report_asked(struct report_order *o)
{
	while (next_line()) {
		const char *what;
		char *at;

		memcpy(o->text, in.line, in.length);
		o->text[in.length] = '\0';
		in.length = 0;
		at = o->text;
		what = word(&at);
		o->reason = word(&at);
		o->status = number(at);
		o->end = !strcmp(what, "end");
		if (o->end || !strcmp(what, "state"))
			return true;
	}
	return false;
}
