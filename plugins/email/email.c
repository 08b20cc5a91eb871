/* SPDX-License-Identifier: Apache-2.0 */
/* email.c - the plugin "email": the life of an instance, and the way of a message to its
 * transport. */
#include "email.h"

#include "options.h"

static int32_t create(const tocsin_host *host, tocsin_self *self,
                      const tocsin_config *config, tocsin_instance **ret,
                      tocsin_error *reterr)
{
    tocsin_instance *email = calloc(1, sizeof *email);
    if (email == NULL)
        return TOCSIN_E_NOMEM;
    email->host = host;
    email->self = self;
    email->config = config;
    int32_t rc = email_options_read(email, reterr);
    if (rc < 0) {
        free(email);
        return rc;
    }
    (void)host->set_rate(self, "10/s");
    *ret = email;
    return TOCSIN_OK;
}

static void destroy(tocsin_instance *email)
{
    free(email);
}

/* Everybody got it, or was refused, at attempts before. */
static bool is_over(const job *j)
{
    for (size_t i = 0; i < j->list.count; i++)
        if (j->list.items[i].state == RECIPIENT_LEFT)
            return false;
    return true;
}

static int32_t prepare(tocsin_instance *email, const tocsin_message *message,
                       tocsin_delivery *delivery, tocsin_error *reterr)
{
    tocsin_ending end = TOCSIN_ZERO;
    attempt_end nothing = {.error = TOCSIN_OK};
    (void)reterr;
    job *j = job_new(email, message, delivery, &end);
    if (j == NULL) {
        tocsin_end_delivery(email->host, delivery, &end);
    } else if (is_over(j)) {
        job_done(j, &nothing);
        job_free(j);
    } else {
        email->host->set_data(delivery, j);
    }
    return TOCSIN_OK;
}

static int32_t send_message(tocsin_instance *email, const tocsin_message *message,
                            tocsin_delivery *delivery)
{
    job *j = email->host->get_data(delivery);
    (void)message;
    if (j == NULL)
        return TOCSIN_E_INTERNAL;
    if (email->host->is_canceled(delivery)) {
        job_free(j);
        return TOCSIN_E_CANCELED;
    }
    curl_send(j);
    return TOCSIN_OK;
}

static void cancel(tocsin_instance *email, tocsin_delivery *delivery)
{
    job *j = email->host->get_data(delivery);
    if (j != NULL)
        curl_cancel(j);
}

/* ---- the plugin ---- */

static const char *const capabilities[] = {"notify", NULL};

static const tocsin_plugin plugin = {
    .abi = TOCSIN_ABI_INIT(tocsin_plugin),
    .id = "email",
    .version = "0.1.0",
    .title = "E-mail",
    .summary = "Sends messages as mail through an SMTP server",
    .options = email_options,
    .option_count = EMAIL_OPTIONS,
    .option_size = sizeof(tocsin_option),
    .capabilities = capabilities,
    .create = create,
    .prepare = prepare,
    .send = send_message,
    .cancel = cancel,
    .destroy = destroy,
    .extension = email_extension,
};

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
