// SPDX-License-Identifier: MIT
//
// See hvirtio.h. The sections are virtio 1.1's.
#include "monitor/board/hvirtio.h"
#include "monitor/base/mmio.h"
#include "monitor/base/string.h"

#define MAGIC_VALUE  0x74726976u // "virt"
#define PATIENCE     1000000u    // looks at a device that has nothing to say: around a second
#define BASE_VERSION 2u

// 4.2.2 and, legacy, 4.2.4
#define MAGIC           0x000u
#define VERSION         0x004u
#define DEVICE_ID       0x008u
#define DEVICE_FEATURES 0x010u
#define DEVICE_SEL      0x014u
#define DRIVER_FEATURES 0x020u
#define DRIVER_SEL      0x024u
#define GUEST_PAGE_SIZE 0x028u // legacy
#define QUEUE_SEL       0x030u
#define QUEUE_NUM_MAX   0x034u
#define QUEUE_NUM       0x038u
#define QUEUE_ALIGN     0x03cu // legacy
#define QUEUE_PFN       0x040u // legacy
#define QUEUE_READY     0x044u
#define QUEUE_NOTIFY    0x050u
#define INTERRUPT       0x060u
#define INTERRUPT_ACK   0x064u
#define STATUS          0x070u
#define QUEUE_DESC      0x080u // these three are 64 bits wide
#define QUEUE_DRIVER    0x090u
#define QUEUE_DEVICE    0x0a0u
#define CONFIG          0x100u

// 2.1
#define ACKNOWLEDGE        1u
#define DRIVER             2u
#define DRIVER_OK          4u
#define FEATURES_OK        8u
#define DEVICE_NEEDS_RESET 64u

#define F_VERSION_1 1u // of features 63 to 32

// 2.6.5
struct hvirtio_desc {
	uint64_t address;
	uint32_t size;
	uint16_t flags, next;
};

#define DESC_F_WRITE 2u

// 2.6.6 and 2.6.8: flags, idx, then the entries, in the used ring of two words each.
#define RING_FLAGS           0u
#define RING_IDX             1u
#define RING_ENTRY           2u
#define AVAIL_F_NO_INTERRUPT 1u

_Static_assert(sizeof(struct hvirtio_desc) == 16, "2.6.5");

static uint32_t
get(const struct hvirtio *d, uint32_t at)
{
	return mmio_read(d->base + at);
}

static void
set(const struct hvirtio *d, uint32_t at, uint32_t value)
{
	mmio_write(d->base + at, value);
}

static uint32_t
address(const volatile void *p)
{
	return (uint32_t)(uintptr_t)p;
}

//----------------------------------------------------------------------------
// The transport

void
hvirtio_stop(struct hvirtio *d)
{
	d->failed = true;
	set(d, STATUS, 0);
}

static bool
reset(const struct hvirtio *d)
{
	set(d, STATUS, 0);
	for (unsigned n = 0; n < PATIENCE; n++)
		if (!get(d, STATUS))
			return true;
	return false;
}

static uint32_t
offered_features(const struct hvirtio *d, uint32_t word)
{
	set(d, DEVICE_SEL, word);
	return get(d, DEVICE_FEATURES);
}

static void
accept_features(const struct hvirtio *d, uint32_t word, uint32_t features)
{
	set(d, DRIVER_SEL, word);
	set(d, DRIVER_FEATURES, features);
}

