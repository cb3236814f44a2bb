// SPDX-License-Identifier: MIT
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/ldst.c bt/isa/ldst_thumb.c
// uses: bt/scan/scan.c bt/scan/literals.c bt/scan/follow.c bt/scan/judge.c bt/scan/flow.c bt/scan/names.c
//
// The page policy's scanner on pages made by hand: what it takes for code and for
// data, and that data is left alone however much it looks sensitive.
#include <string.h>
#include "bt/isa/decode.h"
#include "bt/scan/maps.h"
#include "bt/scan/mixed.h"
#include "bt/scan/names.h"
#include "bt/scan/scan.h"
#include "test/host/check.h"

#define MRS      0xe10f0000u // mrs r0, cpsr
#define MRS_GT   0xc10f0000u // a page-aligned kernel address, or mrsgt
#define LDRT_NE  0x14b12004u
#define MSR      0xe121f000u
#define CPSID    0xf10c0080u
#define NOP      0xe320f000u
#define MOV      0xe3a00001u
#define BX_LR    0xe12fff1eu
#define BNE(n)   (0x1a000000u | (((uint32_t)(n)-2u) & 0xffffffu)) // n words from here
#define B(n)     (0xea000000u | (((uint32_t)(n)-2u) & 0xffffffu))
#define BL(n)    (0xeb000000u | (((uint32_t)(n)-2u) & 0xffffffu))
#define LDR(n)   (0xe59f0000u | (uint32_t)((n)*4 - 8)) // ldr r0, n words from here
#define LDR_B(n) (0xe51f0000u | (uint32_t)((n)*4 + 8)) // n words before
#define LDRD(n)  (0xe1cf00d0u | (((uint32_t)((n)*4 - 8) & 0xf0u) << 4) | ((uint32_t)((n)*4 - 8) & 0xfu))
#define UNDEF    0xffffffffu

static uint32_t page[BT_PAGE_WORDS], prev[BT_PAGE_WORDS], next[BT_PAGE_WORDS];
static struct bt_scan scan;

// Fills all pages with plain functions, so that what a case adds is all there is to find.
static void
fill(const char *name)
{
	check_case(name);
	for (unsigned i = 0; i < BT_PAGE_WORDS; i++)
		page[i] = prev[i] = next[i] = i % 8u == 7u ? BX_LR : MOV;
}

#define PUT(at, ...) memcpy(&page[at], (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}))
#define CODE(n)      bt_map_test(scan.code, n)
#define LITERAL(n)   bt_map_test(scan.literal, n)
#define PATCH(n)     bt_map_test(scan.patch, n)

static void
run(unsigned entry_word)
{
	bt_scan_page(&scan, page, prev, next, entry_word * 4u);
}

static void
test_flow(void)
{
	fill("every sensitive word on the flow is patched, conditional and lax ones too");
	PUT(8, MRS, 0x010f0001, CPSID, LDRT_NE, 0xef000005, 0xe1b0f00e);
	run(8);
	CHECK_EQ(scan.n_patch, 6);
	CHECK_EQ(scan.n_doubtful, 0);
	for (unsigned i = 8; i < 14; i++)
		CHECK(PATCH(i) && CODE(i));

	fill("a branch over data, there and back");
	PUT(8, MOV, B(5), UNDEF, 0x010f0001, UNDEF, BX_LR, MSR, BNE(-2));
	run(8);
	CHECK(CODE(14) && PATCH(14) && CODE(13));
	CHECK(!CODE(11) && !PATCH(11));
	CHECK_EQ(scan.n_patch, 1);

	fill("a call falls through, and its target is code");
	PUT(8, BL(100), MRS, BX_LR);
	PUT(108, 0x010f0001, BX_LR);
	run(8);
	CHECK(PATCH(9) && PATCH(108));

	fill("on over the ends of the maps' words, and back by a branch");
	for (unsigned i = 8; i < 80; i++)
		page[i] = MOV;
	PUT(8, 0x010f0001);
	PUT(70, 0x010f0001);
	PUT(80, BNE(-72), BX_LR);
	run(20);
	CHECK(PATCH(70) && PATCH(8));

	fill("branches off the page are no concern");
	PUT(8, BL(2000), BL(-2000), 0xfa000004, MRS, BX_LR);
	run(8);
	CHECK(PATCH(11));
	CHECK_EQ(scan.n_patch, 1);

	fill("a loop ends the scan of itself");
	PUT(0, B(0));
	run(0);
	CHECK(CODE(0));

	fill("the page's last word");
	PUT(1023, MRS);
	run(1023);
	CHECK(PATCH(1023));
}

