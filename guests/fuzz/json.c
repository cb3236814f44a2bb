// SPDX-License-Identifier: MIT
//
// See json.h. Reads only what is needed of JSON: members are found by their names, what
// isn't asked for is skipped. No escapes in names, and none are needed in our values.
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "guests/fuzz/json.h"
#include "guests/fuzz/mmu.h"
#include "guests/fuzz/row.h"
#include "guests/fuzz/state.h"
#include "monitor/base/psr.h"
#include "monitor/base/types.h"

#define VALID_MODES 0x888fu // M[3:0] of a core without Security and Virtualization Extensions

void
fuzz_json_string(FILE *f, const char *text)
{
	putc('"', f);
	for (; *text; text++) {
		if ((unsigned char)*text < ' ')
			fprintf(f, "\\u%04x", (unsigned char)*text);
		else
			fprintf(f, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	}
	putc('"', f);
}

void
fuzz_json_case(FILE *f, const struct fuzz_item *item)
{
	const struct fuzz_case *c = &item->c;
	const struct bt_row *row = fuzz_gen_row_of(item);
	const char *comma = "";

	if (fuzz_gen_kind(item) == FUZZ_MMU) {
		fprintf(f, "\"case\":\"mmu:%" PRIu64 ":%" PRIu64 "\",", item->id.seed, item->id.number);
		fuzz_mmu_write(f, &item->p);
		return;
	}
	fprintf(f, "\"case\":\"%s:%" PRIu64 ":%" PRIu64 "\",\"row\":", fuzz_row_isa(item->id.isa), item->id.seed,
		item->id.number);
	fuzz_json_string(f, row ? row->name : "plain");
	fprintf(f, ",\"insn\":\"0x%x\",\"at\":%u,\"slot\":%u,\"flags\":%u,\"entry\":%u,\"rights\":\"0x%x\",\"pokes\":[",
		fuzz_gen_insn(item), item->at, c->slot, c->flags, c->entry, c->rights);
	for (unsigned i = 0; i < c->n_pokes; i++)
		fprintf(f, "%s\"0x%x\",\"0x%x\"", i ? "," : "", c->poke[i].address, c->poke[i].value);
	fputs("],\"code\":[", f);
	for (unsigned i = 0; i < FUZZ_SLOT_WORDS; i++)
		fprintf(f, "%s\"0x%x\"", i ? "," : "", c->code[i]);
	fputs("],\"start\":{", f);
	for (unsigned i = 0; i < FUZZ_STATE_WORDS; i++) {
		uint32_t value = fuzz_state_word(&c->start, i);

		if (!value)
			continue;
		fprintf(f, "%s\"%s\":\"0x%x\"", comma, fuzz_state_name(i), value);
		comma = ",";
	}
	putc('}', f);
}

//----------------------------------------------------------------------------
// Reading

static const char *
skip_space(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

// Behind the string, number, array or object that p begins with; NULL if it doesn't end.
static const char *
skip_value(const char *p)
{
	unsigned depth = 0;

	do {
		if (*p == '"') {
			for (p++; *p && *p != '"'; p++)
				p += *p == '\\' && p[1];
			if (!*p++)
				return NULL;
		} else if (*p == '{' || *p == '[') {
			depth++;
			p++;
		} else if (*p == '}' || *p == ']') {
			if (!depth--)
				return NULL;
			p++;
		} else {
			p += depth ? 1 : strcspn(p, ",]} \t\r\n");
		}
	} while (depth && *p);
	return depth ? NULL : p;
}

const char *
fuzz_json_member(const char *text, const char *key)
{
	size_t len = strlen(key);
	const char *p = skip_space(text);

	if (*p++ != '{')
		return NULL;
	for (p = skip_space(p); *p == '"'; p = skip_space(p + 1)) {
		const char *name = p + 1, *end = skip_value(p);

		if (!end)
			return NULL;
		p = skip_space(end);
		if (*p != ':')
			return NULL;
		p = skip_space(p + 1);
		if ((size_t)(end - 1 - name) == len && !memcmp(name, key, len))
			return p;
		p = skip_value(p);
		if (!p)
			return NULL;
		p = skip_space(p);
		if (*p != ',')
			return NULL;
	}
	return NULL;
}

bool
fuzz_json_number(const char *text, uint64_t *value)
{
	char *end;

	text += *text == '"';
	if (!isdigit((unsigned char)*text))
		return false;
	*value = strtoull(text, &end, 0);
	return strchr("\",]} \t\r\n", *end) != NULL;
}

int
fuzz_json_array(const char *text, uint64_t *values, unsigned max)
{
	int n = 0;
	const char *p = skip_space(text);

	if (*p != '[')
		return -1;
	for (p = skip_space(p + 1); *p != ']'; p = skip_space(p + 1), n++) {
		if ((unsigned)n == max || !fuzz_json_number(p, &values[n]))
			return -1;
		p = skip_value(p);
		if (!p)
			return -1;
		p = skip_space(p);
		if (*p == ']')
			return n + 1;
		if (*p != ',')
			return -1;
	}
	return n;
}

bool
fuzz_json_id(const char *text, struct fuzz_id *id)
{
	int used = 0;

	for (id->isa = 0; id->isa < FUZZ_SETS; id->isa++) {
		size_t len = strlen(fuzz_row_isa(id->isa));

		if (!strncmp(text, fuzz_row_isa(id->isa), len) &&
		    sscanf(text + len, ":%" SCNu64 ":%" SCNu64 "%n", &id->seed, &id->number, &used) == 2 &&
		    (!text[len + (size_t)used] || text[len + (size_t)used] == '"'))
			return true;
	}
	return false;
}

static bool
read_u32(const char *line, const char *key, uint32_t *value)
{
	const char *p = fuzz_json_member(line, key);
	uint64_t n;

	if (!p || !fuzz_json_number(p, &n) || n > UINT32_MAX)
		return false;
	*value = (uint32_t)n;
	return true;
}

static bool
read_pokes(const char *line, struct fuzz_case *c)
{
	uint64_t words[2 * FUZZ_POKES];
	const char *p = fuzz_json_member(line, "pokes");
	int n = p ? fuzz_json_array(p, words, 2 * FUZZ_POKES) : -1;

	if (n < 0 || n % 2)
		return false;
	c->n_pokes = (uint32_t)n / 2;
	for (unsigned i = 0; i < c->n_pokes; i++) {
		c->poke[i] = (struct fuzz_word){(uint32_t)words[2 * i], (uint32_t)words[2 * i + 1]};
		if (c->poke[i].address % 4 || c->poke[i].address - FUZZ_WINDOW >= FUZZ_WINDOW_BYTES)
			return false;
	}
	return true;
}

static bool
read_code(const char *line, struct fuzz_case *c)
{
	uint64_t words[FUZZ_SLOT_WORDS];
	const char *p = fuzz_json_member(line, "code");

	if (!p || fuzz_json_array(p, words, FUZZ_SLOT_WORDS) != (int)FUZZ_SLOT_WORDS)
		return false;
	for (unsigned i = 0; i < FUZZ_SLOT_WORDS; i++)
		c->code[i] = (uint32_t)words[i];
	return true;
}

static bool
read_start(const char *line, struct fuzz_state *s)
{
	const char *start = fuzz_json_member(line, "start");
	uint32_t value;

	if (!start)
		return false;
	for (unsigned i = 0; i < FUZZ_STATE_WORDS; i++)
		if (read_u32(start, fuzz_state_name(i), &value))
			fuzz_state_set(s, i, value);
	return s->cpsr & 0x10u && bit(VALID_MODES, s->cpsr & 15u);
}

static bool
read_program(const char *line, struct fuzz_mmu_program *p)
{
	uint64_t words[4u * FUZZ_MMU_OPS];
	const char *ops = fuzz_json_member(line, "ops");
	int n = ops ? fuzz_json_array(ops, words, 4u * FUZZ_MMU_OPS) : -1;

	return n >= 0 && fuzz_mmu_read(words, (unsigned)n, p) && read_u32(line, "flags", &p->flags);
}

const char *
fuzz_json_read(const char *line, struct fuzz_item *item)
{
	struct fuzz_case *c = &item->c;
	const char *object = skip_space(line), *end = *object == '{' ? skip_value(object) : NULL;
	const char *id = fuzz_json_member(line, "case");

	memset(item, 0, sizeof(*item));
	if (!end || *skip_space(end))
		return "is no JSON object, or cut short";
	if (!id || *id != '"' || !fuzz_json_id(id + 1, &item->id))
		return "no member \"case\" as \"a32:1:42\"";
	if (fuzz_gen_kind(item) == FUZZ_MMU)
		return read_program(line, &item->p) ? NULL : "no member \"ops\" or \"flags\", or a bad one";
	if (!read_u32(line, "at", &item->at) || item->at >= 4 * (FUZZ_SLOT_WORDS - 1) || item->at % 2)
		return "no member \"at\", or out of range";
	if (!read_u32(line, "slot", &c->slot) || c->slot >= FUZZ_SLOTS_MAX)
		return "no member \"slot\", or out of range";
	if (!read_u32(line, "flags", &c->flags) || !read_u32(line, "rights", &c->rights))
		return "no member \"flags\" or \"rights\"";
	if (!read_u32(line, "entry", &c->entry) || c->entry >= 4 * FUZZ_SLOT_WORDS)
		return "no member \"entry\", or out of range";
	if (!read_pokes(line, c))
		return "no member \"pokes\", or a bad one";
	if (!read_code(line, c))
		return "no member \"code\" of eight words";
	return read_start(line, &c->start) ? NULL : "no member \"start\", or with a CPSR of no mode";
}
