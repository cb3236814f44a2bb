// SPDX-License-Identifier: MIT
//
// The driver's parts: a VM's run, the machine's RAM as a file, and a look at QEMU from outside.
#ifndef TEST_HOSTILE_DRIVE_H
#define TEST_HOSTILE_DRIVE_H

#include <stdbool.h>
#include "test/hostile/hostile.h"

struct config {
	unsigned mib; // the guest's RAM
	bool block, strict, bios;
	bool debug; // the monitor that checks itself
};

// One VM, and after vm_run() what came of it.
struct vm {
	const char *build; // folder of the command and the images
	struct config config;
	unsigned long seed, first, steps;
	char console[64], qmp[64]; // files
	struct hostile_report report;
	char why[256]; // it failed, or empty
};

enum ending { FINISHED, CRASHED, LOST, SPUN, FAILED, N_ENDINGS };

enum ending vm_run(struct vm *vm);
// The command for a shell, as the rest of a line.
void vm_show_command(const struct vm *vm);

_Noreturn void die(const char *what);
double seconds(void); // since whenever

// ram.c: all RAM of the machine for such a VM, MiB, and the file that it is in.
unsigned ram_mib(const struct config *c);
const char *ram_path(void);
// Canaries everywhere.
void ram_fill(const struct config *c);
// The guest's report, where it stands now; NULL if it isn't there yet.
const struct hostile_report *ram_report(void);
// Which words are canaries after a VM that did nothing, and whether they are the same after one that did
// something: NULL, or what has changed.
void ram_learn(const struct config *c);
bool ram_known(const struct config *c);
const char *ram_check(const struct config *c);

// probe.c: whether the core is seen in the guest, or asleep in its WFI, through QEMU's machine protocol.
bool probe_runs_guest(const char *socket);

#endif
