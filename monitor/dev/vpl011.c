// SPDX-License-Identifier: MIT
//
// PL011 UART. Register numbers and bits are those of ARM DDI 0183, chapter 3.
//
// Invariants: UARTFR.RXFE is set exactly when count is zero; the interrupt line is
// high exactly when UARTMIS is not zero.
#include <string.h>
#include "monitor/dev/vpl011.h"

#define UARTFR_RXFE   (1u << 4)
#define UARTFR_RXFF   (1u << 6)
#define UARTFR_TXFE   (1u << 7)
#define UARTLCR_H_FEN (1u << 4)
#define UARTINT_RX    (1u << 4)
#define UARTINT_TX    (1u << 5)
#define UARTRSR_SHIFT 8u // of UARTDR's errors

static unsigned
depth(const struct vpl011 *uart)
{
	return (uart->lcr_h & UARTLCR_H_FEN) ? VPL011_FIFO : 1;
}

static void
update(void *state, unsigned cpu)
{
	struct vpl011 *uart = state;

	(void)cpu;
	uart->mis = uart->ris & uart->imsc;
	if (uart->line != (uart->mis != 0)) {
		uart->line = uart->mis != 0;
		uart->cb.irq(uart->cb.ctx, uart->line);
	}
}

static uint32_t
dr_read(void *state, const struct dev_op *op)
{
	struct vpl011 *uart = state;
	uint32_t dr = uart->fifo[uart->head];

	uart->fr &= ~UARTFR_RXFF;
	if (uart->count) {
		uart->count--;
		uart->head = (uart->head + 1) % depth(uart);
	}
	if (!uart->count) {
		uart->fr |= UARTFR_RXFE;
		uart->ris &= ~UARTINT_RX;
	}
	uart->rsr = dr >> UARTRSR_SHIFT;
	update(uart, op->cpu);
	return dr;
}

static void
dr_write(void *state, const struct dev_op *op)
{
	struct vpl011 *uart = state;

	uart->cb.tx(uart->cb.ctx, (uint8_t)op->value);
	uart->ris |= UARTINT_TX;
}

// Turning the FIFOs on or off empties them.
static void
lcr_h_write(void *state, const struct dev_op *op)
{
	struct vpl011 *uart = state;

	if ((uart->lcr_h ^ op->value) & UARTLCR_H_FEN) {
		uart->head = uart->count = 0;
		uart->fr = UARTFR_TXFE | UARTFR_RXFE;
	}
	uart->lcr_h = op->value;
}

static void
icr_write(void *state, const struct dev_op *op)
{
	((struct vpl011 *)state)->ris &= ~op->value;
}

// clang-format off
#define FIELD(member) DEV_FIELD(struct vpl011, member)
static const struct dev_reg regs[] = {
	{0x000, 0x000, DEV_RW, "UARTDR",    0,     0,            0,          dr_read, dr_write},
	{0x018, 0x018, DEV_RO, "UARTFR",    0x90,  FIELD(fr),    0,          NULL,    NULL},
	{0x004, 0x004, DEV_RW, "UARTRSR",   0,     FIELD(rsr),   0,          NULL,    NULL},
	{0x020, 0x020, DEV_RW, "UARTILPR",  0,     FIELD(ilpr),  0xffffffff, NULL,    NULL},
	{0x024, 0x024, DEV_RW, "UARTIBRD",  0,     FIELD(ibrd),  0xffffffff, NULL,    NULL},
	{0x028, 0x028, DEV_RW, "UARTFBRD",  0,     FIELD(fbrd),  0xffffffff, NULL,    NULL},
	{0x02c, 0x02c, DEV_RW, "UARTLCR_H", 0,     FIELD(lcr_h), 0,          NULL,    lcr_h_write},
	{0x030, 0x030, DEV_RW, "UARTCR",    0x300, FIELD(cr),    0xffffffff, NULL,    NULL},
	{0x034, 0x034, DEV_RW, "UARTIFLS",  0x12,  FIELD(ifls),  0xffffffff, NULL,    NULL},
	{0x038, 0x038, DEV_RW, "UARTIMSC",  0,     FIELD(imsc),  0xffffffff, NULL,    NULL},
	{0x03c, 0x03c, DEV_RO, "UARTRIS",   0,     FIELD(ris),   0,          NULL,    NULL},
	{0x040, 0x040, DEV_RO, "UARTMIS",   0,     FIELD(mis),   0,          NULL,    NULL},
	{0x044, 0x044, DEV_WO, "UARTICR",   0,     0,            0,          NULL,    icr_write},
	{0x048, 0x048, DEV_RW, "UARTDMACR", 0,     FIELD(dmacr), 0xffffffff, NULL,    NULL},
	DEV_PRIMECELL_IDS("UART", 0x11, 0x10, 0x14, 0x00),
};
// clang-format on

const struct dev_class vpl011_class = {
    .name = "pl011",
    .size = 0x1000,
    .width = DEV_WORDS,
    .regs = regs,
    .n_regs = ARRAY_LEN(regs),
    .update = update,
};

void
vpl011_init(struct vpl011 *uart, const struct vpl011_cb *cb)
{
	memset(uart, 0, sizeof(*uart));
	uart->cb = *cb;
	dev_reset(&vpl011_class, uart, 1);
}

bool
vpl011_can_rx(const struct vpl011 *uart)
{
	return uart->count < depth(uart);
}

void
vpl011_rx(struct vpl011 *uart, uint32_t dr)
{
	if (!vpl011_can_rx(uart))
		return;
	uart->fifo[(uart->head + uart->count++) % depth(uart)] = (uint16_t)(dr & (UARTDR_DATA | UARTDR_ERRORS));
	uart->fr &= ~UARTFR_RXFE;
	if (!vpl011_can_rx(uart))
		uart->fr |= UARTFR_RXFF;
	if (uart->count == 1)
		uart->ris |= UARTINT_RX;
	update(uart, 0);
}
