// SPDX-License-Identifier: MIT
//
// Options are QEMU's where QEMU has one, so that its command lines carry over: what has no choice here is taken if
// it says what is so anyway. One table says which options there are, which command takes them, what they set and what
// --help prints.
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guests/cli/error.h"
#include "guests/cli/options.h"
#include "guests/cli/optparse.h"
#include "monitor/image/image.h"

#define DEFAULT_MIB 512u
#define DEFAULT_CPU "cortex-a15"

static void
set_m(void *options, const char *text)
{
	struct options *o = options;
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (*end == 'G' || *end == 'g') {
		n = n > IMAGE_RAM_MAX_MIB ? n : n * 1024;
		end++;
	} else if (*end == 'M' || *end == 'm') {
		end++;
	}
	if (text[0] < '0' || text[0] > '9' || *end || errno)
		fail(EXIT_INPUT, "-m %s: not a size in MiB", text);
	if (n < IMAGE_RAM_MIN_MIB || n > IMAGE_RAM_MAX_MIB)
		fail(EXIT_INPUT, "-m %s: a VM has %u to %u MiB", text, IMAGE_RAM_MIN_MIB, IMAGE_RAM_MAX_MIB);
	o->memory_mib = (uint32_t)n;
}

static void
set_timeout(void *options, const char *text)
{
	struct options *o = options;
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !isfinite(seconds) || seconds <= 0 || seconds > 1e6)
		fail(EXIT_INPUT, "--timeout %s: not a number of seconds between 0 and 1000000", text);
	o->timeout = seconds;
}

static void
set_append(void *options, const char *text)
{
	struct options *o = options;
	size_t len = strlen(text);

	if (len > IMAGE_BOOTARGS_MAX)
		fail(EXIT_INPUT, "-append: %zu characters, at most %u are possible", len, IMAGE_BOOTARGS_MAX);
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			fail(EXIT_INPUT, "-append: character %zu (0x%02x) is not printable ASCII", i + 1,
			     (uint8_t)text[i]);
	o->append = text;
}

static void
set_bt(void *options, const char *text)
{
	struct options *o = options;

	if (strcmp(text, "page") && strcmp(text, "block"))
		fail(EXIT_INPUT, "--bt %s: neither page nor block", text);
	o->bt = text;
}

static void
set_qemu_arg(void *options, const char *text)
{
	struct options *o = options;

	o->qemu_args[o->n_qemu_args++] = text;
}

static void
set_isa(void *options, const char *text)
{
	struct options *o = options;

	if (!strcmp(text, "auto"))
		o->image.isa = SCANIMAGE_AUTO;
	else if (!strcmp(text, "a32"))
		o->image.isa = SCANIMAGE_A32;
	else if (!strcmp(text, "thumb"))
		o->image.isa = SCANIMAGE_MIXED;
	else
		fail(EXIT_INPUT, "--isa %s: neither a32, thumb nor auto", text);
}

static void
set_address(void *options, const char *text)
{
	struct options *o = options;
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno || n > 0xffffffffu)
		fail(EXIT_INPUT, "--address %s: not a 32-bit address", text);
	if (n % 4u)
		fail(EXIT_INPUT, "--address %s: not a multiple of 4", text);
	o->image.address = (uint32_t)n;
	o->image.has_address = true;
}

static void set_help(void *options, const char *arg);

#define RUN    (1u << COMMAND_RUN)
#define BUNDLE (1u << COMMAND_BUNDLE)
#define SCAN   (1u << COMMAND_SCAN)
#define VM     (RUN | BUNDLE)

#define FLAG(name, commands, m, help)                                                                                  \
	{name, NULL, commands, help, OPTION_FLAG, offsetof(struct options, m), NULL, NULL},
#define STRING(name, arg, commands, m, help)                                                                           \
	{name, arg, commands, help, OPTION_STRING, offsetof(struct options, m), NULL, NULL},
#define CALL(name, arg, commands, f, help) {name, arg, commands, help, OPTION_CALL, 0, f, NULL},
#define FIXED(name, arg, values, why)      {name, arg, VM, why, OPTION_FIXED, 0, NULL, values},

#define MACHINE "the machine is QEMU's virt with a GICv2, without security and virtualization extensions"
#define OWN     "is for QEMU itself; --qemu-arg hands it on"
#define NO_DISK "a VM has no disks yet"
#define NO_NET  "a VM has no network yet"
#define NO_KVM  "it needs no KVM; QEMU's TCG runs it"

