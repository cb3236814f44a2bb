// SPDX-License-Identifier: MIT
//
// Writes a VM's FIT image with libfdt's sequential functions. The same files and
// options give the same bytes: the timestamp, which U-Boot demands, is the kernel's, or
// $SOURCE_DATE_EPOCH.
//
// Format: U-Boot's doc/uImage.FIT/source_file_format.txt.
#include <errno.h>
#include <libfdt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "guests/cli/error.h"
#include "guests/cli/vm.h"

#define CONFIG   "vm-1"
#define OVERHEAD 8192u // of all nodes, with the longest command line

// An image: its node's name, which is also the configuration's property for it.
struct image {
	const char *name, *type, *description;
	const struct file *file;
};

struct writer {
	void *fdt;
	int err; // the first one sticks
};

static void
keep(struct writer *w, int err)
{
	w->err = w->err ? w->err : err;
}

static void
begin(struct writer *w, const char *name)
{
	keep(w, fdt_begin_node(w->fdt, name));
}

static void
end(struct writer *w)
{
	keep(w, fdt_end_node(w->fdt));
}

static void
string(struct writer *w, const char *name, const char *value)
{
	keep(w, fdt_property(w->fdt, name, value, (int)strlen(value) + 1));
}

static void
cell(struct writer *w, const char *name, uint32_t value)
{
	keep(w, fdt_property_u32(w->fdt, name, value));
}

static void
write_image(struct writer *w, const struct image *image)
{
	const struct file *file = image->file;

	begin(w, image->name);
	string(w, "description", image->description);
	keep(w, fdt_property(w->fdt, "data", file->data, (int)file->size));
	string(w, "type", image->type);
	string(w, "arch", "arm");
	string(w, "os", "linux");
	string(w, "compression", "none");
	begin(w, "hash-1");
	string(w, "algo", "crc32");
	cell(w, "value", (uint32_t)crc32_z(0, file->data, file->size));
	end(w);
	end(w);
}

static void
write_config(struct writer *w, const struct options *o, const struct image *images, size_t n)
{
	begin(w, "configurations");
	string(w, "default", CONFIG);
	begin(w, CONFIG);
	string(w, "description", "A VM for the Palimpsest monitor");
	for (size_t i = 0; i < n; i++)
		if (images[i].file->path)
			string(w, images[i].name, images[i].name);
	cell(w, "palimpsest,memory", o->memory_mib);
	cell(w, "palimpsest,vcpus", 1);
	string(w, "palimpsest,bt", o->bt);
	if (o->strict)
		keep(w, fdt_property(w->fdt, "palimpsest,strict", "", 0));
	string(w, "bootargs", o->append);
	end(w);
	end(w);
}

static uint32_t
timestamp(const struct vm *vm)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	unsigned long long seconds;
	char *end;

	if (!epoch)
		return (uint32_t)(vm->kernel.path ? vm->kernel : vm->firmware).mtime;
	errno = 0;
	seconds = strtoull(epoch, &end, 10);
	if (*epoch < '0' || *epoch > '9' || *end || errno || seconds > UINT32_MAX)
		fail(EXIT_INPUT, "SOURCE_DATE_EPOCH=%s: not a number of seconds of 32 bits", epoch);
	return (uint32_t)seconds;
}

struct file
vm_fit(const struct vm *vm)
{
	const struct image images[] = {{"firmware", "firmware", "firmware", &vm->firmware},
				       {"kernel", "kernel", "kernel", &vm->kernel},
				       {"ramdisk", "ramdisk", "initramfs", &vm->initrd},
				       {"fdt", "flat_dt", "device tree", &vm->dtb}};
	size_t n = sizeof(images) / sizeof(images[0]);
	struct file f = {.path = "FIT image", .size = OVERHEAD};
	struct writer w = {0};

	for (size_t i = 0; i < n; i++)
		f.size += images[i].file->size;
	if (f.size > INT_MAX)
		fail(EXIT_INPUT, "%s: more than 2 GiB", f.path);
	f.data = must_alloc(f.size);
	w.fdt = f.data;
	keep(&w, fdt_create(w.fdt, (int)f.size));
	keep(&w, fdt_finish_reservemap(w.fdt));
	begin(&w, "");
	cell(&w, "timestamp", timestamp(vm));
	string(&w, "description", "Palimpsest VM");
	cell(&w, "#address-cells", 1);
	begin(&w, "images");
	for (size_t i = 0; i < n; i++)
		if (images[i].file->path)
			write_image(&w, &images[i]);
	end(&w);
	write_config(&w, vm->options, images, n);
	end(&w);
	keep(&w, fdt_finish(w.fdt));
	if (w.err)
		fail(EXIT_MONITOR, "FIT image: %s", fdt_strerror(w.err));
	f.size = fdt_totalsize(f.data);
	return f;
}
