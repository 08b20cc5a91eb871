/* SPDX-License-Identifier: Apache-2.0 */
/* toy.c - the options say in two words what send does and how the plugin lives. */
#include "toy.h"

#include <tocsin/mock.h>

static const char *const modes[] = {"http",   "smtp",    "twice", "never",
                                    "secret", "break",   "timer", "work",
                                    "render", "prepare", NULL};
static const char *const lives[] = {"good",      "pending",    "late_error", "never",
                                    "stop_late", "stop_never", "no_workers", NULL};
static const tocsin_option options[] = {
    {.key = "mode",
     .doc = "What send does.",
     .type = TOCSIN_OPT_ENUM,
     .choices = modes,
     .dflt = "http"},
    {.key = "life",
     .doc = "How it lives.",
     .type = TOCSIN_OPT_ENUM,
     .choices = lives,
     .dflt = "good"},
    {.key = "url", .doc = "Where.", .type = TOCSIN_OPT_URL, .flags = TOCSIN_OPT_REQUIRED},
    {.key = "token",
     .doc = "Psst.",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET},
    {.key = "wait",
     .doc = "How long.",
     .type = TOCSIN_OPT_DURATION,
     .dflt = "1500ms",
     .max = 60000},
    {.key = "size", .doc = "How large.", .type = TOCSIN_OPT_SIZE, .dflt = "64k"},
    {.key = "share", .doc = "How much.", .type = TOCSIN_OPT_NUMBER, .dflt = "0.5"},
    {.key = "text",
     .doc = "A template.",
     .type = TOCSIN_OPT_TEXT,
     .flags = TOCSIN_OPT_TEMPLATE},
    {.key = "to", .doc = "Whom.", .type = TOCSIN_OPT_LIST, .dflt = "[\"a@x\", \"b@x\"]"},
    {.key = "headers",
     .doc = "Headers.",
     .type = TOCSIN_OPT_MAP,
     .flags = TOCSIN_OPT_SECRET},
};

static int is(const tocsin_instance *toy, const char *key, const char *value)
{
    tocsin_str s = TOCSIN_ZERO;
    (void)toy->host->opt_str(toy->config, key, &s);
    return strcmp(s.ptr, value) == 0;
}

static void finish(tocsin_instance *toy, tocsin_delivery *d, uint32_t status,
                   const char *reason)
{
    tocsin_result result = TOCSIN_ZERO;
    result.struct_size = sizeof result;
    result.status = status;
    result.retry_after_ms = -1;
    result.reason = tocsin_mock_str(reason);
    toy->host->done(d, &result);
}

static int32_t create(const tocsin_host *host, tocsin_self *self,
                      const tocsin_config *config, tocsin_instance **ret,
                      tocsin_error *reterr)
{
    tocsin_instance *toy = calloc(1, sizeof *toy);
    (void)reterr;
    if (toy == NULL)
        return TOCSIN_E_NOMEM;
    toy->host = host;
    toy->self = self;
    toy->config = config;
    (void)host->set_rate(self, "1/s burst 4");
    if (is(toy, "mode", "work"))
        (void)host->use_workers(self, 2, 8);
    *ret = toy;
    return TOCSIN_OK;
}

static void on_start(tocsin_timer *timer, void *ud)
{
    tocsin_instance *toy = ud;
    tocsin_error error = TOCSIN_ZERO;
    (void)timer;
    error.code = TOCSIN_E_CONNECT;
    (void)snprintf(error.text, sizeof error.text, "nobody there");
    toy->host->ready(toy->self, is(toy, "life", "late_error") ? &error : NULL);
}

static void on_tick(tocsin_timer *timer, void *ud)
{
    (void)timer;
    ((tocsin_instance *)ud)->ticks++;
}

static int32_t start(tocsin_instance *toy, tocsin_error *reterr)
{
    (void)reterr;
    (void)toy->host->timer_start(toy->self, 1000, 1000, on_tick, toy, &toy->ticker);
    if (is(toy, "life", "never"))
        return TOCSIN_PENDING;
    if (!is(toy, "life", "pending") && !is(toy, "life", "late_error"))
        return TOCSIN_OK;
    (void)toy->host->timer_start(toy->self, 50, 0, on_start, toy, NULL);
    return TOCSIN_PENDING;
}

static void on_reply(tocsin_call *call, const tocsin_reply *reply, void *ud)
{
    tocsin_delivery *d = ud;
    tocsin_instance *toy = d->mock->instance;
    tocsin_result result = TOCSIN_ZERO;
    (void)call;
    result.struct_size = sizeof result;
    result.status = reply->status == 200 || reply->status == 250 ? TOCSIN_DONE
                    : reply->error == TOCSIN_E_CANCELED          ? TOCSIN_FAIL
                                                                 : TOCSIN_RETRY;
    result.code = reply->rcpt_count > 1 ? reply->rcpt_status[1] : reply->status;
    result.retry_after_ms = reply->retry_after_ms;
    result.reason = reply->text.len > 0 ? reply->text : reply->body;
    toy->host->done(d, &result);
}

