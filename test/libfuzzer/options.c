// SPDX-License-Identifier: MIT
// uses: guests/cli/options.c guests/fuzz/options.c guests/cli/optparse.c guests/cli/error.c
// libs: -Wl,--wrap=exit
// len: 512
//
// The command lines of palimpsest: any words end in options that are all in range, in help, or in status 1
// and one line. Numbers are what reading them without overflow gives. A word of one byte that is no printable
// character stands for one of those below.
#include <math.h>
#include <setjmp.h>
#include <unistd.h>
#include "guests/cli/error.h"
#include "guests/fuzz/options.h"
#include "guests/fuzz/row.h"
#include "guests/fuzz/run.h"
#include "guests/cli/options.h"
#include "monitor/image/image.h"
#include "test/libfuzzer/fuzz.h"

#define WORDS 24u

static const char *const words[] = {
    "run",       "bundle",   "scan",     "fuzz",     "-kernel",  "-initrd",    "-bios",    "-append",    "-m",
    "-dtb",      "--bt",     "page",     "block",    "--strict", "-o",         "--native", "--icount",   "--stats",
    "--timeout", "--json",   "--raw",    "--isa",    "thumb",    "--address",  "--pages",  "--qemu-arg", "--dry-run",
    "--seed",    "--cases",  "--time",   "--class",  "mmu",      "--policy",   "both",     "--jobs",     "--batch",
    "--corpus",  "--replay", "--resume", "--help",   "file",     "0x40008000", "512",      "2G",         "all",
    "--version", "--",       "-",        "--output", "a32",      "-M",         "virt",     "-cpu",       "cortex-a15",
    "-smp",      "-display", "none",     "--kernal", "--st",
};

static jmp_buf ended;
static int status;
static FILE *out, *err;
static char *out_text, *err_text;
static size_t out_size, err_size;

void __real_exit(int code);
void __wrap_exit(int code);

void
__wrap_exit(int code)
{
	if (!out)
		__real_exit(code);
	status = code;
	longjmp(ended, 1);
}

bool
fuzz_row_class_known(const char *name)
{
	return *name == 'a';
}

// The words of the input, by zero bytes; argv is NULL-terminated.
static int
split(char *text, size_t size, char **argv, int n)
{
	char *end = text + size;

	while (text < end && n < (int)WORDS) {
		uint8_t c = (uint8_t)*text;
		unsigned known = c < ' ' ? c - 1u : c - 0x7fu + 31u;

		argv[n++] = text[0] && !text[1] && (c < ' ' || c > '~') && known < sizeof(words) / sizeof(words[0])
				? (char *)(uintptr_t)words[known]
				: text;
		text += strlen(text) + 1;
	}
	argv[n] = NULL;
	return n;
}

static void
one_line(void)
{
	HOLDS(status == EXIT_INPUT && err_size > 13 && !strncmp(err_text, "palimpsest: ", 12) && !out_size);
	for (size_t i = 0; i < err_size; i++)
		HOLDS(i == err_size - 1 ? err_text[i] == '\n' : (uint8_t)err_text[i] >= ' ' && err_text[i] != 0x7f);
}

static void
check(const struct options *o, int argc)
{
	HOLDS(o->memory_mib >= IMAGE_RAM_MIN_MIB && o->memory_mib <= IMAGE_RAM_MAX_MIB);
	HOLDS(o->timeout >= 0 && o->timeout <= 1e6 && o->n_qemu_args < (unsigned)argc);
	HOLDS(o->append && strlen(o->append) <= IMAGE_BOOTARGS_MAX && o->host_cpu);
	HOLDS(!strcmp(o->bt, "page") || !strcmp(o->bt, "block"));
	HOLDS(!o->cpu || !strcmp(o->cpu, o->host_cpu));
	if (o->command == COMMAND_SCAN)
		HOLDS(o->image.path && !(o->image.address % 4u) && (!o->image.raw || o->image.has_address));
	else if (o->command != COMMAND_FUZZ)
		HOLDS((o->kernel || o->bios) && !(o->native && o->strict) && (o->command == COMMAND_RUN || o->output));
}

static void
check_fuzz(const struct fuzz_options *o, int argc)
{
	HOLDS(o->jobs >= 1 && o->jobs <= FUZZ_JOBS_MAX && o->batch >= 1 && o->batch <= FUZZ_RUN_CASES);
	HOLDS(o->isas && o->isas < 1u << FUZZ_SETS && o->policies && o->policies < 1u << FUZZ_POLICIES);
	HOLDS(o->n_classes < (unsigned)argc && o->cases <= UINT64_MAX / FUZZ_ISAS && (o->cases || o->time > 0));
	HOLDS(o->time >= 0 && o->time <= 1e7);
}

