// SPDX-License-Identifier: MIT
//
// Short descriptors of MMU programs, the registers that go with them, and what the long ones have in common with them.
#include "guests/fuzz/mmu_gen.h"
#include "mmu/pte.h"

#define ASIDS 3u // of changes of CONTEXTIDR alone

static const uint8_t types[] = {0x00, 0x01, 0x02, 0x03, 0x03, 0x04, 0x07, 0x07, 0x08, 0x10, 0x15, 0x1a, 0x1f};

// An address for a mapping of 1 << shift bytes that covers va: live where va is one of the pages that live frames
// have, or with nothing there.
uint32_t
fuzz_mmu_gen_output(struct gen *g, uint32_t va, unsigned shift)
{
#define X(mib) FUZZ_MMU_RAM + (mib)*MIB,
	static const uint32_t blocks[] = {FUZZ_MMU_RAM + 6u * MIB, FUZZ_MMU_RAM + 14u * MIB},
			      mibs[] = {FUZZ_MMU_LIVE_MIBS(X)},
#undef X
			      pages[] = {0, PAGE, 16u * PAGE, 240u * PAGE, 255u * PAGE};
	uint32_t mask = (1u << shift) - 1u;

	if (one_in(g, 12)) // the first of it lies right behind the RAM
		return FUZZ_MMU_NOWHERE + (below(g, 16) << 24) * one_in(g, 2);
	if (shift == 12 && one_in(g, 24))
		return FUZZ_MMU_DEVICE;
	if (shift == 12 && g->about & ABOUT_ALIAS && !one_in(g, 3))
		return g->frame;
	if (shift == 20 && g->about & ABOUT_ALIAS && !one_in(g, 3))
		return g->frame & ~(MIB - 1u);
	if (shift == 21)
		return PICK(g, blocks);
	if (shift == 24)
		return FUZZ_MMU_RAM;
	for (unsigned i = 0; i < TRIES; i++) {
		uint32_t pa = PICK(g, mibs) + (shift < 20 ? PICK(g, pages) : 0);

		if (fuzz_mmu_live((pa & ~mask) | (va & mask)))
			return pa & ~mask;
	}
	return FUZZ_MMU_NOWHERE;
}

uint32_t
fuzz_mmu_gen_frame(struct gen *g)
{
	if (FUZZ_MMU_PRESET(g->p->flags))
		return fuzz_mmu_frame(fuzz_mmu_preset(g->p->flags, 1023u) % FUZZ_MMU_FRAMES);
	return fuzz_mmu_frame(below(g, FUZZ_MMU_FRAMES));
}

static uint32_t
type(struct gen *g)
{
	return g->about & ABOUT_PLAIN && !one_in(g, 8) ? 7u : PICK(g, types);
}

bool
fuzz_mmu_gen_xn(struct gen *g)
{
	return one_in(g, g->about & ABOUT_PLAIN ? 16 : 4);
}

static uint32_t
domain(struct gen *g)
{
	if (g->about & ABOUT_PLAIN)
		return below(g, 3);
	return one_in(g, 3) ? below(g, 16) : below(g, 3);
}

uint32_t
fuzz_mmu_gen_ap(struct gen *g)
{
	if (g->about & ABOUT_UNPRIV && one_in(g, 2))
		return 1u + below(g, 3);
	return one_in(g, g->about & ABOUT_PLAIN ? 8 : 2) ? below(g, 8) : 3;
}

// Whether a mapping is its process's own.
bool
fuzz_mmu_gen_own(struct gen *g)
{
	return g->about & ABOUT_SPACES ? !one_in(g, 8) : one_in(g, 2);
}

static uint32_t
section(struct gen *g, uint32_t va, bool super)
{
	uint32_t d = fuzz_mmu_gen_output(g, va, super ? 24 : 20) | L1_SECTION | pte_l1_from_ap(fuzz_mmu_gen_ap(g)) |
		     pte_l1_from_tex_cb(type(g));

	d |= super ? L1_SUPERSECTION : domain(g) << L1_DOMAIN_SHIFT;
	d |= fuzz_mmu_gen_xn(g) ? L1_XN : 0;
	d |= fuzz_mmu_gen_xn(g) ? L1_SECTION_PXN : 0;
	d |= fuzz_mmu_gen_own(g) ? L1_NG : 0;
	return d | (one_in(g, 3) ? L1_S : 0);
}

