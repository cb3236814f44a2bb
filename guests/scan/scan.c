// SPDX-License-Identifier: MIT
//
// See scan.h; the report is written by report.c.
#include <stdlib.h>
#include "bt/isa/hyper.h"
#include "bt/code/intern.h"
#include "bt/scan/mixed.h"
#include "guests/cli/error.h"
#include "guests/cli/options.h"
#include "guests/scan/scan.h"
#include "guests/scan/report.h"
#include "guests/scan/truth.h"

#define T16_PUSH_MASK 0xff00u // PUSH {..., lr}
#define T16_PUSH      0xb500u
#define T32_PUSH      0xe92du
#define THUMB_CALLS   2u // to a PUSH, that make a page look like code

const struct bt_row *
scan_row(unsigned n)
{
	for (enum bt_isa isa = BT_A32; isa < BT_ISAS; isa++) {
		unsigned size;
		const struct bt_row *rows = bt_rows(isa, &size);

		if (n < size)
			return &rows[n];
		n -= size;
	}
	return NULL;
}

unsigned
scan_number(const struct bt_row *row)
{
	unsigned before = 0;

	for (enum bt_isa isa = BT_A32;; isa++) {
		unsigned size;
		const struct bt_row *rows = bt_rows(isa, &size);

		if (isa == row->isa)
			return before + (unsigned)(row - rows);
		before += size;
	}
}

static uint32_t
half(const struct scanimage_region *r, uint32_t i)
{
	return r->words[i / 2u] >> (16u * (i % 2u)) & 0xffffu;
}

static void
called(struct scanimage_region *r, uint32_t to, uint32_t thumb)
{
	if (r->entered[to] & SCANIMAGE_NAMED || (r->entered[to] & SCANIMAGE_CALLS) == SCANIMAGE_CALLS)
		return;
	r->entered[to]++;
	r->entered[to] |= (uint8_t)thumb;
}

// Counts the calls from anywhere in the region to each place of it, in halfwords from its base.
static void
count_a32_calls(struct scanimage_region *r)
{
	uint32_t n = r->n_pages * BT_PAGE_WORDS;

	for (uint32_t i = 0; i < n; i++) {
		const struct bt_row *row = bt_always(r->words[i]) ? bt_decode_a32(r->words[i]) : NULL;
		uint32_t to;

		if (!row || row->action != BT_BL)
			continue;
		to = bt_target(row, r->words[i], i * 4u) / 4u;
		if (to < n && to / BT_PAGE_WORDS != i / BT_PAGE_WORDS)
			called(r, 2u * to, 0);
	}
}

// The target of a Thumb BL at halfword i, or i if there is none in the region.
static uint32_t
thumb_call(const struct scanimage_region *r, uint32_t i)
{
	uint32_t n = r->n_pages * BT_PAGE_HALVES, insn, to;
	const struct bt_row *row;

	if (i + 1u >= n || !bt_is_t32(half(r, i)))
		return i;
	insn = half(r, i) << 16 | half(r, i + 1u);
	row = bt_decode_thumb(insn);
	if (!row || row->action != BT_BL)
		return i;
	to = bt_target(row, insn, i * 2u) / 2u;
	return to < n ? to : i;
}

static void
count_thumb_calls(struct scanimage_region *r)
{
	for (uint32_t i = 0; i < r->n_pages * BT_PAGE_HALVES; i++) {
		uint32_t to = thumb_call(r, i);

		if (to / BT_PAGE_HALVES != i / BT_PAGE_HALVES)
			called(r, to, SCANIMAGE_THUMB);
	}
}

// The address that the page is most likely entered at first; its beginning if nothing is known.
static uint32_t
likely_entry(const uint8_t *entered, struct scan_page *p)
{
	uint32_t most = 0, at = 0;

	for (uint32_t i = 0; i < BT_PAGE_HALVES; i++) {
		uint32_t calls = entered[i] & ~SCANIMAGE_THUMB;

		if (calls > most) {
			most = calls;
			at = i;
		}
	}
	p->known_entry = most != 0;
	return 2u * at + (entered[at] & SCANIMAGE_THUMB ? 1u : 0u);
}

// Which words of a page are the file's: [from, to).
struct extent {
	unsigned from, to;
};

