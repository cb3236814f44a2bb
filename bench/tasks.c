// SPDX-License-Identifier: MIT
//
// What bench/run.sh measures in user space: a static ELF for Linux's ARM EABI without a libc,
// run by the guest's shell, bare and under the monitor. Each task is prepared, warmed
// up and then executed a fixed number of times between two marks, which bench/insn.c sees as it
// executes them: what lies between two marks is exact, and no clock of the guest's is asked.
// It prints "task NAME TIMES" for each, in the marks' order, then "task end"; a task that
// fails says so and ends the run. `tasks exit` is what the task exec executes.
#include <stddef.h>
#include <stdint.h>
#include "test/boot/linux.h"

// MOVW ip, #0xce11: no other code here or in busybox (which is Thumb) has it.
#define MARK() __asm__ volatile(".inst 0xe30cce11" : : : "ip", "memory")

// System calls besides those of linux.h.
enum { FORK = 2, EXECVE = 11, KILL = 37, PIPE = 42, MUNMAP = 91, WAIT4 = 114, SIGACTION = 174 };

#define SIGUSR1     10
#define SA_RESTORER 0x04000000
#define PAGE        4096u
#define TOUCHED     (4u << 20)
#define COPIED      (1u << 20)
#define TABLE       256u

static int zero, to_child[2], to_parent[2];
static char *memory, *copy;
static volatile uint32_t signals;

static void
say_number(uint32_t n)
{
	char text[11], *p = text + sizeof(text) - 1;

	*p = '\0';
	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	say(p);
}

static _Noreturn void
leave(uint32_t status)
{
	for (;;)
		call(EXIT, status, 0, 0);
}

static uint32_t
must(int32_t result, const char *what)
{
	if (result < 0) {
		say("tasks: failed: ");
		say(what);
		say("\n");
		leave(1);
	}
	return (uint32_t)result;
}

static char *
map(uint32_t size)
{
	int32_t p = call6(MMAP2, 0, size, PROT_RW, MAP_ANONYMOUS, UINT32_MAX, 0);

	if (p < 0 && p > -(int32_t)PAGE)
		must(-1, "mmap");
	return (char *)(uint32_t)p;
}

// Arithmetic, loads, stores and branches on a table that fits any cache.
static void
compute(void)
{
	static uint32_t table[TABLE];
	uint32_t x = 2463534242u;

	for (uint32_t i = 0; i < 100000; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		table[x % TABLE] += x * 2654435761u;
		if (x & 1)
			x += table[i % TABLE];
	}
}

static void
null_call(void)
{
	call(GETPID, 0, 0, 0);
}

static void
open_zero(void)
{
	zero = (int)must(call(OPEN, address("/dev/zero"), 0, 0), "open /dev/zero");
}

static void
read_byte(void)
{
	char c;

	must(call(READ, (uint32_t)zero, address(&c), 1), "read");
}

static void
handler(int signal)
{
	(void)signal;
	signals++;
}

__attribute__((naked)) static void
restorer(void)
{
	__asm__ volatile("mov r7, #119\n\tsvc #0"); // sigreturn
}

static void
install_handler(void)
{
	const struct {
		uint32_t handler, flags, restorer, mask[2];
	} action = {(uint32_t)handler, SA_RESTORER, (uint32_t)restorer, {0, 0}};

	must(call6(SIGACTION, SIGUSR1, address(&action), 0, 8, 0, 0), "sigaction");
}

static void
signal_self(void)
{
	uint32_t before = signals;

	must(call(KILL, (uint32_t)call(GETPID, 0, 0, 0), SIGUSR1, 0), "kill");
	must(signals == before + 1 ? 0 : -1, "the signal didn't come");
}

// The child sends back each byte it is sent, and ends with the pipe.
static void
start_echo(void)
{
	char c;

	must(call(PIPE, address(to_child), 0, 0), "pipe");
	must(call(PIPE, address(to_parent), 0, 0), "pipe");
	if (must(call(FORK, 0, 0, 0), "fork"))
		return;
	while (call(READ, (uint32_t)to_child[0], address(&c), 1) == 1 && c)
		call(WRITE, (uint32_t)to_parent[1], address(&c), 1);
	leave(0);
}

