/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - libcurl's multi handle on the loop: a poll handle per socket, one timer.
 * Callers' callbacks run from the list of finished exchanges, never inside libcurl and
 * never inside the call that started or canceled. */
#include "core/net/client.h"

#include "core/base/alloc.h"
#include "core/net/client_int.h"
#include "core/net/smtp_int.h"

#define SPARE_MAX            64
#define IDLE_CONNECTIONS_MAX 256

typedef struct watch {
    uv_poll_t poll;
    tcn_client *client;
    curl_socket_t fd;
} watch;

static void finished_run(tcn_client *client);
static void finish_soon(tcn_client *client);

static void client_free(tcn_client *client)
{
    tcn_free(client->user_agent);
    tcn_free(client->ca_file);
    tcn_free(client);
}

void tcn_client_handle_gone(tcn_client *client)
{
    client->open_handles--;
    if (client->open_handles > 0)
        return;
    void (*cb)(void *ud) = client->close_cb;
    void *ud = client->close_ud;
    client_free(client);
    curl_global_cleanup();
    if (cb != NULL)
        cb(ud);
}

static void on_closed(uv_handle_t *handle)
{
    tcn_client_handle_gone(handle->data);
}

static void on_watch_closed(uv_handle_t *handle)
{
    watch *w = tcn_container_of(handle, watch, poll);
    tcn_client *client = w->client;
    tcn_free(w);
    tcn_client_handle_gone(client);
}

static void hop_ended(tcn_exchange *exchange, CURLcode result)
{
    exchange->result = result;
    tcn_list_remove(&exchange->link);
    tcn_list_append(&exchange->client->finished, &exchange->link);
}

/* curl counts connections that are in use, too: without room for them, peers that hang
 * would cost the others their idle connections. */
static void count_added(tcn_client *client, size_t added)
{
    client->added = added;
    (void)curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS,
                            (long)(IDLE_CONNECTIONS_MAX + added));
}

static void multi_remove(tcn_exchange *exchange)
{
    if (!exchange->is_added)
        return;
    exchange->is_added = false;
    (void)curl_multi_remove_handle(exchange->client->multi, exchange->easy);
    count_added(exchange->client, exchange->client->added - 1);
}

/* libcurl has done its part: all of a request, or the connection of a mail. */
static void hop_done(tcn_exchange *exchange, CURLcode result)
{
    if (exchange->smtp != NULL && result == CURLE_OK) {
        result = tcn_session_begin(exchange);
        if (result == CURLE_OK)
            return;
    }
    multi_remove(exchange);
    hop_ended(exchange, result);
}

void tcn_client_session_ended(tcn_exchange *exchange, CURLcode result)
{
    multi_remove(exchange);
    hop_ended(exchange, result);
    finish_soon(exchange->client);
}

static void messages_take(tcn_client *client)
{
    int left = 0;
    CURLMsg *message = curl_multi_info_read(client->multi, &left);
    while (message != NULL) {
        if (message->msg == CURLMSG_DONE) {
            CURLcode result = message->data.result;
            tcn_exchange *exchange = NULL;
            (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
            hop_done(exchange, result);
        }
        message = curl_multi_info_read(client->multi, &left);
    }
    finished_run(client);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    watch *w = tcn_container_of(poll, watch, poll);
    tcn_client *client = w->client;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    flags |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    int running;
    (void)curl_multi_socket_action(client->multi, w->fd, flags, &running);
    messages_take(client);
}

static watch *watch_new(tcn_client *client, curl_socket_t fd)
{
    watch *w = tcn_alloc_zero(sizeof *w);
    if (w == NULL)
        return NULL;
    w->client = client;
    w->fd = fd;
    if (uv_poll_init(client->loop, &w->poll, fd) != 0) {
        tcn_free(w);
        return NULL;
    }
    client->open_handles++;
    (void)curl_multi_assign(client->multi, fd, w);
    return w;
}

/* libcurl gives up all its transfers when this callback fails, so only the one whose
 * socket cannot be watched is ended, and not inside libcurl. */
static void starve(tcn_client *client, CURL *easy)
{
    tcn_exchange *exchange = NULL;
    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
    if (exchange == NULL)
        return;
    exchange->is_starved = true;
    client->has_starved = true;
    finish_soon(client);
}

static void starved_end(tcn_client *client)
{
    if (!client->has_starved)
        return;
    client->has_starved = false;
    tcn_list_foreach (it, &client->active) {
        tcn_exchange *exchange = tcn_container_of(it, tcn_exchange, link);
        if (!exchange->is_starved)
            continue;
        multi_remove(exchange);
        hop_ended(exchange, CURLE_OUT_OF_MEMORY);
    }
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *ud,
                          void *assigned)
{
    tcn_client *client = ud;
    watch *w = assigned;
    tcn_exchange *exchange = NULL;
    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
    if (exchange != NULL)
        exchange->fd = what == CURL_POLL_REMOVE ? -1 : fd;
    if (what == CURL_POLL_REMOVE) {
        (void)curl_multi_assign(client->multi, fd, NULL);
        if (w != NULL)
            uv_close((uv_handle_t *)&w->poll, on_watch_closed);
        return 0;
    }
    if (w == NULL)
        w = watch_new(client, fd);
    int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) |
                 ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
    if (w == NULL || uv_poll_start(&w->poll, events, on_socket) != 0)
        starve(client, easy);
    return 0;
}

