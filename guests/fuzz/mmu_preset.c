// SPDX-License-Identifier: MIT
//
// What the tables of an MMU program hold before it, if it has a preset (test/fuzz/mmu.h): so that it needn't spend its
// operations on mapping things.
#include "guests/fuzz/mmu_internal.h"
#include "monitor/base/types.h"

#define X(n) n,
static const uint32_t live_mibs[] = {FUZZ_MMU_LIVE_MIBS(X)}, live_pages[] = {FUZZ_MMU_LIVE_PAGES(X)};
#undef X
#define LIVE_PAGES FUZZ_MMU_PAGES

uint32_t
fuzz_mmu_frame(unsigned n)
{
	return FUZZ_MMU_RAM + live_mibs[n / LIVE_PAGES] * MIB + live_pages[n % LIVE_PAGES] * PAGE;
}

// As the runner's preset().
static void
preset_short(struct fuzz_mmu_model *m)
{
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++)
		for (unsigned n = 0; n < 2u * fuzz_mmu_n_regions; n++) {
			const struct fuzz_mmu_region *r = &fuzz_mmu_regions[n / 2u];
			uint32_t number = FUZZ_MMU_PRESET_L1(t, n / 2u, n % 2u), x = fuzz_mmu_preset(m->flags, number);
			uint32_t frame = fuzz_mmu_frame(fuzz_mmu_preset_frame(m->flags, number));

			m->tables.l1[t][r->base / MIB + r->mib + n % 2u] = FUZZ_MMU_PRESET_SHORT_L1(x, frame);
		}
	for (unsigned t = 0; t < FUZZ_MMU_L2S; t++)
		for (unsigned i = 0; i < LIVE_PAGES; i++) {
			uint32_t number = FUZZ_MMU_PRESET_L2(t, 0, i), x = fuzz_mmu_preset(m->flags, number);
			uint32_t frame = fuzz_mmu_frame(fuzz_mmu_preset_frame(m->flags, number));

			m->tables.l2[t][live_pages[i]] = FUZZ_MMU_PRESET_SHORT_L2(x, frame);
		}
}

static void
preset_long(struct fuzz_mmu_model *m)
{
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++)
		for (unsigned r = 0; r < fuzz_mmu_n_regions; r++) {
			uint32_t mib = fuzz_mmu_regions[r].base / MIB + fuzz_mmu_regions[r].mib;
			uint32_t number = FUZZ_MMU_PRESET_L1(t, r, 0), x = fuzz_mmu_preset(m->flags, number);
			uint32_t frame = fuzz_mmu_frame(fuzz_mmu_preset_frame(m->flags, number));

			m->tables.long_l2[t][mib / 1024u][mib % 1024u / FUZZ_MMU_BLOCK_MIB] =
			    FUZZ_MMU_PRESET_LONG_L2(x, frame);
		}
	for (unsigned t = 0; t < FUZZ_MMU_LONG_L3S; t++)
		for (unsigned i = 0; i < LIVE_PAGES * FUZZ_MMU_BLOCK_MIB; i++) {
			uint32_t number = FUZZ_MMU_PRESET_L2(t, i / LIVE_PAGES, i % LIVE_PAGES);
			uint32_t x = fuzz_mmu_preset(m->flags, number);
			uint32_t frame = fuzz_mmu_frame(fuzz_mmu_preset_frame(m->flags, number));

			m->tables.long_l3[t][i / LIVE_PAGES * (MIB / PAGE) + live_pages[i % LIVE_PAGES]] =
			    FUZZ_MMU_PRESET_LONG_L3(x, frame);
		}
}

void
fuzz_mmu_preset_tables(struct fuzz_mmu_model *m)
{
	if (fuzz_mmu_is_long(m))
		preset_long(m);
	else
		preset_short(m);
}
