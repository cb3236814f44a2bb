// SPDX-License-Identifier: MIT
//
// See access.h.
#include "monitor/access.h"
#include "monitor/inject.h"
#include "monitor/string.h"
#include "monitor/trace.h"
#include "bt/decode.h"
#include "monitor/vm.h"
#include "monitor/vpsr.h"

void
access_code_drop(struct vcpu *v, gpa_t gpa)
{
	struct code_page *p = code_find(&v->vm->code, gpa);

	spt_untrack(&v->vm->spt, gpa);
	if (!p)
		return;
	if (v->vm->code.policy == CODE_BLOCK) { // branches into it may have been given back
		code_drop_all(&v->vm->code);
		spt_drop_all(&v->vm->spt);
		memset(v->targets, 0, sizeof(v->targets));
	} else {
		code_drop(&v->vm->code, p);
	}
}

void
access_code_written(struct vcpu *v, gpa_t gpa, uint32_t len)
{
	struct code_page *p;

	if (!spt_tracked(&v->vm->spt, gpa))
		return;
	trace(v, TRACE_WRITE_CODE, gpa.v);
	p = code_find(&v->vm->code, gpa);
	if (!p || !code_written(&v->vm->code, p, gpa.v & PAGE_MASK, len))
		access_code_drop(v, gpa);
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

static uint32_t
load(const uint8_t *p, unsigned size)
{
	uint32_t value = 0;

	memcpy(&value, p, size);
	return value;
}

static bool
access(struct vcpu *v, gva_t va, unsigned size, bool write, bool privileged, uint32_t *value)
{
	struct mmu_xlat x;
	uint8_t *p;

	if (!translate(v, va, write ? MMU_WRITE : MMU_READ, privileged, &x))
		return false;
	p = gmem_ptr(&v->vm->mem, x.gpa, size);
	if (!p) {
		trace(v, TRACE_MMIO, x.gpa.v);
		if (dev_access(&v->vm->bus, v->id, x.gpa, size, write, value) != DEV_NONE)
			return true;
		inject_data_abort(v, FS_SYNC_EXTERNAL, x.domain, write, va);
		return false;
	}
	if (!write) {
		*value = load(p, size);
		return true;
	}
	memcpy(p, value, size);
	access_code_written(v, x.gpa, size);
	return true;
}

// Whether all of [va, va + size) is in one page.
static bool
in_page(gva_t va, unsigned size)
{
	return (va.v & PAGE_MASK) + size <= PAGE_SIZE;
}

static uint32_t
swap(const struct vcpu *v, unsigned size, uint32_t value)
{
	if (!(v->cpsr & PSR_E) || size == 1)
		return value;
	return size == 2 ? (value & 0xffu) << 8 | (value >> 8 & 0xffu) : __builtin_bswap32(value);
}

bool
access_read(struct vcpu *v, gva_t va, unsigned size, bool privileged, uint32_t *value)
{
	uint32_t got = 0;

	if (in_page(va, size)) {
		if (!access(v, va, size, false, privileged, &got))
			return false;
	} else {
		for (unsigned i = 0; i < size; i++) {
			uint32_t byte;

			if (!access(v, GVA(va.v + i), 1, false, privileged, &byte))
				return false;
			got |= (byte & 0xffu) << (8 * i);
		}
	}
	*value = swap(v, size, got);
	return true;
}

bool
access_write(struct vcpu *v, gva_t va, unsigned size, bool privileged, uint32_t value)
{
	value = swap(v, size, value);
	if (in_page(va, size))
		return access(v, va, size, true, privileged, &value);
	if (!access_probe(v, GVA((va.v + size - 1) & ~PAGE_MASK), true, privileged))
		return false; // before anything is written
	for (unsigned i = 0; i < size; i++) {
		uint32_t byte = value >> (8 * i) & 0xffu;

		if (!access(v, GVA(va.v + i), 1, true, privileged, &byte))
			return false;
	}
	return true;
}

// len bytes of what is executed at pc, all in one page.
static bool
fetch(struct vcpu *v, gva_t pc, void *to, uint32_t len)
{
	struct mmu_xlat x;
	const void *p;

	if (mmu_walk(&v->cp15.mmu, &v->vm->mem, pc, &x) != FS_NONE)
		return false;
	p = gmem_ptr(&v->vm->mem, x.gpa, len);
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
