// SPDX-License-Identifier: MIT
//
// See fake_virtio.h. Memory is known by the low words of its addresses, as the driver gives them.
#include <string.h>
#include "monitor/base/mmio.h"
#include "test/host/fake_virtio.h"

struct desc {
	uint64_t address;
	uint32_t size;
	uint16_t flags, next;
};

struct used {
	uint32_t id, length;
};

struct message {
	uint32_t id;
	uint16_t event, value;
	char name[400];
};

enum event { DEVICE_READY, PORT_ADD, PORT_REMOVE, PORT_READY, CONSOLE_PORT, RESIZE, PORT_OPEN, PORT_NAME };

struct fake_virtio fake_virtio[FAKE_VIRTIO_N];
unsigned fake_virtio_disorder;

// What the next barrier makes visible in a used ring.
static struct {
	struct used *entry, value;
} coming[64];
static unsigned n_coming;

static void *
memory(uint32_t address)
{
	char *near = (char *)fake_virtio;

	return near + (int32_t)(address - (uint32_t)(uintptr_t)near);
}

void
fake_virtio_reset(uint32_t version)
{
	memset(fake_virtio, 0, sizeof(fake_virtio));
	for (unsigned i = 0; i < FAKE_VIRTIO_N; i++)
		fake_virtio[i] = (struct fake_virtio){.magic = 0x74726976, .version = version};
	fake_virtio[0].type = 3;
	fake_virtio[0].max_ports = 31;
	fake_virtio[0].num_max = 128;
	fake_virtio[0].features = 1ull << 32 | 1ull << 29 | 1ull << 1 | 1; // and some that nobody asked for
	fake_virtio_disorder = n_coming = 0;
}

//----------------------------------------------------------------------------
// Queues

static bool
exists(const struct fake_virtio *d, const struct fake_virtio_queue *q)
{
	return d->version == 1 ? q->pfn : q->ready;
}

static struct desc *
descriptors(const struct fake_virtio *d, const struct fake_virtio_queue *q)
{
	return memory(d->version == 1 ? q->pfn * d->page_size : q->address[0]);
}

static uint16_t *
avail(const struct fake_virtio *d, const struct fake_virtio_queue *q)
{
	return d->version == 1 ? (uint16_t *)(void *)(descriptors(d, q) + q->num) : memory(q->address[2]);
}

static uint16_t *
used(const struct fake_virtio *d, const struct fake_virtio_queue *q)
{
	uint32_t end;

	if (d->version != 1)
		return memory(q->address[4]);
	end = q->pfn * d->page_size + 18u * q->num + 6u; // 2.6.2
	return memory((end + q->align - 1u) & ~(q->align - 1u));
}

// The next buffer of a queue. False: there is none.
static bool
pop(const struct fake_virtio *d, struct fake_virtio_queue *q, uint32_t *id)
{
	if (!exists(d, q) || q->seen == avail(d, q)[1])
		return false;
	*id = avail(d, q)[2 + q->seen++ % q->num];
	return true;
}

static void
push(struct fake_virtio *d, struct fake_virtio_queue *q, uint32_t id, uint32_t length)
{
	uint16_t *u = used(d, q);
	struct used *entry = (struct used *)(void *)(u + 2) + q->used % q->num;

	d->n_used++;
	if (d->silent_after && d->n_used > d->silent_after)
		return;
	if (d->lies_after && d->n_used > d->lies_after) {
		id = d->lie_id;
		length = d->lie_length;
	}
	entry->id = entry->length = 0xdeadbeef;
	coming[n_coming].entry = entry;
	coming[n_coming].value = (struct used){id, length};
	n_coming += n_coming + 1 < ARRAY_LEN(coming);
	u[1] = ++q->used;
}

