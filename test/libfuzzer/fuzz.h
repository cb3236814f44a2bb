// SPDX-License-Identifier: MIT
//
// What the libFuzzer targets share. A property that doesn't hold ends the process, which libFuzzer
// takes for a finding and keeps the input of.
#ifndef TEST_LIBFUZZER_FUZZ_H
#define TEST_LIBFUZZER_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

#endif
