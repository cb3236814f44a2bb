// SPDX-License-Identifier: MIT
// uses: bt/isa/ldst.c
//
// Loads and stores: whatever is decoded has registers and sizes that the emulator may index and copy
// by, and an address for any registers. The input is words, each an instruction, over the
// registers that the words before it are.
#include "bt/isa/ldst.h"
#include "test/libfuzzer/fuzz.h"

static bool
is_reg(uint8_t n)
{
	return n < 16u || n == BT_NO_REG;
}

static void
check(uint32_t insn, const uint32_t regs[16])
{
	struct bt_ldst op = {0};
	uint32_t at, back;

	if (!bt_ldst_decode(insn, &op))
		return;
	HOLDS(op.kind <= BT_LDST_SWAP && op.rn < 16u && is_reg(op.rt) && is_reg(op.rt2) && is_reg(op.rd) &&
	      is_reg(op.rm));
	HOLDS(op.size == 1 || op.size == 2 || op.size == 4 || op.size == 8);
	HOLDS(op.kind != BT_LDST_MULTIPLE || op.count == __builtin_popcount(op.reglist));
	HOLDS(op.kind != BT_LDST_DUAL || (op.size == 8 && op.rt < 16u && op.rt2 < 16u));
	HOLDS(op.kind != BT_LDST_SINGLE || (op.size <= 4 && op.rt < 16u));
	bt_ldst_address(&op, regs, insn & 1u, &at, &back);
	if (op.rn == 15u)
		return; // as an operand the PC is ahead
	HOLDS(op.kind != BT_LDST_MULTIPLE || back - regs[op.rn] == 4u * op.count ||
	      regs[op.rn] - back == 4u * op.count);
	HOLDS(op.kind != BT_LDST_SINGLE || op.rm != BT_NO_REG || at == (op.index ? back : regs[op.rn]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t regs[16] = {0}, insn;
	unsigned n = 0;

	EACH_WORD(insn, data, size)
	{
		check(insn, regs);
		regs[n++ % 16u] = insn;
	}
	return 0;
}
