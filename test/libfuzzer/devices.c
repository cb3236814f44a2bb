// SPDX-License-Identifier: MIT
// uses: monitor/dev/dev.c monitor/dev/vgic.c monitor/dev/vgic_dist.c monitor/dev/vgic_cpuif.c
// uses: monitor/dev/vpl011.c monitor/dev/vpl031.c monitor/dev/vpl061.c
// bits: 32
// len: 512
//
// The devices of a VM on their bus, under accesses of any size anywhere and any input: an access is refused
// exactly where there is nothing or it isn't aligned, and gives no more bits than it has; interrupt lines follow
// from the registers; and what the GIC signals is what the definition gives (GIC: IHI 0048B, 3.3), looked up one
// interrupt after the other.
#include "monitor/dev/vgic_internal.h"
#include "monitor/dev/vpl011.h"
#include "monitor/dev/vpl031.h"
#include "monitor/dev/vpl061.h"
#include "test/libfuzzer/fuzz.h"

#define GICD 0x08000000u
#define GICC 0x08010000u
#define UART 0x09000000u
#define RTC  0x09010000u
#define GPIO 0x09030000u

static struct {
	struct dev_bus bus;
	struct vgic gic;
	struct vpl011 uart;
	struct vpl031 rtc;
	struct vpl061 gpio;
	bool uart_line, rtc_line, gpio_line;
	uint32_t now;
} vm;

static void
tx(void *ctx, uint8_t byte)
{
	(void)ctx;
	(void)byte;
}

static void
line(void *ctx, bool level)
{
	HOLDS(*(bool *)ctx != level); // only changes are told
	*(bool *)ctx = level;
}

static uint32_t
now(void *ctx)
{
	(void)ctx;
	return vm.now;
}

static void
start(unsigned n_cpus)
{
	memset(&vm, 0, sizeof(vm));
	vgic_init(&vm.gic, n_cpus);
	vpl011_init(&vm.uart, &(struct vpl011_cb){tx, line, &vm.uart_line});
	vpl031_init(&vm.rtc, &(struct vpl031_cb){now, line, &vm.rtc_line});
	vpl061_init(&vm.gpio, &(struct vpl061_cb){line, &vm.gpio_line});
	HOLDS(dev_add(&vm.bus, &vgic_cpuif, GPA(GICC), &vm.gic) && dev_add(&vm.bus, &vgic_dist, GPA(GICD), &vm.gic));
	HOLDS(dev_add(&vm.bus, &vpl011_class, GPA(UART), &vm.uart) &&
	      dev_add(&vm.bus, &vpl031_class, GPA(RTC), &vm.rtc));
	HOLDS(dev_add(&vm.bus, &vpl061_class, GPA(GPIO), &vm.gpio));
	HOLDS(!dev_add(&vm.bus, &vpl061_class, GPA(GPIO + 0xfff), &vm.gpio)); // the place is taken
}

static bool
pending(unsigned cpu, unsigned intid)
{
	const struct vgic *g = &vm.gic;
	const struct vgic_cpu *c = &g->cpu[cpu];
	unsigned word = intid / 32u, n = intid % 32u;
	uint32_t level = word ? g->shared[VGIC_LEVEL][word] : c->own[VGIC_LEVEL];

	return bit(c->pending[word], n) || (bit(level, n) && !bit(g->edge[word], n));
}

// What is signalled to a VCPU, from the registers.
static void
check_cpu(unsigned cpu)
{
	const struct vgic *g = &vm.gic;
	const struct vgic_cpu *c = &g->cpu[cpu];
	unsigned best = GICC_INTID_SPURIOUS, best_priority = 256, running = 256, group = 0;
	bool on = (g->ctlr & 3u) && (c->ctlr & 3u), signalled = false;

	for (unsigned p = 0; p < 128 && running == 256; p++)
		if (bit(c->apr[p / 32u] | c->nsapr[p / 32u], p % 32u))
			running = 2 * p;
	for (unsigned intid = 0; intid < VGIC_LINES; intid++) {
		unsigned word = intid / 32u, n = intid % 32u;
		unsigned priority = intid < VGIC_PPIS ? c->priority[intid] : g->priority[intid];

		if (pending(cpu, intid) && bit(word ? g->shared[VGIC_ENABLED][word] : c->own[VGIC_ENABLED], n) &&
		    !bit(c->active[word], n) && bit(c->target[word], n) && priority < best_priority) {
			best = intid;
			best_priority = priority;
			group = bit(word ? g->shared[VGIC_GROUP][word] : c->own[VGIC_GROUP], n);
		}
	}
	if (!on || best_priority >= c->pmr)
		best = GICC_INTID_SPURIOUS;
	else
		signalled = best_priority < running && bit(g->ctlr, group) && bit(c->ctlr, group);
	HOLDS(c->rpr == (running == 256 ? 255 : running) && c->running == running);
	HOLDS(c->hppir == (best < VGIC_LINES && group && !(c->ctlr & 4u) ? GICC_INTID_GROUP1 : best));
	HOLDS(c->fiq == (signalled && !group && c->ctlr & 8u) && c->irq == (signalled && !c->fiq));
	for (unsigned sgi = 0; sgi < VGIC_SGIS; sgi++)
		HOLDS(bit(c->pending[0], sgi) == (c->sgi_from[sgi] != 0));
	HOLDS(vgic_could_wake(g, cpu) || !signalled);
}

