// SPDX-License-Identifier: MIT
//
// MMU programs in the guest: see mmu.h. It runs in SVC mode, A32, in the program's own regimes, which all map
// it. Nothing here may access memory unaligned, since programs set SCTLR.A.
#include "test/fuzz/mmu.h"
#include "test/fuzz/regs.h"
#include "test/fuzz/runner.h"

void mmu_set_user_lr(uint32_t lr);
uint32_t mmu_privileged(uint32_t r0, uint32_t r1, uint32_t target, uint32_t r3);
uint32_t mmu_returned(uint32_t r0, uint32_t r1, uint32_t target);
uint32_t mmu_user(uint32_t r0, uint32_t r1, uint32_t target);
extern struct {
	uint32_t r0, r1, lr, spsr;
} mmu_found;
extern char mmu_vectors_page[], mmu_vectors[];
extern const uint32_t mmu_stubs[], mmu_stubs_end[];

#define PSR_T        0x20u
#define PSR_M        0x1fu
#define L1_WORDS     4096u
#define L2_WORDS     256u
#define TTBCR_EAE    (1u << 31)
#define TTBCR_A1     (1u << 22)
#define LONG_ENTRIES 512u
#define LONG_USER_RO 0xc0u
#define LONG_NG      0x800u
#define BLOCK        (FUZZ_MMU_BLOCK_MIB * MIB)
#define FRESH        0x30000000u // VAs that user mode may write, for a while

#define X(n) n,
static const uint32_t live_mibs[] = {FUZZ_MMU_LIVE_MIBS(X)}, live_pages[] = {FUZZ_MMU_LIVE_PAGES(X)};
#undef X
#define X(base, mib) base / MIB,
static const uint32_t regions[] = {FUZZ_MMU_REGIONS(X)};
#undef X
#define X(base, mib) mib,
static const uint32_t region_mibs[] = {FUZZ_MMU_REGIONS(X)};
#undef X
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

_Static_assert(FUZZ_MMU_STUB(FUZZ_MMU_KINDS) < FUZZ_MMU_STUBS + PAGE, "a page");
_Static_assert(COUNT(live_mibs) * COUNT(live_pages) == FUZZ_MMU_FRAMES, "mmu.h");

static uint32_t templates[FUZZ_MMU_FRAMES][PAGE / 4u];

static void
drop_tlb(void)
{
	__asm__ volatile("dsb\n\tmcr p15, 0, %0, c8, c7, 0\n\tmcr p15, 0, %0, c7, c5, 6\n\tdsb\n\tisb" ::"r"(0)
			 : "memory");
}

static uint32_t
frame(unsigned n)
{
	return FUZZ_MMU_RAM + live_mibs[n / COUNT(live_pages)] * MIB + live_pages[n % COUNT(live_pages)] * PAGE;
}

static void
make_tables(void)
{
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++) {
		volatile uint32_t *l1 = at(FUZZ_MMU_L1(t));

		for (unsigned i = 0; i < L1_WORDS; i++)
			l1[i] = 0;
		for (unsigned i = 0; i < FUZZ_MMU_RAM_MIB; i++)
			l1[RAM / MIB + i] = (RAM + i * MIB) | FUZZ_MMU_SECTION | FUZZ_MMU_DOMAIN;
		l1[FUZZ_MMU_STUBS / MIB] |= FUZZ_MMU_SECTION_RO | FUZZ_MMU_USER;
		for (unsigned i = 0; i < FUZZ_MMU_FILLERS; i++)
			l1[FUZZ_MMU_FILLER / MIB + i] = FUZZ_MMU_FILLER_TABLE;
	}
}

// The registers' start values, in an order in which the runner stays mapped.
static void
reset_registers(void)
{
	cp_write_TTBR0(FUZZ_MMU_L1(0));
	cp_write_TTBR1(FUZZ_MMU_L1(0));
	cp_write_TTBCR(0);
	cp_write_DACR(FUZZ_MMU_START_DACR);
	cp_write_PRRR(FUZZ_MMU_START_PRRR);
	cp_write_NMRR(FUZZ_MMU_START_NMRR);
	cp_write_CONTEXTIDR(0);
	cp_write_SCTLR(FUZZ_MMU_START_SCTLR);
}

static void
write_ttbr_long(unsigned n, uint32_t base)
{
	if (n)
		__asm__ volatile("mcrr p15, 1, %0, %1, c2\n\tisb" ::"r"(base), "r"(0) : "memory");
	else
		__asm__ volatile("mcrr p15, 0, %0, %1, c2\n\tisb" ::"r"(base), "r"(0) : "memory");
}

static void
put_long(uint32_t table, unsigned i, uint32_t low)
{
	at(table)[2u * i] = low;
	at(table)[2u * i + 1u] = 0;
}

