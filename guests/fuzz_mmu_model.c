// SPDX-License-Identifier: MIT
//
// See fuzz_mmu_model.h. What isn't accepted although it may be predictable has its reason where it is refused:
// mostly QEMU, which is the oracle and which differs from the ARM ARM there. Sections: ARM ARM DDI 0406C.
#include <stdlib.h>
#include <string.h>
#include "guests/error.h"
#include "guests/fuzz_mmu.h"
#include "guests/fuzz_mmu_model.h"
#include "mmu/pte.h"
#include "monitor/psr.h"
#include "monitor/types.h"

#define MIB     0x100000u
#define PAGE    0x1000u
#define NO_PAGE 1u

#define SCTLR_M   (1u << 0)
#define SCTLR_A   (1u << 1)
#define SCTLR_C   (1u << 2)
#define SCTLR_Z   (1u << 11)
#define SCTLR_I   (1u << 12)
#define SCTLR_TRE (1u << 28)
#define SCTLR_AFE (1u << 29)
#define TTBCR_N   0x7u

#define SUPERSECTION_ABOVE 0x00f001e0u // PA[39:32]

// Bits that programs change; of TTBRs all attributes but the IMPLEMENTATION DEFINED one.
#define SCTLR_BITS (SCTLR_M | SCTLR_A | SCTLR_C | SCTLR_Z | SCTLR_I | SCTLR_TRE | SCTLR_AFE)
#define TTBR_ATTRS 0x7bu

#define DOMAIN_CLIENT  1u
#define DOMAIN_MANAGER 3u
#define RUNNER_DOMAIN  15u

#define RUNNER_ATTR      7u // index into PRRR and NMRR
#define PRRR_IMPL        6u // of an IMPLEMENTATION DEFINED meaning
#define PRRR_TYPE(r, n)  ((r) >> 2u * (n)&3u)
#define PRRR_TYPE_NORMAL 2u
#define PRRR_RESERVED    3u

// AP[2:0]: what PL1 and PL0 may do (B3.7.1); 0b100 is reserved, and gives no access on QEMU and here.
#define CAN_READ  1u
#define CAN_WRITE 2u
static const uint8_t rights[8][2] = {{0, 0}, {3, 0}, {3, 1}, {3, 3}, {0, 0}, {1, 0}, {1, 1}, {1, 1}};

#define OP(kind, is, bytes, ...) [FUZZ_MMU_##kind] = {#kind, FUZZ_MMU_IS_##is, bytes},
const struct fuzz_mmu_about fuzz_mmu_about[FUZZ_MMU_KINDS] = {
#include "test/fuzz/mmu.def"
};
#undef OP

#define X(base, mib) {base, mib},
const struct fuzz_mmu_region fuzz_mmu_regions[] = {FUZZ_MMU_REGIONS(X)};
#undef X
const unsigned fuzz_mmu_n_regions = ARRAY_LEN(fuzz_mmu_regions);

#define X(n) n,
static const uint32_t live_mibs[] = {FUZZ_MMU_LIVE_MIBS(X)}, live_pages[] = {FUZZ_MMU_LIVE_PAGES(X)};
#undef X
#define LIVE_PAGES FUZZ_MMU_PAGES
_Static_assert(ARRAY_LEN(live_pages) == LIVE_PAGES, "mmu.h");

//----------------------------------------------------------------------------
// Memory

bool
fuzz_mmu_live(uint32_t address)
{
	uint32_t offset = address - FUZZ_MMU_RAM;

	for (unsigned i = 0; i < ARRAY_LEN(live_mibs); i++)
		for (unsigned k = 0; k < ARRAY_LEN(live_pages); k++)
			if (offset / PAGE == live_mibs[i] * (MIB / PAGE) + live_pages[k])
				return true;
	return false;
}

static bool
nowhere(uint32_t address)
{
	return address - FUZZ_MMU_NOWHERE < 0x10000000u;
}

uint32_t *
fuzz_mmu_descriptor(struct fuzz_mmu_model *m, uint32_t address)
{
	if (address % 4u)
		return NULL;
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++)
		if (address - FUZZ_MMU_L1(t) < L1_SIZE)
			return &m->tables.l1[t][(address - FUZZ_MMU_L1(t)) / 4u];
	if (address - FUZZ_MMU_L2(0) < FUZZ_MMU_L2S * L2_SIZE)
		return &m->tables.l2[(address - FUZZ_MMU_L2(0)) / L2_SIZE][(address & (L2_SIZE - 1u)) / 4u];
	return NULL;
}

