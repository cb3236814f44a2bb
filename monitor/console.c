// SPDX-License-Identifier: MIT
//
// See console.h; PL011 TRM (DDI 0183). Firmware has set the line up.
#include "monitor/console.h"
#include "monitor/mmio.h"

#define UARTDR    0x00u
#define UARTFR    0x18u
#define UARTLCR_H 0x2cu
#define UARTCR    0x30u
#define UARTIMSC  0x38u

#define FR_RXFE           (1u << 4)
#define FR_TXFF           (1u << 5)
#define LCR_FEN_WLEN8     0x70u
#define CR_UARTEN_TXE_RXE 0x301u
#define INT_RX_RT         0x50u

static uint32_t uart;

void
console_init(uint32_t base)
{
	uart = base;
	mmio_write(uart + UARTIMSC, 0);
	mmio_write(uart + UARTLCR_H, LCR_FEN_WLEN8);
	mmio_write(uart + UARTCR, CR_UARTEN_TXE_RXE);
}

void
console_putc(uint8_t c)
{
	if (!uart)
		return;
	while (mmio_read(uart + UARTFR) & FR_TXFF)
		; // the line drains it
	mmio_write(uart + UARTDR, c);
}

int
console_getc(void)
{
	if (mmio_read(uart + UARTFR) & FR_RXFE)
		return -1;
	return (int)(mmio_read(uart + UARTDR) & 0xffu);
}

void
console_rx_irq(bool on)
{
	mmio_write(uart + UARTIMSC, on ? INT_RX_RT : 0);
}
