/* SPDX-License-Identifier: Apache-2.0 */
/* render_event.c - a row of the outbox as the event would have made it, read by what the
 * daemon reads it with. */
#include "core/cli/render_event.h"

#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/cli/stored_event.h"

#define EVENT_BYTES ((size_t)64 << 20)

static int fetch(const char *url, const char *id, tcn_arena *arena, tcn_str *ret,
                 tcn_err *reterr)
{
    tcn_remote *remote = NULL;
    tcn_buf line;
    tcn_buf_init(&line, EVENT_BYTES);
    int rc = tcn_remote_new(url, &remote, reterr);
    if (rc >= 0)
        rc = tcn_stored_event_get(remote, id, &line, reterr);
    if (rc >= 0) {
        *ret = tcn_arena_str(arena, tcn_buf_str(&line));
        rc = ret->ptr != NULL ? 0 : TCN_E_NOMEM;
    }
    tcn_remote_free(remote);
    tcn_buf_deinit(&line);
    return rc;
}

int tcn_render_event_get(const char *url, const char *id, tcn_arena *arena,
                         tcn_render_event *ret, tcn_err *reterr)
{
    int64_t now_us = tcn_clock_wall_us();
    char at[TCN_DATETIME_TEXT], firing[TCN_DATETIME_TEXT + 64];
    (void)tcn_datetime_format(now_us, at);
    (void)snprintf(firing, sizeof firing,
                   "{\"triggered\":\"%s\",\"triggering_labels\":{}}", at);
    *ret = (tcn_render_event){.entry = {
                                  .action = TCN_STR("{\"type\":\"do-nothing\"}"),
                                  .automation = TCN_STR("{}"),
                                  .firing = tcn_arena_str(arena, tcn_str_c(firing)),
                              }};
    int rc = ret->entry.firing.ptr != NULL ? 0 : TCN_E_NOMEM;
    if (rc >= 0)
        rc = fetch(url, id, arena, &ret->entry.event, reterr);
    if (rc >= 0)
        rc = tcn_facts_read(&ret->entry, arena, &ret->facts, reterr);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    tcn_context_init(&ret->context, &ret->facts, arena, now_us);
    return 0;
}
