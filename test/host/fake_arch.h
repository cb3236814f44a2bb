// SPDX-License-Identifier: MIT
//
// The recording fake of monitor/base/arch.h, and of sysreg.h and mmio.h: tests look at what was asked of the core.
// Where the order matters, of barriers and of operations of TLB and caches, there is a log of it, in words: what
// arch.h's functions are called without "arch_", registers written by their names, "dsb", "isb".
#ifndef TEST_HOST_FAKE_ARCH_H
#define TEST_HOST_FAKE_ARCH_H

#include "monitor/base/types.h"

enum fake_tlbi { TLBI_ALL, TLBI_ASID, TLBI_VA };

struct fake_arch {
	unsigned sync_code, flush_dcache, tlbi_all, tlbi_asid, tlbi_va; // calls so far
	const void *last_sync;
	uint32_t last_asid, last_va;
	void (*on_tlbi)(enum fake_tlbi kind, uint32_t what); // if set; what: the ASID or address
	void (*on_barrier)(void); // if set; before any barrier that makes table writes visible, TLB operations' too
};

extern struct fake_arch fake_arch;

// What was noted since the last call, its words one blank apart; of very much, the last.
const char *fake_arch_log(void);

// Accesses to the host's devices go to these, if set.
extern uint32_t (*fake_mmio_read)(uint32_t address);
extern void (*fake_mmio_write)(uint32_t address, uint32_t value);

#endif
