// SPDX-License-Identifier: MIT
//
// See exec.h.
//
// Under the block policy, a branch that was given back holds for the addresses its page
// and its target were executed at: see make_way() and bt/code/block.c.
#include "monitor/exit/exec.h"
#include "bt/isa/decode.h"
#include "bt/isa/ldst.h"

#include "monitor/cpu/access.h"
#include "monitor/cpu/emulate.h"
#include "monitor/cpu/irq.h"
#include "monitor/cpu/regime.h"
#include "monitor/vm/stop.h"
#include "monitor/base/string.h"
#include "monitor/cpu/trace.h"
#include "monitor/vm/vm.h"
#include "monitor/cpu/vpsr.h"
#include "monitor/cpu/watch.h"

struct exec_target
exec_here(const struct vcpu *v)
{
	bool thumb = vpsr_thumb(v);

	return (struct exec_target){v->pc, thumb, thumb ? bt_it_slots(vpsr_it(v->cpsr)) : 0};
}

static void
forget_targets(struct vcpu *v)
{
	if (v->check_targets)
		memset(v->targets, 0, sizeof(v->targets));
	v->vm->code.forgot = false;
}

void
exec_flush(struct vcpu *v)
{
	regime_drop_all(v); // before the copies go
	code_drop_all(&v->vm->code);
	forget_targets(v);
	irq_poll(v); // all this takes long
}

// Under the page policy, pages given out before were judged as having A32 code only.
void
exec_meets_thumb(struct vcpu *v)
{
	if (v->vm->code.thumb)
		return;
	v->vm->code.thumb = true;
	v->check_targets = true;
	if (v->vm->code.policy == CODE_PAGE)
		exec_flush(v);
}

// Firmware probes its flash long after it has moved on to RAM, so that dropping all of
// the code, to be rid of that in ROM, happens once.
void
exec_rom_hidden(struct vcpu *v)
{
	if (v->vm->code.rom)
		exec_flush(v);
	else if (v->vm->spt.rom_mapped)
		regime_drop_all(v);
}

struct code_beside
exec_beside(struct vcpu *v, gva_t va)
{
	struct mmu_xlat x;
	gpa_t gpa;

	if (mmu_walk(&v->cp15.mmu, &v->vm->mem, va, &x) != FS_NONE ||
	    mmu_check(&v->cp15.mmu, &x, MMU_EXEC, true) != FS_NONE)
		return (struct code_beside){NULL, GPA(0)};
	gpa = GPA(x.gpa.v & ~PAGE_MASK);
	return (struct code_beside){gmem_read(&v->vm->mem, gpa, PAGE_SIZE), gpa};
}

static bool
interrupted(void *v)
{
	return irq_poll(v);
}

// Whether copies must go before there can be another: an eighth of the pool is for shadows.
static bool
is_full(const struct vm *vm)
{
	return vm->pool.n_pages <= POOL_RESERVE || vm->code.n.copies >= vm->pool.size / PAGE_SIZE / 8u * 7u;
}

// Sees to it that there is room for a copy, by dropping old ones. Under `block` branches may lead into any of them.
static void
make_room(struct vcpu *v)
{
	const struct code_page *old;

	while (v->vm->code.policy == CODE_PAGE && is_full(v->vm) && (old = code_oldest(&v->vm->code)))
		access_code_drop(v, old->gpa);
}

// The code page of the frame of gpa, made for control that goes to `to`. NULL if an interrupt is to be taken first: the
// guest will come back.
static struct code_page *
make(struct vcpu *v, struct exec_target to, gpa_t gpa)
{
	uint32_t page = to.va & ~PAGE_MASK;
	struct code *c = &v->vm->code;
	struct code_request rq = {
	    .gpa = gpa,
	    .prev = exec_beside(v, GVA(page - PAGE_SIZE)),
	    .next = exec_beside(v, GVA(page + PAGE_SIZE)),
	    .entry = to.va,
	    .thumb = to.thumb,
	    .slots = to.slots,
	    .interrupted = interrupted,
	    .ctx = v,
	};
	bool thumb = c->thumb;
	struct code_page *p;

	trace(v, TRACE_EXEC, to.va);
	make_room(v);
	spt_track(&v->vm->spt, gpa); // from now on, mapped or not: the copy must follow the frame
	p = code_make(c, &rq);
	while (!p && !c->later && c->policy == CODE_BLOCK && spt_evict(&v->vm->spt))
		p = code_make(c, &rq);
	if ((!p && !c->later) || (c->policy == CODE_PAGE && thumb != c->thumb)) {
		v->check_targets |= c->thumb;
		exec_flush(v); // for room, or because the others were judged as A32 only
		p = code_make(c, &rq);
	}
	if (!p && !c->later)
		stop_crash(v, "the shadow pool is too small for a single code page");
	return p;
}

