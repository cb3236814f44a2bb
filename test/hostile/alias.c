// SPDX-License-Identifier: MIT
//
// Frames with known contents. Each holds a function that returns the frame's number, and words that name the frame;
// MODEL has what all of it must be. They are mapped under ALIAS at many addresses, in many spaces, with random rights,
// and read, written and executed through them, by kernel and user. There are more frames than the monitor has room for
// copies of, and more spaces than it has slots: whatever it makes, drops and uses again, every address must
// show this frame's words and nobody else's.
//
// Data is words that are no sensitive instruction in either state, so that no policy takes them for one.
#include "test/hostile/cp.h"
#include "test/hostile/tables.h"

#define WORDS            1024u
#define CODE_WORDS       8u // at the beginning of a frame
#define NONE             0xffffu
#define USER_CODE        CODE // the first page: what the user executes
#define SHARED_IN(space) (is_long(space) ? N_SPACES + 1u : N_SPACES)

// What is mapped at a page of ALIAS. Until maintenance what was there before may still be seen.
struct alias {
	uint16_t frame, before;
	uint8_t rights, stale;
};

#define KEPT __attribute__((section(".kept,\"aw\",%nobits@")))

static struct alias aliases[N_SPACES + 2u][ALIAS_PAGES] KEPT;
static uint8_t version[N_FRAMES] KEPT;
static uint8_t unsynced[N_FRAMES] KEPT; // code written since the caches were maintained

static struct alias *
alias_of(uint32_t space, uint32_t page)
{
	return page < ALIAS_PAGES ? &aliases[space][page] : &aliases[SHARED_IN(space)][page - ALIAS_PAGES];
}

static volatile uint32_t *
model(uint32_t frame, uint32_t word)
{
	return &at(MODEL)[frame * WORDS + word];
}

// MOVW r0, r1 #imm16 with bits that are harmless as Thumb, too.
static uint32_t
data_word(uint32_t frame, uint32_t bits)
{
	uint32_t v = frame << 8 | (bits & 0xffu);

	return 0xe3000000u | (v >> 13) << 16 | (v & 0x1fffu);
}

static bool
is_thumb(uint32_t frame)
{
	return frame % 8u == 5u;
}

static uint32_t
number_of(uint32_t frame)
{
	return frame | (uint32_t)version[frame] << 10;
}

#define MOVW_R0(imm) (0xe3000000u | ((imm) >> 12) << 16 | ((imm)&0xfffu))

// The function: sensitive instructions of several kinds, then the number.
static void
make_function(uint32_t frame, uint32_t code[CODE_WORDS])
{
	uint32_t number = number_of(frame), n = 0;

	for (unsigned i = 0; i < CODE_WORDS; i++)
		code[i] = is_thumb(frame) ? 0xbf00bf00u : 0xe320f000u;
	if (is_thumb(frame)) {
		if (frame & 16u)
			code[n++] = 0x8100f3efu; // MRS r1, CPSR
		code[n++] = (0xf240u | (number & 0x800u) >> 1 | number >> 12) |
			    ((number & 0x700u) << 4 | (number & 0xffu)) << 16;
		code[n] = 0xbf004770u; // BX lr
		return;
	}
	if (frame % 4u)                  // else nothing in the page needs a patch
		code[n++] = 0xe10f1000u; // MRS r1, CPSR
	code[n++] = MOVW_R0(number);
	if (frame % 4u == 2u)
		code[n++] = 0xe121f001u; // MSR CPSR_c, r1
	code[n] = 0xe12fff1eu;           // BX lr
}

static void
fill(uint32_t frame)
{
	uint32_t code[CODE_WORDS];

	make_function(frame, code);
	for (unsigned i = 0; i < WORDS; i++)
		at(FRAMES)[frame * WORDS + i] = *model(frame, i) = i < CODE_WORDS ? code[i] : data_word(frame, i * 7u);
}

