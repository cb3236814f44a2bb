// SPDX-License-Identifier: MIT
//
// See report.h. Both forms print the same figures; the JSON's names are in palimpsest(1).
#include <capstone/capstone.h>
#include <stdio.h>
#include "guests/cli/error.h"
#include "guests/scan/report.h"

static const char *
name_of_action(const struct bt_row *row)
{
	static const char *const names[] = {
#define BT_ACTION(name, flags) #name,
	    BT_ACTIONS(BT_ACTION)
#undef BT_ACTION
	};

	return names[row->action];
}

static const char *
name_of_isa(const struct bt_row *row)
{
	static const char *const names[BT_ISAS] = {[BT_A32] = "A32", [BT_T16] = "T16", [BT_T32] = "T32"};

	return names[row->isa];
}

static void
add(struct scan_tally *to, const struct scan_tally *t)
{
	to->words += t->words;
	to->patched += t->patched;
	to->doubtful += t->doubtful;
	to->literal += t->literal;
	for (unsigned i = 0; i < SCAN_WAYS; i++)
		to->by[i] += t->by[i];
}

// The tally of all regions' pages that look like code.
static struct scan_tally
total(const struct scanimage *image, const struct scan_region *regions)
{
	struct scan_tally sum = {0};

	for (unsigned i = 0; i < image->n_regions; i++)
		add(&sum, &regions[i].code.total);
	return sum;
}

// The disassemblers for A32 and Thumb.
struct disassemblers {
	csh a32, thumb;
};

static void
open_disassemblers(struct disassemblers *d)
{
	if (cs_open(CS_ARCH_ARM, CS_MODE_ARM, &d->a32) || cs_open(CS_ARCH_ARM, CS_MODE_THUMB, &d->thumb))
		fail(EXIT_MONITOR, "capstone can't be used");
}

static void
close_disassemblers(struct disassemblers *d)
{
	cs_close(&d->a32);
	cs_close(&d->thumb);
}

// What stands there, for a reader; "(undefined)" where capstone knows none.
static void
disassemble(const struct disassemblers *d, const struct scan_doubt *doubt, char *text, size_t size)
{
	bool t32 = doubt->row->isa == BT_T32; // in memory the first halfword comes first
	uint32_t memory = t32 ? doubt->insn << 16 | doubt->insn >> 16 : doubt->insn;
	csh cs = doubt->row->isa == BT_A32 ? d->a32 : d->thumb;
	cs_insn *i;
	size_t n = cs_disasm(cs, (const uint8_t *)&memory, doubt->row->isa == BT_T16 ? 2 : 4, doubt->address, 1, &i);

	snprintf(text, size, "%s%s%s", n ? i->mnemonic : "(undefined)", n && *i->op_str ? " " : "", n ? i->op_str : "");
	if (n)
		cs_free(i, n);
}

static void
text_tally(const char *isa, const char *name, const char *section, const struct scan_tally *t)
{
	printf("  %-3s %-44s %-8s %7u %7u %8u %7u\n", isa, name, section, t->words, t->patched, t->doubtful,
	       t->literal);
}

static void
text_policies(const struct scan_part *p)
{
	const struct scan_tally *t = &p->total;

	printf("  page policy: %u words patched: %u hypercalls with their operands, %u by number (%u different), %u "
	       "other\n"
	       "    instructions; %u doubtful words stay as they are\n",
	       t->patched, t->by[SCAN_HYPERCALL], t->by[SCAN_NUMBER], p->numbers, t->by[SCAN_PLAIN], t->doubtful);
	printf(
	    "  block policy: at most %u words patched, where they are reached; %u indirect branches trap each time,\n"
	    "    %u direct ones until their target is known\n",
	    t->words - t->literal, p->indirect, p->direct);
}

static void
text_page(const struct scan_page *p)
{
	printf("  %08x %s  code %4u  literals %4u  sensitive %4u  patched %4u  doubtful %4u  entry ", p->address,
	       p->looks_like_code ? "code" : "data", p->code, p->literals, p->tally.words, p->tally.patched,
	       p->tally.doubtful);
	if (p->known_entry)
		printf("%08x\n", p->entry);
	else
		puts("?");
}

static void
text_doubtful(const struct scan_region *s)
{
	char text[200];
	struct disassemblers cs;

	open_disassemblers(&cs);
	puts("  doubtful words:");
	for (unsigned i = 0; i < s->n_doubts; i++) {
		const struct scan_doubt *d = &s->doubt[i];

		disassemble(&cs, d, text, sizeof(text));
		printf("  %08x %08x  %-40s %s\n", d->address, d->insn, text, d->row->name);
	}
	close_disassemblers(&cs);
}

