/* SPDX-License-Identifier: Apache-2.0 */
/* reload.c - who asks, one run after the other, and its end: the changed definitions are
 * one record of the log; when that is durable everything is swapped on the loop, and what
 * was replaced drains on its own. */
#include "core/daemon/reload.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/daemon/notice.h"
#include "core/daemon/reload_int.h"

#define DRAIN_LOOK_MS 20

static void begin(tcn_reload *reload);

void tcn_reload_complain(tcn_reload *reload, int code, const char *text)
{
    tcn_err err = {0};
    (void)tcn_err_set(&err, code, "%s", text);
    tcn_problems_add(&reload->run.problems, &err);
}

/* ---- askers ---- */

static void answer(tcn_reload_asker *asker, int status, json_t *document)
{
    tcn_list_remove(&asker->link);
    if (asker->request.answer != NULL)
        asker->request.answer(status, document, asker->request.ud);
    json_decref(asker->document);
    tcn_free(asker);
}

static void answer_all(tcn_list *askers, int status, json_t *document)
{
    for (tcn_list *first; (first = tcn_list_first(askers)) != NULL;)
        answer(tcn_container_of(first, tcn_reload_asker, link), status, document);
}

static void refuse_all(tcn_list *askers)
{
    json_t *document =
        json_pack("{s:s, s:s}", "result", "stopping", "detail", "The daemon is stopping");
    answer_all(askers, 503, document);
    json_decref(document);
}

int tcn_reload_ask(tcn_reload *reload, const tcn_reload_request *request)
{
    if (reload->is_stopping)
        return TCN_E_STATE;
    tcn_reload_asker *asker = tcn_alloc_zero(sizeof *asker);
    if (asker == NULL)
        return TCN_E_NOMEM;
    asker->request = *request;
    tcn_list_append(&reload->waiting, &asker->link);
    if (reload->phase == TCN_RELOAD_IDLE)
        begin(reload);
    return 0;
}

/* All that wait for the same kind of run as the first one. */
static void take_askers(tcn_reload *reload)
{
    /* There is one: it is why the run begins. */
    const tcn_reload_request *request =
        &tcn_container_of(reload->waiting.next, tcn_reload_asker, link)->request;
    reload->run.is_plan = request->is_plan;
    reload->run.trigger = request->trigger;
    tcn_list_foreach (it, &reload->waiting) {
        if (tcn_container_of(it, tcn_reload_asker, link)->request.is_plan !=
            reload->run.is_plan)
            continue;
        tcn_list_remove(it);
        tcn_list_append(&reload->asking, it);
    }
}

/* ---- the drain, for those who wait for it ---- */

static void on_drain(uv_timer_t *timer)
{
    tcn_reload *reload = timer->data;
    if (tcn_plugins_leaving(reload->daemon->plugins) > 0)
        return;
    (void)uv_timer_stop(timer);
    for (tcn_list *first; (first = tcn_list_first(&reload->draining)) != NULL;) {
        tcn_reload_asker *asker = tcn_container_of(first, tcn_reload_asker, link);
        answer(asker, 200, asker->document);
    }
}

static void wait_for_drain(tcn_reload *reload, tcn_reload_asker *asker, json_t *document)
{
    tcn_list_remove(&asker->link);
    tcn_list_append(&reload->draining, &asker->link);
    asker->document = json_incref(document);
    (void)uv_timer_start(&reload->drain, on_drain, 0, DRAIN_LOOK_MS);
}

/* ---- a run ---- */

static void begin(tcn_reload *reload)
{
    tcn_reload_run *run = &reload->run;
    take_askers(reload);
    run->began_mono_us = tcn_clock_mono_us();
    run->began_at_us = tcn_clock_wall_us();
    run->changes = json_array();
    run->notes = json_array();
    if (!run->is_plan)
        tcn_notice_reloading(reload->daemon);
    tcn_reload_read(reload);
}

static void answer_askers(tcn_reload *reload, bool is_good, json_t *document)
{
    tcn_list_foreach (it, &reload->asking) {
        tcn_reload_asker *asker = tcn_container_of(it, tcn_reload_asker, link);
        if (is_good && asker->request.waits_for_drain && !reload->is_stopping)
            wait_for_drain(reload, asker, document);
        else
            answer(asker, is_good ? 200 : 422, document);
    }
}

static void on_disposed(void *ud)
{
    tcn_reload *reload = ud;
    reload->phase = TCN_RELOAD_IDLE;
    if (reload->is_stopping)
        refuse_all(&reload->waiting);
    else if (!tcn_list_is_empty(&reload->waiting))
        begin(reload);
}