static struct extent
extent(const struct scanimage_region *r, unsigned page)
{
	uint64_t at = (uint64_t)r->base + page * (uint64_t)PAGE_SIZE, end = (uint64_t)r->start + r->size + 3u;
	struct extent x = {at < r->start ? (unsigned)(r->start - at) / 4u : 0, BT_PAGE_WORDS};

	if (end - at < PAGE_SIZE)
		x.to = (unsigned)(end - at) / 4u;
	return x;
}

// A page being judged.
struct judge {
	struct scan_region *s;
	struct scan_part *part;
	struct scan_page *page;
	struct intern *numbers;
	struct bt_scan scan;
	struct bt_mixed_job mixed; // of a guest with Thumb code
	struct bt_scan_memo memo[BT_SCAN_MEMOS];
};

enum fate { PATCHED, DOUBTFUL, LITERAL, OTHER };

static void
add_doubt(struct scan_region *s, uint32_t address, uint32_t insn, const struct bt_row *row)
{
	s->doubt = realloc(s->doubt, (s->n_doubts + 1u) * sizeof(*s->doubt));
	if (!s->doubt)
		fail(EXIT_MONITOR, "out of memory");
	s->doubt[s->n_doubts++] = (struct scan_doubt){address, insn, row};
}

static enum scan_way
way(const struct bt_row *row, uint32_t insn)
{
	if (bt_hyper_substitute(row, insn))
		return SCAN_PLAIN;
	return bt_hyper_self_contained(row) ? SCAN_HYPERCALL : SCAN_NUMBER;
}

static void
tally(struct scan_tally *t, enum fate fate, enum scan_way by)
{
	t->words++;
	t->patched += fate == PATCHED;
	t->doubtful += fate == DOUBTFUL;
	t->literal += fate == LITERAL;
	t->by[by] += fate == PATCHED;
}

// Counts an instruction of row at offset: a branch if it is code, and what is sensitive.
static void
count(struct judge *j, const struct bt_row *row, uint32_t insn, uint32_t offset, bool code, enum fate fate)
{
	enum scan_way by = way(row, insn);

	j->page->indirect += code && row->flags & BT_INDIRECT && !(row->flags & BT_SENSITIVE);
	j->page->direct += code && row->flags & BT_BRANCH;
	if (!(row->flags & BT_SENSITIVE))
		return;
	tally(&j->page->tally, fate, by);
	tally(&j->part->row[scan_number(row)], fate, by);
	if (j->part != &j->s->code)
		return;
	if (fate == PATCHED && by == SCAN_NUMBER && row->isa != BT_T16) // T16 originals are in the frame
		intern_number(j->numbers, insn);
	if (fate == DOUBTFUL)
		add_doubt(j->s, j->page->address + offset, insn, row);
}

static void
count_a32(struct judge *j, const uint32_t *words, struct extent x)
{
	const struct bt_scan *scan = &j->scan;

	for (unsigned i = x.from; i < x.to; i++) {
		const struct bt_row *row = bt_decode_a32(words[i]);
		bool code = bt_map_test(scan->code, i), literal = !j->s->thumb && bt_map_test(scan->literal, i);
		enum fate fate = bt_map_test(scan->patch, i)      ? PATCHED
				 : bt_map_test(scan->doubtful, i) ? DOUBTFUL
				 : literal                        ? LITERAL
								  : OTHER;

		j->page->code += code;
		j->page->literals += literal;
		if (row && (fate != OTHER || code || !j->s->thumb)) // else it may be Thumb code
			count(j, row, words[i], 4u * i, code, fate);
	}
}

static void
count_thumb(struct judge *j, struct extent x)
{
	unsigned code = 0, literals = 0;

	for (unsigned i = 2u * x.from; i < 2u * x.to; i++) {
		bool reached = bt_map_test(j->mixed.flow.thumb, i), doubtful = bt_map_test(j->mixed.flow.doubtful, i);
		uint32_t insn = bt_flow_thumb(&j->mixed.flow, i);
		const struct bt_row *row = bt_decode_thumb(insn);

		code += bt_map_test(j->mixed.flow.covered, i);
		literals += bt_map_test(j->mixed.flow.literal, i);
		if (row && (reached || doubtful))
			count(j, row, insn, 2u * i, reached, reached ? PATCHED : DOUBTFUL);
	}
	j->page->code += code / 2u;
	j->page->literals += literals / 2u;
}

