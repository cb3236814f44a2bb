// SPDX-License-Identifier: MIT
//
// See shrink.h. Each round tries all simplifications, each alone, in one batch, and then all
// prefixes of those that worked, one on top of the other, in a second; until none works.
// In a batch every candidate has a slot of its own, so addresses in the slot move with it.
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "guests/cli/error.h"
#include "guests/fuzz/gen_internal.h"
#include "guests/fuzz/mmu.h"
#include "guests/fuzz/shrink.h"
#include "monitor/base/psr.h"
#include "monitor/base/types.h"

#define ROUNDS     12u
#define SECONDS    20.0 // after which no more rounds begin
#define PATIENCE   0.3  // of a candidate that hangs nothing is lost but itself
#define CANDIDATES 400u
#define PLAIN_PSR  (PSR_A | PSR_I | PSR_F | MODE_SVC)

_Static_assert(CANDIDATES <= FUZZ_SLOTS_MAX, "a slot each");

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

//----------------------------------------------------------------------------
// Simplifications: each changes item, or returns false

static const uint32_t defaults[FUZZ_CP_COUNT] = {[FUZZ_CP_SCTLR] = FUZZ_SCTLR_ON,
						 [FUZZ_CP_DACR] = FUZZ_DACR,
						 [FUZZ_CP_CPACR] = FUZZ_CPACR,
						 [FUZZ_CP_TTBR0] = FUZZ_TTBR0,
						 [FUZZ_CP_FPEXC] = FUZZ_FPEXC};

static bool
set(uint32_t *word, uint32_t value)
{
	bool changed = *word != value;

	*word = value;
	return changed;
}

// Word n of the start state: a register becomes 0, an SPSR that of SVC.
static bool
simplify_word(struct fuzz_case *c, unsigned n)
{
	uint32_t *word = (uint32_t *)&c->start + n, *cp = c->start.cp;

	if (word == &c->start.cpsr)
		return false;
	if (word >= cp)
		return set(word, defaults[word - cp]);
	for (uint32_t mode = MODE_FIQ; mode <= MODE_UND; mode++)
		if (fuzz_state_bank(&c->start, mode) && word == &fuzz_state_bank(&c->start, mode)->spsr)
			return set(word, PLAIN_PSR);
	return set(word, 0);
}

static bool
simplify_mode(struct fuzz_case *c)
{
	uint32_t mode = c->start.cpsr & PSR_M;
	struct fuzz_bank *bank = fuzz_state_bank(&c->start, mode);

	if (mode == MODE_SVC || !bank)
		return false;
	for (unsigned n = 8; n < 13; n++)
		*fuzz_state_reg(&c->start, MODE_SVC, n) = *fuzz_state_reg(&c->start, mode, n);
	c->start.svc = *bank;
	c->start.cpsr ^= mode ^ MODE_SVC;
	return true;
}

static bool
simplify_other(struct fuzz_item *item, unsigned n)
{
	struct fuzz_case *c = &item->c;
	uint32_t *cpsr = &c->start.cpsr;

	switch (n) {
	case 0:
		return set(cpsr, *cpsr & ~PSR_FLAGS);
	case 1:
		return set(cpsr, *cpsr & ~PSR_E);
	case 2:
		return set(cpsr, *cpsr | PSR_A | PSR_I | PSR_F);
	case 3:
		return (c->entry & ~1u) == item->at && set(cpsr, *cpsr & ~PSR_IT);
	case 4:
		return !(*cpsr & PSR_IT) && set(&c->entry, item->at | (c->entry & 1u));
	case 5:
		return set(&c->rights, FUZZ_RIGHTS);
	case 6:
		return set(&c->start.cp[FUZZ_CP_SCTLR], FUZZ_SCTLR_OFF);
	case 7:
		return simplify_mode(c);
	case 8:
		return set(&c->flags, c->flags & ~FUZZ_F_SYSTEM);
	case 9:
		return set(&c->flags, c->flags & ~(FUZZ_F_PENDING | FUZZ_F_FIQ));
	case 10: // the A32 condition
		if (item->id.isa != BT_A32 || c->code[item->at / 4u] >> 28 >= 14u)
			return false;
		return set(&c->code[item->at / 4u], (c->code[item->at / 4u] & 0x0fffffffu) | 14u << 28);
	default:
		return false;
	}
}
#define OTHERS 11u

static bool
simplify_poke(struct fuzz_case *c, unsigned n)
{
	if (n >= c->n_pokes)
		return false;
	c->poke[n] = c->poke[--c->n_pokes];
	return true;
}

static unsigned
edits(const struct fuzz_item *item)
{
	return fuzz_gen_kind(item) == FUZZ_MMU ? FUZZ_MMU_EDITS : (unsigned)FUZZ_STATE_WORDS + OTHERS + FUZZ_POKES;
}

static bool
simplify(struct fuzz_item *item, unsigned edit)
{
	if (fuzz_gen_kind(item) == FUZZ_MMU)
		return fuzz_mmu_simplify(&item->p, edit);
	if (edit < FUZZ_STATE_WORDS)
		return simplify_word(&item->c, edit);
	edit -= (unsigned)FUZZ_STATE_WORDS;
	return edit < OTHERS ? simplify_other(item, edit) : simplify_poke(&item->c, edit - OTHERS);
}

//----------------------------------------------------------------------------
// Moving a case to another slot

static uint32_t
moved(uint32_t value, uint32_t from, uint32_t to)
{
	uint32_t swapped = __builtin_bswap32(value);

	if (value - from < FUZZ_SLOT_BYTES)
		return value - from + to;
	return swapped - from < FUZZ_SLOT_BYTES ? __builtin_bswap32(swapped - from + to) : value;
}

