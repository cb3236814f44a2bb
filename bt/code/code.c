// SPDX-License-Identifier: MIT
//
// See code.h. Made, found, followed and dropped; blocks are in block.c.
//
// Order of cache maintenance for every word written here: arch_sync_code, before
// the word can be executed (ARM ARM A3.5.4).
#include "bt/code/closing.h"
#include "bt/code/code.h"
#include "bt/code/internal.h"
#include "bt/isa/decode.h"
#include "bt/isa/hyper.h"
#include "monitor/base/arch.h"
#include "monitor/base/string.h"

#define PAUSE_PAGES 8u // dropped without a pause

static struct code_page **
chain(struct code *c, gpa_t gpa)
{
	return &c->hash[(gpa.v >> PAGE_SHIFT) % CODE_HASH];
}

static void
insert(struct code *c, struct code_page *p)
{
	struct code_page **at = chain(c, p->gpa), **at_va = code_chain_va(c, p->va);

	p->known = true;
	p->next = *at;
	*at = p;
	if (c->policy != CODE_BLOCK) // only it asks
		return;
	p->next_va = *at_va;
	*at_va = p;
}

static void
drop(struct code *c, struct code_page *p)
{
	struct code_page **at = chain(c, p->gpa);

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	p->known = false;
	code_release(c, p);
	c->n.pages--;
	c->n.dropped++;
}

void
code_init(struct code *c, const struct gmem *mem, struct pool *pool, enum code_policy policy,
	  const struct code_room *room)
{
	*c = (struct code){.mem = mem,
			   .pool = pool,
			   .policy = policy,
			   .words = room->words,
			   .records = room->records,
			   .n_records = room->n_records};
	for (unsigned i = 0; i < room->n_records; i++) {
		room->records[i] = (struct code_page){.next = c->free};
		c->free = &room->records[i];
	}
}

#define SVC_MASK 0x0f000000u

// Under what a hypercall that stands in some copy is in the table of words: nothing sensitive
// begins with 1111 1111. A32's lose their condition; T32's begin with 1111 0111.
#define TAG(word) ((word) | 0xff000000u)

#define T32_FIRST 0xe8000000u // below, a word is none of T32

// Whether word n of the table is an instruction.
static bool
numbered(const struct code *c, uint32_t n)
{
	return n < c->words->n && (c->words->word[n] & TAG(0)) != TAG(0);
}

// A hypercall of class FRAME: a word by number, or, which the page policy has none of, a
// block's end with its operands.
static bool
closing_meaning(const struct code *c, uint32_t word, uint32_t *insn)
{
	uint32_t imm24 = bits(word, 23, 0), n = imm24 - BT_HYPER_INTERN;
	uint32_t closed;

	if (numbered(c, n)) {
		*insn = c->words->word[n];
		return true;
	}
	closed = c->policy == CODE_BLOCK ? bt_closing_insn(imm24) : 0;
	*insn = (word & 0xf0000000u) | closed;
	return closed;
}

bool
code_meaning(const struct code *c, uint32_t word, uint32_t *insn)
{
	if ((word & SVC_MASK) != SVC_MASK || word >= 0xf0000000u)
		return false;
	if (bits(word, 23, 16) == BT_IMM_FRAME)
		return closing_meaning(c, word, insn);
	return intern_has(c->words, TAG(word)) && bt_hyper_decode(word, insn);
}

bool
code_meaning_thumb(const struct code *c, uint32_t udf, uint32_t *insn)
{
	uint32_t imm;

	if (udf - BT_T16_INTERN < c->words->n_t16) {
		*insn = c->words->t16[udf - BT_T16_INTERN];
		return true;
	}
	if (!bt_hyper_udf_imm(udf, &imm))
		return false;
	if (udf >= 0x10000u && numbered(c, imm - BT_T32_INTERN) && c->words->word[imm - BT_T32_INTERN] >= T32_FIRST) {
		*insn = c->words->word[imm - BT_T32_INTERN];
		return true;
	}
	return intern_has(c->words, TAG(udf)) && bt_hyper_decode_thumb(udf, insn);
}

