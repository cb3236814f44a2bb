// SPDX-License-Identifier: MIT
//
// See run.h. The machine's RAM is anonymous memory that QEMU and we both have mapped: the
// runner's results are read where it left them, and its count of cases while it runs tells
// whether it still gets on. What QEMU prints and the monitor reports goes to anonymous memory, too.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "guests/cli/error.h"
#include "guests/fuzz/run.h"
#include "guests/cli/options.h"
#include "guests/cli/qemu.h"
#include "guests/cli/vm.h"

#define MIB         0x100000u
#define RAM_BASE    0x40000000u
#define TICK_MS     20
#define START_LIMIT 60.0 // seconds (patience_clock) until the runner is to have begun
#define MAKE_LIMIT  2.0  // then for the code of all cases
#define CASE_LIMIT  2.0  // and for a case, unless the caller has less patience
#define ASLEEP      16.0 // how much slower time passes for a machine that gets no processor
#define NOTE_BYTES  4096

_Static_assert(FUZZ_RUN_CASES *FUZZ_RESULT_BYTES(FUZZ_INSN) < 48u * MIB, "case.h");
_Static_assert(FUZZ_RUN_MMU *FUZZ_RESULT_BYTES(FUZZ_MMU) < FUZZ_MMU_RESULT_BYTES, "mmu.h");

const char *const fuzz_machine_name[FUZZ_MACHINES] = {"bare", "page", "block", "strict", "block-strict"};

// What QEMU opens by name; OUTPUT is its standard output, REPORT the monitor's.
enum { RAM, OUTPUT, REPORT, BLOB, BATCH, FILES };

// A machine that runs.
struct machine {
	pid_t pid;
	int pidfd;
	int file[FILES]; // anonymous memory
	uint8_t *memory; // NULL until QEMU has given the file its size
	size_t size;
	volatile const struct fuzz_results *results; // NULL until found
	uint32_t nonce[2], kind;
	bool bare;
};

static double
clock_seconds(clockid_t clock)
{
	struct timespec t = {0, 0};

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Seconds by which a machine is judged: the processor time it has had, for where many share a core a case may take
// long and not hang; but one that sleeps has to end some time, too.
static double
patience_clock(const struct machine *m)
{
	clockid_t cpu;

	return (clock_getcpuclockid(m->pid, &cpu) ? 0 : clock_seconds(cpu)) + clock_seconds(CLOCK_MONOTONIC) / ASLEEP;
}

//----------------------------------------------------------------------------
// QEMU

// The batch as the initrd of a VM, for QEMU as it is or in the FIT image. Returns what is to be in
// memory beside the kernel: the FIT image, or the bare machine's device tree.
static struct file
make_blob(const struct options *o, struct file *batch)
{
	struct vm vm = {.options = o, .kernel = file_read(o->kernel, UINT32_MAX, "memory"), .initrd = *batch};
	struct file blob = o->native ? vm_dtb(&vm) : vm_fit(&vm);

	file_free(&vm.kernel);
	return blob;
}

static void
exec_qemu(char *const *argv, int output, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL); // ours are blocked
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || null < 0)
		_exit(EXIT_MONITOR);
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	signal(SIGINT, SIG_IGN); // of the terminal: we end it
	execvp(argv[0], argv);
	_exit(127);
}

static const char *
policy(enum fuzz_machine machine)
{
	return machine == FUZZ_BLOCK || machine == FUZZ_BLOCK_STRICT ? "block" : "page";
}

