/* SPDX-License-Identifier: Apache-2.0 */
/* recover.c - the engine as a fold over the log: the saved state, then every record
 * behind it. Firings that were recorded are compared, not repeated: their actions are in
 * the outbox already. */
#include "core/ingest/ingest_int.h"

#include "core/base/alloc.h"
#include "core/value/document.h"

static void apply_limits(tcn_engine *engine, tcn_str text)
{
    json_t *limits = json_loadb(text.ptr, text.len, 0, NULL);
    int max_buckets = 0, max_waiting = 0, remembered_ids = 0, chain = 0, per_minute = 0;
    int rc = json_unpack(limits, "{s:i,s:i,s:i,s:i,s:i}", "max_buckets", &max_buckets,
                         "max_waiting", &max_waiting, "remembered_ids", &remembered_ids,
                         "firing_chain", &chain, "firings_per_minute", &per_minute);
    if (rc == 0) {
        tcn_engine_limits_set(engine, &(tcn_engine_limits){
                                          .max_buckets = (uint32_t)max_buckets,
                                          .max_waiting = (uint32_t)max_waiting,
                                          .remembered_ids = (uint32_t)remembered_ids,
                                          .firing_chain = (uint32_t)chain,
                                          .firings_per_minute = (uint32_t)per_minute,
                                      });
    }
    json_decref(limits);
}

static void free_automations(tcn_automation **automations, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tcn_automation_free(automations[i]);
    tcn_free(automations);
}

int tcn_ingest_define_text(tcn_ingest *ingest, tcn_str documents, int64_t now_us)
{
    json_t *list = NULL;
    int rc = tcn_document_read_own(documents, &list, NULL);
    size_t count = json_array_size(list);
    tcn_automation **automations =
        tcn_alloc_array(count > 0 ? count : 1, sizeof *automations);
    if (rc >= 0 && automations == NULL)
        rc = TCN_E_NOMEM;
    size_t parsed = 0;
    tcn_problems problems;
    tcn_problems_init(&problems);
    while (rc >= 0 && parsed < count) {
        rc = tcn_automation_parse(json_array_get(list, parsed), NULL,
                                  &tcn_automation_limits_kept, &automations[parsed],
                                  &problems);
        if (rc >= 0)
            parsed++;
    }
    if (rc >= 0) {
        rc = tcn_engine_define_own(ingest->engine, automations, count, now_us);
        tcn_free(automations);
    } else {
        free_automations(automations, parsed);
    }
    tcn_problems_deinit(&problems);
    json_decref(list);
    return rc;
}

static void compare_firings(tcn_ingest *ingest, const tcn_store_record *record)
{
    const tcn_step *step = tcn_engine_results(ingest->engine);
    size_t common = step->firing_count < record->firing_count ? step->firing_count
                                                              : record->firing_count;
    size_t i = 0;
    while (i < common && tcn_uuid_eq(&step->firings[i]->id, &record->firings[i]))
        i++;
    if (i == step->firing_count && i == record->firing_count)
        return;

    char replayed[TCN_UUID_TEXT + 1] = "none", recorded[TCN_UUID_TEXT + 1] = "none";
    if (i < step->firing_count)
        tcn_uuid_format(&step->firings[i]->id, replayed);
    if (i < record->firing_count)
        tcn_uuid_format(&record->firings[i], recorded);
    ingest->counts.replay_mismatches++;
    tcn_log_write(
        ingest->options.log, TCN_LOG_ERROR, "ingest",
        "replay of log record %llu differs at firing %zu: recorded %s, replayed %s "
        "(the record stands)",
        (unsigned long long)record->sequence, i, recorded, replayed);
}

