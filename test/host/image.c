// SPDX-License-Identifier: MIT
// uses: monitor/image/image.c monitor/image/elf.c monitor/image/foreign.c monitor/image/place.c
//
// Kernel images: which files are refused, and with what words; what of the others is loaded to where; and that initrd
// and device tree are placed where QEMU would put them, whole and apart, or refused. The places are those that
// `info roms` shows in the monitor of QEMU 7.2.
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "monitor/image/image.h"
#include "test/host/check.h"

#define RAM   0x40000000u
#define MIB   0x100000u
#define SIZE  4096u
#define TRIES 200000u

static uint8_t file[SIZE];
static struct image image;

static void
put(size_t at, uint32_t word)
{
	for (unsigned n = 0; n < 4; n++)
		file[at + n] = (uint8_t)(word >> 8 * n);
}

static void
put_be(size_t at, uint32_t word)
{
	put(at, __builtin_bswap32(word));
}

static void
zimage(void)
{
	memset(file, 0, SIZE);
	for (size_t at = 0; at < 0x20; at += 4)
		put(at, 0xe1a00000);
	put(0x20, 0xea000005);
	put(0x24, 0x016f2818);
	put(0x2c, SIZE);
	put(0x30, 0x04030201);
}

// What is said of the file's first size bytes, from memory that ends there.
static const char *
check(size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	const char *what;
	uint32_t sum = 0;

	memcpy(copy, file, size);
	what = image_open(&image, copy, size, RAM);
	for (unsigned n = 0; !what && n < image.n; n++) {
		const struct image_piece *p = &image.piece[n];

		CHECK(p->filled <= p->size && (uint64_t)p->at + p->size < 1ull << 32);
		for (uint32_t i = 0; i < p->filled; i++)
			sum += p->data[i];
		if (p->filled)
			CHECK((size_t)(p->data - copy) + p->filled <= image.extent && image.extent <= size);
	}
	CHECK(sum + 1 != sum && (what || image.n));
	free(copy);
	return what;
}

static bool
says(const char *what, const char *part)
{
	return what && strstr(what, part);
}

static void
test_zimage(void)
{
	check_case("a zImage");
	zimage();
	CHECK(!check(SIZE));
	CHECK(image.kind == IMAGE_ZIMAGE && image.linux_protocol && image.entry == RAM + 0x10000);
	CHECK(image.n == 1 && image.piece[0].at == RAM + 0x10000 && image.piece[0].filled == SIZE);
	put(0, 0xe2255a4d); // with an EFI stub
	put(0x3c, 0x100);
	memcpy(file + 0x100, "PE\0", 4);
	CHECK(!check(SIZE));
	put(0x1c, 0xe24ff003); // in Thumb-2: entered in ARM state all the same
	CHECK(!check(SIZE));
	put(0x28, 0x1000); // as linked at another address
	put(0x2c, 0x1000 + SIZE);
	CHECK(!check(SIZE));

	check_case("truncated, at every length");
	zimage();
	for (size_t size = 4; size < SIZE; size++)
		CHECK(says(check(size), "truncated"));
	CHECK(says(check(0), "empty"));
	CHECK(check(3));

	check_case("a damaged header");
	put(0x2c, 0x20);
	CHECK(says(check(SIZE), "damaged"));
	put(0x28, 0xffffffff);
	CHECK(says(check(SIZE), "damaged"));

	check_case("a kernel of the wrong kind");
	zimage();
	put(0x24, 0x18286f01);
	CHECK(says(check(SIZE), "big-endian"));
	zimage();
	put(0x30, 0x01020304);
	CHECK(says(check(SIZE), "big-endian"));
}