static void
make_long_tables(void)
{
	for (uint32_t i = FUZZ_MMU_LONG_L1(0); i < FUZZ_MMU_LONG_FILLER + PAGE; i += 4u)
		*at(i) = 0;
	for (unsigned i = 0; i < LONG_ENTRIES; i++)
		put_long(FUZZ_MMU_LONG_STUBS, i,
			 (FUZZ_MMU_STUBS + i * PAGE) | FUZZ_MMU_BLOCK | 2u | (i < MIB / PAGE ? LONG_USER_RO : 0));
	for (unsigned i = 0; i < FUZZ_MMU_BLOCK_MIB; i++)
		put_long(FUZZ_MMU_LONG_FILLER, i * MIB / PAGE, FUZZ_MMU_FILLER_FRAME | FUZZ_MMU_BLOCK | 2u | LONG_NG);
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++) {
		uint32_t l2 = FUZZ_MMU_LONG_L2(t, 1u);

		for (unsigned g = 0; g < 4u; g++)
			put_long(FUZZ_MMU_LONG_L1(t), g, FUZZ_MMU_LONG_L2(t, g) | 3u);
		for (unsigned i = 0; i < FUZZ_MMU_RAM_MIB / FUZZ_MMU_BLOCK_MIB; i++)
			put_long(l2, i, (RAM + i * BLOCK) | FUZZ_MMU_BLOCK);
		put_long(l2, (FUZZ_MMU_STUBS - RAM) / BLOCK, FUZZ_MMU_LONG_STUBS | 3u);
		for (unsigned i = 0; i < FUZZ_MMU_FILLERS / FUZZ_MMU_BLOCK_MIB; i++)
			put_long(l2, (FUZZ_MMU_FILLER - RAM) / BLOCK + i, FUZZ_MMU_LONG_FILLER | 3u);
	}
}

// The long format's start values, with the MMU off between. Regions of 1 GiB and less begin at the second level.
static void
begin_long(uint32_t flags)
{
	uint32_t t0sz = FUZZ_MMU_T0SZ(flags), t1sz = FUZZ_MMU_T1SZ(flags);

	cp_write_SCTLR(FUZZ_MMU_START_SCTLR & ~1u);
	cp_write_TTBCR(TTBCR_EAE | t0sz | t1sz << 16 | (flags & FUZZ_MMU_A1 ? TTBCR_A1 : 0));
	write_ttbr_long(0, t0sz < 2u ? FUZZ_MMU_LONG_L1(0) : FUZZ_MMU_LONG_L2(0, 0));
	write_ttbr_long(1, t1sz < 2u ? FUZZ_MMU_LONG_L1(0) : FUZZ_MMU_LONG_L2(0, 3u));
	cp_write_PRRR(FUZZ_MMU_START_MAIR0);
	cp_write_NMRR(FUZZ_MMU_START_MAIR1);
	drop_tlb();
	cp_write_SCTLR(FUZZ_MMU_START_SCTLR);
}

// What a program's tables hold before.
static void
preset(uint32_t flags)
{
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++)
		for (unsigned n = 0; n < COUNT(regions) * 2u; n++) {
			uint32_t x = fuzz_mmu_preset(flags, FUZZ_MMU_PRESET_L1(t, n / 2u, n % 2u));
			uint32_t f = frame(fuzz_mmu_preset_frame(flags, FUZZ_MMU_PRESET_L1(t, n / 2u, n % 2u)));

			at(FUZZ_MMU_L1(t))[regions[n / 2u] + region_mibs[n / 2u] + n % 2u] =
			    FUZZ_MMU_PRESET_SHORT_L1(x, f);
		}
	for (unsigned t = 0; t < FUZZ_MMU_L2S; t++)
		for (unsigned i = 0; i < COUNT(live_pages); i++) {
			uint32_t n = FUZZ_MMU_PRESET_L2(t, 0, i), f = frame(fuzz_mmu_preset_frame(flags, n));

			at(FUZZ_MMU_L2(t))[live_pages[i]] = FUZZ_MMU_PRESET_SHORT_L2(fuzz_mmu_preset(flags, n), f);
		}
	__asm__ volatile("dsb\n\tisb" ::: "memory");
}

