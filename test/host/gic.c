// SPDX-License-Identifier: MIT
// uses: monitor/board/gic.c monitor/board/console.c monitor/cpu/irq.c monitor/cpu/vtimer.c monitor/dev/vgic.c monitor/dev/vgic_dist.c
// uses: monitor/dev/vgic_cpuif.c monitor/dev/vpl011.c monitor/dev/vpl031.c monitor/dev/dev.c monitor/cpu/vpmu.c monitor/board/hostpmu.c
//
// The host's interrupts: its GICv2, here a model with registers in any state and levels that stay, its UART and its
// timer, as irq.c sets them up and serves them.
#include <stdlib.h>
#include <string.h>
#include "monitor/board/console.h"
#include "monitor/board/gic.h"
#include "monitor/cpu/inject.h"
#include "monitor/cpu/irq.h"
#include "monitor/base/sysreg.h"
#include "monitor/cpu/shared.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"

#define GICD      0x2c001000u
#define GICC      0x2c002000u
#define UART      0x1c090000u
#define LINES     96u
#define UART_IRQ  37u
#define TIMER_IRQ 27u
#define FOREIGN   70u
#define SGI       3u

// The model: what is enabled, pending and so on, of group 1 told apart as to a Secure core.
static struct {
	uint32_t d_ctlr, c_ctlr, pmr, bpr, apr[4];
	bool enabled[1024], pending[1024], active[1024], group1[1024], level[1024], edge[1024];
	uint8_t priority[1024], target[1024];
	uint8_t self; // GICD_ITARGETSR0's
	unsigned running;
	unsigned acks, bad_eois, beyond;
	uint32_t iar;
} g;

static struct {
	uint32_t fr, cr, lcr, imsc;
	unsigned busy; // reads until FR_BUSY and FR_TXFF go
	char out[64];
	unsigned n_out, reads, set_up_while_on;
	char in[64];
	unsigned n_in, at_in;
} u;

static _Noreturn void crash(struct vcpu *vcpu, const char *what);
static const struct vm_asks asks = {.crash = crash};
static struct vm vm;
static struct vcpu v;
static unsigned injected;

void
inject_irq(struct vcpu *vcpu)
{
	(void)vcpu;
	injected++;
}

void
inject_fiq(struct vcpu *vcpu)
{
	(void)vcpu;
}

static _Noreturn void
crash(struct vcpu *vcpu, const char *what)
{
	(void)vcpu;
	printf("%s\n", what);
	abort();
}

static bool
asserted(unsigned n)
{
	if (n == UART_IRQ)
		return g.level[n] || (u.imsc && u.at_in < u.n_in);
	if (n == TIMER_IRQ)
		return sysreg_fake[SYSREG_cntv_ctl] & 1;
	return g.level[n];
}

// GICC_IAR of a Secure core: with AckCtl clear, group 1 is 1022.
static uint32_t
acknowledge(void)
{
	CHECK(++g.acks < 100000);
	for (unsigned n = 0; n < LINES; n++) {
		if (!g.enabled[n] || g.active[n] || !(g.pending[n] || asserted(n)) || !(g.d_ctlr & 1) || g.apr[0])
			continue;
		if (n >= 32 && !(g.target[n] & g.self))
			continue;
		if (g.group1[n])
			return 1022;
		if (!(g.c_ctlr & 1) || g.priority[n] >= g.pmr)
			continue;
		g.active[n] = true;
		g.pending[n] = false;
		g.iar = n | (n == SGI ? 2u << 10 : 0);
		return g.iar;
	}
	return 1023;
}

static uint32_t
gather(const bool *array, uint32_t first)
{
	uint32_t word = 0;

	for (unsigned n = 0; n < 32; n++)
		word |= (uint32_t)array[first + n] << n;
	return word;
}

static void
scatter(bool *array, uint32_t first, uint32_t word, bool to)
{
	g.beyond += first >= LINES;
	for (unsigned n = 0; n < 32; n++)
		if (word >> n & 1)
			array[first + n] = to;
}

static uint32_t
read_gicd(uint32_t at)
{
	uint32_t cfgr = 0;

	if (at == 0x004)
		return LINES / 32 - 1;
	if (at >= 0x800 && at < 0x820)
		return g.self * 0x01010101u;
	if (at < 0xc00)
		return at == 0 ? g.d_ctlr : gather(g.enabled, (at & 0x7f) * 8);
	for (unsigned n = 0; n < 16; n++)
		cfgr |= (uint32_t)g.edge[(at - 0xc00) * 4 + n] << (2 * n + 1);
	return cfgr;
}