// What the runner's entry for this MiB is; 0 if it has none.
static uint32_t
runner_entry(uint32_t mib)
{
	uint32_t pa = mib * MIB;

	if (pa - 0x40000000u >= FUZZ_RAM_MIB * MIB)
		return 0;
	return pa | FUZZ_MMU_SECTION | FUZZ_MMU_DOMAIN |
	       (mib == FUZZ_MMU_STUBS / MIB ? FUZZ_MMU_SECTION_RO | FUZZ_MMU_USER : 0);
}

uint32_t
fuzz_mmu_code(const struct fuzz_mmu_model *m, uint32_t address)
{
	for (unsigned i = 0; i < m->code.n; i++)
		if (m->code.word[i].address == address)
			return m->code.word[i].value;
	return fuzz_mmu_template(address);
}

//----------------------------------------------------------------------------
// Walks

enum walk_kind { WALK_LEAF, WALK_FAULT_1, WALK_FAULT_2, WALK_EXTERNAL_1, WALK_EXTERNAL_2 };

struct walk {
	enum walk_kind kind;
	struct fuzz_mmu_entry entry;
	uint32_t pa, ap, domain, tex_cb;
	bool xn, pxn;
};

static bool
read_table(const struct fuzz_mmu_model *m, uint32_t address, uint32_t *d)
{
	uint32_t *word = fuzz_mmu_descriptor((struct fuzz_mmu_model *)m, address);

	if (!word)
		return false;
	*d = *word;
	return true;
}

static void
walk_section(uint32_t va, uint32_t l1, struct walk *w)
{
	bool super = l1 & L1_SUPERSECTION;
	uint32_t base = super ? L1_SUPERSECTION_BASE : L1_SECTION_BASE;

	w->entry.shift = super ? 24 : 20;
	w->entry.va = va & base;
	w->entry.global = !(l1 & L1_NG);
	w->domain = super ? 0 : pte_l1_domain(l1);
	w->pa = (l1 & base) | (va & ~base);
	w->ap = pte_l1_ap(l1);
	w->xn = l1 & L1_XN;
	w->pxn = l1 & L1_SECTION_PXN;
	w->tex_cb = pte_l1_tex_cb(l1);
}

static void
walk_page(const struct fuzz_mmu_model *m, uint32_t va, struct walk *w)
{
	uint32_t l1 = w->entry.l1, l2;
	bool large;

	w->domain = pte_l1_domain(l1);
	if (!read_table(m, (l1 & L1_TABLE_BASE) | (va >> 12 & 0xffu) << 2, &l2)) {
		w->kind = WALK_EXTERNAL_2;
		return;
	}
	large = (l2 & L2_TYPE_MASK) == L2_LARGE;
	w->entry.l2 = l2;
	if (!(l2 & L2_TYPE_MASK)) {
		w->kind = WALK_FAULT_2;
		return;
	}
	w->entry.shift = large ? 16 : 12;
	w->entry.va = va >> w->entry.shift << w->entry.shift;
	w->entry.global = !(l2 & L2_NG);
	w->pa = (l2 & (large ? L2_LARGE_BASE : L2_SMALL_BASE)) | (va & ((1u << w->entry.shift) - 1u));
	w->ap = pte_l2_ap(l2);
	w->xn = l2 & (large ? L2_LARGE_XN : L2_SMALL_XN);
	w->pxn = l1 & L1_TABLE_PXN;
	w->tex_cb = large ? pte_l2_large_tex_cb(l2) : pte_l2_small_tex_cb(l2);
}

static void
walk(const struct fuzz_mmu_model *m, uint32_t va, struct walk *w)
{
	uint32_t n = m->regs.ttbcr & TTBCR_N, table, l1;
	bool upper = n && va >> (32u - n);

	*w = (struct walk){.kind = WALK_FAULT_1};
	w->entry.asid = m->regs.contextidr & 0xffu;
	w->entry.sides = FUZZ_MMU_SIDE_I | FUZZ_MMU_SIDE_D;
	w->entry.run_page = NO_PAGE;
	if (!(m->regs.sctlr & SCTLR_M)) {
		w->kind = WALK_LEAF;
		w->pa = va;
		return;
	}
	table = upper ? m->regs.ttbr1 & ~(L1_SIZE - 1u) : m->regs.ttbr0 & ~((L1_SIZE >> n) - 1u);
	if (!upper)
		va &= 0xffffffffu >> n;
	if (!read_table(m, table | va >> 20 << 2, &l1)) {
		w->kind = WALK_EXTERNAL_1;
		return;
	}
	w->entry.l1 = l1;
	if (!(l1 & L1_TYPE_MASK))
		return;
	w->kind = WALK_LEAF;
	if ((l1 & L1_TYPE_MASK) == L1_TABLE)
		walk_page(m, va, w);
	else
		walk_section(va, l1, w);
}

