/* SPDX-License-Identifier: Apache-2.0 */
/* hosts.c - keeps web pages out. A page of a stranger can make a browser send requests to
 * a daemon on the same machine, under a name that the stranger points there (DNS
 * rebinding) or across sites. Both show in Host and Origin. */
#include "core/api/api_int.h"

#include <strings.h>

#include "core/base/alloc.h"

static const char *const loopback_names[] = {"localhost", "127.0.0.1", "[::1]"};

/* "name:4200" and "[::1]:4200" without the port. */
static tcn_str without_port(tcn_str authority)
{
    for (size_t i = authority.len; i > 0; i--) {
        char c = authority.ptr[i - 1];
        if (c == ':')
            return tcn_str_of(authority.ptr, i - 1);
        if (c < '0' || c > '9')
            break;
    }
    return authority;
}

static bool is_name(tcn_str name, const char *known)
{
    return name.len == strlen(known) && strncasecmp(name.ptr, known, name.len) == 0;
}

static bool is_known(const tcn_api *api, tcn_str name)
{
    for (size_t i = 0; i < TCN_COUNT(loopback_names); i++)
        if (is_name(name, loopback_names[i]))
            return true;
    for (size_t i = 0; i < api->host_count; i++)
        if (is_name(name, api->hosts[i]))
            return true;
    return false;
}

/* The page came from where it now sends to. The listeners speak plain HTTP, so a page of
 * another scheme is another server's, whatever its name; one that is served through a
 * proxy is known by public_url. */
static bool is_own_origin(tcn_str origin, tcn_str host)
{
    const tcn_str scheme = TCN_STR("http://");
    if (host.len == 0 || origin.len < scheme.len ||
        strncasecmp(origin.ptr, scheme.ptr, scheme.len) != 0)
        return false;
    tcn_str authority = tcn_str_of(origin.ptr + scheme.len, origin.len - scheme.len);
    return authority.len == host.len &&
           strncasecmp(authority.ptr, host.ptr, host.len) == 0;
}

bool tcn_api_host_is_ours(const tcn_api *api, const tcn_request *request)
{
    tcn_str host = tcn_request_header(request, "Host");
    if (host.len > 0 && !is_known(api, without_port(host)))
        return false;
    tcn_str origin = tcn_request_header(request, "Origin");
    if (origin.len == 0)
        return true;
    for (size_t i = 0; i < api->origin_count; i++)
        if (is_name(origin, api->origins[i]))
            return true;
    return is_own_origin(origin, host);
}

static int keep(char *list[TCN_API_HOSTS_MAX], size_t *count, const char *text)
{
    if (*count == TCN_API_HOSTS_MAX)
        return TCN_E_LIMIT;
    char *copy = tcn_strdup(text);
    if (copy == NULL)
        return TCN_E_NOMEM;
    list[(*count)++] = copy;
    return 0;
}

void tcn_api_hosts_reset(tcn_api *api)
{
    for (size_t i = 0; i < api->host_count; i++)
        tcn_free(api->hosts[i]);
    for (size_t i = 0; i < api->origin_count; i++)
        tcn_free(api->origins[i]);
    api->host_count = 0;
    api->origin_count = 0;
}

int tcn_api_host_allow(tcn_api *api, const char *host)
{
    return keep(api->hosts, &api->host_count, host);
}

int tcn_api_origin_allow(tcn_api *api, const char *origin)
{
    return keep(api->origins, &api->origin_count, origin);
}
