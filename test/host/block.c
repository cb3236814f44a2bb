// SPDX-License-Identifier: MIT
// uses: bt/code/code.c bt/code/scan.c bt/code/thumb.c bt/code/thumb_reach.c bt/code/thumb_written.c bt/code/fill.c bt/code/block.c bt/code/closing.c
// uses: bt/scan/scan.c bt/scan/literals.c bt/scan/follow.c bt/scan/judge.c bt/scan/flow.c bt/scan/names.c bt/scan/likely.c bt/scan/likely_cost.c bt/scan/likely_table.c bt/scan/mixed.c bt/isa/ldst.c bt/isa/ldst_thumb.c bt/isa/predictable.c
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/hyper.c bt/code/intern.c shadowpt/pool.c
//
// The block policy's invariant: control reaches only scanned words.
// A walker takes the copies' words as a core does (conditions hold or not at random) and
// plays the monitor where it traps, as monitor/exit/exec.c and window.S do: a hypercall with
// a class of its own may be emulated in the window, which then goes on behind it
// without asking; everything else has its target reached first.
#include <stdlib.h>
#include <string.h>
#include "bt/code/code.h"
#include "bt/isa/decode.h"
#include "bt/isa/hyper.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"

#define RAM     0x40000000u
#define FRAMES  3u // executed, at their own addresses
#define WORDS   (PAGE_SIZE / 4)
#define END     (RAM + FRAMES * PAGE_SIZE)
#define RECORDS 9u
#define PAGES   12u // of the pool
#define RUNS    60u
#define STEPS   20000u

#define NOP    0xe320f000u
#define BX_LR  0xe12fff1eu
#define MRS_R0 0xe10f0000u

static uint32_t ram[256 * WORDS] __attribute__((aligned(0x100000)));
static uint32_t saved[256 * WORDS];
static char pool_room[(1 + PAGES + POOL_RESERVE) * PAGE_SIZE] __attribute__((aligned(0x4000)));
static struct gmem mem;
static struct pool pool;
static struct code_page records[RECORDS];
static struct intern words;
static struct code c;

static uint32_t
below(uint32_t n)
{
	return (uint32_t)random() % n;
}

static void
begin(void)
{
	mem = (struct gmem){.base = GPA(RAM), .size = sizeof(ram), .host = HPA(ram)};
	for (unsigned w = 0; w < FRAMES * WORDS; w++)
		ram[w] = NOP;
	memset(&words, 0, sizeof(words));
	pool_init(&pool, HPA(pool_room), sizeof(pool_room));
	code_init(&c, &mem, &pool, CODE_BLOCK, &(struct code_room){records, RECORDS, &words});
}

static void
fresh(const char *name)
{
	check_case(name);
	begin();
}

// The page of va, made if it isn't known, with the code there fit to be reached.
static struct code_page *
reach(uint32_t va)
{
	struct code_page *p = code_find(&c, GPA(va));

	if (p && p->asleep && !code_block_wake(&c, p)) {
		code_drop_all(&c);
		p = NULL;
	}
	if (!p)
		p = code_make(&c, &(struct code_request){.gpa = GPA(va & ~PAGE_MASK), .entry = va});
	code_block_reach(&c, p, va & PAGE_MASK);
	CHECK(code_block_reached(p, va & PAGE_MASK));
	return p;
}

static uint32_t
at(const struct code_page *p, unsigned word)
{
	return code_run(&c, p, 4 * word);
}

// What the hypercall that stands at a word means.
static uint32_t
meaning(const struct code_page *p, unsigned word)
{
	uint32_t insn;

	return code_meaning(&c, at(p, word), &insn) ? insn : code_original(&c, p, 4 * word);
}

static bool
is_svc(uint32_t word)
{
	return (word & 0x0f000000) == 0x0f000000 && word < 0xf0000000;
}

// MOV pc, Rm is BX Rm in A32 of this version (A8.8.104), and LDR pc, [sp], #4 is a POP: their
// hypercalls say so.
static uint32_t
as_return(uint32_t insn)
{
	if ((insn & 0x0fffffff) == 0x049df004)
		return (insn & 0xf0000000) | 0x08bd8000;
	return (insn & 0x0ffffff0) == 0x01a0f000 ? (insn & 0xf000000f) | 0x012fff10 : insn;
}