static void
write_gicd(uint32_t at, uint32_t value)
{
	uint32_t first = (at & 0x7f) * 8;

	if (at == 0) {
		g.d_ctlr = value;
	} else if (at < 0x100) {
		scatter(g.group1, first, ~0u, false);
		scatter(g.group1, first, value, true);
	} else if (at < 0x180) {
		scatter(g.enabled, first, value, true);
	} else if (at < 0x200) {
		scatter(g.enabled, first, first ? value : value & 0xffff0000u, false); // SGIs stay enabled
	} else if (at >= 0x280 && at < 0x300) {
		scatter(g.pending, first, value, false);
	} else if (at >= 0x380 && at < 0x400) {
		scatter(g.active, first, value, false);
	} else if (at >= 0x400 && at < 0x800) {
		g.priority[at - 0x400] = (uint8_t)value;
	} else if (at >= 0x800 && at < 0xc00) {
		g.target[at - 0x800] = (uint8_t)value;
	} else if (at >= 0xc00 && at < 0xd00) {
		for (unsigned n = 0; n < 16; n++)
			g.edge[(at - 0xc00) * 4 + n] = value >> (2 * n + 1) & 1;
	}
}

static void
write_gicc(uint32_t at, uint32_t value)
{
	switch (at) {
	case 0x00:
		g.c_ctlr = value;
		break;
	case 0x04:
		g.pmr = value;
		break;
	case 0x08:
		g.bpr = value;
		break;
	case 0x10:
		g.bad_eois += value != g.iar;
		if (!(g.c_ctlr >> 9 & 3)) // EOImode: else the priority drops, and no more
			g.active[value & 0x3ff] = false;
		break;
	case 0xd0 ... 0xdc:
		g.apr[(at - 0xd0) / 4] = value;
	}
}

static uint32_t
read_uart(uint32_t at)
{
	if (at == 0x18) {
		u.reads++;
		if (u.busy && u.busy != ~0u)
			u.busy--;
		return (u.busy ? 0x28u : 0) | (u.at_in < u.n_in ? 0 : 0x10u);
	}
	return at == 0x00 && u.at_in < u.n_in ? (uint8_t)u.in[u.at_in++] | 0x300u : at == 0x30 ? u.cr : 0;
}

static void
write_uart(uint32_t at, uint32_t value)
{
	u.set_up_while_on += at == 0x2c && (u.cr & 1 || u.busy);
	if (at == 0x00 && u.n_out < sizeof(u.out))
		u.out[u.n_out++] = (char)value;
	*(at == 0x30 ? &u.cr : at == 0x2c ? &u.lcr : at == 0x38 ? &u.imsc : &u.fr) = value;
}

static uint32_t
model_read(uint32_t at)
{
	if (at >= UART && at < UART + 0x1000)
		return read_uart(at - UART);
	if (at >= GICC && at < GICC + 0x1000)
		return at == GICC + 0x0c ? acknowledge() : at == GICC + 0xfc ? 0x0202043b : at == GICC ? g.c_ctlr : 0;
	return read_gicd(at - GICD);
}

static void
model_write(uint32_t at, uint32_t value)
{
	if (at >= UART && at < UART + 0x1000)
		write_uart(at - UART, value);
	else if (at >= GICC && at < GICC + 0x1000)
		write_gicc(at - GICC, value);
	else
		write_gicd(at - GICD, value);
}

static uint32_t
now(void *ctx)
{
	(void)ctx;
	return 0;
}

static void
level(void *ctx, bool high)
{
	(void)ctx;
	(void)high;
}

static void
tx(void *ctx, uint8_t byte)
{
	(void)ctx;
	(void)byte;
}

