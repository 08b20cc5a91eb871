/* SPDX-License-Identifier: Apache-2.0 */
/* puppet.c - a plugin that does what its options tell it: good, late, twice, never, from
 * a thread. */
#include <tocsin/plugin.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PUPPET_VERSION
#define PUPPET_VERSION "1.0"
#endif

static const char *const send_modes[] = {
    "done",       "twice",     "late_twice", "never",    "thread",     "refuse",
    "denied",     "render",    "timer",      "nonsense", "leak",       "log",
    "busy_done",  "after_all", "gate",       "emit",     "emit_later", "many_timers",
    "many_calls", "slow",      "requests",   NULL};
static const char *const life_modes[] = {
    "good",        "create_fails", "start_fails",
    "start_later", "start_never",  "start_later_fails",
    "stop_later",  "stop_never",   NULL};
static const char *const prepare_modes[] = {"keep", "refuse", "done", NULL};
static const char *const crash_modes[] = {"none",     "segv", "abort", "exit",
                                          "overflow", "fpe",  NULL};
static const tocsin_option options[] = {
    {.key = "send",
     .doc = "What send does.",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "done",
     .choices = send_modes},
    {.key = "life",
     .doc = "How it lives.",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "good",
     .choices = life_modes},
    {.key = "text",
     .doc = "Rendered.",
     .type = TOCSIN_OPT_TEXT,
     .flags = TOCSIN_OPT_TEMPLATE},
    {.key = "json",
     .doc = "Rendered.",
     .type = TOCSIN_OPT_JSON,
     .flags = TOCSIN_OPT_TEMPLATE},
    {.key = "map",
     .doc = "Rendered.",
     .type = TOCSIN_OPT_MAP,
     .flags = TOCSIN_OPT_TEMPLATE | TOCSIN_OPT_SECRET},
    {.key = "escape", .doc = "Of text.", .type = TOCSIN_OPT_INT, .max = 99},
    {.key = "key",
     .doc = "A secret.",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET},
    {.key = "place",
     .doc = "A destination.",
     .type = TOCSIN_OPT_STRING,
     .dflt = "here",
     .flags = TOCSIN_OPT_DESTINATION},
    {.key = "workers", .doc = "Threads.", .type = TOCSIN_OPT_INT, .max = 99},
    {.key = "queue",
     .doc = "Of the threads.",
     .dflt = "4",
     .type = TOCSIN_OPT_INT,
     .max = 9999},
    {.key = "gate",
     .doc = "A pipe: send: gate waits for a byte out of it.",
     .type = TOCSIN_OPT_STRING},
    {.key = "rate_limit", .doc = "Of its own.", .type = TOCSIN_OPT_STRING},
    {.key = "event", .doc = "To be emitted.", .type = TOCSIN_OPT_TEXT},
    {.key = "times",
     .doc = "How often.",
     .dflt = "1",
     .type = TOCSIN_OPT_INT,
     .max = 1000},
    {.key = "crash",
     .doc = "How it crashes.",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "none",
     .choices = crash_modes},
    {.key = "crash_in", .doc = "In which slot.", .type = TOCSIN_OPT_STRING},
    {.key = "crash_if",
     .doc = "Only while that file is there.",
     .type = TOCSIN_OPT_STRING},
    {.key = "prepare",
     .doc = "What prepare does.",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "keep",
     .choices = prepare_modes},
};

struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
    tocsin_str send, life;
    pthread_t thread;
    int has_thread, has_workers;
    tocsin_delivery *delivery;
};