static bool
access_flag_clear(const struct fuzz_mmu_model *m, const struct walk *w)
{
	return m->regs.sctlr & SCTLR_AFE && !(w->ap & 1u);
}

static uint32_t
domain_of(const struct fuzz_mmu_model *m, const struct walk *w)
{
	return m->regs.dacr >> 2u * w->domain & 3u;
}

//----------------------------------------------------------------------------
// The TLB

static bool
overlap(const struct fuzz_mmu_entry *a, const struct fuzz_mmu_entry *b)
{
	unsigned shift = a->shift > b->shift ? a->shift : b->shift;

	return a->va >> shift == b->va >> shift && (a->global || b->global || a->asid == b->asid);
}

static bool
same(const struct fuzz_mmu_entry *a, const struct fuzz_mmu_entry *b)
{
	return a->va == b->va && a->l1 == b->l1 && a->l2 == b->l2 && a->shift == b->shift && a->table == b->table &&
	       a->global == b->global;
}

// Where it goes to, with its attributes of memory: what two entries for one VA must agree on.
static uint32_t
output(const struct fuzz_mmu_entry *e)
{
	return e->l2 ? e->l2 & ~(L2_AP2 | 3u << L2_AP_SHIFT | L2_NG | L2_SMALL_XN)
		     : e->l1 & ~(L1_AP2 | 3u << L1_AP_SHIFT | L1_NG | L1_XN | L1_SECTION_PXN | L1_DOMAIN_MASK);
}

// Adds an entry. False if there was one that conflicts with it.
static bool
add(struct fuzz_mmu_model *m, const struct fuzz_mmu_entry *e)
{
	bool agree = true;

	for (unsigned i = 0; i < m->tlb.n; i++) {
		struct fuzz_mmu_entry *old = &m->tlb.entry[i];

		if (same(old, e) && old->asid == e->asid) {
			old->sides = FUZZ_MMU_SIDE_I | FUZZ_MMU_SIDE_D;
			old->run_page = NO_PAGE;
			return true;
		}
		if (old->run_page != NO_PAGE) // nothing that the architecture knows of
			continue;
		if (overlap(old, e) && !old->table && !e->table && (old->shift != e->shift || output(old) != output(e)))
			agree = false;
		if (overlap(old, e) && old->table && e->table && old->l1 != e->l1)
			agree = false;
	}
	if (m->tlb.n == FUZZ_MMU_TLB)
		m->tlb.stale = true;
	else
		m->tlb.entry[m->tlb.n++] = *e;
	return agree;
}

// Adds all that can be walked now: what QEMU lets a manager access although its access flag is clear, too. False if
// something of it conflicts with what may be there.
static bool
add_all(struct fuzz_mmu_model *m)
{
	bool agree = true;

	for (unsigned i = 0; i < m->n_places && m->regs.sctlr & SCTLR_M; i++) {
		struct fuzz_mmu_entry table;
		struct walk w;

		walk(m, m->places[i], &w);
		if ((w.entry.l1 & L1_TYPE_MASK) == L1_TABLE) {
			table = w.entry;
			table.va = m->places[i] & ~(MIB - 1u);
			table.l2 = 0;
			table.shift = 20;
			table.table = true;
			table.global = false;
			agree &= add(m, &table);
		}
		if (w.kind == WALK_LEAF && (!access_flag_clear(m, &w) || domain_of(m, &w) == DOMAIN_MANAGER))
			agree &= add(m, &w.entry);
	}
	return agree;
}

// Whether all that may be held for this VA is what a walk finds.
static bool
fresh(const struct fuzz_mmu_model *m, uint32_t va, unsigned side, struct walk *w)
{
	struct fuzz_mmu_entry page = {.va = va & ~(PAGE - 1u), .shift = 12, .asid = m->regs.contextidr & 0xffu};

	walk(m, va, w);
	if (m->tlb.stale)
		return false;
	for (unsigned i = 0; i < m->tlb.n; i++) {
		const struct fuzz_mmu_entry *e = &m->tlb.entry[i];

		if (!(m->regs.sctlr & SCTLR_M) || !(e->sides & side) || !overlap(e, &page))
			continue;
		if (side == FUZZ_MMU_SIDE_I && e->run_page == page.va)
			continue;
		if (e->table ? e->l1 != w->entry.l1 : w->kind != WALK_LEAF || !same(e, &w->entry))
			return false;
	}
	return true;
}

static bool
tlb_matches(const struct fuzz_mmu_entry *e, unsigned by, uint32_t value)
{
	bool va = e->va >> e->shift == value >> e->shift, asid = e->asid == (value & 0xffu);

	switch (by) {
	case FUZZ_MMU_BY_VA:
		return va && (e->global || asid);
	case FUZZ_MMU_BY_ASID:
		return !e->global && asid;
	case FUZZ_MMU_BY_VAA:
		return va;
	default:
		return true;
	}
}

