/* SPDX-License-Identifier: Apache-2.0 */
/* block_types.c - Prefect's types that messages are sent with, as its clients know them,
 * and those that the plugins bring. */
#include "core/plugin/block_types.h"

#include <stdio.h>

#include "core/option/schema.h"
#include "core/plugin/plugins_int.h"

#ifndef TOCSIN_VERSION
#define TOCSIN_VERSION "0.1.0"
#endif

#define FIELD(name, kind, what)                             \
    {                                                       \
        .key = name, .doc = what, .type = TOCSIN_OPT_##kind \
    }
#define NEEDED(name, kind, what)                             \
    {                                                        \
        .key = name, .doc = what, .type = TOCSIN_OPT_##kind, \
        .flags = TOCSIN_OPT_REQUIRED                         \
    }
#define SECRET(name, kind, what)                             \
    {                                                        \
        .key = name, .doc = what, .type = TOCSIN_OPT_##kind, \
        .flags = TOCSIN_OPT_REQUIRED | TOCSIN_OPT_SECRET     \
    }
#define NOTIFY_TYPE                                                      \
    {                                                                    \
        .key = "notify_type", .doc = "The kind of notification.",        \
        .type = TOCSIN_OPT_ENUM, .dflt = "info", .choices = notify_types \
    }

static const char *const notify_types[] = {"info", "success", "warning", "failure", NULL};
static const char *const regions[] = {"us", "eu", NULL};

static const tocsin_option discord[] = {
    NOTIFY_TYPE,
    SECRET("webhook_id", STRING, "First part of the webhook's path."),
    SECRET("webhook_token", STRING, "Second part of the webhook's path."),
    FIELD("botname", STRING, "Name of the bot."),
    FIELD("tts", BOOL, "Read aloud."),
    FIELD("include_image", BOOL, "With an image."),
    FIELD("avatar", BOOL, "With the avatar."),
    FIELD("avatar_url", URL, "Another avatar."),
};
static const tocsin_option mattermost[] = {
    NOTIFY_TYPE,
    NEEDED("hostname", STRING, "Host of the server."),
    FIELD("secure", BOOL, "Over TLS."),
    SECRET("token", STRING, "Token of the incoming webhook."),
    FIELD("botname", STRING, "Name of the bot."),
    FIELD("channels", LIST, "Channels to post to."),
    FIELD("include_image", BOOL, "With an image."),
    FIELD("path", STRING, "Path before /hooks."),
    {.key = "port", .doc = "Port of the server.", .type = TOCSIN_OPT_INT, .dflt = "8065"},
};
static const tocsin_option pager_duty[] = {
    NOTIFY_TYPE,
    SECRET("integration_key", STRING, "Key of the integration."),
    SECRET("api_key", STRING, "Key of the API."),
    FIELD("source", STRING, "Source of the alert."),
    FIELD("component", STRING, "Component that the alert is about."),
    FIELD("group", STRING, "Group of components."),
    FIELD("class_id", STRING, "Class of the event."),
    {.key = "region_name",
     .doc = "Region of the account.",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "us",
     .choices = regions},
    FIELD("clickable_url", URL, "A link in the alert."),
    FIELD("include_image", BOOL, "With an image."),
    FIELD("custom_details", MAP, "More to tell."),
};
static const tocsin_option opsgenie[] = {
    NOTIFY_TYPE,
    SECRET("apikey", STRING, "Key of the API."),
    FIELD("target_user", LIST, "Users to notify."),
    FIELD("target_team", LIST, "Teams to notify."),
    FIELD("target_schedule", LIST, "Schedules to notify."),
    FIELD("target_escalation", LIST, "Escalations to notify."),
    {.key = "region_name",
     .doc = "Region of the account.",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "us",
     .choices = regions},
    FIELD("batch", BOOL, "All targets in one request."),
    FIELD("tags", LIST, "Tags of the alert."),
    FIELD("priority", STRING, "From 1 to 5."),
    FIELD("alias", STRING, "Name of the alert."),
    FIELD("entity", STRING, "What the alert is about."),
    FIELD("details", MAP, "More to tell."),
};
static const tocsin_option twilio[] = {
    NOTIFY_TYPE,
    NEEDED("account_sid", STRING, "The account."),
    SECRET("auth_token", STRING, "Token of the account."),
    NEEDED("from_phone_number", STRING, "Number that it comes from."),
    NEEDED("to_phone_numbers", LIST, "Numbers that it goes to."),
};
static const tocsin_option sendgrid[] = {
    NOTIFY_TYPE,
    SECRET("api_key", STRING, "Key of the API."),
    NEEDED("sender_email", STRING, "Address that it comes from."),
    NEEDED("to_emails", LIST, "Addresses that it goes to."),
};

