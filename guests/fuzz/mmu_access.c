// SPDX-License-Identifier: MIT
//
// What a program may load, store and execute: whom a translation permits what, which bytes of live frames are data
// and which are functions, and when an instruction that was written may be executed.
#include "guests/fuzz/mmu_internal.h"

// AP[2:0]: what PL1 and PL0 may do (B3.7.1); 0b100 is reserved, and gives no access on QEMU and here.
#define CAN_READ  1u
#define CAN_WRITE 2u
static const uint8_t rights[8][2] = {{0, 0}, {3, 0}, {3, 1}, {3, 3}, {0, 0}, {1, 0}, {1, 1}, {1, 1}};

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXEC };

static bool
normal(const struct fuzz_mmu_model *m, const struct fuzz_mmu_walk *w)
{
	if (!(m->regs.sctlr & SCTLR_M)) // Strongly-ordered (B3.2)
		return false;
	if (fuzz_mmu_is_long(m))
		return fuzz_mmu_long_type(m, w->tex_cb);
	if (m->regs.sctlr & SCTLR_TRE)
		return PRRR_TYPE(m->regs.prrr, w->tex_cb & 7u) == PRRR_TYPE_NORMAL;
	return w->tex_cb >= 16u || w->tex_cb == 2u || w->tex_cb == 3u || w->tex_cb == 4u || w->tex_cb == 7u;
}

static bool
permitted(const struct fuzz_mmu_model *m, const struct fuzz_mmu_walk *w, enum access access, bool user)
{
	uint32_t domain = m->regs.sctlr & SCTLR_M ? fuzz_mmu_domain_of(m, w) : DOMAIN_MANAGER, can;

	if (w->kind != WALK_LEAF || domain != DOMAIN_CLIENT)
		return w->kind == WALK_LEAF && domain == DOMAIN_MANAGER;
	if (fuzz_mmu_access_flag_clear(m, w))
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
	struct fuzz_mmu_walk w;

	fuzz_mmu_tlb_walk(m, va, &w);
	return permitted(m, &w, write ? ACCESS_WRITE : ACCESS_READ, user) ? w.pa : 0;
}

// Of filler, and of what only the runner's code is mapped by, there is no model.
static bool
is_filler(const struct fuzz_mmu_model *m, const struct fuzz_mmu_walk *w)
{
	uint32_t l1 = fuzz_mmu_is_long(m) ? w->table.l1 : w->entry.l1;

	return m->regs.sctlr & SCTLR_M && (l1 == FUZZ_MMU_FILLER_TABLE || l1 == (FUZZ_MMU_LONG_FILLER | 3u));
}

// Part of an access that is in one page. *pa: where it goes, 0 if it faults.
static enum fuzz_mmu_verdict
check_page(const struct fuzz_mmu_model *m, uint32_t va, enum access access, bool user, struct fuzz_mmu_walk *w,
	   uint32_t *pa)
{
	if (!is_place(m, va))
		return FUZZ_MMU_BAD;
	if (!fuzz_mmu_tlb_fresh(m, va, access == ACCESS_EXEC ? FUZZ_MMU_SIDE_I : FUZZ_MMU_SIDE_D, w))
		return FUZZ_MMU_STALE;
	if (is_filler(m, w))
		return FUZZ_MMU_BAD;
	*pa = permitted(m, w, access, user) ? w->pa : 0;
	if (fuzz_mmu_device(*pa) && access == ACCESS_READ)
		return FUZZ_MMU_GOOD;
	return *pa && !fuzz_mmu_live(*pa) && !fuzz_mmu_nowhere(*pa) ? FUZZ_MMU_BAD : FUZZ_MMU_GOOD;
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
	return value == A32_MRS_CPSR || value == A32_TPIDRPRW || value == T32_MRS_CPSR;
}

static bool
is_code(uint32_t value)
{
	return is_sensitive(value) || (value & 0xfff0f000u) == A32_MOVW_R0(0);
}

// The same in Thumb state. The constant isn't 0, so that the branch behind it isn't taken.
static bool
is_thumb_code(uint32_t value)
{
	return value == T32_MRS_CPSR || ((value & 0xffffff00u) == T16_MOV_BEQ(0) && value & 0xffu);
}

