/* SPDX-License-Identifier: Apache-2.0 */
/* puppet_send.c - what the puppet does with a message: ends it well, late, twice, never,
 * from a thread, and asks the host for too much. */
#include "puppet.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
    puppet_crash_in(puppet, "timer");
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

static const char *long_url(void)
{
    static char url[(16 << 10) + 2] = "http://127.0.0.1:1/";
    size_t len = strlen(url);
    memset(url + len, 'x', sizeof url - 1 - len);
    return url;
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
    tocsin_http_request request = TOCSIN_ZERO;
    request.struct_size = sizeof request;
    request.method = "POST";
    request.url = long_url();
    int32_t url =
        puppet->host->http(puppet->self, delivery, &request, on_no_reply, puppet, NULL);
    int32_t fits = request_with(puppet, delivery, 64, 100, 1000, 1 << 20);
    (void)snprintf(text, sizeof text, "%d %d %d %d %d %d", headers, header, body,
                   response, url, fits);
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
int32_t puppet_prepare(tocsin_instance *puppet, const tocsin_message *message,
                       tocsin_delivery *delivery, tocsin_error *reterr)
{
    tocsin_str mode, text = {"", 0};
    (void)message;
    puppet_crash_in(puppet, "prepare");
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
    } else if (is(puppet->send, "nothing")) {
        puppet->host->done(delivery, NULL);
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

int32_t puppet_send(tocsin_instance *puppet, const tocsin_message *message,
                    tocsin_delivery *delivery)
{
    tocsin_timer *timer;
    (void)message;
    puppet_crash_in(puppet, "send");
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

void puppet_cancel(tocsin_instance *puppet, tocsin_delivery *delivery)
{
    tocsin_timer *timer;
    (void)delivery;
    puppet_crash_in(puppet, "cancel");
    /* Later than the host waits from now on, however slow the machine is. */
    if (is(puppet->send, "after_all"))
        (void)puppet->host->timer_start(puppet->self, 100, 0, on_send_timer, puppet,
                                        &timer);
}