// Starts QEMU, which opens its files through our own descriptors.
static void
start(struct machine *m, const struct fuzz_run *run, enum fuzz_machine which, struct file *batch)
{
	struct options o = {.kernel = run->runner,
			    .append = "",
			    .bt = policy(which),
			    .strict = fuzz_machine_exact(which),
			    .host_cpu = "cortex-a15"};
	struct qemu_files files = {.monitor = run->monitor, .qmp = -1};
	char name[FILES][32], **argv;
	const struct fuzz_batch *header = (const struct fuzz_batch *)(const void *)batch->data;
	pid_t parent = getpid();
	struct file blob, content[FILES] = {[BATCH] = *batch};

	*m = (struct machine){.bare = which == FUZZ_BARE};
	o.native = m->bare;
	o.memory_mib = header->kind == FUZZ_MMU ? FUZZ_MMU_RAM_MIB : FUZZ_RAM_MIB;
	m->kind = header->kind;
	memcpy(m->nonce, header->nonce, sizeof(m->nonce));
	blob = content[BLOB] = make_blob(&o, batch);
	for (unsigned i = 0; i < FILES; i++) {
		m->file[i] = file_memory("fuzz", content[i].data, content[i].size);
		fcntl(m->file[i], F_SETFD, FD_CLOEXEC);
		snprintf(name[i], sizeof(name[i]), "/proc/%d/fd/%d", parent, m->file[i]);
	}
	files.ram = name[RAM];
	files.report = name[REPORT];
	files.fit = files.dtb = name[BLOB];
	files.fit_size = blob.size;
	o.initrd = name[BATCH];
	argv = qemu_command(&o, &files);
	m->pid = fork();
	if (!m->pid)
		exec_qemu(argv, m->file[OUTPUT], parent);
	if (m->pid < 0)
		fail(EXIT_MONITOR, "can't start a process: %s", strerror(errno));
	m->pidfd = (int)syscall(SYS_pidfd_open, m->pid, 0);
	qemu_free(argv);
	file_free(&blob);
}

