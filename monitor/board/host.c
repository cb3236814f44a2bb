// SPDX-License-Identifier: MIT
//
// Reads the host's device tree with libfdt: RAM, the PL011 of stdout-path (or the
// first one), GICv2, the architected timer, PSCI, virtio-mmio, /chosen. Addresses are 32 bits; the
// buses of these nodes are the root's (#address-cells and #size-cells of 1 or 2).
// Nodes that aren't for us (usable) are as if they weren't there.
#include "monitor/board/host.h"
#include "monitor/base/fdtcheck.h"
#include "monitor/base/string.h"

#define GIC_SPI 0u // first cell of an interrupt specifier (GIC binding)

#define SPI_BASE 32u
#define PPI_BASE 16u
#define INTIDS   1020u

// Cell i of a property, or 0 where it is shorter.
static uint32_t
cell(const void *fdt, int node, const char *name, unsigned i)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

	return p && len >= (int)(4 * (i + 1)) ? fdt32_to_cpu(p[i]) : 0;
}

#define RAM_END (0u - SECTION_SIZE) // so that no end of a range is 0

struct reg {
	uint64_t base, size;
};

// Entry i of a node's reg: false where there is none.
static bool
reg(const void *fdt, int node, unsigned i, struct reg *r)
{
	unsigned na = (unsigned)fdt_address_cells(fdt, 0), ns = (unsigned)fdt_size_cells(fdt, 0);
	unsigned at = i * (na + ns);
	int len;

	if (na - 1 > 1 || ns - 1 > 1 || !fdt_getprop(fdt, node, "reg", &len) || len < (int)(4 * (at + na + ns)))
		return false;
	*r = (struct reg){0, 0};
	for (unsigned n = 0; n < na; n++)
		r->base = r->base << 32 | cell(fdt, node, "reg", at + n);
	for (unsigned n = 0; n < ns; n++)
		r->size = r->size << 32 | cell(fdt, node, "reg", at + na + n);
	return true;
}

// What of r is below end; size 0: nothing.
static struct host_range
below(uint32_t end, const struct reg *r)
{
	uint32_t left = r->base < end ? end - (uint32_t)r->base : 0;

	return (struct host_range){(uint32_t)r->base, r->size < left ? (uint32_t)r->size : left};
}

// The address of a device's register block i, or 0.
static uint32_t
block(const void *fdt, int node, unsigned i)
{
	struct reg r;

	return node >= 0 && reg(fdt, node, i, &r) && below(UINT32_MAX, &r).size ? (uint32_t)r.base : 0;
}

// A property that is a string; NULL where there is none.
static const char *
text(const void *fdt, int node, const char *name)
{
	int len;
	const char *s = fdt_getprop(fdt, node, name, &len);

	return s && len > 0 && !s[len - 1] ? s : NULL;
}

// Entry i of a node's interrupts, as the GIC's binding has them; false: there is none.
static bool
interrupt(const void *fdt, int node, unsigned i, uint32_t *intid)
{
	uint32_t type = cell(fdt, node, "interrupts", 3 * i), n = cell(fdt, node, "interrupts", 3 * i + 1);
	int len;

	if (!fdt_getprop(fdt, node, "interrupts", &len) || len < (int)(12 * (i + 1)))
		return false;
	*intid = n + (type == GIC_SPI ? SPI_BASE : PPI_BASE);
	return type == GIC_SPI ? n < INTIDS - SPI_BASE : n < SPI_BASE - PPI_BASE;
}

// Whether a node and all that it stands in are "okay" (Devicetree Specification, 2.3.4). What only the Secure
// world may use is "disabled", and its "secure-status" is none of ours.
static bool
usable(const void *fdt, int node)
{
	for (; node >= 0; node = fdt_parent_offset(fdt, node)) {
		const char *status = text(fdt, node, "status");

		if (!fdt_getprop(fdt, node, "status", NULL))
			continue;
		if (!status || (strcmp(status, "okay") && strcmp(status, "ok")))
			return false;
	}
	return true;
}

static int
find(const void *fdt, const char *const *compatible)
{
	for (; *compatible; compatible++) {
		int node = fdt_node_offset_by_compatible(fdt, -1, *compatible);

		while (node >= 0 && !usable(fdt, node))
			node = fdt_node_offset_by_compatible(fdt, node, *compatible);
		if (node >= 0)
			return node;
	}
	return -FDT_ERR_NOTFOUND;
}

// RAM is taken by whole sections: what else is in one that it shares is unknown.
static struct host_range
inner_sections(struct host_range r)
{
	uint32_t skip = (0u - r.base) & SECTION_MASK;

	return (struct host_range){r.base + skip, r.size > skip ? (r.size - skip) & ~SECTION_MASK : 0};
}

