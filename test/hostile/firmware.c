// SPDX-License-Identifier: MIT
//
// What only firmware has: flash, which is executed, erased, programmed, asked and hidden, and fw_cfg with its DMA.
// The flash's commands are Intel's 0001, two devices of 16 bits side by side (monitor/dev/vpflash.h).
#include "test/hostile/cp.h"
#include "test/hostile/tables.h"

#define BLOCK       0x40000u
#define READ_ARRAY  0x00ff00ffu
#define READ_STATUS 0x00700070u
#define READ_ID     0x00900090u
#define READ_CFI    0x00980098u
#define CLEAR       0x00500050u
#define PROGRAM     0x00400040u
#define BUFFERED    0x00e800e8u
#define ERASE       0x00200020u
#define CONFIRM     0x00d000d0u

bool flash_touched;

#define FW_CFG_DATA     (FW_CFG + 0u)
#define FW_CFG_SELECTOR (FW_CFG + 8u)
#define FW_CFG_DMA      (FW_CFG + 16u)

static uint32_t
flash_write(uint32_t address, uint32_t value)
{
	*at(address) = value;
	return 0;
}

static void
command(uint32_t address, uint32_t value)
{
	uint32_t unused;

	try_call(flash_write, address & ~3u, value, &unused);
}

#define ROM_PAGES 64u // a block of the second bank, where only step_rom() writes
#define ROM       (FLASH_1 + 2u * BLOCK)
#define ROM_WORDS 4u

// An address in either bank: mostly in the first blocks of the image and of the other bank.
static uint32_t
flash_address(void)
{
	uint32_t bank = one_in(2) ? FLASH_1 : FLASH;
	uint32_t address =
	    bank + (one_in(4) ? below(0x4000000u) : below(6) * BLOCK + below(one_in(2) ? 0x4000u : BLOCK));

	return address - (ROM - 0x100u) < BLOCK + 0x100u ? address - 2u * BLOCK : address;
}

void
step_flash(void)
{
	static const uint32_t commands[] = {READ_STATUS, READ_ID, READ_CFI, CLEAR, PROGRAM, BUFFERED, ERASE, CONFIRM};
	uint32_t address = flash_address(), value;

	flash_touched = true;
	switch (below(6)) {
	case 0:
		command(address, ERASE);
		command(address, CONFIRM);
		break;
	case 1:
		for (unsigned i = below(8); i < 8; i++) {
			command(address, PROGRAM);
			command(address, interesting());
			address += 4;
		}
		break;
	case 2: {
		uint32_t n = below(20);

		command(address, BUFFERED);
		command(address, n | n << 16);
		for (unsigned i = 0; i <= n; i++)
			command(address + i * 4u, interesting());
		command(address, CONFIRM);
		break;
	}
	case 3:
		for (unsigned i = below(4); i < 4; i++)
			command(flash_address(), one_in(4) ? rnd() : pick(commands));
		break;
	default:
		command(address, pick(commands));
	}
	for (unsigned i = below(3); i < 3; i++)
		try_load(flash_address() & ~3u, &value);
	if (one_in(8)) // leaves it hidden
		return;
	command(FLASH, READ_ARRAY);
	command(FLASH_1, READ_ARRAY);
	for (unsigned i = below(3); i < 3; i++)
		try_load(flash_address() & ~3u, &value);
}

static bool rom_made;

static void
program(uint32_t address, uint32_t word)
{
	command(address, PROGRAM);
	command(address, word);
}

// MRS r1, CPSR; MOVW r0, #page; BX lr; a word that names the page.
static uint32_t
rom_word(uint32_t page, unsigned i)
{
	const uint32_t words[ROM_WORDS] = {0xe10f1000u, 0xe3000000u | page, 0xe12fff1eu, 0xe3001000u | page};

	return words[i];
}

static uint32_t
rom_expected(uint32_t page, uint32_t word)
{
	return word < ROM_WORDS ? rom_word(page, word) : ~0u;
}

// Whether all of it is as it was made, but for what the kernel may see patched.
static uint32_t
rom_is_good(uint32_t unused_a, uint32_t unused_b)
{
	(void)unused_a;
	(void)unused_b;
	for (unsigned i = 0; i < ROM_PAGES * PAGE / 4u; i++)
		if (i % (PAGE / 4u) && at(ROM)[i] != rom_expected(i / (PAGE / 4u), i % (PAGE / 4u)))
			return false;
	return true;
}

