// SPDX-License-Identifier: MIT
// uses: monitor/board/host.c monitor/board/alloc.c
// libs: -lfdt
// bits: 32
//
// The board's device tree from any bytes, as long as they are as many as its header says: the
// firmware gives no size. It is refused, or what it gives makes sense, and what the monitor then
// allocates is in the board's RAM, clear of what is reserved. The boot arguments are told apart as a plain
// splitting at blanks does.
#include "monitor/board/alloc.h"
#include "monitor/board/host.h"
#include "test/libfuzzer/tree.h"

#define IMAGE     0x40010000u
#define IMAGE_END 0x40080000u

static const char *const words[] = {"memory@40000000",
				    "device_type",
				    "memory",
				    "reg",
				    "#address-cells",
				    "#size-cells",
				    "reserved-memory",
				    "chosen",
				    "bootargs",
				    "stdout-path",
				    "linux,initrd-start",
				    "linux,initrd-end",
				    "compatible",
				    "arm,pl011",
				    "arm,pl031",
				    "arm,gic-400",
				    "arm,armv7-timer",
				    "interrupts",
				    "clock-frequency",
				    "/uart@9000000:115200",
				    "status",
				    "disabled",
				    "okay",
				    "secure-status",
				    "vm=one quiet strict=1  no-reboot=1 bt=block",
				    "virtio,mmio",
				    "vm=",
				    " bt=page ",
				    "vm",
				    NULL};