static void
test_foreign(void)
{
	static const struct {
		size_t at;
		const char *bytes, *part;
	} foreign[] = {{0x202, "HdrS", "x86"},
		       {0x38, "ARM\x64", "arm64"},
		       {0x38, "RSC\x05", "RISC-V"},
		       {0, "#!/bin/sh\n", "script"},
		       {0, "\177ELF", "ELF"},
		       {0, "\x1f\x8b\x08\x08", "gzip"},
		       {0, "\xfd\x37zXZ", "xz"},
		       {0, "BZh91AY", "bzip2"},
		       {0, "\x28\xb5\x2f\xfd", "zstd"},
		       {0, "\x02\x21\x4c\x18", "lz4"},
		       {0, "\x04\x22\x4d\x18", "lz4"},
		       {0, "\x27\x05\x19\x56", "U-Boot"},
		       {0, "\xd0\x0d\xfe\xed", "device tree"},
		       {0, "!<arch>", "archive"},
		       {257, "ustar", "archive"},
		       {0, "PK\3\4", "archive"},
		       {0, "070701", "cpio"},
		       {0, "ANDROID!", "Android"},
		       {0, "QFI\xfb", "disk"},
		       {0, "hsqs", "file system"}};

	check_case("files of other kinds are told by name");
	for (unsigned i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		memset(file, 0, SIZE);
		put(0, 0xe1a00000);
		memcpy(file + foreign[i].at, foreign[i].bytes, strlen(foreign[i].bytes));
		CHECK(says(check(SIZE), foreign[i].part));
		CHECK(says(check(foreign[i].at + strlen(foreign[i].bytes)), foreign[i].part));
	}
	memset(file, 0, SIZE);
	memcpy(file, "MZ", 2);
	CHECK(!check(SIZE));
	put(0x3c, 0x80);
	memcpy(file + 0x80, "PE\0", 4);
	CHECK(says(check(SIZE), "EFI"));
	for (size_t size = 4; size < 0x84; size++)
		CHECK(!check(size));
	put(0x3c, 0xfffffffe);
	CHECK(!check(SIZE));
	memset(file, 'x', SIZE);
	CHECK(says(check(SIZE), "text"));
	CHECK(says(check(4), "text"));
	file[255] = 0xe1;
	CHECK(!check(SIZE));
	file[255] = '\n';
	file[256] = 0xe1;
	CHECK(says(check(SIZE), "text"));

	check_case("a raw image begins with anything");
	memset(file, 0, SIZE);
	for (unsigned cond = 0; cond < 16; cond++) {
		put(0, cond << 28 | 0x10c01c0); // CPSID aif with cond 15
		CHECK(!check(SIZE));
		CHECK(!check(4));
		CHECK(image.kind == IMAGE_RAW && image.linux_protocol && image.entry == RAM + 0x10000);
	}

	check_case("anything at all, at any length");
	for (unsigned n = 0; n < 2000; n++) {
		zimage();
		for (unsigned i = 0; i < 4; i++)
			file[(size_t)random() % 64] = (uint8_t)random();
		check((size_t)random() % (SIZE + 1));
	}
}

// A kernel for Linux's protocol of 100 bytes.
static void
uimage(void)
{
	memset(file, 0x5a, SIZE);
	put_be(0, 0x27051956);
	put_be(12, 100);
	put_be(16, 0x41000000);
	put_be(20, 0x41000011);
	put(28, 0x00020205); // OS, arch, type, compression
}

static void
test_uimage(void)
{
	check_case("a U-Boot image");
	uimage();
	CHECK(!check(SIZE));
	CHECK(image.kind == IMAGE_UIMAGE && image.linux_protocol && image.entry == 0x41000011 && image.n == 1);
	CHECK(image.piece[0].at == 0x41000000 && image.piece[0].size == 100 && image.piece[0].filled == 100);
	CHECK(!check(164));
	CHECK(says(check(163), "truncated"));
	file[28] = 17; // U-Boot
	CHECK(!check(SIZE));
	CHECK(!image.linux_protocol && image.entry == 0x41000011);
	file[30] = 14; // kernel_noload
	put_be(20, 0x10);
	CHECK(!check(SIZE));
	CHECK(image.piece[0].at == RAM + 0x2000040 && image.entry == RAM + 0x2000050);
	put_be(20, 0xfffffff0); // as U-Boot adds it
	CHECK(!check(SIZE));
	CHECK_EQ(image.entry, RAM + 0x2000030);

	check_case("one that QEMU doesn't load either");
	for (unsigned type = 0; type < 256; type++) {
		uimage();
		file[30] = (uint8_t)type;
		CHECK_EQ(!check(SIZE), type == 2 || type == 14);
	}
	for (unsigned compression = 1; compression < 256; compression++) {
		uimage();
		file[31] = (uint8_t)compression;
		CHECK(says(check(SIZE), "compressed"));
	}
	uimage();
	file[29] = 22;
	CHECK(says(check(SIZE), "another machine"));
	uimage();
	put_be(12, 0);
	CHECK(says(check(SIZE), "truncated"));
	put_be(12, 0xffffffff);
	CHECK(says(check(SIZE), "truncated"));
	uimage();
	put_be(16, 0xffffff9c);
	CHECK(says(check(SIZE), "4 GiB"));
}