// What became available since the last barrier must have been there by then.
static void
check_order(const struct fake_virtio *d, struct fake_virtio_queue *q)
{
	char *now = (char *)descriptors(d, q);
	uint32_t ring = (uint32_t)((char *)avail(d, q) - now);
	const uint16_t *before = (const uint16_t *)(void *)(q->before + ring);
	uint16_t from, to = avail(d, q)[1];

	for (from = before[1]; from != to; from++) {
		uint16_t id = avail(d, q)[2 + from % q->num];
		uint32_t at = id * (uint32_t)sizeof(struct desc);

		if (before[2 + from % q->num] != id || memcmp(q->before + at, now + at, sizeof(struct desc)))
			fake_virtio_disorder++;
	}
	memcpy(q->before, now, ring + 4u + 2u * q->num);
}

void
mmio_barrier(void)
{
	for (unsigned i = 0; i < FAKE_VIRTIO_N; i++)
		for (unsigned n = 0; n < FAKE_VIRTIO_QUEUES; n++)
			if (exists(&fake_virtio[i], &fake_virtio[i].queue[n]))
				check_order(&fake_virtio[i], &fake_virtio[i].queue[n]);
	while (n_coming) {
		n_coming--;
		*coming[n_coming].entry = coming[n_coming].value;
	}
}

//----------------------------------------------------------------------------
// The console

static void
queue_message(struct fake_virtio *d, uint32_t id, enum event event)
{
	if (d->n_messages == ARRAY_LEN(d->message))
		return;
	d->message[d->n_messages].id = id;
	d->message[d->n_messages++].event = (uint16_t)event;
}

static const char *
name_of(const struct fake_virtio *d, uint32_t id)
{
	return id < ARRAY_LEN(d->name) && d->name[id] ? d->name[id] : "palimpsest.report";
}

// Sends the first message that is left; it is lost where there is no buffer for it.
static void
send_message(struct fake_virtio *d)
{
	struct message m = {0};
	uint32_t id, size = 8;

	if (!d->n_messages)
		return;
	m.id = d->message[0].id;
	m.event = d->message[0].event;
	m.value = 1;
	memmove(d->message, d->message + 1, --d->n_messages * sizeof(*d->message));
	if (m.event == PORT_NAME) {
		strcpy(m.name, name_of(d, m.id));
		size += (uint32_t)strlen(m.name) + 1;
	}
	if (!pop(d, &d->queue[2], &id)) {
		d->n_messages_lost++;
		return;
	}
	struct desc *b = &descriptors(d, &d->queue[2])[id];

	if (b->flags == 2)
		memcpy(memory((uint32_t)b->address), &m, size < b->size ? size : b->size);
	push(d, &d->queue[2], id, d->lie_message_length ? d->lie_message_length : size);
}

static void
hear(struct fake_virtio *d, const struct message *m)
{
	if (m->event == DEVICE_READY) {
		for (uint32_t id = 0; id < ARRAY_LEN(d->name); id++)
			if (d->name[id])
				queue_message(d, id, PORT_ADD);
		if (d->foreign_id) {
			queue_message(d, d->foreign_id, PORT_ADD);
			queue_message(d, d->foreign_id, PORT_NAME);
			queue_message(d, 0, (enum event)77);
		}
	} else if (m->event == PORT_READY) {
		d->n_ready++;
		queue_message(d, m->id, CONSOLE_PORT);
		queue_message(d, m->id, PORT_NAME);
		queue_message(d, m->id, PORT_OPEN);
	} else if (m->event == PORT_OPEN && m->id < ARRAY_LEN(d->opened)) {
		d->opened[m->id] = m->value;
	}
}

static void
take(struct fake_virtio *d, unsigned number, const struct desc *b)
{
	unsigned port = number == 1 ? 0 : (number - 3) / 2;

	if (number == 3)
		hear(d, memory((uint32_t)b->address));
	else if (d->n_text[port] + b->size <= FAKE_VIRTIO_TEXT)
		memcpy(d->text[port] + d->n_text[port], memory((uint32_t)b->address), b->size);
	if (number != 3)
		d->n_text[port] += b->size;
}

