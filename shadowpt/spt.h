// SPDX-License-Identifier: MIT
//
// Shadow page tables: a software TLB in the form of page tables that the host's
// own walker reads.
//
// A *space* is one of the guest's address spaces, known by the registers that make
// it (TTBR0, TTBR1, TTBCR, ASID). It has two views, each a first-level table with
// an ASID of the host's: the kernel view (guest PL1) and the user view. Beside
// the spaces stands the *common* table: the kernel view of global entries only,
// which runs a space not yet known; a space is made with all entries that it has, and
// shows later ones when it faults there (second-level tables of global pages are
// shared by pointer).
//
// Entries come lazily, from spt_fill on an abort, and go by the guest's own TLB
// maintenance (spt_drop_*), so the guest's tables are never write-protected: a
// shadow is as coherent as a TLB, which is all the architecture promises.
// Rights in a shadow are those of the guest or stricter, never laxer.
//
// *Tracked* frames are those given out as executable in the kernel view: no shadow
// maps them writable. Who writes to one is told so by SPT_TRACKED.
#ifndef SHADOWPT_SPT_H
#define SHADOWPT_SPT_H

#include "mmu/walk.h"
#include "monitor/base/types.h"
#include "shadowpt/pool.h"

#define SPT_SPACES         64u // at most
#define SPT_MONITOR_DOMAIN 15u // of the window and of the monitor's own map: always client
#define SPT_ASID_MONITOR   1u
#define SPT_ASID_FIRST     2u
#define SPT_ASIDS          256u

// Walks through the host's tables: inner and outer write-back write-allocate,
// shareable (TTBR0 of a core with the Multiprocessing Extensions, B4.1.154).
#define SPT_TTBR_WALK 0x4au

enum spt_view { SPT_KERNEL, SPT_USER };

#define SPT_L1_ENTRIES 4096u
#define SPT_L1_SIZE    (SPT_L1_ENTRIES * 4u)

// A set of first-level indexes: a bit each, and one for each word that has any.
struct spt_set {
	uint32_t n;
	uint32_t some[SPT_L1_ENTRIES / 32 / 32];
	uint32_t word[SPT_L1_ENTRIES / 32];
};

// One first-level table, and which entries of it are its own to free: all in a
// user view and in the common table, in a space's kernel view where it has
// second-level tables of non-global pages.
struct spt_table {
	uint32_t *l1;
	uint32_t host_asid;
	struct pool_chain *l2; // where its second-level tables come from
	struct spt_set own;
};

struct spt_space {
	uint32_t ttbr0, ttbr0_high, ttbr1, ttbr1_high, ttbcr, asid; // the guest's
	struct spt_table view[2];
	struct pool_chain l2;
	uint32_t used; // when last switched to, for eviction by age
	uint8_t next;  // the next with this ASID, counted from 1; 0: none
};

// By the guest's ASID, which known space to run with its TTBR0: for switching without a
// lookup. What isn't known there names the common table.
struct spt_known {
	uint32_t ttbr0;     // the guest's
	uint32_t kernel;    // the host's TTBR0 of the kernel view,
	uint32_t host_asid; // its ASID; the user view's is one more,
	uint32_t user;      // and the host's TTBR0 of that
};

// What the guest's frame is to the shadows: one word per frame of guest memory.
// Without `tracked`, vpn is where it is mapped writable; with it, where it is
// mapped executable.
struct spt_frame {
	uint32_t vpn : 20;
	uint32_t mapped : 1;  // at vpn, if gen is the current one
	uint32_t many : 1;    // at more addresses than vpn
	uint32_t tracked : 1; // given out as executable in the kernel view
	uint32_t gen : 9;     // spt.gen when that was so
};

// One per section of guest memory.
struct spt_section {
	uint32_t tracked : 9; // how many of its frames are tracked
	uint32_t mapped : 1;  // writable as a section, at va, if gen is the current one
	uint32_t many : 1;    // at more than va
	uint32_t va : 12;     // first-level index
	uint32_t gen : 9;     // spt.gen when that was so
};

struct spt_counters {
	uint32_t fills, section_fills;
	uint32_t shown; // global entries that another space had filled
	uint32_t drops, flushes, evictions, recycles;
};

// The memory that a VM's shadows are given.
struct spt_room {
	struct pool *pool;
	struct spt_frame *frame;     // one per page of the guest's memory (gmem_size())
	struct spt_section *section; // one per section of it
	struct spt_space *space;
	unsigned n_spaces;       // 1 to SPT_SPACES
	hpa_t tables;            // SPT_TABLES(n_spaces) bytes, aligned to SPT_L1_SIZE
	struct spt_known *known; // SPT_ASIDS + 1 of them
};

#define SPT_TABLES(n_spaces) (((n_spaces) + 1u) * 2u * SPT_L1_SIZE)

