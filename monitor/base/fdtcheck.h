// SPDX-License-Identifier: MIT
//
// The one gate for flattened device trees and FIT images that come from outside: after it libfdt
// can be let loose on them. libfdt's own fdt_check_full isn't enough: given a tree that calls itself
// older than version 17 (2006) it follows a null pointer; blocks that aren't aligned it reads with instructions that
// want them to be; up to 1.6.1 it adds a property's length to an offset without a look, so that one a little below
// 4 GiB is taken for negative, handed out as it is, or walked for ever; and memory reservations whose list doesn't end
// before the next block make fdt_pack write beyond the tree.
#ifndef MONITOR_BASE_FDTCHECK_H
#define MONITOR_BASE_FDTCHECK_H

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

static inline int
fdtcheck_structure(const void *fdt, size_t avail)
{
	return fdtcheck_tokens(fdt) ? fdt_check_full(fdt, avail) : -FDT_ERR_BADSTRUCTURE;
}

static inline bool
fdtcheck_apart(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return !b_size || a + (uint64_t)a_size <= b || b + (uint64_t)b_size <= a;
}

// Whether the list of reservations, which has been found to end, ends before anything else begins.
static inline bool
fdtcheck_reserved(const void *fdt)
{
	uint32_t at = fdt_off_mem_rsvmap(fdt);
	uint32_t size = (uint32_t)(fdt_num_mem_rsv(fdt) + 1) * (uint32_t)sizeof(struct fdt_reserve_entry);

	return fdtcheck_apart(at, size, fdt_off_dt_struct(fdt), fdt_size_dt_struct(fdt)) &&
	       fdtcheck_apart(at, size, fdt_off_dt_strings(fdt), fdt_size_dt_strings(fdt));
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
	err = fdtcheck_structure(fdt, avail);
	return err || fdtcheck_reserved(fdt) ? err : -FDT_ERR_BADLAYOUT;
}

#endif
