/* SPDX-License-Identifier: Apache-2.0 */
/* webhook.c - the plugin "webhook": sends each message as one HTTP request. The table of
 * options, the life of an instance, and the way from a message to a result. */
#include "webhook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const methods[] = {"POST",   "PUT",  "PATCH", "GET",
                                      "DELETE", "HEAD", NULL};
static const char *const signs[] = {"none", "standard", "github", NULL};
static const char *const auths[] = {"none", "basic", "bearer", NULL};

static const tocsin_option options[] = {
    {.key = "url",
     .type = TOCSIN_OPT_URL,
     .flags = TOCSIN_OPT_REQUIRED | TOCSIN_OPT_SECRET | TOCSIN_OPT_DESTINATION |
              TOCSIN_OPT_TEMPLATE,
     .doc = "Where requests go. Path and query may hold templates, whose values are "
            "percent-encoded."},
    {.key = "method",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "POST",
     .choices = methods,
     .doc = "The request's method. GET and HEAD have no body."},
    {.key = "headers",
     .type = TOCSIN_OPT_MAP,
     .flags = TOCSIN_OPT_SECRET | TOCSIN_OPT_TEMPLATE,
     .max = 48,
     .doc = "Headers by name. They replace those that the plugin sets itself."},
    {.key = "params",
     .type = TOCSIN_OPT_MAP,
     .flags = TOCSIN_OPT_TEMPLATE,
     .doc = "Added to the query of the URL."},
    {.key = "body",
     .type = TOCSIN_OPT_TEXT,
     .flags = TOCSIN_OPT_TEMPLATE,
     .doc =
         "The body as a template. When it is JSON, values are escaped for JSON strings."},
    {.key = "json",
     .type = TOCSIN_OPT_JSON,
     .flags = TOCSIN_OPT_TEMPLATE,
     .doc = "The body as JSON, with templates in its strings."},
    {.key = "form",
     .type = TOCSIN_OPT_MAP,
     .flags = TOCSIN_OPT_TEMPLATE,
     .doc = "The body as a form."},
    {.key = "content_type",
     .type = TOCSIN_OPT_STRING,
     .min = 1,
     .max = 200,
     .doc = "Content-Type of the body; by default it follows from the kind of body."},
    {.key = "success",
     .type = TOCSIN_OPT_STRING,
     .dflt = "200-299",
     .doc = "Statuses that mean success: 200-299, 304."},
    {.key = "retry",
     .type = TOCSIN_OPT_STRING,
     .dflt = "408,425,429,500,502-504",
     .doc = "Statuses after which the request is tried again."},
    {.key = "sign",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "none",
     .choices = signs,
     .doc =
         "standard: Standard Webhooks (webhook-signature); github: X-Hub-Signature-256."},
    {.key = "signing_key",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET,
     .doc = "Key of the signature; for standard it may stand as whsec_ and base64."},
    {.key = "signing_key_old",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET,
     .doc = "A second key for standard, while receivers change from one to the other."},
    {.key = "auth",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "none",
     .choices = auths,
     .doc = "basic: username and password; bearer: token."},
    {.key = "username", .type = TOCSIN_OPT_STRING, .doc = "For auth: basic."},
    {.key = "password",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET,
     .doc = "For auth: basic."},
    {.key = "token",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET,
     .doc = "For auth: bearer."},
    {.key = "follow",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "false",
     .doc = "Follow redirects, at most 5."},
    {.key = "verify",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .doc = "Verify the peer's certificate."},
};

/* ---- create: everything that can be known before a message comes ---- */

static int32_t refuse(tocsin_error *reterr, const char *key, const char *why)
{
    if (reterr != NULL) {
        (void)snprintf(reterr->key, sizeof reterr->key, "%s", key);
        (void)snprintf(reterr->text, sizeof reterr->text, "%s", why);
        reterr->code = TOCSIN_E_INVALID;
    }
    return TOCSIN_E_INVALID;
}

static bool is_set(const tocsin_instance *hook, const char *key)
{
    char probe[1];
    size_t len;
    tocsin_str value;
    int32_t rc = hook->host->opt_str(hook->config, key, &value);
    if (rc == TOCSIN_E_DENIED)
        rc = hook->host->secret(hook->config, key, NULL, probe, sizeof probe, &len);
    return rc != TOCSIN_E_NOT_FOUND;
}

