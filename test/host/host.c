// SPDX-License-Identifier: MIT
// uses: monitor/board/host.c
// libs: -lfdt
//
// The board's device tree: QEMU's own, trees made by hand for what QEMU's hasn't, and
// damaged ones, which must be refused or read without a look beyond their end.
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "monitor/board/host.h"
#include "test/host/check.h"

#define ROOM  8192
#define FLIPS 20000u

static struct host h;

static void
set_string(void *fdt, int node, const char *name, const char *value)
{
	fdt_setprop(fdt, node, name, value, (int)strlen(value) + 1);
}

static int
add(void *fdt, int parent, const char *name, const char *compatible)
{
	int node = fdt_add_subnode(fdt, parent, name);

	if (compatible)
		set_string(fdt, node, "compatible", compatible);
	return node;
}

static void
set_cells(void *fdt, const char *path, const char *name, const uint32_t *cells, int n)
{
	fdt32_t be[16];

	for (int i = 0; i < n; i++)
		be[i] = cpu_to_fdt32(cells[i]);
	fdt_setprop(fdt, fdt_path_offset(fdt, path), name, be, 4 * n);
}

#define SET(fdt, path, name, ...)                                                                                      \
	set_cells(fdt, path, name, (const uint32_t[]){__VA_ARGS__}, (int)ARRAY_LEN(((const uint32_t[]){__VA_ARGS__})))

// A board with one-cell addresses, of ROOM bytes, from malloc.
static void *
board(void)
{
	void *fdt = malloc(ROOM);

	fdt_create_empty_tree(fdt, ROOM);
	SET(fdt, "/", "#address-cells", 1);
	SET(fdt, "/", "#size-cells", 1);
	add(fdt, 0, "uart1", "arm,pl011");
	add(fdt, 0, "uart0", "arm,pl011");
	add(fdt, 0, "gic", "arm,gic-400");
	add(fdt, 0, "timer", "arm,armv7-timer");
	add(fdt, 0, "chosen", NULL);
	set_string(fdt, add(fdt, 0, "memory", NULL), "device_type", "memory");
	SET(fdt, "/memory", "reg", 0x80000000, 0x20000000, 0xa0000000, 0x1000000);
	SET(fdt, "/uart0", "reg", 0x1000, 0x100);
	SET(fdt, "/uart0", "interrupts", 0, 5, 4);
	SET(fdt, "/uart1", "reg", 0x2000, 0x100);
	SET(fdt, "/uart1", "interrupts", 0, 6, 4);
	SET(fdt, "/gic", "reg", 0x3000, 0x1000, 0x4000, 0x1000);
	SET(fdt, "/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
	return fdt;
}

// Parses fdt, in memory that ends where it ends, and frees it. h holds no pointer into it then.
static const char *
parse(void *fdt)
{
	uint32_t size;
	const char *what;
	void *exact;

	fdt_pack(fdt);
	size = fdt_totalsize(fdt);
	exact = malloc(size);
	memcpy(exact, fdt, size);
	what = host_parse(&h, exact);
	free(exact);
	free(fdt);
	return what;
}

static bool
says(const char *what, const char *part)
{
	return what && strstr(what, part);
}

// The tree of one of QEMU's machines; NULL if it can't be had.
static void *
qemus(const char *machine)
{
	char dir[] = "/tmp/host-test-XXXXXX";
	char command[256], path[64];
	void *fdt = calloc(1, 1 << 20);
	FILE *f;

	CHECK(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/dtb", dir);
	snprintf(command, sizeof(command),
		 "qemu-system-arm -M %s,dumpdtb=%s -cpu cortex-a15 -m 1G -nodefaults -display none >/dev/null 2>&1",
		 machine, path);
	f = system(command) ? NULL : fopen(path, "rb");
	if (f) {
		CHECK(fread(fdt, 1, 1 << 20, f) > 0);
		fclose(f);
	} else {
		free(fdt);
		fdt = NULL;
	}
	unlink(path);
	rmdir(dir);
	return fdt;
}

static void
test_qemu(void)
{
	void *fdt;

	check_case("QEMU's virt");
	fdt = qemus("virt");
	CHECK(fdt);
	if (!fdt)
		return;
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_ram, 1);
	CHECK_EQ(h.ram[0].base, 0x40000000);
	CHECK_EQ(h.ram[0].size, 0x40000000);
	CHECK_EQ(h.uart, 0x09000000);
	CHECK_EQ(h.uart_irq, 33);
	CHECK_EQ(h.rtc, 0x09010000);
	CHECK_EQ(h.gicd, 0x08000000);
	CHECK_EQ(h.gicc, 0x08010000);
	CHECK_EQ(h.timer_irq, 27);
	CHECK_EQ(h.psci, HOST_PSCI_HVC);
	CHECK_EQ(h.initrd.size, 0);
	CHECK_EQ(h.bootargs[0], 0);
	CHECK_EQ(h.n_virtio, 32);
	CHECK_EQ(h.virtio[0], 0x0a000000);
	CHECK_EQ(h.virtio[31], 0x0a003e00);
}

static void
test_virtio(void)
{
	char name[32], path[32];
	void *fdt = board();

	check_case("transports that see memory as the core does");
	CHECK(!parse(board()));
	CHECK_EQ(h.n_virtio, 0);
	for (uint32_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "virtio%u", i);
		snprintf(path, sizeof(path), "/virtio%u", i);
		add(fdt, 0, name, "virtio,mmio");
		SET(fdt, path, "reg", 0x10000 + i * 0x200, 0x200);
		if (i == 3)
			set_string(fdt, fdt_path_offset(fdt, path), "status", "disabled");
		if (i != 1)
			fdt_setprop(fdt, fdt_path_offset(fdt, path), "dma-coherent", NULL, 0);
	}
	fdt_delprop(fdt, fdt_path_offset(fdt, "/gic"), "compatible");
	CHECK(says(parse(fdt), "GICv2")); // which is to be told by one of them
	CHECK_EQ(h.n_virtio, 2);
	CHECK_EQ(h.virtio[0] + h.virtio[1], 0x20400);

	check_case("more of them than there is room for");
	fdt = board();
	for (uint32_t i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "virtio%u", i);
		snprintf(path, sizeof(path), "/virtio%u", i);
		add(fdt, 0, name, "virtio,mmio");
		SET(fdt, path, "reg", 0x10000 + i * 0x200, 0x200);
		fdt_setprop(fdt, fdt_path_offset(fdt, path), "dma-coherent", NULL, 0);
	}
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_virtio, ARRAY_LEN(h.virtio));
	CHECK_EQ(h.uart_irq, 37);
}

