// SPDX-License-Identifier: MIT
//
// See report.h. A kind of outcome is a row, a mode and the exception that ended the case.
#include <capstone/capstone.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "guests/cli/error.h"
#include "guests/fuzz/json.h"
#include "guests/fuzz/mmu.h"
#include "guests/fuzz/report.h"
#include "guests/fuzz/row.h"
#include "guests/fuzz/state.h"
#include "guests/cli/outfile.h"
#include "monitor/base/psr.h"
#include "monitor/base/types.h"

#define CORPUS_NAME "cases.jsonl"
#define MODES       32u
#define VECTORS     8u

//----------------------------------------------------------------------------
// Files

void
fuzz_report_folder(const char *path)
{
	struct stat st;

	if (mkdir(path, 0777) && errno != EEXIST)
		fail(EXIT_INPUT, "%s: can't be made: %s", path, strerror(errno));
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		fail(EXIT_INPUT, "%s: is not a directory", path);
}

static FILE *
open_append(const char *path)
{
	FILE *f = fopen(path, "ae");

	if (!f)
		fail(EXIT_INPUT, "%s: can't be written: %s", path, strerror(errno));
	return f;
}

static size_t
kind(const struct fuzz_item *item, uint32_t vector)
{
	const struct bt_row *row = fuzz_gen_row_of(item);

	return (fuzz_row_number(row) * MODES + (item->c.start.cpsr & PSR_M)) * VECTORS + vector % VECTORS;
}

// Marks the kind; false if it was marked.
static bool
mark(struct fuzz_report *r, size_t k)
{
	bool known = r->known[k / 8u] & 1u << k % 8u;

	r->known[k / 8u] |= (uint8_t)(1u << k % 8u);
	return !known;
}

static void
read_corpus(struct fuzz_report *r, const char *path)
{
	FILE *f = fopen(path, "re");
	struct fuzz_item item;
	char *line = NULL;
	size_t size = 0;
	uint64_t vector;

	while (f && getline(&line, &size, f) > 0) {
		const char *what = fuzz_json_read(line, &item), *p = fuzz_json_member(line, "vector");

		if (what || !p || !fuzz_json_number(p, &vector))
			fail(EXIT_INPUT, "%s: %s", path, what ? what : "no member \"vector\"");
		if (fuzz_gen_row_of(&item)) // the table may have changed
			mark(r, kind(&item, (uint32_t)vector));
	}
	free(line);
	if (f)
		fclose(f);
}

void
fuzz_report_open(struct fuzz_report *r, const struct fuzz_options *o)
{
	*r = (struct fuzz_report){.crashes = o->crashes};
	r->known = must_alloc(fuzz_row_count() * MODES * VECTORS / 8u);
	if (o->crashes)
		fuzz_report_folder(o->crashes);
	if (o->output)
		r->output = open_append(o->output);
	if (o->corpus) {
		char *path = must_printf("%s/%s", o->corpus, CORPUS_NAME);

		fuzz_report_folder(o->corpus);
		read_corpus(r, path);
		r->corpus = open_append(path);
		free(path);
	}
}

void
fuzz_report_close(struct fuzz_report *r)
{
	if ((r->output && fclose(r->output)) || (r->corpus && fclose(r->corpus)))
		fail(EXIT_INPUT, "the results can't be written: %s", strerror(errno));
	free(r->known);
}

void
fuzz_report_corpus(struct fuzz_report *r, const struct fuzz_item *item, const struct fuzz_result *bare)
{
	if (!r->corpus || !fuzz_gen_row_of(item) || !mark(r, kind(item, bare->vector)))
		return;
	fprintf(r->corpus, "{\"type\":\"case\",\"vector\":%u,", bare->vector);
	fuzz_json_case(r->corpus, item);
	fputs("}\n", r->corpus);
}

//----------------------------------------------------------------------------
// Text

