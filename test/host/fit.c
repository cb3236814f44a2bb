// SPDX-License-Identifier: MIT
// uses: monitor/image/fit.c monitor/image/image.c monitor/image/elf.c monitor/image/foreign.c monitor/image/place.c
// libs: -lfdt
//
// The FIT reader: what a good image gives, and that each way of damaging one (cut
// off, a node or property missing or of the wrong kind, bytes changed at random)
// ends in an error with a name or in pointers into the image, never outside it.
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "monitor/image/fit.h"
#include "monitor/image/image.h"
#include "test/host/check.h"

#define ROOM  4096
#define FLIPS 50000u

static const char bootargs[] = "console=ttyAMA0";
static const uint8_t kernel[64] = {1}, ramdisk[100] = {2}, dtb[40] = {3};

static int
set_string(void *fit, int node, const char *name, const char *value)
{
	return fdt_setprop(fit, node, name, value, (int)strlen(value) + 1);
}

static void
add_image(void *fit, const char *name, const char *type, const void *data, int size)
{
	int node = fdt_add_subnode(fit, fdt_path_offset(fit, "/images"), name);

	fdt_setprop(fit, node, "data", data, size);
	set_string(fit, node, "type", type);
	set_string(fit, node, "arch", "arm");
	set_string(fit, node, "os", "linux");
	set_string(fit, node, "compression", "none");
}

// A good FIT of ROOM bytes, from malloc.
static void *
good(void)
{
	void *fit = malloc(ROOM);
	int node;

	fdt_create_empty_tree(fit, ROOM);
	fdt_add_subnode(fit, 0, "images");
	add_image(fit, "kernel", "kernel", kernel, sizeof(kernel));
	add_image(fit, "ramdisk", "ramdisk", ramdisk, sizeof(ramdisk));
	add_image(fit, "fdt", "flat_dt", dtb, sizeof(dtb));
	node = fdt_add_subnode(fit, 0, "configurations");
	set_string(fit, node, "default", "vm-1");
	node = fdt_add_subnode(fit, node, "vm-1");
	set_string(fit, node, "kernel", "kernel");
	set_string(fit, node, "ramdisk", "ramdisk");
	set_string(fit, node, "fdt", "fdt");
	fdt_setprop_u32(fit, node, "palimpsest,memory", 512);
	fdt_setprop_u32(fit, node, "palimpsest,vcpus", 1);
	set_string(fit, node, "palimpsest,bt", "block");
	set_string(fit, node, "bootargs", bootargs);
	return fit;
}

static bool
within(const void *fit, size_t size, const void *p, size_t len)
{
	const char *base = fit, *at = p;

	return at >= base && (size_t)(at - base) <= size && len <= size - (size_t)(at - base);
}

static void
check_good(void)
{
	void *fit = good();
	struct fit_error err;
	struct fit_vm vm;

	check_case("a good FIT");
	CHECK(fit_open(fit, ROOM, NULL, &vm, &err));
	CHECK(!strcmp(vm.name, "vm-1") && !strcmp(vm.bootargs, bootargs) && vm.block);
	CHECK_EQ(vm.memory_mib, 512);
	CHECK_EQ(vm.vcpus, 1);
	CHECK(vm.kernel.size == sizeof(kernel) && !memcmp(vm.kernel.data, kernel, sizeof(kernel)));
	CHECK(vm.ramdisk.size == sizeof(ramdisk) && !memcmp(vm.ramdisk.data, ramdisk, sizeof(ramdisk)));
	CHECK(vm.fdt.size == sizeof(dtb) && !memcmp(vm.fdt.data, dtb, sizeof(dtb)));
	CHECK(!vm.strict);
	fdt_setprop(fit, fdt_path_offset(fit, "/configurations/vm-1"), "palimpsest,strict", "", 0);
	CHECK(fit_open(fit, ROOM, NULL, &vm, &err) && vm.strict);
	check_case("a configuration by name");
	CHECK(fit_open(fit, ROOM, "vm-1", &vm, &err));
	CHECK(!fit_open(fit, ROOM, "vm-2", &vm, &err));
	CHECK(!strcmp(err.where, "vm-2"));
	free(fit);
}

