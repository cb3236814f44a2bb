// SPDX-License-Identifier: MIT
// uses: monitor/dev/dev.c monitor/dev/vpflash.c
// bits: 32
// len: 512
//
// Two banks of flash under any accesses, loaded with firmware of any size: what can be read as ROM is what was loaded,
// erased and programmed, and nothing else ever changes; blocks get memory from the supply, once each, and no more than
// there is; a bank is hidden exactly while a command is under way, and said to be when it begins.
#include "monitor/dev/vpflash.h"
#include "test/libfuzzer/fuzz.h"

#define BLOCK  GMEM_ROM_BLOCK
#define BLOCKS 3u // with memory
#define BANKS  GMEM_ROMS
#define USED   4u // blocks of each bank that accesses go to, the last two its last

static struct {
	struct dev_bus bus;
	struct gmem_rom rom[BANKS];
	struct gmem mem;
	struct vpflash bank[BANKS];
	struct vpflash_supply supply;
	unsigned hidden[BANKS]; // times told
	uint32_t words[BANKS];  // of a buffered write, yet to come
} vm;

static uint8_t model[BLOCKS][BLOCK];
static int place[BANKS][GMEM_ROM_BLOCKS]; // of a block in the model, or -1
static int placed;

static void
hidden(void *ctx)
{
	++*(unsigned *)ctx;
}

// A block in the model, which gets its memory now if it has none and there is some.
static uint8_t *
block(unsigned bank, uint32_t offset)
{
	int *at = &place[bank][offset / BLOCK];

	if (*at < 0 && placed < (int)BLOCKS)
		*at = placed++;
	return *at < 0 ? NULL : model[*at];
}

static void
start(uint32_t size)
{
	static uint8_t firmware[2 * BLOCK];
	uint8_t *room = fuzz_guarded(0, BLOCKS * BLOCK), *blank = fuzz_guarded(1, PAGE_SIZE);

	memset(room, 0, BLOCKS * BLOCK);
	memset(blank, 0, PAGE_SIZE);
	memset(model, 0, sizeof(model));
	memset(place, -1, sizeof(place));
	memset(&vm, 0, sizeof(vm));
	placed = 0;
	vm.mem = (struct gmem){.base = GPA(0x40000000), .rom = vm.rom};
	vm.supply = (struct vpflash_supply){HPA(room), BLOCKS};
	for (unsigned n = 0; n < BANKS; n++) {
		vpflash_init(&vm.bank[n], &vm.rom[n], GPA(n * VPFLASH_SIZE), HPA(blank), &vm.supply,
			     &(struct vpflash_cb){hidden, &vm.hidden[n]});
		HOLDS(dev_add(&vm.bus, &vpflash_class, GPA(n * VPFLASH_SIZE), &vm.bank[n]));
	}
	for (uint32_t i = 0; i < size; i++)
		firmware[i] = (uint8_t)(i * 5u + i / 256u + 1u);
	vpflash_load(&vm.bank[0], 0, firmware, size);
	for (uint32_t i = 0; i < size; i += BLOCK)
		memcpy(block(0, i), firmware + i, size - i < BLOCK ? size - i : BLOCK);
}

// What a write does to the array, from the state that the bank is in before it.
static void
model_write(unsigned bank, uint32_t offset, unsigned size, uint32_t value)
{
	const struct vpflash *f = &vm.bank[bank];
	bool erase = f->cycle == 0 && (value & 0xffu) == 0x20u;
	bool program = f->cycle == 2 || (f->cycle == 1 && (f->command == 0x40u || f->command == 0x10u));
	uint8_t *to = erase || program ? block(bank, offset) : NULL;

	if (to && erase)
		memset(to, 0xff, BLOCK);
	else if (to)
		memcpy(to + offset % BLOCK, &value, size);
}

static void
access(unsigned bank, uint32_t offset, unsigned size, bool write, uint32_t value)
{
	struct vpflash *f = &vm.bank[bank];
	bool was = vm.rom[bank].hidden, aligned = !(offset & (size - 1u));
	unsigned told = vm.hidden[bank];
	enum dev_result r;

	if (write && aligned) {
		model_write(bank, offset, size, value);
		if (f->cycle == 1 && f->command == 0xe8u)
			vm.words[bank] = (value & 0xffffu & (0xffffffffu >> (32u - 8u * size))) + 1u;
		else if (f->cycle == 2)
			vm.words[bank]--;
	}
	r = dev_access(&vm.bus, 0, GPA(bank * VPFLASH_SIZE + offset), size, write, &value);
	HOLDS(r == (aligned ? DEV_OK : DEV_NONE));
	HOLDS(write || r != DEV_OK || size != 4 || value >> 16 == (value & 0xffffu));
	HOLDS(vm.rom[bank].hidden == (f->command != 0) && (vm.rom[bank].hidden || !f->cycle));
	HOLDS(vm.hidden[bank] - told == (!was && vm.rom[bank].hidden));
	HOLDS((f->cycle == 2) == (vm.words[bank] != 0));
	HOLDS(vm.supply.left == BLOCKS - (unsigned)placed);
}

static void
compare_block(unsigned bank, uint32_t offset)
{
	const uint8_t *to = place[bank][offset / BLOCK] < 0 ? NULL : model[place[bank][offset / BLOCK]];

	for (uint32_t at = 0; at < BLOCK; at += PAGE_SIZE) {
		static const uint8_t zeros[PAGE_SIZE];
		const void *p = gmem_read(&vm.mem, GPA(bank * VPFLASH_SIZE + offset + at), PAGE_SIZE);

		HOLDS(vm.rom[bank].hidden ? !p : p && !memcmp(p, to ? to + at : zeros, PAGE_SIZE));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	uint32_t firmware = fuzz_word(&in);

	start(firmware % (2 * BLOCK + 1));
	while (in.left) {
		unsigned what = fuzz_take(&in, 1), bank = what & 1u, where = what / 2u % USED;
		uint32_t offset = (where < 2 ? where : GMEM_ROM_BLOCKS - USED + where) * BLOCK;

		offset += what & 8u ? fuzz_take(&in, 1) : fuzz_word(&in) % BLOCK;
		access(bank, offset, 1u << what / 16u % 3u, what & 128u, fuzz_word(&in));
	}
	for (unsigned reset = 0; reset < 2; reset++)
		for (unsigned n = 0; n < BANKS; n++) {
			if (reset)
				vpflash_reset(&vm.bank[n]);
			for (unsigned b = 0; b < GMEM_ROM_BLOCKS; b++)
				if (b < 2 || place[n][b] >= 0 || b >= GMEM_ROM_BLOCKS - 2)
					compare_block(n, b * BLOCK);
		}
	HOLDS(!gmem_rom(&vm.mem, GPA(BANKS * VPFLASH_SIZE)).v);
	return 0;
}