// clang-format off
static const struct option_row rows[] = {
	STRING("kernel",  "FILE",        VM,     kernel,   "zImage, raw image, uImage or ELF; required without -bios")
	STRING("initrd",  "FILE",        VM,     initrd,   "initramfs")
	STRING("bios",    "FILE",        VM,     bios,     "firmware, started from flash; gets the kernel by fw_cfg")
	CALL("append",    "STRING",      VM,     set_append, "the kernel's command line")
	CALL("m",         "MIB",         VM,     set_m,    "RAM, as 512, 512M or 2G; 16 to 2048 MiB [512]")
	STRING("dtb",     "FILE",        VM,     dtb,      "device tree instead of the one of QEMU's virt")
	CALL("bt",        "page|block",  VM,     set_bt,   "translation policy [page]")
	FLAG("strict",                   VM,     strict,   "loads of patched code see the original, at a cost")
	STRING("o",       "FILE",        BUNDLE, output,   "the FIT image to write (required); - is standard output")
	FLAG("no-reboot",                RUN,    no_reboot, "end instead of rebooting")
	FLAG("native",                   RUN,    native,   "the same VM on bare QEMU, without the monitor")
	FLAG("icount",                   RUN,    icount,   "deterministic: one instruction is one nanosecond")
	STRING("stats",   "FILE",        RUN,    stats,    "write the statistics at the end, as JSON; - is standard output")
	CALL("timeout",   "SECONDS",     RUN,    set_timeout, "end after that time, with status 3")
	STRING("host-cpu", "CPU",        RUN,    host_cpu, "QEMU's CPU model [" DEFAULT_CPU "]")
	CALL("qemu-arg",  "ARG",         RUN,    set_qemu_arg, "one more argument for QEMU; repeatable")
	FLAG("dry-run",                  RUN,    dry_run,  "check all, print the QEMU command, don't run it")
	FLAG("raw",                      SCAN,   image.raw, "FILE is neither a zImage nor ELF")
	CALL("isa",       "a32|thumb|auto", SCAN, set_isa, "whether the kernel has Thumb code [auto]")
	CALL("address",   "ADDRESS",     SCAN,   set_address, "of a raw image, or a zImage's kernel")
	FLAG("pages",                    SCAN,   pages,    "report each page")
	FLAG("doubtful",                 SCAN,   doubtful, "report each word that would be left as it is")
	FLAG("truth",                    SCAN,   truth,    "compare with the mapping symbols of ELF files and archives")
	FLAG("json",                     SCAN,   json,     "the report as JSON")
	STRING("cpu",     "CPU",         VM,     cpu,      "the VM's, which is what all runs on, and nothing else")
	CALL("help",      NULL,          VM | SCAN, set_help, "this text")
	CALL("version",   NULL,          VM | SCAN, optparse_version, "the version")
	FIXED("M",        "MACHINE",     "virt|type=virt|gic-version=2|highmem=off|secure=off|virtualization=off|accel=tcg", MACHINE)
	FIXED("machine",  "MACHINE",     "virt|type=virt|gic-version=2|highmem=off|secure=off|virtualization=off|accel=tcg", MACHINE)
	FIXED("smp",      "N",           "1|cpus=1|maxcpus=1|sockets=1|cores=1|threads=1", "a VM has one CPU")
	FIXED("nographic", NULL,         "",     "")
	FIXED("display",  "TYPE",        "none", "a VM has no display; its console is standard input and output")
	FIXED("vga",      "TYPE",        "none", "a VM has no display; its console is standard input and output")
	FIXED("serial",   "DEVICE",      "stdio|mon:stdio", "the console is standard input and output")
	FIXED("monitor",  "DEVICE",      "none", "QEMU's monitor is behind the console: Ctrl-a c, on a terminal")
	FIXED("nic",      "TYPE",        "none", NO_NET)
	FIXED("net",      "TYPE",        "none", NO_NET)
	FIXED("accel",    "NAME",        "tcg",  NO_KVM)
	FIXED("nodefaults", NULL,        "",     "")
	FIXED("enable-kvm", NULL,        NULL,   NO_KVM)
	FIXED("netdev",   "TYPE",        NULL,   NO_NET)
	FIXED("drive",    "FILE",        NULL,   NO_DISK)
	FIXED("hda",      "FILE",        NULL,   NO_DISK)
	FIXED("sd",       "FILE",        NULL,   NO_DISK)
	FIXED("blockdev", "FILE",        NULL,   NO_DISK)
	FIXED("device",   "NAME",        NULL,   "a VM has the devices of QEMU's virt, without disks and network, and no others")
	FIXED("gdb",      "DEVICE",      NULL,   OWN)
	FIXED("s",        NULL,          NULL,   OWN)
	FIXED("S",        NULL,          NULL,   OWN)
	FIXED("d",        "ITEMS",       NULL,   OWN)
	FIXED("D",        "FILE",        NULL,   OWN)
};
// clang-format on
_Static_assert(sizeof(rows) / sizeof(rows[0]) <= OPTPARSE_ROWS, "optparse.h");

