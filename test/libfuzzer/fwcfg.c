// SPDX-License-Identifier: MIT
// uses: monitor/dev/dev.c monitor/dev/vfwcfg.c
// bits: 32
// len: 512
//
// fw_cfg as a guest drives it, beside a model: any accesses to its registers and any descriptors in RAM. What is read
// is what the model says, so is all of RAM after each step, and the monitor is told of every byte of it that
// changes.
#include "monitor/dev/vfwcfg.h"
#include "test/libfuzzer/fuzz.h"

#define BASE  0x09020000u
#define RAM   0x40000000u
#define SIZE  0x400u // of RAM
#define IMAGE 600u

#define KEY_FILES 0x19u
#define SELECT    0x08u // bits of a descriptor's control word
#define SKIP      0x04u
#define READ      0x02u
#define WRITE     0x10u
#define FAILED    0x01u

static uint8_t image[IMAGE];
static const struct vfwcfg_boot boots[] = {
    {.kernel = image,
     .kernel_size = IMAGE,
     .initrd = image + 7,
     .initrd_size = 100,
     .cmdline = "console=x",
     .n_cpus = 1},
    {.kernel = image, .kernel_size = 1, .cmdline = "", .n_cpus = 1},
    {.cmdline = "x", .n_cpus = 1},
};

static struct {
	const struct vfwcfg_boot *boot;
	struct vfwcfg f;
	struct dev_bus bus;
	struct gmem mem;
	uint8_t *ram;
	bool told[SIZE];
} vm;

static struct {
	uint8_t ram[SIZE];
	const uint8_t *data; // of the item that is selected
	uint32_t size, offset, high;
	uint8_t number[4];
} model;

static void
written(void *ctx, gpa_t gpa, uint32_t len)
{
	(void)ctx;
	HOLDS(gmem_has(&vm.mem, gpa, len) && len);
	memset(vm.told + (gpa.v - RAM), true, len);
}

static void
number(uint32_t value, uint32_t size)
{
	memcpy(model.number, &value, 4);
	model.data = model.number;
	model.size = size;
}

static void
bytes(const void *data, uint32_t size)
{
	model.data = data;
	model.size = size;
}

// What QEMU has under each key, as far as it is there. The list of files is taken from the device.
static void
choose(uint32_t key)
{
	const struct vfwcfg_boot *b = vm.boot;

	model.offset = 0;
	bytes(NULL, 0);
	key &= ~0x4000u;
	if (key == 0)
		bytes("QEMU", 4);
	else if (key == 1)
		number(3, 4);
	else if (key == 2)
		bytes("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	else if (key == 4 || key == 0x0e)
		number(0, 2);
	else if (key == 5)
		number(b->n_cpus, 2);
	else if (key == 0x22)
		number(0xffffffffu, 4);
	else if (key == KEY_FILES)
		for (unsigned i = 0; i < vm.f.n_items; i++)
			if (vm.f.item[i].key == key)
				bytes(vm.f.item[i].data, vm.f.item[i].size);
	if (!b->kernel || model.size)
		return;
	if (key == 0x08)
		number(b->kernel_size, 4);
	else if (key == 0x11)
		bytes(b->kernel, b->kernel_size);
	else if (key == 0x0b && b->initrd)
		number(b->initrd_size, 4);
	else if (key == 0x12 && b->initrd)
		bytes(b->initrd, b->initrd_size);
	else if (key == 0x14)
		number((uint32_t)strlen(b->cmdline) + 1, 4);
	else if (key == 0x15)
		bytes(b->cmdline, (uint32_t)strlen(b->cmdline) + 1);
}

static uint8_t
next(void)
{
	return model.offset < model.size ? model.data[model.offset++] : 0;
}

static bool
in_ram(uint32_t high, uint32_t at, uint32_t len)
{
	return !high && at >= RAM && (uint64_t)at + len <= RAM + SIZE;
}

static uint32_t
ram_word(uint32_t at)
{
	const uint8_t *p = model.ram + (at - RAM);

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t
transfer(uint32_t control, uint32_t len, uint32_t high, uint32_t at)
{
	if (!len)
		return 0;
	if (!(control & READ)) {
		if (!(control & WRITE) && control & SKIP)
			model.offset = len < model.size - model.offset ? model.offset + len : model.size;
		return control & WRITE ? FAILED : 0;
	}
	if (at == RAM + SIZE || !in_ram(high, at, len))
		return FAILED;
	for (uint32_t i = 0; i < len; i++)
		model.ram[at - RAM + i] = next();
	return 0;
}

static void
dma(uint32_t high, uint32_t at)
{
	uint32_t result = FAILED;

	if (in_ram(high, at, 16)) {
		uint32_t control = ram_word(at);

		if (control & SELECT)
			choose(control >> 16);
		result = transfer(control, ram_word(at + 4), ram_word(at + 8), ram_word(at + 12));
	}
	if (in_ram(high, at, 4))
		memcpy(model.ram + (at - RAM), (uint8_t[]){0, 0, 0, (uint8_t)result}, 4);
}

static void
model_write(uint32_t offset, unsigned size, uint32_t value)
{
	uint32_t swapped = __builtin_bswap32(value), high = model.high;

	if (offset == 8 && size == 2)
		choose(swapped >> 16);
	if (offset == 16 && size == 4)
		model.high = swapped;
	if (offset == 20 && size == 4) {
		model.high = 0;
		dma(high, swapped);
	}
}

static uint32_t
model_read(uint32_t offset, unsigned size)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint32_t)(offset == 0    ? next()
				    : offset >= 16 ? (uint8_t) "QEMU CFG"[offset - 16 + i]
						   : 0)
			 << 8 * i;
	return value;
}