struct code_page *
code_find(struct code *c, gpa_t gpa)
{
	struct code_page *p = *chain(c, gpa);

	while (p && p->gpa.v != (gpa.v & ~PAGE_MASK))
		p = p->next;
	return p;
}

struct code_page *
code_next(const struct code_page *p)
{
	struct code_page *next = p->next;

	while (next && next->gpa.v != p->gpa.v)
		next = next->next;
	return next;
}

struct code_page *
code_at(struct code *c, gpa_t gpa, gva_t va)
{
	struct code_page *p = code_find(c, gpa);

	while (p && c->policy == CODE_BLOCK && p->va != (va.v & ~PAGE_MASK))
		p = code_next(p);
	return p;
}

hpa_t
code_host(const struct code *c, const struct code_page *p)
{
	return HPA(p->copy ? p->copy : code_frame(c, p));
}

uint32_t
code_run(const struct code *c, const struct code_page *p, uint32_t offset)
{
	return ((const uint32_t *)code_host(c, p).v)[offset / 4];
}

uint32_t
code_half_run(const struct code *c, const struct code_page *p, uint32_t offset)
{
	return bt_page_half((const uint32_t *)code_host(c, p).v, offset / 2u);
}

uint32_t
code_half(const struct code *c, const struct code_page *p, uint32_t offset)
{
	return bt_page_half(code_frame(c, p), offset / 2u);
}

uint32_t
code_original_thumb(const struct code *c, uint32_t insn)
{
	uint32_t meaning;

	return code_meaning_thumb(c, insn, &meaning) ? meaning : insn;
}

void
code_pause(const struct code *c)
{
	if (c->pause)
		c->pause(c->pause_ctx);
}

bool
code_copy(struct code *c, struct code_page *p)
{
	if (p->copy)
		return true;
	p->copy = pool_page(c->pool);
	if (!p->copy)
		return false;
	memcpy(p->copy, code_frame(c, p), PAGE_SIZE);
	c->n.copies++;
	return true;
}

void
code_put(struct code_page *p, uint32_t word, uint32_t insn)
{
	p->copy[word] = insn;
	arch_sync_code(&p->copy[word], 4);
}

uint32_t
code_interned(struct code *c, uint32_t insn)
{
	uint32_t n = intern_number(c->words, insn);

	return bt_hyper_svc(insn, n == INTERN_NONE ? BT_HYPER_FRAME : BT_HYPER_INTERN + n);
}

uint32_t
code_emitted(struct code *c, uint32_t hypercall)
{
	intern_number(c->words, TAG(hypercall));
	return hypercall;
}

// What a sensitive word is replaced by.
static uint32_t
replacement(struct code *c, const struct bt_row *row, uint32_t insn)
{
	uint32_t word = bt_hyper_substitute(row, insn);

	if (word)
		return word;
	if (row->imm == BT_IMM_FRAME)
		return code_interned(c, insn);
	return code_emitted(c, bt_hyper_encode(insn));
}

// What a word of the guest's is meant to be: itself, or what it was replaced by where the guest has copied it from.
static uint32_t
meant(const struct code *c, uint32_t word)
{
	uint32_t insn;

	return code_meaning(c, word, &insn) ? insn : word;
}

uint32_t
code_original(const struct code *c, const struct code_page *p, uint32_t offset)
{
	return meant(c, code_frame(c, p)[offset / 4]);
}

uint32_t
code_replacement(struct code *c, uint32_t raw)
{
	struct code_patched *memo = &c->patched[(raw ^ raw >> 9 ^ raw >> 20) % CODE_PATCHED];
	const struct bt_row *row;
	uint32_t insn, by;

	if (memo->by && memo->word == raw)
		return memo->by;
	insn = meant(c, raw);
	row = bt_decode_a32(insn);
	if (!row || !(row->flags & BT_SENSITIVE))
		return 0;
	by = replacement(c, row, insn);
	if ((raw & SVC_MASK) != SVC_MASK) // else what it means may change
		*memo = (struct code_patched){raw, by};
	return by;
}

