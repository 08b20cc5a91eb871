/* SPDX-License-Identifier: Apache-2.0 */
/* mock/life.h - the table of services, and the life of the instance. Included by tocsin/mock.h only. */
/* clang-format off */
#ifndef TOCSIN_MOCK_LIFE_H
#define TOCSIN_MOCK_LIFE_H

enum { TOCSIN_MOCK_START_MS = 10000, TOCSIN_MOCK_STOP_MS = 5000 };

static inline int64_t tocsin_mock_now_ms(tocsin_self *self)
{
    return self->mock->mono_ms + self->mock->wall_offset_ms;
}

static inline int64_t tocsin_mock_mono_ms(tocsin_self *self)
{
    return self->mock->mono_ms;
}

static inline void tocsin_mock_log(tocsin_self *self, uint32_t level, const char *text, size_t len)
{
    tocsin_mock *m = self->mock;
    tocsin_str line = {text, len};
    tocsin_mock_lock(m);
    if (m->log_len + len + 8 < sizeof m->log)
        m->log_len += (size_t)snprintf(m->log + m->log_len, sizeof m->log - m->log_len, "<%u>%.*s\n",
                                       (unsigned)level, (int)len, text);
    tocsin_mock_unlock(m);
    tocsin_mock_check_secrets(m, line, "a line of the log");
}

static inline int32_t tocsin_mock_address_check(tocsin_self *self, const void *sockaddr, uint32_t len)
{
    (void)self;
    return sockaddr == NULL || len == 0 ? TOCSIN_E_INVALID : TOCSIN_OK;
}

static inline int32_t tocsin_mock_use_workers(tocsin_self *self, uint32_t threads, uint32_t queue)
{
    if (!self->mock->is_creating)
        return TOCSIN_E_STATE;
    if (threads < 1 || threads > 16 || queue < 1 || queue > 1024)
        return TOCSIN_E_INVALID;
    self->mock->worker_threads = threads;
    self->mock->worker_queue = queue;
    return TOCSIN_OK;
}

static inline int32_t tocsin_mock_set_rate(tocsin_self *self, const char *rate)
{
    if (!self->mock->is_creating)
        return TOCSIN_E_STATE;
    if (rate == NULL || strchr(rate, '/') == NULL)
        return TOCSIN_E_INVALID;
    self->mock->rate = tocsin_mock_dup(self->mock, rate);
    return TOCSIN_OK;
}

static inline int32_t tocsin_mock_emit(tocsin_self *self, tocsin_str event, tocsin_error *reterr)
{
    tocsin_mock *m = self->mock;
    int32_t rc = tocsin_mock_failure(m, "emit");
    if (rc == 0 && (event.len < 2 || event.ptr[0] != '{'))
        rc = TOCSIN_E_INVALID;
    if (rc < 0) {
        if (reterr != NULL) {
            reterr->code = rc;
            (void)snprintf(reterr->text, sizeof reterr->text, "the event is refused");
        }
        return rc;
    }
    if (tocsin_mock_has_room(m, m->event_count, "events"))
        m->events[m->event_count++] = tocsin_mock_copy(m, event).ptr;
    return TOCSIN_OK;
}

static inline void tocsin_mock_ready(tocsin_self *self, const tocsin_error *error)
{
    if (!self->mock->is_starting)
        tocsin_mock_problem(self->mock, "ready was called outside of start");
    self->mock->is_starting = 0;
    if (error != NULL)
        self->mock->error = *error;
    if (error != NULL && error->code == 0)
        self->mock->error.code = TOCSIN_E_INTERNAL;
}

static inline void tocsin_mock_stopped(tocsin_self *self)
{
    self->mock->is_stopping = 0;
}

static inline void tocsin_mock_services(tocsin_mock *m)
{
    tocsin_host *h = &m->host;
    h->abi.struct_size = sizeof *h;
    h->abi.major = TOCSIN_ABI_MAJOR;
    h->abi.minor = TOCSIN_ABI_MINOR;
    h->version = "mock";
    h->now_ms = tocsin_mock_now_ms;
    h->mono_ms = tocsin_mock_mono_ms;
    h->log = tocsin_mock_log;
    h->opt_str = tocsin_mock_opt_str;
    h->opt_int = tocsin_mock_opt_int;
    h->opt_num = tocsin_mock_opt_num;
    h->opt_list = tocsin_mock_opt_list;
    h->opt_map = tocsin_mock_opt_map;
    h->secret = tocsin_mock_secret;
    h->render = tocsin_mock_do_render;
    h->http = tocsin_mock_http;
    h->smtp = tocsin_mock_smtp;
    h->call_cancel = tocsin_mock_call_cancel;
    h->address_check = tocsin_mock_address_check;
    h->timer_start = tocsin_mock_timer_start;
    h->timer_stop = tocsin_mock_timer_stop;
    h->use_workers = tocsin_mock_use_workers;
    h->set_rate = tocsin_mock_set_rate;
    h->set_data = tocsin_mock_set_data;
    h->get_data = tocsin_mock_get_data;
    h->is_canceled = tocsin_mock_is_canceled;
    h->done = tocsin_mock_done;
    h->ready = tocsin_mock_ready;
    h->stopped = tocsin_mock_stopped;
    h->emit = tocsin_mock_emit;
    h->hmac_sha256 = tocsin_mock_hmac_sha256;
    h->random = tocsin_mock_random;
    h->wipe = tocsin_mock_wipe;
}