// 3.1.1; the legacy device has neither the feature word nor FEATURES_OK (3.1.2).
static bool
negotiate(const struct hvirtio *d, uint32_t features)
{
	if ((offered_features(d, 0) & features) != features)
		return false;
	accept_features(d, 0, features);
	if (d->legacy) {
		set(d, GUEST_PAGE_SIZE, HVIRTIO_ALIGN);
		return true;
	}
	if (!(offered_features(d, 1) & F_VERSION_1))
		return false;
	accept_features(d, 1, F_VERSION_1);
	set(d, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
	return get(d, STATUS) & FEATURES_OK;
}

bool
hvirtio_open(struct hvirtio *d, uint32_t base, uint32_t type, uint32_t features)
{
	uint32_t version;

	*d = (struct hvirtio){.base = base};
	version = get(d, VERSION);
	if (get(d, MAGIC) != MAGIC_VALUE || !version || version > BASE_VERSION || get(d, DEVICE_ID) != type)
		return false;
	d->legacy = version < BASE_VERSION;
	if (!reset(d))
		return false;
	set(d, STATUS, ACKNOWLEDGE);
	set(d, STATUS, ACKNOWLEDGE | DRIVER);
	if (negotiate(d, features))
		return true;
	hvirtio_stop(d);
	return false;
}

uint32_t
hvirtio_config(const struct hvirtio *d, uint32_t offset)
{
	return get(d, CONFIG + offset);
}

void
hvirtio_interrupts(const struct hvirtio_queue *q)
{
	q->avail[RING_FLAGS] = 0;
}

void
hvirtio_ack(const struct hvirtio *d)
{
	set(d, INTERRUPT_ACK, get(d, INTERRUPT));
}

void
hvirtio_start(const struct hvirtio *d)
{
	set(d, STATUS, ACKNOWLEDGE | DRIVER | (d->legacy ? 0 : FEATURES_OK) | DRIVER_OK);
}

//----------------------------------------------------------------------------
// Queues

static void
place(const struct hvirtio *d, uint32_t at, const volatile void *p)
{
	set(d, at, address(p));
	set(d, at + 4, 0);
}

bool
hvirtio_queue_init(struct hvirtio_queue *q, struct hvirtio *d, uint16_t number, void *memory, uint16_t slots)
{
	uint32_t max;

	*q = (struct hvirtio_queue){.device = d, .number = number};
	set(d, QUEUE_SEL, number);
	max = get(d, QUEUE_NUM_MAX);
	if (get(d, d->legacy ? QUEUE_PFN : QUEUE_READY) || !max)
		return false;
	while (slots > max)
		slots /= 2;
	q->size = slots;
	q->desc = memory;
	q->avail = (volatile uint16_t *)(q->desc + slots);
	q->used = (volatile uint16_t *)(void *)((char *)memory + HVIRTIO_USED(slots));
	memset(memory, 0, HVIRTIO_RING(slots));
	q->avail[RING_FLAGS] = AVAIL_F_NO_INTERRUPT;
	mmio_barrier();
	set(d, QUEUE_NUM, slots);
	if (d->legacy) {
		set(d, QUEUE_ALIGN, 64); // as in HVIRTIO_USED
		set(d, QUEUE_PFN, address(memory) / HVIRTIO_ALIGN);
		return true;
	}
	place(d, QUEUE_DESC, q->desc);
	place(d, QUEUE_DRIVER, q->avail);
	place(d, QUEUE_DEVICE, q->used);
	set(d, QUEUE_READY, 1);
	return true;
}

bool
hvirtio_offer(struct hvirtio_queue *q, unsigned slot, const void *bytes, uint32_t size, bool to_be_written)
{
	if (slot >= q->size || q->device->failed || q->out & 1u << slot)
		return false;
	q->desc[slot].address = address(bytes);
	q->desc[slot].size = size;
	q->desc[slot].flags = to_be_written ? DESC_F_WRITE : 0;
	q->avail[RING_ENTRY + (q->offered & (q->size - 1u))] = (uint16_t)slot;
	mmio_barrier(); // the entry before the count of entries (2.6.13.3)
	q->avail[RING_IDX] = ++q->offered;
	q->out |= 1u << slot;
	return true;
}

void
hvirtio_notify(const struct hvirtio_queue *q)
{
	mmio_barrier(); // the count before the notification (2.6.13.4)
	if (!q->device->failed)
		set(q->device, QUEUE_NOTIFY, q->number);
}

bool
hvirtio_take(struct hvirtio_queue *q, unsigned *slot, uint32_t *size)
{
	const volatile uint32_t *entry;
	uint32_t id, written;

	if (!q->size || q->device->failed || q->used[RING_IDX] == q->taken)
		return false;
	mmio_barrier(); // the count before the entry (2.6.14)
	entry = (const volatile uint32_t *)(q->used + RING_ENTRY) + 2u * (q->taken & (q->size - 1u));
	id = entry[0];
	written = entry[1];
	if (id >= q->size || !(q->out & 1u << id)) {
		hvirtio_stop(q->device);
		return false;
	}
	q->taken++;
	q->out &= ~(1u << id);
	*slot = id;
	*size = written < q->desc[id].size ? written : q->desc[id].size;
	return true;
}

bool
hvirtio_wait(struct hvirtio_queue *q, unsigned *slot, uint32_t *size)
{
	for (unsigned n = 0; n < PATIENCE; n++) {
		if (hvirtio_take(q, slot, size))
			return true;
		if (q->device->failed || get(q->device, STATUS) & DEVICE_NEEDS_RESET)
			break;
	}
	return false;
}

bool
hvirtio_send(struct hvirtio_queue *q, const void *bytes, uint32_t size)
{
	uint32_t written;
	unsigned slot;

	if (!hvirtio_offer(q, 0, bytes, size, false))
		return false;
	hvirtio_notify(q);
	if (hvirtio_wait(q, &slot, &written))
		return true;
	hvirtio_stop(q->device);
	return false;
}
