// SPDX-License-Identifier: MIT
//
// Accesses of MMU programs: data, code and its changes, maintenance for nothing, and sequences.
#include "guests/fuzz/mmu_gen.h"

static uint32_t
data_word(struct gen *g)
{
	return 0x10101010u | (fuzz_rng_32(&g->rng) & 0x07070707u);
}

// Whether a page is mapped, and mostly, if that is what matters, to the one frame.
static bool
is_wanted(struct gen *g, uint32_t va)
{
	uint32_t pa = fuzz_mmu_physical(&g->m, va, false, false);

	return g->about & ABOUT_ALIAS && !one_in(g, 3) ? (pa & ~(PAGE - 1u)) == g->frame : pa != 0;
}

// A page that an access may go to: of the program's, rather one that is mapped, seldom a frame's own address.
static uint32_t
any_page(struct gen *g)
{
	uint32_t va = fuzz_mmu_gen_place(g);

	if (one_in(g, 20) || !(g->m.regs.sctlr & 1u))
		return fuzz_mmu_gen_output(g, 0, 12);
	if (g->about & (ABOUT_SPACES | ABOUT_UNPRIV) && one_in(g, 3))
		return g->recent;
	for (unsigned i = 0; i < 6 && !is_wanted(g, va); i++)
		va = fuzz_mmu_gen_place(g);
	va = one_in(g, 4) ? fuzz_mmu_gen_place(g) : va;
	g->recent = va;
	return va;
}

// Where in a page: data at either end, perhaps across it, and of loads sometimes functions.
static uint32_t
data_offset(struct gen *g, unsigned size, bool load)
{
	uint32_t offset = below(g, FUZZ_MMU_DATA_END), align = size > 4 ? 4 : size;

	if (one_in(g, 3))
		offset = FUZZ_MMU_DATA_BEGIN2 + below(g, PAGE - FUZZ_MMU_DATA_BEGIN2);
	if (one_in(g, 12))
		offset = PAGE - 1u - below(g, 4);
	if (load && one_in(g, 4))
		offset = FUZZ_MMU_DATA_END + below(g, FUZZ_MMU_CODE_END - FUZZ_MMU_DATA_END);
	return one_in(g, 6) ? offset : offset & ~(align - 1u);
}

bool
fuzz_mmu_gen_data(struct gen *g)
{
	static const uint8_t unprivileged[] = {FUZZ_MMU_LDRT, FUZZ_MMU_LDRT, FUZZ_MMU_LDRBT,
					       FUZZ_MMU_STRT, FUZZ_MMU_STRT, FUZZ_MMU_STRBT};
	struct fuzz_mmu_op op = {.kind = (uint8_t)below(g, FUZZ_MMU_EXEC), .user = one_in(g, 3), .value = data_word(g)};
	enum fuzz_mmu_class class;

	if (g->about & ABOUT_UNPRIV && one_in(g, 2)) {
		op.kind = PICK(g, unprivileged);
		op.user = 0;
	}
	class = fuzz_mmu_about[op.kind].class;
	op.code = class <= FUZZ_MMU_IS_LOADT && one_in(g, 3);
	op.address = any_page(g) + data_offset(g, fuzz_mmu_about[op.kind].size, class <= FUZZ_MMU_IS_LOADT);
	return fuzz_mmu_gen_change(g, &op);
}

bool
fuzz_mmu_gen_exec(struct gen *g)
{
	struct fuzz_mmu_op op = {.kind = FUZZ_MMU_EXEC, .user = one_in(g, 3), .value = data_word(g)};
	unsigned n = below(g, g->functions);

	if (!op.user && one_in(g, 3)) {
		op.kind = FUZZ_MMU_EXEC_RET;
		n = one_in(g, 3) && g->functions > FUZZ_MMU_DISGUISED ? FUZZ_MMU_DISGUISED : n;
	}
	op.address = (any_page(g) + FUZZ_MMU_CODE(n)) | (n >= FUZZ_MMU_FUNCTIONS);
	return fuzz_mmu_gen_change(g, &op);
}

