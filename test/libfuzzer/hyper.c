// SPDX-License-Identifier: MIT
// uses: bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/predictable.c bt/isa/hyper.c bt/code/intern.c
//
// Hypercalls there and back: each sensitive instruction that holds its operands comes back bit for
// bit, and by number, too; each SVC or UDF that is taken for a hypercall of ours is the one that its
// meaning is encoded as, and as wide.
#include "bt/isa/decode.h"
#include "bt/isa/hyper.h"
#include "bt/code/intern.h"
#include "test/libfuzzer/fuzz.h"

#define SVC         0x0f000000u
#define UDF_W       0xf7f0a000u
#define UDF_W_FIXED 0xfff0f000u

static struct intern numbers;

static void
by_number(uint32_t insn)
{
	uint32_t n = intern_number(&numbers, insn);

	HOLDS(n == INTERN_NONE ? numbers.n == INTERN_WORDS : numbers.word[n] == insn);
}

static void
a32(uint32_t insn)
{
	const struct bt_row *row = bt_decode_a32(insn);
	uint32_t other, word, back;

	if (!row || !(row->flags & BT_SENSITIVE))
		return;
	other = bt_hyper_substitute(row, insn);
	HOLDS(!other || (other >> 28 == insn >> 28 && bt_decode_a32(other) != row));
	if (!bt_hyper_self_contained(row)) {
		by_number(insn);
		return;
	}
	word = bt_hyper_encode(insn);
	HOLDS((word & SVC) == SVC && word >> 28 == (insn < 0xf0000000u ? insn >> 28 : 14u));
	HOLDS(bt_hyper_decode(word, &back) && back == insn);
}

static void
thumb(uint32_t insn)
{
	const struct bt_row *row = bt_decode_thumb(insn);
	uint32_t other, word, back, imm;

	if (!row || !(row->flags & BT_SENSITIVE))
		return;
	other = bt_hyper_substitute(row, insn);
	HOLDS(!other || (bt_thumb_size(other) == bt_thumb_size(insn) && bt_decode_thumb(other) != row));
	word = bt_hyper_encode_thumb(insn);
	HOLDS(bt_thumb_size(word) == bt_thumb_size(insn) && bt_hyper_udf_imm(word, &imm));
	if (bt_hyper_self_contained(row))
		HOLDS(bt_hyper_decode_thumb(word, &back) && back == insn);
	else
		HOLDS(!bt_hyper_decode_thumb(word, &back));
}

static void
back_and_there(uint32_t svc)
{
	uint32_t insn;

	if (bt_hyper_decode(svc, &insn))
		HOLDS(bt_hyper_encode(insn) == svc);
}

static void
back_and_there_thumb(uint32_t udf)
{
	uint32_t insn;

	if (bt_hyper_decode_thumb(udf, &insn))
		HOLDS(bt_hyper_encode_thumb(insn) == udf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	uint32_t word;

	if (!ready) {
		bt_decode_init();
		bt_hyper_init();
	}
	ready = true;
	EACH_WORD(word, data, size)
	{
		a32(word);
		thumb(bt_is_t32(word >> 16) ? word : word & 0xffffu);
		back_and_there(word);
		back_and_there(word | SVC);
		back_and_there_thumb(BT_T16_HYPER | (word & 0xffu));
		back_and_there_thumb(UDF_W | (word & ~UDF_W_FIXED));
	}
	return 0;
}