static int is(tocsin_str s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

static tocsin_str str_of(const char *text)
{
    tocsin_str s = {text, strlen(text)};
    return s;
}

static void put(char *to, const char *text)
{
    memcpy(to, text, strlen(text) + 1);
}

static void finish(tocsin_instance *puppet, tocsin_delivery *delivery, uint32_t status,
                   uint32_t cause, tocsin_str reason)
{
    tocsin_result result = TOCSIN_ZERO;
    result.struct_size = sizeof result;
    result.status = status;
    result.cause = cause;
    result.retry_after_ms = -1;
    result.reason = reason;
    if (status == TOCSIN_DONE)
        result.receipt = str_of("{\"version\":\"" PUPPET_VERSION "\"}");
    puppet->host->done(delivery, &result);
}

static void good(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    finish(puppet, delivery, TOCSIN_DONE, TOCSIN_CAUSE_NONE, str_of(""));
}

/* More than any stack can hold. */
static int overflow(volatile const char *before, long depth)
{
    volatile char frame[4096];
    frame[0] = before[0];
    return depth == 0 ? 0 : overflow(frame, depth - 1) + frame[0];
}

static void crash_now(tocsin_str how)
{
    volatile char *volatile nowhere = (volatile char *)8; /* and no sanitizer asks */
    if (is(how, "segv"))
        *nowhere = 1;
    else if (is(how, "abort"))
        abort();
    else if (is(how, "exit"))
        exit(0);
    else if (is(how, "overflow"))
        exit(overflow("x", 100000000));
    else if (is(how, "fpe"))
        (void)raise(SIGFPE);
}

static void crash_in(tocsin_instance *puppet, const char *slot)
{
    tocsin_str how, where, when;
    (void)puppet->host->opt_str(puppet->config, "crash", &how);
    if (puppet->host->opt_str(puppet->config, "crash_in", &where) != TOCSIN_OK ||
        !is(where, slot))
        return;
    if (puppet->host->opt_str(puppet->config, "crash_if", &when) == TOCSIN_OK &&
        access(when.ptr, F_OK) != 0)
        return;
    crash_now(how);
}

static int32_t use_workers(tocsin_instance *puppet, tocsin_error *reterr)
{
    int64_t threads = 0, queue = 0;
    (void)puppet->host->opt_int(puppet->config, "workers", &threads);
    (void)puppet->host->opt_int(puppet->config, "queue", &queue);
    if (threads == 0)
        return TOCSIN_OK;
    int32_t rc =
        puppet->host->use_workers(puppet->self, (uint32_t)threads, (uint32_t)queue);
    int32_t twice =
        puppet->host->use_workers(puppet->self, (uint32_t)threads, (uint32_t)queue);
    if (rc < 0)
        put(reterr->text, "use_workers was refused");
    else if (twice != TOCSIN_E_STATE)
        put(reterr->text, "use_workers was taken twice");
    puppet->has_workers = rc == TOCSIN_OK;
    return rc < 0 || twice != TOCSIN_E_STATE ? TOCSIN_E_LIMIT : TOCSIN_OK;
}

static int32_t set_rate(tocsin_instance *puppet, tocsin_error *reterr)
{
    tocsin_str rate;
    if (puppet->host->opt_str(puppet->config, "rate_limit", &rate) != TOCSIN_OK)
        return TOCSIN_OK;
    int32_t rc = puppet->host->set_rate(puppet->self, rate.ptr);
    if (rc < 0)
        put(reterr->key, "rate_limit");
    return rc;
}

static int32_t create(const tocsin_host *host, tocsin_self *self,
                      const tocsin_config *config, tocsin_instance **ret,
                      tocsin_error *reterr)
{
    tocsin_instance *puppet = calloc(1, sizeof *puppet);
    if (puppet == NULL)
        return TOCSIN_E_NOMEM;
    puppet->host = host;
    puppet->self = self;
    puppet->config = config;
    (void)host->opt_str(config, "send", &puppet->send);
    (void)host->opt_str(config, "life", &puppet->life);
    crash_in(puppet, "create");
    int32_t rc = use_workers(puppet, reterr);
    if (rc == TOCSIN_OK)
        rc = set_rate(puppet, reterr);
    if (is(puppet->life, "create_fails")) {
        put(reterr->key, "life");
        put(reterr->text, "wants to fail");
        rc = TOCSIN_E_INVALID;
    }
    if (rc < 0) {
        free(puppet);
        return rc;
    }
    *ret = puppet;
    return TOCSIN_OK;
}

static void on_start_timer(tocsin_timer *timer, void *ud)
{
    tocsin_instance *puppet = ud;
    tocsin_error error = TOCSIN_ZERO;
    (void)timer;
    error.struct_size = sizeof error;
    put(error.text, "the start failed in the end");
    puppet->host->ready(puppet->self, is(puppet->life, "start_later") ? NULL : &error);
}

static int32_t start(tocsin_instance *puppet, tocsin_error *reterr)
{
    crash_in(puppet, "start");
    if (is(puppet->life, "start_fails")) {
        put(reterr->text, "no luck today");
        return TOCSIN_E_CONNECT;
    }
    if (is(puppet->life, "start_later") || is(puppet->life, "start_later_fails")) {
        tocsin_timer *timer;
        (void)puppet->host->timer_start(puppet->self, 1, 0, on_start_timer, puppet,
                                        &timer);
        return TOCSIN_PENDING;
    }
    return is(puppet->life, "start_never") ? TOCSIN_PENDING : TOCSIN_OK;
}

static void *thread_main(void *ud)
{
    tocsin_instance *puppet = ud;
    tocsin_str text;
    if (puppet->host->render(puppet->delivery, "text", NULL, 0, &text, NULL) ==
        TOCSIN_E_STATE)
        puppet->host->set_data(puppet->delivery, puppet);
    int is_mine = puppet->host->get_data(puppet->delivery) == puppet;
    finish(puppet, puppet->delivery, is_mine ? TOCSIN_DONE : TOCSIN_FAIL,
           TOCSIN_CAUSE_NONE, str_of("from a thread"));
    return NULL;
}

static void on_send_timer(tocsin_timer *timer, void *ud)
{
    tocsin_instance *puppet = ud;
    (void)timer;
    crash_in(puppet, "timer");
    good(puppet, puppet->delivery);
    if (is(puppet->send, "late_twice"))
        good(puppet, puppet->delivery);
}

static void render_all(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    static const char *const keys[][2] = {
        {"text", NULL}, {"json", NULL}, {"map", "a"}, {"map", "b"}};
    char all[4096] = "";
    size_t used = 0;
    int64_t escape = 0;
    tocsin_error error = TOCSIN_ZERO;
    error.struct_size = sizeof error;
    (void)puppet->host->opt_int(puppet->config, "escape", &escape);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        tocsin_str text;
        int32_t rc = puppet->host->render(delivery, keys[i][0], keys[i][1],
                                          (uint32_t)escape, &text, &error);
        if (rc == TOCSIN_E_NOT_FOUND)
            continue;
        if (rc < 0) {
            finish(puppet, delivery, TOCSIN_FAIL, TOCSIN_CAUSE_TEMPLATE,
                   str_of(error.text));
            return;
        }
        all[used++] = '|';
        memcpy(all + used, text.ptr, text.len);
        used += text.len;
    }
    tocsin_str reason = {all, used};
    finish(puppet, delivery, TOCSIN_FAIL, TOCSIN_CAUSE_NONE, reason);
}

