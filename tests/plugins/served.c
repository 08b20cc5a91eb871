/* SPDX-License-Identifier: Apache-2.0 */
/* served.c - a plugin that serves block types of Prefect; a macro gives its tables one
 * mistake. It sends "format severity user password subject" as a POST; with
 * SERVED_PREVIEW in the environment it also has a preview of that. */
#include <tocsin/ext/prefect_block.h>
#include <tocsin/ext/preview.h>
#include <tocsin/plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRING(name)                                             \
    {                                                            \
        .key = name, .doc = "A text.", .type = TOCSIN_OPT_STRING \
    }
#define SECRET(name, what)                                                        \
    {                                                                             \
        .key = name, .doc = "A secret.", .type = what, .flags = TOCSIN_OPT_SECRET \
    }

static const char *const formats[] = {"own", "prefect", NULL};
static const tocsin_option options[] = {
    {.key = "url",
     .doc = "Where to.",
     .type = TOCSIN_OPT_URL,
     .flags = TOCSIN_OPT_SECRET | TOCSIN_OPT_REQUIRED | TOCSIN_OPT_DESTINATION},
    {.key = "format",
     .doc = "Of messages.",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "own",
     .choices = formats},
    STRING("user"),
    SECRET("password", TOCSIN_OPT_STRING),
    STRING("image_base"),
    {.key = "test_hosts", .doc = "Stand-ins.", .type = TOCSIN_OPT_LIST},
};

struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
};

static int32_t create(const tocsin_host *host, tocsin_self *self,
                      const tocsin_config *config, tocsin_instance **ret,
                      tocsin_error *reterr)
{
    (void)reterr;
    *ret = calloc(1, sizeof **ret);
    if (*ret == NULL)
        return TOCSIN_E_NOMEM;
    (*ret)->host = host;
    (*ret)->self = self;
    (*ret)->config = config;
    return TOCSIN_OK;
}

static void destroy(tocsin_instance *instance)
{
    free(instance);
}

static int text_of(const tocsin_instance *i, const tocsin_message *m, char *out,
                   size_t size)
{
    tocsin_str format = {"", 0}, user = {"-", 1}, image = {"", 0};
    char password[256] = "-";
    size_t len = 0;
    (void)i->host->opt_str(i->config, "format", &format);
    (void)i->host->opt_str(i->config, "user", &user);
    (void)i->host->opt_str(i->config, "image_base", &image);
    (void)i->host->secret(i->config, "password", NULL, password, sizeof password, &len);
    return snprintf(out, size, "%.*s %u %.*s %s %.*s%.*s", (int)format.len, format.ptr,
                    m->severity, (int)user.len, user.ptr, password, (int)m->subject.len,
                    m->subject.ptr, (int)image.len, image.ptr);
}

typedef struct pending {
    tocsin_instance *instance;
    tocsin_delivery *delivery;
} pending;

static void on_reply(tocsin_call *call, const tocsin_reply *reply, void *ud)
{
    pending *p = ud;
    tocsin_result result = {.struct_size = sizeof result, .retry_after_ms = -1};
    (void)call;
    result.status = reply->error == TOCSIN_OK ? TOCSIN_DONE : TOCSIN_FAIL;
    result.cause = reply->error == TOCSIN_E_DENIED ? TOCSIN_CAUSE_DENIED
                   : reply->error != TOCSIN_OK     ? TOCSIN_CAUSE_NETWORK
                                                   : TOCSIN_CAUSE_NONE;
    result.code = reply->status;
    result.reason = reply->text;
    p->instance->host->done(p->delivery, &result);
    free(p);
}

static int32_t send_message(tocsin_instance *instance, const tocsin_message *message,
                            tocsin_delivery *delivery)
{
    char url[512], text[1024];
    size_t len = 0;
    pending *p = malloc(sizeof *p);
    if (p == NULL)
        return TOCSIN_E_NOMEM;
    p->instance = instance;
    p->delivery = delivery;
    (void)instance->host->secret(instance->config, "url", NULL, url, sizeof url, &len);
    int text_len = text_of(instance, message, text, sizeof text);
    tocsin_http_request request = {.struct_size = sizeof request,
                                   .method = "POST",
                                   .url = url,
                                   .body = {text, (size_t)text_len}};
    int32_t rc =
        instance->host->http(instance->self, delivery, &request, on_reply, p, NULL);
    if (rc < 0)
        free(p);
    return rc;
}

