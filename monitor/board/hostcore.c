// SPDX-License-Identifier: MIT
//
// See hostcore.h. ACTLR is implementation-defined, and in Non-secure state what can be written of it is up to firmware
// (NSACR.NS_SMP): written is only what is known of this very core, and only if it isn't so already.
#include "monitor/board/hostcore.h"
#include "monitor/base/mmio.h"
#include "monitor/base/sysreg.h"

#define CPACR_FULL 0x00f00000u // cp10 and cp11

#define MIDR_CORE(midr)     ((midr)&0xff0ffff0u) // without variant and revision
#define MIDR_REVISION(midr) (bits(midr, 23, 20) << 4 | bits(midr, 3, 0))
#define CORTEX_A15          0x410fc0f0u

#define ACTLR_SMP         (1u << 6) // coherent with the other cores of the cluster, and with shareable memory at all
#define ACTLR_NO_LOOP_BUF (1u << 1) // Cortex-A15

#define ID_PFR0_THUMBEE(pfr0) bits(pfr0, 15, 12)
#define ID_DFR0_COPDBG(dfr0)  bits(dfr0, 3, 0)
#define ID_DFR0_PERFMON(dfr0) bits(dfr0, 27, 24)
#define COPDBG_V7_1           5u
#define PERFMON_OTHER         15u // implementation-defined ones, not by these registers
#define TEECR_XED             1u
#define DBGDSCR_UDCCdis       (1u << 12)

#define BPRED_EACH_ASID 1u // ID_MMFR1.BPred: to be flushed at each change of ASID, too

const char *
hostcore_check(void)
{
	// A field of an ID register, and what is missing if it is less.
	const struct {
		uint32_t field, least;
		const char *what;
	} row[] = {
	    {bits(sysreg_read_id_mmfr0(), 3, 0), 4, "has no VMSAv7 with PXN"},
	    {bits(sysreg_read_id_mmfr3(), 23, 20), 1, "walks its tables past the data cache"},
	    {bits(sysreg_read_mpidr(), 31, 31), 1, "has no Multiprocessing Extensions"},
	    {bits(sysreg_read_id_pfr1(), 19, 16), 1, "has no generic timer"},
	};

	for (unsigned n = 0; n < ARRAY_LEN(row); n++)
		if (row[n].field < row[n].least)
			return row[n].what;
	if (bits(sysreg_read_id_mmfr1(), 31, 28) == BPRED_EACH_ASID)
		return "needs its branch predictor flushed at each change of ASID";
	if (!sysreg_read_cntfrq())
		return "has no frequency of its counter: CNTFRQ is 0, which firmware must set";
	sysreg_write_cpacr(CPACR_FULL);
	isb();
	return sysreg_read_cpacr() & CPACR_FULL ? NULL : "has no VFP and NEON, or firmware has closed them (NSACR)";
}

// Cores that have ACTLR.SMP there.
static bool
has_smp_bit(uint32_t midr)
{
	static const uint32_t core[] = {0x410fc050, 0x410fc070, 0x410fc090, 0x410fc0d0, 0x410fc0e0, CORTEX_A15};

	for (unsigned n = 0; n < ARRAY_LEN(core); n++)
		if (MIDR_CORE(midr) == core[n])
			return true;
	return false;
}

void
hostcore_setup(uint32_t device)
{
	uint32_t midr = sysreg_read_midr(), old = sysreg_read_actlr(), actlr = old;

	if (has_smp_bit(midr))
		actlr |= ACTLR_SMP;
	// Erratum 773022, to r0p4: the loop buffer may deliver wrong instructions.
	if (MIDR_CORE(midr) == CORTEX_A15 && MIDR_REVISION(midr) <= 0x04)
		actlr |= ACTLR_NO_LOOP_BUF;
	if (actlr == old)
		return;
	// Cortex-A15 erratum 799270: with the L2 clock stopped a change of SMP may be lost; a read of a device wakes
	// it.
	mmio_read(device);
	dsb();
	sysreg_write_actlr(actlr);
	isb();
	dsb();
}

// Until the OS Lock is off, no debug event is taken, and DBGDSCR means something else (C6.5); both are CP14's only
// where ID_DFR0 says that CP14 has debug registers.
void
hostcore_close_pl0(void)
{
	uint32_t dfr0 = sysreg_read_id_dfr0(), debug = ID_DFR0_COPDBG(dfr0), pmu = ID_DFR0_PERFMON(dfr0);

	if (debug >= COPDBG_V7_1) {
		sysreg_write_dbgoslar(0);
		isb();
	}
	if (debug)
		sysreg_write_dbgdscrext(sysreg_read_dbgdscrext() | DBGDSCR_UDCCdis);
	if (pmu && pmu != PERFMON_OTHER)
		sysreg_write_pmuserenr(0);
	if (ID_PFR0_THUMBEE(sysreg_read_id_pfr0()))
		sysreg_write_teecr(TEECR_XED);
	isb();
}
