// SPDX-License-Identifier: MIT
//
// MCR and MRC as one number: the payload of their hypercall without Rt, that is
// opc1:3 L CRn:4 (Rt:4) p15 opc2:3 CRm:4 (bt/isa/hyper_imm.h).
#ifndef MONITOR_BASE_CPKEY_H
#define MONITOR_BASE_CPKEY_H

#define CPKEY_MASK 0xff0ffu

// A CP15 register: read (1) or written (0), and the operands in the order of MCR.
#define CPKEY(read, opc1, crn, crm, opc2)                                                                              \
	((uint32_t)(opc1) << 17 | (uint32_t)(read) << 16 | (uint32_t)(crn) << 12 | 0x80u | (uint32_t)(opc2) << 4 |     \
	 (crm))

// DACR fields of domains 0 to 14 as clients, and the monitor's own domain.
#define DACR_CLIENTS 0x15555555u
#define DACR_MONITOR 0x40000000u

#endif
