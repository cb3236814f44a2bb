// SPDX-License-Identifier: MIT
//
// See truthreloc.h. Addends are in place, as ARM's are.
#include <elf.h>
#include <string.h>
#include "guests/scan/truthreloc.h"
#include "monitor/base/types.h"

static uint32_t
sign_extend(uint32_t value, unsigned width)
{
	uint32_t sign = 1u << (width - 1u);

	return (value ^ sign) - sign;
}

// A Thumb instruction of two halfwords, first << 16 | second.
static uint32_t
swapped(uint32_t w)
{
	return w << 16 | w >> 16;
}

// BL and B.W, T4's form (ARM ARM A8.8.25).
static uint32_t
thumb_offset(uint32_t w)
{
	uint32_t s = bit(w, 26), i1 = !(bit(w, 13) ^ s), i2 = !(bit(w, 11) ^ s);

	return sign_extend(s << 24 | i1 << 23 | i2 << 22 | bits(w, 25, 16) << 12 | bits(w, 10, 0) << 1, 25);
}

static uint32_t
thumb_branch(uint32_t w, uint32_t offset)
{
	uint32_t s = bit(offset, 24), j1 = !bit(offset, 23) ^ s, j2 = !bit(offset, 22) ^ s;

	w &= 0xf800d000u;
	return w | s << 26 | bits(offset, 21, 12) << 16 | j1 << 13 | j2 << 11 | bits(offset, 11, 1);
}

// A call of the other state is BLX (A8.8.25).
static uint32_t
thumb_call(uint32_t w, uint32_t at, uint32_t to)
{
	if (to & 1u)
		return thumb_branch(w | 0x1000u, to + thumb_offset(w) - at) | 0x1000u;
	return thumb_branch(w, ((to + thumb_offset(w)) & ~3u) - (at & ~3u)) & ~0x1000u;
}

static uint32_t
a32_call(uint32_t w, uint32_t at, uint32_t to, bool may_change)
{
	uint32_t offset = to + (sign_extend(bits(w, 23, 0), 24) << 2) - at;

	if (to & 1u && may_change)
		return 0xfa000000u | bit(offset, 1) << 24 | bits(offset, 25, 2);
	return (w & 0xff000000u) | bits(offset, 25, 2);
}

static uint32_t
a32_move(uint32_t w, uint32_t to, bool top)
{
	uint32_t v = to + sign_extend(bits(w, 19, 16) << 12 | bits(w, 11, 0), 16);

	v = top ? v >> 16 : v;
	return (w & 0xfff0f000u) | bits(v, 15, 12) << 16 | bits(v, 11, 0);
}

static uint32_t
thumb_move(uint32_t w, uint32_t to, bool top)
{
	uint32_t v =
	    to + sign_extend(bits(w, 19, 16) << 12 | bit(w, 26) << 11 | bits(w, 14, 12) << 8 | bits(w, 7, 0), 16);

	v = top ? v >> 16 : v;
	return (w & 0xfbf08f00u) | bits(v, 15, 12) << 16 | bit(v, 11) << 26 | bits(v, 10, 8) << 12 | bits(v, 7, 0);
}

void
truthreloc_apply(uint8_t *where, uint32_t at, unsigned type, uint32_t to)
{
	uint32_t w;

	memcpy(&w, where, sizeof(w));
	switch (type) {
	case R_ARM_ABS32:
	case R_ARM_TARGET1:
		w += to;
		break;
	case R_ARM_REL32:
	case R_ARM_GOTPC:
	case R_ARM_GOT_PREL:
		w += to - at;
		break;
	case R_ARM_PREL31:
		w = (w & 0x80000000u) | bits(w + to - at, 30, 0);
		break;
	case R_ARM_GOTOFF:
	case R_ARM_GOT32:
		w += to & 0xfffffu;
		break;
	case R_ARM_PC24:
	case R_ARM_CALL:
		w = a32_call(w, at, to, true);
		break;
	case R_ARM_JUMP24:
		w = a32_call(w, at, to, false);
		break;
	case R_ARM_THM_PC22: // R_ARM_THM_CALL of old
		w = swapped(thumb_call(swapped(w), at, to));
		break;
	case R_ARM_THM_JUMP24:
		w = swapped(thumb_branch(swapped(w), to + thumb_offset(swapped(w)) - at));
		break;
	case R_ARM_MOVW_ABS_NC:
	case R_ARM_MOVT_ABS:
		w = a32_move(w, to, type == R_ARM_MOVT_ABS);
		break;
	case R_ARM_MOVW_PREL_NC:
	case R_ARM_MOVT_PREL:
		w = a32_move(w, to - at, type == R_ARM_MOVT_PREL);
		break;
	case R_ARM_THM_MOVW_ABS_NC:
	case R_ARM_THM_MOVT_ABS:
		w = swapped(thumb_move(swapped(w), to, type == R_ARM_THM_MOVT_ABS));
		break;
	case R_ARM_THM_MOVW_PREL_NC:
	case R_ARM_THM_MOVT_PREL:
		w = swapped(thumb_move(swapped(w), to - at, type == R_ARM_THM_MOVT_PREL));
		break;
	default:
		return;
	}
	memcpy(where, &w, sizeof(w));
}
