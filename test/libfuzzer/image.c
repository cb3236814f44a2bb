// SPDX-License-Identifier: MIT
// uses: monitor/image.c
// bits: 32
// len: 1024
//
// Kernel images of any bytes: nothing is read but the file, and what is taken for a zImage is all there. And any
// sizes of kernel, initrd and device tree in any RAM: where they are placed they don't overlap and end in RAM, as
// QEMU's rule has it, worked out in 64 bits; they are refused only if one of them can't be there.
#include "monitor/image.h"
#include "test/libfuzzer/fuzz.h"

#define MIB  0x100000u
#define BASE 0x40000000u
#define PAGE 4096u

static void
check_image(struct fuzz_in *in)
{
	uint8_t *kernel = fuzz_guarded(0, in->left);
	const char *what;
	uint32_t magic, start, end;

	memcpy(kernel, in->p, in->left);
	what = image_check(kernel, in->left);
	HOLDS(!what || *what);
	if (what)
		return;
	HOLDS(in->left >= 4);
	if (in->left >= 0x34) {
		memcpy(&magic, kernel + 0x24, 4);
		memcpy(&start, kernel + 0x28, 4);
		memcpy(&end, kernel + 0x2c, 4);
		HOLDS(magic != 0x18286f01u && (magic != 0x016f2818u || (uint64_t)start + in->left >= end));
	}
}

static uint64_t
up(uint64_t at)
{
	return (at + PAGE - 1) / PAGE * PAGE;
}

static void
check_place(struct fuzz_in *in)
{
	uint32_t ram = (16u + fuzz_take(in, 2) % (2048u - 15u)) * MIB, choice = fuzz_take(in, 1);
	size_t sizes[3];
	struct image_layout l;
	unsigned which = 9;
	uint64_t at[3];
	const char *what;
	bool fits = true;

	for (unsigned i = 0; i < 3; i++) {
		sizes[i] = fuzz_word(in);
		if (choice >> i & 1u)
			sizes[i] %= ram;
		if (choice >> i & 8u)
			sizes[i] = ram / (i + 1u) - sizes[i] % 0x40000u; // about the boundary
	}
	at[0] = 0x10000;
	at[1] = ram / 2 < 128 * MIB ? ram / 2 : 128 * MIB;
	if (at[0] + (uint64_t)sizes[0] > at[1])
		at[1] = at[0] + sizes[0];
	at[1] = up(at[1]);
	at[2] = up(at[1] + sizes[1]);
	what = image_place(&l, BASE, ram, sizes, &which);
	for (unsigned i = 0; i < 3 && fits; i++) {
		fits = at[i] + sizes[i] <= ram;
		HOLDS(fits || (what && *what && which == i));
	}
	HOLDS(fits == !what);
	if (what)
		return;
	HOLDS(l.kernel == BASE + at[0] && l.initrd_start == BASE + at[1] && l.dtb == BASE + at[2]);
	HOLDS(l.initrd_end - l.initrd_start == sizes[1] && l.initrd_end >= l.initrd_start);
	HOLDS(l.initrd_start - l.kernel >= sizes[0] && l.dtb >= l.initrd_end && sizes[2] <= BASE + ram - l.dtb);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};

	if (fuzz_take(&in, 1) & 1u)
		check_place(&in);
	else
		check_image(&in);
	return 0;
}
