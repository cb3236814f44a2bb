// SPDX-License-Identifier: MIT
//
// What the architecture leaves predictable of an MMU program (test/fuzz/mmu.h): tables,
// registers, and every translation that a TLB may hold. Programs are made, and shrunk, of
// operations that this accepts one after the other.
//
// A TLB may hold any translation that could be walked since it was last dropped, whether an access used it or
// not, and first-level table descriptors (ARM ARM B3.9, B3.10). An access is predictable only
// if all that may be held for it equals what a walk finds now.
#ifndef GUESTS_FUZZ_MMU_MODEL_H
#define GUESTS_FUZZ_MMU_MODEL_H

#include "test/fuzz/case.h"

#define FUZZ_MMU_TLB    1024u
#define FUZZ_MMU_PLACES 32u // of a program's regions; the same pages as live frames have
#define FUZZ_MMU_STORED 32u // words of code that were written

// A translation that a TLB may hold.
struct fuzz_mmu_entry {
	uint32_t va;     // of the block
	uint32_t l1, l2; // descriptors; l2 0: of a section, or the first level alone
	uint8_t shift;   // log2 of the block's size
	uint8_t asid;
	uint8_t sides; // FUZZ_MMU_SIDE_*
	bool global, table;
	uint32_t run_page; // of a block whose I side is held on account of QEMU alone: the page that may be executed
};
#define FUZZ_MMU_SIDE_I 1u
#define FUZZ_MMU_SIDE_D 2u

struct fuzz_mmu_tlb {
	struct fuzz_mmu_entry entry[FUZZ_MMU_TLB];
	unsigned n;
	bool stale; // what entries mean has changed: nothing but dropping all will do
};

// Words of functions that were written.
struct fuzz_mmu_stored {
	struct {
		uint32_t address, value; // physical
		bool synced;             // it may be executed
	} word[FUZZ_MMU_STORED];
	unsigned n;
};

struct fuzz_mmu_model {
	struct {
		uint32_t l1[FUZZ_MMU_L1S][4096], l2[FUZZ_MMU_L2S][256];
		uint64_t long_l1[FUZZ_MMU_L1S][512], long_l2[FUZZ_MMU_L1S][4][512], long_l3[FUZZ_MMU_LONG_L3S][512];
	} tables;
	uint32_t flags; // the program's
	struct {
		uint32_t sctlr, dacr, ttbr0, ttbr1, ttbcr, contextidr, prrr, nmrr;
		uint32_t long_asid[2]; // of the two TTBRs
	} regs;
	struct fuzz_mmu_tlb tlb;
	struct fuzz_mmu_stored code;
	uint32_t places[FUZZ_MMU_PLACES]; // pages of VA that the program may access
	unsigned n_places;
};

// Why an operation is not accepted.
enum fuzz_mmu_verdict {
	FUZZ_MMU_GOOD,
	FUZZ_MMU_STALE,    // after TLB maintenance it is
	FUZZ_MMU_UNSYNCED, // after maintenance of the instructions at the address
	FUZZ_MMU_BREAK,    // the entry must be made a fault and dropped before (break-before-make)
	FUZZ_MMU_BAD,      // whatever is done before
};

// The state before a program. Region numbers are in bits of `regions`, at most four.
void fuzz_mmu_model_init(struct fuzz_mmu_model *m, unsigned regions, uint32_t flags);

// In the long format: where the second level's descriptor of va is in the current regime, 0: nowhere that
// a program may write; and a descriptor by its address, NULL: none.
uint32_t fuzz_mmu_long_second(const struct fuzz_mmu_model *m, uint32_t va);
uint64_t *fuzz_mmu_long_descriptor(struct fuzz_mmu_model *m, uint32_t address);

// Does the operation, if it is good; else changes nothing.
enum fuzz_mmu_verdict fuzz_mmu_step(struct fuzz_mmu_model *m, const struct fuzz_mmu_op *op);

// What a walk finds for an access: the physical address, or 0 if it faults or there is nothing.
uint32_t fuzz_mmu_physical(const struct fuzz_mmu_model *m, uint32_t va, bool write, bool user);

// The address of a live frame, by its number.
uint32_t fuzz_mmu_frame(unsigned n);

// Where a descriptor is, by its address; NULL: no word of a program's.
uint32_t *fuzz_mmu_descriptor(struct fuzz_mmu_model *m, uint32_t address);

// The word at a physical address in a live frame's functions.
uint32_t fuzz_mmu_code(const struct fuzz_mmu_model *m, uint32_t address);

// An operation's name, class and size, from mmu.def.
struct fuzz_mmu_about {
	const char *name;
	enum fuzz_mmu_class class;
	unsigned size;
};
extern const struct fuzz_mmu_about fuzz_mmu_about[FUZZ_MMU_KINDS];

extern const struct fuzz_mmu_region {
	uint32_t base, mib;
} fuzz_mmu_regions[];
extern const unsigned fuzz_mmu_n_regions;

// Whether all 16 MiB of this descriptor's block are frames that the program may see, or lie nowhere.
bool fuzz_mmu_live(uint32_t address);

#endif
