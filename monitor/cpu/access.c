// SPDX-License-Identifier: MIT
//
// See access.h.
#include "monitor/cpu/access.h"
#include "monitor/cpu/cp15.h"
#include "monitor/cpu/inject.h"
#include "monitor/cpu/irq.h"
#include "monitor/base/string.h"
#include "monitor/cpu/trace.h"
#include "bt/isa/decode.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vpsr.h"

struct code_page *
access_code_page(struct vcpu *v, gva_t va)
{
	struct mmu_xlat x;

	if (mmu_walk(&v->cp15.mmu, &v->vm->mem, va, &x) != FS_NONE)
		return NULL;
	return code_at(&v->vm->code, x.gpa, va);
}

void
access_code_drop(struct vcpu *v, gpa_t gpa)
{
	struct code_page *p = code_find(&v->vm->code, gpa);

	spt_untrack(&v->vm->spt, gpa);
	if (v->vm->code.policy == CODE_BLOCK) { // branches into it may have been given back
		code_block_sleep(&v->vm->code, gpa);
		return;
	}
	code_forget(&v->vm->code, gpa);
	if (p && v->check_targets)
		memset(v->targets, 0, sizeof(v->targets));
	irq_poll(v); // all this takes long
}

void
access_code_written(struct vcpu *v, gpa_t gpa, uint32_t len)
{
	bool follows = false, unseen = false;

	if (!spt_tracked(&v->vm->spt, gpa))
		return;
	trace(v, TRACE_WRITE_CODE, gpa.v);
	for (struct code_page *p = code_find(&v->vm->code, gpa); p; p = code_next(p)) {
		bool had_copy = p->copy;
		uint32_t had_guess = code_guess_of(p);

		if (p->asleep)
			continue;
		follows = code_written(&v->vm->code, p, gpa.v & PAGE_MASK, len);
		if (!follows)
			break;
		unseen |= code_unseen(p) || code_guess_of(p) != had_guess; // which loads are to see
		unseen |= p->copy && !had_copy;                            // the frame itself is mapped
	}
	if (!follows)
		access_code_drop(v, gpa);
	else if (unseen)
		spt_drop_exec(&v->vm->spt, gpa);
}

void
access_dma_written(struct vcpu *v, gpa_t gpa, uint32_t len)
{
	for (uint32_t at = gpa.v & ~PAGE_MASK; at - gpa.v < len || at <= gpa.v; at += PAGE_SIZE)
		if (spt_tracked(&v->vm->spt, GPA(at)))
			access_code_drop(v, GPA(at));
}

static bool
translate(struct vcpu *v, gva_t va, enum mmu_access kind, bool privileged, struct mmu_xlat *x)
{
	uint32_t fs = mmu_walk(&v->cp15.mmu, &v->vm->mem, va, x);

	if (fs == FS_NONE)
		fs = mmu_check(&v->cp15.mmu, x, kind, privileged);
	if (fs == FS_NONE)
		return true;
	inject_data_abort(v, fs, x->domain, kind == MMU_WRITE, va);
	return false;
}

bool
access_probe(struct vcpu *v, gva_t va, bool write, bool privileged)
{
	struct mmu_xlat x;

	return translate(v, va, write ? MMU_WRITE : MMU_READ, privileged, &x);
}

// One access within a page, naturally aligned if it is to a device: of eight bytes it takes two words.
static bool
device(struct vcpu *v, gpa_t gpa, unsigned size, bool write, uint64_t *value)
{
	uint32_t word = (uint32_t)*value, high = (uint32_t)(*value >> 32);

	trace(v, TRACE_MMIO, gpa.v);
	if (dev_access(&v->vm->bus, v->id, gpa, size > 4 ? 4 : size, write, &word) == DEV_NONE)
		return false;
	if (size > 4 && dev_access(&v->vm->bus, v->id, GPA(gpa.v + 4u), 4, write, &high) == DEV_NONE)
		return false;
	if (!write)
		*value = (size > 4 ? (uint64_t)high << 32 : 0) | word;
	return true;
}

enum access_result {
	ACCESS_DONE,
	ACCESS_FAULT, // the guest's abort has been taken
	ACCESS_SPLIT, // nothing done: unaligned, and over two pages or to a device
};