static void
test_initrd(void)
{
	size_t size;

	check_case("an initrd for U-Boot is taken out, any other isn't looked at");
	uimage();
	for (unsigned type = 0; type < 256; type++) {
		file[30] = (uint8_t)type;
		size = SIZE;
		CHECK(image_initrd(file, &size) == file + (type == 3 ? 64 : 0));
		CHECK_EQ(size, type == 3 ? 100 : SIZE);
	}
	file[30] = 3;
	size = 163;
	CHECK(image_initrd(file, &size) == file && size == 163);
	size = 10;
	CHECK(image_initrd(file, &size) == file && size == 10);
	size = 0;
	CHECK(image_initrd(NULL, &size) == NULL && size == 0);
	file[0] = 0;
	size = SIZE;
	CHECK(image_initrd(file, &size) == file && size == SIZE);
}

static Elf32_Ehdr *const elf = (Elf32_Ehdr *)(void *)file;
static Elf32_Phdr *const segment = (Elf32_Phdr *)(void *)(file + 64);

// Two segments, the second of which is not loaded where it runs, and has zeros.
static void
make_elf(void)
{
	memset(file, 0x5a, SIZE);
	*elf = (Elf32_Ehdr){.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
			    .e_type = ET_EXEC,
			    .e_machine = EM_ARM,
			    .e_entry = 0x80000101,
			    .e_phoff = 64,
			    .e_phentsize = sizeof(*segment),
			    .e_phnum = 3};
	segment[0] = (Elf32_Phdr){PT_LOAD, 0x200, 0x41000000, 0x41000000, 0x100, 0x100, PF_R | PF_X, 4};
	segment[1] = (Elf32_Phdr){.p_type = PT_NOTE, .p_offset = 0xffffffff, .p_filesz = 0xffffffff};
	segment[2] = (Elf32_Phdr){PT_LOAD, 0x400, 0x80000000, 0x42000000, 0x180, 0x1000, PF_R | PF_X, 4};
}

static void
test_elf(void)
{
	check_case("an ELF file");
	make_elf();
	CHECK(!check(SIZE));
	CHECK(image.kind == IMAGE_ELF && !image.linux_protocol && image.entry == 0x42000101 && image.n == 2);
	CHECK(image.piece[0].at == 0x41000000 && image.piece[0].size == 0x100 && image.piece[0].filled == 0x100);
	CHECK(image.piece[1].at == 0x42000000 && image.piece[1].size == 0x1000 && image.piece[1].filled == 0x180);
	CHECK_EQ(image.extent, 0x580);
	for (size_t size = 4; size < 0x580; size++)
		CHECK(says(check(size), "truncated"));
	CHECK(!check(0x580));
	elf->e_type = ET_DYN; // which QEMU doesn't look at
	CHECK(!check(SIZE));

	check_case("the entry goes along with the segment that is executable and holds it");
	segment[2].p_flags = PF_R;
	CHECK(!check(SIZE));
	CHECK_EQ(image.entry, 0x80000101);
	segment[2].p_flags = PF_X;
	elf->e_entry = 0x80000180; // its zeros don't count
	CHECK(!check(SIZE));
	CHECK_EQ(image.entry, 0x80000180);
	elf->e_entry = 0x41000010;
	segment[2].p_vaddr = 0x41000000;
	CHECK(!check(SIZE));
	CHECK_EQ(image.entry, 0x42000010);
	segment[2].p_vaddr = segment[2].p_paddr;
	segment[0].p_vaddr = 0x42000000;
	elf->e_entry = 0x42000010; // a segment that stays where it is doesn't take it back
	CHECK(!check(SIZE));
	CHECK_EQ(image.entry, 0x41000010);

	check_case("zeros in another segment's place aren't there");
	make_elf();
	segment[0].p_memsz = 0x1000001;
	CHECK(!check(SIZE));
	CHECK(image.piece[0].size == 0x100 && image.piece[1].size == 0x1000);
	segment[0].p_memsz = 0x1000000;
	CHECK(!check(SIZE));
	CHECK(image.piece[0].size == 0x1000000);
	segment[0].p_memsz = 0x2000000; // both
	segment[2].p_paddr = 0x41000080;
	segment[2].p_memsz = 0x2000000;
	CHECK(!check(SIZE));
	CHECK(image.piece[0].size == 0x100 && image.piece[1].size == 0x180);
}

