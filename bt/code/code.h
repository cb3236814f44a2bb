// SPDX-License-Identifier: MIT
//
// The patched copies of the guest's kernel code pages.
//
// A code page stands for a frame that the guest's kernel executes. Where a word of
// it is sensitive, it has a copy, in which that word is a hypercall; a page
// with nothing to patch is run from its own frame. The frame itself is never
// modified: dropping the copy undoes every patch.
//
// Under the `page` policy the whole page is scanned when it is made (scan.h). Under
// `block`, basic blocks are, as the flow reaches them, and each is closed by a
// hypercall at its end (see block.c).
#ifndef BT_CODE_CODE_H
#define BT_CODE_CODE_H

#include "bt/code/intern.h"
#include "bt/scan/mixed.h"
#include "mmu/gmem.h"
#include "monitor/base/types.h"
#include "shadowpt/pool.h"

enum code_policy { CODE_PAGE, CODE_BLOCK };

struct code_page {
	struct code_page *next; // in its hash chain by gpa, or the free list
	struct code_page *next_va;
	gpa_t gpa;
	uint32_t *copy;    // NULL: the frame itself is run
	uint32_t *scanned; // what control may reach (block policy) or is code (page policy, where the
			   // guest uses Thumb): a bit per A32 word, then one per halfword for Thumb; block policy:
			   // then the same of where it comes in from other pages; page policy: then what is in
			   // doubt, a bit per halfword (fill.c)
	uint32_t va;       // the page's address when it was made
	gpa_t behind;      // what stood behind it then, or does by now, if has_behind
	uint16_t patched, doubtful;
	uint16_t writes; // emulated since it was last known to be executed
	uint8_t names;   // page policy: BT_NAMES_BEFORE, BT_NAMES_BEHIND: where its words may name literals
	bool known;      // it is in the hash chains
	bool asleep;     // block policy: the frame isn't tracked
	bool has_behind; // the kernel can execute that
	bool doubted;    // page policy: all that isn't known for sure is filled (fill.c)
	bool filled;     // something is
	uint16_t guess_from, guess_to; // halfwords of the copy among which something is replaced that may be data, so
				       // that loads mustn't see them: [from, to), none if to is 0
};

static inline bool
code_guessed(const struct code_page *p)
{
	return p->guess_to != 0;
}

// Both ends in one.
static inline uint32_t
code_guess_of(const struct code_page *p)
{
	return (uint32_t)p->guess_from << 16 | p->guess_to;
}

#define CODE_HASH   1024u
#define CODE_PLACES 1024u

// A page virtually adjacent to a code page.
struct code_beside {
	const uint32_t *frame; // NULL: the kernel can't execute it
	gpa_t gpa;             // of the frame
};

// A page that is being scanned, in pieces (scan.c).
enum code_job_phase {
	CODE_JOB_A32,
	CODE_JOB_MIXED,
	CODE_JOB_PATCH_A32,
	CODE_JOB_PATCH_THUMB,
	CODE_JOB_FILL,
	CODE_JOB_SYNC
};

struct code_job {
	struct code_page *page; // NULL: none
	struct code_beside prev, next;
	uint32_t entry, used;
	bool thumb;
	unsigned slots;
	enum code_job_phase phase;
	unsigned at;    // what is to be patched next
	uint32_t ticks; // spent so far, of the counter CNTVCT
	struct bt_mixed_job scan;
};

#define CODE_JOBS    4u
#define CODE_PATCHED 256u

// What an A32 word has been replaced by: a cache.
struct code_patched {
	uint32_t word, by;
};

struct code_counters {
	uint32_t pages, copies;     // now
	uint32_t made, dropped;     // ever
	uint32_t patched, doubtful; // words, ever
	uint32_t rescanned;         // words written by the guest while it had a copy
	uint32_t blocks, restored;  // block policy: blocks scanned, branches given back
	uint32_t scan_worst;        // page policy: ticks that the longest scan of a page took, with its patches
	uint64_t scan_ticks;        // and all of them
};

struct code {
	const struct gmem *mem;
	struct pool *pool;
	enum code_policy policy;
	bool thumb;   // the guest's kernel has been in Thumb state: any page may have code of either
	bool watched; // of pages where something is guessed loads see the frame
	bool strict;  // of all pages: so whatever may be sensitive is patched
	bool overlap; // block policy: what has just been reached is known as code of the other state, too;
		      // the caller drops all and has it reached again
	bool forgot;  // what was reached or code no longer is: the caller, who may know of it, clears this
	struct code_page *hash[CODE_HASH], *hash_va[CODE_HASH]; // by gpa, by va
	uint8_t moves[CODE_PLACES]; // block policy, by va: how many times another frame was executed there
	struct code_page *free;
	struct code_page *records; // all of them, in the reverse order of when they are first taken
	unsigned n_records, hand;  // hand: behind the one that code_oldest looks at next
	struct intern *words;
	struct code_counters n;
	bool rom;                 // a page of ROM has been made since the last code_drop_all
	bool cut_open;            // some instruction that is cut runs as it is (thumb.c)
	bool later;               // code_make has left off
	void (*pause)(void *ctx); // called every few thousand instructions of what can't be left off; may be NULL
	void *pause_ctx;
	struct code_job job[CODE_JOBS];
	uint32_t jobs_used, starts; // for code_job.used; jobs begun since one was finished
	struct bt_scan_memo memo[BT_SCAN_MEMOS];
	struct code_patched patched[CODE_PATCHED];
};

// What code_make needs to know of a page besides its frame.
struct code_request {
	gpa_t gpa; // of the page
	struct code_beside prev, next;
	uint32_t entry;                 // address at which it is entered
	bool thumb;                     // in Thumb state
	unsigned slots;                 // instructions of an IT block still to come
	bool (*interrupted)(void *ctx); // is asked every few thousand instructions: true to leave off. NULL: never
	void *ctx;
};

