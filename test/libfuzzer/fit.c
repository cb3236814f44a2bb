// SPDX-License-Identifier: MIT
// uses: monitor/image/fit.c monitor/image/image.c monitor/image/elf.c monitor/image/foreign.c monitor/image/place.c monitor/image/guestfdt.c
// libs: -lfdt
// bits: 32
//
// The FIT reader on any image and name of a configuration. It is refused in one line, or all that the
// reader gives is what a walk of our own, without libfdt, finds in the image; and what the monitor does
// next with it (monitor/vm/vm.c) ends in memory that the VM has.
#include "monitor/image/fit.h"
#include "monitor/image/guestfdt.h"
#include "monitor/image/image.h"
#include "test/libfuzzer/tree.h"

#define MIB       0x100000u
#define RAM_BASE  0x40000000u
#define NAME_ROOM 24u

static const char *const words[] = {"images",
				    "configurations",
				    "default",
				    "kernel",
				    "ramdisk",
				    "fdt",
				    "firmware",
				    "vm-1",
				    "vm-2",
				    "data",
				    "type",
				    "arch",
				    "compression",
				    "palimpsest,memory",
				    "palimpsest,vcpus",
				    "palimpsest,bt",
				    "palimpsest,strict",
				    "bootargs",
				    "timestamp",
				    "arm",
				    "none",
				    "flat_dt",
				    "page",
				    "block",
				    "gzip",
				    "vm-1@0",
				    "kernel@1",
				    "",
				    NULL};

static const uint8_t kernel[64] = {0x01, 0x00, 0xa0, 0xe3}; // MOV r0, #1

static void
add_image(struct tree *t, unsigned images, const char *name, const char *type, const void *data, size_t size)
{
	unsigned node = tree_node(t, images, name);

	tree_value(t, node, "data", data, size);
	tree_string(t, node, "type", type);
	tree_string(t, node, "arch", "arm");
	tree_string(t, node, "compression", "none");
}

static void
good(struct tree *t, const void *dtb, size_t dtb_size)
{
	unsigned images, configs, vm;

	tree_start(t, words);
	TREE_CELLS(t, 0, "timestamp", 1);
	images = tree_node(t, 0, "images");
	add_image(t, images, "kernel", "kernel", kernel, sizeof(kernel));
	add_image(t, images, "ramdisk", "ramdisk", kernel, 13);
	add_image(t, images, "fdt", "flat_dt", dtb, dtb_size);
	add_image(t, images, "firmware", "firmware", kernel, sizeof(kernel));
	configs = tree_node(t, 0, "configurations");
	tree_string(t, configs, "default", "vm-1");
	for (unsigned n = 1; n <= 2; n++) {
		vm = tree_node(t, configs, n == 1 ? "vm-1" : "vm-2");
		tree_string(t, vm, n == 1 ? "kernel" : "firmware", n == 1 ? "kernel" : "firmware");
		tree_string(t, vm, "ramdisk", "ramdisk");
		tree_string(t, vm, "fdt", "fdt");
		TREE_CELLS(t, vm, "palimpsest,memory", 64);
		TREE_CELLS(t, vm, "palimpsest,vcpus", 1);
		tree_string(t, vm, "palimpsest,bt", "block");
		tree_string(t, vm, "bootargs", "console=ttyAMA0");
	}
}

// Our own reading of a tree that has been found sound. At `at` stands what follows a node's name.

static const uint8_t *
after_name(const uint8_t *at)
{
	size_t n = strlen((const char *)at) + 1;

	return at + ((n + 3) & ~(size_t)3);
}

static const uint8_t *
next_token(const uint8_t *at, uint32_t *token)
{
	*token = fdt32_ld((const void *)at);
	at += 4;
	if (*token == FDT_BEGIN_NODE)
		return after_name(at);
	return *token == FDT_PROP ? at + 8 + ((fdt32_ld((const void *)at) + 3u) & ~3u) : at;
}

static const uint8_t *
root(const uint8_t *fit)
{
	uint32_t token;
	const uint8_t *at = fit + fdt_off_dt_struct(fit);

	do
		at = next_token(at, &token);
	while (token == FDT_NOP);
	return at;
}

