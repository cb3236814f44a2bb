// SPDX-License-Identifier: MIT
// uses: bt/code/code.c bt/code/scan.c bt/code/thumb.c bt/code/thumb_reach.c bt/code/thumb_written.c bt/code/fill.c bt/code/block.c bt/code/closing.c
// uses: bt/scan/scan.c bt/scan/literals.c bt/scan/follow.c bt/scan/judge.c bt/scan/flow.c bt/scan/names.c bt/scan/likely.c bt/scan/likely_cost.c bt/scan/likely_table.c bt/scan/mixed.c bt/isa/ldst.c bt/isa/ldst_thumb.c bt/isa/predictable.c
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/hyper.c bt/code/intern.c shadowpt/pool.c
//
// Code pages with Thumb code: what is patched of it, and by what, under either policy; changes of state;
// tables and literals; instructions over the page's end; the guest's writes. Pages are written by hand,
// from the halfwords in the margin; and made of random instructions, for what must hold of any page.
#include <string.h>
#include "bt/code/code.h"
#include "bt/isa/decode.h"
#include "bt/isa/hyper.h"
#include "shadowpt/pool.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"

#define RAM     0x40000000u
#define FRAMES  4u
#define HALVES  (PAGE_SIZE / 2u)
#define RECORDS 4u
#define PAGES   8u // of the pool
#define RANDOM  3000u

#define NOP      0xbf00u
#define BX_LR    0x4770u
#define CPSID_I  0xb672u
#define SEV_T16  0xbf40u
#define MRS_R0   0xf3efu, 0x8000u
#define MSR_R0   0xf380u, 0x8100u // MSR CPSR_c, r0
#define MSR_LAX  0xf380u, 0xa100u // a should-be bit is wrong
#define SEV_W    0xf3afu, 0x8004u
#define MRC_PRW  0xee1du, 0x0f90u // MRC p15, 0, r0, c13, c0, 4
#define MRC_URW  0xee1du, 0x0f50u
#define LDRT     0xf851u, 0x2e00u
#define UDF_2    0xde02u
#define HOLE     0xb800u // undefined, and not UDF
#define A32_MRS  0xe10f0000u
#define A32_BXLR 0xe12fff1eu

#define A32_BXEQ_LR 0x012fff1eu
#define A32_MRC_PRW 0xee1d0f90u

static uint16_t ram[FRAMES][HALVES] __attribute__((aligned(0x100000)));
static char pool_room[(1 + PAGES + POOL_RESERVE) * PAGE_SIZE] __attribute__((aligned(0x4000)));
static struct code_page records[RECORDS];
static struct intern words;
static struct gmem mem;
static struct pool pool;
static struct code c;
static struct code_page *page;

static void
clear(enum code_policy policy)
{
	mem = (struct gmem){.base = GPA(RAM), .size = sizeof(ram), .host = HPA(ram)};
	for (unsigned f = 0; f < FRAMES; f++)
		for (unsigned i = 0; i < HALVES; i++)
			ram[f][i] = i == HALVES - 1u ? BX_LR : NOP;
	memset(&words, 0, sizeof(words));
	pool_init(&pool, HPA(pool_room), sizeof(pool_room));
	code_init(&c, &mem, &pool, policy, &(struct code_room){records, RECORDS, &words});
}

static void
fresh(const char *name, enum code_policy policy)
{
	check_case(name);
	clear(policy);
}

static void
put(unsigned at, const uint16_t *from, unsigned n)
{
	memcpy(&ram[1][at], from, 2u * n);
}