// Drops an entry on these sides. QEMU, told to by address, drops a block larger than a page, but goes on to execute
// what it has translated of its other pages (tb_jmp_cache).
static void
drop_sides(struct fuzz_mmu_entry *e, const struct fuzz_mmu_about *about, unsigned sides, uint32_t value)
{
	bool by_va = about->size == FUZZ_MMU_BY_VA || about->size == FUZZ_MMU_BY_VAA;

	if (by_va && e->shift > 12 && sides & FUZZ_MMU_SIDE_I) {
		sides &= ~FUZZ_MMU_SIDE_I;
		e->run_page = value & ~(PAGE - 1u);
	}
	e->sides &= (uint8_t)~sides;
}

static void
tlb_drop(struct fuzz_mmu_model *m, const struct fuzz_mmu_about *about, uint32_t value)
{
	unsigned sides = about->class == FUZZ_MMU_IS_TLBII   ? FUZZ_MMU_SIDE_I
			 : about->class == FUZZ_MMU_IS_TLBID ? FUZZ_MMU_SIDE_D
							     : FUZZ_MMU_SIDE_I | FUZZ_MMU_SIDE_D;
	unsigned n = 0;

	for (unsigned i = 0; i < m->tlb.n; i++) {
		struct fuzz_mmu_entry e = m->tlb.entry[i];

		if (tlb_matches(&e, about->size, value))
			drop_sides(&e, about, sides, value);
		if (e.sides)
			m->tlb.entry[n++] = e;
	}
	m->tlb.n = n;
	if (about->size == FUZZ_MMU_BY_ALL && about->class == FUZZ_MMU_IS_TLBI)
		m->tlb.stale = false;
	add_all(m);
}

//----------------------------------------------------------------------------
// Accesses

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXEC };

static bool
normal(const struct fuzz_mmu_model *m, const struct walk *w)
{
	if (!(m->regs.sctlr & SCTLR_M)) // Strongly-ordered (B3.2)
		return false;
	if (m->regs.sctlr & SCTLR_TRE)
		return PRRR_TYPE(m->regs.prrr, w->tex_cb & 7u) == PRRR_TYPE_NORMAL;
	return w->tex_cb >= 16u || w->tex_cb == 2u || w->tex_cb == 3u || w->tex_cb == 4u || w->tex_cb == 7u;
}

static bool
permitted(const struct fuzz_mmu_model *m, const struct walk *w, enum access access, bool user)
{
	uint32_t domain = m->regs.sctlr & SCTLR_M ? domain_of(m, w) : DOMAIN_MANAGER, can;

	if (w->kind != WALK_LEAF || domain != DOMAIN_CLIENT)
		return w->kind == WALK_LEAF && domain == DOMAIN_MANAGER;
	if (access_flag_clear(m, w))
		return false;
	can = rights[w->ap | (m->regs.sctlr & SCTLR_AFE ? 1u : 0)][user];
	if (access == ACCESS_EXEC && (w->xn || (!user && w->pxn)))
		return false;
	return can & (access == ACCESS_WRITE ? CAN_WRITE : CAN_READ);
}

static bool
is_place(const struct fuzz_mmu_model *m, uint32_t va)
{
	for (unsigned i = 0; i < m->n_places && m->regs.sctlr & SCTLR_M; i++)
		if (m->places[i] >> 12 == va >> 12)
			return true;
	return fuzz_mmu_live(va);
}

uint32_t
fuzz_mmu_physical(const struct fuzz_mmu_model *m, uint32_t va, bool write, bool user)
{
	struct walk w;

	walk(m, va, &w);
	return permitted(m, &w, write ? ACCESS_WRITE : ACCESS_READ, user) ? w.pa : 0;
}

// Part of an access that is in one page. *pa: where it goes, 0 if it faults.
static enum fuzz_mmu_verdict
check_page(const struct fuzz_mmu_model *m, uint32_t va, enum access access, bool user, struct walk *w, uint32_t *pa)
{
	if (!is_place(m, va))
		return FUZZ_MMU_BAD;
	if (!fresh(m, va, access == ACCESS_EXEC ? FUZZ_MMU_SIDE_I : FUZZ_MMU_SIDE_D, w))
		return FUZZ_MMU_STALE;
	*pa = permitted(m, w, access, user) ? w->pa : 0;
	return *pa && !fuzz_mmu_live(*pa) && !nowhere(*pa) ? FUZZ_MMU_BAD : FUZZ_MMU_GOOD;
}