static tocsin_str text_option(const tocsin_instance *hook, const char *key)
{
    tocsin_str value = {"", 0};
    (void)hook->host->opt_str(hook->config, key, &value);
    return value;
}

static bool flag_option(const tocsin_instance *hook, const char *key)
{
    int64_t value = 0;
    (void)hook->host->opt_int(hook->config, key, &value);
    return value != 0;
}

/* The place of an option's value among its choices. */
static int choice_option(const tocsin_instance *hook, const char *key,
                         const char *const *choices)
{
    tocsin_str value = text_option(hook, key);
    int i = 0;
    while (choices[i + 1] != NULL && !str_same_name(value, choices[i]))
        i++;
    return i;
}

static bool is_token(tocsin_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c <= 0x20 || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c) != NULL)
            return false;
    }
    return name.len > 0 && name.len <= 256;
}

static int32_t check_header(const tocsin_instance *hook, uint64_t i, tocsin_error *reterr)
{
    static const char *const refused[] = {"Host", "Content-Length", "Transfer-Encoding",
                                          "Connection"};
    tocsin_str name = hook->headers[i].name;
    if (!is_token(name))
        return refuse(reterr, "headers", "holds a malformed header name");
    for (size_t k = 0; k < sizeof refused / sizeof refused[0]; k++)
        if (str_same_name(name, refused[k]))
            return refuse(
                reterr, "headers",
                "must not hold Host, Content-Length, Transfer-Encoding or Connection");
    for (uint64_t k = 0; k < i; k++)
        if (str_same_name(hook->headers[k].name, name.ptr))
            return refuse(reterr, "headers", "holds the same header twice");
    if (hook->auth != AUTH_NONE && str_same_name(name, "Authorization"))
        return refuse(reterr, "headers", "holds Authorization, which auth sets");
    return TOCSIN_OK;
}

static int32_t read_body_kind(tocsin_instance *hook, tocsin_error *reterr)
{
    bool has_body = is_set(hook, "body"), has_json = is_set(hook, "json");
    bool has_form = hook->form_count > 0;
    if (has_body + has_json + has_form > 1)
        return refuse(reterr, has_json ? "json" : "form",
                      "only one of body, json and form is allowed");
    hook->body = has_body   ? BODY_TEXT
                 : has_json ? BODY_JSON
                 : has_form ? BODY_FORM
                            : BODY_STANDARD;
    if (str_same_name(hook->method, "GET") || str_same_name(hook->method, "HEAD")) {
        if (hook->body != BODY_STANDARD)
            return refuse(reterr, "method", "GET and HEAD have no body");
        hook->body = BODY_NONE;
    }
    tocsin_str source = text_option(hook, "body"), type = hook->content_type;
    size_t i = 0;
    while (i < source.len && (unsigned char)source.ptr[i] <= ' ')
        i++;
    bool is_json = i < source.len && (source.ptr[i] == '[' || source.ptr[i] == '{') &&
                   !(i + 1 < source.len && source.ptr[i] == '{' &&
                     strchr("{%#", source.ptr[i + 1]) != NULL);
    hook->is_body_json = type.len > 0 ? strstr(type.ptr, "json") != NULL : is_json;
    return TOCSIN_OK;
}

static int32_t read_credentials(tocsin_instance *hook, tocsin_error *reterr)
{
    hook->auth = (enum auth_kind)choice_option(hook, "auth", auths);
    hook->sign = (enum sign_kind)choice_option(hook, "sign", signs);
    hook->has_old_key = is_set(hook, "signing_key_old");
    if (hook->auth == AUTH_BASIC && !is_set(hook, "username"))
        return refuse(reterr, "username", "is required with auth: basic");
    if (hook->auth == AUTH_BASIC && !is_set(hook, "password"))
        return refuse(reterr, "password", "is required with auth: basic");
    if (hook->auth == AUTH_BEARER && !is_set(hook, "token"))
        return refuse(reterr, "token", "is required with auth: bearer");
    if (hook->sign != SIGN_NONE && !is_set(hook, "signing_key"))
        return refuse(reterr, "signing_key", "is required with sign");
    return TOCSIN_OK;
}