// Runs a parser on argv: true if it came back.
static bool
parse(int argc, char **argv, struct options *o, struct fuzz_options *f)
{
	volatile bool done = false;
	FILE *outs = stdout, *errs = stderr;

	out = stdout = open_memstream(&out_text, &out_size);
	err = stderr = open_memstream(&err_text, &err_size);
	optind = 0; // glibc's getopt begins anew
	if (!setjmp(ended)) {
		if (o)
			options_parse(o, argc, argv);
		else
			fuzz_options_parse(f, argc, argv);
		done = true;
	}
	fclose(out);
	fclose(err);
	out = NULL;
	stdout = outs;
	stderr = errs;
	if (!done && (status || !out_size))
		one_line();
	HOLDS(!done || (!out_size && !err_size));
	free(out_text);
	free(err_text);
	return done;
}

// A number's digits in a base, without overflow: beyond 2^64 it stays there. *end is what follows.
static __uint128_t
digits(const char *text, unsigned base, const char **end)
{
	static const char all[] = "0123456789abcdef";
	const __uint128_t limit = (__uint128_t)1 << 64;
	__uint128_t n = 0;

	for (; *text; text++) {
		const char *digit = memchr(all, *text >= 'A' && *text <= 'F' ? *text + 32 : *text, base);

		if (!digit)
			break;
		n = n * base + (unsigned)(digit - all);
		n = n > limit ? limit : n;
	}
	*end = text;
	return n;
}

static bool
is_mib(const char *text, uint32_t *mib)
{
	const char *end;
	__uint128_t n = digits(text, 10, &end);

	if (end == text)
		return false;
	if (*end == 'G' || *end == 'g')
		n *= 1024;
	*mib = (uint32_t)n;
	return (!*end || (strchr("GgMm", *end) && !end[1])) && n >= 16 && n <= 2048;
}

static bool
is_address(const char *text, uint32_t *address)
{
	bool hex = text[0] == '0' && (text[1] | 32) == 'x' && strspn(text + 2, "0123456789abcdefABCDEF");
	const char *end;
	__uint128_t n = digits(text + (hex ? 2 : 0), hex ? 16 : text[0] == '0' ? 8 : 10, &end);

	*address = (uint32_t)n;
	return text[0] >= '0' && text[0] <= '9' && !*end && n <= UINT32_MAX && n % 4 == 0;
}

// One option with any text: what it becomes is what reading it otherwise gives.
static void
check_value(unsigned which, char *text)
{
	static const char *const options[] = {"-m", "--address", "--seed", "--jobs", "--batch"};
	char *run[] = {(char[]){"palimpsest"}, (char[]){"run"}, (char[]){"-kernel"}, (char[]){"x"}, NULL, text, NULL};
	char *scan[] = {(char[]){"palimpsest"}, (char[]){"scan"}, (char[]){"x"}, NULL, text, NULL};
	char *fuzz[] = {(char[]){"fuzz"}, NULL, text, NULL};
	struct fuzz_options f;
	struct options o;
	const char *end;
	uint32_t wanted;
	__uint128_t n = digits(text, 10, &end);
	bool number = end != text && !*end;

	run[4] = scan[3] = fuzz[1] = (char *)(uintptr_t)options[which];
	if (which == 0) {
		HOLDS(parse(6, run, &o, NULL) == is_mib(text, &wanted));
		HOLDS(!is_mib(text, &wanted) || o.memory_mib == wanted);
	} else if (which == 1) {
		HOLDS(parse(5, scan, &o, NULL) == is_address(text, &wanted));
		HOLDS(!is_address(text, &wanted) || o.image.address == wanted);
	} else if (parse(3, fuzz, NULL, &f)) {
		HOLDS(number && n == (which == 2 ? f.seed : which == 3 ? f.jobs : f.batch));
	} else {
		HOLDS(!number || n > UINT64_MAX || (which == 3 && (!n || n > FUZZ_JOBS_MAX)) ||
		      (which == 4 && (!n || n > FUZZ_RUN_CASES)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	unsigned what = fuzz_take(&in, 1) % 8u;
	char *text = malloc(in.left + 1), *argv[WORDS + 2] = {(char[]){"palimpsest"}};
	struct fuzz_options f;
	struct options o;
	int argc;

	memcpy(text, in.p, in.left);
	text[in.left] = '\0';
	argc = split(text, in.left, argv, 1);
	if (what < 2) {
		if (parse(argc, argv, &o, NULL))
			check(&o, argc);
	} else if (what == 2) {
		if (parse(argc, argv, NULL, &f))
			check_fuzz(&f, argc);
	} else {
		check_value(what - 3u, text);
	}
	free(text);
	return 0;
}
