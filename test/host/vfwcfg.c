// SPDX-License-Identifier: MIT
// uses: monitor/dev/dev.c monitor/dev/vfwcfg.c
//
// The virtual fw_cfg: items through the data register and by DMA, as QEMU 7.2 has them,
// and that no descriptor makes it touch anything but the guest's RAM.
#include <stdlib.h>
#include <string.h>
#include "monitor/dev/vfwcfg.h"
#include "test/host/check.h"

#define BASE     0x09020000u
#define RAM      0x40000000u
#define RAM_SIZE 0x100000u

static const char kernel[] = "this is the kernel", initrd[] = "initrd";
static struct gmem mem;
static uint8_t *ram;
static struct vfwcfg fw;
static struct dev_bus bus;
static uint32_t written; // bytes

static void
on_written(void *ctx, gpa_t gpa, uint32_t len)
{
	CHECK(ctx == &written && gmem_has(&mem, gpa, len));
	written += len;
}

static enum dev_result
wr(uint32_t offset, unsigned size, uint32_t value)
{
	return dev_access(&bus, 0, GPA(BASE + offset), size, true, &value);
}

static enum dev_result
rd(uint32_t offset, unsigned size, uint32_t *value)
{
	return dev_access(&bus, 0, GPA(BASE + offset), size, false, value);
}

static void
fresh(const char *name, bool boots)
{
	static const struct vfwcfg_cb cb = {on_written, &written};
	struct vfwcfg_boot boot = {.cmdline = "console=x", .n_cpus = 1};

	check_case(name);
	if (boots) {
		boot.kernel = kernel;
		boot.kernel_size = sizeof(kernel);
		boot.initrd = initrd;
		boot.initrd_size = sizeof(initrd);
	}
	memset(ram, 0xcc, RAM_SIZE);
	memset(&bus, 0, sizeof(bus));
	written = 0;
	vfwcfg_init(&fw, &boot, &mem, &cb);
	CHECK(dev_add(&bus, &vfwcfg_class, GPA(BASE), &fw));
}

static uint32_t
word(uint32_t offset, unsigned size)
{
	uint32_t value = 0xdeadbeef;

	CHECK_EQ(rd(offset, size, &value), DEV_OK);
	return value;
}

static void
pick(uint32_t key)
{
	CHECK_EQ(wr(8, 2, __builtin_bswap16((uint16_t)key)), DEV_OK);
}

static void
put(uint32_t at, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(ram + (at - RAM), &value, 4);
}

// A DMA with its descriptor at `at`; returns what its control word becomes.
static uint32_t
dma(uint32_t at, uint32_t control, uint32_t length, uint32_t high, uint32_t address)
{
	uint32_t result;

	put(at, control);
	put(at + 4, length);
	put(at + 8, high);
	put(at + 12, address);
	CHECK_EQ(wr(20, 4, __builtin_bswap32(at)), DEV_OK);
	memcpy(&result, ram + (at - RAM), 4);
	return __builtin_bswap32(result);
}

static void
test_data(void)
{
	fresh("the data register", true);
	CHECK_EQ(word(0, 4), 0x554d4551); // "QEMU", selected at reset
	CHECK_EQ(word(0, 4), 0);
	pick(1);
	CHECK_EQ(word(0, 1), 3);
	CHECK_EQ(word(0, 2), 0);
	pick(8);
	CHECK_EQ(word(0, 4), sizeof(kernel));
	pick(0x4011); // the bit for writing means nothing
	CHECK_EQ(word(0, 2), 't' | 'h' << 8);
	for (unsigned n = 2; n < sizeof(kernel); n++)
		CHECK_EQ(word(0, 1), (uint8_t)kernel[n]);
	CHECK_EQ(word(0, 1), 0);
	pick(0x15);
	CHECK_EQ(word(0, 4), 'c' | 'o' << 8 | 'n' << 16 | 's' << 24);
	pick(0x8008); // local to the architecture: none
	CHECK_EQ(word(0, 4), 0);
	pick(0x77);
	CHECK_EQ(word(0, 4), 0);
	CHECK_EQ(word(16, 4), 0x554d4551);
	CHECK_EQ(word(20, 4), 0x47464320); // " CFG"

	check_case("what the device doesn't answer");
	uint32_t value;
	CHECK_EQ(rd(4, 4, &value), DEV_NONE);
	CHECK_EQ(rd(8, 2, &value), DEV_NONE);
	CHECK_EQ(wr(8, 4, 0), DEV_NONE);
	CHECK_EQ(wr(8, 1, 0), DEV_NONE);
	CHECK_EQ(wr(16, 2, 0), DEV_NONE);
	CHECK_EQ(rd(24, 4, &value), DEV_NONE);

	fresh("without a kernel", false);
	pick(0x11);
	CHECK_EQ(word(0, 4), 0);
	pick(8);
	CHECK_EQ(word(0, 4), 0);
}

