// SPDX-License-Identifier: MIT
//
// See ldst.h. Addresses are near the ends of pages, whose neighbours may be RAM, code, a device, nothing, or what
// may be read only; in a device they are mostly those of its registers.
//
// Not here: preloads, which access nothing; what the instruction tables have (LDRT, LDM^, loads of the PC and
// from literal pools, TBB, TBH, SRS, RFE); LDC and STC, which are UNDEFINED; the PC as a base, which can be at
// none of these places.
#include <pthread.h>
#include "bt/isa/ldst.h"
#include "bt/isa/vldst.h"
#include "guests/fuzz/ldst.h"
#include "monitor/base/psr.h"
#include "monitor/base/types.h"

#define PAGE    4096u
#define ROW_MAX 24u

struct source {
	const char *pattern, *name, *operands;
};

static const struct source a32[] = {
    {"cccc 0001 0b00 nnnn tttt 0000 1001 mmmm", "SWP|SWPB", "n!=15 t!=15 m!=15 n!=t n!=m"},
    {"cccc 0001 1ss1 nnnn tttt 1111 1001 1111", "LDREX|LDREXD|LDREXB|LDREXH", "n!=15 t!=15 s!=1|t%2 s!=1|t!=14"},
    {"cccc 0001 1ss0 nnnn dddd 1111 1001 tttt", "STREX|STREXD|STREXB|STREXH",
     "n!=15 d!=15 t!=15 d!=n d!=t s!=1|t%2 s!=1|t!=14"},
    {"cccc 010o oboo nnnn tttt iiii iiii iiii", "LDR|STR|LDRB|STRB", "n!=15 t!=15|b=0"},
    {"cccc 011o oboo nnnn tttt iiii iii0 mmmm", "LDR|STR|LDRB|STRB register", "n!=15 m!=15 t!=15|b=0"},
    {"cccc 000p u1wl nnnn tttt iiii 1ss1 iiii", "LDRH|STRH|LDRSB|LDRSH|LDRD|STRD",
     "s!=0 n!=15 t!=15 l=1|s=1|t%2 l=1|s=1|t!=14 l=1|s=1|p=1|w=0 l=1|s!=2|n!=t|p=1 l=1|s!=2|n!=t|w=0"},
    {"cccc 000p u0wl nnnn tttt 0000 1ss1 mmmm", "LDRH|STRH|LDRSB|LDRSH|LDRD|STRD register",
     "s!=0 n!=15 m!=15 t!=15 l=1|s=1|t%2 l=1|s=1|t!=14 l=1|s=1|p=1|w=0 l=1|s!=2|n!=t|p=1 l=1|s!=2|n!=t|w=0 "
     "l=1|s!=2|m!=t l=1|s!=2|m%2"}, // of LDRD neither register may be the offset (A8.8.74)
    {"cccc 100o o0ol nnnn rrrr rrrr rrrr rrrr", "LDM|STM", "r!=0 n!=15"},
    {"cccc 1101 uv0l nnnn vvvv 101z iiii iiii", "VLDR|VSTR", "n!=15"},
    {"cccc 110p uvwl nnnn vvvv 101z iiii iiii", "VLDM|VSTM", "n!=15 i!=0 p=1|u=1 p=0|u=0 p=0|w=1 z=0|i%2"},
    {"1111 0100 0vl0 nnnn vvvv tttt zzaa mmmm", "VLD1|VLD2|VLD3|VLD4|VST1|VST2|VST3|VST4", "n!=15"},
    {"1111 0100 1v10 nnnn vvvv 11kk zzta mmmm", "VLD1|VLD2|VLD3|VLD4 all lanes", "n!=15"},
    {"1111 0100 1vl0 nnnn vvvv zzkk aaaa mmmm", "VLD1|VLD2|VLD3|VLD4|VST1|VST2|VST3|VST4 lane", "n!=15 z!=3"},
};

static const struct source t16[] = {
    {"0101 ooom mmnn nttt", "LDR|STR|LDRB|STRB|LDRH|STRH|LDRSB|LDRSH register", ""},
    {"0110 liii iinn nttt", "LDR|STR", ""},
    {"0111 liii iinn nttt", "LDRB|STRB", ""},
    {"1000 liii iinn nttt", "LDRH|STRH", ""},
    {"1001 lttt iiii iiii", "LDR|STR SP", ""},
    {"1100 lnnn rrrr rrrr", "LDM|STM", "r!=0"},
    {"1011 010m rrrr rrrr", "PUSH", "r!=0|m=1"},
    {"1011 1100 rrrr rrrr", "POP", "r!=0"},
};

