// SPDX-License-Identifier: MIT
// uses: guests/cli/vm.c guests/cli/uimage.c guests/cli/unpack.c guests/cli/fitwrite.c monitor/image/fit.c monitor/image/image.c monitor/image/elf.c monitor/image/foreign.c monitor/image/place.c monitor/image/guestfdt.c
// libs: -lfdt -lz -llzma
// len: 1024
//
// From files to the FIT image and back: whatever files and options the command takes, it writes an image, the same
// each time, of which the monitor's reader gives all of it back, and that the monitor can place and start;
// anything else it refuses itself, with status 1.
#include <setjmp.h>
#include "guests/cli/error.h"
#include "guests/cli/vm.h"
#include "monitor/image/fit.h"
#include "monitor/image/guestfdt.h"
#include "monitor/image/image.h"
#include "test/libfuzzer/tree.h"

#define MIB      0x100000u
#define RAM_BASE 0x40000000u

static const char *const words[] = {"memory", "chosen", "#address-cells", "#size-cells", "bootargs", "psci", "x", NULL};

static struct file files[4];
static const char *const names[4] = {"firmware", "kernel", "initrd", "dtb"};
static jmp_buf refused;

void
fail(enum exit_status status, const char *fmt, ...)
{
	HOLDS(status == EXIT_INPUT && fmt && *fmt);
	longjmp(refused, 1);
}

void *
must_alloc(size_t size)
{
	return calloc(1, size ? size : 1);
}

struct file
file_read(const char *path, uint64_t max, const char *where)
{
	struct file f = {.path = path};

	for (unsigned i = 0; path && i < 4; i++)
		if (!strcmp(path, names[i])) {
			if (files[i].size > max)
				fail(EXIT_INPUT, "%s: doesn't fit in the VM's %s", path, where);
			if (!files[i].size)
				fail(EXIT_INPUT, "%s: is empty", path);
			f.size = files[i].size;
			f.mtime = files[i].mtime;
			f.data = malloc(f.size);
			memcpy(f.data, files[i].data, f.size);
		}
	return f;
}

void
file_free(struct file *f)
{
	free(f->data);
	f->data = NULL;
}

static void
same(const struct fit_blob *blob, const struct file *f, bool given)
{
	HOLDS(blob->size == (given ? f->size : 0) && (!given || !memcmp(blob->data, f->data, f->size)));
}

// What monitor/vm/vm.c does before it starts a guest.
static void
load(const struct fit_vm *cfg)
{
	static uint64_t dtb[IMAGE_DTB_ROOM / 8];
	size_t initrd = cfg->ramdisk.size;
	struct guestfdt_cfg tree = {.ram_base = RAM_BASE, .ram_size = cfg->memory_mib * MIB, .n_cpus = cfg->vcpus};
	struct image_layout at = {0};
	struct image image;
	unsigned which;

	if (!cfg->firmware.size) {
		HOLDS(!image_open(&image, cfg->kernel.data, cfg->kernel.size, RAM_BASE));
		image_initrd(cfg->ramdisk.data, &initrd);
		HOLDS(
		    !image_place(&at, &image, RAM_BASE, tree.ram_size, initrd, image_dtb_size(cfg->fdt.size), &which));
	}
	tree.bootargs = cfg->bootargs;
	tree.initrd_start = at.initrd_start;
	tree.initrd_end = at.initrd_end;
	if (cfg->fdt.size)
		HOLDS(guestfdt_patch(dtb, sizeof(dtb), cfg->fdt.data, cfg->fdt.size, &tree) > 0);
	else
		HOLDS(guestfdt_build(dtb, sizeof(dtb), &tree) > 0);
	HOLDS(guestfdt_pad(dtb, sizeof(dtb), image_dtb_size(cfg->fdt.size)) > 0);
}

