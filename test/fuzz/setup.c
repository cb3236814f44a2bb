// SPDX-License-Identifier: MIT
//
// What the fuzzer's guest does before the first case, with the MMU off: finds the batch, checks it,
// writes translation tables and code.
#include "test/fuzz/runner.h"

// Device tree (DTSpec 5.4).
#define FDT_MAGIC      0xd00dfeedu
#define FDT_BEGIN_NODE 1u
#define FDT_PROP       3u
#define FDT_NOP        4u
#define FDT_END_NODE   2u

#define A32_NOP     0xe320f000u
#define A32_B_SELF  0xeafffffeu
#define T16_B_SELF  0xe7feu
#define A32_BXNE_LR 0x112fff1eu
#define A32_BEQ     0x0a000000u
#define A32_BLX_IMM 0xfa000000u

#define HEAD_WORDS (FUZZ_SLOTS_PER_PAGE + 1u)

_Static_assert(HEAD_WORDS * 4u < 512u, "the head of a page");

static uint32_t
be(uint32_t word)
{
	return __builtin_bswap32(word);
}

static bool
names_initrd(const char *name)
{
	static const char want[] = "linux,initrd-start";

	for (unsigned i = 0; i < sizeof(want); i++)
		if (name[i] != want[i])
			return false;
	return true;
}

// The one property of the device tree that matters; it has one cell or two.
static struct fuzz_batch *
find_initrd(const uint32_t *dtb)
{
	const uint32_t *p, *end;
	const char *strings;

	if (be(dtb[0]) != FDT_MAGIC)
		return NULL;
	p = dtb + be(dtb[2]) / 4u;
	end = p + be(dtb[9]) / 4u;
	strings = (const char *)dtb + be(dtb[3]);
	while (p < end) {
		uint32_t token = be(*p++);

		if (token == FDT_BEGIN_NODE) {
			while (!(((*p - 0x01010101u) & ~*p) & 0x80808080u)) // no zero byte yet
				p++;
			p++;
		} else if (token == FDT_PROP) {
			uint32_t size = be(p[0]), cells = (size + 3u) / 4u;

			if (names_initrd(strings + be(p[1])) && cells)
				return (struct fuzz_batch *)be(p[1 + cells]);
			p += 2 + cells;
		} else if (token != FDT_NOP && token != FDT_END_NODE) {
			break;
		}
	}
	return NULL;
}

struct fuzz_batch *
setup_batch(const uint32_t *dtb)
{
	struct fuzz_batch *b = find_initrd(dtb);

	if (!b || b->magic != FUZZ_MAGIC || b->version != FUZZ_VERSION || b->case_bytes != FUZZ_CASE_BYTES(b->kind) ||
	    b->result_bytes != FUZZ_RESULT_BYTES(b->kind))
		return NULL;
	return b;
}

static bool
good_case(const struct fuzz_case *c)
{
	if (c->slot >= FUZZ_SLOTS_MAX || c->entry >= FUZZ_SLOT_WORDS * 4u || c->n_pokes > FUZZ_POKES)
		return false;
	for (unsigned i = 0; i < c->n_pokes; i++)
		if (c->poke[i].address % 4u || c->poke[i].address - FUZZ_WINDOW >= FUZZ_WINDOW_BYTES)
			return false;
	return true;
}

void
setup_tables(void)
{
	volatile uint32_t *l1 = at(FUZZ_TTBR0), *l2 = at(L2_TABLES);
	uint32_t window_mib = FUZZ_WINDOW / MIB;

	for (unsigned i = 0; i < 4096u; i++)
		l1[i] = 0;
	for (unsigned i = 0; i < 512u; i++)
		l2[i] = 0;
	for (unsigned i = 0; i < FUZZ_RAM_MIB; i++) {
		uint32_t pa = RAM + i * MIB;
		bool executed = pa / MIB == FUZZ_PAD_A32 / MIB || (pa >= FUZZ_CODE && pa < FUZZ_RESULTS);

		l1[pa / MIB] = pa | L1_SECTION | (executed ? L1_AP_USER_R : L1_AP_KERNEL);
	}
	for (unsigned i = 0; i < 2u; i++) {
		l1[ALIAS / MIB + i] = (window_mib + i) * MIB | L1_SECTION | L1_AP_KERNEL;
		l1[EXEC / MIB + i] = l1[ALIAS / MIB + i];
		l1[window_mib + i] = (L2_TABLES + i * 1024u) | L1_TABLE(1u + i);
	}
	l1[GICD / MIB] = GICD | L1_DEVICE | L1_AP_KERNEL;
	l1[FUZZ_DEVICE / MIB] = (FUZZ_DEVICE & ~(MIB - 1u)) | L1_DEVICE | L1_AP_KERNEL;
}

// A page of slots that trap, and its head, which names none of them yet. Head and slots end in
// a branch to itself, since a scan takes it that UDF and SVC may return to the next word.
static void
make_code_page(uint32_t page)
{
	volatile uint32_t *word = at(page);

	for (unsigned i = 0; i < PAGE / 4u; i++)
		word[i] = i < HEAD_WORDS                                ? A32_NOP
			  : i % FUZZ_SLOT_WORDS == FUZZ_SLOT_WORDS - 1u ? A32_B_SELF
									: FUZZ_EXIT_A32_UDF;
	word[0] = A32_BXNE_LR;
	word[HEAD_WORDS] = A32_B_SELF;
}

static void
make_code(const struct fuzz_case *c)
{
	uint32_t slot = FUZZ_SLOT_ADDRESS(c->slot), page = slot & ~(PAGE - 1u), n = c->slot % FUZZ_SLOTS_PER_PAGE;
	uint32_t from = page + (1u + n) * 4u, word = (slot - from - 8u) / 4u;

	if (*at(page) != A32_BXNE_LR)
		make_code_page(page);
	*at(from) = (c->entry & 1u ? A32_BLX_IMM : A32_BEQ) | word;
	for (unsigned i = 0; i < FUZZ_SLOT_WORDS - 1u; i++)
		at(slot)[i] = c->code[i];
	at(slot)[FUZZ_SLOT_WORDS - 1u] = c->entry & 1u ? T16_B_SELF << 16 | T16_B_SELF : A32_B_SELF;
}

bool
setup_code(const struct fuzz_case *cases, uint32_t n, struct fuzz_results *results)
{
	for (results->running = 0; results->running < n; results->running++) {
		if (!good_case(&cases[results->running]))
			return false;
		make_code(&cases[results->running]);
	}
	for (unsigned i = 0; i < PAGE / 4u; i++) {
		at(FUZZ_PAD_A32)[i] = FUZZ_EXIT_A32_UDF;
		at(FUZZ_PAD_T)[i] = FUZZ_EXIT_T16_UDF << 16 | FUZZ_EXIT_T16_UDF;
	}
	__asm__ volatile("dsb\n\tmcr p15, 0, %0, c7, c5, 0\n\tmcr p15, 0, %0, c7, c5, 6\n\tdsb\n\tisb" ::"r"(0)
			 : "memory");
	return true;
}
