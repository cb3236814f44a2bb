// SPDX-License-Identifier: MIT
// uses: monitor/board/hostcore.c monitor/base/arch.c
//
// What the host's core must have, what of ACTLR is written on which core, and the order of barriers, TLB and cache
// operations (monitor/base/arch.c).
#include <string.h>
#include "monitor/base/arch.h"
#include "monitor/board/hostcore.h"
#include "monitor/base/sysreg.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"

#define DEVICE 0x2c001004u

static unsigned device_reads;

static uint32_t
read_device(uint32_t at)
{
	CHECK_EQ(at, DEVICE);
	device_reads++;
	sysreg_fake_note("device");
	return 0;
}

// A Cortex-A15 r2p1, as its TRM has it.
static void
cortex_a15(void)
{
	memset(sysreg_fake, 0, SYSREG_COUNT * sizeof(*sysreg_fake));
	sysreg_fake[SYSREG_midr] = 0x412fc0f1;
	sysreg_fake[SYSREG_mpidr] = 0x80000000;
	sysreg_fake[SYSREG_id_pfr1] = 0x00011011;
	sysreg_fake[SYSREG_id_mmfr0] = 0x10201105;
	sysreg_fake[SYSREG_id_mmfr1] = 0x20000000;
	sysreg_fake[SYSREG_id_mmfr3] = 0x02102211;
	sysreg_fake[SYSREG_cntfrq] = 24000000;
}

static void
test_check(void)
{
	static const struct {
		unsigned reg;
		uint32_t value;
		const char *what;
	} row[] = {
	    {SYSREG_id_mmfr0, 0x00100103, "PXN"}, // a Cortex-A9's
	    {SYSREG_id_mmfr3, 0x00000011, "data cache"},
	    {SYSREG_id_mmfr1, 0x10000000, "branch predictor"},
	    {SYSREG_mpidr, 0, "Multiprocessing"},
	    {SYSREG_id_pfr1, 0x00000011, "timer"},
	    {SYSREG_cntfrq, 0, "CNTFRQ"},
	};

	check_case("Cortex-A15 and A7 have all that is needed");
	cortex_a15();
	CHECK(!hostcore_check());
	sysreg_fake[SYSREG_id_mmfr0] = 0x10101105;
	sysreg_fake[SYSREG_id_mmfr1] = 0x40000000;
	CHECK(!hostcore_check());
	check_case("what is missing is named");
	for (unsigned n = 0; n < ARRAY_LEN(row); n++) {
		cortex_a15();
		sysreg_fake[row[n].reg] = row[n].value;
		CHECK(hostcore_check() && strstr(hostcore_check(), row[n].what));
	}
}

static void
check_setup(uint32_t midr, uint32_t actlr, uint32_t want)
{
	const char *log;

	sysreg_fake[SYSREG_midr] = midr;
	sysreg_fake[SYSREG_actlr] = actlr;
	device_reads = 0;
	fake_arch_log();
	hostcore_setup(DEVICE);
	log = fake_arch_log();
	CHECK_EQ(sysreg_fake[SYSREG_actlr], want);
	CHECK(!strcmp(log, actlr == want ? "" : "device dsb actlr isb dsb"));
}

static void
test_setup(void)
{
	fake_mmio_read = read_device;
	check_case("ACTLR.SMP, where it is that, and only if it isn't set");
	check_setup(0x412fc0f1, 0, 0x40);
	check_setup(0x412fc0f1, 0x48, 0x48);
	check_setup(0x410fc075, 0, 0x40); // Cortex-A7
	check_setup(0x413fc090, 1, 0x41); // A9
	check_setup(0x411fc0e1, 0, 0x40); // A17
	check_setup(0x413fc082, 2, 2);    // A8: another bit
	check_setup(0x510f06f2, 0, 0);    // somebody else's core
	check_setup(0x560fc0f1, 0, 0);
	check_case("erratum 773022 of Cortex-A15 to r0p4");
	check_setup(0x410fc0f0, 0x40, 0x42);
	check_setup(0x410fc0f4, 0x40, 0x42);
	check_setup(0x410fc0f5, 0x40, 0x40);
	check_setup(0x411fc0f0, 0x40, 0x40);
	check_setup(0x410fc070, 0x40, 0x40);
}

static void
check_close(uint32_t dfr0, uint32_t pfr0, const char *want)
{
	sysreg_fake[SYSREG_id_dfr0] = dfr0;
	sysreg_fake[SYSREG_id_pfr0] = pfr0;
	sysreg_fake[SYSREG_dbgdscrext] = 0;
	fake_arch_log();
	hostcore_close_pl0();
	CHECK(!strcmp(fake_arch_log(), want));
}

static void
test_close(void)
{
	check_case("what PL0 could reach is closed, by registers that are there");
	check_close(0x02010555, 0x1131, "dbgoslar isb dbgdscrext pmuserenr teecr isb");
	CHECK_EQ(sysreg_fake[SYSREG_dbgdscrext], 1u << 12);
	check_close(0x02010555, 0x0131, "dbgoslar isb dbgdscrext pmuserenr isb");
	check_close(0x0f010555, 0x0131, "dbgoslar isb dbgdscrext isb");
	check_close(0x00010444, 0x0131, "dbgdscrext isb");
	check_close(0x02000000, 0x0131, "pmuserenr isb");
}

static void
test_order(void)
{
	static char code[200] __attribute__((aligned(64)));

	fake_mmio_read = NULL;
	check_case("TLB operations: table writes before, the branch predictor with them, and done when they return");
	fake_arch_log();
	arch_tlbi_all();
	CHECK(!strcmp(fake_arch_log(), "dsb tlbiall bpiall dsb isb"));
	arch_tlbi_asid(5);
	CHECK(!strcmp(fake_arch_log(), "dsb tlbiasid bpiall dsb isb"));
	CHECK_EQ(sysreg_fake[SYSREG_tlbiasid], 5);
	arch_tlbi_va(GVA(0x12345678));
	CHECK(!strcmp(fake_arch_log(), "dsb tlbimvaa bpiall dsb isb"));
	CHECK_EQ(sysreg_fake[SYSREG_tlbimvaa], 0x12345000);

	check_case("code: data cleaned, then instruction cache and branch predictor, by lines of CTR.DminLine");
	sysreg_fake[SYSREG_ctr] = 4u << 16;
	arch_sync_code(code + 60, 70);
	CHECK(!strcmp(fake_arch_log(), "dccmvau dccmvau dccmvau dsb iciallu bpiall dsb isb"));
	CHECK_EQ(sysreg_fake[SYSREG_dccmvau], (uint32_t)(uintptr_t)code + 128);
	arch_flush_dcache(code, 64);
	CHECK(!strcmp(fake_arch_log(), "dccimvac dsb"));
}

int
main(void)
{
	test_check();
	test_setup();
	test_close();
	test_order();
	return check_done("hostcore");
}