static void
text_region(const struct scanimage_region *r, const struct scan_region *s, const struct scanreport_options *o)
{
	const struct bt_row *row;

	printf("%s: %u bytes at %08x, %u pages that look like code, %u others\n", r->name, r->size, r->start,
	       s->code.pages, s->other.pages);
	printf("  %-48s %-8s %7s %7s %8s %7s\n", "sensitive words of pages that look like code", "", "words", "patched",
	       "doubtful", "literal");
	for (unsigned i = 0; (row = scan_row(i)) != NULL; i++)
		if (s->code.row[i].words)
			text_tally(name_of_isa(row), row->name, row->section, &s->code.row[i]);
	text_tally("all", "", "", &s->code.total);
	text_policies(&s->code);
	if (s->other.pages)
		printf("  others, if they were executed: %u sensitive-looking words, %u patched, %u doubtful\n",
		       s->other.total.words, s->other.total.patched, s->other.total.doubtful);
	for (unsigned i = 0; o->pages && i < r->n_pages; i++)
		text_page(&s->page[i]);
	if (o->doubtful && s->n_doubts)
		text_doubtful(s);
}

void
scanreport_text(const struct scanimage *image, const struct scan_region *regions, const struct scanreport_options *o)
{
	struct scan_tally sum = total(image, regions);

	printf("%s: %s%s", image->path, image->kind, image->thumb ? " with Thumb code" : "");
	if (image->format)
		printf(", kernel packed by %s at 0x%zx", image->format, image->payload_at);
	puts("");
	for (unsigned i = 0; i < image->n_regions; i++)
		text_region(&image->region[i], &regions[i], o);
	printf("total: %u sensitive words, %u patched, %u doubtful, %u literal\n", sum.words, sum.patched, sum.doubtful,
	       sum.literal);
}

static void
json_string(const char *text)
{
	putchar('"');
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < ' ')
			printf("\\u%04x", (unsigned)*text);
		else
			putchar(*text);
	putchar('"');
}

static void
json_tally(const struct scan_tally *t)
{
	printf("\"words\":%u,\"patched\":%u,\"doubtful\":%u,\"literal\":%u,"
	       "\"hypercalls\":%u,\"by_number\":%u,\"replaced\":%u",
	       t->words, t->patched, t->doubtful, t->literal, t->by[SCAN_HYPERCALL], t->by[SCAN_NUMBER],
	       t->by[SCAN_PLAIN]);
}

static void
json_part(const char *name, const struct scan_part *p)
{
	const struct bt_row *row;
	const char *comma = "";

	printf(",\"%s\":{\"pages\":%u,\"words_in_all\":%u,\"code\":%u,\"literals\":%u,", name, p->pages, p->words,
	       p->code, p->literals);
	json_tally(&p->total);
	printf(",\"numbers\":%u,\"block\":{\"patched\":%u,\"indirect\":%u,\"direct\":%u},\"classes\":[", p->numbers,
	       p->total.words - p->total.literal, p->indirect, p->direct);
	for (unsigned i = 0; (row = scan_row(i)) != NULL; i++) {
		if (!p->row[i].words)
			continue;
		printf("%s{\"isa\":\"%s\",\"name\":\"%s\",\"section\":\"%s\",\"action\":\"%s\",", comma,
		       name_of_isa(row), row->name, row->section, name_of_action(row));
		json_tally(&p->row[i]);
		printf("}");
		comma = ",";
	}
	printf("]}");
}

static void
json_pages(const struct scanimage_region *r, const struct scan_region *s)
{
	printf(",\"page_list\":[");
	for (unsigned i = 0; i < r->n_pages; i++) {
		const struct scan_page *p = &s->page[i];

		printf("%s{\"address\":%u,\"looks_like_code\":%s,\"code\":%u,\"literals\":%u,", i ? "," : "",
		       p->address, p->looks_like_code ? "true" : "false", p->code, p->literals);
		if (p->known_entry)
			printf("\"entry\":%u,", p->entry);
		json_tally(&p->tally);
		printf("}");
	}
	printf("]");
}

static void
json_doubtful(const struct scan_region *s)
{
	char text[200];
	struct disassemblers cs;

	open_disassemblers(&cs);
	printf(",\"doubtful_list\":[");
	for (unsigned i = 0; i < s->n_doubts; i++) {
		const struct scan_doubt *d = &s->doubt[i];

		disassemble(&cs, d, text, sizeof(text));
		printf("%s{\"address\":%u,\"word\":%u,\"name\":\"%s\",\"disassembly\":\"%s\"}", i ? "," : "",
		       d->address, d->insn, d->row->name, text);
	}
	printf("]");
	close_disassemblers(&cs);
}

void
scanreport_json(const struct scanimage *image, const struct scan_region *regions, const struct scanreport_options *o)
{
	struct scan_tally sum = total(image, regions);

	printf("{\"file\":");
	json_string(image->path);
	printf(",\"kind\":\"%s\",\"thumb\":%s", image->kind, image->thumb ? "true" : "false");
	if (image->format)
		printf(",\"packed\":\"%s\",\"packed_at\":%zu", image->format, image->payload_at);
	printf(",\"regions\":[");
	for (unsigned i = 0; i < image->n_regions; i++) {
		const struct scanimage_region *r = &image->region[i];

		printf("%s{\"name\":", i ? "," : "");
		json_string(r->name);
		printf(",\"address\":%u,\"size\":%u", r->start, r->size);
		json_part("code", &regions[i].code);
		json_part("other", &regions[i].other);
		if (o->pages)
			json_pages(r, &regions[i]);
		if (o->doubtful)
			json_doubtful(&regions[i]);
		printf("}");
	}
	printf("],\"total\":{");
	json_tally(&sum);
	puts("}}");
}
