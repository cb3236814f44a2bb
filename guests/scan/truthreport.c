// SPDX-License-Identifier: MIT
//
// See truth.h: the report, as text and as JSON.
#include <stdio.h>
#include "guests/scan/scan.h"
#include "guests/scan/truth.h"

#define MIB 0x100000u

static const char *const isa_name[BT_ISAS] = {[BT_A32] = "A32", [BT_T16] = "T16", [BT_T32] = "T32"};

static const char *const cause_name[TRUTH_CAUSES] = {
    [TRUTH_AS_OTHER] = "as_other_state", [TRUTH_AS_DATA] = "as_data", [TRUTH_AS_DOUBTFUL] = "as_doubtful"};

static double
mib(const struct truth *t)
{
	double n = (double)(t->a32 + t->thumb + t->data) / MIB;

	return n > 0 ? n : 1;
}

static void
text_rows(const char *what, const unsigned *rows)
{
	for (unsigned i = 0; i < TRUTH_ROWS; i++) {
		const struct bt_row *row = i + 1u < TRUTH_ROWS ? scan_row(i) : NULL;

		if (rows[i])
			printf("    %-8s %s %-36s %u\n", what, row ? isa_name[row->isa] : "", row ? row->name : "other",
			       rows[i]);
	}
}

void
truth_text(const struct truth *t)
{
	double n = mib(t);

	printf("%u files, %u pages with code, judged %u times: A32 %.2f MiB, Thumb %.2f MiB, data %.2f MiB\n", t->files,
	       t->pages, t->judged, (double)t->a32 / MIB, (double)t->thumb / MIB, (double)t->data / MIB);
	printf("  sensitive instructions %u, silent %u\n", t->sensitive, t->silent);
	printf("  missed %u (%.3f per MiB), silent %u (%.3f per MiB):", t->missed, t->missed / n, t->missed_silent,
	       t->missed_silent / n);
	for (unsigned i = 0; i < TRUTH_CAUSES; i++)
		printf(" %s %u (%u)", cause_name[i], t->missed_by[i], t->silent_by[i]);
	puts("");
	text_rows("missed", t->missed_row);
	printf("  data patched %u (%.3f per MiB)\n", t->patched_data, t->patched_data / n);
	text_rows("patched", t->patched_row);
	printf(
	    "  bytes misjudged, per MiB: A32 as Thumb %.1f, Thumb as A32 %.1f, code as data %.1f, data as code %.1f\n",
	    (double)t->a32_as_thumb / n, (double)t->thumb_as_a32 / n, (double)t->code_as_data / n,
	    (double)t->data_as_code / n);
	printf("  doubtful %u (%.3f per MiB), pages in doubt %u\n", t->doubtful, t->doubtful / n, t->doubtful_pages);
}

static void
json_rows(const char *what, const unsigned *rows)
{
	const char *comma = "";

	printf(",\"%s\":[", what);
	for (unsigned i = 0; i < TRUTH_ROWS; i++) {
		const struct bt_row *row = i + 1u < TRUTH_ROWS ? scan_row(i) : NULL;

		if (!rows[i])
			continue;
		printf("%s{\"isa\":\"%s\",\"name\":\"%s\",\"count\":%u}", comma, row ? isa_name[row->isa] : "",
		       row ? row->name : "other", rows[i]);
		comma = ",";
	}
	printf("]");
}

void
truth_json(const struct truth *t)
{
	printf("{\"files\":%u,\"pages\":%u,\"judged\":%u,\"a32\":%llu,\"thumb\":%llu,\"data\":%llu,", t->files,
	       t->pages, t->judged, (unsigned long long)t->a32, (unsigned long long)t->thumb,
	       (unsigned long long)t->data);
	printf("\"sensitive\":%u,\"silent\":%u,\"missed\":%u,\"missed_silent\":%u,", t->sensitive, t->silent, t->missed,
	       t->missed_silent);
	for (unsigned i = 0; i < TRUTH_CAUSES; i++)
		printf("\"missed_%s\":%u,\"silent_%s\":%u,", cause_name[i], t->missed_by[i], cause_name[i],
		       t->silent_by[i]);
	printf("\"patched_data\":%u,\"doubtful\":%u,\"doubtful_pages\":%u,", t->patched_data, t->doubtful,
	       t->doubtful_pages);
	printf("\"a32_as_thumb\":%llu,\"thumb_as_a32\":%llu,\"code_as_data\":%llu,\"data_as_code\":%llu",
	       (unsigned long long)t->a32_as_thumb, (unsigned long long)t->thumb_as_a32,
	       (unsigned long long)t->code_as_data, (unsigned long long)t->data_as_code);
	json_rows("missed_rows", t->missed_row);
	json_rows("patched_rows", t->patched_row);
	puts("}");
}
