// SPDX-License-Identifier: MIT
//
// The guest's PL011 UART (ARM DDI 0183), as QEMU 7.2 has it: a transmitter that is
// always done at once, a receive FIFO of 16 (or one) characters, the receive
// interrupt at the first character whatever UARTIFLS says, none of errors, no modem lines, no DMA,
// no loopback. Characters come with their error bits: a break is UARTDR_BE and the character 0.
#ifndef MONITOR_DEV_VPL011_H
#define MONITOR_DEV_VPL011_H

#include "monitor/dev/dev.h"

#define VPL011_FIFO 16u

#define UARTDR_DATA   0x0ffu
#define UARTDR_ERRORS 0xf00u // OE, BE, PE, FE; UARTRSR has them from bit 0

struct vpl011_cb {
	void (*tx)(void *ctx, uint8_t byte); // a character goes out
	void (*irq)(void *ctx, bool level);  // the interrupt line changes
	void *ctx;
};

struct vpl011 {
	struct vpl011_cb cb;
	uint32_t rsr, fr, ilpr, ibrd, fbrd, lcr_h, cr, ifls, imsc, ris, mis, dmacr;
	uint16_t fifo[VPL011_FIFO]; // as UARTDR reads
	unsigned head, count;       // oldest character, and how many
	bool line;
};

extern const struct dev_class vpl011_class; // state: struct vpl011

// Power-on state, interrupt line low.
void vpl011_init(struct vpl011 *uart, const struct vpl011_cb *cb);

// Whether there is room for a received character.
bool vpl011_can_rx(const struct vpl011 *uart);

// A character arrives, as UARTDR has it; the caller has asked vpl011_can_rx, without room it is lost.
void vpl011_rx(struct vpl011 *uart, uint32_t dr);

#endif
