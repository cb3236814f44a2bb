// SPDX-License-Identifier: MIT
// uses: bt/code/code.c bt/code/scan.c bt/code/thumb.c bt/code/thumb_reach.c bt/code/thumb_written.c bt/code/fill.c bt/code/block.c bt/code/closing.c
// uses: bt/scan/scan.c bt/scan/literals.c bt/scan/follow.c bt/scan/judge.c bt/scan/flow.c bt/scan/names.c bt/scan/likely.c bt/scan/likely_cost.c bt/scan/likely_table.c bt/scan/mixed.c bt/isa/ldst.c bt/isa/ldst_thumb.c bt/isa/predictable.c
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/hyper.c bt/code/intern.c shadowpt/pool.c
//
// Code pages under the page policy: patches stand in copies and the guest's frame is
// never written; what each patched word stands for is found again, also where the
// guest has copied it; copies follow the guest's writes; everything can run out and
// be given back.
#include <stdlib.h>
#include <string.h>
#include "bt/code/code.h"
#include "bt/isa/decode.h"
#include "bt/isa/hyper.h"
#include "shadowpt/pool.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"

#define RAM     0x40000000u
#define FRAMES  1280u // of 4 KiB: 5 MiB
#define WORDS   (PAGE_SIZE / 4)
#define RECORDS 6u
#define PAGES   4u    // of the pool
#define COPIES  PAGES // that there is room for

#define NOP       0xe320f000u
#define BX_LR     0xe12fff1eu
#define MRS_R0    0xe10f0000u // sensitive, self-contained
#define MSR_EQ    0x0121f001u // MSREQ CPSR_c, r1
#define LDRT_FAR  0xe4b01ffcu // LDRT r1, [r0], #4092: goes by number
#define MRC_PRW   0xee1d3f90u // MRC p15, 0, r3, c13, c0, 4
#define MRC_URW   0xee1d3f50u
#define SEV       0xe320f004u
#define B_SELF    0xeafffffeu
#define LDR_0C    0xe59f0004u // LDR r0, [pc, #4]: the word three on
#define SVC_GUEST 0xef000005u
#define TEXT      0x00646174u // reads as data

static uint32_t ram[FRAMES][WORDS] __attribute__((aligned(0x100000)));
static uint32_t saved[WORDS];
static char pool_room[(1 + PAGES + POOL_RESERVE) * PAGE_SIZE] __attribute__((aligned(0x4000)));
static struct gmem mem;
static struct pool pool;
static struct code_page records[RECORDS];
static struct intern words;
static struct code c;

static gpa_t
page(unsigned n)
{
	return GPA(RAM + n * PAGE_SIZE);
}

static void
fresh(const char *name)
{
	check_case(name);
	mem = (struct gmem){.base = GPA(RAM), .size = sizeof(ram), .host = HPA(ram)};
	for (unsigned f = 0; f < FRAMES; f++)
		for (unsigned w = 0; w < WORDS; w++)
			ram[f][w] = w == WORDS - 1 ? BX_LR : NOP;
	memset(&words, 0, sizeof(words));
	pool_init(&pool, HPA(pool_room), sizeof(pool_room));
	code_init(&c, &mem, &pool, CODE_PAGE, &(struct code_room){records, RECORDS, &words});
}

static struct code_page *
make(unsigned n, uint32_t entry)
{
	return code_make(&c, &(struct code_request){.gpa = page(n), .entry = entry});
}

// What the copied word at offset stands for, by its own bits or by the frame's.
static uint32_t
meaning(const struct code_page *p, uint32_t offset)
{
	uint32_t insn, word = code_run(&c, p, offset);

	return code_meaning(&c, word, &insn) ? insn : code_original(&c, p, offset);
}

static void
test_plain(void)
{
	struct code_page *p;

	fresh("a page with nothing to patch is run from its frame");
	p = make(3, 0);
	CHECK(p && !p->copy && !p->patched);
	CHECK_EQ(code_host(&c, p).v, (uintptr_t)ram[3]);
	CHECK(code_find(&c, GPA(page(3).v + 0xabc)) == p);
	CHECK(!code_find(&c, page(4)));
	CHECK_EQ(pool.n_pages, POOL_RESERVE + PAGES);
	CHECK_EQ(c.n.pages, 1);
	CHECK(fake_arch.last_sync == ram[3]);
}

