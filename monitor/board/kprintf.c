// SPDX-License-Identifier: MIT
//
// See kprintf.h.
#include "monitor/board/kprintf.h"
#include "monitor/board/console.h"
#include "monitor/base/types.h"

struct out {
	void (*put)(void *ctx, char c);
	void *ctx;
	unsigned width;
	char pad;
};

static void
string(const struct out *o, const char *s)
{
	unsigned n = 0;

	for (; s[n]; n++)
		o->put(o->ctx, s[n]);
	for (; n < o->width; n++)
		o->put(o->ctx, ' ');
}

static void
number(const struct out *o, uint64_t value, unsigned base, bool negative)
{
	char buf[24];
	unsigned n = 0;

	do {
		buf[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (o->pad == '0' && n + negative < o->width && n + negative < sizeof(buf))
		buf[n++] = '0';
	if (negative)
		buf[n++] = '-';
	while (n < o->width && n < sizeof(buf))
		buf[n++] = ' ';
	while (n)
		o->put(o->ctx, buf[--n]);
}

// An integer argument, of the size that the l's before its conversion tell.
#define ARG(ap, longs, type) ((longs) > 1 ? (uint64_t)va_arg(ap, type long long) : (uint64_t)va_arg(ap, type))

static void
signed_number(const struct out *o, int64_t value)
{
	number(o, value < 0 ? 0u - (uint64_t)value : (uint64_t)value, 10, value < 0);
}

void
kprintf_format(void (*put)(void *ctx, char c), void *ctx, const char *fmt, va_list ap)
{
	for (; *fmt; fmt++) {
		struct out o = {put, ctx, 0, ' '};
		unsigned longs = 0;

		if (*fmt != '%') {
			put(ctx, *fmt);
			continue;
		}
		if (*++fmt == '0') {
			o.pad = '0';
			fmt++;
		}
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			o.width = o.width * 10 + (unsigned)(*fmt - '0');
		for (; *fmt == 'l'; fmt++)
			longs++;
		switch (*fmt) {
		case '\0':
			return;
		case 's':
			string(&o, va_arg(ap, const char *));
			break;
		case 'c':
			put(ctx, (char)va_arg(ap, int));
			break;
		case 'd':
			signed_number(&o, longs > 1 ? va_arg(ap, long long) : va_arg(ap, int));
			break;
		case 'u':
			number(&o, ARG(ap, longs, unsigned), 10, false);
			break;
		case 'x':
			number(&o, ARG(ap, longs, unsigned), 16, false);
			break;
		case 'p':
			number(&o, (uintptr_t)va_arg(ap, void *), 16, false);
			break;
		default:
			put(ctx, *fmt);
		}
	}
}

static void
to_console(void *ctx, char c)
{
	(void)ctx;
	if (c == '\n')
		console_putc('\r');
	console_putc((uint8_t)c);
}

void
kprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kprintf_format(to_console, NULL, fmt, ap);
	va_end(ap);
}

void
kprintf_line(const char *fmt, ...)
{
	va_list ap;

	if (console_within_line())
		to_console(NULL, '\n');
	kprintf("palimpsest: ");
	va_start(ap, fmt);
	kprintf_format(to_console, NULL, fmt, ap);
	va_end(ap);
	to_console(NULL, '\n');
}