static int replay_record(const tcn_store_record *record, void *ud)
{
    tcn_ingest *ingest = ud;
    tcn_engine *engine = ingest->engine;
    tcn_engine_begin(engine,
                     record->sequence << TCN_POSITION_BITS | TCN_POSITION_EMITTED);
    int rc = 0;
    tcn_engine_announce(engine, record->events, record->event_count);
    for (size_t i = 0; rc >= 0 && i < record->event_count; i++)
        rc = tcn_engine_event(engine, &record->events[i]);
    if (rc >= 0)
        rc = tcn_engine_advance(engine, record->clock_us, record->is_jump);
    if (rc >= 0)
        compare_firings(ingest, record);
    tcn_engine_end(engine);
    if (rc >= 0 && record->engine_limits.len > 0)
        apply_limits(engine, record->engine_limits);
    if (rc >= 0 && record->definitions.len > 0)
        rc = tcn_ingest_define_text(ingest, record->definitions, record->clock_us);
    ingest->events_since_save += record->event_count;
    ingest->replayed_to = record->sequence;
    return rc;
}

static int new_engine(tcn_ingest *ingest, tcn_err *reterr)
{
    tcn_engine_free(ingest->engine);
    ingest->engine = tcn_engine_new(&ingest->options.engine);
    return ingest->engine != NULL
               ? 0
               : tcn_err_set(reterr, TCN_E_NOMEM, "out of memory for the engine");
}

/* *ret_from: the first record that the state does not contain; 0: there is no state. */
static int load_state(tcn_ingest *ingest, uint64_t *ret_from, tcn_err *reterr)
{
    tcn_buf state;
    tcn_buf_init(&state, SIZE_MAX);
    int rc = tcn_store_state_load(ingest->options.store, &state, ret_from, reterr);
    if (rc >= 0)
        rc = tcn_engine_restore(ingest->engine, tcn_buf_str(&state), reterr);
    tcn_buf_deinit(&state);
    if (rc != TCN_E_NOT_FOUND)
        return rc;
    *ret_from = 0;
    if (reterr != NULL)
        *reterr = (tcn_err){0};
    return 0;
}

/* The log is the truth: while it reaches back to its first record, a state of another
 * version, or one that does not fit together, can be done without. */
static int replay_whole_log(tcn_ingest *ingest, uint64_t to, const tcn_err *why,
                            tcn_err *reterr)
{
    tcn_log_write(ingest->options.log, TCN_LOG_WARNING, "ingest",
                  "%s: it is made again from the whole log", why->text);
    int rc = new_engine(ingest, reterr);
    if (rc >= 0)
        rc = tcn_store_replay(ingest->options.store, 1, replay_record, ingest, reterr);
    if (rc >= 0 && ingest->replayed_to + 1 < to)
        rc = tcn_err_set(reterr, why->code, "%s, and the log is not whole", why->text);
    return rc;
}

/* What was replayed had the limits of that time. */
static void look_at_limits(tcn_ingest *ingest)
{
    tcn_engine_limits then = tcn_engine_limits_get(ingest->engine);
    ingest->has_new_limits = !tcn_engine_limits_eq(&then, &ingest->options.engine);
}

int tcn_ingest_rebuild(tcn_ingest *ingest, tcn_err *reterr)
{
    tcn_ingest_save_abort(ingest);
    ingest->events_since_save = 0;
    ingest->replayed_to = 0;
    tcn_err err = {0};
    uint64_t from = 0;
    int rc = new_engine(ingest, reterr);
    if (rc < 0)
        return rc;
    rc = load_state(ingest, &from, &err);
    if (from > 0 && (rc == TCN_E_UNSUPPORTED || rc == TCN_E_CORRUPT))
        rc = replay_whole_log(ingest, from, &err, reterr);
    else if (rc < 0)
        return tcn_err_set(reterr, rc, "%s", err.text);
    else
        rc = tcn_store_replay(ingest->options.store, from, replay_record, ingest, reterr);
    if (rc >= 0)
        look_at_limits(ingest);
    return rc;
}

int tcn_ingest_recover(tcn_ingest *ingest, tcn_err *reterr)
{
    int rc = tcn_ingest_rebuild(ingest, reterr);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "the engine's state could not be rebuilt: %s",
                           tcn_err_text(rc));
    tcn_pace_init(&ingest->pace, tcn_engine_clock_us(ingest->engine));
    return 0;
}
