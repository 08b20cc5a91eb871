/* SPDX-License-Identifier: Apache-2.0 */
/* slack.c - the plugin "slack": messages through an incoming webhook, or as a bot through
 * chat.postMessage. The table of options, the life of an instance, and the way of a
 * notification, part by part, to its result. */
#include "slack.h"

#include "answer.h"
#include "blocks.h"

#define SECRET_SIZE 4096
#define URL_SIZE    8192

static const char *const formats[] = {"text", "blocks", "prefect", NULL};
static const char *const markups[] = {"mrkdwn", "plain", NULL};
static const char *const overflows[] = {"cut", "split", NULL};

static const tocsin_option options[] = {
    {.key = "url",
     .type = TOCSIN_OPT_URL,
     .flags = TOCSIN_OPT_SECRET | TOCSIN_OPT_DESTINATION,
     .doc = "URL of an incoming webhook. Either this or token."},
    {.key = "token",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET | TOCSIN_OPT_DESTINATION,
     .doc = "Token of a bot, xoxb-...; needs the scope chat:write. Then channel is "
            "required."},
    {.key = "channel",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_TEMPLATE | TOCSIN_OPT_DESTINATION,
     .doc = "Where the bot posts: an id (C..., G..., D...) or #name."},
    {.key = "format",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "blocks",
     .choices = formats,
     .doc =
         "blocks: a header, sections and a footer; text: one text; prefect: as Prefect's "
         "own block writes it."},
    {.key = "blocks",
     .type = TOCSIN_OPT_JSON,
     .flags = TOCSIN_OPT_TEMPLATE,
     .doc = "Own Block Kit blocks, with templates in their strings."},
    {.key = "markup",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "mrkdwn",
     .choices = markups,
     .doc = "mrkdwn: the message's own words may format, link and mention, values in it "
            "may not; plain: nothing does."},
    {.key = "thread_ts",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_TEMPLATE,
     .doc = "The bot replies in the thread of the message with this ts."},
    {.key = "overflow",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "cut",
     .choices = overflows,
     .doc = "What is too long for one message is cut, or split over up to five."},
    {.key = "footer",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .doc = "With format blocks: a last line with severity, automation and time."},
    {.key = "unfurl",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "false",
     .doc = "Show previews of links."},
    {.key = "api_url",
     .type = TOCSIN_OPT_URL,
     .dflt = "https://slack.com/api/",
     .doc = "Base of Slack's API, for gateways."},
    {.key = "image_base",
     .type = TOCSIN_OPT_URL,
     .doc = "With format prefect: where the icons are, such as "
            "apprise-info-72x72.png. Without it messages have none."},
    {.key = "test_hosts",
     .type = TOCSIN_OPT_LIST,
     .doc =
         "With format prefect: hosts that may stand in for Slack's, as HOST or HOST:PORT."},
};

/* ---- create: everything that can be known before a message comes ---- */

static bool is_set(const tocsin_instance *slack, const char *key)
{
    return tocsin_option_is_set(slack->host, slack->config, key);
}

/* What is wrong with the options together: the key, and why in *ret. */
static const char *find_mistake(tocsin_instance *slack, const char **ret)
{
    bool has_url = is_set(slack, "url"), has_token = is_set(slack, "token");
    *ret = has_url && has_token ? "only one of url and token is allowed"
           : !has_url && !has_token
               ? "url (of an incoming webhook) or token (of a bot) is required"
               : NULL;
    if (*ret != NULL)
        return has_url ? "token" : "url";
    *ret =
        has_token ? "is required with token" : "needs token: a webhook has its channel";
    if (has_token != is_set(slack, "channel"))
        return "channel";
    *ret = "needs token: a webhook cannot reply";
    if (!has_token && is_set(slack, "thread_ts"))
        return "thread_ts";
    *ret = "needs url: Prefect's block is a webhook";
    if (has_token && slack->format == FORMAT_PREFECT)
        return "format";
    *ret = slack->format == FORMAT_PREFECT ? slack_read_url(slack) : NULL;
    if (*ret != NULL)
        return "url";
    *ret = "are used with format: blocks only";
    if (slack->has_blocks && slack->format != FORMAT_BLOCKS)
        return "blocks";
    *ret = slack->has_blocks
               ? blocks_mistake(tocsin_option_text(slack->host, slack->config, "blocks"))
               : NULL;
    return *ret != NULL ? "blocks" : NULL;
}

