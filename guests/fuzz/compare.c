// SPDX-License-Identifier: MIT
//
// See compare.h. What may differ stands in one table, each line with its reason.
#include <stdio.h>
#include "guests/fuzz/compare.h"
#include "guests/fuzz/mmu.h"
#include "guests/fuzz/state.h"
#include "monitor/base/psr.h"
#include "monitor/base/types.h"

#define FSR_STATUS           0x40fu
#define FSR_DEBUG            0x002u
#define FSR_TRANSLATION_PAGE 0x007u
#define FSR_DOMAIN_PAGE      0x00bu

_Static_assert(FUZZ_STATE_WORDS <= 61, "a bit for each word");
#define WORD(member) ((unsigned)(offsetof(struct fuzz_state, member) / 4u))
#define CP(name)     (WORD(cp) + FUZZ_CP_##name)

// IFSR[7:4] are UNK/SBZP (B4.1.96); QEMU puts the domain there.
static uint32_t
ifsr_reserved(const struct fuzz_item *item, const struct fuzz_result *bare, const struct fuzz_result *other,
	      unsigned word)
{
	(void)item;
	(void)other;
	return word == CP(IFSR) && bare->vector == FUZZ_PABT ? 0xf0u : 0;
}

// A debug event leaves the IFAR UNKNOWN (B3.13.3).
static uint32_t
ifar_of_debug_event(const struct fuzz_item *item, const struct fuzz_result *bare, const struct fuzz_result *other,
		    unsigned word)
{
	bool debug = bare->vector == FUZZ_PABT && (bare->end.cp[FUZZ_CP_IFSR] & FSR_STATUS) == FSR_DEBUG;

	(void)item;
	(void)other;
	return word == CP(IFAR) && debug ? 0xffffffffu : 0;
}

// MRS CPSR in USR reads I as UNKNOWN (B9.3.8): it is the host's.
static uint32_t
mrs_in_user(const struct fuzz_item *item, const struct fuzz_result *bare, const struct fuzz_result *other,
	    unsigned word)
{
	const struct bt_row *row = fuzz_gen_row_of(item);
	struct fuzz_state state;
	unsigned rd;

	(void)bare;
	(void)other;
	if (!row || row->action != BT_MRS || (item->c.start.cpsr & PSR_M) != MODE_USR)
		return 0;
	rd = bt_field(row, fuzz_gen_insn(item), 'd');
	return word == (unsigned)(fuzz_state_reg(&state, MODE_USR, rd) - (uint32_t *)&state) ? PSR_I : 0;
}

// An SMC that is UNDEFINED in an IT block: QEMU has moved ITSTATE on before it finds out (B1.8.1: it is that of the
// SMC).
static uint32_t
smc_in_it_block(const struct fuzz_item *item, const struct fuzz_result *bare, const struct fuzz_result *other,
		unsigned word)
{
	const struct bt_row *row = fuzz_gen_row_of(item);

	(void)bare;
	(void)other;
	return word == WORD(und.spsr) && row && row->action == BT_SMC ? PSR_IT : 0;
}

// A page that isn't mapped in a domain without access: a translation fault is checked for first (B3.13.1),
// but QEMU looks at the domain before it reads the second-level descriptor.
static uint32_t
page_domain_fault(const struct fuzz_item *item, const struct fuzz_result *bare, const struct fuzz_result *other,
		  unsigned word)
{
	uint32_t a = fuzz_state_word(&bare->end, word), b = fuzz_state_word(&other->end, word);

	(void)item;
	if (word == CP(PAR)) // of an ATS1C operation, with the status from bit 1 on
		return a == (FSR_DOMAIN_PAGE << 1 | 1u) && b == (FSR_TRANSLATION_PAGE << 1 | 1u) ? a ^ b : 0;
	return word == CP(DFSR) && (a & FSR_STATUS) == FSR_DOMAIN_PAGE && (b & FSR_STATUS) == FSR_TRANSLATION_PAGE
		   ? FSR_STATUS
		   : 0;
}

