// SPDX-License-Identifier: MIT
// uses: monitor/image/guestfdt.c
// libs: -lfdt
//
// The guest's device tree read back with libfdt: what a kernel looks for, that a buffer
// of every size too small is an error and nothing is written behind it, and that a
// damaged DTB is refused.
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include "monitor/image/guestfdt.h"
#include "test/host/check.h"

#define ROOM 16384

static const struct guestfdt_cfg cfg = {
    .ram_base = 0x40000000,
    .ram_size = 0x20000000,
    .n_cpus = 1,
    .bootargs = "console=ttyAMA0",
    .initrd_start = 0x48000000,
    .initrd_end = 0x480d7e40,
};
static _Alignas(8) char tree[ROOM], patched[ROOM];

// Cell i of a property, or ~0 if it is not there.
static uint32_t
cell(const void *fdt, const char *path, const char *name, int i)
{
	int len;
	const fdt32_t *value = fdt_getprop(fdt, fdt_path_offset(fdt, path), name, &len);

	return value && len >= 4 * (i + 1) ? fdt32_to_cpu(value[i]) : ~0u;
}

static bool
has_string(const void *fdt, const char *path, const char *name, const char *string)
{
	return fdt_stringlist_search(fdt, fdt_path_offset(fdt, path), name, string) >= 0;
}

static void
check_devices(const void *fdt)
{
	static const struct {
		const char *path, *compatible;
		uint32_t base, spi;
	} devices[] = {
	    {"/pl011@9000000", "arm,pl011", 0x09000000, 1},
	    {"/pl031@9010000", "arm,pl031", 0x09010000, 2},
	    {"/pl061@9030000", "arm,pl061", 0x09030000, 7},
	};

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		CHECK(has_string(fdt, devices[i].path, "compatible", devices[i].compatible));
		CHECK(has_string(fdt, devices[i].path, "compatible", "arm,primecell"));
		CHECK_EQ(cell(fdt, devices[i].path, "reg", 1), devices[i].base);
		CHECK_EQ(cell(fdt, devices[i].path, "interrupts", 0), 0);
		CHECK_EQ(cell(fdt, devices[i].path, "interrupts", 1), devices[i].spi);
		CHECK_EQ(cell(fdt, devices[i].path, "clocks", 0), cell(fdt, "/apb-pclk", "phandle", 0));
	}
	CHECK_EQ(cell(fdt, "/gpio-keys/poweroff", "gpios", 0), cell(fdt, "/pl061@9030000", "phandle", 0));
	CHECK_EQ(cell(fdt, "/gpio-keys/poweroff", "gpios", 1), 3);
	CHECK_EQ(cell(fdt, "/", "interrupt-parent", 0), cell(fdt, "/intc@8000000", "phandle", 0));
	CHECK(has_string(fdt, "/intc@8000000", "compatible", "arm,cortex-a15-gic"));
	CHECK_EQ(cell(fdt, "/intc@8000000", "reg", 5), 0x08010000);
	CHECK(has_string(fdt, "/timer", "compatible", "arm,armv7-timer"));
	CHECK(has_string(fdt, "/chosen", "stdout-path", "/pl011@9000000"));
}

