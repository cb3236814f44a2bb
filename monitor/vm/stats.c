// SPDX-License-Identifier: MIT
//
// See stats.h.
#include "monitor/vm/stats.h"
#include "monitor/board/console.h"
#include "monitor/base/sysreg.h"
#include "monitor/vm/vm.h"

static void
report_top(struct json *j, const char *key, const struct profile_site *site)
{
	if (!site->count)
		return;
	json_open(j, key, '[');
	for (unsigned n = 0; n < PROFILE_SITES && site[n].count; n++) {
		json_open(j, NULL, '{');
		json_number(j, "pc", site[n].pc);
		json_number(j, "count", site[n].count);
		json_close(j);
	}
	json_close(j);
}

static void
report_exits(struct json *j, const struct vcpu *v)
{
	static const char *const name[] = {
#define EXIT(reason, text) #reason,
#include "monitor/cpu/exits.def"
#undef EXIT
	};

	for (unsigned r = 0; r < EXIT_COUNT; r++) {
		if (!v->count[r])
			continue;
		json_open(j, name[r], '{');
#define STATS_EXIT
#define EXIT_NUMBER(key, value, text) json_number(j, #key, value);
#define EXIT_SITES(key, text)         report_top(j, #key, v->profile.exit[r]);
#include "monitor/vm/stats.def"
#undef EXIT_NUMBER
#undef EXIT_SITES
#undef STATS_EXIT
		json_close(j);
	}
}

static void
report_sites(struct json *j, const struct watch *watch)
{
	for (unsigned n = 0; n < WATCH_SITES && watch->site[n].count; n++) {
		const struct watch_site *w = &watch->site[n];

		json_open(j, NULL, '{');
#define STATS_SITE
#define SITE_NUMBER(key, value, text) json_number(j, #key, value);
#include "monitor/vm/stats.def"
#undef SITE_NUMBER
#undef STATS_SITE
		json_close(j);
	}
}

void
stats_report(struct json *j, const struct vcpu *v)
{
	const struct vm *vm = v->vm;
	const struct machine *m = machine_of(vm);

// clang-format off
#define STATS
#define TEXT(key, value, text)   json_text(j, #key, value);
#define NUMBER(key, value, text) json_number(j, #key, value);
#define FLAG(key, condition, text) if (condition) json_true(j, #key);
#define OPEN(key, condition, text) if (condition) { json_open(j, #key, '{');
#define CLOSE                    json_close(j); }
#define EXITS(key, text)         json_open(j, #key, '{'); report_exits(j, v); json_close(j);
#define SITES(key, text)         json_open(j, #key, '['); report_sites(j, &vm->watch); json_close(j);
#include "monitor/vm/stats.def"
	// clang-format on
}