// TrustZone's machine has memory that only the Secure world sees, and a UART.
static void
test_qemu_secure(void)
{
	void *fdt;

	check_case("QEMU's virt with a Secure world, and with Hyp mode");
	fdt = qemus("virt,secure=on,virtualization=on");
	CHECK(fdt);
	if (!fdt)
		return;
	CHECK(fdt_path_offset(fdt, "/secram@e000000") >= 0);
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_ram, 1);
	CHECK_EQ(h.ram[0].base, 0x40000000);
	CHECK_EQ(h.uart, 0x09000000);
	fdt = qemus("virt,virtualization=on");
	CHECK(fdt && !parse(fdt));
	CHECK_EQ(h.psci, HOST_PSCI_SMC);
}

// Nodes that aren't "okay" are as if they weren't there.
static void
test_status(void)
{
	static const struct {
		const char *path, *what;
	} row[] = {{"/memory", "memory"}, {"/gic", "GICv2"}, {"/timer", "timer"}};
	static const char *const states[] = {"disabled", "reserved", "fail", "fail-sss", "", "okayish"};
	void *fdt;

	for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
		check_case("what is disabled is missing");
		for (unsigned n = 0; n < ARRAY_LEN(states); n++) {
			fdt = board();
			set_string(fdt, fdt_path_offset(fdt, row[i].path), "status", states[n]);
			CHECK(says(parse(fdt), row[i].what));
		}
		fdt = board();
		fdt_setprop(fdt, fdt_path_offset(fdt, row[i].path), "status", "okay", 4);
		CHECK(says(parse(fdt), row[i].what));
	}

	check_case("okay, and what is okay to the Secure world only");
	fdt = board();
	set_string(fdt, fdt_path_offset(fdt, "/memory"), "status", "okay");
	set_string(fdt, fdt_path_offset(fdt, "/gic"), "status", "ok");
	set_string(fdt, fdt_path_offset(fdt, "/timer"), "secure-status", "disabled");
	CHECK(!parse(fdt));
	fdt = board();
	set_string(fdt, fdt_path_offset(fdt, "/memory"), "status", "disabled");
	set_string(fdt, fdt_path_offset(fdt, "/memory"), "secure-status", "okay");
	CHECK(says(parse(fdt), "memory"));
	fdt = board();
	set_string(fdt, add(fdt, 0, "secram", NULL), "device_type", "memory");
	SET(fdt, "/secram", "reg", 0x1000000, 0x1000000);
	set_string(fdt, fdt_path_offset(fdt, "/secram"), "status", "disabled");
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_ram, 2);
	CHECK(h.ram[0].base >= 0x80000000 && h.ram[1].base >= 0x80000000);

	check_case("a disabled UART is not the console, though stdout-path says so");
	for (unsigned i = 0; i < 2; i++) {
		const char *off = i ? "/uart1" : "/uart0";

		fdt = board();
		set_string(fdt, fdt_path_offset(fdt, "/chosen"), "stdout-path", off);
		set_string(fdt, fdt_path_offset(fdt, off), "status", "disabled");
		CHECK(!parse(fdt));
		CHECK_EQ(h.uart, i ? 0x1000 : 0x2000);
	}
	fdt = board();
	set_string(fdt, fdt_path_offset(fdt, "/uart0"), "status", "disabled");
	set_string(fdt, fdt_path_offset(fdt, "/uart1"), "status", "disabled");
	CHECK(says(parse(fdt), "PL011"));

	check_case("the first that isn't disabled is taken; RTC and PSCI may be missing");
	fdt = board();
	add(fdt, 0, "rtc", "arm,pl031");
	SET(fdt, "/rtc", "reg", 0x5000, 0x1000);
	set_string(fdt, add(fdt, 0, "psci", "arm,psci-0.2"), "method", "smc");
	set_string(fdt, fdt_path_offset(fdt, "/rtc"), "status", "disabled");
	set_string(fdt, fdt_path_offset(fdt, "/psci"), "status", "disabled");
	CHECK(!parse(fdt));
	CHECK_EQ(h.rtc, 0);
	CHECK_EQ(h.psci, HOST_PSCI_NONE);
	fdt = board();
	set_string(fdt, add(fdt, 0, "gic-off", "arm,cortex-a15-gic"), "status", "disabled");
	SET(fdt, "/gic-off", "reg", 0x6000, 0x1000, 0x7000, 0x1000);
	CHECK(!parse(fdt));
	CHECK_EQ(h.gicd, 0x3000);

	check_case("what stands in something disabled is so, too");
	fdt = board();
	add(fdt, 0, "off", NULL);
	set_string(fdt, add(fdt, fdt_path_offset(fdt, "/off"), "timer", "arm,armv7-timer"), "status", "okay");
	SET(fdt, "/off/timer", "interrupts", 1, 1, 4, 1, 2, 4, 1, 3, 4);
	set_string(fdt, fdt_path_offset(fdt, "/off"), "status", "disabled");
	CHECK(!parse(fdt));
	CHECK_EQ(h.timer_irq, 27);
}