static void
pipe_round(void)
{
	char c = 1;

	must(call(WRITE, (uint32_t)to_child[1], address(&c), 1), "write");
	must(call(READ, (uint32_t)to_parent[0], address(&c), 1), "read");
}

static void
stop_echo(void)
{
	char c = 0;

	must(call(WRITE, (uint32_t)to_child[1], address(&c), 1), "write");
	must(call6(WAIT4, UINT32_MAX, 0, 0, 0, 0, 0), "wait");
}

static void
map_touch_unmap(void)
{
	char *p = map(PAGE);

	*(volatile char *)p = 1;
	must(call(MUNMAP, address(p), PAGE, 0), "munmap");
}

static void
touch(void)
{
	char *p = map(TOUCHED);

	for (uint32_t i = 0; i < TOUCHED; i += PAGE)
		*(volatile char *)(p + i) = 1;
	must(call(MUNMAP, address(p), TOUCHED, 0), "munmap");
}

static void
map_copy(void)
{
	memory = map(COPIED);
	copy = map(COPIED);
}

static void
copy_memory(void)
{
	const uint64_t *from = (const uint64_t *)(void *)memory;
	volatile uint64_t *to = (volatile uint64_t *)(void *)copy;

	for (uint32_t i = 0; i < COPIED / sizeof(*from); i++)
		to[i] = from[i];
}

static void
fork_exit(void)
{
	if (!must(call(FORK, 0, 0, 0), "fork"))
		leave(0);
	must(call6(WAIT4, UINT32_MAX, 0, 0, 0, 0, 0), "wait");
}

static void
fork_exec(void)
{
	const char *argv[] = {"tasks", "exit", NULL}, *envp[] = {NULL};

	if (!must(call(FORK, 0, 0, 0), "fork")) {
		call(EXECVE, address("/tasks"), address(argv), address(envp));
		leave(1);
	}
	must(call6(WAIT4, UINT32_MAX, 0, 0, 0, 0, 0), "wait");
}

// clang-format off
static const struct {
	const char *name;
	uint32_t times;
	void (*prep)(void), (*exec)(void), (*post)(void);
} tasks[] = {
	{"compute",           200, NULL,            compute,         NULL},
	{"memcpy_1m",          20, map_copy,        copy_memory,     NULL},
	{"null_call",       20000, NULL,            null_call,       NULL},
	{"read",            20000, open_zero,       read_byte,       NULL},
	{"signal",           5000, install_handler, signal_self,     NULL},
	{"pipe",             2000, start_echo,      pipe_round,      stop_echo},
	{"page_fault",       2000, NULL,            map_touch_unmap, NULL},
	{"touch_4m",            4, NULL,            touch,           NULL},
	{"fork_exit",         200, NULL,            fork_exit,       NULL},
	{"fork_exec",         100, NULL,            fork_exec,       NULL},
};
// clang-format on

__attribute__((used)) static _Noreturn void
run(const uint32_t *stack)
{
	if (stack[0] > 1) // argc
		leave(0);
	for (uint32_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
		if (tasks[i].prep)
			tasks[i].prep();
		for (uint32_t n = 0; n <= tasks[i].times / 20; n++)
			tasks[i].exec();
		MARK();
		for (uint32_t n = 0; n < tasks[i].times; n++)
			tasks[i].exec();
		MARK();
		if (tasks[i].post)
			tasks[i].post();
		say("task ");
		say(tasks[i].name);
		say(" ");
		say_number(tasks[i].times);
		say("\n");
	}
	say("task end\n");
	leave(0);
}

__attribute__((naked)) void _start(void);

void
_start(void)
{
	__asm__ volatile("mov r0, sp\n\tbic sp, sp, #7\n\tb run");
}