// Whether bytes of a live frame may be read: of functions only their data, since what the policies replace
// reads differently where it is executed (docs/caveats.md).
static bool
readable(uint32_t pa, uint32_t size)
{
	uint32_t offset = pa & (PAGE - 1u), end = offset + size;

	for (uint32_t word = offset & ~3u; word < end; word += 4u) {
		bool literal = word % 16u == 12u && word < FUZZ_MMU_CODE(FUZZ_MMU_FUNCTIONS - 1u);

		if (word >= FUZZ_MMU_DATA_END && word < FUZZ_MMU_DATA_BEGIN2 && !literal)
			return false;
	}
	return true;
}

static bool
is_sensitive(uint32_t value)
{
	return value == A32_MRS_CPSR || value == A32_TPIDRPRW;
}

static bool
is_code(uint32_t value)
{
	return is_sensitive(value) || (value & 0xfff0f000u) == A32_MOVW_R0(0);
}

// Stores to functions are of their first word, and known instructions; others to data, of bytes like the template's.
static bool
writable(const struct fuzz_mmu_op *op, uint32_t pa, uint32_t size)
{
	uint32_t offset = pa & (PAGE - 1u);

	if (offset + size <= FUZZ_MMU_DATA_END || (offset >= FUZZ_MMU_DATA_BEGIN2 && offset + size <= PAGE))
		return (op->value & 0xf8f8f8f8u) == 0x10101010u;
	if (FUZZ_MMU_THUMB(pa >> 12) && is_sensitive(op->value))
		return false;
	return size == 4 && offset % 16u == 0 && offset >= FUZZ_MMU_DATA_END &&
	       offset < FUZZ_MMU_CODE(FUZZ_MMU_FUNCTIONS) && is_code(op->value);
}

static enum fuzz_mmu_verdict
store_code(struct fuzz_mmu_model *m, uint32_t pa, uint32_t value)
{
	unsigned i = 0;

	if ((pa & (PAGE - 1u)) < FUZZ_MMU_DATA_END || (pa & (PAGE - 1u)) >= FUZZ_MMU_CODE_END)
		return FUZZ_MMU_GOOD;
	while (i < m->code.n && m->code.word[i].address != pa)
		i++;
	if (i == FUZZ_MMU_STORED)
		return FUZZ_MMU_BAD;
	m->code.n += i == m->code.n;
	m->code.word[i].address = pa;
	m->code.word[i].value = value;
	m->code.word[i].synced = false;
	return FUZZ_MMU_GOOD;
}

static enum fuzz_mmu_verdict
step_data(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op, const struct fuzz_mmu_about *about)
{
	bool words = about->class == FUZZ_MMU_IS_LOAD2 || about->class == FUZZ_MMU_IS_STORE2;
	bool exclusive = about->class == FUZZ_MMU_IS_EXCL;
	bool write = about->class == FUZZ_MMU_IS_STORE || about->class == FUZZ_MMU_IS_STORE2 ||
		     about->class == FUZZ_MMU_IS_STORET;
	bool user = op->user || about->class == FUZZ_MMU_IS_LOADT || about->class == FUZZ_MMU_IS_STORET;
	uint32_t size = about->size, unit = words ? 4u : size, first = PAGE - (op->address & (PAGE - 1u)),
		 pa[2] = {0, 0};
	bool unaligned = op->address % unit;
	enum fuzz_mmu_verdict verdict;
	struct walk w[2];

	first = first < size ? first : size;
	for (unsigned i = 0; i < (first < size ? 2u : 1u); i++) {
		uint32_t va = i ? (op->address | (PAGE - 1u)) + 1u : op->address;

		verdict = check_page(m, va, write ? ACCESS_WRITE : ACCESS_READ, user, &w[i], &pa[i]);
		if (verdict)
			return verdict;
		// QEMU knows no alignment faults by memory type, and no types that exclusives don't work on.
		if (w[i].kind == WALK_LEAF && !normal(m, &w[i]) && (unaligned || exclusive))
			return FUZZ_MMU_BAD;
		// The half that is somewhere may have been accessed or not.
		if (first < size && nowhere(pa[i]))
			return FUZZ_MMU_BAD;
	}
	if (unaligned && (words || exclusive || m->regs.sctlr & SCTLR_A))
		return FUZZ_MMU_GOOD; // an alignment fault
	if (exclusive && fuzz_mmu_live(pa[0])) {
		// QEMU reports the store's fault as a read's; and functions may be read only where they aren't
		// executed.
		if (!permitted(m, &w[0], ACCESS_WRITE, user) || is_code(op->value))
			return FUZZ_MMU_BAD;
		write = true;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (!pa[i] || nowhere(pa[i]))
			continue;
		if (write ? !writable(op, pa[i], i ? size - first : first) : !readable(pa[i], i ? size - first : first))
			return FUZZ_MMU_BAD;
		if (write && store_code(m, pa[i], op->value))
			return FUZZ_MMU_BAD;
	}
	return FUZZ_MMU_GOOD;
}