static const struct source t32[] = {
    {"1111 1001 0vl0 nnnn vvvv tttt zzaa mmmm", "VLD1|VLD2|VLD3|VLD4|VST1|VST2|VST3|VST4", "n!=15"},
    {"1111 1001 1v10 nnnn vvvv 11kk zzta mmmm", "VLD1|VLD2|VLD3|VLD4 all lanes", "n!=15"},
    {"1111 1001 1vl0 nnnn vvvv zzkk aaaa mmmm", "VLD1|VLD2|VLD3|VLD4|VST1|VST2|VST3|VST4 lane", "n!=15 z!=3"},
    {"1110 1000 0101 nnnn tttt 1111 iiii iiii", "LDREX", "n!=15 t!=13 t!=15"},
    {"1110 1000 1101 nnnn tttt 1111 010h 1111", "LDREXB|LDREXH", "n!=15 t!=13 t!=15"},
    {"1110 1000 1101 nnnn tttt ssss 0111 1111", "LDREXD", "n!=15 t!=13 t!=15 s!=13 s!=15 s!=t"},
    {"1110 1000 0100 nnnn tttt dddd iiii iiii", "STREX", "n!=15 t!=13 t!=15 d!=13 d!=15 d!=n d!=t"},
    {"1110 1000 1100 nnnn tttt 1111 010h dddd", "STREXB|STREXH", "n!=15 t!=13 t!=15 d!=13 d!=15 d!=n d!=t"},
    {"1110 1000 1100 nnnn tttt ssss 0111 dddd", "STREXD", "n!=15 t!=13 t!=15 s!=13 s!=15 d!=13 d!=15 d!=n d!=t d!=s"},
    {"1111 100g 1zzl nnnn tttt iiii iiii iiii", "LDR|STR|LDRB|STRB|LDRH|STRH|LDRSB|LDRSH",
     "z!=3 g=0|l=1 g=0|z<2 n!=15 t!=15 t!=13|z=2"},
    {"1111 100g 0zzl nnnn tttt 1ooo iiii iiii", "LDR|STR|LDRB|STRB|LDRH|STRH|LDRSB|LDRSH imm8",
     "z!=3 g=0|l=1 g=0|z<2 n!=15 t!=15 t!=13|z=2 o!=0 o!=2 o!=6"},
    {"1111 100g 0zzl nnnn tttt 0000 00ii mmmm", "LDR|STR|LDRB|STRB|LDRH|STRH|LDRSB|LDRSH register",
     "z!=3 g=0|l=1 g=0|z<2 n!=15 t!=15 t!=13|z=2 m!=13 m!=15"},
    {"1110 100p u1wl nnnn tttt ssss iiii iiii", "LDRD|STRD",
     "p=1|w=1 n!=15 t!=13 t!=15 s!=13 s!=15 l=0|t!=s w=0|n!=t w=0|n!=s"},
    {"1110 100p u0wl nnnn rrrr rrrr rrrr rrrr", "LDM|STM", "p=1|u=1 p=0|u=0 n!=15 #r>1 13~r 15~r w=0|n~r"},
    {"1110 1101 uv0l nnnn vvvv 101z iiii iiii", "VLDR|VSTR", "n!=15"},
    {"1110 110p uvwl nnnn vvvv 101z iiii iiii", "VLDM|VSTM", "n!=15 i!=0 p=1|u=1 p=0|u=0 p=0|w=1 z=0|i%2"},
};

static const struct {
	const struct source *source;
	unsigned n, top;
} tables[BT_ISAS] = {
    [BT_A32] = {a32, ARRAY_LEN(a32), 31}, [BT_T16] = {t16, ARRAY_LEN(t16), 15}, [BT_T32] = {t32, ARRAY_LEN(t32), 31}};
_Static_assert(ARRAY_LEN(a32) <= ROW_MAX && ARRAY_LEN(t16) <= ROW_MAX && ARRAY_LEN(t32) <= ROW_MAX, "rows[]");

static struct bt_row rows[BT_ISAS][ROW_MAX];
static pthread_once_t parsed = PTHREAD_ONCE_INIT;

static void
parse(void)
{
	for (unsigned isa = 0; isa < BT_ISAS; isa++)
		for (unsigned i = 0; i < tables[isa].n; i++) {
			const struct source *s = &tables[isa].source[i];

			rows[isa][i] = (struct bt_row){.pattern = s->pattern,
						       .name = s->name,
						       .section = "",
						       .operands = s->operands,
						       .a32 = "",
						       .isa = (uint8_t)isa,
						       .action = BT_PLAIN};
			bt_row_parse(&rows[isa][i], tables[isa].top);
		}
}

