// SPDX-License-Identifier: MIT
//
// Reads its arguments from the device tree's bootargs (seed=N first=N steps=N ram=MIB strict=1; for debugging
// only=KIND, sweep=1 after each step), wipes its RAM, and does steps. What it finds it says on the UART and in its
// report, and then powers off.
#include "test/hostile/cp.h"
#include "test/hostile/tables.h"

#define UARTDR 0x00u
#define UARTFR 0x18u
#define UARTCR 0x30u
#define TXFF   0x20u
#define CR_ON  0x301u

_Noreturn void power_off(void); // PSCI SYSTEM_OFF and SYSTEM_RESET
_Noreturn void system_reset(void);
_Noreturn void guest_stray(uint32_t vector);
extern uint32_t bss_end[];
void guest_main(const uint32_t *dtb, uint32_t firmware);

struct arguments arg;

static const struct {
	const char *name;
	uint32_t weight, firmware;
	void (*step)(void);
} steps[N_STEPS] = {
#define STEP(name, weight, firmware, text) {#name, weight, firmware, step_##name},
#include "test/hostile/steps.def"
#undef STEP
};

void
print(const char *text)
{
	at(UART + UARTCR)[0] = CR_ON;
	for (; *text; text++) {
		for (unsigned i = 0; i < 1000u && at(UART + UARTFR)[0] & TXFF; i++)
			;
		at(UART + UARTDR)[0] = (uint8_t)*text;
	}
}

void
print_hex(uint32_t value)
{
	char text[10] = " ";

	for (unsigned i = 0; i < 8; i++)
		text[i + 1] = "0123456789abcdef"[value >> (28u - 4u * i) & 15u];
	text[9] = '\0';
	print(text);
}

static void
note(const char *text, const uint32_t detail[4])
{
	struct hostile_report *r = REPORT;
	unsigned i;

	for (i = 0; text[i] && i < sizeof(r->text) - 1u; i++)
		r->text[i] = text[i];
	r->text[i] = '\0';
	for (i = 0; i < 4; i++)
		r->detail[i] = detail[i];
}

static void
say(const char *text, const uint32_t detail[4])
{
	print("hostile: step");
	print_hex(REPORT->step);
	print(" ");
	print(REPORT->kind < N_STEPS ? steps[REPORT->kind].name : "-");
	print(": ");
	print(text);
	for (unsigned i = 0; i < 4; i++)
		print_hex(detail[i]);
	print("\n  last code at");
	print_hex(code_place);
	print(code_is_thumb ? ", Thumb:" : ":");
	for (unsigned i = 0; i < 8 && code_place; i++)
		print_hex(at(code_place & ~3u)[i]);
	print("\n");
}

void
fail(const char *text, uint32_t a, uint32_t b, uint32_t c)
{
	const uint32_t detail[4] = {a, b, c, now.space};

	__asm__ volatile("cpsid aif");
	note(text, detail);
	REPORT->failed = 1;
	say(text, detail);
	power_off();
}

// A trap outside of the guards: made code can't write to what the guest needs, so something else is wrong.
void
guest_stray(uint32_t vector)
{
	const uint32_t detail[4] = {vector, trapped.pc, trapped.vector == V_DATA ? read_dfar() : trapped.spsr,
				    read_dfsr()};

	uint32_t sctlr = read_sctlr(), ttbcr = read_ttbcr();

	REPORT->failed = 1;
	note("stray", detail);
	regime_off();
	say("stray", detail);
	print("  space");
	print_hex(now.space);
	print(", sctlr, ttbcr");
	print_hex(sctlr);
	print_hex(ttbcr);
	print("\n");
	power_off();
}

void
seen(uint32_t value, uint32_t where)
{
	REPORT->checks++;
	if (is_canary(value))
		fail("a canary was read", where, value, trapped.pc);
}

//----------------------------------------------------------------------------
// The device tree (DTSpec 5.4): the one property that matters.

#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE   2u
#define FDT_PROP       3u
#define FDT_NOP        4u

static uint32_t
be(uint32_t word)
{
	return __builtin_bswap32(word);
}