static uint32_t
table(struct gen *g)
{
	uint32_t base = one_in(g, 16) ? FUZZ_MMU_NOWHERE : FUZZ_MMU_L2(below(g, FUZZ_MMU_L2S));

	return base | L1_TABLE | domain(g) << L1_DOMAIN_SHIFT | (fuzz_mmu_gen_xn(g) ? L1_TABLE_PXN : 0);
}

static uint32_t
page(struct gen *g, uint32_t va, bool large)
{
	uint32_t of = type(g), d = fuzz_mmu_gen_output(g, va, large ? 16 : 12) | pte_l2_from_ap(fuzz_mmu_gen_ap(g));

	if ((d & L2_SMALL_BASE) == FUZZ_MMU_DEVICE)
		of = 1;
	d |= large ? L2_LARGE | pte_l2_large_from_tex_cb(of) : L2_SMALL | pte_l2_small_from_tex_cb(of);
	d |= fuzz_mmu_gen_xn(g) ? (large ? L2_LARGE_XN : L2_SMALL_XN) : 0;
	d |= fuzz_mmu_gen_own(g) ? L2_NG : 0;
	return d | (one_in(g, 3) ? L2_S : 0);
}

// Writes a descriptor, count 1 or 16 of them from address on; where the model wants it, or what was there is of
// another size, faults and TLB maintenance first.
static bool
set(struct gen *g, uint32_t address, uint32_t value, bool large, uint32_t va)
{
	uint32_t group = address & ~63u;
	struct fuzz_mmu_op op = {.kind = FUZZ_MMU_SET, .count = large ? 16 : 1, .value = value},
			   clear = {.kind = FUZZ_MMU_SET, .count = 16, .address = group};
	enum fuzz_mmu_verdict verdict;

	op.address = large ? group : address;
	verdict = fuzz_mmu_gen_put(g, &op);
	for (unsigned i = 0; i < 6 && verdict != FUZZ_MMU_GOOD; i++) {
		struct fuzz_mmu_op drop =
		    i < 3 ? fuzz_mmu_gen_maintenance(g, va) : (struct fuzz_mmu_op){.kind = FUZZ_MMU_TLBIALL};

		if (g->p->n_ops + ROOM > FUZZ_MMU_OPS)
			return false;
		if (!i && fuzz_mmu_gen_put(g, &clear) != FUZZ_MMU_GOOD)
			return false;
		fuzz_mmu_gen_put(g, &drop);
		verdict = fuzz_mmu_gen_put(g, &op);
	}
	return verdict == FUZZ_MMU_GOOD;
}

static bool
set_second(struct gen *g, uint32_t l1, uint32_t va)
{
	uint32_t address = (l1 & L1_TABLE_BASE) | (va >> 12 & 0xffu) << 2;
	bool large = one_in(g, 4);

	if (!fuzz_mmu_descriptor(&g->m, address))
		return false;
	return set(g, address, one_in(g, 8) ? 0 : page(g, va, large), large, va);
}

// The first-level descriptor of va in the current regime, or in some table.
static uint32_t
first_level(struct gen *g, uint32_t va)
{
	uint32_t n = g->m.regs.ttbcr & 7u, index = va >> 20 << 2;

	if (one_in(g, 6))
		return FUZZ_MMU_L1(below(g, FUZZ_MMU_L1S)) | index;
	if (n && va >> (32u - n))
		return (g->m.regs.ttbr1 & ~(L1_SIZE - 1u)) | index;
	return (g->m.regs.ttbr0 & ~((L1_SIZE >> n) - 1u)) | index;
}

