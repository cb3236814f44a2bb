// SPDX-License-Identifier: MIT
//
// The space of SVC's imm24, shared by the tables, the C side and the assembly of
// the hot exits. imm24[23:16] alone names the class: a handler dispatches on
// these eight bits through 256 entries. A class whose operands take more than 16
// bits owns 2, 4, ... 64 neighbouring values, beginning at the one given here.
//
// The rest of imm24, right-aligned, are the row's variable bits in the order of
// its pattern in bt/a32.def, without the condition, which is the SVC's own.
// E.g. MSR CPSR_mask, Rn is BT_IMM_MSR_CPSR << 16 | mask << 4 | Rn.
//
// 0x00-0x0f and 0x90-0x9f are never ours: the guest's EABI and OABI calls.
#ifndef BT_HYPER_IMM_H
#define BT_HYPER_IMM_H

#define BT_IMM_NONE 0x00 // of rows that are not replaced

#define BT_IMM_MRS_CPSR     0x10 // Rd
#define BT_IMM_MRS_SPSR     0x11 // Rd
#define BT_IMM_MSR_CPSR     0x12 // mask Rn
#define BT_IMM_MSR_SPSR     0x13 // mask Rn
#define BT_IMM_MSR_CPSR_IMM 0x14 // mask rotate imm8
#define BT_IMM_MSR_SPSR_IMM 0x15 // mask rotate imm8
#define BT_IMM_CPS          0x16 // imod:2 M A I F mode:5
#define BT_IMM_WFI          0x17
#define BT_IMM_WFE          0x18
#define BT_IMM_SEV          0x19
#define BT_IMM_YIELD        0x1a
#define BT_IMM_MRC_TPIDRURW 0x1b // Rt
#define BT_IMM_MCR_TPIDRURW 0x1c // Rt
#define BT_IMM_MRC_TPIDRPRW 0x1d // Rt
#define BT_IMM_RFE          0x1e // P U W Rn
#define BT_IMM_SRS          0x1f // P U W mode:5

#define BT_IMM_MCR_MRC    0x20 // 16 values: opc1:3 L CRn Rt p15 opc2:3 CRm
#define BT_IMM_LDRT       0x30 // 16 values: U B L Rn Rt imm9
#define BT_IMM_STM_USER   0x40 // 64 values: P U Rn list:16
#define BT_IMM_LDM_USER   0xa0 // 32 values: P U Rn list:15
#define BT_IMM_LDM_RETURN 0xc0 // 64 values: P U W Rn list:15 (without the PC)

#define BT_IMM_SUBS_PC   0x80 // Rn imm12
#define BT_IMM_MOVS_PC   0x81 // Rm
#define BT_IMM_SETEND    0x82 // E
#define BT_IMM_SMC       0x83 // imm4
#define BT_IMM_MCRR_MRRC 0x84 // 4 values: L Rt2 Rt p15 opc1:4 CRm
#define BT_IMM_VMRS      0x88 // reg Rt
#define BT_IMM_VMSR      0x89 // reg Rt
#define BT_IMM_HVC       0x8a // imm16
#define BT_IMM_LDRT_REG  0x8b // U B L Rn Rt Rm, not shifted
#define BT_IMM_LDRHT     0x8c // U Rn Rt imm4
#define BT_IMM_STRHT     0x8d // U Rn Rt imm4
#define BT_IMM_BXJ       0x8e // Rm
#define BT_IMM_FRAME     0x8f // what follows

// Words that don't fit 24 bits, and the block policy's ends of blocks:
// 0x8f0000          the original is in the guest's frame at the same offset
// 0x8f0100 | Rm     BX Rm, or MOV pc, Rm, that closes a block
// 0x8f0110 | Rm     BLX Rm that closes a block
// 0x8f0200 + n      word n of the VM's table (bt/intern.h)
// 0x8f8000 | list   LDMIA sp!, {list, pc} that closes a block; LDR pc, [sp], #4 too
#define BT_HYPER_FRAME     0x8f0000
#define BT_HYPER_BLOCK_BX  0x8f0100
#define BT_HYPER_BLOCK_BLX 0x8f0110
#define BT_HYPER_INTERN    0x8f0200
#define BT_HYPER_BLOCK_POP 0x8f8000

#endif