static void
parse_memory(struct host *h)
{
	int node;

	fdt_for_each_subnode(node, h->fdt, 0)
	{
		const char *type = text(h->fdt, node, "device_type");
		struct reg r;

		if (!type || strcmp(type, "memory") || !usable(h->fdt, node))
			continue;
		for (unsigned i = 0; h->n_ram < ARRAY_LEN(h->ram) && reg(h->fdt, node, i, &r); i++) {
			h->ram[h->n_ram] = inner_sections(below(RAM_END, &r));
			h->n_ram += h->ram[h->n_ram].size != 0;
		}
	}
}

// The sections that a range touches, but for the last of all, which is never taken for RAM.
static struct host_range
whole_sections(struct host_range r)
{
	uint32_t first = r.base & ~SECTION_MASK, end = (r.base + r.size + SECTION_MASK) & ~SECTION_MASK;

	return (struct host_range){first, (end > first ? end : RAM_END) - first};
}

static bool
reserve(struct host *h, const struct reg *r, bool no_map)
{
	struct host_range range = below(UINT32_MAX, r);

	if (range.size && h->n_reserved == ARRAY_LEN(h->reserved))
		return false;
	if (range.size) {
		h->no_map[h->n_reserved] = no_map;
		h->reserved[h->n_reserved++] = no_map ? whole_sections(range) : range;
	}
	return true;
}

// Firmware's reservations: the tree's own list, and the nodes of /reserved-memory. More than
// there is room for are too many to be careful with.
static const char *
parse_reserved(struct host *h)
{
	int parent = fdt_path_offset(h->fdt, "/reserved-memory"), node;
	bool room = true;
	struct reg r;

	for (int i = 0; fdt_get_mem_rsv(h->fdt, i, &r.base, &r.size) == 0 && r.size; i++)
		room = room && reserve(h, &r, false);
	for (node = parent < 0 ? parent : fdt_first_subnode(h->fdt, parent); node >= 0;
	     node = fdt_next_subnode(h->fdt, node))
		for (unsigned i = 0; reg(h->fdt, node, i, &r); i++)
			room = room && reserve(h, &r, fdt_getprop(h->fdt, node, "no-map", NULL) != NULL);
	return room ? NULL : "too many memory reservations";
}

// linux,initrd-start and -end come as one cell or two.
static uint32_t
chosen_address(const void *fdt, int chosen, const char *name)
{
	int len;

	if (!fdt_getprop(fdt, chosen, name, &len) || (len == 8 && cell(fdt, chosen, name, 0)))
		return 0;
	return cell(fdt, chosen, name, len == 8);
}

static const char *
parse_chosen(struct host *h)
{
	int node = fdt_path_offset(h->fdt, "/chosen");
	const char *args;
	uint32_t end;

	if (node < 0)
		return NULL;
	args = text(h->fdt, node, "bootargs");
	if (args)
		memcpy(h->bootargs, args, strnlen(args, sizeof(h->bootargs) - 1));
	h->initrd.base = chosen_address(h->fdt, node, "linux,initrd-start");
	end = chosen_address(h->fdt, node, "linux,initrd-end");
	h->initrd.size = end > h->initrd.base ? end - h->initrd.base : 0;
	return args && strlen(args) >= sizeof(h->bootargs) ? "bootargs are longer than 511 characters" : NULL;
}

// Those whose devices see memory as the core does. What there is behind one only its registers tell.
static void
parse_virtio(struct host *h)
{
	int node = fdt_node_offset_by_compatible(h->fdt, -1, "virtio,mmio");

	for (; node >= 0; node = fdt_node_offset_by_compatible(h->fdt, node, "virtio,mmio")) {
		unsigned n = h->n_virtio;

		if (n == ARRAY_LEN(h->virtio) || !usable(h->fdt, node) ||
		    !fdt_getprop(h->fdt, node, "dma-coherent", NULL) || !block(h->fdt, node, 0))
			continue;
		h->virtio[n] = block(h->fdt, node, 0);
		if (!interrupt(h->fdt, node, 0, &h->virtio_irq[n]))
			h->virtio_irq[n] = 0;
		h->n_virtio++;
	}
}

static int
console_node(const void *fdt)
{
	static const char *const pl011[] = {"arm,pl011", NULL};
	int chosen = fdt_path_offset(fdt, "/chosen"), node = -1;
	const char *path = chosen < 0 ? NULL : text(fdt, chosen, "stdout-path");

	if (path) {
		const char *colon = strchr(path, ':');

		node = fdt_path_offset_namelen(fdt, path, colon ? (int)(colon - path) : (int)strlen(path));
	}
	if (node >= 0 && usable(fdt, node) && !fdt_node_check_compatible(fdt, node, "arm,pl011"))
		return node;
	return find(fdt, pl011);
}

