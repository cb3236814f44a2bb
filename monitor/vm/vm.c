// SPDX-License-Identifier: MIT
//
// See vm.h. What the monitor spends on a VM is fixed when it is made, in proportion
// to its memory (room.h):
//
//   fixed      the monitor itself, struct vm, a VCPU, words that hypercalls refer to by
//              number, the common tables
//   frames     4 bytes per page, sections 4 bytes per MiB
//   records    one code page per 32 pages of RAM, at least 512
//   spaces     two first-level tables each
//   pool       the rest: second-level tables and page copies
//   flash      beyond the limit: what is loaded there, blocks to be written (firmware.h), its frames and
//              sections
//
// Memory map of the guest: QEMU's `virt` machine with GICv2.
#include "monitor/vm/vm.h"
#include "monitor/board/alloc.h"
#include "monitor/base/arch.h"
#include "monitor/board/console.h"
#include "monitor/board/core.h"
#include "monitor/base/cpkey.h"
#include "monitor/cpu/cp14.h"
#include "monitor/cpu/cp15.h"
#include "monitor/board/host_mmu.h"
#include "monitor/cpu/irq.h"
#include "monitor/vm/load.h"
#include "monitor/base/mmio.h"
#include "monitor/cpu/regime.h"
#include "monitor/vm/room.h"
#include "monitor/vm/stop.h"
#include "monitor/base/string.h"
#include "monitor/cpu/vfpsys.h"
#include "monitor/cpu/vpsr.h"
#include "monitor/cpu/vtimer.h"
#include "monitor/dev/vvirtio.h"
#include "monitor/board/window.h"

#define GICD_BASE   0x08000000u
#define GICC_BASE   0x08010000u
#define UART_BASE   0x09000000u
#define RTC_BASE    0x09010000u
#define GPIO_BASE   0x09030000u
#define VIRTIO_BASE 0x0a000000u

#define MIB              (1u << 20)
#define STRIDE           611u // odd, so that all sections are met
#define PLACES           16u
#define CNTKCTL_COUNTERS 3u // PL0PCTEN, PL0VCTEN

_Static_assert(sizeof(struct vcpu) <= WINDOW_VCPU_SIZE, "the VCPU fits its place in the window");
_Static_assert(offsetof(struct intern, hash) <= WINDOW_WORDS_SIZE, "so do the words that have numbers");

// Cleared memory of the monitor's for the VM of cfg; adds to what has been spent on it.
static void *
take(const struct fit_vm *cfg, uint32_t *spent, uint32_t size, uint32_t align)
{
	hpa_t p = alloc(size, align);

	if (!p.v)
		stop_input("not enough host memory for what the monitor keeps of the VM", cfg->name);
	*spent += size;
	return memset((void *)p.v, 0, size);
}

static void
uart_tx(void *ctx, uint8_t byte)
{
	(void)ctx;
	console_putc(byte);
}

static void
uart_irq(void *ctx, bool level)
{
	vgic_set_level(&((struct vm *)ctx)->gic, 0, VM_UART_IRQ, level);
}

static void
rtc_irq(void *ctx, bool level)
{
	vgic_set_level(&((struct vm *)ctx)->gic, 0, VM_RTC_IRQ, level);
}

static void
gpio_irq(void *ctx, bool level)
{
	vgic_set_level(&((struct vm *)ctx)->gic, 0, VM_GPIO_IRQ, level);
}

// The wall clock, or without one on the board the time since power-on.
static uint32_t
seconds(void *ctx)
{
	const struct host *h = machine_of(ctx)->host;

	return h->rtc ? mmio_read(h->rtc) : (uint32_t)(sysreg_read_cntvct() / sysreg_read_cntfrq());
}

static void
add_devices(struct vm *vm)
{
	bool ok = dev_add(&vm->bus, &vgic_cpuif, GPA(GICC_BASE), &vm->gic) &&
		  dev_add(&vm->bus, &vgic_dist, GPA(GICD_BASE), &vm->gic) &&
		  dev_add(&vm->bus, &vpl011_class, GPA(UART_BASE), &vm->uart) &&
		  dev_add(&vm->bus, &vpl031_class, GPA(RTC_BASE), &vm->rtc) &&
		  dev_add(&vm->bus, &vpl061_class, GPA(GPIO_BASE), &machine_of(vm)->gpio) &&
		  dev_add(&vm->bus, &vvirtio_class, GPA(VIRTIO_BASE), NULL);

	BUG_ON(!ok);
}

// What QEMU's machine doesn't reset: the clock that has been set, and the UART. Their interrupt lines stay what they
// are.
static void
power_on_devices(struct vm *vm)
{
	vpl011_init(&vm->uart, &(struct vpl011_cb){uart_tx, uart_irq, vm});
	vpl031_init(&vm->rtc, &(struct vpl031_cb){seconds, rtc_irq, vm});
}

