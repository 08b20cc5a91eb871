/* SPDX-License-Identifier: Apache-2.0 */
/* fill.c - by type and bounds, and for addresses by name: host, port and tls are what
 * plugins with servers of their own kind call them. */
#include "core/kit/fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 2048

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static bool is_type(const json_t *option, const char *type)
{
    return strcmp(text_of(option, "type"), type) == 0;
}

static bool is_flag(const json_t *option, const char *flag)
{
    return json_is_true(json_object_get(option, flag));
}

static bool is_key(const json_t *option, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text_of(option, "key"), keys[i]) == 0)
            return true;
    return false;
}

static bool is_address(const json_t *option)
{
    static const char *const keys[] = {"from", "to", "cc", "bcc", "reply_to", "sender"};
    return is_key(option, keys, TCN_COUNT(keys)) ||
           strstr(text_of(option, "key"), "mail") != NULL;
}

/* A text within the option's bounds. */
static json_t *sample_text(const json_t *option, const char *text)
{
    char padded[TEXT_BYTES];
    json_int_t min = json_integer_value(json_object_get(option, "min"));
    json_int_t max = json_integer_value(json_object_get(option, "max"));
    size_t len = strlen(text);
    (void)snprintf(padded, sizeof padded, "%s", text);
    for (; (json_int_t)len < min && len + 1 < sizeof padded; len++)
        padded[len] = 'x';
    if (max > 0 && (json_int_t)len > max)
        len = (size_t)max;
    padded[len] = '\0';
    return json_string(padded);
}

static json_t *sample_list(const json_t *option, const char *text)
{
    json_t *list = json_array();
    json_int_t min = json_integer_value(json_object_get(option, "min"));
    for (json_int_t i = 0; i == 0 || i < min; i++)
        (void)json_array_append_new(list, json_string(text));
    return list;
}

static json_t *sample_map(const json_t *option)
{
    json_t *map = json_object();
    json_int_t min = json_integer_value(json_object_get(option, "min"));
    for (json_int_t i = 0; i == 0 || i < min; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "X-Kit-%d", (int)i);
        (void)json_object_set_new(map, name, json_string("kit"));
    }
    return map;
}

static json_t *sample_number(const json_t *option)
{
    json_t *standard = json_object_get(option, "default");
    json_t *min = json_object_get(option, "min");
    return standard != NULL ? json_incref(standard)
           : min != NULL    ? json_incref(min)
                            : json_integer(1);
}

json_t *tcn_fill_sample(const json_t *option, const tcn_fill *fill)
{
    char text[TEXT_BYTES];
    bool is_canary = is_flag(option, "secret") && fill->is_secret;
    if (is_type(option, "url")) {
        (void)snprintf(text, sizeof text, "%s%s", fill->base, fill->path);
        return json_string(text);
    }
    (void)snprintf(text, sizeof text, "%s%s", is_canary ? TCN_KIT_CANARY "-" : "",
                   is_address(option) ? "kit@example.org"
                   : is_canary        ? text_of(option, "key")
                                      : "kit");
    if (is_type(option, "list"))
        return sample_list(option, text);
    if (is_type(option, "map"))
        return sample_map(option);
    if (is_type(option, "bool"))
        return json_false();
    if (is_type(option, "enum"))
        return json_incref(json_array_get(json_object_get(option, "choices"), 0));
    if (is_type(option, "json"))
        return json_object();
    if (is_type(option, "string") || is_type(option, "text"))
        return sample_text(option, text);
    return sample_number(option);
}

/* A URL that was given keeps its path; scheme and host become the peer's. */
static json_t *redirected(const json_t *given, const tcn_fill *fill)
{
    char text[TEXT_BYTES];
    const char *url = json_string_value(given);
    const char *host = url == NULL ? NULL : strstr(url, "://");
    const char *path = host == NULL ? NULL : strchr(host + 3, '/');
    (void)snprintf(text, sizeof text, "%s%s", fill->base,
                   path != NULL ? path : fill->path);
    return json_string(text);
}

static bool has_value(const json_t *options, const json_t *option)
{
    return json_object_get(options, text_of(option, "key")) != NULL;
}

/* Through one that is made up nothing is reached. */
static bool is_proxy(const json_t *option)
{
    return strcmp(text_of(option, "key"), "proxy") == 0;
}

static bool is_host(const json_t *option)
{
    static const char *const hosts[] = {"host", "server", "smtp_server"};
    return is_type(option, "string") && is_key(option, hosts, TCN_COUNT(hosts));
}

