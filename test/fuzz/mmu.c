// SPDX-License-Identifier: MIT
//
// MMU programs in the guest: see mmu.h. It runs in SVC mode, A32, in the program's own regimes, which all map
// it. Nothing here may access memory unaligned, since programs set SCTLR.A.
#include "test/fuzz/mmu.h"
#include "test/fuzz/regs.h"
#include "test/fuzz/runner.h"

void mmu_set_user_lr(uint32_t lr);
uint32_t mmu_privileged(uint32_t r0, uint32_t r1, uint32_t target, uint32_t r3);
uint32_t mmu_user(uint32_t r0, uint32_t r1, uint32_t target);
extern struct {
	uint32_t r0, r1, lr, spsr;
} mmu_found;
extern char mmu_vectors_page[], mmu_vectors[];
extern const uint32_t mmu_stubs[], mmu_stubs_end[];

#define PSR_T    0x20u
#define PSR_M    0x1fu
#define L1_WORDS 4096u
#define L2_WORDS 256u

#define X(n) n,
static const uint32_t live_mibs[] = {FUZZ_MMU_LIVE_MIBS(X)}, live_pages[] = {FUZZ_MMU_LIVE_PAGES(X)};
#undef X
#define X(base, mib) base / MIB,
static const uint32_t regions[] = {FUZZ_MMU_REGIONS(X)};
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

static void
make_tables(void)
{
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++) {
		volatile uint32_t *l1 = at(FUZZ_MMU_L1(t));

		for (unsigned i = 0; i < L1_WORDS; i++)
			l1[i] = 0;
		for (unsigned i = 0; i < FUZZ_RAM_MIB; i++)
			l1[RAM / MIB + i] = (RAM + i * MIB) | FUZZ_MMU_SECTION | FUZZ_MMU_DOMAIN;
		l1[FUZZ_MMU_STUBS / MIB] |= FUZZ_MMU_SECTION_RO | FUZZ_MMU_USER;
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

static uint32_t
frame(unsigned n)
{
	return FUZZ_MMU_RAM + live_mibs[n / COUNT(live_pages)] * MIB + live_pages[n % COUNT(live_pages)] * PAGE;
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

static void
execute(const struct fuzz_mmu_op *op, struct fuzz_mmu_log *log)
{
	uint32_t target = op->kind == FUZZ_MMU_EXEC ? op->address : FUZZ_MMU_STUB(op->kind), vector;

	vector = op->user ? mmu_user(op->value, op->address, target)
			  : mmu_privileged(op->value, op->address, target, op->count);
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
	for (out->n_ops = 0; out->n_ops < p->n_ops; out->n_ops++)
		execute(&p->op[out->n_ops], &out->log[out->n_ops]);
	reset_registers();
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
make_machine(void)
{
	make_tables();
	make_stubs();
	for (unsigned k = 0; k < FUZZ_MMU_FRAMES; k++)
		for (unsigned i = 0; i < PAGE / 4u; i++)
			at(frame(k))[i] = templates[k][i] = fuzz_mmu_template(frame(k) + i * 4u);
	__asm__ volatile("mcr p15, 0, %0, c12, c0, 0" ::"r"(mmu_vectors));
	mmu_set_user_lr(FUZZ_MMU_STUBS);
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
