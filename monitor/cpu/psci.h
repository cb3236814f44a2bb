// SPDX-License-Identifier: MIT
//
// PSCI as QEMU 7.2 offers it (ARM DEN 0022), by HVC. There is no EL3, so to the guest
// SMC is UNDEFINED, and HVC is so at PL0: the caller sees to both.
#ifndef MONITOR_CPU_PSCI_H
#define MONITOR_CPU_PSCI_H

#include "monitor/cpu/vcpu.h"

enum psci_action {
	PSCI_DONE,
	PSCI_SYSTEM_OFF,
	PSCI_SYSTEM_RESET,
	PSCI_CPU_OFF, // this VCPU's `off` is set
	PSCI_SUSPEND, // until an interrupt, as WFI; r0 holds the result already
};

// Executes the call in r0 to r3; the result, if the call returns, is in r0. Functions
// that there are none of give NOT_SUPPORTED.
enum psci_action psci_call(struct vcpu *v);

#endif