static void
test_patched(void)
{
	static const struct {
		uint32_t insn, run; // run 0: its hypercall
	} word[] = {{MRS_R0, 0}, {MSR_EQ, 0}, {LDRT_FAR, 0}, {MRC_PRW, MRC_URW}, {SEV, NOP}, {SVC_GUEST, 0}};
	struct code_page *p;

	fresh("sensitive words are patched in the copy, never in the frame");
	for (unsigned i = 0; i < ARRAY_LEN(word); i++)
		ram[5][i] = word[i].insn;
	memcpy(saved, ram[5], PAGE_SIZE);
	p = make(5, 0);
	CHECK(p && p->copy);
	CHECK(!memcmp(saved, ram[5], PAGE_SIZE));
	CHECK_EQ(p->patched, ARRAY_LEN(word));
	CHECK_EQ(code_host(&c, p).v, (uintptr_t)p->copy);
	CHECK_EQ(pool.n_pages, POOL_RESERVE + PAGES - 1);
	for (unsigned i = 0; i < ARRAY_LEN(word); i++) {
		uint32_t run = code_run(&c, p, 4 * i);

		CHECK(run != word[i].insn);
		CHECK_EQ(run >> 28, word[i].insn >> 28);
		CHECK_EQ(code_original(&c, p, 4 * i), word[i].insn);
		if (word[i].run)
			CHECK_EQ(run, word[i].run);
		else
			CHECK_EQ(meaning(p, 4 * i), word[i].insn);
	}
	for (unsigned i = ARRAY_LEN(word); i < WORDS; i++)
		CHECK_EQ(code_run(&c, p, 4 * i), ram[5][i]);

	check_case("hypercalls that the guest copied elsewhere keep their meaning");
	memcpy(ram[6], p->copy, PAGE_SIZE);
	memcpy(saved, ram[6], PAGE_SIZE);
	code_drop(&c, p);
	p = make(6, 0);
	CHECK(p && p->copy);
	CHECK(!memcmp(saved, ram[6], PAGE_SIZE));
	for (unsigned i = 0; i < ARRAY_LEN(word); i++)
		if (!word[i].run) {
			CHECK_EQ(code_original(&c, p, 4 * i), word[i].insn);
			CHECK_EQ(meaning(p, 4 * i), word[i].insn);
		}
	code_drop_all(&c);
	CHECK_EQ(pool.n_pages, POOL_RESERVE + PAGES);
}

static void
test_meaning(void)
{
	uint32_t insn = 0;

	fresh("what isn't a hypercall has no meaning of ours");
	CHECK(!code_meaning(&c, MRS_R0, &insn));
	CHECK(!code_meaning(&c, SVC_GUEST, &insn));
	CHECK(!code_meaning(&c, 0xef900001, &insn));
	CHECK(!code_meaning(&c, 0xef000000 | BT_HYPER_FRAME, &insn));
	CHECK(!code_meaning(&c, 0xef000000 | BT_HYPER_INTERN, &insn)); // no such number yet
	CHECK(!code_meaning(&c, 0xff000000 | BT_IMM_MRS_CPSR << 16, &insn));
	CHECK(!code_meaning(&c, bt_hyper_encode(MRS_R0), &insn)); // which stands in no copy
	ram[5][0] = MRS_R0;
	ram[5][1] = LDRT_FAR;
	make(5, 0);
	CHECK(code_meaning(&c, bt_hyper_encode(MRS_R0), &insn) && insn == MRS_R0);
	CHECK(!code_meaning(&c, 0xf0000000 | bt_hyper_encode(MRS_R0), &insn));
	CHECK(!code_meaning(&c, 0xef000000 | BT_HYPER_INTERN, &insn)); // that is the hypercall
	CHECK(code_meaning(&c, 0xef000001 | BT_HYPER_INTERN, &insn) && insn == LDRT_FAR);
	CHECK(!code_meaning(&c, 0xff000001 | BT_HYPER_INTERN, &insn));

	check_case("a block's ends stand for themselves, where there are blocks");
	CHECK(!code_meaning(&c, 0x1f000000 | BT_HYPER_BLOCK_BX | 14, &insn));
	CHECK(!code_meaning(&c, 0xef000000 | BT_HYPER_BLOCK_POP | 0x4010, &insn));
	c.policy = CODE_BLOCK;
	CHECK(code_meaning(&c, 0x1f000000 | BT_HYPER_BLOCK_BX | 14, &insn));
	CHECK_EQ(insn, 0x112fff1e);
	CHECK(code_meaning(&c, 0xef000000 | BT_HYPER_BLOCK_POP | 0x4010, &insn));
	CHECK_EQ(insn, 0xe8bdc010);
}