static void tell_secret(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    char buf[256] = "the key is ";
    size_t len = 0, used = strlen(buf);
    (void)puppet->host->secret(puppet->config, "key", NULL, buf + used, sizeof buf - used,
                               &len);
    puppet->host->log(puppet->self, TOCSIN_LOG_WARNING, buf, used + len);
    finish(puppet, delivery, TOCSIN_FAIL, TOCSIN_CAUSE_INTERNAL, str_of(buf));
}

static void log_much(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    for (int i = 0; i < 500; i++)
        puppet->host->log(puppet->self, TOCSIN_LOG_WARNING, "again", 5);
    good(puppet, delivery);
}

/* The reason says how often the event was taken and why the last one was not. */
static void emit_events(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    tocsin_str event;
    int64_t times = 1, taken = 0;
    char text[600];
    tocsin_error error = TOCSIN_ZERO;
    error.struct_size = sizeof error;
    (void)puppet->host->opt_str(puppet->config, "event", &event);
    (void)puppet->host->opt_int(puppet->config, "times", &times);
    int32_t rc = TOCSIN_OK;
    for (int64_t i = 0; i < times; i++) {
        int32_t one = puppet->host->emit(puppet->self, event, &error);
        rc = one < 0 ? one : rc;
        taken += one == TOCSIN_OK;
    }
    (void)snprintf(text, sizeof text, "%d taken, %d: %s", (int)taken, rc, error.text);
    finish(puppet, delivery, TOCSIN_FAIL, TOCSIN_CAUSE_NONE, str_of(text));
}

static void on_emit_timer(tocsin_timer *timer, void *ud)
{
    tocsin_instance *puppet = ud;
    (void)timer;
    emit_events(puppet, puppet->delivery);
}

static void on_no_time(tocsin_timer *timer, void *ud)
{
    (void)timer;
    (void)ud;
}

static void on_no_reply(tocsin_call *call, const tocsin_reply *reply, void *ud)
{
    (void)call;
    (void)reply;
    (void)ud;
}

/* Begins more than it may have; the reason says how many there are and why no more. */
static void begin_many(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    char text[80];
    int count = 0;
    int32_t rc = TOCSIN_OK;
    tocsin_timer *timer;
    tocsin_call *call;
    tocsin_http_request request = TOCSIN_ZERO;
    request.struct_size = sizeof request;
    request.method = "GET";
    request.url = "http://127.0.0.1:1/";
    for (; rc == TOCSIN_OK && count < 1000; count++) {
        if (is(puppet->send, "many_timers"))
            rc = puppet->host->timer_start(puppet->self, 3600000, 0, on_no_time, puppet,
                                           &timer);
        else
            rc = puppet->host->http(puppet->self, delivery, &request, on_no_reply, puppet,
                                    &call);
    }
    (void)snprintf(text, sizeof text, "%d, then %d", count - 1, rc);
    finish(puppet, delivery, TOCSIN_FAIL, TOCSIN_CAUSE_NONE, str_of(text));
}