// Kills what still runs. Returns its wait status.
static int
end(struct machine *m)
{
	int status = 0;

	kill(m->pid, SIGKILL);
	while (waitpid(m->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(m->pidfd);
	return status;
}

static void
release(struct machine *m)
{
	if (m->memory)
		munmap(m->memory, m->size);
	for (unsigned i = 0; i < FILES; i++)
		close(m->file[i]);
}

// The last of what QEMU and the monitor printed; NULL: nothing.
static char *
last_words(const struct machine *m)
{
	int fd = lseek(m->file[REPORT], 0, SEEK_END) > 0 ? m->file[REPORT] : m->file[OUTPUT];
	off_t size = lseek(fd, 0, SEEK_END), from = size > NOTE_BYTES ? size - NOTE_BYTES : 0;
	char *text;

	if (size <= 0)
		return NULL;
	text = must_alloc((size_t)(size - from) + 1);
	if (pread(fd, text, (size_t)(size - from), from) < 0)
		text[0] = '\0';
	return text;
}

//----------------------------------------------------------------------------
// Results

static bool
map(struct machine *m)
{
	struct stat st;

	if (m->memory)
		return true;
	if (fstat(m->file[RAM], &st) || !st.st_size)
		return false;
	m->size = (size_t)st.st_size;
	m->memory = mmap(NULL, m->size, PROT_READ, MAP_SHARED, m->file[RAM], 0);
	if (m->memory == MAP_FAILED)
		fail(EXIT_MONITOR, "mmap: %s", strerror(errno));
	return true;
}

// Looks for the results: at their address, or under the monitor at each MiB of the host's RAM that QEMU
// has touched at all.
static bool
find(struct machine *m)
{
	size_t step = m->bare ? m->size : MIB;

	if (m->results)
		return true;
	if (!map(m))
		return false;
	for (size_t at = m->bare ? (m->kind == FUZZ_MMU ? FUZZ_MMU_RESULTS : FUZZ_RESULTS) - RAM_BASE : 0; at < m->size;
	     at += step) {
		const struct fuzz_results *r = (const struct fuzz_results *)(const void *)(m->memory + at);

		if (lseek(m->file[RAM], (off_t)at, SEEK_DATA) != (off_t)at)
			continue;
		if (r->magic == FUZZ_RESULTS_MAGIC && r->nonce[0] == m->nonce[0] && r->nonce[1] == m->nonce[1]) {
			m->results = r;
			return true;
		}
	}
	return false;
}

// Waits until the machine is off, hangs or is to be given up. True if it hangs.
static bool
wait_for(struct machine *m, const struct fuzz_run *run)
{
	struct pollfd fd = {m->pidfd, POLLIN, 0};
	double since = patience_clock(m);
	uint32_t last = 0;

	while (!atomic_load(run->stop) && poll(&fd, 1, TICK_MS) <= 0) {
		bool found = find(m);
		double t = patience_clock(m);

		if (found && m->results->running != last) {
			last = m->results->running;
			since = t;
		}
		if (t - since > (!found ? START_LIMIT : last ? run->patience : run->patience + MAKE_LIMIT))
			return true;
	}
	return false;
}

// What went wrong if the runner didn't come as far as its first case.
static _Noreturn void
no_start(const struct machine *m, int status, enum fuzz_machine which)
{
	char *words = last_words(m), *line = words ? strrchr(words, '\n') : NULL;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		fail(EXIT_INPUT, "qemu-system-arm: not found: install qemu-system-arm");
	while (line && !line[1] && line > words) { // the last line that has something in it
		*line = '\0';
		line = strrchr(words, '\n');
	}
	fail(EXIT_MONITOR, "the runner did not start (%s): %s", fuzz_machine_name[which],
	     words ? line ? line + 1 : words : "no output");
}

// Runs the batch from its case `first` on. Returns the first case without a result: n if all have one.
static unsigned
run_from(const struct fuzz_run *run, enum fuzz_machine which, struct file *batch, unsigned n,
	 struct fuzz_result *results, char **note)
{
	unsigned first = ((struct fuzz_batch *)batch->data)->first, kind = ((struct fuzz_batch *)batch->data)->kind;
	unsigned reached;
	struct machine m;
	bool done;
	int status;

	start(&m, run, which, batch);
	wait_for(&m, run);
	status = end(&m);
	if (!find(&m) && !atomic_load(run->stop))
		no_start(&m, status, which);
	reached = first;
	if (m.results) {
		done = m.results->done == FUZZ_DONE;
		reached = done ? n : m.results->running;
		if (m.results->done > FUZZ_DONE)
			fail(EXIT_MONITOR, "the runner refuses the batch: error %u at case %u", m.results->done,
			     reached);
		for (unsigned i = first; i < reached; i++)
			memcpy(&results[i], FUZZ_RESULT(m.results, kind, i), FUZZ_RESULT_BYTES(kind));
		if (!done && note && !note[reached])
			note[reached] = last_words(&m);
	}
	release(&m);
	return reached;
}

void
fuzz_run_open(struct fuzz_run *run, atomic_bool *stop)
{
	run->monitor = qemu_find_monitor();
	run->runner = qemu_find_fuzzer();
	run->stop = stop;
	run->patience = CASE_LIMIT;
}

void
fuzz_run_close(struct fuzz_run *run)
{
	free(run->monitor);
	free(run->runner);
}

bool
fuzz_run(const struct fuzz_run *run, enum fuzz_machine machine, const struct fuzz_item *items, unsigned n,
	 struct fuzz_result *results, char **note)
{
	static atomic_uint serial;
	enum fuzz_kind kind = fuzz_gen_kind(&items[0]);
	size_t bytes = FUZZ_CASE_BYTES(kind);
	struct file batch = {.path = "batch", .size = sizeof(struct fuzz_batch) + n * bytes};
	struct fuzz_batch *header;

	batch.data = must_alloc(batch.size);
	header = (struct fuzz_batch *)batch.data;
	*header = (struct fuzz_batch){.magic = FUZZ_MAGIC,
				      .version = FUZZ_VERSION,
				      .nonce = {atomic_fetch_add(&serial, 1u), (uint32_t)getpid()},
				      .n_cases = n,
				      .kind = kind,
				      .case_bytes = (uint32_t)bytes,
				      .result_bytes = (uint32_t)FUZZ_RESULT_BYTES(kind)};
	for (unsigned i = 0; i < n; i++)
		memcpy((char *)(header + 1) + i * bytes, kind == FUZZ_MMU ? (const void *)&items[i].p : &items[i].c,
		       bytes);
	memset(results, 0, n * sizeof(*results));
	while (header->first < n && !atomic_load(run->stop)) {
		unsigned reached = run_from(run, machine, &batch, n, results, note);

		if (reached < n) // no result of that one: on behind it
			results[reached] = (struct fuzz_result){.vector = FUZZ_NONE};
		header->first = reached + 1u;
		header->nonce[0] = atomic_fetch_add(&serial, 1u);
	}
	file_free(&batch);
	return !atomic_load(run->stop);
}
