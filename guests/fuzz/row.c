// SPDX-License-Identifier: MIT
//
// See row.h. What is never generated stands in a table with its reason.
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "guests/fuzz/ldst.h"
#include "guests/fuzz/mmu.h"
#include "guests/fuzz/row.h"

#define MNEMONICS "|" // between the mnemonics in a row's name

static const char *const sets[FUZZ_SETS] = {"a32", "t16", "t32", "mmu"};

static const char *const actions[BT_ACTION_COUNT] = {
#define BT_ACTION(name, flags) #name,
    BT_ACTIONS(BT_ACTION)
#undef BT_ACTION
};

static const struct {
	const char *name;
	uint8_t flag;
} flags[] = {
    {"sensitive", BT_SENSITIVE}, {"silent", BT_SILENT},   {"branch", BT_BRANCH}, {"indirect", BT_INDIRECT},
    {"literal", BT_LITERAL},     {"reflect", BT_REFLECT}, {"call", BT_CALL},
};
#define N_FLAGS (sizeof(flags) / sizeof(flags[0]))

// Rows without cases, why, and what covers them instead.
static const struct {
	uint8_t isa;
	const char *name, *why;
} exempt[] = {
    {BT_A32, "ERET", "QEMU's Cortex-A15 returns by it even without Virtualization Extensions; test/guest/corners.S"},
    {BT_A32, "ANDS|EORS|SUBS|RSBS|ADDS|ADCS|SBCS|RSCS PC imm",
     "QEMU takes none for an exception return; test/guest/eret.S"},
};
#define N_EXEMPT (sizeof(exempt) / sizeof(exempt[0]))

unsigned
fuzz_row_count_of(unsigned isa)
{
	unsigned n, more;

	bt_rows((enum bt_isa)isa, &n);
	fuzz_ldst_rows(isa, &more);
	return n + more;
}

unsigned
fuzz_row_count(void)
{
	unsigned sum = 0;

	for (unsigned isa = 0; isa < FUZZ_ISAS; isa++)
		sum += fuzz_row_count_of(isa);
	return sum;
}

const struct bt_row *
fuzz_row_of(unsigned isa, unsigned number)
{
	unsigned n, more;
	const struct bt_row *first = bt_rows((enum bt_isa)isa, &n), *behind = fuzz_ldst_rows(isa, &more);

	return number < n ? &first[number] : &behind[number - n];
}

const struct bt_row *
fuzz_row(unsigned number)
{
	unsigned isa = 0;

	for (; number >= fuzz_row_count_of(isa); isa++)
		number -= fuzz_row_count_of(isa);
	return fuzz_row_of(isa, number);
}

unsigned
fuzz_row_number(const struct bt_row *row)
{
	unsigned sum = 0, n;
	const struct bt_row *first;

	for (unsigned isa = 0; isa < row->isa; isa++)
		sum += fuzz_row_count_of(isa);
	first = bt_rows((enum bt_isa)row->isa, &n);
	if (fuzz_ldst_has(row)) {
		sum += n;
		first = fuzz_ldst_rows(row->isa, &n);
	}
	return sum + (unsigned)(row - first);
}

const char *
fuzz_row_isa(unsigned isa)
{
	return sets[isa];
}

unsigned
fuzz_row_total(void)
{
	return fuzz_row_count() + FUZZ_MMU_KINDS;
}

unsigned
fuzz_row_set(unsigned n)
{
	return n < fuzz_row_count() ? fuzz_row(n)->isa : FUZZ_SET_MMU;
}

const char *
fuzz_row_name(unsigned n)
{
	return n < fuzz_row_count() ? fuzz_row(n)->name : fuzz_mmu_name(n - fuzz_row_count());
}

const char *
fuzz_row_pattern(unsigned n)
{
	return n < fuzz_row_count() ? fuzz_row(n)->pattern : "";
}

// Whether text, of len characters, has word as one of its mnemonics.
static bool
has_mnemonic(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = text;; p++) {
		size_t n = strcspn(p, MNEMONICS " ");

		if (n == len && !strncasecmp(p, word, n))
			return true;
		p += n;
		if (*p != *MNEMONICS)
			return false;
	}
}

bool
fuzz_row_lax(const struct bt_row *row)
{
	size_t len = strlen(row->name);

	return len > 4 && !strcmp(row->name + len - 4, " lax");
}

static bool
is_in(const struct bt_row *row, const char *class)
{
	if (!strcasecmp(class, row->name) || !strcasecmp(class, actions[row->action]) || has_mnemonic(row->name, class))
		return true;
	for (unsigned i = 0; i < N_FLAGS; i++)
		if (row->flags & flags[i].flag && !strcasecmp(class, flags[i].name))
			return true;
	return (fuzz_row_lax(row) && !strcasecmp(class, "lax")) || (fuzz_ldst_has(row) && !strcasecmp(class, "ldst"));
}

bool
fuzz_row_class_known(const char *name)
{
	for (unsigned i = 0; i < fuzz_row_count(); i++)
		if (is_in(fuzz_row(i), name))
			return true;
	return false;
}

const char *
fuzz_row_exempt(const struct bt_row *row)
{
	for (unsigned i = 0; i < N_EXEMPT; i++)
		if (exempt[i].isa == row->isa && !strcmp(exempt[i].name, row->name))
			return exempt[i].why;
	return NULL;
}

bool
fuzz_row_selected(const struct fuzz_options *o, const struct bt_row *row)
{
	bool lax = false, named = false, in = !o->n_classes;

	for (unsigned i = 0; i < o->n_classes; i++) {
		lax |= !strcasecmp(o->classes[i], "lax");
		named |= !strcasecmp(o->classes[i], row->name);
		in |= is_in(row, o->classes[i]);
	}
	return in && o->isas & 1u << row->isa && (named || !fuzz_row_exempt(row)) && fuzz_row_lax(row) == lax;
}

bool
fuzz_row_chosen(const struct fuzz_options *o, unsigned n)
{
	return n < fuzz_row_count() ? fuzz_row_selected(o, fuzz_row(n)) : o->isas & 1u << FUZZ_SET_MMU;
}

static void
print_classes(const struct bt_row *row)
{
	for (const char *p = actions[row->action]; *p; p++)
		putchar(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
	for (unsigned i = 0; i < N_FLAGS; i++)
		if (row->flags & flags[i].flag)
			printf(" %s", flags[i].name);
	printf("%s%s", fuzz_row_lax(row) ? " lax" : "", fuzz_ldst_has(row) ? " ldst" : "");
}

void
fuzz_row_list(const struct fuzz_options *o)
{
	for (unsigned i = 0; i < fuzz_row_count(); i++) {
		const struct bt_row *row = fuzz_row(i);
		const char *why = fuzz_row_exempt(row);

		if (!(o->isas & 1u << row->isa))
			continue;
		printf("%s %-40s %-40s ", sets[row->isa], row->pattern, row->name);
		print_classes(row);
		printf("%s%s\n", why ? "; only by its name: " : "", why ? why : "");
	}
	for (unsigned i = fuzz_row_count(); i < fuzz_row_total() && o->isas & 1u << FUZZ_SET_MMU; i++)
		printf("mmu %s\n", fuzz_row_name(i));
}
