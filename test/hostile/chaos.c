// SPDX-License-Identifier: MIT
//
// Translation tables edited at random: descriptors of all kinds that lead to RAM, to devices, to where the guest has
// nothing, and tables that are there. What they map is then looked at. After maintenance, what must be found
// is known from the tables; without, an old mapping may be seen still, but never what is not the guest's.
//
// The virtual addresses that this plays with are those above JUNK, and from 0x20000000 to RAM.
#include "test/hostile/cp.h"
#include "test/hostile/tables.h"

#define WINDOW 0xff700000u // where the monitor's is at first

static uint32_t
chaos_va(void)
{
	switch (below(4)) {
	case 0:
		return 0x20000000u + below(0x20000000u);
	case 1: // few, so that they meet again
		return 0x50000000u + below(4) * MIB + below(MIB);
	case 2:
		return WINDOW + below(2u * MIB);
	default:
		return 0x50000000u + below(0xb0000000u);
	}
}

static uint32_t
chaos_table(void)
{
	return CHAOS_TABLES + below(CHAOS_PAGES) * PAGE;
}

// A target of a mapping: any but the code and the tables, which are only ever read through other addresses.
static uint32_t
target(void)
{
	return one_in(2) ? JUNK + below(JUNK_MIB * MIB) : any_pa();
}

static uint32_t
not_canary(uint32_t word)
{
	return is_canary(word) ? 0 : word;
}

static uint32_t
short_l2(void)
{
	uint32_t pa = target();

	switch (below(8)) {
	case 0:
		return 0;
	case 1:
		return not_canary((pa & 0xffff0000u) | (rnd() & 0xfffcu) | L2_LARGE);
	case 2:
		return not_canary(rnd());
	default:
		return not_canary((pa & ~0xfffu) | (rnd() & 0xffdu) | L2_SMALL | (one_in(2) ? 0x30u : 0));
	}
}

static uint32_t
short_l1(void)
{
	uint32_t pa = target(), table = chaos_table() + below(4) * 0x400u;

	switch (below(8)) {
	case 0:
		return 0;
	case 1: // a supersection, as a rule below 4 GiB
		return not_canary((pa & 0xff000000u) | (rnd() & (one_in(4) ? 0xfbfffcu : 0xbfe1cu)) | L1_SUPER);
	case 2: // a table that isn't there, or anywhere
		return not_canary(((one_in(2) ? any_pa() : rnd()) & ~0x3ffu) | (rnd() & 0x1e0u) | L1_TABLE);
	case 3:
	case 4:
		for (unsigned i = below(8); i < 8; i++)
			at(table)[below(256)] = short_l2();
		return table | (one_in(4) ? rnd() & 0x1e0u : 0) | L1_TABLE;
	case 5:
		return not_canary(rnd());
	default:
		return not_canary((pa & ~0xfffffu) | (rnd() & 0xbbfecu & (one_in(2) ? ~0u : ~0x1e0u)) | L1_SECTION |
				  (one_in(2) ? 0xc00u : 0));
	}
}

static void
edit_short(uint32_t space, uint32_t va)
{
	volatile uint32_t *entry = &at(SHORT_L1(space))[va / MIB];
	uint32_t l1 = short_l1();

	if ((*entry & 3u) == L1_TABLE && (*entry & ~0x3ffu) - CHAOS_TABLES < CHAOS_PAGES * PAGE && one_in(2)) {
		at(*entry & ~0x3ffu)[va / PAGE % 256u] = short_l2();
		return;
	}
	if ((l1 & L1_SUPER) == L1_SUPER && one_in(4) && va >= 0x50000000u && va < 0xe0000000u) { // sixteen alike
		entry = &at(SHORT_L1(space))[va / MIB & ~15u];
		for (unsigned i = 0; i < 16; i++)
			entry[i] = l1;
		return;
	}
	*entry = l1;
}

static void
set(volatile uint32_t *entry, uint32_t low, uint32_t high)
{
	entry[0] = 0;
	entry[1] = not_canary(high);
	entry[0] = not_canary(low);
}

static void
edit_long(uint32_t space, uint32_t va)
{
	volatile uint32_t *l2 = &at(LONG_L2(space, va >> 30))[va / (2u * MIB) % 512u * 2u];
	uint32_t pa = target(), attributes = LONG_AF | LONG_NORMAL | (rnd() & (one_in(4) ? 0xffcu : 0x8c0u));
	uint32_t high = one_in(8) ? rnd() : one_in(2) ? LONG_XN : 0, table = *l2 & ~0xfffu;

	if (va < 0x80000000u && va >= RAM) // that GiB has the code's own block
		return;
	switch (below(8)) {
	case 0:
		set(l2, 0, 0);
		break;
	case 1:
		set(l2, (any_pa() & ~0xfffu) | LONG_TABLE, high);
		break;
	case 2:
		set(l2, rnd(), rnd());
		break;
	case 3:
	case 4:
		set(l2, (pa & ~(2u * MIB - 1u)) | LONG_BLOCK | attributes, high);
		break;
	default:
		if ((*l2 & 3u) != LONG_TABLE || table - CHAOS_TABLES >= CHAOS_PAGES * PAGE)
			set(l2, chaos_table() | LONG_TABLE, one_in(8) ? rnd() & 0xf8000000u : 0);
		set(&at(*l2 & ~0xfffu)[va / PAGE % 512u * 2u], (pa & ~0xfffu) | LONG_TABLE | attributes, high);
	}
}

static bool
is_ram(uint32_t pa)
{
	return pa - RAM < arg.ram_mib * MIB;
}

// Below RAM are the devices and flash.
static bool
is_nowhere(uint32_t pa)
{
	return pa >= RAM && !is_ram(pa);
}