static void
test_interrupts(void)
{
	void *fdt = board();

	check_case("the virtual timer's interrupt, by its place or by its name");
	SET(fdt, "/timer", "interrupts", 1, 10, 4, 1, 11, 4);
	CHECK(says(parse(fdt), "virtual timer"));
	fdt = board();
	fdt_setprop(fdt, fdt_path_offset(fdt, "/timer"), "interrupt-names", "phys\0virt", 10);
	SET(fdt, "/timer", "interrupts", 1, 14, 4, 1, 9, 4);
	CHECK(!parse(fdt));
	CHECK_EQ(h.timer_irq, 25);

	check_case("interrupts that there can't be");
	fdt = board();
	SET(fdt, "/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 16, 4);
	CHECK(says(parse(fdt), "virtual timer"));
	fdt = board();
	SET(fdt, "/uart1", "interrupts", 0, 988, 4);
	SET(fdt, "/uart0", "interrupts", 0, 988, 4);
	CHECK(says(parse(fdt), "interrupt of the PL011"));
	fdt = board();
	fdt_delprop(fdt, fdt_path_offset(fdt, "/uart0"), "interrupts");
	fdt_delprop(fdt, fdt_path_offset(fdt, "/uart1"), "interrupts");
	CHECK(says(parse(fdt), "interrupt of the PL011"));
	CHECK(h.uart);

	check_case("PSCI's method");
	for (unsigned i = 0; i < 4; i++) {
		static const char *const compatible[] = {"arm,psci-1.0", "arm,psci-0.2", "arm,psci", "arm,psci-1.0"};
		static const char *const method[] = {"smc", "hvc", "smc", "other"};
		static const enum host_psci want[] = {HOST_PSCI_SMC, HOST_PSCI_HVC, HOST_PSCI_NONE, HOST_PSCI_NONE};

		fdt = board();
		set_string(fdt, add(fdt, 0, "psci", compatible[i]), "method", method[i]);
		CHECK(!parse(fdt));
		CHECK_EQ(h.psci, want[i]);
	}
	fdt = board();
	add(fdt, 0, "psci", "arm,psci-1.0");
	CHECK(!parse(fdt));
	CHECK_EQ(h.psci, HOST_PSCI_NONE);
}

static void
test_board(void)
{
	void *fdt = board();

	check_case("another board");
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_ram, 2);
	CHECK_EQ(h.ram[1].base, 0xa0000000);
	CHECK_EQ(h.ram[1].size, 0x1000000);
	CHECK_EQ(h.gicd, 0x3000);
	CHECK_EQ(h.gicc, 0x4000);
	CHECK_EQ(h.timer_irq, 27);
	CHECK_EQ(h.psci, HOST_PSCI_NONE);
	CHECK_EQ(h.rtc, 0);

	check_case("the console is stdout-path's, options and aliases taken off");
	fdt = board();
	set_string(fdt, fdt_path_offset(fdt, "/chosen"), "stdout-path", "/uart0:115200n8");
	CHECK(!parse(fdt));
	CHECK_EQ(h.uart, 0x1000);
	CHECK_EQ(h.uart_irq, 37);
	fdt = board();
	set_string(fdt, add(fdt, 0, "aliases", NULL), "serial0", "/uart1");
	set_string(fdt, fdt_path_offset(fdt, "/chosen"), "stdout-path", "serial0");
	CHECK(!parse(fdt));
	CHECK_EQ(h.uart, 0x2000);
	fdt = board();
	set_string(fdt, fdt_path_offset(fdt, "/chosen"), "stdout-path", "/gic");
	CHECK(!parse(fdt));
	CHECK(h.uart == 0x1000 || h.uart == 0x2000);

	check_case("the initrd's bounds, in one cell or two, or senseless");
	fdt = board();
	SET(fdt, "/chosen", "linux,initrd-start", 0x84000000);
	SET(fdt, "/chosen", "linux,initrd-end", 0, 0x84001000);
	CHECK(!parse(fdt));
	CHECK_EQ(h.initrd.base, 0x84000000);
	CHECK_EQ(h.initrd.size, 0x1000);
	fdt = board();
	SET(fdt, "/chosen", "linux,initrd-start", 0x84000000);
	SET(fdt, "/chosen", "linux,initrd-end", 0x83000000);
	CHECK(!parse(fdt));
	CHECK_EQ(h.initrd.size, 0);

	check_case("an initrd across two banks, outside RAM, above 4 GiB");
	fdt = board();
	SET(fdt, "/chosen", "linux,initrd-start", 0x9ff00000);
	SET(fdt, "/chosen", "linux,initrd-end", 0xa1000000);
	CHECK(!parse(fdt));
	fdt = board();
	SET(fdt, "/chosen", "linux,initrd-start", 0x9ff00000);
	SET(fdt, "/chosen", "linux,initrd-end", 0xa1000001);
	CHECK(says(parse(fdt), "initrd"));
	fdt = board();
	SET(fdt, "/chosen", "linux,initrd-start", 1, 0x84000000);
	SET(fdt, "/chosen", "linux,initrd-end", 1, 0x84001000);
	CHECK(!parse(fdt));
	CHECK_EQ(h.initrd.size, 0);
}

