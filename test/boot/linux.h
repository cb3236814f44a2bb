// SPDX-License-Identifier: MIT
//
// For programs that run in a Linux guest without a libc (bench/tasks.c, test/boot/changes.c): system calls
// of the ARM EABI, number in r7, result or -errno in r0.
#ifndef TEST_BOOT_LINUX_H
#define TEST_BOOT_LINUX_H

#include <stdint.h>

enum { EXIT = 1, READ = 3, WRITE = 4, OPEN = 5, GETPID = 20, MMAP2 = 192 };

#define PROT_RW       3
#define MAP_ANONYMOUS 0x22 // and private

static inline int32_t
call6(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f)
{
	register uint32_t r0 __asm__("r0") = a;
	register uint32_t r1 __asm__("r1") = b;
	register uint32_t r2 __asm__("r2") = c;
	register uint32_t r3 __asm__("r3") = d;
	register uint32_t r4 __asm__("r4") = e;
	register uint32_t r5 __asm__("r5") = f;
	register uint32_t r7 __asm__("r7") = number;

	__asm__ volatile("svc #0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r7) : "memory");
	return (int32_t)r0;
}

static inline int32_t
call(uint32_t number, uint32_t a, uint32_t b, uint32_t c)
{
	return call6(number, a, b, c, 0, 0, 0);
}

static inline uint32_t
address(const volatile void *p)
{
	return (uint32_t)p;
}

static inline void
say(const char *text)
{
	uint32_t n = 0;

	while (text[n])
		n++;
	call(WRITE, 1, address(text), n);
}

#endif