static void on_timer(uv_timer_t *timer)
{
    tcn_client *client = timer->data;
    int running;
    (void)curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    messages_take(client);
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *ud)
{
    (void)multi;
    tcn_client *client = ud;
    if (timeout_ms < 0)
        return uv_timer_stop(&client->timer) == 0 ? 0 : -1;
    return uv_timer_start(&client->timer, on_timer, (uint64_t)timeout_ms, 0) == 0 ? 0
                                                                                  : -1;
}

static void on_finisher(uv_idle_t *finisher)
{
    tcn_client *client = finisher->data;
    (void)uv_idle_stop(finisher);
    starved_end(client);
    finished_run(client);
}

static void finish_soon(tcn_client *client)
{
    (void)uv_idle_start(&client->finisher, on_finisher);
}

static int hop_add(tcn_exchange *exchange)
{
    tcn_client *client = exchange->client;
    int rc = tcn_easy_prepare(exchange);
    if (rc < 0)
        return rc;
    if (curl_multi_add_handle(client->multi, exchange->easy) != CURLM_OK)
        return TCN_E_NOMEM;
    exchange->is_added = true;
    count_added(client, client->added + 1);
    return 0;
}

void tcn_client_hop_checked(tcn_exchange *exchange, CURLcode result)
{
    if (result == CURLE_OK && hop_add(exchange) < 0)
        result = CURLE_OUT_OF_MEMORY;
    if (result == CURLE_OK)
        return;
    hop_ended(exchange, result);
    finish_soon(exchange->client);
}

static int hop_start(tcn_exchange *exchange)
{
    const char *proxy = exchange->request.proxy;
    tcn_list_remove(&exchange->link);
    tcn_list_append(&exchange->client->active, &exchange->link);
    CURLcode result = tcn_easy_files_check(exchange);
    if (result != CURLE_OK) {
        tcn_client_hop_checked(exchange, result);
        return 0;
    }
    return proxy != NULL && proxy[0] != '\0' ? tcn_lookup_start(exchange)
                                             : hop_add(exchange);
}

static void exchange_recycle(tcn_exchange *exchange)
{
    tcn_client *client = exchange->client;
    if (client->is_closing || client->spare_count >= SPARE_MAX) {
        tcn_exchange_free(exchange);
        return;
    }
    tcn_exchange_clear(exchange);
    tcn_list_prepend(&client->spare, &exchange->link);
    client->spare_count++;
}

static void finished_one(tcn_exchange *exchange)
{
    bool goes_on = exchange->smtp != NULL ? tcn_smtp_goes_on(exchange)
                                          : tcn_redirect_follow(exchange);
    if (goes_on) {
        if (hop_start(exchange) == 0)
            return;
        exchange->result = CURLE_OUT_OF_MEMORY;
    }
    tcn_list_remove(&exchange->link);
    if (exchange->smtp != NULL)
        tcn_smtp_report(exchange);
    else
        tcn_exchange_report(exchange);
    exchange_recycle(exchange);
}

static void client_tear(tcn_client *client)
{
    client->is_torn = true;
    tcn_list_foreach (it, &client->spare)
        tcn_exchange_free(tcn_container_of(it, tcn_exchange, link));
    /* Closes the sockets, and with them our poll handles. */
    (void)curl_multi_cleanup(client->multi);
    uv_close((uv_handle_t *)&client->timer, on_closed);
    uv_close((uv_handle_t *)&client->finisher, on_closed);
}

static void finished_run(tcn_client *client)
{
    tcn_list *first = tcn_list_first(&client->finished);
    while (first != NULL) {
        finished_one(tcn_container_of(first, tcn_exchange, link));
        first = tcn_list_first(&client->finished);
    }
    if (client->is_closing && !client->is_torn && tcn_list_is_empty(&client->active))
        client_tear(client);
}