static void
test_build(void)
{
	check_case("one VCPU");
	int size = guestfdt_build(tree, sizeof(tree), &cfg);
	CHECK(size > 0);
	CHECK_EQ(fdt_check_full(tree, (size_t)size), 0);
	check_devices(tree);
	CHECK_EQ(cell(tree, "/memory@40000000", "reg", 1), 0x40000000);
	CHECK_EQ(cell(tree, "/memory@40000000", "reg", 3), 0x20000000);
	CHECK_EQ(cell(tree, "/psci", "cpu_on", 0), 0x84000003);
	CHECK(has_string(tree, "/psci", "method", "hvc"));
	CHECK(has_string(tree, "/chosen", "bootargs", "console=ttyAMA0"));
	CHECK_EQ(cell(tree, "/chosen", "linux,initrd-start", 0), 0x48000000);
	CHECK_EQ(cell(tree, "/chosen", "linux,initrd-end", 0), 0x480d7e40);
	CHECK_EQ(cell(tree, "/timer", "interrupts", 2), 0x104);
	CHECK(has_string(tree, "/pmu", "compatible", "arm,cortex-a15-pmu"));
	CHECK_EQ(cell(tree, "/pmu", "interrupts", 0), 1);
	CHECK_EQ(cell(tree, "/pmu", "interrupts", 1), 7);
	CHECK_EQ(cell(tree, "/pmu", "interrupts", 2), 0x104);
	CHECK(fdt_path_offset(tree, "/cpus/cpu@0") > 0);
	CHECK(!fdt_getprop(tree, fdt_path_offset(tree, "/cpus/cpu@0"), "enable-method", NULL));
	CHECK(!fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "rng-seed", NULL));
	CHECK(!fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "kaslr-seed", NULL));

	CHECK_EQ(cell(tree, "/flash@0", "reg", 5), 0x04000000);
	CHECK_EQ(cell(tree, "/fw-cfg@9020000", "reg", 1), 0x09020000);

	check_case("32 virtio transports, in the order of their addresses");
	int node = -1;
	for (uint32_t n = 0; n < 32; n++) {
		char path[32];

		node = fdt_node_offset_by_compatible(tree, node, "virtio,mmio");
		snprintf(path, sizeof(path), "/virtio_mmio@%x", 0x0a000000 + n * 0x200);
		CHECK(node > 0 && fdt_path_offset(tree, path) == node);
		CHECK_EQ(cell(tree, path, "reg", 1), 0x0a000000 + n * 0x200);
		CHECK_EQ(cell(tree, path, "interrupts", 1), 16 + n);
		CHECK_EQ(cell(tree, path, "interrupts", 2), 1);
	}
	CHECK(fdt_node_offset_by_compatible(tree, node, "virtio,mmio") < 0);

	check_case("what the VM hides");
	CHECK(fdt_node_offset_by_compatible(tree, -1, "pci-host-ecam-generic") < 0);
	CHECK(fdt_node_offset_by_compatible(tree, -1, "arm,gic-v2m-frame") < 0);

	check_case("room in the tree");
	struct guestfdt_cfg plain = {.ram_base = 0x40000000, .ram_size = 0x8000000, .n_cpus = 1, .bootargs = "x"};
	size = guestfdt_build(tree, sizeof(tree), &plain);
	CHECK(size > 0);
	CHECK(guestfdt_pad(tree, sizeof(tree), (uint32_t)size - 1) < 0);
	CHECK(guestfdt_pad(tree, 100, sizeof(tree)) < 0);
	CHECK_EQ(guestfdt_pad(tree, sizeof(tree), (uint32_t)size + 8), size + 8);
	CHECK_EQ(fdt_totalsize(tree), size + 8);
	CHECK_EQ(guestfdt_pad(tree, sizeof(tree), 0x100000), sizeof(tree)); // the rest is behind it
	CHECK_EQ(fdt_totalsize(tree), 0x100000);

	check_case("four VCPUs, seed, no initrd, no bootargs");
	struct guestfdt_cfg four = {
	    .ram_base = 0x40000000, .ram_size = 0x8000000, .n_cpus = 4, .rng_seed = "12345678", .rng_seed_len = 8};
	CHECK(guestfdt_build(tree, sizeof(tree), &four) > 0);
	check_devices(tree);
	CHECK_EQ(cell(tree, "/cpus/cpu@3", "reg", 0), 3);
	CHECK(has_string(tree, "/cpus/cpu@3", "enable-method", "psci"));
	CHECK_EQ(cell(tree, "/cpus/cpu-map/socket0/cluster0/core2", "cpu", 0), cell(tree, "/cpus/cpu@2", "phandle", 0));
	CHECK_EQ(cell(tree, "/timer", "interrupts", 2), 0xf04);
	CHECK_EQ(cell(tree, "/chosen", "rng-seed", 1), 0x35363738);
	CHECK_EQ(cell(tree, "/chosen", "linux,initrd-start", 0), ~0u);
	CHECK(!fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "bootargs", NULL));

	check_case("number of VCPUs out of range");
	four.n_cpus = 0;
	CHECK_EQ(guestfdt_build(tree, sizeof(tree), &four), -FDT_ERR_BADVALUE);
	four.n_cpus = 9;
	CHECK_EQ(guestfdt_build(tree, sizeof(tree), &four), -FDT_ERR_BADVALUE);
}

// Whether dtc has nothing to say about a tree.
static bool
dtc_is_content(const void *fdt)
{
	char command[128];
	FILE *f = tmpfile();
	bool content = f && fwrite(fdt, fdt_totalsize(fdt), 1, f) == 1 && fflush(f) == 0;

	rewind(f);
	snprintf(command, sizeof(command), "test -z \"$(dtc -I dtb -O dts -o /dev/null /dev/fd/%d 2>&1)\"", fileno(f));
	content = content && system(command) == 0;
	fclose(f);
	return content;
}

static void
test_dtc(void)
{
	check_case("dtc reads it without a warning");
	CHECK(guestfdt_build(tree, sizeof(tree), &cfg) > 0);
	CHECK(dtc_is_content(tree));
	CHECK_EQ(fdt_open_into(tree, tree, sizeof(tree)), 0);
	CHECK(fdt_add_subnode(tree, 0, "memory@90000000") > 0);
	CHECK(!dtc_is_content(tree)); // no reg
}

