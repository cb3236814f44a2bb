// SPDX-License-Identifier: MIT
//
// See alloc.h. A short list of free ranges; allocations are cut from the lowest one
// that has room. Ranges don't overlap, whatever the device tree says. The first page is never given
// out, its address means something else, nor is the last below 4 GiB, so that every end has an address.
#include "monitor/board/alloc.h"
#include "monitor/base/arch.h"

#define RANGES 24u // each bank and each range taken out makes one more at most

static struct {
	uint32_t start, end;
} range[RANGES];
static unsigned n_ranges;

static void
add(uint32_t start, uint32_t end)
{
	if (start >= end)
		return;
	BUG_ON(n_ranges == RANGES);
	range[n_ranges].start = start;
	range[n_ranges++].end = end;
}

// The end of size bytes at base, which may be that of the last page.
static uint32_t
end_of(uint32_t base, uint32_t size)
{
	return size > ~PAGE_MASK - base || base > ~PAGE_MASK ? ~PAGE_MASK : base + size;
}

// Takes size bytes at base out of every range, rounded to pages.
static void
exclude(uint32_t base, uint32_t size)
{
	uint32_t start = base & ~PAGE_MASK, end = (end_of(base, size) + PAGE_MASK) & ~PAGE_MASK;

	for (unsigned i = 0, n = n_ranges; i < n; i++) {
		uint32_t old_end = range[i].end;

		if (end <= range[i].start || start >= old_end)
			continue;
		range[i].end = start > range[i].start ? start : range[i].start;
		add(end, old_end);
	}
}

void
alloc_init(const struct host *h, uint32_t image, uint32_t image_end)
{
	n_ranges = 0;
	for (unsigned i = 0; i < h->n_ram; i++) {
		exclude(h->ram[i].base, h->ram[i].size);
		add(h->ram[i].base, end_of(h->ram[i].base, h->ram[i].size));
	}
	exclude(0, PAGE_SIZE);
	exclude(image, image_end - image);
	exclude(h->fdt_range.base, h->fdt_range.size);
	exclude(h->initrd.base, h->initrd.size);
	for (unsigned i = 0; i < h->n_reserved; i++)
		exclude(h->reserved[i].base, h->reserved[i].size);
}

hpa_t
alloc(uint32_t size, uint32_t align)
{
	for (unsigned i = 0; i < n_ranges; i++) {
		uint32_t start = (range[i].start + align - 1) & ~(align - 1);

		if (start < range[i].start || start >= range[i].end || range[i].end - start < size)
			continue;
		range[i].start = start + size; // what alignment skipped is lost
		return HPA(start);
	}
	return HPA(0);
}
