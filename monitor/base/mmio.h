// SPDX-License-Identifier: MIT
//
// Accesses to the host's own devices; natively a test's (test/host/fake_arch.h).
#ifndef MONITOR_BASE_MMIO_H
#define MONITOR_BASE_MMIO_H

#include "monitor/base/types.h"

#ifdef __arm__
static inline uint32_t
mmio_read(uint32_t address)
{
	return *(volatile uint32_t *)(uintptr_t)address;
}

static inline void
mmio_write(uint32_t address, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)address = value;
}

static inline void
mmio_write_byte(uint32_t address, uint8_t value)
{
	*(volatile uint8_t *)(uintptr_t)address = value;
}

// Orders accesses to memory that a device reads or writes, and to the device itself (A3.8.3).
static inline void
mmio_barrier(void)
{
	__asm__ volatile("dmb" : : : "memory");
}
#else
uint32_t mmio_read(uint32_t address);
void mmio_write(uint32_t address, uint32_t value);
void mmio_barrier(void);
void mmio_write_byte(uint32_t address, uint8_t value);
#endif

#endif
