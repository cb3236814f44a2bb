// SPDX-License-Identifier: MIT
//
// The walk of the guest's tables and the check on its result, for a Cortex-A15 whose
// Security and Virtualization Extensions are hidden. There is no memory above 4 GiB.
//
// ARM ARM: B3.5 and B3.6 the tables, B3.7 domains and permissions, B3.8 memory types,
// B3.12.3 which fault comes first, B3.13.3 the fault codes.
//
// QEMU has another order of faults: it looks at the domain before it reads the second-level
// descriptor, and at XN before the access flag, which no manager heeds. A guest is to see
// what its core does, so MMU_EARLY_DOMAIN says which of the two it is (host_mmu.c finds out).
//
// Each descriptor is read once, in one access, because other VCPUs may be
// rewriting the tables meanwhile; a walk sees the old entry or the new.
//
// What the architecture leaves open is settled on the safe side: a reserved AP
// or domain value gives no access, a reserved memory type is Strongly-ordered.
#include "mmu/pte.h"
#include "mmu/walk.h"

#define TYPE_STRONGLY_ORDERED   0x00u // TEX[2:0],C,B as in B3.8.2, table B3-10
#define TYPE_DEVICE             0x01u
#define TYPE_NORMAL_WB_WA       0x07u
#define TYPE_DEVICE_NONSHARED   0x08u
#define TYPE_NORMAL_OUTER_INNER 0x10u // with outer and inner cacheability in bits 3:2 and 1:0

#define PRRR_DS0_SHIFT 16u // DS1 follows, then NS0 and NS1
#define PRRR_NS0_SHIFT 18u
#define NMRR_OR0_SHIFT 16u

#define DOMAIN_CLIENT  1u // bit 0 is clear in 'no access' and in the reserved value
#define DOMAIN_MANAGER 3u

#define CAN_READ  MMU_CAN(MMU_READ)
#define CAN_WRITE MMU_CAN(MMU_WRITE)
#define CAN_EXEC  MMU_CAN(MMU_EXEC)

// Memory type without TEX remap.
static inline void
set_type_direct(struct mmu_xlat *x, uint32_t tex_cb, bool s)
{
	x->normal = bit(MMU_TYPES_NORMAL, tex_cb);
	if (!x->normal && tex_cb != TYPE_DEVICE && tex_cb != TYPE_DEVICE_NONSHARED)
		tex_cb = TYPE_STRONGLY_ORDERED;
	x->shareable = x->normal ? s : tex_cb != TYPE_DEVICE_NONSHARED;
	x->tex_cb = (uint8_t)tex_cb;
}

// Memory type with TEX remap (B3.8.3): PRRR and NMRR by TEX[0],C,B. PRRR.NOSn has
// no effect: without remap Shareable is the widest there is, so it covers both
// Inner and Outer Shareable. IRn and ORn are coded as table B3-11 wants them.
static inline void
set_type_remapped(const struct mmu_regs *r, struct mmu_xlat *x, uint32_t tex_cb, bool s)
{
	unsigned n = tex_cb & 7u;
	uint32_t type = r->prrr >> (2u * n) & 3u;
	uint32_t inner = r->nmrr >> (2u * n) & 3u;
	uint32_t outer = r->nmrr >> (NMRR_OR0_SHIFT + 2u * n) & 3u;

	x->normal = type == PRRR_TR_NORMAL;
	if (type == PRRR_TR_NORMAL) {
		x->shareable = bit(r->prrr, PRRR_NS0_SHIFT + s);
		x->tex_cb = (uint8_t)(TYPE_NORMAL_OUTER_INNER | outer << 2 | inner);
	} else if (type == PRRR_TR_DEVICE) {
		x->shareable = bit(r->prrr, PRRR_DS0_SHIFT + s);
		x->tex_cb = x->shareable ? TYPE_DEVICE : TYPE_DEVICE_NONSHARED;
	} else {
		x->shareable = true;
		x->tex_cb = TYPE_STRONGLY_ORDERED;
	}
}

static inline void
set_type(const struct mmu_regs *r, struct mmu_xlat *x, uint32_t tex_cb, bool s)
{
	if (r->sctlr & SCTLR_TRE)
		set_type_remapped(r, x, tex_cb, s);
	else
		set_type_direct(x, tex_cb, s);
}

// With SCTLR.AFE, AP[0] is the access flag (B3.7.1). Where it is set, AP[2:1] of the
// simplified model mean exactly what AP[2:0] mean in the full one: no second table.
static inline void
set_ap(const struct mmu_regs *r, struct mmu_xlat *x, uint32_t ap)
{
	x->ap = (uint8_t)ap;
	x->old = (r->sctlr & SCTLR_AFE) && !(ap & 1u);
}

