// SPDX-License-Identifier: MIT
//
// Writes the guest's device tree with libfdt's sequential functions, node by node in
// the order QEMU 7.2 has them. The first error sticks and the rest of the writing does
// nothing, so only the end asks.
//
// Bindings: the kernel's Documentation/devicetree/bindings, devicetree specification 0.4.
#include <libfdt.h>
#include <string.h>
#include "monitor/base/fdtcheck.h"
#include "monitor/image/guestfdt.h"
#include "monitor/dev/vvirtio.h"

#define PHANDLE_CLK     0x8000u
#define PHANDLE_CPU     0x8001u // of the last VCPU; QEMU numbers them downwards
#define GIC_SPI         0u
#define GIC_PPI         1u
#define IRQ_EDGE_RISING 1u
#define IRQ_LEVEL_HIGH  4u
#define KEY_POWER       116u
#define PSCI_0_2(n)     (0x84000000u + (n)) // function identifiers, ARM DEN 0022

struct tree {
	void *fdt;
	int err;
};

static void
keep(struct tree *t, int err)
{
	if (!t->err)
		t->err = err;
}

static void
begin(struct tree *t, const char *name)
{
	if (!t->err)
		keep(t, fdt_begin_node(t->fdt, name));
}

static void
end(struct tree *t)
{
	if (!t->err)
		keep(t, fdt_end_node(t->fdt));
}

static void
prop(struct tree *t, const char *name, const void *value, size_t len)
{
	if (!t->err)
		keep(t, fdt_property(t->fdt, name, value, (int)len));
}

static void
cells(struct tree *t, const char *name, const uint32_t *values, size_t n)
{
	fdt32_t be[16];

	for (size_t i = 0; i < n; i++)
		be[i] = cpu_to_fdt32(values[i]);
	prop(t, name, be, n * sizeof(be[0]));
}

