// SPDX-License-Identifier: MIT
//
// Where the guest's kernel code meets its patched copies: giving pages out for
// execution, finding what a trapped word was, and the block policy's branches.
#ifndef MONITOR_EXEC_H
#define MONITOR_EXEC_H

#include "monitor/vcpu.h"
#include "shadowpt/spt.h"

// Gives out the kernel page of rq->va for execution: scans it if it isn't known.
void exec_page(struct vcpu *v, const struct spt_request *rq, const struct mmu_xlat *x);

// The word that trapped at v->pc in the kernel view, as it was run and as the guest
// wrote it. False where the page can't be found.
bool exec_words(struct vcpu *v, uint32_t *run, uint32_t *original);

// A sensitive word at v->pc was run unpatched: patches it.
void exec_patch_late(struct vcpu *v);

// Whether the kernel runs, at v->pc, from the code page of gpa.
bool exec_is_own_page(struct vcpu *v, gpa_t gpa);

// A STREX at v->pc to the code page of gpa, which is not writable. If that is the page
// it runs from, dropping the page for it would fetch it back for the next try, for
// ever: then its exclusives become hypercalls, this STREX fails, and true is returned.
bool exec_exclusive_store(struct vcpu *v, gpa_t gpa, uint32_t insn);

// Whether the hypercall of an exclusive access at v->pc is to be emulated: not where it
// only is the last word of a page under the block policy, whose other half runs as it is.
bool exec_emulates_exclusive(struct vcpu *v);

// Block policy: executes the closed end of a block, original word insn, at v->pc.
enum exit_reason exec_block_end(struct vcpu *v, uint32_t insn);

// Block policy: the kernel is about to run at v->pc, from wherever it comes.
void exec_arrive(struct vcpu *v);

// Drops every code page and every shadow.
void exec_flush(struct vcpu *v);

#endif
