// SPDX-License-Identifier: MIT
//
// The virtual CPSR and the banked registers (ARM ARM B1.3).
//
// The guest always runs in USR, so the physical PSR of the interrupted guest
// (vcpu.cpsr) holds what USR may change freely: N Z C V Q GE IT E T. The rest of
// its CPSR, mode and A I F, is virtual and lives in vcpu.mode. User mode reads A and F
// in the physical PSR, though, where they do no harm: they are there as well then. I isn't,
// for it would keep the host's interrupts out. The current mode's SP and LR are always in
// vcpu.regs; the others wait in vcpu.bank.
#ifndef MONITOR_BASE_PSR_H
#define MONITOR_BASE_PSR_H

#define PSR_N       (1u << 31)
#define PSR_T       (1u << 5)
#define PSR_F       (1u << 6)
#define PSR_I       (1u << 7)
#define PSR_A       (1u << 8)
#define PSR_E       (1u << 9)
#define PSR_IL      (1u << 20) // reserved in ARMv7; of QEMU's core: whatever is executed is UNDEFINED
#define PSR_J       (1u << 24)
#define PSR_M       0x1fu
#define PSR_IT      0x0600fc00u
#define PSR_Z       (1u << 30)
#define PSR_FLAGS   0xf80f0000u // N Z C V Q, GE
#define PSR_VIRTUAL (PSR_M | PSR_I | PSR_F | PSR_A)
#define PSR_CARRIED (PSR_F | PSR_A) // in user mode physical, too

#define MODE_USR 0x10u
#define MODE_FIQ 0x11u
#define MODE_IRQ 0x12u
#define MODE_SVC 0x13u
#define MODE_ABT 0x17u
#define MODE_UND 0x1bu
#define MODE_SYS 0x1fu

#endif
