// SPDX-License-Identifier: MIT
//
// What the monitor tells whoever started it: lines of text, and as the last one a JSON object,
// whose "status" is the exit status. It goes to the port "palimpsest.report" of the host's virtio
// console, which can do nothing but carry bytes, or, where there is none, to the console.
#ifndef MONITOR_BOARD_REPORT_H
#define MONITOR_BOARD_REPORT_H

#include "monitor/board/host.h"

// Chooses the channel.
void report_init(const struct host *h);

// Whether it is a port, which a program reads.
bool report_has_port(void);

// Adds formatted text to the report.
void report(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// What whoever started the monitor wants of it, by a line in the same port: "state", to be told how the VM is; or
// "end REASON STATUS", that it ends, for that reason and with that status.
struct report_order {
	char text[64]; // the line
	const char *reason;
	unsigned status;
	bool end;
};

// The next order that has come by the port's interrupt, report_irq() (0: there is no port). False: none.
uint32_t report_irq(void);
bool report_asked(struct report_order *o);

// Sends what there is of it.
void report_flush(void);

// Sends what is left of it and powers the board off.
_Noreturn void report_end(void);

#endif
