// SPDX-License-Identifier: MIT
//
// The FIT image in the monitor's initrd: each of its configurations is one VM. The
// format is that of U-Boot's mkimage (doc/uImage.FIT/source_file_format.txt), with data
// inside the image, uncompressed; beside the images a configuration has
//
//   palimpsest,memory   RAM in MiB, one cell
//   palimpsest,vcpus    one cell; absent: 1
//   palimpsest,bt       "page" (also if absent) or "block"
//   palimpsest,strict   empty, if there: loads of patched code are exact (watch.h)
//   bootargs            the kernel's command line; absent: empty
//
// With an image "firmware" the VM starts as from reset, in flash, and it is the firmware
// that is handed kernel, ramdisk and bootargs, if there is a kernel.
//
// Nothing of a FIT is trusted: it is checked in full before anything is taken from it.
#ifndef MONITOR_IMAGE_FIT_H
#define MONITOR_IMAGE_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIT_VCPUS_MAX  8u
#define FIT_ERROR_NAME 64u // characters

// Points into the FIT, at a multiple of 4 bytes; size 0: absent.
struct fit_blob {
	const void *data;
	uint32_t size;
};

struct fit_vm {
	const char *name; // of the configuration
	struct fit_blob firmware, kernel, ramdisk, fdt;
	uint32_t memory_mib, vcpus;
	const char *bootargs; // never NULL
	bool block;           // the translation policy
	bool strict;          // loads of patched code are exact
};

// What is wrong, to be printed as "where: what".
struct fit_error {
	const char *where; // a node's or property's name, printable and of FIT_ERROR_NAME at most, or "FIT image"
	const char *what;
};

// Reads configuration name (NULL: the default one) of the FIT of at most avail bytes at
// fit (8-byte aligned) into vm. Returns false with *err filled in where the FIT, or what of it
// the configuration names, is malformed. The kernel's contents are not looked at: see image_open.
bool fit_open(const void *fit, size_t avail, const char *name, struct fit_vm *vm, struct fit_error *err);

#endif
