// SPDX-License-Identifier: MIT
//
// ELF files for `palimpsest scan`: executables and modules of 32-bit little-endian ARM
// (ELF for the ARM Architecture, IHI 0044).
#ifndef GUESTS_SCAN_ELF_H
#define GUESTS_SCAN_ELF_H

#include "guests/cli/file.h"
#include "guests/scan/image.h"

bool scanelf_is(const struct file *f);

// Adds the file's regions; ends the command with one line for whatever is wrong.
void scanelf_load(struct scanimage *image, const struct file *f);

#endif
