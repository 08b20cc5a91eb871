/* SPDX-License-Identifier: Apache-2.0 */
/* teams.c - the plugin "teams": messages to Microsoft Teams through a workflow, or
 * through a connector of the old kind. The table of options, the life of an instance, and
 * the way from a message to a result. */
#include "teams.h"

#include "answer.h"
#include "message.h"

#define URL_SIZE 8192

static const char *const kinds[] = {"auto", "workflow", "connector", NULL};
static const char *const formats[] = {"card", "prefect", NULL};

static const tocsin_option options[] = {
    {.key = "url",
     .type = TOCSIN_OPT_URL,
     .flags = TOCSIN_OPT_REQUIRED | TOCSIN_OPT_SECRET | TOCSIN_OPT_DESTINATION,
     .doc = "URL of a workflow that starts when a Teams webhook request is received."},
    {.key = "kind",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "auto",
     .choices = kinds,
     .doc = "auto: connectors are known by *.webhook.office.com and "
            "outlook.office.com/webhook/."},
    {.key = "format",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "card",
     .choices = formats,
     .doc =
         "card: title, text, facts and a footer; prefect: as Prefect's own block writes it."},
    {.key = "card",
     .type = TOCSIN_OPT_JSON,
     .flags = TOCSIN_OPT_TEMPLATE,
     .doc = "An own Adaptive Card, with templates in its strings."},
    {.key = "facts",
     .type = TOCSIN_OPT_MAP,
     .flags = TOCSIN_OPT_TEMPLATE,
     .max = 50,
     .doc =
         "Shown as a table below the text, name to template. One that comes out empty is "
         "left out."},
    {.key = "footer",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .doc = "A last line with automation and time."},
    {.key = "wrap",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .doc =
         "Long lines of the text are wrapped; else they are cut off where the card ends."},
    {.key = "full_width",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .doc = "The card is as wide as the channel."},
    {.key = "include_image",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "false",
     .doc = "With format prefect: an icon of the severity, if image_base is set."},
    {.key = "image_base",
     .type = TOCSIN_OPT_URL,
     .doc = "Where the icons are, such as apprise-info-32x32.png."},
    {.key = "test_hosts",
     .type = TOCSIN_OPT_LIST,
     .doc = "With format prefect: hosts that may be called without TLS, as HOST or "
            "HOST:PORT."},
};

/* ---- create: everything that can be known before a message comes ---- */

static bool is_connector_url(tocsin_str text)
{
    static const char domain[] = ".webhook.office.com";
    tocsin_url url = tocsin_url_split(text);
    size_t len = sizeof domain - 1, more = url.host.len > len ? url.host.len - len : 0;
    if (more > 0 &&
        tocsin_str_same_name(tocsin_str_part(url.host.ptr + more, len), domain))
        return true;
    return tocsin_str_same_name(url.host, "outlook.office.com") &&
           tocsin_str_starts(url.path, "/webhook/");
}

/* Looks at the URL: is it a connector's, and does Prefect's block take it? */
static void read_url(tocsin_instance *teams)
{
    char url[URL_SIZE] = "";
    size_t len = 0;
    (void)teams->host->secret(teams->config, "url", NULL, url, sizeof url, &len);
    tocsin_str text = {url, len};
    if (teams->kind == KIND_AUTO)
        teams->kind = is_connector_url(text) ? KIND_CONNECTOR : KIND_WORKFLOW;
    teams->has_workflow_url = teams_is_workflow_url(text);
    teams->needs_tls = teams_needs_tls(teams, text);
    teams->host->wipe(url, sizeof url);
}

static int32_t check_options(const tocsin_instance *teams, tocsin_error *reterr)
{
    bool is_connector = teams->kind == KIND_CONNECTOR;
    if (is_connector && teams->is_prefect)
        return tocsin_option_refuse(reterr, "format",
                                    "needs a workflow, not a connector");
    if (teams->is_prefect && !teams->has_workflow_url)
        return tocsin_option_refuse(reterr, "url",
                                    "Invalid Microsoft Teams Workflow URL provided.");
    if (is_connector && teams->has_card)
        return tocsin_option_refuse(reterr, "card", "needs a workflow, not a connector");
    if (teams->has_card && (teams->is_prefect || teams->fact_count > 0))
        return tocsin_option_refuse(
            reterr, "card", "is the whole message: no facts, no format beside it");
    const char *mistake =
        teams->has_card
            ? message_card_mistake(tocsin_option_text(teams->host, teams->config, "card"))
            : NULL;
    return mistake == NULL ? TOCSIN_OK : tocsin_option_refuse(reterr, "card", mistake);
}

