/* SPDX-License-Identifier: Apache-2.0 */
/* notice.c - log lines for the events by which the engine tells of itself. */
#include "core/ingest/ingest_int.h"

typedef struct meaning {
    const char *event, *word; /* what its payload holds */
    const char *what;
    const char *text; /* behind the resource's name */
} meaning;

static const meaning meanings[] = {
    {"tocsin.automation.suppressed", "\"firing_chain\"", "automation",
     "is suppressed for the rest of this minute: its own firings set it "
     "off, or those of others in a chain (limits.firing_chain)"},
    {"tocsin.automation.suppressed", "\"firings_per_minute\"", "automation",
     "is suppressed for the rest of this minute: it fired as often as "
     "limits.firings_per_minute lets it"},
    {"tocsin.engine.limit", "\"engine.max_buckets\"", "limit",
     "is reached: events that need a new bucket do not count; raise it, or count by "
     "fewer keys (for_each)"},
    {"tocsin.engine.limit", "\"engine.max_waiting\"", "limit",
     "is reached: of the events that wait for the one they follow, the oldest is "
     "evaluated without it"},
    {"tocsin.engine.limit", "\"engine.remembered_ids\"", "limit",
     "is reached: the oldest ids are forgotten before 30 minutes are over, and a sender's "
     "retry after that counts again"},
};

static bool holds(tcn_str text, const char *word)
{
    return memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

static void say(const tcn_ingest *ingest, const tcn_event *event)
{
    for (size_t i = 0; i < TCN_COUNT(meanings); i++) {
        const meaning *m = &meanings[i];
        if (!tcn_str_eq(event->name, tcn_str_c(m->event)) ||
            !holds(event->payload, m->word))
            continue;
        const tcn_str *name =
            tcn_resource_label(&event->resource, TCN_STR("prefect.resource.name"));
        tcn_log_write(ingest->options.log, TCN_LOG_WARNING, "engine", "%s \"%.*s\" %s",
                      m->what, TCN_STR_ARG(*name), m->text);
    }
}

void tcn_ingest_say_notices(const tcn_ingest *ingest)
{
    const tcn_step *step = tcn_engine_results(ingest->engine);
    for (size_t i = 0; i < step->emitted_count; i++) {
        const tcn_event *event = step->emitted[i].event;
        if (event->name.len > 7 && memcmp(event->name.ptr, "tocsin.", 7) == 0)
            say(ingest, event);
    }
}
