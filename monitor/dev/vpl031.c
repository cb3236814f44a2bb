// SPDX-License-Identifier: MIT
//
// PL031 real-time clock. Registers are those of ARM DDI 0224, chapter 3. As on QEMU
// a write of the match or the load register sets the alarm anew: to ring at once if
// the count is there already, else when it gets there, up to 2^32 seconds later.
//
// Invariant: the interrupt line is high exactly when RTCMIS is not zero.
#include <string.h>
#include "monitor/dev/vpl031.h"

static uint32_t
count(const struct vpl031 *rtc)
{
	return rtc->cb.now(rtc->cb.ctx) + rtc->offset;
}

static void
update(void *state, unsigned cpu)
{
	struct vpl031 *rtc = state;

	(void)cpu;
	rtc->mis = rtc->ris & rtc->imsc;
	if (rtc->line != (rtc->mis != 0)) {
		rtc->line = rtc->mis != 0;
		rtc->cb.irq(rtc->cb.ctx, rtc->line);
	}
}

static void
set_alarm(struct vpl031 *rtc)
{
	rtc->since = rtc->cb.now(rtc->cb.ctx);
	rtc->ticks = rtc->mr - (rtc->since + rtc->offset);
	rtc->armed = true;
	vpl031_tick(rtc);
}

static uint32_t
dr_read(void *state, const struct dev_op *op)
{
	(void)op;
	return count(state);
}

static void
mr_write(void *state, const struct dev_op *op)
{
	((struct vpl031 *)state)->mr = op->value;
	set_alarm(state);
}

static void
lr_write(void *state, const struct dev_op *op)
{
	struct vpl031 *rtc = state;

	rtc->lr = op->value;
	rtc->offset += op->value - count(rtc);
	set_alarm(rtc);
}

static void
icr_write(void *state, const struct dev_op *op)
{
	((struct vpl031 *)state)->ris &= ~op->value;
}

// clang-format off
#define FIELD(member) DEV_FIELD(struct vpl031, member)
static const struct dev_reg regs[] = {
	{0x000, 0x000, DEV_RO, "RTCDR",   0, 0,           0, dr_read, NULL},
	{0x004, 0x004, DEV_RW, "RTCMR",   0, FIELD(mr),   0, NULL,    mr_write},
	{0x008, 0x008, DEV_RW, "RTCLR",   0, FIELD(lr),   0, NULL,    lr_write},
	{0x00c, 0x00c, DEV_RO, "RTCCR",   1, 0,           0, NULL,    NULL},
	{0x010, 0x010, DEV_RW, "RTCIMSC", 0, FIELD(imsc), 1, NULL,    NULL},
	{0x014, 0x014, DEV_RO, "RTCRIS",  0, FIELD(ris),  0, NULL,    NULL},
	{0x018, 0x018, DEV_RO, "RTCMIS",  0, FIELD(mis),  0, NULL,    NULL},
	{0x01c, 0x01c, DEV_WO, "RTCICR",  0, 0,           0, NULL,    icr_write},
	DEV_PRIMECELL_IDS("RTC", 0x31, 0x10, 0x14, 0x00),
};
// clang-format on

const struct dev_class vpl031_class = {
    .name = "pl031",
    .size = 0x1000,
    .width = DEV_EXACT,
    .regs = regs,
    .n_regs = ARRAY_LEN(regs),
    .update = update,
};

void
vpl031_init(struct vpl031 *rtc, const struct vpl031_cb *cb)
{
	memset(rtc, 0, sizeof(*rtc));
	rtc->cb = *cb;
	dev_reset(&vpl031_class, rtc, 1);
}

bool
vpl031_deadline(const struct vpl031 *rtc, uint32_t *seconds)
{
	uint32_t gone = rtc->cb.now(rtc->cb.ctx) - rtc->since;

	*seconds = gone < rtc->ticks ? rtc->ticks - gone : 0;
	return rtc->armed;
}

void
vpl031_tick(struct vpl031 *rtc)
{
	uint32_t seconds;

	if (!vpl031_deadline(rtc, &seconds) || seconds)
		return;
	rtc->armed = false;
	rtc->ris = 1;
	update(rtc, 0);
}