static void
test_literals(void)
{
	fill("a literal pool behind a function");
	PUT(8, LDR(3), MRS, BX_LR, MRS, MSR);
	run(8);
	CHECK(PATCH(9));
	CHECK(LITERAL(11) && !PATCH(11) && !CODE(11));
	CHECK(PATCH(12)); // the next function begins behind the pool
	CHECK_EQ(scan.n_doubtful, 0);

	fill("LDRD names two words, a load backwards its own");
	PUT(8, MRS, MRS, MRS, MOV, LDRD(4), LDR_B(5), BX_LR, UNDEF, MRS, MSR, MRS);
	run(11);
	CHECK(LITERAL(16) && LITERAL(17) && !LITERAL(18));
	CHECK(LITERAL(8) && !LITERAL(9));
	CHECK(!PATCH(16) && !PATCH(17) && !PATCH(8) && PATCH(9));

	fill("VLDR of a doubleword names two");
	PUT(8, 0xed9f0b01, BX_LR, UNDEF, MRS, MSR, MRS);
	run(8);
	CHECK(LITERAL(11) && LITERAL(12) && !LITERAL(13));

	fill("literals named from the page before and the page after");
	prev[1020] = LDR(4 + 8); // word 8 of the page
	next[3] = LDR_B(3 + 14); // word 1010
	PUT(8, MRS);
	PUT(1010, MRS);
	run(16);
	CHECK(LITERAL(8) && !PATCH(8));
	CHECK(LITERAL(1010) && !PATCH(1010));
	bt_scan_page(&scan, page, NULL, NULL, 16 * 4);
	CHECK(PATCH(8) && PATCH(1010));

	fill("text that looks like a load names nothing, a conditional load in code does");
	memcpy(&next[4], "own\0sp_usr\0lr_usr", 16); // next[5] is LDRBVC Rd, [pc, #-115]
	PUT(1024 + 5 + 2 - 0x73 / 4 - 1, MRS, MRS);
	PUT(8, 0x159f0004, MOV, BX_LR, MRS); // LDRNE
	run(8);
	CHECK(PATCH(1024 + 5 + 2 - 0x73 / 4 - 1) && PATCH(1024 + 5 + 2 - 0x73 / 4));
	CHECK(LITERAL(11) && !PATCH(11));

	fill("the flow wins over a literal");
	PUT(8, LDR(2), MOV, MRS, BX_LR);
	run(8);
	CHECK(PATCH(10) && !LITERAL(10));

	fill("but it doesn't fall from a call that never returns into the pool");
	PUT(8, LDR(4), MOV, BL(-4), NOP, MRS);
	run(8);
	CHECK(LITERAL(12) && !PATCH(12) && !CODE(12));

	fill("a doubleword through ADR");
	PUT(8, 0xe28f1008, 0xe1c120d0, BL(-4), NOP, 0x36b4a597, 0x89705f41); // add r1, pc, #8; ldrd r2, [r1]
	run(8);
	CHECK(LITERAL(12) && LITERAL(13) && !PATCH(13) && !CODE(13));

	fill("ADR of code names no literal");
	PUT(8, 0xe28fe004, 0xe1a0f001, MOV, MRS); // add lr, pc, #4; mov pc, r1
	run(8);
	CHECK(PATCH(11) && !LITERAL(11));
}

static void
test_jump_tables(void)
{
	fill("a jump table, its length from the comparison");
	// cmp r3, #3; ldrls pc, [pc, r3, lsl #2]; b default
	PUT(8, 0xe3530003, 0x979ff103, B(10), MRS_GT, MRS, 0xc1210000, MRS, MRS, BX_LR);
	run(8);
	CHECK(LITERAL(11) && LITERAL(14) && !LITERAL(15));
	CHECK(!PATCH(11) && !PATCH(12) && !PATCH(14) && PATCH(15));
	CHECK_EQ(scan.n_doubtful, 0);

	fill("a jump table without a comparison");
	PUT(8, MOV, 0xe79ff103, B(10), 0xc0312004, 0xc0312ff0, 0xc037f010, MOV, MRS, BX_LR);
	run(8);
	CHECK(LITERAL(11) && LITERAL(12) && !PATCH(11) && PATCH(15));

	fill("a jump table that goes on in the next page");
	prev[1021] = 0xe3530004;
	prev[1022] = 0x979ff103;
	prev[1023] = B(100);
	PUT(0, MRS, MRS, MRS, MRS, MRS, MRS, BX_LR);
	run(64);
	CHECK(LITERAL(0) && LITERAL(4) && !LITERAL(5));
	CHECK(!PATCH(4) && PATCH(5));

	fill("a page of pointers");
	for (unsigned i = 0; i < 512; i++)
		page[i] = 0xc0300000u + i * 0x1237u; // AND, EOR, LDRHT, even MRS of all kinds
	run(520);
	CHECK_EQ(scan.n_patch, 0);
}

