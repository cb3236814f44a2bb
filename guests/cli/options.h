// SPDX-License-Identifier: MIT
//
// The command line of palimpsest, checked: every value is in range, though no file
// has been looked at yet.
#ifndef GUESTS_CLI_OPTIONS_H
#define GUESTS_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

// What scan loads (image.h).
enum scanimage_isa { SCANIMAGE_AUTO, SCANIMAGE_A32, SCANIMAGE_MIXED };

struct scanimage_options {
	const char *path;
	bool raw, has_address;
	enum scanimage_isa isa; // MIXED: there is Thumb code, and a raw image begins with it
	uint32_t address;       // of a raw image's first byte, or a zImage's unpacked kernel
};

enum command { COMMAND_RUN, COMMAND_BUNDLE, COMMAND_SCAN, COMMAND_FUZZ };

struct options {
	enum command command;
	const char *bios, *kernel; // paths: one at least isn't NULL
	const char *initrd, *dtb;  // paths or NULL
	const char *append;        // never NULL
	const char *bt;            // "page" or "block"
	const char *output;        // bundle's -o
	const char *stats;         // path or NULL
	const char *host_cpu;
	const char *cpu;        // the VM's, as QEMU would be told; NULL or the same
	const char **qemu_args; // passed on as they are
	unsigned n_qemu_args;
	uint32_t memory_mib;
	double timeout; // seconds; 0: none
	bool strict, native, icount, no_reboot, dry_run;
	struct scanimage_options image; // scan's
	bool pages, doubtful, truth, json;
	char **files; // scan --truth's: one at least
	unsigned n_files;
};

// Parses argv; ends the command for --help, --version and whatever is wrong.
void options_parse(struct options *o, int argc, char **argv);

#endif