static int32_t read_options(tocsin_instance *hook, tocsin_error *reterr)
{
    const tocsin_host *host = hook->host;
    hook->method = text_option(hook, "method");
    hook->content_type = text_option(hook, "content_type");
    (void)host->opt_map(hook->config, "headers", &hook->headers, &hook->header_count);
    (void)host->opt_map(hook->config, "params", &hook->params, &hook->param_count);
    (void)host->opt_map(hook->config, "form", &hook->form, &hook->form_count);
    hook->net_flags = (flag_option(hook, "follow") ? TOCSIN_NET_FOLLOW : 0) |
                      (flag_option(hook, "verify") ? 0 : TOCSIN_NET_NO_VERIFY);
    if (!status_list_parse(&hook->success, text_option(hook, "success")))
        return refuse(reterr, "success",
                      "is not a list of statuses such as 200-299, 304");
    if (!status_list_parse(&hook->retry, text_option(hook, "retry")))
        return refuse(reterr, "retry", "is not a list of statuses such as 429, 500-599");
    int32_t rc = read_credentials(hook, reterr);
    for (uint64_t i = 0; rc == TOCSIN_OK && i < hook->header_count; i++)
        rc = check_header(hook, i, reterr);
    return rc == TOCSIN_OK ? read_body_kind(hook, reterr) : rc;
}

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
    int32_t rc = read_options(hook, reterr);
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

static void done(tocsin_instance *hook, tocsin_delivery *delivery, uint32_t status,
                 uint32_t cause, const char *reason)
{
    tocsin_result result = TOCSIN_ZERO;
    result.struct_size = sizeof result;
    result.status = status;
    result.cause = cause;
    result.retry_after_ms = -1;
    result.reason = str_of(reason);
    hook->host->done(delivery, &result);
}

static void on_reply(tocsin_call *call, const tocsin_reply *reply, void *ud)
{
    attempt a = *(attempt *)ud;
    char reason[REASON_SIZE] = "", receipt[96];
    tocsin_result result = TOCSIN_ZERO;
    (void)call;
    free(ud);
    result.struct_size = sizeof result;
    answer_judge(reply, &a.hook->success, &a.hook->retry, &result, reason);
    if (result.status == TOCSIN_DONE) {
        (void)snprintf(receipt, sizeof receipt, "{\"status\":%d,\"elapsed_ms\":%lld}",
                       reply->status, (long long)reply->elapsed_ms);
        result.receipt = str_of(receipt);
    }
    a.hook->host->done(a.delivery, &result);
}

static int32_t submit(tocsin_instance *hook, tocsin_delivery *delivery, const request *r)
{
    tocsin_http_request http = TOCSIN_ZERO;
    http.struct_size = sizeof http;
    http.flags = hook->net_flags;
    http.method = hook->method.ptr;
    http.url = r->url.ptr;
    http.headers = r->headers;
    http.header_count = r->header_count;
    http.body.ptr = r->body.ptr;
    http.body.len = r->body.len;
    attempt *a = malloc(sizeof *a);
    if (a == NULL)
        return TOCSIN_E_NOMEM;
    a->hook = hook;
    a->delivery = delivery;
    int32_t rc = hook->host->http(hook->self, delivery, &http, on_reply, a, NULL);
    if (rc < 0)
        free(a);
    return rc;
}

/* A request that was not sent. */
static void end_unsent(tocsin_instance *hook, tocsin_delivery *delivery, int32_t code)
{
    if (code == TOCSIN_E_INVALID)
        done(hook, delivery, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED,
             "the URL or a header is malformed");
    else if (code == TOCSIN_E_TIMEOUT)
        done(hook, delivery, TOCSIN_RETRY, TOCSIN_CAUSE_TIMEOUT,
             "no time was left to send");
    else
        done(hook, delivery, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL,
             "the request could not be sent now");
}

static int32_t send_message(tocsin_instance *hook, const tocsin_message *message,
                            tocsin_delivery *delivery)
{
    if (message->kind == TOCSIN_NOTIFY && str_is_blank(message->body)) {
        done(hook, delivery, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "message is empty");
        return TOCSIN_OK;
    }
    request r;
    tocsin_result result = TOCSIN_ZERO;
    tocsin_error error = TOCSIN_ZERO;
    error.struct_size = sizeof error;
    int32_t rc = TOCSIN_OK;
    if (request_build(&r, hook, message, delivery, &result, &error) == 0)
        rc = submit(hook, delivery, &r);
    request_free(&r, hook->host);
    if (result.status != 0)
        done(hook, delivery, result.status, result.cause, error.text);
    else if (rc < 0)
        end_unsent(hook, delivery, rc);
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
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_size = sizeof options[0],
    .capabilities = capabilities,
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
    .action_size = sizeof actions[0],
    .create = create,
    .send = send_message,
    .destroy = destroy,
};

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
