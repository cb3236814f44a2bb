// SPDX-License-Identifier: MIT
//
// Reads a FIT with libfdt. fdtcheck comes first: after it every node, name and
// property lies within the image, so that what follows only has to ask whether things
// are there and of the right kind. Hashes are U-Boot's business: they are not checked.
#include <libfdt.h>
#include <string.h>
#include "monitor/base/fdtcheck.h"
#include "monitor/image/fit.h"
#include "monitor/image/image.h"

struct reader {
	const void *fit;
	int images, config; // node offsets
	struct fit_error *err;
};

// What is to be said of an image is one line, whatever names are in it.
static const char *
printable(const char *name)
{
	size_t len = strlen(name);

	if (len > FIT_ERROR_NAME)
		return "an overlong name";
	for (size_t n = 0; n < len; n++)
		if (name[n] < ' ' || name[n] > '~')
			return "a name that can't be printed";
	return len ? name : "an empty name";
}

static bool
fail(struct reader *r, const char *where, const char *what)
{
	*r->err = (struct fit_error){printable(where), what};
	return false;
}

// A property that is a string: false where it is present and malformed; NULL where absent.
static bool
get_string(struct reader *r, int node, const char *name, const char **value)
{
	int len;

	*value = fdt_getprop(r->fit, node, name, &len);
	if (*value && (len < 1 || strnlen(*value, (size_t)len) != (size_t)len - 1))
		return fail(r, name, "is not a string");
	return true;
}

// A one-cell property between min and max; absent_value 0: must be there.
static bool
get_cell(struct reader *r, const char *name, uint32_t min, uint32_t max, uint32_t absent_value, uint32_t *value)
{
	int len;
	const void *cell = fdt_getprop(r->fit, r->config, name, &len);

	if (!cell && !absent_value)
		return fail(r, name, "is missing");
	if (cell && len != 4)
		return fail(r, name, "is not one cell");
	*value = cell ? fdt32_ld(cell) : absent_value;
	return (*value >= min && *value <= max) || fail(r, name, "is out of range");
}

static bool
get_flag(struct reader *r, const char *name, bool *value)
{
	int len;

	*value = fdt_getprop(r->fit, r->config, name, &len) != NULL;
	return !*value || !len || fail(r, name, "is not empty");
}

static bool
want(struct reader *r, int node, const char *property, const char *value)
{
	const char *s;

	if (!get_string(r, node, property, &s))
		return false;
	return (s && !strcmp(s, value)) ||
	       fail(r, fdt_get_name(r->fit, node, NULL), "is of the wrong type, arch or compression");
}

// The image that property kind of the configuration names; kind is also the image's type,
// but for "fdt", whose type is "flat_dt".
static bool
get_image(struct reader *r, const char *kind, const char *type, bool required, struct fit_blob *blob)
{
	const char *name, *data;
	int node, len;

	*blob = (struct fit_blob){NULL, 0};
	if (!get_string(r, r->config, kind, &name))
		return false;
	if (!name)
		return !required || fail(r, kind, "is missing in the configuration");
	node = fdt_subnode_offset(r->fit, r->images, name);
	if (node < 0)
		return fail(r, name, "is not among the images");
	if (!want(r, node, "type", type) || !want(r, node, "arch", "arm") || !want(r, node, "compression", "none"))
		return false;
	data = fdt_getprop(r->fit, node, "data", &len);
	if (!data || !len)
		return fail(r, name, "has no data inside the FIT");
	*blob = (struct fit_blob){data, (uint32_t)len};
	return true;
}

static bool
find_config(struct reader *r, const char *name, struct fit_vm *vm)
{
	int configs = fdt_path_offset(r->fit, "/configurations");

	r->images = fdt_path_offset(r->fit, "/images");
	if (r->images < 0 || configs < 0)
		return fail(r, r->images < 0 ? "/images" : "/configurations", "is missing");
	if (!name && !get_string(r, configs, "default", &name))
		return false;
	if (!name)
		return fail(r, "default", "is missing");
	r->config = fdt_subnode_offset(r->fit, configs, name);
	if (r->config < 0)
		return fail(r, name, "is not among the configurations");
	vm->name = fdt_get_name(r->fit, r->config, NULL);
	return true;
}

bool
fit_open(const void *fit, size_t avail, const char *name, struct fit_vm *vm, struct fit_error *err)
{
	struct reader r = {.fit = fit, .err = err};
	const char *bt;

	memset(vm, 0, sizeof(*vm));
	if (avail < sizeof(struct fdt_header) || fdt_magic(fit) != FDT_MAGIC)
		return fail(&r, "FIT image", "is missing");
	if (fdtcheck(fit, avail))
		return fail(&r, "FIT image", "is truncated or damaged");
	if (!find_config(&r, name, vm))
		return false;
	if (!get_image(&r, "firmware", "firmware", false, &vm->firmware) ||
	    !get_image(&r, "kernel", "kernel", !vm->firmware.size, &vm->kernel) ||
	    !get_image(&r, "ramdisk", "ramdisk", false, &vm->ramdisk) ||
	    !get_image(&r, "fdt", "flat_dt", false, &vm->fdt))
		return false;
	if (vm->firmware.size > IMAGE_FLASH_SIZE)
		return fail(&r, "firmware", "doesn't fit in the VM's flash");
	if (!get_cell(&r, "palimpsest,memory", IMAGE_RAM_MIN_MIB, IMAGE_RAM_MAX_MIB, 0, &vm->memory_mib) ||
	    !get_cell(&r, "palimpsest,vcpus", 1, FIT_VCPUS_MAX, 1, &vm->vcpus))
		return false;
	if (!get_flag(&r, "palimpsest,strict", &vm->strict))
		return false;
	if (!get_string(&r, r.config, "bootargs", &vm->bootargs) || !get_string(&r, r.config, "palimpsest,bt", &bt))
		return false;
	vm->bootargs = vm->bootargs ? vm->bootargs : "";
	if (strlen(vm->bootargs) > IMAGE_BOOTARGS_MAX)
		return fail(&r, "bootargs", "is too long");
	vm->block = bt && !strcmp(bt, "block");
	return !bt || vm->block || !strcmp(bt, "page") || fail(&r, "palimpsest,bt", "is neither page nor block");
}