// What is said of make_elf's file with one word of it changed.
static const char *
with(uint32_t *word, uint32_t value)
{
	make_elf();
	*word = value;
	return check(SIZE);
}

static void
test_bad_elf(void)
{
	check_case("ELF files that can't be loaded");
	CHECK(says(with(&segment[0].p_offset, SIZE - 0xff), "truncated"));
	CHECK(says(with(&segment[0].p_offset, 0xffffff80), "truncated"));
	CHECK(says(with(&segment[0].p_filesz, 0xfffffe00), "truncated"));
	CHECK(says(with(&segment[0].p_memsz, 0xff), "damaged"));
	CHECK(says(with(&segment[2].p_memsz, 0xbe000001), "damaged"));
	CHECK(!with(&segment[2].p_memsz, 0xbdffffff));
	CHECK(says(with(&elf->e_phoff, 0xffffffff), "truncated"));
	CHECK(says(with(&elf->e_phoff, SIZE - 95), "truncated"));
	make_elf();
	elf->e_phnum = 0;
	CHECK(says(check(SIZE), "without anything"));
	elf->e_phnum = 0xffff;
	CHECK(says(check(SIZE), "truncated"));
	elf->e_phnum = 3;
	elf->e_phentsize = 40;
	CHECK(says(check(SIZE), "damaged"));
	make_elf();
	elf->e_ident[EI_DATA] = 0;
	CHECK(says(check(SIZE), "damaged"));
	elf->e_ident[EI_DATA] = ELFDATA2MSB;
	CHECK(says(check(SIZE), "another machine"));
	elf->e_machine = EM_ARM << 8;
	CHECK(says(check(SIZE), "big-endian"));
	make_elf();
	elf->e_ident[EI_CLASS] = ELFCLASS64;
	CHECK(says(check(SIZE), "another machine"));
	elf->e_machine = EM_AARCH64;
	CHECK(says(check(SIZE), "arm64"));
	elf->e_machine = EM_X86_64;
	CHECK(says(check(SIZE), "x86-64"));
	elf->e_machine = EM_386;
	CHECK(says(check(SIZE), "x86"));
	elf->e_machine = EM_RISCV;
	CHECK(says(check(SIZE), "RISC-V"));

	check_case("more segments than there is room for");
	memset(file, 0, SIZE);
	make_elf();
	elf->e_phnum = 40;
	for (unsigned n = 0; n < 40; n++)
		segment[n] = (Elf32_Phdr){.p_type = n < IMAGE_PIECES ? PT_LOAD : PT_NULL, .p_paddr = n, .p_memsz = 1};
	CHECK(!check(SIZE));
	CHECK_EQ(image.n, IMAGE_PIECES);
	segment[39].p_type = PT_LOAD;
	CHECK(says(check(SIZE), "more segments"));

	check_case("any headers at all");
	for (unsigned n = 0; n < 20000; n++) {
		make_elf();
		for (unsigned i = 0; i < 3; i++)
			file[16 + (size_t)random() % 144] = (uint8_t)random();
		check((size_t)random() % 4 ? SIZE : (size_t)random() % SIZE);
	}
}

