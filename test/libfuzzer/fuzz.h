// SPDX-License-Identifier: MIT
//
// What the libFuzzer targets share. A property that doesn't hold ends the process, which libFuzzer
// takes for a finding and keeps the input of.
#ifndef TEST_LIBFUZZER_FUZZ_H
#define TEST_LIBFUZZER_FUZZ_H

#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(cond)                                                                                                    \
	do {                                                                                                           \
		if (!(cond)) {                                                                                         \
			fprintf(stderr, "%s:%d: doesn't hold: %s\n", __FILE__, __LINE__, #cond);                       \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

// The words of the input, one after the other; what is left over at its end is ignored.
#define EACH_WORD(w, data, size)                                                                                       \
	for (size_t fuzz_at = 0; fuzz_at + 4 <= (size) && (memcpy(&(w), (data) + fuzz_at, 4), 1); fuzz_at += 4)

// The input as a source of choices; behind its end all are 0.
struct fuzz_in {
	const uint8_t *p;
	size_t left;
};

static inline uint32_t
fuzz_take(struct fuzz_in *in, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes && in->left; i++, in->left--)
		value |= (uint32_t)*in->p++ << 8 * i;
	return value;
}

// A word: one where something ends or overflows, or any.
static inline uint32_t
fuzz_word(struct fuzz_in *in)
{
	static const uint32_t edges[] = {0,          1,          2,          3,           4,           8,
					 16,         64,         0xff,       0x1000,      0x10000,     0x100000,
					 0x40000000, 0x7fffffff, 0x80000000, 0xfffff000u, 0xfffffff5u, 0xffffffffu};
	const size_t n = sizeof(edges) / sizeof(edges[0]);
	uint32_t choice = fuzz_take(in, 1);

	if (choice < n)
		return edges[choice];
	if (choice < 2 * n)
		return edges[choice - n] - 1u;
	return fuzz_take(in, choice & 1 ? 4 : 2) << (choice & 2 ? 12 : 0);
}

#define FUZZ_GUARDED 0x200000u
#define FUZZ_PLACES  4u

// Memory number `which` of exactly size bytes, 8-byte aligned. What is behind it, by the next multiple of 8, isn't
// mapped, so that libraries built without sanitizers are caught as well; what is before it is poisoned.
static inline void *
fuzz_guarded(unsigned which, size_t size)
{
	static uint8_t *place[FUZZ_PLACES];
	static size_t last[FUZZ_PLACES];
	size_t rounded = (size + 7) & ~(size_t)7;
	uint8_t *at;

	HOLDS(which < FUZZ_PLACES && rounded <= FUZZ_GUARDED);
	if (!place[which]) {
		place[which] =
		    mmap(NULL, FUZZ_GUARDED + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		HOLDS(place[which] != MAP_FAILED);
		HOLDS(!mprotect(place[which] + FUZZ_GUARDED, 4096, PROT_NONE));
		ASAN_POISON_MEMORY_REGION(place[which], FUZZ_GUARDED);
	}
	at = place[which] + FUZZ_GUARDED - rounded;
	ASAN_POISON_MEMORY_REGION(place[which] + FUZZ_GUARDED - last[which], last[which]);
	ASAN_UNPOISON_MEMORY_REGION(at, size);
	last[which] = rounded;
	return at;
}

#endif
