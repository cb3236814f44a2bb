// SPDX-License-Identifier: MIT
//
// Puts QEMU's arguments together. With a terminal the console is multiplexed with
// QEMU's monitor, so that Ctrl-a x quits; without one every byte of standard input
// belongs to the guest, and its end is not the end of the VM.
#define _GNU_SOURCE
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "guests/cli/error.h"
#include "guests/cli/file.h"
#include "guests/cli/qemu.h"
#include "monitor/image/image.h"

#define MONITOR_MIB  192u // the monitor, its pools and a FIT image of up to
#define FIT_FREE_MIB 32u  // this size; a larger one comes on top
#define MIB          0x100000u
#define MAX_FIXED    64u // arguments, without --qemu-arg

struct arguments {
	char **argv;
	size_t n;
};

static void
add_all(struct arguments *c, const char *const *args)
{
	for (; *args; args++)
		c->argv[c->n++] = must_printf("%s", *args);
}

#define add(c, ...) add_all(c, (const char *const[]){__VA_ARGS__, NULL})

__attribute__((format(printf, 3, 4))) static void
add_printf(struct arguments *c, const char *option, const char *fmt, ...)
{
	va_list ap;

	add(c, option);
	va_start(ap, fmt);
	if (vasprintf(&c->argv[c->n++], fmt, ap) < 0)
		fail(EXIT_MONITOR, "out of memory");
	va_end(ap);
}

// RAM of mib MiB, in a file if there is one for it.
static void
add_ram(struct arguments *c, const struct qemu_files *files, size_t mib)
{
	add_printf(c, "-m", "%zu", mib);
	if (!files->ram)
		return;
	add_printf(c, "-object", "memory-backend-file,id=ram,size=%zuM,mem-path=%s,share=on", mib, files->ram);
	add(c, "-machine", "memory-backend=ram");
}

static void
add_bare(struct arguments *c, const struct options *o, const struct qemu_files *files)
{
	add_ram(c, files, o->memory_mib);
	if (o->bios)
		add(c, "-bios", o->bios);
	if (o->kernel)
		add(c, "-kernel", o->kernel);
	add(c, "-dtb", files->dtb);
	if (o->initrd)
		add(c, "-initrd", o->initrd);
	if (o->append[0])
		add(c, "-append", o->append);
	if (o->no_reboot)
		add(c, "-no-reboot");
}

static void
add_monitored(struct arguments *c, const struct options *o, const struct qemu_files *files)
{
	size_t fit_mib = (files->fit_size + MIB - 1) / MIB, extra = fit_mib > FIT_FREE_MIB ? fit_mib - FIT_FREE_MIB : 0;
	size_t flash_mib = (files->flash_size + MIB - 1) / MIB;

	add_ram(c, files, o->memory_mib + MONITOR_MIB + extra + flash_mib);
	add(c, "-kernel", files->monitor, "-initrd", files->fit);
	add_printf(c, "-append", "bt=%s%s%s", o->bt, o->strict ? " strict=1" : "", o->no_reboot ? " no-reboot=1" : "");
	if (files->report)
		add_printf(c, "-chardev", "file,id=report,path=%s", files->report);
	else
		add_printf(c, "-chardev", "socket,id=report,fd=%d", files->report_fd);
	add(c, "-global", "virtio-mmio.force-legacy=false", "-device", "virtio-serial-device");
	add(c, "-device", "virtserialport,chardev=report,name=palimpsest.report", "-no-reboot");
}

char **
qemu_command(const struct options *o, const struct qemu_files *files)
{
	struct arguments c = {.argv = must_alloc((MAX_FIXED + o->n_qemu_args) * sizeof(*c.argv))};

	add(&c, "qemu-system-arm", "-M", "virt", "-cpu", o->host_cpu, "-nic", "none", "-display", "none");
	add(&c, "-serial", files->terminal ? "mon:stdio" : "chardev:console");
	if (!files->terminal)
		add(&c, "-chardev", "stdio,id=console,signal=off", "-monitor", "none");
	if (files->qmp >= 0) {
		add_printf(&c, "-chardev", "socket,id=qmp,fd=%d", files->qmp);
		add(&c, "-mon", "chardev=qmp,mode=control");
		if (!qemu_is_held(o))
			add(&c, "-S"); // until the protocol is up: QEMU 7.2 that ends while it greets hangs
	}
	if (o->icount)
		add(&c, "-icount", "shift=0,sleep=off");
	if (o->native)
		add_bare(&c, o, files);
	else
		add_monitored(&c, o, files);
	for (unsigned i = 0; i < o->n_qemu_args; i++)
		add(&c, o->qemu_args[i]);
	return c.argv;
}

bool
qemu_is_held(const struct options *o)
{
	for (unsigned i = 0; i < o->n_qemu_args; i++)
		if (!strcmp(o->qemu_args[i], "-S"))
			return true;
	return false;
}

void
qemu_free(char **argv)
{
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	free(argv);
}

void
qemu_print(char *const *argv)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,=:+@%";

	for (size_t i = 0; argv[i]; i++) {
		const char *s = argv[i];

		if (i)
			putchar(' ');
		if (*s && !s[strspn(s, plain)]) {
			fputs(s, stdout);
			continue;
		}
		putchar('\'');
		for (; *s; s++)
			fputs(*s == '\'' ? "'\\''" : (char[]){*s, '\0'}, stdout);
		putchar('\'');
	}
	putchar('\n');
}

// An image of our own: where $variable says, beside this program, or where it is installed.
static char *
image_path(const char *variable, const char *name, const char *whose)
{
	const char *given = getenv(variable);
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *path;

	if (given && *given)
		return must_printf("%s", given);
	self[n < 0 ? 0 : n] = '\0';
	dirname(self);
	path = must_printf("%s/%s", self, name);
	if (!access(path, F_OK))
		return path;
	free(path);
	path = must_printf("%s/../share/palimpsest/%s", self, name);
	if (access(path, F_OK))
		fail(EXIT_INPUT, "%s/%s: %s image is missing; set %s", self, name, whose, variable);
	return path;
}

static char *
find_image(const char *variable, const char *name, const char *whose)
{
	char *path = image_path(variable, name, whose);
	struct file image = file_read(path, UINT32_MAX, "RAM");
	struct image contents;
	const char *what = image_open(&contents, image.data, image.size, 0);

	if (what)
		fail(EXIT_INPUT, "%s: %s (%s image)", path, what, whose);
	file_free(&image);
	return path;
}

char *
qemu_find_monitor(void)
{
	return find_image("PALIMPSEST_MONITOR", "palimpsest.zImage", "the monitor's");
}

char *
qemu_find_fuzzer(void)
{
	return find_image("PALIMPSEST_FUZZER", "fuzz.bin", "the fuzzer's");
}