// An image that is loaded as one piece.
static struct image *
kernel_of(uint32_t at, uint32_t size)
{
	image = (struct image){.linux_protocol = true, .entry = at, .n = 1, .piece = {{at, size, 0, NULL}}};
	return &image;
}

static struct image *
raw(uint32_t size)
{
	return kernel_of(RAM + 0x10000, size);
}

static void
test_linux(void)
{
	static const struct {
		uint32_t mib, initrd; // RAM, and where QEMU 7.2 puts the initrd
	} row[] = {{16, 0x40800000}, {128, 0x44000000}, {256, 0x48000000}, {512, 0x48000000}, {2048, 0x48000000}};
	struct image_layout l;
	unsigned which;

	check_case("Linux: initrd and device tree");
	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CHECK(!image_place(&l, raw(5 * MIB), RAM, row[i].mib * MIB, 12345, 0x100000, &which));
		CHECK_EQ(l.initrd_start, row[i].initrd);
		CHECK_EQ(l.initrd_end, row[i].initrd + 12345);
		CHECK_EQ(l.dtb, row[i].initrd + 0x4000);
		CHECK_EQ(l.dtb_room, 0x100000);
	}
	CHECK(!image_place(&l, raw(40 * MIB), RAM, 64 * MIB, 1, 1, &which));
	CHECK_EQ(l.initrd_start, RAM + 0x10000 + 40 * MIB);
	CHECK(!image_place(&l, raw(MIB), RAM, 64 * MIB, 0, 1, &which));
	CHECK_EQ(l.initrd_start, l.initrd_end);
	CHECK(!image_place(&l, kernel_of(0x42000040, 12), RAM, 64 * MIB, 8, 0x100000, &which));
	CHECK(l.initrd_start == 0x42001000 && l.dtb == 0x42002000);
	CHECK(!image_place(&l, kernel_of(0x1000, 12), RAM, 64 * MIB, 8, 0x100000, &which)); // in flash
	CHECK(l.initrd_start == 0x42000000 && l.dtb == 0x42001000);
	CHECK_EQ(image_flash_blocks(&image, &l), 1);

	check_case("Linux: what starts it");
	CHECK(says(image_place(&l, kernel_of(RAM, 12), RAM, 64 * MIB, 0, 0x100000, &which), "code that QEMU starts"));
	CHECK(says(image_place(&l, kernel_of(RAM + 0x1b, 12), RAM, 64 * MIB, 0, 0x100000, &which), "code that"));
	CHECK(!image_place(&l, kernel_of(RAM + 0x1c, 12), RAM, 64 * MIB, 0, 0x100000, &which));
	CHECK(says(image_place(&l, kernel_of(0x80000000, 12), RAM, 64 * MIB, 0, 0x100000, &which), "entered where"));
}

static void
test_refusal(void)
{
	struct image_layout l;
	unsigned which = 9;

	check_case("what doesn't fit is named");
	CHECK(says(image_place(&l, raw(16 * MIB), RAM, 16 * MIB, 0, 0, &which), "kernel"));
	CHECK_EQ(which, 0);
	CHECK(says(image_place(&l, raw(MIB), RAM, 16 * MIB, 9 * MIB, 1, &which), "initrd"));
	CHECK_EQ(which, 1);
	CHECK(says(image_place(&l, raw(MIB), RAM, 16 * MIB, 8 * MIB, 1, &which), "device tree"));
	CHECK_EQ(which, 2);
	CHECK(says(image_place(&l, raw(0xb0000000), RAM, 16 * MIB, 1, 1, &which), "kernel"));
	CHECK(says(image_place(&l, raw(1), RAM, 16 * MIB, SIZE_MAX, 1, &which), "initrd"));
	CHECK(says(image_place(&l, raw(1), RAM, 16 * MIB, SIZE_MAX - 5 * MIB, 1, &which), "initrd"));
}

