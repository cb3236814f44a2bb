// SPDX-License-Identifier: MIT
//
// CFI flash (JEDEC JESD68, Intel AP-646). It does what QEMU 7.2's pflash_cfi01 does
// without a backing file: an erase is done by its first cycle, of 256 KiB whatever
// the geometry that is reported per device; buffered writes go straight into the array;
// programming sets bits as well as clearing them; nothing is ever busy or locked. (Some
// releases of QEMU, Debian's 7.2.22 is one, refuse buffered writes beyond the first 4 KiB
// of a block, so that U-Boot's saveenv fails on them bare.)
#include "monitor/dev/vpflash.h"
#include "monitor/base/string.h"

#define CMD_ARRAY        0x00u // and whatever is not named here
#define CMD_PROGRAM      0x40u
#define CMD_PROGRAM_ALT  0x10u
#define CMD_ERASE        0x20u
#define CMD_CLEAR_STATUS 0x50u
#define CMD_LOCK         0x60u
#define CMD_STATUS       0x70u
#define CMD_ID           0x90u
#define CMD_QUERY        0x98u
#define CMD_CONFIRM      0xd0u
#define CMD_LOCK_BLOCK   0x01u
#define CMD_BUFFER       0xe8u
#define CMD_READ_ARRAY   0xffu

#define STATUS_READY         0x80u
#define STATUS_ERASE_ERROR   0x20u
#define STATUS_PROGRAM_ERROR 0x10u

#define MANUFACTURER 0x89u // Intel
#define DEVICE       0x18u

// What each of the two devices answers to a query, by word address.
static const uint8_t query[0x40] = {
    [0x10] = 'Q',  'R',  'Y',  0x01, 0x00, 0x31,                // command set, where its table is
    [0x1b] = 0x45, 0x55,                                        // Vcc from, to
    [0x1f] = 0x07, 0x07, 0x0a, 0x00, 0x04, 0x04,          0x04, // timeouts, powers of 2
    [0x27] = 25,   0x02, 0x00, 0x0b,                            // size, x8 and x16, buffer: powers of 2
    [0x2c] = 1,    0xff, 0x00, 0x00, 0x02,                      // one region of 256 blocks of 128 KiB
    [0x31] = 'P',  'R',  'I',  '1',  '0',  [0x3f] = 0x01,
};

// Memory of the block that offset is in; NULL: there is none to be had.
static uint8_t *
block_of(struct vpflash *f, uint32_t offset)
{
	hpa_t *block = &f->rom->block[offset / GMEM_ROM_BLOCK];

	if (!block->v && f->supply->left) {
		*block = f->supply->next;
		f->supply->next.v += GMEM_ROM_BLOCK;
		f->supply->left--;
	}
	return (uint8_t *)block->v;
}

static void
erase(struct vpflash *f, uint32_t offset)
{
	uint8_t *block = block_of(f, offset);

	f->status |= STATUS_READY | (block ? 0 : STATUS_ERASE_ERROR);
	if (block)
		memset(block, 0xff, GMEM_ROM_BLOCK);
}

static void
program(struct vpflash *f, uint32_t offset, unsigned size, uint32_t value)
{
	uint8_t *block = block_of(f, offset);

	f->status |= STATUS_READY | (block ? 0 : STATUS_PROGRAM_ERROR);
	if (block)
		memcpy(block + offset % GMEM_ROM_BLOCK, &value, size);
}

static void
read_array(struct vpflash *f)
{
	f->cycle = 0;
	f->command = CMD_ARRAY;
}

static void
first_cycle(struct vpflash *f, uint32_t offset, uint8_t command)
{
	f->command = command;
	switch (command) {
	case CMD_ERASE:
		erase(f, offset);
		f->cycle = 1;
		break;
	case CMD_BUFFER:
		f->status |= STATUS_READY; // falls through
	case CMD_PROGRAM:
	case CMD_PROGRAM_ALT:
	case CMD_LOCK:
	case CMD_QUERY:
		f->cycle = 1;
		break;
	case CMD_STATUS:
	case CMD_ID:
		break;
	case CMD_CLEAR_STATUS:
		f->status = 0; // falls through
	default:
		read_array(f);
	}
}

