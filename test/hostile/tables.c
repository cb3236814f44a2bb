// SPDX-License-Identifier: MIT
//
// See tables.h: the tables as they are at the beginning, the pages of ALIAS, and the walk that tells what an
// access must find.
#include "test/hostile/cp.h"
#include "test/hostile/tables.h"

#define AP_KERNEL 0x400u // sections: AP[1:0] in bits 11:10
#define AP_ALL    0xc00u
#define S_NORMAL  0xcu     // C, B
#define S_DEVICE  0x14u    // B, XN
#define S_nG      0x20000u // what the bare spaces haven't, so that they don't find it in the TLB

#define HIDDEN_FLASH (2u * MIB) // has the firmware's image: made code that jumps into it would run the guest's own

extern uint32_t kept_start[], bss_end[];

static void
short_section(uint32_t space, uint32_t va, uint32_t bits)
{
	at(SHORT_L1(space))[va / MIB] = va | L1_SECTION | bits;
}

// What a bare space shows of the first MiB: the code and what it keeps, read-only, and what the vectors and trap.c
// write. As it shows less than the others all of it is not global.
enum home { HOME_HIDDEN, HOME_READ, HOME_WRITE };

static enum home
home_page(uint32_t address)
{
	if (address == HOSTILE_REPORT || (address >= (uint32_t)&trapped && address < (uint32_t)kept_start))
		return HOME_WRITE;
	return address >= RAM + 0x10000u && address < (uint32_t)bss_end ? HOME_READ : HOME_HIDDEN;
}

static void
short_home(uint32_t space)
{
	if (!is_bare(space)) {
		short_section(space, RAM, AP_KERNEL | S_NORMAL | S_nG);
		return;
	}
	at(SHORT_L1(space))[RAM / MIB] = SHORT_HOME | L1_TABLE;
	for (unsigned i = 0; i < 256u; i++) {
		uint32_t address = RAM + i * PAGE;
		enum home home = home_page(address);

		at(SHORT_HOME)[i] = home == HOME_HIDDEN
					? 0
					: address | L2_SMALL | L2_NG | S_NORMAL | (home == HOME_READ ? 0x210u : 0x10u);
	}
}

static void
short_space(uint32_t space)
{
	volatile uint32_t *l1 = at(SHORT_L1(space));

	for (unsigned i = 0; i < 4096u; i++)
		l1[i] = 0;
	for (uint32_t va = is_bare(space) ? HIDDEN_FLASH : 0; va < GICD; va += MIB)
		short_section(space, va, AP_ALL | S_NORMAL | (va < HIDDEN_FLASH ? S_nG : 0));
	short_section(space, GICD, AP_ALL | S_DEVICE);
	short_section(space, UART, AP_ALL | S_DEVICE);
	short_section(space, NOTHING, AP_ALL | S_DEVICE);
	short_home(space);
	short_section(space, CODE, AP_ALL | S_NORMAL);
	short_section(space, DATA, AP_ALL | S_NORMAL);
	for (unsigned i = 0; i < 4u; i++) {
		l1[ALIAS / MIB + i] = (SHORT_ALIAS(space) + i * 0x400u) | L1_TABLE;
		l1[ALIAS_SHARED / MIB + i] = (SHORT_SHARED + i * 0x400u) | L1_TABLE;
	}
	for (unsigned i = 0; i < 1024u; i++)
		at(SHORT_ALIAS(space))[i] = at(SHORT_SHARED)[i] = 0;
	if (is_bare(space))
		return;
	for (uint32_t va = TABLES; va < CODE; va += MIB)
		short_section(space, va, AP_KERNEL | S_NORMAL | S_nG);
	for (uint32_t va = JUNK; va < RAM + arg.ram_mib * MIB; va += MIB)
		short_section(space, va, AP_ALL | S_NORMAL | S_nG);
}

static void
set_long(uint32_t table, uint32_t index, uint32_t low, uint32_t high)
{
	at(table)[2u * index] = 0;
	at(table)[2u * index + 1u] = high;
	at(table)[2u * index] = low;
}

#define LONG_ALL 0x40u // AP[2:1]: PL0 as well

static void
long_block(uint32_t space, uint32_t va, uint32_t bits, uint32_t high)
{
	set_long(LONG_L2(space, va >> 30), (va >> 21) % 512u, (va & ~(2u * MIB - 1u)) | LONG_BLOCK | LONG_AF | bits,
		 high);
}

// The tables stand beside the code, in one block.
static void
long_home(uint32_t space)
{
	if (!is_bare(space)) {
		long_block(space, RAM, LONG_NORMAL | LONG_nG, 0);
		return;
	}
	set_long(LONG_L2(space, 1), 0, LONG_HOME | LONG_TABLE, 0);
	for (unsigned i = 0; i < 512u; i++) {
		uint32_t address = RAM + i * PAGE;
		enum home home = home_page(address);

		set_long(LONG_HOME, i,
			 home == HOME_HIDDEN ? 0
					     : address | LONG_TABLE | LONG_AF | LONG_nG | LONG_NORMAL |
						   (home == HOME_READ ? LONG_READ_ONLY : 0),
			 0);
	}
}

