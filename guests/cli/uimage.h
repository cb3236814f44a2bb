// SPDX-License-Identifier: MIT
//
// U-Boot's legacy images as QEMU takes them for kernels: a payload that is packed by gzip is unpacked. The
// monitor doesn't do that, so it is done here.
#ifndef GUESTS_CLI_UIMAGE_H
#define GUESTS_CLI_UIMAGE_H

#include "guests/cli/file.h"

// Makes f, if it is a kernel of that kind packed by gzip, what mkimage makes of the kernel unpacked. Ends the command
// where it can't be unpacked.
void uimage_unpack(struct file *f);

#endif
