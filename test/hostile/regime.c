// SPDX-License-Identifier: MIT
//
// Regimes: the translation registers as a whole, switched at random by step_regime(), and the way back to the one that
// is meant to hold. Where the format changes it goes by way of MMU off; the code is at the same address in all of them.
#include "test/hostile/cp.h"
#include "test/hostile/tables.h"

#define SCTLR_M   1u
#define SCTLR_ON  0x1805u // M, C, Z, I
#define TTBCR_EAE 0x80000000u
#define MAIR0     0x0000ff04u

extern uint32_t vectors[];

struct regime now;
uint32_t asid_of[N_SPACES];
static uint32_t sctlr_off;

void
tlb_all(void)
{
	barrier();
	if (one_in(2))
		write_tlbiall(0);
	else
		write_tlbiallis(0);
	barrier();
}

void
tlb_page(uint32_t va, uint32_t asid)
{
	barrier();
	va &= ~0xfffu;
	// From N = 4 on all spaces see one's pages under ALIAS, with their own ASIDs.
	switch (!is_long(now.space) && (now.ttbcr & 7u) >= 4u ? 2u + below(2) : below(6)) {
	case 0:
		write_tlbimva(va | asid);
		break;
	case 1:
		write_tlbimvais(va | asid);
		break;
	case 2:
		write_tlbimvaa(va);
		break;
	case 3:
		write_tlbimvaais(va);
		break;
	case 4:
		write_tlbiasid(asid); // not for global ones
		write_tlbimvaa(va);
		break;
	default:
		write_tlbiall(0);
	}
	barrier();
}

// All of the registers, whatever holds now.
static void
load(const struct regime *r)
{
	write_sctlr(sctlr_off);
	barrier();
	write_ttbcr(r->ttbcr);
	if (r->ttbcr & TTBCR_EAE) {
		write_ttbr0_64(r->ttbr0);
		write_ttbr1_64(r->ttbr1);
		write_prrr(MAIR0);
		write_nmrr(0);
	} else {
		write_ttbr0((uint32_t)r->ttbr0);
		write_ttbr1((uint32_t)r->ttbr1);
	}
	write_dacr(r->dacr);
	write_contextidr(r->contextidr);
	write_vbar((uint32_t)vectors);
	write_tlbiall(0);
	write_iciallu(0);
	write_bpiall(0);
	barrier();
	write_sctlr(r->sctlr);
	barrier();
}

static bool
differs(const struct regime *r)
{
	if (read_sctlr() != r->sctlr || read_ttbcr() != r->ttbcr || read_vbar() != (uint32_t)vectors)
		return true;
	if (r->ttbcr & TTBCR_EAE)
		return read_ttbr0_64() != r->ttbr0;
	return read_ttbr0() != (uint32_t)r->ttbr0 || read_ttbr1() != (uint32_t)r->ttbr1 || read_dacr() != r->dacr ||
	       read_contextidr() != r->contextidr;
}

void
regime_restore_all(void)
{
	load(&now);
}

void
regime_restore(void)
{
	if (differs(&now))
		load(&now);
}

// The registers of a space that differ from those of now, in the order that Linux writes them.
static void
enter(const struct regime *r)
{
	bool same_format = r->sctlr == now.sctlr && (r->ttbcr & TTBCR_EAE) == (now.ttbcr & TTBCR_EAE);

	if (!same_format || r->ttbcr != now.ttbcr || r->ttbr1 != now.ttbr1) {
		load(r);
	} else if (r->ttbcr & TTBCR_EAE) {
		write_ttbr0_64(r->ttbr0);
	} else {
		if (one_in(2)) { // through the tables that all have
			write_ttbr0((uint32_t)r->ttbr1);
			barrier();
		}
		write_contextidr(r->contextidr);
		barrier();
		write_ttbr0((uint32_t)r->ttbr0);
	}
	barrier();
	now = *r;
}

void
regime_off(void)
{
	struct regime r = now;

	r.sctlr = sctlr_off;
	enter(&r);
}

void
regime_space(uint32_t space, uint32_t n)
{
	struct regime r = {.sctlr = sctlr_off | SCTLR_ON, .space = space, .dacr = 0x55555555u};

	if (is_long(space)) {
		r.ttbcr = TTBCR_EAE;
		r.ttbr0 = LONG_L1(space) | (uint64_t)asid_of[space] << 48;
		r.contextidr = now.contextidr;
	} else {
		r.ttbcr = n;
		r.ttbr0 = SHORT_L1(space) | 0x4au;
		r.ttbr1 = SHORT_L1(0) | 0x4au; // the code is above from N = 2 on
		r.contextidr = asid_of[space];
	}
	enter(&r);
}

uint32_t
regime_any_space(void)
{
	return one_in(4) ? N_SHORT + below(N_LONG - 1u) : below(BARE_SHORT);
}

void
regime_bare(void)
{
	bool off = !(now.sctlr & SCTLR_M);

	regime_space((off ? one_in(2) : is_long(now.space)) ? BARE_LONG : BARE_SHORT, 0);
}

void
regime_return(const struct regime *r)
{
	struct regime to = *r;

	if (to.sctlr & SCTLR_M && !is_long(to.space))
		to.contextidr = asid_of[to.space];
	enter(&to);
}

bool
regime_is_on(void)
{
	return now.sctlr & SCTLR_M;
}

uint32_t
regime_space_of(uint32_t va)
{
	uint32_t n = now.ttbcr & 7u;

	return is_long(now.space) || !n || !(va >> (32u - n)) ? now.space : 0;
}

void
regime_init(void)
{
	sctlr_off = read_sctlr() & ~(SCTLR_ON | 2u);
	for (unsigned i = 0; i < N_SPACES; i++)
		asid_of[i] = i + 1u;
	now = (struct regime){.sctlr = sctlr_off, .ttbr0 = SHORT_L1(0), .ttbr1 = SHORT_L1(0), .dacr = 0x55555555u};
	load(&now);
	tables_init();
	regime_space(0, 0);
}

// A new ASID for a space: whatever the TLB had under it goes first.
static void
new_asid(uint32_t space)
{
	uint32_t asid = rnd() & 0xffu;

	for (unsigned i = 0; i < N_SPACES; i++)
		if (asid_of[i] == asid)
			return;
	barrier();
	if (one_in(2))
		write_tlbiasid(asid);
	else
		write_tlbiasidis(asid);
	barrier();
	asid_of[space] = asid;
}

void
step_regime(void)
{
	uint32_t space = regime_any_space();

	if (one_in(4))
		new_asid(space);
	if (one_in(12))
		regime_off();
	else
		regime_space(space, one_in(3) ? below(8) : 0);
}