// PAR.NS is UNKNOWN outside Secure state (B4.1.112); QEMU sets it with the MMU off.
static uint32_t
par_ns(const struct fuzz_item *item, const struct fuzz_result *bare, const struct fuzz_result *other, unsigned word)
{
	(void)item;
	(void)other;
	return word == CP(PAR) && !(bare->end.cp[FUZZ_CP_PAR] & 1u) ? 1u << 9 : 0;
}

static uint32_t (*const unknown[])(const struct fuzz_item *, const struct fuzz_result *, const struct fuzz_result *,
				   unsigned) = {
    ifsr_reserved, ifar_of_debug_event, mrs_in_user, page_domain_fault, smc_in_it_block, par_ns,
};

uint64_t
fuzz_compare(const struct fuzz_item *item, enum fuzz_machine machine, const struct fuzz_result *bare,
	     const struct fuzz_result *other)
{
	uint64_t diff = 0;

	if (bare->vector == FUZZ_NONE || other->vector == FUZZ_NONE)
		return FUZZ_DIFF_LOST;
	if (fuzz_gen_kind(item) == FUZZ_MMU)
		return fuzz_mmu_compare(&item->p, fuzz_machine_exact(machine), bare, other, NULL);
	if (bare->vector != other->vector)
		diff |= FUZZ_DIFF_VECTOR;
	if (bare->hash != other->hash || bare->n_touched != other->n_touched)
		diff |= FUZZ_DIFF_MEMORY;
	for (unsigned i = 0; i < FUZZ_STATE_WORDS; i++) {
		uint32_t x = fuzz_state_word(&bare->end, i) ^ fuzz_state_word(&other->end, i);

		for (unsigned k = 0; x && k < ARRAY_LEN(unknown); k++)
			x &= ~unknown[k](item, bare, other, i);
		diff |= x ? 1ull << i : 0;
	}
	return diff;
}

const char *
fuzz_compare_vector(uint32_t vector)
{
	static const char *const names[] = {"none",       "undefined", "svc", "prefetch-abort",
					    "data-abort", "hyp",       "irq", "fiq"};

	return vector < ARRAY_LEN(names) ? names[vector] : "?";
}

// The words of the window that only one has, or with another value.
static void
print_memory(const struct fuzz_result *bare, const struct fuzz_result *other)
{
	unsigned n = bare->n_touched < FUZZ_TOUCHED ? bare->n_touched : FUZZ_TOUCHED;
	unsigned m = other->n_touched < FUZZ_TOUCHED ? other->n_touched : FUZZ_TOUCHED;

	for (unsigned i = 0, k = 0; i < n || k < m;) {
		bool first = k == m || (i < n && bare->touched[i].address <= other->touched[k].address);
		bool second = i == n || (k < m && other->touched[k].address <= bare->touched[i].address);
		uint32_t address = first ? bare->touched[i].address : other->touched[k].address;
		uint32_t a = first ? bare->touched[i].value : fuzz_fill(address);
		uint32_t b = second ? other->touched[k].value : fuzz_fill(address);

		if (a != b)
			printf("    [%08x]  %08x  %08x\n", address, a, b);
		i += first;
		k += second;
	}
}

void
fuzz_compare_print(const struct fuzz_result *bare, const struct fuzz_result *other, uint64_t diff)
{
	if (diff & FUZZ_DIFF_LOST)
		printf("    no result: the machine hung or went down\n");
	if (diff & FUZZ_DIFF_VECTOR)
		printf("    exception   %s  %s\n", fuzz_compare_vector(bare->vector),
		       fuzz_compare_vector(other->vector));
	for (unsigned i = 0; i < FUZZ_STATE_WORDS; i++)
		if (diff & 1ull << i)
			printf("    %-10s  %08x  %08x\n", fuzz_state_name(i), fuzz_state_word(&bare->end, i),
			       fuzz_state_word(&other->end, i));
	if (diff & FUZZ_DIFF_MEMORY)
		print_memory(bare, other);
}
