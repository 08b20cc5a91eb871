/* SPDX-License-Identifier: Apache-2.0 */
/* mock/exchange.h - scripted replies, recorded exchanges, timers, and the virtual clock that drives
 * both. Included by tocsin/mock.h only. */
/* clang-format off */
#ifndef TOCSIN_MOCK_EXCHANGE_H
#define TOCSIN_MOCK_EXCHANGE_H

struct tocsin_timer {
    tocsin_mock *mock;
    tocsin_timer *next;
    tocsin_timer_cb cb;
    void *ud;
    int64_t due_ms;
    uint64_t repeat_ms;
    int is_over;
};

struct tocsin_call {
    tocsin_mock *mock;
    tocsin_call *next;
    tocsin_reply_cb cb;
    void *ud;
    tocsin_delivery *delivery;
    tocsin_mock_reply_item reply;
    int64_t begun_ms, due_ms;
    int is_over;
};

/* ---- the script ---- */

static inline tocsin_mock_reply_item *tocsin_mock_reply(tocsin_mock *m, int32_t status, const char *body)
{
    static tocsin_mock_reply_item spare;
    tocsin_mock_reply_item *r = &m->replies[m->reply_count];
    if (!tocsin_mock_has_room(m, m->reply_count, "replies"))
        return &spare;
    memset(r, 0, sizeof *r);
    r->status = status;
    r->retry_after_ms = -1;
    r->body = tocsin_mock_copy(m, tocsin_mock_str(body));
    m->reply_count++;
    return r;
}

static inline tocsin_mock_reply_item *tocsin_mock_reply_error(tocsin_mock *m, int32_t error, const char *text)
{
    tocsin_mock_reply_item *r = tocsin_mock_reply(m, 0, "");
    r->error = error;
    r->text = tocsin_mock_copy(m, tocsin_mock_str(text));
    return r;
}

static inline void tocsin_mock_reply_header(tocsin_mock *m, tocsin_mock_reply_item *r, const char *name,
                                            const char *value)
{
    tocsin_str key = tocsin_mock_copy(m, tocsin_mock_str(name));
    char *end = NULL;
    size_t i;
    if (r->header_count == sizeof r->headers / sizeof r->headers[0]) {
        tocsin_mock_problem(m, "more than 16 headers of a reply");
        return;
    }
    for (i = 0; i < key.len; i++)
        ((char *)(uintptr_t)key.ptr)[i] = tocsin_mock_lower(name[i]);
    r->headers[r->header_count].name = key;
    r->headers[r->header_count++].value = tocsin_mock_copy(m, tocsin_mock_str(value));
    if (strcmp(key.ptr, "retry-after") == 0) {
        long seconds = strtol(value, &end, 10);
        r->retry_after_ms = end != value && *end == '\0' && seconds >= 0 ? seconds * 1000 : -1;
    }
}

static inline void tocsin_mock_reply_rcpt(tocsin_mock_reply_item *r, int32_t code)
{
    if (r->rcpt_count < sizeof r->rcpt_status / sizeof r->rcpt_status[0])
        r->rcpt_status[r->rcpt_count++] = code;
}

static inline void tocsin_mock_fail(tocsin_mock *m, const char *service, int32_t code)
{
    m->fail_name = tocsin_mock_dup(m, service);
    m->fail_code = code;
}

static inline const char *tocsin_mock_header(const tocsin_mock_request *r, const char *name)
{
    uint64_t i;
    for (i = 0; i < r->header_count; i++)
        if (tocsin_mock_same_name(r->headers[i].name, name))
            return r->headers[i].value.ptr;
    return NULL;
}

/* ---- recording ---- */

static inline void tocsin_mock_record_net(tocsin_mock *m, tocsin_mock_request *r, const tocsin_net *net)
{
    if (net == NULL)
        return;
    r->timeout_ms = net->timeout_ms;
    r->connect_timeout_ms = net->connect_timeout_ms;
    r->proxy = tocsin_mock_dup(m, net->proxy);
    r->ca_file = tocsin_mock_dup(m, net->ca_file);
    r->cert_file = tocsin_mock_dup(m, net->cert_file);
    r->key_file = tocsin_mock_dup(m, net->key_file);
}

static inline int tocsin_mock_has_break(tocsin_str s)
{
    size_t i;
    for (i = 0; i < s.len; i++)
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0')
            return 1;
    return 0;
}

