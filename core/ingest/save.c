/* SPDX-License-Identifier: Apache-2.0 */
/* save.c - the engine's state, saved now and then: a round begins between two steps and
 * stands for the log up to there. Its slices go to the store one at a time; the next one
 * is made when the last one is written, so the store sets the pace and the loop is never
 * held for longer than a slice takes. */
#include "core/ingest/ingest_int.h"

#include "core/base/clock.h"

/* Less than a part of the store, and a few ms at most. */
#define SLICE_BYTES ((size_t)240 << 10)

static void write_slice(tcn_ingest *ingest);

/* What was written so far goes when the next round begins. */
void tcn_ingest_save_abort(tcn_ingest *ingest)
{
    if (!ingest->save.is_on)
        return;
    ingest->save.is_on = false;
    tcn_engine_save_abort(ingest->engine);
}

static void fail(tcn_ingest *ingest, int status)
{
    tcn_ingest_save_abort(ingest);
    if (status == TCN_E_CANCELED)
        return; /* other automations: the next round is of those */
    ingest->save.has_failed = true;
    tcn_log_write(ingest->options.log, TCN_LOG_WARNING, "ingest",
                  "the engine's state could not be saved (%s): the log goes on from the "
                  "one before",
                  tcn_err_text(status));
}

static void on_written(int status, void *ud)
{
    tcn_ingest *ingest = ud;
    tcn_ingest_save *save = &ingest->save;
    save->is_writing = false;
    if (!save->is_on)
        return;
    if (status < 0) {
        fail(ingest, status);
    } else if (!save->is_last) {
        write_slice(ingest);
    } else {
        save->is_on = false;
        save->has_failed = false;
        ingest->events_since_save -= save->events;
    }
}

static void write_slice(tcn_ingest *ingest)
{
    tcn_ingest_save *save = &ingest->save;
    tcn_buf piece;
    tcn_buf_init(&piece, SIZE_MAX);
    int rc = tcn_engine_save_slice(ingest->engine, SLICE_BYTES, &piece);
    if (rc >= 0) {
        save->is_last = rc == 0;
        unsigned flags = (save->is_first ? TCN_STORE_FIRST : 0) |
                         (save->is_last ? TCN_STORE_LAST : 0) |
                         (save->is_whole ? TCN_STORE_WHOLE : 0);
        rc = tcn_store_state_piece(ingest->options.store, &piece, save->sequence, flags,
                                   on_written, ingest);
    }
    tcn_buf_deinit(&piece);
    save->is_first = false;
    if (rc < 0)
        fail(ingest, rc);
    else
        save->is_writing = true;
}

static bool is_due(const tcn_ingest *ingest, int64_t now_us)
{
    const tcn_ingest_options *options = &ingest->options;
    if (ingest->save.is_on || ingest->save.is_writing || ingest->events_since_save == 0)
        return false;
    return (ingest->events_since_save >= options->save_events &&
            !ingest->save.has_failed) ||
           now_us - ingest->saved_at_mono_us >= options->save_interval_us;
}

void tcn_ingest_save_look(tcn_ingest *ingest)
{
    int64_t now_us = tcn_clock_mono_us();
    bool is_whole = false;
    if (!is_due(ingest, now_us) || tcn_engine_save_begin(ingest->engine, &is_whole) < 0)
        return;
    ingest->saved_at_mono_us = now_us;
    ingest->save = (tcn_ingest_save){
        .is_on = true,
        .is_first = true,
        .is_whole = is_whole,
        .has_failed = ingest->save.has_failed,
        .sequence = tcn_store_next_sequence(ingest->options.store),
        .events = ingest->events_since_save,
    };
    write_slice(ingest);
}