#define PUT(at, ...)                                                                                                   \
	put(at, (const uint16_t[]){__VA_ARGS__}, sizeof((const uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t))

// Gives out frame 1, entered at halfword entry.
static bool
enter(unsigned entry, bool thumb)
{
	struct code_request rq = {.gpa = GPA(RAM + PAGE_SIZE),
				  .prev = {(uint32_t *)(void *)ram[0], GPA(RAM)},
				  .next = {(uint32_t *)(void *)ram[2], GPA(RAM + 2 * PAGE_SIZE)},
				  .entry = 2u * entry,
				  .thumb = thumb};

	page = code_make(&c, &rq);
	return page && (c.policy == CODE_PAGE || !thumb || code_thumb_reach(&c, page, 2u * entry, 0));
}

// What is run at halfword i, as wide as the frame's is.
static uint32_t
run(unsigned i)
{
	uint32_t first = code_half_run(&c, page, 2u * i);

	return bt_is_t32(first) && i + 1u < HALVES ? first << 16 | code_half_run(&c, page, 2u * i + 2u) : first;
}

static uint32_t
frame(unsigned i)
{
	return bt_is_t32(ram[1][i]) ? (uint32_t)ram[1][i] << 16 | ram[1][i + 1u] : ram[1][i];
}

// Replaced by something of the same width that stands for the original.
static bool
patched(unsigned i)
{
	uint32_t word = run(i), insn = 0;

	return word != frame(i) && bt_thumb_size(word) == bt_thumb_size(frame(i)) &&
	       code_meaning_thumb(&c, word, &insn) && insn == frame(i);
}

static void
test_page(void)
{
	uint32_t insn;

	fresh("what the flow reaches is patched, as wide as it was", CODE_PAGE);
	PUT(8, CPSID_I, MRS_R0, SEV_T16, SEV_W, MRC_PRW, LDRT, BX_LR);
	CHECK(enter(8, true));
	CHECK(c.thumb && patched(8) && patched(9));
	CHECK_EQ(run(11), NOP);
	CHECK_EQ(run(12), 0xf3af8000); // NOP.W
	CHECK_EQ(run(14), 0xee1d0f50); // TPIDRURW
	CHECK(patched(16));
	CHECK_EQ(run(18), BX_LR);
	CHECK(code_thumb_reached(page, 16) && !code_thumb_reached(page, 20));
	fresh("a page with nothing to patch is run from its frame", CODE_PAGE);
	CHECK(enter(8, true) && !page->copy);
	fresh("a literal is data", CODE_PAGE);
	PUT(8, 0x4800u, BX_LR, MRS_R0); // LDR r0, [pc]
	CHECK(enter(8, true));
	CHECK_EQ(run(10), frame(10));
	fresh("code beside literals, and beside BUG()", CODE_PAGE);
	PUT(8, BX_LR);
	PUT(100, NOP, NOP, 0x4b02u, MRS_R0, MSR_R0, BX_LR, HOLE, HOLE); // LDR r3, [pc, #8]
	PUT(200, NOP, NOP, MSR_R0, BX_LR, UDF_2, NOP, NOP);
	CHECK(enter(8, true));
	CHECK(patched(103) && patched(105) && patched(202));
	fresh("what has a wrong should-be bit is left, until it is reached", CODE_PAGE);
	PUT(8, BX_LR);
	PUT(100, NOP, NOP, MSR_LAX, BX_LR, HOLE, CPSID_I, NOP, NOP);
	CHECK(enter(8, true));
	CHECK(page->doubtful >= 1 && run(102) == frame(102));
	CHECK(code_thumb_reach(&c, page, 204, 0) && patched(102));
	CHECK(code_arrive(&c, page, 204, true, 0) && code_arrive(&c, page, 212, true, 0) && patched(106));
	fresh("a table of branches", CODE_PAGE);
	// CMP r0, #3; TBB [pc, r0], 4 bytes: 2, 3, 4, 5; then CPSID, BX LR, CPSID, BX LR
	PUT(8, 0x2803u, 0xe8dfu, 0xf000u, 0x0302u, 0x0504u, CPSID_I, BX_LR, CPSID_I, BX_LR);
	CHECK(enter(8, true));
	CHECK(run(11) == 0x0302u && run(12) == 0x0504u && patched(13) && patched(15));
	fresh("one of halfwords, its bound in a CMP.W", CODE_PAGE);
	PUT(8, 0xf1b0u, 0x0f01u, 0xe8dfu, 0xf010u, 2, 3, CPSID_I, SEV_T16, BX_LR);
	CHECK(enter(8, true));
	CHECK(run(12) == 2 && run(13) == 3 && patched(14) && run(15) == NOP);
	fresh("IT: what follows a conditional return is reached, too", CODE_PAGE);
	PUT(8, 0xbf08u, BX_LR, CPSID_I, BX_LR, MSR_R0); // IT EQ
	CHECK(enter(8, true) && patched(10));
	fresh("a call that never returns, before a literal", CODE_PAGE);
	PUT(8, 0x4901u, 0xf7ffu, 0xfffeu, NOP, MRS_R0, BX_LR); // LDR r1, [pc, #4]; BL .
	CHECK(enter(8, true));
	CHECK_EQ(run(12), frame(12));
	fresh("a number that no halfword has has no meaning", CODE_PAGE);
	CHECK(!code_meaning_thumb(&c, BT_T16_INTERN, &insn));
	CHECK_EQ(intern_number_t16(&words, CPSID_I, INTERN_T16), 0);
	CHECK(code_meaning_thumb(&c, BT_T16_INTERN, &insn) && insn == CPSID_I);
	CHECK(!code_meaning_thumb(&c, BT_T16_INTERN + 1u, &insn));
	fresh("UDF of the guest's own, and the undefined encodings that could be ours", CODE_PAGE);
	PUT(8, 0xf7f8u, 0xa001u, 0xde90u, 0xb690u, 0xf7e8u, 0xa001u, BX_LR);
	CHECK(enter(8, true));
	CHECK(!patched(8) && !patched(10));
	CHECK(code_arrive(&c, page, 22, true, 0) && code_arrive(&c, page, 24, true, 0));
	CHECK(patched(11) && patched(12));
}

static void
test_states(void)
{
	// MOV r0, #1; LDR r0, [r1, #4]; ADD r1, r1, r2; STR r3, [r2, #8]
	static const uint32_t some_a32[4] = {0xe3a00001u, 0xe5910004u, 0xe0811002u, 0xe5823008u};
	uint32_t *w = (uint32_t *)(void *)ram[1];

	fresh("Thumb to A32 by BLX, and back", CODE_PAGE);
	PUT(8, CPSID_I, 0xf000u, 0xe80eu, BX_LR); // BLX to word 12
	w[12] = A32_MRS;
	w[13] = 0xfa000000u + 4u; // BLX to Thumb: word 13 + 2 + 4
	w[14] = A32_BXLR;
	PUT(38, MSR_R0, BX_LR);
	CHECK(enter(8, true));
	CHECK(patched(8) && patched(38));
	CHECK(code_run(&c, page, 48) != A32_MRS && code_original(&c, page, 48) == A32_MRS);
	fresh("A32 to Thumb by ADR and BX: the guest has Thumb from then on", CODE_PAGE);
	w[4] = 0xe28f0001u + 4u; // ADD r0, pc, #5: word 7, Thumb
	w[5] = 0xe12fff10u;      // BX r0
	PUT(14, NOP, NOP, CPSID_I, BX_LR);
	CHECK(enter(8, false));
	CHECK(c.thumb);
	fresh("A32 functions in a Thumb kernel's page, once they are reached", CODE_PAGE);
	for (unsigned i = 200; i < 260; i++)
		w[i] = 0xe1a00000u; // MOV r0, r0
	w[230] = A32_MRS;
	w[259] = A32_BXLR;
	PUT(8, BX_LR);
	CHECK(enter(8, true));
	CHECK(code_arrive(&c, page, 4 * 200, false, 0));
	CHECK(code_run(&c, page, 4 * 230) != A32_MRS);
	fresh("a page that is mostly A32", CODE_PAGE);
	for (unsigned i = 6; i < HALVES / 2u; i++)
		w[i] = some_a32[i % 4u];
	w[230] = A32_MRS;
	PUT(8, BX_LR);
	CHECK(enter(8, true) && code_run(&c, page, 4 * 230) != A32_MRS);
}

static void
test_edges(void)
{
	struct code_page *behind;

	fresh("T32 over the page's end", CODE_PAGE);
	ram[1][HALVES - 1u] = 0xf380u;
	ram[2][0] = 0x8100u;
	CHECK(enter(HALVES - 8u, true));
	CHECK_EQ(code_half_run(&c, page, PAGE_SIZE - 2u), 0xbe00u | BT_IMM_T16_FRAME);
	CHECK(code_guessed(page));
	fresh("one that isn't sensitive runs, until what is behind it is written", CODE_PAGE);
	ram[1][HALVES - 1u] = 0xf3afu;
	ram[2][0] = 0x8000u; // NOP.W
	CHECK(enter(HALVES - 8u, true));
	CHECK_EQ(code_half_run(&c, page, PAGE_SIZE - 2u), 0xf3af);
	CHECK(!code_guessed(page));
	behind = code_make(
	    &c, &(struct code_request){.gpa = GPA(RAM + 2 * PAGE_SIZE), .entry = 2 * PAGE_SIZE + 16u, .thumb = true});
	CHECK_EQ(code_half_run(&c, page, PAGE_SIZE - 2u), 0xf3af);
	ram[2][0] = 0x8004u; // SEV.W
	CHECK(behind && code_written(&c, behind, 0, 2));
	CHECK_EQ(code_half_run(&c, page, PAGE_SIZE - 2u), 0xbe00u | BT_IMM_T16_FRAME);
	check_case("and once it has another page behind it, which isn't");
	code_cut_restore(&c, page, GPA(RAM + 3 * PAGE_SIZE));
	CHECK_EQ(code_half_run(&c, page, PAGE_SIZE - 2u), 0xf3af);
	CHECK(code_written(&c, behind, 0, 2));
	CHECK_EQ(code_half_run(&c, page, PAGE_SIZE - 2u), 0xf3af);
	check_case("until one that makes it sensitive is made at the address behind");
	code_drop(&c, behind);
	behind = code_make(
	    &c, &(struct code_request){.gpa = GPA(RAM + 2 * PAGE_SIZE), .entry = page->va + PAGE_SIZE, .thumb = true});
	CHECK(behind != NULL);
	CHECK_EQ(code_half_run(&c, page, PAGE_SIZE - 2u), 0xbe00u | BT_IMM_T16_FRAME);
	fresh("without a page behind", CODE_PAGE);
	ram[1][HALVES - 1u] = 0xf380u;
	page =
	    code_make(&c, &(struct code_request){.gpa = GPA(RAM + PAGE_SIZE), .entry = PAGE_SIZE - 16u, .thumb = true});
	CHECK(page != NULL);
	fresh("no memory", CODE_PAGE);
	PUT(8, CPSID_I, BX_LR);
	while (pool_page(&pool))
		;
	CHECK(!enter(8, true));
	fresh("the numbers used up: the original is in the frame", CODE_PAGE);
	words.n = INTERN_WORDS;
	PUT(8, 0xf3deu, 0x8f04u, LDRT, BX_LR); // SUBS pc, lr, #4 in a word that never falls through
	PUT(20, LDRT, BX_LR);
	CHECK(enter(20, true) && run(20) != frame(20) && code_guessed(page));
}

static void
test_writes(void)
{
	fresh("the guest writes to code", CODE_PAGE);
	PUT(8, CPSID_I, MRS_R0, NOP, BX_LR);
	CHECK(enter(8, true) && patched(9));
	PUT(9, NOP, NOP);
	CHECK(code_written(&c, page, 18, 4) && run(9) == NOP && run(10) == NOP && patched(8));
	PUT(9, MSR_R0);
	CHECK(code_written(&c, page, 18, 4) && patched(9));
	PUT(8, NOP);
	CHECK(code_written(&c, page, 16, 1) && run(8) == NOP && patched(9));
	PUT(HALVES - 1u, CPSID_I);
	CHECK(code_written(&c, page, PAGE_SIZE - 2u, 2));
	for (unsigned i = 0; i < 100 && code_written(&c, page, 100, 2); i++)
		;
	CHECK(!code_written(&c, page, 100, 2)); // too often
	fresh("to a page that had no copy", CODE_PAGE);
	CHECK(enter(8, true) && !page->copy);
	PUT(8, CPSID_I);
	CHECK(code_written(&c, page, 16, 2) && page->copy && patched(8) && code_unseen(page));
	fresh("a branch before code that was left because of what is beside it", CODE_PAGE);
	PUT(8, NOP, BX_LR);
	PUT(99, BX_LR, NOP, NOP, MSR_LAX, BX_LR, HOLE);
	CHECK(enter(8, true) && run(102) == frame(102) && code_thumb_reached(page, 200));
	PUT(8, 0xe05au); // B to 100, which is presumed to be code
	CHECK(code_written(&c, page, 16, 2) && patched(102));
	fresh("an end of the flow is an IT block's first instruction now", CODE_PAGE);
	PUT(8, NOP, BX_LR, MSR_R0, NOP, HOLE);
	CHECK(enter(8, true) && run(10) == frame(10));
	PUT(8, 0xbf08u); // IT EQ
	CHECK(code_written(&c, page, 16, 2) && patched(10));
	fresh("to data beside it", CODE_PAGE);
	PUT(8, NOP, BX_LR);
	for (unsigned i = 96; i < 106; i++)
		PUT(i, HOLE);
	CHECK(enter(8, true) && !page->copy);
	PUT(100, 0x1234);
	CHECK(code_written(&c, page, 200, 2) && !page->copy && !code_unseen(page));
	((uint32_t *)(void *)ram[1])[50] = A32_MRS;
	CHECK(!code_written(&c, page, 200, 4)); // which may be code by now
	fresh("Thumb code becomes A32 code", CODE_PAGE);
	PUT(8, NOP, MRS_R0, BX_LR);
	CHECK(enter(8, true) && patched(9));
	((uint32_t *)(void *)ram[1])[4] = A32_MRS;
	((uint32_t *)(void *)ram[1])[5] = A32_BXLR;
	CHECK(code_written(&c, page, 16, 8) && code_unseen(page));
	CHECK(code_arrive(&c, page, 16, false, 0) && code_run(&c, page, 16) != A32_MRS);
	CHECK_EQ(code_run(&c, page, 20), A32_BXLR);
	CHECK(!code_thumb_reached(page, 16) && !code_thumb_reached(page, 18));
	check_case("and Thumb code again");
	PUT(8, NOP, MRS_R0, BX_LR);
	CHECK(!code_written(&c, page, 16, 8)); // of which not all was known: it is judged anew
	code_drop(&c, page);
	CHECK(enter(8, true) && run(8) == NOP && patched(9) && run(11) == BX_LR);
	fresh("to A32 code of such a guest", CODE_PAGE);
	((uint32_t *)(void *)ram[1])[4] = 0xe1a00000u;
	((uint32_t *)(void *)ram[1])[5] = A32_MRS;
	((uint32_t *)(void *)ram[1])[6] = A32_BXLR;
	c.thumb = true;
	CHECK(enter(8, false));
	((uint32_t *)(void *)ram[1])[4] = A32_MRS;
	CHECK(code_arrive(&c, page, 16, false, 0));
	CHECK(code_written(&c, page, 16, 4) && code_original(&c, page, 16) == A32_MRS);
	fresh("to A32 code behind what is taken for Thumb", CODE_PAGE);
	((uint32_t *)(void *)ram[1])[4] = 0xe3000000u; // MOVW
	((uint32_t *)(void *)ram[1])[5] = A32_BXEQ_LR;
	((uint32_t *)(void *)ram[1])[6] = A32_MRS;
	((uint32_t *)(void *)ram[1])[7] = A32_BXLR;
	c.thumb = true;
	CHECK(enter(8, false) && page->copy && code_arrive(&c, page, 28, true, 0) && code_thumb_reached(page, 28));
	((uint32_t *)(void *)ram[1])[4] = A32_MRC_PRW; // whose second half and BX's first are a T32 MRC
	if (!code_written(&c, page, 16, 4)) {          // it is made anew then
		code_drop(&c, page);
		CHECK(enter(8, false));
	}
	CHECK(code_run(&c, page, 20) == A32_BXEQ_LR);
	CHECK(code_run(&c, page, 16) != A32_MRC_PRW && code_original(&c, page, 16) == A32_MRC_PRW);
}

#define FILL_LOW  0xbe00u
#define FILL_HIGH 0xef8fu

static bool
filled(unsigned i)
{
	return code_filled(page, 2u * i) && (code_half_run(&c, page, 2u * i) == FILL_LOW ||
					     code_half_run(&c, page, 2u * i) == (i % 2u ? FILL_HIGH : FILL_LOW));
}

// What may be Thumb code, and silent, amid data.
static void
put_doubt(void)
{
	PUT(996, BX_LR, 0x0041u, 0, 0, 0x7765u, 0x6972u, 0x7765u, 0x6972u, CPSID_I, BX_LR, 0x0041u, 0);
}

static void
test_doubt(void)
{
	uint32_t *w = (uint32_t *)(void *)ram[1];
	struct code_page *before;

	fresh("something silent is in doubt: what isn't reached for sure traps", CODE_PAGE);
	c.watched = true;
	PUT(8, CPSID_I, 0xf000u, 0xe80eu, BX_LR, 0xb510u); // BLX to word 12; PUSH
	w[12] = A32_MRS;
	w[13] = A32_BXLR;
	w[200] = A32_MRS;
	w[201] = A32_BXLR;
	put_doubt();
	CHECK(enter(8, true) && code_guessed(page));
	CHECK(patched(8) && code_original(&c, page, 48) == A32_MRS && code_run(&c, page, 48) != A32_MRS);
	CHECK_EQ(code_run(&c, page, 52), A32_BXLR);
	CHECK(filled(11) && filled(12) && filled(0) && filled(HALVES - 1u));
	CHECK_EQ(code_run(&c, page, 800), FILL_HIGH << 16 | FILL_LOW);

	check_case("until control arrives, which tells the state");
	CHECK(code_arrive(&c, page, 22, true, 0));
	CHECK(!code_filled(page, 22) && run(11) == BX_LR && filled(12));
	CHECK(code_arrive(&c, page, 800, false, 0));
	CHECK(code_run(&c, page, 800) != A32_MRS && code_original(&c, page, 800) == A32_MRS);
	CHECK_EQ(code_run(&c, page, 804), A32_BXLR);
	CHECK(filled(404));
	CHECK(code_arrive(&c, page, 800, true, 0)); // and in the other state
	CHECK(!code_filled(page, 800) && run(400) == ram[1][400]);

	check_case("the half before Thumb code that is known, and what is patched before a filled one");
	PUT(59, 0x2001u, 0xf3deu, 0x8f04u); // SUBS pc, lr, #4
	PUT(69, 0xe001u, BX_LR);
	CHECK(code_written(&c, page, 118, 6) && code_written(&c, page, 138, 4));
	CHECK(code_arrive(&c, page, 120, true, 0) && code_arrive(&c, page, 140, true, 0));
	CHECK(patched(60) && filled(62));
	CHECK_EQ(code_half_run(&c, page, 118), FILL_LOW);
	CHECK_EQ(code_half_run(&c, page, 138), FILL_HIGH);

	check_case("what is stored there isn't run");
	PUT(300, CPSID_I);
	CHECK(code_written(&c, page, 600, 2) && filled(300) && code_half(&c, page, 600) == CPSID_I);

	check_case("the second half of what the page before cuts is the guest's");
	ram[0][HALVES - 1u] = 0xf3afu; // NOP.W
	ram[1][0] = 0x8000u;
	CHECK(code_written(&c, page, 0, 2) && filled(0));
	before = code_make(&c, &(struct code_request){.gpa = GPA(RAM),
						      .next = {(uint32_t *)(void *)ram[1], GPA(RAM + PAGE_SIZE)},
						      .entry = PAGE_SIZE - 2u,
						      .thumb = true});
	CHECK(before && code_half_run(&c, before, PAGE_SIZE - 2u) == 0xf3af);
	CHECK(!code_filled(page, 0) && code_half_run(&c, page, 0) == 0x8000 && filled(1));

	fresh("registers and tables tell nothing for sure; a literal is data", CODE_PAGE);
	c.watched = true;
	PUT(8, 0x4c04u, 0xf000u, 0xe80cu); // LDR r4, [pc, #16]; BLX to word 11
	w[11] = 0xe28f0001u + 4u;          // ADD r0, pc, #5: word 14, Thumb
	w[12] = 0xe12fff10u;               // BX r0
	PUT(28, 0x2803u, 0xe8dfu, 0xf000u, 0x0302u, 0x0504u, CPSID_I, BX_LR, CPSID_I, BX_LR);
	put_doubt();
	CHECK(enter(8, true));
	CHECK(filled(28) && !code_filled(page, 36) && !code_filled(page, 38));
	CHECK(code_arrive(&c, page, 56, true, 0));
	CHECK(run(28) == 0x2803u && filled(31) && filled(33));

	fresh("what is stored beside code, and may be, traps", CODE_PAGE);
	c.watched = true;
	PUT(8, NOP, BX_LR);
	for (unsigned i = 96; i < 106; i++)
		PUT(i, HOLE);
	CHECK(enter(8, true) && !page->copy);
	w[50] = A32_MRS;
	CHECK(code_written(&c, page, 200, 4) && code_guessed(page) && filled(100) && filled(101));
	CHECK(code_arrive(&c, page, 200, false, 0));
	CHECK(code_run(&c, page, 200) != A32_MRS && code_original(&c, page, 200) == A32_MRS);
}

static void
test_block(void)
{
	fresh("block: ways out are closed, sensitive ones patched", CODE_BLOCK);
	PUT(8, CPSID_I, 0xd001u, MRS_R0, 0xe7fdu, BX_LR); // BEQ, B
	CHECK(enter(8, true));
	CHECK(patched(8) && patched(9) && patched(10) && patched(12) && run(13) == BX_LR);
	CHECK(!code_thumb_reached(page, 26));
	code_thumb_restore(&c, page, 18);
	CHECK_EQ(run(9), 0xd001u);
	CHECK(code_thumb_reach(&c, page, 26, 0) && patched(13));
	CHECK(code_thumb_reach(&c, page, 26, 0)); // known
	fresh("block: IT", CODE_BLOCK);
	PUT(8, 0xbf08u, BX_LR, CPSID_I, BX_LR);
	CHECK(enter(8, true) && patched(9) && patched(10) && patched(11));
	fresh("block: off the page's end", CODE_BLOCK);
	ram[1][HALVES - 1u] = NOP;
	CHECK(enter(HALVES - 4u, true));
	CHECK(run(HALVES - 1u) != NOP);
	fresh("block: off the page's end in an IT block", CODE_BLOCK);
	ram[1][HALVES - 2u] = 0xbf08u;
	ram[1][HALVES - 1u] = NOP;
	CHECK(enter(HALVES - 4u, true));
	CHECK_EQ(code_half_run(&c, page, PAGE_SIZE - 2u), 0xbe00u | BT_IMM_T16_FRAME);
	fresh("block: rewritten", CODE_BLOCK);
	PUT(8, NOP, NOP, BX_LR);
	CHECK(enter(8, true));
	PUT(8, CPSID_I);
	c.thumb = true;
	CHECK(code_written(&c, page, 16, 2) && patched(8));

	fresh("block: more different branches than there are numbers; some are kept for indirect ones", CODE_BLOCK);
	for (unsigned i = 0; i < 1000; i++)
		ram[1][i] = (uint16_t)(0xd000u | i % 14u << 8 | i / 14u); // B<c>
	PUT(1000, BX_LR);
	CHECK(enter(0, true));
	CHECK_EQ(words.n_t16, INTERN_T16_NEAR + 1u);
	CHECK(patched(0) && patched(1000));
	CHECK(run(999) == ram[1][999] && code_thumb_reached(page, 2u * (1001u + 999u / 14u)));
	fresh("block: and for those that leave the page", CODE_BLOCK);
	for (unsigned i = 0; i < 1000; i++)
		ram[1][i] = (uint16_t)(0xd000u | i % 14u << 8 | i / 14u);
	PUT(1000, BX_LR, BX_LR);
	for (unsigned i = 0; i < 200; i++)
		ram[1][1200u + i] = (uint16_t)(0xe3ffu - i); // B
	CHECK(enter(0, true));
	for (unsigned i = 0; i < 200; i++)
		code_thumb_reach(&c, page, 2u * (1200u + i), 0);
	CHECK(run(1200) >= BT_T16_INTERN && run(1200) <= BT_T16_LAST && run(1399) == (BT_T16_HYPER | BT_IMM_T16_FRAME));
	CHECK_EQ(words.n_t16, INTERN_T16 - INTERN_T16_KEPT);
}

// Block policy: Thumb code of a page whose frame was the guest's to write.
static void
test_sleep(void)
{
	static const struct {
		unsigned at;
		uint16_t half;
		bool reached[3]; // halfwords 8, 10, 11 then
	} write[] = {{40, 0xf3efu, {true, true, true}},
		     {8, BX_LR, {false, false, false}},
		     {9, 0x8100u, {false, false, false}},
		     {11, NOP, {false, false, false}}};

	for (unsigned n = 0; n < ARRAY_LEN(write); n++) {
		fresh("a page is woken as it was, or without what has changed and what that led to", CODE_BLOCK);
		PUT(8, MRS_R0, CPSID_I, BX_LR);
		CHECK(enter(8, true));
		CHECK(patched(8) && patched(10) && patched(11));
		code_block_sleep(&c, GPA(RAM + PAGE_SIZE));
		ram[1][write[n].at] = write[n].half;
		CHECK(code_block_wake(&c, page));
		CHECK_EQ(c.forgot, n != 0);
		CHECK_EQ(code_thumb_reached(page, 16), write[n].reached[0]);
		CHECK_EQ(code_thumb_reached(page, 20), write[n].reached[1]);
		CHECK_EQ(code_thumb_reached(page, 22), write[n].reached[2]);
		CHECK_EQ(code_half_run(&c, page, 2 * write[n].at), write[n].half);
	}
	fresh("entries are scanned anew; if they have changed all have to go", CODE_BLOCK);
	PUT(8, NOP, CPSID_I, BX_LR);
	CHECK(enter(8, true));
	code_block_enter(&c, GVA(18), true);
	code_block_sleep(&c, GPA(RAM + PAGE_SIZE));
	PUT(8, BX_LR);
	CHECK(code_block_wake(&c, page) && !code_thumb_reached(page, 16) && patched(9) && patched(10));
	code_block_sleep(&c, GPA(RAM + PAGE_SIZE));
	PUT(9, NOP);
	CHECK(!code_block_wake(&c, page));
	fresh("halves beside what is reached are the guest's", CODE_BLOCK);
	PUT(9, BX_LR);
	CHECK(enter(9, true));
	code_block_sleep(&c, GPA(RAM + PAGE_SIZE));
	PUT(8, 0x1234u);
	PUT(10, 0x5678u, 0x9abcu);
	CHECK(code_block_wake(&c, page));
	CHECK(code_half_run(&c, page, 16) == 0x1234u && code_half_run(&c, page, 20) == 0x5678u);
	CHECK(code_half_run(&c, page, 22) == 0x9abcu && patched(9));
}

static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

// Of any page: the entry, if it is silent, doesn't run as it is; what is replaced means the original.
static void
test_random(void)
{
	static const uint16_t likely[] = {NOP,     BX_LR,   CPSID_I, SEV_T16, MRS_R0,  MSR_R0,  SEV_W,
					  MRC_PRW, LDRT,    UDF_2,   HOLE,    0x4800u, 0x4b05u, 0xd0feu,
					  0xe7f0u, 0xbf08u, 0xb110u, 0xf000u, 0xe806u, 0xf7ffu, 0xfffeu,
					  0xe8dfu, 0xf000u, 0x0302u, 0x2803u};
	uint32_t seed = 1, made = 0;

	check_case("random pages");
	for (unsigned n = 0; n < RANDOM; n++) {
		unsigned entry = next(&seed) % HALVES;
		const struct bt_row *row;

		clear(n % 2u ? CODE_PAGE : CODE_BLOCK);
		for (unsigned i = 0; i < HALVES; i++)
			ram[1][i] =
			    (uint16_t)(next(&seed) % 3u ? likely[next(&seed) % ARRAY_LEN(likely)] : next(&seed));
		if (!enter(entry, true))
			continue;
		made++;
		row = entry < HALVES - 1u ? bt_decode_thumb(frame(entry)) : NULL;
		CHECK(!row || !(row->flags & BT_SILENT) || run(entry) != frame(entry));
		for (unsigned i = next(&seed) % 64u; i < HALVES; i += 1u + next(&seed) % 64u)
			if (!code_written(&c, page, 2u * i, 2u))
				break;
	}
	CHECK(made > RANDOM / 2u);
}

int
main(void)
{
	bt_decode_init();
	bt_hyper_init();
	test_page();
	test_states();
	test_edges();
	test_writes();
	test_doubt();
	test_block();
	test_sleep();
	test_random();
	return check_done("code_thumb");
}
