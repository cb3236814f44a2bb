// SPDX-License-Identifier: MIT
//
// What test/boot/changes.sh runs in the guest where a shell can't: a static ELF for Linux's ARM EABI without a libc.
//   changes jit     a program that writes its own code, in both states, by the cacheflush system call
//   changes bpf     socket filters, which the kernel's JIT compiles, and what they let through
//   changes seccomp a filter of system calls
//   changes kexec KERNEL INITRAMFS   another kernel, with this one's device tree
// Each prints a line for what came of it, which is the same everywhere; what fails says so.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "test/boot/linux.h"

// System calls besides those of linux.h.
enum {
	CLOSE = 6,
	LSEEK = 19,
	GETPPID = 64,
	REBOOT = 88,
	PRCTL = 172,
	SOCKETPAIR = 288,
	SETSOCKOPT = 294,
	RECV = 291,
	KEXEC_LOAD = 347,
	CACHEFLUSH = 0xf0002
};

#define PROT_RWX       7
#define AF_UNIX        1
#define SOCK_DGRAM     2
#define SOL_SOCKET     1
#define SO_ATTACH      26
#define MSG_DONTWAIT   0x40
#define NO_NEW_PRIVS   38
#define SET_SECCOMP    22
#define SECCOMP_FILTER 2
#define SECCOMP_ALLOW  0x7fff0000u
#define SECCOMP_ERRNO  0x00050000u
#define KEXEC_ARCH_ARM (40u << 16)
#define REBOOT_MAGIC   0xfee1deadu
#define REBOOT_MAGIC2  672274793u
#define REBOOT_KEXEC   0x45584543u

// Where the other kernel is put, in a machine of 512 MiB.
#define KERNEL_AT    0x40008000u
#define INITRAMFS_AT 0x48000000u
#define DTB_AT       0x5c000000u
#define FILE_MAX     (24u << 20)

static void
say_number(const char *text, uint32_t number)
{
	char digits[10] = "00000000\n";

	for (int i = 7; i >= 0; i--, number >>= 4)
		digits[i] = "0123456789abcdef"[number & 15];
	say(text);
	say(digits);
}

static _Noreturn void
fail(const char *what, int32_t error)
{
	say_number(what, (uint32_t)-error);
	call(EXIT, 1, 0, 0);
	__builtin_unreachable();
}

static bool
same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void *
memory(uint32_t size, uint32_t rights)
{
	int32_t at = call6(MMAP2, 0, size, rights, MAP_ANONYMOUS, (uint32_t)-1, 0);

	if (at < 0 && at > -4096)
		fail("no memory ", at);
	return (void *)(uint32_t)at;
}

//----------------------------------------------------------------------------
// Code of one's own

typedef uint32_t function(uint32_t);

static function *
written(uint32_t *at, const uint32_t *code, uint32_t words, uint32_t thumb)
{
	for (uint32_t i = 0; i < words; i++)
		at[i] = code[i];
	call(CACHEFLUSH, address(at), address(at + words), 0);
	return (function *)(address(at) + thumb);
}

static void
jit(void)
{
	uint32_t *page = memory(8192, PROT_RWX), sum = 0;

	for (uint32_t n = 0; n < 300; n++) {
		const uint32_t add[] = {0xe2800000u | (n & 0xffu), 0xe12fff1eu};             // ADD r0, r0, #n; BX lr
		const uint32_t mrs[] = {0xe10f1000u, 0xe201101fu, 0xe0800001u, 0xe12fff1eu}; // MRS r1, cpsr; AND; ADD
		const uint32_t thumb[] = {0x47703000u | (n & 0xffu)};                        // ADDS r0, #n; BX lr
		uint32_t *at = page + (n * 37u) % 1500u;

		sum = written(at, add, 2, 0)(sum);
		sum = written(at, mrs, 4, 0)(sum * 3u);
		sum = written(at, thumb, 1, 1)(sum);
	}
	say_number("jit ", sum);
}

//----------------------------------------------------------------------------
// Classic BPF