static void
print_code(const struct fuzz_item *item)
{
	const uint8_t *code = (const uint8_t *)item->c.code;
	size_t size = 4u * (FUZZ_SLOT_WORDS - 1u), n;
	uint32_t base = FUZZ_SLOT_ADDRESS(item->c.slot);
	uint32_t from = item->c.entry & ~1u, exits = 0;
	cs_insn *insns = NULL;
	csh cs;

	if (cs_open(CS_ARCH_ARM, item->id.isa == BT_A32 ? CS_MODE_ARM : CS_MODE_THUMB, &cs))
		fail(EXIT_MONITOR, "capstone can't be initialized");
	cs_option(cs, CS_OPT_SKIPDATA, CS_OPT_ON);
	n = cs_disasm(cs, code, size, base, 0, &insns);
	for (size_t i = 0; i < n && exits < 2; i++) {
		uint32_t offset = (uint32_t)insns[i].address - base;
		uint32_t half = item->c.code[offset / 4u];

		if (item->id.isa != BT_A32)
			half = half >> offset % 4u * 8u & 0xffffu;
		exits += offset > item->at && (half == FUZZ_EXIT_A32_UDF || half == FUZZ_EXIT_A32_SVC ||
					       half == FUZZ_EXIT_T16_UDF || half == FUZZ_EXIT_T16_SVC);
		printf("  %s%s %08x  ", offset == item->at ? "*" : " ", offset == from ? ">" : " ", base + offset);
		for (unsigned k = 0; k < 4; k++)
			printf(k < insns[i].size ? "%02x" : "  ", insns[i].bytes[k < insns[i].size ? k : 0]);
		printf("  %s %s\n", insns[i].mnemonic, insns[i].op_str);
	}
	cs_free(insns, n);
	cs_close(&cs);
}

// What the case starts from, less what is as usual.
static void
print_start(const struct fuzz_item *item)
{
	const struct fuzz_case *c = &item->c;
	const struct fuzz_state *s = &c->start;
	unsigned column = 0;

	printf("  in %s%s, MMU %s%s%s, rights %04x, flags %x\n", fuzz_state_mode(s->cpsr & PSR_M),
	       s->cpsr & PSR_E ? ", big-endian" : "", s->cp[FUZZ_CP_SCTLR] & FUZZ_SCTLR_M ? "on" : "off",
	       s->cp[FUZZ_CP_SCTLR] & FUZZ_SCTLR_TE ? ", SCTLR.TE" : "",
	       s->cp[FUZZ_CP_SCTLR] & FUZZ_SCTLR_EE ? ", SCTLR.EE" : "", c->rights, c->flags);
	for (unsigned i = 0; i < FUZZ_STATE_WORDS; i++) {
		uint32_t value = fuzz_state_word(s, i);

		if (value)
			printf("%s%s=%x", column++ % 8 ? " " : column == 1 ? "  " : "\n  ", fuzz_state_name(i), value);
	}
	for (unsigned i = 0; i < c->n_pokes; i++)
		printf("%s[%x]=%x", column++ % 8 ? " " : "\n  ", c->poke[i].address, c->poke[i].value);
	putchar('\n');
}

static void
print_case(const struct fuzz_item *item, enum fuzz_machine machine, const struct fuzz_result *bare,
	   const struct fuzz_result *other)
{
	const struct bt_row *row = fuzz_gen_row_of(item);

	if (fuzz_gen_kind(item) == FUZZ_MMU) {
		printf("mmu:%" PRIu64 ":%" PRIu64 "\n", item->id.seed, item->id.number);
		fuzz_mmu_print(&item->p, fuzz_machine_exact(machine), bare, other);
		return;
	}
	printf("%s:%" PRIu64 ":%" PRIu64 " (%s)\n", fuzz_row_isa(item->id.isa), item->id.seed, item->id.number,
	       row ? row->name : "plain");
	print_code(item);
	print_start(item);
}

//----------------------------------------------------------------------------
// Divergences