static bool
synced(const struct fuzz_mmu_model *m, uint32_t pa, uint32_t size)
{
	for (unsigned i = 0; i < m->code.n; i++)
		if (m->code.word[i].address - pa < size && !m->code.word[i].synced)
			return false;
	return true;
}

static enum fuzz_mmu_verdict
step_exec(const struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	bool thumb = op->address & 1u;
	uint32_t va = op->address & ~1u, offset = va & (PAGE - 1u), pa, data;
	enum fuzz_mmu_verdict verdict;
	struct walk w;

	if (offset % 16u || offset < FUZZ_MMU_DATA_END || offset >= FUZZ_MMU_CODE_END ||
	    thumb != (offset >= FUZZ_MMU_CODE(FUZZ_MMU_FUNCTIONS)))
		return FUZZ_MMU_BAD;
	verdict = check_page(m, va, ACCESS_EXEC, op->user, &w, &pa);
	if (verdict || !pa || nowhere(pa))
		return verdict;
	if (thumb && !FUZZ_MMU_THUMB(pa >> 12))
		return FUZZ_MMU_BAD;
	if (!synced(m, pa, 16))
		return FUZZ_MMU_UNSYNCED;
	switch (fuzz_mmu_code(m, pa)) {
	case A32_MRS_CPSR: // in USR, A, I, F and M are UNKNOWN (B9.3.8)
		return op->user ? FUZZ_MMU_BAD : FUZZ_MMU_GOOD;
	case A32_LITERAL:
		return check_page(m, va + 12u, ACCESS_READ, op->user, &w, &data);
	default:
		return FUZZ_MMU_GOOD;
	}
}

// Cache maintenance by address: only of what can be read, since hardware may fault where QEMU doesn't (B4.2.1).
static enum fuzz_mmu_verdict
check_readable(const struct fuzz_mmu_model *m, uint32_t va, uint32_t *pa)
{
	struct walk w;
	enum fuzz_mmu_verdict verdict = check_page(m, va, ACCESS_READ, false, &w, pa);

	return verdict ? verdict : *pa && fuzz_mmu_live(*pa) ? FUZZ_MMU_GOOD : FUZZ_MMU_BAD;
}

static enum fuzz_mmu_verdict
step_sync(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	uint32_t pa;
	enum fuzz_mmu_verdict verdict = check_readable(m, op->address, &pa);

	if (verdict)
		return verdict;
	for (unsigned i = 0; i < m->code.n; i++)
		if (m->code.word[i].address == (pa & ~3u))
			m->code.word[i].synced = true;
	return FUZZ_MMU_GOOD;
}

static enum fuzz_mmu_verdict
step_at(const struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	struct walk w;

	if (!is_place(m, op->address))
		return FUZZ_MMU_BAD;
	return fresh(m, op->address, FUZZ_MMU_SIDE_D, &w) ? FUZZ_MMU_GOOD : FUZZ_MMU_STALE;
}

//----------------------------------------------------------------------------
// Descriptors and registers

// Whether the descriptor has no reserved type of memory, and nothing that QEMU doesn't do.
static bool
good_type(uint32_t tex_cb)
{
	return tex_cb != 5u && tex_cb != 6u && (tex_cb < 9u || tex_cb >= 16u);
}

static bool
good_l1(uint32_t d)
{
	switch (d & L1_TYPE_MASK) {
	case L1_FAULT:
		return true;
	case L1_TABLE:
		return !(d & 0x218u) && (nowhere(d) || (d & L1_TABLE_BASE) - FUZZ_MMU_L2(0) < FUZZ_MMU_L2S * L2_SIZE);
	default: // no address above 4 GiB, and NS clear
		return good_type(pte_l1_tex_cb(d)) && !(d & (1u << 19 | 1u << 9)) &&
		       !(d & L1_SUPERSECTION && d & SUPERSECTION_ABOVE);
	}
}

static bool
good_l2(uint32_t d)
{
	switch (d & L2_TYPE_MASK) {
	case L2_FAULT:
		return true;
	case L2_LARGE:
		return good_type(pte_l2_large_tex_cb(d)) && !(d & 0x1c0u);
	default:
		return good_type(pte_l2_small_tex_cb(d));
	}
}

// Supersections and large pages fill 16 entries (B3.5.1).
static bool
whole(const uint32_t *table, unsigned i, bool first_level)
{
	const uint32_t *group = &table[i & ~15u];
	bool large = false, equal = true;

	for (unsigned k = 0; k < 16; k++) {
		large |= first_level ? group[k] & L1_TYPE_MASK & 2u && group[k] & L1_SUPERSECTION
				     : (group[k] & L2_TYPE_MASK) == L2_LARGE;
		equal &= group[k] == group[0];
	}
	return !large || equal;
}