// A board as another kernel left it in the middle of things, and the monitor set up on it.
static void
begin(const char *name, uint8_t self, uint32_t c_ctlr)
{
	static const struct host h = {
	    .gicd = GICD, .gicc = GICC, .uart = UART, .uart_irq = UART_IRQ, .timer_irq = TIMER_IRQ};

	check_case(name);
	memset(&g, 0xff, sizeof(g));
	g.self = self;
	g.c_ctlr = c_ctlr;
	g.acks = g.bad_eois = g.beyond = 0;
	for (unsigned n = 0; n < 1024; n++) {
		g.enabled[n] = g.pending[n] = g.active[n] = g.group1[n] = g.edge[n] = true;
		g.level[n] = n == FOREIGN || n == FOREIGN + 1;
	}
	memset(&u, 0, sizeof(u));
	u.cr = 0xff01;
	u.imsc = 0x7ff;
	vm = (struct vm){.ask = &asks};
	memset(&v, 0, sizeof(v));
	v.vm = &vm;
	vm.vcpu[0] = &v;
	vgic_init(&vm.gic, 1);
	vpl011_init(&vm.uart, &(struct vpl011_cb){tx, level, &vm});
	vm.uart.lcr_h = 0x10; // FEN
	vpl031_init(&vm.rtc, &(struct vpl031_cb){now, level, &vm});
	sysreg_fake[SYSREG_cntv_ctl] = 1;
	sysreg_fake[SYSREG_cntfrq] = 1000000;
	console_init(UART);
	irq_init(&h);
	sysreg_fake_cntv_cval = 0;
	fake_arch_log();
}

static void
test_init(void)
{
	begin("set up from any state", 1u << 2, 0x7ff);
	for (unsigned n = SGI + 1; n < LINES; n++) {
		CHECK_EQ(g.enabled[n], n < 16 || n == UART_IRQ || n == TIMER_IRQ);
		CHECK(!g.pending[n] && !g.active[n] && !g.group1[n]);
	}
	CHECK_EQ(g.beyond, 0);
	CHECK_EQ(g.target[UART_IRQ], 1u << 2);
	CHECK(!g.edge[UART_IRQ] && g.edge[UART_IRQ + 1]);
	CHECK(g.priority[UART_IRQ] < g.pmr && g.priority[TIMER_IRQ] < g.pmr);
	CHECK(!g.apr[0] && !g.apr[1] && !g.apr[2] && !g.apr[3]);
	CHECK_EQ(g.c_ctlr, 0x1e1); // the board's bypass bits, and neither AckCtl, FIQEn nor EOImode
	CHECK_EQ(g.d_ctlr, 1);
	CHECK_EQ(sysreg_fake[SYSREG_cntv_ctl], 0);
	CHECK_EQ(u.imsc, 0x50);
	CHECK_EQ(acknowledge(), 1023);

	begin("a GIC of a single core doesn't tell targets", 0, 0);
	CHECK_EQ(g.target[UART_IRQ], 1);
}

static void
test_serve(void)
{
	begin("a timer interrupt and characters", 1, 0);
	v.vtimer = (struct vtimer){1, 1000};
	sysreg_fake_cntvct = 1000;
	sysreg_fake[SYSREG_cntv_ctl] = 1;
	strcpy(u.in, "ab");
	u.n_in = 2;
	irq_host(&v);
	CHECK_EQ(vm.uart.count, 2);
	CHECK_EQ(sysreg_fake[SYSREG_cntv_ctl], 0);
	CHECK(!strcmp(fake_arch_log(), "cntv_ctl isb dsb dsb"));
	irq_update(&v);
	CHECK(vm.gic.cpu[0].own[VGIC_LEVEL] >> 27 & 1);
	CHECK(!g.active[TIMER_IRQ] && !g.active[UART_IRQ]);
	CHECK_EQ(g.bad_eois, 0);
	CHECK_EQ(vm.foreign_interrupts, 0);

	check_case("the host's timer is set in its own count");
	sysreg_fake_cntpct = 0x123456789; // as CNTVOFF makes it
	sysreg_fake_cntvct = 2000;
	v.vtimer.cval = 5000;
	irq_update(&v);
	CHECK_EQ(sysreg_fake_cntv_cval, 5000);
	CHECK_EQ(sysreg_fake[SYSREG_cntv_ctl], 1);

	check_case("without room for characters the UART is silent, with room they come");
	memset(u.in, 'x', sizeof(u.in));
	u.n_in = 40;
	u.at_in = 0;
	sysreg_fake[SYSREG_cntv_ctl] = 0;
	irq_host(&v);
	CHECK_EQ(u.imsc, 0);
	CHECK(vm.rx_blocked);
	CHECK_EQ(vm.foreign_interrupts, 0);
	vm.uart.count = 0;
	irq_after_mmio(&v);
	CHECK(u.at_in > 16);
}

