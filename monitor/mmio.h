// SPDX-License-Identifier: MIT
//
// Accesses to the host's own devices.
#ifndef MONITOR_MMIO_H
#define MONITOR_MMIO_H

#include "monitor/types.h"

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

#endif
