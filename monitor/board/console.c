// SPDX-License-Identifier: MIT
//
// See console.h; PL011 TRM (DDI 0183). Firmware has set the line up. A UART that doesn't send, for it has no clock, or
// waits for the other side, doesn't hold the monitor up for more than a moment.
#include "monitor/board/console.h"
#include "monitor/base/mmio.h"

#define UARTDR    0x00u
#define UARTFR    0x18u
#define UARTLCR_H 0x2cu
#define UARTCR    0x30u
#define UARTIMSC  0x38u
#define UARTICR   0x44u

#define UARTDR_ALL 0xfffu // the character and its errors, a break among them

#define FR_BUSY           (1u << 3)
#define FR_RXFE           (1u << 4)
#define FR_TXFF           (1u << 5)
#define LCR_FEN_WLEN8     0x70u
#define CR_UARTEN_TXE_RXE 0x301u
#define CR_RTS_DTR        0xc00u // as they are; no hardware flow control
#define INT_RX_RT         0x50u
#define INT_ALL           0x7ffu

// Reads of the flag register in the time that a character takes at 300 baud, by far.
#define PATIENCE 1000000u

static uint32_t uart, n_dropped;
static bool stuck, within_line;

// Waits until none of the flags is set; false: that takes too long.
static bool
wait_clear(uint32_t flags, unsigned tries)
{
	while (mmio_read(uart + UARTFR) & flags)
		if (!--tries)
			return false;
	return true;
}

// It must be off while it is set up, and not in the middle of a character (DDI 0183, 3.3.8).
void
console_init(uint32_t base)
{
	uint32_t lines;

	uart = base;
	if (!uart)
		return;
	stuck = !wait_clear(FR_BUSY, PATIENCE);
	lines = mmio_read(uart + UARTCR) & CR_RTS_DTR;
	mmio_write(uart + UARTCR, lines);
	mmio_write(uart + UARTIMSC, 0);
	mmio_write(uart + UARTICR, INT_ALL);
	mmio_write(uart + UARTLCR_H, LCR_FEN_WLEN8);
	mmio_write(uart + UARTCR, lines | CR_UARTEN_TXE_RXE);
}

// Once stuck, one look for each character, until one goes.
void
console_putc(uint8_t c)
{
	if (!uart)
		return;
	if (c != '\r')
		within_line = c != '\n';
	stuck = !wait_clear(FR_TXFF, stuck ? 1 : PATIENCE);
	if (stuck)
		n_dropped++;
	else
		mmio_write(uart + UARTDR, c);
}

bool
console_within_line(void)
{
	return within_line;
}

uint32_t
console_dropped(void)
{
	return n_dropped;
}

int
console_getc(void)
{
	if (mmio_read(uart + UARTFR) & FR_RXFE)
		return -1;
	return (int)(mmio_read(uart + UARTDR) & UARTDR_ALL);
}

void
console_rx_irq(bool on)
{
	mmio_write(uart + UARTIMSC, on ? INT_RX_RT : 0);
}
