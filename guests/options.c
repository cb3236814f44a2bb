// SPDX-License-Identifier: MIT
//
// Options are QEMU's where QEMU has one, so that its command lines carry over:
// getopt_long_only takes -kernel and --kernel alike. One table says which options
// there are, which command takes them and what --help prints.
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guests/error.h"
#include "guests/options.h"
#include "monitor/image.h"

#define DEFAULT_MIB 512u
#ifndef VERSION
#define VERSION "0.1"
#endif

enum option_id {
	OPT_KERNEL = 256,
	OPT_INITRD,
	OPT_BIOS,
	OPT_APPEND,
	OPT_M,
	OPT_DTB,
	OPT_NO_REBOOT,
	OPT_BT,
	OPT_STRICT,
	OPT_OUTPUT,
	OPT_NATIVE,
	OPT_ICOUNT,
	OPT_STATS,
	OPT_TIMEOUT,
	OPT_HOST_CPU,
	OPT_QEMU_ARG,
	OPT_DRY_RUN,
	OPT_RAW,
	OPT_ISA,
	OPT_ADDRESS,
	OPT_PAGES,
	OPT_DOUBTFUL,
	OPT_TRUTH,
	OPT_JSON,
	OPT_HELP,
	OPT_VERSION,
};

#define RUN    (1u << COMMAND_RUN)
#define BUNDLE (1u << COMMAND_BUNDLE)
#define SCAN   (1u << COMMAND_SCAN)

// clang-format off
static const struct {
	const char *name, *arg; // arg NULL: takes none
	enum option_id id;
	unsigned commands;
	const char *help;
} table[] = {
	{"kernel",    "FILE",       OPT_KERNEL,    RUN | BUNDLE, "zImage, raw image, uImage or ELF; required without -bios"},
	{"initrd",    "FILE",       OPT_INITRD,    RUN | BUNDLE, "initramfs"},
	{"bios",      "FILE",       OPT_BIOS,      RUN | BUNDLE, "firmware, started from flash; gets the kernel by fw_cfg"},
	{"append",    "STRING",     OPT_APPEND,    RUN | BUNDLE, "the kernel's command line"},
	{"m",         "MIB",        OPT_M,         RUN | BUNDLE, "RAM, as 512, 512M or 2G; 16 to 2048 MiB [512]"},
	{"dtb",       "FILE",       OPT_DTB,       RUN | BUNDLE, "device tree instead of the one of QEMU's virt"},
	{"bt",        "page|block", OPT_BT,        RUN | BUNDLE, "translation policy [page]"},
	{"strict",    NULL,         OPT_STRICT,    RUN | BUNDLE, "loads of patched code see the original, at a cost"},
	{"o",         "FILE",       OPT_OUTPUT,    BUNDLE,       "the FIT image to write (required); - is standard output"},
	{"no-reboot", NULL,         OPT_NO_REBOOT, RUN,          "end instead of rebooting"},
	{"native",    NULL,         OPT_NATIVE,    RUN,          "the same VM on bare QEMU, without the monitor"},
	{"icount",    NULL,         OPT_ICOUNT,    RUN,          "deterministic: one instruction is one nanosecond"},
	{"stats",     "FILE",       OPT_STATS,     RUN,          "write the statistics at the end, as JSON; - is standard output"},
	{"timeout",   "SECONDS",    OPT_TIMEOUT,   RUN,          "end after that time, with status 3"},
	{"host-cpu",  "CPU",        OPT_HOST_CPU,  RUN,          "QEMU's CPU model [cortex-a15]"},
	{"qemu-arg",  "ARG",        OPT_QEMU_ARG,  RUN,          "one more argument for QEMU; repeatable"},
	{"dry-run",   NULL,         OPT_DRY_RUN,   RUN,          "check all, print the QEMU command, don't run it"},
	{"raw",       NULL,         OPT_RAW,       SCAN,         "FILE is neither a zImage nor ELF"},
	{"isa",       "a32|thumb|auto", OPT_ISA,   SCAN,         "whether the kernel has Thumb code [auto]"},
	{"address",   "ADDRESS",    OPT_ADDRESS,   SCAN,         "of a raw image, or a zImage's kernel"},
	{"pages",     NULL,         OPT_PAGES,     SCAN,         "report each page"},
	{"doubtful",  NULL,         OPT_DOUBTFUL,  SCAN,         "report each word that would be left as it is"},
	{"truth",     NULL,         OPT_TRUTH,     SCAN,         "compare with the mapping symbols of ELF files and archives"},
	{"json",      NULL,         OPT_JSON,      SCAN,         "the report as JSON"},
	{"help",      NULL,         OPT_HELP,      RUN | BUNDLE | SCAN, "this text"},
	{"version",   NULL,         OPT_VERSION,   RUN | BUNDLE | SCAN, "the version"},
};
// clang-format on
#define N_OPTIONS (sizeof(table) / sizeof(table[0]))

