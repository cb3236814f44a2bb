// SPDX-License-Identifier: MIT
//
// QEMU's 32 virtio-mmio transports, all of them empty (virtio 1.1, 4.2.2: device ID 0, which drivers pass over). As
// QEMU 7.2 has an empty one, they answer to magic, version and vendor at exactly their offsets, the rest reads as zero,
// and writes do nothing. The version is 1, the legacy interface, QEMU's default.
#ifndef MONITOR_DEV_VVIRTIO_H
#define MONITOR_DEV_VVIRTIO_H

#include "monitor/dev/dev.h"

#define VVIRTIO_SLOTS     32u
#define VVIRTIO_SLOT_SIZE 0x200u

extern const struct dev_class vvirtio_class; // all slots in a row, no state

#endif
