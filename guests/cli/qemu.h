// SPDX-License-Identifier: MIT
//
// The QEMU command that runs a VM, under the monitor or bare.
#ifndef GUESTS_CLI_QEMU_H
#define GUESTS_CLI_QEMU_H

#include <stddef.h>
#include <stdbool.h>
#include "guests/cli/options.h"

// The files of a QEMU command, by the names QEMU is to open them by.
struct qemu_files {
	const char *monitor, *fit, *report; // under the monitor; report NULL: it goes to the socket report_fd
	int report_fd;
	const char *dtb;             // bare
	const char *ram;             // to hold the machine's RAM, shared with it; NULL: anonymous
	size_t fit_size, flash_size; // bytes; of flash, what is loaded to it
	int qmp;                     // descriptor of a socket for QEMU's machine protocol; -1: none
	bool terminal;               // standard input is one
};

// The command's argument vector, NULL-terminated; from malloc, as are its strings.
char **qemu_command(const struct options *o, const struct qemu_files *files);
void qemu_free(char **argv);

// Whether the user has asked for a machine that waits to be let go.
bool qemu_is_held(const struct options *o);

// Prints argv as one line for a shell.
void qemu_print(char *const *argv);

// The monitor's image: $PALIMPSEST_MONITOR, else palimpsest.zImage beside this program or where it is
// installed. From malloc; ends the command where there is none.
char *qemu_find_monitor(void);

// The fuzzer's guest (test/fuzz/): the same, $PALIMPSEST_FUZZER or fuzz.bin.
char *qemu_find_fuzzer(void);

#endif
