// SPDX-License-Identifier: MIT
//
// The device tree a guest is handed: that of QEMU 7.2's `virt` with GICv2, less what
// the VM does not have (PCIe, v2m, PMU, platform bus, virtio), so that
// what boots bare on QEMU finds the same machine here. Uses nothing but libfdt: the
// host command is built from it too, and gives the same tree to a bare QEMU.
#ifndef MONITOR_IMAGE_GUESTFDT_H
#define MONITOR_IMAGE_GUESTFDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUESTFDT_MAX_CPUS 8u

struct guestfdt_cfg {
	uint32_t ram_base, ram_size;       // bytes
	unsigned n_cpus;                   // 1 to GUESTFDT_MAX_CPUS; guestfdt_patch leaves the DTB's
	const char *bootargs;              // NULL or "": none
	uint32_t initrd_start, initrd_end; // guest-physical, end exclusive; equal: none
	const void *rng_seed;              // NULL: none
	size_t rng_seed_len;
};

// Builds the tree in buf. Returns its size in bytes or a negative libfdt error (-FDT_ERR_NOSPACE: buf is too small).
int guestfdt_build(void *buf, size_t size, const struct guestfdt_cfg *cfg);

// Copies a user's DTB to buf and sets memory, bootargs and initrd in it, as QEMU does with -dtb; a tree without /psci
// gets that node. dtb is 8-byte aligned and is checked in full first. Returns as guestfdt_build.
int guestfdt_patch(void *buf, size_t size, const void *dtb, size_t dtb_size, const struct guestfdt_cfg *cfg);

// Leaves room within the tree in buf, of size bytes, for what its reader adds to it where it lies, as QEMU's loader
// does: it has padded bytes then, of which those beyond buf are the caller's to provide. Returns how many are in buf,
// or a libfdt error.
int guestfdt_pad(void *buf, size_t size, uint32_t padded);

#endif