// The virtual timer's interrupt is the third, unless they have names.
static bool
timer_interrupt(const void *fdt, int node, uint32_t *intid)
{
	int i = fdt_stringlist_search(fdt, node, "interrupt-names", "virt");

	return interrupt(fdt, node, i < 0 ? 2 : (unsigned)i, intid);
}

// How firmware is called to power the board off. What "arm,psci" alone stands for, PSCI 0.1, can't do that.
static enum host_psci
psci(const void *fdt)
{
	static const char *const names[] = {"arm,psci-1.0", "arm,psci-0.2", NULL};
	int node = find(fdt, names);
	const char *method = node < 0 ? NULL : text(fdt, node, "method");

	if (!method)
		return HOST_PSCI_NONE;
	return !strcmp(method, "hvc") ? HOST_PSCI_HVC : !strcmp(method, "smc") ? HOST_PSCI_SMC : HOST_PSCI_NONE;
}

static const char *
parse_devices(struct host *h)
{
	static const char *const gic[] = {"arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a7-gic", "arm,cortex-a9-gic",
					  NULL};
	static const char *const rtc[] = {"arm,pl031", NULL};
	static const char *const timer[] = {"arm,armv7-timer", "arm,armv8-timer", NULL};
	int node = console_node(h->fdt);

	h->psci = psci(h->fdt);
	h->uart = block(h->fdt, node, 0);
	if (!h->uart)
		return "no PL011";
	if (!interrupt(h->fdt, node, 0, &h->uart_irq))
		return "no interrupt of the PL011";
	node = find(h->fdt, gic);
	h->gicd = block(h->fdt, node, 0);
	if (!h->gicd)
		return "no GICv2";
	h->gicc = block(h->fdt, node, 1);
	if (!h->gicc)
		return "no CPU interface of the GICv2";
	h->rtc = block(h->fdt, find(h->fdt, rtc), 0);
	node = find(h->fdt, timer);
	if (node < 0)
		return "no architected timer";
	return timer_interrupt(h->fdt, node, &h->timer_irq) ? NULL : "no interrupt of the virtual timer";
}

const char *
host_parse(struct host *h, const void *fdt)
{
	const char *args, *why;

	memset(h, 0, sizeof(*h));
	if ((uintptr_t)fdt % 8 || fdt_check_header(fdt) || fdtcheck(fdt, fdt_totalsize(fdt)))
		return "no device tree";
	h->fdt = fdt;
	h->fdt_range = (struct host_range){(uint32_t)(uintptr_t)fdt, fdt_totalsize(fdt)};
	parse_memory(h);
	parse_virtio(h);
	args = parse_chosen(h);
	why = parse_devices(h); // the console among them, without which nothing can be said
	if (!why && !h->n_ram)
		why = "no memory node";
	if (!why)
		why = args;
	if (!why && h->initrd.size && !host_ram(h, h->initrd.base, h->initrd.size))
		why = "the initrd isn't in RAM";
	return why ? why : parse_reserved(h);
}

bool
host_ram(const struct host *h, uint32_t base, uint32_t size)
{
	uint64_t at = base, end = at + size;

	for (unsigned turn = 0; turn < h->n_ram; turn++) // each goes to the end of another bank, if need be
		for (unsigned i = 0; i < h->n_ram; i++)
			if (at >= h->ram[i].base && at - h->ram[i].base < h->ram[i].size)
				at = (uint64_t)h->ram[i].base + h->ram[i].size;
	return at >= end;
}

// The end of the word at p.
static const char *
word_end(const char *p)
{
	while (*p && *p != ' ')
		p++;
	return p;
}

bool
host_arg(const struct host *h, const char *name, char *buf, size_t size)
{
	size_t len = strlen(name), n = 0;

	for (const char *p = h->bootargs; *p;) {
		const char *end = word_end(p);

		if ((size_t)(end - p) > len && !strncmp(p, name, len) && p[len] == '=') {
			n = (size_t)(end - p) - len - 1;
			if (n >= size)
				return false;
			memcpy(buf, p + len + 1, n);
			buf[n] = '\0';
			return true;
		}
		p = *end ? end + 1 : end;
	}
	return false;
}

// Whether the n characters at word are the pattern, or begin with one that ends in "=".
static bool
word_is(const char *word, size_t n, const char *pattern)
{
	size_t len = strlen(pattern);

	return n >= len && !strncmp(word, pattern, len) && (n == len || pattern[len - 1] == '=');
}

bool
host_stray_arg(const struct host *h, const char *const *known, char buf[HOST_BOOTARGS])
{
	for (const char *p = h->bootargs; *p;) {
		const char *end = word_end(p);
		const char *const *k = known;

		while (*k && !word_is(p, (size_t)(end - p), *k))
			k++;
		if (!*k && end != p) {
			memcpy(buf, p, (size_t)(end - p));
			buf[end - p] = '\0';
			return true;
		}
		p = *end ? end + 1 : end;
	}
	return false;
}