static int32_t send_http(tocsin_instance *toy, const tocsin_message *msg,
                         tocsin_delivery *d)
{
    tocsin_http_request q = TOCSIN_ZERO;
    tocsin_str url = TOCSIN_ZERO;
    tocsin_pair header = {tocsin_mock_str("X-Invocation"), msg->invocation};
    (void)toy->host->opt_str(toy->config, "url", &url);
    q.struct_size = sizeof q;
    q.method = "POST";
    q.url = url.ptr;
    q.headers = &header;
    q.header_count = 1;
    q.body = msg->body;
    return toy->host->http(toy->self, d, &q, on_reply, d, NULL);
}

static int32_t send_smtp(tocsin_instance *toy, const tocsin_message *msg,
                         tocsin_delivery *d)
{
    tocsin_smtp_request q = TOCSIN_ZERO;
    (void)toy->host->opt_list(toy->config, "to", &q.rcpts, &q.rcpt_count);
    q.struct_size = sizeof q;
    q.host = "mail.example";
    q.port = 25;
    q.mail_from = "me@x";
    q.data = msg->body;
    return toy->host->smtp(toy->self, d, &q, on_reply, d, NULL);
}

static void on_late(tocsin_timer *timer, void *ud)
{
    tocsin_delivery *d = ud;
    (void)timer;
    finish(d->mock->instance, d, TOCSIN_DONE, "");
}

static void send_rendered(tocsin_instance *toy, tocsin_delivery *d)
{
    tocsin_str text = TOCSIN_ZERO;
    tocsin_error error = TOCSIN_ZERO;
    int32_t rc =
        toy->host->render(d, "text", NULL, (uint32_t)d->message.flags, &text, &error);
    finish(toy, d, TOCSIN_FAIL, rc < 0 ? error.text : text.ptr);
}

static int32_t send_message(tocsin_instance *toy, const tocsin_message *msg,
                            tocsin_delivery *d)
{
    char token[64] = "";
    size_t len = 0;
    if (is(toy, "mode", "http"))
        return send_http(toy, msg, d);
    if (is(toy, "mode", "smtp"))
        return send_smtp(toy, msg, d);
    if (is(toy, "mode", "render"))
        send_rendered(toy, d);
    if (is(toy, "mode", "timer"))
        return toy->host->timer_start(toy->self, 700, 0, on_late, d, NULL);
    if (is(toy, "mode", "break"))
        finish(toy, d, TOCSIN_FAIL, "two\nlines");
    if (is(toy, "mode", "secret")) {
        (void)toy->host->secret(toy->config, "token", NULL, token, sizeof token, &len);
        finish(toy, d, TOCSIN_FAIL, token);
    }
    if (is(toy, "mode", "twice")) {
        finish(toy, d, TOCSIN_DONE, "");
        finish(toy, d, TOCSIN_DONE, "");
    }
    if (is(toy, "mode", "work")) {
        int32_t rc = toy->host->http(toy->self, d, NULL, NULL, NULL, NULL);
        int is_kept = toy->host->get_data(d) == toy;
        finish(toy, d, rc == TOCSIN_E_STATE && is_kept ? TOCSIN_DONE : TOCSIN_FAIL, "?");
    }
    return TOCSIN_OK;
}

static int32_t prepare(tocsin_instance *toy, const tocsin_message *msg,
                       tocsin_delivery *d, tocsin_error *reterr)
{
    (void)msg;
    (void)reterr;
    toy->host->set_data(d, toy);
    if (is(toy, "mode", "prepare"))
        finish(toy, d, TOCSIN_FAIL, "ended by prepare");
    return TOCSIN_OK;
}

static int32_t stop(tocsin_instance *toy)
{
    toy->host->timer_stop(toy->ticker);
    if (is(toy, "life", "stop_late"))
        toy->host->stopped(toy->self);
    return is(toy, "life", "stop_never") ? TOCSIN_PENDING : TOCSIN_OK;
}

static void destroy(tocsin_instance *toy)
{
    free(toy);
}

static const char *const capabilities[] = {"notify", NULL};
static const tocsin_plugin plugin = {
    .abi = TOCSIN_ABI_INIT(tocsin_plugin),
    .id = "toy",
    .version = "1.0",
    .title = "Toy",
    .summary = "A toy",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_size = sizeof options[0],
    .capabilities = capabilities,
    .create = create,
    .start = start,
    .prepare = prepare,
    .send = send_message,
    .stop = stop,
    .destroy = destroy,
};

const tocsin_plugin *toy_entry(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
