// SPDX-License-Identifier: MIT
// uses: bt/decode.c bt/ldst.c bt/scan.c
//
// The scanner on any page, entry and neighbours: it ends, what it patches or doubts is sensitive, a
// patched word isn't doubtful, and what the flow reaches first is patched if it is sensitive.
#include "bt/decode.h"
#include "bt/scan.h"
#include "test/libfuzzer/fuzz.h"

#define PAGE (4u * BT_PAGE_WORDS)

// The input is repeated over the page, so that a small one makes a full page.
static void
fill(uint32_t *page, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < PAGE; i++)
		((uint8_t *)page)[i] = data[i % size];
}

static void
check(const uint32_t *page, const struct bt_scan *out, unsigned entry)
{
	unsigned patched = 0, doubtful = 0;

	for (unsigned i = 0; i < BT_PAGE_WORDS; i++) {
		const struct bt_row *row = bt_decode_a32(page[i]);
		bool patch = bt_map_test(out->patch, i), doubt = bt_map_test(out->doubtful, i);

		patched += patch;
		doubtful += doubt;
		HOLDS(!(patch && doubt));
		HOLDS(!(patch || doubt) || (row && row->flags & BT_SENSITIVE));
		HOLDS(!bt_map_test(out->code, i) || !bt_map_test(out->literal, i));
		HOLDS(i != entry || !row || !(row->flags & BT_SENSITIVE) || patch);
	}
	HOLDS(patched == out->n_patch && doubtful == out->n_doubtful);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint32_t page[BT_PAGE_WORDS], other[BT_PAGE_WORDS];
	static bool ready;
	struct bt_scan out;
	unsigned entry;

	if (!ready)
		bt_decode_init();
	ready = true;
	if (size < 4)
		return 0;
	entry = (data[0] | (unsigned)data[1] << 8) % BT_PAGE_WORDS;
	fill(page, data + 2, size - 2);
	fill(other, data + size / 2, size - size / 2);
	bt_scan_page(&out, page, data[0] & 1u ? other : NULL, data[0] & 2u ? other : NULL, 4u * entry);
	check(page, &out, entry);
	return 0;
}
