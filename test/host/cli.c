// SPDX-License-Identifier: MIT
// uses: monitor/image/image.c monitor/image/elf.c monitor/image/foreign.c monitor/image/place.c guests/cli/report.c guests/cli/summary.c guests/cli/error.c
//
// The parts of the host command that need no files: which images are refused and in
// what words, where QEMU's rule puts them, and what is made of the monitor's report.
// The command itself is tested by test/cli.sh.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "guests/cli/report.h"
#include "guests/cli/summary.h"
#include "monitor/image/image.h"
#include "test/host/check.h"

#define MIB  (1024u * 1024u)
#define BASE 0x40000000u

struct patch {
	size_t at;
	uint32_t word;
};

static const char *
check(const void *file, size_t size)
{
	struct image image;

	return image_open(&image, file, size, BASE);
}

// A zImage of size bytes with up to two words changed, in an allocation of its very size.
static const char *
check_zimage(size_t size, size_t actual, struct patch a, struct patch b)
{
	uint8_t *image = calloc(1, size);
	const struct patch words[] = {{0, 0xe1a00000},
				      {0x1c, 0xe1a00000},
				      {0x20, 0xea000002},
				      {0x24, 0x016f2818},
				      {0x28, 0x00000000},
				      {0x2c, (uint32_t)size},
				      {0x30, 0x04030201},
				      a,
				      b};
	uint8_t *exact = malloc(actual ? actual : 1);
	const char *what;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].word)
			memcpy(image + words[i].at, &words[i].word, 4);
	memcpy(exact, image, actual);
	what = check(exact, actual);
	free(image);
	free(exact);
	return what;
}

static bool
says(const char *what, const char *part)
{
	return what && strstr(what, part);
}

static void
check_images(void)
{
	const struct patch none = {0, 0};
	const uint8_t arm[] = {0x01, 0, 0xa0, 0xe3}, text[] = "#!/bin/sh\n", elf[] = "\177ELF\1\1\1";

	check_case("a good zImage");
	CHECK(!check_zimage(1024, 1024, none, none));
	check_case("a zImage cut off anywhere");
	for (size_t n = 0; n < 1024; n++)
		CHECK(check_zimage(1024, n, none, none));
	CHECK(says(check_zimage(1024, 600, none, none), "truncated"));
	CHECK(says(check_zimage(1024, 30, none, none), "truncated"));
	CHECK(says(check_zimage(1024, 0, none, none), "empty"));
	check_case("zImages of other kinds");
	CHECK(!check_zimage(1024, 1024, (struct patch){0x1c, 0xe24ff003}, none)); // Thumb-2
	CHECK(says(check_zimage(1024, 1024, (struct patch){0x24, 0x18286f01}, none), "big-endian"));
	CHECK(says(check_zimage(1024, 1024, (struct patch){0x30, 0x01020304}, none), "big-endian"));
	CHECK(says(check_zimage(1024, 1024, (struct patch){0x28, 0x500}, none), "damaged"));
	check_case("raw images");
	CHECK(!check(arm, sizeof(arm)));
	CHECK(says(check(arm, 3), "shorter than an instruction"));
	CHECK(says(check(text, sizeof(text)), "is a script"));
	CHECK(says(check(elf, sizeof(elf)), "ELF"));
}