static void
test_memory(void)
{
	void *fdt = board();

	check_case("RAM from address 0");
	SET(fdt, "/memory", "reg", 0, 0x20000000);
	CHECK(!parse(fdt));
	CHECK_EQ(h.ram[0].base, 0);
	CHECK_EQ(h.ram[0].size, 0x20000000);

	check_case("RAM beyond 4 GiB is left alone");
	fdt = board();
	SET(fdt, "/", "#address-cells", 2);
	SET(fdt, "/", "#size-cells", 2);
	SET(fdt, "/memory", "reg", 0, 0x80000000, 1, 0, 1, 0, 1, 0);
	SET(fdt, "/uart0", "reg", 0, 0x1000, 0, 0x100);
	SET(fdt, "/uart1", "reg", 0, 0x2000, 0, 0x100);
	SET(fdt, "/gic", "reg", 0, 0x3000, 0, 0x1000, 0, 0x4000, 0, 0x1000);
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_ram, 1);
	CHECK_EQ(h.ram[0].base, 0x80000000);
	CHECK_EQ(h.ram[0].size, 0x7ff00000);
	fdt = board();
	SET(fdt, "/memory", "reg", 0xf0000000, 0x20000000);
	CHECK(!parse(fdt));
	CHECK_EQ(h.ram[0].size, 0x0ff00000);

	check_case("sections that are RAM in part only are left alone");
	fdt = board();
	SET(fdt, "/memory", "reg", 0x80080000, 0x180000, 0xa0000000, 0x380000, 0xb00ff000, 0x100000, 0xc0001000,
	    0x1000);
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_ram, 2);
	CHECK_EQ(h.ram[0].base, 0x80100000);
	CHECK_EQ(h.ram[0].size, 0x100000);
	CHECK_EQ(h.ram[1].base, 0xa0000000);
	CHECK_EQ(h.ram[1].size, 0x300000);

	check_case("more ranges than there is room for");
	fdt = board();
	SET(fdt, "/memory", "reg", 0, 1 << 20, 1 << 24, 1 << 20, 2 << 24, 1 << 20, 3 << 24, 1 << 20, 4 << 24, 1 << 20);
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_ram, ARRAY_LEN(h.ram));
}