/* The server of a plugin that does not speak HTTP, and who writes to whom. */
static json_t *server_value(const json_t *option, const json_t *options,
                            const tcn_fill *fill)
{
    static const char *const people[] = {"from", "to"};
    static const char *const ports[] = {"port", "smtp_port"};
    if (is_host(option))
        return json_string("127.0.0.1");
    if (is_key(option, people, TCN_COUNT(people)) && !has_value(options, option))
        return tcn_fill_sample(option, fill);
    if (is_type(option, "int") && is_key(option, ports, TCN_COUNT(ports)))
        return json_integer(fill->port);
    json_t *choices = json_object_get(option, "choices");
    for (size_t i = 0;
         strcmp(text_of(option, "key"), "tls") == 0 && i < json_array_size(choices); i++)
        if (strcmp(json_string_value(json_array_get(choices, i)), "none") == 0)
            return json_string("none");
    return NULL;
}

static json_t *value_for(const json_t *option, const json_t *options,
                         const tcn_fill *fill, bool has_url)
{
    bool is_url = is_type(option, "url"), is_given = has_value(options, option);
    bool is_main = is_url && strcmp(text_of(option, "key"), "url") == 0;
    json_t *server = has_url ? NULL : server_value(option, options, fill);
    if (server != NULL)
        return server;
    if (is_url && is_given)
        return redirected(json_object_get(options, text_of(option, "key")), fill);
    if (is_given && !(fill->is_secret && is_flag(option, "secret")))
        return NULL;
    bool is_wanted = is_flag(option, "required") || is_main || is_given ||
                     (is_url && json_object_get(option, "default") != NULL) ||
                     (fill->is_secret && is_flag(option, "secret") &&
                      !is_type(option, "map") && !is_url && !is_proxy(option));
    return is_wanted ? tcn_fill_sample(option, fill) : NULL;
}

json_t *tcn_fill_options(const tcn_kit *kit, const tcn_fill *fill)
{
    json_t *options = kit->options.options != NULL ? json_deep_copy(kit->options.options)
                                                   : json_object();
    const json_t *table = json_object_get(kit->plugin, "options");
    bool has_url = tcn_fill_url_key(kit) != NULL;
    for (size_t i = 0; i < json_array_size(table); i++) {
        const json_t *option = json_array_get(table, i);
        json_t *value = value_for(option, options, fill, has_url);
        if (value != NULL)
            (void)json_object_set_new(options, text_of(option, "key"), value);
    }
    return options;
}

json_t *tcn_fill_params(const json_t *action, const tcn_fill *fill)
{
    json_t *params = json_object();
    const json_t *table = json_object_get(action, "params");
    for (size_t i = 0; i < json_array_size(table); i++) {
        const json_t *param = json_array_get(table, i);
        if (is_flag(param, "required"))
            (void)json_object_set_new(params, text_of(param, "key"),
                                      tcn_fill_sample(param, fill));
    }
    return params;
}

const char *tcn_fill_url_key(const tcn_kit *kit)
{
    const json_t *table = json_object_get(kit->plugin, "options");
    const char *found = NULL;
    for (size_t i = 0; i < json_array_size(table); i++) {
        const json_t *option = json_array_get(table, i);
        if (!is_type(option, "url"))
            continue;
        if (found == NULL || strcmp(text_of(option, "key"), "url") == 0)
            found = text_of(option, "key");
    }
    return found;
}

static const json_t *find_option(const tcn_kit *kit, bool (*is_it)(const json_t *option))
{
    const json_t *table = json_object_get(kit->plugin, "options");
    for (size_t i = 0; i < json_array_size(table); i++)
        if (is_it(json_array_get(table, i)))
            return json_array_get(table, i);
    return NULL;
}

static bool is_recipients(const json_t *option)
{
    return is_type(option, "list") && strcmp(text_of(option, "key"), "to") == 0;
}

bool tcn_fill_is_mail(const tcn_kit *kit)
{
    return tcn_fill_url_key(kit) == NULL && find_option(kit, is_host) != NULL;
}

bool tcn_fill_mark(const tcn_kit *kit, json_t *options, const char *base,
                   const char *mark)
{
    char text[TEXT_BYTES];
    const char *key = tcn_fill_url_key(kit);
    if (key == NULL && find_option(kit, is_recipients) == NULL)
        return false;
    if (key != NULL)
        (void)snprintf(text, sizeof text, "%s/%s", base, mark);
    else
        (void)snprintf(text, sizeof text, "%s@example.org", mark);
    json_t *value = key != NULL ? json_string(text) : json_pack("[s]", text);
    return json_object_set_new(options, key != NULL ? key : "to", value) == 0;
}