static inline uint32_t
domain_value(const struct mmu_regs *r, const struct mmu_xlat *x)
{
	return x->level ? DOMAIN_CLIENT : r->dacr >> (2u * x->domain) & 3u;
}

// Reads the descriptor at gpa, in the guest's order of bytes (SCTLR.EE); false
// where there is no memory. A descriptor is aligned, so it is all in one page.
static inline bool
read_descriptor(const struct mmu_regs *r, const struct gmem *mem, uint32_t gpa, uint32_t *d)
{
	const volatile uint32_t *at = gmem_read(mem, GPA(gpa), 4);

	if (!at)
		return false;
	*d = *at;
	if (r->sctlr & SCTLR_EE)
		*d = __builtin_bswap32(*d);
	return true;
}

// A section or supersection. Supersections are in domain 0.
static inline void
walk_section(const struct mmu_regs *r, uint32_t va, uint32_t d, struct mmu_xlat *x)
{
	bool super = d & L1_SUPERSECTION;
	uint32_t base = super ? L1_SUPERSECTION_BASE : L1_SECTION_BASE;

	x->shift = super ? 24 : 20;
	x->domain = (uint8_t)(super ? 0 : pte_l1_domain(d));
	x->high = (uint8_t)(super ? pte_l1_super_high(d) : 0);
	x->gpa = GPA((d & base) | (va & ~base));
	x->xn = d & L1_XN;
	x->pxn = d & L1_SECTION_PXN;
	x->ng = d & L1_NG;
	set_ap(r, x, pte_l1_ap(d));
	set_type(r, x, pte_l1_tex_cb(d), d & L1_S);
}

// A page, through the first-level descriptor l1 of its table.
static inline uint32_t
walk_page(const struct mmu_regs *r, const struct gmem *mem, uint32_t va, uint32_t l1, struct mmu_xlat *x)
{
	uint32_t d;

	x->domain = (uint8_t)pte_l1_domain(l1);
	if (!read_descriptor(r, mem, (l1 & L1_TABLE_BASE) | bits(va, 19, 12) << 2, &d))
		return FS_EXTERNAL_WALK_2;
	if ((d & L2_TYPE_MASK) == L2_FAULT)
		return FS_TRANSLATION_2;

	bool large = (d & L2_TYPE_MASK) == L2_LARGE;
	uint32_t base = large ? L2_LARGE_BASE : L2_SMALL_BASE;

	x->shift = large ? 16 : 12;
	x->gpa = GPA((d & base) | (va & ~base));
	x->xn = d & (large ? L2_LARGE_XN : L2_SMALL_XN);
	x->pxn = (r->core & MMU_PXN) && (l1 & L1_TABLE_PXN);
	x->ng = d & L2_NG;
	set_ap(r, x, pte_l2_ap(d));
	set_type(r, x, large ? pte_l2_large_tex_cb(d) : pte_l2_small_tex_cb(d), d & L2_S);
	return FS_NONE;
}

// The same on a core that has looked at the domain before. (What is mapped is left to mmu_check.)
static inline uint32_t
walk_table(const struct mmu_regs *r, const struct gmem *mem, uint32_t va, uint32_t l1, struct mmu_xlat *x)
{
	uint32_t fs = walk_page(r, mem, va, l1, x);

	if (fs != FS_NONE && (r->core & MMU_EARLY_DOMAIN) && !bit(domain_value(r, x), 0))
		fs = FS_DOMAIN_2;
	return fs;
}

// MMU off (B3.2). Data accesses are then Strongly-ordered by the letter, but the
// monitor reaches the same RAM through a cacheable map, and two aliases that
// differ in cacheability needn't agree (A3.5.7). Being more cacheable than asked
// can't be seen by the guest, as long as what its devices read and write is read
// and written by the monitor, through that very map.
static void
walk_flat(gva_t va, struct mmu_xlat *x)
{
	*x = (struct mmu_xlat){
	    .gpa = GPA(va.v),
	    .shift = 20,
	    .ap = 3,
	    .flat = true,
	    .normal = true,
	    .shareable = true,
	    .tex_cb = TYPE_NORMAL_WB_WA,
	};
}

//----------------------------------------------------------------------------
// Long descriptors (B3.6)