static void
test_blocks(void)
{
	static const uint32_t end[] = {BX_LR,      0xe1a0f00e, 0xe8bd8010, 0xe8bd8000, 0xeafffff0, 0xe59ff004,
				       0xe91ba800, 0xeb000010, 0xe12fff33, 0xe1b0f00e, 0xef000000, 0xe49df004};
	struct code_page *p;

	for (unsigned i = 0; i < ARRAY_LEN(end); i++) {
		fresh("a block ends in a hypercall that means its last word, and nothing behind it is touched");
		ram[3] = MRS_R0;
		ram[5] = end[i];
		ram[6] = MRS_R0;
		memcpy(saved, ram, sizeof(ram));
		p = reach(RAM + 8);
		CHECK(is_svc(at(p, 3)) && meaning(p, 3) == MRS_R0);
		CHECK_EQ(at(p, 4), NOP);
		CHECK(is_svc(at(p, 5)));
		CHECK_EQ(as_return(meaning(p, 5)), as_return(end[i]));
		CHECK_EQ(at(p, 6), MRS_R0);
		for (unsigned w = 0; w < 8; w++)
			CHECK_EQ(code_block_reached(p, 4 * w), w >= 2 && w <= 5);
		CHECK(!memcmp(saved, ram, sizeof(ram)));
		CHECK(code_block_reach(&c, p, 12));
		CHECK_EQ(c.n.blocks, 1);
	}

	fresh("a conditional end is no end");
	ram[1] = 0x1bfffffe; // BLNE
	ram[2] = 0x112fff1e; // BXNE lr
	ram[3] = BX_LR;
	p = reach(RAM);
	CHECK(code_block_reached(p, 12) && !code_block_reached(p, 16));
	CHECK_EQ(meaning(p, 1), 0x1bfffffe);
	CHECK_EQ(meaning(p, 2), 0x112fff1e);
}

static void
test_restore(void)
{
	struct code_page *p;

	fresh("a direct branch is given back, and closed again when it is rewritten");
	ram[1] = 0xea000010; // B
	p = reach(RAM);
	CHECK(at(p, 1) != ram[1]);
	code_block_restore(&c, p, 4);
	CHECK_EQ(at(p, 1), ram[1]);
	CHECK(fake_arch.last_sync == &p->copy[1]);
	ram[1] = 0xea000020;
	CHECK(code_written(&c, p, 4, 4));
	CHECK(code_block_reached(p, 4) && !code_block_reached(p, 8));
	CHECK_EQ(meaning(p, 1), 0xea000020);
	ram[1] = NOP;
	ram[2] = BX_LR;
	CHECK(code_written(&c, p, 4, 8));
	CHECK_EQ(at(p, 1), NOP);
	CHECK_EQ(meaning(p, 2), BX_LR); // it falls through to here now

	check_case("a word that isn't reached is the guest's as it is written");
	ram[900] = MRS_R0;
	CHECK(code_written(&c, p, 3600, 4));
	CHECK_EQ(at(p, 900), MRS_R0);
	CHECK(!code_block_reached(p, 3600));
}

static struct code_page *
page_at(uint32_t gpa, uint32_t va)
{
	struct code_page *p = code_at(&c, GPA(gpa), GVA(va));

	if (!p)
		p = code_make(&c, &(struct code_request){.gpa = GPA(gpa), .entry = va});
	code_block_reach(&c, p, va & PAGE_MASK);
	return p;
}

#define VA 0xc0000000u

