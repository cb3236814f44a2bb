// SPDX-License-Identifier: MIT
//
// Warm exits of CP15: what kernels write on every entry and exit, or page by page, and
// registers that are simply read back. See hot.h for the rules.
#include "monitor/base/cpkey.h"
#include "monitor/exit/hot.h"

// DACR. Turning a domain off takes effect at once, if it is open physically, and is
// then expected again at the next kernel entry; turning one on waits for the
// first access (hot_domain). Managers and domain 15 are C's: they change rights
// in shadow entries.
static inline enum hot_result
write_dacr(struct vcpu *v, uint32_t dacr)
{
	uint32_t old = v->cp15.mmu.dacr, allowed = dacr & DACR_CLIENTS;
	struct view *kernel = &v->view[VIEW_KERNEL];

	if ((old ^ dacr) & ~DACR_CLIENTS || !mmu_has_domains(&v->cp15.mmu))
		return HOT_SLOW;
	v->cp15.mmu.dacr = dacr;
	v->dacr_closed |= old & ~dacr & DACR_CLIENTS;
	v->view[VIEW_USER].dacr = allowed | DACR_MONITOR;
	if (kernel->dacr & ~(allowed | DACR_MONITOR)) {
		kernel->dacr &= allowed | DACR_MONITOR;
		sysreg_write_dacr(kernel->dacr);
		isb();
	}
	hot_account(v, EXIT_cp15_dacr);
	return hot_next(v);
}

// Cache and branch predictor maintenance. By address it is done on the very
// address, through the guest's view; of I-caches always all. By set and way there
// is nothing to do: all of a guest's memory is coherent for whoever reads it.
static inline enum hot_result
cache_op(struct vcpu *v, uint32_t key, uint32_t va)
{
	switch (key) {
	case CPKEY(0, 0, 7, 11, 1): // DCCMVAU
		sysreg_write_dccmvau(va);
		break;
	case CPKEY(0, 0, 7, 5, 0): // ICIALLU
	case CPKEY(0, 0, 7, 1, 0): // ICIALLUIS
	case CPKEY(0, 0, 7, 5, 1): // ICIMVAU
		sysreg_write_iciallu(0);
		break;
	case CPKEY(0, 0, 7, 6, 2):  // DCISW
	case CPKEY(0, 0, 7, 10, 2): // DCCSW
	case CPKEY(0, 0, 7, 14, 2): // DCCISW
		break;
	case CPKEY(0, 0, 7, 5, 6): // BPIALL
	case CPKEY(0, 0, 7, 1, 6): // BPIALLIS
	case CPKEY(0, 0, 7, 5, 7): // BPIMVA
		sysreg_write_bpiall(0);
		break;
	default:
		return HOT_SLOW;
	}
	hot_account(v, EXIT_cp15_cache);
	return hot_next(v);
}

// TLBIMVA and its kin of a page that was dropped last, with no shadow made since: kernels
// that map a page only to write it once invalidate it before and after. Of all ASIDs: asid is
// DROPPED_ALL_ASIDS.
static inline enum hot_result
drop_va(struct vcpu *v, uint32_t va, uint32_t asid)
{
	if (((va & ~PAGE_MASK) | asid) != v->dropped_va)
		return HOT_SLOW;
	hot_account(v, EXIT_cp15_tlb);
	return hot_next(v);
}

// MCR and MRC. Payload: opc1:3 L CRn Rt p15 opc2:3 CRm.
enum hot_result
hot_cp15(struct vcpu *v, uint32_t svc)
{
	uint32_t key = svc & CPKEY_MASK, *rt = &v->regs[bits(svc, 11, 8)];

	if (bits(svc, 11, 8) == 15u)
		return HOT_SLOW;
	if (bits(key, 15, 12) == 7u)
		return cache_op(v, key, *rt);
	switch (key) {
	case CPKEY(0, 0, 3, 0, 0):
		return write_dacr(v, *rt);
	case CPKEY(1, 0, 3, 0, 0):
		*rt = v->cp15.mmu.dacr;
		hot_account(v, EXIT_cp15_dacr);
		return hot_next(v);
	case CPKEY(0, 0, 8, 7, 1): // TLBIMVA
	case CPKEY(0, 0, 8, 3, 1): // TLBIMVAIS
		return drop_va(v, *rt, *rt & 0xffu);
	case CPKEY(0, 0, 8, 7, 3): // TLBIMVAA
	case CPKEY(0, 0, 8, 3, 3): // TLBIMVAAIS
		return drop_va(v, *rt, DROPPED_ALL_ASIDS);
	case CPKEY(0, 0, 13, 0, 3):
		v->cp15.tpidruro = *rt;
		sysreg_write_tpidruro(*rt);
		break;
	case CPKEY(1, 0, 1, 0, 0):
		*rt = v->cp15.mmu.sctlr;
		break;
	case CPKEY(1, 0, 2, 0, 0):
		*rt = v->cp15.mmu.ttbr0;
		break;
	case CPKEY(1, 0, 13, 0, 1):
		*rt = v->cp15.mmu.contextidr;
		break;
	case CPKEY(1, 0, 0, 0, 1):
		*rt = sysreg_read_ctr();
		break;
	case CPKEY(1, 0, 5, 0, 0):
		*rt = v->cp15.dfsr;
		break;
	case CPKEY(1, 0, 5, 0, 1):
		*rt = v->cp15.ifsr;
		break;
	case CPKEY(1, 0, 6, 0, 0):
		*rt = v->cp15.dfar;
		break;
	case CPKEY(1, 0, 6, 0, 2):
		*rt = v->cp15.ifar;
		break;
	default:
		return HOT_SLOW;
	}
	hot_account(v, EXIT_cp15);
	return hot_next(v);
}
