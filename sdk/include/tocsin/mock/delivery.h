/* SPDX-License-Identifier: Apache-2.0 */
/* mock/delivery.h - messages on their way: prepare, send, done, cancel, and their time limits. Included
 * by tocsin/mock.h only. */
/* clang-format off */
#ifndef TOCSIN_MOCK_DELIVERY_H
#define TOCSIN_MOCK_DELIVERY_H

enum { TOCSIN_MOCK_CANCEL_MS = 2000 }; /* from cancel to a problem */

static inline tocsin_message tocsin_mock_message(void)
{
    tocsin_message msg = TOCSIN_ZERO;
    msg.struct_size = sizeof msg;
    msg.kind = TOCSIN_NOTIFY;
    msg.severity = TOCSIN_FAILURE;
    msg.attempt = 1;
    msg.timeout_ms = 30000;
    msg.fired_at_ms = INT64_C(1795338358307);
    msg.invocation = tocsin_mock_str("3f0a1c9e-1111-5222-8333-444455556666");
    msg.action = tocsin_mock_str("");
    msg.subject = tocsin_mock_str("Flow run failed");
    msg.body = tocsin_mock_str("The flow run olive-swan failed.");
    msg.payload = tocsin_mock_str("");
    msg.progress = tocsin_mock_str("");
    msg.automation_id = tocsin_mock_str("0b0a5f0e-7c5e-4f0e-9d2a-3d6b7f1f2a10");
    msg.automation_name = tocsin_mock_str("failures");
    msg.event_id = tocsin_mock_str("7a7d0f7e-0d0c-4b58-8b51-2b6ad3f6a001");
    msg.event_name = tocsin_mock_str("prefect.flow-run.Failed");
    msg.event = tocsin_mock_str("{\"event\":\"prefect.flow-run.Failed\"}");
    return msg;
}

/* ---- done ---- */

/* Secrets must not stand in what people read. */
static inline void tocsin_mock_check_secrets(tocsin_mock *m, tocsin_str text, const char *what)
{
    char told[200];
    uint32_t i;
    for (i = 0; i < m->opt_count; i++) {
        const tocsin_mock_opt *opt = &m->opts[i];
        if ((opt->option->flags & TOCSIN_OPT_SECRET) == 0 || opt->text.len < 4 ||
            !tocsin_mock_holds(text, opt->text))
            continue;
        (void)snprintf(told, sizeof told, "%s holds the secret \"%s\"", what, opt->option->key);
        tocsin_mock_problem(m, told);
    }
}

static inline void tocsin_mock_check_result(tocsin_mock *m, const tocsin_result *r)
{
    if (r->struct_size != sizeof *r)
        tocsin_mock_problem(m, "done: struct_size of the result is not set");
    if (r->status < TOCSIN_DONE || r->status > TOCSIN_FAIL)
        tocsin_mock_problem(m, "done: the status is none of DONE, RETRY, FAIL");
    if (r->cause > TOCSIN_CAUSE_INTERNAL)
        tocsin_mock_problem(m, "done: the cause is unknown");
    if (r->status != TOCSIN_DONE && r->reason.len == 0)
        tocsin_mock_problem(m, "done: RETRY and FAIL need a reason");
    if (r->reason.len > 1000 || tocsin_mock_has_break(r->reason))
        tocsin_mock_problem(m, "done: the reason is not one line of at most 1000 bytes");
    if (r->receipt.len > 4096 || r->progress.len > 4096)
        tocsin_mock_problem(m, "done: receipt and progress hold at most 4096 bytes");
    if (r->receipt.len > 0 && r->receipt.ptr[0] != '{')
        tocsin_mock_problem(m, "done: the receipt is no JSON object");
    tocsin_mock_check_secrets(m, r->reason, "the reason");
    tocsin_mock_check_secrets(m, r->receipt, "the receipt");
    tocsin_mock_check_secrets(m, r->progress, "the progress");
}

static inline void tocsin_mock_done(tocsin_delivery *d, const tocsin_result *result)
{
    tocsin_mock *m = d->mock;
    tocsin_mock_lock(m);
    d->done_count++;
    tocsin_mock_unlock(m);
    if (d->done_count > 1) {
        tocsin_mock_problem(m, "done was called twice for one delivery");
        return;
    }
    if (d->accepted < 0)
        tocsin_mock_problem(m, "done was called for a message that was not accepted");
    tocsin_mock_check_result(m, result);
    d->result = *result;
    d->result.reason = tocsin_mock_copy(m, result->reason);
    d->result.receipt = tocsin_mock_copy(m, result->receipt);
    d->result.progress = tocsin_mock_copy(m, result->progress);
}

static inline void tocsin_mock_set_data(tocsin_delivery *d, void *data)
{
    d->data = data;
}

static inline void *tocsin_mock_get_data(tocsin_delivery *d)
{
    return d->data;
}

static inline int32_t tocsin_mock_is_canceled(tocsin_delivery *d)
{
    return d->is_canceled;
}

/* ---- send ---- */

#ifdef TOCSIN_MOCK_THREADS
static inline void *tocsin_mock_worker(void *ud)
{
    tocsin_delivery *d = (tocsin_delivery *)ud;
    d->accepted = d->mock->plugin->send(d->mock->instance, &d->message, d);
    return NULL;
}
#endif

