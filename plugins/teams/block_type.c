/* SPDX-License-Identifier: Apache-2.0 */
/* block_type.c - the block type "Microsoft Teams Webhook" of Prefect, as options of this
 * plugin. */
#include "teams.h"
#include <tocsin/ext/prefect_block.h>
#include <tocsin/http.h>

static const tocsin_option fields[] = {
    {.key = "url",
     .type = TOCSIN_OPT_URL,
     .flags = TOCSIN_OPT_REQUIRED | TOCSIN_OPT_SECRET,
     .doc = "The Microsoft Power Automate (Workflows) URL used to send notifications to "
            "Teams."},
    {.key = "allow_private_urls",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .doc = "Whether to allow notifications to private URLs. Defaults to True."},
    {.key = "include_image",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .doc = "Include an image with the notification."},
    {.key = "wrap",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .doc = "Wrap the notification text."},
};
static const char *const set[] = {"format", "prefect", "kind", "workflow", NULL};

static const tocsin_block_type types[] = {
    {.slug = "ms-teams-webhook",
     .name = "Microsoft Teams Webhook",
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

const void *teams_extension(const char *id)
{
    return strcmp(id, TOCSIN_PREFECT_BLOCK_ID) == 0 ? &table : NULL;
}

static tocsin_str skip(tocsin_str s, size_t len)
{
    return tocsin_str_part(s.ptr + len, s.len - len);
}

/* Past the word, in any case of letters; empty when s does not begin with it. */
static tocsin_str skip_word(tocsin_str s, const char *word)
{
    size_t len = strlen(word);
    bool is_there =
        s.len >= len && tocsin_str_same_name(tocsin_str_part(s.ptr, len), word);
    return is_there ? skip(s, len) : tocsin_str_part(s.ptr, 0);
}

/* [/powerautomate/automations/direct[/cu/N]]/workflows/ID/triggers/manual/paths/invoke?...
 */
static bool is_workflow_path(tocsin_str path)
{
    tocsin_str direct = skip_word(path, "/powerautomate/automations/direct");
    if (direct.len > 0)
        path = direct;
    tocsin_str unit = direct.len > 0 ? skip_word(path, "/cu/") : direct;
    if (unit.len > 0) {
        size_t digits = 0;
        while (digits < unit.len && unit.ptr[digits] >= '0' && unit.ptr[digits] <= '9')
            digits++;
        path = skip(unit, digits);
    }
    path = skip_word(path, "/workflows/");
    size_t id = 0;
    while (id < path.len && strchr("/?", path.ptr[id]) == NULL)
        id++;
    if (id == 0)
        return false;
    path = skip_word(skip(path, id), "/triggers/manual/paths/invoke");
    if (path.len > 0 && path.ptr[0] == '/')
        path = skip(path, 1);
    return path.len > 1 && path.ptr[0] == '?' && tocsin_str_has(path, "sig=");
}

bool teams_is_workflow_url(tocsin_str text)
{
    return is_workflow_path(tocsin_url_split(text).path);
}

bool teams_needs_tls(const tocsin_instance *teams, tocsin_str text)
{
    const tocsin_str *hosts = NULL;
    uint64_t count = 0;
    tocsin_url url = tocsin_url_split(text);
    (void)teams->host->opt_list(teams->config, "test_hosts", &hosts, &count);
    return tocsin_str_same_name(url.scheme, "http") &&
           !tocsin_url_is_on(&url, hosts, count);
}
