// SPDX-License-Identifier: MIT
//
// The board the monitor runs on, as its device tree tells it; nothing else about
// the board is known anywhere.
#ifndef MONITOR_BOARD_HOST_H
#define MONITOR_BOARD_HOST_H

#include "monitor/base/types.h"

#define HOST_BOOTARGS 512u // bytes, with the final zero

struct host_range {
	uint32_t base, size; // bytes; a board's memory above 4 GiB is left alone
};

// How firmware's PSCI is called, if there is one that can power the board off.
enum host_psci { HOST_PSCI_NONE, HOST_PSCI_HVC, HOST_PSCI_SMC };

struct host {
	const void *fdt;
	struct host_range fdt_range;
	struct host_range ram[4];
	unsigned n_ram;
	struct host_range reserved[8]; // in RAM, and not to be touched
	bool no_map[8];                // not even to be mapped: those are whole sections
	unsigned n_reserved;
	struct host_range initrd; // the FIT image; size 0: none
	char bootargs[HOST_BOOTARGS];
	uint32_t uart, gicd, gicc, rtc; // physical addresses of register blocks; rtc: a PL031, 0: none
	uint32_t virtio[32];            // virtio-mmio transports, each with a device behind it or not
	uint32_t virtio_irq[32];        // and their interrupts; 0: none
	unsigned n_virtio;
	uint32_t uart_irq, timer_irq; // GIC interrupt IDs; the timer is the virtual one
	enum host_psci psci;
};

// Fills h from the device tree at fdt. Returns NULL, or what is missing or wrong in it.
const char *host_parse(struct host *h, const void *fdt);

// Whether size bytes at base are all in h's RAM.
bool host_ram(const struct host *h, uint32_t base, uint32_t size);

// The value of "name=value" in the boot arguments, up to the next blank, copied to
// buf; false where there is none or it doesn't fit.
bool host_arg(const struct host *h, const char *name, char *buf, size_t size);

// Whether there is a boot argument that isn't in known, a NULL-terminated list of words, of
// which those that end in "=" stand for any value; copies the first such to buf.
bool host_stray_arg(const struct host *h, const char *const *known, char buf[HOST_BOOTARGS]);

#endif
