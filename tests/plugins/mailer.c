/* SPDX-License-Identifier: Apache-2.0 */
/* mailer.c - sends mails through the host's client, well-formed but for what MAILER says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <tocsin/delivery.h>
#include <tocsin/plugin.h>

enum {
    GOOD,
    HEADLESS,
    NO_DATE,
    LATER
};

struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
};

typedef struct attempt {
    tocsin_instance *mailer;
    tocsin_delivery *delivery;
} attempt;

static const tocsin_option options[] = {
    {.key = "host",
     .doc = "Where.",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_REQUIRED},
    {.key = "port", .doc = "Where.", .type = TOCSIN_OPT_INT, .dflt = "25"},
};

static int32_t create(const tocsin_host *host, tocsin_self *self,
                      const tocsin_config *config, tocsin_instance **ret,
                      tocsin_error *reterr)
{
    tocsin_instance *mailer = calloc(1, sizeof *mailer);
    (void)reterr;
    if (mailer == NULL)
        return TOCSIN_E_NOMEM;
    *mailer = (tocsin_instance){host, self, config};
    *ret = mailer;
    return TOCSIN_OK;
}

static void destroy(tocsin_instance *mailer)
{
    free(mailer);
}

static void on_reply(tocsin_call *call, const tocsin_reply *reply, void *ud)
{
    attempt a = *(attempt *)ud;
    bool is_sent = reply->error == TOCSIN_OK && reply->status < 300;
    tocsin_result result = {
        .struct_size = sizeof result,
        .status = is_sent ? TOCSIN_DONE : TOCSIN_RETRY,
        .cause = is_sent ? TOCSIN_CAUSE_NONE : TOCSIN_CAUSE_NETWORK,
        .reason = reply->text,
    };
    (void)call;
    free(ud);
    a.mailer->host->done(a.delivery, &result);
}

static int32_t send_message(tocsin_instance *mailer, const tocsin_message *message,
                            tocsin_delivery *delivery)
{
    char data[300];
    const tocsin_str rcpt = tocsin_str_of("b@x.example");
    const tocsin_result later = {
        .struct_size = sizeof later,
        .status = TOCSIN_RETRY,
        .cause = TOCSIN_CAUSE_NETWORK,
        .reason = {"later", 5},
    };
    (void)message;
    if (MAILER == LATER) { /* as one that speaks to a server of another kind */
        mailer->host->done(delivery, &later);
        return TOCSIN_OK;
    }
    (void)snprintf(data, sizeof data, "From: a@x.example\r\n%sSubject: kit\r\n%sone\r\n",
                   MAILER == NO_DATE ? "" : "Date: Fri, 2 Jan 2026 03:04:05 +0000\r\n",
                   MAILER == HEADLESS ? "" : "\r\n");
    tocsin_smtp_request request = {
        .struct_size = sizeof request,
        .host = tocsin_option_text(mailer->host, mailer->config, "host").ptr,
        .port = (uint64_t)tocsin_option_int(mailer->host, mailer->config, "port"),
        .mail_from = "a@x.example",
        .rcpts = &rcpt,
        .rcpt_count = 1,
        .data = tocsin_str_of(data),
    };
    attempt *a = malloc(sizeof *a);
    if (a == NULL)
        return TOCSIN_E_NOMEM;
    *a = (attempt){mailer, delivery};
    int32_t rc = mailer->host->smtp(mailer->self, delivery, &request, on_reply, a, NULL);
    if (rc < 0)
        free(a);
    return rc;
}

static const char *const capabilities[] = {"notify", NULL};
static const tocsin_plugin plugin = {
    .abi = TOCSIN_ABI_INIT(tocsin_plugin),
    .id = "mailer",
    .version = "1.0",
    .title = "Mailer",
    .summary = "Sends mails",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_size = sizeof options[0],
    .capabilities = capabilities,
    .create = create,
    .send = send_message,
    .destroy = destroy,
};

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