static int32_t request_with(tocsin_instance *puppet, tocsin_delivery *delivery,
                            uint64_t headers, size_t header_len, size_t body_len,
                            uint64_t max_response)
{
    static char bytes[(8 << 20) + 1];
    static tocsin_pair pairs[65];
    tocsin_http_request request = TOCSIN_ZERO;
    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < 65; i++) {
        pairs[i].name = str_of("x");
        pairs[i].value.ptr = bytes;
        pairs[i].value.len = header_len;
    }
    request.struct_size = sizeof request;
    request.method = "POST";
    request.url = "http://127.0.0.1:1/";
    request.headers = pairs;
    request.header_count = headers;
    request.body.ptr = bytes;
    request.body.len = body_len;
    request.max_response = max_response;
    return puppet->host->http(puppet->self, delivery, &request, on_no_reply, puppet,
                              NULL);
}

/* The reason says what the host answered to each that is too large, and to one that fits.
 */
static void begin_large(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    char text[80];
    int32_t headers = request_with(puppet, delivery, 65, 1, 0, 0);
    int32_t header = request_with(puppet, delivery, 1, 8192, 0, 0);
    int32_t body = request_with(puppet, delivery, 1, 1, (8 << 20) + 1, 0);
    int32_t response = request_with(puppet, delivery, 1, 1, 0, (1 << 20) + 1);
    int32_t fits = request_with(puppet, delivery, 64, 100, 1000, 1 << 20);
    (void)snprintf(text, sizeof text, "%d %d %d %d %d", headers, header, body, response,
                   fits);
    finish(puppet, delivery, TOCSIN_FAIL, TOCSIN_CAUSE_NONE, str_of(text));
}

/* Holds the loop. */
static void be_slow(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    int64_t until_ms = puppet->host->mono_ms(puppet->self) + 60;
    while (puppet->host->mono_ms(puppet->self) < until_ms)
        continue;
    good(puppet, delivery);
}

/* Waits as long as the test wants. */
static void wait_at_gate(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    tocsin_str path;
    char byte = 0;
    (void)puppet->host->opt_str(puppet->config, "gate", &path);
    int fd = open(path.ptr, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, &byte, 1);
    (void)close(fd);
    finish(puppet, delivery, n == 1 ? TOCSIN_DONE : TOCSIN_FAIL, TOCSIN_CAUSE_NONE,
           str_of("the gate is broken"));
}

/* What a worker may do, and what it may not. */
static void send_on_worker(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    tocsin_str text;
    tocsin_timer *timer;
    int is_refused =
        puppet->host->render(delivery, "text", NULL, 0, &text, NULL) == TOCSIN_E_STATE &&
        puppet->host->timer_start(puppet->self, 1, 0, NULL, NULL, &timer) ==
            TOCSIN_E_STATE;
    puppet->host->log(puppet->self, TOCSIN_LOG_INFO, "on a worker", 11);
    finish(puppet, delivery, is_refused ? TOCSIN_DONE : TOCSIN_FAIL, TOCSIN_CAUSE_NONE,
           str_of("services of the loop were given to a worker"));
}

#ifdef PREPARE
static int32_t prepare(tocsin_instance *puppet, const tocsin_message *message,
                       tocsin_delivery *delivery, tocsin_error *reterr)
{
    tocsin_str mode, text = {"", 0};
    (void)message;
    crash_in(puppet, "prepare");
    (void)puppet->host->opt_str(puppet->config, "prepare", &mode);
    if (is(mode, "refuse")) {
        put(reterr->text, "not prepared for that");
        return TOCSIN_E_INVALID;
    }
    if (is(mode, "done")) {
        good(puppet, delivery);
        return TOCSIN_OK;
    }
    tocsin_str *kept = malloc(sizeof *kept);
    if (kept == NULL)
        return TOCSIN_E_NOMEM;
    (void)puppet->host->render(delivery, "text", NULL, 0, &text, reterr);
    *kept = text;
    puppet->host->set_data(delivery, kept);
    return TOCSIN_OK;
}

static int32_t send_prepared(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    tocsin_str *kept = puppet->host->get_data(delivery);
    tocsin_str text = *kept;
    free(kept);
    if (puppet->host->is_canceled(delivery))
        return TOCSIN_E_CANCELED;
    if (is(puppet->send, "gate"))
        wait_at_gate(puppet, delivery);
    else
        finish(puppet, delivery, TOCSIN_FAIL, TOCSIN_CAUSE_NONE, text);
    return TOCSIN_OK;
}
#endif

