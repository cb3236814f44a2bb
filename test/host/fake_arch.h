// SPDX-License-Identifier: MIT
//
// The recording fake of monitor/arch.h: tests look at what was asked of the core.
#ifndef TEST_HOST_FAKE_ARCH_H
#define TEST_HOST_FAKE_ARCH_H

#include "monitor/types.h"

struct fake_arch {
	unsigned sync_code, flush_dcache, tlbi_all, tlbi_asid, tlbi_va; // calls so far
	const void *last_sync;
	uint32_t last_asid, last_va;
};

extern struct fake_arch fake_arch;

#endif
