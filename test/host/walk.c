// SPDX-License-Identifier: MIT
// uses: mmu/walk.c
//
// mmu_walk and mmu_check against the manual's tables (ARM ARM B3.5 to B3.8, B3.13),
// which are written out here once more, as literals and without mmu/pte.h, so
// that a slip in either shows.
#include <stdlib.h>
#include <string.h>
#include "mmu/pte.h"
#include "mmu/quick.h"
#include "mmu/walk.h"
#include "test/host/check.h"

#define RAM      0x40000000u
#define RAM_SIZE 0x00200000u
#define TABLE0   (RAM + 0x100000u)
#define TABLE1   (RAM + 0x108000u)
#define PAGES    (RAM + 0x10c400u) // a second-level table, 1 KiB-aligned only

// AP[2:0] in the places that each kind of descriptor has for it, and so on.
#define SECT_AP(ap)   (((ap)&3u) << 10 | ((ap) >> 2 & 1u) << 15)
#define PAGE_AP(ap)   (((ap)&3u) << 4 | ((ap) >> 2 & 1u) << 9)
#define SECT_TYPE(t)  (((t)&3u) << 2 | ((t) >> 2) << 12)
#define SMALL_TYPE(t) (((t)&3u) << 2 | ((t) >> 2) << 6)
#define LARGE_TYPE(t) SECT_TYPE(t)

#define CLIENTS 0x55555555u

static struct gmem mem;
static struct mmu_regs regs;
static struct mmu_xlat x;

static void
put(uint32_t gpa, uint32_t word)
{
	memcpy((char *)mem.host.v + (gpa - RAM), &word, sizeof(word));
}

// Empties the tables and turns the MMU on, with everything else off.
static void
fresh(const char *name)
{
	check_case(name);
	memset((void *)mem.host.v, 0, RAM_SIZE);
	regs = (struct mmu_regs){.core = MMU_PXN, .sctlr = SCTLR_M, .dacr = CLIENTS};
	regs.ttbr0 = TABLE0 | 0x4a;
	regs.ttbr1 = TABLE1 | 0x4a;
}

static void
put_l1(uint32_t va, uint32_t d)
{
	put(TABLE0 + (va >> 20) * 4, d);
}

// Maps the page of va by d, through a table in domain 5 with these other bits.
static void
put_page(uint32_t va, uint32_t l1_bits, uint32_t d)
{
	put_l1(va, PAGES | 5u << 5 | l1_bits | 1u);
	put(PAGES + (va >> 12 & 255u) * 4, d);
}

static uint32_t
walk(uint32_t va)
{
	memset(&x, 0xa5, sizeof(x));
	return mmu_walk(&regs, &mem, GVA(va), &x);
}

// Checks that va goes to gpa in a mapping of 1 << shift bytes.
static void
expect(uint32_t va, uint32_t gpa, unsigned shift, unsigned domain)
{
	CHECK_EQ(walk(va), FS_NONE);
	CHECK_EQ(x.gpa.v, gpa);
	CHECK_EQ(x.shift, shift);
	CHECK_EQ(x.domain, domain);
	CHECK(!x.flat);
}

static void
expect_flags(bool xn, bool pxn, bool ng, bool shareable)
{
	CHECK_EQ(x.xn, xn);
	CHECK_EQ(x.pxn, pxn);
	CHECK_EQ(x.ng, ng);
	CHECK_EQ(x.shareable, shareable);
}

static void
test_flat(void)
{
	fresh("MMU off");
	regs.sctlr = SCTLR_AFE | SCTLR_TRE | SCTLR_WXN;
	regs.ttbcr = 7 | TTBCR_PD0 | TTBCR_PD1;
	regs.dacr = 0;
	CHECK_EQ(walk(0xfedcba98), FS_NONE);
	CHECK_EQ(x.gpa.v, 0xfedcba98);
	CHECK(x.flat && x.normal && !x.xn && !x.pxn && !x.ng);
	CHECK_EQ(x.shift, 20);
	CHECK_EQ(x.tex_cb, 0x07);
	for (enum mmu_access a = MMU_READ; a <= MMU_EXEC; a++) {
		CHECK_EQ(mmu_check(&regs, &x, a, false), FS_NONE);
		CHECK_EQ(mmu_check(&regs, &x, a, true), FS_NONE);
	}
}