static inline tocsin_mock *tocsin_mock_new(const tocsin_plugin *(*entry)(const tocsin_host *))
{
    tocsin_mock *m = (tocsin_mock *)calloc(1, sizeof *m);
    if (m == NULL)
        abort();
#ifdef TOCSIN_MOCK_THREADS
    (void)pthread_mutex_init(&m->lock, NULL);
    m->loop = pthread_self();
#endif
    m->self.mock = m;
    m->config.mock = m;
    m->mono_ms = 1000;
    m->wall_offset_ms = INT64_C(1795338357307);
    m->error.struct_size = sizeof m->error;
    tocsin_mock_services(m);
    m->plugin = entry(&m->host);
    if (m->plugin == NULL || m->plugin != entry(&m->host)) {
        (void)fprintf(stderr, "mock: the entry gives no static table\n");
        abort();
    }
    return m;
}

static inline int32_t tocsin_mock_create(tocsin_mock *m)
{
    int32_t rc = tocsin_mock_check_options(m);
    if (rc < 0)
        return rc;
    m->is_creating = 1;
    rc = m->plugin->create(&m->host, &m->self, &m->config, &m->instance, &m->error);
    m->is_creating = 0;
    if (rc < 0) {
        m->instance = NULL;
        m->error.code = rc;
        tocsin_mock_check_secrets(m, tocsin_mock_str(m->error.text), "the error of create");
    }
    return rc;
}

static inline void tocsin_mock_destroy(tocsin_mock *m)
{
    tocsin_timer *timer;
    tocsin_call *call;
    for (timer = m->timers; timer != NULL; timer = timer->next)
        timer->is_over = 1;
    for (call = m->calls; call != NULL; call = call->next)
        tocsin_mock_call_cancel(call);
    while (tocsin_mock_has_calls(m) && tocsin_mock_step(m, m->mono_ms))
        ;
    m->plugin->destroy(m->instance);
    m->instance = NULL;
}

static inline int32_t tocsin_mock_start(tocsin_mock *m)
{
    int32_t rc = m->instance == NULL ? tocsin_mock_create(m) : TOCSIN_OK;
    int64_t limit = m->mono_ms + TOCSIN_MOCK_START_MS;
    if (rc < 0 || m->plugin->start == NULL)
        return rc;
    m->error.code = 0;
    m->is_starting = 1; /* ready may come before start returns */
    rc = m->plugin->start(m->instance, &m->error);
    while (rc == TOCSIN_PENDING && m->is_starting && tocsin_mock_step(m, limit))
        ;
    if (rc == TOCSIN_PENDING && m->is_starting) {
        tocsin_mock_problem(m, "start did not call ready within 10 s");
        rc = TOCSIN_E_TIMEOUT;
    } else if (rc == TOCSIN_PENDING) {
        rc = m->error.code;
    }
    m->is_starting = 0;
    if (rc < 0)
        tocsin_mock_destroy(m);
    return rc;
}

static inline void tocsin_mock_stop(tocsin_mock *m)
{
    int64_t limit;
    if (m->instance == NULL)
        return;
    if (m->plugin->drain != NULL)
        m->plugin->drain(m->instance);
    tocsin_mock_run(m);
    limit = m->mono_ms + TOCSIN_MOCK_STOP_MS;
    m->is_stopping = m->plugin->stop != NULL && m->plugin->stop(m->instance) == TOCSIN_PENDING;
    while (m->is_stopping && tocsin_mock_step(m, limit))
        ;
    if (m->is_stopping)
        tocsin_mock_problem(m, "stop did not call stopped within 5 s");
    tocsin_mock_destroy(m);
}

static inline uint32_t tocsin_mock_free(tocsin_mock *m)
{
    uint32_t problems;
    tocsin_mock_stop(m);
    problems = m->problem_count;
    while (m->memory != NULL) {
        void **block = (void **)m->memory;
        m->memory = block[0];
        free(block);
    }
#ifdef TOCSIN_MOCK_THREADS
    (void)pthread_mutex_destroy(&m->lock);
#endif
    free(m);
    return problems;
}
#endif