void tcn_reload_end(tcn_reload *reload, const char *result)
{
    tcn_reload_run *run = &reload->run;
    bool is_stopped = result == NULL && run->problems.errors == 0;
    if (is_stopped)
        tcn_reload_complain(reload, TCN_E_CANCELED, "the daemon is stopping");
    if (result == NULL)
        result = "refused";
    bool is_good = run->problems.errors == 0;
    json_t *document = tcn_reload_document(run, result);
    tcn_reload_tell(reload, result);
    if (!run->is_plan) {
        json_decref(reload->last);
        reload->last = tcn_reload_last(run, result);
        tcn_notice_reloaded(reload->daemon, is_good ? 0 : run->problems.errors);
    }
    if (is_stopped)
        refuse_all(&reload->asking);
    answer_askers(reload, is_good, document);
    json_decref(document);
    tcn_reload_dispose(reload, on_disposed);
}

/* ---- the commit ---- */

static void swap(tcn_reload *reload, bool has_changes)
{
    tcn_daemon *daemon = reload->daemon;
    tcn_reload_run *run = &reload->run;
    tcn_stage_commit(run->stage);
    run->stage = NULL;
    tcn_config_adopt(&daemon->config, &run->config);
    tcn_settings_apply(daemon, &run->prepared);
    tcn_dispatcher_look(daemon->dispatcher);
    daemon->automations = run->automations.count;
    const tcn_kept kept = reload->kept;
    reload->kept = run->kept;
    run->kept = kept; /* freed with the run */
    daemon->blocks_hash = run->blocks_hash;
    daemon->configured_at_us = run->began_at_us;
    daemon->fallback = 0;
    tcn_reload_end(reload, has_changes ? "committed" : "unchanged");
}

/* It is freed with the rest of the run, which waits for it. */
static void keep_change(tcn_change *change, void *ud)
{
    tcn_reload *reload = ud;
    if (reload->is_closed) {
        tcn_change_free(change);
        return;
    }
    reload->run.change = change;
    reload->run.is_change_out = false;
    if (reload->phase == TCN_RELOAD_DISPOSING)
        tcn_reload_dispose(reload, on_disposed);
}

static void on_committed(int status, void *ud)
{
    tcn_reload *reload = ud;
    if (reload->is_closed)
        return;
    if (status >= 0) {
        swap(reload, true);
        return;
    }
    char text[200];
    (void)snprintf(text, sizeof text, "the store did not take the definitions: %s",
                   tcn_err_text(status));
    tcn_reload_complain(reload, status, text);
    tcn_reload_end(reload, NULL);
}

/* NULL: nothing that the log or the store would keep changes. */
static int make_change(tcn_reload *reload, tcn_change **ret)
{
    tcn_daemon *daemon = reload->daemon;
    tcn_reload_run *run = &reload->run;
    run->blocks_hash = tcn_daemon_blocks_hash(run->blocks_text);
    bool has_blocks = run->blocks_hash != daemon->blocks_hash;
    *ret = NULL;
    if (!run->is_changed && !run->has_limits && !has_blocks)
        return 0;
    tcn_change *change = tcn_alloc_zero(sizeof *change);
    if (change == NULL)
        return TCN_E_NOMEM;
    *change = (tcn_change){.done = on_committed, .ud = reload, .dispose = keep_change};
    if (run->is_changed || run->has_limits) {
        change->has_limits = run->has_limits;
        change->limits = tcn_settings_ingest(&run->config).engine;
        change->automations = run->automations_text;
        change->packed = run->packed;
        change->renewal = run->renewal;
        run->packed = (tcn_buf){0};
        run->automations_text = NULL;
        run->renewal = NULL;
    }
    if (has_blocks) {
        change->blocks = run->blocks_text;
        run->blocks_text = NULL;
    }
    *ret = change;
    return 0;
}

static void commit(tcn_reload *reload)
{
    tcn_change *change = NULL;
    int rc = make_change(reload, &change);
    if (rc == 0 && change == NULL) {
        swap(reload, json_array_size(reload->run.changes) > 0);
        return;
    }
    reload->phase = TCN_RELOAD_COMMITTING;
    if (rc == 0)
        rc = tcn_ingest_change_own(reload->daemon->ingest, change);
    reload->run.is_change_out = rc == 0;
    if (rc < 0)
        on_committed(rc, reload);
}

