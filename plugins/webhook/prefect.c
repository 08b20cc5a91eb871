/* SPDX-License-Identifier: Apache-2.0 */
/* prefect.c - the block types "Custom Webhook" and "Webhook" of Prefect, as options of
 * this plugin. */
#include "webhook.h"
#include <tocsin/ext/prefect_block.h>

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", NULL};

#define FIELD(name, what, text) .key = name, .type = what, .doc = text

static const tocsin_option custom_fields[] = {
    {FIELD("name", TOCSIN_OPT_STRING, "Name of the webhook."),
     .flags = TOCSIN_OPT_REQUIRED},
    {FIELD("url", TOCSIN_OPT_STRING, "The webhook URL."), .flags = TOCSIN_OPT_REQUIRED},
    {FIELD("method", TOCSIN_OPT_ENUM, "The webhook request method. Defaults to `POST`."),
     .dflt = "POST", .choices = methods},
    {FIELD("params", TOCSIN_OPT_MAP, "Custom query params.")},
    {FIELD("json_data", TOCSIN_OPT_JSON, "Send json data as payload.")},
    {FIELD(
        "form_data", TOCSIN_OPT_JSON,
        "Send form data as payload. Should not be used together with _JSON Data_. Can be a "
        "dictionary for form-encoded data or a string for raw body content.")},
    {FIELD("headers", TOCSIN_OPT_MAP, "Custom headers.")},
    {FIELD("cookies", TOCSIN_OPT_MAP, "Custom cookies.")},
    {FIELD("timeout", TOCSIN_OPT_NUMBER, "Request timeout in seconds. Defaults to 10."),
     .dflt = "10"},
    {FIELD("allow_private_urls", TOCSIN_OPT_BOOL,
           "Whether to allow notifications to private URLs. Defaults to True."),
     .dflt = "true"},
    {FIELD("secrets", TOCSIN_OPT_MAP,
           "A dictionary of secret values to be substituted in other configs."),
     .flags = TOCSIN_OPT_SECRET},
};
static const char *const custom_set[] = {"placeholders", "true", NULL};

static const tocsin_option webhook_fields[] = {
    {FIELD("method", TOCSIN_OPT_ENUM, "The webhook request method. Defaults to `POST`."),
     .dflt = "POST", .choices = methods},
    {FIELD("url", TOCSIN_OPT_URL, "The webhook URL."),
     .flags = TOCSIN_OPT_REQUIRED | TOCSIN_OPT_SECRET},
    {FIELD("headers", TOCSIN_OPT_MAP,
           "A dictionary of headers to send with the webhook request."),
     .flags = TOCSIN_OPT_SECRET},
    {FIELD("allow_private_urls", TOCSIN_OPT_BOOL,
           "Whether to allow notifications to private URLs. Defaults to True."),
     .dflt = "true"},
    {FIELD("verify", TOCSIN_OPT_BOOL,
           "Whether or not to enforce a secure connection to the webhook."),
     .dflt = "true"},
};
static const char *const webhook_set[] = {"content_type", "none", "timeout", "5s", NULL};

#define COUNT(table) ((uint32_t)(sizeof(table) / sizeof(table)[0]))

static const tocsin_block_type types[] = {
    {.slug = "custom-webhook",
     .name = "Custom Webhook",
     .capability = "notify",
     .fields = custom_fields,
     .field_count = COUNT(custom_fields),
     .field_size = sizeof custom_fields[0],
     .set = custom_set},
    {.slug = "webhook",
     .name = "Webhook",
     .fields = webhook_fields,
     .field_count = COUNT(webhook_fields),
     .field_size = sizeof webhook_fields[0],
     .set = webhook_set},
};

static const tocsin_prefect_block blocks = {
    .abi = TOCSIN_ABI_INIT(tocsin_prefect_block),
    .types = types,
    .type_count = COUNT(types),
    .type_size = sizeof types[0],
};

const void *webhook_extension(const char *id)
{
    return strcmp(id, TOCSIN_PREFECT_BLOCK_ID) == 0 ? &blocks : NULL;
}