// Property of a node: replaced by len bytes, or deleted (value NULL).
struct damage {
	const char *path, *property, *value;
	int len;
	const char *where; // that the error must name; NULL: none, it is optional
};

#define CONFIG "/configurations/vm-1"

static const struct damage damages[] = {
    {"/configurations", "default", NULL, 0, "default"},
    {"/configurations", "default", "vm-9", 5, "vm-9"},
    {"/configurations", "default", "vm-1", 4, "default"}, // not terminated
    {"/configurations", "default", "", 0, "default"},
    {CONFIG, "kernel", NULL, 0, "kernel"},
    {CONFIG, "kernel", "", 1, "an empty name"},
    {CONFIG, "kernel", "none", 5, "none"},
    {CONFIG, "kernel", "ramdisk", 8, "ramdisk"}, // exists, but is none
    {CONFIG, "kernel", "a\0b", 4, "kernel"},
    {CONFIG, "ramdisk", NULL, 0, NULL},
    {CONFIG, "ramdisk", "kernel", 7, "kernel"},
    {CONFIG, "fdt", NULL, 0, NULL},
    {CONFIG, "fdt", "none", 5, "none"},
    {CONFIG, "bootargs", NULL, 0, NULL},
    {CONFIG, "bootargs", "abc", 3, "bootargs"},
    {CONFIG, "palimpsest,memory", NULL, 0, "palimpsest,memory"},
    {CONFIG, "palimpsest,memory", "\0\0\2", 3, "palimpsest,memory"},
    {CONFIG, "palimpsest,memory", "\0\0\0\0", 4, "palimpsest,memory"},
    {CONFIG, "palimpsest,memory", "\0\0\0\3", 4, "palimpsest,memory"},
    {CONFIG, "palimpsest,memory", "\377\0\0\0", 4, "palimpsest,memory"},
    {CONFIG, "palimpsest,vcpus", NULL, 0, NULL},
    {CONFIG, "palimpsest,vcpus", "\0\0\0\0", 4, "palimpsest,vcpus"},
    {CONFIG, "palimpsest,vcpus", "\0\0\0\11", 4, "palimpsest,vcpus"},
    {CONFIG, "palimpsest,bt", NULL, 0, NULL},
    {CONFIG, "palimpsest,bt", "pages", 6, "palimpsest,bt"},
    {CONFIG, "palimpsest,strict", "no", 3, "palimpsest,strict"},
    {"/images/kernel", "data", NULL, 0, "kernel"},
    {"/images/kernel", "data", "", 0, "kernel"},
    {"/images/kernel", "type", NULL, 0, "kernel"},
    {"/images/kernel", "type", "kernel", 6, "type"},
    {"/images/kernel", "arch", "arm64", 6, "kernel"},
    {"/images/kernel", "compression", "gzip", 5, "kernel"},
    {"/images/ramdisk", "data", NULL, 0, "ramdisk"},
    {"/images/fdt", "type", "kernel", 7, "fdt"},
};

static void
check_damage(const struct damage *d)
{
	void *fit = good();
	struct fit_error err = {"", ""};
	struct fit_vm vm;
	int node = fdt_path_offset(fit, d->path);

	check_case(d->property);
	if (d->value)
		CHECK(!fdt_setprop(fit, node, d->property, d->value, d->len));
	else
		CHECK(!fdt_delprop(fit, node, d->property));
	CHECK_EQ(fit_open(fit, ROOM, NULL, &vm, &err), !d->where);
	CHECK(!d->where || !strcmp(err.where, d->where));
	free(fit);
}

static void
check_missing_nodes(void)
{
	static const struct {
		const char *path, *where;
	} nodes[] = {{"/images", "/images"},       {"/configurations", "/configurations"}, {CONFIG, "vm-1"},
		     {"/images/kernel", "kernel"}, {"/images/ramdisk", "ramdisk"},         {"/images/fdt", "fdt"}};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		void *fit = good();
		struct fit_error err = {"", ""};
		struct fit_vm vm;

		check_case("a node is missing");
		CHECK(!fdt_del_node(fit, fdt_path_offset(fit, nodes[i].path)));
		CHECK(!fit_open(fit, ROOM, NULL, &vm, &err));
		CHECK(!strcmp(err.where, nodes[i].where));
		free(fit);
	}
}