static void
check_placement(void)
{
	static const struct {
		uint32_t ram_mib;
		size_t sizes[3];
		unsigned refused;     // 3: none
		uint32_t initrd, dtb; // offsets that QEMU 7.2 uses
	} cases[] = {
	    {512, {5448192, 904162, 7000}, 3, 128 * MIB, 128 * MIB + 0xdd000},
	    {512, {5448192, 0, 7000}, 3, 128 * MIB, 128 * MIB},
	    {128, {5448192, 904162, 7000}, 3, 64 * MIB, 64 * MIB + 0xdd000},
	    {16, {5448192, 904162, 7000}, 3, 8 * MIB, 8 * MIB + 0xdd000},
	    {16, {9 * MIB, 4096, 7000}, 3, 9 * MIB + 0x10000, 9 * MIB + 0x11000},
	    {16, {16 * MIB, 0, 7000}, 0, 0, 0},
	    {16, {4096, 8 * MIB + 1, 7000}, 1, 0, 0},
	    {16, {4096, 8 * MIB, 7000}, 2, 0, 0},
	    {2048, {4096, SIZE_MAX, 7000}, 1, 0, 0},
	    {2048, {4096, 1920 * (size_t)MIB - 65536, 7000}, 3, 128 * MIB, 2048 * MIB - 65536},
	    {2048, {4096, 1920 * (size_t)MIB - 65535, 7000}, 2, 128 * MIB, 2048 * MIB - 65536},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_layout l;
		unsigned which;
		const size_t *sizes = cases[i].sizes;
		struct image kernel = {.linux_protocol = true, .n = 1, .entry = BASE + 0x10000};
		const char *what;

		kernel.piece[0] = (struct image_piece){kernel.entry, (uint32_t)sizes[0], 0, NULL};
		what =
		    image_place(&l, &kernel, BASE, cases[i].ram_mib * MIB, sizes[1], image_dtb_size(sizes[2]), &which);
		check_case("placement");
		CHECK_EQ(what ? which : 3, cases[i].refused);
		if (what)
			continue;
		CHECK_EQ(l.initrd_start, BASE + cases[i].initrd);
		CHECK_EQ(l.initrd_end, BASE + cases[i].initrd + cases[i].sizes[1]);
		CHECK_EQ(l.dtb, BASE + cases[i].dtb);
	}
}

static bool
json_is(const char *text, const char *json)
{
	struct report r = {NULL, 0};
	char *found;
	bool same;

	if (*text)
		report_add(&r, text, strlen(text));
	found = report_json(&r);
	same = json ? found && !strcmp(found, json) : !found;
	free(found);
	free(r.text);
	return same;
}

static void
check_report(void)
{
	struct report r = {NULL, 0};
	char *json = report_with("{\"a\":1}", "wall", 1.5);

	check_case("the JSON line of a report");
	CHECK(json_is("", NULL));
	CHECK(json_is("dump\nr0 {x}\n", NULL));
	CHECK(json_is("{\"status\":0}\n", "{\"status\":0}"));
	CHECK(json_is("dump\r\n{\"status\":2}\r\n", "{\"status\":2}"));
	CHECK(json_is("{1}\ntext\n{2}", "{2}"));
	check_case("its status");
	CHECK_EQ(report_status("{\"exit\":\"poweroff\",\"status\":0}"), 0);
	CHECK_EQ(report_status("{\"status\": 2, \"x\":1}"), 2);
	CHECK_EQ(report_status("{\"status\":4}"), 4);
	CHECK_EQ(report_status("{\"status\":1}"), 1);
	CHECK_EQ(report_status("{\"status\":3}"), 4);
	CHECK_EQ(report_status("{\"status\":-1}"), 4);
	CHECK_EQ(report_status("{\"status\":}"), 4);
	CHECK_EQ(report_status("{}"), 4);
	check_case("a key is added");
	CHECK(!strcmp(json, "{\"a\":1,\"wall\":1.500}"));
	free(json);
	json = report_with("{}", "wall", 0);
	CHECK(!strcmp(json, "{\"wall\":0.000}"));
	free(json);
	check_case("an endless report keeps its end");
	for (unsigned i = 0; i < 3000; i++) {
		static const char chunk[4096] = {[0 ... 4094] = 'x', [4095] = '\n'};

		report_add(&r, chunk, sizeof(chunk));
	}
	report_add(&r, "{\"status\":0}\n", 13);
	CHECK(r.size < 5 * MIB);
	json = report_json(&r);
	CHECK(json && !strcmp(json, "{\"status\":0}"));
	free(json);
	free(r.text);
}

static bool
summary_is(const char *json, const char *expected)
{
	char *text = summary(json);
	bool same = text && expected ? !strcmp(text, expected) : text == expected;

	free(text);
	return same;
}