static int32_t read_options(tocsin_instance *slack, tocsin_error *reterr)
{
    const tocsin_host *host = slack->host;
    const tocsin_config *config = slack->config;
    slack->format =
        (enum slack_format)tocsin_option_choice(host, config, "format", formats);
    slack->is_bot = is_set(slack, "token");
    slack->is_plain = tocsin_option_choice(host, config, "markup", markups) == 1;
    slack->splits = tocsin_option_choice(host, config, "overflow", overflows) == 1;
    slack->has_blocks = is_set(slack, "blocks");
    slack->has_footer = tocsin_option_flag(host, config, "footer");
    slack->unfurls = tocsin_option_flag(host, config, "unfurl");
    slack->api_url = tocsin_option_text(host, config, "api_url");
    slack->image_base = tocsin_option_text(host, config, "image_base");
    const char *why = NULL, *key = find_mistake(slack, &why);
    return key != NULL ? tocsin_option_refuse(reterr, key, why) : TOCSIN_OK;
}

static int32_t create(const tocsin_host *host, tocsin_self *self,
                      const tocsin_config *config, tocsin_instance **ret,
                      tocsin_error *reterr)
{
    tocsin_instance *slack = calloc(1, sizeof *slack);
    if (slack == NULL)
        return TOCSIN_E_NOMEM;
    slack->host = host;
    slack->self = self;
    slack->config = config;
    int32_t rc = read_options(slack, reterr);
    if (rc < 0) {
        free(slack);
        return rc;
    }
    /* Slack's own limit. A daemon without limits answers E_UNSUPPORTED; then its 429
     * tells. */
    (void)host->set_rate(self, "1/s burst 4");
    *ret = slack;
    return TOCSIN_OK;
}

static void destroy(tocsin_instance *slack)
{
    free(slack);
}

/* ---- send ---- */

/* One notification on its way, part by part. */
typedef struct attempt {
    tocsin_instance *slack;
    tocsin_delivery *delivery;
    slack_parts parts;
    unsigned next; /* the part that is under way */
} attempt;

static void attempt_free(attempt *a)
{
    slack_parts_free(&a->parts);
    free(a);
}

static void finish(attempt *a, tocsin_result *result)
{
    char progress[24];
    if (result->status == TOCSIN_RETRY && a->next > 0) {
        (void)snprintf(progress, sizeof progress, "%u", a->next);
        result->progress = tocsin_str_of(progress);
    }
    a->slack->host->done(a->delivery, result);
    attempt_free(a);
}

/* What http said, unless *end knows more. */
static void finish_unsent(attempt *a, int32_t code, const tocsin_ending *end)
{
    tocsin_result result = TOCSIN_ZERO;
    tocsin_http_refused(code, &result);
    if (end->status != 0) {
        result.status = end->status;
        result.cause = end->cause;
        result.reason = tocsin_str_of(end->error.text);
    }
    finish(a, &result);
}

static int32_t submit(attempt *a, tocsin_ending *end);

static void on_reply(tocsin_call *call, const tocsin_reply *reply, void *ud)
{
    attempt *a = ud;
    answer_texts texts;
    tocsin_result result = TOCSIN_ZERO;
    tocsin_ending end = TOCSIN_ZERO;
    (void)call;
    answer_judge(reply, a->slack->is_bot, &result, &texts);
    if (result.status != TOCSIN_DONE || ++a->next == a->parts.count) {
        finish(a, &result);
        return;
    }
    int32_t rc = submit(a, &end);
    if (rc < 0)
        finish_unsent(a, rc, &end);
}