bool
code_patch_word(struct code *c, struct code_page *p, uint32_t word)
{
	return code_patch_raw(c, p, word, code_frame(c, p)[word]);
}

bool
code_patch_raw(struct code *c, struct code_page *p, uint32_t word, uint32_t raw)
{
	uint32_t by = code_replacement(c, raw);

	if (!by)
		return true;
	if (!code_copy(c, p))
		return false;
	p->copy[word] = by;
	if ((by & 0x0fffffffu) == (0x0f000000u | BT_HYPER_FRAME)) // which a copy would make nothing of
		code_guess(p, 2u * word, 2u * word + 2u);
	p->patched++;
	c->n.patched++;
	return true;
}

// A word of what is run has changed, or all of it, for it had no copy.
static void
sync_word(const struct code *c, const struct code_page *p, uint32_t word, bool had_copy)
{
	if (had_copy == (p->copy != NULL))
		arch_sync_code((const uint32_t *)code_host(c, p).v + word, 4);
	else
		arch_sync_code(p->copy, PAGE_SIZE);
}

bool
code_patch(struct code *c, struct code_page *p, uint32_t offset)
{
	bool had_copy = p->copy != NULL;

	if (!code_patch_word(c, p, offset / 4))
		return false;
	sync_word(c, p, offset / 4, had_copy);
	return true;
}

void
code_release(struct code *c, struct code_page *p)
{
	if (p->copy) {
		pool_free_page(c->pool, p->copy);
		c->n.copies--;
	}
	if (p->scanned)
		pool_free_l2(c->pool, p->scanned);
	p->next = c->free;
	c->free = p;
}

struct code_page *
code_new(struct code *c, const struct code_request *rq)
{
	struct code_page *p = c->free;

	if (!p)
		return NULL;
	c->free = p->next;
	*p = (struct code_page){.gpa = GPA(rq->gpa.v & ~PAGE_MASK),
				.va = rq->entry & ~PAGE_MASK,
				.behind = rq->next.gpa,
				.has_behind = rq->next.frame,
				.names = BT_NAMES_BEFORE | BT_NAMES_BEHIND};
	c->rom |= !gmem_has(c->mem, p->gpa, 1);
	return p;
}

// Block policy: a page of which nothing is reached.
static struct code_page *
new_copy(struct code *c, const struct code_request *rq)
{
	struct code_page *p = code_new(c, rq);

	c->later = false;
	if (p && (p->scanned = pool_l2(c->pool)) && code_copy(c, p))
		return p;
	if (p)
		code_release(c, p);
	return NULL;
}

struct code_page *
code_make(struct code *c, const struct code_request *rq)
{
	struct code_page *p = c->policy == CODE_PAGE ? code_scan(c, rq) : new_copy(c, rq);

	if (!p)
		return NULL;
	insert(c, p);
	if (c->thumb)
		code_close_cut(c, p); // this page may be what stands behind it
	c->n.pages++;
	c->n.made++;
	if (c->policy == CODE_BLOCK)
		code_block_begin(c, p);
	return p;
}

// Whether one of the two words before and one of the two behind have the condition AL, as in
// code (scan.h); a page's edges count for it.
static bool
beside_code(const uint32_t *words, uint32_t w)
{
	bool before = w < 2 || bt_always(words[w - 1]) || bt_always(words[w - 2]);
	bool behind = w + 2 >= BT_PAGE_WORDS || bt_always(words[w + 1]) || bt_always(words[w + 2]);

	return before && behind;
}

// A written word may be data, or code: it is taken for code if it was, which is known for sure of a patched
// one, or looks like it. Not so an SVC, which is what pointers into some parts of RAM look like: it traps by itself.
static bool
written_is_sensitive(const struct code *c, const struct code_page *p, uint32_t w, bool was_code)
{
	uint32_t insn = code_frame(c, p)[w];
	const struct bt_row *row = bt_decode_a32(insn);

	if (!row || !(row->flags & BT_SENSITIVE) || row->action == BT_SVC)
		return false;
	return bt_always(insn) || was_code || (!row->lax && beside_code(code_frame(c, p), w));
}