static void
test_missing(void)
{
	static const struct {
		const char *path, *property, *what;
	} row[] = {{"/memory", "reg", "memory"},
		   {"/gic", "compatible", "GICv2"},
		   {"/gic", "reg", "GICv2"},
		   {"/timer", "compatible", "timer"}};
	void *fdt;

	for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
		check_case("what is missing is named");
		fdt = board();
		fdt_delprop(fdt, fdt_path_offset(fdt, row[i].path), row[i].property);
		CHECK(says(parse(fdt), row[i].what));
	}
	fdt = board();
	SET(fdt, "/gic", "reg", 0x3000, 0x1000);
	CHECK(says(parse(fdt), "CPU interface"));
	fdt = board();
	fdt_del_node(fdt, fdt_path_offset(fdt, "/uart0"));
	fdt_del_node(fdt, fdt_path_offset(fdt, "/uart1"));
	CHECK(says(parse(fdt), "PL011"));
	CHECK(says(host_parse(&h, "nothing like a device tree, nor long enough"), "no device tree"));

	check_case("cells of no sense");
	for (uint32_t cells = 0; cells < 6; cells++) {
		fdt = board();
		SET(fdt, "/", "#address-cells", cells == 5 ? 0xfffffff0 : cells);
		parse(fdt);
		fdt = board();
		SET(fdt, "/", "#size-cells", cells == 5 ? 0xfffffff0 : cells);
		parse(fdt);
	}
}

