// SPDX-License-Identifier: MIT
// uses:
//
// The monitor's own tables, entry by entry: nothing in them is for PL0, nothing but code can be executed, all of it is
// in the monitor's domain, and the window is all that the guest's tables share. Descriptors are taken apart by
// literals. The source is included, for its tables are its own.
#include <string.h>
#include "monitor/board/host_mmu.c"
#include "test/host/check.h"
#include "test/host/fake_arch.h"

#define RAM       0x40000000u
#define IMAGE     0x40010000u
#define IMAGE_END 0x40130000u
#define PLACE     (WINDOW_DEFAULT - 0x12300000u)

// What the linker script and the window's assembly have.
const uint8_t __window_start[64];
extern const uint8_t __window_end[64] __attribute__((alias("__window_start")));
// And what starting a core needs besides.
void hostcore_setup(uint32_t gicd);
void early_begin(void);

__attribute__((weak)) void
hostcore_setup(uint32_t gicd)
{
	(void)gicd;
}

__attribute__((weak)) void
early_begin(void)
{
}

static struct host h;

static uint32_t
ap(uint32_t d)
{
	return (d >> 10 & 3u) | (d >> 13 & 4u);
}

// One section of the flat map: privileged, the monitor's domain and ASID.
static void
check_section(uint32_t i, bool device, bool exec)
{
	uint32_t d = flat_l1[i];

	CHECK_EQ(d & 3u, 2);
	CHECK_EQ(d >> 20, i);
	CHECK_EQ(ap(d), 1);
	CHECK_EQ(d >> 5 & 15u, 15);
	CHECK_EQ(d >> 17 & 1u, 1);    // nG
	CHECK_EQ(d >> 4 & 1u, !exec); // XN
	CHECK_EQ(d >> 18 & 1u, 0);    // no supersection
	CHECK_EQ(d & 0x1700cu, device ? 0x00004u : 0x1100cu);
}

static void
test_flat(void)
{
	unsigned mapped = 0;

	check_case("the flat map has RAM and the devices it needs, for PL1 alone, and of RAM the image executable");
	h.n_ram = 2;
	h.ram[0] = (struct host_range){RAM, 0x00800000};
	h.ram[1] = (struct host_range){0x60000000, 0x00180000}; // to the middle of a section
	h.uart = 0x09000000;
	h.gicd = 0x08000000;
	h.gicc = 0x08010000;
	sysreg_fake[SYSREG_sctlr] = 0;
	host_mmu_init(&h, IMAGE, IMAGE_END, __window_start);
	for (uint32_t i = RAM >> 20; i < (RAM >> 20) + 8u; i++)
		check_section(i, false, i >= IMAGE >> 20 && i <= IMAGE_END >> 20);
	check_section(0x600, false, false);
	check_section(0x601, false, false);
	check_section(0x090, true, false);
	check_section(0x080, true, false);
	for (uint32_t i = 0; i < 4096; i++) {
		mapped += flat_l1[i] != 0;
		CHECK_EQ(host_mmu_maps(i << 20), flat_l1[i] != 0);
		CHECK_EQ(window_l1[i] | exclusive_l1[i], 0);
	}
	CHECK_EQ(mapped, 12);

	check_case("MMU and caches are on, in the monitor's domain and ASID");
	CHECK_EQ(sysreg_fake[SYSREG_sctlr] & 0x1805u, 0x1805u);
	CHECK_EQ(sysreg_fake[SYSREG_dacr], 0x40000000u);
	CHECK_EQ(sysreg_fake[SYSREG_contextidr], 1);
	CHECK_EQ(sysreg_fake[SYSREG_ttbcr], 0);
	CHECK_EQ(sysreg_fake[SYSREG_ttbr0], host_mmu_ttbr0());
}

static void
check_page(unsigned i, uint32_t page_ap, uint32_t xn)
{
	uint32_t d = window_l2[i];

	CHECK(d & 2u);
	CHECK_EQ(d & 1u, xn);
	CHECK_EQ((d >> 4 & 3u) | (d >> 7 & 4u), page_ap);
	CHECK_EQ(d >> 11 & 1u, 0); // global: the same in every view
	CHECK_EQ(d >> 10 & 1u, 1);
}

static void
test_window(void)
{
	uint32_t vcpu = 0x40400000u, words = 0x40500000u, first = WINDOW_VCPU / 4096, table = WINDOW_WORDS / 4096;
	uint32_t l1 = host_mmu_window(WINDOW_DEFAULT, HPA(vcpu), HPA(words));
	unsigned before;

	check_case(
	    "the window is PL1's, its code and words read-only, its data not executable, and nothing else is in it");
	CHECK_EQ(l1 & 3u, 1);
	CHECK_EQ(l1 >> 5 & 15u, 15);
	for (unsigned i = 0; i < 256; i++) {
		if (i < WINDOW_CODE_SIZE / 4096) {
			check_page(i, 5, 0);
		} else if (i >= first && i < first + WINDOW_VCPU_SIZE / 4096) {
			check_page(i, 1, 1);
			CHECK_EQ(window_l2[i] & ~0xfffu, vcpu + (i - first) * 4096u);
		} else if (i >= table && i < table + WINDOW_WORDS_SIZE / 4096) {
			check_page(i, 5, 1);
			CHECK_EQ(window_l2[i] & ~0xfffu, words + (i - table) * 4096u);
		} else {
			CHECK_EQ(window_l2[i], 0);
		}
	}
	CHECK_EQ(flat_l1[WINDOW_DEFAULT >> 20], l1);
	CHECK_EQ(window_l1[WINDOW_DEFAULT >> 20], l1);
	CHECK_EQ(exclusive_l1[WINDOW_DEFAULT >> 20], l1);

	check_case("it moves, and leaves nothing behind, in the TLB neither");
	before = fake_arch.tlbi_all;
	CHECK_EQ(host_mmu_window(PLACE, HPA(vcpu), HPA(words)), l1);
	CHECK(fake_arch.tlbi_all > before);
	CHECK_EQ(flat_l1[PLACE >> 20], l1);
	CHECK_EQ(window_l1[PLACE >> 20], l1);
	CHECK_EQ(exclusive_l1[PLACE >> 20], l1);
	for (uint32_t i = 0; i < 4096; i++) {
		CHECK_EQ(window_l1[i], i == PLACE >> 20 ? l1 : 0);
		CHECK_EQ(exclusive_l1[i], i == PLACE >> 20 ? l1 : 0);
	}
	CHECK(!host_mmu_maps(WINDOW_DEFAULT) && host_mmu_maps(PLACE));
}

int
main(void)
{
	test_flat();
	test_window();
	return check_done("host_mmu");
}
