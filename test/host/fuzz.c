// SPDX-License-Identifier: MIT
// uses: guests/fuzz_gen.c guests/fuzz_insn.c guests/fuzz_operands.c guests/fuzz_target.c guests/fuzz_cpreg.c
// uses: guests/fuzz_ldst.c bt/vldst.c guests/fuzz_state.c guests/fuzz_row.c guests/fuzz_json.c guests/fuzz_compare.c bt/decode.c bt/thumb.c
// uses: bt/predictable.c bt/undefined.c bt/ldst.c bt/ldst_thumb.c
//
// The fuzzer's generator and what it writes: cases of every row, within the rules of test/fuzz/case.h, the
// same each time, and the same again when they are read back; and what counts as a difference.
#include <stdlib.h>
#include <string.h>
#include "guests/fuzz_compare.h"
#include "guests/fuzz_gen.h"
#include "guests/fuzz_json.h"
#include "guests/fuzz_row.h"
#include "guests/fuzz_state.h"
#include "monitor/psr.h"
#include "test/host/check.h"

#define SEEDS  3u
#define ROUNDS 40u // cases of each row

static bool
mode_valid(uint32_t psr)
{
	return strcmp(fuzz_state_mode(psr & PSR_M), "?") != 0;
}

// The rules of a case.
static void
check_rules(const struct fuzz_item *item)
{
	const struct fuzz_case *c = &item->c;
	const struct bt_row *row = fuzz_gen_row_of(item);

	CHECK(row == fuzz_gen_row(item->id.isa, item->id.number));
	CHECK(fuzz_row_lax(row) || bt_predictable(row, fuzz_gen_insn(item)));
	CHECK(c->slot < FUZZ_SLOTS_MAX && item->at < 4 * (FUZZ_SLOT_WORDS - 1));
	CHECK((c->entry & ~1u) == 0 || (c->entry & ~1u) == item->at);
	CHECK((c->entry & 1u) == (item->id.isa != BT_A32) && !(c->start.cpsr & PSR_T) == (item->id.isa == BT_A32));
	CHECK(c->n_pokes <= FUZZ_POKES);
	for (unsigned i = 0; i < c->n_pokes; i++)
		CHECK(c->poke[i].address % 4 == 0 && c->poke[i].address - FUZZ_WINDOW < FUZZ_WINDOW_BYTES);
	CHECK(mode_valid(c->start.cpsr));
	for (uint32_t mode = 0; mode < 32; mode++)
		if (fuzz_state_bank((struct fuzz_state *)&c->start, mode))
			CHECK(mode_valid(fuzz_state_bank((struct fuzz_state *)&c->start, mode)->spsr));
	CHECK(c->start.cp[FUZZ_CP_TTBR0] == FUZZ_TTBR0);
}

static void
check_json(const struct fuzz_item *item)
{
	struct fuzz_item back;
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	fputs("{\"type\":\"case\",\"note\":\"a \\\"b\\\", {c}\",", f);
	fuzz_json_case(f, item);
	fputs("}\n", f);
	fclose(f);
	CHECK(!fuzz_json_read(text, &back));
	CHECK(!memcmp(&back.id, &item->id, sizeof(back.id)) && back.at == item->at);
	back.c.id = item->c.id; // the batch's own
	CHECK(!memcmp(&back.c, &item->c, sizeof(back.c)));
	for (size_t n = 0; n < size - 2; n += 7) { // cut anywhere it must be refused, not crash
		char *part = strndup(text, n);

		CHECK(fuzz_json_read(part, &back) != NULL);
		free(part);
	}
	free(text);
}

