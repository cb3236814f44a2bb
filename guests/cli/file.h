// SPDX-License-Identifier: MIT
//
// The files palimpsest reads. Whatever is wrong with one ends the command with one line that
// names it.
#ifndef GUESTS_CLI_FILE_H
#define GUESTS_CLI_FILE_H

#include <stdbool.h>
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

// Writes all of data; false: errno says why.
bool file_write(int fd, const void *data, size_t size);

// An anonymous file that holds data, for a child process to open by name as /dev/fd/N.
int file_memory(const char *name, const void *data, size_t size);

#endif