static void
test_section(void)
{
	fresh("section");
	put_l1(0x12345678, 0x87600002 | 9u << 5 | SECT_AP(3) | SECT_TYPE(7));
	expect(0x12345678, 0x87645678, 20, 9);
	CHECK_EQ(x.ap, 3);
	expect_flags(false, false, false, false);
	put_l1(0x12345678, 0x87600002 | 0x1fu << 5 | SECT_TYPE(7)); // bit 9 is IMPLEMENTATION DEFINED
	expect(0x123fffff, 0x876fffff, 20, 15);

	static const struct {
		const char *name;
		uint32_t bits;
		bool xn, pxn, ng, s;
	} flag[] = {
	    {"section XN", 1u << 4, true, false, false, false},
	    {"section PXN (type 3)", 1u << 0, false, true, false, false},
	    {"section nG", 1u << 17, false, false, true, false},
	    {"section S", 1u << 16, false, false, false, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(flag); i++) {
		fresh(flag[i].name);
		put_l1(0xfff00000, 0xfff00002 | SECT_TYPE(7) | flag[i].bits);
		expect(0xffffffff, 0xffffffff, 20, 0);
		expect_flags(flag[i].xn, flag[i].pxn, flag[i].ng, flag[i].s);
	}
}

static void
test_supersection(void)
{
	fresh("supersection");
	put_l1(0xabcdef01, 0x42000002 | 1u << 18 | SECT_AP(5) | SECT_TYPE(7) | 1u << 4 | 1u << 17);
	expect(0xabcdef01, 0x42cdef01, 24, 0);
	CHECK_EQ(x.ap, 5);
	expect_flags(true, false, true, false);

	fresh("supersection above 4 GiB");
	for (unsigned b = 0; b < 8; b++) { // PA[35:32] are bits 23:20, PA[39:36] bits 8:5
		put_l1(0xabcdef01, 0x42000002 | 1u << 18 | SECT_AP(7) | 1u << (b < 4 ? 20 + b : 1 + b));
		expect(0xabcdef01, 0x42cdef01, 24, 0);
		CHECK_EQ(x.high, 1u << b);
		CHECK_EQ(mmu_check(&regs, &x, MMU_READ, true), FS_SYNC_EXTERNAL);
		CHECK_EQ(mmu_check(&regs, &x, MMU_WRITE, true), FS_PERMISSION_1);
	}
	regs.dacr = 3;
	CHECK_EQ(mmu_check(&regs, &x, MMU_WRITE, true), FS_SYNC_EXTERNAL);
	regs.dacr = 0;
	CHECK_EQ(mmu_check(&regs, &x, MMU_WRITE, true), FS_DOMAIN_1);
}

static void
test_pages(void)
{
	fresh("small page");
	put_page(0xc0123456, 0, 0x98765002 | PAGE_AP(6) | SMALL_TYPE(7));
	expect(0xc0123456, 0x98765456, 12, 5);
	CHECK_EQ(x.ap, 6);
	expect_flags(false, false, false, false);
	put_page(0xc01ff456, 0, 0x98765002 | PAGE_AP(1)); // the table's last entry
	expect(0xc01ff456, 0x98765456, 12, 5);

	fresh("large page");
	put_page(0xc0123456, 0, 0x98760001 | PAGE_AP(5) | LARGE_TYPE(7));
	expect(0xc0123456, 0x98763456, 16, 5);
	CHECK_EQ(x.ap, 5);
	expect_flags(false, false, false, false);

	static const struct {
		const char *name;
		uint32_t l1, d;
		bool xn, pxn, ng, s;
	} flag[] = {
	    {"small XN", 0, 0x98765003 | SMALL_TYPE(7), true, false, false, false},
	    {"small nG", 0, 0x98765802 | SMALL_TYPE(7), false, false, true, false},
	    {"small S", 0, 0x98765402 | SMALL_TYPE(7), false, false, false, true},
	    {"small PXN", 1u << 2, 0x98765002 | SMALL_TYPE(7), false, true, false, false},
	    {"small, table's NS", 1u << 3, 0x98765002 | SMALL_TYPE(7), false, false, false, false},
	    {"large XN", 0, 0x98768001 | LARGE_TYPE(7), true, false, false, false},
	    {"large nG", 0, 0x98760801 | LARGE_TYPE(7), false, false, true, false},
	    {"large S", 0, 0x98760401 | LARGE_TYPE(7), false, false, false, true},
	    {"large PXN", 1u << 2, 0x98760001 | LARGE_TYPE(7), false, true, false, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(flag); i++) {
		fresh(flag[i].name);
		put_page(0x00105abc, flag[i].l1, flag[i].d);
		CHECK_EQ(walk(0x00105abc), FS_NONE);
		CHECK_EQ(x.gpa.v, 0x98765abc);
		expect_flags(flag[i].xn, flag[i].pxn, flag[i].ng, flag[i].s);
	}
}

static void
test_walk_faults(void)
{
	fresh("no first-level entry");
	put_l1(0x00100000, 0xfffffffc);
	CHECK_EQ(walk(0x00100000), FS_TRANSLATION_1);
	CHECK_EQ(x.domain, 0);

	fresh("no second-level entry");
	put_page(0x00100000, 0, 0xfffffffc);
	CHECK_EQ(walk(0x00100000), FS_TRANSLATION_2);
	CHECK_EQ(x.domain, 5);

	fresh("first-level table outside RAM");
	regs.ttbr0 = RAM - 0x4000;
	CHECK_EQ(walk(0xfff00000), FS_EXTERNAL_WALK_1);
	regs.ttbr0 = RAM + RAM_SIZE;
	CHECK_EQ(walk(0), FS_EXTERNAL_WALK_1);
	regs.ttbr0 = RAM + RAM_SIZE - 0x4000; // the last that fits
	CHECK_EQ(walk(0xfff00000), FS_TRANSLATION_1);

	fresh("second-level table outside RAM");
	put_l1(0, (RAM - 0x400) | 5u << 5 | 1u);
	CHECK_EQ(walk(0xff000), FS_EXTERNAL_WALK_2);
	CHECK_EQ(x.domain, 5);
	put_l1(0, (RAM + RAM_SIZE) | 1u);
	CHECK_EQ(walk(0), FS_EXTERNAL_WALK_2);
	put_l1(0, (RAM + RAM_SIZE - 0x400) | 1u);
	CHECK_EQ(walk(0xff000), FS_TRANSLATION_2);
}

// For each N: just below and at the border, and in the last MiB.
static void
test_split(void)
{
	static const char *const name[] = {"N = 0", "N = 1", "N = 2", "N = 3", "N = 4", "N = 5", "N = 6", "N = 7"};

	for (unsigned n = 0; n < 8; n++) {
		uint32_t border = n ? 1u << (32 - n) : 0;
		uint32_t table0 = TABLE0 + (n ? 0x4000u >> n : 0); // as little aligned as allowed

		fresh(name[n]);
		regs.ttbcr = n;
		regs.ttbr0 = table0 | ((0x4000u >> n) - 1); // attributes and what is ignored
		regs.ttbr1 = TABLE1 | 0x3fff;
		for (unsigned i = 0; i < (4096u >> n); i++)
			put(table0 + i * 4, 0xa0000002);
		put(TABLE1 + (border >> 18), 0xb0000002);
		put(TABLE1 + 0xfff * 4, 0xc0000002);
		expect(0, 0xa0000000, 20, 0);
		expect(border - 1, 0xa00fffff, 20, 0);
		if (n) {
			expect(border, 0xb0000000, 20, 0);
			expect(0xffffffff, 0xc00fffff, 20, 0);
		}
		regs.ttbcr = n | TTBCR_PD0;
		CHECK_EQ(walk(border - 1), FS_TRANSLATION_1);
		CHECK_EQ(x.domain, 0);
		if (n)
			expect(border, 0xb0000000, 20, 0);
		regs.ttbcr = n | TTBCR_PD1;
		expect(border - 1, 0xa00fffff, 20, 0);
		if (n)
			CHECK_EQ(walk(border), FS_TRANSLATION_1);
	}
}

static void
test_ee(void)
{
	fresh("SCTLR.EE");
	regs.sctlr |= SCTLR_EE;
	put_l1(0x00100000, __builtin_bswap32(0x87600002 | 3u << 5));
	expect(0x00145678, 0x87645678, 20, 3);
	put_l1(0x00200000, __builtin_bswap32(PAGES | 4u << 5 | 1u));
	put(PAGES + 0x45 * 4, __builtin_bswap32(0x98765002));
	expect(0x00245678, 0x98765678, 12, 4);
}

// B3.7.1: for AP 0 to 7, what each of the accesses comes to.
struct rights_row {
	unsigned ap;
	const char *pl1, *pl0; // r and w if allowed
};

static const struct rights_row full[] = {
    {0, "", ""}, {1, "rw", ""}, {2, "rw", "r"}, {3, "rw", "rw"},
    {4, "", ""}, {5, "r", ""},  {6, "r", "r"},  {7, "r", "r"},
};

// With SCTLR.AFE, access flag set.
static const struct rights_row simplified[] = {{1, "rw", ""}, {3, "rw", "rw"}, {5, "r", ""}, {7, "r", "r"}};

static void
check_row(const struct rights_row *row, uint32_t fault)
{
	for (int priv = 0; priv < 2; priv++) {
		const char *can = priv ? row->pl1 : row->pl0;
		bool rd = strchr(can, 'r'), wr = strchr(can, 'w');

		CHECK_EQ(mmu_check(&regs, &x, MMU_READ, priv), rd ? FS_NONE : fault);
		CHECK_EQ(mmu_check(&regs, &x, MMU_WRITE, priv), wr ? FS_NONE : fault);
		CHECK_EQ(mmu_check(&regs, &x, MMU_EXEC, priv), rd ? FS_NONE : fault);
	}
}

static void
check_rows(const char *name, const struct rights_row *row, size_t n, uint32_t sctlr)
{
	for (size_t i = 0; i < n; i++) {
		unsigned ap = row[i].ap;

		fresh(name);
		regs.sctlr |= sctlr;
		put_l1(0, 0x00000002 | SECT_AP(ap));
		CHECK_EQ(walk(0), FS_NONE);
		CHECK_EQ(x.ap, ap);
		check_row(&row[i], FS_PERMISSION_1);
		put_l1(0, 0x00040002 | SECT_AP(ap));
		CHECK_EQ(walk(0), FS_NONE);
		check_row(&row[i], FS_PERMISSION_1);
		put_page(0, 0, 0x00000002 | PAGE_AP(ap));
		CHECK_EQ(walk(0), FS_NONE);
		CHECK_EQ(x.ap, ap);
		check_row(&row[i], FS_PERMISSION_2);
		put_page(0, 0, 0x00000001 | PAGE_AP(ap));
		CHECK_EQ(walk(0), FS_NONE);
		check_row(&row[i], FS_PERMISSION_2);
	}
}

// What each kind of access to va comes to, for both levels of privilege.
static void
check_all(uint32_t va, uint32_t fault)
{
	CHECK_EQ(walk(va), FS_NONE);
	for (enum mmu_access a = MMU_READ; a <= MMU_EXEC; a++) {
		CHECK_EQ(mmu_check(&regs, &x, a, false), fault);
		CHECK_EQ(mmu_check(&regs, &x, a, true), fault);
	}
}

static void
test_access_flag(void)
{
	for (unsigned ap = 0; ap < 8; ap += 2) {
		for (uint32_t value = 0; value < 4; value++) {
			fresh("access flag clear");
			regs.sctlr |= SCTLR_AFE;
			regs.dacr = value * CLIENTS; // no matter who manages it, or may not
			put_l1(0, 0x00000012 | 7u << 5 | SECT_AP(ap));
			check_all(0, FS_ACCESS_1);
			CHECK_EQ(x.domain, 7);
			put_l1(0, 0x00040002 | SECT_AP(ap));
			check_all(0, FS_ACCESS_1);
			put_page(0, 0, 0x00000003 | PAGE_AP(ap));
			check_all(0, FS_ACCESS_2);
			CHECK_EQ(x.domain, 5);
			put_page(0, 0, 0x00000001 | PAGE_AP(ap));
			check_all(0, FS_ACCESS_2);
		}
	}
}

// The order of checks that QEMU has: domain, then the second level, XN, access flag, permission.
static void
test_early_domain(void)
{
	fresh("early domain: second level");
	regs.core |= MMU_EARLY_DOMAIN;
	for (uint32_t value = 0; value < 4; value++) {
		regs.dacr = value * CLIENTS;
		put_page(0x00100000, 0, 0);
		CHECK_EQ(walk(0x00100000), value & 1 ? FS_TRANSLATION_2 : FS_DOMAIN_2);
		CHECK_EQ(x.domain, 5);
		put_l1(0x00100000, (RAM - 0x400) | 9u << 5 | 1u);
		CHECK_EQ(walk(0x00100000), value & 1 ? FS_EXTERNAL_WALK_2 : FS_DOMAIN_2);
		CHECK_EQ(x.domain, 9);
		CHECK_EQ(walk(0x00200000), FS_TRANSLATION_1);
	}

	fresh("early domain: access flag");
	regs.core |= MMU_EARLY_DOMAIN;
	regs.sctlr |= SCTLR_AFE;
	for (uint32_t value = 0; value < 4; value++) {
		static const uint32_t fault[2][4] = {{FS_DOMAIN_1, FS_ACCESS_1, FS_DOMAIN_1, FS_NONE},
						     {FS_DOMAIN_2, FS_ACCESS_2, FS_DOMAIN_2, FS_NONE}};

		regs.dacr = value * CLIENTS;
		put_l1(0, 0x00000002 | SECT_AP(2));
		check_all(0, fault[0][value]);
		put_page(0x00100000, 0, 0x00000002 | PAGE_AP(2));
		check_all(0x00100000, fault[1][value]);
		put_l1(0, 0x00000012 | SECT_AP(2));
		CHECK_EQ(walk(0), FS_NONE);
		CHECK_EQ(mmu_check(&regs, &x, MMU_EXEC, false), value == 1 ? FS_PERMISSION_1 : fault[0][value]);
		CHECK_EQ(mmu_check(&regs, &x, MMU_READ, false), fault[0][value]);
	}
}

static void
test_no_pxn(void)
{
	fresh("core without PXN");
	regs.core = 0;
	put_l1(0, 0x00000003 | SECT_AP(3));
	CHECK_EQ(walk(0), FS_TRANSLATION_1);
	CHECK_EQ(x.domain, 0);
	put_page(0, 1u << 2, 0x00000002 | PAGE_AP(3));
	check_all(0, FS_NONE);
}

static void
check_exec(bool pl0, bool pl1, uint32_t fault)
{
	CHECK_EQ(mmu_check(&regs, &x, MMU_EXEC, false), pl0 ? FS_NONE : fault);
	CHECK_EQ(mmu_check(&regs, &x, MMU_EXEC, true), pl1 ? FS_NONE : fault);
	CHECK_EQ(mmu_check(&regs, &x, MMU_READ, false), FS_NONE);
	CHECK_EQ(mmu_check(&regs, &x, MMU_WRITE, true), FS_NONE);
}

static void
test_execute_never(void)
{
	fresh("XN denies both");
	put_l1(0, 0x00000012 | SECT_AP(3));
	CHECK_EQ(walk(0), FS_NONE);
	check_exec(false, false, FS_PERMISSION_1);
	put_page(0, 0, 0x00000003 | PAGE_AP(3));
	CHECK_EQ(walk(0), FS_NONE);
	check_exec(false, false, FS_PERMISSION_2);

	fresh("PXN denies PL1");
	put_l1(0, 0x00000003 | SECT_AP(3));
	CHECK_EQ(walk(0), FS_NONE);
	check_exec(true, false, FS_PERMISSION_1);
	put_page(0, 1u << 2, 0x00000002 | PAGE_AP(3));
	CHECK_EQ(walk(0), FS_NONE);
	check_exec(true, false, FS_PERMISSION_2);

	fresh("WXN and UWXN are for long descriptors only");
	put_l1(0, 0x00000002 | SECT_AP(3));
	regs.sctlr |= SCTLR_WXN | SCTLR_UWXN;
	CHECK_EQ(walk(0), FS_NONE);
	check_exec(true, true, FS_PERMISSION_1);
}

// Each domain with each value, all others being different.
static void
test_domains(void)
{
	for (uint32_t value = 0; value < 4; value++) {
		fresh("domain no access / client / reserved / manager");
		regs.sctlr |= SCTLR_WXN;
		for (uint32_t dom = 0; dom < 16; dom++) {
			// Nothing is permitted, nor executable.
			put_l1(0, 0x00000013 | dom << 5);
			put(TABLE0 + 4, PAGES | dom << 5 | 1u << 2 | 1u);
			put(PAGES, 0x00000003);
			regs.dacr = (((value + 1) & 3) * CLIENTS & ~(3u << 2 * dom)) | value << 2 * dom;
			for (uint32_t page = 0; page < 2; page++) {
				static const uint32_t fault[4][2] = {{FS_DOMAIN_1, FS_DOMAIN_2},
								     {FS_PERMISSION_1, FS_PERMISSION_2},
								     {FS_DOMAIN_1, FS_DOMAIN_2},
								     {FS_NONE, FS_NONE}};
				CHECK_EQ(walk(page << 20), FS_NONE);
				CHECK_EQ(x.domain, dom);
				for (enum mmu_access a = MMU_READ; a <= MMU_EXEC; a++) {
					CHECK_EQ(mmu_check(&regs, &x, a, false), fault[value][page]);
					CHECK_EQ(mmu_check(&regs, &x, a, true), fault[value][page]);
				}
			}
		}
	}

	fresh("supersection is in domain 0");
	put_l1(0, 0x00040002 | SECT_AP(3));
	regs.dacr = 0xfffffffc;
	CHECK_EQ(walk(0), FS_NONE);
	CHECK_EQ(mmu_check(&regs, &x, MMU_READ, true), FS_DOMAIN_1);
}

static void
check_type(bool normal, bool shareable, uint32_t tex_cb)
{
	CHECK_EQ(x.normal, normal);
	CHECK_EQ(x.shareable, shareable);
	CHECK_EQ(x.tex_cb, tex_cb);
}

// Walks a section, a small and a large page of one type; all three must agree.
static void
check_types(uint32_t type, bool s, bool normal, bool shareable, uint32_t tex_cb)
{
	put_l1(0, 0x00000002 | SECT_TYPE(type) | (uint32_t)s << 16);
	CHECK_EQ(walk(0), FS_NONE);
	check_type(normal, shareable, tex_cb);
	put_page(0, 0, 0x00000002 | SMALL_TYPE(type) | (uint32_t)s << 10);
	CHECK_EQ(walk(0), FS_NONE);
	check_type(normal, shareable, tex_cb);
	put_page(0, 0, 0x00000001 | LARGE_TYPE(type) | (uint32_t)s << 10);
	CHECK_EQ(walk(0), FS_NONE);
	check_type(normal, shareable, tex_cb);
}

// Table B3-10: o Strongly-ordered, d Device, n its non-shareable kind, N Normal, - reserved.
static void
test_types_direct(void)
{
	static const char kind[] = "odNN"
				   "N--N"
				   "n---"
				   "----"
				   "NNNNNNNNNNNNNNNN";

	for (uint32_t type = 0; type < 32; type++) {
		fresh("memory type without remap");
		for (int s = 0; s < 2; s++) {
			switch (kind[type]) {
			case 'N':
				check_types(type, s, true, s, type);
				break;
			case 'd':
				check_types(type, s, false, true, 0x01);
				break;
			case 'n':
				check_types(type, s, false, false, 0x08);
				break;
			default:
				check_types(type, s, false, true, 0x00);
			}
		}
	}
}

// Region n alone has what is tried; all others have the inverse. TEX[2:1] count for nothing.
static void
test_types_remapped(void)
{
	for (uint32_t n = 0; n < 8; n++) {
		fresh("memory type with remap");
		regs.sctlr |= SCTLR_TRE;
		for (uint32_t i = 0; i < 64; i++) {
			uint32_t tr = i & 3, ir = i >> 2 & 3, or = i >> 4;
			uint32_t one = 3u << 2 * n, type = n | (i & 3) << 3;

			regs.prrr = (~(tr * 0x5555u) & 0xffff & ~one) | tr << 2 * n;
			regs.nmrr = ~(ir * 0x5555u | or *0x55550000u);
			regs.nmrr = (regs.nmrr & ~(one | one << 16)) | ir << 2 * n | or << (2 * n + 16);
			for (uint32_t sh = 0; sh < 16; sh++) {
				for (int s = 0; s < 2; s++) {
					bool ds = sh >> s & 1, ns = sh >> (2 + s) & 1;

					regs.prrr = (regs.prrr & 0xffff) | sh << 16 | (i & 1 ? 0xff000000 : 0);
					if (tr == 2)
						check_types(type, s, true, ns, 0x10 | or << 2 | ir);
					else if (tr == 1)
						check_types(type, s, false, ds, ds ? 0x01 : 0x08);
					else
						check_types(type, s, false, true, 0x00);
				}
			}
		}
	}

	// What Linux sets up: WRITEBACK (3), WRITEALLOC (7), UNCACHED (0), BUFFERABLE (1).
	fresh("Linux's PRRR and NMRR");
	regs.sctlr |= SCTLR_TRE;
	regs.prrr = 0xff0a81a8;
	regs.nmrr = 0x40e040e0;
	check_types(0, false, false, true, 0x00);
	check_types(1, true, true, true, 0x10);
	check_types(3, true, true, true, 0x1f);
	check_types(7, true, true, true, 0x15);
	check_types(4, true, false, true, 0x01);
}

// Long descriptors: where tables are put, and the attributes of what is good.
#define LONG1 (RAM + 0x10000u)
#define LONG2 (RAM + 0x11000u)
#define LONG3 (RAM + 0x12000u)
#define GOOD  (LONG_VALID | LONG_AF | LONG_AP_USER | 3ull << 8)

static void
put_long(uint32_t gpa, uint64_t d)
{
	put(gpa, (uint32_t)d);
	put(gpa + 4, (uint32_t)(d >> 32));
}

// One table at each level, for the GiB at 0: 2 MiB blocks at 2 MiB, pages at 0x5000.
static void
fresh_long(const char *name)
{
	fresh(name);
	regs.ttbcr = TTBCR_EAE;
	regs.ttbr0 = LONG1;
	regs.dacr = 0;
	regs.prrr = 0x0000ff04; // Device, then Normal
	put_long(LONG1, LONG2 | 3);
	put_long(LONG2, LONG3 | 3);
	put_long(LONG2 + 8, 0x87600000 | GOOD | 1 << LONG_ATTR_SHIFT);
	put_long(LONG3 + 5 * 8, 0x12345000 | GOOD | LONG_TABLE | 1 << LONG_ATTR_SHIFT);
}

static void
test_long(void)
{
	fresh_long("long descriptors: pages and blocks");
	expect(0x5678, 0x12345678, 12, 0);
	CHECK(x.normal && x.shareable && !x.xn && !x.pxn && !x.ng);
	expect(0x0032abcd, 0x8772abcd, 21, 0);
	put_long(LONG1 + 8, 0x80000000 | GOOD | LONG_NG | LONG_XN);
	expect(0x7fedcba8, 0xbfedcba8, 30, 0);
	CHECK(!x.normal && x.xn && x.ng);
	CHECK_EQ(x.tex_cb, 0x01);

	check_case("long descriptors: faults by level");
	CHECK_EQ(walk(0x80000000), FS_LONG_TRANSLATION + 1);
	CHECK_EQ(walk(0x00400000), FS_LONG_TRANSLATION + 2);
	CHECK_EQ(walk(0x6000), FS_LONG_TRANSLATION + 3);
	put_long(LONG3 + 6 * 8, 0x12345000 | GOOD); // reserved at this level
	CHECK_EQ(walk(0x6000), FS_LONG_TRANSLATION + 3);
	put_long(LONG3 + 6 * 8, (0x12345000 | GOOD | LONG_TABLE) & ~LONG_AF);
	check_all(0x6000, FS_LONG_ACCESS + 3);
	put_long(LONG3 + 6 * 8, 0x112345000 | GOOD | LONG_TABLE);
	check_all(0x6000, FS_LONG_SYNC_EXTERNAL);
	CHECK_EQ(x.gpa.v, 0x12345000);
	CHECK_EQ(x.high, 1);
	put_long(LONG3 + 6 * 8, 0x112345000 | GOOD | LONG_TABLE | LONG_AP_RO);
	CHECK_EQ(walk(0x6000), FS_NONE);
	CHECK_EQ(mmu_check(&regs, &x, MMU_WRITE, true), FS_LONG_PERMISSION + 3);
	put_long(LONG2, 0x100000000 | LONG3 | 3);
	CHECK_EQ(walk(0x5000), FS_LONG_EXTERNAL_WALK + 3);
	put_long(LONG2, (RAM - 0x1000) | 3);
	CHECK_EQ(walk(0x5000), FS_LONG_EXTERNAL_WALK + 3);
	regs.ttbr0_high = 1;
	CHECK_EQ(walk(0x5000), FS_LONG_EXTERNAL_WALK + 1);
	regs.ttbr0_high = 0x00450000; // an ASID
	CHECK_EQ(walk(0x00400000), FS_LONG_TRANSLATION + 2);
	CHECK_EQ(mmu_asid(&regs), 0x45);
	regs.ttbcr |= TTBCR_A1;
	CHECK_EQ(mmu_asid(&regs), 0);
}

static void
test_long_rights(void)
{
	static const struct {
		uint64_t page, table;
		bool user_r, user_w, kernel_w;
	} rows[] = {
	    {0, 0, false, false, true},
	    {LONG_AP_USER, 0, true, true, true},
	    {LONG_AP_RO, 0, false, false, false},
	    {LONG_AP_USER | LONG_AP_RO, 0, true, false, false},
	    {LONG_AP_USER, LONG_APTABLE_RO, true, false, false},
	    {LONG_AP_USER, LONG_APTABLE_NO_USER, false, false, true},
	};

	fresh_long("long descriptors: rights");
	for (unsigned n = 0; n < ARRAY_LEN(rows); n++) {
		put_long(LONG2, LONG3 | 3 | rows[n].table);
		put_long(LONG3 + 5 * 8, 0x12345000 | LONG_VALID | LONG_TABLE | LONG_AF | rows[n].page);
		CHECK_EQ(walk(0x5000), FS_NONE);
		CHECK_EQ(mmu_check(&regs, &x, MMU_READ, true), FS_NONE);
		CHECK_EQ(mmu_check(&regs, &x, MMU_READ, false), rows[n].user_r ? 0 : FS_LONG_PERMISSION + 3);
		CHECK_EQ(mmu_check(&regs, &x, MMU_WRITE, false), rows[n].user_w ? 0 : FS_LONG_PERMISSION + 3);
		CHECK_EQ(mmu_check(&regs, &x, MMU_WRITE, true), rows[n].kernel_w ? 0 : FS_LONG_PERMISSION + 3);
	}
	put_long(LONG2, LONG3 | 3 | LONG_XNTABLE | LONG_PXNTABLE);
	CHECK_EQ(walk(0x5000), FS_NONE);
	CHECK(x.xn && x.pxn);

	check_case("long descriptors: WXN goes by what the level may write, UWXN by what PL0 may");
	put_long(LONG2, LONG3 | 3);
	for (unsigned n = 0; n < 4; n++) {
		bool kernel_w = !(rows[n].page & LONG_AP_RO), user_r = rows[n].user_r, user_w = rows[n].user_w;

		put_long(LONG3 + 5 * 8, 0x12345000 | LONG_VALID | LONG_TABLE | LONG_AF | rows[n].page);
		CHECK_EQ(walk(0x5000), FS_NONE);
		regs.sctlr = SCTLR_M | SCTLR_WXN;
		CHECK_EQ(mmu_check(&regs, &x, MMU_EXEC, true), kernel_w ? FS_LONG_PERMISSION + 3 : 0);
		CHECK_EQ(mmu_check(&regs, &x, MMU_EXEC, false), user_r && !user_w ? 0 : FS_LONG_PERMISSION + 3);
		regs.sctlr = SCTLR_M | SCTLR_UWXN;
		CHECK_EQ(mmu_check(&regs, &x, MMU_EXEC, true), user_w ? FS_LONG_PERMISSION + 3 : 0);
		CHECK_EQ(mmu_check(&regs, &x, MMU_EXEC, false), user_r ? 0 : FS_LONG_PERMISSION + 3);
	}
}

static void
test_long_split(void)
{
	fresh_long("long descriptors: two tables");
	put_long(LONG1 + 3 * 8, LONG2 | 3); // both of the first lookup at level 1: the last GiB is TTBR1's
	regs.ttbcr = TTBCR_EAE | 2u << TTBCR_T1SZ_SHIFT;
	regs.ttbr1 = LONG2;
	expect(0xc0212345, 0x87612345, 21, 0);
	expect(0x5678, 0x12345678, 12, 0);
	CHECK_EQ(walk(0xbfffffff), FS_LONG_TRANSLATION + 1);
	regs.ttbcr |= TTBCR_EPD1;
	CHECK_EQ(walk(0xc0212345), FS_LONG_TRANSLATION + 1);
	regs.ttbcr = TTBCR_EAE | 3u; // 512 MiB below, the rest above, from level 1 there
	regs.ttbr0 = LONG2;
	regs.ttbr1 = LONG1;
	expect(0x00212345, 0x87612345, 21, 0);
	expect(0xc0005678, 0x12345678, 12, 0);
	CHECK_EQ(walk(0x20000000), FS_LONG_TRANSLATION + 2);
	regs.ttbcr = TTBCR_EAE | 3u | 3u << TTBCR_T1SZ_SHIFT; // nothing between
	regs.ttbr1 = LONG2;
	CHECK_EQ(walk(0x20000000), FS_LONG_TRANSLATION + 1);
	expect(0xe0212345, 0x87612345, 21, 0);
	regs.ttbcr |= TTBCR_EPD0;
	CHECK_EQ(walk(0x00212345), FS_LONG_TRANSLATION + 1);
}

// Descriptors, registers and addresses at random: what the quick walk says the long way says, too, and
// mmu_rights says what mmu_check does.
static void
test_quick(void)
{
	unsigned quick = 0;

	fresh("the quick walk");
	srandom(1);
	for (unsigned n = 0; n < 200000; n++) {
		uint32_t va = (uint32_t)random() << 1 & 0x7fffffff, can = 0, sum;
		bool privileged = random() & 1;
		struct mmu_xlat y;

		regs.sctlr = SCTLR_M | ((uint32_t)random() & SCTLR_TRE);
		if (!(random() & 7))
			regs.sctlr ^= (uint32_t)random() & (SCTLR_M | SCTLR_EE | SCTLR_AFE | SCTLR_WXN);
		regs.core = (uint32_t)random() & 3u;
		regs.ttbcr = random() & 15 ? 0 : (uint32_t)random() & 7u;
		regs.dacr = (uint32_t)random() << 1;
		regs.prrr = (uint32_t)random() << 1;
		put_l1(va,
		       random() & 1 ? PAGES | ((uint32_t)random() & 0x3e7u) | 1u : (uint32_t)random() << 1 ^ (n & 1));
		put(PAGES + (va >> 12 & 255u) * 4, (uint32_t)random() << 1 ^ (n >> 1 & 1));
		sum = walk(va);
		if (sum == FS_NONE)
			for (enum mmu_access a = MMU_READ; a <= MMU_EXEC; a++)
				CHECK_EQ(mmu_rights(&regs, &x, privileged) >> a & 1u,
					 mmu_check(&regs, &x, a, privileged) == FS_NONE);
		if (!mmu_walk_quick(&regs, &mem, GVA(va), privileged, &y, &can))
			continue;
		quick++;
		CHECK_EQ(sum, FS_NONE);
		CHECK_EQ(y.gpa.v, x.gpa.v);
		CHECK_EQ(y.shift, x.shift);
		CHECK_EQ(y.domain, x.domain);
		CHECK_EQ(y.ng, x.ng);
		CHECK_EQ(y.normal, x.normal);
		CHECK_EQ(can, mmu_rights(&regs, &x, privileged));
		if (check_state.failed)
			return;
	}
	CHECK(quick > 1000);
}

int
main(void)
{
	mem = (struct gmem){.base = GPA(RAM), .size = RAM_SIZE, .host = HPA(aligned_alloc(SECTION_SIZE, RAM_SIZE))};
	test_flat();
	test_section();
	test_supersection();
	test_pages();
	test_walk_faults();
	test_split();
	test_ee();
	check_rows("AP, full model", full, ARRAY_LEN(full), 0);
	check_rows("AP, simplified model", simplified, ARRAY_LEN(simplified), SCTLR_AFE);
	test_access_flag();
	test_early_domain();
	test_no_pxn();
	test_execute_never();
	test_domains();
	test_types_direct();
	test_types_remapped();
	test_long();
	test_long_rights();
	test_long_split();
	test_quick();
	free((void *)mem.host.v);
	return check_done("walk");
}
