// SPDX-License-Identifier: MIT
// uses: monitor/host.c
// libs: -lfdt
//
// The board's device tree from any bytes, as long as they are as many as its header says: the
// firmware gives no size. It is refused, or what it gives makes sense.
#include <libfdt.h>
#include "monitor/host.h"
#include "test/libfuzzer/fuzz.h"

static void
ask(const struct host *h)
{
	static const char *const known[] = {"vm=", "trace", NULL};
	char buf[HOST_BOOTARGS], small[4];

	HOLDS(memchr(h->bootargs, '\0', sizeof(h->bootargs)));
	host_arg(h, "vm", buf, sizeof(buf));
	host_arg(h, "a", small, sizeof(small));
	host_stray_arg(h, known, buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct host h;
	char *fdt;

	if (size < sizeof(struct fdt_header) || fdt_totalsize(data) > size)
		return 0;
	size = fdt_totalsize(data) < sizeof(struct fdt_header) ? sizeof(struct fdt_header) : fdt_totalsize(data);
	fdt = aligned_alloc(8, (size + 7) & ~(size_t)7);
	memcpy(fdt, data, size);
	if (!host_parse(&h, fdt)) {
		HOLDS(h.n_ram && h.n_ram <= ARRAY_LEN(h.ram) && h.n_reserved <= ARRAY_LEN(h.reserved) &&
		      h.n_virtio <= ARRAY_LEN(h.virtio));
		for (unsigned i = 0; i < h.n_ram; i++)
			HOLDS(h.ram[i].size && (uint64_t)h.ram[i].base + h.ram[i].size <= 1ull << 32);
	}
	ask(&h);
	free(fdt);
	return 0;
}
