// SPDX-License-Identifier: MIT
//
// The fuzzer's guest: executes a batch of cases (case.h), bare or under a monitor.
//
// It runs in SVC mode, A32, with interrupts masked, from the case's own translation
// regime: RAM is mapped flat in domain 0, kernel only but for what cases execute, and the
// window a second time at ALIAS, where its rights don't depend on the case. Control
// registers are written only where a case wants another value than the last one left,
// since each write is a trap under a monitor. Sections are those of ARM ARM DDI 0406C.
#include "test/fuzz/regs.h"
#include "test/fuzz/runner.h"

#define GICD_CTLR       (GICD + 0x000u)
#define GICD_IGROUPR0   (GICD + 0x080u)
#define GICD_ISENABLER0 (GICD + 0x100u)
#define GICD_SGIR       (GICD + 0xf00u)
#define GICC_CTLR       (GICC + 0x000u)
#define GICC_PMR        (GICC + 0x004u)
#define GICC_IAR        (GICC + 0x00cu)
#define GICC_EOIR       (GICC + 0x010u)

#define SAME_BYTES   128u // of runner_same()
#define RUNNER_WORDS 10u  // of runner_copy()

_Static_assert(offsetof(struct fuzz_state, usr_r8) == 32 && offsetof(struct fuzz_state, pc) == 52 &&
		   offsetof(struct fuzz_state, usr_sp) == 56 && offsetof(struct fuzz_state, fiq_r8) == 64 &&
		   offsetof(struct fuzz_state, irq) == 96 && offsetof(struct fuzz_state, svc) == 108 &&
		   offsetof(struct fuzz_state, abt) == 120 && offsetof(struct fuzz_state, und) == 132 &&
		   offsetof(struct fuzz_state, cpsr) == 144,
	       "runner.S");

void runner_main(const uint32_t *dtb);
uint32_t runner_enter(const struct fuzz_state *start); // returns the vector
uint32_t runner_same(const void *a, const void *b, uint32_t left);
void runner_copy(uint32_t to[RUNNER_WORDS], const uint32_t from[RUNNER_WORDS]);
void runner_vfp_load(const uint32_t registers[64]);
void runner_vfp_store(uint32_t registers[64]);
extern struct fuzz_state *runner_end;
extern char runner_vectors_page[], runner_vectors[], runner_vectors_a32[], runner_vectors_thumb[];

static uint32_t now[FUZZ_CP_COUNT]; // what the registers hold
static uint32_t rights_now, vbar_now;
static bool slow_changed; // they don't hold their defaults
static uint32_t filled[FUZZ_WINDOW_BYTES / 4u];

static void
sync(void)
{
	__asm__ volatile("dsb\n\tisb" ::: "memory");
}