static void
write_result(FILE *f, enum fuzz_kind kind, const char *name, const struct fuzz_result *r)
{
	const char *comma = "";

	if (kind == FUZZ_MMU) {
		fprintf(f, ",\"%s\":{", name);
		fuzz_mmu_write_result(f, r);
		putc('}', f);
		return;
	}
	fprintf(f, ",\"%s\":{\"vector\":\"%s\",\"hash\":\"0x%x\",\"touched\":[", name, fuzz_compare_vector(r->vector),
		r->hash);
	for (unsigned i = 0; i < r->n_touched && i < FUZZ_TOUCHED; i++)
		fprintf(f, "%s\"0x%x\",\"0x%x\"", i ? "," : "", r->touched[i].address, r->touched[i].value);
	fputs("],\"end\":{", f);
	for (unsigned i = 0; i < FUZZ_STATE_WORDS; i++) {
		if (!fuzz_state_word(&r->end, i))
			continue;
		fprintf(f, "%s\"%s\":\"0x%x\"", comma, fuzz_state_name(i), fuzz_state_word(&r->end, i));
		comma = ",";
	}
	fputs("}}", f);
}

static void
write_differences(FILE *f, const struct fuzz_item *item, uint64_t diff)
{
	const char *comma = "";

	for (unsigned i = 0; i < 64; i++) {
		const char *name = i == 61 ? "memory" : i == 62 ? "exception" : "result";

		if (fuzz_gen_kind(item) == FUZZ_MMU && i < 61)
			name = i < 4 && diff & 1ull << i ? fuzz_mmu_name(diff >> 8 & 0xffu) : NULL;
		else if (i < FUZZ_STATE_WORDS)
			name = fuzz_state_name(i);
		if (!name || !(diff & 1ull << i))
			continue;
		fprintf(f, "%s\"%s\"", comma, name);
		comma = ",";
	}
}

static void
write_divergence(FILE *f, const struct fuzz_item *item, enum fuzz_machine machine, unsigned machines,
		 const struct fuzz_outcome *out)
{
	const char *comma = "";

	fputs("{\"type\":\"divergence\",", f);
	fuzz_json_case(f, item);
	fputs(",\"policies\":[", f);
	for (unsigned m = FUZZ_PAGE; m < FUZZ_MACHINES; m++)
		if (machines & 1u << m) {
			fprintf(f, "%s\"%s\"", comma, fuzz_machine_name[m]);
			comma = ",";
		}
	fputs("],\"differs\":[", f);
	write_differences(f, item, out->diff);
	putc(']', f);
	write_result(f, fuzz_gen_kind(item), fuzz_machine_name[FUZZ_BARE], &out->bare);
	write_result(f, fuzz_gen_kind(item), fuzz_machine_name[machine], &out->other);
	if (out->note) {
		fputs(",\"note\":", f);
		fuzz_json_string(f, out->note);
	}
	fputs("}\n", f);
}

static void
write_case(FILE *f, const struct fuzz_item *item)
{
	fputs("{\"type\":\"case\",", f);
	fuzz_json_case(f, item);
	fputs("}\n", f);
}

// The crash file's path, from malloc.
static char *
write_crash(const struct fuzz_report *r, const struct fuzz_item *item, const struct fuzz_item *before,
	    unsigned n_before, enum fuzz_machine machine, unsigned machines, const struct fuzz_outcome *out)
{
	char *path = must_printf("%s/%s-%" PRIu64 "-%" PRIu64 ".json", r->crashes, fuzz_row_isa(item->id.isa),
				 item->id.seed, item->id.number);
	struct outfile file;
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	for (unsigned i = 0; f && i < n_before; i++)
		write_case(f, &before[i]);
	if (f)
		write_divergence(f, item, machine, machines, out);
	if (!f || fclose(f))
		fail(EXIT_MONITOR, "out of memory");
	outfile_open(&file, path, (const char *[]){NULL});
	outfile_commit(&file, text, size);
	free(text);
	return path;
}

