/* SPDX-License-Identifier: Apache-2.0 */
/* config_check.c - addresses, URLs, origins and folders. A value that would be compared
 * or joined in vain is refused here, with what to write instead. */
#include "core/daemon/config_check.h"

#include <stdio.h>

#include "core/daemon/files.h"
#include "core/net/url.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static void complain(tcn_problems *problems, const char *path, int code, const char *text)
{
    tcn_err err = {0};
    (void)tcn_err_field(&err, code, path, "%s", text);
    tcn_problems_add(problems, &err);
}

static void complain_item(tcn_problems *problems, const char *list, size_t i, int code,
                          const char *text)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s[%zu]", list, i);
    complain(problems, path, code, text);
}

/* ---- listeners ---- */

/* 127.x.y.z, in full: a name that begins with 127 may lead anywhere. */
static bool is_loopback_ip(tcn_str host)
{
    tcn_str part;
    int64_t number = 0;
    size_t count = 0;
    for (; tcn_str_split(&host, '.', &part); count++) {
        if (!tcn_str_int(part, count == 0 ? 127 : 0, count == 0 ? 127 : 255, &number))
            return false;
    }
    return count == 4;
}

/* A Unix socket, or "HOST:PORT" with a host that cannot be reached from elsewhere. */
static bool is_loopback(const char *address)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || strncmp(address, "unix:", 5) == 0)
        return colon != NULL;
    tcn_str host = tcn_str_of(address, (size_t)(colon - address));
    return is_loopback_ip(host) || tcn_str_eq_c(host, "[::1]") ||
           tcn_str_eq_c(host, "localhost");
}

/* "unix:PATH" that a socket's name can hold, or "HOST:PORT". */
static bool is_address(const char *address)
{
    int64_t port = 0;
    const char *colon = strrchr(address, ':');
    if (strncmp(address, "unix:", 5) == 0)
        return address[5] != '\0' && strlen(address + 5) < 108;
    return colon != NULL && colon != address &&
           tcn_str_int(tcn_str_c(colon + 1), 0, 65535, &port);
}

static void check_listen(const tcn_config *config, tcn_problems *problems)
{
    if (config->listen.count == 0 && problems->errors == 0)
        complain(problems, "listen", TCN_E_INVALID, "must name an address");
    for (size_t i = 0; i < config->listen.count; i++) {
        const char *address = config->listen.items[i];
        if (!is_address(address))
            complain_item(problems, "listen", i, TCN_E_INVALID,
                          "must be HOST:PORT or unix:PATH (107 bytes at most)");
        else if (config->auth.is_none && !is_loopback(address))
            complain_item(problems, "listen", i, TCN_E_DENIED,
                          "auth.mode none is for loopback addresses and Unix sockets "
                          "only");
    }
}

/* ---- who may ask, and by which address ---- */

/* A name, an IPv4 address or one of IPv6 in brackets. */
static bool is_host(tcn_str host)
{
    char text[TCN_HOST_MAX + 1];
    if (host.len == 0 || host.len >= sizeof text)
        return false;
    (void)snprintf(text, sizeof text, "%.*s", TCN_STR_ARG(host));
    if (text[0] == '[')
        return strspn(text + 1, "0123456789abcdefABCDEF:.") + 2 == host.len &&
               text[host.len - 1] == ']';
    return strspn(text, ALNUM "-._") == host.len;
}

/* "ops.example:8080" without the port, which must be one; without one as it is. */
static bool is_authority(tcn_str text)
{
    int64_t port = 0;
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] >= '0' && text.ptr[colon - 1] <= '9')
        colon--;
    if (colon == 0 || text.ptr[colon - 1] != ':')
        return is_host(text);
    tcn_str number = tcn_str_of(text.ptr + colon, text.len - colon);
    return is_host(tcn_str_of(text.ptr, colon - 1)) &&
           tcn_str_int(number, 1, 65535, &port);
}

