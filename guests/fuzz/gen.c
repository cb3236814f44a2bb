// SPDX-License-Identifier: MIT
//
// See gen.h. The order: the environment (MMU, rights), the instruction, the mode it
// may run in, random state, where in the slot it stands, its operands, and the code.
#include <string.h>
#include "guests/fuzz/gen_internal.h"
#include "guests/fuzz/ldst.h"
#include "guests/fuzz/mmu.h"
#include "guests/fuzz/options.h"
#include "guests/fuzz/row.h"
#include "monitor/base/psr.h"
#include "monitor/base/types.h"

#define TRIES      64u
#define T16_NOP    0xbf00u
#define A32_NOP    0xe320f000u
#define T16_IT     0xbf00u
#define WILD_LOW   0x60000000u
#define WILD_HIGH  0xf0000000u
#define PAGE       4096u
#define WINDOW_END (FUZZ_WINDOW + FUZZ_WINDOW_BYTES)

static const uint32_t modes[] = {MODE_SVC, MODE_USR, MODE_FIQ, MODE_IRQ, MODE_ABT, MODE_UND, MODE_SYS};

uint32_t
fuzz_gen_pc(const struct fuzz_gen *g)
{
	return FUZZ_SLOT_ADDRESS(g->c->slot) + g->at;
}

uint32_t
fuzz_gen_slot_word(const struct fuzz_gen *g, unsigned n)
{
	return FUZZ_SLOT_ADDRESS(g->c->slot) + 4u * n;
}

uint32_t *
fuzz_gen_reg(struct fuzz_gen *g, unsigned n)
{
	return fuzz_state_reg(&g->c->start, g->mode, n);
}

uint32_t
fuzz_gen_psr(struct fuzz_rng *rng)
{
	uint32_t psr = fuzz_rng_32(rng) & (PSR_FLAGS | PSR_E | PSR_A | PSR_I | PSR_F | PSR_T);

	if (!fuzz_rng_one_in(rng, 4))
		psr &= ~PSR_E;
	if (psr & PSR_T && fuzz_rng_one_in(rng, 4)) // a block of one to four with a condition (A2.5.2)
		psr |= fuzz_rng_below(rng, 28) << 11 | (1u + fuzz_rng_below(rng, 7)) << 10;
	return psr | modes[fuzz_rng_below(rng, ARRAY_LEN(modes))];
}

//----------------------------------------------------------------------------
// Addresses of data

uint32_t
fuzz_gen_data(struct fuzz_gen *g, uint32_t size, bool aligned)
{
	uint32_t address, room = FUZZ_WINDOW_BYTES - size;

	switch (fuzz_rng_below(&g->rng, 16)) {
	case 0:
		address = WILD_LOW + fuzz_rng_below(&g->rng, WILD_HIGH - WILD_LOW - PAGE);
		break;
	case 1:
	case 2:
	case 3: // across a page's end, with the MMU on the window's, too
		address = FUZZ_WINDOW + PAGE * (1u + fuzz_rng_below(&g->rng, FUZZ_PAGES - !g->mmu));
		address -= fuzz_rng_below(&g->rng, size + 4u);
		break;
	default:
		address = FUZZ_WINDOW + fuzz_rng_below(&g->rng, room);
	}
	// Unaligned accesses without the MMU are UNPREDICTABLE: memory is Strongly-ordered (A3.2.1).
	if (aligned || !g->mmu || !fuzz_rng_one_in(&g->rng, 8))
		address &= ~(size >= 4 ? 3u : size - 1u);
	return address;
}

bool
fuzz_gen_data_safe(const struct fuzz_gen *g, uint32_t address, uint32_t size)
{
	uint32_t margin = g->mmu ? PAGE : 0;

	if (address >= WILD_LOW && address < WILD_HIGH - size)
		return true;
	return address >= FUZZ_WINDOW - margin && address + size <= WINDOW_END + margin;
}

void
fuzz_gen_plant(struct fuzz_gen *g, uint32_t address, uint32_t value)
{
	if (address & 3u || address < FUZZ_WINDOW || address >= WINDOW_END || g->c->n_pokes == FUZZ_POKES)
		return;
	if (g->c->start.cpsr & PSR_E)
		value = __builtin_bswap32(value);
	g->c->poke[g->c->n_pokes++] = (struct fuzz_word){address, value};
}

//----------------------------------------------------------------------------
// Environment and state

