// SPDX-License-Identifier: MIT
//
// learn FILE...: writes bt/scan/likely_table.c, the costs of code and data as they are in these files
// (guests/scan/truth.h). Of data only that in pages with code counts.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bt/scan/likely.h"
#include "guests/cli/error.h"
#include "guests/scan/truth.h"
#include "monitor/base/types.h"

#define SMOOTH   0.3 // of what was never seen
#define COST_MAX 127

static double a32_high[4096], a32_mid[8][256], a32_low[8][256], a32_last[8][16];
static double thumb_high[1024], thumb_low[32][64], t32_high[16][256], t32_low[16][256];
static double data_high[2][256], data_low[8][256];

static void
count_a32(uint32_t w)
{
	unsigned c = bits(w, 27, 25);

	a32_high[w >> 20]++;
	a32_mid[c][bits(w, 19, 12)]++;
	a32_low[c][bits(w, 11, 4)]++;
	a32_last[c][bits(w, 3, 0)]++;
}

static void
count_thumb(const uint16_t *half)
{
	thumb_high[half[0] >> 6]++;
	thumb_low[half[0] >> 11][half[0] & 63u]++;
	if (!bt_is_t32(half[0]))
		return;
	t32_high[bits(half[0], 12, 9)][half[1] >> 8]++;
	t32_low[bits(half[0], 12, 9)][half[1] & 0xffu]++;
}

static void
count_data(uint16_t half, unsigned upper)
{
	data_high[upper][half >> 8]++;
	data_low[4u * upper + bt_likely_kind(half >> 8)][half & 0xffu]++;
}

static void
count_page(const uint16_t *half, const uint8_t *is)
{
	bool code = false;

	for (unsigned i = 0; i < BT_PAGE_HALVES; i++)
		code |= (is[i] & TRUTH_BEGINS) != 0;
	for (unsigned i = 0; code && i < BT_PAGE_HALVES; i++) {
		uint32_t w;

		memcpy(&w, half + (i & ~1u), sizeof(w));
		if ((is[i] & TRUTH_KIND) == TRUTH_DATA)
			count_data(half[i], i % 2u);
		else if (is[i] == (TRUTH_THUMB | TRUTH_BEGINS) ||
			 is[i] == (TRUTH_THUMB | TRUTH_BEGINS | TRUTH_FUNCTION))
			count_thumb(half + i);
		else if ((is[i] & TRUTH_BEGINS) && i % 2u == 0)
			count_a32(w);
	}
}

static void
print(const char *field, const double *counts, unsigned groups, unsigned n)
{
	printf("    .%s = {", field);
	for (unsigned g = 0; g < groups; g++) {
		double sum = 0;

		for (unsigned i = 0; i < n; i++)
			sum += counts[g * n + i] + SMOOTH;
		if (groups > 1u)
			printf("%s{", g ? ", " : "");
		for (unsigned i = 0; i < n; i++) {
			double cost = -4.0 * log2((counts[g * n + i] + SMOOTH) / sum);

			printf("%s%d%s", i % 40u ? "" : "\n\t", cost > COST_MAX ? COST_MAX : (int)(cost + 0.5),
			       i + 1u < n ? "," : "");
		}
		if (groups > 1u)
			printf("}");
	}
	puts("},");
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct truth_image image;

		truth_load(&image, argv[i]);
		for (unsigned k = 0; k < image.n_pages; k++)
			count_page((const uint16_t *)(image.words + (size_t)k * BT_PAGE_WORDS),
				   image.is + (size_t)k * BT_PAGE_HALVES);
		truth_free(&image);
	}
	puts("// SPDX-License-Identifier: MIT\n//\n// Made by test/corpus/learn.c: make learn. See bt/scan/likely.h.\n"
	     "#include \"bt/scan/likely.h\"\n\n// clang-format off\nconst struct bt_likely_table bt_likely_table = {");
	print("a32_high", a32_high, 1, 4096);
	print("a32_mid", a32_mid[0], 8, 256);
	print("a32_low", a32_low[0], 8, 256);
	print("a32_last", a32_last[0], 8, 16);
	print("thumb_high", thumb_high, 1, 1024);
	print("thumb_low", thumb_low[0], 32, 64);
	print("t32_high", t32_high[0], 16, 256);
	print("t32_low", t32_low[0], 16, 256);
	print("data_high", data_high[0], 2, 256);
	print("data_low", data_low[0], 8, 256);
	puts("};");
	return 0;
}
