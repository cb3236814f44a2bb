// SPDX-License-Identifier: MIT
// uses: monitor/image/guestfdt.c
// libs: -lfdt
// bits: 32
//
// The guest's device tree, built for any VM and made of any -dtb, in a buffer of any size: an error, or a sound
// tree within the buffer that says of memory, command line, initrd and PSCI what was asked for, and of all else what
// was in the given one. Padding changes nothing but the size.
#include "monitor/base/fdtcheck.h"
#include "monitor/image/guestfdt.h"
#include "test/libfuzzer/tree.h"

#define ARGS_MAX 2047u
#define ROOM     0x10000u

static const char *const words[] = {"memory",
				    "memory@40000000",
				    "memory@0",
				    "device_type",
				    "reg",
				    "#address-cells",
				    "#size-cells",
				    "chosen",
				    "bootargs",
				    "rng-seed",
				    "linux,initrd-start",
				    "linux,initrd-end",
				    "psci",
				    "method",
				    "compatible",
				    "memory-controller",
				    "chosen@0",
				    "psci@1",
				    "interrupt-parent",
				    "phandle",
				    "__symbols__",
				    "memory@",
				    "",
				    NULL};

static void
good(struct tree *t)
{
	unsigned node;

	tree_start(t, words);
	TREE_CELLS(t, 0, "#address-cells", 2);
	TREE_CELLS(t, 0, "#size-cells", 1);
	node = tree_node(t, 0, "memory@40000000");
	tree_string(t, node, "device_type", "memory");
	TREE_CELLS(t, node, "reg", 0, 0x40000000, 0x8000000);
	node = tree_node(t, 0, "soc");
	tree_string(t, tree_node(t, node, "memory"), "compatible", "not,that");
	node = tree_node(t, 0, "memory");
	TREE_CELLS(t, node, "reg", 0, 0, 0x1000);
	node = tree_node(t, 0, "chosen");
	tree_string(t, node, "bootargs", "old");
	TREE_CELLS(t, node, "linux,initrd-end", 0, 7);
	tree_string(t, node, "stdout-path", "/uart");
}

static int
get(const void *fdt, const char *path, const char *name, const void **value)
{
	int node = fdt_path_offset(fdt, path), len = -1;

	*value = node < 0 ? NULL : fdt_getprop(fdt, node, name, &len);
	return *value ? len : -1;
}

static void
has_cell(const void *fdt, const char *path, const char *name, uint32_t value)
{
	const void *p;

	HOLDS(get(fdt, path, name, &p) == 4 && fdt32_ld(p) == value);
}

static uint64_t
take_cells(const uint8_t **p, int n)
{
	uint64_t value = 0;

	for (; n > 0; n--, *p += 4)
		value = value << 32 | fdt32_ld((const void *)*p);
	return value;
}

// One node named memory, with or without an address, and it says what was asked for.
static void
check_memory(const void *fdt, const struct guestfdt_cfg *cfg)
{
	int na = fdt_address_cells(fdt, 0), ns = fdt_size_cells(fdt, 0), node, len, n = 0;

	fdt_for_each_subnode(node, fdt, 0)
	{
		const char *name = fdt_get_name(fdt, node, NULL);
		const uint8_t *reg;

		if (strncmp(name, "memory", 6) || (name[6] && name[6] != '@'))
			continue;
		reg = fdt_getprop(fdt, node, "reg", &len);
		HOLDS(reg && len == 4 * (na + ns));
		HOLDS(take_cells(&reg, na) == cfg->ram_base && take_cells(&reg, ns) == cfg->ram_size);
		reg = fdt_getprop(fdt, node, "device_type", &len);
		HOLDS(reg && len == 7 && !memcmp(reg, "memory", 7));
		n++;
	}
	HOLDS(n == 1);
}

static void
check_asked(const void *fdt, const struct guestfdt_cfg *cfg)
{
	const void *p;

	check_memory(fdt, cfg);
	if (*cfg->bootargs)
		HOLDS(get(fdt, "/chosen", "bootargs", &p) == (int)strlen(cfg->bootargs) + 1 &&
		      !strcmp(p, cfg->bootargs));
	if (cfg->initrd_end > cfg->initrd_start) {
		has_cell(fdt, "/chosen", "linux,initrd-start", cfg->initrd_start);
		has_cell(fdt, "/chosen", "linux,initrd-end", cfg->initrd_end);
	}
	if (cfg->rng_seed)
		HOLDS(get(fdt, "/chosen", "rng-seed", &p) == (int)cfg->rng_seed_len &&
		      !memcmp(p, cfg->rng_seed, cfg->rng_seed_len));
	HOLDS(fdt_path_offset(fdt, "/psci") >= 0);
}

// What guestfdt_patch is to leave as it is: all but memory, and of /chosen but what it sets.
static bool
is_ours(const char *node, const char *property)
{
	static const char *const set[] = {"bootargs", "rng-seed", "linux,initrd-start", "linux,initrd-end"};

	if (!strncmp(node, "memory", 6) && (!node[6] || node[6] == '@'))
		return true;
	for (unsigned i = 0; i < 4 && property; i++)
		if (!strcmp(property, set[i]) && !strncmp(node, "chosen", 6) && (!node[6] || node[6] == '@'))
			return true;
	return false;
}

