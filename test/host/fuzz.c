// SPDX-License-Identifier: MIT
// uses: guests/fuzz/gen.c guests/fuzz/insn.c guests/fuzz/operands.c guests/fuzz/target.c guests/fuzz/cpreg.c
// uses: guests/fuzz/ldst.c bt/isa/vldst.c guests/fuzz/mmu.c guests/fuzz/mmu_gen.c guests/fuzz/mmu_model.c
// uses: guests/fuzz/mmu_gen_short.c guests/fuzz/mmu_gen_long.c guests/fuzz/mmu_gen_access.c guests/fuzz/mmu_long.c guests/fuzz/mmu_preset.c
// uses: guests/fuzz/mmu_tlb.c guests/fuzz/mmu_access.c guests/cli/error.c
// uses: guests/fuzz/state.c guests/fuzz/row.c guests/fuzz/json.c guests/fuzz/compare.c bt/isa/decode.c bt/isa/thumb.c
// uses: bt/isa/predictable.c bt/isa/undefined.c bt/isa/ldst.c bt/isa/ldst_thumb.c
//
// The fuzzer's generator and what it writes: cases of every row, within the rules of test/fuzz/case.h, the
// same each time, and the same again when they are read back; and what counts as a difference.
#include <stdlib.h>
#include <string.h>
#include "guests/fuzz/compare.h"
#include "guests/fuzz/gen.h"
#include "guests/fuzz/json.h"
#include "guests/fuzz/mmu.h"
#include "guests/fuzz/mmu_model.h"
#include "guests/fuzz/row.h"
#include "guests/fuzz/state.h"
#include "monitor/base/psr.h"
#include "test/host/check.h"

#define SEEDS    3u
#define PROGRAMS 100u
#define ROUNDS   40u // cases of each row

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
	CHECK(!fuzz_compare(&item, FUZZ_PAGE, &bare, &other));
	other.end.r[1] = PSR_I;
	CHECK(!fuzz_compare(&item, FUZZ_PAGE, &bare, &other));
	other.end.r[1] = PSR_A;
	CHECK(fuzz_compare(&item, FUZZ_PAGE, &bare, &other) == 1ull << 1);
	other.end.r[1] = 1u << 31;
	CHECK(fuzz_compare(&item, FUZZ_PAGE, &bare, &other) == 1ull << 1);
	other.end.r[1] = 0;
	other.end.fiq.spsr = 1;
	other.hash = 1;
	CHECK(fuzz_compare(&item, FUZZ_PAGE, &bare, &other) == ((1ull << 23) | FUZZ_DIFF_MEMORY));
	CHECK(!strcmp(fuzz_state_name(23), "fiq_spsr"));
	other = bare;
	other.vector = FUZZ_SVC;
	CHECK(fuzz_compare(&item, FUZZ_PAGE, &bare, &other) == FUZZ_DIFF_VECTOR);
	other.vector = FUZZ_NONE;
	CHECK(fuzz_compare(&item, FUZZ_PAGE, &bare, &other) == FUZZ_DIFF_LOST);
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

static struct fuzz_item
program(uint64_t number)
{
	struct fuzz_item item = {.id = {1, number, FUZZ_SET_MMU}};

	CHECK(fuzz_gen(&item));
	return item;
}

static void
test_programs(void)
{
	static unsigned made[FUZZ_MMU_KINDS];

	for (unsigned n = 0; n < PROGRAMS; n++) {
		struct fuzz_item item = program(n), again = program(n), back;
		char *text = NULL;
		size_t size = 0;
		FILE *f = open_memstream(&text, &size);

		CHECK(!memcmp(&item, &again, sizeof(item)) && fuzz_mmu_predictable(&item.p));
		for (unsigned i = 0; i < item.p.n_ops; i++)
			made[item.p.op[i].kind]++;
		fputs("{\"type\":\"case\",", f);
		fuzz_json_case(f, &item);
		fputs("}", f);
		fclose(f);
		CHECK(!fuzz_json_read(text, &back) && !memcmp(&back.p, &item.p, sizeof(back.p)));
		free(text);
		for (unsigned edit = 0; edit < FUZZ_MMU_EDITS; edit += 1u + n % 7u)
			if (fuzz_mmu_simplify(&again.p, edit))
				CHECK(fuzz_mmu_predictable(&again.p));
		CHECK(again.p.n_ops < item.p.n_ops);
	}
	for (unsigned kind = 0; kind < FUZZ_MMU_KINDS; kind++)
		CHECK(made[kind]);
}

