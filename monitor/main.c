// SPDX-License-Identifier: MIT
//
// From head.S to the first instruction of the guest.
//
// The monitor's command line is the host's /chosen/bootargs:
//   vm=NAME           which configuration of the FIT to run, instead of its default
//   bt=page|block     the translation policy, instead of the configuration's
//   strict=1          loads of patched code are exact, as by the configuration's palimpsest,strict
//   no-reboot=1       a guest's reset ends the VM
// The report needs no argument: it goes to the port of its name, if there is one (report.h).
#include "bt/isa/decode.h"
#include "bt/isa/hyper.h"
#include "monitor/board/alloc.h"
#include "monitor/base/arch.h"
#include "monitor/board/console.h"
#include "monitor/board/core.h"
#include "monitor/cpu/cp14.h"
#include "monitor/cpu/cp15.h"
#include "monitor/board/early.h"
#include "monitor/exit/exec.h"
#include "monitor/image/fit.h"
#include "monitor/board/host.h"
#include "monitor/board/host_mmu.h"
#include "monitor/board/hostcore.h"
#include "monitor/board/hostpmu.h"
#include "monitor/cpu/irq.h"
#include "monitor/board/kprintf.h"
#include "monitor/board/power.h"
#include "monitor/board/report.h"
#include "monitor/vm/stop.h"
#include "monitor/base/string.h"
#include "monitor/base/sysreg.h"
#include "monitor/exit/trap.h"
#include "monitor/vm/vm.h"

extern const uint8_t early_vectors[], park_vectors[];
extern const uint8_t window_vectors[], window_enter[], window_exclusive[];

_Noreturn void main(const void *fdt, uint32_t image, uint32_t image_end);

static bool
arg_is(const struct host *h, const char *name, const char *value)
{
	char buf[32];

	return host_arg(h, name, buf, sizeof(buf)) && !strcmp(buf, value);
}

// What is mistyped would be another VM than the one that was asked for.
static void
check_args(const struct host *h)
{
	static const char *const known[] = {"vm=", "bt=page", "bt=block", "strict=1", "no-reboot=1", NULL};
	static char stray[HOST_BOOTARGS];

	if (host_stray_arg(h, known, stray))
		stop_input("is not one of the monitor's boot arguments", stray);
}

static void
choose_policy(const struct host *h, struct fit_vm *cfg)
{
	if (arg_is(h, "bt", "page"))
		cfg->block = false;
	if (arg_is(h, "bt", "block"))
		cfg->block = true;
	if (arg_is(h, "strict", "1"))
		cfg->strict = true;
	if (cfg->strict && !watch_possible())
		stop_input(
		    "strict reads need the watchpoints of v7.1 Debug, with address masks, which this core hasn't",
		    cfg->name);
}

static void
read_fit(const struct host *h, struct fit_vm *cfg)
{
	struct fit_error error;
	static char name[HOST_BOOTARGS];
	bool named = host_arg(h, "vm", name, sizeof(name));

	if (!h->initrd.size)
		stop_input("no FIT image: the initrd must be one", NULL);
	if (!fit_open((const void *)(uintptr_t)h->initrd.base, h->initrd.size, named ? name : NULL, cfg, &error))
		stop_input(error.what, error.where);
	if (cfg->vcpus > VM_VCPUS)
		stop_input("has more than the one VCPU that is supported", cfg->name);
}

_Noreturn void
main(const void *fdt, uint32_t image, uint32_t image_end)
{
	static const struct vm_ways ways = {window_vectors, window_enter, trap_slow, exec_rom_hidden};
	static struct core core;
	static struct host host;
	struct fit_vm cfg;
	const char *why;

	arch_on_bug(stop_bug);
	early_init(early_vectors, park_vectors, stop_early);
	why = host_parse(&host, fdt);
	power_init(host.psci);
	if (!why && !host_ram(&host, image, image_end - image))
		why = "the monitor isn't in its RAM";
	console_init(host.uart);
	report_init(&host); // first, for whatever is wrong is to be reported; the MMU is still off
	if (why)
		stop_input(why, "host device tree");
	why = hostcore_check();
	if (why)
		stop_input(why, "host core");
	check_args(&host);
	host_mmu_init(&host, image, image_end, window_exclusive);
	if (early_drain())
		kprintf_line("an asynchronous abort was pending when the monitor started; ignored");
	core.early_domain = host_mmu_early_domain();
	hostcore_close_pl0();
	core.pmu_insns = hostpmu_init();
	core.pmu_id = hostpmu_id();
	bt_decode_init();
	bt_hyper_init();
	cp15_check_table();
	cp14_check_table();
	read_fit(&host, &cfg);
	choose_policy(&host, &cfg);
	alloc_init(&host, image, image_end);
	core.stack_top = image_end & ~7u;
	core.image_bytes = image_end - image;
	irq_init(&host);
	if (report_irq())
		irq_listen(report_irq());

	struct vm *vm = vm_create(&cfg, &host, &core, &ways);

	machine_of(vm)->no_reboot = arg_is(&host, "no-reboot", "1");
	vm_run(vm);
}