static void
preset_long(uint32_t flags)
{
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++)
		for (unsigned r = 0; r < COUNT(regions); r++) {
			uint32_t x = fuzz_mmu_preset(flags, FUZZ_MMU_PRESET_L1(t, r, 0)),
				 mib = regions[r] + region_mibs[r];
			uint32_t f = frame(fuzz_mmu_preset_frame(flags, FUZZ_MMU_PRESET_L1(t, r, 0)));

			put_long(FUZZ_MMU_LONG_L2(t, mib / 1024u), mib % 1024u / FUZZ_MMU_BLOCK_MIB,
				 FUZZ_MMU_PRESET_LONG_L2(x, f));
		}
	for (unsigned t = 0; t < FUZZ_MMU_LONG_L3S; t++)
		for (unsigned i = 0; i < COUNT(live_pages) * FUZZ_MMU_BLOCK_MIB; i++) {
			uint32_t n = FUZZ_MMU_PRESET_L2(t, i / COUNT(live_pages), i % COUNT(live_pages));
			uint32_t f = frame(fuzz_mmu_preset_frame(flags, n));

			put_long(FUZZ_MMU_LONG_L3(t),
				 i / COUNT(live_pages) * (MIB / PAGE) + live_pages[i % COUNT(live_pages)],
				 FUZZ_MMU_PRESET_LONG_L3(fuzz_mmu_preset(flags, n), f));
		}
}

static void
clear_long_tables(void)
{
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++)
		for (unsigned r = 0; r < COUNT(regions); r++)
			for (unsigned i = 0; i < 16u / FUZZ_MMU_BLOCK_MIB; i++)
				put_long(FUZZ_MMU_LONG_L2(t, regions[r] / 1024u),
					 regions[r] % 1024u / FUZZ_MMU_BLOCK_MIB + i, 0);
	for (uint32_t i = FUZZ_MMU_LONG_L3(0); i < FUZZ_MMU_LONG_L3(FUZZ_MMU_LONG_L3S); i += 4u)
		*at(i) = 0;
}

static void
end_long(void)
{
	cp_write_SCTLR(FUZZ_MMU_START_SCTLR & ~1u);
	write_ttbr_long(0, 0);
	write_ttbr_long(1, 0);
	cp_write_TTBCR(0);
	drop_tlb();
	clear_long_tables();
}

static void
clear_tables(void)
{
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++)
		for (unsigned r = 0; r < COUNT(regions); r++)
			for (unsigned i = 0; i < 16u; i++)
				at(FUZZ_MMU_L1(t))[regions[r] + i] = 0;
	for (unsigned i = 0; i < FUZZ_MMU_L2S * L2_WORDS; i++)
		at(FUZZ_MMU_L2(0))[i] = 0;
	drop_tlb();
}

// The hash of all live words. What a program has changed is put back: nothing else is written, since under the
// monitor a frame with code is expensive to write to.
static uint32_t
collect(void)
{
	uint32_t hash = 0;

	for (unsigned n = 0; n < FUZZ_MMU_FRAMES; n++) {
		volatile uint32_t *word = at(frame(n));
		const uint32_t *template = templates[n];

		for (unsigned i = 0; i < PAGE / 4u; i++) {
			uint32_t value;

			if (i == FUZZ_MMU_CODE_END / 4u)
				i = FUZZ_MMU_DATA_BEGIN2 / 4u;
			value = word[i];
			if (value == template[i])
				continue;
			hash = (hash << 5 | hash >> 27) + ((uint32_t)&word[i] ^ value) * 0x9e3779b1u;
			word[i] = template[i];
		}
	}
	return hash;
}

// Has user mode store to all live frames, what is there.
static void
make_fresh(void)
{
	volatile uint32_t *l1 = at(FUZZ_MMU_L1(0) + FRESH / MIB * 4u);

	for (unsigned i = 0; i < COUNT(live_mibs); i++)
		l1[i] = (FUZZ_MMU_RAM + live_mibs[i] * MIB) | FUZZ_MMU_SECTION | FUZZ_MMU_DOMAIN | FUZZ_MMU_USER;
	__asm__ volatile("dsb\n\tisb" ::: "memory");
	for (unsigned n = 0; n < FUZZ_MMU_FRAMES; n++)
		mmu_user(*at(frame(n)), FRESH + n / COUNT(live_pages) * MIB + live_pages[n % COUNT(live_pages)] * PAGE,
			 FUZZ_MMU_STUB(FUZZ_MMU_STR));
	for (unsigned i = 0; i < COUNT(live_mibs); i++)
		l1[i] = 0;
	drop_tlb();
}

// Runs pages of code, each with a sensitive instruction.
static uint32_t
fill_code(uint32_t first, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		mmu_privileged(0, 0, FUZZ_MMU_FILLER_CODE + (first + i) % FUZZ_MMU_FILLERS * PAGE, 0);
	return mmu_found.r0;
}

static uint32_t
enter(const struct fuzz_mmu_op *op, uint32_t target)
{
	if (op->kind == FUZZ_MMU_EXEC_RET)
		return mmu_returned(op->value, op->address, target);
	return op->user ? mmu_user(op->value, op->address, target)
			: mmu_privileged(op->value, op->address, target, op->count);
}

