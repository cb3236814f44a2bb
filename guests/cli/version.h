// SPDX-License-Identifier: MIT
//
// The version, which docs/changes.md begins with.
#ifndef GUESTS_CLI_VERSION_H
#define GUESTS_CLI_VERSION_H

#define VERSION "0.2"

#endif
