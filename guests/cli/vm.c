// SPDX-License-Identifier: MIT
//
// Reads and checks a VM's files with the monitor's own checks, so that what the monitor
// would refuse is refused before QEMU starts, with the name of the file.
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "guests/cli/error.h"
#include "guests/cli/uimage.h"
#include "guests/cli/vm.h"
#include "monitor/base/fdtcheck.h"
#include "monitor/image/guestfdt.h"
#include "monitor/image/image.h"

#define MIB        0x100000u
#define RAM_BASE   0x40000000u // of QEMU's virt
#define KERNEL_MAX 0x20000000u // bytes: an ELF file may be much more than what is loaded of it

// QEMU makes more than twice its size of a tree that it is given: of this as much as it has for its own.
#define NATIVE_DTB_SIZE (0x100000u / 2u - 10000u)

// The device tree of the machine, with an initrd at these addresses if they differ.
static struct file
make_dtb(const struct vm *vm, uint32_t initrd_start, uint32_t initrd_end)
{
	const struct options *o = vm->options;
	struct guestfdt_cfg cfg = {
	    .ram_base = RAM_BASE,
	    .ram_size = o->memory_mib * MIB,
	    .n_cpus = 1,
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
	struct file dtb = make_dtb(vm, 0, 0), padded = {.path = dtb.path, .size = NATIVE_DTB_SIZE};

	padded.data = must_alloc(padded.size);
	memcpy(padded.data, dtb.data, dtb.size);
	file_free(&dtb);
	return padded;
}

// What is there of the kernel that is no firmware's business, and where it goes.
static void
place_kernel(struct vm *vm, struct image_layout *at)
{
	size_t initrd_size = vm->initrd.size;
	const char *names[3] = {vm->kernel.path, vm->initrd.path, vm->dtb.path ? vm->dtb.path : "device tree"};
	struct image image;
	unsigned which = 0;
	const char *what;

	uimage_unpack(&vm->kernel);
	what = image_open(&image, vm->kernel.data, vm->kernel.size, RAM_BASE);
	if (what)
		fail(EXIT_INPUT, "%s: %s", vm->kernel.path, what);
	image_initrd(vm->initrd.data, &initrd_size);
	what = image_place(at, &image, RAM_BASE, vm->options->memory_mib * MIB, initrd_size,
			   image_dtb_size(vm->dtb.size), &which);
	if (what)
		fail(EXIT_INPUT, "%s: %s (-m %u)", names[which], what, vm->options->memory_mib);
	vm->kernel.size = image.extent; // less what debuggers read of an ELF file
	vm->flash = (size_t)image_flash_blocks(&image, at) * IMAGE_FLASH_BLOCK;
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
	struct image_layout at = {0};
	struct file dtb;

	*vm = (struct vm){.options = o};
	if (o->native)
		check_native(o);
	vm->firmware = file_read(o->bios, IMAGE_FLASH_SIZE, "flash");
	vm->kernel = file_read(o->kernel, KERNEL_MAX, "RAM");
	vm->initrd = file_read(o->initrd, ram, "RAM");
	vm->dtb = file_read(o->dtb, ram, "RAM");
	if (o->dtb && fdtcheck(vm->dtb.data, vm->dtb.size))
		fail(EXIT_INPUT, "%s: is not a device tree, or a damaged one", o->dtb);
	if (o->dtb)
		fdt_pack(vm->dtb.data); // QEMU's dumpdtb leaves a MiB of air in it
	vm->flash = vm->firmware.size;
	if (!o->bios) // firmware has its own idea of kernels
		place_kernel(vm, &at);
	dtb = make_dtb(vm, at.initrd_start, at.initrd_end); // which must find room
	file_free(&dtb);
}

void
vm_free(struct vm *vm)
{
	file_free(&vm->firmware);
	file_free(&vm->kernel);
	file_free(&vm->initrd);
	file_free(&vm->dtb);
}
