// SPDX-License-Identifier: MIT
//
// See file.h. Inputs are read rather than mapped: a pipe is as good as a file, and a
// file that shrinks under us can't hurt.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "guests/cli/deadline.h"
#include "guests/cli/error.h"
#include "guests/cli/file.h"

#define CHUNK 0x100000u

static void
read_all(struct file *f, int fd, uint64_t max, const char *where)
{
	size_t capacity = 0;
	ssize_t n;

	do {
		if (capacity - f->size < CHUNK) {
			capacity = capacity ? 2 * capacity : 8 * (size_t)CHUNK;
			f->data = realloc(f->data, capacity);
			if (!f->data)
				fail(EXIT_INPUT, "%s: too large for this host's memory", f->path);
		}
		do {
			deadline_wait(fd);
			n = read(fd, f->data + f->size, CHUNK);
		} while (n < 0 && (errno == EINTR || errno == EAGAIN));
		if (n < 0)
			fail(EXIT_INPUT, "%s: %s", f->path, strerror(errno));
		f->size += (size_t)n;
		if (f->size > max)
			fail(EXIT_INPUT, "%s: doesn't fit in the VM's %s", f->path, where);
	} while (n > 0);
}

struct file
file_read(const char *path, uint64_t max, const char *where)
{
	struct file f = {.path = path};
	struct stat st;
	int fd;

	if (!path)
		return f;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // nor wait for who writes to a pipe
	if (fd < 0 || fstat(fd, &st))
		fail(EXIT_INPUT, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		fail(EXIT_INPUT, "%s: is a directory", path);
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
		fail(EXIT_INPUT, "%s: doesn't fit in the VM's %s", path, where);
	f.mtime = (uint64_t)st.st_mtime;
	read_all(&f, fd, max, where);
	close(fd);
	if (!f.size)
		fail(EXIT_INPUT, "%s: is empty", path);
	return f;
}

void
file_free(struct file *f)
{
	free(f->data);
	f->data = NULL;
}

bool
file_write(int fd, const void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, (const uint8_t *)data + done, size - done);

		if (n < 0 && errno != EINTR)
			return false;
		done += n < 0 ? 0 : (size_t)n;
	}
	return true;
}

int
file_memory(const char *name, const void *data, size_t size)
{
	int fd = memfd_create(name, 0);

	if (fd < 0)
		fail(EXIT_MONITOR, "memfd_create: %s", strerror(errno));
	if (!file_write(fd, data, size))
		fail(EXIT_INPUT, "%s: can't be written: %s", name, strerror(errno));
	return fd;
}