// For which command an option is, where it isn't for run and bundle.
static const char *
only_for(unsigned commands)
{
	switch (commands) {
	case RUN:
		return " (run)";
	case BUNDLE:
		return " (bundle)";
	case SCAN:
		return " (scan)";
	default:
		return "";
	}
}

static _Noreturn void
help(void)
{
	puts("Usage: palimpsest run -kernel FILE [OPTION...]\n"
	     "       palimpsest bundle -o FILE -kernel FILE [OPTION...]\n"
	     "       palimpsest scan FILE [OPTION...]\n"
	     "       palimpsest fuzz [OPTION...]     (palimpsest fuzz --help)\n"
	     "Runs an unmodified 32-bit ARM kernel or firmware in a VM, writes the FIT image of that VM,\n"
	     "reports what the monitor would find in an image, or compares what it does with the bare machine.\n");
	for (size_t i = 0; i < N_OPTIONS; i++)
		printf("  %s%s %-*s %s%s\n", strlen(table[i].name) > 1 ? "--" : "-", table[i].name,
		       (int)(21 - strlen(table[i].name) - (strlen(table[i].name) > 1)),
		       table[i].arg ? table[i].arg : "", table[i].help, only_for(table[i].commands));
	puts("\nLong options may begin with one dash, as QEMU's do. Exit status: 0 the guest powered\n"
	     "off; 1 bad usage or input; 2 the guest crashed or was stopped; 3 timeout; 4 the monitor\n"
	     "failed. See palimpsest(1).");
	finish_output();
	exit(EXIT_POWEROFF);
}

static uint32_t
parse_mib(const char *text)
{
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
	return (uint32_t)n;
}

static double
parse_timeout(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !isfinite(seconds) || seconds <= 0 || seconds > 1e6)
		fail(EXIT_INPUT, "--timeout %s: not a number of seconds between 0 and 1000000", text);
	return seconds;
}

static const char *
parse_append(const char *text)
{
	size_t len = strlen(text);

	if (len > IMAGE_BOOTARGS_MAX)
		fail(EXIT_INPUT, "-append: %zu characters, at most %u are possible", len, IMAGE_BOOTARGS_MAX);
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			fail(EXIT_INPUT, "-append: character %zu (0x%02x) is not printable ASCII", i + 1,
			     (uint8_t)text[i]);
	return text;
}

static enum scanimage_isa
parse_isa(const char *text)
{
	if (!strcmp(text, "auto"))
		return SCANIMAGE_AUTO;
	if (!strcmp(text, "a32"))
		return SCANIMAGE_A32;
	if (strcmp(text, "thumb"))
		fail(EXIT_INPUT, "--isa %s: neither a32, thumb nor auto", text);
	return SCANIMAGE_MIXED;
}

static uint32_t
parse_address(const char *text)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno || n > 0xffffffffu)
		fail(EXIT_INPUT, "--address %s: not a 32-bit address", text);
	if (n % 4u)
		fail(EXIT_INPUT, "--address %s: not a multiple of 4", text);
	return (uint32_t)n;
}