static uint32_t
load_word(uint32_t va, uint32_t unused)
{
	(void)unused;
	return *at(va & ~3u);
}

// A load where the tables are known to be heeded.
static void
look(uint32_t va)
{
	uint32_t value = 0, pa = 0, space = regime_space_of(va), vector;
	bool mapped;

	vector = try_call(load_word, va, 0, &value);
	mapped = tables_walk(space, va & ~3u, &pa);
	if (vector != V_NONE && vector != V_DATA)
		fail("a load took another exception", va, vector, trapped.pc);
	if (vector == V_DATA)
		return;
	seen(value, va);
	if (!mapped)
		fail("a load where nothing is mapped", va, value, pa);
	if (is_nowhere(pa))
		fail("a load where nothing is", va, value, pa);
	if (is_ram(pa) && value != *at(pa))
		fail("a load of something else", va, value, pa);
}

static uint32_t
jump(uint32_t va, uint32_t unused)
{
	return ((uint32_t(*)(uint32_t))(va & ~3u))(unused);
}

// A fetch from where the guest has nothing must abort right there.
static void
look_by_fetch(uint32_t va)
{
	uint32_t pa = 0, space = regime_space_of(va), unused, vector;

	va &= ~3u;
	if (tables_walk(space, va, &pa) && !is_nowhere(pa))
		return;
	vector = try_call(jump, va, 0, &unused);
	if (vector != V_PREFETCH || trapped.pc - 4u != va)
		fail("a fetch where nothing is", va, vector, trapped.pc);
}

void
step_edit(void)
{
	uint32_t space = below(N_SPACES), va = chaos_va();

	if (one_in(2)) {
		if (is_bare(space))
			return;
		regime_space(space, 0);
	} else if (!regime_is_on()) {
		return;
	} else {
		space = regime_space_of(va);
	}
	for (unsigned i = below(4); i < 4; i++) {
		if (is_long(space))
			edit_long(space, va);
		else
			edit_short(space, va);
		va = one_in(2) ? va ^ (rnd() & 0xfffffu) : chaos_va();
	}
	if (one_in(4)) { // what was may still be seen
		uint32_t value;

		try_load(va & ~3u, &value);
		return;
	}
	tlb_all();
	if (regime_space_of(va) != space)
		return;
	for (unsigned i = below(4); i < 4; i++) {
		look(va);
		if (one_in(4))
			look_by_fetch(va);
		va = one_in(2) ? va ^ (rnd() & 0x1fffffu) : chaos_va();
	}
}

// Loads by tables outside of RAM, where canaries are that look like descriptors; the code is translated by others.
static uint32_t
load_by(uint32_t ttbr, uint32_t va)
{
	uint32_t value;

	write_ttbr0(ttbr);
	barrier();
	write_tlbiall(0);
	barrier();
	value = *at(va);
	return value;
}

void
step_outside(void)
{
	uint32_t n = 2u + below(2), base = any_pa() & ~0x3fffu, va = below(1u << (32u - n)) & ~3u, value = 0, vector;

	if (is_ram(base) || base < RAM)
		base = RAM + arg.ram_mib * MIB + below(192) * MIB;
	if (one_in(4)) { // and by a table of second level that is outside
		uint32_t space = below(BARE_SHORT);

		regime_space(space, 0);
		at(SHORT_L1(space))[0x500] = (base + below(256) * 0x400u) | L1_TABLE;
		tlb_all();
		look(0x50000000u + below(MIB));
		at(SHORT_L1(space))[0x500] = 0;
		tlb_all();
		return;
	}
	regime_space(below(BARE_SHORT), n);
	vector = try_call(load_by, base | (rnd() & 0x7fu), va, &value);
	regime_restore_all();
	if (vector != V_DATA)
		fail("a walk of tables that are not there", base, va, value);
}

// All from 0x50000000 on is mapped, so that the window has to go on and on.
void
step_everywhere(void)
{
	uint32_t space = below(BARE_SHORT);

	regime_space(space, 0);
	for (uint32_t i = 0x500; i < 0x1000; i++)
		at(SHORT_L1(space))[i] = (JUNK + (i % JUNK_MIB) * MIB) | 0xc0eu;
	tlb_all();
	for (unsigned i = below(16); i < 16; i++) {
		look(one_in(2) ? WINDOW + below(MIB) : 0x50000000u + below(0xb0000000u));
		if (one_in(4))
			try_store(0x50000000u + (below(0xb0000000u) & ~3u), rnd() & 0xffffu);
	}
	if (one_in(2))
		return; // leaves it so
	for (uint32_t i = 0x500; i < 0x1000; i++)
		at(SHORT_L1(space))[i] = 0;
	tlb_all();
}

static uint32_t
maintain(uint32_t which, uint32_t value)
{
	switch (which) {
	case 0:
		write_tlbimva(value);
		break;
	case 1:
		write_tlbiasid(value);
		break;
	case 2:
		write_tlbimvaa(value);
		break;
	case 3:
		write_tlbiallis(value);
		break;
	case 4:
		write_tlbimvais(value);
		break;
	case 5:
		write_iciallu(value);
		break;
	case 6:
		write_icimvau(value);
		break;
	case 7:
		write_bpiall(value);
		break;
	case 8:
		write_dccmvau(value);
		break;
	default:
		write_tlbiasidis(value);
	}
	barrier();
	return 0;
}

void
step_maintain(void)
{
	uint32_t unused;

	for (unsigned i = below(8); i < 8; i++)
		try_call(maintain, below(10),
			 one_in(2) ? ALIAS + below(2u * ALIAS_PAGES) * PAGE + (rnd() & 0xffu) : rnd(), &unused);
}
