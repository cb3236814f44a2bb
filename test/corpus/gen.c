// SPDX-License-Identifier: MIT
//
// gen SEED c|arm|thumb: code at random for the corpus, as C or as assembly in one of the states, on standard output.
// It has what makes code and data hard to tell: pools, jump tables, ADR and TBB tables, strings and padding amid code,
// words that look like sensitive instructions, and such instructions. It is compiled, never run.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define FUNCTIONS 24u // of a file in C, and as many times
#define TIMES     6u  // of one in assembly
#define FILES     64u // whose functions are called

static uint64_t state;
static unsigned seed, labels;

static uint32_t
rnd(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

// A number as programs have them: addresses, small ones, bits.
static uint32_t
number(void)
{
	switch (rnd(8)) {
	case 0:
		return rnd(0x80000000u) << 1 | rnd(2);
	case 1:
		return 0x40000000u + rnd(0x400000) * 4u;
	case 2:
		return 0xc0000000u + rnd(0x1000000) * 4u;
	case 3:
		return 0x20000u + rnd(0x40000);
	case 4:
		return 1u << rnd(32);
	default:
		return rnd(0x4000);
	}
}

// Or one that looks like an instruction: only where code that loads it tells that it isn't.
static uint32_t
constant(void)
{
	static const uint32_t hard[] = {0xe10f0000, 0xf10c0080, 0xb672b662, 0xb650b671, 0xe8ddc013, 0xbf30bf20,
					0xe321f0d3, 0xf3efb8ff, 0x8100f3ef, 0xe320f003, 0xe1a00000, 0x4770b510};

	return rnd(8) ? number() : hard[rnd(sizeof(hard) / sizeof(hard[0]))];
}

static const char *
word(void)
{
	static const char *const words[] = {"error",         "%s: %d\\n", "no such device",
					    "usr",           "IRQ",       "/dev/mem",
					    "out of memory", "%08x ",     "abcdefghijklmnopqrstuvwxyz",
					    "Copyright"};

	return words[rnd(sizeof(words) / sizeof(words[0]))];
}

// What is sensitive in both instruction sets; the register is %0 or r0 to r7.
static const char *const sensitive[] = {"mrs %s, cpsr",
					"msr cpsr_c, %s",
					"cpsid i",
					"cpsie if",
					"mcr p15, 0, %s, c7, c5, 0",
					"mrc p15, 0, %s, c1, c0, 0",
					"wfi",
					"wfe",
					"sev",
					"mrs %s, spsr",
					"mcr p15, 0, %s, c8, c7, 0",
					"mrc p15, 0, %s, c13, c0, 4",
					"mrc p15, 0, %s, c13, c0, 2",
					"cps #0x13",
					"mcr p15, 0, %s, c3, c0, 0",
					"msr spsr_cxsf, %s"};

static const char *
one_sensitive(const char *reg)
{
	static char text[64];

	snprintf(text, sizeof(text), sensitive[rnd(sizeof(sensitive) / sizeof(sensitive[0]))], reg);
	return text;
}

static void
c_statement(unsigned depth)
{
	switch (rnd(16)) {
	case 0:
		if (depth < 2) {
			unsigned n = 4u + rnd(40);

			printf("\tswitch (a & %u) {\n", rnd(2) ? 63u : 255u);
			for (unsigned i = 0; i < n; i++) {
				printf("\tcase %u:\n", i);
				c_statement(depth + 1u);
				if (rnd(4))
					puts("\tbreak;");
			}
			puts("\t}");
		}
		break;
	case 1:
		printf("\tb += puts(\"%s %u\");\n", word(), rnd(100));
		break;
	case 2:
		printf("\ta ^= %#xu;\n", constant());
		break;
	case 3:
		printf("\tp[%u] = %#xu;\n", rnd(2000), constant());
		break;
	case 4:
		printf("\tif (a > %#x) b = f%u_%u(b, a, p);\n", rnd(0x10000), rnd(FILES), rnd(FUNCTIONS));
		break;
	case 5:
		printf("\twhile (b-- > %u) a += p[b];\n", rnd(100));
		break;
	case 6:
		printf("\t*(volatile unsigned *)%#xu |= %#xu;\n", constant() & ~3u, constant());
		break;
	case 7:
		printf("\td = d * %u.%u + a;\n", rnd(1000), rnd(1000));
		break;
	case 8:
		printf("\tq = q * 0x%x%08xull + b;\n", constant(), constant());
		break;
	case 9:
		if (rnd(3) == 0)
			printf("\tSENSITIVE(__asm__ volatile(\"%s\" : \"+r\"(a) : : \"memory\"));\n",
			       one_sensitive("%0"));
		break;
	case 10:
		printf("\tif (a == %u) return b;\n", rnd(1000));
		break;
	case 11:
		printf("\tb = table[a & 15] + (b >> %u);\n", rnd(32));
		break;
	case 12:
		printf("\tif (b < %u) { __builtin_trap(); }\n", rnd(100));
		break;
	default:
		printf("\ta = (a %c b) %c %u;\n", "+-*&|^"[rnd(6)], "+-*&|^"[rnd(6)], rnd(5000));
	}
}

static void
c_file(void)
{
	puts("#if defined(__thumb__) ? __ARM_ARCH >= 7 : __ARM_ARCH >= 6\n#define SENSITIVE(x) x\n#else\n"
	     "#define SENSITIVE(x)\n#endif");
	puts("int puts(const char *);\nstatic const int table[16] = {1, 2, 3, 5, 7, 11};");
	for (unsigned i = 0; i < FILES; i++)
		for (unsigned k = 0; k < FUNCTIONS; k++)
			printf("int f%u_%u(int, int, unsigned *);\n", i, k);
	for (unsigned k = 0; k < FUNCTIONS; k++) {
		printf("int f%u_%u(int a, int b, unsigned *p)\n{\n\tdouble d = b; unsigned long long q = a;\n",
		       seed % FILES, k);
		for (unsigned n = 3u + rnd(20); n; n--)
			c_statement(0);
		puts("\treturn a + b + (int)d + (int)q;\n}");
	}
}

static const char *
reg(void)
{
	static char text[4][4];
	static unsigned n;

	n = (n + 1u) % 4u;
	snprintf(text[n], sizeof(text[n]), "r%u", rnd(8));
	return text[n];
}

static void
s_table(int thumb)
{
	unsigned n = 2u + rnd(20), l = labels++, wide = rnd(2);

	if (thumb) {
		printf("\tcmp r1, #%u\n\tbhi 9f\n\ttb%c [pc, r1%s]\n1:\n", n - 1u, wide ? 'h' : 'b',
		       wide ? ", lsl #1" : "");
		for (unsigned i = 0; i < n; i++)
			printf("\t.%s (.Lt%u_%u - 1b) / 2\n", wide ? "hword" : "byte", l, i % 3u);
		puts("\t.balign 2");
	} else {
		printf("\tcmp r1, #%u\n\tldrls pc, [pc, r1, lsl #2]\n\tb 9f\n", n - 1u);
		for (unsigned i = 0; i < n; i++)
			printf("\t.word .Lt%u_%u\n", l, i % 3u);
	}
	for (unsigned i = 0; i < 3u; i++)
		printf(".Lt%u_%u:\tadds %s, %s, #%u\n\t%s\n", l, i, reg(), reg(), rnd(8), i < 2u ? "b 9f" : "nop");
	puts("9:");
}

static void
s_instruction(int thumb)
{
	switch (rnd(20)) {
	case 0:
		printf("\tldr %s, =%#x\n", reg(), constant());
		break;
	case 1:
		printf("\tldr %s, =f%u_%u\n", reg(), rnd(FILES), rnd(FUNCTIONS));
		break;
	case 2:
		printf("\tbl f%u_%u\n", rnd(FILES), rnd(FUNCTIONS));
		break;
	case 3:
		if (rnd(2))
			printf("\t%s\n", one_sensitive(reg()));
		break;
	case 4:
		printf("\tstr %s, [%s, #%u]\n", reg(), reg(), 4u * rnd(30));
		break;
	case 5:
		printf("\tldr %s, [%s, #%u]\n", reg(), reg(), 4u * rnd(30));
		break;
	case 6:
		printf("\tcmp %s, #%u\n\tbne 8f\n\tmov %s, %s\n8:\n", reg(), rnd(256), reg(), reg());
		break;
	case 7:
		printf("\tadds %s, %s, %s\n", reg(), reg(), reg());
		break;
	case 8:
		printf("\tldrb %s, [%s, %s]\n", reg(), reg(), reg());
		break;
	case 9:
		if (thumb)
			printf("\tite eq\n\tmoveq %s, #%u\n\tmovne %s, #%u\n", reg(), rnd(200), reg(), rnd(200));
		else
			printf("\tmoveq %s, #%u\n\tmovne %s, #%u\n", reg(), rnd(200), reg(), rnd(200));
		break;
	case 10:
		if (rnd(3) == 0)
			s_table(thumb);
		break;
	case 11:
		printf("\tbic %s, %s, #%#x\n", reg(), reg(), 0xffu << 2u * rnd(12));
		break;
	default:
		printf("\t%s %s, %s, #%u\n", rnd(2) ? "adds" : "lsls", reg(), reg(), 1u + rnd(7));
	}
}

// A function, its end, and what stands behind it.
static void
s_function(int thumb, unsigned k)
{
	static const char *const ends[] = {"pop {r4, r5, pc}", "bx lr", "b .", "pop {r4, r5, pc}"};
	unsigned adr = rnd(4);

	printf("\t.global f%u_%u\n\t.type f%u_%u, %%function\n%sf%u_%u:\n\tpush {r4, r5, lr}\n", seed % FILES, k,
	       seed % FILES, k, thumb ? "\t.thumb_func\n" : "", seed % FILES, k);
	if (!adr)
		printf("\tadr r2, .La%u\n\tldr%s r0, [r2%s]\n", k, rnd(2) ? "b" : "", rnd(2) ? "" : ", r1");
	for (unsigned n = 3u + rnd(30); n; n--)
		s_instruction(thumb);
	printf("\t%s\n\t.ltorg\n", ends[rnd(4)]);
	if (!adr) {
		printf("\t.balign 4\n.La%u:\n", k);
		for (unsigned n = 1u + rnd(12); n; n--)
			printf("\t.word %#x\n", number());
	}
	if (!rnd(6))
		printf("\t.asciz \"%s %u\"\n\t.balign 4, 0\n", word(), rnd(1000));
	if (!rnd(8))
		printf("\t.balign %u\n", 16u << rnd(3));
	if (!rnd(20))
		printf("\t.space %u, %#x\n", 4u + 4u * rnd(64), rnd(2) ? 0 : 0xff);
}

static void
s_file(int thumb)
{
	printf("\t.syntax unified\n\t.text\n\t.%s\n", thumb ? "thumb" : "arm");
	for (unsigned k = 0; k < TIMES * FUNCTIONS; k++) {
		puts("\t.balign 4");
		s_function(thumb, k);
	}
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		return 1;
	seed = (unsigned)atoi(argv[1]);
	state = seed * 2654435761u + (unsigned)argv[2][0];
	for (unsigned i = 0; i < 8u; i++)
		rnd(2);
	if (argv[2][0] == 'c')
		c_file();
	else
		s_file(argv[2][0] == 't');
	return 0;
}
