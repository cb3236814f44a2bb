// SPDX-License-Identifier: MIT
//
// Virtio consoles behind monitor/base/mmio.h: well-behaved ones, as QEMU's, and all others. A device looks
// at its queues when it is notified, as they were at the last barrier.
#ifndef TEST_HOST_FAKE_VIRTIO_H
#define TEST_HOST_FAKE_VIRTIO_H

#include "monitor/base/types.h"

#define FAKE_VIRTIO_BASE   0x0a000000u // of the first transport; the next one is 0x200 further on
#define FAKE_VIRTIO_N      2u
#define FAKE_VIRTIO_QUEUES 20u
#define FAKE_VIRTIO_TEXT   0x40000u

// Of the status bits (2.1).
#define FAKE_VIRTIO_DRIVER_OK   4u
#define FAKE_VIRTIO_NEEDS_RESET 64u

struct fake_virtio_queue {
	uint32_t num, align, pfn, ready, address[6];
	uint16_t seen, used;
	char before[0x400]; // its memory at the last barrier
};

struct fake_virtio {
	// What it is.
	uint32_t magic, version, type, max_ports, num_max;
	uint64_t features;
	const char *name[16];        // of its ports; NULL: there is none
	uint32_t foreign_id;         // if not 0, a port of this number is offered and named, too
	unsigned silent_after;       // buffers that it uses before it falls silent; 0: no such limit
	bool late;                   // speaks only while its status is read, one message each time
	bool refuses, stuck;         // doesn't accept the features; doesn't become reset
	bool floods;                 // sends messages without end
	unsigned lies_after;         // so many used buffers later (0: never)...
	uint32_t lie_id, lie_length; // ... these are in the used ring instead
	uint32_t lie_message_length; // if not 0, that of messages

	// What became of it.
	uint64_t accepted;
	uint32_t interrupt; // its status
	uint32_t status, sel_device, sel_driver, sel_queue, page_size;
	struct fake_virtio_queue queue[FAKE_VIRTIO_QUEUES];
	unsigned n_used, n_status_reads, n_notified_early, n_messages_lost, n_ready; // PORT_READY heard
	bool opened[16];
	char text[16][FAKE_VIRTIO_TEXT]; // what came through its ports
	uint32_t n_text[16];
	struct {
		uint32_t id;
		uint16_t event;
	} message[256]; // that it has still to send
	unsigned n_messages;
};

extern struct fake_virtio fake_virtio[FAKE_VIRTIO_N];

// How often something was seen before a barrier made it visible, or not yet.
extern unsigned fake_virtio_disorder;

// The host writes size bytes into a port. False: there is no buffer for them.
bool fake_virtio_send(struct fake_virtio *d, uint32_t port, const void *bytes, uint32_t size);

// Makes all transports empty but the first, a well-behaved console of that version without ports.
void fake_virtio_reset(uint32_t version);

#endif