static void
execute(const struct fuzz_mmu_op *op, struct fuzz_mmu_log *log)
{
	bool exec = op->kind == FUZZ_MMU_EXEC || op->kind == FUZZ_MMU_EXEC_RET;
	uint32_t target = exec ? op->address : FUZZ_MMU_STUB(op->kind), vector;

	if (op->kind == FUZZ_MMU_FILL_CODE) {
		log->value = fill_code(op->value, op->count);
		return;
	}
	vector = enter(op, target);
	if (vector == FUZZ_NONE || (vector == FUZZ_SVC && op->user)) {
		log->value = mmu_found.r0;
		return;
	}
	log->value = mmu_found.r1;
	log->what = vector | (mmu_found.spsr & (PSR_T | PSR_M)) << 8 | (mmu_found.lr - (target & ~1u)) << 16;
	if (vector == FUZZ_DABT) {
		log->status = cp_read_DFSR();
		log->address = cp_read_DFAR();
	} else if (vector == FUZZ_PABT) {
		log->status = cp_read_IFSR();
		log->address = cp_read_IFAR();
	}
}

static void
run(const struct fuzz_mmu_program *p, struct fuzz_result *result)
{
	struct fuzz_mmu_result *out = &result->mmu;
	uint32_t *word = (uint32_t *)result;

	for (unsigned i = 0; i < FUZZ_RESULT_BYTES(FUZZ_MMU) / 4u; i++)
		word[i] = 0;
	result->id = p->id;
	if (p->flags & FUZZ_MMU_FRESH)
		make_fresh();
	if (FUZZ_MMU_PRESET(p->flags) && p->flags & FUZZ_MMU_LONG)
		preset_long(p->flags);
	else if (FUZZ_MMU_PRESET(p->flags))
		preset(p->flags);
	if (p->flags & FUZZ_MMU_LONG)
		begin_long(p->flags);
	for (out->n_ops = 0; out->n_ops < p->n_ops; out->n_ops++)
		execute(&p->op[out->n_ops], &out->log[out->n_ops]);
	if (p->flags & FUZZ_MMU_LONG)
		end_long();
	reset_registers();
	if (p->flags & FUZZ_MMU_LONG)
		drop_tlb();
	else
		clear_tables();
	out->hash = collect();
	result->vector = FUZZ_SVC;
}

static void
make_stubs(void)
{
	uint32_t n = (uint32_t)(mmu_stubs_end - mmu_stubs);

	for (unsigned i = 0; i < n; i++)
		at(FUZZ_MMU_STUBS)[i] = mmu_stubs[i];
}

static void
make_filler(void)
{
	for (unsigned i = 0; i < L2_WORDS; i++)
		at(FUZZ_MMU_FILLER_L2)[i] = i ? 0 : FUZZ_MMU_FILLER_PAGE;
	*at(FUZZ_MMU_FILLER_FRAME) = FUZZ_MMU_FILLER_FRAME;
	for (unsigned i = 0; i < FUZZ_MMU_FILLERS; i++) {
		at(FUZZ_MMU_FILLER_CODE + i * PAGE)[0] = A32_MRS_CPSR;
		at(FUZZ_MMU_FILLER_CODE + i * PAGE)[1] = A32_BX_LR;
	}
}

static void
make_machine(void)
{
	make_tables();
	make_long_tables();
	make_stubs();
	for (unsigned k = 0; k < FUZZ_MMU_FRAMES; k++)
		for (unsigned i = 0; i < PAGE / 4u; i++)
			at(frame(k))[i] = templates[k][i] = fuzz_mmu_template(frame(k) + i * 4u);
	make_filler();
	__asm__ volatile("mcr p15, 0, %0, c12, c0, 0" ::"r"(mmu_vectors));
	mmu_set_user_lr(FUZZ_MMU_STUBS);
	cp_write_TPIDRPRW(0x11223344);
	cp_write_TPIDRURW(0x55667788);
	reset_registers(); // turns the MMU on
	clear_tables();
	__asm__ volatile("mcr p15, 0, %0, c7, c5, 0\n\tdsb\n\tisb" ::"r"(0) : "memory");
	runner_visit((uint32_t)mmu_vectors_page);
}

void
mmu_run_all(const struct fuzz_batch *b, struct fuzz_results *results)
{
	const struct fuzz_mmu_program *p = (const struct fuzz_mmu_program *)(b + 1);

	make_machine();
	for (uint32_t i = b->first; i < b->n_cases; i++) {
		*(volatile uint32_t *)&results->running = i;
		run(&p[i], FUZZ_RESULT(results, FUZZ_MMU, i));
	}
}