// The nodes of both trees in their order, less those of memory; in what is new only /chosen, /psci and memory may be
// besides. Names and values are compared one by one.
static int
next_kept(const void *fdt, int node, int *depth)
{
	int skip = -1;

	while ((node = fdt_next_node(fdt, node, depth)) >= 0 && *depth >= 0) {
		if (skip >= 0 && *depth > skip)
			continue;
		skip = -1;
		if (*depth != 1 || !is_ours(fdt_get_name(fdt, node, NULL), NULL))
			return node;
		skip = *depth;
	}
	return -1;
}

static void
same_properties(const void *was, int old, const void *fdt, int node, bool top)
{
	const char *name = fdt_get_name(was, old, NULL);
	int property, len, now;

	fdt_for_each_property_offset(property, was, old)
	{
		const char *its;
		const void *value, *p;

		fdt_getprop_by_offset(was, property, &its, NULL);
		if (top && is_ours(name, its))
			continue;
		value = fdt_getprop(was, old, its, &len);
		p = fdt_getprop(fdt, node, its, &now);
		HOLDS(value && p && now == len && !memcmp(p, value, (size_t)len));
	}
}

static bool
is_added(const char *name)
{
	return !strcmp(name, "psci") || !strcmp(name, "chosen");
}

static void
check_kept(const void *was, const void *fdt)
{
	int old = 0, node = 0, old_depth = 0, depth = 0;

	while (old >= 0) {
		HOLDS(node >= 0 && depth == old_depth);
		HOLDS(!strcmp(fdt_get_name(was, old, NULL), fdt_get_name(fdt, node, NULL)));
		same_properties(was, old, fdt, node, depth == 1);
		old = next_kept(was, old, &old_depth);
		node = next_kept(fdt, node, &depth);
		while (
		    node >= 0 && depth == 1 && is_added(fdt_get_name(fdt, node, NULL)) &&
		    (old < 0 || old_depth != 1 || strcmp(fdt_get_name(was, old, NULL), fdt_get_name(fdt, node, NULL))))
			node = next_kept(fdt, node, &depth);
	}
	HOLDS(node < 0);
}

static void
check_padded(void *fdt, size_t room, const struct guestfdt_cfg *cfg)
{
	static uint8_t before[TREE_ROOM];
	uint32_t size = fdt_totalsize(fdt);
	int padded;

	memcpy(before, fdt, size);
	HOLDS(guestfdt_pad(fdt, room, size - 1u) < 0);
	padded = guestfdt_pad(fdt, room, 0x100000);
	HOLDS(padded >= (int)size && (size_t)padded <= room && fdt_totalsize(fdt) == 0x100000);
	fdt_set_totalsize(fdt, (uint32_t)padded);
	HOLDS(!fdtcheck(fdt, (size_t)padded));
	check_kept(before, fdt);
	check_asked(fdt, cfg);
}

static void
check(void *fdt, int made, size_t room, const struct guestfdt_cfg *cfg, const void *was)
{
	if (made < 0)
		return;
	HOLDS((size_t)made <= room && fdt_totalsize(fdt) == (unsigned)made && !fdtcheck(fdt, (size_t)made));
	check_asked(fdt, cfg);
	if (was)
		check_kept(was, fdt);
	check_padded(fdt, room, cfg);
}

static void
take_cfg(struct guestfdt_cfg *cfg, struct fuzz_in *in, uint32_t flags)
{
	static char args[ARGS_MAX + 1];
	static const uint8_t seed[32] = {1, 2, 3};
	uint32_t len = fuzz_take(in, 1) * (flags & 1u ? 8u : 1u);

	memset(args, 'a', len);
	args[len] = '\0';
	*cfg = (struct guestfdt_cfg){.n_cpus = flags >> 1 & 15u, .bootargs = args};
	cfg->ram_base = fuzz_word(in);
	cfg->ram_size = fuzz_word(in);
	cfg->initrd_start = fuzz_word(in);
	cfg->initrd_end = fuzz_word(in);
	if (flags & 64u)
		cfg->rng_seed = seed, cfg->rng_seed_len = fuzz_take(in, 1) % 33u;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tree t;
	struct fuzz_in in = {data, size};
	uint32_t flags = fuzz_take(&in, 1), room = ROOM;
	bool build = fuzz_take(&in, 1) & 1u;
	struct guestfdt_cfg cfg;
	const void *dtb;
	void *buf;
	size_t dtb_size;
	int made;

	take_cfg(&cfg, &in, flags);
	if (flags & 128u)
		room = fuzz_take(&in, 2);
	buf = fuzz_guarded(1, room);
	if (build) {
		made = guestfdt_build(buf, room, &cfg);
		HOLDS(room < ROOM || (made > 0) == (cfg.n_cpus && cfg.n_cpus <= GUESTFDT_MAX_CPUS));
		check(buf, made, room, &cfg, NULL);
		return 0;
	}
	good(&t);
	dtb = tree_make(&t, &in, 0, &dtb_size);
	check(buf, guestfdt_patch(buf, room, dtb, dtb_size, &cfg), room, &cfg, dtb);
	return 0;
}
