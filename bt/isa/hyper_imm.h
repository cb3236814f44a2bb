// SPDX-License-Identifier: MIT
//
// The immediates of hypercalls. A32: the space of SVC's imm24, shared by the tables, the C side and the assembly of
// the hot exits. imm24[23:16] alone names the class: a handler dispatches on
// these eight bits through 256 entries. A class whose operands take more than 16
// bits owns 2, 4, ... 64 neighbouring values, beginning at the one given here.
//
// The rest of imm24, right-aligned, are the row's variable bits in the order of
// its pattern in bt/isa/a32.def, without the condition, which is the SVC's own.
// E.g. MSR CPSR_mask, Rn is BT_IMM_MSR_CPSR << 16 | mask << 4 | Rn.
//
// 0x00-0x0f and 0x90-0x9f are never ours: the guest's EABI and OABI calls.
#ifndef BT_ISA_HYPER_IMM_H
#define BT_ISA_HYPER_IMM_H

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
// 0x8f0200 + n      word n of the VM's table (bt/code/intern.h)
// 0x8f8000 | list   LDMIA sp!, {list, pc} that closes a block; the list hasn't sp
// 0x8fa000 | imm12  LDR pc, [sp], #imm12
// 0x8fb000          LDR pc, [Rn, Rm, LSL #2]: Rn Rm
// 0x8fb200          ADD pc, pc, Rm, LSL #imm5: imm5 Rm
#define BT_HYPER_FRAME       0x8f0000
#define BT_HYPER_BLOCK_BX    0x8f0100
#define BT_HYPER_BLOCK_BLX   0x8f0110
#define BT_HYPER_INTERN      0x8f0200
#define BT_HYPER_BLOCK_POP   0x8f8000
#define BT_HYPER_BLOCK_LDR   0x8fa000
#define BT_HYPER_BLOCK_TABLE 0x8fb000
#define BT_HYPER_BLOCK_ADD   0x8fb200

// T16: one of the unallocated encodings 1011 0110 1xxx xxxx (A6.2.5), which are UNDEFINED, for guests
// use UDF themselves. The low byte is the class; those that take operands own 2^n neighbouring values.
#define BT_IMM_T16_NONE   0x00
#define BT_IMM_T16_CPS    0x80 // 16 values: im A I F
#define BT_IMM_T16_SETEND 0x90 // 2 values: E
#define BT_IMM_T16_YIELD  0x92
#define BT_IMM_T16_WFE    0x93
#define BT_IMM_T16_WFI    0x94
#define BT_IMM_T16_SEV    0x95
#define BT_IMM_T16_FRAME  0x9f // the original is in the guest's frame at the same offset
#define BT_T16_HYPER      0xb600

// T16 that goes by number is one of the likewise unallocated 1011 0111 xxxx xxxx and
// 1011 1000 xxxx xxxx: this + n is halfword n of the VM's table (bt/code/intern.h).
#define BT_T16_INTERN 0xb700
#define BT_T16_LAST   0xb8ff

// T32: the unallocated 1111 0111 1110 iiii 1010 iiii iiii iiii (A6.3.4). Below 0x8000, imm16[15:8]
// is the class and the rest the row's variable bits; a class that takes more than 8 bits owns
// 2^n neighbouring values.
#define BT_IMM_T32_NONE         0x00
#define BT_IMM_T32_MRS_CPSR     0x01 // Rd
#define BT_IMM_T32_MRS_SPSR     0x02 // Rd
#define BT_IMM_T32_MSR_CPSR     0x03 // Rn mask
#define BT_IMM_T32_MSR_SPSR     0x04 // Rn mask
#define BT_IMM_T32_YIELD        0x05
#define BT_IMM_T32_WFE          0x06
#define BT_IMM_T32_WFI          0x07
#define BT_IMM_T32_SEV          0x08
#define BT_IMM_T32_MRC_TPIDRURW 0x09 // Rt
#define BT_IMM_T32_MCR_TPIDRURW 0x0a // Rt
#define BT_IMM_T32_MRC_TPIDRPRW 0x0b // Rt
#define BT_IMM_T32_RFE_DB       0x0c // W Rn
#define BT_IMM_T32_RFE_IA       0x0d // W Rn
#define BT_IMM_T32_SRS_DB       0x0e // W mode:5
#define BT_IMM_T32_SRS_IA       0x0f // W mode:5
#define BT_IMM_T32_CPS          0x10 // 8 values: imod:2 M A I F mode:5
#define BT_IMM_T32_MRS_BANKED   0x18 // 4 values: R SYSm[3:0] Rd SYSm[4]
#define BT_IMM_T32_MSR_BANKED   0x1c // 4 values: R Rn SYSm[3:0] SYSm[4]
#define BT_IMM_T32_SUBS_PC      0x20 // imm8
#define BT_IMM_T32_SMC          0x21 // imm4
#define BT_IMM_T32_BXJ          0x22 // Rm
#define BT_IMM_T32_VMRS         0x23 // reg Rt
#define BT_IMM_T32_VMSR         0x24 // reg Rt
#define BT_IMM_T32_FRAME        0xff // what doesn't fit: by number, or in the frame

#define BT_T32_HYPER      0xf7e0a000
#define BT_T32_HYPER_MASK 0xfff0f000

#define BT_T32_INTERN 0x8000 // + n: instruction n of the VM's table (bt/code/intern.h)
#define BT_T32_FRAME  0xffff // the original is in the guest's frame at the same offset

#endif
