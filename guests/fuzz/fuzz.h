// SPDX-License-Identifier: MIT
//
// palimpsest fuzz: random sensitive instructions, bare on QEMU and under the monitor, compared.
// What a case is and how it runs: test/fuzz/case.h.
#ifndef GUESTS_FUZZ_FUZZ_H
#define GUESTS_FUZZ_FUZZ_H

// The command; argv[0] is its name. Returns the exit status: 0 no divergence, 2 there are some (or rows that
// never ran, with --coverage), 128 + n interrupted by signal n.
int fuzz_command(int argc, char **argv);

#endif
