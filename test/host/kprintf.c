// SPDX-License-Identifier: MIT
// uses: monitor/board/kprintf.c
//
// The monitor's formats against the C library's, and what goes to the console.
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include "monitor/board/console.h"
#include "monitor/board/kprintf.h"
#include "test/host/check.h"

static char out[256];
static size_t n_out;

static void
put(void *ctx, char c)
{
	CHECK(ctx == out);
	if (n_out < sizeof(out) - 1)
		out[n_out++] = c;
	out[n_out] = '\0';
}

void
console_putc(uint8_t c)
{
	put(out, (char)c);
}

static bool within_line;

bool
console_within_line(void)
{
	return within_line;
}

static void
clear(void)
{
	n_out = 0;
	out[0] = '\0';
}

// Formats both ways and compares.
__attribute__((format(printf, 1, 2))) static void
same(const char *fmt, ...)
{
	char want[sizeof(out)];
	va_list ap;

	clear();
	va_start(ap, fmt);
	kprintf_format(put, out, fmt, ap);
	va_end(ap);
	va_start(ap, fmt);
	vsnprintf(want, sizeof(want), fmt, ap);
	va_end(ap);
	if (strcmp(out, want)) {
		check_fail(__FILE__, __LINE__, fmt);
		printf("    \"%s\" != \"%s\"\n", out, want);
	}
}

static void
test_formats(void)
{
	static const unsigned word[] = {0, 1, 9, 10, 0x7fffffff, 0x80000000, 0xffffffff};
	static const unsigned long long wide[] = {0, 10, 0xffffffff, 0x100000000, LLONG_MAX, ULLONG_MAX};

	check_case("text");
	same("plain");
	same("%%|%c|%s|%s", 'x', "", "string");
	same("%s%s", "a", "b");

	check_case("numbers");
	for (unsigned i = 0; i < sizeof(word) / sizeof(word[0]); i++) {
		same("%u %x %d", word[i], word[i], (int)word[i]);
		same("%08x|%8x|%2x|%02u|%5u", word[i], word[i], word[i], word[i], word[i]);
		same("%12d", (int)word[i]);
	}
	same("%d %d", -1, INT_MIN);

	check_case("long numbers");
	for (unsigned i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		same("%llu %llx %lld", wide[i], wide[i], (long long)wide[i]);
		same("%016llx|%20llu", wide[i], wide[i]);
	}
	same("%lld", LLONG_MIN);
	same("%llu %u", 1ull << 40, 7u); // what follows isn't skewed

	check_case("negative numbers are padded as the C library does it");
	same("%05d|%5d", -42, -42);
}

static void
format(const char *fmt, ...)
{
	va_list ap;

	clear();
	va_start(ap, fmt);
	kprintf_format(put, out, fmt, ap);
	va_end(ap);
}

static void
test_own(void)
{
	check_case("pointers are bare hex");
	format("%p", (void *)0x40008000);
	CHECK(!strcmp(out, "40008000"));

	check_case("strings are padded on the right");
	format("%6s|", "ab");
	CHECK(!strcmp(out, "ab    |"));

	check_case("a format that ends early ends");
	format("a%");
	CHECK(!strcmp(out, "a"));
	format("a%08");
	CHECK(!strcmp(out, "a"));
	format("a%ll");
	CHECK(!strcmp(out, "a"));
}

static void
test_console(void)
{
	check_case("lines end in CR LF on the console");
	clear();
	kprintf("%u\n%s\n", 12u, "x");
	CHECK(!strcmp(out, "12\r\nx\r\n"));

	check_case("the monitor's own lines begin at the beginning of one");
	clear();
	kprintf_line("x %u", 1u);
	CHECK(!strcmp(out, "palimpsest: x 1\r\n"));
	clear();
	within_line = true;
	kprintf_line("y");
	CHECK(!strcmp(out, "\r\npalimpsest: y\r\n"));
}

int
main(void)
{
	test_formats();
	test_own();
	test_console();
	return check_done("kprintf");
}
