// SPDX-License-Identifier: MIT
// uses: monitor/cpu/watch.c
//
// The ranges that are watched: every page that has a copy lies in one, as the core's registers have it, there
// are no more than watchpoints, and what belongs apart stays apart.
#include <stdlib.h>
#include <string.h>
#include "monitor/base/sysreg.h"
#include "monitor/cpu/watch.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"

#define A15_DBGDIDR 0x3515f021u
#define MDBGen      0x8000u

static struct watch w;

// Whether a load at PL0 from va would trap, by what has been written to the core (C11.11.44).
static bool
watched(uint32_t va)
{
	static const unsigned wvr[] = {SYSREG_dbgwvr0, SYSREG_dbgwvr1, SYSREG_dbgwvr2, SYSREG_dbgwvr3};
	static const unsigned wcr[] = {SYSREG_dbgwcr0, SYSREG_dbgwcr1, SYSREG_dbgwcr2, SYSREG_dbgwcr3};

	for (unsigned n = 0; n < 4; n++) {
		uint32_t c = sysreg_fake[wcr[n]];

		if ((c & 0x1fffu) == 0x1fedu && sysreg_fake[SYSREG_dbgdscrext] & MDBGen &&
		    !((va ^ sysreg_fake[wvr[n]]) >> bits(c, 28, 24)))
			return true;
	}
	return false;
}

static void
begin(const char *name, bool strict)
{
	check_case(name);
	memset(sysreg_fake, 0, 4 * SYSREG_COUNT);
	sysreg_fake[SYSREG_dbgdidr] = A15_DBGDIDR;
	sysreg_fake[SYSREG_id_dfr0] = 0x02010555;
	watch_init(&w, strict);
}

static void
cover(uint32_t first, uint32_t end)
{
	for (uint32_t va = first; va < end; va += PAGE_SIZE)
		watch_cover(&w, GVA(va));
}

static void
check_apart(void)
{
	begin("four clusters, a watchpoint each", true);
	cover(0xffff1000, 0xffff2000);
	cover(0xc0400000, 0xc0480000);
	cover(0xbf000000, 0xbf004000);
	cover(0x40008000, 0x40009000);
	CHECK(watched(0xffff1004) && watched(0xc047ffff) && watched(0xbf003ffc) && watched(0x40008000));
	CHECK(!watched(0xffff0ffc) && !watched(0xffff2000) && !watched(0xc0480000) && !watched(0xc03ffffc));
	CHECK(!watched(0xbf004000) && !watched(0x40007fff) && !watched(0x40009000));
	CHECK(w.moves < 150); // at most about one for each page, and few once the ranges are large
	cover(0xc0490000, 0xc0491000);
	CHECK(watched(0xc0490000) && watched(0xc0400000) && !watched(0xc0500000) && !watched(0xbf004000));

	check_case("a range again and again");
	w.moves = 0;
	cover(0xc0400000, 0xc0480000);
	cover(0xffff1000, 0xffff2000);
	CHECK_EQ(w.moves, 0);

	check_case("reset");
	watch_reset(&w);
	CHECK(!watched(0xffff1000) && !watched(0xc0400000) && !watched(0xbf000000) && !watched(0x40008000));
}

// A kernel's text, from 0xc0300000 to 0xc0e00000, and a page of vectors: one cluster more than watchpoints.
static void
cover_kernel(void)
{
	watch_reset(&w);
	cover(0xffff1000, 0xffff2000);
	cover(0xc0300000, 0xc0e00000);
}

static void
check_strays(void)
{
	unsigned n = 1;

	begin("strays", true);
	cover_kernel();
	CHECK(watched(0xc0300000) && watched(0xc0dffffc) && watched(0xffff1000));
	CHECK(!watched(0xc0f00000) && watched(0xc0200000)); // three MiB were less than four, for the next page
	while (!watch_stray(&w, GVA(0xc0207000)))
		n++;
	CHECK_EQ(n, 16);
	cover_kernel();
	CHECK(watched(0xc0300000) && watched(0xc0dffffc) && watched(0xffff1000));
	CHECK(watched(0xc0f00000) && !watched(0xc0200000));

	check_case("patience");
	for (n = 1; !watch_stray(&w, GVA(0xc0f53000)); n++)
		;
	CHECK_EQ(n, 32);
	cover_kernel();
	CHECK(!watched(0xc0f00000) && watched(0xc0200000));
}