static bool
good_tables(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	for (unsigned i = 0; i < op->count; i++) {
		uint32_t address = op->address + 4u * i, *word = fuzz_mmu_descriptor(m, address);
		bool first_level = address < FUZZ_MMU_L2(0);
		unsigned index = (unsigned)(first_level ? (address - FUZZ_MMU_L1(0)) / 4u % L1_ENTRIES
							: (address - FUZZ_MMU_L2(0)) / 4u % L2_ENTRIES);

		if (!(first_level ? good_l1(*word) : good_l2(*word)) || !whole(word - index, index, first_level))
			return false;
	}
	return true;
}

static bool
owned(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	for (unsigned i = 0; i < op->count; i++) {
		uint32_t address = op->address + 4u * i;
		bool found = address >= FUZZ_MMU_L2(0);

		if (!fuzz_mmu_descriptor(m, address))
			return false;
		for (unsigned r = 0; r < fuzz_mmu_n_regions; r++)
			found |= (address - FUZZ_MMU_L1(0)) / 4u % L1_ENTRIES - fuzz_mmu_regions[r].base / MIB < 16u;
		if (!found)
			return false;
	}
	return op->count && op->count <= 16u;
}

static enum fuzz_mmu_verdict
step_set(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	uint32_t *word = fuzz_mmu_descriptor(m, op->address), old[16];
	enum fuzz_mmu_verdict verdict = FUZZ_MMU_GOOD;
	unsigned n = m->tlb.n;
	bool stale = m->tlb.stale;

	if (!word || !owned(m, op))
		return FUZZ_MMU_BAD;
	memcpy(old, word, op->count * 4u);
	for (unsigned i = 0; i < op->count; i++)
		word[i] = op->value;
	if (!good_tables(m, op))
		verdict = FUZZ_MMU_BAD;
	else if (!add_all(m) && op->value & L1_TYPE_MASK)
		verdict = FUZZ_MMU_BREAK;
	if (verdict) {
		memcpy(word, old, op->count * 4u);
		m->tlb.n = n;
		m->tlb.stale = stale;
	}
	return verdict;
}

// The runner must stay mapped, and nothing else of its own be reached.
static bool
runner_mapped(const struct fuzz_mmu_model *m)
{
	static const uint32_t at[] = {0x40000000u, FUZZ_MMU_STUBS, FUZZ_MMU_L1(0), FUZZ_RESULTS, FUZZ_MMU_RAM};

	for (unsigned i = 0; i < ARRAY_LEN(at) && m->regs.sctlr & SCTLR_M; i++) {
		struct walk w;

		walk(m, at[i], &w);
		if (w.kind != WALK_LEAF || w.entry.l1 != runner_entry(at[i] / MIB))
			return false;
	}
	return true;
}

static bool
good_ttbr(uint32_t value)
{
	uint32_t base = value & ~TTBR_ATTRS;

	return !(value & 4u) && (nowhere(base) || base - FUZZ_MMU_L1(0) < FUZZ_MMU_L1S * L1_SIZE);
}

// Types that PRRR may give: none that is reserved, or the runner's own.
static bool
good_prrr(uint32_t value)
{
	for (unsigned n = 0; n < 8; n++)
		if (PRRR_TYPE(value, n) == PRRR_RESERVED)
			return false;
	return PRRR_TYPE(value, RUNNER_ATTR) == PRRR_TYPE_NORMAL && !PRRR_TYPE(value, PRRR_IMPL);
}

static enum fuzz_mmu_verdict
step_reg(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	uint32_t value = op->value, sctlr = m->regs.sctlr;
	uint32_t ttbr0 = m->regs.ttbr0, ttbr1 = m->regs.ttbr1, ttbcr = m->regs.ttbcr;

	switch (op->kind) {
	case FUZZ_MMU_SCTLR:
		if ((value ^ FUZZ_MMU_START_SCTLR) & ~SCTLR_BITS)
			return FUZZ_MMU_BAD;
		m->regs.sctlr = value;
		m->tlb.stale |= (value ^ sctlr) & (SCTLR_M | SCTLR_TRE | SCTLR_AFE);
		break;
	case FUZZ_MMU_DACR:
		if (value >> 2u * RUNNER_DOMAIN != DOMAIN_CLIENT)
			return FUZZ_MMU_BAD;
		m->regs.dacr = value;
		break;
	case FUZZ_MMU_PRRR:
		if (!good_prrr(value))
			return FUZZ_MMU_BAD;
		m->tlb.stale |= value != m->regs.prrr;
		m->regs.prrr = value;
		return FUZZ_MMU_GOOD;
	case FUZZ_MMU_NMRR:
		m->tlb.stale |= value != m->regs.nmrr;
		m->regs.nmrr = value;
		return FUZZ_MMU_GOOD;
	case FUZZ_MMU_CONTEXTIDR:
		m->regs.contextidr = value;
		break;
	case FUZZ_MMU_TTBCR:
		if (value & ~TTBCR_N) // no PD0 and PD1 without the Security Extensions (B4.1.153)
			return FUZZ_MMU_BAD;
		m->regs.ttbcr = value;
		break;
	default:
		if (!good_ttbr(value))
			return FUZZ_MMU_BAD;
		*(op->kind == FUZZ_MMU_TTBR0 ? &m->regs.ttbr0 : &m->regs.ttbr1) = value;
		break;
	}
	if (!runner_mapped(m)) {
		m->regs.sctlr = sctlr;
		m->regs.ttbr0 = ttbr0;
		m->regs.ttbr1 = ttbr1;
		m->regs.ttbcr = ttbcr;
		return FUZZ_MMU_BAD;
	}
	add_all(m);
	return FUZZ_MMU_GOOD;
}