static void
test_patch(void)
{
	struct guestfdt_cfg other = cfg;

	check_case("a user's DTB gets this VM's memory, bootargs and initrd");
	other.ram_size = 0x8000000;
	other.bootargs = "quiet";
	other.initrd_start = other.initrd_end = 0;
	int size = guestfdt_build(tree, sizeof(tree), &other);
	int patched_size = guestfdt_patch(patched, sizeof(patched), tree, (size_t)size, &cfg);
	CHECK(patched_size > 0);
	CHECK_EQ(fdt_check_full(patched, (size_t)patched_size), 0);
	check_devices(patched);
	CHECK_EQ(cell(patched, "/memory@40000000", "reg", 3), 0x20000000);
	CHECK(has_string(patched, "/chosen", "bootargs", "console=ttyAMA0"));
	CHECK_EQ(cell(patched, "/chosen", "linux,initrd-end", 0), 0x480d7e40);

	check_case("it may be at any address, as data in a FIT is");
	char *odd = malloc((size_t)size + 4);
	memcpy(odd + 4, tree, (size_t)size);
	CHECK_EQ(guestfdt_patch(patched, sizeof(patched), odd + 4, (size_t)size, &cfg), patched_size);
	free(odd);

	check_case("the user's other nodes stay");
	CHECK_EQ(fdt_open_into(tree, tree, sizeof(tree)), 0);
	CHECK(fdt_setprop_string(tree, fdt_path_offset(tree, "/psci"), "method", "smc") == 0);
	CHECK(fdt_add_subnode(tree, 0, "mine") > 0);
	CHECK(fdt_add_subnode(tree, 0, "memory@90000000") > 0);
	CHECK(guestfdt_patch(patched, sizeof(patched), tree, sizeof(tree), &cfg) > 0);
	CHECK(fdt_path_offset(patched, "/mine") > 0);
	CHECK(has_string(patched, "/psci", "method", "smc"));
	CHECK(fdt_path_offset(patched, "/memory@90000000") < 0);

	check_case("a tree with nothing in it, one cell each");
	CHECK_EQ(fdt_create_empty_tree(tree, sizeof(tree)), 0);
	CHECK_EQ(fdt_setprop_u32(tree, 0, "#address-cells", 1), 0);
	CHECK_EQ(fdt_setprop_u32(tree, 0, "#size-cells", 1), 0);
	CHECK(guestfdt_patch(patched, sizeof(patched), tree, sizeof(tree), &cfg) > 0);
	CHECK_EQ(cell(patched, "/memory@40000000", "reg", 0), 0x40000000);
	CHECK_EQ(cell(patched, "/memory@40000000", "reg", 1), 0x20000000);
	CHECK_EQ(cell(patched, "/psci", "cpu_off", 0), 0x84000002);
	CHECK(has_string(patched, "/chosen", "bootargs", "console=ttyAMA0"));

	check_case("three address cells are refused");
	CHECK_EQ(fdt_setprop_u32(tree, 0, "#address-cells", 3), 0);
	CHECK_EQ(guestfdt_patch(patched, sizeof(patched), tree, sizeof(tree), &cfg), -FDT_ERR_BADNCELLS);
}

static void
test_too_small(void)
{
	check_case("every size too small is an error, and nothing is written behind the buffer");
	int size = guestfdt_build(tree, sizeof(tree), &cfg);
	for (size_t room = 0; room < (size_t)size; room++) {
		char *buf = malloc(room + 8); // ASan watches the end; libfdt wants eight-byte alignment
		memset(buf + room, 0x5a, 8);
		CHECK(guestfdt_build(buf, room, &cfg) < 0);
		CHECK(guestfdt_patch(buf, room, tree, (size_t)size, &cfg) < 0);
		CHECK(memcmp(buf + room, "ZZZZZZZZ", 8) == 0);
		free(buf);
	}
}

static void
test_malformed(void)
{
	int size = guestfdt_build(tree, sizeof(tree), &cfg);
	unsigned rejected = 0;

	check_case("a truncated DTB is refused");
	for (size_t len = 0; len < (size_t)size; len++) {
		char *dtb = malloc(len + 1);
		memcpy(dtb, tree, len);
		CHECK(guestfdt_patch(patched, sizeof(patched), dtb, len, &cfg) < 0);
		free(dtb);
	}

	check_case("a DTB with any one byte damaged is refused or leaves a sound tree");
	for (size_t at = 0; at < (size_t)size; at++) {
		static const unsigned char damages[] = {0x00, 0x01, 0x80, 0xff};
		for (size_t i = 0; i < sizeof(damages); i++) {
			char *dtb = malloc((size_t)size);
			memcpy(dtb, tree, (size_t)size);
			dtb[at] = (char)damages[i];
			int len = guestfdt_patch(patched, sizeof(patched), dtb, (size_t)size, &cfg);
			CHECK(len < 0 || fdt_check_full(patched, (size_t)len) == 0);
			rejected += len < 0;
			free(dtb);
		}
	}
	CHECK(rejected > 100);

	check_case("not a DTB at all");
	memset(tree, 'A', sizeof(tree));
	CHECK_EQ(guestfdt_patch(patched, sizeof(patched), tree, sizeof(tree), &cfg), -FDT_ERR_BADMAGIC);
}

int
main(void)
{
	test_build();
	test_dtc();
	test_patch();
	test_too_small();
	test_malformed();
	return check_done("guestfdt");
}