// The page, or another address of its frame.
static uint32_t
other_page(struct gen *g, uint32_t va)
{
	uint32_t pa = fuzz_mmu_physical(&g->m, va, false, false);

	for (unsigned i = 0; i < TRIES && pa && !one_in(g, 3); i++) {
		uint32_t other = fuzz_mmu_gen_place(g);

		if (fuzz_mmu_physical(&g->m, other, false, false) == pa)
			return other;
	}
	return va;
}

// Stores an instruction, and mostly executes it, at this or another address.
bool
fuzz_mmu_gen_code(struct gen *g)
{
	static const uint8_t kinds[] = {FUZZ_MMU_STR, FUZZ_MMU_STR_POST, FUZZ_MMU_STRT};
	struct fuzz_mmu_op op = {.kind = PICK(g, kinds), .user = one_in(g, 4)}, run = {.kind = FUZZ_MMU_EXEC};

	unsigned n = below(g, one_in(g, 2) ? g->functions : FUZZ_MMU_FUNCTIONS);
	bool thumb = n >= FUZZ_MMU_FUNCTIONS;

	if (thumb)
		op.value = one_in(g, 3) ? T32_MRS_CPSR : T16_MOV_BEQ(1u + below(g, 255));
	else
		op.value = one_in(g, 4)   ? A32_MRS_CPSR
			   : one_in(g, 4) ? A32_TPIDRPRW
					  : A32_MOVW_R0(fuzz_rng_32(&g->rng) & 0xffffu);
	op.address = any_page(g) + FUZZ_MMU_CODE(n);
	if (!fuzz_mmu_gen_change(g, &op))
		return false;
	run.address = other_page(g, op.address & ~(PAGE - 1u)) + FUZZ_MMU_CODE(n) + thumb;
	run.user = one_in(g, 3);
	if (!run.user && one_in(g, 3))
		run.kind = FUZZ_MMU_EXEC_RET;
	if (!one_in(g, 4))
		fuzz_mmu_gen_change(g, &run);
	return true;
}

bool
fuzz_mmu_gen_fill(struct gen *g)
{
	struct fuzz_mmu_op op = {.kind = one_in(g, 3) ? FUZZ_MMU_FILL_CODE : FUZZ_MMU_FILL};
	uint32_t first = below(g, FUZZ_MMU_FILLERS), most = op.kind == FUZZ_MMU_FILL ? 32u : 4u;

	op.count = (uint16_t)(1u + below(g, most < FUZZ_MMU_FILLERS - first ? most : FUZZ_MMU_FILLERS - first));
	op.value = op.kind == FUZZ_MMU_FILL_CODE ? first : 0;
	op.address = FUZZ_MMU_FILLER + (op.kind == FUZZ_MMU_FILL ? first : 0) * MIB;
	return fuzz_mmu_gen_change(g, &op);
}

//----------------------------------------------------------------------------
// What takes several operations in a row to matter

// A page that is mapped, if one is found.
static uint32_t
mapped_page(struct gen *g)
{
	uint32_t va = any_page(g);

	for (unsigned i = 0; i < TRIES && !is_wanted(g, va); i++)
		va = fuzz_mmu_gen_place(g);
	return va;
}

// A place that is mapped to the frame of va, perhaps va.
static uint32_t
alias_of(struct gen *g, uint32_t va)
{
	return one_in(g, 4) ? va : other_page(g, va);
}

static bool
execute_at(struct gen *g, uint32_t va, unsigned n, bool returned)
{
	struct fuzz_mmu_op op = {.kind = returned ? FUZZ_MMU_EXEC_RET : FUZZ_MMU_EXEC,
				 .user = !returned && one_in(g, 4)};

	op.address = (va + FUZZ_MMU_CODE(n)) | (n >= FUZZ_MMU_FUNCTIONS);
	return fuzz_mmu_gen_change(g, &op);
}