/* Served by plugins to come; of those that plugins of this tree serve only the name, for
 * when they are not loaded. */
#define TYPE(slug, title, fields)              \
    {                                          \
        slug, title, fields, TCN_COUNT(fields) \
    }
static const tcn_schema_type known[] = {
    TYPE("discord-webhook", "Discord Webhook", discord),
    TYPE("mattermost-webhook", "Mattermost Webhook", mattermost),
    TYPE("pager-duty-webhook", "Pager Duty Webhook", pager_duty),
    TYPE("opsgenie-webhook", "Opsgenie Webhook", opsgenie),
    TYPE("twilio-sms", "Twilio SMS", twilio),
    TYPE("sendgrid-email", "Sendgrid Email", sendgrid),
    {"slack-webhook", "Slack Webhook", NULL, 0},
    {"ms-teams-webhook", "Microsoft Teams Webhook", NULL, 0},
    {"custom-webhook", "Custom Webhook", NULL, 0},
    {"webhook", "Webhook", NULL, 0},
    {"email-notify", "Email", NULL, 0},
    {"email-server-credentials", "Email Server Credentials", NULL, 0},
};

const char *tcn_block_type_known(const char *slug)
{
    for (size_t i = 0; i < TCN_COUNT(known); i++)
        if (strcmp(known[i].slug, slug) == 0)
            return known[i].title;
    return NULL;
}

const char *tcn_block_type_nearest(const char *slug)
{
    const char *names[TCN_COUNT(known) + 1] = {NULL};
    for (size_t i = 0; i < TCN_COUNT(known); i++)
        names[i] = known[i].slug;
    return tcn_str_nearest(tcn_str_c(slug), names);
}

uint64_t tcn_plugins_revision(const tcn_plugins *plugins)
{
    return plugins->revision;
}

static bool has_slug(const json_t *list, const char *slug)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *type = json_array_get(list, i);
        if (strcmp(json_string_value(json_object_get(type, "slug")), slug) == 0)
            return true;
    }
    return false;
}

static int add(json_t *list, const tcn_schema_type *type, const char *capability,
               const char *description, const char *version, bool is_served)
{
    if (has_slug(list, type->slug))
        return 0;
    return json_array_append_new(
        list, json_pack("{s:s, s:s, s:s, s:s?, s:s, s:b, s:o}", "slug", type->slug,
                        "name", type->title, "description", description, "capability",
                        capability, "version", version, "is_served", is_served ? 1 : 0,
                        "fields", tcn_schema_block(type)));
}

static int add_plugin(json_t *list, const tcn_plugin_file *file)
{
    const tocsin_plugin *plugin = &file->table.plugin;
    char slug[64], name[1100];
    (void)snprintf(slug, sizeof slug, "tocsin-%s", plugin->id);
    (void)snprintf(name, sizeof name, "Tocsin %s", plugin->title);
    const tcn_schema_type own = {slug, name, file->options.options, file->options.count};
    int rc = add(list, &own, file->table.can_notify ? "notify" : NULL, plugin->summary,
                 plugin->version, true);
    for (size_t i = 0; rc == 0 && i < file->prefect.count; i++) {
        const tcn_prefect_type *type = &file->prefect.items[i];
        const tcn_schema_type served = {type->slug, type->name, type->fields.options,
                                        type->fields.count};
        rc = add(list, &served, type->capability, plugin->summary, plugin->version, true);
    }
    return rc;
}

json_t *tcn_plugins_block_types(const tcn_plugins *plugins)
{
    json_t *list = json_array();
    int rc = list == NULL ? -1 : 0;
    for (size_t i = 0; rc == 0 && i < plugins->entries.count; i++)
        rc = add_plugin(list, plugins->entries.items[i].file);
    for (size_t i = 0; rc == 0 && i < TCN_COUNT(known); i++)
        if (known[i].fields != NULL)
            rc = add(list, &known[i], "notify", "No plugin serves this type yet.",
                     TOCSIN_VERSION, false);
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}