static void
test_late(void)
{
	struct code_page *p;

	fresh("a word that is found sensitive late");
	ram[2][9] = MRS_R0;
	ram[2][4] = B_SELF; // nothing is known to fall into what follows
	for (unsigned w = 5; w < WORDS; w++)
		if (w != 9)
			ram[2][w] = TEXT;
	p = make(2, 0);
	CHECK(p);
	CHECK_EQ(code_run(&c, p, 36), MRS_R0);
	CHECK(code_patch(&c, p, 36));
	CHECK_EQ(meaning(p, 36), MRS_R0);
	CHECK_EQ(ram[2][9], MRS_R0);
	CHECK(fake_arch.last_sync == p->copy); // all of it is new
	CHECK(code_patch(&c, p, 36));
	CHECK(fake_arch.last_sync == &p->copy[9]);
	code_drop(&c, p);

	check_case("without memory for a copy it can't be patched");
	while (pool_page(&pool))
		;
	p = make(2, 0);
	CHECK(p);
	CHECK(!code_patch(&c, p, 36));
	CHECK(!p->copy);
}

// The guest's store, and what follows from it.
static bool
write(struct code_page *p, unsigned frame, unsigned word, uint32_t value)
{
	ram[frame][word] = value;
	return code_written(&c, p, word * 4, 4);
}

static void
test_written(void)
{
	struct code_page *p;
	unsigned n = 0;

	fresh("the copy follows the guest's writes");
	ram[1][0] = MRS_R0;
	p = make(1, 0);
	CHECK(write(p, 1, 7, 0xe0800001));
	CHECK_EQ(code_run(&c, p, 28), 0xe0800001);
	CHECK(fake_arch.last_sync == &p->copy[7]);
	CHECK(write(p, 1, 0, NOP));
	CHECK_EQ(code_run(&c, p, 0), NOP);
	CHECK(write(p, 1, 8, MSR_EQ));
	CHECK_EQ(meaning(p, 32), MSR_EQ);
	CHECK_EQ(code_original(&c, p, 32), MSR_EQ);
	CHECK_EQ(ram[1][8], MSR_EQ);
	ram[1][10] = MRS_R0;
	ram[1][11] = MRC_PRW;
	CHECK(code_written(&c, p, 42, 4)); // parts of two words
	CHECK_EQ(meaning(p, 40), MRS_R0);
	CHECK_EQ(code_run(&c, p, 44), MRC_URW);
	CHECK(write(p, 1, 9, 0x5ff39258)); // a pointer to RAM, or an SVC
	CHECK_EQ(code_run(&c, p, 36), 0x5ff39258);

	check_case("what was data may look like code when the word behind is written");
	p = make(4, 0);
	CHECK(write(p, 4, 5, TEXT) && write(p, 4, 6, TEXT) && write(p, 4, 8, TEXT) && write(p, 4, 9, TEXT));
	CHECK(write(p, 4, 7, MSR_EQ));
	CHECK_EQ(code_run(&c, p, 28), MSR_EQ);
	CHECK(write(p, 4, 6, NOP));
	CHECK_EQ(code_run(&c, p, 28), MSR_EQ);
	CHECK(write(p, 4, 9, NOP));
	CHECK_EQ(meaning(p, 28), MSR_EQ);
	CHECK(code_run(&c, p, 28) != MSR_EQ);

	check_case("a page without a copy gets one when it needs it");
	p = make(2, 0);
	CHECK(write(p, 2, 7, 0xe0800001));
	CHECK(!p->copy);
	CHECK(write(p, 2, 8, MRS_R0));
	CHECK(fake_arch.last_sync == p->copy);
	CHECK_EQ(meaning(p, 32), MRS_R0);
	CHECK_EQ(code_run(&c, p, 28), 0xe0800001);

	check_case("or goes, if there is no memory for it");
	p = make(3, 0);
	while (pool_page(&pool))
		;
	CHECK(!write(p, 3, 8, MRS_R0));

	fresh("what is written all the time and not executed is dropped");
	ram[1][0] = MRS_R0;
	p = make(1, 0);
	while (n < 1000 && write(p, 1, 7, n))
		n += !code_unseen(p);
	CHECK(n > 10 && n < 1000 && code_unseen(p));

	fresh("not so if it is executed");
	p = make(1, 0);
	for (n = 0; n < 1000 && write(p, 1, 7, n); n++)
		if (code_unseen(p))
			code_seen(p);
	CHECK_EQ(n, 1000);
}