// The first node in the one at `at` that goes by name, with or without a unit address; NULL: none.
static const uint8_t *
child(const uint8_t *at, const char *name)
{
	size_t len = strlen(name);
	int depth = 0;
	uint32_t token;

	while (at && depth >= 0) {
		const char *its = (const char *)at + 4;

		at = next_token(at, &token);
		if (token == FDT_BEGIN_NODE && !depth++ && !strncmp(its, name, len) &&
		    (!its[len] || (its[len] == '@' && !strchr(name, '@'))))
			return at;
		depth -= token == FDT_END_NODE;
	}
	return NULL;
}

static const uint8_t *
property(const uint8_t *fit, const uint8_t *at, const char *name, uint32_t *len)
{
	const char *strings = (const char *)fit + fdt_off_dt_strings(fit);
	uint32_t token;

	for (const uint8_t *from = at;; from = at) {
		at = next_token(at, &token);
		if (token == FDT_PROP && !strcmp(strings + fdt32_ld((const void *)(from + 8)), name)) {
			*len = fdt32_ld((const void *)(from + 4));
			return from + 12;
		}
		if (token != FDT_PROP && token != FDT_NOP)
			return NULL;
	}
}

static void
same_image(const uint8_t *fit, const uint8_t *config, const char *kind, const struct fit_blob *blob)
{
	uint32_t len;
	const uint8_t *name = property(fit, config, kind, &len), *node;

	HOLDS(!name == !blob->size);
	if (!name)
		return;
	node = child(child(root(fit), "images"), (const char *)name);
	HOLDS(node && blob->data == property(fit, node, "data", &len) && blob->size == len);
	HOLDS(!((uintptr_t)blob->data % 4u));
	HOLDS(len <= fdt_totalsize(fit) && (const uint8_t *)blob->data - fit <= (ptrdiff_t)(fdt_totalsize(fit) - len));
}

static void
same(const uint8_t *fit, const char *wanted, const struct fit_vm *vm)
{
	const uint8_t *configs = child(root(fit), "configurations"), *config, *p;
	uint32_t len;

	if (!wanted)
		wanted = (const char *)property(fit, configs, "default", &len);
	HOLDS(wanted);
	config = child(configs, wanted);
	HOLDS(config && !strncmp(vm->name, wanted, strlen(wanted)) && after_name((const void *)vm->name) == config);
	same_image(fit, config, "firmware", &vm->firmware);
	same_image(fit, config, "kernel", &vm->kernel);
	same_image(fit, config, "ramdisk", &vm->ramdisk);
	same_image(fit, config, "fdt", &vm->fdt);
	HOLDS(vm->kernel.size || vm->firmware.size);
	p = property(fit, config, "palimpsest,memory", &len);
	HOLDS(p && len == 4 && vm->memory_mib == fdt32_ld((const void *)p));
	p = property(fit, config, "palimpsest,vcpus", &len);
	HOLDS(vm->vcpus == (p ? fdt32_ld((const void *)p) : 1u));
	p = property(fit, config, "bootargs", &len);
	HOLDS(p ? vm->bootargs == (const char *)p && strlen(vm->bootargs) + 1 == len : !*vm->bootargs);
	p = property(fit, config, "palimpsest,bt", &len);
	HOLDS(vm->block == (p && !strcmp((const char *)p, "block")));
	HOLDS(vm->strict == (property(fit, config, "palimpsest,strict", &len) != NULL));
}

static void
in_ram(uint32_t ram, uint32_t at, uint32_t size)
{
	HOLDS(at >= RAM_BASE && at - RAM_BASE <= ram && size <= ram - (at - RAM_BASE));
}

