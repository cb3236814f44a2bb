// SPDX-License-Identifier: MIT
//
// The least a host test needs: named cases, checks that print what differed,
// and a closing line. A case passes when none of its checks failed.
#ifndef TEST_HOST_CHECK_H
#define TEST_HOST_CHECK_H

#include <stdbool.h>
#include <stdio.h>

static struct {
	const char *name;
	bool failed;
	unsigned n_passed, n_failed;
} check_state;

static inline void
check_end(void)
{
	if (!check_state.name)
		return;
	if (check_state.failed)
		check_state.n_failed++;
	else
		check_state.n_passed++;
	check_state.name = NULL;
}

// Opens the case that the following checks belong to.
static inline void
check_case(const char *name)
{
	check_end();
	check_state.name = name;
	check_state.failed = false;
}

static inline void
check_fail(const char *file, int line, const char *what)
{
	check_state.failed = true;
	printf("%s:%d: %s: %s\n", file, line, check_state.name ? check_state.name : "?", what);
}

#define CHECK(cond)                                                                                                    \
	do {                                                                                                           \
		if (!(cond))                                                                                           \
			check_fail(__FILE__, __LINE__, #cond);                                                         \
	} while (0)

#define CHECK_EQ(a, b)                                                                                                 \
	do {                                                                                                           \
		unsigned long long check_a = (unsigned long long)(a), check_b = (unsigned long long)(b);               \
		if (check_a != check_b) {                                                                              \
			check_fail(__FILE__, __LINE__, #a " == " #b);                                                  \
			printf("    0x%llx != 0x%llx\n", check_a, check_b);                                            \
		}                                                                                                      \
	} while (0)

// Closes the last case and prints the tally; returns main's exit status.
static inline int
check_done(const char *name)
{
	check_end();
	printf("%s: %u passed, %u failed\n", name, check_state.n_passed, check_state.n_failed);
	return check_state.n_failed != 0 || check_state.n_passed == 0;
}

#endif