static void
notified(struct fake_virtio *d, uint32_t number)
{
	struct fake_virtio_queue *q = &d->queue[number % FAKE_VIRTIO_QUEUES];
	const uint16_t *before = (const uint16_t *)(void *)(q->before + 16u * q->num);
	uint32_t id;

	if (!(d->status & FAKE_VIRTIO_DRIVER_OK) || !exists(d, q)) {
		d->n_notified_early++;
		return;
	}
	fake_virtio_disorder += before[1] != avail(d, q)[1];
	if (number % 2)
		while (pop(d, q, &id)) {
			if (!descriptors(d, q)[id].size) { // as QEMU does
				d->status |= FAKE_VIRTIO_NEEDS_RESET;
				return;
			}
			take(d, number, &descriptors(d, q)[id]);
			push(d, q, id, 0);
		}
	while (d->n_messages && !d->late)
		send_message(d);
}

bool
fake_virtio_send(struct fake_virtio *d, uint32_t port, const void *bytes, uint32_t size)
{
	struct fake_virtio_queue *q = &d->queue[port ? 2 * port + 2 : 0];
	struct desc *b;
	uint32_t id;

	if (!pop(d, q, &id))
		return false;
	b = &descriptors(d, q)[id];
	if (b->flags == 2 && size <= b->size)
		memcpy(memory((uint32_t)b->address), bytes, size);
	push(d, q, id, size);
	if (!avail(d, q)[0])
		d->interrupt |= 1;
	return true;
}

//----------------------------------------------------------------------------
// The transport

static void
reset(struct fake_virtio *d)
{
	memset(d->queue, 0, sizeof(d->queue));
	d->n_messages = 0;
	d->accepted = 0;
	n_coming = 0;
}

static uint32_t
read_status(struct fake_virtio *d)
{
	d->n_status_reads++;
	if (d->floods && exists(d, &d->queue[2]))
		queue_message(d, 1, RESIZE);
	if (d->late || d->floods)
		send_message(d);
	return d->status;
}

uint32_t
mmio_read(uint32_t address)
{
	struct fake_virtio *d = &fake_virtio[(address - FAKE_VIRTIO_BASE) / 0x200u];
	struct fake_virtio_queue *q = &d->queue[d->sel_queue];

	switch (address % 0x200u) {
	case 0x000:
		return d->magic;
	case 0x004:
		return d->version;
	case 0x008:
		return d->type;
	case 0x010:
		return (uint32_t)(d->features >> 32 * d->sel_device);
	case 0x034:
		return d->num_max;
	case 0x040:
		return q->pfn;
	case 0x044:
		return q->ready;
	case 0x060:
		return d->interrupt;
	case 0x070:
		return read_status(d);
	case 0x104:
		return d->max_ports;
	}
	return 0;
}

static void
write_status(struct fake_virtio *d, uint32_t value)
{
	if (!value)
		reset(d);
	if (d->stuck && !value)
		return;
	d->status = value & ~(d->refuses ? 8u : 0u);
}

void
mmio_write(uint32_t address, uint32_t value)
{
	struct fake_virtio *d = &fake_virtio[(address - FAKE_VIRTIO_BASE) / 0x200u];
	struct fake_virtio_queue *q = &d->queue[d->sel_queue];
	uint32_t at = address % 0x200u;

	switch (at) {
	case 0x014:
		d->sel_device = value % 2;
		break;
	case 0x020:
		d->accepted |= (uint64_t)value << 32 * d->sel_driver;
		break;
	case 0x024:
		d->sel_driver = value % 2;
		break;
	case 0x028:
		d->page_size = value;
		break;
	case 0x030:
		d->sel_queue = value < FAKE_VIRTIO_QUEUES ? value : 0;
		break;
	case 0x038:
		q->num = value;
		break;
	case 0x03c:
		q->align = value;
		break;
	case 0x040:
		q->pfn = value;
		break;
	case 0x044:
		q->ready = value;
		break;
	case 0x050:
		notified(d, value);
		break;
	case 0x064:
		d->interrupt &= ~value;
		break;
	case 0x070:
		write_status(d, value);
		break;
	case 0x080:
	case 0x084:
	case 0x090:
	case 0x094:
	case 0x0a0:
	case 0x0a4:
		q->address[(at - 0x80) / 16 * 2 + (at & 4) / 4] = value;
		break;
	}
}
