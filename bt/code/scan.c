// SPDX-License-Identifier: MIT
//
// Makes code pages under the page policy: scan, then patch, in pieces, between which the caller may find that there is
// something more urgent. What has been done by then stays in a job of the VM's, and the next request for the page
// goes on from there. The frame is tracked from the beginning on; when it is written, the job goes (code_drop).
//
// There are a few jobs, since what is more urgent may run into pages of its own; a new one takes the place of the one
// that was left alone the longest. So that they don't chase each other away for ever, a page is finished in one go once
// many have been begun since the last one was finished.
#include "bt/code/internal.h"
#include "bt/isa/hyper.h"
#include "monitor/base/arch.h"
#include "monitor/base/string.h"
#include "monitor/base/sysreg.h"

#define STARTS_MAX  16u
#define PATCH_PIECE 4u  // words, or Thumb instructions, that are patched in a piece
#define FILL_PIECE  32u // halfwords that are filled

static void
drop(struct code *c, struct code_job *j)
{
	code_release(c, j->page);
	j->page = NULL;
}

void
code_scan_drop(struct code *c, gpa_t gpa)
{
	for (struct code_job *j = c->job; j < c->job + CODE_JOBS; j++)
		if (j->page && j->page->gpa.v == (gpa.v & ~PAGE_MASK))
			drop(c, j);
}

void
code_scan_drop_all(struct code *c)
{
	for (struct code_job *j = c->job; j < c->job + CODE_JOBS; j++)
		if (j->page)
			drop(c, j);
}

static bool
start_mixed(struct code *c, struct code_job *j)
{
	j->page->scanned = pool_l2(c->pool);
	if (j->page->scanned)
		bt_mixed_start(&j->scan, code_frame(c, j->page), j->prev.frame, j->next.frame, j->entry, j->thumb);
	j->scan.doubts = c->watched;
	j->scan.entry_slots = j->slots;
	j->phase = CODE_JOB_MIXED;
	return j->page->scanned;
}

// The frame beside the job's, unless it is known not to name literals in there.
static const uint32_t *
namer(struct code *c, const struct code_beside *beside, unsigned where)
{
	const struct code_page *p = beside->frame ? code_find(c, beside->gpa) : NULL;

	return p && !(p->names & where) ? NULL : beside->frame;
}

static void
start_a32(struct code *c, struct code_job *j)
{
	const uint32_t *prev = namer(c, &j->prev, BT_NAMES_BEHIND), *next = namer(c, &j->next, BT_NAMES_BEFORE);
	uint32_t entries[BT_MAP_WORDS] = {0};

	bt_map_set(entries, (j->entry & PAGE_MASK) / 4u);
	bt_scan_start(&j->scan.a32, code_frame(c, j->page), prev, next, entries, NULL, c->memo);
	j->phase = CODE_JOB_A32;
}

// The job that is under way for the request, or the one that was left alone the longest.
static struct code_job *
find(struct code *c, const struct code_request *rq)
{
	struct code_job *best = c->job;

	for (struct code_job *j = c->job; j < c->job + CODE_JOBS; j++) {
		if (j->page && j->page->gpa.v == (rq->gpa.v & ~PAGE_MASK))
			return j;
		if (best->page && (!j->page || j->used < best->used))
			best = j;
	}
	return best;
}

// The request's job, begun if it isn't under way. NULL: no memory.
static struct code_job *
job_for(struct code *c, const struct code_request *rq)
{
	struct code_job *j = find(c, rq);

	j->used = ++c->jobs_used;
	if (j->page && j->page->gpa.v == (rq->gpa.v & ~PAGE_MASK) && j->entry == rq->entry && j->thumb == rq->thumb &&
	    j->slots == rq->slots && j->prev.frame == rq->prev.frame && j->next.frame == rq->next.frame)
		return j;
	if (j->page)
		drop(c, j);
	j->page = code_new(c, rq);
	if (!j->page)
		return NULL;
	j->prev = rq->prev;
	j->next = rq->next;
	j->entry = rq->entry;
	j->thumb = rq->thumb;
	j->slots = rq->slots;
	j->at = 0;
	j->ticks = 0;
	c->starts++;
	c->thumb |= rq->thumb;
	if (!c->thumb) {
		start_a32(c, j);
	} else if (!start_mixed(c, j)) {
		drop(c, j);
		return NULL;
	}
	return j;
}

enum progress { MORE, DONE, FULL };

