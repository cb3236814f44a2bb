// SPDX-License-Identifier: MIT
//
// See mmu.h.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "guests/fuzz/compare.h"
#include "guests/fuzz/mmu.h"
#include "guests/fuzz/mmu_model.h"
#include "mmu/pte.h"
#include "monitor/base/types.h"

const char *
fuzz_mmu_name(unsigned kind)
{
	return kind < FUZZ_MMU_KINDS ? fuzz_mmu_about[kind].name : "?";
}

//----------------------------------------------------------------------------
// Comparison

#define DIFF_WHAT    1u
#define DIFF_VALUE   2u
#define DIFF_STATUS  4u
#define DIFF_ADDRESS 8u

// Bits of the value and the status that the architecture leaves UNKNOWN.
static uint32_t
unknown_value(const struct fuzz_mmu_op *op, const struct fuzz_mmu_log *bare)
{
	// PAR.NS outside Secure state (B4.1.112); QEMU sets it.
	return fuzz_mmu_about[op->kind].class == FUZZ_MMU_IS_AT && !bare->what && !(bare->value & 1u) ? 1u << 9 : 0;
}

static uint32_t
unknown_status(const struct fuzz_mmu_log *bare)
{
	bool is_short = !(bare->status & 0x200u);

	// IFSR[7:4] are UNK/SBZP in the short format (B4.1.96); QEMU: the domain
	return (bare->what & 0xffu) == FUZZ_PABT && is_short ? 0xf0u : 0;
}

static unsigned
log_differs(const struct fuzz_mmu_op *op, bool exact, const struct fuzz_mmu_log *a, const struct fuzz_mmu_log *b)
{
	unsigned diff = a->what != b->what ? DIFF_WHAT : 0;

	if (exact || !op->code || a->what)
		diff |= (a->value ^ b->value) & ~unknown_value(op, a) ? DIFF_VALUE : 0;
	diff |= (a->status ^ b->status) & ~unknown_status(a) ? DIFF_STATUS : 0;
	return diff | (a->address != b->address ? DIFF_ADDRESS : 0);
}

uint64_t
fuzz_mmu_compare(const struct fuzz_mmu_program *p, bool exact, const struct fuzz_result *bare,
		 const struct fuzz_result *other, unsigned *op)
{
	for (unsigned i = 0; i < p->n_ops; i++) {
		unsigned diff = log_differs(&p->op[i], exact, &bare->mmu.log[i], &other->mmu.log[i]);

		if (!diff)
			continue;
		if (op)
			*op = i;
		return (uint64_t)p->op[i].kind << 8 | diff;
	}
	return bare->mmu.hash != other->mmu.hash ? FUZZ_DIFF_MEMORY : 0;
}

//----------------------------------------------------------------------------
// Simplification

static bool
drop(struct fuzz_mmu_program *p, unsigned i, unsigned n)
{
	if (i + n > p->n_ops)
		return false;
	memmove(&p->op[i], &p->op[i + n], (p->n_ops - i - n) * sizeof(p->op[0]));
	p->n_ops -= n;
	return true;
}

static bool
assign(uint32_t *word, uint32_t value)
{
	bool changed = *word != value;

	*word = value;
	return changed;
}

static bool
simplify_long(struct fuzz_mmu_op *op, unsigned what)
{
	bool table = op->address < FUZZ_MMU_LONG_L3(0) && (op->value & 3u) == 3u;

	if (!op->value || (table && what))
		return false;
	switch (what) {
	case 0: // XN, PXN, and what tables limit
		return op->count && !(op->count = 0);
	case 1: // type of memory, SH
		return assign(&op->value, op->value & ~(7u << LONG_ATTR_SHIFT | 3u << LONG_SH_SHIFT));
	case 2: // AP
		return assign(&op->value, (op->value & ~(uint32_t)LONG_AP_RO) | (uint32_t)LONG_AP_USER);
	case 3:
		return assign(&op->value, op->value & ~(uint32_t)LONG_NG);
	default:
		return assign(&op->value, op->value | (uint32_t)LONG_AF);
	}
}