static void
test_arguments(void)
{
	char buf[16], args[600];
	void *fdt = board();

	check_case("boot arguments");
	set_string(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", "quiet bt=block  vm=a=b empty= abt=x last=1");
	CHECK(!parse(fdt));
	CHECK(host_arg(&h, "bt", buf, sizeof(buf)) && !strcmp(buf, "block"));
	CHECK(host_arg(&h, "vm", buf, sizeof(buf)) && !strcmp(buf, "a=b"));
	CHECK(host_arg(&h, "empty", buf, sizeof(buf)) && !strcmp(buf, ""));
	CHECK(host_arg(&h, "last", buf, sizeof(buf)) && !strcmp(buf, "1"));
	CHECK(!host_arg(&h, "quiet", buf, sizeof(buf)));
	CHECK(!host_arg(&h, "b", buf, sizeof(buf)));
	CHECK(!host_arg(&h, "bt", buf, 5));
	CHECK(host_arg(&h, "bt", buf, 6));

	check_case("boot arguments that are too long or not terminated");
	memset(args, 'x', sizeof(args));
	args[sizeof(args) - 1] = '\0';
	fdt = board();
	fdt_setprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", args, sizeof(args));
	CHECK(says(parse(fdt), "bootargs"));
	CHECK(h.uart); // so that it can be said
	CHECK_EQ(strlen(h.bootargs), sizeof(h.bootargs) - 1);
	fdt = board();
	set_string(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", args + sizeof(args) - HOST_BOOTARGS);
	CHECK(!parse(fdt));
	CHECK_EQ(strlen(h.bootargs), HOST_BOOTARGS - 1);
	fdt = board();
	fdt_setprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", "abcd", 4);
	fdt_setprop(fdt, fdt_path_offset(fdt, "/chosen"), "stdout-path", "/uart0", 6);
	CHECK(!parse(fdt));
	CHECK_EQ(h.bootargs[0], 0);
}

static void
test_reserved(void)
{
	void *fdt = board();

	check_case("memory reservations of both kinds");
	add(fdt, 0, "reserved-memory", NULL);
	add(fdt, fdt_path_offset(fdt, "/reserved-memory"), "secure", NULL);
	SET(fdt, "/reserved-memory/secure", "reg", 0x90000000, 0x200000);
	fdt_add_mem_rsv(fdt, 0x80000000, 0x1000);
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_reserved, 2);
	CHECK_EQ(h.reserved[0].base, 0x80000000);
	CHECK_EQ(h.reserved[0].size, 0x1000);
	CHECK_EQ(h.reserved[1].base, 0x90000000);
	CHECK_EQ(h.reserved[1].size, 0x200000);
	CHECK(!h.no_map[0] && !h.no_map[1]);

	check_case("what is not to be mapped is so by sections");
	fdt = board();
	add(fdt, 0, "reserved-memory", NULL);
	add(fdt, fdt_path_offset(fdt, "/reserved-memory"), "secure", NULL);
	SET(fdt, "/reserved-memory/secure", "reg", 0x900ff000, 0x2000, 0xfff80000, 0x1000, 0xffe80000, 0x180000);
	fdt_setprop(fdt, fdt_path_offset(fdt, "/reserved-memory/secure"), "no-map", NULL, 0);
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_reserved, 3);
	CHECK(h.no_map[0] && h.no_map[1] && h.no_map[2]);
	CHECK_EQ(h.reserved[0].base, 0x90000000);
	CHECK_EQ(h.reserved[0].size, 0x200000);
	CHECK_EQ(h.reserved[1].size, 0);
	CHECK_EQ(h.reserved[2].base, 0xffe00000);
	CHECK_EQ(h.reserved[2].size, 0x100000);

	check_case("reservations that wrap around 64 bits, and RAM where 4 GiB end");
	fdt = board();
	fdt_add_mem_rsv(fdt, 0xffffffffffffff00ull, 0x1000);
	SET(fdt, "/memory", "reg", 0x80000000, 0x1000000, 0xfff00000, 0x200000);
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_reserved, 0);
	CHECK_EQ(h.n_ram, 1);

	check_case("a reservation that goes beyond 4 GiB, and one behind another that is all there");
	fdt = board();
	fdt_add_mem_rsv(fdt, 0x90000000, 0x100000000);
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_reserved, 1);
	CHECK_EQ(h.reserved[0].base, 0x90000000);
	CHECK_EQ(h.reserved[0].size, 0x6fffffff);
	fdt = board();
	SET(fdt, "/", "#address-cells", 2);
	SET(fdt, "/", "#size-cells", 2);
	SET(fdt, "/memory", "reg", 0, 0x80000000, 0, 0x40000000);
	SET(fdt, "/uart0", "reg", 0, 0x1000, 0, 0x100);
	SET(fdt, "/uart1", "reg", 0, 0x2000, 0, 0x100);
	SET(fdt, "/gic", "reg", 0, 0x3000, 0, 0x1000, 0, 0x4000, 0, 0x1000);
	add(fdt, 0, "reserved-memory", NULL);
	add(fdt, fdt_path_offset(fdt, "/reserved-memory"), "secure", NULL);
	SET(fdt, "/reserved-memory/secure", "reg", 1, 0, 0, 0x1000, 0, 0x90000000, 0, 0x200000);
	CHECK(!parse(fdt));
	CHECK_EQ(h.n_reserved, 1);
	CHECK_EQ(h.reserved[0].base, 0x90000000);

	check_case("more reservations than there is room for");
	fdt = board();
	for (unsigned i = 0; i < 9; i++)
		fdt_add_mem_rsv(fdt, 0x80000000u + i * 0x10000u, 0x1000);
	CHECK(parse(fdt) != NULL);
}

