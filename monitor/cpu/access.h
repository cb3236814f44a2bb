// SPDX-License-Identifier: MIT
//
// The guest's memory as a VCPU reaches it: translated, checked, and sent to RAM, to a
// tracked page (whose patched copy follows) or to a device.
#ifndef MONITOR_CPU_ACCESS_H
#define MONITOR_CPU_ACCESS_H

#include "monitor/cpu/vcpu.h"

// One access of 1, 2, 4 or 8 bytes at va in the guest's byte order, with the rights of PL1 if
// privileged. False if it faulted: the guest's data abort has been taken then, and
// the instruction is over. One that is unaligned and over two pages or to a device is
// done as QEMU does: two aligned loads, or as many stores as there are bytes, of which
// none is done unless both pages may be written.
bool access_load(struct vcpu *v, gva_t va, unsigned size, bool privileged, uint64_t *value);
bool access_store(struct vcpu *v, gva_t va, unsigned size, bool privileged, uint64_t value);

// The low size bytes of value as they lie in memory in the guest's byte order, and back.
uint64_t access_ordered(const struct vcpu *v, unsigned size, uint64_t value);

// The same of 1, 2 or 4 bytes, naturally aligned if SCTLR.A asks for it.
bool access_read(struct vcpu *v, gva_t va, unsigned size, bool privileged, uint32_t *value);
bool access_write(struct vcpu *v, gva_t va, unsigned size, bool privileged, uint32_t value);

// False, and an alignment fault taken, unless va is a multiple of align.
bool access_aligned(struct vcpu *v, gva_t va, unsigned align, bool write);

// Whether an access would fault, without doing it; takes the abort if so.
bool access_probe(struct vcpu *v, gva_t va, bool write, bool privileged);

// The instruction at the VCPU's PC as the guest's memory has it; false where it
// can't be read (no abort taken).
bool access_insn(struct vcpu *v, gva_t pc, uint32_t *insn);

// The guest's write to [gpa, gpa + len) of RAM has just been done: code pages there
// follow, or go.
void access_code_written(struct vcpu *v, gpa_t gpa, uint32_t len);

// The same of a write by a device, of any length.
void access_dma_written(struct vcpu *v, gpa_t gpa, uint32_t len);

// The code page at va, or NULL.
struct code_page *access_code_page(struct vcpu *v, gva_t va);

// The frame's page is run as code no longer, and may be written directly.
void access_code_drop(struct vcpu *v, gpa_t gpa);

#endif
