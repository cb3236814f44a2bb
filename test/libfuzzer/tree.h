// SPDX-License-Identifier: MIT
//
// Device trees and FIT images for libFuzzer targets: a good tree, as nodes and properties, that the input
// edits and damages, then flattened (devicetree specification 0.4, chapter 5). So most inputs are trees that a reader
// has to look into, where random bytes end at the first check. An input that is a flattened tree already, as most
// seeds are, is taken as it is.
#ifndef TEST_LIBFUZZER_TREE_H
#define TEST_LIBFUZZER_TREE_H

#include <libfdt.h>
#include "test/libfuzzer/fuzz.h"

#define TREE_NODES  32u
#define TREE_PROPS  160u
#define TREE_BYTES  0x8000u  // of values that edits make
#define TREE_ROOM   0x40000u // of a flattened tree
#define TREE_DAMAGE 4u
#define TREE_DEEP   500u

struct tree_prop {
	const char *name;
	const void *value;
	uint32_t len;
	unsigned node;
};

struct tree {
	struct {
		const char *name;
		unsigned parent, deep; // empty nodes in each other inside
		bool gone, nops;
	} node[TREE_NODES]; // the first is the root
	struct tree_prop prop[TREE_PROPS];
	uint64_t reserved[16][2];
	struct {
		uint32_t at, value;
	} damage[TREE_DAMAGE];
	unsigned n_nodes, n_props, n_reserved, n_damages;
	size_t n_bytes;
	bool strings_first;
	const char *const *words; // names and values that mean something, NULL-terminated
	unsigned n_words;
	uint8_t out[TREE_ROOM]; // from here on not cleared
	uint8_t bytes[TREE_BYTES];
	size_t size, struct_size, strings_size;
	uint8_t strings[TREE_ROOM / 8];
};

static inline unsigned
tree_node(struct tree *t, unsigned parent, const char *name)
{
	if (t->n_nodes == TREE_NODES)
		return t->n_nodes - 1;
	t->node[t->n_nodes].name = name;
	t->node[t->n_nodes].parent = parent;
	return t->n_nodes++;
}

static inline void
tree_start(struct tree *t, const char *const *words)
{
	memset(t, 0, offsetof(struct tree, out));
	t->words = words;
	while (words[t->n_words])
		t->n_words++;
	tree_node(t, 0, "");
}

static inline void
tree_value(struct tree *t, unsigned node, const char *name, const void *value, size_t len)
{
	if (t->n_props < TREE_PROPS)
		t->prop[t->n_props++] = (struct tree_prop){name, value, (uint32_t)len, node};
}

static inline void *
tree_alloc(struct tree *t, size_t size)
{
	uint8_t *at = t->bytes + t->n_bytes;

	if (size > TREE_BYTES - t->n_bytes)
		return NULL;
	t->n_bytes += size;
	return at;
}

static inline void
tree_string(struct tree *t, unsigned node, const char *name, const char *value)
{
	tree_value(t, node, name, value, strlen(value) + 1);
}

static inline void
tree_cells(struct tree *t, unsigned node, const char *name, const uint32_t *cells, size_t n)
{
	uint8_t *at = tree_alloc(t, 4 * n);

	for (size_t i = 0; i < n; i++)
		fdt32_st(at + 4 * i, cells[i]);
	tree_value(t, node, name, at, 4 * n);
}