// Clears bits of a descriptor, sets others.
static bool
simplify_descriptor(struct fuzz_mmu_op *op, unsigned what)
{
	uint32_t d = op->value;
	bool first_level = op->address < FUZZ_MMU_L2(0), table = first_level && (d & L1_TYPE_MASK) == L1_TABLE;
	bool large = !first_level && (d & L2_TYPE_MASK) == L2_LARGE;

	if (op->kind == FUZZ_MMU_SET_LONG)
		return simplify_long(op, what);
	if (op->kind != FUZZ_MMU_SET || !d)
		return false;
	switch (what) {
	case 0: // XN, PXN
		return assign(&op->value, d & ~(table         ? L1_TABLE_PXN
						: first_level ? L1_XN | L1_SECTION_PXN
						: large       ? L2_LARGE_XN
							      : L2_SMALL_XN));
	case 1: // type of memory, S
		if (table)
			return false;
		return assign(&op->value, first_level ? (d & ~(7u << L1_TEX_SHIFT | L1_S)) | 0xcu
					  : large     ? (d & ~(7u << L2_LARGE_TEX_SHIFT | L2_S)) | 0xcu
						      : (d & ~(7u << L2_SMALL_TEX_SHIFT | L2_S)) | 0xcu);
	case 2: // AP
		if (table)
			return false;
		return assign(&op->value,
			      first_level ? (d & ~L1_AP2) | 3u << L1_AP_SHIFT : (d & ~L2_AP2) | 3u << L2_AP_SHIFT);
	case 3: // nG
		return !table && assign(&op->value, d & ~(first_level ? L1_NG : L2_NG));
	default: // domain
		return first_level && assign(&op->value, d & ~L1_DOMAIN_MASK);
	}
}

static bool
simplify_op(struct fuzz_mmu_op *op, unsigned what)
{
	switch (what) {
	case 0:
		return op->user && !--op->user;
	case 1:
		if (op->kind == FUZZ_MMU_CONTEXTIDR)
			return assign(&op->value, op->value & 0xffu);
		return op->kind >= FUZZ_MMU_TTBR0 && op->kind <= FUZZ_MMU_TTBR1 &&
		       assign(&op->value, op->value & ~0x7fu);
	case 2:
		return fuzz_mmu_about[op->kind].class < FUZZ_MMU_IS_EXEC && assign(&op->value, 0x10101010u);
	case 3:
		return fuzz_mmu_about[op->kind].class < FUZZ_MMU_IS_EXEC && assign(&op->address, op->address & ~0xfffu);
	case 4:
		return op->kind == FUZZ_MMU_DACR && assign(&op->value, FUZZ_MMU_START_DACR);
	case 5:
		return op->code && !--op->code;
	case 6:
		return op->kind == FUZZ_MMU_EXEC_RET && (op->kind = FUZZ_MMU_EXEC);
	default:
		return false;
	}
}

bool
fuzz_mmu_simplify(struct fuzz_mmu_program *p, unsigned edit)
{
	// Later operations first: what is dropped then moves none that is still to be looked at.
	unsigned what = edit / FUZZ_MMU_OPS, i = FUZZ_MMU_OPS - 1u - edit % FUZZ_MMU_OPS;
	static const uint8_t dropped[] = {32, 8, 2, 1};
	struct fuzz_mmu_program old;
	bool changed;

	if (what == 16u && i < 2u) {
		old = *p;
		changed = assign(&p->flags, p->flags & ~(i ? FUZZ_MMU_FRESH : 0xffffu << 16));
		changed = changed && fuzz_mmu_predictable(p);
		if (!changed)
			*p = old;
		return changed;
	}
	if (i >= p->n_ops)
		return false;
	old = *p;
	changed = what < 4   ? i % dropped[what] == 0 && drop(p, i, dropped[what])
		  : what < 9 ? simplify_descriptor(&p->op[i], what - 4u)
			     : simplify_op(&p->op[i], what - 9u);
	changed = changed && fuzz_mmu_predictable(p);
	if (!changed)
		*p = old;
	return changed;
}

//----------------------------------------------------------------------------
// Text