// Whether what is run at word w is one of ours, or unconditional.
static bool
was_code(const struct code *c, const struct code_page *p, uint32_t w)
{
	uint32_t insn;

	return p->copy && (bt_always(p->copy[w]) || code_meaning(c, p->copy[w], &insn));
}

// Page policy: words [first, last] of the frame were written. The two before may look like code now.
static bool
words_written(struct code *c, struct code_page *p, uint32_t first, uint32_t last)
{
	for (uint32_t w = first < 2 ? 0 : first - 2; w <= last; w++) {
		bool had_copy = p->copy != NULL, known = w >= first && was_code(c, p, w), replaced;
		uint32_t insn;

		if (had_copy && w < first && p->copy[w] != code_frame(c, p)[w])
			continue; // patched
		replaced = had_copy && code_meaning(c, p->copy[w], &insn);
		if (had_copy)
			p->copy[w] = code_frame(c, p)[w];
		if (written_is_sensitive(c, p, w, known)) {
			if (!code_patch_word(c, p, w))
				return false;
			if (!replaced)
				code_guess(p, 2u * w, 2u * w + 2u);
		}
		sync_word(c, p, w, had_copy);
	}
	return true;
}

bool
code_written(struct code *c, struct code_page *p, uint32_t offset, uint32_t len)
{
	uint32_t first = offset / 4, last = (offset + len - 1) / 4;

	p->names = BT_NAMES_BEFORE | BT_NAMES_BEHIND;
	if (++p->writes > 2 * CODE_WRITES_UNSEEN)
		return false;
	if (c->thumb)
		return code_thumb_written(c, p, offset, len);
	c->n.rescanned += p->copy ? last - first + 1 : 0;
	if (c->policy == CODE_PAGE)
		return words_written(c, p, first, last);
	BUG_ON(!p->copy); // block: from the beginning
	for (uint32_t w = first; w <= last; w++) {
		p->copy[w] = code_frame(c, p)[w];
		code_block_rewritten(c, p, w);
		arch_sync_code(&p->copy[w], 4);
	}
	return true;
}

bool
code_unseen(const struct code_page *p)
{
	return p->writes >= CODE_WRITES_UNSEEN;
}

void
code_seen(struct code_page *p)
{
	p->writes = 0;
}

void
code_drop(struct code *c, struct code_page *p)
{
	struct code_page **at_va = code_chain_va(c, p->va);

	while (*at_va && *at_va != p)
		at_va = &(*at_va)->next_va;
	if (*at_va)
		*at_va = p->next_va;
	drop(c, p);
}

void
code_drop_all(struct code *c)
{
	for (unsigned i = 0, n = 0; i < CODE_HASH; i++) {
		if (i % CODE_PAUSE_CHAINS == 0)
			code_pause(c);
		for (; c->hash[i]; n++) {
			drop(c, c->hash[i]);
			if (n % PAUSE_PAGES == 0)
				code_pause(c);
		}
	}
	memset(c->hash_va, 0, sizeof(c->hash_va));
	code_scan_drop_all(c);
	c->rom = false;
}

// Records are taken from the last on, and again as they are given back, so that the one before the last that was
// dropped is the oldest.
const struct code_page *
code_oldest(struct code *c)
{
	for (unsigned n = 0; n < c->n_records; n++) {
		const struct code_page *p;

		c->hand = (c->hand ? c->hand : c->n_records) - 1u;
		p = &c->records[c->hand];
		if (p->known && p->copy)
			return p;
		if (n % CODE_PAUSE_CHAINS == 0)
			code_pause(c);
	}
	return NULL;
}

void
code_forget(struct code *c, gpa_t gpa)
{
	struct code_page *p = code_find(c, gpa);

	if (p)
		code_drop(c, p);
	code_scan_drop(c, gpa);
}