static int32_t preview(tocsin_instance *instance, const tocsin_message *message,
                       tocsin_delivery *delivery,
                       void (*out)(const char *bytes, size_t len, void *ud), void *ud)
{
    char text[1024];
    (void)delivery;
    size_t len = (size_t)text_of(instance, message, text, sizeof text);
    out(text, len / 2, ud); /* a secret may lie across the two */
    out(text + len / 2, len - len / 2, ud);
    return TOCSIN_OK;
}

/* ---- block types ---- */

static const tocsin_option slack_fields[] = {
    {.key = "url",
     .doc = "The webhook's URL.",
     .type = TOCSIN_OPT_URL,
     .flags = TOCSIN_OPT_SECRET | TOCSIN_OPT_REQUIRED},
    {.key = "sender", .doc = "Who.", .type = TOCSIN_OPT_STRING, .dflt = "prefect"},
    {.key = "timeout", .doc = "The host's.", .type = TOCSIN_OPT_NUMBER, .dflt = "7.5"},
#if defined(FIELD_BAD)
    {.key = "x", .doc = "Of the future.", .type = 99},
#endif
};
static const tocsin_option credentials_fields[] = {
    STRING("username"),
    SECRET("password", TOCSIN_OPT_STRING),
};
static const tocsin_option mail_fields[] = {
    {.key = "url", .doc = "Where.", .type = TOCSIN_OPT_URL, .flags = TOCSIN_OPT_SECRET},
    {.key = "credentials", .doc = "Another block.", .type = TOCSIN_OPT_JSON},
};

static const char *const slack_map[] = {
#if defined(MAP_FIELD)
    "nothing", "user",
#elif defined(MAP_OPTION)
    "sender", "nothing",
#elif defined(MAP_ODD)
    "sender", "user", "url",
#else
    "sender", "user",
#endif
    NULL};
static const char *const slack_set[] = {
#if defined(SET_OPTION)
    "nothing", "x",
#elif defined(SET_VALUE)
    "format", "odd",
#else
    "format", "prefect",
#endif
    NULL};
static const char *const credentials_map[] = {"username", "user", NULL};

#if defined(CAPABILITY_BAD)
#define CAPABILITY "telepathy"
#else
#define CAPABILITY "notify"
#endif
#if defined(SLUG_BAD)
#define SLUG "Slack Webhook"
#else
#define SLUG "slack-webhook"
#endif
#if defined(SLUG_TWICE)
#define SECOND SLUG
#else
#define SECOND "email-server-credentials"
#endif

static const tocsin_block_type types[] = {
    {SLUG, "Slack Webhook", CAPABILITY, slack_fields,
     sizeof slack_fields / sizeof slack_fields[0], sizeof(tocsin_option), slack_map,
     slack_set},
    {SECOND, "Email Server Credentials", NULL, credentials_fields, 2,
     sizeof(tocsin_option), credentials_map, NULL},
    {"email-notify", "Email", "notify", mail_fields, 2, sizeof(tocsin_option), NULL,
     NULL},
};
static const tocsin_prefect_block blocks = {
#if defined(MAJOR_2)
    .abi = {sizeof(tocsin_prefect_block), 2, 0, 0, 0, 0},
#elif defined(SHORT)
    .abi = {sizeof(tocsin_abi), 1, 0, 0, 0, 0},
#else
    .abi = TOCSIN_ABI_INIT(tocsin_prefect_block),
#endif
    .types = types,
#if defined(MANY)
    .type_count = 33,
#else
    .type_count = sizeof types / sizeof types[0],
#endif
    .type_size = sizeof(tocsin_block_type),
};
static const tocsin_preview previews = {TOCSIN_ABI_INIT(tocsin_preview), preview};

static const void *extension(const char *id)
{
    if (strcmp(id, TOCSIN_PREFECT_BLOCK_ID) == 0)
        return &blocks;
    return strcmp(id, TOCSIN_PREVIEW_ID) == 0 && getenv("SERVED_PREVIEW") != NULL
               ? &previews
               : NULL;
}

static const char *const capabilities[] = {"notify", NULL};
static const tocsin_plugin plugin = {
    .abi = TOCSIN_ABI_INIT(tocsin_plugin),
    .id = "served",
    .version = "1.0.0",
    .title = "Served",
    .summary = "Serves block types.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_size = sizeof options[0],
    .capabilities = capabilities,
    .create = create,
    .send = send_message,
    .destroy = destroy,
    .extension = extension,
};

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
