// SPDX-License-Identifier: MIT
//
// The files palimpsest reads and writes. Whatever is wrong with one ends the command
// with one line that names it. An output file appears whole or not at all.
#ifndef GUESTS_FILE_H
#define GUESTS_FILE_H

#include <stddef.h>
#include <stdint.h>

struct file {
	const char *path; // NULL: not given
	uint8_t *data;
	size_t size;
	uint64_t mtime; // seconds
};

// Reads a whole file, anything but a directory, of at most max bytes, which is what there is room
// for in the VM's `where`; an empty one is refused. path NULL: an absent file, of size 0. Released
// with file_free.
struct file file_read(const char *path, uint64_t max, const char *where);
void file_free(struct file *f);

struct outfile {
	const char *given; // as the user names it; NULL: not open
	char *path;        // what it stands for, and
	char *temporary;   // the file beside that until outfile_commit; NULL where the file is written itself
	int fd;
};

// Opens path for writing, through a temporary file unless path is a device, pipe or the like. At
// most one is open at a time; it is removed if the command ends before outfile_commit.
void outfile_open(struct outfile *f, const char *path);

// Writes size bytes and puts the file in its place.
void outfile_commit(struct outfile *f, const void *data, size_t size);

// An anonymous file that holds data, for a child process to open by name as /dev/fd/N.
int file_memory(const char *name, const void *data, size_t size);

#endif