// Which table serves va: its address, its last index and the first level to look up, of lookups
// that resolve 9 bits each down to bit 12. False: none does, or its walks are disabled.
static bool
long_table(const struct mmu_regs *r, uint32_t va, uint64_t *table, uint32_t *last, unsigned *level)
{
	uint32_t n0 = r->ttbcr & TTBCR_T0SZ, n1 = r->ttbcr >> TTBCR_T1SZ_SHIFT & 7u;
	bool in0 = !n0 || !(va >> (32u - n0)), upper = n1 ? !(~va >> (32u - n1)) : !in0;
	uint32_t n = upper ? n1 : n0;

	if ((!upper && !in0) || (r->ttbcr & (upper ? TTBCR_EPD1 : TTBCR_EPD0)))
		return false;
	*level = n < 2 ? 1 : 2;
	*last = (1u << ((n < 2 ? 2u : 11u) - n)) - 1u;
	*table = upper ? (uint64_t)r->ttbr1_high << 32 | r->ttbr1 : (uint64_t)r->ttbr0_high << 32 | r->ttbr0;
	*table &= 0xffffffffffull & ~(uint64_t)(8u * *last + 7u);
	return true;
}

static bool
read_long(const struct mmu_regs *r, const struct gmem *mem, uint64_t at, uint64_t *d)
{
	const volatile uint64_t *p = at >> 32 ? NULL : gmem_read(mem, GPA(at), 8);

	if (!p)
		return false;
	*d = *p;
	if (r->sctlr & SCTLR_EE)
		*d = __builtin_bswap64(*d);
	return true;
}

// Memory type by MAIR; what of Normal memory is cacheable makes no difference here.
static void
set_type_long(const struct mmu_regs *r, struct mmu_xlat *x, uint64_t d)
{
	unsigned n = (unsigned)(d >> LONG_ATTR_SHIFT) & 7u;
	uint32_t attr = (n < 4 ? r->prrr : r->nmrr) >> (8u * (n & 3u)) & 0xffu;

	x->attr = (uint8_t)attr;
	x->sh = (uint8_t)(d >> LONG_SH_SHIFT & 3u);
	x->normal = attr >> 4 != 0;
	x->shareable = !x->normal || (x->sh & SH_SHAREABLE);
	x->tex_cb = x->normal ? TYPE_NORMAL_WB_WA : attr == MAIR_DEVICE ? TYPE_DEVICE : TYPE_STRONGLY_ORDERED;
}

// A block or page at x->level; limits: the attributes of the tables on the way, ored.
static void
long_leaf(const struct mmu_regs *r, uint32_t va, uint64_t d, uint64_t limits, struct mmu_xlat *x)
{
	uint32_t offset = (1u << x->shift) - 1u;

	x->gpa = GPA(((uint32_t)(d & LONG_ADDRESS) & ~offset) | (va & offset));
	x->high = (uint8_t)((d & LONG_ADDRESS) >> 32);
	x->old = !(d & LONG_AF);
	x->ap = (uint8_t)(1u | ((d | (limits & LONG_APTABLE_RO ? LONG_AP_RO : 0)) & LONG_AP_RO ? 4u : 0) |
			  (d & LONG_AP_USER && !(limits & LONG_APTABLE_NO_USER) ? 2u : 0));
	x->xn = (d & LONG_XN) || (limits & LONG_XNTABLE);
	x->pxn = (d & LONG_PXN) || (limits & LONG_PXNTABLE);
	x->ng = d & LONG_NG;
	set_type_long(r, x, d);
}

static uint32_t
walk_long(const struct mmu_regs *r, const struct gmem *mem, uint32_t va, struct mmu_xlat *x)
{
	uint64_t table, d, limits = 0;
	uint32_t last;
	unsigned level;

	if (!long_table(r, va, &table, &last, &level))
		return FS_LONG_TRANSLATION + 1;
	for (;; level++) {
		unsigned shift = 39u - 9u * level;

		if (!read_long(r, mem, table | (va >> shift & last) << 3, &d))
			return FS_LONG_EXTERNAL_WALK + level;
		if (!(d & LONG_VALID) || (level == 3 && !(d & LONG_TABLE)))
			return FS_LONG_TRANSLATION + level;
		if (level == 3 || !(d & LONG_TABLE)) {
			x->level = (uint8_t)level;
			x->shift = (uint8_t)shift;
			long_leaf(r, va, d, limits, x);
			return FS_NONE;
		}
		limits |= d;
		table = d & LONG_ADDRESS;
		last = 0x1ff;
	}
}

//----------------------------------------------------------------------------

