// SPDX-License-Identifier: MIT
// uses: monitor/board/hport.c monitor/board/hvirtio.c test/host/fake_virtio.c
//
// The host's virtio console as its driver meets it: version 2 and legacy ones, ports found by
// their names, bytes carried; and devices that are something else, don't answer, or answer what
// they shouldn't, of all of which the driver must be done in a bounded time.
#include <string.h>
#include "monitor/board/hport.h"
#include "monitor/board/hvirtio.h"
#include "monitor/base/mmio.h"
#include "test/host/check.h"
#include "test/host/fake_virtio.h"

#define REPORT "palimpsest.report"
#define BOUND  3000000u // looks at the status, for anything

static const struct host host = {
    .virtio = {FAKE_VIRTIO_BASE, FAKE_VIRTIO_BASE + 0x200}, .virtio_irq = {77, 78}, .n_virtio = 2};
static struct fake_virtio *const d = &fake_virtio[0];

// A case with a well-behaved console of ports "other" (1) and "palimpsest.report" (3).
static void
begin(const char *name, uint32_t version)
{
	check_case(name);
	fake_virtio_reset(version);
	d->name[1] = "other";
	d->name[3] = REPORT;
}

// The driver has given up: the device is reset, and done with what was in bounds.
static void
given_up(void)
{
	CHECK_EQ(d->status, 0);
	CHECK(d->n_status_reads <= BOUND);
	CHECK_EQ(d->n_notified_early, 0);
	CHECK_EQ(fake_virtio_disorder, 0);
}

// Opens a port that there isn't.
static void
refused(void)
{
	CHECK(!hport_open(&host, REPORT));
	given_up();
}

// Lets the driver give up the device, so that the next case begins afresh.
static void
end(struct hport *p)
{
	d->silent_after = 1;
	if (p)
		d->status |= FAKE_VIRTIO_NEEDS_RESET;
	CHECK(!p || !hport_send(p, "x", 1));
	given_up();
	d->n_status_reads = 0;
	CHECK(!p || !hport_send(p, "x", 1));
	CHECK_EQ(d->n_status_reads, 0);
}

static void
test_version(uint32_t version)
{
	static char text[255];
	struct hport *p;
	uint32_t n = 0;

	begin(version == 1 ? "a legacy device" : "a device of version 2", version);
	p = hport_open(&host, REPORT);
	CHECK(p);
	CHECK_EQ(d->accepted, version == 1 ? 2 : 1ull << 32 | 2);
	CHECK_EQ(d->status, version == 1 ? 7 : 15);
	CHECK(d->opened[3] && !d->opened[1]);
	CHECK_EQ(d->n_messages_lost, 0);
	for (unsigned i = 0; p && i < 70000; i++) { // more than the rings count to
		memset(text, (int)i, sizeof(text));
		CHECK(hport_send(p, text, 1 + i % 3));
		CHECK(d->n_text[3] == (n += 1 + i % 3));
		CHECK(d->text[3][n - 1] == (char)i);
	}
	CHECK(p && hport_send(p, text, 0));
	CHECK_EQ(d->n_text[3], n);
	CHECK(p && hport_send(p, text, sizeof(text)));
	CHECK(!memcmp(d->text[3] + n, text, sizeof(text)));
	CHECK_EQ(d->n_text[0] | d->n_text[1] | d->n_text[2], 0);
	CHECK_EQ(fake_virtio_disorder, 0);
	CHECK_EQ(d->n_notified_early, 0);
	end(p);
}

