// SPDX-License-Identifier: MIT
//
// Writes docs/isa.md from the instruction tables (bt/*.def): for each row what
// becomes of it in the guest's kernel, its hypercall, and which operands are not
// UNPREDICTABLE. `make docs/isa.md` runs it, `make test-isa` compares.
#include <stdio.h>
#include <stdlib.h>
#include "bt/isa/decode.h"
#include "bt/isa/hyper_imm.h"
#include "monitor/base/arch.h"

// What a .def has in its order: groups, and rows, of which only the order counts here.
struct entry {
	const char *title, *section, *note;
};

#define BT_GROUP(title, section, note) {title, section, note},
#define BT_ROW(...)                    {NULL, NULL, NULL},
static const struct entry entries_a32[] = {
#include "bt/isa/a32.def"
};
static const struct entry entries_t16[] = {
#include "bt/isa/t16.def"
};
static const struct entry entries_t32[] = {
#include "bt/isa/t32.def"
};

// The closing of blocks is the block policy's; the page policy leaves branches alone.
#define BRANCH   "runs as it is; *block*: trapped until its target is scanned"
#define INDIRECT "runs as it is; *block*: always a hypercall"
#define RETURN   "emulated: CPSR from the SPSR of the virtual mode, then the branch"

static const char *const effects[BT_ACTION_COUNT] = {
    [BT_PLAIN] = "runs as it is",
    [BT_YIELD] = "replaced by NOP",
    [BT_SEV] = "replaced by NOP",
    [BT_WFE] = "emulated: nothing to wait for",
    [BT_WFI] = "emulated: waits for the VM's next interrupt",
    [BT_MRS] = "emulated: the virtual mode's CPSR or SPSR",
    [BT_MRS_BANKED] = "UNDEFINED: the VM has no Virtualization Extensions",
    [BT_MSR_BANKED] = "UNDEFINED: the VM has no Virtualization Extensions",
    [BT_MSR_REG] = "emulated: modes and masks are the virtual ones",
    [BT_MSR_IMM] = "emulated: modes and masks are the virtual ones",
    [BT_CPS] = "emulated: modes and masks are the virtual ones",
    [BT_SETEND] = "emulated",
    [BT_BX] = INDIRECT,
    [BT_BXJ] = "emulated: BX",
    [BT_BLX_REG] = INDIRECT,
    [BT_BKPT] = "traps by itself, given to the guest",
    [BT_UDF] = "traps by itself, given to the guest",
    [BT_SVC_THUMB] = "traps by itself, given to the guest",
    [BT_HVC] = "emulated: PSCI, if the machine's conduit is HVC; else UNDEFINED",
    [BT_SMC] = "UNDEFINED: the VM has no Security Extensions",
    [BT_ERET] = "UNDEFINED: the VM has no Virtualization Extensions",
    [BT_DP_RETURN] = RETURN,
    [BT_LDM_RETURN] = RETURN,
    [BT_PC_WRITE] = INDIRECT,
    [BT_ADR] = "runs as it is; what it names may be data",
    [BT_LDST_UNPRIV] = "emulated: with the rights of the guest's user mode",
    [BT_LITERAL_12] = "runs as it is; names a literal",
    [BT_LITERAL_8] = "runs as it is; names a literal",
    [BT_LITERAL_DUAL] = "runs as it is; names a literal of two words",
    [BT_LITERAL_VFP] = "runs as it is; names a literal",
    [BT_LITERAL_VFP_DUAL] = "runs as it is; names a literal of two words",
    [BT_LITERAL_PC] = INDIRECT "; names a literal",
    [BT_JUMP_TABLE] = INDIRECT "; names a table",
    [BT_TABLE_BRANCH] = INDIRECT "; names a table",
    [BT_LDM_USER] = "emulated: the virtual banks",
    [BT_STM_USER] = "emulated: the virtual banks",
    [BT_SRS] = "emulated: the stack of the mode named",
    [BT_RFE] = "emulated: CPSR from memory, then the branch",
    [BT_B] = BRANCH,
    [BT_B_COND] = BRANCH,
    [BT_CBZ] = BRANCH,
    [BT_BL] = BRANCH,
    [BT_BLX_IMM] = BRANCH,
    [BT_TPIDRURW] = "emulated: the register is taken by TPIDRPRW in the kernel",
    [BT_TPIDRPRW] = "replaced by MRC TPIDRURW, which holds TPIDRPRW in the kernel",
    [BT_CP_REG] = "emulated: the VM's own registers; cache maintenance to the point of coherency is replaced by NOP",
    [BT_CP_REG2] = "emulated: the VM's own registers",
    [BT_CP_OTHER] = "UNDEFINED",
    [BT_VFP_SYSTEM] = "emulated: the VM's own registers",
    [BT_SVC] = "given to the guest, told from a hypercall",
    [BT_IT] = "runs as it is",
};

void
arch_bug(const char *file, int line, const char *what)
{
	fprintf(stderr, "isa: %s:%d: %s\n", file, line, what);
	exit(1);
}

// Prints text, with what separates the items of a list in the tables replaced.
static void
print_list(const char *text, char separator, const char *instead)
{
	for (; *text; text++)
		if (*text == separator)
			fputs(instead, stdout);
		else
			putchar(*text);
}