/* ret: URL_SIZE bytes that the caller wipes. */
static bool write_url(const tocsin_instance *slack, char *ret, tocsin_ending *end)
{
    const tocsin_str base = slack->api_url;
    size_t len = 0;
    if (!slack->is_bot)
        return tocsin_secret(slack->host, slack->config, "url", NULL, ret, URL_SIZE, &len,
                             end);
    bool has_slash = base.len > 0 && base.ptr[base.len - 1] == '/';
    int n = snprintf(ret, URL_SIZE, "%.*s%schat.postMessage", (int)base.len, base.ptr,
                     has_slash ? "" : "/");
    return (n > 0 && n < URL_SIZE) ||
           tocsin_end(end, TOCSIN_FAIL, TOCSIN_CAUSE_CONFIG, "api_url is too long");
}

/* ret: room for "Bearer " and a secret; the caller wipes it. */
static bool write_authorization(const tocsin_instance *slack, char *ret,
                                tocsin_ending *end)
{
    size_t len = 0;
    memcpy(ret, "Bearer ", 8);
    return !slack->is_bot || tocsin_secret(slack->host, slack->config, "token", NULL,
                                           ret + 7, SECRET_SIZE, &len, end);
}

/* Sends the part that is next. Negative: it was not sent; *end may say more. */
static int32_t submit(attempt *a, tocsin_ending *end)
{
    const tocsin_instance *slack = a->slack;
    char url[URL_SIZE], authorization[SECRET_SIZE + 8];
    int32_t rc = TOCSIN_E_IO;
    if (write_url(slack, url, end) && write_authorization(slack, authorization, end)) {
        tocsin_pair headers[3] = {
            {tocsin_str_of("Content-Type"),
             tocsin_str_of("application/json; charset=utf-8")},
        };
        tocsin_http_request request = TOCSIN_ZERO;
        request.struct_size = sizeof request;
        request.method = "POST";
        request.url = url;
        request.headers = headers;
        request.header_count = 1;
        if (slack->is_bot)
            headers[request.header_count++] = (tocsin_pair){
                tocsin_str_of("Authorization"), tocsin_str_of(authorization)};
        if (slack->format == FORMAT_PREFECT)
            headers[request.header_count++] =
                (tocsin_pair){tocsin_str_of("Accept"), tocsin_str_of("application/json")};
        request.body = tocsin_text_str(&a->parts.bodies[a->next]);
        rc = slack->host->http(slack->self, a->delivery, &request, on_reply, a, NULL);
    }
    slack->host->wipe(url, sizeof url);
    slack->host->wipe(authorization, sizeof authorization);
    return rc;
}

/* How many parts earlier attempts have sent. */
static unsigned read_progress(tocsin_str progress, unsigned count)
{
    unsigned sent = progress.len == 1 && progress.ptr[0] >= '1' && progress.ptr[0] <= '9'
                        ? (unsigned)(progress.ptr[0] - '0')
                        : 0;
    return sent < count ? sent : count - 1;
}

static int32_t send_message(tocsin_instance *slack, const tocsin_message *message,
                            tocsin_delivery *delivery)
{
    tocsin_ending end = TOCSIN_ZERO;
    attempt *a = calloc(1, sizeof *a);
    if (a == NULL)
        return TOCSIN_E_NOMEM;
    a->slack = slack;
    a->delivery = delivery;
    int32_t rc = TOCSIN_E_INVALID;
    if (slack_message(slack, message, delivery, &a->parts, &end)) {
        a->next = read_progress(message->progress, a->parts.count);
        rc = submit(a, &end);
    }
    if (rc < 0)
        finish_unsent(a, rc, &end);
    return TOCSIN_OK;
}

/* ---- the plugin ---- */

static const char *const capabilities[] = {"notify", NULL};

static const tocsin_plugin plugin = {
    .abi = TOCSIN_ABI_INIT(tocsin_plugin),
    .id = "slack",
    .version = "0.1.0",
    .title = "Slack",
    .summary = "Posts messages to Slack, through an incoming webhook or as a bot",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_size = sizeof options[0],
    .capabilities = capabilities,
    .create = create,
    .send = send_message,
    .destroy = destroy,
    .extension = slack_extension,
};

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