// What a program may do, step by step: a section of RAM, in the first table.
#define VA    0x600000u
#define ENTRY (FUZZ_MMU_L1(0) + 4u * 6u)

static void
test_model(void)
{
	static struct fuzz_mmu_model m;
	const uint32_t section = (FUZZ_MMU_RAM + 0x600000u) | 0x00000c0eu; // client of domain 0, all may read and write
	const struct fuzz_mmu_op map = {.kind = FUZZ_MMU_SET, .count = 1, .value = section, .address = ENTRY},
				 read_only = {FUZZ_MMU_SET, 0, 0, 1, section | 0x8000u, ENTRY},
				 moved = {FUZZ_MMU_SET, 0, 0, 1, section + 0x100000u, ENTRY},
				 unmap = {FUZZ_MMU_SET, 0, 0, 1, 0, ENTRY},
				 load = {.kind = FUZZ_MMU_LDR, .address = VA},
				 code = {.kind = FUZZ_MMU_STR, .value = 0xe3000000u, .address = VA + FUZZ_MMU_CODE(0)},
				 exec = {.kind = FUZZ_MMU_EXEC, .address = VA + FUZZ_MMU_CODE(0)},
				 asid = {.kind = FUZZ_MMU_CONTEXTIDR, .value = 1};

	fuzz_mmu_model_init(&m, 1, 0);
	CHECK(fuzz_mmu_step(&m, &load) == FUZZ_MMU_GOOD); // a fault
	CHECK(fuzz_mmu_step(&m, &map) == FUZZ_MMU_GOOD && fuzz_mmu_step(&m, &load) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &exec) == FUZZ_MMU_GOOD && fuzz_mmu_step(&m, &code) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &exec) == FUZZ_MMU_UNSYNCED);
	CHECK(fuzz_mmu_step(&m, &(struct fuzz_mmu_op){.kind = FUZZ_MMU_SYNC_ALL, .address = VA + FUZZ_MMU_CODE(0)}) ==
	      FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &exec) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &read_only) == FUZZ_MMU_GOOD && fuzz_mmu_step(&m, &load) == FUZZ_MMU_STALE);
	CHECK(fuzz_mmu_step(&m, &(struct fuzz_mmu_op){.kind = FUZZ_MMU_ITLBIALL}) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &load) == FUZZ_MMU_STALE && fuzz_mmu_step(&m, &exec) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &(struct fuzz_mmu_op){.kind = FUZZ_MMU_TLBIASID}) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &load) == FUZZ_MMU_STALE); // it is global
	CHECK(fuzz_mmu_step(&m, &asid) == FUZZ_MMU_GOOD && fuzz_mmu_step(&m, &load) == FUZZ_MMU_STALE);
	CHECK(fuzz_mmu_step(&m, &(struct fuzz_mmu_op){.kind = FUZZ_MMU_DTLBIMVA, .value = VA}) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &load) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &moved) == FUZZ_MMU_BREAK && fuzz_mmu_step(&m, &unmap) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &load) == FUZZ_MMU_STALE && fuzz_mmu_step(&m, &moved) == FUZZ_MMU_BREAK);
	CHECK(fuzz_mmu_step(&m, &(struct fuzz_mmu_op){.kind = FUZZ_MMU_TLBIMVAA, .value = VA}) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &moved) == FUZZ_MMU_GOOD && fuzz_mmu_step(&m, &load) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &(struct fuzz_mmu_op){.kind = FUZZ_MMU_DACR}) == FUZZ_MMU_BAD); // the runner's domain
}