static void
test_found(void)
{
	struct hport *p, *other;

	begin("two ports of one console", 2);
	p = hport_open(&host, REPORT);
	other = hport_open(&host, "other");
	CHECK(p && other && p != other);
	CHECK(p && hport_send(p, "report", 6));
	CHECK(other && hport_send(other, "other", 5));
	CHECK(!memcmp(d->text[3], "report", 7) && !memcmp(d->text[1], "other", 6));
	CHECK(!hport_open(&host, "none")); // which does no harm
	CHECK(p && hport_send(p, "s", 1));
	end(p);

	begin("port 0", 2);
	d->name[0] = REPORT;
	d->name[3] = NULL;
	p = hport_open(&host, REPORT);
	CHECK(p && hport_send(p, "zero", 4));
	CHECK(!memcmp(d->text[0], "zero", 5));
	end(p);

	begin("a device that takes its time", 2);
	d->late = true;
	p = hport_open(&host, REPORT);
	CHECK(p);
	end(p);

	for (uint32_t max = 1; max < 40; max += 1 + max / 8) {
		begin("queues of few entries", 2);
		d->late = true; // else it would have no buffers for what it has to say
		d->num_max = max;
		p = hport_open(&host, REPORT);
		CHECK(p && hport_send(p, "few", 3));
		CHECK(d->queue[2].num <= max && d->queue[2].num * 2 > (max < 32 ? max : 32));
		end(p);
	}

	begin("the second console has it", 2);
	d->name[3] = NULL;
	fake_virtio[1] = *d;
	fake_virtio[1].name[2] = REPORT;
	p = hport_open(&host, REPORT);
	CHECK(p && hport_send(p, "second", 6));
	CHECK(!memcmp(fake_virtio[1].text[2], "second", 7));
	given_up(); // the first
	fake_virtio[1].silent_after = 1;
	CHECK(p && !hport_send(p, "x", 1));

	begin("a device that failed is asked again", 2);
	p = hport_open(&host, REPORT);
	end(p);
	d->silent_after = 0;
	p = hport_open(&host, REPORT);
	CHECK(p && hport_send(p, "again", 5));
	end(p);
}

