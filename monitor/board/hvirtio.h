// SPDX-License-Identifier: MIT
//
// The host's virtio devices, driven by polling but where an interrupt is asked for: the MMIO transport
// (virtio 1.1, 4.2), version 2 or the legacy version 1, and split virtqueues (2.6).
//
// Nothing here waits for ever, and nothing that a device writes is trusted: one that doesn't
// answer in time, or with what it wasn't given, is reset and has failed, and then each call
// below returns false. A buffer is one piece of memory, known by its slot, a number below the
// queue's size. The device must see memory as the core does ("dma-coherent" in the device tree).
#ifndef MONITOR_BOARD_HVIRTIO_H
#define MONITOR_BOARD_HVIRTIO_H

#include "monitor/base/types.h"

#define HVIRTIO_SLOTS 32u // a queue has at most

// A queue's memory: bytes for so many slots, and its alignment.
#define HVIRTIO_ALIGN       256u
#define HVIRTIO_USED(slots) ((18u * (slots) + 6u + 63u) & ~63u)
#define HVIRTIO_RING(slots) (HVIRTIO_USED(slots) + 8u * (slots) + 6u)

struct hvirtio {
	uint32_t base; // of its registers
	bool legacy, failed;
};

struct hvirtio_queue {
	struct hvirtio *device;
	uint16_t number, size;   // size 0: there is no such queue
	uint16_t offered, taken; // as the rings count: they wrap
	uint32_t out;            // bit n: slot n is the device's
	volatile struct hvirtio_desc *desc;
	volatile uint16_t *avail, *used;
};

// Resets the device at base and negotiates the features of bits 31 to 0, all of which it must
// have. False if none of that type is there.
bool hvirtio_open(struct hvirtio *d, uint32_t base, uint32_t type, uint32_t features);

// A word of its configuration.
uint32_t hvirtio_config(const struct hvirtio *d, uint32_t offset);

// Sets queue `number` up in memory for at most so many slots, a power of two; before hvirtio_start.
bool hvirtio_queue_init(struct hvirtio_queue *q, struct hvirtio *d, uint16_t number, void *memory, uint16_t slots);

// The device is to interrupt when it has done with a slot of the queue.
void hvirtio_interrupts(const struct hvirtio_queue *q);

// Its interrupt has been seen: it ceases.
void hvirtio_ack(const struct hvirtio *d);

void hvirtio_start(const struct hvirtio *d);

// Resets it: it does nothing any more.
void hvirtio_stop(struct hvirtio *d);

// Hands the device the size bytes of a slot that it doesn't have, to be read, or written.
bool hvirtio_offer(struct hvirtio_queue *q, unsigned slot, const void *bytes, uint32_t size, bool to_be_written);

// Tells it that there is something in the queue.
void hvirtio_notify(const struct hvirtio_queue *q);

// Takes back a slot that the device has done with, with the number of bytes it says it wrote, which
// is no more than it was offered. False: none yet.
bool hvirtio_take(struct hvirtio_queue *q, unsigned *slot, uint32_t *size);

// The same, but waits for one. False: there was none for about a second, or the device has failed.
bool hvirtio_wait(struct hvirtio_queue *q, unsigned *slot, uint32_t *size);

// Has the device read size bytes, by slot 0 of a queue that is used for nothing else, and waits for it.
bool hvirtio_send(struct hvirtio_queue *q, const void *bytes, uint32_t size);

#endif