static void
print_descriptor(const struct fuzz_mmu_op *op)
{
	uint32_t d = op->value;
	bool first_level = op->address < FUZZ_MMU_L2(0);
	unsigned n = first_level ? (op->address - FUZZ_MMU_L1(0)) / (unsigned)L1_SIZE
				 : (op->address - FUZZ_MMU_L2(0)) / (unsigned)L2_SIZE;
	unsigned index = first_level ? (op->address - FUZZ_MMU_L1(n)) / 4u : (op->address - FUZZ_MMU_L2(n)) / 4u;

	printf("L%u table %u [%03x]%s = %08x ", first_level ? 1u : 2u, n, index, op->count > 1 ? " and 15 more" : "",
	       d);
	if (!(d & 3u))
		printf("fault");
	else if (first_level && (d & 3u) == L1_TABLE)
		printf("table %x, domain %u%s", d & L1_TABLE_BASE, pte_l1_domain(d), d & L1_TABLE_PXN ? ", PXN" : "");
	else if (first_level)
		printf("%s %x, domain %u, AP %u, type %02x%s%s%s%s", d & L1_SUPERSECTION ? "supersection" : "section",
		       d & L1_SECTION_BASE, pte_l1_domain(d), pte_l1_ap(d), pte_l1_tex_cb(d), d & L1_XN ? ", XN" : "",
		       d & L1_SECTION_PXN ? ", PXN" : "", d & L1_NG ? ", nG" : "", d & L1_S ? ", S" : "");
	else if ((d & 3u) == L2_LARGE)
		printf("large page %x, AP %u, type %02x%s%s%s", d & L2_LARGE_BASE, pte_l2_ap(d), pte_l2_large_tex_cb(d),
		       d & L2_LARGE_XN ? ", XN" : "", d & L2_NG ? ", nG" : "", d & L2_S ? ", S" : "");
	else
		printf("page %x, AP %u, type %02x%s%s%s", d & L2_SMALL_BASE, pte_l2_ap(d), pte_l2_small_tex_cb(d),
		       d & L2_SMALL_XN ? ", XN" : "", d & L2_NG ? ", nG" : "", d & L2_S ? ", S" : "");
}

static void
print_long(const struct fuzz_mmu_op *op)
{
	uint32_t d = op->value, l2 = op->address - FUZZ_MMU_LONG_L2(0, 0), l3 = op->address - FUZZ_MMU_LONG_L3(0);
	bool third = op->address >= FUZZ_MMU_LONG_L3(0);

	if (third)
		printf("L3 table %u [%03x] = %04x....%08x ", l3 / 0x1000u, l3 % 0x1000u / 8u, op->count, d);
	else
		printf("L2 table %u of GiB %u [%03x] = %04x....%08x ", l2 / 0x4000u, l2 / 0x1000u % 4u,
		       l2 % 0x1000u / 8u, op->count, d);
	if (!(d & LONG_VALID))
		printf("fault");
	else if (!third && (d & 3u) == 3u)
		printf("table %x, limits %x", d & ~0xfffu, op->count >> 11);
	else
		printf("%s %x, AP %u, attributes %u%s%s%s%s", third ? "page" : "block", d & ~0xfffu, d >> 6 & 3u,
		       d >> LONG_ATTR_SHIFT & 7u, op->count & 0x40u ? ", XN" : "", op->count & 0x20u ? ", PXN" : "",
		       d & LONG_NG ? ", nG" : "", d & LONG_AF ? "" : ", old");
}

static void
print_op(const struct fuzz_mmu_op *op)
{
	enum fuzz_mmu_class class = fuzz_mmu_about[op->kind].class;

	printf("%s%-10s ", op->user ? "user " : "     ", fuzz_mmu_about[op->kind].name);
	if (class == FUZZ_MMU_IS_SET)
		print_descriptor(op);
	else if (class == FUZZ_MMU_IS_REG || (class >= FUZZ_MMU_IS_TLBI && class <= FUZZ_MMU_IS_TLBID))
		printf("%08x", op->value);
	else if (class == FUZZ_MMU_IS_FILL)
		printf("%u from [%08x] or number %u", op->count, op->address, op->value);
	else if (class == FUZZ_MMU_IS_LONG)
		print_long(op);
	else if (class == FUZZ_MMU_IS_LONG_REG)
		printf("%08x, ASID %u", op->value, op->count);
	else if (class == FUZZ_MMU_IS_SWITCH)
		printf("TTBR0 %08x, ASID %u", op->value, op->count);
	else if (class >= FUZZ_MMU_IS_STORE && class <= FUZZ_MMU_IS_EXCL)
		printf("[%08x] = %08x", op->address, op->value);
	else
		printf("[%08x]%s", op->address, op->code ? " code" : "");
}