static inline int32_t tocsin_mock_record_http(tocsin_mock *m, tocsin_mock_request *r,
                                              const tocsin_http_request *q)
{
    tocsin_pair *headers = (tocsin_pair *)tocsin_mock_alloc(m, (size_t)q->header_count * sizeof *headers);
    uint64_t i;
    if (q->struct_size != sizeof *q)
        tocsin_mock_problem(m, "http: struct_size of the request is not set");
    if (q->method == NULL || q->url == NULL ||
        (strncmp(q->url, "http://", 7) != 0 && strncmp(q->url, "https://", 8) != 0) ||
        strlen(q->url) > 16384 || q->header_count > 64)
        return TOCSIN_E_INVALID;
    for (i = 0; i < q->header_count; i++) {
        if (q->headers[i].name.len == 0 || tocsin_mock_has_break(q->headers[i].name) ||
            tocsin_mock_has_break(q->headers[i].value) ||
            q->headers[i].name.len + q->headers[i].value.len > 8192)
            return TOCSIN_E_INVALID;
        headers[i].name = tocsin_mock_copy(m, q->headers[i].name);
        headers[i].value = tocsin_mock_copy(m, q->headers[i].value);
    }
    r->flags = q->flags;
    r->method = tocsin_mock_dup(m, q->method);
    r->url = tocsin_mock_dup(m, q->url);
    r->headers = headers;
    r->header_count = q->header_count;
    r->body = tocsin_mock_copy(m, q->body);
    tocsin_mock_record_net(m, r, q->net);
    return TOCSIN_OK;
}

static inline int32_t tocsin_mock_record_smtp(tocsin_mock *m, tocsin_mock_request *r,
                                              const tocsin_smtp_request *q)
{
    tocsin_str *rcpts = (tocsin_str *)tocsin_mock_alloc(m, (size_t)q->rcpt_count * sizeof *rcpts);
    uint64_t i;
    if (q->struct_size != sizeof *q)
        tocsin_mock_problem(m, "smtp: struct_size of the request is not set");
    if (q->host == NULL || q->mail_from == NULL || q->rcpt_count == 0)
        return TOCSIN_E_INVALID;
    for (i = 0; i < q->rcpt_count; i++) {
        if (tocsin_mock_has_break(q->rcpts[i]))
            return TOCSIN_E_INVALID;
        rcpts[i] = tocsin_mock_copy(m, q->rcpts[i]);
    }
    r->is_smtp = 1;
    r->flags = q->flags;
    r->host = tocsin_mock_dup(m, q->host);
    r->helo = tocsin_mock_dup(m, q->helo);
    r->mail_from = tocsin_mock_dup(m, q->mail_from);
    r->username = tocsin_mock_dup(m, q->username);
    r->port = q->port;
    r->rcpts = rcpts;
    r->rcpt_count = q->rcpt_count;
    r->password = tocsin_mock_copy(m, q->password);
    r->oauth_token = tocsin_mock_copy(m, q->oauth_token);
    r->body = tocsin_mock_copy(m, q->data);
    tocsin_mock_record_net(m, r, q->net);
    return TOCSIN_OK;
}

static inline void tocsin_mock_take_reply(tocsin_mock *m, tocsin_call *call, uint64_t rcpts)
{
    tocsin_mock_reply_item *r = &call->reply;
    if (m->reply_next < m->reply_count) {
        *r = m->replies[m->reply_next++];
    } else {
        r->error = TOCSIN_E_CONNECT;
        r->retry_after_ms = -1;
        r->text = tocsin_mock_str("the mock has no reply scripted");
        r->body = tocsin_mock_str("");
    }
    while (r->error == 0 && r->rcpt_count < rcpts && r->rcpt_count < 16) {
        r->rcpt_status[r->rcpt_count] = r->status;
        r->rcpt_count++;
    }
    call->begun_ms = m->mono_ms;
    call->due_ms = m->mono_ms + r->delay_ms;
}

/* One exchange of either kind. */
static inline int32_t tocsin_mock_exchange(tocsin_self *self, tocsin_delivery *d,
                                           const tocsin_http_request *http, const tocsin_smtp_request *smtp,
                                           tocsin_reply_cb cb, void *ud, tocsin_call **ret)
{
    tocsin_mock *m = self->mock;
    tocsin_mock_request *r = &m->requests[m->request_count];
    tocsin_call *call;
    const char *service = smtp != NULL ? "smtp" : "http";
    int32_t rc = tocsin_mock_failure(m, service);
    if (rc < 0)
        return rc;
    if (tocsin_mock_off_loop(m, service) || (d != NULL && d->is_canceled))
        return TOCSIN_E_STATE;
    if (d != NULL && d->done_count > 0) {
        tocsin_mock_problem(m, "an exchange was begun for a delivery that is done");
        return TOCSIN_E_STATE;
    }
    if (cb == NULL || (http == NULL && smtp == NULL) || !tocsin_mock_has_room(m, m->request_count, "exchanges"))
        return TOCSIN_E_INVALID;
    memset(r, 0, sizeof *r);
    rc = http != NULL ? tocsin_mock_record_http(m, r, http) : tocsin_mock_record_smtp(m, r, smtp);
    if (rc < 0)
        return rc;
    r->delivery = d;
    m->request_count++;
    call = (tocsin_call *)tocsin_mock_alloc(m, sizeof *call);
    call->mock = m;
    call->cb = cb;
    call->ud = ud;
    call->delivery = d;
    call->next = m->calls;
    m->calls = call;
    tocsin_mock_take_reply(m, call, smtp != NULL ? smtp->rcpt_count : 0);
    if (ret != NULL)
        *ret = call;
    return TOCSIN_OK;
}

