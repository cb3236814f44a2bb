// SPDX-License-Identifier: MIT
// uses: test/host/fake_vm.c monitor/exit/trap.c monitor/cpu/emulate.c monitor/cpu/emulate_multi.c monitor/cpu/ldst.c
// uses: monitor/cpu/exclusive.c monitor/cpu/vldst.c monitor/cpu/access.c monitor/cpu/inject.c monitor/dev/dev.c mmu/walk.c
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/predictable.c bt/isa/ldst.c bt/isa/ldst_thumb.c bt/isa/vldst.c
// libs: -no-pie -Wl,--unresolved-symbols=ignore-all
//
// Aborts by all values of DFSR and IFSR: which are the guest's, to be filled or injected, and which are the board's.
// What none of them calls isn't there.
#include <string.h>
#include "monitor/cpu/irq.h"
#include "monitor/base/sysreg.h"
#include "monitor/exit/trap.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"
#include "test/host/fake_vm.h"

void
irq_deliver(struct vcpu *v)
{
	(void)v;
}

void
irq_heard(struct vcpu *v)
{
	(void)v;
}

void
irq_lines(struct vcpu *v)
{
	(void)v;
}

// What a status asks for: to fill, to inject its abort, or to end the VM.
enum wanted { FILL, INJECT, BOARD };

static enum wanted
wanted(uint32_t fs)
{
	static const uint32_t translation[] = {0x3, 0x4, 0x5, 0x6, 0x7, 0x9, 0xb, 0xd, 0xf};

	for (unsigned n = 0; n < ARRAY_LEN(translation); n++)
		if (fs == translation[n])
			return FILL;
	return fs == 0x1 ? INJECT : BOARD;
}

static struct vcpu *
begin(void)
{
	struct vcpu *v = fake_vm_fresh();

	v->view_now = VIEW_KERNEL;
	fake_vm.stopped = NULL;
	sysreg_fake[SYSREG_dfar] = sysreg_fake[SYSREG_ifar] = FAKE_RAM + 0x1234;
	return v;
}

static void
test_data(void)
{
	check_case("data aborts by FS: filled, injected, or the board's");
	for (uint32_t fs = 0; fs < 32; fs++) {
		uint32_t dfsr = (fs & 15) | (fs & 16) << 6 | 0x50; // and a domain
		struct vcpu *v;
		bool stopped;

		if (fs == 2) // window.S has it
			continue;
		v = begin();
		sysreg_fake[SYSREG_dfsr] = dfsr;
		stopped = FAKE_STOPS(trap_slow(v, TRAP_DATA_ABORT));
		CHECK_EQ(stopped, wanted(fs) == BOARD);
		CHECK_EQ(fake_vm.fills != 0, wanted(fs) == FILL);
		CHECK_EQ((v->mode & 31) == 0x17, wanted(fs) == INJECT);
		CHECK(!stopped || strstr(fake_vm.stopped, "board"));
		if (wanted(fs) == INJECT)
			CHECK_EQ(v->cp15.dfar, FAKE_RAM + 0x1234);
	}
}

static void
test_prefetch(void)
{
	check_case("prefetch aborts by FS");
	for (uint32_t fs = 0; fs < 32; fs++) {
		struct vcpu *v = begin();
		bool stopped;

		sysreg_fake[SYSREG_ifsr] = (fs & 15) | (fs & 16) << 6;
		stopped = FAKE_STOPS(trap_slow(v, TRAP_PREFETCH_ABORT));
		CHECK_EQ(stopped, wanted(fs) == BOARD && fs != 2); // BKPT
		CHECK_EQ(fake_vm.fills != 0, wanted(fs) == FILL);
		CHECK_EQ((v->mode & 31) == 0x17, wanted(fs) == INJECT || fs == 2);
	}
}

int
main(void)
{
	test_data();
	test_prefetch();
	return check_done("trap");
}