void
fuzz_report_divergence(struct fuzz_report *r, const struct fuzz_item *item, const struct fuzz_item *before,
		       unsigned n_before, enum fuzz_machine machine, unsigned machines, const struct fuzz_outcome *out)
{
	char *path = r->crashes ? write_crash(r, item, before, n_before, machine, machines, out) : NULL;

	fputs("divergence ", stdout);
	print_case(item, machine, &out->bare, out->diff & FUZZ_DIFF_LOST ? NULL : &out->other);
	printf("  bare machine and ");
	for (unsigned left = machines; left; left &= left - 1u)
		printf("%s%s", left == machines ? "" : ", ", fuzz_machine_name[__builtin_ctz(left)]);
	puts(" differ:");
	if (fuzz_gen_kind(item) == FUZZ_INSN || out->diff & FUZZ_DIFF_LOST)
		fuzz_compare_print(&out->bare, &out->other, out->diff);
	if (out->note)
		printf("    it said: %s\n", out->note);
	if (before && n_before)
		printf("  but only behind the %u cases that run before it%s\n", n_before,
		       path ? ", which are in the file, too" : ": see --crashes");
	else if (before)
		puts("  but not again with the same cases before it");
	if (path)
		printf("  replay: palimpsest fuzz --replay %s\n", path);
	else
		printf("  replay: palimpsest fuzz --replay %s:%" PRIu64 ":%" PRIu64 "\n", fuzz_row_isa(item->id.isa),
		       item->id.seed, item->id.number);
	fflush(stdout);
	free(path);
	if (r->output) {
		write_divergence(r->output, item, machine, machines, out);
		fflush(r->output);
	}
}

// A program, and on which machines it differs: with the operations of the first of them.
static void
report_program(const struct fuzz_item *item, const struct fuzz_result *results[FUZZ_MACHINES])
{
	const struct fuzz_result *bare = results[FUZZ_BARE], *other = NULL;
	uint64_t diffs[FUZZ_MACHINES] = {0};
	enum fuzz_machine which = FUZZ_BARE;

	for (unsigned m = FUZZ_PAGE; m < FUZZ_MACHINES; m++) {
		diffs[m] = results[m] ? fuzz_compare(item, (enum fuzz_machine)m, bare, results[m]) : 0;
		if (!other && diffs[m] && !(diffs[m] & FUZZ_DIFF_LOST)) {
			other = results[m];
			which = (enum fuzz_machine)m;
		}
	}
	print_case(item, which, bare, other);
	for (unsigned m = FUZZ_PAGE; m < FUZZ_MACHINES; m++)
		if (results[m])
			printf("  %s: %s\n", fuzz_machine_name[m],
			       !diffs[m]                   ? "the same"
			       : diffs[m] & FUZZ_DIFF_LOST ? "no result: the machine hung or went down"
							   : "differs");
}

void
fuzz_report_case(const struct fuzz_item *item, const struct fuzz_result *results[FUZZ_MACHINES])
{
	if (fuzz_gen_kind(item) == FUZZ_MMU) {
		report_program(item, results);
		return;
	}
	print_case(item, FUZZ_BARE, NULL, NULL);
	for (unsigned m = 0; m < FUZZ_MACHINES; m++) {
		uint64_t diff;

		if (!results[m])
			continue;
		diff = m ? fuzz_compare(item, (enum fuzz_machine)m, results[FUZZ_BARE], results[m]) : 0;
		printf("  %s: %s", fuzz_machine_name[m], fuzz_compare_vector(results[m]->vector));
		if (m == FUZZ_BARE)
			for (unsigned i = 0; i < FUZZ_STATE_WORDS; i++)
				if (fuzz_state_word(&results[m]->end, i) != fuzz_state_word(&item->c.start, i))
					printf(" %s=%x", fuzz_state_name(i), fuzz_state_word(&results[m]->end, i));
		printf("%s\n", m == FUZZ_BARE ? "" : diff ? ", differs (bare, here):" : ", the same");
		if (diff)
			fuzz_compare_print(results[FUZZ_BARE], results[m], diff);
	}
}