// Memory that a code translator is given: records bound how many pages are known at
// a time, words is an empty table.
struct code_room {
	struct code_page *records;
	unsigned n_records;
	struct intern *words;
};

void code_init(struct code *c, const struct gmem *mem, struct pool *pool, enum code_policy policy,
	       const struct code_room *room);

// The page of a frame; under `block` there may be others, at other addresses.
struct code_page *code_find(struct code *c, gpa_t gpa);
struct code_page *code_next(const struct code_page *p);
// Under `block` that at the address.
struct code_page *code_at(struct code *c, gpa_t gpa, gva_t va);

// Scans and patches a frame that has no code page, and is tracked by now. NULL when it was interrupted (c->later): then
// the same request goes on with it; or when records or pool are used up: then the caller drops all (code_drop_all) and
// tries again.
struct code_page *code_make(struct code *c, const struct code_request *rq);

// Where the page is run from.
hpa_t code_host(const struct code *c, const struct code_page *p);

// What a word, or Thumb instruction, that runs in the kernel view stands for: false if it isn't a
// hypercall of ours, or one whose original is only in the frame.
bool code_meaning(const struct code *c, uint32_t word, uint32_t *insn);
bool code_meaning_thumb(const struct code *c, uint32_t udf, uint32_t *insn);

// The instruction at offset as the guest means it, and as it is run. A hypercall in the
// guest's own frame is one that it copied, along with its code, out of a patched page.
uint32_t code_original(const struct code *c, const struct code_page *p, uint32_t offset);
uint32_t code_run(const struct code *c, const struct code_page *p, uint32_t offset);

// The halfword at offset as it is run, and as it is in the guest's frame.
uint32_t code_half_run(const struct code *c, const struct code_page *p, uint32_t offset);
uint32_t code_half(const struct code *c, const struct code_page *p, uint32_t offset);

// The Thumb instruction that insn, read from the guest's frame, means: itself, or what it was
// replaced by where the guest has copied it from.
uint32_t code_original_thumb(const struct code *c, uint32_t insn);

// A sensitive word that was left unpatched has been reached. False when there is
// no memory for a copy, which is then to be told from the frame's own mapping.
bool code_patch(struct code *c, struct code_page *p, uint32_t offset);

// The guest has written len bytes at offset of the frame: the copy follows. False
// when the page had better be dropped: it has to be judged anew, or is data by now.
bool code_written(struct code *c, struct code_page *p, uint32_t offset, uint32_t len);
// Whether so much of it was written without its having been executed, as far as is known, that
// its next execution is to be noticed (then code_seen).
bool code_unseen(const struct code_page *p);
void code_seen(struct code_page *p);

// Whether the Thumb instruction at offset is known: looked at and, if need be, patched.
bool code_thumb_reached(const struct code_page *p, uint32_t offset);
// Makes the Thumb code at offset fit to be reached, where slots instructions of an IT block are
// still to come. False: no memory for a copy.
bool code_thumb_reach(struct code *c, struct code_page *p, uint32_t offset, unsigned slots);
// Page policy, a guest that uses Thumb: control has got to offset by a trap, in this state; what was not
// taken for code is followed from there; slots as in code_thumb_reach. False: no memory for a copy.
bool code_arrive(struct code *c, struct code_page *p, uint32_t offset, bool thumb, unsigned slots);
// Page policy: whether what is run at offset stands for nothing, for it isn't known what the guest's halfword is. What
// traps there has arrived (code_arrive).
bool code_filled(const struct code_page *p, uint32_t offset);
// Page policy: the instruction that is cut by the page's end has its second half in this frame, and may run if it is
// not sensitive.
void code_cut_restore(struct code *c, struct code_page *p, gpa_t behind);
// Block policy: the Thumb instruction at offset may run as it is.
void code_thumb_restore(struct code *c, struct code_page *p, uint32_t offset);

// Of the pages with a copy the one that was made first, more or less; NULL if there is none. Each is returned once
// before any comes again.
const struct code_page *code_oldest(struct code *c);

// The frame of gpa has been written: what has been made of it goes, finished or not.
void code_forget(struct code *c, gpa_t gpa);

void code_drop(struct code *c, struct code_page *p);
void code_drop_all(struct code *c);

// Block policy: makes the code at offset fit to be reached; true if it was already.
bool code_block_reach(struct code *c, struct code_page *p, uint32_t offset);
// Block policy: the frame of gpa is to be given out at va. What becomes of the page of another frame there, *other, if
// there is one: that it stays, where frames take turns; that it goes alone; or that all go, as branches that were given
// back lead there.
enum code_move { CODE_STAYS, CODE_GOES, CODE_ALL_GO };
enum code_move code_block_move(struct code *c, gpa_t gpa, gva_t va, struct code_page **other);
// Block policy: whether frames take turns at va, so that what is known of one is not of another.
bool code_block_shared(struct code *c, gva_t va);
// Block policy: what has been given back leads to va, from another page.
void code_block_enter(struct code *c, gva_t va, bool thumb);
// Block policy: the frame of gpa is the guest's to write; its pages aren't mapped until they are woken. False: what it
// has become is at odds with what was given back, so that all have to go.
void code_block_sleep(struct code *c, gpa_t gpa);
bool code_block_wake(struct code *c, struct code_page *p);
// Block policy: whether control may go to offset.
bool code_block_reached(const struct code_page *p, uint32_t offset);
// Block policy: the direct branch at offset may run, its target being reached.
void code_block_restore(struct code *c, struct code_page *p, uint32_t offset);

#endif