const struct bt_row *
fuzz_ldst_rows(unsigned isa, unsigned *n)
{
	pthread_once(&parsed, parse);
	*n = tables[isa].n;
	return rows[isa];
}

bool
fuzz_ldst_has(const struct bt_row *row)
{
	return row >= &rows[0][0] && row < &rows[0][0] + (size_t)BT_ISAS * ROW_MAX;
}

// Thumb's instructions tell by themselves which of its tables they belong to.
const struct bt_row *
fuzz_ldst_row(unsigned isa, uint32_t insn)
{
	unsigned n;
	const struct bt_row *row = fuzz_ldst_rows(isa == BT_A32 ? BT_A32 : insn < 0x10000u ? BT_T16 : BT_T32, &n);

	for (; n; n--, row++)
		if ((insn & row->mask) == row->value && !(row->conditional && insn >> 28 == 15u))
			return row;
	return NULL;
}

//----------------------------------------------------------------------------
// Addresses

#define B4(a, b, c, d)                                                                                                 \
	((uint32_t)(FUZZ_BACKING_##a | FUZZ_BACKING_##b << 4 | FUZZ_BACKING_##c << 8 | FUZZ_BACKING_##d << 12))

// What else accesses the window. A device's registers are no addresses to return or branch to.
static enum { NO_ACCESS, ACCESS, ACCESS_PC } kind_of(const struct bt_row *row)
{
	switch (row->action) {
	case BT_LDST_UNPRIV:
	case BT_LDM_USER:
	case BT_STM_USER:
	case BT_SRS:
		return ACCESS;
	case BT_LDM_RETURN:
	case BT_RFE:
	case BT_PC_WRITE:
	case BT_TABLE_BRANCH:
		return ACCESS_PC;
	default:
		return fuzz_ldst_has(row) ? ACCESS : NO_ACCESS;
	}
}

void
fuzz_ldst_environment(struct fuzz_gen *g, struct fuzz_rng *rng)
{
	static const uint32_t all[] = {B4(RAM, CODE, DEVICE, CODE),    B4(CODE, CODE, RAM, DEVICE),
				       B4(DEVICE, RAM, CODE, NOTHING), B4(DEVICE, DEVICE, NOTHING, RAM),
				       B4(NOTHING, CODE, CODE, CODE),  B4(CODE, DEVICE, CODE, RAM)};
	static const uint32_t no_device[] = {B4(RAM, CODE, NOTHING, CODE), B4(CODE, CODE, RAM, NOTHING)};
	uint32_t one = all[fuzz_rng_below(rng, ARRAY_LEN(all))], other = no_device[fuzz_rng_below(rng, 2)];

	if (!g->mmu || kind_of(g->row) == NO_ACCESS)
		return;
	g->c->rights |= (kind_of(g->row) == ACCESS ? one : other) << 16;
	if (kind_of(g->row) == ACCESS)
		g->c->flags |= FUZZ_F_DEVICE;
}

static uint32_t
backing(const struct fuzz_gen *g, unsigned page)
{
	return g->c->rights >> (16u + 4u * page) & 0xfu;
}

// Somewhere in a page: where a device has registers, where there is an instruction.
static uint32_t
inside(struct fuzz_gen *g, unsigned page, uint32_t size)
{
	uint32_t most = PAGE - (size < PAGE ? size : 0);

	if (backing(g, page) == FUZZ_BACKING_DEVICE)
		return fuzz_rng_one_in(&g->rng, 2) ? 0x3f0u + fuzz_rng_below(&g->rng, 0x40)
						   : fuzz_rng_below(&g->rng, most);
	if (backing(g, page) == FUZZ_BACKING_CODE && fuzz_rng_one_in(&g->rng, 4))
		return FUZZ_RETURN - fuzz_rng_below(&g->rng, size);
	return fuzz_rng_below(&g->rng, most);
}

uint32_t
fuzz_ldst_address(struct fuzz_gen *g, uint32_t size)
{
	unsigned page = fuzz_rng_below(&g->rng, FUZZ_PAGES);
	uint32_t at, base = FUZZ_WINDOW + PAGE * page;

	if (!g->mmu && fuzz_rng_one_in(&g->rng, 2)) {
		at = FUZZ_DEVICE + (fuzz_rng_one_in(&g->rng, 8) ? 0xffcu : 0x3f0u + fuzz_rng_below(&g->rng, 0x40));
		g->c->flags |= FUZZ_F_DEVICE;
	} else if (!g->mmu || fuzz_rng_one_in(&g->rng, 16)) {
		at = fuzz_gen_data(g, size, false);
	} else if (fuzz_rng_one_in(&g->rng, 2)) { // across the page's beginning, or its end
		at = base + (fuzz_rng_one_in(&g->rng, 2) ? PAGE : 0) - fuzz_rng_below(&g->rng, size + 4u);
	} else {
		at = base + inside(g, page, size);
	}
	// Without the MMU memory is Strongly-ordered, of which unaligned accesses are UNPREDICTABLE (A3.2.1).
	if (!g->mmu || !fuzz_rng_one_in(&g->rng, 3))
		at &= ~(size >= 8 && fuzz_rng_one_in(&g->rng, 2) ? 7u : size >= 4 ? 3u : size - 1u);
	return at;
}

static bool
safe(const struct fuzz_gen *g, uint32_t at, uint32_t size)
{
	if (g->c->flags & FUZZ_F_DEVICE && !g->mmu && at >= FUZZ_DEVICE - 64u && at + size <= FUZZ_DEVICE + PAGE)
		return true;
	return fuzz_gen_data_safe(g, at, size);
}

//----------------------------------------------------------------------------
// Instructions

struct access {
	struct bt_ldst op;
	struct bt_vldst vop;
	bool vector;
	unsigned rn;
	uint32_t size;
};

static bool
decode(const struct fuzz_gen *g, struct access *a)
{
	if (g->thumb ? bt_ldst_decode_thumb(g->insn, &a->op) : bt_ldst_decode(g->insn, &a->op)) {
		a->vector = false;
		a->rn = a->op.rn;
		a->size = a->op.kind == BT_LDST_MULTIPLE ? 4u * a->op.count : a->op.size;
		return true;
	}
	a->vector = true;
	if (!bt_vldst_decode(g->insn, g->thumb, &a->vop))
		return false;
	a->rn = a->vop.rn;
	a->size = (uint32_t)a->vop.size * (a->vop.all_lanes ? 1u : a->vop.lanes * a->vop.repeat) * a->vop.interleave;
	return true;
}

static uint32_t
lowest(struct fuzz_gen *g, const struct access *a)
{
	uint32_t regs[16] = {0}, at, unused;

	for (unsigned n = 0; n < 15; n++)
		regs[n] = *fuzz_gen_reg(g, n);
	if (a->vector)
		bt_vldst_address(&a->vop, regs, &at, &unused);
	else
		bt_ldst_address(&a->op, regs, bit(g->c->start.cpsr, 29), &at, &unused);
	return at;
}

bool
fuzz_ldst_operands(struct fuzz_gen *g)
{
	struct access a;
	uint32_t at;

	if (!decode(g, &a) || a.rn == 15)
		return false;
	if (a.vector)
		g->c->flags |= FUZZ_F_VFP;
	at = fuzz_ldst_address(g, a.size);
	*fuzz_gen_reg(g, a.rn) += at - lowest(g, &a);
	return safe(g, lowest(g, &a), a.size);
}

// Registers, as bits, that an LDREX before this STREX had better not load.
static uint32_t
taken(const struct bt_ldst *op)
{
	return 1u << op->rn | 1u << op->rt | 1u << op->rd | (op->rt2 == BT_NO_REG ? 0 : 1u << op->rt2);
}

static uint32_t
load_for(const struct fuzz_gen *g, const struct bt_ldst *op, unsigned rt)
{
	static const uint8_t a32_size[] = {[1] = 2, [2] = 3, [4] = 0, [8] = 1},
			     t32_size[] = {[1] = 4, [2] = 5, [8] = 7};

	if (!g->thumb)
		return 0xe1900f9fu | (uint32_t)a32_size[op->size] << 21 | (uint32_t)op->rn << 16 | rt << 12;
	if (op->size == 4)
		return 0xe8500f00u | (uint32_t)op->rn << 16 | rt << 12 | op->imm / 4u;
	return 0xe8d0000fu | (uint32_t)op->rn << 16 | rt << 12 | (op->size == 8 ? rt + 1u : 15u) << 8 |
	       (uint32_t)t32_size[op->size] << 4;
}

bool
fuzz_ldst_place(struct fuzz_gen *g)
{
	struct access a;
	unsigned rt = 0;
	uint32_t insn;

	if (!fuzz_ldst_has(g->row) || !decode(g, &a) || a.vector || a.op.kind != BT_LDST_EXCLUSIVE || a.op.load ||
	    (a.op.size == 8 && a.op.rd == a.op.rt2) || fuzz_rng_one_in(&g->rng, 8))
		return false;
	while (taken(&a.op) & 3u << rt)
		rt += 2;
	insn = load_for(g, &a.op, rt);
	g->c->code[0] = g->thumb ? insn << 16 | insn >> 16 : insn;
	g->at = 4;
	return true;
}
