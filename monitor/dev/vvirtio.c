// SPDX-License-Identifier: MIT
//
// See vvirtio.h.
#include "monitor/dev/vvirtio.h"

#define MAGIC_VALUE 0x000u
#define VERSION     0x004u
#define VENDOR_ID   0x00cu

#define VIRT_MAGIC  0x74726976u // "virt"
#define VIRT_LEGACY 1u
#define VIRT_VENDOR 0x554d4551u // "QEMU"

static enum dev_result
access(void *state, uint32_t offset, unsigned size, bool write, uint32_t *value)
{
	(void)state;
	(void)size;
	if (write)
		return DEV_OK;
	switch (offset % VVIRTIO_SLOT_SIZE) {
	case MAGIC_VALUE:
		*value = VIRT_MAGIC;
		break;
	case VERSION:
		*value = VIRT_LEGACY;
		break;
	case VENDOR_ID:
		*value = VIRT_VENDOR;
		break;
	default:
		*value = 0;
	}
	return DEV_OK;
}

const struct dev_class vvirtio_class = {
    .name = "virtio-mmio",
    .size = VVIRTIO_SLOTS * VVIRTIO_SLOT_SIZE,
    .access = access,
};