#define CELLS(t, name, ...)                                                                                            \
	cells(t, name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define STRINGS(t, name, literal) prop(t, name, literal, sizeof(literal)) // several are joined by \0
#define FLAG(t, name)             prop(t, name, NULL, 0)

// Writes "prefix" and value in hexadecimal without leading zeros; name has room for eight digits more than the prefix.
static void
hex_name(char *name, const char *prefix, uint32_t value)
{
	size_t len = strlen(prefix);
	unsigned shift = value ? (31u - (unsigned)__builtin_clz(value)) & ~3u : 0;

	memcpy(name, prefix, len);
	for (;; shift -= 4) {
		name[len++] = "0123456789abcdef"[value >> shift & 15];
		if (!shift)
			break;
	}
	name[len] = '\0';
}

static void
write_psci(struct tree *t)
{
	begin(t, "psci");
	CELLS(t, "migrate", PSCI_0_2(5));
	CELLS(t, "cpu_on", PSCI_0_2(3));
	CELLS(t, "cpu_off", PSCI_0_2(2));
	CELLS(t, "cpu_suspend", PSCI_0_2(1));
	STRINGS(t, "method", "hvc");
	STRINGS(t, "compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci");
	end(t);
}

static void
write_memory(struct tree *t, const struct guestfdt_cfg *cfg)
{
	char name[sizeof("memory@") + 8];

	hex_name(name, "memory@", cfg->ram_base);
	begin(t, name);
	CELLS(t, "reg", 0, cfg->ram_base, 0, cfg->ram_size);
	STRINGS(t, "device_type", "memory");
	end(t);
}

static void
write_fw_cfg(struct tree *t)
{
	begin(t, "fw-cfg@9020000");
	FLAG(t, "dma-coherent");
	CELLS(t, "reg", 0, 0x09020000, 0, 0x18);
	STRINGS(t, "compatible", "qemu,fw-cfg-mmio");
	end(t);
}

static void
write_virtio(struct tree *t)
{
	char name[sizeof("virtio_mmio@") + 8];

	for (uint32_t n = 0; n < VVIRTIO_SLOTS; n++) {
		uint32_t base = 0x0a000000 + n * VVIRTIO_SLOT_SIZE;

		hex_name(name, "virtio_mmio@", base);
		begin(t, name);
		FLAG(t, "dma-coherent");
		CELLS(t, "interrupts", GIC_SPI, 16 + n, IRQ_EDGE_RISING);
		CELLS(t, "reg", 0, base, 0, VVIRTIO_SLOT_SIZE);
		STRINGS(t, "compatible", "virtio,mmio");
		end(t);
	}
}

static void
write_flash(struct tree *t)
{
	begin(t, "flash@0");
	CELLS(t, "bank-width", 4);
	CELLS(t, "reg", 0, 0, 0, 0x04000000, 0, 0x04000000, 0, 0x04000000);
	STRINGS(t, "compatible", "cfi-flash");
	end(t);
}

static void
write_gpio(struct tree *t, uint32_t phandle)
{
	begin(t, "gpio-keys");
	STRINGS(t, "compatible", "gpio-keys");
	begin(t, "poweroff");
	CELLS(t, "gpios", phandle, 3, 0);
	CELLS(t, "linux,code", KEY_POWER);
	STRINGS(t, "label", "GPIO Key Poweroff");
	end(t);
	end(t);

	begin(t, "pl061@9030000");
	CELLS(t, "phandle", phandle);
	STRINGS(t, "clock-names", "apb_pclk");
	CELLS(t, "clocks", PHANDLE_CLK);
	CELLS(t, "interrupts", GIC_SPI, 7, IRQ_LEVEL_HIGH);
	FLAG(t, "gpio-controller");
	CELLS(t, "#gpio-cells", 2);
	STRINGS(t, "compatible", "arm,pl061\0arm,primecell");
	CELLS(t, "reg", 0, 0x09030000, 0, 0x1000);
	end(t);
}

static void
write_rtc_and_uart(struct tree *t)
{
	begin(t, "pl031@9010000");
	STRINGS(t, "clock-names", "apb_pclk");
	CELLS(t, "clocks", PHANDLE_CLK);
	CELLS(t, "interrupts", GIC_SPI, 2, IRQ_LEVEL_HIGH);
	CELLS(t, "reg", 0, 0x09010000, 0, 0x1000);
	STRINGS(t, "compatible", "arm,pl031\0arm,primecell");
	end(t);

	begin(t, "pl011@9000000");
	STRINGS(t, "clock-names", "uartclk\0apb_pclk");
	CELLS(t, "clocks", PHANDLE_CLK, PHANDLE_CLK);
	CELLS(t, "interrupts", GIC_SPI, 1, IRQ_LEVEL_HIGH);
	CELLS(t, "reg", 0, 0x09000000, 0, 0x1000);
	STRINGS(t, "compatible", "arm,pl011\0arm,primecell");
	end(t);
}

// The third cell of a private interrupt has a bit for each VCPU above the trigger.
static uint32_t
ppi_flags(unsigned n_cpus)
{
	return ((1u << n_cpus) - 1) << 8 | IRQ_LEVEL_HIGH;
}

// QEMU's is empty for a core of ARMv7, so that nobody finds them, though the interrupt is there.
static void
write_pmu(struct tree *t, unsigned n_cpus)
{
	begin(t, "pmu");
	CELLS(t, "interrupts", GIC_PPI, 7, ppi_flags(n_cpus));
	STRINGS(t, "compatible", "arm,cortex-a15-pmu");
	end(t);
}

static void
write_intc(struct tree *t, uint32_t phandle)
{
	begin(t, "intc@8000000");
	CELLS(t, "phandle", phandle);
	CELLS(t, "reg", 0, 0x08000000, 0, 0x10000, 0, 0x08010000, 0, 0x10000);
	STRINGS(t, "compatible", "arm,cortex-a15-gic");
	FLAG(t, "ranges");
	CELLS(t, "#size-cells", 2);
	CELLS(t, "#address-cells", 2);
	FLAG(t, "interrupt-controller");
	CELLS(t, "#interrupt-cells", 3);
	end(t);
}

static void
write_cpus(struct tree *t, unsigned n)
{
	char name[sizeof("core") + 8];

	begin(t, "cpus");
	CELLS(t, "#size-cells", 0);
	CELLS(t, "#address-cells", 1);
	begin(t, "cpu-map");
	begin(t, "socket0");
	begin(t, "cluster0");
	for (unsigned i = 0; i < n; i++) {
		hex_name(name, "core", i);
		begin(t, name);
		CELLS(t, "cpu", PHANDLE_CPU + n - 1 - i);
		end(t);
	}
	end(t);
	end(t);
	end(t);
	for (unsigned i = 0; i < n; i++) {
		hex_name(name, "cpu@", i);
		begin(t, name);
		CELLS(t, "phandle", PHANDLE_CPU + n - 1 - i);
		CELLS(t, "reg", i);
		if (n > 1)
			STRINGS(t, "enable-method", "psci");
		STRINGS(t, "compatible", "arm,cortex-a15");
		STRINGS(t, "device_type", "cpu");
		end(t);
	}
	end(t);
}

// Secure, non-secure, virtual and hypervisor timer.
static void
write_timer(struct tree *t, unsigned n_cpus)
{
	uint32_t flags = ppi_flags(n_cpus);

	begin(t, "timer");
	CELLS(t, "interrupts", GIC_PPI, 13, flags, GIC_PPI, 14, flags, GIC_PPI, 11, flags, GIC_PPI, 10, flags);
	FLAG(t, "always-on");
	STRINGS(t, "compatible", "arm,armv7-timer");
	end(t);
}

static void
write_clock(struct tree *t)
{
	begin(t, "apb-pclk");
	CELLS(t, "phandle", PHANDLE_CLK);
	STRINGS(t, "clock-output-names", "clk24mhz");
	CELLS(t, "clock-frequency", 24000000);
	CELLS(t, "#clock-cells", 0);
	STRINGS(t, "compatible", "fixed-clock");
	end(t);
}

static void
write_chosen(struct tree *t, const struct guestfdt_cfg *cfg)
{
	begin(t, "chosen");
	if (cfg->initrd_end > cfg->initrd_start) {
		CELLS(t, "linux,initrd-end", cfg->initrd_end);
		CELLS(t, "linux,initrd-start", cfg->initrd_start);
	}
	if (cfg->bootargs && cfg->bootargs[0])
		prop(t, "bootargs", cfg->bootargs, strlen(cfg->bootargs) + 1);
	STRINGS(t, "stdout-path", "/pl011@9000000");
	if (cfg->rng_seed)
		prop(t, "rng-seed", cfg->rng_seed, cfg->rng_seed_len);
	end(t);
}

int
guestfdt_build(void *buf, size_t size, const struct guestfdt_cfg *cfg)
{
	uint32_t intc = PHANDLE_CPU + cfg->n_cpus, gpio = intc + 2; // QEMU's v2m frame has the number between
	struct tree tree = {.fdt = buf}, *t = &tree;

	if (!cfg->n_cpus || cfg->n_cpus > GUESTFDT_MAX_CPUS)
		return -FDT_ERR_BADVALUE;
	keep(t, fdt_create(buf, size > INT32_MAX ? INT32_MAX : (int)size));
	if (!t->err)
		keep(t, fdt_finish_reservemap(buf));

	begin(t, "");
	CELLS(t, "interrupt-parent", intc);
	STRINGS(t, "model", "linux,dummy-virt");
	CELLS(t, "#size-cells", 2);
	CELLS(t, "#address-cells", 2);
	STRINGS(t, "compatible", "linux,dummy-virt");
	write_psci(t);
	write_memory(t, cfg);
	write_fw_cfg(t);
	write_virtio(t);
	write_gpio(t, gpio);
	write_rtc_and_uart(t);
	write_pmu(t, cfg->n_cpus);
	write_intc(t, intc);
	write_flash(t);
	write_cpus(t, cfg->n_cpus);
	write_timer(t, cfg->n_cpus);
	write_clock(t);
	write_chosen(t, cfg);
	end(t);

	if (!t->err)
		keep(t, fdt_finish(buf));
	return t->err ? t->err : (int)fdt_totalsize(buf);
}

static int
set_string(void *fdt, int node, const char *name, const char *value)
{
	return fdt_setprop(fdt, node, name, value, (int)strlen(value) + 1);
}

// Deletes /memory and every /memory@...; each turn deletes one node of a tree that fits its buffer.
static int
delete_memory(void *fdt)
{
	int node, err = 0;

	while (!err && (node = fdt_subnode_offset_namelen(fdt, 0, "memory", 6)) >= 0)
		err = fdt_del_node(fdt, node);
	return err;
}

// /memory@base, its reg in the root's own cells.
static int
add_memory(void *fdt, const struct guestfdt_cfg *cfg)
{
	char name[sizeof("memory@") + 8];
	int address = fdt_address_cells(fdt, 0), size = fdt_size_cells(fdt, 0), node, err;

	if (address < 1 || address > 2 || size < 1 || size > 2)
		return -FDT_ERR_BADNCELLS;
	hex_name(name, "memory@", cfg->ram_base);
	node = fdt_add_subnode(fdt, 0, name);
	if (node < 0)
		return node;
	err = set_string(fdt, node, "device_type", "memory");
	return err ? err : fdt_appendprop_addrrange(fdt, 0, node, "reg", cfg->ram_base, cfg->ram_size);
}

static int
set_chosen(void *fdt, const struct guestfdt_cfg *cfg)
{
	int node = fdt_subnode_offset(fdt, 0, "chosen"), err = 0;

	if (node == -FDT_ERR_NOTFOUND)
		node = fdt_add_subnode(fdt, 0, "chosen");
	if (node < 0)
		return node;
	if (cfg->bootargs && cfg->bootargs[0])
		err = set_string(fdt, node, "bootargs", cfg->bootargs);
	if (!err && cfg->rng_seed)
		err = fdt_setprop(fdt, node, "rng-seed", cfg->rng_seed, (int)cfg->rng_seed_len);
	if (!err && cfg->initrd_end > cfg->initrd_start) {
		err = fdt_setprop_u32(fdt, node, "linux,initrd-start", cfg->initrd_start);
		if (!err)
			err = fdt_setprop_u32(fdt, node, "linux,initrd-end", cfg->initrd_end);
	}
	return err;
}

static int
add_psci(void *fdt)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2\0arm,psci";
	static const struct {
		const char *name;
		uint32_t function;
	} calls[] = {{"cpu_suspend", 1}, {"cpu_off", 2}, {"cpu_on", 3}, {"migrate", 5}};
	int node = fdt_add_subnode(fdt, 0, "psci"), err;

	if (node == -FDT_ERR_EXISTS)
		return 0; // the user's own, taken as it is
	if (node < 0)
		return node;
	err = fdt_setprop(fdt, node, "compatible", compatible, sizeof(compatible));
	if (!err)
		err = set_string(fdt, node, "method", "hvc");
	for (size_t i = 0; !err && i < sizeof(calls) / sizeof(calls[0]); i++)
		err = fdt_setprop_u32(fdt, node, calls[i].name, PSCI_0_2(calls[i].function));
	return err;
}