// Block policy: has the code there, which is in page p, looked at.
static void
reach_in_page(struct vcpu *v, struct code_page *p, struct exec_target to)
{
	if (to.thumb)
		code_thumb_reach(&v->vm->code, p, to.va & PAGE_MASK, to.slots);
	else
		code_block_reach(&v->vm->code, p, to.va & PAGE_MASK);
}

// Page policy, a guest that uses Thumb: A32 code of the page before that runs on into this one, which may have been
// taken for Thumb because what is entered first is. False: no memory for a copy.
static bool
run_on_from_before(struct vcpu *v, struct code_page *p)
{
	struct code *c = &v->vm->code;
	const struct code_page *before = c->thumb ? access_code_page(v, GVA(p->va - PAGE_SIZE)) : NULL;
	const struct bt_row *row;
	uint32_t last;

	if (!before || !code_block_reached(before, PAGE_SIZE - 4) || !bt_always(code_original(c, p, 0)))
		return true;
	last = code_original(c, before, PAGE_SIZE - 4);
	row = bt_decode_a32(last);
	return !bt_always(last) || (row && row->flags & BT_ENDS) || code_arrive(c, p, 0, false, 0);
}

// Page policy: makes the page of gpa. NULL: as make().
static struct code_page *
whole_page(struct vcpu *v, struct exec_target to, gpa_t gpa)
{
	struct code_page *p = make(v, to, gpa);

	if (p && !run_on_from_before(v, p)) {
		exec_flush(v);
		p = make(v, to, gpa);
	}
	return p;
}

// Block policy: another frame may have been executed at the address.
static void
make_way(struct vcpu *v, struct exec_target to, gpa_t gpa)
{
	struct code *c = &v->vm->code;
	struct code_page *other;

	switch (code_block_move(c, gpa, GVA(to.va), &other)) {
	case CODE_STAYS:
		break;
	case CODE_GOES:
		gpa = other->gpa;
		spt_drop_exec(&v->vm->spt, gpa);
		code_drop(c, other);
		if (!code_find(c, gpa))
			spt_untrack(&v->vm->spt, gpa);
		c->forgot = true;
		break;
	case CODE_ALL_GO:
		exec_flush(v);
	}
}

static struct code_page *
block_page(struct vcpu *v, struct exec_target to, gpa_t gpa)
{
	struct code *c = &v->vm->code;
	struct code_page *p;

	make_way(v, to, gpa);
	p = code_at(c, gpa, GVA(to.va));
	if (p && p->asleep) {
		spt_track(&v->vm->spt, gpa);
		if (!code_block_wake(c, p)) {
			exec_flush(v);
			p = NULL;
		}
	}
	if (!p)
		p = make(v, to, gpa);
	reach_in_page(v, p, to);
	if (!c->overlap)
		return p;
	exec_flush(v);
	p = make(v, to, gpa);
	reach_in_page(v, p, to);
	c->overlap = false; // with itself, if still
	return p;
}

// What executing and loading from the page shows: a mapping is for one of these.
static uint32_t
shown(const struct code_page *p)
{
	return p ? (uint32_t)(p->copy != NULL) << 31 | code_guess_of(p) : 0;
}

static struct code_page *
find_or_make(struct vcpu *v, struct exec_target to, gpa_t gpa)
{
	struct code_page *p = code_find(&v->vm->code, gpa);
	uint32_t before = shown(p);

	if (v->vm->code.policy == CODE_BLOCK)
		return block_page(v, to, gpa);
	if (p && v->vm->code.thumb && !code_arrive(&v->vm->code, p, to.va & PAGE_MASK, to.thumb, to.slots)) {
		exec_flush(v);
		p = NULL;
	}
	if (p && shown(p) != before)
		spt_drop_exec(&v->vm->spt, gpa); // what was shown is mapped
	return p ? p : whole_page(v, to, gpa);
}

