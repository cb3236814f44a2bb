// SPDX-License-Identifier: MIT
//
// Made code: a few instructions are written somewhere in CODE, entered in some mode with random registers, and left by
// whatever trap comes first, an SVC at the latest. Where it stands, whether caches are maintained, and what stood there
// before is random, so that code pages come and go in all ways.
#include "test/hostile/cp.h"
#include "test/hostile/guest.h"
#include "test/hostile/insns.h"

#define LONGEST 24u // instructions
#define PAGES   24u // as a rule; MANY makes more than the monitor's pool has
#define MANY    255u
#define A32_SVC 0xef000000u
#define T16_SVC 0xdf00u
#define A32_NOP 0xe320f000u

uint32_t code_place; // of what is being made, to end
bool code_is_thumb;
static uint32_t end;

void
sync_code(void)
{
	barrier();
	write_iciallu(0);
	write_bpiall(0);
	barrier();
}

// Opens a place for made code: anywhere in a page, at its end, or across it.
static void
begin(bool in_thumb)
{
	uint32_t page = CODE + (1u + below(one_in(8) ? MANY - 1u : PAGES)) * PAGE, offset;

	switch (below(4)) {
	case 0:
		offset = 0;
		break;
	case 1:
		offset = PAGE - 4u * (1u + below(6));
		break;
	default:
		offset = below(PAGE - 4u * LONGEST) & ~3u;
	}
	code_is_thumb = in_thumb;
	code_place = end = page + offset;
	if (code_is_thumb && one_in(2))
		code_place = end += 2;
}

static void
put16(uint32_t halfword)
{
	*(volatile uint16_t *)end = (uint16_t)halfword;
	end += 2;
}

static void
put(enum insn_kind kind)
{
	uint32_t word = insn(kind);

	if (kind < T32_SENSITIVE) {
		at(end)[0] = word;
		end += 4;
	} else if (kind < T16_SENSITIVE) {
		put16(word >> 16);
		put16(word & 0xffffu);
	} else {
		put16(word);
	}
}

// DATA about an address that is about to be used: PCs, PSRs, anything.
static void
salt(uint32_t address)
{
	address &= ~3u;
	if (address - DATA >= MIB - 64u)
		return;
	for (unsigned i = 0; i < 8; i++)
		at(address)[i] = one_in(2) ? (CODE + PAGE + below(PAGES * PAGE)) & ~1u : interesting();
}

static void
prepare(struct entry *e)
{
	uint32_t pair = DATA + 0x100u + below(0xfeu) * PAGE + below(15) * 0x100u;

	entry_init(e);
	e->r[R_PSR] = valid_psr(valid_mode());
	e->r[R_PAIR] = pair;
	salt(e->r[below(8)]);
	salt(e->svc.sp);
	for (uint32_t p = pair - 64u; p < pair + 64u; p += 8u) {
		at(p)[0] = code_place + below(8) * 4u;
		at(p)[1] = valid_psr(valid_mode());
	}
	e->pc = code_place;
	if (code_is_thumb)
		e->cpsr |= PSR_T;
	if (one_in(2))
		e->cpsr = (e->cpsr & ~0x1fu) | SVC;
}

static void
run(struct entry *e)
{
	if (code_is_thumb)
		put16(T16_SVC);
	else
		at(end)[0] = A32_SVC;
	end += code_is_thumb ? 2 : 4;
	if (!one_in(16)) // else what stood there before may run
		sync_code();
	try_enter(e);
}

static void
make(enum insn_kind kind, enum insn_kind other, unsigned most, struct entry *e)
{
	unsigned n = 1u + below(most);

	begin(kind >= T32_SENSITIVE);
	for (unsigned i = 0; i < n; i++)
		put(one_in(4) ? other : kind);
	prepare(e);
}

static void
make_and_run(enum insn_kind kind, enum insn_kind other, unsigned most)
{
	struct entry e;

	make(kind, other, most, &e);
	run(&e);
}

