// SPDX-License-Identifier: MIT
//
// See host_mmu.h. The flat map is made of sections, privileged only, in the monitor's
// domain and under its ASID; guests run under other tables and ASIDs and share
// only the window with it, which is global and the same everywhere.
#include "monitor/board/host_mmu.h"
#include "mmu/pte.h"
#include "mmu/walk.h"
#include "monitor/base/arch.h"
#include "monitor/base/cpkey.h"
#include "monitor/board/early.h"
#include "monitor/board/hostcore.h"
#include "monitor/base/string.h"
#include "monitor/base/sysreg.h"
#include "monitor/board/window.h"
#include "shadowpt/spt.h"

#define AP_PL1_RW          1u // AP[2:0]
#define AP_PL1_RO          5u
#define TEX_CB_NORMAL_WBWA 0x07u
#define TEX_CB_DEVICE      0x01u

#define SCTLR_C (1u << 2)
#define SCTLR_Z (1u << 11)
#define SCTLR_I (1u << 12)

#define TTBR_WALK 0x4au // as in regime.c

static uint32_t flat_l1[L1_ENTRIES] __attribute__((aligned(L1_SIZE)));
static uint32_t window_l1[L1_ENTRIES] __attribute__((aligned(L1_SIZE)));
static uint32_t window_at;
static bool window_shown;
static uint32_t window_l2[L2_ENTRIES] __attribute__((aligned(L2_SIZE)));
static uint32_t exclusive_l1[L1_ENTRIES] __attribute__((aligned(L1_SIZE)));
static uint32_t exclusive_l2[L2_ENTRIES] __attribute__((aligned(L2_SIZE)));
static uint8_t exclusive_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static uint8_t window_code[WINDOW_CODE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static uint32_t exclusive_offset; // of the function in that
extern const uint8_t __window_start[], __window_end[];

static void
map_section(uint32_t base, uint32_t tex_cb, bool xn)
{
	flat_l1[base >> SECTION_SHIFT] = (base & L1_SECTION_BASE) | L1_SECTION | pte_l1_from_ap(AP_PL1_RW) |
					 pte_l1_from_tex_cb(tex_cb) | SPT_MONITOR_DOMAIN << L1_DOMAIN_SHIFT |
					 (xn ? L1_XN : 0) | (tex_cb == TEX_CB_NORMAL_WBWA ? L1_S : 0) | L1_NG;
}

static void
map_ram(const struct host_range *r, const struct host_range *image)
{
	for (uint32_t at = r->base & ~SECTION_MASK, left = r->size ? r->size + (r->base & SECTION_MASK) : 0; left;) {
		bool xn = at >> SECTION_SHIFT < image->base >> SECTION_SHIFT ||
			  at >> SECTION_SHIFT > (image->base + image->size) >> SECTION_SHIFT;

		map_section(at, TEX_CB_NORMAL_WBWA, xn);
		at += SECTION_SIZE;
		left -= left < SECTION_SIZE ? left : SECTION_SIZE;
	}
}

// All of RAM, less what must not even be mapped, for a core may read ahead in whatever is Normal memory (A3.5), and
// again what the boot loader has put there.
static void
map_memory(const struct host *h, const struct host_range *image)
{
	for (unsigned n = 0; n < h->n_ram; n++)
		map_ram(&h->ram[n], image);
	for (unsigned n = 0; n < h->n_reserved; n++)
		for (uint32_t at = 0; h->no_map[n] && at < h->reserved[n].size; at += SECTION_SIZE)
			flat_l1[(h->reserved[n].base + at) >> SECTION_SHIFT] = 0;
	map_ram(image, image);
	map_ram(&h->fdt_range, image);
	map_ram(&h->initrd, image);
}

static void
enable(void)
{
	sysreg_write_ttbcr(0);
	sysreg_write_dacr(DACR_MONITOR);
	sysreg_write_contextidr(SPT_ASID_MONITOR);
	sysreg_write_ttbr0(host_mmu_ttbr0());
	arch_tlbi_all();
	sysreg_write_iciallu(0);
	sysreg_write_bpiall(0);
	dsb();
	isb();
	sysreg_write_sctlr(sysreg_read_sctlr() | SCTLR_M | SCTLR_C | SCTLR_Z | SCTLR_I);
	isb();
}

void
host_mmu_init(const struct host *h, uint32_t image, uint32_t image_end, const uint8_t *exclusive)
{
	const uint32_t device[] = {h->uart, h->gicd, h->gicc, h->rtc};

	map_memory(h, &(struct host_range){image, image_end - image});
	for (unsigned n = 0; n < ARRAY_LEN(device); n++)
		if (device[n])
			map_section(device[n], TEX_CB_DEVICE, true);
	for (unsigned n = 0; n < h->n_virtio; n++)
		map_section(h->virtio[n], TEX_CB_DEVICE, true);
	hostcore_setup(h->gicd);
	memcpy(window_code, __window_start, (uintptr_t)__window_end - (uintptr_t)__window_start);
	exclusive_offset = (uint32_t)((uintptr_t)exclusive - (uintptr_t)__window_start);
	enable();
	arch_sync_code(window_code, sizeof(window_code));
}

// An empty table in a domain without access is asked for; the window's is both, for now.
bool
host_mmu_early_domain(void)
{
	uint32_t va = 0, status;

	while (host_mmu_maps(va))
		va += SECTION_SIZE;
	flat_l1[va >> SECTION_SHIFT] = (uint32_t)(uintptr_t)window_l2 | L1_TABLE;
	arch_tlbi_all();
	sysreg_write_ats1cpr(va);
	isb();
	status = bits(sysreg_read_par(), 5, 1);
	flat_l1[va >> SECTION_SHIFT] = 0;
	arch_tlbi_all();
	return status == FS_DOMAIN_2;
}

uint32_t
host_mmu_ttbr0(void)
{
	return (uint32_t)(uintptr_t)flat_l1 | TTBR_WALK;
}

bool
host_mmu_maps(uint32_t va)
{
	return flat_l1[va >> SECTION_SHIFT] != 0;
}

uint32_t
host_mmu_window_ttbr0(void)
{
	return (uint32_t)(uintptr_t)window_l1 | TTBR_WALK;
}

static uint32_t
page(uintptr_t hpa, uint32_t ap, uint32_t xn)
{
	return (uint32_t)hpa | L2_SMALL | xn | pte_l2_from_ap(ap) | pte_l2_small_from_tex_cb(TEX_CB_NORMAL_WBWA) | L2_S;
}

static void
show_window(uint32_t va, uint32_t l1)
{
	flat_l1[va >> SECTION_SHIFT] = l1;
	window_l1[va >> SECTION_SHIFT] = l1;
	exclusive_l1[va >> SECTION_SHIFT] = l1;
}

uint32_t
host_mmu_window(uint32_t va, hpa_t vcpu, hpa_t words)
{
	uint32_t l1 = (uint32_t)(uintptr_t)window_l2 | L1_TABLE | SPT_MONITOR_DOMAIN << L1_DOMAIN_SHIFT;
	uint32_t *code = &window_l2[0], *state = &window_l2[WINDOW_VCPU / PAGE_SIZE];
	uint32_t *table = &window_l2[WINDOW_WORDS / PAGE_SIZE];

	for (uint32_t at = 0; at < WINDOW_CODE_SIZE; at += PAGE_SIZE)
		code[at / PAGE_SIZE] = page((uintptr_t)window_code + at, AP_PL1_RO, 0);
	for (uint32_t at = 0; at < WINDOW_VCPU_SIZE; at += PAGE_SIZE)
		state[at / PAGE_SIZE] = page(vcpu.v + at, AP_PL1_RW, L2_SMALL_XN);
	for (uint32_t at = 0; at < WINDOW_WORDS_SIZE; at += PAGE_SIZE)
		table[at / PAGE_SIZE] = page(words.v + at, AP_PL1_RO, L2_SMALL_XN);
	early_begin(); // until window_enter
	if (window_shown)
		show_window(window_at, 0); // where it was is free again
	show_window(va, l1);
	window_at = va;
	window_shown = true;
	arch_tlbi_all();
	return l1;
}

uint32_t
host_mmu_exclusive(const struct host_mmu_exclusive *x)
{
	typedef uint32_t (*function)(gva_t va, uint32_t how, uint32_t low, uint32_t high, uint32_t vcpu,
				     uint32_t ttbr0);
	uint32_t va = x->va.v, status;
	uint32_t how =
	    (uint32_t)__builtin_ctz(x->size) | (x->load ? WINDOW_LOAD : 0) | (x->big ? WINDOW_BIG_ENDIAN : 0);
	uint32_t *l1 = &exclusive_l1[va >> SECTION_SHIFT], *l2 = &exclusive_l2[bits(va, 19, 12)];
	uintptr_t frame = x->page.v ? x->page.v : (uintptr_t)exclusive_page;
	void *at = (void *)(frame + (va & PAGE_MASK));
	function f = (function)(uintptr_t)(window_at + exclusive_offset);

	if (memcmp(at, &x->memory, x->size)) // a store there may clear the core's monitor (A3.4.1)
		memcpy(at, &x->memory, x->size);
	*l2 = page(frame, AP_PL1_RW, L2_SMALL_XN) | L2_NG;
	*l1 = (uint32_t)(uintptr_t)exclusive_l2 | L1_TABLE | SPT_MONITOR_DOMAIN << L1_DOMAIN_SHIFT;
	dsb();
	status = f(x->va, how, x->low, x->high, window_at + WINDOW_VCPU, (uint32_t)(uintptr_t)exclusive_l1 | TTBR_WALK);
	*l1 = *l2 = 0;
	arch_tlbi_va(x->va);
	memcpy(at, &x->memory, x->size);
	return status;
}
