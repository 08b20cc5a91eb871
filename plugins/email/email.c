/* SPDX-License-Identifier: Apache-2.0 */
/* email.c - the plugin "email": the life of an instance, and the way of a message to its
 * transport. */
#include <tocsin/ext/preview.h>

#include "esmtp.h"
#include "options.h"

#define WORKERS      2
#define WORKER_QUEUE 64

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
    if (rc == TOCSIN_OK && email->transport == TRANSPORT_ESMTP)
        rc = host->use_workers(self, WORKERS, WORKER_QUEUE);
    if (rc < 0) {
        free(email);
        return rc;
    }
    (void)host->set_rate(self, "10/s");
    (void)pthread_mutex_init(&email->lock, NULL);
    *ret = email;
    return TOCSIN_OK;
}

static int32_t start(tocsin_instance *email, tocsin_error *reterr)
{
    return email->transport == TRANSPORT_ESMTP ? esmtp_probe(email, reterr) : TOCSIN_OK;
}

static void destroy(tocsin_instance *email)
{
    X509_STORE_free(email->store);
    (void)pthread_mutex_destroy(&email->lock);
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
        if (email->transport == TRANSPORT_ESMTP)
            worker_expect(j);
    }
    return TOCSIN_OK;
}

static int32_t send_message(tocsin_instance *email, const tocsin_message *message,
                            tocsin_delivery *delivery)
{
    job *j = email->host->get_data(delivery);
    bool is_worker = email->transport == TRANSPORT_ESMTP;
    if (j == NULL)
        return TOCSIN_E_INTERNAL;
    if (email->host->is_canceled(delivery)) {
        if (is_worker)
            worker_drop(j);
        else
            job_free(j);
        return TOCSIN_E_CANCELED;
    }
    j->left_ms = message->timeout_ms;
    if (is_worker)
        worker_send(j);
    else
        curl_send(j);
    return TOCSIN_OK;
}

/* ---- what it would send ---- */

static int32_t preview(tocsin_instance *email, const tocsin_message *message,
                       tocsin_delivery *delivery,
                       void (*out)(const char *bytes, size_t len, void *ud), void *ud)
{
    tocsin_ending end = TOCSIN_ZERO;
    job *j = job_new(email, message, delivery, &end);
    if (j == NULL)
        return TOCSIN_E_INVALID;
    tocsin_text text = {.limit = 2 * MESSAGE_MAX};
    tocsin_text_add_c(&text, "MAIL FROM:<");
    tocsin_text_add_c(&text, j->addresses->spec);
    for (size_t i = 0; i < j->list.count; i++) {
        tocsin_text_add_c(&text, ">\r\nRCPT TO:<");
        tocsin_text_add_c(&text, j->list.items[i].to->spec);
    }
    tocsin_text_add_c(&text, ">\r\nDATA\r\n");
    tocsin_text_add_str(&text, tocsin_text_str(&j->data));
    bool is_whole = !text.failed;
    if (is_whole)
        out(text.ptr, text.len, ud);
    tocsin_text_free(&text);
    job_free(j);
    return is_whole ? TOCSIN_OK : TOCSIN_E_NOMEM;
}

static const tocsin_preview previews = {
    .abi = TOCSIN_ABI_INIT(tocsin_preview),
    .preview = preview,
};

static const void *extension(const char *id)
{
    return strcmp(id, TOCSIN_PREVIEW_ID) == 0 ? &previews : email_extension(id);
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
    .start = start,
    .prepare = prepare,
    .send = send_message,
    .cancel = worker_cancel,
    .destroy = destroy,
    .extension = extension,
};

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
