// SPDX-License-Identifier: MIT
//
// What the parts of the fuzzer's guest share: the memory map beside case.h's, and what
// setup.c prepares before runner.c runs the cases.
#ifndef FUZZ_RUNNER_H
#define FUZZ_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include "test/fuzz/case.h"

#define RAM   0x40000000u
#define MIB   0x100000u
#define PAGE  4096u
#define ALIAS (FUZZ_WINDOW + 0x10000000u) // of the window, to set and read it
#define EXEC  (FUZZ_WINDOW + 0x18000000u) // of the window, to execute from it
#define GICD  0x08000000u
#define GICC  0x08010000u

// Short descriptors (B3.5.1).
#define L1_TABLE(domain) (0x1u | (domain) << 5)
#define L1_SECTION       0x0000000eu // cacheable, domain 0
#define L1_DEVICE        0x00000016u // XN
#define L1_AP_KERNEL     0x00000400u
#define L1_AP_USER_R     0x00000800u
#define L2_PAGE          0x0000000eu
#define L2_PAGE_DEVICE   0x00000007u // XN
#define L2_AP(rights)    (((rights)&3u) << 4 | ((rights)&4u) << 7)
#define L2_TABLES        (FUZZ_TTBR0 + 0x4000u)

static inline volatile uint32_t *
at(uint32_t address)
{
	return (volatile uint32_t *)address;
}

// The batch in the initrd that the device tree names, or NULL if there is none of this version.
struct fuzz_batch *setup_batch(const uint32_t *dtb);

// Translation tables for the regime of cases with the MMU on. The window's pages stay unmapped.
void setup_tables(void);

// Writes the code of all n cases to their slots, and the pads. False: results->running names a bad case.
bool setup_code(const struct fuzz_case *cases, uint32_t n, struct fuzz_results *results);

// Calls a page of code at its head (runner.S).
void runner_visit(uint32_t page);

// Runs the batch's MMU programs.
void mmu_run_all(const struct fuzz_batch *b, struct fuzz_results *results);

#endif
