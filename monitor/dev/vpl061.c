// SPDX-License-Identifier: MIT
//
// PL061 GPIO. Registers are those of ARM DDI 0190, chapter 3; address bits 9:2 of an
// access to the data register say which lines it reads or writes.
//
// Invariant: the interrupt line is high exactly when GPIOMIS is not zero.
#include <string.h>
#include "monitor/dev/vpl061.h"

// Looks for edges on inputs and for levels, then drives the interrupt line. As on QEMU the sense of a
// level interrupt is GPIOIEV's, whatever the direction of the line.
static void
update(void *state, unsigned cpu)
{
	struct vpl061 *gpio = state;
	uint32_t changed = (gpio->seen ^ gpio->data) & ~gpio->dir;
	uint32_t wanted = ~(gpio->data ^ gpio->iev);

	(void)cpu;
	if (changed)
		gpio->seen = gpio->data;
	gpio->ris |= changed & ~gpio->is & (gpio->ibe | wanted);
	gpio->ris |= wanted & gpio->is;
	gpio->mis = gpio->ris & gpio->ie;
	if (gpio->line != (gpio->mis != 0)) {
		gpio->line = gpio->mis != 0;
		gpio->cb.irq(gpio->cb.ctx, gpio->line);
	}
}

static uint32_t
data_read(void *state, const struct dev_op *op)
{
	return ((struct vpl061 *)state)->data & op->offset >> 2;
}

static void
data_write(void *state, const struct dev_op *op)
{
	struct vpl061 *gpio = state;
	uint32_t mask = op->offset >> 2 & gpio->dir;

	gpio->data = (gpio->data & ~mask) | (op->value & mask);
}

static void
ic_write(void *state, const struct dev_op *op)
{
	((struct vpl061 *)state)->ris &= ~op->value;
}

// clang-format off
#define FIELD(member) DEV_FIELD(struct vpl061, member)
static const struct dev_reg regs[] = {
	{0x000, 0x3fc, DEV_RW | DEV_BYTES, "GPIODATA",  0, 0,            0,    data_read, data_write},
	{0x400, 0x400, DEV_RW, "GPIODIR",   0, FIELD(dir),   0xff, NULL,      NULL},
	{0x404, 0x404, DEV_RW, "GPIOIS",    0, FIELD(is),    0xff, NULL,      NULL},
	{0x408, 0x408, DEV_RW, "GPIOIBE",   0, FIELD(ibe),   0xff, NULL,      NULL},
	{0x40c, 0x40c, DEV_RW, "GPIOIEV",   0, FIELD(iev),   0xff, NULL,      NULL},
	{0x410, 0x410, DEV_RW, "GPIOIE",    0, FIELD(ie),    0xff, NULL,      NULL},
	{0x414, 0x414, DEV_RO, "GPIORIS",   0, FIELD(ris),   0,    NULL,      NULL},
	{0x418, 0x418, DEV_RO, "GPIOMIS",   0, FIELD(mis),   0,    NULL,      NULL},
	{0x41c, 0x41c, DEV_WO, "GPIOIC",    0, 0,            0,    NULL,      ic_write},
	{0x420, 0x420, DEV_RW, "GPIOAFSEL", 0, FIELD(afsel), 0xff, NULL,      NULL},
	DEV_PRIMECELL_IDS("GPIO", 0x61, 0x10, 0x04, 0x00),
};
// clang-format on

const struct dev_class vpl061_class = {
    .name = "pl061",
    .size = 0x1000,
    .width = DEV_EXACT,
    .regs = regs,
    .n_regs = ARRAY_LEN(regs),
    .update = update,
};

void
vpl061_init(struct vpl061 *gpio, const struct vpl061_cb *cb)
{
	memset(gpio, 0, sizeof(*gpio));
	gpio->cb = *cb;
	dev_reset(&vpl061_class, gpio, 1);
}

void
vpl061_set_input(struct vpl061 *gpio, unsigned pin, bool level)
{
	uint32_t one = 1u << pin;

	if (gpio->dir & one)
		return;
	gpio->data = level ? gpio->data | one : gpio->data & ~one;
	update(gpio, 0);
}