static void on_started(void *ud)
{
    tcn_reload *reload = ud;
    if (reload->phase != TCN_RELOAD_STARTING)
        return;
    tcn_stage_failures(reload->run.stage, &reload->run.problems);
    if (reload->is_stopping || reload->run.problems.errors > 0)
        tcn_reload_end(reload, NULL);
    else if (reload->run.is_plan)
        tcn_reload_end(reload, "planned");
    else
        commit(reload);
}

static void note_orphans(const char *block, size_t count, void *ud)
{
    tcn_reload_run *run = ud;
    json_t *text = json_sprintf("block \"%s\" is not there any more: %zu action%s wait%s "
                                "for it until %s deadline",
                                block, count, tcn_plural(count), count == 1 ? "s" : "",
                                count == 1 ? "its" : "their");
    (void)json_array_append_new(run->notes, text);
}

void tcn_reload_go_on(tcn_reload *reload)
{
    tcn_reload_run *run = &reload->run;
    tcn_dispatcher_orphans(reload->daemon->dispatcher, tcn_stage_blocks(run->stage),
                           note_orphans, run);
    if (tcn_stage_changes(run->stage, run->changes) < 0)
        tcn_reload_complain(reload, TCN_E_NOMEM, tcn_err_text(TCN_E_NOMEM));
    reload->phase = TCN_RELOAD_STARTING;
    if (tcn_stage_start(run->stage, on_started, reload) == 0)
        on_started(reload);
}

/* ---- life ---- */

int tcn_reload_new(tcn_daemon *daemon, tcn_reload **ret)
{
    tcn_reload *reload = tcn_alloc_zero(sizeof *reload);
    if (reload == NULL)
        return TCN_E_NOMEM;
    int rc = tcn_helper_new(&daemon->loop, &reload->helper);
    if (rc < 0) {
        tcn_free(reload);
        return rc;
    }
    reload->daemon = daemon;
    tcn_list_init(&reload->waiting);
    tcn_list_init(&reload->asking);
    tcn_list_init(&reload->draining);
    (void)uv_idle_init(&daemon->loop, &reload->slice);
    (void)uv_timer_init(&daemon->loop, &reload->drain);
    reload->slice.data = reload;
    reload->drain.data = reload;
    reload->open_handles = 2;
    *ret = reload;
    return 0;
}

bool tcn_reload_is_idle(const tcn_reload *reload)
{
    return reload->phase == TCN_RELOAD_IDLE;
}

void tcn_reload_stop(tcn_reload *reload)
{
    reload->is_stopping = true;
    (void)uv_timer_stop(&reload->drain);
    refuse_all(&reload->draining);
    refuse_all(&reload->waiting);
    if (reload->phase == TCN_RELOAD_STARTING)
        tcn_reload_end(reload, NULL);
}

json_t *tcn_reload_status(const tcn_reload *reload)
{
    return reload->last != NULL ? json_incref(reload->last) : json_null();
}

static void on_handle_closed(uv_handle_t *handle)
{
    tcn_reload *reload = handle->data;
    /* The store may still answer one that is being committed: it stays. */
    if (--reload->open_handles > 0 || reload->phase == TCN_RELOAD_COMMITTING)
        return;
    json_decref(reload->last);
    tcn_kept_deinit(&reload->kept);
    tcn_free(reload);
}

bool tcn_reload_is_stuck(const tcn_reload *reload)
{
    return tcn_helper_is_busy(reload->helper);
}

void tcn_reload_keep(tcn_reload *reload, tcn_kept *kept)
{
    tcn_kept_deinit(&reload->kept);
    reload->kept = *kept;
    *kept = (tcn_kept){0};
}

void tcn_reload_note(tcn_reload *reload, const char *result, const tcn_problems *problems)
{
    tcn_reload_run run = {
        .trigger = "start",
        .began_at_us = reload->daemon->started_at_us,
        .began_mono_us = tcn_clock_mono_us(),
        .problems = *problems,
    };
    json_decref(reload->last);
    reload->last = tcn_reload_last(&run, result);
}

void tcn_reload_close(tcn_reload *reload)
{
    if (tcn_reload_is_stuck(reload)) {
        refuse_all(&reload->asking);
        return;
    }
    (void)uv_idle_stop(&reload->slice);
    refuse_all(&reload->asking);
    reload->is_closed = true;
    if (reload->phase != TCN_RELOAD_IDLE && reload->phase != TCN_RELOAD_COMMITTING)
        tcn_reload_run_deinit(&reload->run);
    tcn_helper_close(reload->helper);
    uv_close((uv_handle_t *)&reload->slice, on_handle_closed);
    uv_close((uv_handle_t *)&reload->drain, on_handle_closed);
}
