// SPDX-License-Identifier: MIT
//
// See watch.h. Writing a watchpoint may be expensive (QEMU flushes its TLB), so a range grows to the
// next power of two rather than by pages, and only the watchpoints that change are written.
//
// When there are more clusters of pages than watchpoints, ranges have to hold what lies between. Where that is loaded
// from much is learned by sampling, and after so many strays the ranges are made anew, to avoid it.
#include "monitor/cpu/watch.h"
#include "monitor/base/string.h"
#include "monitor/base/sysreg.h"

#define DBGDIDR_WRPS(didr)    bits(didr, 31, 28)
#define DBGDIDR_VERSION(didr) bits(didr, 19, 16)
#define DBGDIDR_V7_1          5u
#define DFR0_V7_1             5u
#define DBGDSCR_MDBGen        (1u << 15)

#define AREA_SHIFT   20u
#define STRAY_PAGES  1024u // a sample weighs as many pages
#define PATIENCE     16u   // strays, in samples; doubled each time
#define PATIENCE_MAX 4096u // up to this

#define DBGWCR_E            1u
#define DBGWCR_PAC_PL0      (2u << 1)
#define DBGWCR_LSC_LOAD     (1u << 3)
#define DBGWCR_BAS          (0xffu << 5) // all, as an address mask wants it
#define DBGWCR_MASK(shift)  ((uint32_t)(shift) << 24)
#define DBGWCR_MASK_OF(wcr) bits(wcr, 28, 24)
#define MASK_MAX            31u
#define SHIFT_MIN           3u

static void
write_wcr(unsigned n, uint32_t wcr)
{
	switch (n) {
	case 0:
		sysreg_write_dbgwcr0(wcr);
		break;
	case 1:
		sysreg_write_dbgwcr1(wcr);
		break;
	case 2:
		sysreg_write_dbgwcr2(wcr);
		break;
	default:
		sysreg_write_dbgwcr3(wcr);
	}
	isb();
}

static void
write_wvr(unsigned n, uint32_t wvr)
{
	switch (n) {
	case 0:
		sysreg_write_dbgwvr0(wvr);
		break;
	case 1:
		sysreg_write_dbgwvr1(wvr);
		break;
	case 2:
		sysreg_write_dbgwvr2(wvr);
		break;
	default:
		sysreg_write_dbgwvr3(wvr);
	}
}

// Never on with half of its values: that it is off must have taken effect before it gets another address.
static void
write_watchpoint(unsigned n, uint32_t wvr, uint32_t wcr)
{
	write_wcr(n, 0);
	write_wvr(n, wvr);
	write_wcr(n, wcr);
}

static void
program(struct watch *w, unsigned n)
{
	const struct watch_range *r = &w->range[n];
	uint32_t on = DBGWCR_E | DBGWCR_PAC_PL0 | DBGWCR_LSC_LOAD | DBGWCR_BAS | DBGWCR_MASK(r->shift);

	w->moves++;
	write_watchpoint(n, r->base, r->shift ? on : 0);
}

// Cores whose debug registers PL1 has by CP14, with v7.1 Debug (ID_DFR0.CopDbg).
static bool
has_v7_1(void)
{
	return bits(sysreg_read_id_dfr0(), 3, 0) >= DFR0_V7_1 && DBGDIDR_VERSION(sysreg_read_dbgdidr()) >= DBGDIDR_V7_1;
}

static unsigned
available(void)
{
	unsigned n = DBGDIDR_WRPS(sysreg_read_dbgdidr()) + 1u;

	return n < WATCH_RANGES ? n : WATCH_RANGES;
}

// Before v7.1 Debug a watchpoint needn't stop the access, nor tell the address (C3.3, C11.11.45); masks are
// optional (C11.11.44). Two ranges can be merged unless one is in the upper half of addresses, the other in the
// lower, so that there must be one for each.
bool
watch_possible(void)
{
	bool possible;

	if (!has_v7_1())
		return false;
	write_watchpoint(0, 0, DBGWCR_BAS | DBGWCR_MASK(MASK_MAX));
	possible = DBGWCR_MASK_OF(sysreg_read_dbgwcr0()) == MASK_MAX;
	write_watchpoint(0, 0, 0);
	return possible && available() >= 2;
}

void
watch_init(struct watch *w, bool on)
{
	uint32_t dscr;

	memset(w, 0, sizeof(*w));
	w->patience = PATIENCE;
	if (!has_v7_1())
		return;
	dscr = sysreg_read_dbgdscrext();
	for (unsigned i = 0; i < available(); i++)
		program(w, i);
	w->n = on ? available() : 0;
	sysreg_write_dbgdscrext(on ? dscr | DBGDSCR_MDBGen : dscr & ~DBGDSCR_MDBGen);
	isb();
}

void
watch_reset(struct watch *w)
{
	for (unsigned n = 0; n < w->n; n++) {
		if (!w->range[n].shift)
			continue;
		w->range[n].shift = 0;
		program(w, n);
	}
}