// Erases and programs it. Whatever command somebody has left under way takes some writes to come to its end.
static bool
make_rom(void)
{
	uint32_t good = false;

	for (unsigned i = 0; i < 24u; i++)
		command(FLASH_1, READ_ARRAY);
	command(FLASH_1, CLEAR);
	command(ROM, ERASE);
	command(ROM, CONFIRM);
	for (unsigned page = 0; page < ROM_PAGES; page++)
		for (unsigned i = 0; i < ROM_WORDS; i++)
			program(ROM + page * PAGE + i * 4u, rom_word(page, i));
	command(ROM, READ_ARRAY);
	try_call(rom_is_good, 0, 0, &good);
	return good;
}

static uint32_t
call(uint32_t address, uint32_t unused)
{
	return ((uint32_t(*)(uint32_t))address)(unused);
}

// A page of ROM must run as itself, hold its own words, and nothing behind them.
static void
check_rom(uint32_t page)
{
	uint32_t address = ROM + page * PAGE, number = 0, word = 0,
		 i = one_in(2) ? 3u : ROM_WORDS + below(PAGE / 4u - ROM_WORDS);

	REPORT->checks += 2;
	if (one_in(2) && (try_call(call, address, 0, &number) != V_NONE || number != page))
		fail("another page's function in flash", address, number, trapped.pc);
	if (try_load(address + i * 4u, &word) != V_NONE || word != rom_expected(page, i))
		fail("another page's word in flash", address + i * 4u, word, rom_expected(page, i));
}

// The pages stay as they are between one command to the second bank and the next; meanwhile others are made and go.
void
step_rom(void)
{
	uint32_t good = rom_made && !flash_touched;

	if (rom_made && flash_touched && try_call(rom_is_good, 0, 0, &good) != V_NONE)
		good = false;
	rom_made = good || make_rom();
	flash_touched = false;
	for (unsigned i = below(64); rom_made && i < 64; i++) {
		check_rom(below(ROM_PAGES));
		alias_press(below(5));
		if (one_in(32))
			step_call();
	}
}

static uint32_t
swap(uint32_t word)
{
	return __builtin_bswap32(word);
}

static uint32_t
read_byte(uint32_t address, uint32_t unused)
{
	(void)unused;
	return *(volatile uint8_t *)address;
}

static uint32_t
select(uint32_t key, uint32_t unused)
{
	(void)unused;
	*(volatile uint16_t *)FW_CFG_SELECTOR = (uint16_t)(key >> 8 | key << 8);
	return 0;
}

// The control block of a DMA in DATA, its target anywhere.
void
step_fw_cfg(void)
{
	uint32_t block = DATA + (rnd() & 0xffff8u), key = one_in(2) ? below(0x40) : rnd() & 0xffffu, value = 0, unused;
	uint32_t control = (one_in(2) ? key << 16 | 8u : 0) | (one_in(2) ? 2u : one_in(2) ? 4u : rnd() & 0x1fu);

	try_call(select, key, 0, &unused);
	for (unsigned i = below(16); i < 16; i++) {
		if (try_call(read_byte, FW_CFG_DATA, 0, &value) == V_NONE)
			seen(value, FW_CFG_DATA);
	}
	at(block)[0] = swap(control);
	at(block)[1] = swap(one_in(8) ? rnd() : below(0x4000));
	at(block)[2] = one_in(16) ? rnd() : 0;
	at(block)[3] =
	    swap(one_in(2) ? JUNK + below(JUNK_MIB * MIB - 0x4000u) : RAM + arg.ram_mib * MIB - below(0x4000));
	if (one_in(4)) // anywhere outside
		at(block)[3] = swap(RAM + arg.ram_mib * MIB + below(192u * MIB));
	try_store(FW_CFG_DMA, swap(one_in(16) ? rnd() : 0));
	try_store(FW_CFG_DMA + 4u, swap(one_in(8) ? interesting() & ~3u : block));
	try_load(block, &value);
	try_load(JUNK + (below(JUNK_MIB * MIB) & ~3u), &value);
}
