// SPDX-License-Identifier: MIT
//
// See outfile.h. A file without a name is O_TMPFILE's, in the folder where it is to be. To put it in the place of
// another one it needs a name for a moment, for rename(): that is done by a process of its own, for which signals wait,
// and which SIGKILL doesn't find. On a file system that has no O_TMPFILE it does all of it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guests/cli/deadline.h"
#include "guests/cli/error.h"
#include "guests/cli/file.h"
#include "guests/cli/outfile.h"

#define LINKS_MAX 40
#define NAMES_MAX 1000u

// Devices, pipes and what /dev has links to (/dev/stdout) are written themselves, never replaced.
static bool
is_special(const char *path)
{
	struct stat st;

	return !strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6) || (!stat(path, &st) && !S_ISREG(st.st_mode));
}

static char *
folder_of(const char *path)
{
	char *copy = must_printf("%s", path), *folder = must_printf("%s", dirname(copy));

	free(copy);
	return folder;
}

// What path stands for once the links at its end are followed, whether there is something or not. NULL: errno says why.
static char *
follow(const char *path)
{
	char *at = must_printf("%s", path);

	for (unsigned n = 0; n < LINKS_MAX; n++) {
		char target[PATH_MAX], *folder, *next;
		ssize_t size = readlink(at, target, sizeof(target) - 1);

		if (size < 0)
			return at;
		target[size] = '\0';
		folder = folder_of(at);
		next = *target == '/' ? must_printf("%s", target) : must_printf("%s/%s", folder, target);
		free(folder);
		free(at);
		at = next;
	}
	free(at);
	errno = ELOOP;
	return NULL;
}

// A pipe is waited for until somebody reads it.
static int
open_special(const char *path)
{
	struct stat st;
	int fd;

	while ((fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK)) < 0 && errno == ENXIO &&
	       !stat(path, &st) && S_ISFIFO(st.st_mode))
		deadline_pause();
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_APPEND);
	return fd;
}

static int
open_unnamed(struct outfile *f)
{
	char *folder;
	int fd;

	f->path = follow(f->given);
	if (!f->path || (!access(f->path, F_OK) && access(f->path, W_OK)))
		return -1;
	folder = folder_of(f->path);
	fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		errno = access(folder, W_OK | X_OK) ? errno : 0; // without O_TMPFILE
	free(folder);
	return fd;
}

// An output that is one of the inputs would be lost, and the input with it.
static void
check_inputs(const struct outfile *f, const char *const *inputs)
{
	const char *path = f->path ? f->path : f->given;
	struct stat out, in;

	if ((f->path || f->fd < 0 ? stat(path, &out) : fstat(f->fd, &out)) || !S_ISREG(out.st_mode))
		return;
	for (; *inputs; inputs++)
		if (!stat(*inputs, &in) && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
			fail(EXIT_INPUT, "%s: is an input, %s, and can't be the output, too", f->given, *inputs);
}

void
outfile_open(struct outfile *f, const char *path, const char *const *inputs)
{
	*f = (struct outfile){.given = path};
	errno = 0;
	if (!strcmp(path, "-") || !strcmp(path, "/dev/stdout"))
		f->fd = dup(STDOUT_FILENO); // opened anew, a redirected one would be at its beginning
	else if (!*path || path[strlen(path) - 1] == '/' || is_special(path))
		f->fd = open_special(path);
	else
		f->fd = open_unnamed(f);
	if (f->fd < 0 && errno)
		fail(EXIT_INPUT, "%s: can't be written: %s", path, strerror(errno));
	check_inputs(f, inputs);
}

// As the file that it replaces: whom the user has shut out stays so.
static bool
set_mode(const struct outfile *f, int fd)
{
	struct stat st;

	return stat(f->path, &st) || !fchmod(fd, st.st_mode & 0777);
}

// A name beside path that there isn't: of fd, if it is a file without one, else of a new file. Its descriptor, or -1.
static int
make_name(const struct outfile *f, char **name)
{
	char *self = must_printf("/proc/self/fd/%d", f->fd);
	int fd = -1;

	errno = EEXIST;
	*name = NULL;
	for (unsigned n = 0; fd < 0 && errno == EEXIST && n < NAMES_MAX; n++) {
		free(*name);
		*name = must_printf("%s.%d-%u", f->path, (int)getpid(), n);
		if (f->fd < 0)
			fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		else if (!linkat(AT_FDCWD, self, AT_FDCWD, *name, AT_SYMLINK_FOLLOW))
			fd = f->fd;
	}
	free(self);
	return fd;
}

// With a name for a moment. False: nothing is left, and errno says why.
static bool
replace(struct outfile *f, const void *data, size_t size)
{
	char *name;
	int fd = make_name(f, &name), error;
	bool ok = fd >= 0 && (f->fd >= 0 || (file_write(fd, data, size) && set_mode(f, fd)));

	ok = ok && !rename(name, f->path);
	error = errno;
	if (!ok && fd >= 0)
		unlink(name);
	if (fd >= 0 && fd != f->fd)
		close(fd);
	free(name);
	errno = error;
	return ok;
}

static bool
replace_apart(struct outfile *f, const void *data, size_t size)
{
	pid_t child = fork();
	int status;

	if (!child) {
		setsid(); // out of the way of a signal to all of us
		_exit(replace(f, data, size) ? 0 : errno);
	}
	if (child < 0)
		return replace(f, data, size);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	return !errno;
}

static bool
put_in_place(struct outfile *f, const void *data, size_t size)
{
	char *self = must_printf("/proc/self/fd/%d", f->fd);
	bool ok = f->fd >= 0 && !linkat(AT_FDCWD, self, AT_FDCWD, f->path, AT_SYMLINK_FOLLOW);
	sigset_t all, before;

	free(self);
	if (ok)
		return true;
	if (f->fd >= 0 && errno != EEXIST) { // there is no /proc, for one
		close(f->fd);
		f->fd = -1;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = replace_apart(f, data, size);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

void
outfile_commit(struct outfile *f, const void *data, size_t size)
{
	bool ok = f->fd < 0 || file_write(f->fd, data, size);

	if (f->path)
		ok = ok && (f->fd < 0 || set_mode(f, f->fd)) && put_in_place(f, data, size);
	if (!ok || (f->fd >= 0 && close(f->fd)))
		fail(EXIT_INPUT, "%s: can't be written: %s", f->given, strerror(errno));
	free(f->path);
	*f = (struct outfile){0};
}
