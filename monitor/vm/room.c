// SPDX-License-Identifier: MIT
//
// See room.h.
#include "monitor/vm/room.h"
#include "shadowpt/spt.h"

#define RECORDS_MIN      512u
#define PAGES_PER_RECORD 32u
#define SPACES_MIN       3u
#define SPACES_PART      4u // of what is left, at most one in so many bytes is for spaces
#define POOL_MIN         0x40000u
#define POOL_MAX         0x1000000u

static uint32_t
clamp(uint32_t n, uint32_t least, uint32_t most)
{
	return n < least ? least : n > most ? most : n;
}

struct room
room_share(uint32_t ram, const struct room_sizes *z)
{
	struct room r = {.records = clamp(ram / PAGE_SIZE / PAGES_PER_RECORD, RECORDS_MIN, UINT32_MAX)};
	uint32_t spent = room_sum(&r, ram, z), left = ROOM_LIMIT(ram) > spent ? ROOM_LIMIT(ram) - spent : 0;

	r.spaces = clamp(left / SPACES_PART / z->space, SPACES_MIN, SPT_SPACES);
	left -= clamp(r.spaces * z->space, 0, left);
	r.pool = clamp(left & ~PAGE_MASK, POOL_MIN, POOL_MAX);
	return r;
}

uint32_t
room_sum(const struct room *r, uint32_t ram, const struct room_sizes *z)
{
	return z->fixed + ram / PAGE_SIZE * z->frame + ram / SECTION_SIZE * z->section + r->records * z->record +
	       r->spaces * z->space + r->pool;
}