static enum access_result
access(struct vcpu *v, gva_t va, unsigned size, bool write, bool privileged, uint64_t *value)
{
	struct mmu_xlat x;
	const uint8_t *from;
	uint8_t *to;

	if (!translate(v, va, write ? MMU_WRITE : MMU_READ, privileged, &x))
		return ACCESS_FAULT;
	if ((va.v & PAGE_MASK) + size > PAGE_SIZE)
		return ACCESS_SPLIT;
	to = write ? gmem_ptr(&v->vm->mem, x.gpa, size) : NULL;
	from = write ? to : gmem_read(&v->vm->mem, x.gpa, size);
	if (!from && va.v & (size - 1u))
		return ACCESS_SPLIT;
	if (!from && !device(v, x.gpa, size, write, value)) {
		inject_data_abort(v, FS_SYNC_EXTERNAL, 0, write, va); // with which no domain is given (B3.13.3)
		return ACCESS_FAULT;
	}
	if (to) {
		memcpy(to, value, size);
		access_code_written(v, x.gpa, size);
	} else if (from) {
		*value = 0;
		memcpy(value, from, size);
	}
	return ACCESS_DONE;
}

uint64_t
access_ordered(const struct vcpu *v, unsigned size, uint64_t value)
{
	return v->cpsr & PSR_E ? __builtin_bswap64(value) >> (64u - 8u * size) : value;
}

// What an unaligned access loads is cut out of the two aligned ones that it overlaps.
static bool
read_split(struct vcpu *v, gva_t va, unsigned size, bool privileged, uint64_t *value)
{
	unsigned off = va.v & (size - 1u), n = 8u * off;
	uint64_t low, high;

	if (access(v, GVA(va.v - off), size, false, privileged, &low) != ACCESS_DONE ||
	    access(v, GVA(va.v - off + size), size, false, privileged, &high) != ACCESS_DONE)
		return false;
	*value = low >> n | high << (8u * size - n);
	return true;
}

static bool
write_split(struct vcpu *v, gva_t va, unsigned size, bool privileged, uint64_t value)
{
	gva_t last = GVA(va.v + size - 1u);

	if (((va.v ^ last.v) & ~PAGE_MASK) && !access_probe(v, GVA(last.v & ~PAGE_MASK), true, privileged))
		return false; // before anything is written
	for (unsigned i = 0; i < size; i++) {
		uint64_t byte = value >> (8u * i) & 0xffu;

		if (access(v, GVA(va.v + i), 1, true, privileged, &byte) != ACCESS_DONE)
			return false;
	}
	return true;
}

bool
access_aligned(struct vcpu *v, gva_t va, unsigned align, bool write)
{
	if (va.v & (align - 1u))
		inject_data_abort(v, FS_ALIGNMENT, 0, write, va);
	return !(va.v & (align - 1u));
}

bool
access_load(struct vcpu *v, gva_t va, unsigned size, bool privileged, uint64_t *value)
{
	uint64_t got = 0;
	enum access_result r = access(v, va, size, false, privileged, &got);

	if (r == ACCESS_FAULT || (r == ACCESS_SPLIT && !read_split(v, va, size, privileged, &got)))
		return false;
	*value = access_ordered(v, size, got);
	return true;
}

bool
access_store(struct vcpu *v, gva_t va, unsigned size, bool privileged, uint64_t value)
{
	enum access_result r;

	value = access_ordered(v, size, value);
	r = access(v, va, size, true, privileged, &value);
	return r == ACCESS_DONE || (r == ACCESS_SPLIT && write_split(v, va, size, privileged, value));
}

// The alignment that SCTLR.A asks for.
static unsigned
alignment(const struct vcpu *v, unsigned size)
{
	return v->cp15.mmu.sctlr & SCTLR_A ? size : 1;
}

bool
access_read(struct vcpu *v, gva_t va, unsigned size, bool privileged, uint32_t *value)
{
	uint64_t got;

	if (!access_aligned(v, va, alignment(v, size), false) || !access_load(v, va, size, privileged, &got))
		return false;
	*value = (uint32_t)got;
	return true;
}

bool
access_write(struct vcpu *v, gva_t va, unsigned size, bool privileged, uint32_t value)
{
	return access_aligned(v, va, alignment(v, size), true) && access_store(v, va, size, privileged, value);
}

// len bytes of what is executed at pc, all in one page.
static bool
fetch(struct vcpu *v, gva_t pc, void *to, uint32_t len)
{
	struct mmu_xlat x;
	const void *p;

	if (mmu_walk(&v->cp15.mmu, &v->vm->mem, pc, &x) != FS_NONE)
		return false;
	p = gmem_read(&v->vm->mem, x.gpa, len);
	if (p)
		memcpy(to, p, len);
	return p != NULL;
}

bool
access_insn(struct vcpu *v, gva_t pc, uint32_t *insn)
{
	uint16_t half[2] = {0};

	if (!vpsr_thumb(v))
		return fetch(v, pc, insn, 4);
	if (!fetch(v, pc, &half[0], 2))
		return false;
	*insn = half[0];
	if (!bt_is_t32(half[0]))
		return true;
	if (!fetch(v, GVA(pc.v + 2u), &half[1], 2)) // in the next page, it may be
		return false;
	*insn = *insn << 16 | half[1];
	return true;
}