static void
test_moved(void)
{
	struct code_page *p, *q, *other;

	fresh("a frame has a page for each address");
	ram[4] = BX_LR;
	p = page_at(RAM, VA + 0x10);
	q = page_at(RAM, VA + 0x1000);
	CHECK(p != q && code_at(&c, GPA(RAM), GVA(VA + 0xabc)) == p && code_at(&c, GPA(RAM), GVA(VA + 0x1000)) == q);
	CHECK((code_find(&c, GPA(RAM)) == p && code_next(p) == q) ||
	      (code_find(&c, GPA(RAM)) == q && code_next(q) == p));
	CHECK(code_block_reached(p, 0x10) && !code_block_reached(p, 0) && code_block_reached(q, 0));
	CHECK_EQ(code_block_move(&c, GPA(RAM), GVA(VA), &other), CODE_STAYS);
	CHECK_EQ(code_block_move(&c, GPA(RAM), GVA(VA + 0x5000), &other), CODE_STAYS);

	fresh("another frame at an address: the page goes alone if nothing leads into it");
	p = page_at(RAM, VA);
	CHECK_EQ(code_block_move(&c, GPA(RAM + PAGE_SIZE), GVA(VA + 0x10), &other), CODE_GOES);
	CHECK(other == p);
	code_drop(&c, p);
	CHECK_EQ(code_block_move(&c, GPA(RAM + PAGE_SIZE), GVA(VA), &other), CODE_STAYS);
	p = page_at(RAM + PAGE_SIZE, VA);
	code_block_enter(&c, GVA(VA + 0x40), false);
	CHECK(code_block_reached(p, 0x40));
	CHECK_EQ(code_block_move(&c, GPA(RAM), GVA(VA), &other), CODE_ALL_GO);
	CHECK(!code_block_shared(&c, GVA(VA)));

	check_case("if they take turns, both stay, and what leads into one has the other's code scanned");
	CHECK_EQ(code_block_move(&c, GPA(RAM), GVA(VA), &other), CODE_ALL_GO);
	c.forgot = false;
	CHECK_EQ(code_block_move(&c, GPA(RAM), GVA(VA), &other), CODE_STAYS);
	CHECK(c.forgot && code_block_shared(&c, GVA(VA)) && !code_block_shared(&c, GVA(VA + 0x1000)));
	ram[0] = BX_LR;
	ram[0x40 / 4] = BX_LR;
	q = page_at(RAM, VA);
	CHECK(code_block_reached(q, 0x40) && !code_block_reached(q, 0x44));
	ram[0x80 / 4] = BX_LR;
	code_block_enter(&c, GVA(VA + 0x80), false);
	CHECK(code_block_reached(p, 0x80) && code_block_reached(q, 0x80));

	fresh("a frame has no more than eight pages");
	for (unsigned n = 0; n < 8; n++) {
		CHECK_EQ(code_block_move(&c, GPA(RAM), GVA(VA + n * PAGE_SIZE), &other), CODE_STAYS);
		page_at(RAM, VA + n * PAGE_SIZE);
	}
	CHECK_EQ(code_block_move(&c, GPA(RAM), GVA(VA + 7 * PAGE_SIZE), &other), CODE_STAYS);
	CHECK_EQ(code_block_move(&c, GPA(RAM), GVA(VA + 8 * PAGE_SIZE), &other), CODE_ALL_GO);
	fresh("nor are there more at an address");
	c.moves[VA / PAGE_SIZE % CODE_PLACES] = 200;
	for (unsigned n = 0; n < 8; n++) {
		CHECK_EQ(code_block_move(&c, GPA(RAM + n * PAGE_SIZE), GVA(VA), &other), CODE_STAYS);
		page_at(RAM + n * PAGE_SIZE, VA);
	}
	CHECK_EQ(code_block_move(&c, GPA(RAM), GVA(VA), &other), CODE_STAYS);
	CHECK_EQ(code_block_move(&c, GPA(RAM + 8 * PAGE_SIZE), GVA(VA), &other), CODE_ALL_GO);
	CHECK_EQ(c.moves[VA / PAGE_SIZE % CODE_PLACES], 200);
}

// A page whose last word's hypercall has been given back: what is behind it at whatever frame is reached.
static void
test_edge(void)
{
	struct code_page *p;

	fresh("what falls off the page before is an entry");
	page_at(RAM, VA + PAGE_SIZE - 4);
	ram[WORDS + 1] = BX_LR;
	ram[WORDS + 9] = BX_LR;
	p = page_at(RAM + PAGE_SIZE, VA + PAGE_SIZE + 0x20);
	CHECK(code_block_reached(p, 0) && code_block_reached(p, 4) && !code_block_reached(p, 8));
	code_block_sleep(&c, GPA(RAM + PAGE_SIZE));
	ram[WORDS + 9] = MRS_R0;
	CHECK(code_block_wake(&c, p));
	CHECK(code_block_reached(p, 0) && !code_block_reached(p, 0x20));
}

