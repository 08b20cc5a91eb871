/* SPDX-License-Identifier: Apache-2.0 */
/* prefect.c - email-server-credentials, which Prefect has, and email-notify, which sends
 * through one of those. The host makes options of their documents by these tables. */
#include <tocsin/ext/prefect_block.h>

#include "options.h"

static const tocsin_option credentials_fields[] = {
    {.key = "username", .type = TOCSIN_OPT_STRING, .doc = "Who logs in."},
    {.key = "password",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET,
     .doc = "For AUTH PLAIN or LOGIN."},
    {.key = "smtp_server",
     .type = TOCSIN_OPT_STRING,
     .dflt = "smtp.gmail.com",
     .doc = "The server's name, or one of AOL, ATT, COMCAST, ICLOUD, GMAIL, OUTLOOK, "
            "YAHOO."},
    {.key = "smtp_type",
     .type = TOCSIN_OPT_JSON,
     .dflt = "\"SSL\"",
     .doc = "SSL or 465, STARTTLS or 587, INSECURE or 25."},
    {.key = "smtp_port",
     .type = TOCSIN_OPT_INT,
     .min = 1,
     .max = 65535,
     .doc = "The server's port, if it is another one."},
    {.key = "verify",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .doc = "Verify the server's certificate."},
};
static const char *const credentials_map[] = {"smtp_server", "host", "smtp_port", "port",
                                              NULL};
static const char *const credentials_set[] = {"server_only", "true", "from", "",
                                              "to",          "[]",   NULL};

static const tocsin_option notify_fields[] = {
    {.key = "credentials",
     .type = TOCSIN_OPT_STRING,
     .doc = "The document of email-server-credentials through which mail is sent."},
    {.key = "to_emails",
     .type = TOCSIN_OPT_LIST,
     .flags = TOCSIN_OPT_REQUIRED,
     .min = 1,
     .max = 100,
     .doc = "Recipients."},
    {.key = "cc_emails",
     .type = TOCSIN_OPT_LIST,
     .max = 100,
     .doc = "Further recipients, whom everyone sees."},
    {.key = "bcc_emails",
     .type = TOCSIN_OPT_LIST,
     .max = 100,
     .doc = "Further recipients, whom nobody sees."},
    {.key = "from_email",
     .type = TOCSIN_OPT_STRING,
     .doc = "The sender; by default the user name of the credentials."},
    {.key = "html",
     .type = TOCSIN_OPT_TEXT,
     .doc = "A second form of the message as HTML."},
};
static const char *const notify_map[] = {"to_emails",  "to",         "cc_emails",
                                         "cc",         "bcc_emails", "bcc",
                                         "from_email", "from",       NULL};
static const char *const notify_set[] = {"server_only", "false", NULL};

#define COUNT(array) (uint32_t)(sizeof(array) / sizeof(array)[0])

static const tocsin_block_type types[] = {
    {.slug = "email-server-credentials",
     .name = "Email Server Credentials",
     .fields = credentials_fields,
     .field_count = COUNT(credentials_fields),
     .field_size = sizeof(tocsin_option),
     .map = credentials_map,
     .set = credentials_set},
    {.slug = "email-notify",
     .name = "Email Notification",
     .capability = "notify",
     .fields = notify_fields,
     .field_count = COUNT(notify_fields),
     .field_size = sizeof(tocsin_option),
     .map = notify_map,
     .set = notify_set},
};

static const tocsin_prefect_block prefect_blocks = {
    .abi = TOCSIN_ABI_INIT(tocsin_prefect_block),
    .types = types,
    .type_count = COUNT(types),
    .type_size = sizeof(tocsin_block_type),
};

const void *email_extension(const char *id)
{
    return strcmp(id, TOCSIN_PREFECT_BLOCK_ID) == 0 ? &prefect_blocks : NULL;
}