static void
long_space(uint32_t space)
{
	for (unsigned i = 0; i < 7u * PAGE / 4u; i++)
		at(LONG_L1(space))[i] = 0;
	for (unsigned i = 0; i < 2u * PAGE / 4u; i++)
		at(LONG_SHARED)[i] = 0;
	for (unsigned i = 0; i < 4u; i++)
		set_long(LONG_L1(space), i, LONG_L2(space, i) | LONG_TABLE, 0);
	for (uint32_t va = is_bare(space) ? HIDDEN_FLASH : 0; va < GICD; va += 2u * MIB)
		long_block(space, va, LONG_ALL | LONG_NORMAL | (va < HIDDEN_FLASH ? LONG_nG : 0), 0);
	long_block(space, GICD, LONG_ALL, LONG_XN);
	long_block(space, UART, LONG_ALL, LONG_XN);
	long_block(space, NOTHING, LONG_ALL, LONG_XN);
	long_home(space);
	long_block(space, CODE, LONG_ALL | LONG_NORMAL, 0);
	for (unsigned i = 0; i < 2u; i++) {
		set_long(LONG_L2(space, 0), ALIAS / (2u * MIB) + i, (LONG_ALIAS(space) + i * PAGE) | LONG_TABLE, 0);
		set_long(LONG_L2(space, 0), ALIAS_SHARED / (2u * MIB) + i, (LONG_SHARED + i * PAGE) | LONG_TABLE, 0);
	}
	if (is_bare(space))
		return;
	for (uint32_t va = FRAMES; va < CODE; va += 2u * MIB)
		long_block(space, va, LONG_NORMAL | LONG_nG, 0);
	for (uint32_t va = JUNK; va < RAM + arg.ram_mib * MIB; va += 2u * MIB)
		long_block(space, va, LONG_ALL | LONG_NORMAL | LONG_nG, 0);
}

void
tables_init(void)
{
	for (unsigned space = 0; space < N_SPACES; space++) {
		if (is_long(space))
			long_space(space);
		else
			short_space(space);
	}
	for (unsigned i = 0; i < CHAOS_PAGES * PAGE / 4u; i++)
		at(CHAOS_TABLES)[i] = 0;
}

static void
map_short(volatile uint32_t *entry, uint32_t pa, uint32_t rights, bool shared)
{
	uint32_t ap = rights & RIGHT_USER ? 0x30u : 0x10u; // AP[1:0]: 11, 01; bit 9 is AP[2]

	*entry = pa | L2_SMALL | S_NORMAL | ap | (rights & RIGHT_WRITE ? 0 : 0x200u) | (rights & RIGHT_XN ? L2_XN : 0) |
		 (shared ? 0 : L2_NG);
}

static void
map_long(uint32_t table, uint32_t page, uint32_t pa, uint32_t rights, bool shared)
{
	uint32_t ap = (rights & RIGHT_USER ? 0x40u : 0) | (rights & RIGHT_WRITE ? 0 : LONG_READ_ONLY);

	set_long(table, page, pa | LONG_TABLE | LONG_AF | LONG_NORMAL | ap | (shared ? 0 : LONG_nG),
		 rights & RIGHT_XN ? LONG_XN : 0);
}

void
table_map(uint32_t space, uint32_t page, uint32_t pa, uint32_t rights, bool mapped)
{
	bool shared = page >= ALIAS_PAGES;
	uint32_t index = page % ALIAS_PAGES;
	uint32_t table =
	    is_long(space) ? (shared ? LONG_SHARED : LONG_ALIAS(space)) : (shared ? SHORT_SHARED : SHORT_ALIAS(space));

	if (!mapped)
		pa = 0;
	if (is_long(space) && mapped)
		map_long(table, index, pa, rights, shared);
	else if (is_long(space))
		set_long(table, index, 0, 0);
	else if (mapped)
		map_short(&at(table)[index], pa, rights, shared);
	else
		at(table)[index] = 0;
}

static bool
in_ram(uint32_t pa)
{
	return pa - RAM < arg.ram_mib * MIB;
}

static bool
walk_short(uint32_t space, uint32_t va, uint32_t *pa)
{
	uint32_t l1 = at(SHORT_L1(space))[va / MIB], l2, table = l1 & ~0x3ffu;

	if ((l1 & 3u) == 0 || (l1 & 3u) == 3u)
		return (l1 & 3u) == 3u && (*pa = (l1 & 0xfff00000u) | va % MIB, true);
	if (l1 & 2u) {
		*pa = l1 & 0x40000u ? (l1 & 0xff000000u) | va % (16u * MIB) : (l1 & 0xfff00000u) | va % MIB;
		return !(l1 & 0x40000u) || !(l1 & 0x00f001e0u); // PA[39:32] of a supersection
	}
	if (!in_ram(table))
		return false;
	l2 = at(table)[va / PAGE % 256u];
	if (!(l2 & 3u))
		return false;
	*pa = l2 & 2u ? (l2 & ~0xfffu) | va % PAGE : (l2 & 0xffff0000u) | (va & 0xffffu);
	return true;
}

static bool
walk_long(uint32_t space, uint32_t va, uint32_t *pa)
{
	uint32_t table = LONG_L1(space), index = va >> 30;

	for (unsigned level = 1; level <= 3; level++) {
		uint32_t low = at(table)[2u * index], high = at(table)[2u * index + 1u],
			 size = level == 2 ? 2u * MIB : PAGE;

		if (!(low & 1u) || (high & 0xffu) || (!(low & 2u) && level != 2))
			return false;
		if (level == 3 || !(low & 2u)) {
			*pa = (low & ~(size - 1u)) | (va & (size - 1u));
			return low & LONG_AF;
		}
		table = low & ~0xfffu;
		if (!in_ram(table))
			return false;
		index = (level == 1 ? va >> 21 : va >> 12) % 512u;
	}
	return false;
}

bool
tables_walk(uint32_t space, uint32_t va, uint32_t *pa)
{
	return is_long(space) ? walk_long(space, va, pa) : walk_short(space, va, pa);
}