static void
sum(struct scan_part *part, const struct scan_page *p, unsigned words)
{
	part->pages++;
	part->words += words;
	part->code += p->code;
	part->literals += p->literals;
	part->indirect += p->indirect;
	part->direct += p->direct;
	part->total.words += p->tally.words;
	part->total.patched += p->tally.patched;
	part->total.doubtful += p->tally.doubtful;
	part->total.literal += p->tally.literal;
	for (unsigned i = 0; i < SCAN_WAYS; i++)
		part->total.by[i] += p->tally.by[i];
}

// Of a page of compiled A32 code nine words in ten have condition AL, of data hardly one in ten.
static bool
looks_a32(const uint32_t *words, struct extent x)
{
	unsigned n = 0;

	for (unsigned i = x.from; i < x.to; i++)
		n += words[i] >> 28 == 0xeu;
	return n > (x.to - x.from) / 4u;
}

static bool
looks_thumb(const struct scanimage_region *r, unsigned page)
{
	unsigned n = 0;

	for (uint32_t i = page * BT_PAGE_HALVES; i < (page + 1u) * BT_PAGE_HALVES; i++) {
		uint32_t to = thumb_call(r, i);

		n += to != i && ((half(r, to) & T16_PUSH_MASK) == T16_PUSH || half(r, to) == T32_PUSH);
	}
	return n >= THUMB_CALLS;
}

static void
judge_mixed(struct judge *j, const uint32_t *words, const uint32_t *prev, const uint32_t *next, uint32_t entry)
{
	struct bt_mixed_job *m = &j->mixed;

	bt_mixed_start(m, words, prev, next, entry & ~1u, entry & 1u);
	while (!bt_mixed_step(m))
		;
	j->scan = m->a32.out;
}

static void
judge_page(struct judge *j, const struct scanimage_region *r, unsigned n)
{
	const uint32_t *words = &r->words[n * BT_PAGE_WORDS], *prev = n ? words - BT_PAGE_WORDS : NULL;
	const uint32_t *next = n + 1u < r->n_pages ? words + BT_PAGE_WORDS : NULL;
	const uint8_t *entered = &r->entered[n * BT_PAGE_HALVES];
	struct scan_page *p = j->page;
	struct extent x = extent(r, n);
	bool thumb = j->s->thumb && looks_thumb(r, n);
	uint32_t entry;

	p->address = r->base + n * PAGE_SIZE;
	entry = likely_entry(entered, p);
	if (!p->known_entry && thumb)
		entry = 1u;
	p->entry = p->address + entry;
	if (j->s->thumb)
		judge_mixed(j, words, prev, next, entry);
	else
		bt_scan_page(&j->scan, words, prev, next, entry);
	p->looks_like_code = r->executable || entered[entry / 2u] & SCANIMAGE_NAMED || looks_a32(words, x) || thumb;
	j->part = p->looks_like_code ? &j->s->code : &j->s->other;
	count_a32(j, words, x);
	if (j->s->thumb)
		count_thumb(j, x);
	sum(j->part, p, x.to - x.from);
}

void
scan_judge(struct scan_region *out, struct scanimage_region *r, bool thumb)
{
	struct intern *numbers = must_alloc(sizeof(*numbers));
	struct judge *j = must_alloc(sizeof(*j));

	*out = (struct scan_region){.page = must_alloc(r->n_pages * sizeof(*out->page)), .thumb = thumb};
	count_a32_calls(r);
	if (thumb)
		count_thumb_calls(r);
	for (unsigned n = 0; n < r->n_pages; n++) {
		*j = (struct judge){.s = out, .page = &out->page[n], .numbers = numbers};
		judge_page(j, r, n);
	}
	out->code.numbers = numbers->n;
	free(j);
	free(numbers);
}

void
scan_free(struct scan_region *s)
{
	free(s->page);
	free(s->doubt);
}

int
scan_command(const struct options *o)
{
	const struct scanreport_options report = {.pages = o->pages, .doubtful = o->doubtful};
	struct scan_region *regions;
	struct scanimage image;

	bt_decode_init();
	bt_hyper_init();
	if (o->truth)
		return truth_command(o);
	scanimage_load(&image, &o->image);
	regions = must_alloc(image.n_regions * sizeof(*regions));
	for (unsigned i = 0; i < image.n_regions; i++)
		scan_judge(&regions[i], &image.region[i], image.thumb);
	if (o->json)
		scanreport_json(&image, regions, &report);
	else
		scanreport_text(&image, regions, &report);
	for (unsigned i = 0; i < image.n_regions; i++)
		scan_free(&regions[i]);
	free(regions);
	scanimage_free(&image);
	return EXIT_POWEROFF;
}