static void
set(struct options *o, enum option_id id, const char *arg)
{
	switch (id) {
	case OPT_KERNEL:
		o->kernel = arg;
		break;
	case OPT_INITRD:
		o->initrd = arg;
		break;
	case OPT_BIOS:
		o->bios = arg;
		break;
	case OPT_APPEND:
		o->append = parse_append(arg);
		break;
	case OPT_M:
		o->memory_mib = parse_mib(arg);
		break;
	case OPT_DTB:
		o->dtb = arg;
		break;
	case OPT_NO_REBOOT:
		o->no_reboot = true;
		break;
	case OPT_BT:
		if (strcmp(arg, "page") && strcmp(arg, "block"))
			fail(EXIT_INPUT, "--bt %s: neither page nor block", arg);
		o->bt = arg;
		break;
	case OPT_STRICT:
		o->strict = true;
		break;
	case OPT_OUTPUT:
		o->output = arg;
		break;
	case OPT_NATIVE:
		o->native = true;
		break;
	case OPT_ICOUNT:
		o->icount = true;
		break;
	case OPT_STATS:
		o->stats = arg;
		break;
	case OPT_TIMEOUT:
		o->timeout = parse_timeout(arg);
		break;
	case OPT_HOST_CPU:
		o->host_cpu = arg;
		break;
	case OPT_QEMU_ARG:
		o->qemu_args[o->n_qemu_args++] = arg;
		break;
	case OPT_DRY_RUN:
		o->dry_run = true;
		break;
	case OPT_RAW:
		o->image.raw = true;
		break;
	case OPT_ISA:
		o->image.isa = parse_isa(arg);
		break;
	case OPT_ADDRESS:
		o->image.address = parse_address(arg);
		o->image.has_address = true;
		break;
	case OPT_PAGES:
		o->pages = true;
		break;
	case OPT_DOUBTFUL:
		o->doubtful = true;
		break;
	case OPT_TRUTH:
		o->truth = true;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_HELP:
		help();
	case OPT_VERSION:
		puts("palimpsest " VERSION);
		finish_output();
		exit(EXIT_POWEROFF);
	}
}

static enum command
parse_command(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (!*name)
		fail(EXIT_INPUT, "no command: run, bundle, scan or fuzz (see --help)");
	if (!strcmp(name, "--help") || !strcmp(name, "-help") || !strcmp(name, "-h") || !strcmp(name, "help"))
		help();
	if (!strcmp(name, "--version") || !strcmp(name, "-version"))
		set(&(struct options){0}, OPT_VERSION, NULL);
	if (!strcmp(name, "bundle"))
		return COMMAND_BUNDLE;
	if (!strcmp(name, "scan"))
		return COMMAND_SCAN;
	if (!strcmp(name, "fuzz"))
		return COMMAND_FUZZ;
	if (strcmp(name, "run"))
		fail(EXIT_INPUT, "%s: unknown command, not run, bundle, scan or fuzz (see --help)", name);
	return COMMAND_RUN;
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
	if (o->native && o->strict)
		fail(EXIT_INPUT, "--strict: is for the monitor, and --native runs without it");
	if (o->command == COMMAND_BUNDLE && !o->output)
		fail(EXIT_INPUT, "-o FILE is missing");
}

void
options_parse(struct options *o, int argc, char **argv)
{
	struct option longs[N_OPTIONS + 1] = {0};
	enum command command = parse_command(argc, argv);
	size_t n = 0;
	int id;

	*o = (struct options){.command = command, .memory_mib = DEFAULT_MIB, .append = "", .bt = "page"};
	o->host_cpu = "cortex-a15";
	o->qemu_args = must_alloc((size_t)argc * sizeof(*o->qemu_args));
	if (command == COMMAND_FUZZ)
		return; // has its own: fuzz_options.h
	for (size_t i = 0; i < N_OPTIONS; i++)
		if (table[i].commands & (1u << command))
			longs[n++] = (struct option){table[i].name, table[i].arg ? required_argument : no_argument,
						     NULL, (int)table[i].id};
	argc--, argv++; // the command takes the program's place
	opterr = 0;
	while ((id = getopt_long_only(argc, argv, ":", longs, NULL)) != -1) {
		if (id == ':')
			fail(EXIT_INPUT, "%s: argument missing", argv[optind - 1]);
		if (id == '?')
			fail(EXIT_INPUT, "%s: unknown option (see --help)", argv[optind - 1]);
		set(o, (enum option_id)id, optarg);
	}
	check_required(o, argc, argv);
}