#define TREE_CELLS(t, node, name, ...)                                                                                 \
	tree_cells(t, node, name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static inline const char *
tree_name(struct tree *t, struct fuzz_in *in)
{
	unsigned choice = fuzz_take(in, 1), n;
	char *name;

	if (choice < t->n_words)
		return t->words[choice];
	n = choice % 32u;
	name = tree_alloc(t, n + 1);
	for (unsigned i = 0; name && i < n; i++)
		name[i] = (char)fuzz_take(in, 1);
	return name ? name : "";
}

// A property's value of any kind: nothing, cells, words with and without their ends, bytes, much of one byte.
static inline void
tree_new_value(struct tree *t, struct fuzz_in *in, struct tree_prop *p)
{
	unsigned kind = fuzz_take(in, 1), n = kind / 8u;
	const char *word;
	uint8_t *at;

	switch (kind % 8u) {
	case 0:
		p->len = n < p->len ? n : p->len; // cut off
		return;
	case 1:
	case 2:
		if (!(at = tree_alloc(t, 4 * n)))
			return;
		for (unsigned i = 0; i < n; i++)
			fdt32_st(at + 4 * i, fuzz_word(in));
		p->value = at, p->len = 4 * n;
		return;
	case 3:
	case 4:
		word = tree_name(t, in);
		p->value = word, p->len = (uint32_t)strlen(word) + (kind % 8u == 3);
		return;
	case 5:
		n = fuzz_take(in, 2) % 5000u; // falls through
	default:
		if (!(at = tree_alloc(t, n + 1)))
			return;
		memset(at, (int)fuzz_take(in, 1), n);
		for (unsigned i = 0; kind % 8u == 6 && i < n; i++)
			at[i] = (uint8_t)fuzz_take(in, 1);
		at[n] = 0;
		p->value = at, p->len = n + 1;
	}
}

static inline void
tree_edit_prop(struct tree *t, struct fuzz_in *in, unsigned node, bool anew)
{
	const char *name = tree_name(t, in);
	unsigned i = 0;

	while (i < t->n_props && (anew || t->prop[i].node != node || strcmp(t->prop[i].name, name)))
		i++;
	if (i == t->n_props)
		tree_value(t, node, name, "", 0);
	if (i < t->n_props)
		tree_new_value(t, in, &t->prop[i]);
}

static inline void
tree_edit_one(struct tree *t, struct fuzz_in *in)
{
	unsigned what = fuzz_take(in, 1), node = what / 16u + (what & 8u ? t->n_nodes / 2u : 0);

	node %= t->n_nodes;
	switch (fuzz_take(in, 1) % 12u) {
	case 0:
		if (t->n_props) // goes to another node, or to none
			t->prop[fuzz_take(in, 1) % t->n_props].node = what & 1u ? node : TREE_NODES;
		break;
	case 1:
		tree_node(t, node, tree_name(t, in));
		break;
	case 2:
		t->node[node].gone = node && what & 1u;
		t->node[node].nops = what & 2u;
		break;
	case 3:
		t->node[node].name = tree_name(t, in);
		break;
	case 4:
		t->node[node].deep = fuzz_take(in, 2) % TREE_DEEP;
		break;
	case 5:
		if (t->n_reserved < 16u) {
			uint64_t *r = t->reserved[t->n_reserved++];

			r[0] = fuzz_word(in) | (uint64_t)(what & 1u) << 32;
			r[1] = fuzz_word(in) | (uint64_t)(what & 2u) << 32;
		}
		break;
	case 6:
		t->strings_first = what & 1u;
		break;
	case 7:
		if (t->n_damages < TREE_DAMAGE) {
			t->damage[t->n_damages].at = fuzz_take(in, 2);
			t->damage[t->n_damages++].value = fuzz_word(in);
		}
		break;
	default:
		tree_edit_prop(t, in, node, what & 1u);
	}
}

static inline void
tree_put(struct tree *t, const void *p, size_t n)
{
	if (n > TREE_ROOM - TREE_ROOM / 4 - t->size)
		return; // a large property lacks its end: damage of a kind
	memcpy(t->out + t->size, p, n);
	t->size += n;
	while (t->size % 4u)
		t->out[t->size++] = 0;
}

static inline void
tree_cell(struct tree *t, uint32_t value)
{
	fdt32_t cell = cpu_to_fdt32(value);

	tree_put(t, &cell, 4);
}

static inline void
tree_put_prop(struct tree *t, const struct tree_prop *p)
{
	size_t len = strlen(p->name) + 1;

	if (len > sizeof(t->strings) - t->strings_size)
		return;
	tree_cell(t, FDT_PROP);
	tree_cell(t, p->len);
	tree_cell(t, (uint32_t)t->strings_size);
	tree_put(t, p->value, p->len);
	memcpy(t->strings + t->strings_size, p->name, len);
	t->strings_size += len;
}

// Node n and what is in it. A node that an edit put into itself isn't met.
static inline void
tree_put_node(struct tree *t, unsigned n)
{
	tree_cell(t, FDT_BEGIN_NODE);
	tree_put(t, t->node[n].name, strlen(t->node[n].name) + 1);
	for (unsigned i = 0; i < t->n_props; i++) {
		if (t->node[n].nops)
			tree_cell(t, FDT_NOP);
		if (t->prop[i].node == n)
			tree_put_prop(t, &t->prop[i]);
	}
	for (unsigned i = 0; i < t->node[n].deep; i++) {
		tree_cell(t, FDT_BEGIN_NODE);
		tree_put(t, "d", 2);
	}
	for (unsigned i = 0; i < t->node[n].deep; i++)
		tree_cell(t, FDT_END_NODE);
	for (unsigned i = n + 1; i < t->n_nodes; i++)
		if (t->node[i].parent == n && !t->node[i].gone)
			tree_put_node(t, i);
	tree_cell(t, FDT_END_NODE);
}

static inline uint32_t
tree_put_strings(struct tree *t)
{
	size_t at = t->size;

	tree_put(t, t->strings, t->strings_size);
	return (uint32_t)at;
}

// Flattens the tree, damage included, to t->out and t->size.
static inline void
tree_write(struct tree *t)
{
	struct fdt_header h = {
	    .magic = cpu_to_fdt32(FDT_MAGIC), .version = cpu_to_fdt32(17), .last_comp_version = cpu_to_fdt32(16)};
	uint32_t strings = 0, structure, reserved;

	t->size = sizeof(h);
	t->strings_size = 0;
	reserved = (uint32_t)t->size;
	for (unsigned i = 0; i <= t->n_reserved; i++)
		for (unsigned k = 0; k < 2; k++) {
			fdt64_t r = cpu_to_fdt64(i < t->n_reserved ? t->reserved[i][k] : 0);

			tree_put(t, &r, sizeof(r));
		}
	structure = (uint32_t)t->size;
	tree_put_node(t, 0);
	tree_cell(t, FDT_END);
	t->struct_size = t->size - structure;
	if (t->strings_first) { // the names are known only now: the structure moves behind them
		static uint8_t moved[TREE_ROOM];

		memcpy(moved, t->out + structure, t->struct_size);
		t->size = structure;
		strings = tree_put_strings(t);
		structure = (uint32_t)t->size;
		tree_put(t, moved, t->struct_size);
	} else {
		strings = tree_put_strings(t);
	}
	h.totalsize = cpu_to_fdt32((uint32_t)t->size);
	h.off_dt_struct = cpu_to_fdt32(structure);
	h.off_dt_strings = cpu_to_fdt32(strings);
	h.off_mem_rsvmap = cpu_to_fdt32(reserved);
	h.size_dt_strings = cpu_to_fdt32((uint32_t)t->strings_size);
	h.size_dt_struct = cpu_to_fdt32((uint32_t)t->struct_size);
	memcpy(t->out, &h, sizeof(h));
	for (unsigned i = 0; i < t->n_damages; i++)
		fdt32_st(t->out + 4 * (t->damage[i].at % (t->size / 4)), t->damage[i].value);
}

// Makes a tree of the input in guarded memory `which`, out of t as the target has begun it; *size is its size.
static inline void *
tree_make(struct tree *t, struct fuzz_in *in, unsigned which, size_t *size)
{
	const void *from = in->p;
	void *to;

	if (in->left >= 4 && fdt32_ld(from) == FDT_MAGIC) {
		*size = in->left;
	} else {
		while (in->left)
			tree_edit_one(t, in);
		tree_write(t);
		from = t->out;
		*size = t->size;
	}
	to = fuzz_guarded(which, *size);
	memcpy(to, from, *size);
	return to;
}

#endif
