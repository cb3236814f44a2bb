// SPDX-License-Identifier: MIT
// uses: bt/decode.c bt/hyper.c bt/intern.c
//
// Hypercalls there and back: each sensitive word that holds its operands comes back bit for bit,
// and by number, too; each word that is taken for a hypercall of ours is the one that its
// meaning is encoded as.
#include "bt/decode.h"
#include "bt/hyper.h"
#include "bt/intern.h"
#include "test/libfuzzer/fuzz.h"

#define SVC 0x0f000000u

static struct intern numbers;

static void
there_and_back(uint32_t insn)
{
	const struct bt_row *row = bt_decode_a32(insn);
	uint32_t word, back;

	if (!row || !(row->flags & BT_SENSITIVE))
		return;
	switch (bt_hyper_substitute(row, insn, &word)) {
	case BT_SUBSTITUTE_PLAIN:
		HOLDS(word >> 28 == insn >> 28);
		HOLDS(!bt_decode_a32(word) || bt_decode_a32(word)->action != row->action);
		break;
	case BT_SUBSTITUTE_HYPER:
		HOLDS((word & SVC) == SVC && word >> 28 == (insn < 0xf0000000u ? insn >> 28 : 14u));
		HOLDS(bt_hyper_decode(word, &back) && back == insn);
		break;
	case BT_SUBSTITUTE_NUMBER:
		word = intern_number(&numbers, insn);
		HOLDS(word == INTERN_NONE ? numbers.n == INTERN_WORDS : numbers.word[word] == insn);
		break;
	}
}

static void
back_and_there(uint32_t svc)
{
	uint32_t insn;

	if (bt_hyper_decode(svc, &insn))
		HOLDS(bt_hyper_encode(insn) == svc);
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
	EACH_WORD(word, data, size) {
		there_and_back(word);
		back_and_there(word);
		back_and_there(word | SVC);
	}
	return 0;
}
