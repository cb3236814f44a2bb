// SPDX-License-Identifier: MIT
//
// See scan.h; the report is written by scanreport.c.
#include <stdlib.h>
#include "bt/intern.h"
#include "bt/scan.h"
#include "guests/error.h"
#include "guests/options.h"
#include "guests/scan.h"
#include "guests/scanreport.h"
#include "monitor/arch.h"

// The assertions of bt/, natively.
void
arch_bug(const char *file, int line, const char *what)
{
	fail(EXIT_MONITOR, "%s:%d: %s", file, line, what);
}

// Counts the calls from anywhere in the region to each of its words.
static void
count_calls(struct scanimage_region *r)
{
	uint32_t n = r->n_pages * BT_PAGE_WORDS;

	for (uint32_t i = 0; i < n; i++) {
		const struct bt_row *row = bt_always(r->words[i]) ? bt_decode_a32(r->words[i]) : NULL;
		uint32_t to;

		if (!row || row->action != BT_BL)
			continue;
		to = bt_target(row, r->words[i], i * 4u) / 4u;
		if (to < n && to / BT_PAGE_WORDS != i / BT_PAGE_WORDS &&
		    (r->entered[to] & SCANIMAGE_CALLS) != SCANIMAGE_CALLS)
			r->entered[to]++;
	}
}

// The word that the page is most likely entered at first; false if nothing is known to.
static bool
likely_entry(const uint8_t *entered, uint32_t *word)
{
	unsigned most = 0;

	*word = 0;
	for (uint32_t i = 0; i < BT_PAGE_WORDS; i++)
		if (entered[i] > most) {
			most = entered[i];
			*word = i;
		}
	return most != 0;
}

static void
count_branch(struct scan_page *p, const struct bt_row *row)
{
	p->indirect += (row->flags & BT_INDIRECT) && !(row->flags & BT_SENSITIVE);
	p->direct += (row->flags & BT_BRANCH) != 0;
}

static void
add(struct scan_tally *t, const struct bt_scan *scan, unsigned word, enum bt_substitute by)
{
	t->words++;
	t->literal += bt_map_test(scan->literal, word);
	t->doubtful += bt_map_test(scan->doubtful, word);
	if (bt_map_test(scan->patch, word)) {
		t->patched++;
		t->by[by]++;
	}
}

static void
add_doubt(struct scan_region *s, uint32_t address, uint32_t insn, const struct bt_row *row)
{
	s->doubt = realloc(s->doubt, (s->n_doubts + 1u) * sizeof(*s->doubt));
	if (!s->doubt)
		fail(EXIT_MONITOR, "out of memory");
	s->doubt[s->n_doubts++] = (struct scan_doubt){address, insn, row};
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

// Counts one page's words, once it is known which part it belongs to.
static void
count_words(struct scan_region *s, struct scan_part *part, struct scan_page *p, const uint32_t *words, struct extent x,
	    const struct bt_scan *scan, struct intern *numbers)
{
	unsigned n_rows;
	const struct bt_row *rows = bt_rows_a32(&n_rows);

	for (unsigned i = x.from; i < x.to; i++) {
		const struct bt_row *row = bt_decode_a32(words[i]);
		enum bt_substitute by;
		uint32_t unused;

		p->code += bt_map_test(scan->code, i);
		p->literals += bt_map_test(scan->literal, i);
		if (row && bt_map_test(scan->code, i))
			count_branch(p, row);
		if (!row || !(row->flags & BT_SENSITIVE))
			continue;
		by = bt_hyper_substitute(row, words[i], &unused);
		add(&p->tally, scan, i, by);
		add(&part->row[row - rows], scan, i, by);
		if (by == BT_SUBSTITUTE_NUMBER && bt_map_test(scan->patch, i))
			intern_number(numbers, words[i]);
		if (bt_map_test(scan->doubtful, i) && part == &s->code)
			add_doubt(s, p->address + 4u * i, words[i], row);
	}
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
	for (unsigned i = 0; i < sizeof(p->tally.by) / sizeof(p->tally.by[0]); i++)
		part->total.by[i] += p->tally.by[i];
}

// Of a page of compiled code nine words in ten have condition AL, of data hardly one in ten.
static unsigned
unconditional(const uint32_t *words)
{
	unsigned n = 0;

	for (unsigned i = 0; i < BT_PAGE_WORDS; i++)
		n += words[i] >> 28 == 0xeu;
	return n;
}

static void
judge_page(struct scan_region *s, const struct scanimage_region *r, unsigned n, struct intern *numbers[2])
{
	const uint32_t *words = &r->words[n * BT_PAGE_WORDS];
	struct scan_page *p = &s->page[n];
	struct extent x = extent(r, n);
	struct bt_scan scan;
	uint32_t entry;

	p->address = r->base + n * PAGE_SIZE;
	p->known_entry = likely_entry(&r->entered[n * BT_PAGE_WORDS], &entry);
	p->entry = p->address + 4u * entry;
	bt_scan_page(&scan, words, n ? words - BT_PAGE_WORDS : NULL, n + 1u < r->n_pages ? words + BT_PAGE_WORDS : NULL,
		     4u * entry);
	p->looks_like_code = r->executable || (r->entered[n * BT_PAGE_WORDS + entry] & SCANIMAGE_NAMED) ||
			     unconditional(words) > (x.to - x.from) / 4u;
	count_words(s, p->looks_like_code ? &s->code : &s->other, p, words, x, &scan, numbers[p->looks_like_code]);
	sum(p->looks_like_code ? &s->code : &s->other, p, x.to - x.from);
}

void
scan_judge(struct scan_region *out, struct scanimage_region *r)
{
	struct intern *numbers[2] = {must_alloc(sizeof(struct intern)), must_alloc(sizeof(struct intern))};

	*out = (struct scan_region){.page = must_alloc(r->n_pages * sizeof(*out->page))};
	count_calls(r);
	for (unsigned n = 0; n < r->n_pages; n++)
		judge_page(out, r, n, numbers);
	out->other.numbers = numbers[0]->n;
	out->code.numbers = numbers[1]->n;
	free(numbers[0]);
	free(numbers[1]);
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
	scanimage_load(&image, &o->image);
	regions = must_alloc(image.n_regions * sizeof(*regions));
	for (unsigned i = 0; i < image.n_regions; i++)
		scan_judge(&regions[i], &image.region[i]);
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
