/* SPDX-License-Identifier: Apache-2.0 */
/* block_type.c - the block type "Slack Webhook" of Prefect, as options of this plugin. */
#include "slack.h"
#include <tocsin/ext/prefect_block.h>
#include <tocsin/http.h>

#define URL_SIZE 8192

static const tocsin_option fields[] = {
    {.key = "url",
     .type = TOCSIN_OPT_URL,
     .flags = TOCSIN_OPT_REQUIRED | TOCSIN_OPT_SECRET,
     .doc = "Slack incoming webhook URL used to send notifications."},
    {.key = "allow_private_urls",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .doc = "Whether to allow notifications to private URLs. Defaults to True."},
};
static const char *const set[] = {"format", "prefect", NULL};

static const tocsin_block_type types[] = {
    {.slug = "slack-webhook",
     .name = "Slack Webhook",
     .capability = "notify",
     .fields = fields,
     .field_count = sizeof fields / sizeof fields[0],
     .field_size = sizeof fields[0],
     .set = set},
};

static const tocsin_prefect_block table = {
    .abi = TOCSIN_ABI_INIT(tocsin_prefect_block),
    .types = types,
    .type_count = sizeof types / sizeof types[0],
    .type_size = sizeof types[0],
};

const void *slack_extension(const char *id)
{
    return strcmp(id, TOCSIN_PREFECT_BLOCK_ID) == 0 ? &table : NULL;
}

/* "/services/A/B/C", perhaps with a slash at the end. */
static bool is_services_path(tocsin_str path)
{
    size_t parts = 0, at = strlen("/services");
    if (!tocsin_str_starts(path, "/services/"))
        return false;
    while (at + 1 < path.len && path.ptr[at] == '/') {
        size_t begin = ++at;
        while (at < path.len && ((path.ptr[at] >= '0' && path.ptr[at] <= '9') ||
                                 (tocsin_ascii_lower(path.ptr[at]) >= 'a' &&
                                  tocsin_ascii_lower(path.ptr[at]) <= 'z')))
            at++;
        if (at == begin)
            return false;
        parts++;
    }
    bool has_end = at == path.len || (at + 1 == path.len && path.ptr[at] == '/');
    return parts == 3 && has_end;
}

static bool is_good_url(const tocsin_instance *slack, const tocsin_url *url,
                        bool is_slack)
{
    const tocsin_str *hosts = NULL;
    uint64_t count = 0;
    (void)slack->host->opt_list(slack->config, "test_hosts", &hosts, &count);
    return (is_slack || tocsin_url_is_on(url, hosts, count)) &&
           is_services_path(url->path);
}

const char *slack_read_url(tocsin_instance *slack)
{
    const tocsin_str own = tocsin_str_of("hooks.slack.com");
    const tocsin_str gov = tocsin_str_of("hooks.slack-gov.com");
    char text[URL_SIZE] = "";
    size_t len = 0;
    (void)slack->host->secret(slack->config, "url", NULL, text, sizeof text, &len);
    tocsin_url url = tocsin_url_split(tocsin_str_part(text, len));
    bool is_gov = tocsin_url_is_on(&url, &gov, 1);
    bool is_slack = (is_gov || tocsin_url_is_on(&url, &own, 1)) && url.port.len == 0;
    bool is_good = is_good_url(slack, &url, is_slack);
    slack->footer_name = is_gov ? "Apprise" : "Prefect Notifications";
    slack->host->wipe(text, sizeof text);
    return is_good ? NULL
                   : "must be a webhook of Slack: https://hooks.slack.com/services/A/B/C";
}