/* What a browser would send for the page that is meant; false: nobody can tell. */
static bool origin_of(const char *text, char *out, size_t size)
{
    static const struct {
        const char *scheme, *port;
    } defaults[] = {{"http", ":80"}, {"https", ":443"}};
    const char *mark = strstr(text, "://");
    tcn_str scheme =
        mark != NULL ? tcn_str_of(text, (size_t)(mark - text)) : TCN_STR("https");
    const char *rest = mark != NULL ? mark + 3 : text;
    tcn_str authority = tcn_str_of(rest, strcspn(rest, "/?#"));
    for (size_t i = 0; i < TCN_COUNT(defaults); i++) {
        size_t len = strlen(defaults[i].port);
        if (tcn_str_eq_c(scheme, defaults[i].scheme) && authority.len > len &&
            memcmp(authority.ptr + authority.len - len, defaults[i].port, len) == 0)
            authority.len -= len;
    }
    (void)snprintf(out, size, "%.*s://%.*s", TCN_STR_ARG(scheme), TCN_STR_ARG(authority));
    return scheme.len > 0 && strspn(out, ALNUM "+.-") == scheme.len &&
           is_authority(authority);
}

static void check_origins(const tcn_config *config, tcn_problems *problems)
{
    const tcn_config_list *list = &config->auth.allowed_origins;
    for (size_t i = 0; i < list->count; i++) {
        char origin[TCN_HOST_MAX + 64], why[TCN_HOST_MAX + 300];
        bool is_guess = origin_of(list->items[i], origin, sizeof origin);
        if (is_guess && strcmp(origin, list->items[i]) == 0)
            continue;
        (void)snprintf(why, sizeof why,
                       "must be an origin as browsers send it, SCHEME://HOST or "
                       "SCHEME://HOST:PORT%s%s%s",
                       is_guess ? "; did you mean \"" : ", such as https://ops.example",
                       is_guess ? origin : "", is_guess ? "\"?" : "");
        complain_item(problems, "auth.allowed_origins", i, TCN_E_INVALID, why);
    }
}

static void check_hosts(const tcn_config *config, tcn_problems *problems)
{
    const tcn_config_list *list = &config->auth.allowed_hosts;
    for (size_t i = 0; i < list->count; i++)
        if (!is_host(tcn_str_c(list->items[i])))
            complain_item(problems, "auth.allowed_hosts", i, TCN_E_INVALID,
                          "must be a host without scheme and port, such as ops.example, "
                          "192.0.2.7 or [2001:db8::7]");
}

/* ---- URLs that others are joined to ---- */

static bool is_base(const char *url)
{
    tcn_url parsed;
    return tcn_url_parse(url, &parsed, NULL) >= 0 && strpbrk(url, "?# ") == NULL;
}

static void check_urls(const tcn_config *config, tcn_problems *problems)
{
    const char *public = config->public_url, *images = config->blocks.image_base;
    if (public != NULL && !is_base(public))
        complain(problems, "public_url", TCN_E_INVALID,
                 "must be an absolute http or https URL without query and fragment, such "
                 "as https://tocsin.example");
    if (images != NULL && (!is_base(images) || images[strlen(images) - 1] != '/'))
        complain(problems, "blocks.image_base", TCN_E_INVALID,
                 "must be an absolute http or https URL that ends in \"/\", such as "
                 "https://tocsin.example/images/");
}

/* ---- folders ---- */

static void check_folder(const char *key, const char *path, tcn_problems *problems)
{
    tcn_err err = {0};
    if (path == NULL || !tcn_file_is_missing(path))
        return;
    (void)tcn_err_field(&err, TCN_E_NOT_FOUND, key, "the folder %.300s does not exist",
                        path);
    tcn_problems_warn(problems, &err);
}

/* Folders where they are by default may be absent; who names one has a mistake in it, or
 * lost it, and with it all that stood there. */
static void check_folders(const tcn_config *config, tcn_problems *problems)
{
    const json_t *item,
        *plugins = json_object_get(tcn_yaml_root(config->yaml), "plugins");
    size_t i;
    check_folder("automations_dir", config->automations_dir, problems);
    check_folder("blocks_dir", config->blocks_dir, problems);
    json_array_foreach(json_object_get(plugins, "dirs"), i, item)
    {
        char key[64];
        (void)snprintf(key, sizeof key, "plugins.dirs[%zu]", i);
        check_folder(key, json_string_value(item), problems);
    }
}

void tcn_config_check(const tcn_config *config, tcn_problems *problems)
{
    size_t first = problems->count;
    check_listen(config, problems);
    check_hosts(config, problems);
    check_origins(config, problems);
    check_urls(config, problems);
    check_folders(config, problems);
    tcn_config_place(config, problems, first);
}