static void
test_stray_arguments(void)
{
	static const char *const known[] = {"bt=page", "vm=", "quiet", NULL};
	static const struct {
		const char *args, *stray;
	} row[] = {{"", NULL},
		   {"  ", NULL},
		   {" bt=page  vm=a=b quiet ", NULL},
		   {"vm=", NULL},
		   {"bt=pages", "bt=pages"},
		   {"quiet bt= vm=x", "bt="},
		   {"vm", "vm"},
		   {"avm=x quiet", "avm=x"},
		   {"quiet quieter", "quieter"}};
	char buf[HOST_BOOTARGS];

	for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
		void *fdt = board();

		check_case(row[i].args);
		set_string(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", row[i].args);
		CHECK(!parse(fdt));
		CHECK_EQ(host_stray_arg(&h, known, buf), row[i].stray != NULL);
		CHECK(!row[i].stray || !strcmp(buf, row[i].stray));
	}
}

static void
test_damage(void)
{
	void *good = board();
	uint32_t size;

	check_case("cut off at every length, and with bytes changed at random");
	SET(good, "/chosen", "linux,initrd-start", 0x84000000);
	set_string(good, fdt_path_offset(good, "/chosen"), "stdout-path", "/uart0:115200");
	set_string(good, fdt_path_offset(good, "/chosen"), "bootargs", "a=b");
	fdt_pack(good);
	size = fdt_totalsize(good);
	for (unsigned n = 0; n < FLIPS; n++) {
		uint32_t len = n < size && n >= FDT_V17_SIZE ? n : size;
		unsigned char *bad = malloc(len);

		memcpy(bad, good, len);
		fdt_set_totalsize(bad, len);
		for (unsigned i = n < size ? 0 : 1 + n % 3; i; i--)
			bad[8 + (size_t)random() % (len - 8)] = (unsigned char)(random() % 3 ? random() : 0xff);
		if (fdt_totalsize(bad) <= len)
			host_parse(&h, bad);
		free(bad);
	}
	free(good);
}

int
main(void)
{
	test_qemu();
	test_virtio();
	test_qemu_secure();
	test_status();
	test_interrupts();
	test_board();
	test_memory();
	test_missing();
	test_arguments();
	test_stray_arguments();
	test_damage();
	test_reserved();
	return check_done("host");
}