//----------------------------------------------------------------------------

enum fuzz_mmu_verdict
fuzz_mmu_step(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	const struct fuzz_mmu_about *about = &fuzz_mmu_about[op->kind];
	uint32_t pa;

	if (op->user && (about->class == FUZZ_MMU_IS_SET || about->class == FUZZ_MMU_IS_SYNC))
		return FUZZ_MMU_BAD;
	if (op->user && about->class > FUZZ_MMU_IS_EXEC)
		return FUZZ_MMU_GOOD; // UNDEFINED
	switch (about->class) {
	case FUZZ_MMU_IS_EXEC:
		return step_exec(m, op);
	case FUZZ_MMU_IS_SET:
		return step_set(m, op);
	case FUZZ_MMU_IS_TLBI:
	case FUZZ_MMU_IS_TLBII:
	case FUZZ_MMU_IS_TLBID:
		tlb_drop(m, about, op->value);
		return FUZZ_MMU_GOOD;
	case FUZZ_MMU_IS_SYNC:
		return step_sync(m, op);
	case FUZZ_MMU_IS_CACHE:
		return about->size == FUZZ_MMU_BY_VA ? check_readable(m, op->address, &pa) : FUZZ_MMU_GOOD;
	case FUZZ_MMU_IS_AT:
		return step_at(m, op);
	case FUZZ_MMU_IS_REG:
		return step_reg(m, op);
	default:
		return step_data(m, op, about);
	}
}

void
fuzz_mmu_model_init(struct fuzz_mmu_model *m, unsigned regions)
{
	memset(m, 0, sizeof(*m));
	for (unsigned t = 0; t < FUZZ_MMU_L1S; t++)
		for (unsigned i = 0; i < L1_ENTRIES; i++)
			m->tables.l1[t][i] = runner_entry(i);
	m->regs.sctlr = FUZZ_MMU_START_SCTLR;
	m->regs.dacr = FUZZ_MMU_START_DACR;
	m->regs.ttbr0 = m->regs.ttbr1 = FUZZ_MMU_L1(0);
	m->regs.prrr = FUZZ_MMU_START_PRRR;
	m->regs.nmrr = FUZZ_MMU_START_NMRR;
	for (unsigned r = 0; r < fuzz_mmu_n_regions; r++) {
		uint32_t first = fuzz_mmu_regions[r].base + fuzz_mmu_regions[r].mib * MIB;

		for (unsigned k = 0; k < 2u * LIVE_PAGES && bit(regions, r) && m->n_places < FUZZ_MMU_PLACES; k++)
			m->places[m->n_places++] = first + k / LIVE_PAGES * MIB + live_pages[k % LIVE_PAGES] * PAGE;
	}
}

// The regions that it touches.
static unsigned
regions_of(const struct fuzz_mmu_program *p)
{
	unsigned regions = 0;

	for (unsigned i = 0; i < p->n_ops; i++)
		for (unsigned r = 0; r < fuzz_mmu_n_regions; r++)
			if (p->op[i].address - fuzz_mmu_regions[r].base < 16u * MIB)
				regions |= 1u << r;
	return regions;
}

bool
fuzz_mmu_predictable(const struct fuzz_mmu_program *p)
{
	struct fuzz_mmu_model *m = must_alloc(sizeof(*m));
	bool good = true;

	fuzz_mmu_model_init(m, regions_of(p));
	for (unsigned i = 0; i < p->n_ops && good; i++)
		good = p->op[i].kind < FUZZ_MMU_KINDS && fuzz_mmu_step(m, &p->op[i]) == FUZZ_MMU_GOOD;
	free(m);
	return good;
}