static void
move_branch(struct fuzz_item *item, uint32_t from, uint32_t to)
{
	const struct bt_row *row = fuzz_gen_row_of(item);
	uint32_t insn = fuzz_gen_insn(item), target;

	if (!row || !(row->flags & BT_BRANCH))
		return;
	target = bt_target(row, insn, from + item->at);
	if (target - from >= FUZZ_SLOT_BYTES && fuzz_target_encode(row, &insn, to + item->at, target))
		fuzz_gen_put(item, insn);
}

static void
move(struct fuzz_item *item, uint32_t slot)
{
	uint32_t from = FUZZ_SLOT_ADDRESS(item->c.slot), to = FUZZ_SLOT_ADDRESS(slot),
		 *start = (uint32_t *)&item->c.start;

	if (fuzz_gen_kind(item) == FUZZ_MMU || from == to)
		return;
	move_branch(item, from, to);
	for (unsigned i = 0; i < FUZZ_STATE_WORDS; i++)
		start[i] = moved(start[i], from, to);
	for (unsigned i = 0; i < item->c.n_pokes; i++)
		item->c.poke[i].value = moved(item->c.poke[i].value, from, to);
	for (unsigned i = 0; i < FUZZ_SLOT_USED; i++)
		if (i != item->at / 4u)
			item->c.code[i] = moved(item->c.code[i], from, to);
	item->c.slot = slot;
}

//----------------------------------------------------------------------------
// Trying

struct trial {
	const struct fuzz_run *run;
	enum fuzz_machine machine;
	uint64_t diff;        // that is to stay
	uint32_t bare, other; // vectors that are to stay
	struct fuzz_item items[CANDIDATES];
	struct fuzz_result results[2][CANDIDATES];
	char *notes[CANDIDATES];
	bool good[CANDIDATES];
};

// Runs n candidates. False if it was stopped.
static bool
try(struct trial *t, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		free(t->notes[i]);
		t->notes[i] = NULL;
	}
	if (!fuzz_run(t->run, FUZZ_BARE, t->items, n, t->results[0], NULL) ||
	    !fuzz_run(t->run, t->machine, t->items, n, t->results[1], t->notes))
		return false;
	for (unsigned i = 0; i < n; i++)
		t->good[i] = t->results[0][i].vector == t->bare && t->results[1][i].vector == t->other &&
			     fuzz_compare(&t->items[i], t->machine, &t->results[0][i], &t->results[1][i]) == t->diff;
	return true;
}

// One candidate for each edit that changes something; which[] says which.
static unsigned
all_edits(struct trial *t, const struct fuzz_item *item, unsigned *which)
{
	unsigned n = 0;

	for (unsigned edit = 0; edit < edits(item) && n < CANDIDATES; edit++) {
		t->items[n] = *item;
		if (!simplify(&t->items[n], edit))
			continue;
		move(&t->items[n], n);
		which[n++] = edit;
	}
	return n;
}

// The edits that worked, one more with each candidate.
static unsigned
all_prefixes(struct trial *t, const struct fuzz_item *item, const unsigned *which, unsigned n)
{
	struct fuzz_item sum = *item;
	unsigned k = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!t->good[i])
			continue;
		if (!simplify(&sum, which[i]))
			continue;
		t->items[k] = sum;
		move(&t->items[k], k);
		k++;
	}
	return k;
}

// One round. 1: simpler now, 0: nothing more to gain, -1: stopped.
static int
round_of(struct trial *t, struct fuzz_item *item)
{
	unsigned which[CANDIDATES], n = all_edits(t, item, which), k;
	uint32_t slot = item->c.slot;

	if (!try(t, n))
		return -1;
	k = all_prefixes(t, item, which, n);
	if (!k)
		return 0;
	if (!try(t, k))
		return -1;
	while (k && !t->good[k - 1])
		k--;
	if (!k)
		return 0;
	*item = t->items[k - 1];
	move(item, slot);
	return 1;
}

// Runs item alone, in its own slot. 1: it diverges as it should, 0: it doesn't, -1: stopped.
static int
confirm(struct trial *t, const struct fuzz_item *item, struct fuzz_outcome *outcome)
{
	t->items[0] = *item;
	if (!try(t, 1))
		return -1;
	if (!t->good[0])
		return 0;
	outcome->bare = t->results[0][0];
	outcome->other = t->results[1][0];
	free(outcome->note);
	outcome->note = t->notes[0];
	t->notes[0] = NULL;
	return 1;
}

bool
fuzz_shrink(const struct fuzz_run *run, enum fuzz_machine machine, struct fuzz_item *item, struct fuzz_outcome *outcome)
{
	struct trial *t = must_alloc(sizeof(*t));
	struct fuzz_run hasty = *run;
	struct fuzz_item simple = *item;
	double until = now() + SECONDS;
	bool alone;
	int more = 1;

	t->run = run;
	t->machine = machine;
	t->diff = outcome->diff;
	t->bare = outcome->bare.vector;
	t->other = outcome->other.vector;
	alone = confirm(t, item, outcome) > 0;
	hasty.patience = PATIENCE;
	t->run = &hasty;
	for (unsigned i = 0; i < ROUNDS && alone && more > 0 && now() < until; i++)
		more = round_of(t, &simple);
	t->run = run;
	if (alone && confirm(t, &simple, outcome) > 0)
		*item = simple;
	for (unsigned i = 0; i < CANDIDATES; i++)
		free(t->notes[i]);
	free(t);
	return alone;
}
