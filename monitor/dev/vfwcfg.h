// SPDX-License-Identifier: MIT
//
// QEMU's fw_cfg device at its place in `virt`, by which firmware is handed what -kernel,
// -initrd and -append name (QEMU's docs/specs/fw_cfg.txt): data register at 0, selector
// at 8, DMA address at 16, all of them big-endian. Items are the ones QEMU has there,
// without its ACPI and SMBIOS tables; none can be written.
#ifndef MONITOR_DEV_VFWCFG_H
#define MONITOR_DEV_VFWCFG_H

#include "mmu/gmem.h"
#include "monitor/dev/dev.h"

#define VFWCFG_ITEMS 24u

struct vfwcfg_item {
	uint16_t key;
	uint32_t size;
	const void *data; // NULL: number
	uint32_t number;  // little-endian, its low size bytes
};

struct vfwcfg_cb {
	void (*written)(void *ctx, gpa_t gpa, uint32_t len); // RAM, by DMA, just now
	void *ctx;
};

struct vfwcfg {
	struct vfwcfg_item item[VFWCFG_ITEMS];
	unsigned n_items;
	const struct vfwcfg_item *selected; // NULL: a key without an item
	uint32_t offset;                    // of the next byte in it
	uint32_t dma_high;                  // upper word of the next DMA's address
	const struct gmem *mem;             // that DMA goes to
	struct vfwcfg_cb cb;
};

// What there is to hand over; it must outlive the device. kernel NULL: none of the three.
struct vfwcfg_boot {
	const void *kernel, *initrd;
	uint32_t kernel_size, initrd_size;
	const char *cmdline;
	uint32_t n_cpus;
};

extern const struct dev_class vfwcfg_class;

void vfwcfg_init(struct vfwcfg *f, const struct vfwcfg_boot *boot, const struct gmem *mem, const struct vfwcfg_cb *cb);

void vfwcfg_reset(struct vfwcfg *f);

#endif