static bool
store_at(struct gen *g, uint32_t va, bool user)
{
	static const uint8_t kinds[] = {FUZZ_MMU_STR, FUZZ_MMU_STR, FUZZ_MMU_STRB, FUZZ_MMU_STRT};
	struct fuzz_mmu_op op = {.kind = PICK(g, kinds), .user = user, .value = data_word(g)};

	op.address = va + 4u * below(g, 32);
	return fuzz_mmu_gen_change(g, &op);
}

// A frame that is written at two addresses, at one of them more than once, becomes code there or elsewhere, and
// changes.
static bool
written_then_run(struct gen *g)
{
	uint32_t a = mapped_page(g), b = other_page(g, a), x;
	unsigned n = below(g, FUZZ_MMU_FUNCTIONS);
	bool user = one_in(g, 3);

	store_at(g, a, one_in(g, 3));
	store_at(g, b, user);
	if (one_in(g, 3)) {
		struct fuzz_mmu_op op = fuzz_mmu_gen_maintenance(g, b);

		fuzz_mmu_gen_change(g, &op);
	}
	store_at(g, b, !user);
	x = one_in(g, 4) ? alias_of(g, a) : b; // at a it would take the place of the first mapping
	execute_at(g, x, n, false);
	for (unsigned i = 2; i; i--) {
		struct fuzz_mmu_op op = {.kind = FUZZ_MMU_STR,
					 .value = one_in(g, 4) ? A32_MRS_CPSR : A32_MOVW_R0(below(g, 64))};

		op.address = (one_in(g, 3) ? b : a) + FUZZ_MMU_CODE(n);
		fuzz_mmu_gen_change(g, &op);
		execute_at(g, x, n, one_in(g, 3));
	}
	return true;
}

// Thumb code that is come upon in a page that is executed already, here or at another address.
static bool
arrived_at(struct gen *g)
{
	uint32_t va = mapped_page(g);

	if (g->functions <= FUZZ_MMU_DISGUISED)
		return written_then_run(g);
	execute_at(g, va, one_in(g, 2) ? below(g, FUZZ_MMU_FUNCTIONS) : FUZZ_MMU_DISGUISED + 1u + below(g, 3), false);
	execute_at(g, alias_of(g, va), FUZZ_MMU_DISGUISED, true);
	return execute_at(g, va, FUZZ_MMU_DISGUISED, true);
}

// LDRT or STRT where its rights are taken away.
static bool
unprivileged_no_more(struct gen *g)
{
	uint32_t va = mapped_page(g) + 4u * below(g, 32);
	struct fuzz_mmu_op use = {.kind = one_in(g, 2) ? FUZZ_MMU_LDRT : FUZZ_MMU_STRT,
				  .value = data_word(g),
				  .address = va},
			   kernel = {.kind = one_in(g, 2) ? FUZZ_MMU_LDR : FUZZ_MMU_STR,
				     .value = data_word(g),
				     .address = va};

	fuzz_mmu_gen_change(g, &use);
	fuzz_mmu_gen_take_rights(g, va);
	fuzz_mmu_gen_change(g, &kernel);
	return fuzz_mmu_gen_change(g, &use);
}

// The same in several processes.
static bool
unprivileged_in_turn(struct gen *g)
{
	static const uint8_t kinds[] = {FUZZ_MMU_LDRT, FUZZ_MMU_LDRT, FUZZ_MMU_LDRBT, FUZZ_MMU_STRT, FUZZ_MMU_STRBT};
	uint32_t va = mapped_page(g) + 4u * below(g, 32);

	for (unsigned i = 2u + below(g, 5); i; i--) {
		struct fuzz_mmu_op op = {.kind = FUZZ_MMU_LDR, .value = data_word(g), .address = va};

		op.user = one_in(g, 4);
		fuzz_mmu_gen_change(g, &op);
		op.kind = PICK(g, kinds);
		op.user = 0;
		fuzz_mmu_gen_change(g, &op);
		if (g->about & ABOUT_SPACES)
			fuzz_mmu_gen_switch(g);
	}
	return true;
}