static void
test_sleep(void)
{
	struct code_page *p;

	fresh("a page that sleeps is woken as it was, but for what isn't reached");
	ram[1] = MRS_R0;
	ram[2] = 0xea000010; // B
	p = page_at(RAM, VA);
	code_block_restore(&c, p, 8);
	code_block_sleep(&c, GPA(RAM));
	CHECK(p->asleep);
	ram[500] = MRS_R0;
	ram[501] = 0x12345678;
	c.forgot = false;
	CHECK(code_block_wake(&c, p));
	CHECK(!p->asleep && !c.forgot && code_block_reached(p, 4) && !code_block_reached(p, 2000));
	CHECK(is_svc(at(p, 1)) && at(p, 2) == ram[2] && at(p, 500) == MRS_R0 && at(p, 501) == 0x12345678);
	CHECK(fake_arch.last_sync == p->copy);

	check_case("what has changed is no longer reached, nor what it led to");
	code_block_sleep(&c, GPA(RAM));
	ram[0] = BX_LR;
	CHECK(code_block_wake(&c, p));
	CHECK(c.forgot && !code_block_reached(p, 0) && !code_block_reached(p, 4));
	CHECK_EQ(at(p, 1), MRS_R0);

	check_case("but for its entries, which are scanned anew");
	ram[0] = NOP;
	code_written(&c, p, 0, 4);
	code_block_reach(&c, p, 0);
	code_block_enter(&c, GVA(VA + 4), false);
	code_block_sleep(&c, GPA(RAM));
	ram[0] = BX_LR;
	CHECK(code_block_wake(&c, p));
	CHECK(!code_block_reached(p, 0) && code_block_reached(p, 4) && is_svc(at(p, 1)) && at(p, 2) != ram[2]);

	check_case("and if one of those has changed, all have to go");
	code_block_sleep(&c, GPA(RAM));
	ram[1] = NOP;
	CHECK(!code_block_wake(&c, p));

	check_case("an entry while it sleeps is scanned when it is woken");
	ram[1] = MRS_R0;
	CHECK(code_block_wake(&c, p));
	code_block_sleep(&c, GPA(RAM));
	ram[0x300] = MRS_R0;
	ram[0x301] = BX_LR;
	code_block_enter(&c, GVA(VA + 0xc00), false);
	CHECK(!code_block_reached(p, 0xc00));
	CHECK(code_block_wake(&c, p));
	CHECK(code_block_reached(p, 0xc00) && is_svc(at(p, 0x300)));
}

static void
test_room(void)
{
	fresh("a page takes its copy and its bits, and gives them back");
	reach(RAM);
	CHECK_EQ(pool.n_pages, POOL_RESERVE + PAGES - 2);
	CHECK_EQ(pool.n_l2, 3);
	code_drop_all(&c);
	CHECK_EQ(pool.n_pages, POOL_RESERVE + PAGES);
	CHECK_EQ(pool.n_l2, 0);
	CHECK(pool_l2(&pool)); // somebody else's, so that there are more, but no page
	while (pool_page(&pool))
		;
	CHECK(!code_make(&c, &(struct code_request){.gpa = GPA(RAM), .entry = 0}));
	CHECK_EQ(pool.n_l2, 3);
	CHECK(!code_find(&c, GPA(RAM)));
}

//----------------------------------------------------------------------------
// The walker

static uint32_t
random_word(void)
{
	// clang-format off
	static const uint32_t word[] = {
	    NOP,        0xe0800001, 0x00800001, 0xe5900004, 0x00646174, // plain
	    BX_LR,      0x112fff1e, 0xe1a0f00e, 0x01a0f00e, 0xe8bd8010, // indirect
	    0x18bd8010, 0xe59ff008, 0xe91ba800, 0xe12fff33, 0x112fff33, 0x908ff101, 0xe79ff101, 0xe49df004, 0x149df008, 0xe08ff00c,
	    MRS_R0,     0x010f0000, 0xe121f001, 0x0121f001, 0xf1020013, 0xee1d3f90, // sensitive
	    0xe4b01ffc, 0x04b01ffc, 0xee070f9a, 0xe320f003, 0x0320f004,
	    0xe1b0f00e, 0x01b0f00e, 0xe8fd8010, 0xef000005, 0x1f000005, 0xe1200070, 0xe7f000f0, // traps and returns
	};
	// clang-format on
	uint32_t cond = below(2) ? 0xeu : below(14);

	if (below(3) == 0)
		return cond << 28 | 0x0a000000 | (below(4) ? 0 : 0x01000000) | ((below(64) - 32u) & 0xffffff);
	return below(2) ? NOP : word[below(ARRAY_LEN(word))];
}

// Some place to go to, often where things are tight.
static uint32_t
random_target(void)
{
	uint32_t page = RAM + below(FRAMES) * PAGE_SIZE;

	return below(3) ? page + 4 * below(WORDS) : page + (below(2) ? 4 * below(4) : PAGE_SIZE - 4 - 4 * below(4));
}

static uint32_t
in_range(uint32_t va)
{
	return va - RAM < END - RAM ? va : random_target();
}

static bool
is_awake(uint32_t va)
{
	const struct code_page *p = code_find(&c, GPA(va));

	return p && !p->asleep;
}