static void
good(struct tree *t)
{
	unsigned node;

	tree_start(t, words);
	TREE_CELLS(t, 0, "#address-cells", 1);
	TREE_CELLS(t, 0, "#size-cells", 1);
	node = tree_node(t, 0, "memory@40000000");
	tree_string(t, node, "device_type", "memory");
	TREE_CELLS(t, node, "reg", 0x40000000, 0x10000000, 0x60000000, 0x8000000);
	node = tree_node(t, 0, "reserved-memory");
	node = tree_node(t, node, "a@42000000");
	TREE_CELLS(t, node, "reg", 0x42000000, 0x1000);
	node = tree_node(t, 0, "uart@9000000");
	tree_string(t, node, "compatible", "arm,pl011");
	TREE_CELLS(t, node, "reg", 0x9000000, 0x1000);
	TREE_CELLS(t, node, "interrupts", 0, 1, 4);
	node = tree_node(t, 0, "gic@8000000");
	tree_string(t, node, "compatible", "arm,gic-400");
	TREE_CELLS(t, node, "reg", 0x8000000, 0x1000, 0x8010000, 0x1000);
	node = tree_node(t, 0, "timer");
	tree_string(t, node, "compatible", "arm,armv7-timer");
	TREE_CELLS(t, node, "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
	node = tree_node(t, 0, "rtc");
	tree_string(t, node, "compatible", "arm,pl031");
	TREE_CELLS(t, node, "reg", 0x9010000, 0x1000);
	node = tree_node(t, 0, "chosen");
	tree_string(t, node, "bootargs", "vm=one trace");
	tree_string(t, node, "stdout-path", "/uart@9000000");
	TREE_CELLS(t, node, "linux,initrd-start", 0x44000000);
	TREE_CELLS(t, node, "linux,initrd-end", 0x44100000);
}

// The value of the first word name=..., NULL: none. In text the words are split.
static const char *
value_of(char *text, const char *name)
{
	size_t len = strlen(name);

	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		if (!strncmp(word, name, len) && word[len] == '=')
			return word + len + 1;
	return NULL;
}

static void
check_arg(const struct host *h, const char *name, size_t room)
{
	char text[HOST_BOOTARGS], *buf = malloc(room);
	const char *value;

	memcpy(text, h->bootargs, sizeof(text));
	value = value_of(text, name);
	if (host_arg(h, name, buf, room))
		HOLDS(value && strlen(value) < room && !strcmp(buf, value));
	else
		HOLDS(!value || strlen(value) >= room);
	free(buf);
}

// As in main.c.
static const char *const known[] = {"vm=", "bt=page", "bt=block", "strict=1", "no-reboot=1", NULL};

static bool
is_known(const char *word)
{
	for (const char *const *k = known; *k; k++)
		if (!strcmp(word, *k) || (!strcmp(*k, "vm=") && !strncmp(word, "vm=", 3)))
			return true;
	return false;
}

static void
check_stray(const struct host *h)
{
	char text[HOST_BOOTARGS], stray[HOST_BOOTARGS];
	char *word;

	memcpy(text, h->bootargs, sizeof(text));
	for (word = strtok(text, " "); word && is_known(word);)
		word = strtok(NULL, " ");
	HOLDS(host_stray_arg(h, known, stray) == (word != NULL));
	HOLDS(!word || !strcmp(stray, word));
}

static bool
overlap(uint32_t at, uint32_t size, const struct host_range *r)
{
	return at < (uint64_t)r->base + r->size && r->base < (uint64_t)at + size;
}

static void
check_piece(const struct host *h, uint32_t at, uint32_t size)
{
	bool inside = false;

	for (unsigned i = 0; i < h->n_ram; i++)
		inside = inside ||
			 (at >= h->ram[i].base && (uint64_t)at + size <= (uint64_t)h->ram[i].base + h->ram[i].size);
	HOLDS(inside && !overlap(at, size, &(struct host_range){IMAGE, IMAGE_END - IMAGE}));
	HOLDS(!overlap(at, size, &h->fdt_range) && !overlap(at, size, &h->initrd));
	for (unsigned i = 0; i < h->n_reserved; i++)
		HOLDS(!overlap(at, size, &h->reserved[i]));
}

static uint64_t
cells(const uint8_t *p, int n)
{
	return n == 2 ? fdt64_ld((const void *)p) : fdt32_ld((const void *)p);
}

static void
check_apart(uint32_t at, uint32_t size, uint64_t base, uint64_t bytes)
{
	HOLDS(!bytes || (at >= base ? at - base >= bytes : base - at >= size));
}

// What the tree says is reserved, in 64 bits.
static void
check_clear(const void *fdt, uint32_t at, uint32_t size)
{
	int na = fdt_address_cells(fdt, 0), ns = fdt_size_cells(fdt, 0), len, node;
	int parent = fdt_path_offset(fdt, "/reserved-memory");
	uint64_t base, bytes;

	for (int i = 0; !fdt_get_mem_rsv(fdt, i, &base, &bytes) && bytes; i++)
		check_apart(at, size, base, bytes);
	for (node = fdt_first_subnode(fdt, parent); parent >= 0 && node >= 0; node = fdt_next_subnode(fdt, node)) {
		const uint8_t *reg = fdt_getprop(fdt, node, "reg", &len);

		for (; reg && len >= 4 * (na + ns); reg += 4 * (na + ns), len -= 4 * (na + ns)) {
			base = cells(reg, na);
			bytes = cells(reg + 4 * na, ns);
			check_apart(at, size, base, bytes);
		}
	}
}

static void
check_memory(const struct host *h, struct fuzz_in *sizes)
{
	uint32_t last = 0;

	alloc_init(h, IMAGE, IMAGE_END);
	for (unsigned i = 0; i < 16; i++) {
		uint32_t size = (fuzz_take(sizes, 1) + 1) << 4 * (i % 5u), align = 4096u << i % 9u;
		hpa_t at = alloc(size, align);

		if (!at.v)
			continue;
		HOLDS(!(at.v % align) && !(last && overlap((uint32_t)at.v, size, &(struct host_range){last, 1})));
		check_piece(h, (uint32_t)at.v, size);
		check_clear(h->fdt, (uint32_t)at.v, size);
		last = (uint32_t)at.v;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tree t;
	static struct host h;
	struct fuzz_in in = {data, size}, sizes = {data, size};
	bool untouched = !size;
	const char *why;
	const void *fdt;
	size_t made;

	good(&t);
	fdt = tree_make(&t, &in, 0, &made);
	if (made < sizeof(struct fdt_header) || fdt_totalsize(fdt) > made)
		return 0; // there are no such bytes
	why = host_parse(&h, fdt);
	HOLDS(memchr(h.bootargs, '\0', sizeof(h.bootargs)));
	HOLDS(h.n_ram <= ARRAY_LEN(h.ram) && h.n_reserved <= ARRAY_LEN(h.reserved) &&
	      h.n_virtio <= ARRAY_LEN(h.virtio));
	for (unsigned i = 0; i < h.n_ram; i++)
		HOLDS(h.ram[i].size && (uint64_t)h.ram[i].base + h.ram[i].size <= 1ull << 32);
	check_arg(&h, "vm", HOST_BOOTARGS);
	check_arg(&h, "strict", 32);
	check_arg(&h, "bt", 4);
	check_stray(&h);
	HOLDS(why ? *why && !untouched : h.n_ram && h.uart && h.gicd && h.gicc);
	HOLDS(why || !h.initrd.size || host_ram(&h, h.initrd.base, h.initrd.size));
	if (!why)
		check_memory(&h, &sizes);
	return 0;
}