// The same for all cases of a page of slots, since a change costs time and has the monitor scan the page anew; a page
// has cases of nearly all rows.
static void
environment(struct fuzz_gen *g)
{
	struct fuzz_rng rng = fuzz_rng_start(g->id->seed, FUZZ_ISAS + g->id->isa, g->id->number / FUZZ_SLOTS_PER_PAGE);
	static const uint32_t sctlr[] = {FUZZ_SCTLR_ON,
					 FUZZ_SCTLR_ON,
					 FUZZ_SCTLR_ON,
					 FUZZ_SCTLR_ON | FUZZ_SCTLR_A,
					 FUZZ_SCTLR_ON | FUZZ_SCTLR_TE,
					 FUZZ_SCTLR_OFF,
					 FUZZ_SCTLR_OFF | FUZZ_SCTLR_TE,
					 FUZZ_SCTLR_OFF | FUZZ_SCTLR_EE};
	static const uint32_t rights[] = {FUZZ_RIGHTS, FUZZ_RIGHTS, 0xbbbbu, 0xb0b9u, 0xfd8bu, 0x09bau};
	static const uint32_t dacr[] = {FUZZ_DACR, FUZZ_DACR, FUZZ_DACR, 0x5555555du, 0x55555551u, 0x55555547u};
	struct fuzz_state *s = &g->c->start;

	s->cp[FUZZ_CP_SCTLR] = sctlr[fuzz_rng_below(&rng, ARRAY_LEN(sctlr))];
	g->mmu = s->cp[FUZZ_CP_SCTLR] & FUZZ_SCTLR_M;
	g->c->rights = g->mmu ? rights[fuzz_rng_below(&rng, ARRAY_LEN(rights))] : FUZZ_RIGHTS;
	fuzz_ldst_environment(g, &rng);
	s->cp[FUZZ_CP_DACR] = g->mmu ? dacr[fuzz_rng_below(&rng, ARRAY_LEN(dacr))] : FUZZ_DACR;
	s->cp[FUZZ_CP_TTBR0] = FUZZ_TTBR0;
	s->cp[FUZZ_CP_CPACR] = FUZZ_CPACR;
	s->cp[FUZZ_CP_FPEXC] = FUZZ_FPEXC;
	if (fuzz_rng_one_in(&g->rng, 4)) {
		s->cp[FUZZ_CP_TPIDRURO] = fuzz_rng_32(&g->rng);
		s->cp[FUZZ_CP_TPIDRPRW] = fuzz_rng_32(&g->rng);
	}
	if (fuzz_rng_one_in(&g->rng, 8)) {
		g->c->flags |= FUZZ_F_SYSTEM;
		s->cp[FUZZ_CP_TPIDRURW] = fuzz_rng_32(&g->rng);
	}
}

static uint32_t
random_reg(struct fuzz_gen *g)
{
	switch (fuzz_rng_below(&g->rng, 8)) {
	case 0:
	case 1:
		return fuzz_gen_data(g, 64, true);
	case 2:
		return fuzz_gen_psr(&g->rng);
	case 3:
		return fuzz_rng_32(&g->rng);
	case 4:
		return fuzz_rng_below(&g->rng, 64);
	default:
		return fuzz_rng_word(&g->rng);
	}
}

static void
random_state(struct fuzz_gen *g)
{
	struct fuzz_state *s = &g->c->start;
	uint32_t masks = PSR_A | PSR_I | PSR_F;

	for (unsigned mode = 0; mode < ARRAY_LEN(modes); mode++) {
		struct fuzz_bank *bank = fuzz_state_bank(s, modes[mode]);

		for (unsigned n = 0; n < 15; n++)
			*fuzz_state_reg(s, modes[mode], n) = random_reg(g);
		if (bank)
			bank->spsr = fuzz_gen_psr(&g->rng);
	}
	s->cpsr = (fuzz_rng_32(&g->rng) & PSR_FLAGS) | g->mode | (g->thumb ? PSR_T : 0);
	s->cpsr |= fuzz_rng_one_in(&g->rng, 2) ? masks : fuzz_rng_32(&g->rng) & masks;
	if (fuzz_rng_one_in(&g->rng, 8))
		s->cpsr |= PSR_E;
	if (g->row->action == BT_WFI || fuzz_rng_one_in(&g->rng, 16)) {
		g->c->flags |= FUZZ_F_PENDING;
		if (g->row->action == BT_WFI || !fuzz_rng_one_in(&g->rng, 8))
			s->cpsr |= PSR_I; // else it is taken before the instruction is reached
	}
}

// Instructions that are UNPREDICTABLE in USR and SYS (RFE: in USR).
static bool
mode_allowed(const struct fuzz_gen *g)
{
	bool usr = g->mode == MODE_USR, sys = g->mode == MODE_SYS;

	switch (g->row->action) {
	case BT_MRS:
	case BT_MSR_REG:
	case BT_MSR_IMM:
		return !bit(g->word, 22) || (!usr && !sys);
	case BT_DP_RETURN:
	case BT_ERET:
	case BT_LDM_RETURN:
	case BT_LDM_USER:
	case BT_STM_USER:
	case BT_SRS:
		return !usr && !sys;
	case BT_RFE:
	case BT_WFI: // of the guest's user mode it is the core's own, and no physical interrupt may ever come
		return !usr;
	default:
		return true;
	}
}

