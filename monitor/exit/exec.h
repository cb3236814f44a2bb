// SPDX-License-Identifier: MIT
//
// Where the guest's kernel code meets its patched copies: giving pages out for
// execution, finding what a trapped word was, and the block policy's branches.
#ifndef MONITOR_EXIT_EXEC_H
#define MONITOR_EXIT_EXEC_H

#include "monitor/cpu/vcpu.h"
#include "shadowpt/spt.h"

// Where control goes.
struct exec_target {
	uint32_t va;
	bool thumb;
	unsigned slots; // instructions of an IT block still to come
};

// Where the VCPU is now.
struct exec_target exec_here(const struct vcpu *v);

// Gives out the kernel page of rq->va for execution: scans it if it isn't known.
void exec_page(struct vcpu *v, const struct spt_request *rq, const struct mmu_xlat *x);

// The word, or Thumb instruction, that trapped at v->pc in the kernel view, as it was run and as the guest
// wrote it. False where the page can't be found.
bool exec_words(struct vcpu *v, uint32_t *run, uint32_t *original);

// The page at va if the kernel may execute it.
struct code_beside exec_beside(struct vcpu *v, gva_t va);

// Loads from pages where something is guessed trap too often. A guest that uses both states is run in blocks from now
// on, where nothing is ever in doubt; else what was guessed is no longer.
void exec_guess_less(struct vcpu *v);

// Whether what trapped at v->pc was in doubt (bt/code/fill.c): it no longer is, and is to be run again.
bool exec_was_filled(struct vcpu *v);

// A sensitive word at v->pc was run unpatched: patches it.
void exec_patch_late(struct vcpu *v);

// Block policy: makes the code there fit to be reached; false where the guest can't execute.
bool exec_reach(struct vcpu *v, struct exec_target to);

// Executes TBB or TBH at v->pc, its condition having passed. False, and nothing done, for what isn't one.
bool exec_table_branch(struct vcpu *v, uint32_t insn);

// The Thumb instruction insn at v->pc was closed, by the block policy or because it is cut by the page's
// end, and isn't sensitive: it is executed, or may be.
enum exit_reason exec_give_back(struct vcpu *v, uint32_t insn);

// Block policy: executes the closed end of a block, original word insn, at v->pc.
enum exit_reason exec_block_end(struct vcpu *v, uint32_t insn);

// The kernel is about to run at v->pc, from wherever it comes. For the block policy, and for guests that
// use Thumb.
void exec_arrive(struct vcpu *v);

// The kernel has been found in Thumb state.
void exec_meets_thumb(struct vcpu *v);

// Some ROM is memory no longer: what is mapped or translated of it goes.
void exec_rom_hidden(struct vcpu *v);

// Drops every code page and every shadow.
void exec_flush(struct vcpu *v);

#endif