static void
test_presumed(void)
{
	fill("functions that nothing in the page calls");
	PUT(100, MOV, MRS, CPSID, 0x13a00001, 0x1e017f10, BX_LR); // the last MCRNE
	run(8);
	CHECK(PATCH(101) && PATCH(102) && PATCH(104) && CODE(103));
	CHECK_EQ(scan.n_doubtful, 0);

	fill("data behind a function, undefined words in it");
	PUT(8, BX_LR, 0x010f0001, 0x010f0001, UNDEF, MOV, MRS, BX_LR);
	run(0);
	CHECK(!CODE(9) && !PATCH(9));
	CHECK(CODE(13) && PATCH(13));
	CHECK_EQ(scan.n_doubtful, 2);

	fill("a lone MRS is patched only among words that could be code");
	PUT(8, BX_LR, MOV, MRS, MOV, UNDEF);
	PUT(24, BX_LR, MOV, MRS, UNDEF);
	run(0);
	CHECK(PATCH(10) && !CODE(10));
	CHECK(!PATCH(26));
	CHECK_EQ(scan.n_doubtful, 1);

	fill("an SVC is the guest's own; it isn't patched on a guess");
	PUT(100, MOV, 0xefcdab89, MOV, BX_LR);
	run(8);
	CHECK(!PATCH(101));
	CHECK_EQ(scan.n_doubtful, 1);

	fill("a conditional LDRT in the middle of code");
	PUT(100, MOV, 0xe3500000, LDRT_NE, LDRT_NE, MOV, BX_LR);
	run(8);
	CHECK(PATCH(102) && PATCH(103));

	fill("BUG() isn't data");
	PUT(100, MOV, MRS, BNE(2), 0xe7f001f2, MRS, BX_LR);
	run(8);
	CHECK(PATCH(101) && PATCH(104));
}

static void
test_interworking(void)
{
	fill("a constant that is branched to tells of Thumb, unless something else is loaded over it");
	PUT(8, LDR(8), NOP, 0xe12fff30, NOP, BX_LR); // blx r0
	PUT(16, 0x40123457);
	run(8);
	CHECK(scan.thumb);
	PUT(9, 0xe590002c); // ldr r0, [r0, #44]
	run(8);
	CHECK(!scan.thumb);
	PUT(9, 0xe580002c, NOP, 0xe12fff30); // str
	run(8);
	CHECK(scan.thumb);
}

// Whatever is in the pages, the scan ends, and its maps agree with each other.
static void
test_noise(void)
{
	uint32_t seed = 1;

	check_case("noise");
	for (unsigned k = 0; k < 300; k++) {
		unsigned n_patch = 0, overlap = 0, plain = 0;

		for (unsigned i = 0; i < BT_PAGE_WORDS; i++) {
			seed = seed * 1664525u + 1013904223u;
			page[i] = prev[i] = next[i] =
			    k & 1u ? seed ^ seed >> 13 : (seed >> 8 & 0xfffffffu) | 0xe0000000u;
		}
		run(seed >> 22);
		for (unsigned i = 0; i < BT_PAGE_WORDS; i++) {
			const struct bt_row *row = bt_decode_a32(page[i]);

			n_patch += PATCH(i);
			overlap += LITERAL(i) && (PATCH(i) || CODE(i));
			plain += PATCH(i) && !(row && row->flags & BT_SENSITIVE);
		}
		CHECK_EQ(n_patch, scan.n_patch);
		CHECK_EQ(overlap, 0);
		CHECK_EQ(plain, 0);
	}
}

// Constants of ciphers and checksums stand in text, and are reached by an address that no instruction tells alone.
static void
test_random_tables(void)
{
	uint32_t seed = 1;
	unsigned sensitive = 0, patched = 0;

	fill("a table of random words stays as it is");
	for (unsigned k = 0; k < 100; k++) {
		for (unsigned i = 64; i < 1000; i++) {
			seed = seed * 1664525u + 1013904223u;
			page[i] = seed ^ seed >> 16;
		}
		run(8);
		for (unsigned i = 80; i < 984; i++) {
			const struct bt_row *row = bt_decode_a32(page[i]);

			sensitive += row && row->flags & BT_SENSITIVE;
			patched += PATCH(i);
		}
	}
	CHECK(sensitive > 1000);
	CHECK_EQ(patched, 0);
}

// ADR of what is called or returned to names no data: Linux gets to ret_fast_syscall so.
static void
test_adr(void)
{
	static const struct {
		uint32_t insn;
		bool names;
	} adr[] = {{0xf20f0060u, true}, {0xf20f0061u, false}, {0xf20f0e60u, false}, {0xf20f0e61u, false}};

	check_case("ADR.W");
	for (unsigned i = 0; i < ARRAY_LEN(adr); i++) {
		uint32_t thumb[BT_PAGE_WORDS] = {adr[i].insn >> 16 | adr[i].insn << 16}, named[BT_HALF_MAP] = {0};
		const struct bt_names n = {thumb, 0, named, 0};

		bt_names_thumb(&n, 0);
		CHECK_EQ(bt_map_test(named, 0x64u / 2u), adr[i].names);
	}
}

int
main(void)
{
	bt_decode_init();
	test_flow();
	test_literals();
	test_jump_tables();
	test_presumed();
	test_interworking();
	test_random_tables();
	test_noise();
	test_adr();
	return check_done("scan");
}