//----------------------------------------------------------------------------
// The slot

enum it_rule { IT_NEVER, IT_LAST, IT_ANY };

// Where in an IT block an instruction may stand (A8.8 and B9.3: "outside or last in IT block").
static enum it_rule
it_rule(const struct bt_row *row)
{
	switch (row->action) {
	case BT_CPS:
	case BT_SETEND:
	case BT_IT:
	case BT_CBZ:
	case BT_B_COND:
	case BT_HVC:
		return IT_NEVER;
	case BT_SMC:
		return IT_LAST;
	default:
		return row->flags & (BT_ENDS | BT_INDIRECT | BT_BRANCH) ? IT_LAST : IT_ANY;
	}
}

static void
put_half(struct fuzz_case *c, unsigned n, uint32_t half)
{
	unsigned shift = n % 2 * 16;

	c->code[n / 2] = (c->code[n / 2] & ~(0xffffu << shift)) | half << shift;
}

static uint32_t
get_half(const struct fuzz_case *c, unsigned n)
{
	return c->code[n / 2] >> n % 2 * 16 & 0xffffu;
}

// ITSTATE of an IT instruction's second byte after this many of its block (A2.5.2).
static uint32_t
it_after(uint32_t it, unsigned steps)
{
	for (; steps; steps--)
		it = it & 7u ? (it & 0xe0u) | (it << 1 & 0x1fu) : 0;
	return it;
}

static void
fill_exits(struct fuzz_gen *g, bool svc)
{
	uint32_t a32 = svc ? FUZZ_EXIT_A32_SVC : FUZZ_EXIT_A32_UDF, t16 = svc ? FUZZ_EXIT_T16_SVC : FUZZ_EXIT_T16_UDF;

	for (unsigned i = 0; i < FUZZ_SLOT_WORDS; i++)
		g->c->code[i] = g->thumb ? t16 * 0x10001u : a32;
}

// Instructions behind which QEMU 7.2 forgets that an IT block is over if they are its last, for the state that it
// has stored in case they take an exception stays: these have an exit behind them in the block, and one
// that stores the state, too, which SVC doesn't.
static bool
leaves_it_state(const struct fuzz_gen *g)
{
	return (g->insn & 0xfc000000u) == 0xec000000u || g->row->action == BT_SRS;
}

// An IT block with the instruction at its end or, where it may be, inside. Half of them
// are entered at the instruction itself, as an exception return does.
static void
put_it_block(struct fuzz_gen *g)
{
	unsigned before = fuzz_rng_below(&g->rng, 4), behind = 0;
	uint32_t others, cond, then, it;

	if (it_rule(g->row) == IT_ANY)
		behind = fuzz_rng_below(&g->rng, 4u - before);
	if (leaves_it_state(g)) {
		fill_exits(g, false);
		before = fuzz_rng_below(&g->rng, 3);
		behind = 1;
	}
	others = before + behind;
	cond = fuzz_rng_below(&g->rng, others ? 14 : 15);
	then = leaves_it_state(g) ? (cond & 1u ? (1u << others) - 1u : 0) : fuzz_rng_below(&g->rng, 1u << others);
	it = cond << 4 | (then << 1 | 1u) << (3u - others);
	put_half(g->c, 0, T16_IT | it);
	for (unsigned i = 1; i <= before; i++)
		put_half(g->c, i, T16_NOP);
	g->at = 2u * (before + 1u);
	g->it = it_after(it, before);
	if (fuzz_rng_one_in(&g->rng, 2)) {
		g->c->entry = g->at;
		g->c->start.cpsr |= (g->it >> 2) << 10 | (g->it & 3u) << 25;
	}
}

// Where the instruction stands: first, behind a NOP, in an IT block, or if it may refer to what is before it, behind
// room for that, which is branched over. What ldst has of its own says so itself.
static void
place(struct fuzz_gen *g)
{
	bool back = g->row->flags & (BT_BRANCH | BT_LITERAL) && fuzz_rng_one_in(&g->rng, 3);

	if (fuzz_ldst_place(g))
		return;
	g->at = 0;
	if (back) {
		g->at = 20;
		if (g->thumb)
			put_half(g->c, 0, 0xe000u | (20u - 4u) / 2u);
		else
			g->c->code[0] = 0xea000000u | (20u - 8u) / 4u;
		return;
	}
	if (g->thumb && it_rule(g->row) != IT_NEVER && fuzz_rng_one_in(&g->rng, 3)) {
		put_it_block(g);
		return;
	}
	if (!fuzz_rng_one_in(&g->rng, 4))
		return;
	if (g->thumb)
		put_half(g->c, g->at++, T16_NOP);
	else
		g->c->code[0] = A32_NOP;
	g->at = g->thumb ? 2 : 4;
}

