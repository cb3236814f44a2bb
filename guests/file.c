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
#include "guests/error.h"
#include "guests/file.h"

#define CHUNK 0x100000u

static const char *unfinished; // the temporary output file, for remove_unfinished

static void
remove_unfinished(void)
{
	if (unfinished)
		unlink(unfinished);
}

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
			n = read(fd, f->data + f->size, CHUNK);
		} while (n < 0 && errno == EINTR);
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
	fd = open(path, O_RDONLY | O_CLOEXEC);
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

// Devices, pipes and what /dev has links to (/dev/stdout) are written themselves, never replaced.
static bool
is_special(const char *path)
{
	struct stat st;

	return !strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6) || (!stat(path, &st) && !S_ISREG(st.st_mode));
}

static int
open_temporary(struct outfile *f)
{
	mode_t mask = umask(0), mode = 0666 & ~mask;
	struct stat st;
	int fd;

	umask(mask);
	f->path = realpath(f->given, NULL); // a link stays one
	if (!f->path)
		f->path = must_printf("%s", f->given);
	if (!access(f->path, F_OK) && access(f->path, W_OK))
		return -1;
	if (!stat(f->path, &st))
		mode = st.st_mode & 0777; // whom the user has shut out stays so
	f->temporary = must_printf("%s.XXXXXX", f->path);
	fd = mkostemp(f->temporary, O_CLOEXEC);
	if (fd < 0)
		return -1;
	unfinished = f->temporary;
	atexit(remove_unfinished);
	fchmod(fd, mode);
	return fd;
}

void
outfile_open(struct outfile *f, const char *path)
{
	*f = (struct outfile){.given = path};
	if (!strcmp(path, "/dev/stdout"))
		f->fd = dup(STDOUT_FILENO); // opened anew, a redirected one would be at its beginning
	else
		f->fd = is_special(path) ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : open_temporary(f);
	if (f->fd < 0)
		fail(EXIT_INPUT, "%s: can't be written: %s", path, strerror(errno));
}

static void
write_all(const char *path, int fd, const void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, (const uint8_t *)data + done, size - done);

		if (n < 0 && errno != EINTR)
			fail(EXIT_INPUT, "%s: can't be written: %s", path, strerror(errno));
		done += n < 0 ? 0 : (size_t)n;
	}
}

void
outfile_commit(struct outfile *f, const void *data, size_t size)
{
	write_all(f->given, f->fd, data, size);
	if (close(f->fd) || (f->temporary && rename(f->temporary, f->path)))
		fail(EXIT_INPUT, "%s: can't be written: %s", f->given, strerror(errno));
	unfinished = NULL;
	free(f->temporary);
	free(f->path);
}

int
file_memory(const char *name, const void *data, size_t size)
{
	int fd = memfd_create(name, 0);

	if (fd < 0)
		fail(EXIT_MONITOR, "memfd_create: %s", strerror(errno));
	write_all(name, fd, data, size);
	return fd;
}