// A block, or whatever va and its neighbour lie in, is used at both, changed, and invalidated by one's address.
static bool
changed_in_part(struct gen *g)
{
	static const uint8_t drops[] = {FUZZ_MMU_TLBIMVA, FUZZ_MMU_TLBIMVAIS, FUZZ_MMU_TLBIMVAA, FUZZ_MMU_TLBIMVAAIS};
	static const uint8_t kinds[] = {FUZZ_MMU_LDR, FUZZ_MMU_LDR, FUZZ_MMU_STR, FUZZ_MMU_LDRT, FUZZ_MMU_STRT};
	uint32_t va = mapped_page(g), near = va;
	struct fuzz_mmu_op op = {.kind = PICK(g, drops)}, use[2];

	for (unsigned i = 0; i < TRIES && near == va; i++) {
		uint32_t other = fuzz_mmu_gen_place(g);

		near = (other ^ va) >> 24 ? va : other;
	}
	for (unsigned i = 0; i < 2; i++) {
		use[i] = (struct fuzz_mmu_op){.kind = PICK(g, kinds),
					      .user = one_in(g, 3),
					      .value = data_word(g),
					      .address = (i ? near : va) + 4u * below(g, 32)};
		fuzz_mmu_gen_change(g, &use[i]);
	}
	fuzz_mmu_gen_modify(g, one_in(g, 2) ? va : near);
	op.value = (one_in(g, 2) ? va : near) | fuzz_mmu_gen_asid(g);
	fuzz_mmu_gen_change(g, &op);
	fuzz_mmu_gen_change(g, &use[1]);
	return fuzz_mmu_gen_change(g, &use[0]);
}

// What a manager may do, and a client not.
static bool
managed(struct gen *g)
{
	struct fuzz_mmu_op use = {.kind = one_in(g, 2) ? FUZZ_MMU_LDR : FUZZ_MMU_STR, .user = !one_in(g, 4)},
			   dacr = {.kind = FUZZ_MMU_DACR, .value = 0x7fffffffu};

	use.value = data_word(g);
	use.address = mapped_page(g) + 4u * below(g, 32);
	fuzz_mmu_gen_change(g, &dacr);
	fuzz_mmu_gen_change(g, &use);
	dacr.value = FUZZ_MMU_START_DACR;
	fuzz_mmu_gen_change(g, &dacr);
	return fuzz_mmu_gen_change(g, &use);
}

bool
fuzz_mmu_gen_sequence(struct gen *g)
{
	if (one_in(g, 8))
		return managed(g);
	if (one_in(g, 4))
		return changed_in_part(g);
	if (g->about & ABOUT_ALIAS && one_in(g, 2))
		return one_in(g, 3) ? arrived_at(g) : written_then_run(g);
	if (g->about & ABOUT_UNPRIV && one_in(g, 3))
		return unprivileged_no_more(g);
	return g->about & ABOUT_UNPRIV ? unprivileged_in_turn(g) : one_in(g, 2) ? arrived_at(g) : written_then_run(g);
}

bool
fuzz_mmu_gen_other(struct gen *g)
{
	struct fuzz_mmu_op op = {.user = one_in(g, 40), .address = any_page(g) + 4u * below(g, 32)};

	if (one_in(g, 4)) {
		op = fuzz_mmu_gen_maintenance(g, one_in(g, 2) ? fuzz_mmu_gen_place(g) : g->recent);
		return fuzz_mmu_gen_change(g, &op);
	}
	op.kind = (uint8_t)(FUZZ_MMU_SYNC_MVA + below(g, FUZZ_MMU_SCTLR - FUZZ_MMU_SYNC_MVA));
	if (fuzz_mmu_about[op.kind].size == FUZZ_MMU_BY_SW && fuzz_mmu_about[op.kind].class == FUZZ_MMU_IS_CACHE)
		op.value = below(g, 256) << 6 | below(g, 2) << 31; // L1: sets of 64 bytes, two ways
	if (fuzz_mmu_about[op.kind].class == FUZZ_MMU_IS_AT)
		op.address += below(g, PAGE);
	return fuzz_mmu_gen_change(g, &op);
}