// Stores to functions are of their first word, and known instructions; others to data, of bytes like the template's.
static bool
writable(const struct fuzz_mmu_op *op, uint32_t pa, uint32_t size)
{
	uint32_t offset = pa & (PAGE - 1u);

	if (offset + size <= FUZZ_MMU_DATA_END || (offset >= FUZZ_MMU_DATA_BEGIN2 && offset + size <= PAGE))
		return (op->value & 0xf8f8f8f8u) == 0x10101010u;
	if (size != 4 || offset % 16u || offset < FUZZ_MMU_DATA_END || offset >= FUZZ_MMU_CODE_END)
		return false;
	if (offset >= FUZZ_MMU_CODE(FUZZ_MMU_FUNCTIONS))
		return FUZZ_MMU_THUMB(pa >> 12) && is_thumb_code(op->value);
	return is_code(op->value) && op->value != T32_MRS_CPSR;
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

enum fuzz_mmu_verdict
fuzz_mmu_access_data(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op, const struct fuzz_mmu_about *about)
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
	struct fuzz_mmu_walk w[2];

	first = first < size ? first : size;
	for (unsigned i = 0; i < (first < size ? 2u : 1u); i++) {
		uint32_t va = i ? (op->address | (PAGE - 1u)) + 1u : op->address;

		verdict = check_page(m, va, write ? ACCESS_WRITE : ACCESS_READ, user, &w[i], &pa[i]);
		if (verdict)
			return verdict;
		// QEMU knows no alignment faults by memory type, and no types that exclusives don't work on.
		if (w[i].kind == WALK_LEAF && !normal(m, &w[i]) && (unaligned || exclusive))
			return FUZZ_MMU_BAD;
		// The half that is somewhere may have been stored to or not.
		if (write && first < size && fuzz_mmu_nowhere(pa[i]))
			return FUZZ_MMU_BAD;
		// What the device has is the same each time; it is no Normal memory.
		if (fuzz_mmu_device(pa[i]) && (size != 4 || unaligned || exclusive || normal(m, &w[i])))
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
		if (!pa[i] || fuzz_mmu_nowhere(pa[i]) || fuzz_mmu_device(pa[i]))
			continue;
		if (!write && op->code)
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

enum fuzz_mmu_verdict
fuzz_mmu_access_exec(const struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	bool thumb = op->address & 1u, returned = op->kind == FUZZ_MMU_EXEC_RET;
	uint32_t va = op->address & ~1u, offset = va & (PAGE - 1u), pa, data;
	enum fuzz_mmu_verdict verdict;
	struct fuzz_mmu_walk w;

	if (offset % 16u || offset < FUZZ_MMU_DATA_END || offset >= FUZZ_MMU_CODE_END || (op->user && returned) ||
	    thumb != (offset >= FUZZ_MMU_CODE(FUZZ_MMU_FUNCTIONS)))
		return FUZZ_MMU_BAD;
	verdict = check_page(m, va, ACCESS_EXEC, op->user, &w, &pa);
	if (verdict || !pa || fuzz_mmu_nowhere(pa))
		return verdict;
	if (thumb && !FUZZ_MMU_THUMB(pa >> 12))
		return FUZZ_MMU_BAD;
	if (!synced(m, pa, 16))
		return FUZZ_MMU_UNSYNCED;
	if (FUZZ_MMU_THUMB(pa >> 12) && !op->user && !returned && is_sensitive(fuzz_mmu_code(m, pa)))
		return FUZZ_MMU_BAD;
	switch (fuzz_mmu_code(m, pa)) {
	case T32_MRS_CPSR:
	case A32_MRS_CPSR: // in USR, A, I, F and M are UNKNOWN (B9.3.8)
		return op->user ? FUZZ_MMU_BAD : FUZZ_MMU_GOOD;
	case A32_LITERAL:
		return check_page(m, va + 12u, ACCESS_READ, op->user, &w, &data);
	default:
		return FUZZ_MMU_GOOD;
	}
}

enum fuzz_mmu_verdict
fuzz_mmu_access_readable(const struct fuzz_mmu_model *m, uint32_t va, uint32_t *pa)
{
	struct fuzz_mmu_walk w;
	enum fuzz_mmu_verdict verdict = check_page(m, va, ACCESS_READ, false, &w, pa);

	return verdict ? verdict : *pa && fuzz_mmu_live(*pa) ? FUZZ_MMU_GOOD : FUZZ_MMU_BAD;
}

enum fuzz_mmu_verdict
fuzz_mmu_access_sync(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	uint32_t pa;
	enum fuzz_mmu_verdict verdict = fuzz_mmu_access_readable(m, op->address, &pa);

	if (verdict)
		return verdict;
	for (unsigned i = 0; i < m->code.n; i++)
		if (m->code.word[i].address == (pa & ~3u))
			m->code.word[i].synced = true;
	return FUZZ_MMU_GOOD;
}

enum fuzz_mmu_verdict
fuzz_mmu_access_at(const struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op)
{
	struct fuzz_mmu_walk w;

	if (!is_place(m, op->address))
		return FUZZ_MMU_BAD;
	if (!fuzz_mmu_tlb_fresh(m, op->address, FUZZ_MMU_SIDE_D, &w))
		return FUZZ_MMU_STALE;
	if (op->kind == FUZZ_MMU_ATS1CUR_64 && !fuzz_mmu_is_long(m)) // PAR's upper half is UNKNOWN
		return FUZZ_MMU_BAD;
	return is_filler(m, &w) ? FUZZ_MMU_BAD : FUZZ_MMU_GOOD;
}