static void
test_directory(void)
{
	uint8_t *to = ram + 0x1000;

	fresh("the directory", true);
	CHECK_EQ(dma(RAM, 0x19u << 16 | 0x0a, 4 + 3 * 64, 0, RAM + 0x1000), 0);
	CHECK_EQ(to[3], 3);
	CHECK(!strcmp((char *)to + 4 + 2 * 64 + 8, "etc/boot-fail-wait"));
	CHECK_EQ(to[4 + 2 * 64 + 3], 4);
	CHECK_EQ(to[4 + 2 * 64 + 5], 0x22);
	pick(0x22);
	CHECK_EQ(word(0, 4), 0xffffffff);
	CHECK_EQ(written, 4 + 4 + 3 * 64);
}

static void
test_dma(void)
{
	fresh("DMA", true);
	CHECK_EQ(dma(RAM, 0x11u << 16 | 0x0a, 8, 0, RAM + 0x2001), 0);
	CHECK(!memcmp(ram + 0x2000, "\xccthis is \xcc", 10));
	CHECK_EQ(dma(RAM, 0x04, 4, 0, 0), 0); // over "the "
	CHECK_EQ(dma(RAM, 0x02, 32, 0, RAM + 0x3000), 0);
	CHECK(!memcmp(ram + 0x3000, "kernel\0", 7));
	CHECK_EQ(ram[0x301f], 0);
	CHECK_EQ(ram[0x3020], 0xcc);
	CHECK_EQ(dma(RAM, 0x10, 4, 0, RAM), 1); // nothing can be written
	CHECK_EQ(dma(RAM, 0x08 | 0x12u << 16, 100, 0, 0), 0);
	CHECK_EQ(dma(RAM, 0x02, sizeof(initrd), 0, RAM + RAM_SIZE - sizeof(initrd)), 0);
	CHECK(!memcmp(ram + RAM_SIZE - sizeof(initrd), initrd, sizeof(initrd)));

	fresh("DMA to where there is no RAM", true);
	CHECK_EQ(dma(RAM, 0x11u << 16 | 0x0a, 8, 0, RAM - 4), 1);
	CHECK_EQ(dma(RAM, 0x11u << 16 | 0x0a, 8, 0, RAM + RAM_SIZE - 4), 1);
	CHECK_EQ(dma(RAM, 0x11u << 16 | 0x0a, 8, 1, RAM), 1);
	CHECK_EQ(dma(RAM, 0x11u << 16 | 0x0a, 0xffffffff, 0, RAM), 1);
	CHECK_EQ(dma(RAM, 0x11u << 16 | 0x0a, 0, 0, 0), 0);
	CHECK_EQ(written, 5 * 4);
	CHECK_EQ(wr(20, 4, __builtin_bswap32(0x1000)), DEV_OK); // nor its descriptor
	CHECK_EQ(written, 5 * 4);
	put(RAM + RAM_SIZE - 8, 0x0a);
	CHECK_EQ(wr(20, 4, __builtin_bswap32(RAM + RAM_SIZE - 8)), DEV_OK);
	CHECK_EQ(ram[RAM_SIZE - 5], 1);
	CHECK_EQ(wr(16, 4, __builtin_bswap32(1)), DEV_OK);
	CHECK_EQ(dma(RAM, 0x0a, 4, 0, RAM), 0x0a); // above 4 GiB, once
	CHECK_EQ(dma(RAM, 0x02, 4, 0, RAM + 4), 0);
}

int
main(void)
{
	ram = aligned_alloc(SECTION_SIZE, RAM_SIZE);
	mem = (struct gmem){.base = GPA(RAM), .size = RAM_SIZE, .host = HPA(ram)};
	test_data();
	test_directory();
	test_dma();
	free(ram);
	return check_done("vfwcfg");
}
