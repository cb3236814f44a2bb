// SPDX-License-Identifier: MIT
//
// LDREX and STREX in all sizes, of words that the guest can't access by itself: of devices, and STREX
// to pages with code (ARM ARM A3.4, A8.8.75-A8.8.78, A8.8.212-A8.8.215). There is one exclusive monitor, the core's,
// and the access is done by it (host_mmu_exclusive), on the page where the guest's own would be done, so that the
// address is the same whichever it goes by. What comes between the two of a pair needs no thought then, nor does a pair
// of which only the STREX traps.
//
// The core's STREX decides by address and, on QEMU, value. As there, an emulated one loads first, so that the
// fault of what can't be read is a load's.
#include "monitor/cpu/access.h"
#include "monitor/cpu/emulate_internal.h"
#include "monitor/board/host_mmu.h"
#include "monitor/base/string.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vpsr.h"

// Two registers as a value of eight bytes: the first is that at the lower address.
static uint64_t
join(bool big, uint32_t first, uint32_t second)
{
	return big ? (uint64_t)first << 32 | second : (uint64_t)second << 32 | first;
}

static void
load(struct vcpu *v, const struct bt_ldst *op, const struct host_mmu_exclusive *x, uint64_t value)
{
	uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);

	host_mmu_exclusive(x);
	v->regs[op->rt] = x->big && x->size == 8 ? high : low;
	if (x->size == 8)
		v->regs[op->rt2] = x->big ? low : high;
}

// The page that the guest's own access would go to: where code is executed the copy, unless loads see the
// frame. Of a device there is none.
static void
find_page(struct vcpu *v, struct host_mmu_exclusive *x)
{
	const struct code_page *p = vpsr_privileged(v) ? access_code_page(v, x->va) : NULL;
	hpa_t shown = p && !vm_shows_frame(v->vm, p) ? spt_shown(&v->vm->spt, SPT_KERNEL, x->va) : HPA(0);
	struct mmu_xlat t;

	if (!shown.v && mmu_walk(&v->cp15.mmu, &v->vm->mem, x->va, &t) == FS_NONE)
		shown = HPA(gmem_ptr(&v->vm->mem, t.gpa, x->size));
	if (!shown.v)
		return;
	x->page = HPA(shown.v & ~(uintptr_t)PAGE_MASK);
	memcpy(&x->memory, (const void *)shown.v, x->size);
}

static bool
store(struct vcpu *v, const struct bt_ldst *op, struct host_mmu_exclusive *x)
{
	bool privileged = vpsr_privileged(v), pair = x->size == 8;
	uint64_t value;

	x->low = v->regs[op->rt];
	x->high = pair ? v->regs[op->rt2] : 0;
	value = pair ? join(x->big, x->low, x->high) : x->low;
	if (!access_probe(v, x->va, true, privileged))
		return false;
	v->regs[op->rd] = host_mmu_exclusive(x);
	return v->regs[op->rd] || access_store(v, x->va, x->size, privileged, value);
}

bool
emulate_exclusive(struct vcpu *v, const struct bt_ldst *op, uint32_t at)
{
	struct host_mmu_exclusive x = {.va = GVA(at), .size = op->size, .load = op->load, .big = v->cpsr & PSR_E};
	uint64_t value;

	if ((at ^ v->vm->window) >> SECTION_SHIFT == 0) {
		v->vm->ask->move_window(v->vm); // and the instruction comes again
		return false;
	}
	if (!access_aligned(v, x.va, x.size, false) || !access_load(v, x.va, x.size, vpsr_privileged(v), &value))
		return false;
	x.memory = access_ordered(v, x.size, value);
	find_page(v, &x);
	if (!op->load)
		return store(v, op, &x);
	load(v, op, &x, value);
	return true;
}
