// SPDX-License-Identifier: MIT
//
// The guest's PL031 real-time clock (ARM DDI 0224), as QEMU 7.2 has it: always
// running, one interrupt when the count reaches the match register.
#ifndef MONITOR_DEV_VPL031_H
#define MONITOR_DEV_VPL031_H

#include "monitor/dev/dev.h"

struct vpl031_cb {
	uint32_t (*now)(void *ctx);         // wall clock in seconds, modulo 2^32
	void (*irq)(void *ctx, bool level); // the interrupt line changes
	void *ctx;
};

struct vpl031 {
	struct vpl031_cb cb;
	uint32_t mr, lr, imsc, ris, mis;
	uint32_t offset;       // RTCDR is now() plus this
	bool armed;            // the match is still to come:
	uint32_t since, ticks; // ticks seconds after the time since, on now()'s clock
	bool line;
};

extern const struct dev_class vpl031_class; // state: struct vpl031

// Power-on state, RTCDR equal to now(), no alarm, interrupt line low.
void vpl031_init(struct vpl031 *rtc, const struct vpl031_cb *cb);

// Seconds from now to the next alarm in *seconds (0: it is due); false if none is set.
bool vpl031_deadline(const struct vpl031 *rtc, uint32_t *seconds);

// Raises the alarm if it is due. To be called once the deadline has come; earlier does no harm.
void vpl031_tick(struct vpl031 *rtc);

#endif
