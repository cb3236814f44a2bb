// SPDX-License-Identifier: MIT
//
// See truth.h. What the rules do to a page is compared with what its halfwords are.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bt/isa/hyper.h"
#include "bt/scan/maps.h"
#include "bt/scan/mixed.h"
#include "guests/cli/error.h"
#include "guests/cli/options.h"
#include "guests/scan/scan.h"
#include "guests/scan/truth.h"
#include "monitor/base/types.h"

#define HALVES BT_PAGE_HALVES

// What the rules make of a page: for each halfword, of any of its entries.
struct verdict {
	uint32_t patched[BT_HALF_MAP];                 // that the patched copy has it otherwise than the frame
	uint32_t doubtful[BT_HALF_MAP];                // that it is left in doubt
	uint32_t unpatched[BT_HALF_MAP];               // an instruction, that it isn't replaced
	uint32_t a32[BT_HALF_MAP], thumb[BT_HALF_MAP]; // that it was taken for such code
};

struct judge {
	struct truth_image image;
	bool mixed;    // which rule
	bool in_doubt; // the page is, entered somewhere
	bool list;     // each misjudged word is to be printed
	const char *path;
	unsigned page;
	struct verdict v;
	struct bt_scan scan;
	struct bt_mixed_job job;
	struct bt_scan_memo memo[BT_SCAN_MEMOS];
	struct truth *t;
};

static const uint32_t *
page_words(const struct judge *j)
{
	return j->image.words + (size_t)j->page * BT_PAGE_WORDS;
}

static const uint32_t *
words_beside(const struct judge *j, int beside)
{
	int64_t n = (int64_t)j->page + beside;

	return n < 0 || n >= j->image.n_pages ? NULL : page_words(j) + beside * (int)BT_PAGE_WORDS;
}

static uint8_t
is(const struct judge *j, unsigned i)
{
	return j->image.is[j->page * HALVES + i];
}

// The instruction that begins at halfword i.
static uint32_t
instruction(const struct judge *j, unsigned i)
{
	const uint16_t *half = (const uint16_t *)page_words(j);

	if ((is(j, i) & TRUTH_KIND) == TRUTH_A32)
		return page_words(j)[i / 2u];
	return bt_is_t32(half[i]) ? (uint32_t)half[i] << 16 | half[i + 1u] : half[i];
}

static const struct bt_row *
row_of(const struct judge *j, unsigned i)
{
	uint32_t insn = instruction(j, i);

	return (is(j, i) & TRUTH_KIND) == TRUTH_A32 ? bt_decode_a32(insn) : bt_decode_thumb(insn);
}

static void
put_range(uint32_t *map, unsigned from, unsigned n)
{
	bt_map_set_range(map, from, from + n < HALVES ? from + n : HALVES);
}

// Adds what the A32 rule has found.
static void
add_a32(struct judge *j)
{
	for (unsigned w = 0; w < BT_PAGE_WORDS; w++) {
		if (bt_map_test(j->scan.patch, w))
			put_range(j->v.patched, 2u * w, 2u);
		if (bt_map_test(j->scan.doubtful, w))
			put_range(j->v.doubtful, 2u * w, 2u);
		if (bt_map_test(j->scan.code, w))
			put_range(j->v.a32, 2u * w, 2u);
	}
}

static void
add_thumb(struct judge *j)
{
	for (unsigned i = 0; i < HALVES; i++) {
		uint32_t insn = bt_flow_thumb(&j->job.flow, i);
		const struct bt_row *row = bt_decode_thumb(insn);
		unsigned n = bt_thumb_size(insn) / 2u;

		if (bt_map_test(j->job.flow.doubtful, i))
			put_range(j->v.doubtful, i, n);
		if (!bt_map_test(j->job.flow.thumb, i))
			continue;
		put_range(j->v.thumb, i, n);
		if ((row && row->flags & BT_SENSITIVE) || bt_hyper_ambiguous(insn) || i + n > HALVES)
			put_range(j->v.patched, i, n);
	}
}