// As monitor/vm/vm.c loads a VM's images.
static void
load(const struct fit_vm *vm)
{
	uint32_t ram = vm->memory_mib * MIB;
	size_t initrd = vm->ramdisk.size;
	uint8_t *dtb = fuzz_guarded(1, IMAGE_DTB_ROOM);
	struct guestfdt_cfg cfg = {.ram_base = RAM_BASE, .ram_size = ram, .n_cpus = 1};
	struct image_layout at = {0};
	struct image image;
	unsigned which;
	int size;

	if (vm->firmware.size)
		HOLDS(vm->firmware.size <= IMAGE_FLASH_SIZE);
	else if (image_open(&image, vm->kernel.data, vm->kernel.size, RAM_BASE))
		return;
	image_initrd(vm->ramdisk.data, &initrd);
	HOLDS(initrd <= vm->ramdisk.size);
	if (!vm->firmware.size) {
		if (image_place(&at, &image, RAM_BASE, ram, initrd, image_dtb_size(vm->fdt.size), &which))
			return;
		HOLDS(at.initrd_end - at.initrd_start == (image.linux_protocol ? initrd : 0));
	}
	if (!vm->firmware.size && image.linux_protocol) {
		in_ram(ram, at.initrd_start, (uint32_t)initrd);
		in_ram(ram, at.dtb, IMAGE_DTB_ROOM);
		HOLDS(at.initrd_end <= at.dtb);
	}
	cfg.bootargs = vm->bootargs;
	cfg.initrd_start = at.initrd_start;
	cfg.initrd_end = at.initrd_end;
	if (vm->fdt.size)
		size = guestfdt_patch(dtb, IMAGE_DTB_ROOM, vm->fdt.data, vm->fdt.size, &cfg);
	else
		size = guestfdt_build(dtb, IMAGE_DTB_ROOM, &cfg);
	HOLDS(size > 0 || vm->fdt.size); // a tree of our own always fits
	if (size > 0)
		size = guestfdt_pad(dtb, IMAGE_DTB_ROOM, IMAGE_DTB_ROOM);
	HOLDS(size <= (int)IMAGE_DTB_ROOM && (size <= 0 || fdt_totalsize(dtb) == (unsigned)size));
}

// What is printed about a refused image is a line, whatever names are in it.
static void
one_line(const struct fit_error *err)
{
	HOLDS(err->where && *err->where && err->what && *err->what && strlen(err->where) <= FIT_ERROR_NAME);
	for (const char *s = err->where; *s; s++)
		HOLDS(*s >= ' ' && *s <= '~');
}

static const char *
take_name(struct fuzz_in *in, char buf[NAME_ROOM])
{
	unsigned choice = fuzz_take(in, 1), n = choice % NAME_ROOM;

	if (choice < 0x80)
		return NULL;
	if (choice < 0xc0)
		return choice & 1 ? "vm-2" : "vm-1";
	for (unsigned i = 0; i < n; i++)
		buf[i] = (char)fuzz_take(in, 1);
	buf[n ? n - 1 : 0] = '\0';
	return buf;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tree t;
	static uint64_t dtb[1024];
	static size_t dtb_size;
	struct fuzz_in in = {data, size};
	char buf[NAME_ROOM];
	const char *name = take_name(&in, buf);
	bool untouched = !in.left;
	struct fit_error err = {NULL, NULL};
	struct fit_vm vm;
	const void *fit;
	size_t avail;

	if (!dtb_size) {
		const struct guestfdt_cfg cfg = {.ram_base = RAM_BASE, .ram_size = 64 * MIB, .n_cpus = 1};
		int made = guestfdt_build(dtb, sizeof(dtb), &cfg);

		HOLDS(made > 0);
		dtb_size = (size_t)made;
	}
	good(&t, dtb, dtb_size);
	fit = tree_make(&t, &in, 0, &avail);
	if (fit_open(fit, avail, name, &vm, &err)) {
		HOLDS(vm.memory_mib >= IMAGE_RAM_MIN_MIB && vm.memory_mib <= IMAGE_RAM_MAX_MIB);
		HOLDS(vm.vcpus >= 1 && vm.vcpus <= FIT_VCPUS_MAX && strlen(vm.bootargs) <= IMAGE_BOOTARGS_MAX);
		same(fit, name, &vm);
		load(&vm);
	} else {
		HOLDS(!untouched || name == buf);
		one_line(&err);
	}
	return 0;
}