static void
test_received(uint32_t version)
{
	static const char text[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char got[HPORT_BYTES];
	struct hport *p;

	begin("what comes", version);
	p = hport_open(&host, REPORT);
	CHECK(p && hport_irq(p) == 77 && !d->interrupt && !hport_receive(p, got, sizeof(got)));
	for (uint32_t i = 0; p && i < 70000; i++) {
		uint32_t size = 1 + i % HPORT_BYTES;

		CHECK(fake_virtio_send(d, 3, text + i % 7 % (HPORT_BYTES + 1 - size), size) && d->interrupt);
		CHECK(!fake_virtio_send(d, 3, text, 1)); // until that has been taken
		mmio_barrier();
		CHECK_EQ(hport_receive(p, got, sizeof(got)), size);
		CHECK(!memcmp(got, text + i % 7 % (HPORT_BYTES + 1 - size), size) && !d->interrupt);
		CHECK_EQ(hport_receive(p, got, sizeof(got)), 0);
	}
	CHECK(!fake_virtio_send(d, 1, text, 1)); // it isn't open
	CHECK_EQ(fake_virtio_disorder, 0);
	end(p);
}

static void
test_other_devices(void)
{
	begin("no transport", 2);
	CHECK(!hport_open(&(const struct host){.n_virtio = 0}, REPORT));

	begin("empty transports", 2);
	d->type = 0;
	refused();

	begin("another type", 2);
	d->type = 2;
	refused();

	begin("no virtio device", 2);
	d->magic = 0xffffffff;
	refused();
	begin("a version to come", 3);
	refused();
	begin("no version", 0);
	refused();

	begin("a console without multiport", 2);
	d->features &= ~2ull;
	refused();

	begin("version 2 without VERSION_1", 2);
	d->features &= 0xffffffff;
	refused();

	begin("features that it doesn't accept after all", 2);
	d->refuses = true;
	refused();

	begin("no such name", 2);
	d->name[3] = "palimpsest.reports";
	refused();
	begin("no ports", 1);
	d->name[1] = d->name[3] = NULL;
	refused();
	begin("no ports, as it says", 2);
	d->max_ports = 0;
	refused();
	begin("a port beyond those that it says it has", 2);
	d->max_ports = 3;
	refused();

	begin("no queues", 2);
	d->num_max = 0;
	refused();
}

static void
test_silence(void)
{
	struct hport *p;

	begin("a device that can't be reset", 2);
	d->stuck = true;
	d->status = 0x80;
	CHECK(!hport_open(&host, REPORT));
	CHECK(d->n_status_reads && d->n_status_reads <= BOUND);

	for (unsigned n = 1; n < 15; n++) {
		begin("a device that falls silent on the way", 1 + n % 2);
		d->silent_after = n;
		p = hport_open(&host, REPORT);
		CHECK_EQ(p != NULL, n >= 12); // buffers for six messages of each kind
		CHECK(!p || hport_send(p, "x", 1) == (n > 12));
		CHECK(!p || n > 13 || !hport_send(p, "x", 1));
		if (n < 14)
			given_up();
		else
			end(p);
	}

	begin("a device that needs a reset", 2);
	p = hport_open(&host, REPORT);
	d->silent_after = 1;
	d->n_status_reads = 0;
	d->status |= FAKE_VIRTIO_NEEDS_RESET;
	CHECK(p && !hport_send(p, "x", 1));
	CHECK(d->n_status_reads <= 2);
	given_up();

	begin("a device that talks without end", 2);
	d->floods = true;
	d->name[1] = d->name[3] = NULL;
	refused();
}

static void
test_lies(void)
{
	static const uint32_t id[] = {1, 2, 31, 32, 63, 64, 0x10000, 0x80000000, 0xffffffff};
	struct hport *p;

	for (unsigned i = 0; i < ARRAY_LEN(id); i++)
		for (unsigned after = 1; after < 10; after++) {
			begin("buffers that it doesn't have, or that don't exist", 2);
			d->lies_after = after;
			d->lie_id = id[i];
			d->lie_length = 0xffffffff;
			p = hport_open(&host, REPORT);
			CHECK(!p || !hport_send(p, "x", 1));
			given_up();
		}

	begin("a buffer of the same queue that it doesn't have", 2);
	p = hport_open(&host, REPORT);
	CHECK(p && hport_send(p, "x", 1));
	d->lies_after = d->n_used;
	d->lie_id = 1;
	CHECK(p && !hport_send(p, "x", 1));
	given_up();

	for (uint32_t length = 7; length; length += length < 64 ? 3 : length) {
		begin("lengths of messages that don't fit them", 2);
		d->lie_message_length = length;
		p = hport_open(&host, REPORT);
		CHECK((p != NULL) == (length >= 8 + sizeof(REPORT) - 1 && length < 40));
		CHECK_EQ(d->n_ready, length < 8 ? 0 : 2);
		end(p);
	}

	begin("names longer than there is room for", 2);
	d->name[1] = REPORT "-0123456789-0123456789-0123456789-0123456789-0123456789";
	p = hport_open(&host, REPORT);
	CHECK(p && hport_send(p, "x", 1));
	CHECK_EQ(d->n_text[3], 1);
	CHECK(!hport_open(&host, "palimpsest.report-0123456789-01"));
	end(p);

	for (uint32_t port = 8; port; port += port < 16 ? 1 : port) {
		begin("ports of numbers that don't exist", 2);
		d->name[3] = NULL;
		d->foreign_id = port;
		d->max_ports = 0xffffffff;
		refused();
		CHECK_EQ(d->n_ready, 1);
	}
}

// Queues by themselves.
static void
test_queue(void)
{
	static uint8_t memory[HVIRTIO_RING(4)] __attribute__((aligned(HVIRTIO_ALIGN)));
	static uint8_t buffer[12];
	struct hvirtio device;
	struct hvirtio_queue q;
	uint32_t size = 0;
	unsigned slot;

	begin("a buffer is offered once, and is no larger than it was", 2);
	CHECK(hvirtio_open(&device, FAKE_VIRTIO_BASE, 3, 2));
	CHECK(hvirtio_queue_init(&q, &device, 2, memory, 4));
	CHECK(!hvirtio_queue_init(&q, &device, 2, memory, 4)); // it is there
	hvirtio_stop(&device);
	CHECK(hvirtio_open(&device, FAKE_VIRTIO_BASE, 3, 2));
	CHECK(hvirtio_queue_init(&q, &device, 2, memory, 4));
	hvirtio_start(&device);
	CHECK(!hvirtio_take(&q, &slot, &size));
	CHECK(hvirtio_offer(&q, 3, buffer, sizeof(buffer), true));
	CHECK(!hvirtio_offer(&q, 3, buffer, sizeof(buffer), true));
	CHECK(!hvirtio_offer(&q, 4, buffer, sizeof(buffer), true));
	CHECK(!hvirtio_take(&q, &slot, &size));
	d->message[0].event = 1;
	d->n_messages = 1;
	d->lie_message_length = 0xffffffff;
	hvirtio_notify(&q);
	CHECK(hvirtio_take(&q, &slot, &size));
	CHECK_EQ(slot, 3);
	CHECK_EQ(size, sizeof(buffer));
	CHECK_EQ(buffer[4], 1);
	CHECK(!hvirtio_take(&q, &slot, &size));
	CHECK(hvirtio_offer(&q, 3, buffer, sizeof(buffer), true));
	hvirtio_stop(&device);
	CHECK(!hvirtio_offer(&q, 2, buffer, sizeof(buffer), true));
	given_up();
}

int
main(void)
{
	test_version(2);
	test_version(1);
	test_found();
	test_received(2);
	test_received(1);
	test_other_devices();
	test_silence();
	test_lies();
	test_queue();
	return check_done("hport");
}