static const struct {
	const char *name, *usage, *what;
} commands[] = {
    [COMMAND_RUN] = {"run", "-kernel FILE [OPTION...]",
		     "runs an unmodified 32-bit ARM kernel, or with -bios firmware, in a VM"},
    [COMMAND_BUNDLE] = {"bundle", "-o FILE -kernel FILE [OPTION...]",
			"writes the FIT image of that VM, which also starts a board"},
    [COMMAND_SCAN] = {"scan", "FILE [OPTION...]", "reports what the monitor would find in an image"},
    [COMMAND_FUZZ] = {"fuzz", "[OPTION...]", "compares what the monitor does with the bare machine"},
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char *const names[N_COMMANDS + 1] = {"run", "bundle", "scan", "fuzz", NULL};

static struct option_table
table_of(enum command command)
{
	return (struct option_table){rows, sizeof(rows) / sizeof(rows[0]), names, command};
}

static const char statuses[] =
    "Exit status: 0 the guest powered off; 1 bad usage or input; 2 the guest crashed or was\n"
    "stopped; 3 timeout; 4 the monitor failed.";

static void
set_help(void *options, const char *arg)
{
	const struct options *o = options;
	struct option_table table = table_of(o->command);

	(void)arg;
	printf("Usage: palimpsest %s %s\n%c%s.\n\n", commands[o->command].name, commands[o->command].usage,
	       commands[o->command].what[0] - 'a' + 'A', commands[o->command].what + 1);
	optparse_help(&table);
	puts("\nLong options may begin with one dash, as QEMU's do.");
	if (o->command == COMMAND_RUN)
		puts(statuses);
	puts("See palimpsest(1).");
	finish_output();
	exit(EXIT_POWEROFF);
}

static _Noreturn void
help(void)
{
	puts("Usage: palimpsest COMMAND [OPTION...]\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-7s %s\n", commands[i].name, commands[i].what);
	puts("\n`palimpsest COMMAND --help` has a command's options, --version is the version. See palimpsest(1).");
	finish_output();
	exit(EXIT_POWEROFF);
}

static enum command
parse_command(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "", *nearest;

	if (!*name)
		fail(EXIT_INPUT, "no command: run, bundle, scan or fuzz (see --help)");
	for (unsigned i = 0; i < N_COMMANDS; i++)
		if (!strcmp(name, names[i]))
			return (enum command)i;
	if (!strcmp(name, "--help") || !strcmp(name, "-help") || !strcmp(name, "-h") || !strcmp(name, "help"))
		help();
	if (!strcmp(name, "--version") || !strcmp(name, "-version"))
		optparse_version(NULL, NULL);
	if (*name == '-')
		fail(EXIT_INPUT, "%s: a command comes first, as in palimpsest run %s (see --help)", name, name);
	nearest = optparse_nearest(name, names, N_COMMANDS);
	if (nearest)
		fail(EXIT_INPUT, "%s: unknown command; did you mean %s?", name, nearest);
	fail(EXIT_INPUT, "%s: unknown command, not run, bundle, scan or fuzz (see --help)", name);
}

static void
check_scan(struct options *o, int argc, char **argv)
{
	if (optind == argc)
		fail(EXIT_INPUT, "FILE is missing");
	o->files = argv + optind;
	o->n_files = (unsigned)(argc - optind);
	o->image.path = argv[optind++];
	if (o->truth)
		optind = argc;
	if (optind < argc)
		fail(EXIT_INPUT, "%s: only one FILE can be scanned", argv[optind]);
	if (o->image.raw && !o->image.has_address)
		fail(EXIT_INPUT, "%s: a raw image needs --address ADDRESS", o->image.path);
}

static void
check_required(struct options *o, int argc, char **argv)
{
	if (o->command == COMMAND_SCAN) {
		check_scan(o, argc, argv);
		return;
	}
	if (optind < argc)
		fail(EXIT_INPUT, "%s: not an option", argv[optind]);
	if (!o->kernel && !o->bios)
		fail(EXIT_INPUT, "-kernel FILE is missing, or -bios FILE");
	if (!o->kernel && (o->initrd || o->append[0]))
		fail(EXIT_INPUT, "%s: is for a kernel, and -kernel FILE is missing", o->initrd ? "-initrd" : "-append");
	if (o->cpu && strcmp(o->cpu, o->host_cpu))
		fail(EXIT_INPUT, "-cpu %s: the VM's CPU is the one that all runs on, %s%s", o->cpu, o->host_cpu,
		     o->command == COMMAND_RUN ? " (see --host-cpu)" : "");
	if (o->native && o->strict)
		fail(EXIT_INPUT, "--strict: is for the monitor, and --native runs without it");
	if (o->command == COMMAND_BUNDLE && !o->output)
		fail(EXIT_INPUT, "-o FILE is missing");
}

void
options_parse(struct options *o, int argc, char **argv)
{
	enum command command = parse_command(argc, argv);
	struct option_table table = table_of(command);

	*o = (struct options){.command = command, .memory_mib = DEFAULT_MIB, .append = "", .bt = "page"};
	o->host_cpu = DEFAULT_CPU;
	o->qemu_args = must_alloc((size_t)argc * sizeof(*o->qemu_args));
	if (command == COMMAND_FUZZ)
		return; // has its own: options.h
	argc--, argv++; // the command takes the program's place
	optparse(&table, o, argc, argv);
	check_required(o, argc, argv);
}