static void
check_summary(void)
{
	check_case("what there is no summary of");
	CHECK(summary_is("{\"exit\":\"poweroff\",\"status\":0,\"native\":true}", NULL));
	CHECK(summary_is("{\"exit\":\"monitor\",\"status\":4}", NULL));
	CHECK(summary_is("{\"bt\":\"page\",\"ticks\":5,\"tick_hz\":0,\"code\":{}}", NULL));
	CHECK(summary_is("{\"bt\":\"page\",\"ticks\":x,\"tick_hz\":10,\"code\":{}}", NULL));
	check_case("a summary: the exits that took most, first");
	CHECK(summary_is(
	    "{\"exit\":\"poweroff\",\"bt\":\"page\",\"memory_mib\":512,\"ticks\":2000,\"tick_hz\":1000,\"exits\":{"
	    "\"mrs\":{\"count\":5,\"slow\":0,\"ticks\":20,\"worst\":900},"
	    "\"cps\":{\"count\":1,\"slow\":0,\"ticks\":0,\"worst\":0},"
	    "\"fill\":{\"count\":7,\"slow\":7,\"ticks\":500,\"worst\":0}},"
	    "\"code\":{\"pages\":3,\"made\":4,\"patched\":60},"
	    "\"watch\":{\"sites\":[{\"count\":99}],\"ticks\":9},\"monitor_bytes\":1572864,\"status\":0}",
	    "palimpsest: 2.0 s of guest time, 512 MiB, page policy; 1.5 MiB for the monitor\n"
	    "palimpsest: 60 words patched on 4 pages; 13 exits to the monitor took 26.0 % of the time, the most:\n"
	    "palimpsest:  25.0 % shadow page table fills\n"
	    "palimpsest:   1.0 % MRS of CPSR or SPSR\n"));
	check_case("where the guest was, and where exits come from");
	CHECK(summary_is(
	    "{\"exit\":\"running\",\"bt\":\"page\",\"memory_mib\":64,\"ticks\":1000,\"tick_hz\":1000,\"idle_ticks\":"
	    "300,"
	    "\"samples\":{\"kernel\":30,\"user\":10},\"exits\":{"
	    "\"mrs\":{\"count\":5,\"slow\":0,\"ticks\":100,\"worst\":9},"
	    "\"exec\":{\"count\":7,\"slow\":7,\"ticks\":200,\"worst\":0,\"top\":[{\"pc\":16,\"count\":2},"
	    "{\"pc\":3221225472,\"count\":5}]}},\"code\":{\"made\":1,\"patched\":2},\"monitor_bytes\":1048576,"
	    "\"status\":0}",
	    "palimpsest: 1.0 s of guest time, 64 MiB, page policy; 1.0 MiB for the monitor\n"
	    "palimpsest: 2 words patched on 1 pages; 12 exits to the monitor took 30.0 % of the time, the most:\n"
	    "palimpsest:  20.0 % first execution of a kernel page, most from c0000000\n"
	    "palimpsest:  10.0 % MRS of CPSR or SPSR\n"
	    "palimpsest: 30.0 % of the time in the guest's kernel, 10.0 % in its user mode, 30.0 % idle\n"));
	check_case("no exits, and blocks");
	CHECK(summary_is(
	    "{\"bt\":\"page\",\"in_blocks\":true,\"memory_mib\":16,\"ticks\":1,\"tick_hz\":1,\"exits\":{},\"code\":{}}",
	    "palimpsest: 1.0 s of guest time, 16 MiB, block policy; 0.0 MiB for the monitor\n"
	    "palimpsest: 0 words patched on 0 pages; 0 exits to the monitor took 0.0 % of the time\n"));
	CHECK(summary_is("{\"bt\":\"\033[2J\",\"memory_mib\":16,\"ticks\":1,\"tick_hz\":1,\"code\":{}}",
			 "palimpsest: 1.0 s of guest time, 16 MiB, block policy; 0.0 MiB for the monitor\n"
			 "palimpsest: 0 words patched on 0 pages; 0 exits to the monitor took 0.0 % of the time\n"));
}

int
main(void)
{
	check_images();
	check_placement();
	check_report();
	check_summary();
	return check_done("cli");
}