static void
check_long_bootargs(void)
{
	void *fit = good();
	char text[IMAGE_BOOTARGS_MAX + 2];
	struct fit_error err;
	struct fit_vm vm;

	check_case("bootargs of the greatest length, and one more");
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	CHECK(!set_string(fit, fdt_path_offset(fit, CONFIG), "bootargs", text + 1));
	CHECK(fit_open(fit, ROOM, NULL, &vm, &err));
	CHECK(!set_string(fit, fdt_path_offset(fit, CONFIG), "bootargs", text));
	CHECK(!fit_open(fit, ROOM, NULL, &vm, &err));
	free(fit);
}

// Each prefix gets an allocation of its own, so that a read behind it is caught.
static void
check_truncation(void)
{
	void *fit = good();

	check_case("cut off at each length");
	fdt_pack(fit);
	for (size_t size = 0, total = fdt_totalsize(fit); size < total; size++) {
		void *part = malloc(size ? size : 1);
		struct fit_error err = {NULL, NULL};
		struct fit_vm vm;

		memcpy(part, fit, size);
		CHECK(!fit_open(part, size, NULL, &vm, &err));
		CHECK(err.where && err.what);
		free(part);
	}
	free(fit);
}

// libfdt's check follows a null pointer in trees that call themselves that old.
static void
check_old_version(void)
{
	void *fit = good();
	struct fit_error err;
	struct fit_vm vm;

	check_case("an old version");
	fdt_set_version(fit, 2);
	fdt_set_last_comp_version(fit, 2);
	CHECK(!fit_open(fit, ROOM, NULL, &vm, &err));
	free(fit);
}

// Libfdt reads the reservations by LDRD, which faults at what isn't a multiple of 4 (A3.2.1), and before the monitor's
// MMU is on so does any word of the structure (Devicetree Specification 0.4, 5.6: 8 and 4).
static void
check_alignment(void)
{
	char *fit = good();
	uint32_t end, size;
	struct fit_error err;
	struct fit_vm vm;

	check_case("blocks that aren't aligned are refused");
	fdt_pack(fit);
	size = fdt_size_dt_struct(fit);
	end = (fdt_totalsize(fit) + 7) & ~7u;
	fdt_set_totalsize(fit, ROOM);
	memset(fit + end, 0, ROOM - end);
	for (uint32_t skew = 0; skew <= 8; skew++) {
		fdt_set_off_mem_rsvmap(fit, end + skew);
		CHECK_EQ(fit_open(fit, ROOM, NULL, &vm, &err), skew % 8 == 0);
	}
	fdt_set_off_mem_rsvmap(fit, end);
	for (uint32_t skew = 0; skew <= 4; skew++) {
		memmove(fit + end + 16 + skew, fit + fdt_off_dt_struct(fit), size);
		fdt_set_off_dt_struct(fit, end + 16 + skew);
		CHECK_EQ(fit_open(fit, ROOM, NULL, &vm, &err), skew % 4 == 0);
	}
	free(fit);
}

// Lengths of properties that libfdt takes for negative: it hands such a property out, or never comes back.
static void
check_lengths(void)
{
	static const uint32_t lengths[] = {0xffffffffu, 0xfffffff5u, 0xfffffff4u, 0xfffffff3u,
					   0xffffff00u, 0x80000000u, 0x7fffffffu, 0x7ffffff8u};

	check_case("lengths near 2 and 4 GiB");
	alarm(60);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		void *fit = good();
		struct fit_error err;
		struct fit_vm vm;
		int node = fdt_path_offset(fit, "/images/kernel");

		fdt32_st((char *)(uintptr_t)fdt_getprop(fit, node, "data", NULL) - 8, lengths[i]);
		CHECK(!fit_open(fit, ROOM, NULL, &vm, &err));
		free(fit);
	}
	alarm(0);
}

