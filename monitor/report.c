// SPDX-License-Identifier: MIT
//
// See report.h.
#include "monitor/report.h"
#include "monitor/console.h"
#include "monitor/hport.h"
#include "monitor/kprintf.h"
#include "monitor/power.h"
#include "monitor/types.h"

#define PORT "palimpsest.report"

static struct {
	struct hport *port; // NULL: the console
	unsigned n;
	bool begun; // on the console, on a line of its own
	char text[256];
} out;

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
static void
flush(void)
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
		flush();
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
	flush();
	power_off();
}