uint32_t
mmu_walk(const struct mmu_regs *r, const struct gmem *mem, gva_t va, struct mmu_xlat *x)
{
	if (!(r->sctlr & SCTLR_M)) {
		walk_flat(va, x);
		return FS_NONE;
	}
	*x = (struct mmu_xlat){0};
	if (r->ttbcr & TTBCR_EAE)
		return walk_long(r, mem, va.v, x);

	// B3.5.4: TTBR1 serves what has any of its top N bits set, TTBR0 the rest,
	// from a table that is 2^N times smaller and may be aligned accordingly.
	uint32_t n = r->ttbcr & TTBCR_N, d;
	bool upper = n && va.v >> (32u - n);
	uint32_t table = upper ? r->ttbr1 & ~(L1_SIZE - 1u) : r->ttbr0 & ~((L1_SIZE >> n) - 1u);

	if (r->ttbcr & (upper ? TTBCR_PD1 : TTBCR_PD0))
		return FS_TRANSLATION_1;
	if (!read_descriptor(r, mem, table | bits(va.v, 31, 20) << 2, &d))
		return FS_EXTERNAL_WALK_1;
	if ((d & L1_TYPE_MASK) == L1_FAULT || ((d & L1_TYPE_MASK) == L1_RESERVED && !(r->core & MMU_PXN)))
		return FS_TRANSLATION_1;
	if ((d & L1_TYPE_MASK) == L1_TABLE)
		return walk_table(r, mem, va.v, d, x);
	walk_section(r, va.v, d, x);
	return FS_NONE;
}

// A fault of the first kind for sections, of the second for pages; in the long format by level.
static inline uint32_t
fault_by_level(const struct mmu_xlat *x, uint32_t section, uint32_t page, uint32_t of_long)
{
	return x->level ? of_long + x->level : x->shift < 20 ? page : section;
}

// What WXN and UWXN make of memory that may be written. They came with the Virtualization Extensions (B4.1.130):
// a core that has only the long format heeds them there alone.
static inline bool
written_never_run(const struct mmu_regs *r, const struct mmu_xlat *x, bool privileged)
{
	return x->level && (((r->sctlr & SCTLR_WXN) && (mmu_ap_rights(privileged, x->ap) & CAN_WRITE)) ||
			    ((r->sctlr & SCTLR_UWXN) && privileged && (mmu_ap_rights(false, x->ap) & CAN_WRITE)));
}

// Nothing that depends on AP, XN or PXN is checked for a manager (B3.7.3).
uint32_t
mmu_check(const struct mmu_regs *r, const struct mmu_xlat *x, enum mmu_access access, bool privileged)
{
	uint32_t domain = domain_value(r, x), can = mmu_ap_rights(privileged, x->ap);
	bool early = (r->core & MMU_EARLY_DOMAIN) && !x->level;
	bool never = access == MMU_EXEC && (x->xn || (privileged && x->pxn));

	if (x->flat)
		return FS_NONE;
	if (x->old && !early)
		return fault_by_level(x, FS_ACCESS_1, FS_ACCESS_2, FS_LONG_ACCESS);
	if (!bit(domain, 0))
		return fault_by_level(x, FS_DOMAIN_1, FS_DOMAIN_2, 0);
	if (domain == DOMAIN_CLIENT) {
		if (x->old && !never)
			return fault_by_level(x, FS_ACCESS_1, FS_ACCESS_2, 0);
		if (never || !(can & (access == MMU_WRITE ? CAN_WRITE : CAN_READ)) ||
		    (access == MMU_EXEC && written_never_run(r, x, privileged)))
			return fault_by_level(x, FS_PERMISSION_1, FS_PERMISSION_2, FS_LONG_PERMISSION);
	}
	return !x->high ? FS_NONE : x->level ? FS_LONG_SYNC_EXTERNAL : FS_SYNC_EXTERNAL;
}

uint32_t
mmu_rights(const struct mmu_regs *r, const struct mmu_xlat *x, bool privileged)
{
	uint32_t domain = domain_value(r, x), can = mmu_ap_rights(privileged, x->ap);
	bool manager = domain == DOMAIN_MANAGER;

	if (x->flat)
		return CAN_READ | CAN_WRITE | CAN_EXEC;
	if (!bit(domain, 0) || x->high || (x->old && !(manager && (r->core & MMU_EARLY_DOMAIN))))
		return 0;
	if (manager)
		return CAN_READ | CAN_WRITE | CAN_EXEC;
	if (!(can & CAN_READ) || x->xn || (privileged && x->pxn) || written_never_run(r, x, privileged))
		return can;
	return can | CAN_EXEC;
}
