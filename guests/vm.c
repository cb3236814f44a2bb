// SPDX-License-Identifier: MIT
//
// Reads and checks a VM's files with the monitor's own checks, so that what the monitor
// would refuse is refused before QEMU starts, with the name of the file.
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "guests/error.h"
#include "guests/vm.h"
#include "monitor/fdtcheck.h"
#include "monitor/guestfdt.h"
#include "monitor/image.h"

#define MIB      0x100000u
#define RAM_BASE 0x40000000u // of QEMU's virt

// The device tree of the machine, with an initrd at these addresses if they differ.
static struct file
make_dtb(const struct vm *vm, uint32_t initrd_start, uint32_t initrd_end)
{
	const struct options *o = vm->options;
	struct guestfdt_cfg cfg = {
	    .ram_base = RAM_BASE,
	    .ram_size = o->memory_mib * MIB,
	    .n_cpus = 1,
	    .firmware = o->bios != NULL,
	    .bootargs = o->append,
	    .initrd_start = initrd_start,
	    .initrd_end = initrd_end,
	};
	struct file f = {.path = "device tree", .data = must_alloc(IMAGE_DTB_ROOM)};
	int size;

	if (vm->dtb.path)
		size = guestfdt_patch(f.data, IMAGE_DTB_ROOM, vm->dtb.data, vm->dtb.size, &cfg);
	else
		size = guestfdt_build(f.data, IMAGE_DTB_ROOM, &cfg);
	if (size == -FDT_ERR_NOSPACE)
		fail(EXIT_INPUT, "%s: a device tree of more than the %u KiB there is room for", vm->dtb.path,
		     IMAGE_DTB_ROOM / 1024);
	if (size < 0)
		fail(EXIT_INPUT, "%s: %s", vm->dtb.path ? vm->dtb.path : f.path, fdt_strerror(size));
	f.size = (size_t)size;
	return f;
}

struct file
vm_dtb(const struct vm *vm)
{
	return make_dtb(vm, 0, 0);
}

// image_place speaks of one file; name it. The loader's addresses must find room in the device tree, too.
static void
check_fit(const struct vm *vm)
{
	struct file dtb = make_dtb(vm, 0, vm->initrd.path && !vm->firmware.path);
	size_t sizes[3] = {vm->kernel.size, vm->initrd.size, IMAGE_DTB_ROOM};
	const char *names[3] = {vm->kernel.path, vm->initrd.path, vm->dtb.path ? vm->dtb.path : dtb.path};
	struct image_layout layout;
	unsigned which = 0;
	const char *what = NULL;

	if (!vm->firmware.path) // which does that itself
		what = image_place(&layout, RAM_BASE, vm->options->memory_mib * MIB, sizes, &which);
	file_free(&dtb);
	if (what)
		fail(EXIT_INPUT, "%s: %s (-m %u)", names[which], what, vm->options->memory_mib);
}

// A bare QEMU reads the files again by itself: from a pipe there is nothing more to come, or it waits for ever.
static void
check_native(const struct options *o)
{
	const char *const paths[] = {o->bios, o->kernel, o->initrd, o->dtb};
	struct stat st;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (paths[i] && !stat(paths[i], &st) && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
			fail(EXIT_INPUT, "%s: is a pipe, and --native needs a file, which QEMU reads once more",
			     paths[i]);
}

void
vm_load(struct vm *vm, const struct options *o)
{
	uint64_t ram = (uint64_t)o->memory_mib * MIB;
	const char *what;

	*vm = (struct vm){.options = o};
	if (o->native)
		check_native(o);
	vm->firmware = file_read(o->bios, IMAGE_FLASH_SIZE, "flash");
	vm->kernel = file_read(o->kernel, ram, "RAM");
	what = o->bios ? NULL : image_check(vm->kernel.data, vm->kernel.size); // firmware has its own idea of kernels
	if (what)
		fail(EXIT_INPUT, "%s: %s", o->kernel, what);
	vm->initrd = file_read(o->initrd, ram, "RAM");
	vm->dtb = file_read(o->dtb, ram, "RAM");
	if (o->dtb && fdtcheck(vm->dtb.data, vm->dtb.size))
		fail(EXIT_INPUT, "%s: is not a device tree, or a damaged one", o->dtb);
	if (o->dtb && !fdt_pack(vm->dtb.data)) // QEMU's dumpdtb leaves a MiB of air in it
		vm->dtb.size = fdt_totalsize(vm->dtb.data);
	check_fit(vm);
}

void
vm_free(struct vm *vm)
{
	file_free(&vm->firmware);
	file_free(&vm->kernel);
	file_free(&vm->initrd);
	file_free(&vm->dtb);
}