// What isn't Linux, as `info roms` of a machine with 64 MiB shows it: two pieces, and the device tree, of this size.
static void
test_others(void)
{
	enum { NONE = 1, REFUSED = 2, OWN = 0x100000 };
	static const struct {
		enum image_kind kind;
		uint32_t at, size, at2, size2, dtb_size;
		uint32_t dtb; // its address, NONE or REFUSED
	} row[] = {
	    {IMAGE_ELF, 0x40010000, 0x100c, 0, 0, OWN, NONE},
	    {IMAGE_ELF, 0x40010000, 0x100c, 0, 0, 0x8834, RAM},
	    {IMAGE_ELF, 0x40010000, 0x100c, 0, 0, 0x10000, RAM},
	    {IMAGE_ELF, 0x40010000, 0x100c, 0, 0, 0x10001, NONE},
	    {IMAGE_ELF, 0x40100000, 0x100c, 0, 0, OWN, RAM},
	    {IMAGE_ELF, 0x400fffff, 0x100c, 0, 0, OWN, NONE},
	    {IMAGE_ELF, 0x40000000, 0x100c, 0, 0, OWN, 0},
	    {IMAGE_ELF, 0x00000000, 0x100c, 0, 0, OWN, RAM},
	    {IMAGE_ELF, 0x3fffffff, 1, 0x00000000, 12, OWN, REFUSED}, // ends where RAM begins
	    {IMAGE_ELF, 0x3ffffffe, 1, 0x00000000, 12, OWN, RAM},
	    {IMAGE_ELF, 0x00200000, 0x100c, 0x41000000, 12, OWN, 0},
	    {IMAGE_ELF, 0x000fffff, 0x100c, 0x41000000, 12, OWN, REFUSED},
	    {IMAGE_ELF, 0x00100000, 0x100c, 0x41000000, 12, OWN, 0},
	    {IMAGE_ELF, 0x41000000, 0x100c, 0x4100100b, 12, OWN, REFUSED},
	    {IMAGE_ELF, 0x4100100b, 12, 0x41000000, 0x100c, OWN, REFUSED},
	    {IMAGE_ELF, 0x41000000, 0x100c, 0x4100100c, 12, OWN, RAM},
	    {IMAGE_ELF, 0x41000000, 64 * MIB, 0x40100000, 1, OWN, REFUSED},
	    {IMAGE_ELF, 0x41000000, 64 * MIB - 1, 0x40100000, 1, OWN, RAM}, // half of it nowhere
	    {IMAGE_UIMAGE, 0x41000000, 12, 0, 0, OWN, 0},
	    {IMAGE_UIMAGE, 0x00000000, 12, 0, 0, OWN, REFUSED},
	    {IMAGE_UIMAGE, 0x00100000, 12, 0, 0, OWN, 0},
	};
	struct image_layout l;
	unsigned which;

	check_case("what isn't Linux");
	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *what;

		image = (struct image){.kind = row[i].kind, .entry = RAM, .n = 2};
		image.piece[0] = (struct image_piece){row[i].at, row[i].size, 0, NULL};
		image.piece[1] = (struct image_piece){row[i].at2, row[i].size2, 0, NULL};
		image.n = row[i].size2 ? 2 : 1;
		what = image_place(&l, &image, RAM, 64 * MIB, 5000, row[i].dtb_size, &which);
		CHECK_EQ(what != NULL, row[i].dtb == REFUSED);
		if (what)
			continue;
		CHECK_EQ(l.initrd_start, l.initrd_end);
		CHECK_EQ(l.dtb_room, row[i].dtb == NONE ? 0 : row[i].dtb_size);
		if (l.dtb_room)
			CHECK_EQ(l.dtb, row[i].dtb);
	}
	image.entry = RAM + 64 * MIB;
	CHECK(says(image_place(&l, &image, RAM, 64 * MIB, 0, OWN, &which), "entered where"));
	image.entry = 0x07ffffff;
	CHECK(!image_place(&l, &image, RAM, 64 * MIB, 0, OWN, &which));
	CHECK_EQ(image_dtb_size(0), OWN);
	CHECK_EQ(image_dtb_size(7434), 0x8834);
	CHECK_EQ(image_dtb_size(0x80000000), UINT32_MAX);
}

