// SPDX-License-Identifier: MIT
//
// The window's layout: one section of virtual address space, of which a
// second-level table maps the code of window.S and hot.c, and the running VCPU.
#ifndef MONITOR_BOARD_WINDOW_H
#define MONITOR_BOARD_WINDOW_H

#define WINDOW_CODE_SIZE  0x6000  // the linker script asserts that the code fits
#define WINDOW_VCPU       0x10000 // offset of struct vcpu in the window
#define WINDOW_VCPU_SIZE  0x8000
#define WINDOW_WORDS      0x20000 // of the VM's table of words by number (bt/code/intern.h), to be read
#define WINDOW_WORDS_SIZE 0x20000
#define WINDOW_DEFAULT    0xff700000

// How window_exclusive() is to do it, beside log2 of the size.
#define WINDOW_LOAD       4
#define WINDOW_BIG_ENDIAN 8

#endif
