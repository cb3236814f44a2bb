// SPDX-License-Identifier: MIT
//
// The machine's RAM, shared with QEMU as a file. The words that hold the canary after a VM without a single step are
// those that nobody owns; all others are the monitor's or the guest's, and the guest has wiped its own. What a VM
// takes is the same each time, so after any VM the same words must be canaries: no more, or somebody has copied
// one, no less, or somebody has written to what isn't his.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "shadowpt/pool.h"
#include "test/hostile/drive.h"

#define MIB         0x100000u
#define MONITOR_MIB 192u // guests/cli/qemu.c
#define RAM_BASE    0x40000000u
#define PAGE_WORDS  1024u
#define CONFIGS     32u

_Static_assert(HOSTILE_POISON == POOL_POISON, "the pool's poison");

static struct {
	char path[64];
	int fd;
	uint32_t *words;
	size_t size; // bytes
	const struct hostile_report *report;
} ram = {.fd = -1};

// One bit for each word.
static uint8_t *canaries[CONFIGS];

static unsigned
number(const struct config *c)
{
	return (unsigned)c->debug << 4 | (unsigned)(c->mib > 16u) << 3 | (unsigned)c->block << 2 |
	       (unsigned)c->strict << 1 | c->bios;
}

unsigned
ram_mib(const struct config *c)
{
	return c->mib + MONITOR_MIB + c->bios; // one more for the image in flash
}

const char *
ram_path(void)
{
	return ram.path;
}

static void
remove_file(void)
{
	unlink(ram.path);
}

static void
create(void)
{
	snprintf(ram.path, sizeof(ram.path), "%s/hostile.XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	ram.fd = mkostemp(ram.path, O_CLOEXEC);
	if (ram.fd < 0)
		die(ram.path);
	atexit(remove_file);
}

static void
resize(size_t size)
{
	if (ram.words)
		munmap(ram.words, ram.size);
	if (ftruncate(ram.fd, (off_t)size))
		die(ram.path);
	ram.words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ram.fd, 0);
	if (ram.words == MAP_FAILED)
		die(ram.path);
	ram.size = size;
}

void
ram_fill(const struct config *c)
{
	size_t size = (size_t)ram_mib(c) * MIB;

	if (ram.fd < 0)
		create();
	if (ram.size != size)
		resize(size);
	ram.report = NULL;
	for (size_t i = 0; i < size / 4u; i++)
		if (ram.words[i] != HOSTILE_CANARY)
			ram.words[i] = HOSTILE_CANARY;
}

const struct hostile_report *
ram_report(void)
{
	static const uint32_t magic[4] = {HOSTILE_MAGIC_0, HOSTILE_MAGIC_1, HOSTILE_MAGIC_2, HOSTILE_MAGIC_3};

	for (size_t i = 0; !ram.report && i < ram.size / 4u; i += PAGE_WORDS)
		if (!memcmp(&ram.words[i], magic, sizeof(magic)))
			ram.report = (const struct hostile_report *)(const void *)&ram.words[i];
	return ram.report;
}

bool
ram_known(const struct config *c)
{
	return canaries[number(c)];
}

void
ram_learn(const struct config *c)
{
	uint8_t *bits = calloc(ram.size / 32u, 1);

	if (!bits)
		die("memory");
	for (size_t i = 0; i < ram.size / 4u; i++)
		if (ram.words[i] == HOSTILE_CANARY)
			bits[i / 8u] = (uint8_t)(bits[i / 8u] | 1u << i % 8u);
	canaries[number(c)] = bits;
}

const char *
ram_check(const struct config *c)
{
	static char text[128];
	const uint8_t *bits = canaries[number(c)];
	unsigned long lost = 0, more = 0;
	size_t first = 0;

	for (size_t i = 0; bits && i < ram.size / 4u; i++) {
		bool was = bits[i / 8u] >> i % 8u & 1u, is = ram.words[i] == HOSTILE_CANARY;

		if (was == is)
			continue;
		first = lost + more ? first : i;
		lost += was;
		more += is;
	}
	if (!lost && !more)
		return NULL;
	snprintf(text, sizeof(text), "%lu canaries gone, %lu new ones, the first at %08x: %08x", lost, more,
		 (unsigned)(RAM_BASE + first * 4u), ram.words[first]);
	return text;
}
