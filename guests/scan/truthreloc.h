// SPDX-License-Identifier: MIT
//
// Relocations of ARM objects, as far as they make code and data look as they do in memory (IHI 0044, 4.6.1).
#ifndef GUESTS_SCAN_TRUTHRELOC_H
#define GUESTS_SCAN_TRUTHRELOC_H

#include <stdint.h>

// Applies the relocation of this type to the four bytes that will be at address `at`; to is the symbol's address, with
// bit 0 set for Thumb. What doesn't fit is cut off.
void truthreloc_apply(uint8_t *where, uint32_t at, unsigned type, uint32_t to);

#endif
