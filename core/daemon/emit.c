/* SPDX-License-Identifier: Apache-2.0 */
/* emit.c - events of plugins go through the door of all events. */
#include "core/daemon/settings.h"

static void on_done(int status, void *ud)
{
    const tcn_daemon *daemon = ud;
    if (status < 0)
        tcn_log_write(daemon->log, TCN_LOG_WARNING, "daemon",
                      "an event that a plugin emitted is lost: %s", tcn_err_text(status));
}

static int fill(tcn_daemon *daemon, tcn_batch *batch, tcn_str text, uint16_t depth)
{
    const tcn_event_limits limits = tcn_settings_events(&daemon->config);
    tcn_str own = tcn_arena_str(&batch->arena, text);
    batch->events = tcn_arena_zero(&batch->arena, sizeof *batch->events);
    if (own.ptr == NULL || batch->events == NULL)
        return TCN_E_NOMEM;
    tcn_event_error err = {0};
    int rc = tcn_event_decode(own, &limits, &batch->arena, batch->events, &err);
    batch->events->depth = depth;
    batch->count = 1;
    batch->bytes = own.len;
    batch->done = on_done;
    batch->ud = daemon;
    return rc;
}

int tcn_daemon_emit(tcn_str text, uint16_t depth, void *ud)
{
    tcn_daemon *daemon = ud;
    if (daemon->ingest == NULL)
        return TCN_E_STATE;
    tcn_batch *batch = tcn_ingest_batch_take(daemon->ingest);
    if (batch == NULL)
        return TCN_E_NOMEM;
    int rc = fill(daemon, batch, text, depth);
    if (rc == 0)
        rc = tcn_ingest_submit(daemon->ingest, batch);
    if (rc < 0)
        tcn_ingest_batch_return(daemon->ingest, batch);
    return rc;
}