static void
test_cases(unsigned isa)
{
	struct fuzz_options all = {.isas = 7};
	struct fuzz_item item, again;
	unsigned n, json = 0;

	n = fuzz_row_count_of(isa);
	for (unsigned i = 0; i < n; i++) {
		unsigned made = 0;

		if (!fuzz_row_selected(&all, fuzz_gen_row(isa, i)))
			continue;
		for (uint64_t k = 0; k < SEEDS * ROUNDS; k++) {
			item = (struct fuzz_item){.id = {k % SEEDS, i + (k / SEEDS) * n, isa}};
			again = item;
			if (!fuzz_gen(&item))
				continue;
			made++;
			check_rules(&item);
			CHECK(fuzz_gen(&again) && !memcmp(&item, &again, sizeof(item)));
			if (json++ % 32 == 0)
				check_json(&item);
		}
		if (made < SEEDS * ROUNDS / 2)
			printf("%s %s: %u cases\n", fuzz_row_isa(isa), fuzz_gen_row(isa, i)->name, made);
		CHECK(made >= SEEDS * ROUNDS / 2);
	}
}

// Conditions of the instruction and of the IT block it stands in.
static void
test_passes(void)
{
	struct fuzz_item item = {.id.isa = BT_A32};

	item.c.code[0] = 0x010f1000; // MRSEQ r1, CPSR
	CHECK(!fuzz_gen_passes(&item));
	item.c.start.cpsr = 1u << 30;
	CHECK(fuzz_gen_passes(&item));
	item.id.isa = BT_T32;
	item.at = 2;
	item.c.code[0] = 0xf3efbf18; // IT NE; MRS r1, CPSR
	item.c.code[1] = 0x00008100;
	CHECK(!fuzz_gen_passes(&item));
	item.c.start.cpsr = 0;
	CHECK(fuzz_gen_passes(&item));
	item.c.entry = 3; // at the MRS, with the ITSTATE of IT EQ
	item.c.start.cpsr = 0x08u >> 2 << 10;
	CHECK(!fuzz_gen_passes(&item));
}

static void
test_compare(void)
{
	struct fuzz_item item = {.id.isa = BT_A32};
	struct fuzz_result bare = {.vector = FUZZ_UND}, other = bare;

	item.c.start.cpsr = MODE_USR;
	item.c.code[0] = 0xe10f1000; // MRS r1, CPSR
	CHECK(!fuzz_compare(&item, &bare, &other));
	other.end.r[1] = PSR_I | PSR_A;
	CHECK(!fuzz_compare(&item, &bare, &other));
	other.end.r[1] = 1u << 31;
	CHECK(fuzz_compare(&item, &bare, &other) == 1ull << 1);
	other.end.r[1] = 0;
	other.end.fiq.spsr = 1;
	other.hash = 1;
	CHECK(fuzz_compare(&item, &bare, &other) == ((1ull << 23) | FUZZ_DIFF_MEMORY));
	CHECK(!strcmp(fuzz_state_name(23), "fiq_spsr"));
	other = bare;
	other.vector = FUZZ_SVC;
	CHECK(fuzz_compare(&item, &bare, &other) == FUZZ_DIFF_VECTOR);
	other.vector = FUZZ_NONE;
	CHECK(fuzz_compare(&item, &bare, &other) == FUZZ_DIFF_LOST);
}

static void
test_ids(void)
{
	struct fuzz_id id;

	CHECK(fuzz_json_id("t32:18446744073709551615:7", &id) && id.isa == BT_T32 && id.seed == UINT64_MAX &&
	      id.number == 7);
	CHECK(!fuzz_json_id("a64:1:7", &id) && !fuzz_json_id("a32:1", &id) && !fuzz_json_id("a32:1:7x", &id));
	CHECK(!fuzz_json_id("", &id) && !fuzz_json_id("a32:x:7", &id));
}

int
main(void)
{
	bt_decode_init();
	for (unsigned isa = 0; isa < FUZZ_ISAS; isa++) {
		check_case(fuzz_row_isa(isa));
		test_cases(isa);
	}
	check_case("conditions");
	test_passes();
	check_case("differences");
	test_compare();
	check_case("names of cases");
	test_ids();
	return check_done("fuzz");
}
