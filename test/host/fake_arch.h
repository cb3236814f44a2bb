// SPDX-License-Identifier: MIT
//
// The recording fake of monitor/arch.h: tests look at what was asked of the core.
#ifndef TEST_HOST_FAKE_ARCH_H
#define TEST_HOST_FAKE_ARCH_H

#include "monitor/types.h"

enum fake_tlbi { TLBI_ALL, TLBI_ASID, TLBI_VA };

struct fake_arch {
	unsigned sync_code, flush_dcache, tlbi_all, tlbi_asid, tlbi_va; // calls so far
	const void *last_sync;
	uint32_t last_asid, last_va;
	void (*on_tlbi)(enum fake_tlbi kind, uint32_t what); // if set; what: the ASID or address
};

extern struct fake_arch fake_arch;

#endif