static void
test_ahead(void)
{
	check_case("how far CNTPCT is ahead of CNTVCT");
	sysreg_fake_cntvct = 1000;
	sysreg_fake_cntpct = 1000;
	CHECK_EQ(irq_physical_ahead(), 0);
	sysreg_fake_cntpct = 0x100000000ull;
	CHECK_EQ(irq_physical_ahead(), 0x100000000ull - 1000);
	sysreg_fake_cntpct = 900;
	CHECK_EQ(irq_physical_ahead(), (uint64_t)-100);
}

static void
test_foreign(void)
{
	begin("foreign interrupts whose level stays are disabled, each once", 1, 0);
	g.enabled[FOREIGN] = g.enabled[FOREIGN + 1] = true;
	g.target[FOREIGN] = g.target[FOREIGN + 1] = 1;
	g.priority[FOREIGN] = g.priority[FOREIGN + 1] = 0;
	irq_host(&v);
	CHECK(!g.enabled[FOREIGN] && !g.enabled[FOREIGN + 1]);
	CHECK(!g.active[FOREIGN] && !g.active[FOREIGN + 1]);
	CHECK_EQ(vm.foreign_interrupts, 2);
	CHECK(g.enabled[UART_IRQ]);
	irq_host(&v);
	CHECK_EQ(vm.foreign_interrupts, 2);

	begin("an SGI is ended with its sender", 1, 0);
	g.pending[SGI] = true;
	g.priority[SGI] = 0;
	irq_host(&v);
	CHECK_EQ(g.bad_eois, 0);
	CHECK(!g.active[SGI]);
	CHECK_EQ(vm.foreign_interrupts, 1);

	begin("one of our own that doesn't cease is disabled, too", 1, 0);
	g.level[UART_IRQ] = true;
	irq_host(&v);
	CHECK(!g.enabled[UART_IRQ] && !g.active[UART_IRQ] && g.enabled[TIMER_IRQ]);
	CHECK_EQ(vm.foreign_interrupts, 1);
	CHECK(g.acks < 100);

	begin("nothing, or nothing for us", 1, 0);
	g.enabled[FOREIGN] = g.group1[FOREIGN] = true;
	g.target[FOREIGN] = 1;
	irq_host(&v);
	CHECK_EQ(g.acks, 1);
	CHECK_EQ(vm.foreign_interrupts, 0);
}

static void
test_console(void)
{
	uint32_t before;

	begin("the UART is set up while it is off", 1, 0);
	u.cr = 0xff01;
	u.busy = 100;
	console_init(UART);
	CHECK_EQ(u.set_up_while_on, 0);
	CHECK_EQ(u.cr, 0xf01); // RTS and DTR as they were, no flow control
	CHECK_EQ(u.lcr, 0x70);

	check_case("a character waits for the line");
	u.busy = 1000;
	CHECK(!console_within_line());
	console_putc('a');
	CHECK(u.n_out == 1 && u.out[0] == 'a');
	CHECK_EQ(console_dropped(), 0);

	check_case("a line ends with LF, before or behind CR");
	CHECK(console_within_line());
	console_putc('\r');
	CHECK(console_within_line());
	console_putc('\n');
	CHECK(!console_within_line());
	console_putc('\r');
	CHECK(!console_within_line());
	u.n_out = 1;

	check_case("a line that is stuck holds up only once, and then characters are dropped");
	u.busy = ~0u;
	u.reads = 0;
	console_putc('b');
	CHECK_EQ(console_dropped(), 1);
	CHECK(u.reads <= 1000000);
	before = u.reads;
	for (unsigned n = 0; n < 1000; n++)
		console_putc('c');
	CHECK_EQ(u.reads - before, 1000);
	CHECK_EQ(console_dropped(), 1001);

	check_case("until it goes on");
	u.busy = 0;
	console_putc('d');
	CHECK(u.n_out == 2 && u.out[1] == 'd');
	u.busy = 1000;
	console_putc('e');
	CHECK(u.n_out == 3 && u.out[2] == 'e');
	CHECK_EQ(console_dropped(), 1001);

	check_case("no console");
	u.n_out = 0;
	console_init(0);
	console_putc('f');
	CHECK_EQ(u.n_out, 0);
}

int
main(void)
{
	fake_mmio_read = model_read;
	fake_mmio_write = model_write;
	test_init();
	test_serve();
	test_ahead();
	test_foreign();
	test_console();
	return check_done("gic");
}