static bool
holds(const struct watch_range *r, uint32_t va)
{
	return r->shift && !((va ^ r->base) >> r->shift);
}

// The least range that holds both; of more than half of the address space there is none.
static bool
merged(const struct watch_range *a, const struct watch_range *b, struct watch_range *m)
{
	uint32_t differ = a->base ^ b->base;
	uint8_t shift = a->shift > b->shift ? a->shift : b->shift;

	while (shift < MASK_MAX && differ >> shift)
		shift++;
	*m = (struct watch_range){a->base & ~((1u << shift) - 1u), shift};
	return !(differ >> shift);
}

static uint32_t
size_of(const struct watch_range *r)
{
	return 1u << r->shift;
}

static bool
touches(const struct watch_range *r, uint32_t area)
{
	return r->base >> AREA_SHIFT == area || holds(r, area << AREA_SHIFT);
}

// What m costs more than a and b do: pages, and above all the strays that were seen in what is added.
static uint64_t
cost(const struct watch *w, const struct watch_range *m, const struct watch_range *a, const struct watch_range *b,
     uint64_t least)
{
	uint32_t area = m->base >> AREA_SHIFT;
	uint64_t more = (size_of(m) - size_of(a) - size_of(b)) >> PAGE_SHIFT;

	for (uint32_t n = size_of(m) >> AREA_SHIFT; n && more < least; n--, area++)
		if (!touches(a, area) && !touches(b, area))
			more += STRAY_PAGES * w->stray[area];
	return more;
}

// The pair of ranges whose union costs the least in addition; returns the union.
static struct watch_range
cheapest(const struct watch *w, const struct watch_range *r, unsigned n, unsigned *first, unsigned *second)
{
	struct watch_range best = {0, 0}, m;
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < n; i++)
		for (unsigned j = i + 1; j < n; j++) {
			uint64_t c = merged(&r[i], &r[j], &m) ? cost(w, &m, &r[i], &r[j], least) : least;

			if (c >= least)
				continue;
			least = c;
			best = m;
			*first = i;
			*second = j;
		}
	return best;
}

static void
set(struct watch *w, unsigned n, struct watch_range r)
{
	w->range[n] = r;
	program(w, n);
}

// All ranges are in use: two are merged, of which one may be that of the new page.
static void
make_room(struct watch *w, struct watch_range page)
{
	struct watch_range all[WATCH_RANGES + 1], m;
	unsigned i = 0, j = w->n;

	memcpy(all, w->range, sizeof(w->range));
	all[w->n] = page;
	m = cheapest(w, all, w->n + 1u, &i, &j);
	set(w, i, m);
	if (j < w->n)
		set(w, j, holds(&m, page.base) ? (struct watch_range){0, 0} : page);
	for (unsigned n = 0; n < w->n; n++)
		if (n != i && w->range[n].shift && holds(&m, w->range[n].base))
			set(w, n, (struct watch_range){0, 0});
}

void
watch_cover(struct watch *w, gva_t va)
{
	struct watch_range page = {va.v & ~PAGE_MASK, PAGE_SHIFT};

	for (unsigned n = 0; n < w->n; n++)
		if (holds(&w->range[n], va.v))
			return;
	for (unsigned n = 0; n < w->n; n++)
		if (!w->range[n].shift) {
			set(w, n, page);
			return;
		}
	if (w->n)
		make_room(w, page);
}

// The least range that holds [va, va + len).
static struct watch_range
around(uint32_t va, uint32_t len)
{
	uint8_t shift = SHIFT_MIN;

	while ((va ^ (va + len - 1u)) >> shift)
		shift++;
	return (struct watch_range){va & ~((1u << shift) - 1u), shift};
}

bool
watch_exactly(struct watch *w, gva_t va, uint32_t len, gva_t *out)
{
	struct watch_range part = around(va.v, len), both;
	unsigned n;

	for (n = 0; n < w->n; n++)
		if (w->range[n].shift && !((w->range[n].base ^ va.v) >> PAGE_SHIFT)) {
			if (merged(&w->range[n], &part, &both) && both.shift != w->range[n].shift)
				set(w, n, both);
			return false;
		}
	for (n = 0; n < w->n; n++)
		if (!w->range[n].shift) {
			set(w, n, part);
			return false;
		}
	n = w->oldest++ % w->n;
	*out = GVA(w->range[n].base & ~PAGE_MASK);
	w->swaps++;
	set(w, n, part);
	return true;
}

bool
watch_stray(struct watch *w, gva_t va)
{
	uint16_t *stray = &w->stray[va.v >> AREA_SHIFT];

	*stray = (uint16_t)(*stray + (*stray < UINT16_MAX));
	if (++w->strays < w->patience)
		return false;
	for (unsigned n = 0; n < WATCH_AREAS; n++)
		w->stray[n] /= 2;
	w->strays = 0;
	w->patience = w->patience < PATIENCE_MAX ? 2u * w->patience : PATIENCE_MAX;
	return true;
}
