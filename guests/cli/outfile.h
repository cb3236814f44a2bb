// SPDX-License-Identifier: MIT
//
// The files palimpsest writes: each appears whole or not at all. Until it is whole it has no name, so that whatever
// ends the command leaves nothing behind. Whatever is wrong ends the command with one line that names the file.
#ifndef GUESTS_CLI_OUTFILE_H
#define GUESTS_CLI_OUTFILE_H

#include <stddef.h>

struct outfile {
	const char *given; // as the user names it; NULL: not open
	char *path;        // of the file that stands for, links followed; NULL: it is written as it is
	int fd;            // -1: made only when it is whole
};

// Opens path for writing: "-" is standard output; devices, pipes and the like are written themselves. It must not be
// one of the files that inputs has the names of, up to NULL.
void outfile_open(struct outfile *f, const char *path, const char *const *inputs);

// Writes size bytes and puts the file in its place.
void outfile_commit(struct outfile *f, const void *data, size_t size);

#endif
