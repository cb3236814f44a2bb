// SPDX-License-Identifier: MIT
//
// The one gate for flattened device trees and FIT images that come from outside: after it libfdt
// can be let loose on them. libfdt's own fdt_check_full isn't enough: given a tree that calls itself
// older than version 17 (2006) it follows a null pointer.
#ifndef MONITOR_FDTCHECK_H
#define MONITOR_FDTCHECK_H

#include <libfdt.h>

#define FDTCHECK_VERSION 17u

// 0, or a libfdt error, for the at most avail bytes at fdt (8-byte aligned).
static inline int
fdtcheck(const void *fdt, size_t avail)
{
	int err = avail < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED : fdt_check_header(fdt);

	if (err)
		return err;
	if (fdt_version(fdt) < FDTCHECK_VERSION)
		return -FDT_ERR_BADVERSION;
	return fdt_totalsize(fdt) > avail ? -FDT_ERR_TRUNCATED : fdt_check_full(fdt, avail);
}

#endif