int
guestfdt_patch(void *buf, size_t size, const void *dtb, size_t dtb_size, const struct guestfdt_cfg *cfg)
{
	int err;

	if (dtb_size >= sizeof(struct fdt_header) && fdt_totalsize(dtb) < dtb_size)
		dtb_size = fdt_totalsize(dtb);
	if (dtb_size > size)
		return -FDT_ERR_NOSPACE;
	memcpy(buf, dtb, dtb_size); // libfdt wants it aligned, which data in a FIT is not
	err = fdtcheck(buf, dtb_size);
	if (!err)
		err = fdt_open_into(buf, buf, size > INT32_MAX ? INT32_MAX : (int)size);
	if (!err)
		err = delete_memory(buf);
	if (!err)
		err = add_memory(buf, cfg);
	if (!err)
		err = set_chosen(buf, cfg);
	if (!err)
		err = add_psci(buf);
	if (!err)
		err = fdt_pack(buf);
	return err ? err : (int)fdt_totalsize(buf);
}

int
guestfdt_pad(void *buf, size_t size, uint32_t padded)
{
	size_t here = padded < size ? padded : size;
	int err = fdt_open_into(buf, buf, (int)here);

	if (!err)
		fdt_set_totalsize(buf, padded);
	return err ? err : (int)here;
}