//----------------------------------------------------------------------------
// The user's part: one instruction, done by user code, with a fault of the user's as its end.

static const uint32_t user_code[][2] = {
    {0xe5900000u, 0xef000000u}, // LDR r0, [r0]
    {0xe5801000u, 0xef000000u}, // STR r1, [r0]
    {0xe5d00000u, 0xef000000u}, // LDRB r0, [r0]
    {0xe8900003u, 0xef000000u}, // LDM r0, {r0, r1}
    {0xe12fff30u, 0xef000000u}, // BLX r0
};
enum user_op { USER_LOAD, USER_STORE, USER_LOAD_BYTE, USER_LOAD_TWO, USER_CALL };

static void
write_user_code(void)
{
	for (unsigned i = 0; i < sizeof(user_code) / 4u; i++)
		if (at(USER_CODE)[i] != (&user_code[0][0])[i])
			at(USER_CODE)[i] = (&user_code[0][0])[i];
	sync_code();
}

// Like try_call: V_NONE if it came to its SVC. Runs in the regime that holds.
static uint32_t
user(enum user_op op, uint32_t r0, uint32_t r1, uint32_t *result)
{
	static struct entry e;
	uint32_t vector, end = USER_CODE + op * 8u + 8u;

	write_user_code();
	entry_init(&e);
	e.r[0] = r0;
	e.r[1] = r1;
	e.pc = end - 8u;
	e.cpsr = USR | PSR_I | PSR_F | PSR_A;
	vector = try_enter_here(&e);
	*result = trapped.r[0];
	return vector == V_SVC && trapped.pc == end ? V_NONE : vector;
}

//----------------------------------------------------------------------------
// An access through an address: what it must give.

struct look {
	uint32_t va, space, page, word;
	struct alias *alias;
};

// An address under ALIAS in the regime that holds.
static struct look
somewhere_here(void)
{
	struct look l;

	for (unsigned tries = 0; tries < 8; tries++) {
		l.page = below(2u * ALIAS_PAGES);
		l.va = ALIAS + l.page * PAGE;
		l.space = regime_space_of(l.va);
		l.alias = alias_of(l.space, l.page);
		if (l.alias->frame != NONE)
			break;
	}
	l.word = one_in(4) ? below(CODE_WORDS) : below(WORDS);
	l.va += l.word * 4u;
	return l;
}

// In one with the MMU on.
static struct look
somewhere(void)
{
	if (!regime_is_on() || one_in(8))
		regime_space(regime_any_space(), one_in(8) ? below(8) : 0);
	return somewhere_here();
}

static bool
user_may(const struct alias *a, bool write)
{
	return a->frame != NONE && a->rights & RIGHT_USER && (!write || a->rights & RIGHT_WRITE);
}

static bool
kernel_may(const struct alias *a, bool write)
{
	return a->frame != NONE && (!write || a->rights & RIGHT_WRITE);
}

// Tables that were overwritten by made code tell nothing; that is the guest's own doing.
static void
must_be_sane(const struct look *l)
{
	uint32_t pa = 0;
	bool mapped = tables_walk(l->space, l->va, &pa);

	if (mapped != (l->alias->frame != NONE) || (mapped && pa != FRAMES + l->alias->frame * PAGE + l->word * 4u))
		fail("tables are not what was written", l->va, pa, l->alias->frame);
}

// The kernel may see a patch where it executes, but with --strict.
static bool
may_differ(const struct look *l, bool by_user)
{
	return l->word < CODE_WORDS && !by_user && !arg.strict && !(l->alias->rights & RIGHT_XN);
}