// libfdt writes beyond a tree with such a list when it packs it.
static void
check_reservations(void)
{
	void *fit = good();
	struct fit_error err;
	struct fit_vm vm;
	char *last = (char *)fit + fdt_off_mem_rsvmap(fit);

	check_case("a list of reservations that ends in the structure");
	CHECK_EQ(fdt_num_mem_rsv(fit), 0);
	fdt32_st(last + 12, 1);
	CHECK(fdt_num_mem_rsv(fit) > 0);
	CHECK(!fit_open(fit, ROOM, NULL, &vm, &err));
	free(fit);
}

static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void
check_flips(void)
{
	void *fit = good();
	size_t size = (fdt_pack(fit), fdt_totalsize(fit));
	uint8_t *copy = malloc(size);
	uint32_t seed = 1, opened = 0;

	check_case("bytes changed at random");
	for (unsigned i = 0; i < FLIPS; i++) {
		struct fit_error err;
		struct fit_vm vm;

		memcpy(copy, fit, size);
		for (unsigned n = 1 + next(&seed) % 4; n; n--)
			copy[next(&seed) % size] = (uint8_t)next(&seed);
		if (!fit_open(copy, size, NULL, &vm, &err))
			continue;
		opened++;
		CHECK(within(copy, size, vm.kernel.data, vm.kernel.size));
		CHECK(!vm.firmware.size || within(copy, size, vm.firmware.data, vm.firmware.size));
		CHECK(!vm.ramdisk.size || within(copy, size, vm.ramdisk.data, vm.ramdisk.size));
		CHECK(!vm.fdt.size || within(copy, size, vm.fdt.data, vm.fdt.size));
		CHECK(strlen(vm.bootargs) <= IMAGE_BOOTARGS_MAX);
	}
	CHECK(opened > 0 && opened < FLIPS);
	free(copy);
	free(fit);
}

// What is said of a refused image is one line that can be read, whatever names are in it.
static void
check_names_said(void)
{
	char longest[FIT_ERROR_NAME + 2];
	void *fit = good();
	struct fit_error err;
	struct fit_vm vm;
	int node = fdt_path_offset(fit, CONFIG);

	check_case("names that can't be printed, or go on and on");
	memset(longest, 'x', sizeof(longest));
	longest[FIT_ERROR_NAME] = '\0';
	CHECK(!set_string(fit, node, "kernel", longest));
	CHECK(!fit_open(fit, ROOM, NULL, &vm, &err));
	CHECK(!strcmp(err.where, longest));
	longest[FIT_ERROR_NAME] = 'x';
	longest[FIT_ERROR_NAME + 1] = '\0';
	CHECK(!set_string(fit, node, "kernel", longest));
	CHECK(!fit_open(fit, ROOM, NULL, &vm, &err));
	CHECK(!strcmp(err.where, "an overlong name"));
	CHECK(!set_string(fit, node, "kernel", "x\n{\"status\":0}"));
	CHECK(!fit_open(fit, ROOM, NULL, &vm, &err));
	CHECK(!strcmp(err.where, "a name that can't be printed"));
	free(fit);
}

static void
check_firmware(void)
{
	void *fit = good();
	struct fit_error err;
	struct fit_vm vm;
	int node;

	check_case("firmware, with a kernel and without");
	add_image(fit, "u-boot", "firmware", dtb, sizeof(dtb));
	node = fdt_path_offset(fit, "/configurations/vm-1");
	set_string(fit, node, "firmware", "u-boot");
	CHECK(fit_open(fit, ROOM, NULL, &vm, &err));
	CHECK_EQ(vm.firmware.size, sizeof(dtb));
	CHECK_EQ(vm.kernel.size, sizeof(kernel));
	fdt_delprop(fit, node, "kernel");
	CHECK(fit_open(fit, ROOM, NULL, &vm, &err));
	CHECK_EQ(vm.kernel.size, 0);
	set_string(fit, node, "firmware", "kernel"); // of another type
	CHECK(!fit_open(fit, ROOM, NULL, &vm, &err));
	free(fit);
}

int
main(void)
{
	check_good();
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++)
		check_damage(&damages[i]);
	check_missing_nodes();
	check_long_bootargs();
	check_truncation();
	check_old_version();
	check_alignment();
	check_flips();
	check_firmware();
	check_names_said();
	check_lengths();
	check_reservations();
	return check_done("fit");
}