// With strict reads what is silent and in doubt is patched as well. What isn't silent traps.
static void
patch_doubtful(const struct code *c, struct code_job *j)
{
	struct bt_scan *out = &j->scan.a32.out;
	const uint32_t *frame = code_frame(c, j->page);

	if (!c->strict)
		return;
	for (unsigned w = 0; (w = bt_map_next(out->doubtful, w, BT_PAGE_WORDS)) < BT_PAGE_WORDS; w++) {
		const struct bt_row *row = bt_decode_a32(frame[w]);

		if (!row || !(row->flags & BT_SILENT))
			continue;
		bt_map_set(out->patch, w);
		bt_map_clear(out->doubtful, w);
		out->n_doubtful--;
	}
}

static enum progress
patch_a32(struct code *c, struct code_job *j)
{
	const uint32_t *patch = j->scan.a32.out.patch, *frame = code_frame(c, j->page);

	for (unsigned n = 0; n < PATCH_PIECE; n++, j->at++) {
		j->at = bt_map_next(patch, j->at, BT_PAGE_WORDS);
		if (j->at == BT_PAGE_WORDS)
			break;
		if (!code_patch_raw(c, j->page, j->at, frame[j->at]))
			return FULL;
	}
	if (j->at < BT_PAGE_WORDS)
		return MORE;
	j->phase = j->page->scanned ? CODE_JOB_PATCH_THUMB : CODE_JOB_SYNC;
	j->at = 0;
	return MORE;
}

static enum progress
piece(struct code *c, struct code_job *j)
{
	struct bt_scan *out = &j->scan.a32.out;

	switch (j->phase) {
	case CODE_JOB_A32:
		if (!bt_scan_step(&j->scan.a32))
			return MORE;
		patch_doubtful(c, j);
		c->thumb = out->thumb;
		j->page->names = (uint8_t)out->names;
		j->phase = CODE_JOB_PATCH_A32;
		if (c->thumb)
			return start_mixed(c, j) ? MORE : FULL;
		return MORE;
	case CODE_JOB_MIXED:
		if (!bt_mixed_step(&j->scan))
			return MORE;
		memcpy(j->page->scanned, out->code, sizeof(out->code));
		j->phase = CODE_JOB_PATCH_A32;
		return MORE;
	case CODE_JOB_PATCH_A32:
		return patch_a32(c, j);
	case CODE_JOB_PATCH_THUMB:
		if (!code_thumb_patch(c, j->page, &j->scan.flow, &j->at, PATCH_PIECE))
			return FULL;
		if (j->at < BT_PAGE_HALVES)
			return MORE;
		j->phase = CODE_JOB_FILL;
		j->at = 0;
		return MORE;
	case CODE_JOB_FILL:
		if (!code_fill(c, j->page, j->scan.doubt, &j->at, FILL_PIECE))
			return FULL;
		j->page->doubted = j->page->filled;
		if (j->at == BT_PAGE_HALVES)
			j->phase = CODE_JOB_SYNC;
		return MORE;
	case CODE_JOB_SYNC:
		break;
	}
	j->page->doubtful = (uint16_t)out->n_doubtful;
	c->n.doubtful += out->n_doubtful;
	arch_sync_code((const void *)code_host(c, j->page).v, PAGE_SIZE);
	return DONE;
}

// Does pieces until the page is done, can't be, or there is something more urgent, which is MORE.
static enum progress
work(struct code *c, struct code_job *j, const struct code_request *rq)
{
	uint32_t since = (uint32_t)sysreg_read_cntvct();
	enum progress r;

	do {
		r = piece(c, j);
		c->later = r == MORE && rq->interrupted && rq->interrupted(rq->ctx) && c->starts < STARTS_MAX;
	} while (r == MORE && !c->later);
	j->ticks += (uint32_t)sysreg_read_cntvct() - since;
	return r;
}

struct code_page *
code_scan(struct code *c, const struct code_request *rq)
{
	struct code_job *j = job_for(c, rq);
	struct code_page *p;
	enum progress r;

	c->later = false;
	if (!j)
		return NULL;
	r = work(c, j, rq);
	if (r == MORE)
		return NULL;
	p = j->page;
	j->page = NULL;
	if (r == FULL) {
		code_release(c, p);
		return NULL;
	}
	c->starts = 0;
	c->n.scan_ticks += j->ticks;
	if (j->ticks > c->n.scan_worst)
		c->n.scan_worst = j->ticks;
	return p;
}