static void
check(const struct look *l, bool may, bool by_user, uint32_t vector, uint32_t value, uint32_t mask)
{
	const struct alias *a = l->alias;

	REPORT->checks++;
	if (vector != V_NONE && vector != V_DATA)
		fail("a load took another exception", l->va, vector, trapped.pc);
	if (a->stale) { // either is right
		if (vector == V_NONE && (a->frame == NONE || (value & mask) != (*model(a->frame, l->word) & mask)) &&
		    (a->before == NONE || (value & mask) != (*model(a->before, l->word) & mask)) &&
		    !may_differ(l, by_user) && l->word >= CODE_WORDS)
			fail("neither the old frame's word nor the new one's", l->va, value, a->frame);
		return;
	}
	must_be_sane(l);
	if (may != (vector == V_NONE))
		fail(may ? "a load was refused" : "a load was not refused", l->va, value, a->rights);
	if (vector == V_NONE && !may_differ(l, by_user) && (value & mask) != (*model(a->frame, l->word) & mask))
		fail("another word than the frame's", l->va, value, *model(a->frame, l->word));
}

static uint32_t
ldrt(uint32_t va, uint32_t unused)
{
	uint32_t value;

	(void)unused;
	__asm__ volatile("ldrt %0, [%1]" : "=&r"(value) : "r"(va) : "memory");
	return value;
}

static uint32_t
load_byte(uint32_t va, uint32_t unused)
{
	(void)unused;
	return *(volatile uint8_t *)va;
}

static uint32_t
load_many(uint32_t va, uint32_t unused)
{
	register uint32_t r4 __asm__("r4");

	(void)unused;
	__asm__ volatile("ldm %1, {r4-r7}" : "=r"(r4) : "r"(va) : "memory", "r5", "r6", "r7");
	return r4;
}

static uint32_t
load_exclusive(uint32_t va, uint32_t unused)
{
	uint32_t value;

	(void)unused;
	__asm__ volatile("ldrex %0, [%1]\n\tclrex" : "=&r"(value) : "r"(va) : "memory");
	return value;
}

void
step_read(void)
{
	for (unsigned i = below(16); i < 16; i++) {
		struct look l = somewhere();
		uint32_t value = 0, vector;

		switch (below(8)) {
		case 0:
			vector = user(USER_LOAD, l.va, 0, &value);
			check(&l, user_may(l.alias, false), true, vector, value, ~0u);
			break;
		case 1:
			vector = user(USER_LOAD_BYTE, l.va, 0, &value);
			check(&l, user_may(l.alias, false), true, vector, value, 0xffu);
			break;
		case 2:
			vector = try_call(ldrt, l.va, 0, &value);
			check(&l, user_may(l.alias, false), true, vector, value, ~0u);
			break;
		case 3:
			vector = try_call(load_byte, l.va, 0, &value);
			check(&l, kernel_may(l.alias, false), false, vector, value, 0xffu);
			break;
		case 4:
			l.word &= ~3u;
			l.va &= ~15u;
			vector = try_call(load_many, l.va, 0, &value);
			check(&l, kernel_may(l.alias, false), false, vector, value, ~0u);
			break;
		case 5:
			vector = try_call(load_exclusive, l.va, 0, &value);
			check(&l, kernel_may(l.alias, false), false, vector, value, ~0u);
			break;
		default:
			vector = try_load(l.va, &value);
			check(&l, kernel_may(l.alias, false), false, vector, value, ~0u);
		}
	}
}

//----------------------------------------------------------------------------

static uint32_t
strt(uint32_t va, uint32_t value)
{
	__asm__ volatile("strt %1, [%0]" : : "r"(va), "r"(value) : "memory");
	return 0;
}

// A word through an address; the model follows if it was let.
static bool
write_word(const struct look *l, uint32_t value)
{
	struct alias *a = l->alias;
	uint32_t vector, unused;
	bool may = kernel_may(a, true);

	if (a->stale) // which frame it goes to can't be told
		return false;
	switch (below(4)) {
	case 0:
		may = user_may(a, true);
		vector = user(USER_STORE, l->va, value, &unused);
		break;
	case 1:
		may = user_may(a, true);
		vector = try_call(strt, l->va, value, &unused);
		break;
	default:
		vector = try_store(l->va, value);
	}
	must_be_sane(l);
	if (vector != V_NONE && vector != V_DATA)
		fail("a store took another exception", l->va, vector, trapped.pc);
	if (may != (vector == V_NONE))
		fail(may ? "a store was refused" : "a store was not refused", l->va, value, a->rights);
	if (may)
		*model(a->frame, l->word) = value;
	return may;
}