// A command that needed but one word more is over; the status can be read until the next.
static void
end_if(struct vpflash *f, bool confirmed)
{
	if (!confirmed) {
		read_array(f);
		return;
	}
	f->cycle = 0;
	f->status |= STATUS_READY;
}

static void
second_cycle(struct vpflash *f, uint32_t offset, unsigned size, uint32_t value)
{
	uint8_t low = value & 0xffu;

	switch (f->command) {
	case CMD_PROGRAM:
	case CMD_PROGRAM_ALT:
		program(f, offset, size, value);
		f->cycle = 0;
		break;
	case CMD_ERASE:
		end_if(f, low == CMD_CONFIRM);
		break;
	case CMD_LOCK:
		end_if(f, low == CMD_CONFIRM || low == CMD_LOCK_BLOCK);
		break;
	case CMD_BUFFER:
		f->counter = value & 0xffffu;
		f->cycle = 2;
		break;
	default: // CMD_QUERY goes on until the array is asked for
		if (low == CMD_READ_ARRAY)
			read_array(f);
	}
}

static void
write(struct vpflash *f, uint32_t offset, unsigned size, uint32_t value)
{
	switch (f->cycle) {
	case 0:
		first_cycle(f, offset, value & 0xffu);
		break;
	case 1:
		second_cycle(f, offset, size, value);
		break;
	case 2: // the words of a buffered write
		program(f, offset, size, value);
		f->cycle = f->counter ? 2 : 3;
		f->counter--;
		break;
	default: // and its end
		end_if(f, (value & 0xffu) == CMD_CONFIRM);
	}
}

// What one of the devices puts on its half of the bus.
static uint32_t
answer(const struct vpflash *f, uint32_t offset)
{
	uint32_t at = offset / 4;

	switch (f->command) {
	case CMD_ID:
		at &= 0xffu;
		return at == 0 ? MANUFACTURER : at == 1 ? DEVICE : 0;
	case CMD_QUERY:
		return at < sizeof(query) ? query[at] : 0;
	default:
		return f->status;
	}
}

static enum dev_result
access(void *state, uint32_t offset, unsigned size, bool is_write, uint32_t *value)
{
	struct vpflash *f = state;
	bool was_hidden = f->rom->hidden;

	if (!is_write) {
		*value = answer(f, offset) * 0x10001u;
		return DEV_OK;
	}
	write(f, offset, size, *value);
	f->rom->hidden = f->command != CMD_ARRAY;
	if (f->rom->hidden && !was_hidden)
		f->cb.hidden(f->cb.ctx);
	return DEV_OK;
}

const struct dev_class vpflash_class = {.name = "pflash", .size = VPFLASH_SIZE, .access = access};

void
vpflash_init(struct vpflash *f, struct gmem_rom *rom, gpa_t base, hpa_t blank, struct vpflash_supply *supply,
	     const struct vpflash_cb *cb)
{
	memset(rom, 0, sizeof(*rom));
	rom->base = base;
	rom->blank = blank;
	*f = (struct vpflash){.rom = rom, .supply = supply, .cb = *cb};
	vpflash_reset(f);
}

void
vpflash_load(struct vpflash *f, uint32_t at, const void *data, uint32_t size)
{
	for (uint32_t done = 0, n; done < size; done += n, at += n) {
		uint8_t *to = block_of(f, at) + at % GMEM_ROM_BLOCK;

		n = GMEM_ROM_BLOCK - at % GMEM_ROM_BLOCK;
		n = size - done < n ? size - done : n;
		if (data)
			memcpy(to, (const uint8_t *)data + done, n);
		else
			memset(to, 0, n);
	}
}

void
vpflash_reset(struct vpflash *f)
{
	read_array(f);
	f->status = STATUS_READY;
	f->rom->hidden = false;
}