static void
check(const struct vm *vm)
{
	const struct options *o = vm->options;
	struct file fit = vm_fit(vm), again = vm_fit(vm);
	struct fit_error err;
	struct fit_vm cfg;

	HOLDS(fit.size == again.size && !memcmp(fit.data, again.data, fit.size));
	HOLDS(fit_open(fit.data, fit.size, NULL, &cfg, &err));
	same(&cfg.firmware, &vm->firmware, o->bios);
	same(&cfg.kernel, &vm->kernel, o->kernel);
	same(&cfg.ramdisk, &vm->initrd, o->initrd);
	same(&cfg.fdt, &vm->dtb, o->dtb);
	HOLDS(cfg.memory_mib == o->memory_mib && cfg.vcpus == 1 && !strcmp(cfg.bootargs, o->append));
	HOLDS(cfg.block == !strcmp(o->bt, "block") && cfg.strict == o->strict);
	load(&cfg);
	file_free(&fit);
	file_free(&again);
}

static void
take_file(struct file *f, struct fuzz_in *in)
{
	static const uint8_t uimage[] = {0x27, 0x05, 0x19, 0x56};
	static const uint8_t zimage[] = {[0x24] = 0x18, 0x28, 0x6f, 0x01, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4};
	uint32_t what = fuzz_take(in, 1), size = fuzz_take(in, what & 1u ? 1 : 2);

	f->size = size;
	f->data = calloc(1, size + 0x40);
	f->mtime = what;
	if (what & 8u) {
		for (unsigned i = 0x0c; i < 0x20; i++)
			f->data[i] = (uint8_t)fuzz_take(in, 1);
		for (uint32_t i = 0x40; i < size; i++)
			f->data[i] = (uint8_t)fuzz_take(in, 1);
		memcpy(f->data, uimage, sizeof(uimage));
	} else if (what & 2u) {
		memcpy(f->data, zimage, sizeof(zimage));
	} else {
		f->data[3] = (uint8_t)(what & 4u ? 0xe3 : fuzz_take(in, 1));
	}
}

static void
take_dtb(struct file *f, struct fuzz_in *in)
{
	static struct tree t;
	uint32_t filler = fuzz_take(in, 2);
	void *made;

	tree_start(&t, words);
	TREE_CELLS(&t, 0, "#address-cells", 1);
	TREE_CELLS(&t, 0, "#size-cells", 1);
	if (filler > 0x100u && filler < 0xff80u) {
		static uint8_t zeros[0x10000];

		tree_value(&t, 0, "filler", zeros, filler);
	}
	tree_node(&t, 0, "chosen");
	made = tree_make(&t, in, 0, &f->size);
	f->data = malloc(f->size + 1);
	memcpy(f->data, made, f->size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char append[IMAGE_BOOTARGS_MAX + 1];
	struct fuzz_in in = {data, size};
	uint32_t what = fuzz_take(&in, 1), mib = fuzz_take(&in, 2), len = fuzz_take(&in, 2) % sizeof(append);
	struct options o = {.bt = what & 1u ? "block" : "page", .strict = what & 2u, .append = append};
	static struct vm vm;

	memset(append, 'a', len);
	append[len] = '\0';
	o.memory_mib = IMAGE_RAM_MIN_MIB + mib % (mib & 0x8000u ? 4u : IMAGE_RAM_MAX_MIB - IMAGE_RAM_MIN_MIB + 1u);
	o.bios = what & 4u ? names[0] : NULL;
	o.kernel = what & 8u || !o.bios ? names[1] : NULL;
	o.initrd = what & 16u ? names[2] : NULL;
	o.dtb = what & 32u ? names[3] : NULL;
	for (unsigned i = 0; i < 3; i++)
		take_file(&files[i], &in);
	take_dtb(&files[3], &in);
	if (!setjmp(refused)) {
		vm_load(&vm, &o);
		check(&vm);
	}
	vm_free(&vm);
	for (unsigned i = 0; i < 4; i++)
		file_free(&files[i]);
	return 0;
}
