// SPDX-License-Identifier: MIT
// uses: monitor/vm/room.c
//
// The memory budget: for every size of RAM from 24 MiB on, all shares together are within the limit, and
// larger machines get no less of anything.
#include "monitor/vm/room.h"
#include "shadowpt/spt.h"
#include "test/host/check.h"

#define MIB (1u << 20)

// About what they are on the core.
static const struct room_sizes sizes = {
    .fixed = 800 * 1024,
    .frame = 4,
    .section = 4,
    .record = 32,
    .space = 2 * SPT_L1_SIZE + 1300,
};

static void
test_sizes(void)
{
	struct room least = room_share(24 * MIB, &sizes);

	check_case("the sum is within the limit");
	for (uint32_t mib = 24; mib <= 3072; mib++) {
		struct room r = room_share(mib * MIB, &sizes);

		CHECK(room_sum(&r, mib * MIB, &sizes) <= mib * MIB / 50 + MIB);
		CHECK_EQ(r.pool % PAGE_SIZE, 0);
		CHECK(r.spaces >= least.spaces && r.spaces <= SPT_SPACES);
		CHECK(r.records >= least.records);
		least.spaces = r.spaces;
		least.records = r.records;
	}

	check_case("what that comes to");
	CHECK_EQ(room_share(128 * MIB, &sizes).spaces, 20);
	CHECK(room_share(128 * MIB, &sizes).pool >= 19 * MIB / 10);
	CHECK_EQ(room_share(512 * MIB, &sizes).spaces, SPT_SPACES);
	CHECK(room_share(512 * MIB, &sizes).pool >= 7 * MIB);
	CHECK_EQ(room_share(2048 * MIB, &sizes).pool, 16 * MIB);

	check_case("a small machine gets what it needs");
	CHECK(room_share(MIB, &sizes).spaces >= 3);
	CHECK(room_share(MIB, &sizes).pool >= 64 * PAGE_SIZE);
}

int
main(void)
{
	test_sizes();
	return check_done("room");
}