// A direct branch, or what falls off its page, as exec.c's direct() does.
static uint32_t
direct(uint32_t pc, uint32_t insn)
{
	const struct bt_row *row = bt_decode_a32(insn);
	bool branches = row && (row->flags & BT_BRANCH), fits = true;
	bool falls = !branches || !bt_always(insn) || (row->flags & BT_CALL);
	uint32_t target = branches ? bt_target(row, insn, pc) : pc + 4;

	if (target - RAM < END - RAM)
		reach(target);
	else
		fits = false;
	if (falls) {
		if (pc + 4 - RAM < END - RAM)
			reach(pc + 4);
		else
			fits = false;
	}
	if (fits && is_awake(pc) && code_block_reached(code_find(&c, GPA(pc)), pc & PAGE_MASK)) {
		if ((pc ^ target) & ~PAGE_MASK)
			code_block_enter(&c, GVA(target), false);
		if (falls && (pc ^ (pc + 4)) & ~PAGE_MASK)
			code_block_enter(&c, GVA(pc + 4), false);
		code_block_restore(&c, code_find(&c, GPA(pc)), pc & PAGE_MASK);
		return pc;
	}
	return in_range(below(2) ? target : pc + 4);
}

// Traps at pc: where the monitor goes on.
static uint32_t
trap(uint32_t pc, const struct code_page *p, uint32_t run)
{
	uint32_t insn = as_return(meaning(p, (pc & PAGE_MASK) / 4)), flags, to;
	const struct bt_row *row = bt_decode_a32(insn);

	CHECK_EQ(insn, as_return(code_original(&c, p, pc & PAGE_MASK)));
	flags = row ? row->flags : 0;
	if (run >> 16 != (run >> 28 << 12 | 0xf00 | BT_IMM_FRAME)) { // the window's, perhaps
		if (!(flags & (BT_ENDS | BT_CALL)) && below(2) && pc + 4 < END)
			return pc + 4;
		to = in_range(flags & BT_ENDS ? random_target() : pc + 4);
	} else if (flags & BT_SENSITIVE) {
		to = in_range(flags & (BT_ENDS | BT_CALL) ? random_target() : pc + 4);
	} else if (flags & BT_INDIRECT) {
		to = random_target();
	} else {
		to = direct(pc, insn);
	}
	reach(to);
	return to;
}

static bool
holds(uint32_t insn)
{
	return insn >= 0xe0000000 || below(2);
}

static uint32_t
step(uint32_t pc)
{
	struct code_page *p = code_find(&c, GPA(pc));
	uint32_t run = code_run(&c, p, pc & PAGE_MASK), flags;
	const struct bt_row *row = bt_decode_a32(run);

	CHECK(code_block_reached(p, pc & PAGE_MASK));
	if (check_state.failed)
		printf("    %08x: %08x, in the frame %08x\n", pc, run, code_original(&c, p, pc & PAGE_MASK));
	flags = row ? row->flags : 0;
	if (is_svc(run))
		return holds(run) ? trap(pc, p, run) : pc + 4;
	CHECK(!(flags & BT_INDIRECT));
	if (flags & BT_REFLECT) {
		uint32_t to = random_target(); // the guest's vectors

		reach(to);
		return to;
	}
	CHECK(!(flags & BT_SENSITIVE) || (run & 0x0fffffff) == 0x0e1d3f50); // MRC TPIDRURW, the substitute
	if ((flags & BT_BRANCH) && holds(run))
		return bt_target(row, run, pc);
	return pc + 4;
}

// The guest writes to its code; what has been written too often, or by others, sleeps.
static void
rewrite(void)
{
	uint32_t va = random_target();
	struct code_page *p = code_find(&c, GPA(va));

	ram[(va - RAM) / 4] = random_word();
	if (p && !p->asleep && (!below(8) || !code_written(&c, p, va & PAGE_MASK, 4)))
		code_block_sleep(&c, GPA(va));
}

static void
test_walk(unsigned seed)
{
	static char name[32];
	uint32_t pc = RAM;

	snprintf(name, sizeof(name), "walk %u", seed);
	check_case(name);
	srandom(seed);
	begin();
	for (unsigned w = 0; w < FRAMES * WORDS; w++)
		ram[w] = random_word();
	reach(pc);
	for (unsigned n = 0; n < STEPS && !check_state.failed; n++) {
		if (seed % 2 && !below(64))
			rewrite();
		if (!below(16)) // an interrupt
			reach(pc = random_target());
		if (pc >= END || !is_awake(pc)) // not mapped: an abort
			reach(pc = in_range(pc));
		pc = step(pc);
	}
	CHECK(c.n.blocks > 50 && c.n.restored > 10);
}

int
main(void)
{
	bt_decode_init();
	bt_hyper_init();
	test_blocks();
	test_restore();
	test_moved();
	test_edge();
	test_sleep();
	test_room();
	for (unsigned seed = 1; seed <= RUNS; seed++)
		test_walk(seed);
	return check_done("block");
}
