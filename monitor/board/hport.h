// SPDX-License-Identifier: MIT
//
// Ports of the host's virtio console (virtio 1.1, 5.3), which can do nothing but carry bytes.
// Each has a name, by which it is found.
#ifndef MONITOR_BOARD_HPORT_H
#define MONITOR_BOARD_HPORT_H

#include "monitor/board/host.h"

struct hport;

// Opens the port of that name, of 1 to 30 characters, of the first console that has it; once a port is
// open, of the same console. NULL: there is none.
struct hport *hport_open(const struct host *h, const char *name);

// The interrupt by which the port tells that something has come; 0: none does.
uint32_t hport_irq(const struct hport *p);

// Takes what has come, at most size bytes (HPORT_BYTES are always enough for what comes in one piece); their number.
// The interrupt ceases.
#define HPORT_BYTES 64u
uint32_t hport_receive(struct hport *p, void *bytes, uint32_t size);

// Sends size bytes and waits until the host has them. False: it didn't take them; its console is given up then.
bool hport_send(struct hport *p, const void *bytes, uint32_t size);

#endif