// The same with long descriptors: a block in the first process's table, and the second process's own.
static void
test_model_long(void)
{
	static struct fuzz_mmu_model m;
	const uint32_t block = (FUZZ_MMU_RAM + 0x600000u) | 0xc41u, entry = FUZZ_MMU_LONG_L2(0, 0) + 8u * 3u;
	const struct fuzz_mmu_op map = {.kind = FUZZ_MMU_SET_LONG, .value = block, .address = entry},
				 read_only = {FUZZ_MMU_SET_LONG, 0, 0, 0, block | 0x80u, entry},
				 moved = {FUZZ_MMU_SET_LONG, 0, 0, 0, block + 0x800000u, entry},
				 load = {.kind = FUZZ_MMU_LDR, .address = VA},
				 process = {FUZZ_MMU_TTBR0_64, 0, 0, 1, FUZZ_MMU_LONG_L1(1), 0},
				 back = {FUZZ_MMU_TTBR0_64, 0, 0, 0, FUZZ_MMU_LONG_L1(0), 0};

	fuzz_mmu_model_init(&m, 1, FUZZ_MMU_LONG);
	CHECK(fuzz_mmu_step(&m, &map) == FUZZ_MMU_GOOD && fuzz_mmu_step(&m, &load) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_physical(&m, VA, true, true) == FUZZ_MMU_RAM + 0x600000u);
	CHECK(fuzz_mmu_step(&m, &moved) == FUZZ_MMU_BREAK);
	CHECK(fuzz_mmu_step(&m, &process) == FUZZ_MMU_GOOD && fuzz_mmu_step(&m, &load) == FUZZ_MMU_GOOD);
	CHECK(!fuzz_mmu_physical(&m, VA, false, false));
	CHECK(fuzz_mmu_step(&m, &back) == FUZZ_MMU_GOOD && fuzz_mmu_step(&m, &load) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &read_only) == FUZZ_MMU_GOOD && fuzz_mmu_step(&m, &load) == FUZZ_MMU_STALE);
	CHECK(fuzz_mmu_step(&m, &(struct fuzz_mmu_op){.kind = FUZZ_MMU_TLBIASID, .value = 1}) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &load) == FUZZ_MMU_STALE);
	CHECK(fuzz_mmu_step(&m, &(struct fuzz_mmu_op){.kind = FUZZ_MMU_TLBIMVA, .value = VA}) == FUZZ_MMU_GOOD);
	CHECK(fuzz_mmu_step(&m, &load) == FUZZ_MMU_GOOD && !fuzz_mmu_physical(&m, VA, true, true));
	CHECK(fuzz_mmu_step(&m, &(struct fuzz_mmu_op){.kind = FUZZ_MMU_DACR, .value = 0x55555555u}) == FUZZ_MMU_BAD);
}

static void
test_programs_compare(void)
{
	struct fuzz_item item = {.id.isa = FUZZ_SET_MMU, .p = {.n_ops = 1, .op[0].kind = FUZZ_MMU_LDR}};
	struct fuzz_result bare = {.vector = FUZZ_SVC}, other = bare;

	CHECK(!fuzz_compare(&item, FUZZ_PAGE, &bare, &other));
	other.mmu.log[0].value = 1;
	CHECK(fuzz_compare(&item, FUZZ_PAGE, &bare, &other) == (FUZZ_MMU_LDR << 8 | 2u));
	item.p.op[0].code = 1;
	CHECK(!fuzz_compare(&item, FUZZ_PAGE, &bare, &other) && !fuzz_compare(&item, FUZZ_BLOCK, &bare, &other));
	CHECK(fuzz_compare(&item, FUZZ_STRICT, &bare, &other) == (FUZZ_MMU_LDR << 8 | 2u));
	CHECK(fuzz_compare(&item, FUZZ_BLOCK_STRICT, &bare, &other) == (FUZZ_MMU_LDR << 8 | 2u));
	item.p.op[0].code = 0;
	other = bare;
	other.mmu.hash = 1;
	CHECK(fuzz_compare(&item, FUZZ_PAGE, &bare, &other) == FUZZ_DIFF_MEMORY);
	other.vector = FUZZ_NONE;
	CHECK(fuzz_compare(&item, FUZZ_PAGE, &bare, &other) == FUZZ_DIFF_LOST);
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
	check_case("MMU programs");
	test_programs();
	check_case("MMU programs: what is predictable");
	test_model();
	check_case("MMU programs: long descriptors");
	test_model_long();
	check_case("MMU programs: differences");
	test_programs_compare();
	check_case("names of cases");
	test_ids();
	return check_done("fuzz");
}