void
fuzz_gen_put(struct fuzz_item *item, uint32_t insn)
{
	unsigned half = item->at / 2u;

	if (item->id.isa == BT_A32) {
		item->c.code[half / 2u] = insn;
	} else if (bt_thumb_size(insn) == 2) {
		put_half(&item->c, half, insn);
	} else {
		put_half(&item->c, half, insn >> 16);
		put_half(&item->c, half + 1u, insn & 0xffffu);
	}
}

// One attempt at a case.
static bool
attempt(struct fuzz_gen *g)
{
	uint32_t id = g->c->id, slot = g->c->slot;

	memset(g->c, 0, sizeof(*g->c));
	g->c->id = id;
	g->c->slot = slot;
	g->thumb = g->row->isa != BT_A32;
	g->it = g->data = 0;
	environment(g);
	if (!fuzz_insn(&g->rng, g->row, &g->insn))
		return false;
	g->word = g->thumb ? bt_as_a32(g->row, g->insn) : g->insn;
	g->mode = fuzz_rng_one_in(&g->rng, 8) ? MODE_USR : modes[fuzz_rng_below(&g->rng, ARRAY_LEN(modes))];
	if (!mode_allowed(g))
		return false;
	random_state(g);
	fill_exits(g, fuzz_rng_one_in(&g->rng, 2));
	place(g);
	if (!fuzz_operands(g) || fuzz_insn_row(g->row->isa, g->insn) != g->row ||
	    !(fuzz_row_lax(g->row) || bt_predictable(g->row, g->insn)))
		return false;
	g->c->entry |= g->thumb;
	return true;
}

const struct bt_row *
fuzz_gen_row(unsigned isa, uint64_t number)
{
	return fuzz_row_of(isa, (unsigned)(number % fuzz_row_count_of(isa)));
}

bool
fuzz_gen(struct fuzz_item *item)
{
	const struct fuzz_id *id = &item->id;
	struct fuzz_gen g = {.rng = fuzz_rng_start(id->seed, id->isa, id->number), .c = &item->c, .id = id};

	if (fuzz_gen_kind(item) == FUZZ_MMU) {
		fuzz_mmu_gen(id->seed, id->number, &item->p);
		return true;
	}
	g.row = fuzz_gen_row(id->isa, id->number);
	item->c.id = (uint32_t)id->number;
	item->c.slot = (uint32_t)(id->number % FUZZ_SLOTS_MAX);
	for (unsigned i = 0; i < TRIES * 16u; i++) {
		if (attempt(&g)) {
			item->at = g.at;
			fuzz_gen_put(item, g.insn);
			return true;
		}
	}
	return false;
}

uint32_t
fuzz_gen_insn(const struct fuzz_item *item)
{
	uint32_t first;

	if (item->id.isa == BT_A32)
		return item->c.code[item->at / 4u];
	first = get_half(&item->c, item->at / 2u);
	return bt_is_t32(first) ? first << 16 | get_half(&item->c, item->at / 2u + 1u) : first;
}

uint32_t
fuzz_gen_address(const struct fuzz_item *item)
{
	return FUZZ_SLOT_ADDRESS(item->c.slot) + item->at;
}

const struct bt_row *
fuzz_gen_row_of(const struct fuzz_item *item)
{
	return fuzz_gen_kind(item) == FUZZ_MMU ? NULL : fuzz_insn_row(item->id.isa, fuzz_gen_insn(item));
}

bool
fuzz_gen_passes(const struct fuzz_item *item)
{
	const struct bt_row *row = fuzz_gen_row_of(item);
	uint32_t insn = fuzz_gen_insn(item), psr = item->c.start.cpsr, first = get_half(&item->c, 0), it;

	if (item->id.isa == BT_A32)
		return !row || !row->conditional || fuzz_state_passes(psr, insn >> 28);
	if ((item->c.entry & ~1u) == item->at)
		it = bits(psr, 15, 10) << 2 | bits(psr, 26, 25);
	else if ((first & 0xff00u) == T16_IT && first & 0xfu && (item->c.entry & ~1u) == 0)
		it = it_after(first & 0xffu, item->at / 2u - 1u);
	else
		it = 0;
	return !(it & 0xfu) || fuzz_state_passes(psr, it >> 4);
}