bool
fuzz_mmu_gen_descriptor(struct gen *g)
{
	uint32_t va = fuzz_mmu_gen_place(g), address = first_level(g, va), kind = below(g, 10), *word;
	bool super = kind == 1;

	if (is_long(g))
		return fuzz_mmu_gen_long_descriptor(g);
	word = fuzz_mmu_descriptor(&g->m, address);
	if (!word)
		return false;
	if ((*word & L1_TYPE_MASK) == L1_TABLE && !one_in(g, 6))
		return set_second(g, *word, va);
	return set(g, address, kind == 0 ? 0 : kind < 5 ? section(g, va, super) : table(g), super, va);
}

// The same entry with other rights or attributes, as kernels do most.
bool
fuzz_mmu_gen_modify(struct gen *g, uint32_t va)
{
	uint32_t address = first_level(g, va), *word = fuzz_mmu_descriptor(&g->m, address), d, change_of;
	bool second, large;

	if (is_long(g))
		return fuzz_mmu_gen_long_modify(g, va);
	if (!word || !*word)
		return false;
	second = (*word & L1_TYPE_MASK) == L1_TABLE && !one_in(g, 4);
	if (second) {
		address = (*word & L1_TABLE_BASE) | (va >> 12 & 0xffu) << 2;
		word = fuzz_mmu_descriptor(&g->m, address);
		if (!word || !*word)
			return false;
	}
	d = *word;
	if (second) {
		large = (d & L2_TYPE_MASK) == L2_LARGE;
		change_of = one_in(g, 3)   ? (large ? L2_LARGE_XN : L2_SMALL_XN)
			    : one_in(g, 4) ? L2_NG
					   : pte_l2_from_ap(1u + below(g, 7));
	} else {
		large = d & 2u && d & L1_SUPERSECTION;
		change_of = (d & L1_TYPE_MASK) == L1_TABLE ? (one_in(g, 2) ? L1_TABLE_PXN : (1u + below(g, 15)) << 5)
			    : one_in(g, 4)                 ? L1_XN
			    : one_in(g, 4)                 ? L1_SECTION_PXN
			    : one_in(g, 4)                 ? L1_NG
			    : one_in(g, 3) && !large       ? (1u + below(g, 15)) << 5
							   : pte_l1_from_ap(1u + below(g, 7));
	}
	return set(g, address, d ^ change_of, large, va);
}

// Maps a MiB: by a section or supersection, or a table of which some pages are mapped.
void
fuzz_mmu_gen_map(struct gen *g, uint32_t va)
{
	uint32_t address = first_level(g, va), *word = fuzz_mmu_descriptor(&g->m, address);

	if (is_long(g)) {
		fuzz_mmu_gen_long_map(g, va);
		return;
	}
	if (!word)
		return;
	if (one_in(g, g->about & ABOUT_ALIAS ? 3 : 2)) {
		bool super = one_in(g, 4);

		set(g, address, section(g, va, super), super, va);
		return;
	}
	set(g, address, table(g), false, va);
	for (unsigned i = g->about & ABOUT_ALIAS ? 6 : 3; i; i--)
		set_second(g, *word, fuzz_mmu_gen_place(g));
}

bool
fuzz_mmu_gen_take_rights(struct gen *g, uint32_t va)
{
	uint32_t address = first_level(g, va), *word = fuzz_mmu_descriptor(&g->m, address), ap = 1u + one_in(g, 3);
	bool large;

	if (is_long(g))
		return fuzz_mmu_gen_long_take_rights(g, va);
	if (word && (*word & L1_TYPE_MASK) == L1_TABLE) {
		address = (*word & L1_TABLE_BASE) | (va >> 12 & 0xffu) << 2;
		word = fuzz_mmu_descriptor(&g->m, address);
		large = word && (*word & L2_TYPE_MASK) == L2_LARGE;
		return word && *word && set(g, address, (*word & ~pte_l2_from_ap(7)) | pte_l2_from_ap(ap), large, va);
	}
	large = word && *word & L1_SUPERSECTION;
	return word && *word && set(g, address, (*word & ~pte_l1_from_ap(7)) | pte_l1_from_ap(ap), large, va);
}

//----------------------------------------------------------------------------
// Registers