struct spt {
	const struct gmem *mem;
	struct pool *pool;
	uint32_t window_index, window_l1; // the window's first-level index and descriptor
	struct spt_space *space;
	unsigned n_spaces;
	uint64_t valid;             // a bit per space
	uint8_t by_asid[SPT_ASIDS]; // the first space with this ASID, counted from 1; 0: none
	struct spt_space *current;  // NULL: the common table runs
	uint32_t host_asid;         // the host's of the kernel view that runs; the user view's is one more
	struct spt_table common;
	struct pool_chain common_l2;
	struct spt_table empty; // the user view of a space not yet known
	struct spt_known *known;
	bool changed; // current was, or is void; whoever has loaded its tables clears it
	bool made;    // a space was: a host's ASID may stand for another than before
	struct spt_frame *frame;
	struct spt_section *section;
	uint32_t gen, clock;
	// What is mapped, or was since the last spt_drop_all:
	bool large_pages;      // 64 KiB pages: maintenance by address takes 16 entries
	bool blocks;           // or blocks of 2 MiB: it takes what is of one in both of its sections
	bool large_sections;   // or supersections, or blocks of 1 GiB: it takes all
	bool rom_mapped;       // pages of ROM
	struct spt_set global; // where global entries are elsewhere than in the common table, by first-level index
	struct spt_counters n;
};

// Why a fill couldn't give what was asked.
enum spt_result {
	SPT_OK,       // mapped: run the instruction again
	SPT_FAULT,    // the guest's own fault: *fs is for DFSR/IFSR
	SPT_DEVICE,   // not RAM, nor a read of ROM: emulate, or abort externally
	SPT_TRACKED,  // a write to a tracked frame
	SPT_WINDOW,   // the window is in the way: it must move first
	SPT_UNSCANNED // execution in the kernel view: the caller scans, then spt_map_exec
};

struct spt_request {
	const struct mmu_regs *regs;
	gva_t va;
	enum mmu_access access;
	bool privileged;    // the guest's mode
	enum spt_view view; // to fill; a privileged guest runs in the kernel view
};

// Prepares the shadows of one VM. window_l1: the window's first-level descriptor.
void spt_init(struct spt *s, const struct gmem *mem, const struct spt_room *room, uint32_t window_index,
	      uint32_t window_l1);

// Maps what the request needs, or says why not. x: of what the guest's walk found gpa, shift, domain,
// ng and normal; fs: for SPT_FAULT, the fault.
enum spt_result spt_fill(struct spt *s, const struct spt_request *rq, struct mmu_xlat *x, uint32_t *fs);

// Maps the page of va executable and read-only in the current kernel view, showing
// host (the frame itself, or its patched copy), and tracks its frame.
void spt_map_exec(struct spt *s, const struct spt_request *rq, const struct mmu_xlat *x, hpa_t host);

// No shadow maps the frame writable any more. Of an address where no memory is, here and below: nothing is done.
void spt_track(struct spt *s, gpa_t gpa);
// The frame may be written again: its executable mapping goes.
void spt_untrack(struct spt *s, gpa_t gpa);
// The frame's executable mapping goes; it stays tracked.
void spt_drop_exec(struct spt *s, gpa_t gpa);
bool spt_tracked(const struct spt *s, gpa_t gpa);

// What is mapped at va, in whatever table, is so no longer: a page, or a section.
void spt_unmap(struct spt *s, gva_t va);

// Makes the space of regs current, if it is known; else the common table runs
// until a fill needs more.
void spt_switch(struct spt *s, const struct mmu_regs *regs) __attribute__((cold));
// The table and ASID that a view of the current space runs on.
const struct spt_table *spt_view(const struct spt *s, enum spt_view view);
// Fills s->known anew: for whoever has written what isn't told apart there (all but TTBR0 and ASID).
void spt_know(struct spt *s, const struct mmu_regs *regs);

// Where what a view shows at va is, if it is mapped there by a small page; else 0.
hpa_t spt_shown(const struct spt *s, enum spt_view view, gva_t va);

// Somebody else needs the pool: the space that was used the longest ago goes, of those that have tables, but not the
// current one. False: there is none.
bool spt_evict(struct spt *s);

// The guest's TLB maintenance (ARM ARM B3.10.2): none takes more than a few thousand
// instructions, whatever is mapped.
void spt_drop_all(struct spt *s);
void spt_drop_asid(struct spt *s, uint32_t asid);
void spt_drop_va(struct spt *s, gva_t va, uint32_t asid); // global, or of this ASID
void spt_drop_va_all(struct spt *s, gva_t va);            // of every ASID

// The window has moved to another first-level index.
void spt_move_window(struct spt *s, uint32_t index);

#endif