void
step_device(void)
{
	struct entry e;

	make(A32_MEMORY, A32_MEMORY, 4, &e);
	for (unsigned i = 0; i < 8; i++) {
		uint32_t pa = any_pa();

		e.r[i] = one_in(3) ? pa : pa & ~3u;
		if (pa - UART < 4u) // keeps the console short
			e.r[i] = UART + 4u;
	}
	run(&e);
}

void
step_memory(void)
{
	struct entry e;

	make(A32_MEMORY, A32_OTHER, 6, &e);
	for (unsigned i = 0; i < 8; i++) {
		uint32_t page = (one_in(4) ? CODE : DATA) + (1u + below(255)) * PAGE;

		e.r[i] = one_in(4) ? page - below(32) : one_in(16) ? DATA + MIB - below(32) : page + below(PAGE);
		salt(e.r[i]);
	}
	run(&e);
}

void
step_sensitive(void)
{
	make_and_run(A32_SENSITIVE, A32_OTHER, 12);
}

void
step_words(void)
{
	struct entry e;

	begin(false);
	for (unsigned n = 1u + below(LONGEST); n; n--) {
		at(end)[0] = one_in(2) ? rnd() : (rnd() & 0x0fffffffu) | 0xe0000000u;
		end += 4;
	}
	prepare(&e);
	run(&e);
}

void
step_thumb(void)
{
	static const uint8_t kinds[] = {T32_SENSITIVE, T32_SENSITIVE, T16_SENSITIVE, T32_OTHER, T16_OTHER};
	struct entry e;

	begin(true);
	for (unsigned n = 1u + below(12); n; n--)
		put((enum insn_kind)pick(kinds));
	prepare(&e);
	run(&e);
}

void
step_halfwords(void)
{
	struct entry e;

	begin(true);
	for (unsigned n = 1u + below(2u * LONGEST); n; n--)
		put16(rnd());
	prepare(&e);
	run(&e);
}

void
step_lookalike(void)
{
	if (one_in(2))
		make_and_run(A32_LOOKALIKE, A32_SENSITIVE, 4);
	else
		make_and_run(one_in(2) ? T32_LOOKALIKE : T16_LOOKALIKE, T32_SENSITIVE, 4);
}

void
step_coproc(void)
{
	make_and_run(A32_COPROC, A32_OTHER, 4);
}

void
step_vfp(void)
{
	make_and_run(A32_VFP, A32_OTHER, 8);
}

void
step_trap(void)
{
	make_and_run(A32_TRAP, A32_OTHER, 2);
}

// STR of made instructions a few words before and behind the PC.
void
step_selfmod(void)
{
	struct entry e;

	begin(false);
	for (unsigned n = 2u + below(8); n; n--) {
		uint32_t up = one_in(4) ? 0 : 0x00800000u;

		at(end)[0] = 0xe50f0000u | up | below(8) << 12 | below(8) * 4u; // STR rN, [pc, #±n]
		end += 4;
		put(one_in(2) ? A32_SENSITIVE : A32_OTHER);
	}
	prepare(&e);
	for (unsigned i = 0; i < 8; i++)
		e.r[i] = one_in(4) ? rnd() : insn(one_in(2) ? A32_SENSITIVE : A32_OTHER);
	run(&e);
}

// Copies a part of a page that has run, by loads through the mapping that it ran by.
static uint32_t
copy(uint32_t from, uint32_t to)
{
	for (unsigned i = 0; i < 16; i++) {
		uint32_t word = at(from)[i];

		seen(word, from);
		at(to)[i] = word;
	}
	return 0;
}

void
step_copied(void)
{
	uint32_t from, unused;
	struct entry e;

	if (one_in(2))
		step_sensitive();
	else
		step_thumb();
	from = code_place & ~3u;
	begin(code_is_thumb);
	code_place = end = (code_place & ~3u) | (from & 2u);
	try_call(copy, from, code_place & ~3u, &unused);
	end = (code_place & ~3u) + 64u;
	prepare(&e);
	run(&e);
}