static void
print_log(const struct fuzz_mmu_log *log)
{
	uint32_t vector = log->what & 0xffu;

	if (!vector)
		printf("%08x", log->value);
	else
		printf("%s, status %x, address %08x, LR %+d, SPSR %02x, r1 %08x", fuzz_compare_vector(vector),
		       log->status, log->address, (int16_t)(log->what >> 16), log->what >> 8 & 0xffu, log->value);
}

void
fuzz_mmu_print(const struct fuzz_mmu_program *p, bool exact, const struct fuzz_result *bare,
	       const struct fuzz_result *other)
{
	if (p->flags & FUZZ_MMU_FRESH)
		puts("       fresh");
	if (FUZZ_MMU_PRESET(p->flags))
		printf("       preset %u\n", FUZZ_MMU_PRESET(p->flags));
	if (p->flags & FUZZ_MMU_LONG)
		printf("       long, T0SZ %u, T1SZ %u, A1 %u\n", FUZZ_MMU_T0SZ(p->flags), FUZZ_MMU_T1SZ(p->flags),
		       p->flags / FUZZ_MMU_A1 & 1u);
	for (unsigned i = 0; i < p->n_ops; i++) {
		bool differs = other && log_differs(&p->op[i], exact, &bare->mmu.log[i], &other->mmu.log[i]);

		printf("  %s%3u ", differs ? "*" : " ", i);
		print_op(&p->op[i]);
		if (bare && bare->vector != FUZZ_NONE &&
		    (bare->mmu.log[i].what || p->op[i].kind < FUZZ_MMU_SET || differs)) {
			printf("  -> ");
			print_log(&bare->mmu.log[i]);
		}
		if (differs) {
			printf(", but ");
			print_log(&other->mmu.log[i]);
		}
		putchar('\n');
	}
	if (bare && other && bare->mmu.hash != other->mmu.hash)
		printf("  * memory  -> %08x, but %08x\n", bare->mmu.hash, other->mmu.hash);
}

//----------------------------------------------------------------------------
// JSON

void
fuzz_mmu_write(FILE *f, const struct fuzz_mmu_program *p)
{
	fprintf(f, "\"flags\":%u,\"ops\":[", p->flags);
	for (unsigned i = 0; i < p->n_ops; i++)
		fprintf(f, "%s%u,%u,\"0x%x\",\"0x%x\"", i ? "," : "", p->op[i].kind,
			(unsigned)p->op[i].count << 2 | (unsigned)p->op[i].code << 1 | p->op[i].user, p->op[i].value,
			p->op[i].address);
	putc(']', f);
}

void
fuzz_mmu_write_result(FILE *f, const struct fuzz_result *r)
{
	fprintf(f, "\"hash\":\"0x%x\",\"log\":[", r->mmu.hash);
	for (unsigned i = 0; i < r->mmu.n_ops && i < FUZZ_MMU_OPS; i++)
		fprintf(f, "%s\"0x%x\",\"0x%x\",\"0x%x\",\"0x%x\"", i ? "," : "", r->mmu.log[i].what,
			r->mmu.log[i].value, r->mmu.log[i].status, r->mmu.log[i].address);
	putc(']', f);
}

bool
fuzz_mmu_read(const uint64_t *numbers, unsigned n, struct fuzz_mmu_program *p)
{
	if (n % 4 || n / 4 > FUZZ_MMU_OPS)
		return false;
	memset(p, 0, sizeof(*p));
	p->n_ops = n / 4;
	for (unsigned i = 0; i < p->n_ops; i++, numbers += 4) {
		p->op[i] = (struct fuzz_mmu_op){.kind = (uint8_t)numbers[0],
						.user = numbers[1] & 1u,
						.code = numbers[1] >> 1 & 1u,
						.count = (uint16_t)(numbers[1] >> 2),
						.value = (uint32_t)numbers[2],
						.address = (uint32_t)numbers[3]};
		if (numbers[0] >= FUZZ_MMU_KINDS || numbers[1] >> 2 > UINT16_MAX)
			return false;
	}
	return true;
}