// What loads of the page at va are to see is the frame. Whether there was room for it only in place of another page.
static bool
watch(struct vcpu *v, const struct code_page *p, gva_t va)
{
	gva_t out, from = GVA((va.v & ~PAGE_MASK) + 2u * p->guess_from);

	if (v->vm->code.strict) {
		watch_cover(&v->vm->watch, va);
		return false;
	}
	if (!watch_exactly(&v->vm->watch, from, 2u * (uint32_t)(p->guess_to - p->guess_from), &out))
		return false;
	spt_unmap(&v->vm->spt, out);
	return true;
}

static bool
map(struct vcpu *v, const struct spt_request *rq, const struct mmu_xlat *x, const struct code_page *p)
{
	bool swapped = vm_shows_frame(v->vm, p) && watch(v, p, rq->va);

	spt_map_exec(&v->vm->spt, rq, x, code_host(&v->vm->code, p));
	return swapped;
}

#define AROUND 0x10000u // bytes: sixteen pages

// Whether mapping the page may take another's place among what is watched.
static bool
watches_exactly(const struct vcpu *v, const struct code_page *p)
{
	return vm_shows_frame(v->vm, p) && !v->vm->code.strict;
}

// The neighbours, in the same guest section, of a page that is known already: after a
// flush a kernel comes back to most of them.
static void
map_known_around(struct vcpu *v, const struct spt_request *rq, const struct mmu_xlat *x)
{
	uint32_t own = rq->va.v & (AROUND - 1u) & ~PAGE_MASK;

	for (uint32_t off = 0; off < AROUND; off += PAGE_SIZE) {
		struct spt_request one = *rq;
		struct mmu_xlat xo = *x;
		const struct code_page *p;

		one.va = GVA((rq->va.v & ~(AROUND - 1u)) | off);
		xo.gpa = GPA((x->gpa.v & ~(AROUND - 1u)) | off);
		p = code_find(&v->vm->code, xo.gpa);
		if (irq_poll(v))
			return;
		if (p && off != own && !code_unseen(p) && !watches_exactly(v, p))
			map(v, &one, &xo, p);
	}
}

void
exec_page(struct vcpu *v, const struct spt_request *rq, const struct mmu_xlat *x)
{
	struct exec_target to = exec_here(v);
	struct code_page *p;
	bool known, swapped = false;

	if (watch_costs_too_much(v))
		exec_guess_less(v);
	known = code_find(&v->vm->code, x->gpa) != NULL;
	if ((to.va ^ rq->va.v) & ~PAGE_MASK) // the second half of a T32 instruction, and what is behind it
		to = (struct exec_target){rq->va.v + 2u, true, BT_IT_MAX};
	p = find_or_make(v, to, x->gpa);
	if (p) {
		code_seen(p);
		swapped = map(v, rq, x, p);
	}
	if (known && !swapped && x->shift >= SECTION_SHIFT && v->vm->code.policy == CODE_PAGE)
		map_known_around(v, rq, x);
	regime_refresh(v);
}

// The halfword at va as it is run and as it stands in the guest's frame.
static bool
half_words(struct vcpu *v, gva_t va, uint32_t *run, uint32_t *original)
{
	const struct code_page *p = access_code_page(v, va);
	const uint32_t *frame = p ? NULL : exec_beside(v, va).frame;

	if (p) {
		*run = code_half_run(&v->vm->code, p, va.v & PAGE_MASK);
		*original = code_half(&v->vm->code, p, va.v & PAGE_MASK);
	} else if (frame) {
		*run = *original = ((const uint16_t *)frame)[(va.v & PAGE_MASK) / 2u];
	}
	return p || frame;
}

