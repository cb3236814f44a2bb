// SPDX-License-Identifier: MIT
// uses: monitor/image.c
//
// Kernel images: which files are refused, and with what words, and that kernel, initrd
// and device tree are placed where QEMU would put them, whole and apart, or refused.
#include <stdlib.h>
#include <string.h>
#include "monitor/image.h"
#include "test/host/check.h"

#define RAM   0x40000000u
#define MIB   0x100000u
#define SIZE  4096u
#define TRIES 200000u

static uint8_t file[SIZE];

static void
put(size_t at, uint32_t word)
{
	for (unsigned n = 0; n < 4; n++)
		file[at + n] = (uint8_t)(word >> 8 * n);
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

	memcpy(copy, file, size);
	what = image_check(copy, size);
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
	put(0, 0xe2255a4d); // with an EFI stub
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
		       {0, "\177ELF", "ELF"},
		       {0, "\x1f\x8b", "gzip"},
		       {0, "\xfd\x37zXZ", "xz"},
		       {0, "\x27\x05\x19\x56", "U-Boot"},
		       {0, "\xd0\x0d\xfe\xed", "device tree"},
		       {0, "!<arch>", "archive"}};

	check_case("files of other kinds are told by name");
	for (unsigned i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		memset(file, 0, SIZE);
		put(0, 0xe1a00000);
		memcpy(file + foreign[i].at, foreign[i].bytes, strlen(foreign[i].bytes));
		CHECK(says(check(SIZE), foreign[i].part));
		CHECK(says(check(foreign[i].at + 5), foreign[i].part));
	}

	check_case("a raw image begins with an unconditional instruction");
	memset(file, 0, SIZE);
	put(0, 0xea000000);
	CHECK(!check(SIZE));
	CHECK(!check(4));
	put(0, 0x1a000000);
	CHECK(says(check(SIZE), "not an ARM kernel"));
	put(0, 0xfa000000);
	CHECK(check(SIZE));

	check_case("anything at all, at any length");
	for (unsigned n = 0; n < 2000; n++) {
		zimage();
		for (unsigned i = 0; i < 4; i++)
			file[(size_t)random() % 64] = (uint8_t)random();
		check((size_t)random() % (SIZE + 1));
	}
}

static void
test_qemu(void)
{
	static const struct {
		uint32_t mib, initrd; // RAM, and where QEMU 7.2 puts the initrd
	} row[] = {{16, 0x40800000}, {128, 0x44000000}, {256, 0x48000000}, {512, 0x48000000}, {2048, 0x48000000}};
	struct image_layout l;
	unsigned which;

	check_case("places as QEMU's");
	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CHECK(!image_place(&l, RAM, row[i].mib * MIB, (size_t[]){5 * MIB, 12345, 5000}, &which));
		CHECK_EQ(l.kernel, RAM + 0x10000);
		CHECK_EQ(l.initrd_start, row[i].initrd);
		CHECK_EQ(l.initrd_end, row[i].initrd + 12345);
		CHECK_EQ(l.dtb, row[i].initrd + 0x4000);
	}
	CHECK(!image_place(&l, RAM, 64 * MIB, (size_t[]){40 * MIB, 1, 1}, &which));
	CHECK_EQ(l.initrd_start, RAM + 0x10000 + 40 * MIB);
	CHECK(!image_place(&l, RAM, 64 * MIB, (size_t[]){MIB, 0, 1}, &which));
	CHECK_EQ(l.initrd_start, l.initrd_end);
}

static void
test_refusal(void)
{
	struct image_layout l;
	unsigned which = 9;

	check_case("what doesn't fit is named");
	CHECK(says(image_place(&l, RAM, 16 * MIB, (size_t[]){16 * MIB, 0, 0}, &which), "kernel"));
	CHECK_EQ(which, 0);
	CHECK(says(image_place(&l, RAM, 16 * MIB, (size_t[]){MIB, 9 * MIB, 1}, &which), "initrd"));
	CHECK_EQ(which, 1);
	CHECK(says(image_place(&l, RAM, 16 * MIB, (size_t[]){MIB, 8 * MIB, 1}, &which), "device tree"));
	CHECK_EQ(which, 2);
	CHECK(says(image_place(&l, RAM, 16 * MIB, (size_t[]){SIZE_MAX, 1, 1}, &which), "kernel"));
	CHECK(says(image_place(&l, RAM, 16 * MIB, (size_t[]){1, SIZE_MAX, 1}, &which), "initrd"));
	CHECK(says(image_place(&l, RAM, 16 * MIB, (size_t[]){1, 1, SIZE_MAX - 4096}, &which), "device tree"));
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
		uint32_t ram = (16 + (uint32_t)random() % 2033) * MIB;
		size_t size[3] = {random_size(ram), random_size(ram), random_size(ram) % (2 * MIB)};
		struct image_layout l;
		unsigned which;

		if (image_place(&l, RAM, ram, size, &which)) {
			CHECK(which < 3);
			continue;
		}
		CHECK(l.kernel >= RAM && size[0] <= l.initrd_start - l.kernel && l.kernel <= l.initrd_start);
		CHECK(l.initrd_end - l.initrd_start == size[1] && l.initrd_end >= l.initrd_start);
		CHECK(l.dtb >= l.initrd_end && l.dtb % 4096 == 0 && l.initrd_start % 4096 == 0);
		CHECK(l.dtb - RAM <= ram && size[2] <= ram - (l.dtb - RAM));
	}
}

int
main(void)
{
	test_zimage();
	test_foreign();
	test_qemu();
	test_refusal();
	test_random();
	return check_done("image");
}
