// SPDX-License-Identifier: MIT
//
// See hport.h. The device offers its ports by messages in a queue of its own, and tells a port's name
// when it has been told that the driver is ready for it (5.3.6.2). All queues are set up before the
// device starts, so only ports below PORTS are there for us. Only an open port has a buffer to receive into.
#include "monitor/board/hport.h"
#include "monitor/board/hvirtio.h"
#include "monitor/base/string.h"

#define TYPE_CONSOLE 3u
#define F_MULTIPORT  (1u << 1)
#define MAX_NR_PORTS 4u // in the configuration (5.3.4)

#define PORTS    8u
#define NAME     32u
#define SLOTS    HVIRTIO_SLOTS // for messages: QEMU drops those that don't find one
#define MESSAGES 1024u         // that are heard before a port is found

// 5.3.2
#define CONTROL_IN   2u
#define CONTROL_OUT  3u
#define PORT_IN(id)  ((uint16_t)((id) ? 2u * (id) + 2u : 0u))
#define PORT_OUT(id) ((uint16_t)((id) ? 2u * (id) + 3u : 1u))

// 5.3.6.2
enum event { DEVICE_READY, PORT_ADD, PORT_REMOVE, PORT_READY, CONSOLE_PORT, RESIZE, PORT_OPEN, PORT_NAME };

struct message {
	uint32_t id;
	uint16_t event, value;
	char name[NAME]; // with PORT_NAME, and not terminated
};

#define HEADER 8u
_Static_assert(HEADER == offsetof(struct message, name), "5.3.6.2");

struct hport {
	struct hvirtio_queue in, out;
	char name[NAME]; // "": not known
	uint8_t received[HPORT_BYTES];
};

static struct {
	bool up;
	uint32_t irq;
	struct hvirtio device;
	struct hvirtio_queue in, out; // control
	struct hport port[PORTS];
	unsigned n_ports;
	struct message received[SLOTS], sent;
} console;

#define RING __attribute__((aligned(HVIRTIO_ALIGN)))
static struct {
	uint8_t in[HVIRTIO_RING(SLOTS)] RING;
	uint8_t out[HVIRTIO_RING(2)] RING;
	struct {
		uint8_t in[HVIRTIO_RING(2)] RING;
		uint8_t out[HVIRTIO_RING(2)] RING;
	} port[PORTS];
} ring;

static bool
tell(uint32_t id, enum event event, uint16_t value)
{
	console.sent = (struct message){.id = id, .event = (uint16_t)event, .value = value};
	return hvirtio_send(&console.out, &console.sent, HEADER);
}

static void
offer(unsigned slot)
{
	hvirtio_offer(&console.in, slot, &console.received[slot], sizeof(struct message), true);
}

// Brings up the console at base, if it is one.
static bool
start(uint32_t base)
{
	struct hvirtio *d = &console.device;

	if (!hvirtio_open(d, base, TYPE_CONSOLE, F_MULTIPORT))
		return false;
	console.n_ports = hvirtio_config(d, MAX_NR_PORTS);
	if (console.n_ports > PORTS)
		console.n_ports = PORTS;
	memset(console.port, 0, sizeof(console.port));
	for (unsigned id = 0; id < console.n_ports; id++) {
		hvirtio_queue_init(&console.port[id].in, d, PORT_IN(id), ring.port[id].in, 2);
		hvirtio_queue_init(&console.port[id].out, d, PORT_OUT(id), ring.port[id].out, 2);
	}
	if (!hvirtio_queue_init(&console.in, d, CONTROL_IN, ring.in, SLOTS) ||
	    !hvirtio_queue_init(&console.out, d, CONTROL_OUT, ring.out, 2)) {
		hvirtio_stop(d);
		return false;
	}
	hvirtio_start(d);
	for (unsigned slot = 0; slot < console.in.size; slot++)
		offer(slot);
	hvirtio_notify(&console.in);
	return tell(0, DEVICE_READY, 1);
}

static void
set_name(struct hport *p, const char *name, uint32_t size)
{
	if (size >= NAME) // it is longer than any of ours
		size = 0;
	memcpy(p->name, name, size);
	p->name[size] = '\0';
}

static void
hear(const struct message *m, uint32_t size)
{
	if (size < HEADER || m->id >= console.n_ports)
		return;
	if (m->event == PORT_ADD)
		tell(m->id, PORT_READY, 1);
	else if (m->event == PORT_REMOVE)
		set_name(&console.port[m->id], "", 0);
	else if (m->event == PORT_NAME)
		set_name(&console.port[m->id], m->name, size - HEADER);
}

// Hears the next message, if the device sends one.
static bool
hear_next(void)
{
	struct message m;
	uint32_t size;
	unsigned slot;

	if (!hvirtio_wait(&console.in, &slot, &size))
		return false;
	m = console.received[slot]; // so that the device can't change it any more
	offer(slot);
	hvirtio_notify(&console.in);
	hear(&m, size);
	return true;
}

static struct hport *
find(const char *name)
{
	for (unsigned id = 0; id < console.n_ports; id++)
		if (!strcmp(console.port[id].name, name))
			return &console.port[id];
	return NULL;
}

static struct hport *
wait_for(const char *name)
{
	struct hport *p = find(name);

	for (unsigned n = 0; !p && n < MESSAGES && hear_next(); n++)
		p = find(name);
	return p && tell((uint32_t)(p - console.port), PORT_OPEN, 1) ? p : NULL;
}

static void
listen(struct hport *p)
{
	if (hvirtio_offer(&p->in, 0, p->received, sizeof(p->received), true))
		hvirtio_notify(&p->in);
}

// The port of the first console that has it.
static struct hport *
wait_for_any(const struct host *h, const char *name)
{
	struct hport *p = NULL;

	for (unsigned i = 0; !p && i < h->n_virtio; i++) {
		if (!start(h->virtio[i]))
			continue;
		console.irq = h->virtio_irq[i];
		p = wait_for(name);
		if (!p)
			hvirtio_stop(&console.device);
	}
	console.up = p;
	return p;
}

struct hport *
hport_open(const struct host *h, const char *name)
{
	struct hport *p = console.up && !console.device.failed ? wait_for(name) : wait_for_any(h, name);

	if (p && p->in.size) {
		hvirtio_interrupts(&p->in);
		listen(p);
	}
	return p;
}

uint32_t
hport_irq(const struct hport *p)
{
	(void)p; // all of a console's have one
	return console.irq;
}

uint32_t
hport_receive(struct hport *p, void *bytes, uint32_t size)
{
	unsigned slot;
	uint32_t n;

	hvirtio_ack(&console.device);
	if (!hvirtio_take(&p->in, &slot, &n))
		return 0;
	n = n < size ? n : size;
	memcpy(bytes, p->received, n);
	listen(p);
	return n;
}

bool
hport_send(struct hport *p, const void *bytes, uint32_t size)
{
	return !size || hvirtio_send(&p->out, bytes, size); // empty buffers aren't allowed
}