static bool
exactly(uint32_t va, uint32_t len, uint32_t *out)
{
	gva_t page = GVA(0);
	bool swapped = watch_exactly(&w, GVA(va), len, &page);

	*out = page.v;
	return swapped;
}

static void
check_exact(void)
{
	static const uint32_t page[] = {0x8000, 0xc0100000, 0xc0101000, 0xffff0000, 0xc0300000, 0x9000};
	uint32_t out;

	begin("a part of a page", false);
	watch_init(&w, true);
	CHECK(!exactly(0x8ffe, 2, &out) && watched(0x8ffe) && watched(0x8ff8) && !watched(0x8ff4) && !watched(0x9000));
	CHECK(!exactly(0x8ffc, 2, &out) && watched(0x8ffe) && !watched(0x8ff4));
	CHECK(!exactly(0x8010, 40, &out) && watched(0x8010) && watched(0x8ffe) && !watched(0x7ffc) && !watched(0x9000));
	CHECK(!exactly(0xc0100010, 40, &out) && watched(0xc0100010) && watched(0xc0100037) && watched(0x8ffe));
	CHECK(!watched(0xc0100040) && !watched(0x40000000));

	check_case("one more than watchpoints: the oldest goes");
	watch_reset(&w);
	for (unsigned n = 0; n < 4; n++)
		CHECK(!exactly(page[n], 8, &out));
	for (unsigned n = 4; n < 12; n++) {
		CHECK(exactly(page[n % 6], 8, &out));
		CHECK_EQ(out, page[(n - 4) % 6]);
		CHECK(watched(page[n % 6]) && !watched(out));
		CHECK(watched(page[(n - 1) % 6]) && watched(page[(n - 2) % 6]) && watched(page[(n - 3) % 6]));
	}
	CHECK_EQ(w.swaps, 8);
	CHECK(!exactly(page[5], 8, &out));
}

static void
check_random(void)
{
	static uint32_t pages[300];

	begin("any pages", true);
	srand(5);
	for (unsigned round = 0; round < 200; round++) {
		unsigned n = 1u + (unsigned)rand() % 300u, spread = 12u + (unsigned)rand() % 20u;
		bool all = true;

		watch_reset(&w);
		for (unsigned i = 0; i < n; i++) {
			pages[i] = ((uint32_t)rand() << 16 ^ (uint32_t)rand()) >> (32u - spread) & ~PAGE_MASK;
			pages[i] |= (uint32_t)rand() % 3u << 30;
			watch_cover(&w, GVA(pages[i]));
			for (unsigned k = 0; k <= i; k++)
				all &= watched(pages[k]) && watched(pages[k] + PAGE_MASK);
		}
		CHECK(all);
	}
}

static void
check_off(void)
{
	begin("not strict", false);
	cover(0xc0000000, 0xc0010000);
	watch_reset(&w);
	CHECK(!watched(0xc0000000));
	CHECK_EQ(sysreg_fake[SYSREG_dbgdscrext] & MDBGen, 0);

	begin("which cores can", true);
	CHECK(watch_possible());
	CHECK(!watched(0));
	sysreg_fake[SYSREG_dbgdidr] = 0x0515f021u; // a single watchpoint
	CHECK(!watch_possible());
	sysreg_fake[SYSREG_dbgdidr] = 0x35141000u; // v7 Debug, as a Cortex-A9's
	CHECK(!watch_possible());
	sysreg_fake[SYSREG_dbgdidr] = 0x1515f021u;
	CHECK(watch_possible());
	watch_init(&w, true);
	CHECK_EQ(w.n, 2);
	cover(0x10000000, 0x10001000);
	cover(0x90000000, 0x90001000);
	cover(0xf0000000, 0xf0001000);
	CHECK(watched(0x10000000) && watched(0x90000000) && watched(0xf0000000) && !watched(0x20000000));
}

static void
check_order(void)
{
	begin("a watchpoint is off, for sure, while its address changes", true);
	fake_arch_log();
	watch_cover(&w, GVA(0xc0000000));
	CHECK(!strcmp(fake_arch_log(), "dbgwcr0 isb dbgwvr0 dbgwcr0 isb"));

	check_case("debug registers that aren't there are left alone");
	sysreg_fake[SYSREG_id_dfr0] = 0x02000000;
	CHECK(!watch_possible());
	watch_init(&w, false);
	watch_reset(&w);
	CHECK(!strcmp(fake_arch_log(), ""));
}

int
main(void)
{
	check_order();
	check_apart();
	check_strays();
	check_exact();
	check_random();
	check_off();
	return check_done("watch");
}