static bool
same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static const char *
find_bootargs(const uint32_t *dtb)
{
	const uint32_t *p = dtb + be(dtb[2]) / 4u, *end = p + be(dtb[9]) / 4u;
	const char *strings = (const char *)dtb + be(dtb[3]);

	while (p < end) {
		uint32_t token = be(*p++);

		if (token == FDT_BEGIN_NODE) {
			while (!(((*p - 0x01010101u) & ~*p) & 0x80808080u)) // no zero byte yet
				p++;
			p++;
		} else if (token == FDT_PROP) {
			if (same(strings + be(p[1]), "bootargs"))
				return (const char *)(p + 2);
			p += 2u + (be(p[0]) + 3u) / 4u;
		} else if (token != FDT_NOP && token != FDT_END_NODE) {
			break;
		}
	}
	return "";
}

static uint32_t
argument(const char *args, const char *name, uint32_t otherwise)
{
	for (const char *p = args; *p; p++) {
		const char *n = name, *q = p;
		uint32_t value = 0;

		while (*n && *q == *n)
			q++, n++;
		if (*n || *q != '=' || (p != args && p[-1] != ' '))
			continue;
		while (*++q >= '0' && *q <= '9')
			value = value * 10u + (uint32_t)(*q - '0');
		return value;
	}
	return otherwise;
}

static void
read_arguments(const uint32_t *dtb)
{
	const char *args = find_bootargs(dtb);

	arg.seed = argument(args, "seed", 1);
	arg.first = argument(args, "first", 0);
	arg.steps = argument(args, "steps", 1000);
	arg.ram_mib = argument(args, "ram", 16);
	arg.strict = argument(args, "strict", 0);
	arg.sweep = argument(args, "sweep", 0);
	arg.only = argument(args, "only", N_STEPS);
}

//----------------------------------------------------------------------------

static void
wipe(uint32_t from, uint32_t to)
{
	for (volatile uint32_t *p = at(from); p < at(to); p++)
		*p = 0;
}

static uint32_t
total_weight(void)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < N_STEPS; i++)
		if (arg.firmware || !steps[i].firmware)
			sum += steps[i].weight;
	return sum;
}

static unsigned
choose(uint32_t sum)
{
	uint32_t n = below(sum);
	unsigned i;

	for (i = 0; i < N_STEPS - 1u; i++) {
		uint32_t weight = arg.firmware || !steps[i].firmware ? steps[i].weight : 0;

		if (n < weight)
			break;
		n -= weight;
	}
	return i;
}

static void
start_report(void)
{
	struct hostile_report *r = REPORT;

	r->seed = arg.seed;
	r->first = arg.first;
	r->steps = arg.steps;
	r->kind = N_STEPS;
	r->magic[1] = HOSTILE_MAGIC_1;
	r->magic[2] = HOSTILE_MAGIC_2;
	r->magic[3] = HOSTILE_MAGIC_3;
	r->magic[0] = HOSTILE_MAGIC_0;
}

void
guest_main(const uint32_t *dtb, uint32_t firmware)
{
	uint32_t sum;

	read_arguments(dtb);
	arg.firmware = firmware;
	wipe(RAM, RAM + 0x10000u);
	wipe((uint32_t)bss_end, RAM + arg.ram_mib * MIB);
	random_begin(arg.seed, ~0u);
	start_report();
	regime_init();
	sysreg_restore();
	gic_restore();
	alias_init();
	sum = total_weight();
	for (uint32_t n = arg.first; n < arg.first + arg.steps; n++) {
		unsigned kind;

		random_begin(arg.seed, n);
		kind = arg.only < N_STEPS ? arg.only : choose(sum);
		REPORT->step = n;
		REPORT->kind = kind;
		steps[kind].step();
		REPORT->count[kind]++;
		if (arg.sweep)
			alias_sweep();
	}
	alias_sweep();
	REPORT->step = arg.first + arg.steps;
	REPORT->finished = 1;
	if (one_in(4))
		system_reset();
	power_off();
}