// Halfword i has a sensitive instruction that isn't replaced. On a page in doubt it is left so, like all of it.
static void
leave(struct judge *j, unsigned i)
{
	bt_map_set(j->v.unpatched, i);
	if (j->mixed && j->job.in_doubt)
		bt_map_set(j->v.doubtful, i);
}

// The sensitive instructions that aren't replaced, in the state they are of.
static void
note_unpatched(struct judge *j)
{
	for (unsigned i = 0; i < HALVES; i++) {
		uint8_t what = is(j, i);
		const struct bt_row *row;

		if (!(what & TRUTH_BEGINS) || !((row = row_of(j, i)) && row->flags & BT_SENSITIVE))
			continue;
		if ((what & TRUTH_KIND) == TRUTH_A32 ? !bt_map_test(j->scan.patch, i / 2u)
						     : !bt_map_test(j->job.flow.thumb, i) || !j->mixed)
			leave(j, i);
	}
}

static void
enter(struct judge *j, unsigned i)
{
	const uint32_t *words = page_words(j), *prev = words_beside(j, -1), *next = words_beside(j, 1);
	uint32_t va = j->image.base + (j->page << PAGE_SHIFT) + 2u * i;

	j->t->judged++;
	if (j->mixed) {
		bt_mixed_start(&j->job, words, prev, next, va, (is(j, i) & TRUTH_KIND) == TRUTH_THUMB);
		while (!bt_mixed_step(&j->job))
			;
		j->scan = j->job.a32.out;
		j->in_doubt |= j->job.in_doubt;
		add_thumb(j);
	} else {
		bt_scan_page(&j->scan, words, prev, next, 2u * i);
	}
	add_a32(j);
	note_unpatched(j);
}

// A number that is the page's own, whatever else is scanned.
static uint32_t
hash(uint32_t a, uint32_t b)
{
	uint32_t h = (a ^ 0x9e3779b9u) * 2654435761u + b;

	h = (h ^ h >> 15) * 2246822519u;
	return h ^ h >> 13;
}

// Enters the page at up to n of the halfwords that have all the bits of what, without being too choosy.
static void
enter_some(struct judge *j, uint8_t what, unsigned n)
{
	unsigned all = 0, step, first;

	for (unsigned i = 0; i < HALVES; i++)
		all += (is(j, i) & what) == what && (is(j, i) & TRUTH_BEGINS);
	if (!all)
		return;
	step = all / n ? all / n : 1u;
	first = hash(j->page, what) % step;
	for (unsigned i = 0, k = 0; i < HALVES && n; i++) {
		if ((is(j, i) & what) != what || !(is(j, i) & TRUTH_BEGINS))
			continue;
		if (k++ % step == first) {
			enter(j, i);
			n--;
		}
	}
}

static void
list(const struct judge *j, unsigned i, const char *what, const struct bt_row *row)
{
	if (j->list)
		printf("%s: %08x: %s %s\n", j->path, j->image.base + (j->page << PAGE_SHIFT) + 2u * i, what,
		       row ? row->name : "other");
}

static enum truth_cause
cause(const struct judge *j, unsigned i)
{
	bool a32 = (is(j, i) & TRUTH_KIND) == TRUTH_A32;

	if (bt_map_test(j->v.doubtful, i))
		return TRUTH_AS_DOUBTFUL;
	return bt_map_test(a32 ? j->v.thumb : j->v.a32, i) ? TRUTH_AS_OTHER : TRUTH_AS_DATA;
}

static void
count_missed(struct judge *j, unsigned i, const struct bt_row *row)
{
	enum truth_cause why = cause(j, i);
	struct truth *t = j->t;

	list(j, i, "missed", row);
	t->missed++;
	t->missed_by[why]++;
	t->missed_row[scan_number(row)]++;
	if (row->flags & BT_SILENT) {
		t->missed_silent++;
		t->silent_by[why]++;
	}
}