/* On a worker, and waits for it. */
static inline void tocsin_mock_send_on_worker(tocsin_mock *m, tocsin_delivery *d)
{
#ifdef TOCSIN_MOCK_THREADS
    pthread_t thread;
    if (pthread_create(&thread, NULL, tocsin_mock_worker, d) != 0)
        abort();
    (void)pthread_join(thread, NULL);
#else
    m->is_on_worker = 1;
    d->accepted = m->plugin->send(m->instance, &d->message, d);
    m->is_on_worker = 0;
#endif
    (void)m;
}

static inline tocsin_delivery *tocsin_mock_send(tocsin_mock *m, const tocsin_message *message)
{
    tocsin_delivery *d = (tocsin_delivery *)tocsin_mock_alloc(m, sizeof *d);
    tocsin_error error = TOCSIN_ZERO;
    error.struct_size = sizeof error;
    d->mock = m;
    d->message = message != NULL ? *message : tocsin_mock_message();
    d->limit_at_ms = m->mono_ms + d->message.timeout_ms;
    if (m->instance == NULL) {
        tocsin_mock_problem(m, "send without an instance: call tocsin_mock_start first");
        d->accepted = TOCSIN_E_STATE;
        return d;
    }
    if (tocsin_mock_has_room(m, m->delivery_count, "deliveries"))
        m->deliveries[m->delivery_count++] = d;
    if (m->plugin->prepare != NULL)
        d->accepted = m->plugin->prepare(m->instance, &d->message, d, &error);
    if (d->accepted < 0 || d->done_count > 0) /* prepare may end it itself */
        return d;
    if (m->worker_threads > 0)
        tocsin_mock_send_on_worker(m, d);
    else
        d->accepted = m->plugin->send(m->instance, &d->message, d);
    if (d->accepted < 0 && d->done_count > 0)
        tocsin_mock_problem(m, "send refused a message for which it had called done");
    return d;
}

static inline tocsin_delivery *tocsin_mock_deliver(tocsin_mock *m, const tocsin_message *message)
{
    tocsin_delivery *d = tocsin_mock_send(m, message);
    tocsin_mock_run(m);
    return d;
}

/* ---- time ---- */

static inline int tocsin_mock_is_open(const tocsin_delivery *d)
{
    return d->accepted >= 0 && d->done_count == 0;
}

static inline void tocsin_mock_cancel(tocsin_mock *m, tocsin_delivery *d)
{
    tocsin_call *call;
    if (d->is_canceled || !tocsin_mock_is_open(d))
        return;
    d->is_canceled = 1;
    d->limit_at_ms = m->mono_ms + TOCSIN_MOCK_CANCEL_MS;
    for (call = m->calls; call != NULL; call = call->next)
        if (call->delivery == d)
            tocsin_mock_call_cancel(call);
    if (m->plugin->cancel != NULL)
        m->plugin->cancel(m->instance, d);
}

/* The open delivery whose limit is reached first, by then. */
static inline tocsin_delivery *tocsin_mock_overdue(const tocsin_mock *m, int64_t by_ms)
{
    uint32_t i;
    tocsin_delivery *first = NULL;
    for (i = 0; i < m->delivery_count; i++) {
        tocsin_delivery *d = m->deliveries[i];
        if (tocsin_mock_is_open(d) && d->limit_at_ms <= by_ms &&
            (first == NULL || d->limit_at_ms < first->limit_at_ms))
            first = d;
    }
    return first;
}

/* Its time is over: it is canceled, and after a cancel given up. */
static inline void tocsin_mock_limit(tocsin_mock *m, tocsin_delivery *d)
{
    if (!d->is_canceled) {
        tocsin_mock_cancel(m, d);
        return;
    }
    tocsin_mock_problem(m, "done was not called within 2 s of the cancel");
    d->accepted = TOCSIN_E_TIMEOUT; /* abandoned */
}

/* The next thing that is due by then; 0: nothing is. */
static inline int tocsin_mock_step(tocsin_mock *m, int64_t by_ms)
{
    tocsin_call *call = NULL;
    tocsin_timer *timer = NULL;
    tocsin_delivery *late = tocsin_mock_overdue(m, by_ms);
    int64_t due;
    if (!tocsin_mock_next(m, by_ms, &call, &timer) && late == NULL)
        return 0;
    due = call != NULL ? call->due_ms : timer != NULL ? timer->due_ms : late->limit_at_ms;
    if (late != NULL && late->limit_at_ms > due)
        late = NULL;
    if (late != NULL)
        due = late->limit_at_ms;
    if (due > m->mono_ms)
        m->mono_ms = due;
    if (late != NULL)
        tocsin_mock_limit(m, late);
    else if (call != NULL)
        tocsin_mock_answer(call);
    else
        tocsin_mock_fire(timer);
    return 1;
}

static inline void tocsin_mock_advance(tocsin_mock *m, int64_t ms)
{
    int64_t by_ms = m->mono_ms + ms;
    while (tocsin_mock_step(m, by_ms))
        ;
    m->mono_ms = by_ms;
}

static inline int tocsin_mock_is_busy(const tocsin_mock *m)
{
    uint32_t i;
    for (i = 0; i < m->delivery_count; i++)
        if (tocsin_mock_is_open(m->deliveries[i]))
            return 1;
    return tocsin_mock_has_calls(m);
}

static inline void tocsin_mock_run(tocsin_mock *m)
{
    while (tocsin_mock_is_busy(m) && tocsin_mock_step(m, INT64_MAX))
        ;
}
#endif
