// SPDX-License-Identifier: MIT
// uses: monitor/fit.c monitor/image.c
// libs: -lfdt
//
// The FIT reader on any bytes: refused with a name and a reason, or all that it gives is inside.
#include "monitor/fit.h"
#include "monitor/image.h"
#include "test/libfuzzer/fuzz.h"

static void
within(const char *fit, size_t size, const struct fit_blob *blob)
{
	const char *p = blob->data;

	HOLDS(!blob->size || (p >= fit && blob->size <= size && (size_t)(p - fit) <= size - blob->size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *fit = aligned_alloc(8, (size + 8) & ~(size_t)7); // no larger: what is behind it is noticed
	struct fit_error err = {NULL, NULL};
	struct fit_vm vm;

	memcpy(fit, data, size);
	if (fit_open(fit, size, NULL, &vm, &err)) {
		within(fit, size, &vm.kernel);
		within(fit, size, &vm.ramdisk);
		within(fit, size, &vm.fdt);
		HOLDS(vm.kernel.size && vm.name && strlen(vm.bootargs) <= IMAGE_BOOTARGS_MAX);
		HOLDS(vm.memory_mib >= IMAGE_RAM_MIN_MIB && vm.memory_mib <= IMAGE_RAM_MAX_MIB);
		HOLDS(vm.vcpus >= 1 && vm.vcpus <= FIT_VCPUS_MAX);
		image_check(vm.kernel.data, vm.kernel.size);
	} else {
		HOLDS(err.where && *err.where && err.what && *err.what);
	}
	free(fit);
	return 0;
}