static void misbehave(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    if (is(puppet->send, "twice")) {
        good(puppet, delivery);
        good(puppet, delivery);
    } else if (is(puppet->send, "nonsense")) {
        finish(puppet, delivery, 77, 99, str_of("what?"));
    } else if (is(puppet->send, "leak")) {
        tell_secret(puppet, delivery);
    } else if (is(puppet->send, "log")) {
        log_much(puppet, delivery);
    } else if (is(puppet->send, "emit")) {
        emit_events(puppet, delivery);
    } else if (is(puppet->send, "emit_later")) {
        tocsin_timer *timer;
        (void)puppet->host->timer_start(puppet->self, 1, 0, on_emit_timer, puppet,
                                        &timer);
    } else if (is(puppet->send, "requests")) {
        begin_large(puppet, delivery);
    } else if (is(puppet->send, "slow")) {
        be_slow(puppet, delivery);
    } else if (is(puppet->send, "many_timers") || is(puppet->send, "many_calls")) {
        begin_many(puppet, delivery);
    }
}

static int32_t send_message(tocsin_instance *puppet, const tocsin_message *message,
                            tocsin_delivery *delivery)
{
    tocsin_timer *timer;
    (void)message;
    crash_in(puppet, "send");
#ifdef PREPARE
    return send_prepared(puppet, delivery);
#endif
    if (!puppet->has_workers) /* they send at the same time */
        puppet->delivery = delivery;
    if (is(puppet->send, "refuse"))
        return TOCSIN_E_BUSY;
    if (is(puppet->send, "denied"))
        return TOCSIN_E_DENIED;
    if (is(puppet->send, "done") && puppet->has_workers)
        send_on_worker(puppet, delivery);
    else if (is(puppet->send, "done"))
        good(puppet, delivery);
    else if (is(puppet->send, "gate"))
        wait_at_gate(puppet, delivery);
    else if (is(puppet->send, "render"))
        render_all(puppet, delivery);
    else if (is(puppet->send, "timer") || is(puppet->send, "late_twice"))
        (void)puppet->host->timer_start(puppet->self, 1, 0, on_send_timer, puppet,
                                        &timer);
    else if (is(puppet->send, "thread"))
        puppet->has_thread =
            pthread_create(&puppet->thread, NULL, thread_main, puppet) == 0;
    else
        misbehave(puppet, delivery);
    if (is(puppet->send, "busy_done")) {
        good(puppet, delivery);
        return TOCSIN_E_BUSY;
    }
    return TOCSIN_OK;
}

static void on_stop_timer(tocsin_timer *timer, void *ud)
{
    tocsin_instance *puppet = ud;
    (void)timer;
    puppet->host->stopped(puppet->self);
}

static void cancel(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    tocsin_timer *timer;
    (void)delivery;
    crash_in(puppet, "cancel");
    /* Later than the host waits from now on, however slow the machine is. */
    if (is(puppet->send, "after_all"))
        (void)puppet->host->timer_start(puppet->self, 100, 0, on_send_timer, puppet,
                                        &timer);
}

static void drain(tocsin_instance *puppet)
{
    crash_in(puppet, "drain");
}

static int32_t stop(tocsin_instance *puppet)
{
    tocsin_timer *timer;
    crash_in(puppet, "stop");
    if (is(puppet->life, "stop_later")) {
        (void)puppet->host->timer_start(puppet->self, 1, 0, on_stop_timer, puppet,
                                        &timer);
        return TOCSIN_PENDING;
    }
    return is(puppet->life, "stop_never") ? TOCSIN_PENDING : TOCSIN_OK;
}

static void destroy(tocsin_instance *puppet)
{
    crash_in(puppet, "destroy");
    if (puppet->has_thread)
        (void)pthread_join(puppet->thread, NULL);
    free(puppet);
}

static const char *const capabilities[] = {"notify", NULL};
static const tocsin_plugin plugin = {
    .abi = TOCSIN_ABI_INIT(tocsin_plugin),
#ifdef PREPARE
    .id = "prepared-puppet",
    .prepare = prepare,
#else
    .id = "puppet",
#endif
    .version = PUPPET_VERSION,
    .title = "Puppet",
    .summary = "Does what it is told",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_size = sizeof options[0],
    .capabilities = capabilities,
    .create = create,
    .start = start,
    .send = send_message,
    .cancel = cancel,
    .drain = drain,
    .stop = stop,
    .destroy = destroy,
};

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