static void
reset_devices(struct vm *vm)
{
	struct machine *m = machine_of(vm);

	vgic_init(&vm->gic, VM_VCPUS);
	uart_irq(vm, vm->uart.line);
	rtc_irq(vm, vm->rtc.line);
	vpl061_init(&m->gpio, &(struct vpl061_cb){gpio_irq, vm});
	firmware_reset(m->firmware);
}

// The VM's memory beside what the monitor needs, cleared of whatever was there: says so in one line if it isn't there.
static void
take_memory(struct vm *vm)
{
	const struct fit_vm *cfg = &machine_of(vm)->cfg;
	uint32_t size = cfg->memory_mib * MIB;
	hpa_t host = alloc(size, SECTION_SIZE);

	if (!host.v)
		stop_input("more memory than the host has free", cfg->name);
	memset((void *)host.v, 0, size);
	vm->mem = (struct gmem){.base = GPA(VM_RAM_BASE), .size = size, .host = host};
}

static void
let_interrupts_in(void *vm)
{
	irq_poll(((struct vm *)vm)->vcpu[0]);
}

static void
init_shadows(struct vm *vm, uint32_t window_l1)
{
	struct machine *m = machine_of(vm);

	pool_init(&vm->pool, m->pool_base, vm->pool.size);
	m->shadow_room.known = vm->vcpu[0]->known;
	spt_init(&vm->spt, &vm->mem, &m->shadow_room, vm->window >> SECTION_SHIFT, window_l1);
	memset(m->code_room.words, 0, sizeof(*m->code_room.words));
	code_init(&vm->code, &vm->mem, &vm->pool, m->cfg.block ? CODE_BLOCK : CODE_PAGE, &m->code_room);
	vm->code.pause = let_interrupts_in;
	vm->code.pause_ctx = vm;
	vm->code.watched = watch_possible();
	vm->code.strict = m->cfg.strict;
}

static void
take_room(struct vm *vm, uint32_t *spent)
{
	struct machine *m = machine_of(vm);
	struct spt_room *s = &m->shadow_room;
	struct code_room *c = &m->code_room;
	struct room_sizes z = {
	    .fixed = *spent + vm->core->image_bytes + WINDOW_VCPU_SIZE + sizeof(*c->words) + SPT_TABLES(0),
	    .frame = sizeof(*s->frame),
	    .section = sizeof(*s->section),
	    .record = sizeof(*c->records),
	    .space = SPT_TABLES(1) - SPT_TABLES(0) + sizeof(*s->space),
	};
	struct room r = room_share(vm->mem.size, &z);
	const struct fit_vm *cfg = &m->cfg;
	uint32_t memory = vm->mem.size + GMEM_ROMS * GMEM_ROM_SIZE;

	vm->pool.size = r.pool;
	m->pool_base = HPA(take(cfg, spent, r.pool, PAGE_SIZE));
	s->pool = &vm->pool;
	s->frame = take(cfg, spent, memory / PAGE_SIZE * z.frame, PAGE_SIZE);
	s->section = take(cfg, spent, memory / SECTION_SIZE * z.section, PAGE_SIZE);
	s->n_spaces = r.spaces;
	s->space = take(cfg, spent, r.spaces * sizeof(*s->space), PAGE_SIZE);
	s->tables = HPA(take(cfg, spent, SPT_TABLES(r.spaces), SPT_L1_SIZE));
	c->n_records = r.records;
	c->records = take(cfg, spent, r.records * z.record, PAGE_SIZE);
	c->words = take(cfg, spent, sizeof(*c->words), PAGE_SIZE);
	vm->vcpu[0] = take(cfg, spent, WINDOW_VCPU_SIZE, PAGE_SIZE);
	m->monitor_limit = ROOM_LIMIT(vm->mem.size);
}

// The usual place, or the next below where the board has nothing.
static uint32_t
first_window(void)
{
	uint32_t va = WINDOW_DEFAULT;

	while (host_mmu_maps(va))
		va -= SECTION_SIZE;
	return va;
}

