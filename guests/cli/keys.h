// SPDX-License-Identifier: MIT
//
// What is typed at a terminal goes to QEMU through a pseudoterminal, but for Ctrl-a s, which asks for the VM's state.
// All else, QEMU's own keys (Ctrl-a x, Ctrl-a c...) included, is passed on as it is.
#ifndef GUESTS_CLI_KEYS_H
#define GUESTS_CLI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

struct keys {
	int master, slave; // of the pseudoterminal: ours, and QEMU's standard input; -1: none
	bool prefix;       // Ctrl-a was the last key
	char left[512];    // what QEMU hasn't taken yet
	size_t n;
};

// Makes the pseudoterminal and lets every key through, if standard input is a terminal and keys are wanted.
void keys_open(struct keys *k, bool wanted);
void keys_close(struct keys *k);

// Which descriptor is to be waited for, for what (poll's events); -1: none.
int keys_wait(const struct keys *k, short *events);

// Passes on what there is. Whether the state was asked for.
bool keys_pass(struct keys *k);

#endif