static int multi_set(tcn_client *client)
{
    CURLM *multi = client->multi;
    bool is_set =
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket) == CURLM_OK &&
        curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, client) == CURLM_OK &&
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_timer) == CURLM_OK &&
        curl_multi_setopt(multi, CURLMOPT_TIMERDATA, client) == CURLM_OK &&
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS_MAX) ==
            CURLM_OK;
    return is_set ? 0 : TCN_E_NOMEM;
}

static int client_fill(tcn_client *client, const tcn_client_options *options)
{
    client->user_agent = tcn_strdup(options->user_agent);
    client->ca_file = options->ca_file != NULL ? tcn_strdup(options->ca_file) : NULL;
    client->multi = curl_multi_init();
    if (client->user_agent == NULL ||
        (options->ca_file != NULL && client->ca_file == NULL) || client->multi == NULL)
        return TCN_E_NOMEM;
    return multi_set(client);
}

int tcn_client_new(uv_loop_t *loop, const tcn_client_options *options, tcn_log *log,
                   tcn_client **ret)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return TCN_E_NOMEM;
    tcn_client *client = tcn_alloc_zero(sizeof *client);
    if (client == NULL)
        goto fail_alloc;
    client->loop = loop;
    client->guard = options->guard;
    client->log = log;
    tcn_list_init(&client->active);
    tcn_list_init(&client->finished);
    tcn_list_init(&client->spare);
    if (client_fill(client, options) < 0)
        goto fail_fill;
    (void)uv_timer_init(loop, &client->timer);
    (void)uv_idle_init(loop, &client->finisher);
    client->timer.data = client;
    client->finisher.data = client;
    client->open_handles = 2;
    *ret = client;
    return 0;

fail_fill:
    (void)curl_multi_cleanup(client->multi);
    client_free(client);
fail_alloc:
    curl_global_cleanup();
    return TCN_E_NOMEM;
}

void tcn_client_policy_set_own(tcn_client *client, const tcn_guard *guard, char *ca_file)
{
    client->guard = guard;
    tcn_free(client->ca_file);
    client->ca_file = ca_file;
}

tcn_exchange *tcn_client_exchange_get(tcn_client *client)
{
    if (client->is_closing)
        return NULL;
    tcn_list *first = tcn_list_first(&client->spare);
    if (first == NULL)
        return tcn_exchange_new(client);
    tcn_list_remove(first);
    client->spare_count--;
    return tcn_container_of(first, tcn_exchange, link);
}

void tcn_client_exchange_put(tcn_exchange *exchange)
{
    tcn_list_remove(&exchange->link);
    exchange_recycle(exchange);
}

int tcn_client_exchange_start(tcn_exchange *exchange, tcn_exchange **ret, tcn_err *reterr)
{
    int rc = hop_start(exchange);
    if (rc < 0) {
        tcn_client_exchange_put(exchange);
        return tcn_err_set(reterr, rc, "cannot start the exchange");
    }
    if (ret != NULL)
        *ret = exchange;
    return 0;
}

int tcn_client_start(tcn_client *client, const tcn_http_request *request, tcn_http_cb cb,
                     void *ud, tcn_exchange **ret, tcn_err *reterr)
{
    if (client->is_closing)
        return tcn_err_set(reterr, TCN_E_STATE, "client is closing");
    tcn_exchange *exchange = tcn_client_exchange_get(client);
    if (exchange == NULL)
        return tcn_err_set(reterr, TCN_E_NOMEM, "exchange");
    int rc = tcn_exchange_set(exchange, request, reterr);
    if (rc < 0) {
        tcn_client_exchange_put(exchange);
        return rc;
    }
    exchange->cb = cb;
    exchange->ud = ud;
    return tcn_client_exchange_start(exchange, ret, reterr);
}

void tcn_exchange_cancel(tcn_exchange *exchange)
{
    if (exchange->is_canceled)
        return;
    exchange->is_canceled = true;
    tcn_lookup_drop(exchange);
    tcn_session_drop(exchange);
    multi_remove(exchange);
    hop_ended(exchange, CURLE_ABORTED_BY_CALLBACK);
    finish_soon(exchange->client);
}

void tcn_client_close(tcn_client *client, void (*cb)(void *ud), void *ud)
{
    client->is_closing = true;
    client->close_cb = cb;
    client->close_ud = ud;
    tcn_list_foreach (it, &client->active)
        tcn_exchange_cancel(tcn_container_of(it, tcn_exchange, link));
    finish_soon(client);
}