// A new number for the function, and as a rule what makes it known.
static void
write_code(const struct look *l)
{
	uint32_t frame = l->alias->frame, code[CODE_WORDS], was;
	bool all = true;

	if (frame == NONE || l->alias->stale)
		return;
	was = version[frame];
	version[frame] = (uint8_t)(rnd() & 31u);
	make_function(frame, code);
	for (unsigned i = 0; i < CODE_WORDS && all; i++) {
		struct look w = *l;

		w.word = i;
		w.va = (l->va & ~0xfffu) + i * 4u;
		if (*model(frame, i) != code[i])
			all = write_word(&w, code[i]);
	}
	if (!all) {
		version[frame] = (uint8_t)was;
		return;
	}
	unsynced[frame] = 1;
	if (one_in(8))
		return;
	sync_code();
	for (unsigned i = 0; i < N_FRAMES; i++)
		unsynced[i] = 0;
}

void
step_write(void)
{
	for (unsigned i = below(16); i < 16; i++) {
		struct look l = somewhere();

		if (one_in(4)) {
			write_code(&l);
		} else if (l.alias->frame != NONE && l.word >= CODE_WORDS) {
			write_word(&l, data_word(l.alias->frame, rnd()));
		}
	}
}

//----------------------------------------------------------------------------

static uint32_t
call(uint32_t va, uint32_t unused)
{
	return ((uint32_t(*)(uint32_t, uint32_t))va)(unused, 0);
}

// Calls what is at an address, unless caches have not been maintained since it was written.
static void
check_call(struct look l, bool by_user)
{
	const struct alias *a = l.alias;
	uint32_t number = 0, vector;

	if (a->stale || (a->frame != NONE && unsynced[a->frame]))
		return;
	l.va &= ~0xfffu;
	l.word = 0;
	if (by_user)
		vector = user(USER_CALL, l.va | (a->frame != NONE && is_thumb(a->frame)), 0, &number);
	else
		vector = try_call(call, l.va | (a->frame != NONE && is_thumb(a->frame)), 0, &number);
	must_be_sane(&l);
	REPORT->checks++;
	if (a->frame == NONE || a->rights & RIGHT_XN || (by_user && !(a->rights & RIGHT_USER))) {
		if (vector != V_PREFETCH || trapped.pc - 4u != l.va)
			fail("executed what may not be", l.va, vector, trapped.pc);
	} else if (vector != V_NONE) {
		fail("a call was refused", l.va, vector, trapped.pc);
	} else if (number != number_of(a->frame)) {
		fail("another frame's function", l.va, number, number_of(a->frame));
	}
}

void
step_call(void)
{
	for (unsigned i = below(16); i < 16; i++)
		check_call(somewhere(), one_in(4));
}

// Some are executed, then so many others that their copies go, then they are looked at again in the same regime.
void
step_press(void)
{
	struct look l[6];

	for (unsigned i = 0; i < 6; i++) {
		l[i] = i ? somewhere_here() : somewhere();
		check_call(l[i], false);
	}
	alias_press(40u + below(80));
	for (unsigned i = 0; i < 6; i++) {
		uint32_t value = 0, vector = try_load(l[i].va, &value);

		check(&l[i], kernel_may(l[i].alias, false), false, vector, value, ~0u);
		if (one_in(2))
			check_call(l[i], false);
	}
}