// RAM is as the model's, and of what a step changed the monitor was told.
static void
compare(const uint8_t before[SIZE])
{
	HOLDS(!memcmp(vm.ram, model.ram, SIZE));
	for (unsigned i = 0; i < SIZE; i++)
		HOLDS(vm.told[i] || vm.ram[i] == before[i]);
}

static void
access(uint32_t offset, unsigned size, bool write, uint32_t value)
{
	bool aligned = !(offset & (size - 1u)), there = aligned && (offset == 0 || offset >= 16);
	uint32_t got = write ? value : 0xdeadbeefu;
	static uint8_t before[SIZE];
	enum dev_result r;

	memset(vm.told, 0, sizeof(vm.told));
	memcpy(before, vm.ram, SIZE);
	r = dev_access(&vm.bus, 0, GPA(BASE + offset), size, write, &got);

	if (!write) {
		HOLDS(r == (there && offset < 24 ? DEV_OK : DEV_NONE));
		HOLDS(r != DEV_OK || got == model_read(offset, size));
	} else if (aligned && offset < 24) {
		model_write(offset, size, size == 4 ? value : value & ((1u << 8 * size) - 1u));
	}
	compare(before);
}

static void
step(struct fuzz_in *in)
{
	unsigned what = fuzz_take(in, 1), size = 1u << what / 4u % 3u;
	uint32_t at;

	switch (what % 4u) {
	case 0:
		access(fuzz_take(in, 1) % 40u, size, true, fuzz_word(in));
		break;
	case 1:
		access(what & 64u ? 0 : fuzz_take(in, 1) % 40u, size, false, 0);
		break;
	case 2:
		access(8, 2, true, __builtin_bswap32(fuzz_take(in, 1) << 16 | (what & 128u ? 0x40000000u : 0)));
		break;
	default: // a descriptor, of which RAM may have a part
		at = what & 64u ? RAM + fuzz_take(in, 2) % (SIZE + 8u) : fuzz_word(in);
		for (unsigned i = 0; i < 4; i++) {
			uint32_t word = i == 0 ? fuzz_take(in, 1) | fuzz_take(in, 1) << 16 : 0;

			if (i == 1)
				word = what & 128u ? fuzz_take(in, 1) : fuzz_word(in);
			else if (i == 3)
				word = what & 32u ? fuzz_word(in) : RAM + fuzz_take(in, 2) % (SIZE + 8u);
			else if (i == 2)
				word = fuzz_take(in, 1) >> 7;
			if (!in_ram(0, at, 4 * i + 4))
				continue;
			word = __builtin_bswap32(word);
			memcpy(model.ram + (at - RAM) + 4 * i, &word, 4);
			memcpy(vm.ram + (at - RAM) + 4 * i, &word, 4);
		}
		access(20, 4, true, __builtin_bswap32(at));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};

	for (unsigned i = 0; i < IMAGE; i++)
		image[i] = (uint8_t)(i * 7u + 1u);
	vm.boot = &boots[fuzz_take(&in, 1) % ARRAY_LEN(boots)];
	vm.ram = fuzz_guarded(0, SIZE);
	vm.bus = (struct dev_bus){.n_devs = 0};
	vm.mem = (struct gmem){.base = GPA(RAM), .size = SIZE, .host = HPA(vm.ram)};
	memset(vm.ram, 0x55, SIZE);
	memset(&model, 0x55, SIZE);
	vfwcfg_init(&vm.f, vm.boot, &vm.mem, &(struct vfwcfg_cb){written, NULL});
	HOLDS(dev_add(&vm.bus, &vfwcfg_class, GPA(BASE), &vm.f));
	model.high = 0;
	choose(0);
	while (in.left)
		step(&in);
	for (unsigned i = 0; i < IMAGE; i++)
		HOLDS(image[i] == (uint8_t)(i * 7u + 1u));
	return 0;
}