// "t!=15|l=0 n!=15" as "`t!=15` or `l=0`, `n!=15`"
static void
print_operands(const char *text)
{
	if (!*text)
		return;
	putchar('`');
	for (; *text; text++) {
		if (*text == '|')
			fputs("` or `", stdout);
		else if (*text == ' ')
			fputs("`, `", stdout);
		else
			putchar(*text);
	}
	putchar('`');
}

static unsigned
values_owned(const struct bt_row *row, unsigned operand_bits)
{
	return (bt_gather(0xffffffffu, row->payload) >> operand_bits) + 1u;
}

static void
print_class(unsigned first, unsigned n)
{
	if (n == 1)
		printf("0x%02x", first);
	else
		printf("0x%02x-0x%02x", first, first + n - 1u);
}

static void
print_hypercall(const struct bt_row *row)
{
	static const uint8_t frame[BT_ISAS] = {BT_IMM_FRAME, BT_IMM_T16_FRAME, BT_IMM_T32_FRAME};

	if (row->action == BT_YIELD || row->action == BT_SEV || row->action == BT_TPIDRPRW || !row->imm)
		return;
	if (row->imm == frame[row->isa])
		fputs("by number", stdout);
	else if (row->isa == BT_A32)
		print_class(row->imm, values_owned(row, 16));
	else if (row->isa == BT_T16)
		print_class(row->imm, values_owned(row, 0));
	else
		print_class(row->imm, values_owned(row, 8));
}

static void
print_row(const struct bt_row *row)
{
	BUG_ON(!effects[row->action]);
	printf("| `%s` | ", row->pattern);
	print_list(row->name, '|', ", ");
	printf(" | %s | %s%s | ", row->section, effects[row->action],
	       row->flags & BT_SILENT      ? " (silent)"
	       : row->flags & BT_SENSITIVE ? " (traps)"
					   : "");
	print_hypercall(row);
	fputs(" | ", stdout);
	print_operands(row->operands);
	fputs(" |", stdout);
	if (row->isa != BT_A32)
		printf(" %s%s%s |", row->a32[0] ? "`" : "", row->a32[0] == '=' ? row->pattern : row->a32,
		       row->a32[0] ? "`" : "");
	putchar('\n');
}

static void
print_set(enum bt_isa isa, const char *title, const struct entry *entries, unsigned n_entries)
{
	unsigned n;
	const struct bt_row *row = bt_rows(isa, &n);

	printf("\n## %s\n", title);
	for (const struct entry *e = entries; e < entries + n_entries; e++) {
		if (!e->title) {
			print_row(row++);
			continue;
		}
		printf("\n### %s (%s)\n\n", e->title, e->section);
		if (e->note[0])
			printf("%s\n\n", e->note);
		printf("| pattern | instruction | section | in the guest's kernel | hypercall | operands |%s\n",
		       isa == BT_A32 ? "" : " as A32 |");
		printf("|---|---|---|---|---|---|%s\n", isa == BT_A32 ? "" : "---|");
	}
}

static const char intro[] =
    "<!-- Generated by docs/isa.c from bt/*.def: `make docs/isa.md` -->\n"
    "# What happens to an instruction\n"
    "\n"
    "The tables by which the translator decides ([design.md](design.md#2-scan-and-patch)), for "
    "code of the guest's *kernel*;\n"
    "user code is never touched. To find an encoding: in its instruction set, the **first** "
    "row whose pattern matches. One\n"
    "that no row matches is plain: it does the same at PL0 as at PL1, doesn't write the PC and "
    "names no literal. Sections\n"
    "are those of the ARM ARM (DDI 0406C).\n"
    "\n"
    "- **pattern**: 0 and 1 are fixed, letters are operands; c of A32 is a condition other "
    "than 1111; x are bits without a\n"
    "  meaning here. A *lax* row takes what the one above it leaves because should-be bits are "
    "wrong: UNPREDICTABLE, and\n"
    "  never guessed to be code.\n"
    "- **in the guest's kernel**: what becomes of it. *silent*: goes wrong at PL0 without a "
    "trap, so it must be replaced\n"
    "  before it is executed. *traps*: UNDEFINED or UNPREDICTABLE at PL0, replaced all the "
    "same. Branches differ by policy.\n"
    "- **hypercall**: the class of what takes its place. In A32 imm24[23:16] of an SVC; in T16 the low byte of the\n"
    "  unallocated 1011 0110 1xxx xxxx; in T32 i[15:8] of the unallocated 1111 0111 1110 iiii 1010 iiii iiii iiii. The "
    "rest\n"
    "  are the letters' bits in the order of the pattern (`bt/isa/hyper_imm.h`). *By number*: it carries an index into "
    "the "
    "VM's\n"
    "  table of words (`bt/code/intern.h`).\n"
    "- **operands**: conditions without which it is UNPREDICTABLE, as far as the encoding "
    "alone tells. `d%2`: a multiple of\n"
    "  2; `n~l`: bit n of l is clear; `#m`: the ones in m; `c` in A32: the condition.\n"
    "- **as A32**: the A32 instruction with the same effect, which the monitor emulates.\n";

int
main(void)
{
	bt_decode_init();
	fputs(intro, stdout);
	print_set(BT_A32, "A32", entries_a32, ARRAY_LEN(entries_a32));
	print_set(BT_T16, "T16", entries_t16, ARRAY_LEN(entries_t16));
	print_set(BT_T32, "T32", entries_t32, ARRAY_LEN(entries_t32));
	return 0;
}
