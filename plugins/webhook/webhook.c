/* SPDX-License-Identifier: Apache-2.0 */
/* webhook.c - the plugin "webhook": sends each message as one HTTP request. The life of
 * an instance, and the way from a message to a result. */
#include "webhook.h"

#include "request.h"

#define PROXY_SIZE 4096

static int32_t create(const tocsin_host *host, tocsin_self *self,
                      const tocsin_config *config, tocsin_instance **ret,
                      tocsin_error *reterr)
{
    tocsin_instance *hook = calloc(1, sizeof *hook);
    if (hook == NULL)
        return TOCSIN_E_NOMEM;
    hook->host = host;
    hook->self = self;
    hook->config = config;
    int32_t rc = webhook_read_options(hook, reterr);
    if (rc < 0) {
        free(hook);
        return rc;
    }
    *ret = hook;
    return TOCSIN_OK;
}

static void destroy(tocsin_instance *hook)
{
    free(hook);
}

/* ---- send ---- */

/* What the reply's callback needs. */
typedef struct attempt {
    tocsin_instance *hook;
    tocsin_delivery *delivery;
} attempt;

static void on_reply(tocsin_call *call, const tocsin_reply *reply, void *ud)
{
    attempt a = *(attempt *)ud;
    char reason[TOCSIN_HTTP_REASON], receipt[96];
    tocsin_result result = TOCSIN_ZERO;
    (void)call;
    free(ud);
    answer_judge(reply, &a.hook->success, &a.hook->retry, &result);
    if (result.status == TOCSIN_DONE) {
        (void)snprintf(receipt, sizeof receipt, "{\"status\":%d,\"elapsed_ms\":%lld}",
                       reply->status, (long long)reply->elapsed_ms);
        result.receipt = tocsin_str_of(receipt);
    } else {
        result.reason = tocsin_str_of(tocsin_http_explain(reply, reason));
    }
    a.hook->host->done(a.delivery, &result);
}

static int32_t call_http(const request *r, const tocsin_net *net)
{
    const tocsin_instance *hook = r->hook;
    tocsin_http_request http = TOCSIN_ZERO;
    http.struct_size = sizeof http;
    http.flags = hook->net_flags;
    http.method = hook->method.ptr;
    http.url = r->url.ptr;
    http.headers = r->headers;
    http.header_count = r->header_count;
    http.body = tocsin_text_str(&r->body);
    http.net = net;
    attempt *a = malloc(sizeof *a);
    if (a == NULL)
        return TOCSIN_E_NOMEM;
    *a = (attempt){(tocsin_instance *)(uintptr_t)hook, r->delivery};
    int32_t rc = hook->host->http(hook->self, r->delivery, &http, on_reply, a, NULL);
    if (rc < 0)
        free(a);
    return rc;
}

/* Negative: it was not sent; *r->end may say more. */
static int32_t submit(const request *r)
{
    const tocsin_instance *hook = r->hook;
    char proxy[PROXY_SIZE];
    size_t len = 0;
    tocsin_net net = hook->net;
    int32_t rc = TOCSIN_E_IO;
    bool has_proxy = webhook_is_set(hook, "proxy");
    if (!has_proxy || tocsin_secret(hook->host, hook->config, "proxy", NULL, proxy,
                                    sizeof proxy, &len, r->end)) {
        net.proxy = has_proxy ? proxy : NULL;
        rc = call_http(r, &net);
    }
    hook->host->wipe(proxy, sizeof proxy);
    return rc;
}

static int32_t send_message(tocsin_instance *hook, const tocsin_message *message,
                            tocsin_delivery *delivery)
{
    tocsin_ending end = TOCSIN_ZERO;
    tocsin_result result = TOCSIN_ZERO;
    request r = {.hook = hook, .message = message, .delivery = delivery, .end = &end};
    int32_t rc = TOCSIN_OK;
    if (message->kind == TOCSIN_NOTIFY && tocsin_str_is_blank(message->body))
        (void)tocsin_end(&end, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "message is empty");
    else if (request_build(&r))
        rc = submit(&r);
    request_free(&r);
    if (end.status != 0) {
        tocsin_end_delivery(hook->host, delivery, &end);
    } else if (rc < 0) {
        tocsin_http_refused(rc, &result);
        hook->host->done(delivery, &result);
    }
    return TOCSIN_OK;
}

/* ---- the plugin ---- */

static const char *const capabilities[] = {"notify", "action", NULL};
static const tocsin_action_type actions[] = {
    {.type = "call-webhook",
     .doc = "Sends the action's rendered payload as the body.",
     .param_size = sizeof(tocsin_option),
     .flags = TOCSIN_ACTION_ON_BLOCK},
};

static const tocsin_plugin plugin = {
    .abi = TOCSIN_ABI_INIT(tocsin_plugin),
    .id = "webhook",
    .version = "0.1.0",
    .title = "Webhook",
    .summary = "Sends messages as HTTP requests",
    .options = webhook_options,
    .option_count = WEBHOOK_OPTIONS,
    .option_size = sizeof(tocsin_option),
    .capabilities = capabilities,
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
    .action_size = sizeof actions[0],
    .create = create,
    .send = send_message,
    .destroy = destroy,
    .extension = webhook_extension,
};

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