static void read_options(tocsin_instance *teams)
{
    const tocsin_host *host = teams->host;
    const tocsin_config *config = teams->config;
    teams->kind = (enum teams_kind)tocsin_option_choice(host, config, "kind", kinds);
    read_url(teams);
    teams->is_prefect = tocsin_option_choice(host, config, "format", formats) == 1;
    teams->has_card = tocsin_option_is_set(host, config, "card");
    teams->wraps = tocsin_option_flag(host, config, "wrap");
    teams->has_image = tocsin_option_flag(host, config, "include_image");
    teams->is_wide = tocsin_option_flag(host, config, "full_width");
    teams->has_footer = tocsin_option_flag(host, config, "footer");
    teams->image_base = tocsin_option_text(host, config, "image_base");
    (void)host->opt_map(config, "facts", &teams->facts, &teams->fact_count);
}

/* Microsoft's limits. A daemon without limits answers E_UNSUPPORTED; then a 429 tells. */
static void set_limits(const tocsin_instance *teams)
{
    static const char retired[] = "connectors are retired by Microsoft: use a workflow";
    bool is_connector = teams->kind == KIND_CONNECTOR;
    (void)teams->host->set_rate(teams->self,
                                is_connector ? "4/s, 60/30s, 100/h" : "4/s, 60/30s");
    if (is_connector)
        teams->host->log(teams->self, TOCSIN_LOG_WARNING, retired, sizeof retired - 1);
}

static int32_t create(const tocsin_host *host, tocsin_self *self,
                      const tocsin_config *config, tocsin_instance **ret,
                      tocsin_error *reterr)
{
    tocsin_instance *teams = calloc(1, sizeof *teams);
    if (teams == NULL)
        return TOCSIN_E_NOMEM;
    teams->host = host;
    teams->self = self;
    teams->config = config;
    read_options(teams);
    int32_t rc = check_options(teams, reterr);
    if (rc < 0) {
        free(teams);
        return rc;
    }
    set_limits(teams);
    *ret = teams;
    return TOCSIN_OK;
}

static void destroy(tocsin_instance *teams)
{
    free(teams);
}

/* ---- send ---- */

/* What the reply's callback needs. */
typedef struct attempt {
    const tocsin_instance *teams;
    tocsin_delivery *delivery;
} attempt;

static void on_reply(tocsin_call *call, const tocsin_reply *reply, void *ud)
{
    attempt a = *(attempt *)ud;
    answer_texts texts;
    tocsin_result result = TOCSIN_ZERO;
    (void)call;
    free(ud);
    answer_judge(reply, a.teams->kind == KIND_CONNECTOR, &result, &texts);
    a.teams->host->done(a.delivery, &result);
}

/* "http://..." with room for one more character. */
static void add_tls(char *url)
{
    memmove(url + 5, url + 4, strlen(url + 4) + 1);
    url[4] = 's';
}

/* url is wiped by the caller. */
static int32_t submit(const tocsin_instance *teams, tocsin_delivery *delivery,
                      const char *url, tocsin_str body)
{
    const tocsin_pair type = {tocsin_str_of("Content-Type"),
                              tocsin_str_of("application/json")};
    tocsin_http_request request = TOCSIN_ZERO;
    request.struct_size = sizeof request;
    request.method = "POST";
    request.url = url;
    request.headers = &type;
    request.header_count = 1;
    request.body = body;
    attempt *a = malloc(sizeof *a);
    if (a == NULL)
        return TOCSIN_E_NOMEM;
    a->teams = teams;
    a->delivery = delivery;
    int32_t rc = teams->host->http(teams->self, delivery, &request, on_reply, a, NULL);
    if (rc < 0)
        free(a);
    return rc;
}

static int32_t send_message(tocsin_instance *teams, const tocsin_message *message,
                            tocsin_delivery *delivery)
{
    tocsin_ending end = TOCSIN_ZERO;
    tocsin_result result = TOCSIN_ZERO;
    tocsin_text body = TOCSIN_ZERO;
    char url[URL_SIZE];
    size_t len = 0;
    int32_t rc = TOCSIN_OK;
    if (message_add(teams, message, delivery, &body, &end) &&
        tocsin_secret(teams->host, teams->config, "url", NULL, url, sizeof url - 1, &len,
                      &end)) {
        if (teams->is_prefect && teams->needs_tls)
            add_tls(url);
        rc = submit(teams, delivery, url, tocsin_text_str(&body));
    }
    teams->host->wipe(url, sizeof url);
    tocsin_text_free(&body);
    if (end.status != 0) {
        tocsin_end_delivery(teams->host, delivery, &end);
    } else if (rc < 0) {
        tocsin_http_refused(rc, &result);
        teams->host->done(delivery, &result);
    }
    return TOCSIN_OK;
}

/* ---- the plugin ---- */

static const char *const capabilities[] = {"notify", NULL};

static const tocsin_plugin plugin = {
    .abi = TOCSIN_ABI_INIT(tocsin_plugin),
    .id = "teams",
    .version = "0.1.0",
    .title = "Microsoft Teams",
    .summary = "Posts messages to Microsoft Teams, through a workflow or a connector",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_size = sizeof options[0],
    .capabilities = capabilities,
    .create = create,
    .send = send_message,
    .destroy = destroy,
    .extension = teams_extension,
};

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