static uint32_t
dacr(struct gen *g)
{
	uint32_t value = one_in(g, 3) ? fuzz_rng_32(&g->rng) : 0x55555555u;

	if (one_in(g, 2))
		value = (value & ~3u << 2u * below(g, 3)) | below(g, 4) << 2u * below(g, 3);
	return (value & 0x3fffffffu) | 0x40000000u;
}

static uint32_t
ttbr(struct gen *g, bool first)
{
	uint32_t n = g->m.regs.ttbcr & 7u, size = L1_SIZE >> n, attrs = fuzz_rng_32(&g->rng) & 0x7bu;

	if (first && n >= 2 && one_in(g, 10))
		return FUZZ_MMU_NOWHERE | attrs;
	return (FUZZ_MMU_L1(below(g, FUZZ_MMU_L1S)) +
		(first && n >= 2 && one_in(g, 4) ? below(g, 1u << n) * size : 0)) |
	       attrs;
}

static uint32_t
prrr(struct gen *g)
{
	uint32_t value = fuzz_rng_32(&g->rng) & 0xff0f0000u;

	for (unsigned n = 0; n < 8; n++)
		value |= (n == 6 ? 0 : n == 7 ? 2u : 2u - below(g, 3) * one_in(g, 2)) << 2u * n;
	return value;
}

uint32_t
fuzz_mmu_gen_sctlr(struct gen *g)
{
	uint32_t value = g->m.regs.sctlr;

	if (!(value & 1u) && one_in(g, 2))
		return value | 1u;
	switch (below(g, 7)) {
	case 0:
	case 1:
		return value ^ 1u << 1; // A
	case 6:
		return value ^ 1u; // M
	case 2:
		return value ^ 1u << 28; // TRE
	case 3:
	case 4:
		return value ^ 1u << 29; // AFE
	default:
		return value ^ 1u << (one_in(g, 3) ? 2 : 11 + below(g, 2)); // C, Z, I
	}
}

bool
fuzz_mmu_gen_register(struct gen *g)
{
	static const uint8_t kinds[] = {FUZZ_MMU_DACR,  FUZZ_MMU_DACR,  FUZZ_MMU_DACR,       FUZZ_MMU_SCTLR,
					FUZZ_MMU_SCTLR, FUZZ_MMU_TTBR0, FUZZ_MMU_TTBR0,      FUZZ_MMU_TTBR1,
					FUZZ_MMU_TTBCR, FUZZ_MMU_TTBCR, FUZZ_MMU_CONTEXTIDR, FUZZ_MMU_CONTEXTIDR,
					FUZZ_MMU_PRRR,  FUZZ_MMU_NMRR};
	struct fuzz_mmu_op op = {.kind = PICK(g, kinds)};

	if (is_long(g))
		return fuzz_mmu_gen_long_register(g);
	switch (op.kind) {
	case FUZZ_MMU_DACR:
		op.value = dacr(g);
		break;
	case FUZZ_MMU_SCTLR:
		op.value = fuzz_mmu_gen_sctlr(g);
		break;
	case FUZZ_MMU_TTBR0:
	case FUZZ_MMU_TTBR1:
		op.value = ttbr(g, op.kind == FUZZ_MMU_TTBR0);
		break;
	case FUZZ_MMU_TTBCR:
		op.value = below(g, 8);
		break;
	case FUZZ_MMU_CONTEXTIDR:
		op.value = (fuzz_rng_32(&g->rng) & ~0xffu) | below(g, ASIDS);
		break;
	case FUZZ_MMU_PRRR:
		op.value = prrr(g);
		break;
	default:
		op.value = fuzz_rng_32(&g->rng);
		break;
	}
	op.user = one_in(g, 32);
	return fuzz_mmu_gen_change(g, &op);
}

bool
fuzz_mmu_gen_switch(struct gen *g)
{
	unsigned n = below(g, g->n_processes);

	if (is_long(g))
		return fuzz_mmu_gen_long_switch(g);
	return fuzz_mmu_gen_change(g, &(struct fuzz_mmu_op){.kind = FUZZ_MMU_SWITCH,
							    .count = (uint16_t)g->process[n].asid,
							    .value = g->process[n].ttbr0});
}
