// SPDX-License-Identifier: MIT
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/predictable.c bt/isa/ldst.c bt/isa/ldst_thumb.c
// uses: bt/scan/scan.c bt/scan/literals.c bt/scan/follow.c bt/scan/judge.c bt/scan/flow.c bt/scan/names.c bt/scan/likely.c bt/scan/likely_cost.c bt/scan/likely_table.c bt/scan/mixed.c bt/isa/hyper.c
//
// The scanners on any page, entry and neighbours: they end, what they patch or doubt is sensitive, a
// patched instruction isn't doubtful, and the entry is patched if it is sensitive.
#include "bt/isa/decode.h"
#include "bt/scan/mixed.h"
#include "test/libfuzzer/fuzz.h"

#define PAGE (4u * BT_PAGE_WORDS)

// The input is repeated over the page, so that a small one makes a full page.
static void
fill(uint32_t *page, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < PAGE; i++)
		((uint8_t *)page)[i] = data[i % size];
}

static unsigned
check_a32(const uint32_t *page, const struct bt_scan *out)
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
	}
	HOLDS(patched == out->n_patch);
	return doubtful;
}

static unsigned
check_thumb(const struct bt_flow *flow)
{
	unsigned doubtful = 0;

	for (unsigned i = 0; i < BT_PAGE_HALVES; i++) {
		const struct bt_row *row = bt_decode_thumb(bt_flow_thumb(flow, i));
		bool code = bt_map_test(flow->thumb, i), doubt = bt_map_test(flow->doubtful, i);

		doubtful += doubt;
		HOLDS(!(code && doubt) && (!doubt || (row && row->flags & BT_SENSITIVE)));
		HOLDS(!code || bt_map_test(flow->covered, i));
	}
	return doubtful;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint32_t page[BT_PAGE_WORDS], other[BT_PAGE_WORDS];
	static struct bt_mixed_job mixed;
	const struct bt_flow *flow = &mixed.flow;
	static bool ready;
	const struct bt_row *row;
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
	row = bt_decode_a32(page[entry]);
	HOLDS(!row || !(row->flags & BT_SENSITIVE) || bt_map_test(out.patch, entry));
	HOLDS(check_a32(page, &out) == out.n_doubtful);
	bt_mixed_start(&mixed, page, data[0] & 1u ? other : NULL, data[0] & 2u ? other : NULL, 4u * entry,
		       data[0] & 4u);
	while (!bt_mixed_step(&mixed))
		;
	HOLDS(check_a32(page, &mixed.a32.out) + check_thumb(flow) == mixed.a32.out.n_doubtful);
	HOLDS(bt_map_test(flow->thumb, 2u * entry) || !(data[0] & 4u) ||
	      bt_undefined_thumb(bt_flow_thumb(flow, 2u * entry)));
	return 0;
}