struct insn {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

struct program {
	uint16_t length;
	const struct insn *insn;
};

#define LD_ABS_W 0x20
#define LD_ABS_B 0x30
#define LD_ABS_H 0x28
#define LD_LEN   0x80
#define LDX_IMM  0x01
#define TAX      0x07
#define ST       0x02
#define LD_MEM   0x60
#define ADD_K    0x04
#define MUL_K    0x24
#define DIV_K    0x34
#define AND_K    0x54
#define XOR_X    0xac
#define RSH_K    0x74
#define JEQ_K    0x15
#define JGT_K    0x25
#define JSET_K   0x45
#define RET_K    0x06
#define RET_A    0x16

static void
bpf(void)
{
	uint32_t passed = 0, bytes = 0;
	char data[64];

	for (uint32_t n = 0; n < 200; n++) {
		const struct insn insn[] = {
		    {LD_ABS_B, 0, 0, n % 16},   {TAX, 0, 0, 0},   {LD_ABS_W, 0, 0, 4}, {XOR_X, 0, 0, 0},
		    {MUL_K, 0, 0, 2654435761u}, {ST, 0, 0, 3},    {RSH_K, 0, 0, 20},   {JSET_K, 2, 0, 1},
		    {JGT_K, 1, 0, 0x700 + n},   {RET_K, 0, 0, 0}, {LD_MEM, 0, 0, 3},   {DIV_K, 0, 0, 7 + n},
		    {AND_K, 0, 0, 31},          {ADD_K, 0, 0, 1}, {RET_A, 0, 0, 0},
		};
		const struct program program = {sizeof(insn) / sizeof(*insn), insn};
		int32_t pair[2], got;

		got = call6(SOCKETPAIR, AF_UNIX, SOCK_DGRAM, 0, address(pair), 0, 0);
		if (got < 0)
			fail("socketpair ", got);
		got =
		    call6(SETSOCKOPT, (uint32_t)pair[1], SOL_SOCKET, SO_ATTACH, address(&program), sizeof(program), 0);
		if (got < 0)
			fail("filter ", got);
		for (uint32_t i = 0; i < 20; i++) {
			for (uint32_t b = 0; b < sizeof(data); b++)
				data[b] = (char)(i * 31u + b * 7u + n);
			call(WRITE, (uint32_t)pair[0], address(data), sizeof(data));
			got = call6(RECV, (uint32_t)pair[1], address(data), sizeof(data), MSG_DONTWAIT, 0, 0);
			passed += got > 0;
			bytes += got > 0 ? (uint32_t)got : 0;
		}
		call(CLOSE, (uint32_t)pair[0], 0, 0);
		call(CLOSE, (uint32_t)pair[1], 0, 0);
	}
	say_number("bpf packets ", passed);
	say_number("bpf bytes ", bytes);
}

static void
seccomp(void)
{
	static const struct insn insn[] = {
	    {LD_ABS_W, 0, 0, 0},
	    {JEQ_K, 0, 1, GETPPID},
	    {RET_K, 0, 0, SECCOMP_ERRNO | 77},
	    {RET_K, 0, 0, SECCOMP_ALLOW},
	};
	static const struct program program = {4, insn};
	int32_t error;

	call6(PRCTL, NO_NEW_PRIVS, 1, 0, 0, 0, 0);
	error = call6(PRCTL, SET_SECCOMP, SECCOMP_FILTER, address(&program), 0, 0, 0);
	if (error < 0)
		fail("seccomp ", error);
	say_number("seccomp ", (uint32_t)-call(GETPPID, 0, 0, 0));
}

//----------------------------------------------------------------------------
// Another kernel

struct segment {
	uint32_t data, size, at, room;
};

static struct segment
file_segment(const char *name, uint32_t at)
{
	struct segment s = {address(memory(FILE_MAX, PROT_RW)), 0, at, 0};
	int32_t file = call(OPEN, address(name), 0, 0), got = file;

	while (got >= 0) {
		got = call(READ, (uint32_t)file, s.data + s.size, FILE_MAX - s.size);
		if (got == 0)
			break;
		s.size += got > 0 ? (uint32_t)got : 0;
	}
	if (got < 0)
		fail(name, got);
	call(CLOSE, (uint32_t)file, 0, 0);
	s.room = (s.size + 4095u) & ~4095u;
	return s;
}

static uint32_t
big(const uint32_t *p)
{
	return __builtin_bswap32(*p);
}

// Changes the property, of one cell or two, wherever it is in a flattened device tree.
static void
set_property(uint32_t *fdt, const char *name, uint32_t value)
{
	const char *strings = (const char *)fdt + big(fdt + 3);
	uint32_t *p = (uint32_t *)(address(fdt) + big(fdt + 2));

	for (;;) {
		switch (big(p++)) {
		case 1: // a node begins
			while (!((*p - 0x01010101u) & ~*p & 0x80808080u))
				p++;
			p++;
			break;
		case 3:
			if (same(strings + big(p + 1), name)) {
				p[1 + big(p) / 4u] = __builtin_bswap32(value);
				return;
			}
			p += 2u + (big(p) + 3u) / 4u;
			break;
		case 9:
			fail(name, 0);
		}
	}
}

static void
kexec(const char *kernel, const char *initramfs)
{
	struct segment s[] = {
	    file_segment(kernel, KERNEL_AT),
	    file_segment(initramfs, INITRAMFS_AT),
	    file_segment("/sys/firmware/fdt", DTB_AT),
	};
	int32_t error;

	set_property((uint32_t *)s[2].data, "linux,initrd-start", INITRAMFS_AT);
	set_property((uint32_t *)s[2].data, "linux,initrd-end", INITRAMFS_AT + s[1].size);
	error = call6(KEXEC_LOAD, KERNEL_AT, 3, address(s), KEXEC_ARCH_ARM, 0, 0);
	if (error < 0)
		fail("kexec_load ", error);
	call6(REBOOT, REBOOT_MAGIC, REBOOT_MAGIC2, REBOOT_KEXEC, 0, 0, 0);
	fail("kexec ", 0);
}

//----------------------------------------------------------------------------

__attribute__((used)) static _Noreturn void
run(const uint32_t *stack)
{
	const char *const *arg = (const char *const *)(stack + 1);

	if (stack[0] == 2 && same(arg[1], "jit"))
		jit();
	else if (stack[0] == 2 && same(arg[1], "bpf"))
		bpf();
	else if (stack[0] == 2 && same(arg[1], "seccomp"))
		seccomp();
	else if (stack[0] == 4 && same(arg[1], "kexec"))
		kexec(arg[2], arg[3]);
	else
		fail("what? ", 0);
	call(EXIT, 0, 0, 0);
	__builtin_unreachable();
}

__attribute__((naked, used)) void _start(void);

void
_start(void)
{
	__asm__("mov r0, sp\n\tbic sp, sp, #7\n\tb run");
}