static void
check(void)
{
	const struct vpl011 *u = &vm.uart;

	HOLDS(vm.uart_line == ((u->ris & u->imsc) != 0) && u->mis == (u->ris & u->imsc));
	HOLDS(!(u->fr & 0x10u) == (u->count != 0) && u->count <= (u->lcr_h & 0x10u ? VPL011_FIFO : 1u));
	HOLDS(u->head < VPL011_FIFO && vpl011_can_rx(u) == !(u->fr & 0x40u));
	HOLDS(vm.rtc_line == (vm.rtc.ris & vm.rtc.imsc) && vm.rtc.ris <= 1 && vm.rtc.imsc <= 1);
	HOLDS(vm.gpio_line == ((vm.gpio.ris & vm.gpio.ie) != 0));
	HOLDS((vm.gpio.data | vm.gpio.dir | vm.gpio.is | vm.gpio.ris | vm.gpio.mis | vm.gpio.ie) <= 0xffu);
	for (unsigned cpu = 0; cpu < vm.gic.n_cpus; cpu++)
		check_cpu(cpu);
}

static bool
there(uint32_t at)
{
	return at - GICD < 0x1000u || at - GICC < 0x2000u || at - UART < 0x1000u || at - RTC < 0x1000u ||
	       at - GPIO < 0x1000u;
}

static void
access(unsigned cpu, uint32_t at, unsigned size, bool write, uint32_t value)
{
	uint32_t unknown = vm.bus.unknown;
	enum dev_result r = dev_access(&vm.bus, cpu, GPA(at), size, write, &value);

	HOLDS((r == DEV_NONE) == (!there(at) || at & (size - 1u)));
	HOLDS(write || r == DEV_NONE || size == 4 || value < 1u << 8 * size);
	HOLDS(vm.bus.unknown - unknown == (r == DEV_UNKNOWN) && (write || r != DEV_UNKNOWN || !value));
}

// Something comes from outside.
static void
input(unsigned what, struct fuzz_in *in)
{
	switch (what % 4u) {
	case 0:
		vgic_set_level(&vm.gic, what / 8u % vm.gic.n_cpus,
			       VGIC_SGIS + fuzz_take(in, 2) % (VGIC_LINES - VGIC_SGIS), what & 4u);
		break;
	case 1:
		if (vpl011_can_rx(&vm.uart))
			vpl011_rx(&vm.uart, (uint8_t)what);
		break;
	case 2:
		vpl061_set_input(&vm.gpio, what / 8u % 8u, what & 4u);
		break;
	default:
		vm.now += fuzz_word(in);
		vpl031_tick(&vm.rtc);
	}
}

static void
check_ids(void)
{
	const uint32_t base[] = {GICD, UART, RTC, GPIO};

	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < 4; k++) {
			uint32_t value = 0;

			dev_access(&vm.bus, 0, GPA(base[i] + 0xff0u + 4 * k), 4, false, &value);
			HOLDS(value == (0xb105f00du >> 8 * k & 0xffu));
		}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t base[] = {GICD, GICD, GICD, GICC, GICC, UART, RTC, GPIO};
	struct fuzz_in in = {data, size};

	start(1u + fuzz_take(&in, 1) % VGIC_CPUS);
	while (in.left) {
		unsigned what = fuzz_take(&in, 1), where = fuzz_take(&in, 1);
		uint32_t offset = fuzz_take(&in, 2), at = base[where % 8u] + (where & 8u ? offset : offset % 0x1000u);

		if (what & 1u)
			input(what / 2u, &in);
		else
			access(where / 16u % vm.gic.n_cpus, at, 1u << what / 4u % 3u, what & 2u, fuzz_word(&in));
		check();
	}
	check_ids();
	return 0;
}