// Gives a register a value, if it doesn't have it.
#define SET(name, value)                                                                                               \
	do {                                                                                                           \
		uint32_t set = (value);                                                                                \
                                                                                                                       \
		if (now[FUZZ_CP_##name] != set)                                                                        \
			cp_write_##name(now[FUZZ_CP_##name] = set);                                                    \
	} while (0)
#define GET(name) (now[FUZZ_CP_##name] = cp_read_##name())

// The state of the machine before a case.

static void
set_vectors(uint32_t sctlr)
{
	const char *vectors = sctlr & FUZZ_SCTLR_TE   ? runner_vectors_thumb
			      : sctlr & FUZZ_SCTLR_EE ? runner_vectors_a32
						      : runner_vectors;

	if (vbar_now == (uint32_t)vectors)
		return;
	vbar_now = (uint32_t)vectors;
	__asm__ volatile("mcr p15, 0, %0, c12, c0, 0\n\tisb" ::"r"(vectors));
}

static void
drop_tlb(void)
{
	__asm__ volatile("dsb\n\tmcr p15, 0, %0, c8, c7, 0\n\tmcr p15, 0, %0, c7, c5, 6\n\tdsb\n\tisb" ::"r"(0)
			 : "memory");
}

static void
set_sctlr(uint32_t sctlr)
{
	uint32_t old = now[FUZZ_CP_SCTLR];

	set_vectors(sctlr);
	SET(SCTLR, sctlr);
	if ((old ^ sctlr) & FUZZ_SCTLR_M)
		drop_tlb();
}

static volatile uint32_t *
window_entry(unsigned page)
{
	uint32_t va = FUZZ_WINDOW + page * PAGE, second = va / MIB - FUZZ_WINDOW / MIB;

	return at(L2_TABLES + second * 1024u + va % MIB / PAGE * 4u);
}

static uint32_t
page_of(uint32_t va, uint32_t backing)
{
	if (backing == FUZZ_BACKING_DEVICE)
		return FUZZ_DEVICE | L2_PAGE_DEVICE;
	return backing == FUZZ_BACKING_NOTHING ? FUZZ_NOTHING | L2_PAGE_DEVICE : va | L2_PAGE;
}

static void
set_rights(uint32_t rights)
{
	if (rights == rights_now)
		return;
	rights_now = rights;
	for (unsigned i = 0; i < FUZZ_PAGES; i++, rights >>= 4) {
		uint32_t va = FUZZ_WINDOW + i * PAGE,
			 entry = rights & FUZZ_RIGHTS_MAPPED ? page_of(va, rights >> 16 & 0xfu) | L2_AP(rights) : 0;

		if (*window_entry(i) == entry)
			continue;
		*window_entry(i) = entry;
		__asm__ volatile("dsb\n\tmcr p15, 0, %0, c8, c7, 1" ::"r"(va) : "memory");
	}
	sync();
}

static const uint32_t slow_defaults[FUZZ_CP_COUNT] = {
    [FUZZ_CP_CPACR] = FUZZ_CPACR, [FUZZ_CP_TTBR0] = FUZZ_TTBR0, [FUZZ_CP_FPEXC] = FUZZ_FPEXC};

// FPSCR can be reached only while CPACR and FPEXC allow, so it goes first and CPACR last.
static void
set_slow(const uint32_t *want)
{
	SET(CPACR, FUZZ_CPACR);
	SET(FPEXC, FUZZ_FPEXC);
	SET(FPSCR, want[FUZZ_CP_FPSCR]);
	SET(FPEXC, want[FUZZ_CP_FPEXC]);
#define X(name, ...) SET(name, want[FUZZ_CP_##name]);
	FUZZ_SLOW_REGS(X)
#undef X
	slow_changed = want != slow_defaults;
}

static void
read_slow(uint32_t *end)
{
#define X(name, ...) end[FUZZ_CP_##name] = GET(name);
	FUZZ_SLOW_REGS(X)
#undef X
	SET(CPACR, FUZZ_CPACR);
	end[FUZZ_CP_FPEXC] = GET(FPEXC);
	SET(FPEXC, FUZZ_FPEXC);
	end[FUZZ_CP_FPSCR] = GET(FPSCR);
}

static inline void
set_fast(const uint32_t *want)
{
#define X(name, ...) SET(name, want[FUZZ_CP_##name]);
	FUZZ_FAST_REGS(X)
#undef X
}

static inline void
read_fast(uint32_t *end)
{
#define X(name, ...) end[FUZZ_CP_##name] = GET(name);
	FUZZ_FAST_REGS(X)
#undef X
}

// SGI 0 is in group 0, an FIQ, and SGI 1 in group 1, an IRQ. Of both the GIC signals the FIQ
// alone. The case before, or the exception it ends with, may have left F clear.
static void
interrupts_begin(uint32_t flags)
{
	__asm__ volatile("cpsid f" ::: "memory");
	if (flags & FUZZ_F_FIQ)
		*at(GICD_SGIR) = 0x02000000;
	if (flags & FUZZ_F_PENDING)
		*at(GICD_SGIR) = 0x02000001;
	sync();
}

// Ends both, whether they were taken or not.
static void
interrupts_end(uint32_t flags)
{
	__asm__ volatile("cpsid f" ::: "memory");
	for (uint32_t left = flags & (FUZZ_F_PENDING | FUZZ_F_FIQ); left; left &= left - 1u)
		*at(GICC_EOIR) = *at(GICC_IAR);
	sync();
}

// The window, through the mapping that the case doesn't touch.

static uint32_t *
window(void)
{
	return (uint32_t *)(now[FUZZ_CP_SCTLR] & FUZZ_SCTLR_M ? ALIAS : FUZZ_WINDOW);
}

static void
report_word(struct fuzz_result *result, uint32_t address, uint32_t value)
{
	result->hash = (result->hash << 5 | result->hash >> 27) + (address ^ value) * 0x9e3779b1u;
	if (result->n_touched < FUZZ_TOUCHED)
		result->touched[result->n_touched] = (struct fuzz_word){address, value};
	result->n_touched++;
}

static void
collect_window(struct fuzz_result *result)
{
	uint32_t *w = window(), left = FUZZ_WINDOW_BYTES;

	while ((left = runner_same(w, filled, left)) != 0) {
		uint32_t k = (FUZZ_WINDOW_BYTES - left) / 4u;

		for (uint32_t end = k + SAME_BYTES / 4u; k < end; k++)
			if (w[k] != filled[k]) {
				report_word(result, FUZZ_WINDOW + k * 4u, w[k]);
				w[k] = filled[k];
			}
	}
}

// Has code of the pages executed that are to be known for it; with the MMU on.
static void
visit_window(uint32_t rights)
{
	for (unsigned i = 0; i < FUZZ_PAGES; i++)
		if ((rights >> (16u + 4u * i) & 0xfu) == FUZZ_BACKING_CODE)
			runner_visit(EXEC + i * PAGE + FUZZ_RETURN);
}

// Registers of the device from GPIODATA (of all lines) to GPIOAFSEL, each way with one instruction: each is an exit
// under a monitor. GPIODATA can be written only while GPIODIR says so; what has latched goes by GPIOIC.
static void
collect_device(struct fuzz_result *result)
{
	static const uint32_t reset[RUNNER_WORDS] = {[8] = 0xff};
	uint32_t *registers = (uint32_t *)(FUZZ_DEVICE + 0x3fcu), got[RUNNER_WORDS], any = 0;

	runner_copy(got, registers);
	for (unsigned i = 0; i < RUNNER_WORDS; i++) {
		if (got[i])
			report_word(result, (uint32_t)&registers[i], got[i]);
		any |= got[i];
	}
	if (!any)
		return;
	*at((uint32_t)&registers[1]) = 0xff;
	runner_copy(registers, reset);
}

static void
collect_vfp(struct fuzz_result *result)
{
	static uint32_t end[64];

	runner_vfp_store(end);
	for (unsigned i = 0; i < 64u; i++)
		if (end[i] != filled[i])
			report_word(result, 4u * i, end[i]);
}

static void
clear(uint32_t *p, unsigned bytes)
{
	for (; bytes; bytes -= 4u)
		*p++ = 0;
}

static void
run(struct fuzz_case *c, struct fuzz_result *result)
{
	uint32_t vector;

	clear((uint32_t *)result, FUZZ_RESULT_BYTES(FUZZ_INSN));
	result->id = c->id;
	c->start.pc = FUZZ_SLOT_ADDRESS(c->slot) + (c->entry & ~1u);
	set_sctlr(c->start.cp[FUZZ_CP_SCTLR]);
	set_rights(c->rights);
	if (c->start.cp[FUZZ_CP_SCTLR] & FUZZ_SCTLR_M)
		visit_window(c->rights);
	for (unsigned i = 0; i < c->n_pokes; i++)
		window()[(c->poke[i].address - FUZZ_WINDOW) / 4u] = c->poke[i].value;
	if (c->flags & FUZZ_F_SYSTEM)
		set_slow(c->start.cp);
	else if (slow_changed)
		set_slow(slow_defaults);
	set_fast(c->start.cp);
	if (c->flags & FUZZ_F_VFP)
		runner_vfp_load(filled);
	if (c->flags & (FUZZ_F_PENDING | FUZZ_F_FIQ))
		interrupts_begin(c->flags);
	runner_end = &result->end;
	vector = runner_enter(&c->start);
	read_fast(result->end.cp);
	if (c->flags & (FUZZ_F_PENDING | FUZZ_F_FIQ))
		interrupts_end(c->flags);
	if (c->flags & FUZZ_F_SYSTEM)
		read_slow(result->end.cp);
	if (c->flags & FUZZ_F_VFP)
		collect_vfp(result);
	if (c->flags & FUZZ_F_DEVICE)
		collect_device(result);
	collect_window(result);
	result->vector = vector;
}

// Before the first case.

static void
make_machine(void)
{
	setup_tables();
	for (unsigned i = 0; i < FUZZ_WINDOW_BYTES / 4u; i++)
		((uint32_t *)FUZZ_WINDOW)[i] = filled[i] = fuzz_fill(FUZZ_WINDOW + i * 4u);
	read_fast(now);
	read_slow(now);
	set_slow(slow_defaults);
	SET(DACR, FUZZ_DACR); // before the first case may turn the MMU on
	runner_visit((uint32_t)runner_vectors_page);
	*at(GICD_CTLR) = 3;
	*at(GICD_IGROUPR0) = ~1u;
	*at(GICD_ISENABLER0) = 3;
	*at(GICC_PMR) = 0xff;
	*at(GICC_CTLR) = 0xf; // both groups, AckCtl, FIQEn
	runner_same(filled, filled, FUZZ_WINDOW_BYTES);
}

static void
run_all(const struct fuzz_batch *b, struct fuzz_case *cases, struct fuzz_results *results)
{
	uint32_t visited = 0;

	for (uint32_t i = b->first; i < b->n_cases; i++) {
		uint32_t page = FUZZ_SLOT_ADDRESS(cases[i].slot) & ~(PAGE - 1u);

		*(volatile uint32_t *)&results->running = i;
		if (page != visited)
			runner_visit(page);
		visited = page;
		run(&cases[i], FUZZ_RESULT(results, FUZZ_INSN, i));
	}
}

void
runner_main(const uint32_t *dtb)
{
	struct fuzz_batch *b = setup_batch(dtb);
	bool programs = !b || b->kind == FUZZ_MMU;
	struct fuzz_results *results = (struct fuzz_results *)(programs ? FUZZ_MMU_RESULTS : FUZZ_RESULTS);
	struct fuzz_case *cases = (struct fuzz_case *)(b + 1);

	clear((uint32_t *)results, sizeof(*results));
	results->magic = FUZZ_RESULTS_MAGIC;
	results->version = FUZZ_VERSION;
	if (!b) {
		results->done = FUZZ_ERROR_INITRD;
		return;
	}
	results->nonce[0] = b->nonce[0];
	results->nonce[1] = b->nonce[1];
	results->n_cases = b->n_cases;
	if (b->kind == FUZZ_MMU) {
		mmu_run_all(b, results);
	} else if (setup_code(cases, b->n_cases, results)) {
		make_machine();
		run_all(b, cases, results);
	} else {
		results->done = FUZZ_ERROR_SLOT;
		return;
	}
	results->done = FUZZ_DONE;
}