static void
test_clip(void)
{
	check_case("the part of a piece in a range");
	for (unsigned n = 0; n < TRIES && !check_state.failed; n++) {
		uint8_t data[8];
		struct image_piece p = {(uint32_t)random() % 16, (uint32_t)random() % 12, 0, data}, part;
		uint32_t base = (uint32_t)random() % 16, size = (uint32_t)random() % 12, bytes = 0;
		bool there;

		p.filled = (uint32_t)random() % (p.size < 8 ? p.size + 1 : 9);
		there = image_clip(&part, &p, base, size);
		for (uint32_t at = 0; at < 32; at++) {
			bool in = at - p.at < p.size && at - base < size;

			CHECK_EQ(there && at - part.at < part.size, in);
			bytes += in;
			if (in && at - p.at < p.filled)
				CHECK(at - part.at < part.filled && &part.data[at - part.at] == &data[at - p.at]);
			else if (in)
				CHECK(at - part.at >= part.filled);
		}
		CHECK_EQ(there, bytes != 0);
	}
}

static void
test_blocks(void)
{
	struct image_layout l = {.dtb = RAM, .dtb_room = MIB};

	check_case("blocks of flash");
	kernel_of(RAM, 12);
	CHECK_EQ(image_flash_blocks(&image, &l), 0);
	kernel_of(0x7ffffff, 12);
	CHECK_EQ(image_flash_blocks(&image, &l), 1);
	kernel_of(0x3fffe, 3);
	CHECK_EQ(image_flash_blocks(&image, &l), 2);
	l.dtb = 0;
	CHECK_EQ(image_flash_blocks(&image, &l), 6);
}

static size_t
random_size(uint32_t ram)
{
	size_t odd = random() % 4 ? (size_t)random() % 65536 : (size_t)random();

	return random() % 4 ? (size_t)random() % ram : odd;
}

static void
test_random(void)
{
	check_case("whatever is placed lies in RAM, whole and apart");
	for (unsigned n = 0; n < TRIES && !check_state.failed; n++) {
		uint32_t ram = (16 + (uint32_t)random() % 2033) * MIB, size = (uint32_t)random_size(ram), at;
		size_t initrd = random_size(ram);
		struct image_layout l;
		unsigned which;

		if (image_place(&l, raw(size), RAM, ram, initrd, 2 * MIB, &which)) {
			CHECK(which < 3);
			continue;
		}
		at = image.piece[0].at;
		CHECK(at >= RAM && size <= l.initrd_start - at && at <= l.initrd_start);
		CHECK(l.initrd_end - l.initrd_start == initrd && l.initrd_end >= l.initrd_start);
		CHECK(l.dtb >= l.initrd_end && l.dtb % 4096 == 0 && l.initrd_start % 4096 == 0);
		CHECK(l.dtb - RAM <= ram && IMAGE_DTB_ROOM <= ram - (l.dtb - RAM));
	}
}

static void
test_stub(void)
{
	static const uint32_t want[] = {0xe3a00000, 0xe59f1004, 0xe59f2004, 0xe59ff004,
					0xffffffff, 0x42001000, 0x40008001}; // as `xp` shows it
	const struct image_layout l = {.dtb = 0x42001000};
	uint32_t stub[IMAGE_STUB_WORDS];

	check_case("what starts Linux");
	image_stub(stub, kernel_of(0x40008001, 1), &l);
	CHECK(!memcmp(stub, want, sizeof(want)) && sizeof(stub) == sizeof(want));
}

int
main(void)
{
	test_zimage();
	test_foreign();
	test_uimage();
	test_initrd();
	test_elf();
	test_bad_elf();
	test_linux();
	test_refusal();
	test_others();
	test_clip();
	test_blocks();
	test_random();
	test_stub();
	return check_done("image");
}
