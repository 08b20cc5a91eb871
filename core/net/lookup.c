/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c - resolves the target of a proxied request, within the time of the exchange,
 * and asks the guard about each of its addresses. A lookup that is dropped ends by
 * itself. */
#include <netdb.h>

#include "core/base/alloc.h"
#include "core/net/client_int.h"

typedef struct tcn_lookup {
    uv_getaddrinfo_t request;
    uv_timer_t timer;
    tcn_exchange *exchange; /* NULL: dropped */
    bool is_resolved, is_timer_closed;
} tcn_lookup;

static void try_free(tcn_lookup *lookup)
{
    if (lookup->is_resolved && lookup->is_timer_closed)
        tcn_free(lookup);
}

static void on_timer_closed(uv_handle_t *handle)
{
    tcn_lookup *lookup = handle->data;
    lookup->is_timer_closed = true;
    try_free(lookup);
}

/* The exchange goes its way, the rest of the lookup ends behind it. */
static tcn_exchange *exchange_take(tcn_lookup *lookup)
{
    tcn_exchange *exchange = lookup->exchange;
    if (exchange == NULL)
        return NULL;
    lookup->exchange = NULL;
    exchange->lookup = NULL;
    uv_close((uv_handle_t *)&lookup->timer, on_timer_closed);
    return exchange;
}

static void on_timeout(uv_timer_t *timer)
{
    tcn_exchange *exchange = exchange_take(timer->data);
    if (exchange != NULL)
        tcn_client_hop_checked(exchange, CURLE_OPERATION_TIMEDOUT);
}

static CURLcode addresses_check(tcn_exchange *exchange, int status,
                                const struct addrinfo *infos)
{
    if (status != 0)
        return CURLE_COULDNT_RESOLVE_HOST;
    tcn_str host = tcn_str_c(exchange->url.host);
    bool no_private = (exchange->request.flags & TCN_HTTP_NO_PRIVATE) != 0;
    for (const struct addrinfo *info = infos; info != NULL; info = info->ai_next)
        if (tcn_easy_is_denied(exchange, info->ai_addr, info->ai_addrlen, host,
                               no_private))
            return CURLE_COULDNT_CONNECT;
    return CURLE_OK;
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *infos)
{
    tcn_lookup *lookup = tcn_container_of(request, tcn_lookup, request);
    lookup->is_resolved = true;
    tcn_exchange *exchange = exchange_take(lookup);
    if (exchange != NULL)
        tcn_client_hop_checked(exchange, addresses_check(exchange, status, infos));
    else
        try_free(lookup);
    uv_freeaddrinfo(infos);
}

int tcn_lookup_start(tcn_exchange *exchange)
{
    tcn_lookup *lookup = tcn_alloc_zero(sizeof *lookup);
    if (lookup == NULL)
        return TCN_E_NOMEM;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int rc = uv_getaddrinfo(exchange->client->loop, &lookup->request, on_resolved,
                            exchange->url.host, NULL, &hints);
    if (rc < 0) {
        tcn_free(lookup);
        return rc;
    }
    lookup->exchange = exchange;
    exchange->lookup = lookup;
    (void)uv_timer_init(exchange->client->loop, &lookup->timer);
    lookup->timer.data = lookup;
    return uv_timer_start(&lookup->timer, on_timeout,
                          (uint64_t)tcn_exchange_left_ms(exchange), 0);
}

void tcn_lookup_drop(tcn_exchange *exchange)
{
    if (exchange->lookup != NULL)
        (void)exchange_take(exchange->lookup);
}