static void
test_exhaustion(void)
{
	struct code_page *p[RECORDS];

	fresh("records run out and come back");
	for (unsigned n = 0; n < RECORDS; n++) {
		p[n] = make(n, 0);
		CHECK(p[n]);
	}
	CHECK(!make(RECORDS, 0));
	code_drop(&c, p[2]);
	CHECK(!code_find(&c, page(2)));
	CHECK(make(RECORDS, 0));
	code_drop_all(&c);
	CHECK_EQ(c.n.pages, 0);
	CHECK_EQ(c.n.made, RECORDS + 1);
	CHECK_EQ(c.n.dropped, RECORDS + 1);
	for (unsigned n = 0; n < RECORDS; n++)
		CHECK(!code_find(&c, page(n)));

	fresh("the pool runs out, without loss");
	for (unsigned n = 0; n <= COPIES; n++)
		ram[n][0] = MRS_R0;
	for (unsigned n = 0; n < COPIES; n++)
		CHECK(make(n, 0));
	CHECK(!make(COPIES, 0));
	CHECK(!code_find(&c, page(COPIES)));
	CHECK_EQ(c.n.copies, COPIES);
	code_drop_all(&c);
	CHECK_EQ(c.n.copies, 0);
	CHECK_EQ(pool.n_pages, POOL_RESERVE + PAGES);
	CHECK(make(COPIES, 0));

	fresh("pages of one hash chain");
	CHECK(make(1, 0) && make(1 + CODE_HASH, 0));
	CHECK(code_find(&c, page(1)) != code_find(&c, page(1 + CODE_HASH)));
	code_drop(&c, code_find(&c, page(1)));
	CHECK(!code_find(&c, page(1)) && code_find(&c, page(1 + CODE_HASH)));
	CHECK(make(1, 0));
	code_drop(&c, code_find(&c, page(1 + CODE_HASH)));
	CHECK(code_find(&c, page(1)) && !code_find(&c, page(1 + CODE_HASH)));
}

#define PATCHING 100u // pieces after which such a page has its copy, and is not done

static unsigned pieces, left_off; // asked since the last time; how often to go on before leaving off

static bool
interrupted(void *ctx)
{
	(void)ctx;
	return ++pieces > left_off;
}

// The same as make(), by somebody who is interrupted after each so many pieces.
static struct code_page *
make_slowly(unsigned n, unsigned every, unsigned *tries)
{
	struct code_request rq = {.gpa = page(n), .entry = 0, .interrupted = interrupted};
	struct code_page *p = NULL;

	left_off = every;
	for (*tries = 0; !p && *tries < 1000; ++*tries) {
		pieces = 0;
		p = code_make(&c, &rq);
		CHECK(p || c.later);
	}
	return p;
}

// Page 2, behind page 1. Its first word is sensitive, and nothing leads there.
static struct code_page *
make_behind(void)
{
	ram[2][0] = MRS_R0;
	return code_make(&c, &(struct code_request){.gpa = page(2), .entry = PAGE_SIZE - 4, .prev = {ram[1], page(1)}});
}

static void
test_neighbours(void)
{
	struct code_page *before, *p;

	fresh("what the page before names is a literal");
	ram[1][WORDS - 3] = LDR_0C;
	p = make_behind();
	CHECK_EQ(code_run(&c, p, 0), MRS_R0);

	fresh("a page that is known to name nothing in the next isn't asked again");
	make(1, 0);
	ram[1][WORDS - 3] = LDR_0C; // unbeknown
	p = make_behind();
	CHECK(code_run(&c, p, 0) != MRS_R0);

	fresh("unless it is written");
	before = make(1, 0);
	ram[1][WORDS - 3] = LDR_0C;
	CHECK(code_written(&c, before, PAGE_SIZE - 12, 4));
	p = make_behind();
	CHECK_EQ(code_run(&c, p, 0), MRS_R0);

	fresh("nor if it is known to name something");
	ram[1][WORDS - 3] = LDR_0C;
	make(1, 0);
	p = make_behind();
	CHECK_EQ(code_run(&c, p, 0), MRS_R0);
}

// The frame of the oldest page, which goes.
static unsigned
oldest_goes(void)
{
	const struct code_page *p = code_oldest(&c);
	gpa_t gpa = p ? p->gpa : GPA(RAM - PAGE_SIZE);

	code_forget(&c, gpa);
	return (gpa.v - RAM) / PAGE_SIZE;
}