static inline int32_t tocsin_mock_http(tocsin_self *self, tocsin_delivery *d, const tocsin_http_request *q,
                                       tocsin_reply_cb cb, void *ud, tocsin_call **ret)
{
    return tocsin_mock_exchange(self, d, q, NULL, cb, ud, ret);
}

static inline int32_t tocsin_mock_smtp(tocsin_self *self, tocsin_delivery *d, const tocsin_smtp_request *q,
                                       tocsin_reply_cb cb, void *ud, tocsin_call **ret)
{
    return tocsin_mock_exchange(self, d, NULL, q, cb, ud, ret);
}

static inline void tocsin_mock_call_cancel(tocsin_call *call)
{
    if (call == NULL || tocsin_mock_off_loop(call->mock, "call_cancel") || call->is_over)
        return;
    memset(&call->reply, 0, sizeof call->reply);
    call->reply.error = TOCSIN_E_CANCELED;
    call->reply.retry_after_ms = -1;
    call->reply.body = tocsin_mock_str("");
    call->reply.text = tocsin_mock_str("canceled");
    call->due_ms = call->mock->mono_ms;
}

/* ---- timers ---- */

static inline int32_t tocsin_mock_timer_start(tocsin_self *self, uint64_t delay_ms, uint64_t repeat_ms,
                                              tocsin_timer_cb cb, void *ud, tocsin_timer **ret)
{
    tocsin_mock *m = self->mock;
    tocsin_timer *timer;
    int32_t rc = tocsin_mock_failure(m, "timer_start");
    if (rc < 0 || tocsin_mock_off_loop(m, "timer_start"))
        return rc < 0 ? rc : TOCSIN_E_STATE;
    timer = (tocsin_timer *)tocsin_mock_alloc(m, sizeof *timer);
    timer->mock = m;
    timer->cb = cb;
    timer->ud = ud;
    timer->due_ms = m->mono_ms + (int64_t)delay_ms;
    timer->repeat_ms = repeat_ms;
    timer->next = m->timers;
    m->timers = timer;
    if (ret != NULL)
        *ret = timer;
    return TOCSIN_OK;
}

static inline void tocsin_mock_timer_stop(tocsin_timer *timer)
{
    if (timer != NULL && !tocsin_mock_off_loop(timer->mock, "timer_stop"))
        timer->is_over = 1;
}

/* ---- what is due ---- */

static inline void tocsin_mock_answer(tocsin_call *call)
{
    const tocsin_mock_reply_item *r = &call->reply;
    tocsin_reply reply = TOCSIN_ZERO;
    reply.struct_size = sizeof reply;
    reply.error = r->error;
    reply.status = r->status;
    reply.retry_after_ms = r->retry_after_ms;
    reply.elapsed_ms = call->mock->mono_ms - call->begun_ms;
    reply.headers = r->headers;
    reply.header_count = r->header_count;
    reply.body = r->body;
    reply.text = r->text;
    reply.rcpt_status = r->rcpt_status;
    reply.rcpt_count = r->rcpt_count;
    call->is_over = 1;
    call->cb(call, &reply, call->ud);
}

static inline void tocsin_mock_fire(tocsin_timer *timer)
{
    if (timer->repeat_ms == 0)
        timer->is_over = 1;
    else
        timer->due_ms = timer->mock->mono_ms + (int64_t)timer->repeat_ms;
    timer->cb(timer, timer->ud);
}

/* The earliest call and timer that is due by then; of two at the same time the older one. */
static inline int tocsin_mock_next(tocsin_mock *m, int64_t by_ms, tocsin_call **ret_call,
                                   tocsin_timer **ret_timer)
{
    tocsin_call *call;
    tocsin_timer *timer;
    *ret_call = NULL;
    *ret_timer = NULL;
    for (call = m->calls; call != NULL; call = call->next)
        if (!call->is_over && call->due_ms <= by_ms && (*ret_call == NULL || call->due_ms <= (*ret_call)->due_ms))
            *ret_call = call;
    for (timer = m->timers; timer != NULL; timer = timer->next)
        if (!timer->is_over && timer->due_ms <= by_ms &&
            (*ret_timer == NULL || timer->due_ms <= (*ret_timer)->due_ms))
            *ret_timer = timer;
    if (*ret_call != NULL && *ret_timer != NULL) {
        if ((*ret_timer)->due_ms < (*ret_call)->due_ms)
            *ret_call = NULL;
        else
            *ret_timer = NULL;
    }
    return *ret_call != NULL || *ret_timer != NULL;
}

static inline int tocsin_mock_has_calls(const tocsin_mock *m)
{
    const tocsin_call *call;
    for (call = m->calls; call != NULL; call = call->next)
        if (!call->is_over)
            return 1;
    return 0;
}
#endif