struct vm *
vm_create(const struct fit_vm *cfg, const struct host *h, struct core *core, const struct vm_ways *ways)
{
	static const struct vm_asks asks = {stop_crash, stop_poweroff, stop_reset, vm_move_window, stop_orders};
	uint32_t spent = 0, blocks = firmware_blocks(load_flash_blocks(cfg));
	struct machine *m = take(cfg, &spent, sizeof(*m), PAGE_SIZE);
	struct vm *vm = &m->vm;

	m->cfg = *cfg;
	m->host = h;
	m->ways = ways;
	vm->ask = &asks;
	vm->core = core;
	vm->physical_ahead = irq_physical_ahead();
	vm->window = first_window();
	take_memory(vm);
	take_room(vm, &spent);
	spent += core->image_bytes;
	add_devices(vm);
	power_on_devices(vm);
	m->firmware = take(cfg, &spent, sizeof(*m->firmware), PAGE_SIZE);
	firmware_init(m->firmware, vm, HPA(take(cfg, &spent, firmware_room(blocks), PAGE_SIZE)), blocks);
	m->monitor_bytes = spent;
	return vm;
}

static void
reset_vcpu(struct vcpu *v, struct vm *vm, const struct load_start *start)
{
	memset(v, 0, sizeof(*v));
	v->vm = vm;
	v->self = (uint32_t)(uintptr_t)v;
	v->window = vm->window + WINDOW_VCPU;
	v->host_ttbr0 = host_mmu_ttbr0();
	v->window_ttbr0 = host_mmu_window_ttbr0();
	v->host_stack = vm->core->stack_top;
	v->slow_entry = (uint32_t)(uintptr_t)machine_of(vm)->ways->trap;
	v->fatal_entry = (uint32_t)(uintptr_t)stop_fatal;
	v->nested = TRAP_SVC;
	v->check_targets = v->closes_blocks = machine_of(vm)->cfg.block;
	v->cpsr = MODE_USR | PSR_Z; // UNKNOWN flags (B1.9.1), as QEMU's core has them
	v->mode = MODE_SVC | PSR_A | PSR_I | PSR_F;
	memcpy(v->regs, start->r, sizeof(start->r));
	vpsr_branch_exchange(v, start->entry);
	v->view[VIEW_KERNEL].cntkctl = CNTKCTL_COUNTERS;
	v->view[VIEW_USER].dacr = v->view[VIEW_KERNEL].dacr = DACR_MONITOR;
	cp15_reset(v);
	cp14_reset(v);
	vfpsys_reset(v);
	vtimer_reset(v);
	vpmu_reset(v);
	regime_dacr(v, 0);
	regime_reset(v);
}

_Noreturn void
vm_enter(struct vcpu *v)
{
	const struct vm_ways *ways = machine_of(v->vm)->ways;
	uint32_t at = v->vm->window + (uint32_t)(ways->enter - ways->window);

	v->moved = false;
	((void (*)(uint32_t window))(uintptr_t)at)(v->window);
	__builtin_unreachable();
}

_Noreturn void
vm_run(struct vm *vm)
{
	struct vcpu *v = vm->vcpu[0];
	struct load_start start;

	init_shadows(vm, host_mmu_window(vm->window, HPA(v), HPA(machine_of(vm)->code_room.words)));
	watch_init(&vm->watch, vm->code.watched);
	reset_devices(vm);
	load_images(vm, &start);
	reset_vcpu(v, vm, &start);
	machine_of(vm)->started = sysreg_read_cntvct();
	vfpsys_update(v);
	irq_update(v);
	clrex(); // as a reset leaves the exclusive monitor (A3.4)
	vm_enter(v);
}

// Whether the guest maps memory at the beginning of a section.
static bool
guest_maps(const struct vm *vm, uint32_t index)
{
	struct mmu_xlat x;

	return mmu_walk(&vm->vcpu[0]->cp15.mmu, &vm->mem, GVA(index << SECTION_SHIFT), &x) == FS_NONE &&
	       gmem_read(&vm->mem, GPA(x.gpa.v & ~PAGE_MASK), PAGE_SIZE);
}

// A section far from here where the host maps nothing, nor the guest, if there is such a one among the next PLACES.
static uint32_t
place_for_window(const struct vm *vm)
{
	uint32_t next = 0, index = vm->window >> SECTION_SHIFT;

	for (unsigned places = 0; places < PLACES;) {
		index = (index - STRIDE) % SPT_L1_ENTRIES;
		if (host_mmu_maps(index << SECTION_SHIFT))
			continue;
		if (!guest_maps(vm, index))
			return index;
		next = next ? next : index;
		places++;
	}
	return next;
}

// A guest that maps everything drives the window on with whatever it touches. An instruction touches four sections
// at most, two with its own bytes, two with data, so it comes to its end.
void
vm_move_window(struct vm *vm)
{
	struct vcpu *v = vm->vcpu[0];
	uint32_t index = place_for_window(vm);

	vm->window = index << SECTION_SHIFT;
	v->window = vm->window + WINDOW_VCPU;
	host_mmu_window(vm->window, HPA(v), HPA(machine_of(vm)->code_room.words));
	spt_move_window(&vm->spt, index);
	regime_refresh(v);
	v->moved = true;
}
