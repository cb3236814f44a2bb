// SPDX-License-Identifier: MIT
//
// The guest's PL061 GPIO controller (ARM DDI 0190), as QEMU 7.2's `virt` has it:
// eight lines, inputs low unless driven, outputs that lead nowhere. On `virt` line 3
// is the power button, which the guest knows from /gpio-keys.
#ifndef MONITOR_DEV_VPL061_H
#define MONITOR_DEV_VPL061_H

#include "monitor/dev/dev.h"

#define VPL061_PINS         8u
#define VPL061_POWER_BUTTON 3u

struct vpl061_cb {
	void (*irq)(void *ctx, bool level); // the interrupt line changes
	void *ctx;
};

struct vpl061 {
	struct vpl061_cb cb;
	uint32_t data, dir, is, ibe, iev, ie, ris, mis, afsel;
	uint32_t seen; // data when edges were last looked for
	bool line;
};

extern const struct dev_class vpl061_class; // state: struct vpl061

// Power-on state, all lines inputs and low, interrupt line low.
void vpl061_init(struct vpl061 *gpio, const struct vpl061_cb *cb);

// Drives line pin (0 to 7) from outside; no effect while the guest has it as an output.
void vpl061_set_input(struct vpl061 *gpio, unsigned pin, bool level);

#endif
