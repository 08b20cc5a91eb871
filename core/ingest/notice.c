/* SPDX-License-Identifier: Apache-2.0 */
/* notice.c - what the events say, and how many automations a minute are named. The minute
 * is that of the engine's clock, by which it suppresses them. */
#include "core/ingest/notice.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/datetime.h"

typedef struct meaning {
    const char *event, *word; /* what its payload holds */
    bool is_counted;          /* one of many in a minute, maybe */
    const char *what;
    const char *text; /* behind the resource's name */
} meaning;

static const meaning meanings[] = {
    {"tocsin.automation.suppressed", "\"firing_chain\"", true, "automation",
     "is suppressed for the rest of this minute: its own firings set it "
     "off, or those of others in a chain (limits.firing_chain)"},
    {"tocsin.automation.suppressed", "\"firings_per_minute\"", true, "automation",
     "is suppressed for the rest of this minute: it fired as often as "
     "limits.firings_per_minute lets it"},
    {"tocsin.engine.limit", "\"engine.max_buckets\"", false, "limit",
     "is reached: events that need a new bucket do not count; raise it, or count by "
     "fewer keys (for_each)"},
    {"tocsin.engine.limit", "\"engine.max_waiting\"", false, "limit",
     "is reached: of the events that wait for the one they follow, the oldest is "
     "evaluated without it"},
    {"tocsin.engine.limit", "\"engine.remembered_ids\"", false, "limit",
     "is reached: the oldest ids are forgotten before 30 minutes are over, and a sender's "
     "retry after that counts again"},
};

static bool holds(tcn_str text, const char *word)
{
    return memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

/* The minute is over: those of it that were not named. */
static void turn_minute(tcn_notices *notices, tcn_log *log, int64_t minute)
{
    if (notices->suppressed > TCN_NOTICE_NAMED) {
        uint64_t more = notices->suppressed - TCN_NOTICE_NAMED;
        char from[TCN_DATETIME_TEXT];
        (void)tcn_datetime_format(notices->minute * TCN_MINUTE_US, from);
        tcn_log_write(log, TCN_LOG_WARNING, "engine",
                      "%" PRIu64 " more automation%s suppressed in the minute from %s: "
                      "the events tocsin.automation.suppressed name all",
                      more, more == 1 ? " was" : "s were", from);
    }
    *notices = (tcn_notices){.minute = minute};
}

void tcn_notices_pass(tcn_notices *notices, tcn_log *log, int64_t clock_us)
{
    int64_t minute = clock_us / TCN_MINUTE_US;
    if (minute != notices->minute)
        turn_minute(notices, log, minute);
}

void tcn_notices_end(tcn_notices *notices, tcn_log *log)
{
    turn_minute(notices, log, notices->minute);
}

static void write_line(tcn_log *log, const meaning *m, const tcn_event *event)
{
    const tcn_str *name =
        tcn_resource_label(&event->resource, TCN_STR("prefect.resource.name"));
    tcn_log_write(log, TCN_LOG_WARNING, "engine", "%s \"%.*s\" %s", m->what,
                  TCN_STR_ARG(*name), m->text);
}

void tcn_notices_say(tcn_notices *notices, tcn_log *log, const tcn_event *event)
{
    if (!tcn_str_starts(event->name, TCN_STR("tocsin.")))
        return;
    for (size_t i = 0; i < TCN_COUNT(meanings); i++) {
        const meaning *m = &meanings[i];
        if (!tcn_str_eq(event->name, tcn_str_c(m->event)) ||
            !holds(event->payload, m->word))
            continue;
        if (m->is_counted) {
            tcn_notices_pass(notices, log, event->occurred_at_us);
            if (++notices->suppressed > TCN_NOTICE_NAMED)
                continue;
        }
        write_line(log, m, event);
    }
}