// What data that is patched looks like; words in A32.
static void
count_patched(struct judge *j, unsigned i)
{
	const struct bt_row *a32 = bt_decode_a32(page_words(j)[i / 2u]), *row;

	if (i % 2u && bt_map_test(j->v.patched, i - 1u) && (is(j, i - 1u) & TRUTH_KIND) == TRUTH_DATA)
		return;
	j->t->patched_data++;
	row = bt_map_test(j->v.thumb, i) ? bt_decode_thumb(bt_flow_thumb(&j->job.flow, i)) : a32;
	list(j, i, "patched", row);
	j->t->patched_row[row ? scan_number(row) : TRUTH_ROWS - 1u]++;
}

static void
count_half(struct judge *j, unsigned i)
{
	bool a32 = bt_map_test(j->v.a32, i), thumb = bt_map_test(j->v.thumb, i);
	struct truth *t = j->t;
	const struct bt_row *row;

	switch (is(j, i) & TRUTH_KIND) {
	case TRUTH_DATA:
		t->data += 2u;
		t->data_as_code += a32 || thumb ? 2u : 0;
		if (bt_map_test(j->v.patched, i))
			count_patched(j, i);
		return;
	case TRUTH_A32:
		t->a32 += 2u;
		t->a32_as_thumb += thumb ? 2u : 0;
		break;
	case TRUTH_THUMB:
		t->thumb += 2u;
		t->thumb_as_a32 += a32 ? 2u : 0;
		break;
	default:
		return;
	}
	t->code_as_data += a32 || thumb ? 0 : 2u;
	row = is(j, i) & TRUTH_BEGINS ? row_of(j, i) : NULL;
	if (!row || !(row->flags & BT_SENSITIVE))
		return;
	t->sensitive++;
	t->silent += (row->flags & BT_SILENT) != 0;
	if (bt_map_test(j->v.unpatched, i))
		count_missed(j, i, row);
}

static void
judge_page(struct judge *j)
{
	unsigned doubtful = 0, before = j->t->judged;

	memset(&j->v, 0, sizeof(j->v));
	j->in_doubt = false;
	for (unsigned i = 0; i < 2u; i++) // where control runs on; a T32 instruction may be cut
		if (is(j, i) & TRUTH_BEGINS) {
			enter(j, i);
			break;
		}
	enter_some(j, TRUTH_FUNCTION, TRUTH_ENTRIES - 2u);
	enter_some(j, TRUTH_BEGINS, 1);
	if (j->t->judged == before)
		return;
	j->t->pages++;
	for (unsigned i = 0; i < HALVES; i++)
		count_half(j, i);
	for (unsigned m = 0; m < BT_HALF_MAP; m++)
		doubtful += count_ones(j->v.doubtful[m] & ~(j->v.doubtful[m] << 1));
	j->t->doubtful += doubtful;
	j->t->doubtful_pages += j->in_doubt;
}

static void
judge_file(struct judge *j, const char *path, enum scanimage_isa isa)
{
	truth_load(&j->image, path);
	j->path = path;
	j->mixed = isa == SCANIMAGE_AUTO ? j->image.thumb : isa == SCANIMAGE_MIXED;
	j->t->files++;
	for (j->page = 0; j->page < j->image.n_pages; j->page++)
		judge_page(j);
	truth_free(&j->image);
}

int
truth_command(const struct options *o)
{
	struct truth *t = must_alloc(sizeof(*t));
	struct judge *j = must_alloc(sizeof(*j));

	*j = (struct judge){.t = t, .list = o->doubtful};
	for (unsigned i = 0; i < o->n_files; i++)
		judge_file(j, o->files[i], o->image.isa);
	if (o->json)
		truth_json(t);
	else
		truth_text(t);
	free(j);
	free(t);
	return EXIT_POWEROFF;
}