static bool
thumb_words(struct vcpu *v, uint32_t *run, uint32_t *original)
{
	uint32_t run2 = 0, original2 = 0;

	if (!half_words(v, GVA(v->pc), run, original))
		return false;
	if ((bt_is_t32(*run) || bt_is_t32(*original)) &&
	    (!exec_beside(v, GVA(v->pc + 2u)).frame || !half_words(v, GVA(v->pc + 2u), &run2, &original2)))
		return false;
	if (bt_is_t32(*run))
		*run = *run << 16 | run2;
	if (bt_is_t32(*original))
		*original = *original << 16 | original2;
	*original = code_original_thumb(&v->vm->code, *original);
	return true;
}

bool
exec_words(struct vcpu *v, uint32_t *run, uint32_t *original)
{
	struct code_page *p = access_code_page(v, GVA(v->pc));

	if (vpsr_thumb(v))
		return p && thumb_words(v, run, original);
	if (!p)
		return false;
	*run = code_run(&v->vm->code, p, v->pc & PAGE_MASK);
	*original = code_original(&v->vm->code, p, v->pc & PAGE_MASK);
	return true;
}

// Control is in page p. False: no memory for a copy.
static bool
arrive(struct vcpu *v, struct code_page *p)
{
	struct exec_target to = exec_here(v);

	return code_arrive(&v->vm->code, p, to.va & PAGE_MASK, to.thumb, to.slots);
}

void
exec_patch_late(struct vcpu *v)
{
	struct code_page *p = access_code_page(v, GVA(v->pc));
	uint32_t before = shown(p);

	v->vm->unpatched_trapped++;
	if (!p)
		return;
	if (vpsr_thumb(v) ? !arrive(v, p) : !code_patch(&v->vm->code, p, v->pc & PAGE_MASK))
		exec_flush(v);
	else if (shown(p) != before)
		regime_drop_all(v); // what was shown is mapped
}

bool
exec_reach(struct vcpu *v, struct exec_target to)
{
	struct mmu_xlat x;

	if (mmu_walk(&v->cp15.mmu, &v->vm->mem, GVA(to.va), &x) != FS_NONE ||
	    mmu_check(&v->cp15.mmu, &x, MMU_EXEC, true) != FS_NONE || !gmem_read(&v->vm->mem, x.gpa, 2))
		return false;
	find_or_make(v, to, x.gpa); // mapped when it is run
	return true;
}

void
exec_guess_less(struct vcpu *v)
{
	exec_flush(v);
	watch_reset(&v->vm->watch);
	if (!v->vm->code.thumb || v->vm->code.policy == CODE_BLOCK)
		return;
	v->vm->code.policy = CODE_BLOCK;
	v->check_targets = v->closes_blocks = true;
}

bool
exec_was_filled(struct vcpu *v)
{
	struct code_page *p = access_code_page(v, GVA(v->pc));
	uint32_t offset = v->pc & PAGE_MASK;

	if (!p || (!code_filled(p, offset) && (vpsr_thumb(v) || !code_filled(p, offset + 2u))))
		return false;
	if (!arrive(v, p))
		exec_flush(v);
	return true;
}

static void
arrive_in_page(struct vcpu *v)
{
	struct code_page *p = access_code_page(v, GVA(v->pc));
	unsigned before = shown(p);

	if (!p)
		return; // its prefetch abort will say
	if (!arrive(v, p))
		exec_flush(v);
	else if (shown(p) != before)
		regime_drop_all(v); // what was shown is mapped
}

static void
remember_target(struct vcpu *v, uint32_t target)
{
	uint32_t *set = vcpu_targets(v, target), entry = vcpu_target_entry(target);

	for (unsigned n = 0; n < TARGET_WAYS; n++)
		if (set[n] == entry)
			return;
	for (unsigned n = TARGET_WAYS - 1u; n; n--)
		set[n] = set[n - 1u];
	set[0] = entry;
}

void
exec_arrive(struct vcpu *v)
{
	bool kernel = vpsr_privileged(v);

	if (kernel && v->vm->code.policy == CODE_PAGE)
		arrive_in_page(v);
	else if (kernel)
		kernel = exec_reach(v, exec_here(v));
	if (v->vm->code.forgot)
		forget_targets(v);
	if (kernel && !(v->cpsr & PSR_IT) && !code_block_shared(&v->vm->code, GVA(v->pc)))
		remember_target(v, v->pc | vpsr_thumb(v));
}