// Calls functions where the frames are physically, whatever the regime: copies are made, and others go for them.
void
alias_press(uint32_t n)
{
	for (; n; n--) {
		uint32_t frame = below(N_FRAMES), address = FRAMES + frame * PAGE, number = 0, vector;

		if (unsynced[frame])
			continue;
		vector = try_call(call, address | is_thumb(frame), 0, &number);
		REPORT->checks++;
		if (vector != V_NONE || number != number_of(frame))
			fail("another function where the frame is", address, number, vector);
	}
}

void
step_map(void)
{
	for (unsigned i = below(32); i < 32; i++) {
		uint32_t space = below(N_SPACES), page = below(2u * ALIAS_PAGES);
		struct alias *a = alias_of(space, page);
		bool mapped = !one_in(8);

		if (a->stale)
			continue;
		a->before = a->frame;
		a->frame = mapped ? (uint16_t)below(N_FRAMES) : NONE;
		a->rights = (uint8_t)(rnd() & 7u);
		table_map(space, page, FRAMES + a->frame * PAGE, a->rights, mapped);
		a->stale = 1;
		if (one_in(8))
			continue;
		tlb_page(ALIAS + page * PAGE, asid_of[space]);
		a->stale = 0;
	}
	if (!one_in(4))
		return;
	tlb_all();
	for (unsigned i = 0; i < (N_SPACES + 2u) * ALIAS_PAGES; i++)
		(&aliases[0][0])[i].stale = 0;
}

static struct look
map_here(uint32_t frame, uint32_t rights)
{
	struct look l = {.page = below(ALIAS_PAGES)};

	l.va = ALIAS + l.page * PAGE;
	l.space = regime_space_of(l.va);
	l.alias = alias_of(l.space, l.page);
	*l.alias = (struct alias){.frame = (uint16_t)frame, .before = l.alias->frame, .rights = (uint8_t)rights};
	table_map(l.space, l.page, FRAMES + frame * PAGE, rights, true);
	tlb_page(l.va, asid_of[l.space]);
	return l;
}

// A frame that is written through two addresses and executed through a third.
void
step_rewrite(void)
{
	uint32_t frame = below(N_FRAMES);
	struct look l[3];

	if (!regime_is_on())
		regime_space(regime_any_space(), 0);
	for (unsigned i = 0; i < 3; i++)
		l[i] = map_here(frame, i < 2 ? RIGHT_WRITE | RIGHT_XN | (rnd() & RIGHT_USER) : 0);
	for (unsigned i = 0; i < 10; i++) {
		struct look w = l[below(2)];

		if (w.alias->frame != frame || l[2].alias->frame != frame) // one address was taken twice
			return;
		w.word = CODE_WORDS + below(WORDS - CODE_WORDS);
		w.va += w.word * 4u;
		if (one_in(3))
			write_word(&w, data_word(frame, rnd()));
		else if (one_in(2))
			write_code(&w);
		else
			check_call(l[2], false);
	}
}

// Frames where they are physically; their code is executed there, too, and may be seen patched.
static void
sweep(uint32_t first, uint32_t n)
{
	for (unsigned i = first * WORDS; i < (first + n) * WORDS; i++) {
		uint32_t value = at(FRAMES)[i];

		if (value != at(MODEL)[i] && (arg.strict || i % WORDS >= CODE_WORDS))
			fail("a frame changed", FRAMES + i * 4u, value, at(MODEL)[i]);
	}
	REPORT->checks += n;
}

void
step_sweep(void)
{
	sweep(below(8) * (N_FRAMES / 8u), N_FRAMES / 8u);
}

void
alias_sweep(void)
{
	sweep(0, N_FRAMES);
}

void
alias_init(void)
{
	for (unsigned i = 0; i < (N_SPACES + 2u) * ALIAS_PAGES; i++)
		(&aliases[0][0])[i] = (struct alias){.frame = NONE, .before = NONE};
	for (unsigned i = 0; i < N_FRAMES; i++)
		fill(i);
	for (unsigned i = 0; i < 20; i++)
		step_map();
}