static void
test_oldest(void)
{
	fresh("of pages with a copy the first goes first");
	CHECK(!code_oldest(&c));
	for (unsigned n = 0; n < 4; n++) {
		ram[n][0] = n == 1 ? NOP : MRS_R0;
		make(n, 0);
	}
	CHECK_EQ(oldest_goes(), 0);
	CHECK_EQ(oldest_goes(), 2);
	make(0, 0);
	CHECK_EQ(oldest_goes(), 3);
	CHECK_EQ(oldest_goes(), 0);
	CHECK(!code_oldest(&c) && code_find(&c, page(1)));
}

static void
fill_sensitive(unsigned n)
{
	for (unsigned w = 0; w < WORDS - 1; w++)
		ram[n][w] = w % 3 ? NOP : MRS_R0;
}

static void
test_pieces(void)
{
	struct code_request rq = {.gpa = page(1), .entry = 0, .interrupted = interrupted};
	unsigned tries, n, least;
	struct code_page *p;

	fresh("a scan that is interrupted all the time goes on where it was");
	fill_sensitive(1);
	fill_sensitive(2);
	p = make_slowly(1, 0, &tries);
	CHECK(p && tries > 20 && tries < 1000);
	CHECK_EQ(c.n.made, 1);
	CHECK(p == code_find(&c, page(1)));
	n = p->patched;
	CHECK_EQ(n, make(2, 0)->patched);
	CHECK(!memcmp(p->copy, code_find(&c, page(2))->copy, PAGE_SIZE));

	fresh("what is unfinished is nobody's page, and is forgotten when the frame is written");
	fill_sensitive(1);
	pieces = 0;
	left_off = PATCHING;
	CHECK(!code_make(&c, &rq) && c.later && !code_find(&c, page(1)));
	CHECK(pool.n_pages < POOL_RESERVE + PAGES);
	code_forget(&c, page(1));
	CHECK_EQ(pool.n_pages, POOL_RESERVE + PAGES);
	CHECK_EQ(c.n.copies, 0);
	ram[1][0] = NOP;
	p = make(1, 0);
	CHECK(p && code_run(&c, p, 0) == NOP && p->patched == n - 1);

	fresh("all is dropped with the finished ones");
	fill_sensitive(1);
	pieces = 0;
	left_off = PATCHING;
	CHECK(!code_make(&c, &rq) && c.later);
	code_drop_all(&c);
	CHECK_EQ(pool.n_pages, POOL_RESERVE + PAGES);
	CHECK(make(1, 0));

	fresh("more pages than jobs, all interrupted in turn, are finished nonetheless");
	for (least = 0, tries = 0; least < 6 && tries < 10000; tries++)
		for (n = least = 0; n < 6; n++) {
			rq.gpa = page(n);
			pieces = left_off = PATCHING;
			least += code_find(&c, rq.gpa) || code_make(&c, &rq);
		}
	CHECK_EQ(least, 6);
	CHECK(tries < 200);

	fresh("no memory for the copy");
	fill_sensitive(0);
	for (n = 0; n <= COPIES; n++)
		fill_sensitive(n);
	for (n = 0; n < COPIES; n++)
		CHECK(make_slowly(n, 0, &tries));
	rq.gpa = page(COPIES);
	left_off = PATCHING;
	pieces = 0;
	CHECK(!code_make(&c, &rq) && !c.later);
}

static void
test_full_table(void)
{
	struct code_page *p;
	uint32_t insn;

	fresh("when numbers run out, the frame has the original");
	for (uint32_t n = 0; n < INTERN_WORDS; n++)
		intern_number(&words, n);
	ram[4][2] = LDRT_FAR;
	p = make(4, 0);
	CHECK_EQ(code_run(&c, p, 8), 0xef000000 | BT_HYPER_FRAME);
	CHECK(!code_meaning(&c, code_run(&c, p, 8), &insn));
	CHECK_EQ(meaning(p, 8), LDRT_FAR);
	CHECK(code_guessed(p)); // so a copy that the guest makes is of that
}

int
main(void)
{
	bt_decode_init();
	bt_hyper_init();
	test_plain();
	test_patched();
	test_meaning();
	test_late();
	test_written();
	test_exhaustion();
	test_full_table();
	test_pieces();
	test_neighbours();
	test_oldest();
	return check_done("code");
}
