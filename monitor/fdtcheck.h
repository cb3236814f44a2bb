// SPDX-License-Identifier: MIT
//
// The one gate for flattened device trees and FIT images that come from outside: after it libfdt
// can be let loose on them. libfdt's own fdt_check_full isn't enough: given a tree that calls itself
// older than version 17 (2006) it follows a null pointer; blocks that aren't aligned it reads with instructions that
// want them to be; and up to 1.6.1 it adds a property's length to an offset without a look, so that one a little below
// 4 GiB is taken for negative, handed out as it is, or walked for ever.
#ifndef MONITOR_FDTCHECK_H
#define MONITOR_FDTCHECK_H

#include <libfdt.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define FDTCHECK_VERSION 17u

// Whether each token of the structure block, whose bounds have been checked, lies in it with all that belongs to it.
static inline bool
fdtcheck_tokens(const void *fdt)
{
	const char *block = (const char *)fdt + fdt_off_dt_struct(fdt);
	uint32_t at = 0, size = fdt_size_dt_struct(fdt), len;

	while (at <= size && size - at >= FDT_TAGSIZE) {
		uint32_t token = fdt32_ld((const void *)(block + at)), left;

		at += FDT_TAGSIZE;
		left = size - at;
		if (token == FDT_END)
			return true;
		len = 0;
		if (token == FDT_BEGIN_NODE) {
			len = (uint32_t)strnlen(block + at, left) + 1u;
		} else if (token == FDT_PROP) {
			if (left < 8u || fdt32_ld((const void *)(block + at)) > left - 8u)
				return false;
			len = fdt32_ld((const void *)(block + at)) + 8u;
		} else if (token != FDT_END_NODE && token != FDT_NOP) {
			return false;
		}
		if (len > left)
			return false;
		at += (len + 3u) & ~3u;
	}
	return false;
}

// 0, or a libfdt error, for the at most avail bytes at fdt (8-byte aligned).
static inline int
fdtcheck(const void *fdt, size_t avail)
{
	int err = avail < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED : fdt_check_header(fdt);

	if (err)
		return err;
	if (fdt_version(fdt) < FDTCHECK_VERSION)
		return -FDT_ERR_BADVERSION;
	if (fdt_totalsize(fdt) > avail)
		return -FDT_ERR_TRUNCATED;
	if (fdt_off_mem_rsvmap(fdt) % 8 || fdt_off_dt_struct(fdt) % 4) // Devicetree Specification 0.4, 5.6
		return -FDT_ERR_ALIGNMENT;
	return fdtcheck_tokens(fdt) ? fdt_check_full(fdt, avail) : -FDT_ERR_BADSTRUCTURE;
}

#endif
